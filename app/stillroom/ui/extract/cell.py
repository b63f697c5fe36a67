"""What a cell of the table says: its text, and how far it can be relied on. Knows nothing of the window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from stillroom.extraction.result import (
    NOT_IN_DOCUMENT,
    DocumentResult,
    DocumentStatus,
    FieldResult,
    FieldState,
    FieldValue,
)
from stillroom.review.document import UNSURE_BELOW, ReviewedDocument
from stillroom.templates.template import Field, FieldType, Template

SURE_FROM = 0.85
LIKELY_FROM = UNSURE_BELOW


class Level(StrEnum):
    """How far a value can be relied on, worst first."""

    FOREIGN = "foreign"
    PROBLEM = "problem"
    MISSING = "missing"
    UNREAD = "unread"
    UNSURE = "unsure"
    LIKELY = "likely"
    GENERATED = "generated"
    CHECKED = "checked"
    SURE = "sure"
    ABSENT = "absent"
    NOTHING = "nothing"

    @property
    def needs_look(self) -> bool:
        return self in (Level.FOREIGN, Level.PROBLEM, Level.MISSING, Level.UNREAD, Level.UNSURE)


_BY_SIZE = frozenset({FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT})
_ORDER = {level: position for position, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it is shown.

    Attributes:
        text: the value on one line; empty where there is none.
        confidence: of the value, 0 to 1; None where there is nothing to be sure of.
        count: values of a list or rows of a table; 1 otherwise.
    """

    text: str
    level: Level
    confidence: float | None = None
    count: int = 1


NOTHING = Cell("", Level.NOTHING, None, 0)


def level_of(field: Field, value: FieldValue) -> Level:
    """How far one value can be relied on."""
    if NOT_IN_DOCUMENT in value.failed_checks:
        return Level.FOREIGN
    if value.state is FieldState.UNREAD:
        return Level.UNREAD
    if value.state is FieldState.ABSENT:  # before the checks: that a required value is missing is one of them
        return Level.MISSING if field.required else Level.UNSURE if value.doubted else Level.ABSENT
    if value.state is FieldState.INVALID or value.failed_checks:
        return Level.PROBLEM
    if value.state is FieldState.GENERATED:
        return Level.GENERATED
    if value.confidence >= SURE_FROM:
        return Level.SURE
    return Level.LIKELY if value.confidence >= LIKELY_FROM else Level.UNSURE


def values_of(result: FieldResult | None) -> list[FieldValue]:
    """The values of a field, in order: one, those of a list, or the cells of a table row by row."""
    if result is None:
        return []
    if isinstance(result, FieldValue):
        return [result]
    values: list[FieldValue] = []
    for item in result:
        values.extend([item] if isinstance(item, FieldValue) else item.values())
    return values


def one_line(text: str) -> str:
    return " ".join(text.split())


def cell_of(field: Field, result: FieldResult | None) -> Cell:
    """The cell for one field of one document."""
    if result is None:
        return NOTHING
    values = values_of(result)
    if isinstance(result, FieldValue):
        text = one_line(result.value if result.value is not None else result.text)
        return Cell(text, level_of(field, result), result.confidence)
    if not values:
        return Cell("", Level.MISSING if field.required else Level.ABSENT, None, 0)
    level = min((level_of(field, value) for value in values), key=_ORDER.__getitem__)
    confidence = min(value.confidence for value in values)
    if all(isinstance(item, FieldValue) for item in result):
        shown = [one_line(value.value or value.text) for value in values if value.value or value.text]
        return Cell("; ".join(shown), level, confidence, len(shown))
    rows = [" ".join(one_line(cell.value or "") for cell in row.values()) for row in result if isinstance(row, dict)]
    return Cell("; ".join(rows), level, confidence, len(rows))


def sort_value(field: Field, cell: Cell) -> tuple[int, Decimal, str]:
    """What a column is ordered by: amounts and numbers by size, all else by its text; empty cells come last."""
    if not cell.text:
        return (2, Decimal(0), "")
    if field.type in _BY_SIZE:
        try:
            return (0, Decimal(cell.text.split()[0]), cell.text)
        except InvalidOperation:
            return (1, Decimal(0), cell.text.casefold())
    return (0, Decimal(0), cell.text.casefold())


def cells_of(template: Template, result: DocumentResult) -> list[Cell]:
    """The cells of a document, in the order of the template's fields."""
    return [cell_of(field, result.fields.get(field.name)) for field in template.fields]


def reviewed_cells(document: ReviewedDocument, result: DocumentResult) -> list[Cell]:
    """The cells of a document with verdicts: one whose values a person answers for is checked. ``result``: as it holds."""
    cells = []
    for field, cell in zip(document.template.fields, cells_of(document.template, result), strict=True):
        own = [value for value in document.values if value.subject.field == field.name]
        if own and all(document.decided(value) for value in own):
            cell = replace(cell, level=Level.CHECKED)
        cells.append(cell)
    return cells


def looks_needed(result: DocumentResult, cells: list[Cell]) -> int:
    """How many things of a document a person should look at: cells, and the document itself where it is not whole."""
    count = sum(cell.level.needs_look for cell in cells)
    if result.status is DocumentStatus.FAILED:
        return 1
    if result.status is DocumentStatus.PARTIAL:
        return count or 1
    return count
