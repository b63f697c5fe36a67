"""Draws pictures of documents, with a typeface that comes with Pillow."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

RECEIPT = (
    (60, 40, "COPPER KETTLE LTD"),
    (60, 90, "Invoice number:"),
    (430, 90, "INV-20417"),
    (60, 130, "Date:"),
    (430, 130, "14/03/2025"),
    (60, 170, "Enamel milk pan"),
    (430, 170, "18.50"),
    (60, 210, "Linen tea towel"),
    (430, 210, "6.25"),
    (60, 250, "Total:"),
    (430, 250, "24.75"),
)
RECEIPT_TEXT = (
    "COPPER KETTLE LTD",
    "Invoice number:  INV-20417",
    "Date:  14/03/2025",
    "Enamel milk pan  18.50",
    "Linen tea towel  6.25",
    "Total:  24.75",
)


def draw(
    texts: Sequence[tuple[float, float, str]] = RECEIPT, size: tuple[int, int] = (640, 320), mode: str = "RGB"
) -> Image.Image:
    """Texts in black on white, each with its upper left corner."""
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=24)
    for x, y, text in texts:
        pen.text((x, y), text, fill="black", font=font)
    return picture.convert(mode)


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The file of a picture."""
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()
