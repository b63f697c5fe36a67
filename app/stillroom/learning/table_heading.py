"""Fields from a table: the row that names its columns, wherever it stands, and the types that headings and values tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stillroom.documents.document import Document, Page, Span
from stillroom.learning.asking import kind_called
from stillroom.learning.showing import is_one
from stillroom.templates.editing import name_from
from stillroom.templates.template import Field, FieldType

_LOOKED_THROUGH = 60
"""Rows of a table that its heading is looked for in, and that show how wide it is."""
_VALUES = 20  # of a column that tell its type
_MOST_OF = 0.6
"""Of the columns that rows usually have a heading names at least this share: a title names one, a group of columns some."""
_SPARSE = 2  # columns of a table may be filled in no row but the heading
# What values tell where a heading does not, or tells another type than they have; the narrowest first.
_TOLD = (
    FieldType.IBAN, FieldType.EMAIL, FieldType.URL, FieldType.DATE, FieldType.TIME, FieldType.PERCENT, FieldType.INTEGER,
    FieldType.MONEY, FieldType.NUMBER,
)  # fmt: skip
_WORDS = (FieldType.LINE, FieldType.TEXT, FieldType.BLOCK, FieldType.NAME, FieldType.ORGANISATION, FieldType.ADDRESS)
_LONGEST_NUMBER = 6  # figures; with more, or with noughts in front, it is the number of something


def fields_from_table(document: Document) -> list[Field]:
    """A field for each column that a table names, to be checked; none where it names nothing."""
    page = next((page for page in document.pages if page.text.strip()), None)
    rows = [] if page is None else [line.split("\t") for line in page.text.split("\n") if line.strip()]
    rows = [[" ".join(cell.split()) for cell in row] for row in rows[:_LOOKED_THROUGH]]
    if not rows:
        return []
    at = _heading(rows)
    if at is None:
        return []
    fields: list[Field] = []
    for column, heading in enumerate(rows[at]):
        if heading:
            values = [row[column] for row in rows[at + 1 :] if len(row) > column and row[column]]
            name = name_from(heading, [each.name for each in fields])
            kind = _kind(heading, values[:_VALUES])
            fields.append(Field(name, kind, label=heading, description=heading, near=(heading.casefold(),)))
    return fields


def _heading(rows: Sequence[Sequence[str]]) -> int | None:
    """The first row that names about as many columns as the rows of this table have: a title, and what names groups, are passed over.

    None where the table begins with figures and no row names its columns.
    """
    usual = Counter(sum(map(bool, row)) for row in rows)
    width = max(usual, key=lambda count: (usual[count], count))
    for at, row in enumerate(rows):
        names = [cell for cell in row if cell]
        if len(names) >= max(1, _MOST_OF * width) and all(map(_is_name, names)) and len(names) >= min(width, _SPARSE):
            return at
    return 0 if any(map(_is_name, rows[0])) else None


def _is_name(cell: str) -> bool:
    figures = sum(character.isdigit() for character in cell)
    return 2 * figures < sum(character.isalpha() for character in cell)


def _kind(heading: str, values: Sequence[str]) -> FieldType:
    """By its heading, where its values can be that; else by these, where all of them are of one kind."""
    called = kind_called(heading)
    if not values or (called not in _WORDS and all(_is(value, called) for value in values)):
        return called
    told = next((kind for kind in _TOLD if all(_tells(value, kind) for value in values)), None)
    if told is not None and called is not FieldType.MONEY:  # "100" may be an amount
        return told
    # One value of many may be out of its kind ("none", "see below"); where none is of it, the heading meant something else.
    return called if called in _WORDS or any(_is(value, called) for value in values) else FieldType.LINE


def _tells(value: str, kind: FieldType) -> bool:
    if kind in (FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY):
        figures = "".join(filter(str.isdigit, value))
        numbered = value.isdigit() and value.startswith("0") and len(value) > 1
        if len(figures) > _LONGEST_NUMBER or numbered:
            return False
    return _is(value, kind)


def _is(value: str, kind: FieldType) -> bool:
    if kind is FieldType.IDENTIFIER:  # in a column of its own any number is one
        return any(map(str.isdigit, value))
    alone = Document("", "txt", "", (Page(1, value),), 1)
    return is_one(alone, Span(1, 0, len(value)), kind)
