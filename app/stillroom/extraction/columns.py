"""A result as the columns of a table: what every export and the terminal show of a field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stillroom.extraction.result import DocumentResult, FieldResult, FieldState, FieldValue, result_to_json
from stillroom.templates.template import Field, FieldType, Template

FIXED = ("file", "status", "error", "notes")
SEPARATOR = "; "
_NUMERIC = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)


@dataclass(frozen=True, slots=True)
class Cell:
    """A field in one cell.

    Attributes:
        value: of a list, its values in one text; of a table, its rows as JSON; empty where there is none.
        confidence: the lowest of them; None where the document was not read.
        state: the worst of them: a value that needs a look is not hidden behind one that does not.
        page: of the first value that has a place.
        checks: the sentences of every check that failed, each once.
    """

    value: str
    confidence: float | None
    state: str
    page: int | None
    checks: str = ""


def heading(field: Field) -> str:
    """The column of a field: its name, unless a column of the document has it."""
    return f"field {field.name}" if field.name in FIXED else field.name


def numeric(field: Field) -> bool:
    return field.type in _NUMERIC


def cell(result: DocumentResult, field: Field) -> Cell:
    """A field of a document's row."""
    found = result.fields.get(field.name)
    if found is None:
        return Cell("", None, "", None)
    values = [value for *_, value in parts(found)]
    if not values:
        state = FieldState.ABSENT if result.coverage.complete else FieldState.UNREAD
        return Cell("", None, state, None)
    if field.type is FieldType.TABLE:
        rows: dict[int, dict[str, str | None]] = {}
        for number, column, value in parts(found):
            rows.setdefault(number, {})[column] = value.value
        text = json.dumps(list(rows.values()), ensure_ascii=False)
    else:
        text = SEPARATOR.join(value.value for value in values if value.value is not None)
    return Cell(
        value=text,
        confidence=min(value.confidence for value in values),
        state=max((value.state for value in values), key=_SEVERITY.index),
        page=next((value.span.page for value in values if value.span), None),
        checks=" ".join(dict.fromkeys(check for value in values for check in value.failed_checks)),
    )


_SEVERITY = [
    FieldState.STATED,
    FieldState.FOUND,
    FieldState.GENERATED,
    FieldState.ABSENT,
    FieldState.UNREAD,
    FieldState.INVALID,
]


def parts(found: FieldResult) -> Iterator[tuple[int, str, FieldValue]]:
    """Every value of a field with the number of its item or row (from 1) and its column (empty but in a table)."""
    if isinstance(found, FieldValue):
        yield 1, "", found
        return
    for number, item in enumerate(found, start=1):
        if isinstance(item, FieldValue):
            yield number, "", item
        elif isinstance(item, dict):
            for column, value in item.items():
                yield number, column, value


def fields_of(result: DocumentResult, template: Template) -> Iterator[tuple[Field, int, str, FieldValue]]:
    """Every value of a document in the template's order."""
    for field in template.fields:
        found = result.fields.get(field.name)
        if found is not None:
            for number, column, value in parts(found):
                yield field, number, column, value


def json_line(result: DocumentResult, review: dict[str, Any] | None = None) -> str:
    """The line of JSON that scripts read, without its line end. What is no UTF-8 in a file's name is escaped."""
    data: dict[str, Any] = result_to_json(result)
    if review is not None:
        data["review"] = review
    line = json.dumps(data, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(data)
    return line
