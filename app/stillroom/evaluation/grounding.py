"""Whether a value stands in its document: looked up in the text anew, whatever the result says about its place."""

from __future__ import annotations

import re
from functools import cached_property

from stillroom.documents.document import Box, Document, Span
from stillroom.evaluation.matching import folded, same_value
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.propose import propose, proposes
from stillroom.extraction.result import FieldValue
from stillroom.templates.template import Field, FieldType

_NOT_VERBATIM = (FieldType.CHOICE, FieldType.YES_NO, FieldType.LIST, FieldType.TABLE)
# Their value is the text itself, with single spaces.
_TEXTS = (
    FieldType.LINE,
    FieldType.TEXT,
    FieldType.BLOCK,
    FieldType.NAME,
    FieldType.ORGANISATION,
    FieldType.ADDRESS,
    FieldType.IDENTIFIER,
)

_HALF = 0.5


def is_verbatim(kind: FieldType) -> bool:
    """True for the types whose values must stand in the document (no options, nothing generated)."""
    return kind not in _NOT_VERBATIM and not kind.generated


class DocumentText:
    """A document's text, prepared for looking values up."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._readings: dict[tuple[FieldType, str], list[Candidate]] = {}

    def holds(self, value: FieldValue, field: Field, kind: FieldType) -> bool:
        """True where a value stands in the document.

        A value with its text: that text must be there character for character (white space and soft hyphens aside), at its
        span where it has one, and be the value where the type is text; a cell in several lines has each at its own span. A
        value alone (from another program): its words must be there (case, white space and punctuation aside), or something
        that reads as the same date, amount … does.
        """
        if value.value is None:
            return True
        if not value.text:
            return self._holds_words(value.value) or self._reads_as(value.value, field, kind)
        lines = [value.text]
        if value.span is not None:
            parts = value.parts or (value.span,)
            lines = value.text.split("\n") if value.parts else lines
            try:
                if [self._document.text(part) for part in parts] != lines:
                    return False
            except KeyError:
                return False
        if kind in _TEXTS and folded(value.value) != folded(value.text):
            return False
        return any(all(_closed_up(line) in page for line in lines) for page in self._closed_up)

    def _holds_words(self, text: str) -> bool:
        wanted = folded(text)
        return bool(wanted) and wanted in self._folded

    def _reads_as(self, value: str, field: Field, kind: FieldType) -> bool:
        if kind in _TEXTS or not proposes(kind):
            return False
        return any(same_value(kind, value, reading.value) for reading in self._read(field, kind))

    def _read(self, field: Field, kind: FieldType) -> list[Candidate]:
        key = (kind, field.name)
        if key not in self._readings:
            self._readings[key] = propose(field, self._document, kind=kind)
        return self._readings[key]

    def place(self, label: str, field: Field, kind: FieldType) -> Span | None:
        """Where a label stands, if it does so once: as text, else as what reads as this value."""
        spans = self._places_of_text(label) if kind in _TEXTS else self._places_of_value(label, field, kind)
        return spans[0] if len(spans) == 1 else None

    def _places_of_value(self, label: str, field: Field, kind: FieldType) -> list[Span]:
        if not proposes(kind):
            return []
        return list(dict.fromkeys(each.span for each in self._read(field, kind) if same_value(kind, each.value, label)))

    def _places_of_text(self, label: str) -> list[Span]:
        wanted = "".join(character for character in label.casefold() if character.isalnum())
        found = []
        for number, text, places in self._letters if wanted else ():
            at = text.find(wanted)
            while at >= 0:
                found.append(Span(number, places[at], places[at + len(wanted) - 1] + 1))
                at = text.find(wanted, at + 1)
        return found

    @cached_property
    def _letters(self) -> list[tuple[int, str, list[int]]]:
        """Letters and digits of each page without case: its number, their text, and where each stands."""
        found = []
        for page in self._document.pages:
            kept = [(at, folded) for at, each in enumerate(page.text) if each.isalnum() for folded in each.casefold()]
            found.append((page.number, "".join(folded for _, folded in kept), [at for at, _ in kept]))
        return found

    def same_place(self, one: Span, other: Span) -> bool:
        """Whether two spans share half of the area that they cover together; of their characters, where there are no boxes."""
        if one.page != other.page:
            return False
        boxes, others = self._document.boxes(one), self._document.boxes(other)
        if boxes and others:
            shared = sum(_shared(left, right) for left in boxes for right in others)
            whole = sum(map(_area, boxes)) + sum(map(_area, others)) - shared
        else:
            shared = max(0, min(one.end, other.end) - max(one.start, other.start))
            whole = (one.end - one.start) + (other.end - other.start) - shared
        return whole > 0 and shared / whole >= _HALF

    @cached_property
    def _closed_up(self) -> list[str]:
        return [_closed_up(page.text) for page in self._document.pages]

    @cached_property
    def _folded(self) -> str:
        return folded("\n".join(page.text for page in self._document.pages))


def _closed_up(text: str) -> str:
    return re.sub(r"\s+", "", text.replace("\u00ad", ""))


def _area(box: Box) -> float:
    return max(0.0, box.x1 - box.x0) * max(0.0, box.y1 - box.y0)


def _shared(one: Box, other: Box) -> float:
    return _area(Box(max(one.x0, other.x0), max(one.y0, other.y0), min(one.x1, other.x1), min(one.y1, other.y1)))
