"""A sentence becomes fields that a person can check."""

from __future__ import annotations

import pytest

from stillroom.learning.asking import fields_from, kind_called, typed
from stillroom.templates.template import Field, FieldType, Template
from stillroom.templates.toml_file import parse_template
from stillroom.templates.toml_writing import template_to_toml


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


def test_columns_and_items_are_typed_as_fields_are() -> None:
    line = FieldType.LINE
    columns = (
        Field("unit_price", line),
        Field("due", FieldType.TEXT),
        Field("colour", line),
        Field("x", line, label="Qty"),
    )
    made = typed(
        Template("t", 1, "T", "", (
            Field("total", line),
            Field("rows", FieldType.TABLE, columns=columns),
            Field("invoice_dates", FieldType.LIST, of=line, label="Due date"),
            Field("iban", FieldType.LIST, of=FieldType.TEXT),
            Field("colours", FieldType.LIST, of=line),
            Field("items", FieldType.LIST, of=line),
        ))
    )  # fmt: skip
    total, rows, dates, ibans, colours, items = made.fields
    assert total.type is FieldType.MONEY
    assert [str(column.type) for column in rows.columns] == ["money", "text", "line", "integer"]
    assert [str(each.of) for each in (dates, ibans, colours, items)] == ["date", "text", "line", "line"]
    assert parse_template(template_to_toml(made), "t.toml").fields[1].columns[0].type is FieldType.MONEY
