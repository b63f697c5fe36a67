"""Whether a value stands in its document: looked up in the text anew, whatever the result says about its place."""

from __future__ import annotations

import re
from functools import cached_property

from stillroom.documents.document import Document
from stillroom.evaluation.matching import folded, same_value
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


def is_verbatim(kind: FieldType) -> bool:
    """True for the types whose values must stand in the document (no options, nothing generated)."""
    return kind not in _NOT_VERBATIM and not kind.generated


class DocumentText:
    """A document's text, prepared for looking values up."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._readings: dict[tuple[FieldType, str], list[str]] = {}

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
        key = (kind, field.name)
        if key not in self._readings:
            self._readings[key] = list({each.value: None for each in propose(field, self._document, kind=kind)})
        return any(same_value(kind, value, reading) for reading in self._readings[key])

    @cached_property
    def _closed_up(self) -> list[str]:
        return [_closed_up(page.text) for page in self._document.pages]

    @cached_property
    def _folded(self) -> str:
        return folded("\n".join(page.text for page in self._document.pages))


def _closed_up(text: str) -> str:
    return re.sub(r"\s+", "", text.replace("\u00ad", ""))
