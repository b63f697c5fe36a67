"""Rows of a table: a header row gives the columns, each line below it is matched to them cell by cell."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.propose import propose, proposes
from stillroom.extraction.candidates.text import Line, page_lines
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.templates.template import Field, FieldType

_TAB = re.compile(r" *\t *")
_GAP = re.compile(r" {2,}|\t+| \| ")
_VERBATIM = (
    FieldType.LINE,
    FieldType.TEXT,
    FieldType.BLOCK,
    FieldType.NAME,
    FieldType.ORGANISATION,
    FieldType.IDENTIFIER,
)
# A table ends at a line of totals, or where this many lines in a row hold no row (a cell may go on over several lines).
_TOTALS = re.compile(
    r"^\W*(?:grand\s+|net\s+|invoice\s+)?total|^\W*(?:summe|gesamt|totaal|netto|net amount|amount due|balance due)",
    re.IGNORECASE,
)
# Only the words of a total, nothing that names a thing: "Total due EUR", but not "Total station".
_BARE_TOTAL = re.compile(
    r"\W*(?:(?:grand|net|invoice|sub|total\w*|summe|gesamt\w*|totaal|netto|brutto|gross|amounts?|due|balance|excl\w*|incl\w*|"
    r"tax\w*|vat|gst|sum|ttc|ht|of|all|items?|[A-Z]{3}|\d+(?:[.,]\d+)?)\W*)+",
    re.IGNORECASE,
)
# Sums carried over a page, between the rows of a table that goes on; and subtotals, after which one may.
_CARRIED = re.compile(
    r"^\W*(?:(?:sub\s*-?\s*)?total(?:\s+(?:of\s+)?(?:this\s+)?page|\s+carried|\s+brought)|page\s+(?:sub\s*-?\s*)?total|"
    r"(?:balance\s+|amount\s+)?(?:carried|brought)\s+(?:forward|over|down)|carry\s*-?\s*(?:over|forward)|übertrag|à\s+reporter|"
    r"report\b|transport\b|continued|fortsetzung|suite\b|(?:page|seite)\s+\d+)",
    re.IGNORECASE,
)
_SUBTOTAL = re.compile(r"^\W*(?:sub\s*-?\s*totals?\b|zwischensumme|subtotaal|sous-total)", re.IGNORECASE)
_LINES_WITHOUT_ROW = 8
_FEW_COLUMNS = 2
"""Of so few, a subtotal is followed by lines that look like rows (the tax, the total)."""
# What a cell is worth that stands under its heading and reads as its type; not calibrated on labelled tables.
_SURE = 0.9


@dataclass(frozen=True, slots=True)
class _Cell:
    """Characters ``start`` to ``end`` of the page, and their middle on the page (points, or characters of the line).

    ``column`` counts the cells of a line whose cells are set off by tabs, empty ones too; else -1.
    """

    start: int
    end: int
    middle: float
    column: int = -1


@dataclass(frozen=True, slots=True)
class _Heading:
    """The middle of each column under its name, the same by the number of its cell, and how many cells the line has."""

    middles: dict[str, float]
    numbers: dict[str, int]
    cells: int
    tabbed: bool

    def __len__(self) -> int:
        return len(self.middles)


# The candidates of each column that has a type to be read by, page by page.
_Typed = dict[str, dict[int, list[Candidate]]]


def table_rows(field: Field, document: Document) -> tuple[dict[str, FieldValue], ...]:
    """Every row under a line that names at least two of the columns; on later pages the columns go on, headed again or not.

    More than ``field.max_items`` may come: whoever takes fewer says so.
    """
    typed: _Typed = {}
    for column in field.columns:
        if column.type not in _VERBATIM and proposes(column.type):
            own = typed.setdefault(column.name, {})
            for candidate in propose(column, document):
                own.setdefault(candidate.span.page, []).append(candidate)
    rows: list[dict[str, FieldValue]] = []
    places: _Heading | None = None
    doubtful = False  # behind a subtotal only whole rows are rows
    for page in document.pages:
        empty = 0
        for line in page_lines(page):
            cells = _cells(page, line)
            heading = _heading(field.columns, page, cells)
            if heading is not None:
                places, empty, doubtful = heading, 0, False
                continue
            if places is None:
                continue
            if _CARRIED.search(line.text) and len(cells) < len(places):
                doubtful = False
                continue
            if _SUBTOTAL.search(line.text) and len(places) > _FEW_COLUMNS:
                doubtful = True
                continue
            if _ends(page, line, cells, len(places)):
                places = None
                continue
            row = _row(field.columns, places, typed, document, page, cells)
            if row is None or (doubtful and not _is_full(row, places)):
                empty += 1
                if empty > _LINES_WITHOUT_ROW:
                    places = None
            else:
                rows.append(row)
                empty = 0
    return tuple(rows)


def _is_full(row: dict[str, FieldValue], places: _Heading) -> bool:
    return all(row[name].value is not None for name in places.middles)


def _ends(page: Page, line: Line, cells: Sequence[_Cell], columns: int) -> bool:
    """Whether a line of totals ends the table here: a row whose first cell merely begins with such a word ("Total station") does not."""
    if _SUBTOTAL.search(line.text):
        return True
    if not _TOTALS.search(line.text):
        return False
    first = page.text[cells[0].start : cells[0].end]
    return len(cells) < columns or bool(_BARE_TOTAL.fullmatch(first))


def _cells(page: Page, line: Line) -> list[_Cell]:
    whole = page.text[page.text.rfind("\n", 0, line.start) + 1 : line.start]
    tabbed = "\t" in line.text or "\t" in whole
    cells = []
    start, column = 0, whole.count("\t")
    for gap in [*(_TAB if tabbed else _GAP).finditer(line.text), None]:
        end = gap.start() if gap else len(line.text)
        if end > start:
            number = column if tabbed else -1
            cells.append(_Cell(line.start + start, line.start + end, _middle(page, line, start, end), number))
        start = gap.end() if gap else end
        column += 1
    return cells


def _middle(page: Page, line: Line, start: int, end: int) -> float:
    if page.boxes is not None:
        boxes = [box for box in page.boxes[line.start + start : line.start + end] if box is not None]
        if boxes:
            return (min(box.x0 for box in boxes) + max(box.x1 for box in boxes)) / 2
    column = line.start - (page.text.rfind("\n", 0, line.start) + 1)
    return column + (start + end) / 2


def _heading(columns: Sequence[Field], page: Page, cells: Sequence[_Cell]) -> _Heading | None:
    """Where each column stands, if these cells name two or more of them (the half, of many)."""
    tabbed = any(cell.column >= 0 for cell in cells)
    found = _Heading({}, {}, len(cells), tabbed)
    for number, cell in enumerate(cells):
        text = single_spaced(page.text[cell.start : cell.end]).casefold()
        for column in columns:
            words = {column.name.replace("_", " "), column.label, *column.near} - {""}
            if column.name not in found.middles and any(
                re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text) for word in words
            ):
                found.middles[column.name] = cell.middle
                found.numbers[column.name] = cell.column if tabbed else number
                break
    return found if len(found) >= max(2, len(columns) // 2) else None


def _row(
    columns: Sequence[Field],
    places: _Heading,
    typed: _Typed,
    document: Document,
    page: Page,
    cells: Sequence[_Cell],
) -> dict[str, FieldValue] | None:
    """The cells matched to the columns; None where nothing typed, or too little, is there."""
    named = sorted(
        (column for column in columns if column.name in places.middles), key=lambda c: places.numbers[c.name]
    )
    readings: dict[tuple[int, int], Candidate] = {}
    for at, cell in enumerate(cells):
        for number, column in enumerate(named):
            reading = _read(column, typed, page, cell)
            if reading is not None:
                readings[at, number] = reading
    row: dict[str, FieldValue] = {}
    for at, number in _matched(places, [column.name for column in named], cells, readings):
        reading = readings[at, number]
        row[named[number].name] = FieldValue(
            value=reading.value,
            text=reading.text,
            state=FieldState.FOUND,
            confidence=_SURE,
            span=reading.span,
            boxes=tuple(document.boxes(reading.span)),
        )
    has_typed = not typed or any(name in typed for name in row)
    if not has_typed or len(row) < max(2, (len(named) + 1) // 2):
        return None
    nothing = FieldValue(None, "", FieldState.ABSENT, _SURE)
    return {column.name: row.get(column.name, nothing) for column in columns}


def _matched(
    places: _Heading, names: Sequence[str], cells: Sequence[_Cell], readings: Collection[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Which cell belongs to which column.

    By their number where cells are set off by tabs, or there are as many as headings. Else in their order, as many as can be
    read, at the least distance in all: a cell never stands under a heading to the left of its neighbour's.
    """
    if places.tabbed != any(cell.column >= 0 for cell in cells):
        return []
    if places.tabbed or len(cells) == places.cells:
        by_number = {cell.column if places.tabbed else order: order for order, cell in enumerate(cells)}
        under = [by_number.get(places.numbers[name]) for name in names]
        pairs = [(order, number) for number, order in enumerate(under) if order is not None]
        fitting = [pair for pair in pairs if pair in readings]
        if places.tabbed or fitting == pairs:
            return fitting
    best: list[list[tuple[int, float, list[tuple[int, int]]]]] = [
        [(0, 0.0, [])] * (len(names) + 1) for _ in range(len(cells) + 1)
    ]
    for at, cell in enumerate(cells):
        for number, name in enumerate(names):
            choices = [best[at][number + 1], best[at + 1][number]]
            if (at, number) in readings:
                count, near, pairs = best[at][number]
                distance = abs(cell.middle - places.middles[name])
                choices.append((count + 1, near - distance, [*pairs, (at, number)]))
            best[at + 1][number + 1] = max(choices, key=lambda choice: choice[:2])
    return best[-1][-1][2]


def _read(column: Field, typed: _Typed, page: Page, cell: _Cell) -> Candidate | None:
    """The cell as a value of the column's type; None where it is none."""
    if column.name not in typed:
        text = page.text[cell.start : cell.end]
        span = Span(page.number, cell.start, cell.end)
        return Candidate(span, text, single_spaced(text)) if re.search(r"\w", text) else None
    inside = [
        candidate
        for candidate in typed[column.name].get(page.number, ())
        if cell.start <= candidate.span.start and candidate.span.end <= cell.end
    ]
    return max(inside, key=lambda candidate: (len(candidate.text), -candidate.span.start), default=None)
