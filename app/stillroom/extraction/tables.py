"""Rows of a table: a heading gives the columns, what stands below is matched to them by where it stands and how it reads."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from decimal import Decimal
from itertools import pairwise
from statistics import median

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.propose import propose, proposes
from stillroom.extraction.column_concepts import NUMERIC_TYPES, Concept, Words, begins, concepts, folded, only_totals
from stillroom.extraction.proved_rows import decimal_of, figures_of, is_product, product_of, proved_rows
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.extraction.table_lines import Line, Word, lines_of
from stillroom.templates.template import Field, FieldType

_VERBATIM = (
    FieldType.LINE,
    FieldType.TEXT,
    FieldType.BLOCK,
    FieldType.NAME,
    FieldType.ORGANISATION,
    FieldType.IDENTIFIER,
    FieldType.ADDRESS,
)
_LINES_LOOKED_AT = 3
_LEAST_COUNTED, _MOST_COUNTED = 2, 500
_LINES_WITHOUT_ROW = 10
"""A table ends where so many lines in a row hold none: a description may go on for long."""
_FEW_COLUMNS = 2
"""Of so few, a subtotal is followed by lines that look like rows (the tax, the total)."""
_PROSE = 8  # words of a cell that reaches over several columns: a sentence, no cells
_SHEETS = ("xlsx", "xls", "xlsb", "ods", "csv")  # where a line is a row, and a cell has one
_HEADED = 12  # words of a heading whose columns no gap sets off; more are a sentence
_HALF_FULL = 0.4  # of its room, up to which no line of a column is wrapped

# What a cell is worth: proved by quantity × price or by the sum of its column, not proved, or unlike the table's other rows.
_PROVED = 0.97
_PLAIN = 0.85
_ODD = 0.55


@dataclass(slots=True)
class _Column:
    """A column of the table on the page: what heads it, and the places it takes.

    Attributes:
        keys: template columns and concepts (``~amount``) that its heading names.
        field: the template's column it is, if any.
        layer: 0, or the number of the heading's line where rows are written in several lines, as the heading is.
        left, right: where its cells usually begin and end; at first, where its heading does.
    """

    x0: float
    x1: float
    text: str
    keys: list[str]
    field: Field | None = None
    layer: int = 0
    left: float = 0.0
    right: float = 0.0

    def __post_init__(self) -> None:
        self.left, self.right = self.x0, self.x1

    @property
    def concept(self) -> Concept | None:
        return next((concepts()[key[1:]] for key in self.keys if key.startswith("~")), None)

    @property
    def numeric(self) -> bool:
        if self.field is not None:
            return self.field.type in NUMERIC_TYPES
        return self.concept is not None and self.concept.numeric

    @property
    def figures(self) -> bool:
        """Whether each of its cells begins with a number: that of a date may begin with a word."""
        return self.numeric or (self.concept is not None and self.concept.key == "result")

    @property
    def digits(self) -> bool:
        """Whether numbers are what stands here, those of dates and times too."""
        if self.field is not None and self.field.type in (FieldType.DATE, FieldType.TIME):
            return True
        return self.numeric or (self.concept is not None and self.concept.key in ("date", "result"))


@dataclass(slots=True)
class _Heading:
    """The columns a heading gives; ``first`` and ``last`` are its lines, ``cells`` how many the line that names most has."""

    columns: list[_Column]
    first: int
    last: int
    cells: int
    tabbed: bool

    @property
    def fields(self) -> set[str]:
        return {column.field.name for column in self.columns if column.field is not None}

    def like(self, other: _Heading) -> bool:
        left, right = ({folded(column.text) for column in each.columns} for each in (self, other))
        return self.fields == other.fields or len(left & right) >= 0.5 * len(left | right)


@dataclass(slots=True)
class _Row:
    """Lines of one row, and its words by column (an index of the heading's).

    Attributes:
        bottom: where its last line ends.
        groups: values of columns that a heading above several rows gives.
        spare: words of the last line that are no part of any cell.
    """

    lines: list[int]
    words: dict[int, list[Word]]
    page: Page
    bottom: float
    groups: dict[str, Candidate] = dataclass_field(default_factory=dict)
    spare: dict[int, list[Word]] = dataclass_field(default_factory=dict)


@dataclass(slots=True)
class _Read:
    """A row with its cells read; ``proved``: columns that quantity × price = amount proves; ``odd``: unlike most rows."""

    heading: _Heading
    row: _Row
    cells: dict[str, Candidate]
    proved: frozenset[str]
    odd: bool = False


def table_rows(field: Field, document: Document) -> tuple[dict[str, FieldValue], ...]:
    """Every row under a heading that names at least two of the columns; on later pages the table goes on, headed again or not.

    A column that no heading names takes its value from the line that names it above the rows (an age group in a list of
    results). More than ``field.max_items`` may come: whoever takes fewer says so.
    """
    return _Reader(field, document).rows()


def rows_at(
    field: Field, document: Document, span: Span, known: Sequence[Mapping[str, Span]] = ()
) -> tuple[dict[str, FieldValue], ...]:
    """The rows in words that a person marked. Columns are where the cells of ``known`` rows stand (spans by column), else where the
    heading has them, else in the template's order. A line that fills no column of numbers anew goes on with the row above."""
    return _Reader(field, document).marked(span, known)


class _Reader:
    """A reader of one table of one document."""

    def __init__(self, field: Field, document: Document) -> None:
        self._columns = field.columns
        self._document = document
        self._words = Words(field.columns)
        self._lines = [line for page in document.pages for line in lines_of(page)]
        heights = [line.bottom - line.top for line in self._lines if line.page.boxes is not None]
        self._em = {True: median(heights) if heights else 10.0, False: 2.0}
        self._groups: dict[str, Candidate] = {}
        self._doubtful: set[int] = set()
        self._widths: dict[int, float] = {}

    def rows(self) -> tuple[dict[str, FieldValue], ...]:
        headings = self._headings()
        if not headings:
            return self._unheaded()
        found: list[tuple[_Heading, list[_Row]]] = []
        current: _Heading | None = None
        at = 0
        starts = {heading.first: heading for heading in headings}
        section: list[int] = []

        def close() -> None:
            nonlocal section
            if current is not None and section:
                found.append((current, self._rows_of(current, section)))
            section = []

        doubtful = False
        while at < len(self._lines):
            line = self._lines[at]
            if current is not None and section and line.page is not self._lines[section[-1]].page:
                # What stands above the heading of a page that has one is that page's own.
                again = next((each for each in headings if self._lines[each.first].page is line.page), None)
                if again is not None and again.first > at:
                    at = again.first
                    line = self._lines[at]
            if at in starts:
                close()
                current, doubtful = starts[at], False
                at = current.last + 1
                continue
            if current is not None and self._carried(line, current):
                doubtful = False
            elif current is not None and begins("subtotals", line.text) and len(current.fields) > _FEW_COLUMNS:
                doubtful = True
            elif current is not None and self._ends(line, current):
                close()
                current = None
            elif current is not None:
                if doubtful:
                    self._doubtful.add(at)
                section.append(at)
            at += 1
        close()
        return self._values(found)

    def _unheaded(self) -> tuple[dict[str, FieldValue], ...]:
        """The rows of a table without a heading, where arithmetic says what its columns are."""
        named = {concept.key: name for name, concept in self._words.concept.items() if concept is not None}
        item = next((column for column in self._columns if column.type in _VERBATIM), None)
        if item is None or "amount" not in named:
            return ()
        own = [item, *(column for column in self._columns if column.name in {named.get(key) for key in _FACTORS})]
        heading = _Heading([_Column(0.0, 0.0, "", [], column) for column in own], 0, 0, len(own), tabbed=False)
        rows = []
        for each in proved_rows(self._lines, self._numbers):
            line = self._lines[each.line]
            given = {"amount": each.amount}
            if each.product is not None:
                given |= {"quantity": each.product.quantity, "unit_price": each.product.price}
            cells = {
                named[key]: cell
                for key, figure in given.items()
                if key in named and (cell := self._as(named[key], figure))
            }
            name = self._reading(item, line.page, each.item)
            if name is not None and named["amount"] in cells:
                row = _Row([each.line], {0: list(each.item)}, line.page, line.bottom)
                proved = frozenset(cells) if each.product is not None else frozenset()
                rows.append(_Read(heading, row, {item.name: name} | cells, proved))
        return self._as_values(rows)

    def _as(self, column: str, figure: Candidate) -> Candidate | None:
        """A number as the value of a column: with its currency, where that is read."""
        own = self._typed.get(column, {}).get(figure.span.page, ())
        return next(
            (
                each
                for each in sorted(own, key=lambda each: -len(each.text))
                if each.span.start < figure.span.end
                and figure.span.start < each.span.end
                and decimal_of(each) == decimal_of(figure)
            ),
            None,
        )

    # Rows that a person marked

    def marked(self, span: Span, known: Sequence[Mapping[str, Span]]) -> tuple[dict[str, FieldValue], ...]:
        lines = [cut for line in self._lines if line.page.number == span.page and (cut := _cut(line, span)) is not None]
        if not lines:
            return ()
        heading = self._heading_of(lines, known)
        rows: list[_Row] = []
        for number, line in enumerate(lines):
            cells: dict[int, list[Word]] = {}
            for own in self._assign(line, heading, heading.columns, first=True).values():
                cells |= own
            if rows and not _anew(rows[-1].words, cells, heading.columns):
                for index, words in cells.items():
                    rows[-1].words.setdefault(index, []).extend(words)
            elif cells:
                rows.append(_Row([number], cells, line.page, line.bottom))
        found = []
        for row in rows:
            read, _ = self._cells(heading, row)
            own_parts = {column.name: self._parts_of(heading, row, column) for column in self._columns}
            found.append({name: self._value(cell, own_parts[name], 1.0) for name, cell in read.items()})
        return tuple(each for each in found if each)

    def _heading_of(self, lines: Sequence[Line], known: Sequence[Mapping[str, Span]]) -> _Heading:
        """The columns for these lines."""
        page = lines[0].page.number
        headings = [each for each in self._headings() if self._lines[each.first].page.number <= page]
        columns = [replace(column) for column in headings[-1].columns] if headings else []
        fields = {column.field.name: column for column in columns if column.field is not None}
        for column in self._columns:
            words = [
                word
                for row in known
                if (span := row.get(column.name)) is not None
                for line in self._lines
                if line.page.number == span.page and line.tabbed == lines[0].tabbed
                for word in line.words
                if span.start < word.end and word.start < span.end
            ]
            if words:
                place = _Column(min(word.x0 for word in words), max(word.x1 for word in words), "", [], column)
                if column.name in fields:
                    columns[columns.index(fields[column.name])] = place
                else:
                    columns.append(place)
        if not columns:
            columns = self._in_order(max(lines, key=lambda line: len(line.words)))
        columns.sort(key=lambda column: (column.layer, column.x0))
        return _Heading(columns, 0, 0, len(columns), lines[0].tabbed)

    def _in_order(self, line: Line) -> list[_Column]:
        """Columns where the cells of one line are, in the template's order, each of a kind that may stand there."""
        runs: list[list[Word]] = []
        for word in line.words:
            joined = runs and not word.number and not runs[-1][-1].number and runs[-1][-1].cell == word.cell
            if joined:
                runs[-1].append(word)
            else:
                runs.append([word])
        left = list(self._columns)
        columns = []
        for run in runs:
            fits = [each for each in left if run[0].number or each.type in _VERBATIM]
            if fits and len(runs) < len(self._columns) and run[0].number:
                fits = [each for each in fits if each.type in NUMERIC_TYPES] or fits
            if fits:
                columns.append(_Column(run[0].x0, run[-1].x1, "", [], fits[0]))
                left = left[left.index(fits[0]) + 1 :]
        return columns

    # Headings

    def _headings(self) -> list[_Heading]:
        """The headings of the table: those that name most of its columns, and others like them."""
        least = max(2, len(self._columns) // 2)
        found: list[_Heading] = []
        at = 0
        while at < len(self._lines):
            heading = self._heading_at(at) if self._may_head(self._lines[at]) else None
            if heading is not None and len(heading.fields) >= least:
                found.append(heading)
                at = heading.last + 1
            else:
                at += 1
        if not found:
            return []
        best = max(found, key=lambda heading: len(heading.fields))
        return [heading for heading in found if heading.like(best) and len(heading.fields) >= len(best.fields) - 1]

    def _may_head(self, line: Line) -> bool:
        if len(line.words) < 2 or (line.cells < 2 and len(line.words) > _HEADED):
            return False
        if sum(word.number for word in line.words) * 4 > len(line.words):
            return False
        hits = self._words.hits([folded(word.text) for word in line.words])
        named = [hit for hit in hits if any(self._field_of([key]) for key in hit[2])]
        if len({tuple(hit[2]) for hit in named}) < 2 and not (len(hits) >= 3 and named):
            return False
        covered = sum(end - start for start, end, _, _ in hits)
        if line.cells < 2:  # cells that no gap sets off
            return len(hits) >= 3 and covered >= 0.8 * len(line.words)
        ends_with_colon = sum(word.text.endswith(":") for word in line.words)
        return covered >= 0.3 * len(line.words) and ends_with_colon * 2 < len(hits)

    def _field_of(self, keys: Sequence[str], taken: set[str] | frozenset[str] = frozenset()) -> Field | None:
        """The template's column that a heading of these keys may be: by its own words first, then by its concept."""
        own = [column for column in self._columns if column.name in keys and column.name not in taken]
        if own:
            return own[0]
        for column in self._columns:
            concept = self._words.concept[column.name]
            if concept is not None and f"~{concept.key}" in keys and column.name not in taken:
                return column
        return None

    def _heading_at(self, at: int) -> _Heading | None:
        """The heading whose main line this is, with the lines above and below that belong to it."""
        main = self._lines[at]
        pieces = self._pieces(main)
        first, last = at, at
        own: list[tuple[int, _Column]] = [(at, piece) for piece in pieces]
        for step in (-1, 1):
            near = at
            for _ in range(4):
                following = near + step
                if not 0 <= following < len(self._lines) or not self._joins(main, near, following, pieces, step):
                    break
                own += [(following, piece) for piece in self._pieces(self._lines[following])]
                near = following
            first, last = min(first, near), max(last, near)
        columns = self._stacked(own, at)
        taken: set[str] = set()
        numbered = self._numbered(columns, last)
        # The column that names a field itself has it before one whose concept only is the same.
        for exact in (True, False):
            for column in columns:
                if column.field is not None:
                    continue
                keys = [key for key in column.keys if not exact or not key.startswith("~")]
                column.field = self._field_of(keys, taken) if keys else None
                if column is numbered and column.field is not None and column.field.type in _VERBATIM:
                    column.field = None
                if column.field is not None:
                    taken.add(column.field.name)
        return _Heading(columns, first, last, main.cells, main.tabbed)

    def _numbered(self, columns: Sequence[_Column], last: int) -> _Column | None:
        """The first column, where numbers alone stand below it and another one heads the same: "Item  Description  …"."""
        head = columns[0]
        if not any(self._field_of(each.keys) is self._field_of(head.keys) for each in columns[1:] if each.keys):
            return None
        page = self._lines[last].page
        below = [line for line in self._lines[last + 1 : last + 1 + _LINES_LOOKED_AT] if line.page is page]
        words = [word for line in below for word in line.words if word.x0 < columns[1].x0 and word.x1 <= columns[1].x0]
        return head if words and all(word.number for word in words) else None

    def _joins(self, main: Line, near: int, following: int, pieces: Sequence[_Column], step: int) -> bool:
        """Whether a line beside the main one of a heading is part of it."""
        line, beside = self._lines[following], self._lines[near]
        if line.page is not main.page or line.tabbed != main.tabbed or line.tabbed:
            return False
        gap = line.top - beside.bottom if step > 0 else beside.top - line.bottom
        if gap > 0.6 * self._em[line.page.boxes is not None]:
            return False
        numbers = sum(word.number for word in line.words)
        if numbers or sum(word.text.endswith(":") for word in line.words):
            return False
        own = self._pieces(line)
        if any(len(piece.text.split()) > 3 for piece in own) or len(own) > len(pieces) + 2:
            return False
        known = [bool(piece.keys) for piece in own]
        if all(known):
            return True
        if line.page.boxes is None:
            return False
        # A line below that is no heading's word and stands under the text column is the first row.
        texts = [piece for piece in pieces if (named := self._field_of(piece.keys)) and named.type in _VERBATIM]
        under = any(_overlap(piece, text) for piece in own for text in texts if not piece.keys)
        return not under and (any(known) or any(_overlap(piece, head) for piece in own for head in pieces))

    def _pieces(self, line: Line) -> list[_Column]:
        """A line of a heading cut into what heads one column each: at gaps, and within where it names several."""
        found: list[_Column] = []
        for number in range(line.cells):
            words = [word for word in line.words if word.cell == number]
            hits = self._words.hits([folded(word.text) for word in words])
            cuts = [0]
            for before, hit in pairwise(hits):
                if set(before[2]) != set(hit[2]) and not line.tabbed and self._apart(line, words, before, hit):
                    cuts.append(hit[0])
            for start, end in pairwise([*cuts, len(words)]):
                part = words[start:end]
                text = " ".join(word.text for word in part)
                found.append(_Column(part[0].x0, part[-1].x1, text, self._words.named(text)))
        return found

    def _apart(
        self,
        line: Line,
        words: Sequence[Word],
        before: tuple[int, int, list[str], int],
        hit: tuple[int, int, list[str], int],
    ) -> bool:
        """Whether two phrases of one cell head two columns: "MwSt-% Nettowert" does, "Unit Price Excl. VAT" does not."""
        following = {key for key in hit[2] if key.startswith("~")}
        qualifies = following <= {"~tax_rate", "~unit"} and len(line.words) > hit[1]
        if hit[0] > before[1] and qualifies:
            return False
        whole = self._words.named(" ".join(word.text for word in words[before[0] : hit[1]]))
        return bool(whole)

    def _stacked(self, own: Sequence[tuple[int, _Column]], main: int) -> list[_Column]:
        """The pieces of a heading's lines put together by place: what stands above one another heads one column."""
        columns = [piece for at, piece in own if at == main]
        texts: dict[int, list[tuple[int, str]]] = {id(piece): [(at, piece.text)] for at, piece in own if at == main}
        named = {name for column in columns if (name := self._name_of(column)) is not None}
        for at, piece in sorted(
            (each for each in own if each[0] != main), key=lambda each: (abs(each[0] - main), each[1].x0)
        ):
            over = [column for column in columns if _overlap(piece, column) > 0]
            field = self._field_of(piece.keys)
            if (
                field is not None
                and field.name not in named
                and at > main
                and over
                and all(self._name_of(column) is None and column.keys for column in over)
            ):
                # Rows are written in two lines as the heading is: this one heads what stands in the second.
                layered = replace(piece, layer=at - main)
                columns.append(layered)
                texts[id(layered)] = [(at, piece.text)]
                named.add(field.name)
            elif over:
                best = max(over, key=lambda column: _overlap(piece, column))
                if best.layer == 0:
                    best.x0, best.x1 = min(best.x0, piece.x0), max(best.x1, piece.x1)
                    texts[id(best)].append((at, piece.text))
            else:
                columns.append(piece)
                texts[id(piece)] = [(at, piece.text)]
        for column in columns:
            parts = [text for _, text in sorted(texts[id(column)])]
            column.text = re.sub(r"-\s+(?=[^\W\d_])", "", " ".join(parts)) if len(parts) > 1 else parts[0]
            if len(parts) > 1:
                column.keys = self._words.named(column.text) or column.keys
        columns.sort(key=lambda column: (column.layer, column.x0))
        return columns

    def _name_of(self, column: _Column) -> str | None:
        field = self._field_of(column.keys)
        return field.name if field is not None else None

    # Ends

    def _carried(self, line: Line, heading: _Heading) -> bool:
        return begins("carried", line.text) and line.cells < max(2, len(heading.fields) + 1)

    def _ends(self, line: Line, heading: _Heading) -> bool:
        """Whether the table ends here: at a line of totals ("Total station" is none), or at the heading of another one."""
        if begins("totals", line.text) or begins("subtotals", line.text):
            first = " ".join(word.text for word in line.words if word.cell == 0)
            if line.cells < len(heading.fields) or only_totals(first):
                return True
        if line.cells >= 3 and not any(word.number for word in line.words):
            hits = self._words.hits([folded(word.text) for word in line.words])
            covered = sum(end - start for start, end, _, _ in hits)
            return len(hits) >= 3 and covered >= 0.6 * len(line.words)
        return False

    # Rows

    def _rows_of(self, heading: _Heading, section: Sequence[int]) -> list[_Row]:
        """The rows in these lines. Columns take first the places of their headings, then those of what stands in them."""
        columns = [replace(column) for column in heading.columns]
        for layer in {column.layer for column in columns}:
            own = [column for column in columns if column.layer == layer]
            for column, following in pairwise(own):
                if not column.numeric:
                    column.x1 = max(column.x1, following.x0 - 1)
        placed = {at: self._assign(self._lines[at], heading, columns, first=True) for at in section}
        rows = self._grouped(heading, columns, section, placed)
        if len(rows) >= 2 and not heading.tabbed:
            self._settle(columns, rows)
            placed = {at: self._assign(self._lines[at], heading, columns, first=False) for at in section}
            again = self._grouped(heading, columns, section, placed)
            if len(again) >= len(rows):
                rows = again
        self._uncount(columns, rows)
        return rows

    @staticmethod
    def _uncount(columns: Sequence[_Column], rows: Sequence[_Row]) -> None:
        """Take the number of each row off its first text, where they are counted there: "1 Oak", "2 Ash"."""
        for index, column in enumerate(columns):
            if column.field is None or column.field.type not in _VERBATIM:
                continue
            cells = [row.words[index] for row in rows if len(row.words.get(index, ())) > 1]
            counts = [int(number) for cell in cells if (number := cell[0].text.rstrip(".)")).isdecimal()]
            if not len(cells) == len(counts) == len(rows) > 1:
                return
            steps = {after - before for before, after in pairwise(counts)}
            # On a later page counting goes on; "2019 Merlot", "2020 Merlot" are years.
            begins_here = counts[0] in steps or (len(counts) > _LEAST_COUNTED and counts[0] < _MOST_COUNTED)
            if len(steps) == 1 and steps <= {1, 10} and begins_here:
                for row in rows:
                    row.words[index] = row.words[index][1:]
            return

    def _settle(self, columns: Sequence[_Column], rows: Sequence[_Row]) -> None:
        """The places that the columns' cells take, a fifth on each side left out as strays."""
        for index, column in enumerate(columns):
            cells = [row.words[index] for row in rows if row.words.get(index)]
            if len(cells) < 2:
                continue
            starts = sorted(min(word.x0 for word in cell) for cell in cells)
            ends = sorted(max(word.x1 for word in cell) for cell in cells)
            column.x0, column.x1 = starts[len(starts) // 5], ends[-1 - len(ends) // 5]
            column.left, column.right = median(starts), median(ends)
        for column, following in pairwise(columns):
            if column.layer == following.layer and following.digits and column.x0 < following.x0:
                column.x1 = min(column.x1, max(column.x0, following.x0 - 0.01))

    def _assign(
        self, line: Line, heading: _Heading, columns: Sequence[_Column], *, first: bool
    ) -> dict[int, dict[int, list[Word]]]:
        """The words of a line by column, for each layer of the heading."""
        found: dict[int, dict[int, list[Word]]] = {}
        for layer in sorted({column.layer for column in columns}):
            own = [index for index, column in enumerate(columns) if column.layer == layer]
            if line.tabbed != heading.tabbed:
                found[layer] = {}
            elif line.page.boxes is None and not line.tabbed and layer == 0 and line.cells == heading.cells == len(own):
                cells: dict[int, list[Word]] = {}
                for word in line.words:
                    cells.setdefault(own[word.cell], []).append(word)
                fits = all(
                    not columns[index].numeric or any(word.number for word in words) for index, words in cells.items()
                )
                found[layer] = cells if fits else self._by_place(line, columns, own, first=first)
            else:
                found[layer] = self._by_place(line, columns, own, first=first)
                self._share(found[layer], columns, own)
        return found

    @staticmethod
    def _share(cells: dict[int, list[Word]], columns: Sequence[_Column], own: Sequence[int]) -> None:
        """Give an empty text column of the template's what stands in it of the cell to its left: "4711 Widget" may be two."""
        for before, index in pairwise(own):
            column, words = columns[index], cells.get(before, [])
            if column.field is None or column.digits or index in cells or columns[before].digits:
                continue
            cut = next((at for at, word in enumerate(words) if word.x0 + word.x1 > 2 * column.x0), len(words))
            if 0 < cut < len(words) and columns[before].field is None:
                cells[before], cells[index] = words[:cut], words[cut:]

    def _by_place(
        self, line: Line, columns: Sequence[_Column], own: Sequence[int], *, first: bool
    ) -> dict[int, list[Word]]:
        """The words of a line under the columns, from left to right, at the least cost in all."""
        em = self._em[line.page.boxes is not None]
        limit = 0.4 if line.tabbed else 4.0 if first else 1.3
        words = line.words
        prose = _prose_cells(line, [columns[index] for index in own])
        under_digits = {
            number
            for number, word in enumerate(words)
            if any(
                columns[index].digits and columns[index].x0 <= word.x1 and word.x0 <= columns[index].x1 for index in own
            )
        }
        # best[j]: least cost with the last word in column j (len(own): in none, remembering where it stood before).
        states: dict[tuple[int, bool], tuple[float, list[int]]] = {(0, False): (0.0, [])}
        for number, word in enumerate(words):
            joined = number > 0 and words[number - 1].cell == word.cell
            fresh: dict[tuple[int, bool], tuple[float, list[int]]] = {}
            for (place, inside), (cost, path) in states.items():
                for target in range(place, len(own)):
                    column = columns[own[target]]
                    stays = inside and target == place
                    distance = max(0.0, column.x0 - word.x1, word.x0 - column.x1) / em
                    if distance > limit and not (joined and stays):
                        continue
                    edge = min(abs(column.left - word.x0), abs(column.right - word.x1)) / em
                    # A run of words reaches as far as it does: only its first one has to stand in the column.
                    price = (min(distance, 0.5) if joined and stays else distance) + 0.02 * min(edge, 10.0)
                    if column.figures and not word.number:
                        price += 0.3 if joined and stays else 1.5
                    if not column.digits and word.number and number in under_digits:
                        price += 1.0
                    if joined and not stays:
                        before = columns[own[place]]
                        begins_here = abs(column.left - word.x0) < 0.25 * em or abs(column.right - word.x1) < 0.25 * em
                        changes = words[number - 1].number != word.number and before.digits != column.digits
                        price += 0.5 if changes or begins_here else 3.0
                        price += 100.0 if inside and word.cell in prose else 0.0
                    elif not joined and stays:
                        price += 1.0  # a gap sets two cells apart
                    key = (target, True)
                    if key not in fresh or cost + price < fresh[key][0]:
                        fresh[key] = (cost + price, [*path, target])
                key = (place, False)
                away = cost + limit + 0.5 + (100.0 if joined and inside and word.cell in prose else 0.0)
                if key not in fresh or away < fresh[key][0]:
                    fresh[key] = (away, [*path, -1])
            states = fresh
        _, path = min(states.values(), key=lambda state: state[0])
        found: dict[int, list[Word]] = {}
        for word, target in zip(words, path, strict=True):
            if target >= 0:
                found.setdefault(own[target], []).append(word)
        return {
            index: cell
            for index, cell in found.items()
            if not (columns[index].numeric and (cell[0].cell in prose or not any(word.number for word in cell)))
        }

    def _grouped(
        self,
        heading: _Heading,
        columns: Sequence[_Column],
        section: Sequence[int],
        placed: dict[int, dict[int, dict[int, list[Word]]]],
    ) -> list[_Row]:
        """Lines put together to rows: one begins where a line fills columns that the row above it has filled."""
        layers = sorted({column.layer for column in columns})
        self._widths = self._widest(columns, placed)
        groups = self._groups_above(heading)
        rows: list[_Row] = []
        last: _Row | None = None
        for at in section:
            line = self._lines[at]
            base = placed[at][layers[0]]
            if group := self._group_in(line, heading, base, columns):
                groups, last = {**groups, **group}, None
                continue
            if last is not None and self._near(last, line):
                if self._continues(last, line, columns, placed[at], at):
                    continue
            elif not base:
                continue
            row = _Row([at], dict(base), line.page, line.bottom, dict(groups))
            if last is not None and self._near(last, line):
                # Text that stood alone above these numbers was theirs, not the end of the row before.
                row.words.update(
                    {index: words for index, words in last.spare.items() if not _named(base.get(index, ()))}
                )
            rows.append(row)
            last = row
        return self._complete(columns, rows)

    def _widest(
        self, columns: Sequence[_Column], placed: dict[int, dict[int, dict[int, list[Word]]]]
    ) -> dict[int, float]:
        """How far to the right the text of each column goes in lines that have numbers as well."""
        widest: dict[int, float] = {}
        for cells in (cells for layers in placed.values() for cells in layers.values()):
            if any(columns[index].digits for index in cells):
                for index, words in cells.items():
                    widest[index] = max(widest.get(index, 0.0), words[-1].x1)
        return widest

    def _near(self, row: _Row, line: Line) -> bool:
        if row.page is not line.page or line.apart:
            return False
        return line.top - row.bottom <= (0.9 * self._em[True] if line.page.boxes is not None else 0.5)

    def _continues(
        self,
        row: _Row,
        line: Line,
        columns: Sequence[_Column],
        placed: dict[int, dict[int, list[Word]]],
        at: int,
    ) -> bool:
        """Put a line to the row above it, if it fills what that has not: cells in a second line, and text that was wrapped."""
        depth = at - row.lines[0]
        layered = (
            {index: words for index, words in placed.get(depth, {}).items() if index not in row.words} if depth else {}
        )
        layered = {index: words for index, words in layered.items() if columns[index].field is not None}
        base = min(placed.items())[1]
        if layered:
            row.words.update(layered)
        else:
            typed = [index for index in base if columns[index].numeric]
            if any(index in row.words for index in typed):
                return False
            row.spare = {}
            for index, words in base.items():
                if index not in row.words:
                    row.words[index] = words
                elif self._wrapped(row, index, words, columns):
                    row.words[index] = [*row.words[index], *words]
                elif not typed:
                    row.spare[index] = words
        row.lines.append(at)
        row.bottom = line.bottom
        return True

    def _wrapped(self, row: _Row, index: int, words: Sequence[Word], columns: Sequence[_Column]) -> bool:
        """Whether text goes on from the line above: its first word would not have found room there."""
        text, above = " ".join(word.text for word in words), row.words[index]
        last = [word for word in above if "\n" not in row.page.text[word.start : above[-1].end]]
        between = row.page.text[above[-1].end : words[0].start]
        em = self._em[row.page.boxes is not None]
        if self._tabbed(row):
            return self._document.kind not in _SHEETS
        if ":" in text or text[0] in "(*•-–" or between.count("\n") != 1 or abs(words[0].x0 - last[0].x0) > 0.4 * em:
            return False
        space = 0.3 * em if row.page.boxes is not None else 1.0
        widest = self._widths.get(index, columns[index].x1)
        return last[-1].x1 + space + (words[0].x1 - words[0].x0) > widest and _filled(columns, index, widest)

    def _complete(self, columns: Sequence[_Column], rows: Sequence[_Row]) -> list[_Row]:
        """Those that are rows: half of the columns filled at least, one of those that are read by their type, and text."""
        named = {index: column.field for index, column in enumerate(columns) if column.field is not None}
        texts = {index for index, field in named.items() if field.name not in self._typed}
        typed = set(named) - texts
        kept: list[_Row] = []
        since = 0
        for row in rows:
            filled = {
                index
                for index, field in named.items()
                if row.words.get(index) and self._reading(field, row.page, row.words[index]) is not None
            }
            enough = len(filled) >= max(2, (len(named) + 1) // 2)
            if self._doubtful & set(row.lines):
                enough = len(filled) == len(named)
            named_thing = any(_letters(word.text) for index in filled & texts for word in row.words[index])
            if not enough or (typed and not filled & typed) or (texts and not named_thing and not self._tabbed(row)):
                since += len(row.lines)
            elif since > _LINES_WITHOUT_ROW and kept and kept[-1].page is row.page:
                break
            else:
                kept.append(row)
                since = 0
        return kept

    def _tabbed(self, row: _Row) -> bool:
        """Whether the cells of a row are known: nothing else can stand in them."""
        return self._lines[row.lines[0]].tabbed

    # Headings of groups

    def _groups_above(self, heading: _Heading) -> dict[str, Candidate]:
        """What the lines above a heading say of the columns it does not name; else what was said last."""
        page = self._lines[heading.first].page
        for at in range(max(0, heading.first - _LINES_WITHOUT_ROW), heading.first):
            if self._lines[at].page is page:
                self._groups.update(self._labelled(self._lines[at], heading))
        return dict(self._groups)

    def _group_in(
        self, line: Line, heading: _Heading, base: dict[int, list[Word]], columns: Sequence[_Column]
    ) -> dict[str, Candidate]:
        """The value of a column without a heading, where a line between rows gives it: by its label, or alone on the line."""
        found = self._labelled(line, heading)
        if not found and line.cells == 1 and line.apart and not any(columns[index].numeric for index in base):
            lone = [
                column
                for column in self._columns
                if column.name not in heading.fields
                and (concept := self._words.concept[column.name])
                and concept.key == "group"
            ]
            if len(lone) == 1 and len(line.words) <= _PROSE:
                reading = self._reading(lone[0], line.page, line.words)
                found = {lone[0].name: reading} if reading is not None else {}
        self._groups.update(found)
        return found

    def _labelled(self, line: Line, heading: _Heading) -> dict[str, Candidate]:
        found: dict[str, Candidate] = {}
        for column in self._columns:
            if column.name in heading.fields or column.type in NUMERIC_TYPES:
                continue
            for number in range(line.cells):
                words = [word for word in line.words if word.cell == number]
                hits = self._words.hits([folded(word.text.rstrip(":：")) for word in words])
                if not hits or hits[0][0] != 0 or self._field_of(hits[0][2]) is not column:
                    continue
                value = [word for word in words[hits[0][1] :] if re.search(r"\w", word.text)]
                if not value:
                    continue
                start = value[0].start + len(value[0].text) - len(value[0].text.lstrip(":：–-="))
                value[0] = replace(value[0], start=start, text=line.page.text[start : value[0].end])
                reading = self._reading(column, line.page, value)
                if reading is not None:
                    found[column.name] = reading
                    break
        return found

    # Values

    def _reading(self, column: Field, page: Page, words: Sequence[Word]) -> Candidate | None:
        """The cell as a value of the column's type; None where it is none."""
        return next(iter(self._readings(column, page, words)), None)

    def _readings(self, column: Field, page: Page, words: Sequence[Word]) -> list[Candidate]:
        if column.name in self._typed:
            return self._first(self._typed[column.name].get(page.number, ()), words)
        parts = _parts(page, words)
        text = "\n".join(page.text[part.start : part.end] for part in parts)
        return [Candidate(parts[0], text, single_spaced(text))] if re.search(r"\w", text) else []

    def _first(self, candidates: Sequence[Candidate], words: Sequence[Word]) -> list[Candidate]:
        """The readings of the first run of words that is a value."""
        for _, run in itertools.groupby(words, lambda word: word.cell):
            if found := self._inside(candidates, list(run)):
                return found
        return []

    @staticmethod
    def _inside(candidates: Sequence[Candidate], words: Sequence[Word]) -> list[Candidate]:
        """Every reading of the longest candidate among some words that holds most of their digits."""
        start, end, digits = words[0].start, words[-1].end, sum(_digits(word.text) for word in words)
        inside = [each for each in candidates if start <= each.span.start and each.span.end <= end]
        best = max(inside, key=lambda each: (len(each.text), -each.span.start), default=None)
        if best is None or _digits(best.text) * 2 < digits:
            return []
        return [each for each in inside if each.span == best.span]

    def _values(self, found: Sequence[tuple[_Heading, list[_Row]]]) -> tuple[dict[str, FieldValue], ...]:
        return self._as_values(
            [_Read(heading, row, *self._cells(heading, row)) for heading, own in found for row in own]
        )

    def _as_values(self, rows: list[_Read]) -> tuple[dict[str, FieldValue], ...]:
        usual = Counter(frozenset(row.cells) for row in rows).most_common(1)
        form = usual[0][0] if usual else frozenset()
        for row in rows:
            lacking = len(form - set(row.cells)) > max(1, len(form) // 3)
            row.odd = lacking or any(cell.text.endswith(":") for cell in row.cells.values())
        amount = next(
            (name for name, concept in self._words.concept.items() if concept and concept.key == "amount"), ""
        )
        rows, summed = self._summed(rows, amount)
        values: list[dict[str, FieldValue]] = []
        for row in rows:
            page = row.row.page
            recognised = 1.0 if page.ocr_confidence is None else page.ocr_confidence
            values.append({})
            for column in self._columns:
                cell = row.cells.get(column.name)
                proved = column.name in row.proved or (summed and column.name == amount)
                share = _PROVED if proved else _ODD if row.odd else _PLAIN
                # What a sum vouches for was read rightly, however faint.
                legible = recognised if proved or cell is None else self._document.legibility(cell.span)
                values[-1][column.name] = self._value(
                    cell, self._parts_of(row.heading, row.row, column), share * legible
                )
        return tuple(values)

    def _summed(self, rows: list[_Read], amount: str) -> tuple[list[_Read], bool]:
        """Which lines are rows: all, those like most, those that lack nothing; the sum that the document states decides."""
        rows = self._before_sums(self._without_carried(rows, amount), amount)
        with_amount = [row for row in rows if amount in row.cells]
        full = max((len(row.cells) for row in with_amount), default=0)
        taken = {row.cells[amount].span for row in with_amount}
        for kept in (
            with_amount,
            [row for row in with_amount if not row.odd],
            [row for row in with_amount if len(row.cells) == full],
        ):
            if (
                kept
                and 2 * len(kept) >= len(with_amount)
                and self._adds_up(amount, [row.cells[amount] for row in kept], taken)
            ):
                return kept, True
        return rows, False

    def _without_carried(self, rows: Sequence[_Read], amount: str) -> list[_Read]:
        """The rows without those that take the sum from one page to the next, called by a word that may name a thing as well."""
        kept: list[_Read] = []
        total = Decimal(0)
        for row in rows:
            own = decimal_of(row.cells[amount]) if amount in row.cells else None
            if begins("carried_or_item", self._lines[row.row.lines[0]].text) and (
                own is None or (kept and own == total)
            ):
                continue
            total += own or Decimal(0)
            kept.append(row)
        return kept

    def _before_sums(self, rows: list[_Read], amount: str) -> list[_Read]:
        """The rows above one that says what they are together, lacks what they have, and is called as sums are, or sums up several."""
        total, most, summed = Decimal(0), 0, 0
        for at, row in enumerate(rows):
            own = decimal_of(row.cells[amount]) if amount in row.cells else None
            called = " ".join(cell.text for name, cell in row.cells.items() if name not in self._typed)
            several = summed > 1 or only_totals(called)
            if own is not None and own == total and len(row.cells) < most and several:
                return rows[:at]
            total, most, summed = total + (own or 0), max(most, len(row.cells)), summed + (own is not None)
        return rows

    def _value(self, reading: Candidate | None, parts: tuple[Span, ...], confidence: float) -> FieldValue:
        if reading is None:
            return FieldValue(None, "", FieldState.ABSENT, confidence)
        boxes = tuple(box for span in parts or (reading.span,) for box in self._document.boxes(span))
        return FieldValue(reading.value, reading.text, FieldState.FOUND, confidence, reading.span, boxes, parts=parts)

    def _parts_of(self, heading: _Heading, row: _Row, field: Field) -> tuple[Span, ...]:
        """The spans of a cell whose text was wrapped; empty for any other."""
        if field.name in self._typed:
            return ()
        words = next(
            (row.words.get(index) for index, column in enumerate(heading.columns) if column.field is field), None
        )
        parts = _parts(row.page, words) if words else []
        return tuple(parts) if len(parts) > 1 else ()

    def _cells(self, heading: _Heading, row: _Row) -> tuple[dict[str, Candidate], frozenset[str]]:
        """The readings of a row's cells, and the columns that quantity × price = amount proves."""
        readings: dict[str, list[Candidate]] = {}
        parts: dict[str, tuple[str, list[Candidate]]] = {}
        for index, column in enumerate(heading.columns):
            words = row.words.get(index)
            if not words:
                continue
            concept = self._words.concept[column.field.name] if column.field is not None else column.concept
            if column.field is not None:
                own = self._readings(column.field, row.page, words)
                if own:
                    readings[column.field.name] = own
            elif concept is not None and concept.key in _FACTORS:
                own = self._first(self._numbers.get(row.page.number, ()), words)
            else:
                continue
            if concept is not None and concept.key in _FACTORS and own:
                parts.setdefault(concept.key, (column.field.name if column.field is not None else "", own))
        cells = {name: own[0] for name, own in readings.items()} | {
            name: reading for name, reading in row.groups.items() if name not in readings
        }
        if len(parts) == len(_FACTORS):
            (_, quantities), (_, prices), (_, amounts) = (parts[key] for key in _FACTORS)
            for trio in ((q, p, a) for q in quantities for p in prices for a in amounts):
                if is_product(*trio):
                    names = [parts[key][0] for key in _FACTORS]
                    right = {name: reading for name, reading in zip(names, trio, strict=True) if name}
                    return cells | right, frozenset(right)
        return self._multiplied(heading, row, cells)

    def _multiplied(
        self, heading: _Heading, row: _Row, cells: dict[str, Candidate]
    ) -> tuple[dict[str, Candidate], frozenset[str]]:
        """The cells with quantity and price where no column is theirs, but the row says them: "2 x 12.00" below a name."""
        named = {concept.key: name for name, concept in self._words.concept.items() if concept is not None}
        headed = {column.concept.key for column in heading.columns if column.concept is not None}
        amount = cells.get(named.get("amount", ""))
        if amount is None or "quantity" not in named or named["quantity"] in cells or headed & set(_FACTORS[:2]):
            return cells, frozenset()
        figures = [figure for at in row.lines for figure in figures_of(self._lines[at], self._numbers)]
        others = [figure for figure in figures if not _meet(figure[0].span, amount.span)]
        product = product_of(others, [amount])
        if product is None:
            return cells, frozenset()
        more = {"quantity": product.quantity, "unit_price": product.price}
        found = {
            named[key]: cell for key, each in more.items() if key in named and (cell := self._as(named[key], each))
        }
        return cells | found, frozenset({*found, named["amount"]})

    @functools.cached_property
    def _typed(self) -> dict[str, dict[int, list[Candidate]]]:
        """The candidates of each column that is read by its type, by page."""
        found: dict[str, dict[int, list[Candidate]]] = {}
        for column in self._columns:
            if column.type not in _VERBATIM and proposes(column.type):
                own = found.setdefault(column.name, {})
                for candidate in propose(column, self._document):
                    own.setdefault(candidate.span.page, []).append(candidate)
        return found

    @functools.cached_property
    def _numbers(self) -> dict[int, list[Candidate]]:
        """Every number of the document by page: columns that no field asks for prove others."""
        found: dict[int, list[Candidate]] = {}
        for candidate in propose(Field("number", FieldType.NUMBER), self._document):
            found.setdefault(candidate.span.page, []).append(candidate)
        return found

    def _adds_up(self, amount: str, cells: Sequence[Candidate], taken: set[Span]) -> bool:
        """Whether the document states the sum of these cells behind them, outside the table's own."""
        total = sum((decimal_of(cell) or Decimal(0) for cell in cells), Decimal(0))
        last = max(cell.span for cell in cells)
        return any(
            candidate.span > last and candidate.span not in taken and decimal_of(candidate) == total
            for candidates in self._typed.get(amount, {}).values()
            for candidate in candidates
        )


_FACTORS = ("quantity", "unit_price", "amount")


def _cut(line: Line, span: Span) -> Line | None:
    """What of a line is within a span; None where nothing is."""
    words = tuple(word for word in line.words if span.start < word.end and word.start < span.end)
    return replace(line, words=words) if words else None


def _anew(row: Mapping[int, object], line: Mapping[int, object], columns: Sequence[_Column]) -> bool:
    """Whether a line below a row begins another: it says a number that the row has already; of texts alone, as many."""
    digits = [index for index, column in enumerate(columns) if column.digits]
    if digits:
        return any(index in row and index in line for index in digits)
    return len(line) >= len(row)


def _named(words: Sequence[Word]) -> bool:
    """Whether words name a thing: "2 x 10.00" does not."""
    return any(_letters(word.text) > 1 for word in words)


def _letters(text: str) -> int:
    return sum(character.isalpha() for character in text)


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _parts(page: Page, words: Sequence[Word]) -> list[Span]:
    """The spans of a cell, one a line that it touches."""
    lines: list[list[Word]] = [[words[0]]]
    for before, word in pairwise(words):
        if "\n" in page.text[before.end : word.start]:
            lines.append([])
        lines[-1].append(word)
    return [Span(page.number, line[0].start, line[-1].end) for line in lines]


def _prose_cells(line: Line, columns: Sequence[_Column]) -> set[int]:
    """The cells of a line that are sentences: many words, few of them numbers, across several columns."""
    found = set()
    for number in range(line.cells):
        words = [word for word in line.words if word.cell == number]
        across = sum(column.x0 < words[-1].x1 and column.x1 > words[0].x0 for column in columns)
        if len(words) >= _PROSE and across > 1 and sum(word.number for word in words) * 4 <= len(words):
            found.add(number)
    return found


def _filled(columns: Sequence[_Column], index: int, widest: float) -> bool:
    """Whether a column's text goes so far towards the next column that it may have been wrapped for want of room."""
    column = columns[index]
    following = [each.x0 for each in columns if each.layer == column.layer and each.x0 > column.x0]
    return not following or widest - column.x0 >= _HALF_FULL * (min(following) - column.x0)


def _meet(left: Span, right: Span) -> bool:
    return left.page == right.page and left.start < right.end and right.start < left.end


def _overlap(left: _Column, right: _Column) -> float:
    return max(0.0, min(left.x1, right.x1) - max(left.x0, right.x0))
