"""PDF pages that are pictures: drawn with pdfium and recognised."""

from __future__ import annotations

from collections.abc import Callable

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from stillroom.documents.document import Page
from stillroom.documents.formats.pdf_words import Frame

_DOTS_PER_INCH = 200
_STAMP = 150
"""A text layer of fewer characters on a page that is a picture is what a scanner adds: a header, its maker's name."""
_COVERED = 0.6
"""A picture that covers more of its page is a scan of it."""


def is_scan(page: pdfium.PdfPage, characters: int) -> bool:
    """Whether the page is the picture of a page, on which the text layer holds next to nothing."""
    if characters >= _STAMP:
        return False
    width, height = page.get_size()
    area = 0.0
    for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = found.get_bounds()
        area += max(min(right, width) - max(left, 0), 0) * max(min(top, height) - max(bottom, 0), 0)
    return bool(area > _COVERED * width * height)


def read_scan(page: pdfium.PdfPage, number: int, frame: Frame, progress: Callable[[], None]) -> Page:
    """What is recognised on the page as it is shown; boxes in points. Empty where nothing is.

    Raises DocumentError where the OCR part is missing.
    """
    # Late: a PDF with text needs none of this.
    import numpy as np

    from stillroom.documents.ocr.layout import page_of
    from stillroom.documents.ocr.recognition import WORKING_PIXELS, recognise

    scale = _DOTS_PER_INCH / 72
    scale = min(scale, (WORKING_PIXELS / max(frame.width * frame.height, 1)) ** 0.5)
    bitmap = page.render(scale=scale, draw_annots=True, rev_byteorder=False, prefer_bgrx=False)
    try:
        pixels = bitmap.to_numpy()
        if pixels.ndim == 2:
            pixels = pixels[:, :, np.newaxis]
        picture = np.ascontiguousarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3])
    finally:
        bitmap.close()
    unit = frame.width / picture.shape[1]
    return page_of(recognise(picture, progress), number, frame.width, frame.height, unit)
