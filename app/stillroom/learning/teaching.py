"""Teaching a model a template: questions made of labels, documents held out, and whether what was trained is right more often on those.

What the model's word counts for in a field is chosen on the documents held out, and judged on others of them than it was chosen on. It
is taken only where that is better than without by more than chance moves such a count.
"""

from __future__ import annotations

import dataclasses
import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.engine.protocol import Piece
from stillroom.errors import StillroomError
from stillroom.evaluation.judging import judge
from stillroom.evaluation.labels import LabelledDocument
from stillroom.evaluation.matching import same_value
from stillroom.extraction import questions
from stillroom.extraction.candidates.propose import proposes
from stillroom.extraction.choosing import Asked, Learned, asked_text
from stillroom.extraction.deciding import decide
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.kept_seen import Unpacker
from stillroom.extraction.passages import Passage
from stillroom.extraction.questions import Frame
from stillroom.extraction.result import DocumentResult
from stillroom.templates.template import FieldType, Template
from stillroom.tuning.adapter_training import TrainingExample, TrainingQuestion

LEAST = 20  # documents
_HELD_OUT = 0.3
_MOST_HELD_OUT = 100
_WORDS = (0.0, 0.1, 0.2, 0.35, 0.6, 1.0)
_PARTS = 5  # of the documents held out: words are chosen on the others of each
_QUOTED = (FieldType.TEXT, FieldType.BLOCK)


class TokenEngine(Protocol):
    """What making examples needs of an engine."""

    def tokens(self, pieces: Sequence[Piece]) -> list[list[int]]: ...


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A document that was held out: its labels, its row, and what was seen of it (packed, see ``kept_seen``)."""

    labelled: LabelledDocument
    result: DocumentResult
    seen: bytes


@dataclass(frozen=True, slots=True)
class TaughtField:
    """A field on the documents held out: how many labels, how many right before and with what was trained, and what the word counts."""

    labels: int
    before: float
    after: float
    word: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What training was worth on documents held out.

    Attributes:
        fields: by name. better, worse: values that were right only with it, only without it.
        words: what the model's word counts for from now on, by field.
        documents: held out.
    """

    documents: int
    fields: dict[str, TaughtField]
    better: int
    worse: int
    words: dict[str, float] = field(default_factory=dict)

    @property
    def labels(self) -> int:
        return sum(each.labels for each in self.fields.values())

    @property
    def before(self) -> float:
        return sum(each.before for each in self.fields.values())

    @property
    def after(self) -> float:
        return sum(each.after for each in self.fields.values())

    @property
    def holds(self) -> bool:
        """Whether it is better by more than chance: of so many values that changed, the square root is what chance moves."""
        return self.better - self.worse > math.sqrt(self.better + self.worse) and self.after > self.before


def hold_out(
    labels: Sequence[LabelledDocument], count: int = 0
) -> tuple[list[LabelledDocument], list[LabelledDocument]]:
    """Those to train on, and those held out, the same in every run; ``count`` of them, 0 for three in ten.

    Raises StillroomError where there are too few.
    """
    if len(labels) < LEAST:
        raise StillroomError(
            f"{len(labels)} labelled documents are too few to train on some and measure on others. Label {LEAST} at least."
        )
    wanted = count or min(_MOST_HELD_OUT, round(_HELD_OUT * len(labels)))
    if not _PARTS <= wanted <= len(labels) - _PARTS:
        raise StillroomError(f"Of {len(labels)} documents {_PARTS} to {len(labels) - _PARTS} can be held out.")
    ordered = sorted(labels, key=lambda each: each.file)
    chosen = set(random.Random(0).sample(range(len(ordered)), wanted))
    return (
        [each for place, each in enumerate(ordered) if place not in chosen],
        [each for place, each in enumerate(ordered) if place in chosen],
    )


def examples_of(
    extractor: Extractor, engine: TokenEngine, document: Document, template: Template, labelled: LabelledDocument
) -> list[TrainingExample]:
    """The questions about each passage of a document, with the answers of its labels, in the words of extraction.

    A value that cannot be found in the document teaches nothing. Of passages without any value there is one. Raises EngineError.
    """
    frame, parts, asked = extractor.prompts(document, template)
    answerable = [each for each in asked if _answerable(each, labelled, parts)]
    found: list[TrainingExample] = []
    empty = 0
    for index, passage in enumerate(parts):
        answers = [(each, _answers(each, labelled, passage, index)) for each in answerable]
        if not answers or not passage.text.strip():
            continue
        if not any(texts for _, texts in answers):
            empty += 1
            if empty > 1:
                continue
        found.append(_example(engine, frame, passage, answers))
    return found


def _example(
    engine: TokenEngine, frame: Frame, passage: Passage, answers: Sequence[tuple[Asked, list[str]]]
) -> TrainingExample:
    prefix = frame.prefix(passage.text)
    pieces: list[Piece] = [*prefix]
    for each, texts in answers:
        question, lead, end = each.wording()
        for text in texts or [questions.ABSENT]:
            pieces += [Piece(frame.suffix(question, lead), special=True), Piece(text), Piece(end, special=True)]
    tokens = engine.tokens(pieces)
    rest = tokens[len(prefix) :]
    return TrainingExample(
        tuple(token for piece in tokens[: len(prefix)] for token in piece),
        tuple(TrainingQuestion(tuple(rest[at]), (*rest[at + 1], *rest[at + 2])) for at in range(0, len(rest), 3)),
    )


def _wanted(each: Asked, labelled: LabelledDocument) -> list[str]:
    label = labelled.fields.get(each.field.name)
    if label is None or isinstance(label, str):
        return [] if label is None else [label]
    return [item for item in label if isinstance(item, str)]


def _answerable(each: Asked, labelled: LabelledDocument, parts: Sequence[Passage]) -> bool:
    """Whether a field was labelled, and its label can be found where it has one."""
    if each.field.name not in labelled.fields or not proposes(each.kind):
        return False
    return not _wanted(each, labelled) or any(
        _answers(each, labelled, passage, index) for index, passage in enumerate(parts)
    )


def _answers(each: Asked, labelled: LabelledDocument, passage: Passage, index: int) -> list[str]:
    """The right answers that stand in a passage, as they stand there: of each label the one that the page speaks for most."""
    found: dict[str, None] = {}
    for label in _wanted(each, labelled):
        right = [
            place
            for place, candidate in enumerate(each.candidates)
            if each.where[place] == index and same_value(each.kind, candidate.value, label)
        ]
        if right:
            strengths = each.strengths(right, said=False)
            found[asked_text(each.candidates[right[int(strengths.argmax())]])] = None
        elif each.kind in _QUOTED:
            literal = re.search(r"\s+".join(map(re.escape, label.split())), passage.text)
            if literal is not None:
                found[" ".join(literal.group().split())] = None
    return list(found)


def look_at(
    extractor: Extractor,
    read: Callable[[LabelledDocument], Document],
    labels: Sequence[LabelledDocument],
    template: Template,
    on_document: Callable[[int], None] = lambda _: None,
    cancellation: Cancellation | None = None,
) -> list[HeldOut]:
    """What an extractor makes of documents held out; one that cannot be read is passed over. Raises EngineError, Cancelled."""
    found: list[HeldOut] = []
    for place, labelled in enumerate(labels):
        if cancellation is not None:
            cancellation.raise_if_requested()
        on_document(place)
        result, seen = extractor.extract_and_keep(
            read(labelled), template, file=labelled.file, cancellation=cancellation
        )
        found.append(HeldOut(labelled, result, seen))
    return found


def judged(
    before: Sequence[HeldOut], after: Sequence[HeldOut], template: Template, learned: Learned | None = None
) -> Judged:
    """What training was worth: ``before`` are rows without it, ``after`` what was seen with it, of the same documents in the same order.

    ``learned``: what the template learned of the documents trained on; both are decided with it.
    """
    names = [each.name for each in template.fields if any(each.name in one.labelled.fields for one in before)]
    old = [_scores(one, template, one.result) for one in before]
    plain = _with_words(after, template, {}, learned)
    tried = {word: _with_words(after, template, dict.fromkeys(names, word), learned) for word in _WORDS if word} | {
        0.0: plain
    }
    new: list[dict[str, float]] = [{} for _ in before]
    for part in range(_PARTS):
        own = [place for place in range(len(before)) if place % _PARTS == part]
        others = [place for place in range(len(before)) if place % _PARTS != part]
        words = _words(tried, others, names)
        scores = _with_words([after[place] for place in own], template, words, learned)
        for place, score in zip(own, scores, strict=True):
            new[place] = score
    chosen = _words(tried, range(len(before)), names)
    pairs = [(old[place][name], new[place].get(name, 0.0)) for place in range(len(old)) for name in old[place]]
    fields = {}
    for name in names:
        labelled = [place for place in range(len(old)) if name in old[place]]
        fields[name] = TaughtField(
            len(labelled),
            sum(old[place][name] for place in labelled),
            sum(new[place].get(name, 0.0) for place in labelled),
            chosen.get(name, 0.0),
        )
    return Judged(
        len(before),
        fields,
        better=sum(now > then for then, now in pairs),
        worse=sum(now < then for then, now in pairs),
        words=chosen,
    )


def _words(
    tried: Mapping[float, Sequence[Mapping[str, float]]], places: Sequence[int], names: Sequence[str]
) -> dict[str, float]:
    """The word of each field that is right most often in these documents; the smallest of those, and none where none is."""
    found: dict[str, float] = {}
    for name in names:
        worth = {word: sum(scores[place].get(name, 0.0) for place in places) for word, scores in tried.items()}
        best = max(sorted(worth), key=lambda word: worth[word])
        if best:
            found[name] = best
    return found


def _with_words(
    seen: Sequence[HeldOut], template: Template, words: Mapping[str, float], learned: Learned | None
) -> list[dict[str, float]]:
    """The scores of each document by field where the model's word counts for this."""
    unpacker = Unpacker(template, words=words)
    found = []
    for one in seen:
        unpacked = unpacker.unpack(one.seen) if one.seen else None
        result = one.result
        if unpacked is not None:
            fields, notes = decide(unpacked, template, learned)
            result = dataclasses.replace(result, fields=fields, notes=notes)
        found.append(_scores(one, template, result))
    return found


def _scores(one: HeldOut, template: Template, result: DocumentResult) -> dict[str, float]:
    return {name: each.score for name, each in judge(one.labelled, result, None, template).fields.items()}
