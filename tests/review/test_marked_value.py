"""What is marked or typed becomes a value of the field's type, with its place and its checks."""

from __future__ import annotations

from stillroom.documents.document import Document, Page, Span
from stillroom.review.marked_value import FieldReader, read_typed, word_at
from stillroom.templates.template import Field, FieldType, Option

TEXT = (
    "Invoice  RE-2024-7\nDate: 31.12.2024 Due: 15.01.2025\nTotal   1.234,50 EUR\n"
    "IBAN DE89 3704 0044 0532 0130 00\nIBAN DE89 3704 0044 0532 0130 01\nACME\nTrading Ltd\nPaid in cash"
)
DOCUMENT = Document("a.txt", "txt", "f" * 64, (Page(1, TEXT),), 1)
READER = FieldReader(DOCUMENT)


def marked(kind: FieldType, words: str, **more: object) -> tuple[str | None, str, tuple[str, ...]]:
    start = TEXT.index(words)
    found = READER.read_span(Field("x", kind, **more), Span(1, start, start + len(words)))  # type: ignore[arg-type]
    span = found.given.span
    assert span is not None
    assert DOCUMENT.text(span) == found.given.text
    assert not found.given.typed
    return found.given.value, found.given.text, found.problems


def test_what_is_marked_is_read_by_its_type() -> None:
    assert marked(FieldType.MONEY, " 1.234,50 EUR\n")[0] == "1234.50"
    assert marked(FieldType.DATE, "31.12.2024") == ("2024-12-31", "31.12.2024", ())
    assert marked(FieldType.DATE, "Due: 15.01.2025")[:2] == ("2025-01-15", "15.01.2025")
    assert marked(FieldType.ORGANISATION, "ACME\nTrading Ltd") == ("ACME Trading Ltd", "ACME\nTrading Ltd", ())
    assert marked(FieldType.CHOICE, "cash", options=(Option("Cash"), Option("Card")))[0] == "Cash"


def test_check_digits_are_looked_at_and_what_is_none_is_said() -> None:
    assert marked(FieldType.IBAN, "DE89 3704 0044 0532 0130 00") == (
        "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", (),
    )  # fmt: skip
    value, _, problems = marked(FieldType.IBAN, "DE89 3704 0044 0532 0130 01")
    assert value
    assert problems, "the wrong check digits are told"
    assert marked(FieldType.DATE, "cash") == ("cash", "cash", ("This cannot be read as a date.",))


def test_words_that_are_no_value_of_the_type_are_told_from_a_number_of_another_form() -> None:
    document = Document("a.txt", "txt", "", (Page(1, "cash 17/b"),), 9)
    reader = FieldReader(document)
    assert not reader.read_span(Field("f", FieldType.MONEY), Span(1, 0, 4)).of_type
    assert reader.read_span(Field("f", FieldType.IDENTIFIER, pattern="[A-Z]{3}"), Span(1, 5, 9)).of_type
    assert not read_typed(Field("f", FieldType.DATE), "cash").of_type


def test_a_part_of_what_is_found_is_read_for_itself() -> None:
    assert (
        marked(
            FieldType.INTEGER,
            "2024",
        )[0]
        == "2024"
    )


def test_what_is_typed_is_read_by_its_type_and_is_not_on_the_page() -> None:
    found = read_typed(Field("x", FieldType.MONEY), "99,50")
    assert (found.given.value, found.given.typed, found.given.span, found.problems) == ("99.50", True, None, ())
    assert read_typed(Field("x", FieldType.DATE), "soon").problems
    assert read_typed(Field("x", FieldType.DATE), "2025-02-01").given.value == "2025-02-01"


def test_suggestions_are_places_of_the_document() -> None:
    amount = READER.suggest(Field("x", FieldType.MONEY), "1234,5")
    assert [each.given.value for each in amount[:1]] == ["1234.50"]
    date = READER.suggest(Field("x", FieldType.DATE), "15.")
    assert date[0].given.value == "2025-01-15"
    name = READER.suggest(Field("x", FieldType.ORGANISATION), "trad")
    assert any("Trading" in (each.given.value or "") for each in name)
    assert all(each.given.span is not None for each in (*amount, *date, *name))
    assert READER.suggest(Field("x", FieldType.MONEY), "777") == []


def test_a_time_that_does_not_say_its_half_of_the_day_can_be_either() -> None:
    field = Field("f", FieldType.TIME)
    document = Document("a.txt", "txt", "", (Page(1, "We meet at 1:30. Doors 09:15, end 5:00 PM."),), 1)
    reader = FieldReader(document)
    assert marked_in(reader, field, "1:30") == ["01:30", "13:30"]
    assert marked_in(reader, field, "09:15") == ["09:15"]
    assert marked_in(reader, field, "5:00 PM") == ["17:00"]
    assert [each.given.value for each in reader.suggest(field, "1:30")] == ["01:30", "13:30"]
    written = reader.read_written(field, "13:30").given
    assert written.span is not None
    assert document.text(written.span) == "1:30"


def marked_in(reader: FieldReader, field: Field, words: str) -> list[str | None]:
    start = reader.document.pages[0].text.index(words)
    reading = reader.read_span(field, Span(1, start, start + len(words)))
    return [each.value for each in (reading.given, *reading.others)]


def test_the_word_at_a_place() -> None:
    page = DOCUMENT.pages[0]
    assert word_at(page, TEXT.index("2024-7")) == Span(1, 9, 18)
    assert word_at(page, 7) is None
    assert word_at(page, 10_000) is None


def test_what_parts_a_word_from_the_next_is_no_part_of_a_name() -> None:
    text = "Who: Ada Byron, Analytical Engines; London: , note, and so on,"
    reader = FieldReader(Document("a.txt", "txt", "", (Page(1, text),), 1))

    def read(kind: FieldType, words: str) -> str | None:
        start = text.index(words)
        return reader.read_span(Field("x", kind), Span(1, start, start + len(words))).given.value

    assert read(FieldType.NAME, "Ada Byron, ") == "Ada Byron"
    assert read(FieldType.ORGANISATION, "Analytical Engines;") == "Analytical Engines"
    assert read(FieldType.ADDRESS, "London:") == "London"
    assert read(FieldType.LINE, ": ,") == ": ,", "there is nothing else"
    assert read(FieldType.BLOCK, "note, and so on,") == "note, and so on,"
