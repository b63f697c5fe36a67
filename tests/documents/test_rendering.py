"""Pages as pictures: of the right size, within bounds, of attachments too, and with a sentence where there is none."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from stillroom.documents.reader_pool import ReaderPool
from stillroom.documents.seeing import Picture, sizes_from_json
from stillroom.documents.source import digest
from stillroom.errors import DocumentError, PasswordNeeded


@pytest.fixture
def readers() -> Iterator[ReaderPool]:
    with ReaderPool() as made:
        yield made


def pdf(path: Path, *, pages: int = 2, encrypt: str | None = None) -> Path:
    canvas = Canvas(str(path), pagesize=(200, 400), encrypt=encrypt)
    for number in range(pages):
        canvas.setFillColorRGB(0, 0, 1)
        canvas.rect(0, 300, 100, 100, fill=1, stroke=0)  # the upper left
        canvas.drawString(20, 20, f"page {number + 1}")
        canvas.showPage()
    canvas.save()
    if not encrypt:
        with contextlib.closing(pypdfium2.PdfDocument(path.read_bytes())) as document:
            if pages > 1:
                document[1].set_rotation(90)
            document.save(path)
    return path


def pixels(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data)).convert("RGB")


def test_a_page_of_a_pdf_has_its_size_and_its_place(readers: ReaderPool, tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf")
    sizes = readers.page_sizes(file, "")
    assert (sizes.kind, sizes.sizes) == ("pdf", ((200, 400), (400, 200)))
    document = readers.read(file)
    assert [(page.width, page.height) for page in document.pages] == list(sizes.sizes)
    shown = readers.render(file, document.sha256, 1, 300)
    assert (shown.width, shown.height) == (300, 600)
    assert pixels(shown).getpixel((75, 75)) == (0, 0, 255)
    assert pixels(shown).getpixel((225, 75)) == (255, 255, 255)
    turned = readers.render(file, document.sha256, 2, 400)
    assert (turned.width, turned.height) == (400, 200)
    assert pixels(turned).getpixel((350, 50)) == (0, 0, 255), "turned as the file says"


def test_a_picture_of_several_pages_is_upright(readers: ReaderPool, tmp_path: Path) -> None:
    file = tmp_path / "a.tiff"
    pages = [Image.new("RGB", (300, 100), colour) for colour in ("red", "green")]
    pages[0].save(file, save_all=True, append_images=pages[1:])
    assert readers.page_sizes(file, "").sizes == ((300, 100), (300, 100))
    assert pixels(readers.render(file, "", 2, 150)).getpixel((5, 5)) == (0, 128, 0)
    assert readers.render(file, "", 2, 150).width == 150
    photo = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[274] = 6  # turned by a quarter
    pages[0].save(photo, exif=exif)
    assert readers.page_sizes(photo, "").sizes == ((100, 300),)
    shown = readers.render(photo, "", 1, 100)
    assert (shown.width, shown.height) == (100, 300)


def test_no_picture_is_larger_than_a_screen_needs(readers: ReaderPool, tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", pages=1)
    shown = readers.render(file, "", 1, 1_000_000)
    assert 4_000_000 < shown.width * shown.height <= 5_010_000


def test_what_is_attached_is_found_by_its_digest(readers: ReaderPool, tmp_path: Path) -> None:
    content = pdf(tmp_path / "a.pdf").read_bytes()
    inner = EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("see the file")
    inner.add_attachment(content, maintype="application", subtype="pdf", filename="a.pdf")
    outer = EmailMessage()
    outer["Subject"] = "outer"
    outer.set_content("forwarded")
    outer.add_attachment(inner)
    file = tmp_path / "m.eml"
    file.write_bytes(outer.as_bytes())
    assert readers.page_sizes(file, digest(content)).kind == "pdf"
    assert readers.render(file, digest(content), 1, 100).width == 100
    assert readers.page_sizes(file, digest(file.read_bytes())).kind == ""


def test_what_cannot_be_shown_is_said(readers: ReaderPool, tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf")
    sha256 = readers.read(file).sha256
    with pytest.raises(DocumentError, match="not in the file any more"):
        readers.render(file, sha256, 3, 100)
    file.write_bytes(pdf(tmp_path / "b.pdf", pages=1).read_bytes())
    with pytest.raises(DocumentError, match="was changed since"):
        readers.render(file, sha256, 1, 100)
    text = tmp_path / "a.txt"
    text.write_text("words")
    assert readers.page_sizes(text, "").kind == ""
    with pytest.raises(DocumentError, match="only text"):
        readers.render(text, "", 1, 100)
    locked = pdf(tmp_path / "c.pdf", encrypt="secret")
    with pytest.raises(PasswordNeeded):
        readers.page_sizes(locked, "")
    assert readers.render(locked, "", 1, 100, password="secret").width == 100
    file.write_bytes(b"%PDF-1.4 nonsense")
    with pytest.raises(DocumentError):
        readers.page_sizes(file, "")


def test_sizes_that_are_none_are_refused() -> None:
    for sizes in ([[0, 1]], [["x", 1]], [[1, 2, 3]], [[1, float("nan")]], [[1, 1]] * 5001):
        with pytest.raises((TypeError, ValueError)):
            sizes_from_json({"kind": "pdf", "sizes": sizes})
