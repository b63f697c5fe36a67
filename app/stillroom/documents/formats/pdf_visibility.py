"""What a PDF page shows of its text: it is drawn with its text and without, and where both look the same there is none to be seen.

Drawing decides, not what the file says of itself: a picture over the text, a layer that is switched off, a clipping path, and all
that nobody has thought of yet hide it there as they hide it from a reader. Only colours are compared as they are written, since
the thin strokes of small letters never reach theirs.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Collection, Iterator, Sequence
from ctypes import c_float, c_int, c_uint, c_ulong, c_void_p
from dataclasses import dataclass, field

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from stillroom.documents.formats.pdf_characters import Characters, bound
from stillroom.documents.formats.pdf_frame import Frame
from stillroom.documents.formats.pdf_objects import PageObjects

COLOUR = "in the colour of what is behind it"
TINY = "smaller than 3 points"
OUTSIDE = "outside of the page"
TRANSPARENT = "transparent"
INVISIBLE = "drawn invisibly"
LAYER = "on a layer that is switched off"
COVERED = "covered or cut off"

_CONTRAST = 20
"""Less than this (of 255, in the colour that differs most) between a letter and what is behind it cannot be read."""
_POINTS = [(x / 4, y / 4) for y in (1, 2, 3) for x in (1, 2, 3)]
"""Where a letter's background is looked at, as shares of its box: a line under it or through it meets three of them."""
_ENOUGH_POINTS = 4
INK = 24
"""Between the lightest and the darkest point of a place where something is drawn."""
_SMALL = 3.0
_LINE = 1.15
"""Height of a line in ems, at least."""
_NARROW = 400.0
"""A page whose longer side has fewer points is a page made small: its letters may be smaller, too."""
_SCALE = 0.6
"""Points of the drawing for one of the page: enough to find a letter of 3 points."""
_PIXELS = 1_500_000
_ROWS = 5
"""In which a letter is looked for: each crosses some of its strokes."""
SCAN = 0.6
"""Pictures that cover more of a page are a scan of it."""
_BESIDE = 0.5
"""The text layer of a scan lies beside its letters by up to this share of their height."""
_ALL = 0.8
_MOST, _FEW = 0.7, 0.3
_LINES = (1, 5)
_NOTHING = (3, 7)
"""PDF's text rendering modes: outlines only; nothing at all."""
_SAME_PLACE = 2.0
"""Letters of two objects that are nearer than this, in points, stand on each other."""
_STACKED = 4
"""Objects on one place that are told apart."""

Pixels = NDArray[np.uint8]
Flags = NDArray[np.bool_]

_mode = bound(raw.FPDFTextObj_GetTextRenderMode, c_int, c_void_p)
_fill = bound(raw.FPDFPageObj_GetFillColor, c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
_line = bound(raw.FPDFPageObj_GetStrokeColor, c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
_set_active = bound(raw.FPDFPageObj_SetIsActive, c_int, c_void_p, c_int)
_count_marks = bound(raw.FPDFPageObj_CountMarks, c_int, c_void_p)
_mark = bound(raw.FPDFPageObj_GetMark, c_void_p, c_void_p, c_ulong)
_mark_name = bound(raw.FPDFPageObjMark_GetName, c_int, c_void_p, c_void_p, c_ulong, c_void_p)
_font = bound(raw.FPDFTextObj_GetFont, c_void_p, c_void_p)
_outline = bound(raw.FPDFFont_GetGlyphPath, c_void_p, c_void_p, c_uint, c_float)
_count_segments = bound(raw.FPDFGlyphPath_CountGlyphSegments, c_int, c_void_p)
_embedded = bound(raw.FPDFFont_GetIsEmbedded, c_int, c_void_p)


@dataclass(slots=True)
class Visibility:
    """Which characters of a page are shown.

    Attributes:
        shown: one flag a character.
        hidden: why, and the indices of the characters that are not.
        bare: the page without its text, four bytes a point, blue first.
    """

    shown: Flags
    hidden: dict[str, list[int]]
    bare: Pixels


def look(page: pdfium.PdfPage, objects: PageObjects, characters: Characters, frame: Frame) -> Visibility:
    """Compare what the page says with what it shows."""
    return _Looking(page, objects, characters, frame).result()


@dataclass(slots=True)
class _Hidden:
    """The hidden characters found so far; the first reason counts."""

    flags: Flags
    reasons: dict[str, list[int]] = field(default_factory=dict)

    def add(self, reason: str, flags: Flags) -> None:
        fresh = np.flatnonzero(flags & ~self.flags)
        if fresh.size:
            self.reasons.setdefault(reason, []).extend(fresh.tolist())
            self.flags |= flags


class _Looking:
    def __init__(self, page: pdfium.PdfPage, objects: PageObjects, characters: Characters, frame: Frame) -> None:
        self._page = page
        self._objects = objects
        self._frame = frame
        self._characters = characters
        self._drawn: Flags = characters.placed & (characters.objects != 0) & ~characters.spaces
        self._boxes = frame.boxes(characters.rectangles)
        self._addresses, owners = np.unique(characters.objects, return_inverse=True)
        self._owners: NDArray[np.intp] = owners.reshape(-1)
        self._scale = min(_SCALE, (_PIXELS / max(frame.width * frame.height, 1.0)) ** 0.5)

    def result(self) -> Visibility:
        drawn = self._drawn
        hidden = _Hidden(np.zeros(len(drawn), dtype=bool))
        bare = self._render(without=self._objects.texts)
        if not drawn.any():
            return Visibility(~hidden.flags, {}, bare)
        hidden.add(OUTSIDE, drawn & self._outside())
        hidden.add(TINY, drawn & self._tiny())
        colours, modes = self._colours()
        inked = self._inked(self._render(), bare)
        pale = self._pale(bare, colours)
        doubtful = drawn & ((pale & inked) | self._crowded())
        if doubtful.any():
            self._look_apart(doubtful, bare, inked, pale, colours)
        missing = drawn & ~self._smoothed(inked & ~pale)
        nothing = drawn & np.isin(modes, _NOTHING)
        if missing.any() or nothing.any():
            missing &= pale | nothing | ~self._undrawable(missing)
            unseen = (missing | nothing) & ~self._written_below(missing | nothing, bare)
            hidden.add(LAYER, unseen & self._layered(unseen))
            hidden.add(INVISIBLE, unseen & nothing)
            hidden.add(TRANSPARENT, unseen & (colours[:, 3] < _CONTRAST))
            hidden.add(COLOUR, unseen & pale)
            hidden.add(COVERED, unseen)
        return Visibility(~hidden.flags, hidden.reasons, bare)

    def _render(self, without: Collection[int] = ()) -> Pixels:
        with _switched_off(without):
            bitmap = self._page.render(scale=self._scale, draw_annots=False, may_draw_forms=False, prefer_bgrx=True)
        try:
            return np.array(bitmap.to_numpy())
        finally:
            bitmap.close()

    def _outside(self) -> Flags:
        middle = (self._boxes[:, :2] + self._boxes[:, 2:]) / 2
        inside = (middle >= 0) & (middle <= (self._frame.width, self._frame.height))
        return np.asarray(~inside.all(axis=1))

    def _tiny(self) -> Flags:
        """Smaller than can be read, unless the page as a whole is."""
        limit = _SMALL * _LINE * min(1.0, max(self._frame.width, self._frame.height) / _NARROW)
        small: Flags = (self._boxes[:, 2:] - self._boxes[:, :2]).max(axis=1) < limit
        return small if small[self._drawn].mean() < 0.5 else np.zeros_like(small)

    def _colours(self) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Of each character: blue, green, red and opacity (NaN where it is no plain colour); and its mode."""
        colours = np.full((len(self._addresses), 4), np.nan)
        modes = np.zeros(len(self._addresses), dtype=np.intp)
        values = (c_uint * 4)()
        start = ctypes.addressof(values)
        for number, address in enumerate(self._addresses.tolist()):
            if address:
                modes[number] = mode = _mode(address)
                colour = _line if mode in _LINES else _fill
                if colour(address, start + 8, start + 4, start, start + 12):
                    colours[number] = values
        return colours[self._owners], modes[self._owners]

    def _grid(self, points: Sequence[tuple[float, float]], pixels: Pixels) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of the points at these shares of each box, one line a character."""
        across, down = np.array(points).T
        x0, y0, x1, y1 = (self._boxes * (pixels.shape[1] / self._frame.width)).T[:, :, np.newaxis]
        # A place that no page reaches must not overflow.
        columns = np.clip(np.nan_to_num(x0 + (x1 - x0) * across), 0, pixels.shape[1] - 1)
        rows = np.clip(np.nan_to_num(y0 + (y1 - y0) * down), 0, pixels.shape[0] - 1)
        return rows.astype(np.intp), columns.astype(np.intp)

    def _inked(self, full: Pixels, bare: Pixels) -> Flags:
        """Where the text makes any difference."""
        changed = full.view(np.uint32)[:, :, 0] != bare.view(np.uint32)[:, :, 0]
        sums = np.zeros((changed.shape[0], changed.shape[1] + 1), dtype=np.uint16)  # no page has more columns
        np.cumsum(changed, axis=1, out=sums[:, 1:], dtype=np.uint16)
        shares = [(index + 0.5) / _ROWS for index in range(_ROWS)]
        rows, starts = self._grid([(0.0, share) for share in shares], full)
        _, ends = self._grid([(1.0, share) for share in shares], full)
        return np.asarray((sums[rows, ends + 1] > sums[rows, starts]).any(axis=1))

    def _pale(self, bare: Pixels, colours: NDArray[np.float64]) -> Flags:
        """Of a colour that cannot be told from what is behind it."""
        rows, columns = self._grid(_POINTS, bare)
        known = ~np.isnan(colours[:, 3])
        own = np.where(known[:, np.newaxis], colours, 0).astype(np.int16)
        away = np.abs(bare[rows, columns, :3].astype(np.int16) - own[:, np.newaxis, :3]).max(axis=2)
        faint = away * (own[:, 3:] / np.float32(255)) < _CONTRAST
        return np.asarray((faint.sum(axis=1) > len(_POINTS) - _ENOUGH_POINTS) & known & self._drawn)

    def _cells(self) -> NDArray[np.int64]:
        """The place of each character, as one number."""
        middle = np.clip(np.nan_to_num((self._boxes[:, :2] + self._boxes[:, 2:]) / 2), -1e6, 1e6)
        cells = np.floor(middle / _SAME_PLACE).astype(np.int64)
        return np.asarray(cells[:, 0] * (1 << 24) + cells[:, 1])

    def _crowded(self) -> Flags:
        """Letters that stand on other letters of another object; the same letter again makes it bold."""
        cells = self._cells()
        codes = np.array(self._characters.codes, dtype=np.int64)
        _, group = np.unique(cells, return_inverse=True)
        group = group.reshape(-1)
        first = np.full(int(group.max()) + 1, -1, dtype=np.intp)
        first[group[self._drawn]] = np.flatnonzero(self._drawn)
        other = first[group]
        apart = (self._owners[other] != self._owners) & (codes[other] != codes) & self._drawn
        crowded = np.zeros(len(first), dtype=bool)
        crowded[group[apart]] = True
        return np.asarray(crowded[group] & self._drawn)

    def _look_apart(
        self, doubtful: Flags, bare: Pixels, inked: Flags, pale: Flags, colours: NDArray[np.float64]
    ) -> None:
        """Draw the doubtful objects without the others, those that stand on each other one after the other: the ink found
        may be that of others. Corrects ``inked`` and ``pale``."""
        cells: dict[int, set[int]] = {}
        for owner, cell in zip(self._owners[doubtful].tolist(), self._cells()[doubtful].tolist(), strict=True):
            cells.setdefault(owner, set()).add(cell)
        taken: list[set[int]] = [set() for _ in range(_STACKED)]
        sheets: list[list[int]] = [[] for _ in range(_STACKED)]
        for owner, places in cells.items():
            for sheet, used in zip(sheets, taken, strict=True):
                if not places & used:
                    sheet.append(owner)
                    used |= places
                    break
        for sheet in filter(None, sheets):
            kept = set(self._addresses[sheet].tolist())
            alone = self._render(without=[address for address in self._objects.texts if address not in kept])
            mine = self._drawn & np.isin(self._owners, sheet)
            inked[mine] = self._inked(alone, bare)[mine]
            for index in np.flatnonzero(mine & pale).tolist():
                # Seen all the same on its own colour: what is written as its colour is not what its font draws.
                before = self._part(bare, self._boxes[index]).astype(np.int16)
                after = self._part(alone, self._boxes[index])
                same = np.abs(before - colours[index, :3]).max(axis=2) < _CONTRAST
                pale[index] = not (same & (np.abs(before - after).max(axis=2) >= _CONTRAST)).any()

    def _part(self, pixels: Pixels, box: Sequence[float], around: float = 0.0) -> Pixels:
        """A place on the page and so much around it, as a share of its height."""
        scale = pixels.shape[1] / self._frame.width
        more = around * (box[3] - box[1])
        x0, y0, x1, y1 = (
            max(0, min(int(value * scale), 1 << 20))
            for value in (box[0] - more, box[1] - more, box[2] + more, box[3] + more)
        )
        return pixels[y0 : y1 + 1, x0 : x1 + 1, :3]

    def _smoothed(self, seen: Flags) -> Flags:
        """The same for all letters of a run, and for the marks between them, which are too thin to be found by themselves."""
        text = "".join(map(chr, self._characters.codes))
        solid = self._drawn & np.array(list(map(str.isalnum, text)), dtype=bool)
        runs = self._runs()
        result = seen.copy()
        shares = []
        for groups in (runs, self._owners):
            size = int(groups.max()) + 1
            letters = np.bincount(groups, solid, size)
            with np.errstate(invalid="ignore", divide="ignore"):
                shares.append((np.bincount(groups, solid & seen, size) / letters)[groups])
        share = np.where(np.isnan(shares[0]), shares[1], shares[0])
        result[share >= _MOST] = True
        # What is cut off at an edge begins before it.
        begins = np.zeros(int(runs.max()) + 1, dtype=bool)
        first = np.unique(runs[solid], return_index=True)
        begins[first[0]] = seen[solid][first[1]]
        result[(share <= _FEW) & ~begins[runs]] = False
        result[~solid & (share > _FEW)] = True
        result[np.isnan(share)] = True
        return result

    def _runs(self) -> NDArray[np.intp]:
        """Numbers of the runs of letters without white space that one object draws."""
        breaks = np.ones(len(self._drawn), dtype=np.intp)
        breaks[1:] = (self._owners[1:] != self._owners[:-1]) | ~self._drawn[1:] | ~self._drawn[:-1]
        return np.cumsum(breaks) - 1

    def _undrawable(self, missing: Flags) -> Flags:
        """Letters of fonts that are not in the file and not on this machine: drawing says nothing about them."""
        known: dict[tuple[int, int], bool] = {}
        result = np.zeros_like(missing)
        for index in np.flatnonzero(missing).tolist():
            key = int(self._owners[index]), self._characters.codes[index]
            if key not in known:
                known[key] = not _has_outline(int(self._characters.objects[index]), key[1])
            result[index] = known[key]
        return result

    def _written_below(self, unseen: Flags, bare: Pixels) -> Flags:
        """Letters under or over a picture of themselves: the text layer of a scan."""
        scan = covered(self._objects, self._frame) > SCAN
        if not unseen.any():
            return unseen
        runs = self._runs()
        written = np.zeros(int(runs.max()) + 1, dtype=bool)
        numbers, starts = np.unique(runs[unseen], return_index=True)
        indices = np.flatnonzero(unseen)
        for number, first, last in zip(numbers, starts, [*starts[1:], len(indices)], strict=True):
            boxes = self._boxes[indices[first:last]]
            part = self._part(bare, (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)), around=_BESIDE)
            written[number] = part.size > 0 and int((part.max(axis=(0, 1)) - part.min(axis=(0, 1))).max()) >= INK
        below = unseen & written[runs]
        return below if scan or below[self._drawn].mean() >= _ALL else np.zeros_like(below)

    def _layered(self, unseen: Flags) -> Flags:
        owners = np.unique(self._owners[unseen])
        return np.isin(self._owners, [o for o in owners.tolist() if "OC" in _marks(int(self._addresses[o]))])


@contextlib.contextmanager
def _switched_off(addresses: Collection[int]) -> Iterator[None]:
    for address in addresses:
        _set_active(address, 0)
    try:
        yield
    finally:
        for address in addresses:
            _set_active(address, 1)


def _has_outline(address: int, code: int) -> bool:
    """Whether there is something to draw for a letter, or at least a font in the file that should know."""
    font = _font(address)
    if not font or _embedded(font) == 1:
        return True
    path = _outline(font, code, 10.0)
    return bool(path and _count_segments(path) > 0)


def _marks(address: int) -> list[str]:
    """Names of the marked content that an object belongs to."""
    names: list[str] = []
    buffer = ctypes.create_string_buffer(64)
    length = c_ulong()
    for number in range(_count_marks(address) if address else 0):
        mark = _mark(address, number)
        if mark and _mark_name(mark, ctypes.addressof(buffer), 64, ctypes.addressof(length)) and 2 < length.value <= 64:
            names.append(buffer.raw[: length.value - 2].decode("utf-16-le", "replace"))
    return names


def covered(objects: PageObjects, frame: Frame) -> float:
    """The share of the page that its pictures cover."""
    area = 0.0
    if objects.pictures:
        boxes = frame.boxes(np.array([picture.rectangle for picture in objects.pictures], dtype=np.float64))
        x = np.clip(boxes[:, [0, 2]], 0, frame.width)
        y = np.clip(boxes[:, [1, 3]], 0, frame.height)
        area = float(((x[:, 1] - x[:, 0]) * (y[:, 1] - y[:, 0])).sum())
    return area / max(frame.width * frame.height, 1.0)
