"""The characters of a PDF page, put together to words."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from itertools import groupby
from statistics import median

import numpy as np
from numpy.typing import NDArray

from stillroom.documents.document import Box
from stillroom.documents.formats.pdf_characters import UNSEEN, Characters
from stillroom.documents.formats.pdf_frame import Frame
from stillroom.documents.lines import JOINED, Word, right_to_left

_TEXT = {
    0x02: "-",  # pdfium's mark for a hyphen at the end of a line
    0xAD: "-",
    0xFFFE: "-",
    0x2010: "-",
    0x2011: "-",
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
    0xF0A7: "•",  # bullets of the Symbol and Wingdings fonts
    0xF0B7: "•",
    0xF0D8: "•",
}
_FAR = 1e6
"""In points; no page is as large."""
_ASCENT = 1.2
"""Height of a line of most fonts in ems: ascent and descent."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_NOTE_SIGNS = frozenset("0123456789*†‡§()")
_SMALLER = 0.8
"""A raised sign is set in a font smaller than this share of its word's."""
_WIDE_SCRIPTS = 0x2E80
"""Characters from here on may be written from top to bottom."""
_COLUMN_LETTERS = 3
_STEP = (0.6, 1.5, 2.6)
"""From one letter of a column to the next, in ems: at least, at most, and over a space."""
_SPACED_LETTERS, _NARROWEST_SPACING, _WIDEST_SPACING, _EVEN = 3, 0.35, 0.8, 1.6
"""So many letters set apart are a word, where the gaps are wider than a space and narrower than a column, in ems, and much alike."""
_SAME = 0.25
"""Words drawn twice are not further apart than this, in ems."""


def read_words(characters: Characters, frame: Frame, shown: NDArray[np.bool_]) -> list[list[Word]]:
    """The words that a page shows in the order of the file, one list for each direction of text. Empty where it has no text,
    or mostly characters without a meaning (a font without a table of its letters)."""
    builders = _build(characters, frame, shown)
    lost = sum(builder.meaningless for builder in builders.values())
    total = sum(builder.characters for builder in builders.values())
    if lost > 0.3 * total:
        return []
    blocks: list[list[Word]] = []
    for direction, builder in builders.items():
        words = _closed_up(_once(builder.words)) if builder.upright else _once(builder.words)
        if direction == frame.quarters:
            words, columns = _columns(words, frame)
            blocks.append(columns)
        blocks.append(words)
    return [words for words in blocks if words]


def _build(characters: Characters, frame: Frame, shown: NDArray[np.bool_]) -> dict[int, WordBuilder]:
    builders: dict[int, WordBuilder] = {}
    boxes = frame.boxes(characters.rectangles)
    near = (np.abs(boxes) < _FAR).all(axis=1)
    read = (shown & characters.placed & near).tolist()
    places = boxes.tolist()
    turned: dict[int, list[list[float]]] = {frame.quarters: places}
    along = places
    spaces = characters.spaces.tolist()
    builder: WordBuilder | None = None
    fresh = True
    for index, code in enumerate(characters.codes):
        if spaces[index]:
            if builder and builder.upright and characters.guessed(index):
                builder.end_guessed = True
            elif builder:
                builder.end_word()
            fresh = True
            continue
        if not read[index] or not code or code in UNSEEN:
            continue
        if fresh:  # between two white spaces, text does not change its direction
            fresh = False
            direction = characters.direction(index)
            if builder is None or builder.direction != direction:
                if builder:
                    builder.end_word()
                builder = builders.get(direction)
                if builder is None:
                    builder = builders[direction] = WordBuilder(direction, frame, characters.origin)
                if builder.upright and direction not in turned:
                    turned[direction] = frame.boxes(characters.rectangles, direction).tolist()
                along = turned.get(direction, places)
        assert builder is not None
        builder.add(code, places[index], along[index], index)
    for builder in builders.values():
        builder.end_word()
    return builders


class WordBuilder:
    """A collector of characters of one direction, which become words.

    Attributes:
        upright: it runs along an edge of the page, not across.
        end_guessed: the word may be at its end: the next character belongs to it only if it follows closely.
    """

    def __init__(self, direction: int, frame: Frame, origin: Callable[[int], tuple[float, float]]) -> None:
        """Collect text that climbs ``direction`` quarter turns; 4 and more stand for slants. ``origin`` says where the
        character with an index stands, in the coordinates of the file."""
        self.direction = direction
        self.words: list[Word] = []
        self.characters = 0
        self.meaningless = 0
        self.end_guessed = False
        self.upright = direction < 4
        self._frame = frame
        self._origin = origin
        self._to_text = frame.to_text(direction if self.upright else frame.quarters)
        self._text: list[str] = []
        self._boxes: list[Box] = []
        self._places: list[float] = []
        self._x0 = self._x1 = self._baseline = self._size = 0.0
        self._spaced = True
        self._turned = self._raised = False
        self._line = self._high = 0.0
        self._place: Sequence[float] = (0.0, 0.0, 0.0, 0.0)
        self._pieces = 1
        self._edges = (0.0, 0.0, 0.0)

    def add(self, code: int, place: Sequence[float], along: Sequence[float], index: int) -> None:
        """Take a character: its code, its box on the page as it is shown, and on the page turned until the text is level; its
        index."""
        self.characters += 1
        if code > 0x7E or code < 0x20:
            if (code < 0x20 and code != 0x02) or 0x7F <= code < 0xA0 or code in (0xFFFD, 0xFFFF) or code > 0x10FFFF:
                self.meaningless += 1
                if code != 0xFFFD:
                    return
            elif 0xE000 <= code < 0xF900 and code not in _TEXT:
                self.meaningless += 1
            text = _TEXT.get(code) or chr(code)
        else:
            text = chr(code)
        if self.upright:
            x0, y0, x1, y1 = along
            size = (y1 - y0) / _ASCENT
            # Characters of one font and size on one line have the same upper and lower edge.
            if y0 != self._edges[0] or y1 != self._edges[1]:
                self._edges = (y0, y1, self._to_text(*self._origin(index))[1])
            baseline = self._edges[2]
        else:  # a watermark: its words in the order of the file, on one line
            x0 = self._x1 if self._text else self._x1 + 0.5
            x1, size, baseline = x0 + 1.0, 1.0, 0.0
        turned = code >= 0x590 and right_to_left(code)
        pieces = self._pieces + 1 if self._text and place == self._place else 1
        # Most letters follow the one before, in its size and on its line.
        follows = (
            -0.1 * size < x0 - self._x1 <= JOINED * size
            and size == self._size
            and baseline == self._baseline
            and not (turned or self._turned or self._raised)
        )
        if self._text and pieces == 1 and not follows:
            text = self._begin(text, x0, x1, baseline, size, turned)
        self.end_guessed = False
        if not self._text:
            # A raised sign belongs to the line of what it is raised from.
            self._x0, self._x1, self._size = x0, x1, size
            self._baseline = self._line if self._raised else baseline
        else:
            if x1 > self._x1:
                self._x1 = x1
            if x0 < self._x0:
                self._x0 = x0
            if size > self._size:
                self._size = size
        self._turned = self._turned or turned
        box = Box(*place)
        # pdfium spells most ligatures out and gives each letter the box of the whole; some it leaves to us.
        self._place, self._pieces = place, pieces + len(text) - 1
        for letter in text:
            self._text.append(letter)
            self._places.append((x0 + x1) / 2)
            self._boxes.append(box)
        if self._pieces > 1:
            self._boxes[-self._pieces :] = self._split(box, self._pieces)

    def _begin(self, text: str, x0: float, x1: float, baseline: float, size: float, turned: bool) -> str:
        """End the word where a character does not belong to it; the character, raised where it stands so."""
        scale = max(self._size, size)
        reach = JOINED if self.end_guessed else 0.5
        near = max(reach, 0.1)
        gap = x0 - self._x1
        if turned or self._turned:  # to either side, and an accent over the letter before
            gap = min(gap, self._x0 - x1, key=abs)
            if unicodedata.combining(text[0]) and self._x0 - scale <= x0 <= self._x1 + scale:
                gap = 0.0
        level = self._high if self._raised else self._baseline
        if not -near * scale <= gap <= reach * scale or abs(baseline - level) > 0.6 * scale:
            self._end()
            self._spaced = False
            return text
        raised = size < _SMALLER * self._size and self._baseline - baseline > 0.15 * self._size
        if raised and text in _NOTE_SIGNS and self._text[-1] not in "⁰¹²³⁴⁵⁶⁷⁸⁹":
            if not self._text[-1].isalpha():  # a note's sign, or cents, beside a number: no digit of it
                self._end()
                self._raised = self._spaced = True
                self._line, self._high = self._baseline, baseline
            return text.translate(_RAISED)
        if raised and text.isdecimal():
            return text.translate(_RAISED)
        if self._raised:
            if size <= 1.2 * self._size:
                return text.translate(_RAISED)
            self._end()
            self._spaced = text.isalnum()
        return text

    def end_word(self) -> None:
        """White space in the file: what follows is another word."""
        self._end()
        self._spaced = True
        self.end_guessed = False

    def _end(self) -> None:
        if self._text:
            text, boxes = "".join(self._text), self._boxes
            if self._turned:
                text, boxes = _in_order(self._text, boxes, self._places)
            self.words.append(Word(text, boxes, self._x0, self._x1, self._baseline, self._size, self._spaced))
            self._text, self._boxes, self._places = [], [], []
        self._turned = self._raised = False

    def _split(self, box: Box, parts: int) -> list[Box]:
        """One box for each letter of a ligature, along the direction of the text on the page as it is shown."""
        way = (self._frame.quarters - self.direction) % 4 if self.upright else 0
        letters: list[Box] = []
        for part in range(parts):
            start, end = (part, part + 1) if way in (0, 1) else (parts - part - 1, parts - part)
            if way % 2 == 0:
                step = (box.x1 - box.x0) / parts
                letters.append(Box(box.x0 + step * start, box.y0, box.x0 + step * end, box.y1))
            else:
                step = (box.y1 - box.y0) / parts
                letters.append(Box(box.x0, box.y0 + step * start, box.x1, box.y0 + step * end))
        return letters


def _in_order(letters: Sequence[str], boxes: Sequence[Box], places: Sequence[float]) -> tuple[str, list[Box]]:
    """A word with right-to-left letters in the order of reading, whatever the order in the file: from right to left, what is
    written from left to right in it (digits) as that. Accents stay with their letter."""
    clusters: list[list[int]] = []
    for index, letter in enumerate(letters):
        if clusters and unicodedata.combining(letter):
            clusters[-1].append(index)
        else:
            clusters.append([index])
    # Letters of one ligature share a place and stay in their order.
    clusters.sort(key=lambda cluster: -places[cluster[0]])
    ordered: list[int] = []
    for forward, group in groupby(clusters, key=lambda cluster: _forward(letters[cluster[0]])):
        part = list(group)
        ordered.extend(index for cluster in (part[::-1] if forward else part) for index in cluster)
    return "".join(letters[index] for index in ordered), [boxes[index] for index in ordered]


def _forward(letter: str) -> bool:
    """Whether a character is written from left to right within right-to-left text; what stands between digits is."""
    return unicodedata.bidirectional(letter) in ("L", "EN", "AN", "CS", "ES")


def _once(words: list[Word]) -> list[Word]:
    """The words without those drawn again on their place: to look bold, or with the whole page."""
    seen: dict[str, list[Word]] = {}
    kept: list[Word] = []
    for word in words:
        others = seen.setdefault(word.text, [])
        near = _SAME * word.size
        if any(
            abs(word.x0 - other.x0) < near
            and abs(word.baseline - other.baseline) < near
            and abs(word.x1 - other.x1) < near
            for other in others
        ):
            continue
        others.append(word)
        kept.append(word)
    return kept


def _closed_up(words: list[Word]) -> list[Word]:
    """The words, those put together whose letters are set apart: single ones that follow each other at one distance, with no white
    space of the file between them."""
    kept: list[Word] = []
    run: list[Word] = []
    gap = 0.0
    for word in [*words, None]:
        if word is not None and len(word.text) == 1:
            last = run[-1] if run else None
            apart = word.x0 - last.x1 if last else 0.0
            if (
                last
                and not word.spaced
                and _NARROWEST_SPACING <= apart / word.size <= _WIDEST_SPACING
                and (word.baseline, word.size) == (last.baseline, last.size)
                and (len(run) == 1 or 1 / _EVEN <= apart / gap <= _EVEN)
            ):
                gap = apart if len(run) == 1 else gap
                run.append(word)
                continue
        kept.extend(_joined(run))
        run = [word] if word is not None and len(word.text) == 1 else []
        if word is not None and not run:
            kept.append(word)
    return kept


def _joined(run: Sequence[Word]) -> Sequence[Word]:
    if len(run) < _SPACED_LETTERS:
        return run
    boxes = [box for word in run for box in word.boxes]
    first = run[0]
    text = "".join(word.text for word in run)
    return [Word(text, boxes, first.x0, run[-1].x1, first.baseline, first.size, first.spaced)]


def _columns(words: list[Word], frame: Frame) -> tuple[list[Word], list[Word]]:
    """Words in lines, and those in columns that run from top to bottom, placed as if the page were turned until they are
    level: the first column, which is at the right, is the first line."""
    level: list[Word] = []
    columns: list[Word] = []
    run: list[Word] = []
    for word in [*words, None]:
        if run and word is not None and _below(run[-1], word):
            run.append(word)
            continue
        if len(run) >= _COLUMN_LETTERS and sum(ord(item.text[0]) >= _WIDE_SCRIPTS for item in run) >= _COLUMN_LETTERS:
            columns.extend(_column(run, frame))
        else:
            level.extend(run)
        run = [] if word is None else [word]
    return level, columns


def _below(above: Word, word: Word) -> bool:
    """Whether a word of one wide letter, or some digits set side by side, follows in a column."""
    size = max(above.size, word.size)
    if word.x1 - word.x0 > 1.6 * size or above.x1 - above.x0 > 1.6 * size:
        return False
    apart = abs(word.x0 + word.x1 - above.x0 - above.x1) / 2
    step = word.baseline - above.baseline
    return _STEP[0] * size < step and (
        (step < _STEP[1] * size and apart < 0.5 * size) or (step < _STEP[2] * size and apart < 0.1 * size)
    )


def _column(run: Sequence[Word], frame: Frame) -> list[Word]:
    middle = median((word.x0 + word.x1) / 2 for word in run)
    size = max(word.size for word in run)
    words: list[Word] = []
    for index, word in enumerate(run):
        top, bottom = min(box.y0 for box in word.boxes), max(box.y1 for box in word.boxes)
        if index and word.baseline - run[index - 1].baseline < _STEP[1] * size:
            words[-1].text += word.text
            words[-1].boxes.extend(word.boxes)
            words[-1].x1 = bottom
        else:
            words.append(Word(word.text, list(word.boxes), top, bottom, frame.width - middle, size))
    return words
