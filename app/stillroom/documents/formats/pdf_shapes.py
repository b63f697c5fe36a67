"""The shapes of letters on a PDF page: which of them look like the letter that the file says they are.

What a font draws and what its table says it means are two things, and nothing in a file proves that they agree. The shapes of the
common styles of letter, drawn by pdfium itself, are near enough to nearly all fonts to tell a 1 from a 9; what is nearer to another
letter than to its own is a reason to look, no verdict.
"""

from __future__ import annotations

import string
from functools import cache

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from stillroom.documents.formats.pdf_characters import Characters
from stillroom.documents.formats.pdf_frame import Frame

SCALE = 3.0
"""Points of the drawing for one of the page: a digit of 8 points has 17 rows."""
_PIXELS = 12_000_000
LETTERS = string.digits + string.ascii_letters
"""What is compared."""
_NUMBERS = np.zeros(128, dtype=np.intp)
_NUMBERS[np.frombuffer(LETTERS.encode("ascii"), dtype=np.uint8)] = np.arange(len(LETTERS))
_ALIKE = (*("0OoQD", "1lI|ijtfr", "5Ss", "8B", "2Zz", "6Gb", "9gq", "cC", "kK", "mM", "pP", "uU", "vVyY", "wW", "xX"),)
"""Letters that are told apart by their size or hardly at all."""
_DIGITS_NEARER, _LETTERS_NEARER = 1.1, 2.0
"""A shape is doubtful where another letter is nearer by this ratio. Of the digits of ad orders and invoices 3 and 0.4 in a hundred
are, of digits set down as others 97 and 99; of letters 2 and 0.1, of others 79 and 86."""
_FAR = 9.0
_ROWS, _COLUMNS = 32, 24
_DOWN = ((np.arange(_ROWS) + 0.5) / _ROWS)[:, np.newaxis]
_ACROSS = ((np.arange(_COLUMNS) + 0.5) / _COLUMNS)[:, np.newaxis]
_AT_ONCE, _COMPARED = 128, 256
_GRID_ROWS, _GRID_COLUMNS = 12, 10
_INK = 0.4
_CONTRAST = 40
_BAR = 24
_PROPORTION = 0.25
"""What the proportion of a letter counts for beside its shape."""
_FONTS = (
    *("Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Times-Roman", "Times-Bold", "Times-Italic"),
    *("Courier", "Courier-Bold"),
)
_STEP, _LINE, _SIZE = 20, 30, 16

Shapes = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def drawn(page: pdfium.PdfPage, frame: Frame) -> tuple[Pixels, float]:
    """The page in grey, and points of the drawing for one of the page."""
    scale = min(SCALE, (_PIXELS / max(frame.width * frame.height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True, draw_annots=False, may_draw_forms=False)
    try:
        return np.array(bitmap.to_numpy()).reshape(bitmap.height, -1)[:, : bitmap.width], scale
    finally:
        bitmap.close()


def alike(letter: str) -> frozenset[str]:
    """The letters that this one may be taken for, itself among them."""
    return _families()[letter]


def shapes(pixels: Pixels, boxes: NDArray[np.float64]) -> tuple[Shapes, NDArray[np.bool_], NDArray[np.float64]]:
    """A line of numbers for each box of the drawing (x0, y0, x1, y1 in its points): what is drawn there, whatever its size;
    whether there is anything; and how high it is, as a share of the box."""
    pixels = np.ascontiguousarray(pixels)
    # So many fit into the processor's own memory.
    parts = [_shapes(pixels, boxes[first : first + _AT_ONCE]) for first in range(0, max(len(boxes), 1), _AT_ONCE)]
    found, inked, heights = zip(*parts, strict=True)
    return np.concatenate(found), np.concatenate(inked), np.concatenate(heights)


def _shapes(pixels: Pixels, boxes: NDArray[np.float64]) -> tuple[Shapes, NDArray[np.bool_], NDArray[np.float64]]:
    # The letters are the last axis, which numpy runs along: a field of 32 by 24 is too little for it.
    x0, y0, x1, y1 = boxes.T
    rows = np.clip(y0 + (y1 - y0) * _DOWN, 0, pixels.shape[0] - 1).astype(np.intp)
    columns = np.clip(x0 + (x1 - x0) * _ACROSS, 0, pixels.shape[1] - 1).astype(np.intp)
    grey = pixels.ravel().take((rows * pixels.shape[1])[:, np.newaxis] + columns)
    ground = np.full(len(boxes), 255, dtype=np.float32)
    # Of most letters more than half is white paper.
    other = np.flatnonzero((grey == 255).sum(axis=(0, 1), dtype=np.uint16) <= _ROWS * _COLUMNS // 2)
    if other.size:
        ground[other] = np.median(grey[:, :, other].reshape(_ROWS * _COLUMNS, -1), axis=0)
    ink = np.abs(grey - ground)
    most = ink.max(axis=(0, 1))
    ink /= np.maximum(most, 1)
    ruled = ink > _INK
    under, beside = ruled.all(axis=1), ruled.all(axis=0)
    if under.any():
        ink *= ~under[:, np.newaxis]  # a line under the letter or through it
    if beside.any():
        ink *= ~beside  # or beside it
    inked = ink > _INK
    by_row, by_column = inked.any(axis=1), inked.any(axis=0)
    top, bottom = by_row.argmax(0), _ROWS - by_row[::-1].argmax(0)
    left, right = by_column.argmax(0), _COLUMNS - by_column[::-1].argmax(0)
    grid = _stretched(ink, (top, bottom, left, right))
    grid /= np.maximum(np.linalg.norm(grid, axis=1, keepdims=True), 1e-6)
    width = (right - left) / _COLUMNS * (x1 - x0)
    height = (bottom - top) / _ROWS * (y1 - y0)
    proportion = _PROPORTION * np.log(np.maximum(width, 0.1) / np.maximum(height, 0.1))
    found = np.concatenate([grid, proportion[:, np.newaxis]], axis=1).astype(np.float32)
    return found, (most >= _CONTRAST) & by_row.any(axis=0), (bottom - top) / _ROWS


def bars(pixels: Pixels, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes hold a short level bar in the middle of their height and nothing else: a minus."""
    down, across = (np.arange(_BAR) + 0.5) / _BAR, (np.arange(_BAR) + 0.5) / _BAR
    x0, y0, x1, y1 = boxes.T[:, :, np.newaxis]
    rows = np.clip(y0 + (y1 - y0) * down, 0, pixels.shape[0] - 1).astype(np.intp)
    columns = np.clip(x0 + (x1 - x0) * across, 0, pixels.shape[1] - 1).astype(np.intp)
    parts = pixels[rows[:, :, np.newaxis], columns[:, np.newaxis, :]].astype(np.int16)
    ground = np.median(parts.reshape(len(boxes), -1), axis=1)[:, np.newaxis, np.newaxis]
    inked = np.abs(parts - ground) >= _CONTRAST
    by_row, by_column = inked.any(axis=2), inked.any(axis=1)
    high, wide = by_row.sum(axis=1), by_column.sum(axis=1)
    middle = by_row[:, _BAR // 3 : _BAR * 3 // 4].sum(axis=1) == high
    solid = inked.sum(axis=(1, 2)) >= 0.6 * high * wide
    return np.asarray(
        (high > 0) & (high <= _BAR // 6) & middle & (wide >= _BAR // 5) & ~by_column[:, :2].any(axis=1) & solid
    )


def _stretched(
    ink: NDArray[np.float32],
    edges: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]],
) -> NDArray[np.float32]:
    """The part of each field between its edges, made one size; a line each."""
    top, bottom, left, right = edges
    y, x = _between(top, bottom, _GRID_ROWS, _ROWS), _between(left, right, _GRID_COLUMNS, _COLUMNS)
    row, column = np.minimum(y.astype(np.intp), _ROWS - 2), np.minimum(x.astype(np.intp), _COLUMNS - 2)
    below, beside = (y - row)[:, np.newaxis], x - column
    before, above = 1 - beside, 1 - below
    count = len(top)
    place = (row * (_COLUMNS * count))[:, np.newaxis] + (column * count + np.arange(count))
    flat = ink.ravel()
    upper = flat.take(place) * before + flat[count:].take(place) * beside
    lower = flat[_COLUMNS * count :].take(place) * before + flat[(_COLUMNS + 1) * count :].take(place) * beside
    found = (upper * above + lower * below).astype(np.float32)
    return np.ascontiguousarray(found.reshape(-1, count).T)


def _between(first: NDArray[np.intp], last: NDArray[np.intp], count: int, size: int) -> NDArray[np.float64]:
    shares = ((np.arange(count) + 0.5) / count)[:, np.newaxis]
    places = first + (last - first) * shares - 0.5
    return np.asarray(np.clip(places, 0, size - 1), dtype=np.float64)


class Known:
    """Shapes that are known for the letters they are: those of common fonts, and what was learned of the file."""

    def __init__(self) -> None:
        self._letters, self._shapes = _common()
        # Letters, where each begins among their shapes, these, and their squares.
        self._sorted: tuple[NDArray[np.intp], NDArray[np.intp], Shapes, NDArray[np.float32]] | None = None

    def add(self, letters: str, found: Shapes) -> None:
        """Learn what these letters look like, one line of ``found`` each."""
        self._letters = np.concatenate([self._letters, _numbers(letters)])
        self._shapes = np.concatenate([self._shapes, found])
        self._sorted = None

    def nearness(self, letters: str, found: Shapes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How far each shape is from the letter it is said to be, and from the nearest other one of its kind (digit or letter)."""
        said = _numbers(letters)
        if self._sorted is None:
            order = np.argsort(self._letters, kind="stable")
            there, starts = np.unique(self._letters[order], return_index=True)
            shapes = self._shapes[order]
            self._sorted = there, starts, shapes, (shapes**2).sum(1)[:, np.newaxis]
        there, starts, shapes, lengths = self._sorted
        own, other = np.empty(len(said), dtype=np.float32), np.empty(len(said), dtype=np.float32)
        same, digits = _same()[:, there], there < 10
        for first in range(0, len(said), _COMPARED):
            these = slice(first, first + _COMPARED)
            part, mine = found[these], same[said[these]].T
            apart = ((part**2).sum(1) + lengths) - shapes @ (2 * part).T
            nearest = np.minimum.reduceat(apart, starts, axis=0)  # of each letter
            own[these] = np.where(mine, nearest, _FAR).min(axis=0)
            kind = (said[these] < 10) == digits[:, np.newaxis]
            other[these] = np.where(~mine & kind, nearest, _FAR).min(axis=0)
        return own, other

    def distance(self, letter: str, shape: Shapes) -> float:
        """How far one shape is from a letter."""
        mine = self._shapes[_same()[LETTERS.index(letter)][self._letters]]
        return float(((mine - shape) ** 2).sum(axis=1).min())


def doubt(letters: str, own: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much nearer the shapes are to other letters; over 1 is a reason to look."""
    nearer = np.where(_numbers(letters) < 10, _DIGITS_NEARER, _LETTERS_NEARER)
    return np.asarray(np.maximum(own, 0) / (np.maximum(other, 1e-3) * nearer), dtype=np.float64)


def _numbers(letters: str) -> NDArray[np.intp]:
    return _NUMBERS[np.frombuffer(letters.encode("ascii"), dtype=np.uint8)]


@cache
def _families() -> dict[str, frozenset[str]]:
    return {
        letter: frozenset(letter).union(*(family for family in _ALIKE if letter in family)) & frozenset(LETTERS)
        for letter in LETTERS
    }


@cache
def _same() -> NDArray[np.bool_]:
    return np.array([[other in alike(letter) for other in LETTERS] for letter in LETTERS])


@cache
def _common() -> tuple[NDArray[np.intp], Shapes]:
    """The shapes of the fonts that are in pdfium."""
    lines = "".join(
        f"BT /F{number} {_SIZE} Tf {_STEP} {_LINE * number + 10} Td "
        + " ".join(f"({letter}) Tj {_STEP} 0 Td" for letter in LETTERS)
        + " ET\n"
        for number in range(len(_FONTS))
    )
    width, height = _STEP * (len(LETTERS) + 2), _LINE * len(_FONTS)
    document = pdfium.PdfDocument(_one_page(lines, width, height))
    try:
        page = document[0]
        characters = Characters(page)
        try:
            letters = [chr(code) for code in characters.codes]
            kept = [index for index, letter in enumerate(letters) if letter in LETTERS]
            frame = Frame(page.get_bbox(), 0)
            pixels, scale = drawn(page, frame)
            found, _, _ = shapes(pixels, frame.boxes(characters.rectangles[kept]) * scale)
        finally:
            characters.close()
            page.close()
    finally:
        document.close()
    return _numbers("".join(letters[index] for index in kept)), found


def _one_page(content: str, width: int, height: int) -> bytes:
    """A PDF with this on its page; pdfium finds the objects without a table of their places."""
    fonts = "".join(f"/F{number}<</Type/Font/Subtype/Type1/BaseFont/{name}>>" for number, name in enumerate(_FONTS))
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents 4 0 R/Resources<</Font<<{fonts}>>>>>>",
        f"<</Length {len(content)}>>\nstream\n{content}\nendstream",
    )
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, start=1))
    return f"%PDF-1.7\n{body}trailer<</Size 5/Root 1 0 R>>\n%%EOF".encode("ascii")
