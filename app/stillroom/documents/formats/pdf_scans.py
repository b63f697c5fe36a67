"""Pages of a PDF that are pictures, and pictures on its pages: drawn with pdfium and recognised."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from stillroom.documents.document import Box, Page
from stillroom.documents.formats.pdf_frame import Frame
from stillroom.documents.lines import Word
from stillroom.documents.source import Effort

if TYPE_CHECKING:
    from stillroom.documents.ocr.line import Line
    from stillroom.documents.ocr.recognition import Lines

_DOTS_PER_INCH = 200
_LETTERS = 3
"""A picture in which fewer are recognised is an ornament."""


class Scanner:
    """A recogniser of text on the pages of one file. What is drawn on many pages, a letterhead, is recognised once.

    Attributes:
        strange: numbers of the pages with text that was not recognised: of a script that is not known, or too faint.
    """

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self.strange: list[int] = []
        self._known: dict[bytes, Lines] = {}

    def read_page(self, page: pdfium.PdfPage, number: int, frame: Frame) -> Page:
        """What is recognised on the page as it is shown; boxes in points. Empty where nothing is.

        Raises DocumentError where the OCR part is missing.
        """
        # Late: a PDF with text needs none of this.
        from stillroom.documents.ocr.layout import page_of
        from stillroom.documents.ocr.recognition import recognise

        picture = self._drawn(page, frame)
        unit = frame.width / picture.shape[1]
        lines = recognise(picture, self._effort.progress)
        if lines.strange:
            self.strange.append(number)
        return page_of(lines, number, frame.width, frame.height, unit)

    def read_pictures(
        self, page: pdfium.PdfPage, number: int, frame: Frame, places: Sequence[Box]
    ) -> tuple[list[Word] | None, float | None]:
        """The words that are recognised at these places of the page, with boxes in points, and the mean confidence; None for
        the words where no more pictures of the file may be recognised. Raises DocumentError."""
        from stillroom.documents.ocr.layout import words_of
        from stillroom.documents.ocr.recognition import recognise

        drawn = self._drawn(page, frame)
        unit = frame.width / drawn.shape[1]
        lines: list[Line] = []
        for place in places:
            x0, y0, x1, y1 = (max(int(value / unit), 0) for value in place)
            part = np.ascontiguousarray(drawn[y0:y1, x0:x1])
            if not part.size:
                continue
            key = hashlib.blake2b(part.tobytes() + bytes(str(part.shape), "ascii")).digest()
            if key not in self._known:
                if not self._effort.take_page():
                    return None, None
                self._known[key] = recognise(part, self._effort.progress, legible=True)
            lines.extend(line.moved(x0, y0) for line in self._known[key])
            if self._known[key].strange and number not in self.strange:
                self.strange.append(number)
        seen = [character.confidence for line in lines for character in line.characters]
        if sum(character.text.isalnum() for line in lines for character in line.characters) < _LETTERS:
            return [], None
        words = [word for block in words_of(lines, frame.width, frame.height, unit) for word in block]
        return words, round(sum(seen) / len(seen), 4)

    def read_words(self, pictures: Sequence[NDArray[np.uint8]]) -> list[list[tuple[str, float]]]:
        """The letters of pictures of single words, and how sure each is. Raises DocumentError."""
        from stillroom.documents.ocr.recognition import read_words

        found = read_words(pictures, self._effort.progress)
        return [[(character.text, character.confidence) for character in word] for word in found]

    def _drawn(self, page: pdfium.PdfPage, frame: Frame) -> NDArray[np.uint8]:
        from stillroom.documents.ocr.recognition import WORKING_PIXELS

        scale = min(_DOTS_PER_INCH / 72, (WORKING_PIXELS / max(frame.width * frame.height, 1)) ** 0.5)
        bitmap = page.render(scale=scale, draw_annots=True, rev_byteorder=False, prefer_bgrx=False)
        try:
            pixels = bitmap.to_numpy()
            if pixels.ndim == 2:
                pixels = pixels[:, :, np.newaxis]
            return np.ascontiguousarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3])
        finally:
            bitmap.close()
