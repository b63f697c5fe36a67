"""Labels that say a number beside or below them is one of a hundred: "Rate (%)", "% of the capital"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stillroom.documents.document import Page
from stillroom.extraction.candidates.text import Line, cells

_SIGN = re.compile(r"[%％٪]")
# Not "VAT 20 %": there the sign is behind a number, and what follows is another one.
_BEHIND_FIGURE = re.compile(r"\d[^\S\n]{0,2}[%％٪]")
_ENDS_LABEL = re.compile(r"[%％٪][)\]]?\s?[:：]?\s{0,3}$")
_REST_OF_LABEL = re.compile(r"[)\]]?\s?[:：]?\s{0,3}")
_ALONE = re.compile(r"[+\-−]?\d[\d.,٫]{0,12}")
_LONGEST_LABEL = 60
_ROWS = 40
_MOST_HEADS = 40  # of one row; each cell below is held against all of them


def named_percentages(page: Page) -> frozenset[int]:
    """Where the numbers begin that a label with a percent sign names: to their left, or at the head of their column."""
    if not _SIGN.search(page.text):
        return frozenset()
    found: set[int] = set()
    heads: list[int] = []  # of the cells of the row that heads the columns, those with such a label
    over: Sequence[Line] = ()
    apart = 0
    for row in _rows(page):
        labels = {index for index, cell in enumerate(row) if _is_label(cell.text)}
        for index, cell in enumerate(row):
            before = row[index - 1].text if index else ""
            start = cell.start + _value_of(cell.text)
            number = _ALONE.fullmatch(page.text, start, cell.end)
            if not number:
                continue
            inside = start > cell.start
            beside = index - 1 in labels and bool(_ENDS_LABEL.search(before))
            if inside or beside or any(_in_column(page, over, head, row, index) for head in heads):
                found.add(number.start())
        apart += 1
        if labels:
            heads, over, apart = sorted(labels)[:_MOST_HEADS], row, 0
        elif apart > _ROWS:
            heads = []
    return frozenset(found)


def _rows(page: Page) -> Iterator[list[Line]]:
    row: list[Line] = []
    for cell in cells(page):
        if row and "\n" in page.text[row[-1].end : cell.start]:
            yield row
            row = []
        row.append(cell)
    if row:
        yield row


def _is_label(text: str) -> bool:
    return len(text) <= _LONGEST_LABEL and bool(_SIGN.search(text)) and not any(map(str.isdigit, text))


def _value_of(text: str) -> int:
    """Where a value begins behind a label with a percent sign in one cell: "Rate (%): 3.5"; 0 where there is none."""
    sign = _SIGN.search(text, 0, _LONGEST_LABEL)
    if not sign or _BEHIND_FIGURE.search(text) or any(map(str.isdigit, text[: sign.start()])):
        return 0
    behind = _REST_OF_LABEL.match(text, sign.end())
    return behind.end() if behind else 0


def _in_column(page: Page, over: Sequence[Line], head: int, row: Sequence[Line], index: int) -> bool:
    """Whether a cell stands below another: by their boxes; without any, where both rows have as many cells, by their order."""
    upper, lower = over[head], row[index]
    boxes = page.boxes
    if boxes is not None:
        ends = boxes[upper.start], boxes[upper.end - 1], boxes[lower.start], boxes[lower.end - 1]
        left, right, own_left, own_right = ends
        if left is not None and right is not None and own_left is not None and own_right is not None:
            shared = min(right.x1, own_right.x1) - max(left.x0, own_left.x0)
            return shared > min(right.x1 - left.x0, own_right.x1 - own_left.x0) / 2
    return len(over) == len(row) and head == index
