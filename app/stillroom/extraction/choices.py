"""Choices among a template's options, yes/no among them: what the document's own words say, and what the model does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Span
from stillroom.engine.protocol import Question, ScoreRequest, ScoreResult
from stillroom.extraction import questions, ranking
from stillroom.extraction.passages import Passage
from stillroom.extraction.questions import Frame
from stillroom.extraction.result import FieldState, FieldValue, RunnerUp
from stillroom.templates.template import Field, FieldType, Option

TYPES = (FieldType.CHOICE, FieldType.YES_NO)
_YES_NO = (Option("yes"), Option("no"))
_RUNNERS_UP = 4


class ChoosingEngine(Protocol):
    """What choosing among options needs of an engine."""

    def score(self, request: ScoreRequest, *, cancellation: Cancellation | None = None) -> ScoreResult: ...


class Choices:
    """Chooses among options with one engine."""

    def __init__(self, engine: ChoosingEngine) -> None:
        self._engine = engine

    def choose(
        self,
        fields: Sequence[Field],
        document: Document,
        parts: Sequence[Passage],
        frame: Frame,
        *,
        complete: bool,
        cancellation: Cancellation | None = None,
    ) -> dict[str, FieldValue]:
        """The choices among these fields (others are passed over) by name.

        ``parts``: passages of the document; ``complete``: the whole document was read, so that what was not found is absent,
        not unread. Raises EngineError, Cancelled.
        """
        asked = [field for field in fields if field.type in TYPES]
        if not asked:
            return {}
        if not parts:
            return {field.name: _nothing(field, complete=complete) for field in asked}
        said: list[list[dict[str, float]]] = []
        for part in parts:
            if cancellation is not None:
                cancellation.raise_if_requested()
            said.append(self._said(asked, frame, part.text, cancellation))
        return {
            field.name: _choose(field, document, [passage[number] for passage in said])
            for number, field in enumerate(asked)
        }

    def _said(
        self, fields: Sequence[Field], frame: Frame, text: str, cancellation: Cancellation | None
    ) -> list[dict[str, float]]:
        """Log probability of every option of each field after a text."""
        put = []
        for field in fields:
            question, lead, end = questions.choice_question(field)
            put.append(Question(frame.suffix(question, lead), tuple(option.value for option in options(field)), end))
        request = ScoreRequest(prefix=frame.prefix(text), questions=tuple(put))
        scores = self._engine.score(request, cancellation=cancellation).scores
        return [dict(zip(question.candidates, row, strict=True)) for question, row in zip(put, scores, strict=True)]


def options(field: Field) -> tuple[Option, ...]:
    """The answers of a choice or a yes/no field."""
    return _YES_NO if field.type is FieldType.YES_NO else field.options


def _choose(field: Field, document: Document, said: Sequence[dict[str, float]]) -> FieldValue:
    """The option with the highest probability over all passages; a synonym in the document counts as evidence."""
    answers = options(field)
    weights = ranking.weights_for(field.type)
    evidence = [_evidence(option, document) for option in answers]
    strengths = np.zeros(len(answers))
    for passage in said:
        scores = np.array([passage[option.value] for option in answers])
        strengths += weights.features[0] * (scores - scores.max()) / len(said)
    strengths += weights.features[len(ranking.MODEL_FEATURES) + _NEAR] * np.array(
        [_weight(spans) for spans in evidence]
    )
    shares = ranking.softmax(strengths)
    order = sorted(range(len(shares)), key=lambda index: (-shares[index], index))
    first = order[0]
    runners = tuple(
        RunnerUp(
            document.text(evidence[index][0]) if evidence[index] else "",
            answers[index].value,
            float(shares[index]),
            evidence[index][0] if evidence[index] else None,
            tuple(document.boxes(evidence[index][0])) if evidence[index] else (),
        )
        for index in order[1 : _RUNNERS_UP + 1]
    )
    span = evidence[first][0] if evidence[first] else None
    return FieldValue(
        value=answers[first].value,
        text=document.text(span) if span else "",
        state=FieldState.FOUND,
        confidence=float(shares[first]),
        span=span,
        boxes=tuple(document.boxes(span)) if span else (),
        candidates=runners,
    )


_NEAR = 0  # layout.NAMES[0], "near_same_line": for an option, words of its own in the document


def _evidence(option: Option, document: Document) -> list[Span]:
    """Where the option's own words stand in the document."""
    spans = []
    for word in (option.value, *option.synonyms):
        left = r"(?<!\w)" if word[:1].isalnum() else ""
        right = r"(?!\w)" if word[-1:].isalnum() else ""
        flags = 0 if word.isupper() and len(word) <= 3 else re.IGNORECASE
        pattern = re.compile(left + re.escape(word) + right, flags)
        for page in document.pages:
            spans += [Span(page.number, *match.span()) for match in pattern.finditer(page.text)]
    return sorted(spans)


def _weight(spans: Sequence[Span]) -> float:
    return min(1.0, len(spans) / 2) if spans else 0.0


def _nothing(field: Field, *, complete: bool) -> FieldValue:
    checks = ("This field is required, and no value was found.",) if field.required else ()
    state = FieldState.ABSENT if complete else FieldState.UNREAD
    return FieldValue(None, "", state, 1.0 if complete else 0.0, failed_checks=checks)
