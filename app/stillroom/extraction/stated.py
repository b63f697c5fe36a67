"""Values that a file states beside its pages, an e-invoice's data: set in the place of those found on the page.

The page is asked all the same: where it has the value, its place is lit; where it says something else, both are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

import regex

from stillroom.documents.business_terms import Term, terms
from stillroom.documents.document import Document, Span, Stated
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.result import FieldResult, FieldState, FieldValue, RunnerUp, other_values
from stillroom.templates.template import Field, FieldType, Template

_AGREES = 0.99
"""Two sources that say the same."""
_ALONE = 0.9
_DIFFERS = 0.5
"""As much as can be said of either of two."""
_NUMBERS = frozenset({FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT})
_TEXTS = frozenset(
    {
        FieldType.LINE, FieldType.TEXT, FieldType.BLOCK, FieldType.NAME, FieldType.ORGANISATION, FieldType.IDENTIFIER,
        FieldType.IBAN, FieldType.CHOICE,
    }
)  # fmt: skip
_KINDS = {"date": frozenset({FieldType.DATE}), "amount": _NUMBERS, "number": _NUMBERS, "text": _TEXTS}


def with_stated(
    template: Template,
    document: Document,
    fields: Mapping[str, FieldResult],
    candidates: Mapping[str, Sequence[Candidate]],
) -> dict[str, FieldResult]:
    """The fields, those that the file states with the value that it states.

    Args:
        fields: as they were found on the pages.
        candidates: all that the pages offer for a field, by its name.
    """
    result = dict(fields)
    if not document.stated:
        return result
    for field in template.fields:
        found = result[field.name]
        if field.type is FieldType.TABLE:
            rows = _rows(field, document, found)
            if rows:
                result[field.name] = rows
        elif isinstance(found, FieldValue) and (stated := _of(field, document.stated)) is not None:
            result[field.name] = _value(field, document, stated, found, candidates.get(field.name, ()))
    return result


def _of(field: Field, stated: Iterable[Stated]) -> Stated | None:
    """What the file states of a field: found by its name among the concepts that have a value of its type."""
    term = _term(field, row=False)
    if term is None:
        return None
    found = next((item for item in stated if item.term == term.name and item.row is None), None)
    if found is None or (field.type is FieldType.CHOICE and found.value not in {o.value for o in field.options}):
        return None
    if field.pattern and not regex.fullmatch(field.pattern, found.value):
        return None
    return found


def _term(field: Field, *, row: bool) -> Term | None:
    known = [term for term in terms() if term.row is row and field.type in _KINDS[term.kind]]
    return next(
        (term for term in known if term.concept == field.name),
        next((term for term in known if field.name in term.fields), None),
    )


def _value(
    field: Field, document: Document, stated: Stated, found: FieldValue, candidates: Sequence[Candidate]
) -> FieldValue:
    if found.value is not None and _same(field, found.value, stated.value):
        return replace(found, state=FieldState.STATED, confidence=max(found.confidence, _AGREES))
    place = _place(field, document, stated, found, candidates)
    others = found.candidates
    if found.value is not None:
        others = (RunnerUp(found.text, found.value, found.confidence, found.span, found.boxes), *others)
    value = FieldValue(
        stated.value, stated.text, FieldState.STATED, _ALONE, candidates=other_values(others, stated.value)
    )
    if place is not None:
        span, text = place
        return replace(value, text=text, confidence=_AGREES, span=span, boxes=tuple(document.boxes(span)))
    if found.value is None:
        return value
    return replace(value, confidence=_DIFFERS, failed_checks=(difference(stated.value, found.value),))


def difference(stated: str, shown: str) -> str:
    """The check that fails where a file states another value than its page shows."""
    return f"The file's e-invoice data states {stated}; the page shows {shown}."


def _place(
    field: Field, document: Document, stated: Stated, found: FieldValue, candidates: Sequence[Candidate]
) -> tuple[Span, str] | None:
    """Where the pages say what the file states."""
    for other in found.candidates:
        if other.span is not None and _same(field, other.value, stated.value):
            return other.span, other.text
    for candidate in candidates:
        if not candidate.failed and _same(field, candidate.value, stated.value):
            return candidate.span, candidate.text
    if field.type not in _TEXTS:
        return None
    words = r"\s+".join(map(regex.escape, stated.text.split()))
    for page in document.pages:
        match = regex.search(rf"(?<!\w){words}(?!\w)", page.text, regex.IGNORECASE)
        if match:
            return Span(page.number, *match.span()), match.group()
    return None


def _same(field: Field, shown: str, stated: str) -> bool:
    if field.type in _NUMBERS:
        try:
            return Decimal(shown) == Decimal(stated)
        except InvalidOperation:
            return False
    if field.type in _TEXTS:
        return _letters(shown) == _letters(stated)
    return shown == stated


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum()).casefold()


def _rows(field: Field, document: Document, found: FieldResult) -> tuple[dict[str, FieldValue], ...]:
    """The lines of an invoice, each with the place of the row of the page that agrees in all that both have."""
    columns = {column.name: (column, term) for column in field.columns if (term := _term(column, row=True)) is not None}
    if len(columns) < 2:
        return ()
    lines: dict[int, dict[str, Stated]] = {}
    for item in document.stated:
        if item.row is not None:
            lines.setdefault(item.row, {})[item.term] = item
    on_page = [row for row in found if isinstance(row, dict)] if isinstance(found, tuple) else []
    rows: list[dict[str, FieldValue]] = []
    for _, line in sorted(lines.items())[: field.max_items]:
        stated = {name: line[term.name] for name, (_, term) in columns.items() if term.name in line}
        row = next((row for row in on_page if _agrees(columns, stated, row)), {})
        if row:
            on_page = [other for other in on_page if other is not row]
        rows.append(
            {column.name: _cell(column, stated.get(column.name), row.get(column.name)) for column in field.columns}
        )
    return tuple(rows)


def _agrees(
    columns: Mapping[str, tuple[Field, Term]], stated: Mapping[str, Stated], row: Mapping[str, FieldValue]
) -> bool:
    """Whether a row of the page is a line that is stated: its numbers are, as far as it has them."""
    numbers = [name for name in stated if columns[name][0].type in _NUMBERS and (row.get(name) or _NONE).value]
    if not numbers:
        return any(
            _same(columns[name][0], row[name].value or "", item.value) for name, item in stated.items() if name in row
        )
    return all(_same(columns[name][0], row[name].value or "", stated[name].value) for name in numbers)


_NONE = FieldValue(None, "", FieldState.ABSENT, 0.0)


def _cell(column: Field, stated: Stated | None, cell: FieldValue | None) -> FieldValue:
    if stated is None:
        return cell or FieldValue(None, "", FieldState.ABSENT, _ALONE)
    value = FieldValue(stated.value, stated.text, FieldState.STATED, _ALONE)
    if cell is None or cell.value is None:
        return value
    if _same(column, cell.value, stated.value):
        return replace(cell, state=FieldState.STATED, confidence=max(cell.confidence, _AGREES))
    # Names of goods are often longer on one side: the place is the same.
    return replace(value, text=cell.text, span=cell.span, boxes=cell.boxes, parts=cell.parts)
