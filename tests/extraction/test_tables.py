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


HEAD = "Description           Qty     Unit price      Amount\n"
TABLE = "Oak table               2         120.00      240.00"
CHAIR = "Chair                   1          35.50       35.50"


def items(*texts: str) -> list[str | None]:
    return [row["item"] for row in values(*texts)]


def test_sums_carried_over_are_no_rows_and_no_end() -> None:
    first = f"{HEAD}{TABLE}\nCarried forward                            240.00"
    second = f"Brought forward                            240.00\n{CHAIR}\nPage total                                  275.50"
    assert items(first, second, f"{TABLE}\nTotal   515.50\n{CHAIR}") == ["Oak table", "Chair", "Oak table"]


def test_rows_go_on_behind_a_subtotal_where_they_are_whole() -> None:
    assert items(f"{HEAD}{TABLE}\nSubtotal      240.00\n{CHAIR}\nTax          19.00\nTotal  294.50") == [
        "Oak table",
        "Chair",
    ]


def test_a_thing_called_total_is_a_row() -> None:
    station = "Total station rental    1          35.50       35.50"
    assert items(f"{HEAD}{TABLE}\n{station}\n{CHAIR}") == ["Oak table", "Total station rental", "Chair"]
    assert items(f"{HEAD}{TABLE}\nTotal                   3         155.50      275.50\n{CHAIR}") == ["Oak table"]


def test_a_long_description_does_not_end_the_table() -> None:
    described = "\n".join(f"  made of oak, part {number} of six" for number in "abcdef")
    assert items(f"{HEAD}{TABLE}\n{described}\n{CHAIR}") == ["Oak table", "Chair"]


def test_cells_set_off_by_tabs_belong_to_the_heading_of_their_number() -> None:
    rows = values(
        "Description\tQty\tUnit price\tAmount\nTea, green\t2\t1.50\t3.00\nDelivery\t\t\t5.00\n\t3\t1.00\t3.00"
    )
    assert [list(row.values()) for row in rows] == [
        ["Tea, green", "2", "1.50", "3.00"],
        ["Delivery", None, None, "5.00"],
        [None, "3", "1.00", "3.00"],
    ]


def test_without_geometry_cells_keep_their_order() -> None:
    rows = values(
        "Description  Qty  Unit price  Amount\nA  2  1.50  3.00\nA long description of this  3  2.50  7.50\nB  2.00  4.00"
    )
    assert [list(row.values()) for row in rows[:2]] == [
        ["A", "2", "1.50", "3.00"],
        ["A long description of this", "3", "2.50", "7.50"],
    ]
    assert [value for value in rows[2].values() if value] in (["B", "2.00", "4.00"], ["B", "2", "4.00"])
