"""Whether a value stands in its document is looked up anew, whatever the result says."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Box, Boxes, Document, Page, Span
from stillroom.evaluation.grounding import DocumentText
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.templates.template import Field, FieldType

TEXT = "NORTH WIND TRADING LTD\n12 Harbour\nRoad, 4021 Port\nDate 31/05/2020\nTotal RM 1,014.10 \u00adok"
DOCUMENT = DocumentText(Document("a", "txt", "", (Page(1, TEXT), Page(2, "Second page")), 2))


def holds(kind: FieldType, value: str | None, text: str = "", span: Span | None = None) -> bool:
    return DOCUMENT.holds(FieldValue(value, text, FieldState.FOUND, 0.5, span), Field("f", kind), kind)


def test_a_text_that_stands_there_is_found() -> None:
    assert holds(FieldType.ORGANISATION, "NORTH WIND TRADING LTD", "NORTH WIND TRADING LTD", Span(1, 0, 22))
    assert holds(FieldType.ADDRESS, "12 Harbour Road, 4021 Port", "12 Harbour\nRoad, 4021 Port")
    assert holds(FieldType.LINE, "Second page", "Second page", Span(2, 0, 11))
    assert holds(FieldType.MONEY, "1014.10", "1,014.10")
    assert holds(FieldType.DATE, None)


@pytest.mark.parametrize(
    ("value", "text", "span"),
    [
        ("South Wind", "South Wind", None),
        ("NORTH WIND", "NORTH WIND", Span(1, 1, 11)),  # not what its span points at
        ("NORTH WIND", "NORTH WIND", Span(3, 0, 10)),  # there is no such page
        ("South Wind", "NORTH WIND", Span(1, 0, 10)),  # the value is not its text
        ("north wind", "north wind", None),  # a quotation is literal
    ],
)
def test_what_is_not_quoted_from_the_document_is_not_there(value: str, text: str, span: Span | None) -> None:
    assert not holds(FieldType.ORGANISATION, value, text, span)


def test_a_value_alone_is_judged_kindly() -> None:
    assert holds(FieldType.ORGANISATION, "North Wind trading, Ltd.")
    assert not holds(FieldType.ORGANISATION, "South Wind")
    assert holds(FieldType.DATE, "2020-05-31")  # 31/05/2020 reads so
    assert not holds(FieldType.DATE, "2020-05-30")
    assert holds(FieldType.MONEY, "1014.1")
    assert not holds(FieldType.MONEY, "1014.2")
    assert not holds(FieldType.ORGANISATION, "...")


BOXED = "Total 14.10\nCash 14.10"


def boxed(text: str) -> DocumentText:
    """A page whose characters are ten points wide and as high, a line every twenty."""
    boxes, x, y = [], 0.0, 0.0
    for letter in text:
        boxes.append(Box(x, y, x + 10, y + 10))
        x, y = (0.0, y + 20) if letter == "\n" else (x + 10, y)
    return DocumentText(Document("a", "pdf", "", (Page(1, text, 200.0, 200.0, Boxes(boxes)),), 1))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Span(1, 6, 11), Span(1, 6, 11), True),
        (Span(1, 6, 11), Span(1, 7, 11), True),  # four of five characters
        (Span(1, 6, 11), Span(1, 9, 11), False),  # two of five
        (Span(1, 6, 11), Span(1, 17, 22), False),  # the same words elsewhere
        (Span(1, 6, 11), Span(2, 6, 11), False),
    ],
)
def test_a_place_is_right_where_half_of_the_area_is_shared(one: Span, other: Span, same: bool) -> None:
    assert boxed(BOXED).same_place(one, other) is same
    assert boxed(BOXED).same_place(other, one) is same


def test_a_label_that_stands_once_has_a_place() -> None:
    text = boxed("Total 14.10\nCash 20.00")
    assert text.place("20.00", Field("f", FieldType.MONEY), FieldType.MONEY) == Span(1, 17, 22)
    assert text.place("99.00", Field("f", FieldType.MONEY), FieldType.MONEY) is None
