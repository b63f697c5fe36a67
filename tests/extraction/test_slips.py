"""Slips of recognition and typing, and the marks that forms and files put around a value: told from it, never read as another one."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates import slips
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.choices import Look
from stillroom.extraction.concepts import vocabulary
from stillroom.templates.template import Field, FieldType, Option


def document(text: str) -> Document:
    return Document("made.txt", "txt", "", (Page(1, text),), 1)


def found(kind: FieldType, text: str) -> list[Candidate]:
    return propose(Field("f", kind), document(text))


def values(kind: FieldType, text: str) -> list[str]:
    return [candidate.value for candidate in found(kind, text)]


@pytest.mark.parametrize(
    ("kind", "text", "expected", "span"),
    [
        (FieldType.MONEY, "Total due: £1,O50.00", "1050.00", "1,O50.00"),
        (FieldType.MONEY, "Total l25.50 EUR", "125.50", "l25.50"),
        (FieldType.DATE, "Date: O3/O4/2O25", "2025-04-03", "O3/O4/2O25"),
        (FieldType.DATE, "Date: l2 April 2025", "2025-04-12", "l2 April 2025"),
        (FieldType.DATE, "Date: 12 April 2O25", "2025-04-12", "12 April 2O25"),
    ],
)
def test_a_letter_for_a_figure_is_read_and_said(kind: FieldType, text: str, expected: str, span: str) -> None:
    own = [each for each in found(kind, text) if each.value == expected]
    assert [each.text for each in own] == [span]
    assert own[0].failed == (slips.SENTENCE,)
    assert {each.value for each in found(kind, text) if not each.failed} <= {"2025-03-04"}  # nothing else is sure


@pytest.mark.parametrize("text", ["IOU 5 Oslo 2025", "l0", "O.OO", "Il.Ol", "model O20.50X", "A4 1O", "B2O.25"])
def test_other_letters_stay(text: str) -> None:
    assert slips.mended(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total £1.050.00", ["1050.00"]),  # one mark for thousands and cents
        ("1.234.567.89 EUR", ["1234567.89"]),
        ("code 1.050.00", []),
        ("Total: £1, 050. 00", ["1050.00"]),
        ("Phone: 0113 496 0000", []),
        ("Tel +44 113 496 0000", []),
        ("Balance 55.10 OD", ["-55.10"]),
        ("Balance 55.10 O/D", ["-55.10"]),
    ],
)
def test_an_amount(text: str, expected: list[str]) -> None:
    assert values(FieldType.MONEY, text) == expected


@pytest.mark.parametrize(
    "text", ["03 /04/ 2025", "3. 4.2025", "Date......03.04.2025", "Invoice date..............3 April 2025"]
)
def test_a_date_with_gaps_or_behind_points(text: str) -> None:
    assert "2025-04-03" in values(FieldType.DATE, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Invoice number............GL-316", "GL-316"),
        ("Invoice number…GL-316", "GL-316"),
        ("**`GL-317`**", "GL-317"),
        ('="00321"', "00321"),
        ("invoice_number=GL-532", "GL-532"),
        ("Invoice number: G L - 6 0 0", "GL-600"),
    ],
)
def test_a_code_without_the_marks_around_it(text: str, expected: str) -> None:
    assert expected in values(FieldType.IDENTIFIER, text)
    assert not [value for value in values(FieldType.IDENTIFIER, text) if "=" in value or "`" in value or ".." in value]


@pytest.mark.parametrize(
    "text", ["£1,050.00", "Mon, 07 Apr 2025 10:00:00 +0200", "GL - 6 0 0", "Ngày 03 tháng 04 năm 2025"]
)
def test_a_piece_of_an_amount_a_time_or_a_date_is_no_code(text: str) -> None:
    assert not {"£1", "+0200", "2025", "0200", "GL - 6"} & set(values(FieldType.IDENTIFIER, text))


@pytest.mark.parametrize(
    "name", ["Zielony Liść Sp. z o.o.", "Zelený List s.r.o.", "Oak & Sons plc", "Zeleni List d.o.o."]
)
def test_a_legal_form_in_small_letters_belongs_to_the_name(name: str) -> None:
    offered = found(FieldType.ORGANISATION, f"Made by {name}\nInvoice 12")
    assert max(offered, key=lambda each: each.shape).value == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("株式会社みどり 合計 ￥13,200", "JPY"),
        ("绿叶商贸有限公司 价税合计 ￥1,130.00", "CNY"),
        ("Total ¥1,130", ""),
        ("Total: 1 234,56 $ CAD", "CAD"),
        ("Total: 1 234,56 $", "USD"),
    ],
)
def test_the_currency_of_a_sign_that_several_share(text: str, expected: str) -> None:
    options = tuple(
        Option(code, synonyms=signs) for code, signs in (("JPY", ()), ("CNY", ()), ("USD", ("$",)), ("CAD", ()))
    )
    look = Look.at(Field("currency", FieldType.CHOICE, options=options), document(text))
    spoken = [option.value for option, says in zip(options, look.literal, strict=True) if says]
    assert spoken == ([expected] if expected else [])


def test_the_number_of_another_invoice_is_not_that_of_this() -> None:
    phrases = vocabulary().phrases
    assert phrases["originalinvoice"] == ("other_invoice",)
    assert phrases["creditnote#"] == ("invoice_number",)


@pytest.mark.parametrize(
    ("text", "expected"), [("HK$1,050.00 (approx. US$134.60)", "HKD"), ("US$134.60 (HK$1,050.00)", "USD")]
)
def test_of_two_currencies_that_are_named_alike_the_first_is_taken(text: str, expected: str) -> None:
    options = (Option("USD", synonyms=("$", "US$")), Option("HKD", synonyms=("HK$",)))
    look = Look.at(Field("currency", FieldType.CHOICE, options=options), document(f"Total: {text}"))
    assert options[int(look.literal.argmax())].value == expected


@pytest.mark.parametrize("kind", [FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.DATE])
@pytest.mark.parametrize("text", ["2l Wasser", "1l milk", "Room 1O Stock", "1l Mailand"])
def test_litres_and_rooms_are_no_figures(kind: FieldType, text: str) -> None:
    assert not {"21", "11", "10"} & set(values(kind, text))


@pytest.mark.parametrize("text", ["1,O50.00 EUR", "EUR l25.50,", "l25.50-"])
def test_whatever_stands_behind_the_slip_is_said(text: str) -> None:
    offered = [each for each in found(FieldType.MONEY, text) if each.value in ("1050.00", "125.50", "-125.50")]
    assert offered
    assert all(each.failed == (slips.SENTENCE,) for each in offered)


@pytest.mark.parametrize("text", ["Qty 1 2 3 4 5 6 7", "Quantity\n1 2 3 4 5 6 7", "1 2 3 4 5 6 7"])
def test_a_row_of_figures_is_no_code(text: str) -> None:
    assert "1234567" not in values(FieldType.IDENTIFIER, text)


@pytest.mark.parametrize(
    "label", ["Account number: ", "Customer code ", "ID: ", "Steuernummer\n", "Invoice no.  ", "番号 ", "N° "]
)
def test_figures_in_boxes_are_a_code_behind_what_names_one(label: str) -> None:
    assert "1234567" in values(FieldType.IDENTIFIER, f"{label}1 2 3 4 5 6 7")
