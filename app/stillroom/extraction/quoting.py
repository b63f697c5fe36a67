"""Candidates that no enumeration covers: runs of words of any length, which the model quotes from a passage itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Span
from stillroom.engine.protocol import SpanQuestion, SpanRequest, SpanResult
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.choosing import Asked
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.layout import Layout
from stillroom.extraction.passages import Passage
from stillroom.extraction.questions import Frame
from stillroom.templates.template import Field, FieldType, Template

# What a quotation may not reach beyond, and its tokens at most. Words may go on in the next line, but not in the next paragraph.
_QUOTED = {FieldType.TEXT: ("paragraph", 48), FieldType.BLOCK: ("text", 128)}
_TEXTS = 4  # distinct ones of a field and passage
_TEXTS_LIST = 8


class QuotingEngine(Protocol):
    """What quoting needs of an engine."""

    def spans(self, request: SpanRequest, *, cancellation: Cancellation | None = None) -> SpanResult: ...


def quote(
    engine: QuotingEngine,
    frame: Frame,
    passage: Passage,
    index: int,
    asked: Sequence[Asked],
    document: Document,
    cancellation: Cancellation | None,
) -> None:
    """Let the model quote answers from the passage of this index, and add them to the candidates of their fields.

    They are scored and ranked with those that are there. Raises EngineError, Cancelled.
    """
    put = [each for each in asked if each.kind in _QUOTED]
    if not put or not passage.text.strip():
        return
    questions = []
    for each in put:
        question, lead, end = each.wording()
        within, tokens = _QUOTED[each.kind]
        count = _TEXTS_LIST if each.field.type is FieldType.LIST else _TEXTS
        questions.append(SpanQuestion(frame.suffix(question, lead), end, within, count, tokens))
    request = SpanRequest(frame.prefix(passage.text), passage.text, tuple(questions))
    result = engine.spans(request, cancellation=cancellation)
    for each, quoted in zip(put, result.spans, strict=True):
        places = [place(passage, document, answer.start, answer.end) for answer in quoted]
        _add(each, index, [span for span in places if span is not None], document)


def place(passage: Passage, document: Document, start: int, end: int) -> Span | None:
    """Where ``passage.text[start:end]`` stands in the document; None where it reaches over the end of a page."""
    offset = 0
    for span in passage.spans:
        whole = document.text(span)
        text = whole.strip("\n")
        if offset <= start and end <= offset + len(text):
            moved = span.start + len(whole) - len(whole.lstrip("\n")) - offset
            return Span(span.page, start + moved, end + moved)
        offset += len(text) + 1
    return None


def _add(asked: Asked, index: int, spans: Sequence[Span], document: Document) -> None:
    known = {candidate.span: number for number, candidate in enumerate(asked.candidates)}
    chosen = set(asked.chosen) | {known[span] for span in spans if span in known}
    fresh = []
    for span in dict.fromkeys(spans):
        text = document.text(span)
        if span not in known and single_spaced(text):
            fresh.append(Candidate(span, text, single_spaced(text)))
    if fresh:
        # A row holds what sets a candidate off from the others, so those that it stands against are looked at with it.
        others = [asked.candidates[number] for number in sorted(chosen) if asked.where[number] == index]
        together = sorted([*others, *fresh], key=lambda candidate: candidate.span)
        rows = (asked.layout or Layout(document, Meaning(_alone(asked.field)))).signs(asked.field, asked.kind, together)
        own = np.array([rows[together.index(candidate)] for candidate in fresh])
        asked.signs = np.vstack([asked.signs, own]) if asked.candidates else own
        chosen.update(range(len(asked.candidates), len(asked.candidates) + len(fresh)))
        asked.candidates = [*asked.candidates, *fresh]
        asked.where.extend([index] * len(fresh))
    asked.chosen = sorted(chosen)


def _alone(field: Field) -> Template:
    return Template("", 1, "", "", (field,))
