"""Tables of a document under review, edited as tables: rows marked on the page, columns that change places, sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from stillroom.documents.document import Span
from stillroom.extraction.column_concepts import NUMERIC_TYPES, concept_of
from stillroom.extraction.result import FieldValue
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.marked_value import FieldReader, ReadValue, read_typed
from stillroom.review.verdict import ADDED, Given, Subject, Verdict, VerdictKind, new_key
from stillroom.templates.template import Field, FieldType

_TOLERANCE = Decimal("0.011")
_NOT_SUMMED = ("unit_price", "position", "rank", "tax_rate", "birth_year")


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a column, held against what the document states.

    Attributes:
        column: of the table.
        total: of the cells that are numbers. unread: how many cells are none.
        field, stated: the field of the document that should be the same, and what it says; None where there is none.
    """

    column: Field
    total: Decimal
    unread: int = 0
    field: Field | None = None
    stated: Decimal | None = None

    @property
    def holds(self) -> bool:
        return self.stated is not None and abs(self.total - self.stated) <= _TOLERANCE

    @property
    def missing(self) -> Decimal:
        """How much more the document states than the rows add up to."""
        return Decimal(0) if self.stated is None else self.stated - self.total


def cells_of(document: ReviewedDocument, name: str) -> dict[int, dict[str, ReviewedValue]]:
    """The rows of a table as they are shown, by number; each its cells by column."""
    rows: dict[int, dict[str, ReviewedValue]] = {}
    for value in document.values:
        if value.subject.field == name and value.subject.item:
            rows.setdefault(value.subject.item, {})[value.subject.column] = value
    return rows


def places_of(document: ReviewedDocument, name: str) -> list[dict[str, Span]]:
    """Where the cells of a table stand, row by row."""
    rows = cells_of(document, name).values()
    return [{column: cell.current.span for column, cell in row.items() if cell.current.span} for row in rows]


def fresh_number(document: ReviewedDocument, name: str) -> int:
    """The number of an item that a person adds; that of one which was removed or undone is not given again."""
    used = [entry.subject.item for entry in document.entries if entry.subject.field == name]
    return max(ADDED, *used, *(value.subject.item for value in document.values)) + 1


def rows_added(document: ReviewedDocument, name: str, rows: Iterable[Mapping[str, FieldValue]]) -> list[Verdict]:
    """The entries that put these rows into a table, each row in one stroke."""
    entries = []
    number = fresh_number(document, name)
    for row in rows:
        group = new_key()
        for column, cell in row.items():
            if cell.value is not None:
                entry = document.verdict(VerdictKind.CORRECTED, Subject(name, number, column), _bare(Given.of(cell)))
                entries.append(replace(entry, group=group))
        number += 1
    return entries


def swapped(
    reader: FieldReader | None, rows: Sequence[Mapping[str, ReviewedValue]], one: Field, other: Field
) -> list[Swap]:
    """What each row says when two columns of a table change places: every cell read anew by the type of its new column."""
    found = []
    for row in rows:
        for wanted, source in ((one, other), (other, one)):
            target, cell = row.get(wanted.name), row.get(source.name)
            if target is None or cell is None or (target.current.value is None and cell.current.value is None):
                continue
            found.append(Swap(target.subject, _read_as(reader, wanted, cell)))
    return found


@dataclass(frozen=True, slots=True)
class Swap:
    """What comes to a place when columns change theirs; without a reading nothing does."""

    subject: Subject
    reading: ReadValue | None


def columns_swapped(document: ReviewedDocument, swaps: Iterable[Swap]) -> list[Verdict]:
    """The entries for that, taken back in one."""
    group = new_key()
    entries = []
    for swap in swaps:
        if swap.reading is None:
            entry = document.verdict(VerdictKind.ABSENT, swap.subject)
        else:
            entry = document.verdict(VerdictKind.CORRECTED, swap.subject, swap.reading.given)
        entries.append(replace(entry, group=group))
    return entries


def _read_as(reader: FieldReader | None, wanted: Field, cell: ReviewedValue) -> ReadValue | None:
    """What stands in a cell, read for another column."""
    current = cell.current
    if current.value is None:
        return None
    if current.span is None or reader is None or cell.typed:
        read = read_typed(wanted, current.text or current.value)
        if current.span is None or cell.typed:
            return read
        given = replace(read.given, typed=False, span=current.span, boxes=current.boxes, parts=current.parts)
        return ReadValue(given, read.problems)
    if current.parts and wanted.type not in NUMERIC_TYPES:  # a wrapped text stays whole
        text = " ".join(current.text.split())
        return ReadValue(Given(text, current.text, current.span, current.boxes, parts=current.parts))
    return reader.read_span(wanted, current.span)


def _bare(given: Given) -> Given:
    """Without the model's word: a person gave it."""
    return replace(given, state="", confidence=0.0)


def sums(document: ReviewedDocument, name: str) -> list[Sum]:
    """The sums of a table's columns of amounts and quantities; that of the amounts is held against the document's own."""
    field = document.template.field(name)
    rows = list(cells_of(document, name).values())
    if not rows:
        return []
    main = _amounts(field)
    found = []
    for column in field.columns:
        concept = concept_of(column)
        summed = column.type in NUMERIC_TYPES and column.type is not FieldType.PERCENT
        if not summed or (concept is not None and concept.key in _NOT_SUMMED):
            continue
        own = [row[column.name].current.value for row in rows if column.name in row]
        numbers = [number for value in own if (number := _number(value)) is not None]
        if not numbers:
            continue
        total = sum(numbers, Decimal(0))
        stated = _stated(document, name, column, total) if column is main else (None, None)
        found.append(Sum(column, total, len(rows) - len(numbers), *stated))
    return found


def _amounts(field: Field) -> Field | None:
    """The column that adds up to what the document asks for."""
    money = [column for column in field.columns if column.type in (FieldType.MONEY, FieldType.NUMBER)]
    named = [column for column in money if (own := concept_of(column)) is not None and own.key == "amount"]
    last = [column for column in money if column.type is FieldType.MONEY][-1:]
    return next(iter(named or last), None)


def _stated(
    document: ReviewedDocument, name: str, column: Field, total: Decimal
) -> tuple[Field | None, Decimal | None]:
    """The field that a sum is held against: the one that a rule of the template names, else the one that says the same, else the
    one that is nearest."""
    known = {
        value.field.name: (value.field, number)
        for value in document.values
        if not value.subject.item
        and value.field.type in (FieldType.MONEY, FieldType.NUMBER)
        and (number := _number(value.current.value)) is not None
    }
    wanted = f"sum({name}.{column.name})"
    for rule in document.template.rules:
        sides = [side.strip() for side in rule.check.replace("==", "=").split("=")]
        if len(sides) == 2 and wanted in sides:
            other = sides[1 - sides.index(wanted)]
            if other in known:
                return known[other]
    same = [each for each in known.values() if abs(each[1] - total) <= _TOLERANCE]
    if same:
        return same[0]
    return min(known.values(), key=lambda each: abs(each[1] - total), default=(None, None))


def _number(value: str | None) -> Decimal | None:
    if value is None:
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
