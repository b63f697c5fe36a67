"""The characters of a PDF page as pdfium finds them: codes, places, and the objects that draw them."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_double, c_float, c_int, c_uint, c_void_p
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

SPACES = frozenset((0x09, 0x0A, 0x0C, 0x0D, 0x20, 0xA0, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000))
BIDI_CONTROLS = frozenset((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Marks that turn the direction of text that is typed. A PDF places each letter: on the page they do nothing."""
UNSEEN = BIDI_CONTROLS | frozenset((0x200B, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0xFEFF))
"""Characters without a place of their own, inside values too; they are left out."""
_SLANTS = 16
"""Directions of text that are told apart: quarter turns, and slants between them."""
_STEP = 4


def bound(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """A function of pdfium that takes and gives plain numbers: called for every character, without the checks around it."""
    address = ctypes.cast(function, c_void_p).value
    assert address
    return CFUNCTYPE(result, *arguments)(address)


_code = bound(raw.FPDFText_GetUnicode, c_uint, c_void_p, c_int)
_loose = bound(raw.FPDFText_GetLooseCharBox, c_int, c_void_p, c_int, c_void_p)
_origin = bound(raw.FPDFText_GetCharOrigin, c_int, c_void_p, c_int, c_void_p, c_void_p)
_angle = bound(raw.FPDFText_GetCharAngle, c_float, c_void_p, c_int)
_generated = bound(raw.FPDFText_IsGenerated, c_int, c_void_p, c_int)
_object = bound(raw.FPDFText_GetTextObject, c_void_p, c_void_p, c_int)


class Characters:
    """All characters of a page in pdfium's order: that of the file, right-to-left text in the order of reading.

    Attributes:
        codes: Unicode; 0 for the first half of a surrogate pair, its second half has the whole.
        rectangles: n × 4: left, bottom, right, top in the coordinates of the file; zeros where one has no place.
        placed: which have a place.
        spaces: which are white space.
        objects: addresses of the objects that draw them; 0 for what pdfium added.
    """

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._text_page = page.get_textpage()
        handle = self._handle = ctypes.cast(self._text_page.raw, c_void_p).value
        count = self._text_page.count_chars()
        indices = range(count)
        self.codes = _joined_units([_code(handle, index) for index in indices])
        rectangles = (c_float * (4 * count))()
        start = ctypes.addressof(rectangles)
        placed = [_loose(handle, index, start + 16 * index) for index in indices]
        # pdfium's order is left, top, right, bottom.
        self.rectangles = np.frombuffer(rectangles, np.float32).reshape(-1, 4)[:, [0, 3, 2, 1]].astype(np.float64)
        self.placed: NDArray[np.bool_] = np.array(placed, dtype=np.int32).astype(bool)
        self.spaces: NDArray[np.bool_] = np.fromiter((code in SPACES for code in self.codes), bool, count)
        self.objects: NDArray[np.uint64] = np.array(self._objects(count), dtype=np.uint64)
        self._place = (c_double * 2)()
        self._place_address = ctypes.addressof(self._place)

    def __len__(self) -> int:
        return len(self.codes)

    def _objects(self, count: int) -> list[int]:
        """An object's characters follow each other: most lie between two that are the same object's."""
        handle = self._handle
        found: list[int] = []
        before = 0
        for first in range(0, count, _STEP):
            last = min(first + _STEP, count) - 1
            after = _object(handle, last) or 0
            if after == before and after:
                found.extend([after] * (last - first + 1))
            else:
                found.extend([_object(handle, index) or 0 for index in range(first, last)])
                found.append(after)
            before = after
        return found

    def origin(self, index: int) -> tuple[float, float]:
        """Where the letter stands, on its baseline, in the coordinates of the file."""
        _origin(self._handle, index, self._place_address, self._place_address + 8)
        return self._place[0], self._place[1]

    def direction(self, index: int) -> int:
        """By how many quarter turns the text climbs; 4 and more stand for slants."""
        turn: int = round(_angle(self._handle, index) * _SLANTS / math.tau) % _SLANTS  # clockwise
        return -turn // 4 % 4 if turn % 4 == 0 else 4 + turn

    def guessed(self, index: int) -> bool:
        """Whether pdfium put this white space there: around superscripts, or between all letters of a line."""
        return bool(_generated(self._handle, index) == 1)

    def close(self) -> None:
        """Give the memory back; the arrays stay."""
        self._text_page.close()


def drawn_texts(page: pdfium.PdfPage) -> dict[int, str]:
    """What each object of a page says, by its address; objects that say nothing are not in it.

    pdfium's own function for one object goes through the whole page each time.
    """
    text_page = page.get_textpage()
    try:
        handle = ctypes.cast(text_page.raw, c_void_p).value
        indices = range(text_page.count_chars())
        found: dict[int, list[str]] = {}
        for index, code in zip(indices, _joined_units([_code(handle, index) for index in indices]), strict=True):
            if code:
                found.setdefault(_object(handle, index) or 0, []).append(chr(code))
    finally:
        text_page.close()
    return {address: "".join(letters) for address, letters in found.items()}


def _joined_units(units: list[int]) -> list[int]:
    """Codes of UTF-16 put together."""
    high = 0
    for index, unit in enumerate(units):
        if 0xD800 <= unit < 0xE000:
            if unit < 0xDC00:
                high, units[index] = unit, 0
                continue
            units[index] = 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00) if high else 0xFFFD
        high = 0
    return units
