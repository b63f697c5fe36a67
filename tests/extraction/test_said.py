"""What could not be kept, checked or found is said, on the value or on the document: nothing is dropped in silence."""

from __future__ import annotations

import time

import pytest
from tests.extraction.scripted_engine import LARGE, ScriptedEngine

from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.layout import Layout
from stillroom.extraction.result import DocumentResult, FieldState, FieldValue
from stillroom.templates.template import Field, FieldType, Option, Template

COLUMNS = (Field("item", FieldType.LINE), Field("amount", FieldType.MONEY))


def result_of(*fields: Field, text: str) -> DocumentResult:
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    template = Template("t", 1, "T", "any document", fields)
    # A model that likes everything: what is told here is not the ranking.
    engine = ScriptedEngine(lambda _, candidate: -20.0 if candidate == "none" else 5.0, info=LARGE)
    return Extractor(engine).extract(document, template, file="made.txt")


def test_rows_beyond_the_limit_are_counted() -> None:
    text = "Item            Amount\n" + "\n".join(f"Thing {number}            {number}.00" for number in range(10, 80))
    result = result_of(Field("lines", FieldType.TABLE, columns=COLUMNS, max_items=20), text=text)
    assert len(result.fields["lines"]) == 20  # type: ignore[arg-type]
    assert "lines: 70 rows were found, and the first 20 are kept" in result.notes[0]
    assert not result_of(Field("lines", FieldType.TABLE, columns=COLUMNS), text=text).notes


def test_items_beyond_the_limit_are_counted() -> None:
    text = "\n".join(f"{letter}@example.org" for letter in "abcdefgh")
    field = Field("mails", FieldType.LIST, of=FieldType.EMAIL)
    whole = result_of(field, text=text)
    assert len(whole.fields["mails"]) > 2  # type: ignore[arg-type]
    cut = result_of(Field("mails", FieldType.LIST, of=FieldType.EMAIL, max_items=2), text=text)
    assert len(cut.fields["mails"]) == 2  # type: ignore[arg-type]
    assert f"{len(whole.fields['mails'])} values were found, and the first 2 are kept" in cut.notes[0]


def test_every_address_of_a_page_is_asked_about() -> None:
    mails = [f"person{number}@example.org" for number in range(40)]
    items = result_of(Field("mails", FieldType.LIST, of=FieldType.EMAIL), text="\n".join(mails)).fields["mails"]
    assert [item.value for item in items if isinstance(item, FieldValue)] == mails  # type: ignore[union-attr]


def test_a_required_list_without_items_is_named() -> None:
    result = result_of(Field("mails", FieldType.LIST, of=FieldType.EMAIL, required=True), text="nobody")
    assert result.notes == ("mails: this field is required, and no value was found.",)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (FieldType.MONEY, "1.05\n10.5\n105", {"1.05", "10.5", "105"}),
        (FieldType.EMAIL, "ab@example.org\na.b@example.org", {"ab@example.org", "a.b@example.org"}),
        (FieldType.ORGANISATION, "NIKE, Inc.\n\nNike Incorporated", {"NIKE, Inc."}),
    ],
)
def test_only_names_written_in_two_ways_are_one(kind: FieldType, text: str, expected: set[str]) -> None:
    items = result_of(Field("f", FieldType.LIST, of=kind), text=text).fields["f"]
    found = {item.value for item in items if isinstance(item, FieldValue)}  # type: ignore[union-attr]
    assert found >= expected if kind is not FieldType.ORGANISATION else len(found) == 1


@pytest.mark.parametrize("kind", [FieldType.CHOICE, FieldType.YES_NO])
def test_a_document_without_text_chooses_nothing(kind: FieldType) -> None:
    options = (Option("EUR"), Option("USD")) if kind is FieldType.CHOICE else ()
    value = result_of(Field("f", kind, options=options), text="").fields["f"]
    assert isinstance(value, FieldValue)
    assert (value.state, value.value) == (FieldState.ABSENT, None)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        (Field("f", FieldType.IBAN, required=True), "DE89 3704 0044 0532 0130 01", "The check digits of this IBAN are wrong."),
        (Field("vat_number", FieldType.IDENTIFIER, required=True), "DE136695978", "The check digits of this tax number are wrong."),
        (Field("tax_id", FieldType.IDENTIFIER, required=True), "CHE-107.787.578", "The check digits of this tax number are wrong."),
        (Field("vat_number", FieldType.IDENTIFIER, required=True), "DE136695976", ""),
        (Field("order_number", FieldType.IDENTIFIER, required=True), "DE136695978", ""),
    ],
)  # fmt: skip
def test_wrong_check_digits_are_named_on_the_value(field: Field, text: str, said: str) -> None:
    value = result_of(field, text=text).fields[field.name]
    assert isinstance(value, FieldValue)
    assert value.text == text
    assert value.failed_checks == ((said,) if said else ())
    assert value.state is (FieldState.INVALID if said else FieldState.FOUND)


def test_a_long_document_takes_time_in_proportion() -> None:
    field = Field("order_number", FieldType.IDENTIFIER)

    def seconds(lines: int) -> float:
        text = "\n".join(f"{number} things of no importance, {number}A" for number in range(lines))
        started = time.process_time()
        document = Document("made.txt", "txt", "", (Page(1, text),), 1)
        layout = Layout(document, Meaning(Template("t", 1, "T", "", (field,))))
        layout.signs(field, field.type, propose(field, document))
        return time.process_time() - started

    assert seconds(2000) < 8 * max(seconds(500), 0.05)
