"""Where the letters that a PDF draws are others than its text says, what is drawn is read, and said; without recognition the doubt is."""

from __future__ import annotations

import pytest
from tests.documents.make_pdf import shown, written

from stillroom.documents.document import Document
from stillroom.documents.formats import pdf as pdf_format
from stillroom.documents.ocr.models import available
from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source

recognised = pytest.mark.skipif(not available(), reason="the OCR part is not installed")

# The strokes of digits on a field of 6 by 10, as a font of drawn glyphs (Type 3) has them.
STROKES = {
    "0": "1 1 m 5 1 l 5 9 l 1 9 l h S",
    "1": "1.5 7.5 m 3.5 9 l 3.5 1 l S 1.5 1 m 5.5 1 l S",
    "2": "1 8 m 2 9 l 4.5 9 l 5 8 l 5 6.5 l 1 1 l 5 1 l S",
    "4": "4.2 1 m 4.2 9 l 1 3.8 l 5.4 3.8 l S",
    "9": "5 5.2 m 1.2 5.2 l 1.2 9 l 5 9 l 5 1 l 2 1 l S",
}


def read(data: bytes) -> Document:
    return read_source(Source("a.pdf", data))


def stream(text: str) -> str:
    return f"<</Length {len(text)}>>\nstream\n{text}\nendstream"


def meanings(table: dict[str, str]) -> str:
    """A font's table of what its codes mean."""
    rows = "\n".join(f"<{ord(code):02x}> <{said.encode('utf-16-be').hex()}>" for code, said in table.items())
    return stream(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def 1 begincodespacerange <00> <ff> "
        f"endcodespacerange\n{len(table)} beginbfchar\n{rows}\nendbfchar endcmap end end"
    )


def line(font: str, code: str, size: int = 10) -> str:
    return shown(50, 700, "Total Amount Due") + f"BT /{font} {size} Tf 150 700 Td ({code}) Tj ET\n"


def lettered(code: str, table: dict[str, str], font: str = "Helvetica") -> bytes:
    """Text in a common font whose table says something else."""
    other = f"<</Type/Font/Subtype/Type1/BaseFont/{font}/Encoding/WinAnsiEncoding/ToUnicode 7 0 R>>"
    return written(line("F2", code), other, meanings(table), fonts="/F2 6 0 R")


def drawn(code: str, table: dict[str, str]) -> bytes:
    """The same with a font whose glyphs are drawn by the file itself; its codes are the digits that are drawn."""
    glyphs = [*STROKES, "."]
    first = 8
    procedures = [
        stream(f"6.5 0 d0 1 w {STROKES[glyph]}" if glyph in STROKES else "6.5 0 d0 2 1 1.5 1.5 re f")
        for glyph in glyphs
    ]
    names = " ".join(f"{ord(glyph)}/g{number}" for number, glyph in enumerate(glyphs))
    codes = {ord(glyph) for glyph in glyphs}
    widths = " ".join("6.5" if code in codes else "0" for code in range(46, 58))
    kept = " ".join(f"/g{number} {first + number} 0 R" for number in range(len(glyphs)))
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 7 10]/FontMatrix[.1 0 0 .1 0 0]/Resources<<>>/FirstChar 46/LastChar 57"
        f"/Widths[{widths}]/Encoding<</Type/Encoding/Differences[{names}]>>/CharProcs<<{kept}>>/ToUnicode 7 0 R>>"
    )
    return written(line("F2", code, 14), font, meanings(table), *procedures, fonts="/F2 6 0 R")


def same(text: str) -> dict[str, str]:
    return {letter: letter for letter in text}


@recognised
@pytest.mark.parametrize("font", ["Helvetica", "Times-Roman", "Courier-Bold"])
def test_a_table_that_gives_digits_another_meaning_is_not_believed(font: str) -> None:
    document = read(lettered("120.40", same("120.40") | {"1": "9"}, font))
    assert document.pages[0].text == "Total Amount Due  120.40"
    assert document.notes == ("Page 1 shows “120.40” where the file says “920.40”: what is shown was taken.",)


@recognised
def test_glyphs_that_the_file_draws_itself_are_looked_at() -> None:
    document = read(drawn("120.40", same("120.40") | {"1": "9"}))
    assert document.pages[0].text == "Total Amount Due  120.40"
    assert "“920.40”" in document.notes[0]


@recognised
def test_one_digit_drawn_in_two_ways_is_told_apart() -> None:
    """The true 9 beside a false one, each from a code of its own."""
    document = read(lettered("19.40", same("9.40") | {"1": "9"}))
    assert document.pages[0].text == "Total Amount Due  19.40"


@recognised
@pytest.mark.parametrize(
    ("code", "table", "said"),
    [
        ("120.40", {"1": "91"}, "9120.40"),  # one glyph, two letters
        ("12.50", {".": "0"}, "12050"),
        ("19250", {"9": "."}, "1.250"),
    ],
)
def test_a_number_may_be_seen_with_more_or_fewer_digits(code: str, table: dict[str, str], said: str) -> None:
    document = read(lettered(code, same(code) | table))
    page = document.pages[0]
    assert page.text == f"Total Amount Due  {code}"
    assert page.boxes is not None
    assert None not in page.boxes[-len(code) :]
    assert f"“{code}” where the file says “{said}”" in document.notes[0]


def drawn_minus(x: float) -> str:
    return f"{x} 703 m {x + 4} 703 l S\n"


@recognised
@pytest.mark.parametrize(
    "data",
    [
        lettered("-120.40", same("120.40") | {"-": " "}),
        written(shown(50, 700, "Total Amount Due") + drawn_minus(144.5) + shown(150, 700, "120.40")),
    ],
)
def test_a_minus_that_is_no_text_is_seen(data: bytes) -> None:
    document = read(data)
    assert document.pages[0].text == "Total Amount Due  -120.40"
    assert "shows “-120.40” where the file says “120.40”" in document.notes[0]


def test_lines_beside_numbers_are_no_minus() -> None:
    leader = "100 703 m 146 703 l S 148 690 m 148 720 l S 140 712 m 148 712 l S\n"
    under = (
        shown(50, 680, "Sum") + "140 678 m 149 678 l S\n" + shown(150, 680, "70.00") + shown(50, 660, "12.00 - 15.00")
    )
    document = read(written(shown(50, 700, "Total Amount Due") + leader + shown(150, 700, "120.40") + under))
    assert document.pages[0].text.split("\n") == ["Total Amount Due  120.40", "Sum  70.00", "12.00 - 15.00"]
    assert document.notes == ()


@recognised
def test_letters_are_looked_at_as_digits_are() -> None:
    document = read(lettered("USD 12.40", same("12.40 ") | {"U": "E", "S": "U", "D": "R"}))
    assert document.pages[0].text == "Total Amount Due  USD 12.40"
    assert "shows “USD” where the file says “EUR”" in document.notes[0]


@recognised
def test_sideways_text_is_looked_at_too() -> None:
    content = shown(50, 700, "Total Amount Due") + "BT /F2 12 Tf 0 1 -1 0 300 400 Tm (Sum 120.40 of 2041) Tj ET\n"
    table = meanings(same("Sum 1204of.") | {"1": "9"})
    other = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode 7 0 R>>"
    document = read(written(content, other, table, fonts="/F2 6 0 R"))
    assert "Sum 120.40 of 2041" in document.pages[0].text


@pytest.mark.parametrize("font", ["Helvetica", "Times-Italic", "Courier", "Times-Bold"])
@pytest.mark.parametrize("recognise", [True, False])
def test_what_is_drawn_as_it_is_said_stays_and_nothing_is_said(
    font: str, recognise: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not recognise:
        monkeypatch.setattr(pdf_format, "available", lambda: False)
    text = "Summe 0123456789 31.12.24 ABDEGHMNRTZ abdefghnrtyz"
    document = read(lettered(text, same(text), font))
    assert document.pages[0].text.split() == ["Total", "Amount", "Due", *text.split()]
    assert document.notes == ()


def test_glyphs_of_an_unusual_shape_stay_where_they_are_what_they_say() -> None:
    document = read(drawn("120.49", same("120.49")))
    assert document.pages[0].text == "Total Amount Due  120.49"
    assert document.notes == ()


def test_without_recognition_the_doubt_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_format, "available", lambda: False)
    document = read(lettered("120.40", same("120.40") | {"1": "9"}))
    assert document.pages[0].text == "Total Amount Due  920.40"
    (note,) = document.notes
    assert "does not look like what the file says (“920.40”)" in note
    assert "could not be compared" in note
