"""One page of a PDF: its words, what is hidden, and its pictures that nobody has read yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from stillroom.documents.document import Box
from stillroom.documents.formats.pdf_boxes import Tick
from stillroom.documents.formats.pdf_characters import BIDI_CONTROLS, Characters
from stillroom.documents.formats.pdf_frame import Frame
from stillroom.documents.formats.pdf_labels import without_labels
from stillroom.documents.formats.pdf_objects import page_objects
from stillroom.documents.formats.pdf_struck import without_struck
from stillroom.documents.formats.pdf_visibility import INK, SCAN, covered, look
from stillroom.documents.formats.pdf_words import read_words
from stillroom.documents.lines import Word

_STAMP = 150
"""A text layer of fewer characters on a page that is a picture is what a scanner adds: a header, its maker's name."""
_PICTURE = 0.03
"""Pictures that cover less of the page are signets and ornaments."""
_SIDE = 40.0
"""In points; pictures with a shorter side hold no text worth reading."""
_UNREAD = 0.6
"""A picture of which more than this share of the ink has no text over it was not read."""
_INKED = 0.002
_BESIDE = 2.0


@dataclass(frozen=True, slots=True)
class HiddenText:
    """Text that the page does not show, and why."""

    reason: str
    text: str


class PageText:
    """What a page says and what it shows.

    Attributes:
        frame: its coordinates.
        blocks: its words, one list for each direction of text.
        lost: whether its text means nothing.
        hidden: what it says and does not show.
        struck: what has a line drawn through it; it is not among the words.
        turned: whether there are marks in it that turn text which is typed.
        relabelled: text of the file that stands for other letters on the page.
    """

    def __init__(
        self, page: pdfium.PdfPage, number: int, struck: Sequence[tuple[float, float, float, float]] = ()
    ) -> None:
        """``struck``: lines of remarks that strike text out, in the coordinates of the file."""
        self.frame = Frame(page.get_bbox(), page.get_rotation())
        self._objects = page_objects(page)
        self.relabelled = without_labels(page, number, self._objects)
        characters = Characters(page)
        try:
            seen = look(page, self._objects, characters, self.frame)
            words = read_words(characters, self.frame, seen.shown)
            self.blocks, self.struck = without_struck(words, self._objects, self.frame, seen.bare, struck)
            self.lost = not words and bool((seen.shown & characters.placed & ~characters.spaces).any())
        finally:
            characters.close()
        self.turned = any(code in BIDI_CONTROLS for code in characters.codes)
        self.hidden = [
            HiddenText(reason, text)
            for reason, indices in seen.hidden.items()
            if any(map(str.isalnum, text := _text(characters, indices)))
        ]
        self._bare = seen.bare

    def tick(self, ticks: Sequence[Tick]) -> None:
        """Set the signs of boxes to tick among the words."""
        main = self.frame.quarters
        if not ticks or not self.blocks:
            return
        rectangles = np.array([place for _, place in ticks], dtype=np.float64)
        shown, level = self.frame.boxes(rectangles).tolist(), self.frame.boxes(rectangles, main).tolist()
        size = median(word.size for words in self.blocks for word in words)
        for (sign, _), box, (x0, y0, x1, y1) in zip(ticks, shown, level, strict=True):
            self.blocks[0].append(Word(sign, [Box(*box)], x0, x1, (y0 + y1) / 2 + 0.35 * size, size))

    @property
    def is_blank(self) -> bool:
        """Whether the page shows nothing at all."""
        pixels = self._bare[:, :, :3]
        return int(pixels.max()) - int(pixels.min()) < INK

    def is_scan(self, letters: int) -> bool:
        """Whether it is the picture of a page, on which the text layer holds next to nothing; or nothing that can be read."""
        return not letters or (letters < _STAMP and covered(self._objects, self.frame) > SCAN)

    def unread_pictures(self) -> list[Box]:
        """Pictures that may hold text which the page's own text does not have."""
        if not self._objects.pictures:
            return []
        frame = self.frame
        boxes = frame.boxes(np.array([picture.rectangle for picture in self._objects.pictures], dtype=np.float64))
        boxes = np.clip(boxes, 0, (frame.width, frame.height, frame.width, frame.height))
        sides = boxes[:, 2:] - boxes[:, :2]
        large = (sides.min(axis=1) >= _SIDE) & (sides.prod(axis=1) >= _PICTURE * frame.width * frame.height)
        if not large.any():
            return []
        free = self._free()
        return [Box(*box) for box in _apart(boxes[large].tolist()) if self._is_unread(Box(*box), free)]

    def _free(self) -> NDArray[np.bool_]:
        """Points of the page that have no text over them."""
        free = np.ones(self._bare.shape[:2], dtype=bool)
        scale = self._bare.shape[1] / self.frame.width
        for word in (word for words in self.blocks for word in words):
            x0 = min(box.x0 for box in word.boxes) - _BESIDE
            x1 = max(box.x1 for box in word.boxes) + _BESIDE
            y0 = min(box.y0 for box in word.boxes) - _BESIDE
            y1 = max(box.y1 for box in word.boxes) + _BESIDE
            free[max(int(y0 * scale), 0) : int(y1 * scale) + 1, max(int(x0 * scale), 0) : int(x1 * scale) + 1] = False
        return free

    def _is_unread(self, box: Box, free: NDArray[np.bool_]) -> bool:
        scale = self._bare.shape[1] / self.frame.width
        x0, y0, x1, y1 = (int(value * scale) for value in box)
        part = self._bare[y0:y1, x0:x1, :3].astype(np.int16).mean(axis=2)
        if not part.size:
            return False
        ink = np.abs(part - np.median(part)) > 2 * INK
        inked = int(ink.sum())
        return inked > _INKED * part.size and int((ink & free[y0:y1, x0:x1]).sum()) > _UNREAD * inked


def _text(characters: Characters, indices: list[int]) -> str:
    """Characters with the white space that stands between them."""
    parts: list[str] = []
    before = -1
    for index in sorted(indices):
        if parts and index != before + 1:
            parts.append(" ")
        parts.append(chr(characters.codes[index]))
        before = index
    return " ".join("".join(parts).split())


def _apart(boxes: list[list[float]]) -> list[list[float]]:
    """Rectangles that overlap or touch (the strips of one scan), put together."""
    found: list[list[float]] = []
    for box in boxes:
        merged = list(box)
        rest: list[list[float]] = []
        for other in found:
            if (
                other[0] <= merged[2] + 1
                and merged[0] <= other[2] + 1
                and other[1] <= merged[3] + 1
                and merged[1] <= other[3] + 1
            ):
                merged = [*map(min, merged[:2], other[:2]), *map(max, merged[2:], other[2:])]
            else:
                rest.append(other)
        found = [*rest, merged]
    return found
