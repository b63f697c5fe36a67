"""Pictures (PNG, JPEG, TIFF of several pages, WebP, BMP, GIF, AVIF, HEIC): what is recognised in them, boxes in pixels."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from stillroom.documents.document import Page
from stillroom.documents.ocr.layout import page_of
from stillroom.documents.ocr.models import check_available
from stillroom.documents.ocr.recognition import WORKING_PIXELS, recognise
from stillroom.documents.source import RECOGNISED_PAGES, Content, Source, ranges, unread
from stillroom.errors import DocumentError

if TYPE_CHECKING:
    from PIL import Image

PIXELS = 150_000_000
"""Of one page; a larger one is refused. A sheet of A0 at 300 dots per inch has 139 million."""
SIDE = 60_000
"""In pixels; the same."""
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "AVIF", "HEIF", "MPO")
_SUBFILE_TYPE, _ORIENTATION = 254, 274
_TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
"""EXIF's orientations and how Pillow calls what undoes them: flips (0, 1), turns (2 to 4) and both (5, 6)."""
ERRORS = (OSError, ValueError, SyntaxError, EOFError, OverflowError, TypeError, KeyError, IndexError, struct.error)
"""What Pillow raises for a damaged picture."""
_DAMAGED = "The picture is damaged or incomplete. Download or copy it again, or save it anew."


NOT_KNOWN = (
    "Parts of the text{where} were not recognised, or not rightly: letters of a script that the text recognition does not know "
    "(it reads Latin, Chinese and Japanese), or too faint or small."
)


class NoTextError(DocumentError):
    """A picture in which nothing was recognised."""


def read(source: Source) -> Content:
    """One page for each page of the picture; of an animation the first. Raises DocumentError."""
    check_available("This is a picture.")
    picture, count = _opened(source)
    pages: list[Page] = []
    broken: list[int] = []
    strange: list[int] = []
    notes: list[str] = []
    refused: DocumentError | None = None
    number = 0
    for frame in range(count):
        try:
            picture.seek(frame)
        except ERRORS:
            number += 1
            broken.append(number)
            continue
        if frame and _is_thumbnail(picture):
            continue
        number += 1
        if not source.effort.take_page():
            notes.append(
                f"At most {RECOGNISED_PAGES} pages of a file are recognised; page {number} and later were not read."
            )
            number += count - frame - 1
            break
        try:
            page, odd = _page(picture, number, source.effort.progress)
            pages.append(page)
            if odd:
                strange.append(number)
        except DocumentError as error:
            if count == 1:
                raise
            refused = error
            notes.append(f"Page {number} was not read. {error.message}")
        except ERRORS as error:
            if count == 1:
                raise DocumentError(_DAMAGED, type(error).__name__) from error
            broken.append(number)
    picture.close()
    if not pages:
        raise refused or DocumentError(_DAMAGED)
    if broken:
        notes.append(unread(broken, "is damaged and was", "are damaged and were"))
    if strange:
        where = (
            ""
            if number == 1
            else f" on page {ranges(strange)}"
            if len(strange) == 1
            else f" on pages {ranges(strange)}"
        )
        notes.append(NOT_KNOWN.format(where=where))
    if not any(page.text for page in pages):
        if strange:
            raise DocumentError(NOT_KNOWN.format(where=""))
        raise NoTextError("No text was found in the picture. If there is some, take a sharper or larger picture of it.")
    return Content(tuple(pages), number, tuple(notes))


def upright(source: Source, side: int, page: int = 1) -> tuple[Image.Image, int]:
    """A page of the picture, from 1, as one looks at it, its longer side at most so long; and the number of pages. Raises DocumentError."""
    picture, count = _opened(source)
    try:
        with picture:
            picture.seek(_frames(picture, count)[page - 1] if page > 1 else 0)
            scale = min(1.0, side / max(picture.size))
            shown, _, _ = _turned(picture, scale)
    except ERRORS as error:
        raise DocumentError(_DAMAGED, type(error).__name__) from error
    return shown, count


def upright_sizes(source: Source, most: int) -> list[tuple[int, int]]:
    """Width and height of the first pages of the picture as one looks at them, in pixels. Raises DocumentError."""
    picture, count = _opened(source)
    sizes = []
    try:
        with picture:
            for frame in _frames(picture, count)[:most]:
                picture.seek(frame)
                width, height = picture.size
                sideways = picture.getexif().get(_ORIENTATION, 1) >= 5
                sizes.append((height, width) if sideways else (width, height))
    except ERRORS as error:
        raise DocumentError(_DAMAGED, type(error).__name__) from error
    return sizes


def _frames(picture: Image.Image, count: int) -> list[int]:
    """The numbers of the frames that are pages, from 0."""
    pages = []
    for frame in range(count):
        try:
            picture.seek(frame)
        except ERRORS:  # a damaged page has its number all the same
            pages.append(frame)
            continue
        if not frame or not _is_thumbnail(picture):
            pages.append(frame)
    return pages


def _opened(source: Source) -> tuple[Image.Image, int]:
    """The picture, not unpacked yet, and its pages. Raises DocumentError."""
    from PIL import Image

    if source.data[4:8] == b"ftyp":  # the library is loaded for such a picture only
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)
    # Pillow's own limit is fixed and its warning comes late; ours is checked before a page is unpacked.
    Image.MAX_IMAGE_PIXELS = None
    try:
        picture = Image.open(io.BytesIO(source.data), formats=_FORMATS)
        return picture, int(getattr(picture, "n_frames", 1)) if picture.format == "TIFF" else 1
    except ERRORS as error:
        raise DocumentError(_DAMAGED, type(error).__name__) from error


def _is_thumbnail(picture: Image.Image) -> bool:
    """Whether this page of a TIFF is a smaller copy of another."""
    tags = getattr(picture, "tag_v2", {})
    return bool(int(tags.get(_SUBFILE_TYPE, 0)) & 1)


def _page(picture: Image.Image, number: int, progress: Callable[[], None]) -> tuple[Page, bool]:
    """The page, and whether some of its text was not recognised, or not rightly."""
    width, height = picture.size
    scale = min(1.0, (WORKING_PIXELS / max(1, width * height)) ** 0.5)
    plain, width, height = _turned(picture, scale)
    pixels = np.ascontiguousarray(np.asarray(plain.convert("RGB"))[:, :, ::-1])
    lines = recognise(pixels, progress)
    return page_of(lines, number, width, height, width / plain.width), lines.strange


def _turned(picture: Image.Image, scale: float) -> tuple[Image.Image, int, int]:
    """The picture smaller by ``scale`` and upright; and the width and height it would have in full size. Raises DocumentError."""
    from PIL import Image

    width, height = picture.size
    if width * height > PIXELS or max(width, height) > SIDE:
        raise DocumentError(
            f"The picture has {width:,} × {height:,} pixels, which is too much to be read. Save it smaller, or cut it into parts."
        )
    if scale < 1:  # a JPEG can be unpacked at a half, a quarter … of its size
        picture.draft(None, (math.ceil(width * scale), math.ceil(height * scale)))
    picture.load()
    if picture.format == "TIFF":  # turned by Pillow while it is unpacked
        width, height = picture.size
    plain = _plain(picture)
    if scale < 1:
        plain = plain.resize((max(round(width * scale), 1), max(round(height * scale), 1)), reducing_gap=2.0)
    method = _TURNS.get(picture.getexif().get(_ORIENTATION, 1))
    if method is not None:
        plain = plain.transpose(Image.Transpose(method))
        if method >= 2:  # all but the flips
            width, height = (width, height) if method == 3 else (height, width)
    return plain, width, height


def _plain(picture: Image.Image) -> Image.Image:
    """The picture in grey or in colours, on white where it is transparent."""
    from PIL import Image

    if picture.mode in ("L", "RGB"):
        return picture
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 or 32 bits a pixel
        values = np.asarray(picture, dtype=np.float32)
        low, high = float(values.min()), float(values.max())
        return Image.fromarray(((values - low) * (255 / max(high - low, 1e-6))).astype(np.uint8))
    if picture.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in picture.info:
        coloured = picture.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        white.alpha_composite(coloured)
        return white.convert("RGB")
    return picture.convert("L" if picture.mode == "1" else "RGB")
