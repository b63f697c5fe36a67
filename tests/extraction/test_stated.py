"""What a file states is set in the place of what its pages show, and both are shown where they differ."""

from __future__ import annotations

from stillroom.documents.document import Box, Document, Page, Span, Stated
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.result import FieldState, FieldValue, RunnerUp
from stillroom.extraction.stated import difference, with_stated
from stillroom.templates.template import Field, FieldType, Option, Template

TEXT = "Grünes  Blatt GmbH\nNetto 100,00 Brutto 119,00\nRechnung R-7 in EUR"
PAGE = Page(1, TEXT, 600, 800, tuple(Box(10 * i, 0, 10 * i + 9, 10) for i in range(len(TEXT))))


def field(name: str, kind: FieldType, **more: object) -> Field:
    return Field(name, kind, **more)  # type: ignore[arg-type]


FIELDS = (
    field("seller", FieldType.ORGANISATION),
    field("amount", FieldType.MONEY),
    field("number", FieldType.IDENTIFIER),
    field("date", FieldType.DATE),
    field("currency", FieldType.CHOICE, options=(Option("EUR"), Option("CHF"))),
    field("remark", FieldType.TEXT),
)
ABSENT = FieldValue(None, "", FieldState.ABSENT, 0.8)


def template(*fields: Field) -> Template:
    return Template("t", 1, "T", "", fields)


def stated(term: str, value: str, row: int | None = None) -> Stated:
    return Stated(term, "", "", value, value, row)


def document(*items: Stated) -> Document:
    return Document("a.pdf", "pdf", "", (PAGE,), 1, stated=items)


def span_of(text: str) -> Span:
    return Span(1, TEXT.index(text), TEXT.index(text) + len(text))


def value(text: str, canonical: str, confidence: float = 0.6) -> FieldValue:
    return FieldValue(canonical, text, FieldState.FOUND, confidence, span_of(text))


def of(name: str, item: Stated, found: FieldValue, *candidates: Candidate) -> FieldValue:
    chosen = next(field for field in FIELDS if field.name == name)
    result = with_stated(template(chosen), document(item), {name: found}, {name: candidates})[name]
    assert isinstance(result, FieldValue)
    return result


def test_a_page_that_agrees_lends_its_place() -> None:
    result = of("amount", stated("BT-112", "119.00"), value("119,00", "119.00"))
    assert (result.value, result.state, result.span) == ("119.00", FieldState.STATED, span_of("119,00"))
    assert result.confidence >= 0.99
    assert result.failed_checks == ()


def test_another_place_of_the_page_that_agrees_is_lit() -> None:
    candidate = Candidate(span_of("119,00"), "119,00", "119.00")
    result = of("amount", stated("BT-112", "119"), value("100,00", "100.00"), candidate)
    assert (result.value, result.text, result.span) == ("119", "119,00", span_of("119,00"))
    assert len(result.boxes) == 1
    assert result.candidates == (RunnerUp("100,00", "100.00", 0.6, span_of("100,00")),)
    assert result.failed_checks == ()


def test_a_page_that_says_something_else_is_shown_beside_it() -> None:
    result = of("amount", stated("BT-112", "9999.99"), value("119,00", "119.00", 0.98))
    assert (result.value, result.state, result.span) == ("9999.99", FieldState.STATED, None)
    assert result.confidence <= 0.5
    assert result.failed_checks == (difference("9999.99", "119.00"),)
    assert result.candidates[0].value == "119.00"


def test_names_are_found_on_the_page_whatever_their_spaces() -> None:
    result = of("seller", stated("BT-27", "Grünes Blatt GmbH"), ABSENT)
    assert result.text == "Grünes  Blatt GmbH"
    assert result.span == span_of("Grünes  Blatt GmbH")


def test_what_the_page_does_not_show_is_stated_without_a_place() -> None:
    result = of("date", stated("BT-2", "2025-04-03"), ABSENT)
    assert (result.value, result.state, result.span, result.failed_checks) == (
        "2025-04-03",
        FieldState.STATED,
        None,
        (),
    )


def test_a_choice_takes_what_is_one_of_its_options() -> None:
    assert of("currency", stated("BT-5", "EUR"), ABSENT).value == "EUR"
    assert of("currency", stated("BT-5", "USD"), ABSENT) is ABSENT


def test_other_fields_and_other_types_stay() -> None:
    assert of("remark", stated("BT-1", "R-7"), ABSENT) is ABSENT
    assert of("date", stated("BT-112", "119.00"), ABSENT) is ABSENT


def test_lines_take_the_places_of_the_rows_that_agree() -> None:
    columns = (field("item", FieldType.TEXT), field("quantity", FieldType.NUMBER), field("amount", FieldType.MONEY))
    table = field("items", FieldType.TABLE, columns=columns)
    on_page = ({"item": value("Blatt", "Blatt"), "quantity": ABSENT, "amount": value("100,00", "100.00")},)
    lines = [
        stated("BT-153", "Leaf", 0),
        stated("BT-129", "1", 0),
        stated("BT-131", "7.00", 0),
        stated("BT-153", "Green leaf", 1),
        stated("BT-129", "2", 1),
        stated("BT-131", "100.00", 1),
    ]
    result = with_stated(template(table), document(*lines), {"items": on_page}, {})["items"]
    assert isinstance(result, tuple)
    first, second = (row for row in result if isinstance(row, dict))
    assert [cell.value for cell in first.values()] == ["Leaf", "1", "7.00"]
    assert [cell.span for cell in first.values()] == [None, None, None]
    assert [cell.value for cell in second.values()] == ["Green leaf", "2", "100.00"]
    assert second["amount"].span == span_of("100,00")
    assert {cell.state for row in (first, second) for cell in row.values()} == {FieldState.STATED}
