"""What a PDF holds and does not show is read by nobody, and said; what it does show is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw
from reportlab.lib.colors import Color
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from tests.documents.make_pdf import shown, written

from stillroom.documents.document import Document
from stillroom.documents.formats import pdf as pdf_format
from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source

Make = Callable[..., bytes]
LIE = "Total Amount Due 9999.99"
TRUTH = "Total Amount Due 1050.00"


def read(data: bytes) -> Document:
    return read_source(Source("a.pdf", data))


def picture(size: tuple[int, int] = (400, 100), text: str = "") -> ImageReader:
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    if text:
        draw.text((10, 10), text, fill="black", font_size=size[1] // 3)
    return ImageReader(image)


def in_white(canvas: Canvas) -> None:
    canvas.setFillGray(1)
    canvas.drawString(50, 720, LIE)


def nearly_in_white(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.96, 0.97, 0.96)
    canvas.drawString(50, 720, LIE)


def in_white_across_a_line(canvas: Canvas) -> None:
    canvas.line(40, 723, 300, 723)
    canvas.setFillGray(1)
    canvas.drawString(50, 720, LIE)


def in_white_outlines(canvas: Canvas) -> None:
    canvas.setStrokeGray(1)
    text = canvas.beginText(50, 720)
    text.setTextRenderMode(1)
    text.textOut(LIE)
    canvas.drawText(text)


def black_on_black(canvas: Canvas) -> None:
    canvas.rect(40, 710, 300, 30, fill=1)
    canvas.drawString(50, 720, LIE)


def in_one_point(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 1)
    canvas.drawString(50, 720, LIE)


def made_small(canvas: Canvas) -> None:
    canvas.scale(0.1, 0.1)
    canvas.drawString(500, 7200, LIE)


def beside_the_page(canvas: Canvas) -> None:
    canvas.drawString(700, 720, LIE)


def cut_off(canvas: Canvas) -> None:
    path = canvas.beginPath()
    path.rect(300, 300, 50, 50)
    canvas.clipPath(path, stroke=0)
    canvas.drawString(50, 720, LIE)


def under_a_rectangle(canvas: Canvas) -> None:
    canvas.drawString(50, 720, LIE)
    canvas.setFillGray(1)
    canvas.rect(40, 710, 300, 30, fill=1, stroke=1)


def under_a_picture(canvas: Canvas) -> None:
    canvas.drawString(50, 720, LIE)
    canvas.drawImage(picture(), 40, 710, 300, 30)


def transparent(canvas: Canvas) -> None:
    canvas.setFillColor(Color(0, 0, 0, alpha=0.02))
    canvas.drawString(50, 720, LIE)


def invisible(canvas: Canvas) -> None:
    text = canvas.beginText(50, 720)
    text.setTextRenderMode(3)
    text.textOut(LIE)
    canvas.drawText(text)


def below_the_truth(canvas: Canvas) -> None:
    text = canvas.beginText(50, 700)
    text.setTextRenderMode(3)
    text.textOut(LIE)
    canvas.drawText(text)


def in_white_below_the_truth(canvas: Canvas) -> None:
    canvas.setFillGray(1)
    canvas.drawString(50, 700, LIE)


HIDING = [
    (in_white, "in the colour"),
    (nearly_in_white, "in the colour"),
    (in_white_across_a_line, "in the colour"),
    (in_white_outlines, "in the colour"),
    (black_on_black, "in the colour"),
    (in_one_point, "smaller than 3 points"),
    (made_small, "smaller than 3 points"),
    (beside_the_page, "outside of the page"),
    (cut_off, "covered or cut off"),
    (under_a_rectangle, "covered or cut off"),
    (under_a_picture, "covered or cut off"),
    (transparent, "transparent"),
    (invisible, "drawn invisibly"),
    (below_the_truth, "drawn invisibly"),
    (in_white_below_the_truth, "in the colour"),
]


@pytest.mark.parametrize(("hide", "reason"), HIDING, ids=lambda item: getattr(item, "__name__", ""))
def test_what_is_not_shown_is_left_out_and_said(pdf: Make, hide: Callable[[Canvas], None], reason: str) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.saveState()
        hide(canvas)
        canvas.restoreState()
        canvas.drawString(50, 700, TRUTH)
        canvas.drawString(50, 680, "Payable within thirty days")

    document = read(pdf(draw))
    assert document.pages[0].text.split("\n") == [TRUTH, "Payable within thirty days"]
    (note,) = document.notes
    assert reason in note
    assert LIE in note


LAYER = "<</Type/OCG/Name(layer)>>"


@pytest.mark.parametrize("state", ["OFF", "ON"])
@pytest.mark.parametrize("nested", [False, True])
def test_a_layer_that_is_switched_off_is_not_shown(state: str, nested: bool) -> None:
    if nested:  # a form that belongs to the layer
        inner = shown(50, 720, LIE)
        objects = (
            LAYER,
            f"<</Type/XObject/Subtype/Form/BBox[0 0 600 800]/OC 6 0 R/Resources<</Font<</F1 5 0 R>>>>/Length {len(inner)}>>\n"
            f"stream\n{inner}\nendstream",
        )
        content, resources = "/X1 Do\n", "/XObject<</X1 7 0 R>>"
    else:
        objects = (LAYER,)
        content, resources = f"/OC /L1 BDC\n{shown(50, 720, LIE)}EMC\n", "/Properties<</L1 6 0 R>>"
    layers = f"/OCProperties<</OCGs[6 0 R]/D<</{state}[6 0 R]>>>>"
    document = read(written(content + shown(50, 700, TRUTH), *objects, resources=resources, catalog=layers))
    if state == "ON":
        assert document.pages[0].text == f"{LIE}\n{TRUTH}"
    else:
        assert document.pages[0].text == TRUTH
        assert LIE in document.notes[0]
        assert nested or "on a layer that is switched off" in document.notes[0]


def test_a_label_that_says_something_else_than_the_letters_is_not_believed() -> None:
    labelled = "/Span<</ActualText(9999.99)>> BDC\n" + shown(150, 700, "1050.00") + "EMC\n"
    document = read(written(shown(50, 700, "Total Amount Due") + labelled))
    assert document.pages[0].text == "Total Amount Due  1050.00"
    assert "“9999.99”" in document.notes[0]


def test_a_label_gives_letters_that_have_no_meaning_of_their_own() -> None:
    ornaments = "<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>"
    labelled = "/Span<</ActualText(Total)>> BDC BT /F2 10 Tf 50 700 Td (%&') Tj ET EMC\n"
    document = read(written(labelled + shown(150, 700, "1050.00"), ornaments, fonts="/F2 6 0 R"))
    assert document.pages[0].text == "Total  1050.00"
    assert document.notes == ()


def test_ordinary_ways_to_set_text_hide_nothing(pdf: Make) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFillColorRGB(0.1, 0.2, 0.5)
        canvas.rect(40, 740, 500, 20, fill=1, stroke=0)
        canvas.setFillGray(1)
        canvas.drawString(50, 745, "White on a dark heading")
        canvas.setFillGray(0.75)
        canvas.drawString(50, 720, "Light grey on white")
        canvas.setFillColorRGB(1, 1, 0)
        canvas.drawString(50, 700, "Yellow on white")
        canvas.setFillGray(0.88)
        canvas.setFont("Helvetica", 60)
        canvas.drawString(100, 400, "WATERMARK")
        canvas.setFont("Helvetica", 4)
        canvas.setFillGray(0)
        canvas.drawString(50, 680, "Small print of four points, 1.50")
        canvas.setFont("Helvetica", 10)
        canvas.drawImage(picture((300, 60), "stamp"), 50, 600, 300, 60)
        canvas.drawString(60, 605, "Black over a picture")
        canvas.setFillColor(Color(0, 0, 0, alpha=0.5))
        canvas.drawString(50, 580, "Half transparent")
        text = canvas.beginText(50, 560)
        text.setTextRenderMode(1)
        text.textOut("Outlines only")
        canvas.drawText(text)

    document = read(pdf(draw))
    for line in (
        "White on a dark heading",
        "Light grey on white",
        "Yellow on white",
        "WATERMARK",
        "Small print of four points, 1.50",
        "Black over a picture",
        "Half transparent",
        "Outlines only",
    ):
        assert line in document.pages[0].text
    assert not any("left out" in note for note in document.notes)


@pytest.mark.parametrize("mode", [3, 0])
def test_the_text_layer_of_a_scan_is_read(pdf: Make, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    monkeypatch.setattr(pdf_format, "available", lambda: False)
    image = Image.new("RGB", (1200, 1600), "white")
    drawn = ImageDraw.Draw(image)
    rows = [f"Line {number} of a page that was scanned" for number in range(12)]
    for number, row in enumerate(rows):
        drawn.text((100, 100 + 80 * number), row, fill="black", font_size=22)

    def draw(canvas: Canvas) -> None:
        def layer() -> None:
            for number, row in enumerate([*rows, LIE]):
                text = canvas.beginText(50, 800 - (100 + 80 * number + 20) / 2)
                text.setTextRenderMode(mode)
                text.textOut(row)
                canvas.drawText(text)

        if mode == 0:  # the letters first, and the picture over them
            layer()
        canvas.drawImage(ImageReader(image), 0, 0, 600, 800)
        if mode == 3:
            layer()

    document = read(pdf(draw))
    assert [line for line in document.pages[0].text.split("\n") if line] == rows
    assert LIE in document.notes[0]  # the scan shows nothing there


def struck_by_a_line(canvas: Canvas, x0: float, x1: float, y: float) -> None:
    canvas.line(x0, y + 3, x1, y + 3)


def struck_by_a_bar(canvas: Canvas, x0: float, x1: float, y: float) -> None:
    canvas.rect(x0, y + 2.5, x1 - x0, 1, fill=1, stroke=0)


def struck_in_a_form(canvas: Canvas, x0: float, x1: float, y: float) -> None:
    canvas.beginForm("strike")
    canvas.line(0, 0, x1 - x0, 0)
    canvas.endForm()
    canvas.translate(x0, y + 3)
    canvas.doForm("strike")


def struck_in_parts(canvas: Canvas, x0: float, x1: float, y: float) -> None:
    canvas.line(x0, y + 3, (x0 + x1) / 2, y + 3)
    canvas.line((x0 + x1) / 2 - 1, y + 3.2, x1, y + 3.2)


def struck_by_a_remark(canvas: Canvas, x0: float, x1: float, y: float) -> None:
    low, high = y - 2, y + 9
    canvas.highlightAnnotation("", (x0, low, x1, high), QuadPoints=[x0, high, x1, high, x0, low, x1, low])


STRIKING = [struck_by_a_line, struck_by_a_bar, struck_in_a_form, struck_in_parts, struck_by_a_remark]


@pytest.mark.parametrize("strike", STRIKING)
def test_text_with_a_line_through_it_is_left_out_and_said(
    pdf: Make, strike: Callable[[Canvas, float, float, float], None]
) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        canvas.drawString(50, 700, "Total Amount Due 9999.99")
        canvas.drawString(200, 700, "1050.00")
        canvas.drawString(50, 680, "Payable within thirty days of the invoice")
        start = 50 + canvas.stringWidth("Total Amount Due ")
        canvas.saveState()
        strike(canvas, start, start + canvas.stringWidth("9999.99"), 700)
        canvas.restoreState()

    document = read(pdf(draw).replace(b"/Subtype /Highlight", b"/Subtype /StrikeOut"))
    assert document.pages[0].text.split("\n")[0] == "Total Amount Due  1050.00"
    assert document.notes == ("Page 1 has struck-out text (“9999.99”): it was left out.",)


def test_lines_beside_text_strike_nothing_out(pdf: Make) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for row, (text, rise) in enumerate(
            [("Underlined 12.00", -1.5), ("On its line 13.00", 0), ("Below a rule 14.00", 10)]
        ):
            canvas.drawString(50, 700 - 40 * row, text)
            canvas.line(50, 700 - 40 * row + rise, 50 + canvas.stringWidth(text), 700 - 40 * row + rise)
        canvas.drawString(50, 500, "A rule of the page 15.00")
        canvas.line(20, 503, 560, 503)
        canvas.drawString(50, 450, "A line in white 16.00")
        canvas.setStrokeGray(1)
        canvas.line(50, 453, 50 + canvas.stringWidth("A line in white 16.00"), 453)

    document = read(pdf(draw))
    for price in ("12.00", "13.00", "14.00", "15.00", "16.00"):
        assert price in document.pages[0].text
    assert document.notes == ()
