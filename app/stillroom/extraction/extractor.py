"""Extracts a template's fields from one document with the engine: read once, ask every field, choose among spans."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.engine.protocol import (
    GenerateRequest,
    Generation,
    Message,
    ModelInfo,
    Piece,
    Question,
    ScoreRequest,
    ScoreResult,
    SpanRequest,
    SpanResult,
)
from stillroom.engine.status import EngineStatus
from stillroom.errors import EngineError
from stillroom.extraction import choosing, kept_seen, passages, questions, quoting, ranking
from stillroom.extraction.bounds import bounded
from stillroom.extraction.candidates import calendars
from stillroom.extraction.choices import Choices, examples, has_many_phrases, has_subject
from stillroom.extraction.choosing import Asked, Learned
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.deciding import Seen, decide, left_out
from stillroom.extraction.layout import Layout
from stillroom.extraction.passages import Passage
from stillroom.extraction.questions import Frame
from stillroom.extraction.result import (
    Coverage,
    DocumentResult,
    DocumentStatus,
    FieldResult,
    FieldState,
    FieldValue,
    OnStep,
    Step,
    unheard,
)
from stillroom.extraction.subject import Embed, Embedding, beginning, is_read
from stillroom.extraction.tables import table_rows
from stillroom.extraction.told import Told
from stillroom.models import taught
from stillroom.templates.template import Example, Field, FieldType, Template

# A passage is read with this many tokens at most: a small model finds less in a longer one.
PASSAGE_TOKENS = 900
# Kept free for the questions, their candidates, and a chat beside the batch.
_RESERVED_TOKENS = 2500


class ScoringEngine(Protocol):
    """What the extractor needs of an engine."""

    def score(self, request: ScoreRequest, *, cancellation: Cancellation | None = None) -> ScoreResult: ...

    def spans(self, request: SpanRequest, *, cancellation: Cancellation | None = None) -> SpanResult: ...

    def generate(self, request: GenerateRequest, *, cancellation: Cancellation | None = None) -> Generation: ...

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool = True) -> str: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...

    def status(self) -> EngineStatus: ...


class Extractor:
    """Extraction: the fields of templates out of documents. One document at a time; safe to use from one thread.

    Attributes:
        model_sha256: of the model file, recorded with every result; set by whoever loads the model.
        page_only: what the file states beside its pages (e-invoice data) is left aside: for measuring.
    """

    def __init__(
        self,
        engine: ScoringEngine,
        *,
        model_sha256: str = "",
        page_only: bool = False,
        learned: Callable[[Template], Learned | None] | None = None,
        embed: Embed | None = None,
        words: Mapping[str, float] | None = None,
    ) -> None:
        """``learned``: gives what a template learned of its own documents; nothing is learned where none is given. ``embed``: by the
        loaded model, for choices. ``words``: what a model's word counts for in fields that it was
        taught; None for what is known of the adapters that are loaded.
        """
        self._words = words
        self._learned = learned
        self._embed = embed
        self._engine = engine
        self._choices = Choices(engine)
        self.model_sha256 = model_sha256
        self.page_only = page_only
        self._framed: tuple[tuple[str, Template], Frame] | None = None

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        """Every field of the template, each with its place in the document.

        Greedy throughout: the same document, template and model give the same result. Raises EngineError, Cancelled.
        """
        return self._extract(document, template, file, cancellation)[0]

    def extract_hastily(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        """The same for a template that is being changed: no text is read behind options that have many phrases, each of which would be
        read anew. Raises EngineError, Cancelled."""
        return self._extract(document, template, file, cancellation, hasty=True)[0]

    def extract_and_keep(
        self,
        document: Document,
        template: Template,
        *,
        file: str,
        cancellation: Cancellation | None = None,
        on_step: OnStep = unheard,
    ) -> tuple[DocumentResult, bytes]:
        """The same, and what was seen, to be decided again; empty where that is too much to be kept. Raises EngineError, Cancelled."""
        result, seen = self._extract(document, template, file, cancellation, on_step)
        return result, kept_seen.pack(seen, result.fields)

    def _extract(
        self,
        document: Document,
        template: Template,
        file: str,
        cancellation: Cancellation | None,
        on_step: OnStep = unheard,
        *,
        hasty: bool = False,
    ) -> tuple[DocumentResult, Seen]:
        started = time.monotonic()
        model = self._model()
        characters = document.characters
        learned = self._learned(template) if self._learned is not None else None
        seen, parts = self._see(document, template, model, learned, cancellation, on_step, hasty=hasty)
        if cancellation is not None:
            cancellation.raise_if_requested()
        fields, notes = decide(seen, template, learned, self._embed)
        read = {span.page for part in parts for span in part.spans} | {
            page.number for page in seen.document.pages if not page.text
        }
        result = DocumentResult(
            file=file,
            status=DocumentStatus.DONE if seen.complete else DocumentStatus.PARTIAL,
            coverage=Coverage(
                pages_read=len(read),
                pages=document.page_count,
                chars_read=sum(span.end - span.start for part in parts for span in part.spans),
                chars=characters,
            ),
            fields=fields,
            template_name=template.name,
            template_version=template.version,
            model_name=model.name,
            model_sha256=self.model_sha256,
            sha256=document.sha256,
            notes=notes,
            seconds=time.monotonic() - started,
        )
        return result, seen

    def _see(
        self,
        document: Document,
        template: Template,
        model: ModelInfo,
        learned: Learned | None,
        cancellation: Cancellation | None,
        on_step: OnStep,
        *,
        hasty: bool,
    ) -> tuple[Seen, list[Passage]]:
        """All that deciding the fields needs, and the passages that were read."""
        frame = self._frame(template, model)
        document, unread = bounded(document)
        parts = self._split(document, template, model)
        if cancellation is not None:
            cancellation.raise_if_requested()
        asked = self._ask(frame, parts, document, template, cancellation, learned, on_step)
        subject = self._subject(document, template) if parts else None
        among = self._among(document, template, hasty=hasty) if subject is not None else {}
        looked = self._choices.look(
            template.fields,
            document,
            parts,
            frame,
            parameters=model.parameters,
            subject=subject,
            among=among,
            embed=self._embed,
            cancellation=cancellation,
        )
        made: dict[str, FieldResult] = {}
        more = [unread] if unread else []
        if any(FieldType.DATE in (field.type, field.of) for field in template.fields):
            more += [_not_reckoned(*found) for found in calendars.not_reckoned(page.text for page in document.pages)]
        for field in template.fields:
            if cancellation is not None:
                cancellation.raise_if_requested()
            if field.type is FieldType.TABLE:
                rows = table_rows(field, document)
                made[field.name] = rows[: field.max_items]
                if len(rows) > field.max_items:
                    more.append(left_out(field, len(rows)))
            elif field.type.generated:
                made[field.name] = self._generate(frame, parts, field, cancellation, on_step)
        seen = Seen(
            document=document,
            asked=asked,
            looked=looked,
            made=made,
            complete=len(document.pages) == document.page_count and not unread,
            page_only=self.page_only,
            parameters=model.parameters,
            notes=(*document.notes, *self._notes(template, model), *more),
            embedding=subject,
            among=among,
            words=self._taught(template, model),
        )
        return seen, parts

    def _among(self, document: Document, template: Template, *, hasty: bool) -> dict[str, Embedding]:
        """What the document is about behind the options of each choice: what is learned of the choice next is told by it."""
        said = {
            field.name: self._embed(beginning(document), examples=told)
            for field in template.fields
            if self._embed is not None and (told := examples(field)) and not (hasty and has_many_phrases(field))
        }
        return {name: each for name, each in said.items() if each is not None}

    def _subject(self, document: Document, template: Template) -> Embedding | None:
        """What the document is about, where that tells options apart."""
        if self._embed is None or not any(map(has_subject, template.fields)):
            return None
        text = beginning(document)
        return self._embed(text) if is_read(text, *self._engine.count_tokens([text])) else None

    def ask(self, document: Document, template: Template, *, cancellation: Cancellation | None = None) -> list[Asked]:
        """Every field with its candidates and what the model said of them, before anything is chosen (for fitting and tests)."""
        model = self._model()
        parts = self._split(document, template, model)
        learned = self._learned(template) if self._learned is not None else None
        return self._ask(self._frame(template, model), parts, document, template, cancellation, learned)

    def prompts(self, document: Document, template: Template) -> tuple[Frame, list[Passage], list[Asked]]:
        """What would be put to the model of a document, and the candidates of each field; nothing is asked."""
        model = self._model()
        parts = self._split(document, template, model)
        return self._frame(template, model), parts, self._prepare(parts, document, template, None, None)

    def _taught(self, template: Template, model: ModelInfo) -> Mapping[str, float]:
        if self._words is not None:
            return self._words
        return taught.words_of(model.options.adapters, template.name, ranking.hash_of(template))

    def _notes(self, template: Template, model: ModelInfo) -> tuple[str, ...]:
        left_out = len(template.examples) - len(self._fitting_examples(template, model))
        if not left_out:
            return ()
        return (
            f"{left_out} of {len(template.examples)} examples of the template do not fit the model's context and were not used.",
        )

    def _model(self) -> ModelInfo:
        model = self._engine.status().model
        if model is None:
            raise EngineError("No model is loaded. Choose one first.")
        return model

    def _split(self, document: Document, template: Template, model: ModelInfo) -> list[Passage]:
        space = model.context_tokens - _RESERVED_TOKENS
        if template.examples:
            space -= model.context_tokens // 2
        budget = min(PASSAGE_TOKENS, max(256, space))
        return passages.split(document, budget, self._engine.count_tokens)

    def _ask(
        self,
        frame: Frame,
        parts: Sequence[Passage],
        document: Document,
        template: Template,
        cancellation: Cancellation | None,
        learned: Learned | None,
        on_step: OnStep = unheard,
    ) -> list[Asked]:
        asked = self._prepare(parts, document, template, cancellation, learned, on_step)
        for index, passage in enumerate(parts):
            if cancellation is not None:
                cancellation.raise_if_requested()
            on_step(Step("", index + 1, len(parts), is_passage=True))
            quoting.quote(self._engine, frame, passage, index, asked, document, cancellation)
            self._score(frame, passage, index, asked, cancellation)
        return asked

    def _prepare(
        self,
        parts: Sequence[Passage],
        document: Document,
        template: Template,
        cancellation: Cancellation | None,
        learned: Learned | None,
        on_step: OnStep = unheard,
    ) -> list[Asked]:
        model = self._model()
        meaning, words = Meaning(template), self._taught(template, model)
        layout, told = Layout(document, meaning, cancellation), Told(document, meaning)
        asked = []
        for number, field in enumerate(template.fields, 1):
            on_step(Step(field.heading, number, len(template.fields)))
            asked.append(
                choosing.prepare(
                    field,
                    document,
                    parts,
                    parameters=model.parameters,
                    template=template,
                    layout=layout,
                    told=told,
                    cancellation=cancellation,
                    learned=learned,
                    word=words.get(field.name),
                )
            )
        return asked

    def _frame(self, template: Template, model: ModelInfo) -> Frame:
        key = (model.path, template)
        if self._framed is None or self._framed[0] != key:
            self._framed = (key, self._new_frame(template, model))
        return self._framed[1]

    def _new_frame(self, template: Template, model: ModelInfo) -> Frame:
        if not model.has_chat_template:
            return Frame.plain()
        examples = self._fitting_examples(template, model)
        try:
            return Frame.from_rendered(self._engine.render(Frame.messages(template, examples)), examples)
        except (ValueError, EngineError):
            # A chat template without a system turn, or one that rewrites the text: the plain form always works.
            return Frame.plain()

    def _fitting_examples(self, template: Template, model: ModelInfo) -> tuple[Example, ...]:
        """The first examples that leave half of the context to the document."""
        counts = self._engine.count_tokens([example.text for example in template.examples]) if template.examples else []
        space, fitting = model.context_tokens // 2, []
        for example, count in zip(template.examples, counts, strict=True):
            space -= count + 30 * len(template.fields)
            if space < 0:
                break
            fitting.append(example)
        return tuple(fitting)

    def _score(
        self, frame: Frame, passage: Passage, index: int, asked: Sequence[Asked], cancellation: Cancellation | None
    ) -> None:
        """Ask every field that has candidates in this passage, in one request."""
        put = [(each, each.texts(index)) for each in asked]
        put = [(each, texts) for each, texts in put if texts]
        if not put:
            return
        wording = [each.wording() for each, _ in put]
        request = ScoreRequest(
            prefix=frame.prefix(passage.text),
            questions=tuple(
                Question(frame.suffix(question, lead), tuple(texts), end)
                for (question, lead, end), (_, texts) in zip(wording, put, strict=True)
            ),
        )
        result = self._engine.score(request, cancellation=cancellation)
        for (each, texts), scores, lengths in zip(put, result.scores, result.lengths, strict=True):
            each.add(index, texts, scores, lengths)

    def _generate(
        self,
        frame: Frame,
        parts: Sequence[Passage],
        field: Field,
        cancellation: Cancellation | None,
        on_step: OnStep,
    ) -> FieldValue:
        """Free text about the whole document: of each passage first, then of what they gave."""
        texts = [part.text for part in parts]
        while True:
            written = []
            for number, text in enumerate(texts, 1):
                on_step(Step(field.heading, number, len(texts), is_passage=True))
                written.append(self._write(frame, text, field, cancellation))
            if len(written) <= 1:
                break
            joined = questions.joined(written)
            # Each round is far shorter than the last: a passage of 1600 tokens gives some 100.
            texts = (
                [joined]
                if len(written) <= 10
                else ["\n".join(written[start : start + 10]) for start in range(0, len(written), 10)]
            )
        text = written[0].strip() if written else ""
        if not text:
            return FieldValue(None, "", FieldState.ABSENT, 0.0)
        return FieldValue(text, "", FieldState.GENERATED, 0.0)

    def _write(self, frame: Frame, text: str, field: Field, cancellation: Cancellation | None) -> str:
        prompt = (*frame.prefix(text), Piece(frame.suffix(questions.summary_question(field)), special=True))
        request = GenerateRequest(prompt=prompt, max_tokens=max(16, field.max_words * 2), stop=("\n\n",))
        return self._engine.generate(request, cancellation=cancellation).text.strip()


def _not_reckoned(calendar: str, date: str) -> str:
    return f"The document has dates of the {calendar} calendar ({date}), which are not reckoned into others: look for them yourself."
