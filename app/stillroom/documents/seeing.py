"""Pictures as they are shown to a model and to a person: checked, upright, in colours, not larger than need be."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillroom.codec import from_child
from stillroom.errors import DocumentError

if TYPE_CHECKING:
    from stillroom.documents.source import Source

_LARGEST_BYTES = 16 << 20
_LARGEST_SIDE = 16_384
MOST_PAGES = 5000
"""Of one file that are shown."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was unpacked and packed again here, so that nothing of the file it comes from is left but its pixels.

    Attributes:
        data: PNG, 8 bits of red, green and blue. width, height: pixels.
        sha256: of ``data``.
        note: a sentence about what of the file is not shown; else empty.
    """

    width: int
    height: int
    data: bytes = field(repr=False, compare=False)
    sha256: str = ""
    note: str = field(default="", compare=False)

    @property
    def base64(self) -> str:
        return base64.b64encode(self.data).decode("ascii")


@dataclass(frozen=True, slots=True)
class PageSizes:
    """What there is to see of a file.

    Attributes:
        kind: ``pdf`` or ``picture``; empty where the file has no pages to look at, only text.
        sizes: width and height of each page, in the unit of the boxes of its text.
    """

    kind: str
    sizes: tuple[tuple[float, float], ...] = ()


def sizes_to_json(sizes: PageSizes) -> dict[str, Any]:
    return {"kind": sizes.kind, "sizes": [[round(width, 2), round(height, 2)] for width, height in sizes.sizes]}


def sizes_from_json(data: dict[str, Any]) -> PageSizes:
    """Raises ValueError where it is none."""
    found = from_child(PageSizes, data)
    if len(found.sizes) > MOST_PAGES or not all(0 < side < 1e6 for size in found.sizes for side in size):
        raise ValueError("sizes")
    return found


def picture_of(path: Path, side: int) -> Picture:
    """The (first) picture of a file, its longer side at most ``side`` pixels. Raises DocumentError."""
    from stillroom.documents.source import load  # in the reader only: formats bring their parsers with them

    source = load(path)
    if not source.data:
        raise DocumentError("The file is empty (0 bytes). Perhaps its download or copy did not finish.")
    return _packed(source, side)


def _packed(source: Source, side: int) -> Picture:
    from stillroom.documents.formats import PICTURES
    from stillroom.documents.formats.picture import upright
    from stillroom.documents.sniff import sniff

    if sniff(source) not in PICTURES:
        raise DocumentError("The file is no picture. Attach a PNG, JPEG, WebP, TIFF, BMP or GIF file.")
    shown, pages = upright(source, side)
    packed = io.BytesIO()
    shown.convert("RGB").save(packed, "PNG", compress_level=6)
    data = packed.getvalue()
    note = f"The file has {pages} pages; only the first is shown to the model." if pages > 1 else ""
    return Picture(shown.width, shown.height, data, hashlib.sha256(data).hexdigest(), note)


def picture_to_json(picture: Picture) -> dict[str, Any]:
    return {"width": picture.width, "height": picture.height, "png": picture.base64, "note": picture.note}


@dataclass(frozen=True, slots=True)
class _SaidPicture:
    """A picture as a reader says it; ``png``: in base64."""

    width: int
    height: int
    png: bytes
    note: str


def picture_from_json(data: dict[str, Any]) -> Picture:
    """Raises ValueError where it is none."""
    said = from_child(_SaidPicture, data)
    if not 0 < max(said.width, said.height) <= _LARGEST_SIDE:
        raise ValueError("size")
    if not said.png.startswith(b"\x89PNG\r\n\x1a\n") or len(said.png) > _LARGEST_BYTES:
        raise ValueError("no PNG")
    return Picture(said.width, said.height, said.png, hashlib.sha256(said.png).hexdigest(), said.note)
