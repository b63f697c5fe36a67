"""A sentence becomes fields that a person can check."""

from __future__ import annotations

import pytest

from stillroom.learning.asking import fields_from, kind_called
from stillroom.templates.template import FieldType


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("who spoke, where and when", [("speaker", "name"), ("location", "line"), ("date", "date"), ("time", "time")]),
        ("Wer sprach wann?", [("speaker", "name"), ("date", "date"), ("time", "time")]),
        ("who sold it, until when it runs, at what time", [("seller", "organisation"), ("end", "date"), ("time", "time")]),
        ("what it cost, how many guests, how long", [("amount", "money"), ("how_many_guests", "integer"), ("how_long", "duration")]),
        ("name and address", [("name", "name"), ("address", "address")]),
        ("The invoice number, the due date and the total", [("invoice_number", "identifier"), ("due_date", "date"), ("total", "money")]),
        ("Rechnungsnummer und IBAN", [("invoice_number", "identifier"), ("iban", "iban")]),
        ("supplier & customer", [("seller", "organisation"), ("buyer", "organisation")]),
        ("the colour of the door", [("the_colour_of_the_door", "line")]),
        ("date, date", [("date", "date"), ("date_2", "date")]),
        (" , and ", []),
    ],
)  # fmt: skip
def test_what_is_asked_for_becomes_fields(sentence: str, wanted: list[tuple[str, str]]) -> None:
    assert [(field.name, str(field.type)) for field in fields_from(sentence)] == wanted


def test_what_was_said_describes_the_field() -> None:
    speaker, door = fields_from("who spoke, the door's colour")
    assert speaker.description == "who spoke"
    assert door.type is FieldType.LINE
    assert door.heading == "The door's colour"


def test_a_field_is_called_as_the_sentence_calls_it() -> None:
    assert [field.heading for field in fields_from("Rechnungsnummer, the total, when")] == [
        "Rechnungsnummer", "Total", "Date", "Time",
    ]  # fmt: skip


def test_a_sentence_without_end_has_an_end() -> None:
    assert len(fields_from(", ".join(["total"] * 1000))) == 40


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("Supplier", "organisation"), ("Invoice no", "identifier"), ("Betrag", "money"), ("Fecha de entrega", "date"),
        ("unitPrice", "money"), ("vat_id", "identifier"), ("number", "identifier"), ("Seller name", "organisation"),
        ("First name", "name"), ("End time", "time"), ("Qty", "integer"), ("Colour of the door", "line"), ("", "line"),
        ("Nr", "identifier"), ("Nr.", "identifier"), ("No", "identifier"), ("No.", "identifier"), ("ID", "identifier"),
        ("N°", "identifier"), ("#", "identifier"), ("合計", "money"), ("A", "line"), ("F", "line"),
        ("%", "percent"), ("VAT %", "percent"), ("Discount %", "percent"), ("% paid", "percent"), ("Percent", "percent"),
        ("discountPercentage", "percent"), ("Prozentsatz", "percent"), ("MwSt. in Prozent", "percent"),
        ("Remise pour cent", "percent"), ("VAT 20%", "money"),
    ],
)  # fmt: skip
def test_a_heading_says_what_its_values_are(heading: str, wanted: str) -> None:
    assert str(kind_called(heading)) == wanted
