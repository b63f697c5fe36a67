"""A mark on a document becomes a field of the right type, with the words that stand beside it."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Document, Page, Span
from stillroom.learning.showing import field_from, label_beside, value_at
from stillroom.templates.template import Field, FieldType, Template

TEXT = """Talk announcement
Speaker:  Dr. Ada Byron
When: 3:30 p.m. on 14 March 2025
Room
Aldon Hall 5214
Contact: events@uni.example
Fee: EUR 12.50
Order number 4500-123
Account: DE89 3704 0044 0532 0130 00
"""
DOCUMENT = Document("talk.txt", "txt", "0" * 64, (Page(1, TEXT),), 1)


def mark(text: str) -> Span:
    start = TEXT.index(text)
    return Span(1, start, start + len(text))


@pytest.mark.parametrize(
    ("marked", "kind", "near", "name"),
    [
        ("14 March 2025", FieldType.DATE, (), "date"),
        ("3:30 p.m.", FieldType.TIME, ("when",), "when"),
        ("events@uni.example", FieldType.EMAIL, ("contact",), "contact"),
        ("EUR 12.50", FieldType.MONEY, ("fee",), "fee"),
        ("4500-123", FieldType.IDENTIFIER, ("order number",), "order_number"),
        ("DE89 3704 0044 0532 0130 00", FieldType.IBAN, ("account",), "account"),
        ("Aldon Hall 5214", FieldType.LINE, ("room",), "room"),
    ],
)
def test_what_was_marked_is_proposed(marked: str, kind: FieldType, near: tuple[str, ...], name: str) -> None:
    shown = field_from(DOCUMENT, mark(marked))
    assert shown is not None
    assert kind in shown.kinds
    assert shown.field.near == near
    assert shown.field.name == name
    assert shown.span == mark(marked)


def test_a_person_is_a_name() -> None:
    shown = field_from(DOCUMENT, mark("  Dr. Ada Byron"))
    assert shown is not None
    assert shown.kinds[0] in (FieldType.NAME, FieldType.ORGANISATION, FieldType.LINE)
    assert FieldType.NAME in shown.kinds
    assert DOCUMENT.text(shown.span) == "Dr. Ada Byron"


def test_the_persons_own_word_names_it_and_a_name_is_used_once() -> None:
    template = Template("t", 1, "", "", (Field("date", FieldType.DATE),))
    shown = field_from(DOCUMENT, mark("14 March 2025"), template, name="Date")
    assert shown is not None
    assert shown.field.name == "date_2"
    assert shown.field.label == "Date"


@pytest.mark.parametrize(("called", "kind"), [("place", FieldType.LINE), ("address", FieldType.ADDRESS)])
def test_a_room_with_a_number_before_its_name_is_a_place(called: str, kind: FieldType) -> None:
    text = "Who:     Ada Byron\nPlace:     4617 ALDON HALL\n"
    document = Document("talk.txt", "txt", "0" * 64, (Page(1, text),), 1)
    shown = field_from(document, Span(1, text.index("4617"), len(text) - 1), name=called)
    assert shown is not None
    assert shown.field.type is kind


def test_white_space_alone_is_nothing() -> None:
    start = TEXT.index("  Dr.")
    assert field_from(DOCUMENT, Span(1, start, start + 2)) is None


def test_a_value_above_is_no_label() -> None:
    page = Page(1, "12.50\n13.00\n")
    assert label_beside(page, Span(1, 6, 11)) == ""


def test_words_of_another_column_are_none_of_the_label() -> None:
    page = Page(1, "27 Mill Parade  Due date:  17 April 2025\n")
    assert label_beside(page, Span(1, 27, 40)) == "Due date"


def test_a_mark_is_the_value_of_a_field() -> None:
    text = "Gala\nStart 3:30 PM\nRoom: Baker Hall <old>\nFee 12.50 EUR\n"
    document = Document("x.txt", "txt", "0" * 64, (Page(1, text),), 1)

    def value(kind: FieldType, words: str) -> str | None:
        start = text.index(words)
        found = value_at(document, Field("shown", kind), Span(1, start, start + len(words)))
        return found.value if found is not None else None

    assert value(FieldType.TIME, "3:30 PM") == "15:30"
    assert value(FieldType.MONEY, "12.50 EUR") == "12.50"
    assert value(FieldType.LINE, "Baker Hall") == "Baker Hall"
    assert value(FieldType.DATE, "Baker Hall") is None
    assert value(FieldType.LINE, "\n") is None


def test_what_it_is_called_tells_a_person_from_a_company() -> None:
    text = "Talk\nKenjiro Tanabe\nBaker Hall\n"
    document = Document("x.txt", "txt", "0" * 64, (Page(1, text),), 1)

    def kind(words: str, name: str) -> FieldType:
        start = text.index(words)
        shown = field_from(document, Span(1, start, start + len(words)), name=name)
        assert shown is not None
        return shown.field.type

    assert kind("Kenjiro Tanabe", "speaker") is FieldType.NAME
    assert kind("Baker Hall", "location") in (FieldType.LINE, FieldType.TEXT)
