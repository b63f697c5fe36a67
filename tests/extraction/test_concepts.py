"""What labels mean: in several languages, run together, accented or not, and which field of a template each speaks for."""

from __future__ import annotations

import pytest

from stillroom.extraction.concepts import Meaning, joins_a_day, key_of, labels, vocabulary
from stillroom.templates.template import Field, FieldType, Template

INVOICE = Template(
    "made",
    1,
    "Made",
    "a bill",
    (
        Field("invoice_number", FieldType.IDENTIFIER),
        Field("date", FieldType.DATE, description="the date of the invoice; not the due date", avoid=("lieferdatum",)),
        Field("due_date", FieldType.DATE),
        Field("net", FieldType.MONEY),
        Field("amount", FieldType.MONEY, near=("grand total", "zu zahlen")),
        Field("seller", FieldType.ORGANISATION),
        Field("buyer", FieldType.ORGANISATION),
        Field("ticket_colour", FieldType.LINE, near=("farbe des loses",)),
    ),
)


@pytest.mark.parametrize("text", ["Invoice No.: 17", "INVOICE # 17", "Invoice number 17", "InvoiceNo 17"])
def test_every_word_for_a_number_is_the_same(text: str) -> None:
    (label,) = labels(text)
    assert "invoice_number" in vocabulary().phrases[label.key]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Rechnungsdatum 3.4.2025", "invoice_date"),
        ("Date d'échéance : 3/4", "due_date"),
        ("DATE D'ECHEANCE", "due_date"),
        ("GRANDTOTAL 12.00", "total"),
        ("Numéro de TVA FR12", "vat_id"),
        ("Do zapłaty: 12,00", "total"),
        ("К оплате 12", "total"),
        ("ご請求金額 ¥1,200", "total"),
        ("发票号码：123", "invoice_number"),
        ("Eräpäivä 3.4.2025", "due_date"),
    ],
)
def test_labels_are_known_in_many_languages(text: str, concept: str) -> None:
    assert any(concept in vocabulary().phrases[label.key] for label in labels(text))


def test_the_longest_label_is_the_label() -> None:
    assert [label.key for label in labels("Due date  Date")] == [key_of("due date"), "date"]


def test_a_label_does_not_reach_over_a_gap_or_a_line() -> None:
    assert [label.key for label in labels("invoice  number")] == ["invoice", "#"] or [
        label.key for label in labels("invoice  number")
    ] == ["invoice"]
    assert key_of("invoice number") not in [label.key for label in labels("invoice\nnumber")]


def test_fields_find_their_concept_by_name_label_and_description() -> None:
    roles = Meaning(INVOICE).roles
    assert roles["invoice_number"] == "invoice_number"
    assert roles["due_date"] == "due_date"
    assert roles["amount"] == "total"
    assert roles["seller"] == "seller"
    assert roles["ticket_colour"] == ""


def test_a_label_of_another_field_speaks_against_this_one() -> None:
    meaning = Meaning(INVOICE)
    own, rival, _ = meaning.weigh("due_date", key_of("zahlbar bis"))
    assert own > 0.8
    assert rival == 0.0
    own, rival, _ = meaning.weigh("date", key_of("zahlbar bis"))
    assert rival > own
    own, rival, _ = meaning.weigh("amount", key_of("Zwischensumme"))
    assert rival > own
    _, rival, _ = meaning.weigh("amount", key_of("rückgeld"))  # of no field here, and known to be something else
    assert rival > 0.5


def test_the_words_of_the_template_are_labels_too_and_those_to_avoid_count_against() -> None:
    meaning = Meaning(INVOICE)
    (label,) = labels("Farbe des Loses: rot", meaning.keys)
    assert meaning.weigh("ticket_colour", label.key)[0] == 1.0
    own, _, avoid = meaning.weigh("date", key_of("Lieferdatum"))
    assert (own, avoid) == (0.0, 1.0)


def test_a_plain_label_may_stand_for_any_of_its_kind() -> None:
    alone = Template("made", 1, "Made", "a bill", (Field("due_date", FieldType.DATE),))
    own, _, _ = Meaning(alone).weigh("due_date", "date")
    assert 0.0 < own < 1.0
    assert Meaning(INVOICE).weigh("due_date", "date")[0] == 0.0  # where another field is the plain one


@pytest.mark.parametrize(("text", "short"), [("合計 ¥302", False), ("합계 302", False), ("to 302", True)])
def test_two_signs_are_a_word_where_scripts_write_so(text: str, short: bool) -> None:
    assert [label.short for label in labels(text)] == [short]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("TOTAL SALES (INCLUSIVE OF GST) : 174.90", "total"),
        ("TOTAL INCL. OF GST  15.90", "total"),
        ("Total (GST incl.) 44.00", "total"),
        ("Gesamtbetrag inkl. 19 % MwSt 119,00", "total"),
        ("Razem z VAT 123,00", "total"),
        ("TOTAL EXCL. OF GST  15.00", "net"),
        ("Summe ohne 19 % USt. 100,00", "net"),
        ("Montant total hors TVA 100,00", "net"),
        ("Total GST 9.90", "tax"),
        ("inkl. 19 % MwSt 19,00", "tax"),
    ],
)
def test_words_behind_a_sum_say_whether_the_tax_is_in_it(text: str, concept: str) -> None:
    (label,) = [each for each in labels(text) if not each.short]
    assert concept in vocabulary().phrases[label.key]


def test_what_a_total_is_taken_with_besides_a_tax_is_not_its_name() -> None:
    assert [label.key for label in labels("Total with delivery 3.00")] == ["total", "delivery"]


def test_a_currency_before_its_amount_is_no_label() -> None:
    assert [label.key for label in labels("TOTAL SALES  RM  108.50")] == ["totalsales"]
    assert "rm" in [label.key for label in labels("RM : 843 201 17")]


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Handelsrechnung (380) Nr. 471102 vom 15.11.2024", "invoice_date"),
        ("Rechnungsnr. 123 vom 3.4.2024", "invoice_date"),
        ("Facture n° 12 du 3/4/2024", "invoice_date"),
        ("Fattura n. 12/A del 3/4/2024", "invoice_date"),
        ("Invoice 1234 of 3 March 2024", "invoice_date"),
        ("Faktura VAT nr 12/2024 z dnia 3.4.2024", "invoice_date"),
        ("Rechnung gemäß Bestellung Nr. 2018-471331 vom 01.03.2018", "order_date"),
    ],
)
def test_what_joins_a_papers_number_and_its_day_names_the_day(text: str, concept: str) -> None:
    label = labels(text)[-1]
    assert concept in vocabulary().phrases[label.key]
    assert joins_a_day(text, label)


@pytest.mark.parametrize(
    "text", ["Stylesheet-Version: 2.0 vom 18.10.2018", "Invoice page 2 of 3", "Invoice date 3.4.2024"]
)
def test_a_day_that_no_paper_is_joined_to_has_no_such_label(text: str) -> None:
    assert not any(joins_a_day(text, label) for label in labels(text))


def test_whom_to_ask_is_not_who_speaks() -> None:
    for field in (Field("speaker", FieldType.NAME), Field("contact_person", FieldType.NAME)):
        meaning = Meaning(Template("t", 1, "t", "", (field,)))
        own, rival, _ = meaning.weigh(field.name, key_of("Ansprechpartner"))
        assert (own > rival) == (field.name != "speaker")


def test_letters_without_an_accent_to_take_off_are_plain_as_well() -> None:
    assert key_of("Wykonał") == key_of("wykonal")
    assert key_of("Køber nr.") == key_of("kober no")
    assert key_of("Œuvre") == key_of("oeuvre")
