"""Rows of a table follow the headings, with or without geometry, over pages, and hold only spans."""

from __future__ import annotations

import time

import pytest

from stillroom.documents.document import Box, Document, Page
from stillroom.extraction.result import FieldState, value_from_json, value_to_json
from stillroom.extraction.table_lines import lines_of
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


ITEMS = Field(
    "items",
    FieldType.TABLE,
    columns=(
        Field("item", FieldType.TEXT, description="what was delivered"),
        Field("quantity", FieldType.NUMBER),
        Field("amount", FieldType.MONEY, description="the net sum of the row"),
    ),
)
RESULTS = Field(
    "results",
    FieldType.TABLE,
    columns=(
        Field("age_group", FieldType.TEXT),
        Field("rank", FieldType.INTEGER),
        Field("athlete", FieldType.NAME),
        Field("time", FieldType.TEXT, description="the time reached"),
    ),
)


def placed(*rows: tuple[float, str], number: int = 1) -> Page:
    """A page of words at places: "40:Oak 60:table" in each row, six points a character; a row by its distance from the top."""
    text, boxes = "", []
    end = 0.0
    for top, row in rows:
        text, boxes = (text + "\n", [*boxes, None]) if text else (text, boxes)
        for word in row.split():
            place, _, letters = word.partition(":")
            if not text.endswith("\n") and text:
                gap = " " if float(place) - end < 10 else "  "
                text, boxes = text + gap, boxes + [None] * len(gap)
            for index, letter in enumerate(letters.replace("_", " ")):
                left = float(place) + 6 * index
                text, boxes = text + letter, [*boxes, Box(left, top, left + 6, top + 10)]
            end = float(place) + 6 * len(letters)
    return Page(number, text, 600, 800, tuple(boxes))


def read(field: Field, *pages: Page) -> list[list[str | None]]:
    rows = table_rows(field, Document("made.pdf", "pdf", "", pages, len(pages)))
    return [[cell.value for cell in row.values()] for row in rows]


@pytest.mark.parametrize(
    "heading",
    [
        "Beschreibung   Menge   Einzelpreis   Gesamtpreis",
        "Désignation   Qté   Prix unitaire   Montant HT",
        "Descripción   Cantidad   Precio   Importe",
        "Descrizione   Quantità   Prezzo unitario   Importo",
        "Descrição   Quantidade   Preço unitário   Total",
        "Omschrijving   Aantal   Prijs   Bedrag",
        "Benämning   Antal   À-pris   Belopp",
        "Varebeskrivelse   Antal   Stykpris   Beløb",
        "Nazwa towaru   Ilość   Cena netto   Wartość netto",
        "Popis   Množství   Cena za kus   Celkem",
        "Megnevezés   Mennyiség   Egységár   Összesen",
        "Denumire   Cantitate   Preț unitar   Valoare",
        "Açıklama   Miktar   Birim fiyat   Tutar",
        "Наименование   Количество   Цена   Сумма",
        "Найменування   Кількість   Ціна   Сума",
        "Περιγραφή   Ποσότητα   Τιμή   Αξία",
        "品名   数量   単価   金額",
        "商品名称   数量   单价   金额",
        "품목   수량   단가   금액",
        "الوصف   الكمية   السعر   المبلغ",
    ],
)
def test_headings_are_known_in_many_languages(heading: str) -> None:
    made = Page(1, f"{heading}\nOak   2   120.00   240.00\nAsh   1   35.50   35.50")
    assert read(ITEMS, made) == [["Oak", "2", "240.00"], ["Ash", "1", "35.50"]]


HEADS = (100, "40:Item 200:Qty 300:Price 400:Amount")


def test_a_cell_that_was_wrapped_is_one() -> None:
    page = placed(
        HEADS,
        (120, "40:Garden 82:table 118:with 206:2 300:10.00 406:20.00"),
        (132, "40:umbrella"),
        (160, "40:Oak 206:1 300:10.00 406:10.00"),
        (172, "40:delivered:_May"),
    )
    made = Document("made.pdf", "pdf", "", (page,), 1)
    first, second = table_rows(ITEMS, made)
    assert first["item"].value == "Garden table with umbrella"
    assert [made.text(part) for part in first["item"].parts] == first["item"].text.split("\n")
    assert len(first["item"].boxes) == 2
    assert value_from_json(value_to_json(first["item"])) == first["item"]
    assert second["item"].value == "Oak"


def test_an_amount_a_little_lower_belongs_to_its_row() -> None:
    rows = [
        line
        for at, (name, amount) in enumerate((("Oak", "20.00"), ("Ash", "30.00"), ("Elm", "50.00")))
        for line in ((120 + 60 * at, f"40:{name} 206:{amount[0]} 300:10.00"), (128 + 60 * at, f"406:{amount}"))
    ]
    assert read(ITEMS, placed(HEADS, *rows)) == [["Oak", "2", "20.00"], ["Ash", "3", "30.00"], ["Elm", "5", "50.00"]]


def test_rows_in_two_lines_are_headed_in_two_lines() -> None:
    page = placed(
        (100, "40:EAN 130:Article_no 260:Qty 330:Price 420:Amount"),
        (112, "130:Description"),
        (140, "40:4006 130:A1 266:2 330:10.00 426:20.00"),
        (152, "130:Oak 154:table"),
        (180, "40:4007 130:A2 266:1 330:5.00 432:5.00"),
        (192, "130:Ash 154:chair"),
    )
    assert read(ITEMS, page) == [["Oak table", "2", "20.00"], ["Ash chair", "1", "5.00"]]


def test_lines_that_only_look_like_rows_are_left_out_where_the_sum_says_so() -> None:
    page = placed(
        HEADS,
        (120, "40:Oak 206:2 300:10.00 406:20.00"),
        (140, "40:Ash 206:3 300:10.00 406:30.00"),
        (160, "40:Discount 406:5.00"),
        (180, "40:Net 64:amount 406:50.00"),
    )
    rows = table_rows(ITEMS, Document("made.pdf", "pdf", "", (page,), 1))
    assert [row["item"].value for row in rows] == ["Oak", "Ash"]
    assert all(row["amount"].confidence > 0.95 for row in rows)


def test_what_is_proved_is_surer_than_what_is_not() -> None:
    page = placed(HEADS, (120, "40:Oak 206:2 300:10.00 406:20.00"), (140, "40:Ash 206:3 300:10.00 406:31.00"))
    right, wrong = table_rows(ITEMS, Document("made.pdf", "pdf", "", (page,), 1))
    assert right["amount"].confidence > wrong["amount"].confidence


@pytest.mark.parametrize(
    "carried", ["Übertrag", "à reporter", "Carried forward", "Suma y sigue", "Do przeniesienia", "Report", "Transport"]
)
def test_a_table_over_pages_loses_nothing_and_takes_no_sum_for_a_row(carried: str) -> None:
    lines = [(120 + 20 * at, f"40:Thing 82:{at} 206:2 300:10.00 406:20.00") for at in range(5)]
    total = (220, f"40:{carried.replace(' ', '_')} 406:100.00")
    first = placed(HEADS, *lines, total)
    again = placed((90, f"40:{carried.replace(' ', '_')} 406:100.00"), *lines, (240, "40:Total 406:200.00"), number=2)
    assert len(read(ITEMS, first, again)) == 10
    headed = placed((40, "40:Green 82:Leaf 130:7"), HEADS, *lines, (240, "40:Total 406:200.00"), number=2)
    assert len(read(ITEMS, first, headed)) == 10


def test_the_heading_of_a_group_is_a_value_of_its_rows() -> None:
    page = placed(
        (60, "40:Age 64:Group 100:80-84"),
        (100, "40:Rank 100:Name 300:Time"),
        (120, "40:1 100:Ann 124:LEE 300:1:20.10"),
        (140, "40:2 100:Kim 124:OAK 300:1:21.10"),
        (160, "40:Age 64:Group 100:75-79"),
        (180, "40:1 100:Joe 124:ASH 300:1:02.10"),
    )
    assert read(RESULTS, page) == [
        ["80-84", "1", "Ann LEE", "1:20.10"],
        ["80-84", "2", "Kim OAK", "1:21.10"],
        ["75-79", "1", "Joe ASH", "1:02.10"],
    ]


def test_another_table_below_is_not_taken_for_more_rows() -> None:
    page = placed(
        HEADS,
        (120, "40:Oak 206:2 300:10.00 406:20.00"),
        (180, "40:VAT 120:Net 200:Tax_amount 330:Gross"),
        (200, "40:Standard 120:20.00 206:4.00 330:24.00"),
    )
    assert read(ITEMS, page) == [["Oak", "2", "20.00"]]


def test_a_known_cell_goes_on_in_the_next_line_but_not_on_a_sheet() -> None:
    text = "Item\tQty\tPrice\tAmount\nOak table with\t2\t10.00\t20.00\ntwo legs\nAsh\t1\t5.00\t5.00"
    for kind, expected in (("html", "Oak table with two legs"), ("xlsx", "Oak table with")):
        rows = table_rows(ITEMS, Document(f"made.{kind}", kind, "", (Page(1, text),), 1))
        assert [row["item"].value for row in rows] == [expected, "Ash"]


def test_a_statement_of_account_is_a_table_too() -> None:
    columns = (
        Field("date", FieldType.DATE),
        Field("description", FieldType.TEXT),
        Field("debit", FieldType.MONEY),
        Field("credit", FieldType.MONEY),
        Field("balance", FieldType.MONEY),
    )
    text = """Datum      Buchungstext            Soll     Haben     Saldo
           Saldovortrag                             1.000,00
02.01.2025 Miete Januar           500,00             500,00
03.01.2025 Gehalt                         2.000,00  2.500,00"""
    assert read(Field("bookings", FieldType.TABLE, columns=columns), Page(1, text)) == [
        ["2025-01-02", "Miete Januar", "500.00", None, "500.00"],
        ["2025-01-03", "Gehalt", None, "2000.00", "2500.00"],
    ]


def test_a_long_text_without_a_table_is_looked_through_quickly() -> None:
    page = Page(
        1,
        "\n".join(
            f"The amount of line {number} is described in the price list, item {number}." for number in range(2000)
        ),
    )
    started = time.process_time()
    assert read(ITEMS, page) == []
    assert time.process_time() - started < 2.5


def test_a_transport_is_a_thing_unless_it_is_the_sum() -> None:
    page = placed(
        HEADS,
        (120, "40:Oak 206:2 300:10.00 406:20.00"),
        (140, "40:Transport 206:1 300:12.00 406:12.00"),
        (160, "40:Total 406:32.00"),
    )
    assert [row[0] for row in read(ITEMS, page)] == ["Oak", "Transport"]


def test_a_run_of_words_goes_on_beyond_its_column() -> None:
    heads = (100, "40:Rank 90:Name 200:Club 372:Time")
    rows = [(120 + 20 * at, f"40:{at + 1} 90:Ann 114:Lee 200:Otters 372:4{at}.00") for at in range(5)]
    long = (240, "40:6 90:Bo 108:Ek 200:Lunda 236:Masters 284:Swimming 338:Club 372:45.42")
    columns = (*RESULTS.columns[1:3], Field("team", FieldType.TEXT), RESULTS.columns[3])
    found = read(Field("results", FieldType.TABLE, columns=columns), placed(heads, *rows, long))
    assert found[-1] == ["6", "Bo Ek", "Lunda Masters Swimming Club", "45.42"]


def test_what_stands_below_a_short_name_is_no_part_of_it() -> None:
    page = placed(
        (100, "40:Item 300:Qty 380:Price 480:Amount"),
        (120, "40:Desk 306:2 380:10.00 486:20.00"),
        (132, "40:Art.-Nr. 100:4711"),
        (160, "40:Oak 306:1 380:10.00 486:10.00"),
    )
    assert [row[0] for row in read(ITEMS, page)] == ["Desk", "Oak"]


@pytest.mark.parametrize(
    "rows",
    [
        ["40:Oak 206:2 300:10.00 406:20.00"],
        ["40:Oak 206:2 300:10.00 406:20.00", "40:Ash 206:3 300:10.00 406:30.00"],
    ],
)
def test_sums_under_the_columns_are_no_rows_whatever_they_are_called(rows: list[str]) -> None:
    total = 20 if len(rows) == 1 else 50
    sums = [f"150:Net 406:{total}.00", "150:VAT 406:4.00", f"150:Gross 406:{total + 4}.00"]
    page = placed(HEADS, *((120 + 20 * at, row) for at, row in enumerate([*rows, *sums])))
    assert [row[0] for row in read(ITEMS, page)] == ["Oak", "Ash"][: len(rows)]


def test_a_thing_that_costs_as_much_as_the_one_above_is_a_row() -> None:
    page = placed(HEADS, (120, "40:Oak 206:2 300:10.00 406:20.00"), (140, "40:Delivery 406:20.00"))
    assert [row[0] for row in read(ITEMS, page)] == ["Oak", "Delivery"]


@pytest.mark.parametrize(
    "lines",
    [
        ["Oak table       2 x 10.00       20.00", "Ash             3 x 10.00       30.00"],
        ["Oak table", "   2 x 10.00       20.00", "Ash", "   3 x 10.00       30.00"],
        ["  2  Oak table        10.00    20.00", "  3  Ash        10.00    30.00"],
        ["Oak table    10.00   2   EUR 20.00", "Ash     10.00    3    EUR 30.00"],
        ["Oak table\t2\t10.00\t20.00", "Ash\t3\t10.00\t30.00"],
    ],
)
def test_rows_without_a_heading_are_proved_by_what_they_come_to(lines: list[str]) -> None:
    text = "\n".join(["Bill 7", "4 March 2024", "", *lines, "Total     50.00", "Cash  2 x 50.00  100.00"])
    rows = table_rows(ITEMS, document(text))
    assert [[cell.value for cell in row.values()] for row in rows] == [
        ["Oak table", "2", "20.00"],
        ["Ash", "3", "30.00"],
    ]
    assert all(cell.confidence > 0.9 for row in rows for name, cell in row.items() if name != "item")


def test_an_amount_alone_is_a_row_among_those_that_are_proved() -> None:
    lines = [
        "Oak          2 x 10.00    20.00",
        "Delivery                   5.00",
        "Ash          3 x 10.00    30.00",
        "Sub total   55.00",
    ]
    assert read(ITEMS, Page(1, "\n".join(lines))) == [
        ["Oak", "2", "20.00"],
        ["Delivery", None, "5.00"],
        ["Ash", "3", "30.00"],
    ]


def test_one_line_that_comes_out_right_is_no_table() -> None:
    assert read(ITEMS, Page(1, "Room 3 of 10 until 20.00\nOak  2 x 10.00   20.00")) == []


def test_quantities_without_a_column_are_read_from_the_row() -> None:
    page = placed(
        (100, "40:Article 300:Amount"),
        (120, "40:Oak 64:table"),
        (132, "50:2 62:x 74:10.00 306:20.00"),
        (150, "40:Ash"),
        (162, "50:3 62:x 74:10.00 306:30.00"),
    )
    assert read(ITEMS, page) == [["Oak table", "2", "20.00"], ["Ash", "3", "30.00"]]


def test_a_column_of_numbers_called_item_is_not_what_was_delivered() -> None:
    page = placed(
        (100, "40:Item 90:Description 260:Qty 330:Price 430:Amount"),
        (120, "46:1 90:Oak 114:table 266:2 330:10.00 436:20.00"),
        (140, "46:2 90:Ash 266:3 330:10.00 436:30.00"),
    )
    assert read(ITEMS, page) == [["Oak table", "2", "20.00"], ["Ash", "3", "30.00"]]


@pytest.mark.parametrize(
    ("counts", "kept"), [((1, 2, 3), False), ((7, 8, 9), False), ((2019, 2020, 2021), True), ((3, 1, 4), True)]
)
def test_numbers_by_which_rows_are_counted_are_no_part_of_their_text(counts: tuple[int, ...], kept: bool) -> None:
    rows = [(120 + 20 * at, f"40:{count} 66:Oak 206:2 300:10.00 406:20.00") for at, count in enumerate(counts)]
    assert [row[0] for row in read(ITEMS, placed(HEADS, *rows))] == [
        f"{count} Oak" if kept else "Oak" for count in counts
    ]


def test_a_line_of_very_many_cells_is_cut_in_a_time_that_grows_with_it() -> None:
    began = time.process_time()
    (line,) = lines_of(Page(1, "a\t" * 30_000))
    assert line.cells == 30_000
    assert time.process_time() - began < 3
