from __future__ import annotations

import io
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from tests.documents.make_pdf import written

from stillroom.documents.document import Document, Span
from stillroom.documents.formats import pdf as pdf_format
from stillroom.documents.read_file import find_source, read_source
from stillroom.documents.source import Source, digest
from stillroom.errors import DocumentError

Make = Callable[..., bytes]


def read(name: str, data: bytes | str) -> Document:
    return read_source(Source(name, data.encode() if isinstance(data, str) else data))


def text(name: str, data: bytes | str) -> str:
    document = read(name, data)
    return "\n".join(page.text for page in document.pages)


def test_pdf_label_and_value_stand_on_one_line(pdf: Make) -> None:
    document = read(
        "a.pdf", pdf([(50, 700, "Invoice number:"), (50, 685, "Total:"), (400, 700, "INV-7"), (400, 685, "12.00")])
    )
    page = document.pages[0]
    assert page.text == "Invoice number:  INV-7\nTotal:  12.00"
    assert (page.width, page.height) == (600, 800)
    assert page.boxes is not None
    assert len(page.boxes) == len(page.text)
    start = page.text.index("12.00")
    (box,) = document.boxes(Span(1, start, start + 5))
    assert 399 < box.x0 < 401
    assert 420 < box.x1 < 430
    assert box.y0 < 800 - 685 < box.y1 < 800 - 680


def test_pdf_boxes_follow_the_rotation_of_the_page() -> None:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(600, 800))
    for rotation in (0, 90, 180, 270):
        canvas.setPageRotation(rotation)
        canvas.drawString(100, 300, "Total 12.00")
        canvas.showPage()
    canvas.save()
    upright, right, down, left = read("a.pdf", target.getvalue()).pages
    assert {page.text for page in (upright, right, down, left)} == {"Total 12.00"}
    for page in (upright, right, down, left):
        boxes = [box for box in page.boxes or () if box]
        assert all(0 <= box.x0 < box.x1 <= page.width and 0 <= box.y0 < box.y1 <= page.height for box in boxes)
    # A page that is turned by a quarter shows text that runs down; turned by half, from right to left.
    first, last = (right.boxes or ())[0], (right.boxes or ())[-1]
    assert first is not None
    assert last is not None
    assert last.y0 > first.y1
    assert abs(last.x0 - first.x0) < 0.1
    first, last = (down.boxes or ())[0], (down.boxes or ())[-1]
    assert first is not None
    assert last is not None
    assert last.x1 < first.x0


def test_pdf_text_that_runs_up_or_across_does_not_tear_the_lines(pdf: Make) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.saveState()
        canvas.translate(300, 650)
        canvas.rotate(90)
        canvas.drawString(0, 0, "margin note")
        canvas.restoreState()
        for row in range(5):
            canvas.drawString(50, 700 - 14 * row, f"Label {row}")
            canvas.drawString(400, 700 - 14 * row, f"value {row}")
        canvas.saveState()
        canvas.translate(200, 600)
        canvas.rotate(45)
        canvas.drawString(0, 0, "DRAFT copy")
        canvas.restoreState()

    assert text("a.pdf", pdf(draw)).split("\n") == [
        *(f"Label {row}  value {row}" for row in range(5)),
        "",
        "margin note",
        "",
        "DRAFT copy",
    ]


def test_what_was_typed_into_a_pdf_form_is_read(pdf: Make) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(50, 700, "Name:")
        canvas.acroForm.textfield(name="n", value="Tidewater Inc.", x=200, y=695, width=200, height=18)

    assert text("a.pdf", pdf(draw)) == "Name:  Tidewater Inc."


def test_blank_pages_are_said_to_be_blank_and_pictures_to_be_unread(pdf: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def drawing(canvas: Canvas) -> None:
        canvas.circle(300, 400, 100, fill=1)

    data = pdf([(50, 700, "one")], [], [], [(50, 700, "four")], drawing)
    monkeypatch.setattr(pdf_format, "available", lambda: False)
    document = read("a.pdf", data)
    assert ([page.number for page in document.pages], document.page_count) == ([1, 2, 3, 4], 5)
    assert document.notes[0] == "Pages 2–3 are blank."
    assert document.notes[1].startswith("Page 5 is a picture and was not read.")


def test_a_blank_pdf_is_said_to_be_blank(pdf: Make) -> None:
    with pytest.raises(DocumentError, match="are blank"):
        read("a.pdf", pdf([], []))


def test_text_drawn_twice_to_look_bold_is_read_once(pdf: Make) -> None:
    assert (
        text("a.pdf", pdf([(50, 700, "Total 12.00"), (50, 700, "Total 12.00"), (50.3, 700, "Total 12.00")]))
        == "Total 12.00"
    )


def test_text_outside_of_the_page_is_not_on_it(pdf: Make) -> None:
    assert text("a.pdf", pdf([(50, 700, "seen"), (700, 700, "beside"), (50, -40, "below")])) == "seen"


@pytest.mark.parametrize(("limit", "value"), [("PAGES", 2), ("LOCATED_CHARACTERS", 10)])
def test_pages_past_a_limit_are_said_to_be_unread(
    pdf: Make, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(pdf_format, limit, value)
    document = read("a.pdf", pdf(*[[(50, 700, f"pg {n}")] for n in range(5)]))
    assert ([page.number for page in document.pages], document.page_count) == ([1, 2], 5)
    assert len(document.notes) == 1


def test_a_ligature_has_a_box_for_each_letter() -> None:
    from stillroom.documents.formats.pdf_frame import Frame
    from stillroom.documents.formats.pdf_words import WordBuilder

    builder = WordBuilder(0, Frame((0, 0, 600, 800), 0), lambda _: (0.0, 702.0))
    builder.add(0xFB03, (0, 90, 9, 100), (0, 90, 9, 100), 0)
    builder.add(ord("x"), (9, 90, 12, 100), (9, 90, 12, 100), 1)
    builder.end_word()
    (word,) = builder.words
    assert word.text == "ffix"
    assert [(round(box.x0), round(box.x1)) for box in word.boxes] == [(0, 3), (3, 6), (6, 9), (9, 12)]
    assert all(a.x1 <= b.x0 + 0.01 for a, b in pairwise(word.boxes))


lines = st.lists(
    st.tuples(st.integers(0, 550), st.integers(0, 790), st.text("abcXYZ 0123.,-€äß", min_size=1, max_size=20)),
    min_size=1,
    max_size=15,
)


@given(lines)
@settings(deadline=None, max_examples=20)
def test_every_character_of_a_pdf_has_a_box_or_was_added(items: list[tuple[float, float, str]]) -> None:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(600, 800))
    for x, y, item in items:
        canvas.drawString(x, y, item)
    canvas.showPage()
    canvas.save()
    try:
        pages = read("a.pdf", target.getvalue()).pages
    except DocumentError:
        assert not "".join(item for *_, item in items).strip()
        return
    page = pages[0]
    assert page.boxes is not None
    assert len(page.boxes) == len(page.text)
    assert all(character in " \n" for character, box in zip(page.text, page.boxes, strict=True) if box is None)


def with_files(data: bytes, **files: bytes) -> bytes:
    """The PDF with files attached to it."""
    document = pdfium.PdfDocument(data)
    for name, content in files.items():
        document.new_attachment(name).set_data(content)
    target = io.BytesIO()
    document.save(target)
    document.close()
    return target.getvalue()


def test_files_attached_to_a_pdf_are_further_documents(pdf: Make) -> None:
    inner = with_files(pdf([(50, 700, "Invoice B")]), **{"list.csv": b"item;price\npen;2.50\n"})
    data = with_files(
        pdf([(50, 700, "Covering letter")]), **{"b.pdf": inner, "c.txt": b"Terms of payment", "d.bin": b"\0\1\2" * 50}
    )
    document = read("a.pdf", data)
    assert [found.name for found in document.walk()] == [
        "a.pdf",
        "a.pdf › b.pdf",
        "a.pdf › b.pdf › list.csv",
        "a.pdf › c.txt",
    ]
    assert [found.pages[0].text for found in document.walk()][::3] == ["Covering letter", "Terms of payment"]
    assert "“d.bin” was not read" in document.notes[0]


def test_an_attached_file_can_be_found_again(pdf: Make, tmp_path: Path) -> None:
    inner = pdf([(50, 700, "Invoice B")])
    path = tmp_path / "a.pdf"
    path.write_bytes(with_files(pdf([(50, 700, "Covering letter")]), **{"b.pdf": inner}))
    assert find_source(path, None, digest(inner)).data == inner


def test_a_pdf_without_text_of_its_own_gives_what_is_attached(pdf: Make) -> None:
    document = read("a.pdf", with_files(pdf([]), **{"b.pdf": pdf([(50, 700, "Invoice B")])}))
    assert document.attachments[0].pages[0].text == "Invoice B"
    assert document.notes == ("Page 1 is blank.",)


def picture_of(*rows: str) -> ImageReader:
    image = Image.new("RGB", (1200, 120 * len(rows) + 40), "white")
    for number, row in enumerate(rows):
        ImageDraw.Draw(image).text((40, 30 + 120 * number), row, fill="black", font_size=60)
    return ImageReader(image)


def test_text_in_a_picture_on_a_page_that_has_text_is_recognised(pdf: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(50, 750, "Below you find our invoice as a picture from the till.")
        canvas.drawImage(picture_of("Invoice GL-100", "Total 1050.00"), 50, 500, 300, 70)
        canvas.drawString(50, 400, "Payable within thirty days")

    document = read("a.pdf", pdf(draw))
    lines = [line for line in document.pages[0].text.split("\n") if line]
    assert lines[0].startswith("Below you find")
    assert lines[1:3] == ["Invoice GL-100", "Total 1050.00"]
    assert lines[3] == "Payable within thirty days"
    assert "pictures with text, which was recognised" in document.notes[0]
    start = document.pages[0].text.index("1050.00")
    (box,) = document.boxes(Span(1, start, start + 7))
    assert 80 < box.x0 < box.x1 < 350
    assert 230 < box.y0 < box.y1 < 300
    monkeypatch.setattr(pdf_format, "available", lambda: False)
    assert "text in them was not read" in read("a.pdf", pdf(draw)).notes[0]


def test_a_scan_under_a_long_stamp_is_recognised(pdf: Make) -> None:
    rows = [f"Row {number} of the scan" for number in range(8)]

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(picture_of(*rows), 0, 100, 600, 500)
        for number in range(4):
            canvas.drawString(50, 780 - 14 * number, "Received by the registry of the court on the third of April 2025")

    document = read("a.pdf", pdf(draw))
    assert document.pages[0].text.startswith("Received by the registry")
    assert "Row 7 of the scan" in document.pages[0].text


def test_a_text_layer_without_meaning_is_recognised_instead() -> None:
    rows = ["Green Leaf Limited", "Invoice number 100", "Total due in April is 1050.00"]
    shift = "\n".join(f"<{code:02X}> <{code + 3:04X}>" for code in range(32, 123))
    cmap = (
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"91 beginbfchar\n{shift}\nendbfchar endcmap"
    )
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode 7 0 R>>"
    content = "".join(f"BT /F2 16 Tf 50 {700 - 30 * n} Td ({row}) Tj ET\n" for n, row in enumerate(rows))
    document = read(
        "a.pdf", written(content, font, f"<</Length {len(cmap)}>>\nstream\n{cmap}\nendstream", fonts="/F2 6 0 R")
    )
    assert [line for line in document.pages[0].text.split("\n") if line] == rows
    assert "does not say what it shows" in document.notes[0]


@pytest.mark.parametrize("needed", ["", "/NeedsRendering true"])
def test_an_xfa_form_without_pages_says_what_to_do(needed: str) -> None:
    content = "BT /F1 12 Tf 50 700 Td (Please wait... You can upgrade to the latest version of Adobe Reader) Tj ET"
    data = "<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'></xdp:xdp>"
    form = f"/AcroForm<</Fields[]/XFA 6 0 R>>{needed}"
    with pytest.raises(DocumentError, match="XFA form"):
        read("a.pdf", written(content, f"<</Length {len(data)}>>\nstream\n{data}\nendstream", catalog=form))


@pytest.mark.parametrize("turned", [0, 90])
def test_boxes_that_are_ticked(pdf: Make, turned: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(turned)
        for place, (word, checked) in enumerate((("USD", False), ("GBP", True))):
            canvas.acroForm.checkbox(name=word, x=60 + 100 * place, y=600, checked=checked)
            canvas.drawString(90 + 100 * place, 605, word)
        for value, y in (("a", 500), ("b", 450)):
            canvas.acroForm.radio(name="r", value=value, selected=value == "b", x=60, y=y)
            canvas.drawString(90, y + 5, f"way {value}")

    text = " ".join(read("a.pdf", pdf(draw)).pages[0].text.split())
    if turned:
        assert sorted(re.findall("[☐☒]", text)) == ["☐", "☐", "☒", "☒"]
    else:
        assert text == "☐ USD ☒ GBP ☐ way a ☒ way b"


def test_a_page_that_is_made_when_it_is_opened_is_no_document() -> None:
    content = (
        "BT /F1 12 Tf 50 700 Td (Please wait. If this is not replaced, your viewer cannot show the document.) Tj ET"
    )
    data = "<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'></xdp:xdp>"
    stream = f"<</Length {len(data)}>>\nstream\n{data}\nendstream"
    with pytest.raises(DocumentError, match="XFA form"):
        read("a.pdf", written(content, stream, catalog="/AcroForm<</Fields[]/XFA 6 0 R>>/NeedsRendering true"))
    assert read("a.pdf", written(content, stream, catalog="/AcroForm<</Fields[]/XFA 6 0 R>>")).pages[0].text


def test_a_scan_in_letters_that_are_not_known_says_so(pdf: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillroom.documents.ocr.recognition.MISSED", -1.0)  # as if all were strange
    document = read("a.pdf", pdf(lambda canvas: canvas.drawImage(picture_of("Total 120.40"), 0, 500, 600, 100)))
    assert document.notes[0].startswith("Parts of the text on page 1 were not recognised, or not rightly: letters")


def test_comments_that_the_page_does_not_show_are_said(pdf: Make) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(50, 700, "Invoice 12")
        canvas.textAnnotation("Pay 1,050.00 instead", Rect=(50, 640, 60, 650))

    document = read("a.pdf", pdf(draw))
    assert document.pages[0].text == "Invoice 12"
    assert document.notes == ("Page 1 has comments beside the text (“Pay 1,050.00 instead”): they were not read.",)
