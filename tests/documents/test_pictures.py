"""Pictures and scanned pages through text recognition."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rapidocr")

from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from tests.documents.make_office import paragraph, word
from tests.documents.make_pictures import RECEIPT_TEXT, draw, encoded

from stillroom.documents.document import Document, Page, Span
from stillroom.documents.formats import picture as picture_format
from stillroom.documents.ocr import models, recognition
from stillroom.documents.ocr.line import Character, Line
from stillroom.documents.read_file import read_source
from stillroom.documents.reader_pool import ReaderPool
from stillroom.documents.source import Effort, Source
from stillroom.errors import DocumentError

Make = Callable[..., bytes]


def read(data: bytes, name: str = "scan.png", effort: Effort | None = None) -> Document:
    return read_source(Source(name, data, effort=effort or Effort()))


def lines(page: Page) -> tuple[str, ...]:
    return tuple(line for line in page.text.split("\n") if line)


def refusal(data: bytes, name: str = "scan.png") -> str:
    with pytest.raises(DocumentError) as caught:
        read(data, name)
    assert caught.value.message.endswith(".")
    return caught.value.message


def place(document: Document, words: str, page: int = 1) -> tuple[int, int, int, int]:
    """The box of some words, in whole units."""
    start = document.page(page).text.index(words)
    (box,) = document.boxes(Span(page, start, start + len(words)))
    return round(box.x0), round(box.y0), round(box.x1), round(box.y1)


def near(found: tuple[int, ...], wanted: tuple[int, ...], by: float) -> bool:
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


# ------------------------------------------------------------------------------------------------------------- pictures


def test_what_is_hard_to_read_is_less_sure_than_the_rest_of_its_page() -> None:
    picture = draw()
    smudged = picture.crop((425, 246, 500, 280)).resize((14, 7)).resize((75, 34))
    picture.paste(smudged, (425, 246))
    (page,) = read(encoded(picture)).pages
    start = page.text.index("Total:")
    rest, smudge = page.legibility(0, start), page.legibility(start + len("Total:"), len(page.text))
    assert smudge < 0.95 < rest


def test_label_and_value_stand_on_one_line_with_their_boxes() -> None:
    document = read(encoded(draw()))
    page = document.pages[0]
    assert (document.kind, document.page_count, page.width, page.height) == ("png", 1, 640, 320)
    assert lines(page) == RECEIPT_TEXT
    assert page.ocr_confidence is not None
    assert 0.9 < page.ocr_confidence <= 1
    assert page.boxes is not None
    assert len(page.boxes) == len(page.text)
    assert near(place(document, "INV-20417"), (430, 96, 548, 114), 8)
    assert near(place(document, "417"), (507, 96, 548, 114), 10)
    assert near(place(document, "24.75"), (430, 256, 494, 274), 8)


def test_boxes_to_tick_are_read_as_signs() -> None:
    words = [
        (40, 40, "APPLICATION FORM"),
        (40, 100, "US citizen:"),
        (290, 100, "Yes"),
        (430, 100, "No"),
        (40, 160, "Code:"),
        (255, 160, "M A X"),
    ]
    picture = draw(words)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((255, 104, 275, 124), outline="black", width=2)
    pen.rectangle((395, 104, 415, 124), outline="black", width=2)
    pen.line((399, 108, 411, 120), fill="black", width=2)
    pen.line((399, 120, 411, 108), fill="black", width=2)
    for number in range(3):  # to write one letter in, each
        pen.rectangle((251 + 24 * number, 158, 275 + 24 * number, 186), outline="black", width=1)
    text = read(encoded(picture)).pages[0].text
    assert "US citizen:  ☐ Yes  ☒ No" in text
    assert text.count("☐") + text.count("☒") + text.count("■") == 2


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [("JPEG", "L", {"quality": 70}), ("WEBP", "RGB", {}), ("BMP", "RGB", {}), ("TIFF", "1", {"compression": "group4"})],
)
def test_formats(kind: str, mode: str, options: dict[str, object]) -> None:
    document = read(encoded(draw(mode=mode), kind, **options), "scan.dat")
    assert document.kind == kind.lower()
    assert lines(document.pages[0]) == RECEIPT_TEXT


def test_transparent_and_deep_pictures() -> None:
    ink = draw(mode="L").point(lambda value: 255 - value)
    clear = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    clear.putalpha(ink)
    assert lines(read(encoded(clear)).pages[0]) == RECEIPT_TEXT
    deep = draw(mode="I").point(lambda value: value * 200)
    assert lines(read(encoded(deep.convert("I;16"))).pages[0]) == RECEIPT_TEXT


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_picture_that_is_turned(degrees: int) -> None:
    picture = draw().rotate(degrees, expand=True)
    document = read(encoded(picture))
    page = document.pages[0]
    assert (page.width, page.height) == picture.size
    assert lines(page) == RECEIPT_TEXT
    x0, y0, x1, y1 = 430, 256, 494, 274
    wanted = {
        90: (y0, 640 - x1, y1, 640 - x0),
        180: (640 - x1, 320 - y1, 640 - x0, 320 - y0),
        270: (320 - y1, x0, 320 - y0, x1),
    }
    assert near(place(document, "24.75"), wanted[degrees], 9)


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_photograph_that_says_how_it_was_taken(orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    turned = draw().rotate({3: 180, 6: 90}[orientation], expand=True)
    document = read(encoded(turned, "JPEG", exif=exif.tobytes(), quality=90), "photo.jpg")
    page = document.pages[0]
    assert (page.width, page.height) == (640, 320)
    assert lines(page) == RECEIPT_TEXT
    assert near(place(document, "24.75"), (430, 256, 494, 274), 9)


@pytest.mark.parametrize("degrees", [3, -3])
def test_a_picture_that_is_askew(degrees: int) -> None:
    picture = draw(size=(640, 340)).rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    document = read(encoded(picture))
    assert lines(document.pages[0]) == RECEIPT_TEXT
    x0, y0, x1, y1 = place(document, "24.75")
    assert 50 < x1 - x0 < 90
    assert 15 < y1 - y0 < 45


def test_a_tiff_of_several_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = draw([(50, 50, "First page")], (300, 120)), draw([(50, 50, "Second page")], (300, 120))
    data = encoded(first, "TIFF", save_all=True, append_images=[second], compression="tiff_lzw")
    beats: list[int] = []
    document = read(data, "scan.tif", Effort(progress=lambda: beats.append(1)))
    assert [(page.number, page.text) for page in document.pages] == [(1, "First page"), (2, "Second page")]
    assert len(beats) >= 4
    document = read(data, "scan.tif", Effort(pages=1))
    assert ([page.number for page in document.pages], document.page_count) == ([1], 2)
    assert "page 2 and later were not read" in document.notes[0]
    monkeypatch.setattr(picture_format, "SIDE", 250)
    assert "too much" in refusal(data)


def test_a_large_picture_is_read_smaller_and_its_boxes_are_those_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from stillroom.documents.formats import picture as module

    monkeypatch.setattr(module, "WORKING_PIXELS", 220_000)
    large = draw().resize((1920, 960))
    for data in (encoded(large), encoded(large, "JPEG", quality=90)):
        document = read(data)
        assert (document.pages[0].width, document.pages[0].height) == (1920, 960)
        assert lines(document.pages[0]) == RECEIPT_TEXT
        assert near(place(document, "24.75"), (1290, 768, 1482, 822), 27)


# ------------------------------------------------------------------------------------------------------------- bad ones


def test_a_picture_without_text() -> None:
    assert "No text was found" in refusal(encoded(Image.new("RGB", (400, 300), "white")))
    assert "No text was found" in refusal(encoded(Image.new("L", (1, 1))))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF"])
def test_truncated_and_damaged_pictures(kind: str) -> None:
    data = encoded(draw(size=(200, 100)), kind)
    for share in (0.02, 0.5, 0.9):
        assert "picture is damaged" in refusal(data[: max(int(len(data) * share), 30)])
    assert "picture is damaged" in refusal(data[:20] + bytes(300))


def test_bombs() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1 << 20))) + chunk(b"IEND", b"")
    assert "50,000 × 50,000 pixels" in refusal(data)
    wide = bytearray(encoded(draw(size=(200, 100)), "BMP"))
    wide[18:22] = struct.pack("<I", 2_000_000)
    assert "pixels" in refusal(bytes(wide))


def test_without_the_ocr_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", lambda _: None)
    message = refusal(encoded(draw()))
    assert "is a picture" in message
    assert "OCR part" in message
    assert "stillroom[ocr]" in message
    assert "scan" in refusal(scanned_pdf())
    document = read(scanned_pdf("Typed page"), "a.pdf")
    assert [page.number for page in document.pages] == [1]
    assert "Page 2 is a picture" in document.notes[0]
    assert "stillroom[ocr]" in document.notes[0]


def test_nothing_is_ever_fetched(tmp_path: Path) -> None:
    """Every way to the network is closed, and the folder of the models is not written to."""
    (tmp_path / "scan.png").write_bytes(encoded(draw([(40, 40, "Hello")], (240, 120))))
    program = (
        "import socket, sys\n"
        "def closed(*_): raise SystemExit('a connection was tried')\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = closed\n"
        "from pathlib import Path\n"
        "from stillroom.documents.ocr.models import _folder\n"
        "from stillroom.documents.read_file import read_file\n"
        "before = sorted(path.name for path in _folder().iterdir())\n"
        "print(read_file(Path(sys.argv[1])).pages[0].text)\n"
        "assert before == sorted(path.name for path in _folder().iterdir())\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "scan.png")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "Hello"), done.stderr


# ------------------------------------------------------------------------------------------------------------- PDF


def scanned_pdf(*typed: str, rotation: int = 0) -> bytes:
    """Pages of type, then one that is a picture of the receipt, half as large in points as in pixels."""
    target = io.BytesIO()
    # reportlab exchanges width and height of a page that is turned
    canvas = Canvas(target, pagesize=(160, 320) if rotation else (320, 160))
    for text in typed:
        canvas.drawString(20, 100, text)
        canvas.showPage()
    canvas.setPageRotation(rotation)
    canvas.drawImage(ImageReader(draw()), 0, 0, 320, 160)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def test_a_pdf_of_type_and_pictures() -> None:
    document = read(scanned_pdf("A page that was typed."), "a.pdf")
    typed, scan = document.pages
    assert (typed.text, typed.ocr_confidence) == ("A page that was typed.", None)
    assert lines(scan) == RECEIPT_TEXT
    assert scan.ocr_confidence is not None
    assert (scan.number, scan.width, scan.height) == (2, 320, 160)
    assert near(place(document, "24.75", 2), (215, 128, 247, 137), 5)
    assert document.notes == ("Page 2 is a picture; its text was recognised (OCR).",)


def test_a_scan_on_a_page_that_is_turned() -> None:
    document = read(scanned_pdf(rotation=90), "a.pdf")
    page = document.pages[0]
    assert (page.width, page.height) == (160, 320)
    assert lines(page) == RECEIPT_TEXT
    assert near(place(document, "24.75"), (160 - 137, 215, 160 - 128, 247), 5)


def test_a_scan_with_the_stamp_of_its_scanner(pdf: Make) -> None:
    def stamped(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(draw()), 0, 400, 600, 300)
        canvas.drawImage(ImageReader(Image.new("RGB", (9, 9), "white")), 0, 0, 600, 400)
        canvas.drawString(400, 20, "Scanned by NoScan")

    def decorated(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("RGB", (9, 9), (250, 250, 240))), 0, 0, 600, 800)
        canvas.drawString(100, 500, "A cover on coloured paper")

    document = read(pdf(stamped, decorated), "a.pdf")
    assert "Invoice number:  INV-20417" in document.pages[0].text
    assert "Scanned by NoScan" in document.pages[0].text
    assert (document.pages[1].text, document.pages[1].ocr_confidence) == ("A cover on coloured paper", None)


def test_only_so_many_pages_of_a_file_are_recognised() -> None:
    document = read(scanned_pdf("Typed"), "a.pdf", Effort(pages=0))
    assert [page.number for page in document.pages] == [1]
    assert "Page 2 has no text layer and was not read" in document.notes[0]


# ------------------------------------------------------------------------------------------------------------- the process


def test_the_reader_process_recognises_within_its_memory(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(scanned_pdf("Typed"))
    with ReaderPool() as readers:
        assert lines(readers.read(tmp_path / "scan.pdf").pages[1]) == RECEIPT_TEXT


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")
def test_a_picture_that_needs_too_much_memory_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(encoded(draw(size=(2400, 2000))))
    (tmp_path / "a.txt").write_text("small")
    with ReaderPool(memory_bytes=700 << 20) as readers:
        with pytest.raises(DocumentError, match="memory"):
            readers.read(tmp_path / "large.png")
        assert readers.read(tmp_path / "a.txt").pages[0].text == "small"


def test_pictures_inside_of_documents_are_pages_behind_the_text() -> None:
    picture = encoded(draw())
    body = (
        paragraph("Our invoice is below.")
        + "<w:p><w:r><w:drawing><a:blip r:embed='p'/><a:blip r:embed='p'/></w:drawing></w:r></w:p>"
    )
    data = word(body, {"word/media/image1.png": picture}, {"p": ("image", "media/image1.png")})
    document = read(data, "a.docx")
    assert [page.number for page in document.pages] == [1, 2]
    assert document.page_count == 2
    assert lines(document.pages[1]) == RECEIPT_TEXT
    assert document.pages[1].boxes is not None
    assert document.notes == ("Page 2 is a picture in the file; its text was recognised (OCR).",)


def test_avif() -> None:
    document = read(encoded(draw(), "AVIF"), "photo.avif")
    assert document.kind == "avif"
    assert lines(document.pages[0]) == RECEIPT_TEXT


def test_letters_that_are_not_known_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "MISSED", -1.0)
    assert "letters of a script" in " ".join(read(encoded(draw())).notes)


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("AΣINO ΦYO TIMOΛOIO", True),
        ("Πράσινο Φύλλο", True),
        ("Счёт на оплату", True),
        ("Total 12.50 µm Ω", False),
        ("Łódź Größe 株式会社 みどり", False),
    ],
)
def test_words_in_letters_that_only_formulas_hold_are_said(text: str, strange: bool) -> None:
    characters = [
        Character(letter, 0.0, 0.1, 0.99, number) for number, word in enumerate(text.split()) for letter in word
    ]
    line = Line(np.zeros((4, 2), dtype=np.float32), 0, characters)
    assert recognition.Lines([line]).strange is strange
