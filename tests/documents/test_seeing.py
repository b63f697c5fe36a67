"""Pictures for a model that sees: checked in the reader, upright, not too large, nothing of the file but its pixels."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from stillroom.documents.reader_pool import ReaderPool
from stillroom.documents.seeing import picture_from_json
from stillroom.errors import DocumentError


@pytest.fixture
def readers() -> Iterator[ReaderPool]:
    with ReaderPool() as running:
        yield running


def test_a_picture_is_made_smaller_upright_and_plain(readers: ReaderPool, tmp_path: Path) -> None:
    photo = Image.new("RGB", (900, 300), "white")
    photo.paste(Image.new("RGB", (300, 300), "red"), (0, 0))  # at the left
    exif = Image.Exif()
    exif[274] = 6  # to be turned to the right
    exif[0x010F] = "A camera with a serial number"
    photo.save(tmp_path / "photo.jpg", exif=exif)
    found = readers.picture(tmp_path / "photo.jpg", 150)
    assert (found.width, found.height) == (50, 150)
    shown = Image.open(io.BytesIO(found.data))
    assert (shown.format, shown.mode, shown.info) == ("PNG", "RGB", {})
    red = shown.getpixel((25, 10))
    assert red[0] > 200 > 60 > red[1], "what was at the left is above"
    assert b"serial" not in found.data
    assert readers.picture(tmp_path / "photo.jpg", 150) == found


def test_see_through_and_several_pages(readers: ReaderPool, tmp_path: Path) -> None:
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(tmp_path / "glass.png")
    glass = Image.open(io.BytesIO(readers.picture(tmp_path / "glass.png", 100).data))
    assert glass.getpixel((5, 5)) == (255, 255, 255)
    pages = [Image.new("L", (20, 20), shade) for shade in (0, 255)]
    pages[0].save(tmp_path / "two.tiff", save_all=True, append_images=pages[1:])
    found = readers.picture(tmp_path / "two.tiff", 100)
    assert "2 pages; only the first" in found.note


def test_what_is_no_picture_or_a_bomb_is_a_sentence(readers: ReaderPool, tmp_path: Path) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    bomb += chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    good = io.BytesIO()
    Image.new("RGB", (50, 50)).save(good, "PNG")
    for name, data, sentence in (
        ("bomb.png", bomb, "too much to be read"),
        ("torn.png", good.getvalue()[:60], "damaged"),
        ("empty.png", b"", "empty"),
        ("text.png", b"Only text in here.", "no picture"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DocumentError, match=sentence):
            readers.picture(tmp_path / name, 100)
    with pytest.raises(DocumentError):
        readers.picture(tmp_path / "gone.png", 100)


def test_what_a_reader_says_is_not_trusted() -> None:
    good = {"width": 1, "height": 1, "png": "iVBORw0KGgo=", "note": ""}
    assert picture_from_json(good).width == 1
    for change in ({"width": 0, "height": 0}, {"width": "1"}, {"png": "R0lGODlh"}, {"png": "!"}, {"height": 10**6}):
        with pytest.raises((ValueError, TypeError)):
            picture_from_json(good | change)
