"""Lines of pages cut into words, with their places: what rows of tables are found in.

Places are those of the boxes where the page has geometry; else a character's column and a line's number stand for them, and of
lines whose cells are set off by tabs the number of the cell does.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass

from stillroom.documents.document import Page

_GAP = re.compile(r" {2,}| \| |\s*\t\s*")
_NUMBER = re.compile(r"[^\w]*\d[\d.,:/'’\u00a0 %-]*[^\w]*|[-–—]+")
_TAB = 1000.0  # places of one cell, where cells are known


@dataclass(frozen=True, slots=True)
class Word:
    """Characters ``start`` to ``end`` of the page and where they stand; ``cell``: number of the run of words they are in."""

    start: int
    end: int
    text: str
    x0: float
    x1: float
    cell: int

    @property
    def number(self) -> bool:
        return _NUMBER.fullmatch(self.text) is not None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page. ``apart``: an empty line stands above it; ``tabbed``: tabs set its cells off."""

    page: Page
    words: tuple[Word, ...]
    top: float
    bottom: float
    apart: bool
    tabbed: bool

    @property
    def text(self) -> str:
        return self.page.text[self.words[0].start : self.words[-1].end]

    @property
    def cells(self) -> int:
        return self.words[-1].cell + 1


def lines_of(page: Page) -> Iterator[Line]:
    """The lines of a page that hold something, cut into words, with their places."""
    start, apart, tabbed = 0, True, False
    for number, raw in enumerate(page.text.split("\n")):
        if raw.strip():
            # The first cell of a row may go on alone; whatever is no row is set apart.
            tabbed = "\t" in raw or (tabbed and not apart)
            words = tuple(_words_of(page, raw, start, tabbed=tabbed))
            if words:
                top, bottom = float(number), float(number + 1)
                if page.boxes is not None:
                    boxes = [box for word in words if (box := page.boxes[word.start]) is not None]
                    top, bottom = (min(b.y0 for b in boxes), max(b.y1 for b in boxes)) if boxes else (top, bottom)
                yield Line(page, words, top, bottom, apart, tabbed)
            apart = False
        else:
            apart = True
        start += len(raw) + 1


def _words_of(page: Page, raw: str, start: int, *, tabbed: bool) -> Iterator[Word]:
    offset = 0 if tabbed else len(raw) - len(raw.lstrip())
    found = re.finditer(r"\t", raw) if tabbed else _GAP.finditer(raw.strip())
    gaps = [match.start() + offset for match in found]
    cell, seen = 0, -1
    for match in re.finditer(r"[^\s|]+|\|(?=\S)|(?<=\S)\|", raw):
        column = bisect.bisect_left(gaps, match.start())
        if seen >= 0 and column != seen:
            cell += 1
        seen = column
        first, last = start + match.start(), start + match.end()
        x0, x1 = float(match.start()), float(match.end())
        if tabbed:
            x0, x1 = column * _TAB + 1, column * _TAB + 2
        elif page.boxes is not None:
            boxes = [box for at in (first, last - 1) if (box := page.boxes[at]) is not None]
            if boxes:
                x0, x1 = min(box.x0 for box in boxes), max(box.x1 for box in boxes)
        yield Word(first, last, match.group(), x0, x1, cell)
