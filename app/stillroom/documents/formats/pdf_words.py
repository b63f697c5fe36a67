"""The characters of a PDF page, put together to words."""

from __future__ import annotations

import math
from collections.abc import Callable
from ctypes import byref, c_double

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from stillroom.documents.document import Box
from stillroom.documents.lines import JOINED, Word

_SPACES = frozenset(
    (0x09, 0x0A, 0x0C, 0x0D, 0x20, 0xA0, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
)
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
_SLANTS = 16
"""Directions of text that are told apart: quarter turns, and slants between them."""
_FAR = 1e6
"""In points; no page is as large."""
_ASCENT = 1.2
"""Height of a line of most fonts in ems: ascent and descent."""


class Frame:
    """Turns coordinates of the file (origin at the bottom left, before rotation) into those of the page as it is shown
    (origin at the top left).

    Attributes:
        width, height: of the page as it is shown, in points.
    """

    def __init__(self, bounds: tuple[float, float, float, float], rotation: int) -> None:
        left, bottom, right, top = self._bounds = bounds
        self.quarters = rotation // 90 % 4
        self.width, self.height = right - left, top - bottom
        if self.quarters % 2:
            self.width, self.height = self.height, self.width

    def to_page(self) -> Callable[[float, float], tuple[float, float]]:
        """From the file to the page as it is shown."""
        return _turn(self._bounds, self.quarters)

    def to_text(self, quarters: int) -> Callable[[float, float], tuple[float, float]]:
        """From the file to a page turned so that text that climbs ``quarters`` quarter turns runs from left to right."""
        return _turn(self._bounds, quarters)


def _turn(bounds: tuple[float, float, float, float], quarters: int) -> Callable[[float, float], tuple[float, float]]:
    left, bottom, right, top = bounds
    return (
        lambda x, y: (x - left, top - y),
        lambda x, y: (y - bottom, x - left),
        lambda x, y: (right - x, y - bottom),
        lambda x, y: (top - y, right - x),
    )[quarters]


def _box(turn: Callable[[float, float], tuple[float, float]], rectangle: tuple[float, float, float, float]) -> Box:
    xa, ya = turn(rectangle[0], rectangle[1])
    xb, yb = turn(rectangle[2], rectangle[3])
    return Box(xa if xa < xb else xb, ya if ya < yb else yb, xb if xa < xb else xa, yb if ya < yb else ya)


def read_words(page: pdfium.PdfPage, frame: Frame) -> list[list[Word]]:
    """The page's words in the order of the file, one list for each direction of text. Empty where the page has no text,
    or a text layer that is mostly characters without a meaning (a font without a table of its letters)."""
    text_page = page.get_textpage()
    try:
        builders: dict[int, WordBuilder] = {}
        _read(text_page, frame, builders)
    finally:
        text_page.close()
    lost = sum(builder.meaningless for builder in builders.values())
    total = sum(builder.characters for builder in builders.values())
    if lost > 0.3 * total:
        return []
    blocks = [builder.words for builder in builders.values()]
    return [words for words in blocks if words]


def _read(text_page: pdfium.PdfTextPage, frame: Frame, builders: dict[int, WordBuilder]) -> None:
    # Called for every character: pdfium's functions are called directly, without the checks around them.
    get_code, is_generated, get_angle = raw.FPDFText_GetUnicode, raw.FPDFText_IsGenerated, raw.FPDFText_GetCharAngle
    get_loose, get_origin = raw.FPDFText_GetLooseCharBox, raw.FPDFText_GetCharOrigin
    handle = text_page.raw
    rectangle, x, y = raw.FS_RECTF(), c_double(), c_double()
    rectangle_pointer, x_pointer, y_pointer = byref(rectangle), byref(x), byref(y)

    def origin(index: int) -> tuple[float, float]:
        get_origin(handle, index, x_pointer, y_pointer)
        return x.value, y.value

    builder: WordBuilder | None = None
    fresh = True
    high = 0
    for index in range(text_page.count_chars()):
        code = get_code(handle, index)
        if code in _SPACES:
            # pdfium adds spaces and line ends where it guesses them: around superscripts, or between all letters of a line.
            if builder and builder.upright and is_generated(handle, index) == 1:
                builder.end_guessed = True
            elif builder:
                builder.end_word()
            fresh = True
            continue
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
        high = 0
        if not get_loose(handle, index, rectangle_pointer):
            continue
        if fresh:  # between two white spaces, text does not change its direction
            fresh = False
            turn = round(get_angle(handle, index) * _SLANTS / math.tau) % _SLANTS  # clockwise
            direction = -turn // 4 % 4 if turn % 4 == 0 else 4 + turn
            if builder is None or builder.direction != direction:
                if builder:
                    builder.end_word()
                builder = builders.get(direction)
                if builder is None:
                    builder = builders[direction] = WordBuilder(direction, frame, origin)
        assert builder is not None
        builder.add(code, (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top), index)
    for builder in builders.values():
        builder.end_word()


class WordBuilder:
    """Collects characters of one direction to words.

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
        self._to_page = frame.to_page()
        self._to_text = frame.to_text(direction) if self.upright and direction != frame.quarters else None
        self._text: list[str] = []
        self._boxes: list[Box] = []
        self._x0 = self._x1 = self._baseline = self._size = 0.0
        self._spaced = True
        self._rectangle = (0.0, 0.0, 0.0, 0.0)
        self._pieces = 1
        self._edges = (0.0, 0.0, 0.0)

    def add(self, code: int, rectangle: tuple[float, float, float, float], index: int) -> None:
        """Take a character: its code, its rectangle in the file (left, bottom, right, top) and its index."""
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
        page = self._frame
        box = _box(self._to_page, rectangle)
        if not (
            -_FAR < box.x0 <= page.width and -_FAR < box.y0 <= page.height and 0 <= box.x1 < _FAR and 0 <= box.y1 < _FAR
        ):
            return  # outside of what the page shows, or nowhere
        if self.upright:
            x0, y0, x1, y1 = _box(self._to_text, rectangle) if self._to_text else box
            size = (y1 - y0) / _ASCENT
            # Characters of one font and size on one line have the same upper and lower edge.
            if (y0, y1) != self._edges[:2]:
                place = self._origin(index)
                self._edges = (y0, y1, (self._to_text or self._to_page)(*place)[1])
            baseline = self._edges[2]
        else:  # a watermark: its words in the order of the file, on one line
            x0 = self._x1 if self._text else self._x1 + 0.5
            x1, size, baseline = x0 + 1.0, 1.0, 0.0
        pieces = self._pieces + 1 if self._text and rectangle == self._rectangle else 1
        if self._text and pieces == 1:
            scale = max(self._size, size)
            gap = x0 - self._x1
            reach = JOINED if self.end_guessed else 0.5
            if not -max(reach, 0.1) * scale <= gap <= reach * scale or abs(baseline - self._baseline) > 0.6 * scale:
                self.end_word()
                self._spaced = False
        self.end_guessed = False
        if not self._text:
            self._x0, self._x1, self._baseline, self._size = x0, x1, baseline, size
        else:
            self._x1 = max(self._x1, x1)
            self._size = max(self._size, size)
        self._text.append(text)
        self._boxes.extend([box] * len(text))
        # pdfium spells most ligatures out and gives each letter the box of the whole; some it leaves to us.
        self._rectangle, self._pieces = rectangle, pieces + len(text) - 1
        if self._pieces > 1:
            self._boxes[-self._pieces :] = self._split(box, self._pieces)

    def end_word(self) -> None:
        if self._text:
            self.words.append(
                Word("".join(self._text), self._boxes, self._x0, self._x1, self._baseline, self._size, self._spaced)
            )
            self._text, self._boxes = [], []
        self._spaced = True
        self.end_guessed = False

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
