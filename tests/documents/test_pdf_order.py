"""Words of a PDF in the order of reading, whatever the order in the file, each once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas
from tests.documents.make_pdf import written

from stillroom.documents.document import Document, Span
from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source

Make = Callable[..., bytes]


def read(data: bytes) -> Document:
    return read_source(Source("a.pdf", data))


HEBREW = "אבגדהוזחטיכלמנסעפצקרשת"
JAPANESE = "請求書番号合計金額千円株式会社緑月火水"


def mapped(alphabet: str, *lines: tuple[float, float, str], turn: str = "") -> bytes:
    """A page with texts, drawn from left to right, whose capital letters are those of an alphabet; other characters stand for
    themselves, but ``!`` for ``turn``."""
    codes = {65 + index: ord(letter) for index, letter in enumerate(alphabet)}
    codes |= {code: code for code in (*range(32, 65), *range(97, 123))}
    if turn:
        codes[ord("!")] = ord(turn)
    pairs = "\n".join(f"<{code:02X}> <{meant:04X}>" for code, meant in codes.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{pairs}\nendbfchar endcmap"
    )
    font = "<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding/ToUnicode 7 0 R>>"
    content = "".join(f"BT /F2 10 Tf {x} {y} Td ({text}) Tj ET\n" for x, y, text in lines)
    return written(content, font, f"<</Length {len(cmap)}>>\nstream\n{cmap}\nendstream", fonts="/F2 6 0 R")


def hebrew(*lines: tuple[float, float, str]) -> bytes:
    return mapped(HEBREW, *lines)


def letters(numbers: str) -> str:
    return "".join(HEBREW[ord(letter) - 65] if "A" <= letter <= "V" else letter for letter in numbers)


def test_right_to_left_words_are_read_from_right_to_left() -> None:
    # As the page looks: the first word stands at the right, a number in the text runs from left to right.
    document = read(hebrew((100, 700, "4201 GFE DCBA"), (100, 680, "05.0521 :NMLK JIH")))
    first, second = document.pages[0].text.split("\n")
    assert first == f"{letters('ABCD')} {letters('EFG')} 4201"
    assert second == f"{letters('HIJ')} {letters('KLMN')}: 05.0521"
    start = first.index("4201")
    (box,) = document.boxes(Span(1, start, start + 4))
    assert 99 < box.x0 < 101  # the number's own place
    (box,) = document.boxes(Span(1, 0, 4))
    assert box.x0 > 140


def test_letters_that_were_drawn_one_by_one_in_the_order_of_reading_are_a_word() -> None:
    drawn = [(160 - 6 * index, 700, letter) for index, letter in enumerate("ABCD")]
    assert read(hebrew(*drawn)).pages[0].text == letters("ABCD")


def test_a_right_to_left_word_in_a_line_that_runs_from_left_to_right() -> None:
    assert read(hebrew((100, 700, "invoice number DCBA HGFE 12"))).pages[0].text == (
        f"invoice number {letters('EFGH')} {letters('ABCD')} 12"
    )


def test_label_and_value_in_columns_from_right_to_left() -> None:
    document = read(hebrew((400, 700, "DCBA"), (100, 700, "1250.00"), (400, 680, "HGFE"), (100, 680, "250.00")))
    assert document.pages[0].text == f"{letters('ABCD')}  1250.00\n{letters('EFGH')}  250.00"


def test_text_from_top_to_bottom_is_read_by_columns_from_the_right() -> None:
    columns = ("ABCDE", "FGHIJK", "LMNOP")
    drawn = [
        (500 - 30 * column, 700 - 11 * row, letter)
        for column, text in enumerate(columns)
        for row, letter in enumerate(text)
    ]
    document = read(mapped(JAPANESE, *drawn))
    assert document.pages[0].text.split("\n") == ["請求書番号", "合計金額千円", "株式会社緑"]
    (box,) = document.boxes(Span(1, 0, 5))
    assert box.y1 - box.y0 > 50 > box.x1 - box.x0


def test_a_table_of_wide_letters_stays_a_table() -> None:
    rows = list(zip("QRSO", ("100", "200", "300", "400"), strict=True))
    drawn = [(100 + 100 * (x > 0), 700 - 14 * row, cells[x]) for row, cells in enumerate(rows) for x in (0, 1)]
    assert read(mapped(JAPANESE, *drawn)).pages[0].text.split("\n") == ["月  100", "火  200", "水  300", "社  400"]


def test_a_page_drawn_twice_is_read_once(pdf: Make) -> None:
    def draw(canvas: Canvas) -> None:
        for shift in (0, 0.4):
            for row in range(8):
                canvas.drawString(50 + shift, 700 - 14 * row, f"Item {row} costs {row}.50")

    assert read(pdf(draw)).pages[0].text.split("\n") == [f"Item {row} costs {row}.50" for row in range(8)]


@pytest.mark.parametrize("pitch", [12, 18])
def test_one_letter_to_a_box_is_one_word(pdf: Make, pitch: int) -> None:
    iban = "DE02120300000000202051"

    def draw(canvas: Canvas) -> None:
        canvas.drawString(20, 700, "IBAN")
        for index, letter in enumerate(iban):
            canvas.drawString(60 + pitch * index, 700, letter)
            canvas.rect(57 + pitch * index, 696, pitch, 14)

    assert read(pdf(draw)).pages[0].text == f"IBAN  {iban}"


def test_a_heading_set_wide_is_words(pdf: Make) -> None:
    assert read(pdf([(50, 700, "I N V O I C E   D A T E:"), (50, 680, "3 April")])).pages[0].text.split("\n") == [
        "INVOICE DATE:",
        "3 April",
    ]


@pytest.mark.parametrize("row", ["1 2 3 4 5", "X X X X X", "A 1 2", "0 1 0 0 1"])
def test_cells_of_one_letter_stay_apart(pdf: Make, row: str) -> None:
    def draw(canvas: Canvas) -> None:
        for index, letter in enumerate(row.split()):
            canvas.drawString(60 + 16 * index, 700, letter)

    assert read(pdf(draw)).pages[0].text.split() == row.split()


def raised(canvas: Canvas, x: float, y: float, text: str, sign: str, after: str = "") -> None:
    canvas.drawString(x, y, text)
    x += canvas.stringWidth(text)
    canvas.setFont("Helvetica", 6)
    canvas.drawString(x, y + 4, sign)
    x += canvas.stringWidth(sign)
    canvas.setFont("Helvetica", 10)
    canvas.drawString(x, y, after)


@pytest.mark.parametrize(
    ("text", "sign", "after", "wanted"),
    [
        ("Total 1,250.00", "1", "", "Total 1,250.00 ¹"),
        ("Total 1,250.00", "*", "", "Total 1,250.00 *"),
        ("Total 1,250.00", "12", " EUR", "Total 1,250.00 ¹² EUR"),
        ("Only 12", "99", "", "Only 12 ⁹⁹"),
        ("25 m", "2", " floor", "25 m² floor"),
        ("Green Leaf Ltd", "1", "", "Green Leaf Ltd¹"),
        ("the 4", "th", " of May", "the 4th of May"),
    ],
)
def test_raised_signs_are_no_digits_of_a_number(pdf: Make, text: str, sign: str, after: str, wanted: str) -> None:
    data = pdf(lambda canvas: raised(canvas, 50, 700, text, sign, after))
    assert read(data).pages[0].text == wanted


def test_marks_that_turn_typed_text_do_nothing_on_a_page() -> None:
    document = read(mapped(HEBREW, (50, 700, "total !120.40"), turn="\u202e"))
    assert document.pages[0].text.split() == ["total", "120.40"]
    assert "turn its direction" in document.notes[0]


def test_letters_set_apart_are_a_word() -> None:
    apart = "BT /F1 10 Tf 6 Tc 60 640 Td (Total due: GBP 1,050.00) Tj ET\n"
    assert read(written(apart)).pages[0].text.split() == ["Total", "due:", "GBP", "1,050.00"]
    columns = "".join(f"BT /F1 10 Tf {60 + 30 * n} 640 Td ({n}) Tj ET\n" for n in range(6))
    assert read(written(columns)).pages[0].text.split() == list("012345")
