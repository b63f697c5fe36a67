"""Extraction by a remote model: what is sent, and where in the document what comes back stands."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page, Span
from stillroom.engine.protocol import Message
from stillroom.errors import EngineError
from stillroom.extraction.candidates.candidate import single_spaced
from stillroom.extraction.candidates.propose import propose, proposes
from stillroom.extraction.result import (
    NOT_IN_DOCUMENT,
    Coverage,
    DocumentResult,
    DocumentStatus,
    FieldResult,
    FieldState,
    FieldValue,
    RunnerUp,
    other_values,
)
from stillroom.extraction.rules import apply_rules
from stillroom.privacy.sending import Sending, SendingLog
from stillroom.remote.client import RemoteClient
from stillroom.remote.engines import RemoteEngine
from stillroom.templates.json_schema import schema_of
from stillroom.templates.template import Field, FieldType, Template

_CONFIDENCE = 0.75  # of a value of a remote model that stands in the document; it was never calibrated
_ANSWER_TOKENS = 1200
_CHARACTERS_A_TOKEN = 3.5
_ANSWERED_A_FIELD = 40  # tokens
_TEXTS = (FieldType.LINE, FieldType.TEXT, FieldType.BLOCK, FieldType.NAME, FieldType.ORGANISATION, FieldType.ADDRESS)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would leave for one document, exactly. ``tokens`` and ``cost`` (dollars) are estimated.

    Attributes:
        schema: the shape of the answer, a JSON Schema of the template's fields.
    """

    messages: tuple[Message, ...]
    schema: dict[str, Any]
    tokens: int
    cost: float

    @property
    def text(self) -> str:
        """All of it, as a person reads it."""
        shape = json.dumps(self.schema, ensure_ascii=False)
        return "\n\n".join([*(message.content for message in self.messages), shape])


def preview(document: Document, template: Template, engine: RemoteEngine) -> Preview:
    """What is sent for a document: the fields wanted, and the whole text."""
    asked = "\n".join(f"- {field.name}: {field.description or field.label or field.name}" for field in template.fields)
    text = "\n".join(page.text for page in document.pages)
    messages = (
        Message(
            "system",
            "You take data out of documents. Answer with a JSON object of the fields asked for, each exactly as the document "
            "says it, null where it does not say it.",
        ),
        Message("user", f"{text}\n\nFields:\n{asked}"),
    )
    shape = schema_of(template)
    tokens = round(len(Preview(messages, shape, 0, 0.0).text) / _CHARACTERS_A_TOKEN)  # servers count the shape as well
    return Preview(messages, shape, tokens, engine.cost(tokens, _ANSWERED_A_FIELD * len(template.fields)))


def tokens_of(characters: int, documents: int, template: Template) -> tuple[int, int]:
    """About how many tokens are sent and answered for so many documents of so many characters together."""
    page = Page(1, "")
    nothing = preview(Document("", "", "", (page,), 1), template, RemoteEngine("", ""))
    return round(characters / _CHARACTERS_A_TOKEN) + documents * nothing.tokens, documents * _ANSWERED_A_FIELD * len(
        template.fields
    )


class RemoteExtractor:
    """Extraction with a remote engine. Safe from any thread. Whoever makes it has the person's consent.

    Attributes:
        sent: characters that left so far. cost: dollars, of what was answered.
    """

    def __init__(self, client: RemoteClient, log: SendingLog, cap: float = 0.0) -> None:
        """``cap``: dollars a month that are not passed; 0 for no limit."""
        self._client, self._log, self._cap = client, log, cap
        self.sent, self.cost = 0, 0.0
        self._lock = threading.Lock()

    def extract(
        self,
        document: Document,
        template: Template,
        *,
        file: str,
        before: DocumentResult | None = None,
        cancellation: Cancellation | None = None,
    ) -> DocumentResult:
        """The fields of a document, beside those ``before``. Raises EngineError, CapReachedError, Cancelled."""
        started = time.monotonic()
        engine = self._client.engine
        what = preview(document, template, engine)
        if cancellation is not None:
            cancellation.raise_if_requested()
        expected = Sending(
            datetime.now(UTC), engine.name, engine.host, "extraction",
            hashlib.sha256(what.text.encode()).hexdigest(), len(what.text), what.tokens, cost=what.cost,
        )  # fmt: skip
        way = self._log.on_its_way(expected, self._cap)
        try:
            answer = self._client.complete(
                what.messages,
                max_tokens=_ANSWER_TOKENS,
                schema=what.schema,
                reason=f"extraction with {engine.name}",
                cancellation=cancellation,
                way=way,
            )
        finally:
            with self._lock:
                self.sent += way.times * len(what.text)
        tokens = answer.prompt_tokens or what.tokens
        cost = engine.cost(tokens, answer.tokens)
        way.answered(tokens, answer.tokens, cost)
        with self._lock:
            self.cost += cost
        fields, kept = beside(
            located(_read(answer.text, engine.name), template, document), before.fields if before is not None else {}
        )
        name = f"{engine.name}: {engine.model}"
        notes = [f"Answered by {name}; {len(what.text):,} characters were sent to {engine.host}{_times(way.times)}."]
        if kept:
            notes.append(f"Kept from before, as {name} found nothing in the document: {', '.join(kept)}.")
        pages, characters = len(document.pages), sum(len(page.text) for page in document.pages)
        complete = pages == document.page_count and characters == document.characters
        return DocumentResult(
            file=file,
            status=DocumentStatus.DONE if complete else DocumentStatus.PARTIAL,
            coverage=Coverage(pages, document.page_count, characters, document.characters),
            fields=apply_rules(template, fields),
            template_name=template.name,
            template_version=template.version,
            model_name=name,
            sha256=document.sha256,
            notes=(*document.notes, *notes),
            seconds=round(time.monotonic() - started, 3),
        )


def _times(times: int) -> str:
    return f", {times} times" if times > 1 else ""


def beside(found: dict[str, FieldResult], before: dict[str, FieldResult]) -> tuple[dict[str, FieldResult], list[str]]:
    """An answer beside what was known before it, and the names of the fields that keep what was known.

    A value that stands in the document is never given up for none, or for one that does not stand there; where two
    different ones stand there, the earlier is kept as a runner-up.
    """
    fields, kept = dict(found), []
    for name, given in found.items():
        known = before.get(name)
        if isinstance(given, FieldValue) and isinstance(known, FieldValue):
            if known.state is not FieldState.FOUND:
                continue
            if given.state in (FieldState.ABSENT, FieldState.INVALID):
                fields[name] = known
                kept.append(name)
            elif given.state is FieldState.FOUND and given.value != known.value:
                runner = RunnerUp(known.text, known.value or "", known.confidence, known.span, known.boxes)
                fields[name] = replace(given, candidates=other_values((runner, *known.candidates), given.value))
        elif known and not given:
            fields[name] = known
            kept.append(name)
    return fields, kept


def _read(text: str, name: str) -> dict[str, Any]:
    found = re.search(r"\{.*\}", text, re.DOTALL)
    try:
        data = json.loads(found.group() if found else text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise EngineError(
            f"{name} did not answer with the fields that were asked for. Try again, or choose another model.",
            retryable=True,
        )
    return data


def located(answer: dict[str, Any], template: Template, document: Document) -> dict[str, FieldResult]:
    """An answer as fields: each value with its place in the document, or marked as not found there."""
    fields: dict[str, FieldResult] = {}
    for field in template.fields:
        given = answer.get(field.name)
        if field.type is FieldType.LIST:
            items = [_value(field, field.of or FieldType.TEXT, item, document) for item in _several(given)]
            fields[field.name] = tuple(item for item in items if item.value is not None)
        elif field.type is FieldType.TABLE:
            fields[field.name] = tuple(
                {column.name: _value(column, column.type, row.get(column.name), document) for column in field.columns}
                for row in _several(given)
                if isinstance(row, dict)
            )
        else:
            fields[field.name] = _value(field, field.type, given, document)
    return fields


def _several(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [] if given is None else [given]


def _value(field: Field, kind: FieldType, given: Any, document: Document) -> FieldValue:
    text = "" if given is None or isinstance(given, dict | list) else single_spaced(str(given))
    if not text or text.casefold() in ("null", "none", "n/a"):
        return FieldValue(None, "", FieldState.ABSENT, _CONFIDENCE)
    if kind.generated:
        return FieldValue(text, "", FieldState.GENERATED, 0.0)
    if kind in (FieldType.CHOICE, FieldType.YES_NO):
        options = [option.value for option in field.options] if kind is FieldType.CHOICE else ["yes", "no"]
        if text not in options:
            return FieldValue(text, "", FieldState.INVALID, 0.0, failed_checks=(f"{text} is none of the options.",))
        return FieldValue(text, "", FieldState.FOUND, _CONFIDENCE)
    if proposes(kind) and kind not in _TEXTS:
        wanted = _canonical(field, kind, text)
        for candidate in propose(field, document, kind=kind):
            if candidate.value in wanted:
                return _found(candidate.value, candidate.span, document)
        return FieldValue(next(iter(wanted)), "", FieldState.INVALID, 0.0, failed_checks=(NOT_IN_DOCUMENT,))
    span = place_of(text, document)
    if span is None:
        return FieldValue(text, "", FieldState.INVALID, 0.0, failed_checks=(NOT_IN_DOCUMENT,))
    return _found(single_spaced(document.text(span)), span, document)


def _canonical(field: Field, kind: FieldType, text: str) -> list[str]:
    """What a text of the model reads as, in canonical form; the text itself where it reads as nothing."""
    alone = Document("", "txt", "", (Page(1, text),), 1)
    return [text, *(candidate.value for candidate in propose(field, alone, kind=kind))][::-1]


def _found(value: str, span: Span, document: Document) -> FieldValue:
    return FieldValue(
        value, document.text(span), FieldState.FOUND, _CONFIDENCE, span=span, boxes=tuple(document.boxes(span))
    )


def place_of(text: str, document: Document) -> Span | None:
    """Where words stand in a document, white space, case and what stands between words aside; None where they do not."""
    words = re.findall(r"\w+", text)
    if not words:
        return None
    pattern = re.compile(r"\W+".join(re.escape(word) for word in words), re.IGNORECASE)
    for page in document.pages:
        match = pattern.search(page.text)
        if match:
            return Span(page.number, *match.span())
    return None
