"""Rows of a table follow the headings, with or without geometry, over pages, and hold only spans."""

from __future__ import annotations

from stillroom.documents.document import Document, Page
from stillroom.extraction.result import FieldState
from stillroom.extraction.tables import table_rows
from stillroom.templates.template import Field, FieldType

LINES = Field(
    "lines",
    FieldType.TABLE,
    columns=(
        Field("item", FieldType.LINE, near=("description", "artikel")),
        Field("quantity", FieldType.INTEGER, near=("qty", "aantal")),
        Field("price", FieldType.MONEY, near=("unit price", "prijs")),
        Field("total", FieldType.MONEY, near=("amount",)),
    ),
)
TEXT = """Invoice 7
Description           Qty     Unit price      Amount
Oak table               2         120.00      240.00
Chair, beech           12          35.50      426.00
  with arm rests
Delivery                                       30.00
Subtotal                                      696.00
Thank you             1          2"""


def document(*texts: str) -> Document:
    return Document(
        "made.txt", "txt", "", tuple(Page(number, text) for number, text in enumerate(texts, 1)), len(texts)
    )


def values(*texts: str) -> list[dict[str, str | None]]:
    return [{name: cell.value for name, cell in row.items()} for row in table_rows(LINES, document(*texts))]


def test_each_line_under_the_headings_is_a_row() -> None:
    assert values(TEXT) == [
        {"item": "Oak table", "quantity": "2", "price": "120.00", "total": "240.00"},
        {"item": "Chair, beech", "quantity": "12", "price": "35.50", "total": "426.00"},
        {"item": "Delivery", "quantity": None, "price": None, "total": "30.00"},
    ]


def test_every_cell_is_a_span_of_the_page() -> None:
    made = document(TEXT)
    for row in table_rows(LINES, made):
        for cell in row.values():
            if cell.state is FieldState.FOUND:
                assert cell.span is not None
                assert made.text(cell.span) == cell.text


def test_a_table_goes_on_over_pages() -> None:
    head = "Description           Qty     Unit price      Amount\n"
    first = head + "Oak table               2         120.00      240.00"
    again = head + "Chair                   1          35.50       35.50\nTotal  275.50"
    assert [row["item"] for row in values(first, again)] == ["Oak table", "Chair"]
    assert [row["item"] for row in values(first, again.removeprefix(head))] == ["Oak table", "Chair"]


def test_without_headings_there_are_no_rows() -> None:
    assert values("Oak table   2   120.00   240.00") == []
