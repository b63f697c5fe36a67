"""Rows put at the end of a sheet that is there: by its headings, typed, with nothing run and nothing lost."""

from __future__ import annotations

import csv
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table

from stillroom.documents.document import Span
from stillroom.errors import StillroomError
from stillroom.extraction.appending import append
from stillroom.extraction.export import export
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, FieldResult, FieldState, FieldValue
from stillroom.extraction.signed import SignedDocument
from stillroom.templates.toml_file import parse_template

TEMPLATE = parse_template(
    """
name = "bill"
version = 1
title = "Bill"
description = "A bill."
[[fields]]
name = "shop"
type = "line"
label = "Supplier"
[[fields]]
name = "date"
type = "date"
[[fields]]
name = "total"
type = "money"
[[fields]]
name = "items"
type = "table"
[[fields.columns]]
name = "what"
type = "line"
label = "Article"
[[fields.columns]]
name = "price"
type = "money"
""",
    "test",
)

PAYLOADS = [
    f"{begins}{rest}"
    for begins in ("=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "＠")
    for rest in (
        "1+1",
        "HYPERLINK(\"http://x\",\"y\")",
        "cmd|' /C calc'!A0",
        "SUM(A1:A9)*cmd",
        "IMPORTXML(\"http://x\",\"//a\")",
    )
]  # fmt: skip


def value(text: str) -> FieldValue:
    return FieldValue(text, text, FieldState.FOUND, 0.9, Span(1, 0, len(text)))


def bill(number: int, shop: str = "Corner Shop") -> DocumentResult:
    fields: dict[str, FieldResult] = {
        "shop": value(shop),
        "date": value("2024-03-0" + str(number)),
        "total": value(f"{number}.50"),
        "items": ({"what": value("Tea"), "price": value("1.25")}, {"what": value("Jam"), "price": value("2.25")}),
    }
    return DocumentResult(f"bill-{number}.pdf", DocumentStatus.DONE, Coverage(1, 1, 9, 9), fields, "bill", 1)


def book(path: Path, *rows: list[object]) -> None:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    made.save(path)


def cells(path: Path) -> list[list[object]]:
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_values_go_under_the_headings_that_name_them_and_the_rest_stays(tmp_path: Path) -> None:
    target = tmp_path / "book.xlsx"
    book(
        target,
        ["Our bills", None, None, None],
        ["Total", "Supplier:", "Booked", "DATE"],
        [9.5, "Old Shop", "yes", datetime(2023, 1, 2)],
    )
    made = openpyxl.load_workbook(target)
    made.active["A3"].number_format = "#,##0.00"
    made.active["B3"].font = Font(bold=True)
    made.active["C5"] = "=COUNTA(C3:C3)"  # what a person keeps below is not written over
    made.create_sheet("Notes")["A1"] = "stays"
    made.save(target)
    done = append([bill(1), bill(2)], TEMPLATE, target)
    assert (done.rows, done.known, done.unplaced) == (2, 0, ("Items",))
    rows = cells(target)
    assert rows[3][:2] == [1.5, "Corner Shop"]
    assert rows[3][3] == datetime(2024, 3, 1)
    assert rows[4][0] == 2.5
    again = openpyxl.load_workbook(target)
    assert again["Notes"]["A1"].value == "stays"
    assert again.worksheets[0]["A4"].number_format == "#,##0.00"
    assert again.worksheets[0]["B4"].font.bold
    assert again.worksheets[0]["C5"].value == "=COUNTA(C3:C3)"


def test_a_table_of_the_sheet_and_its_filter_reach_over_the_new_rows(tmp_path: Path) -> None:
    target = tmp_path / "book.xlsx"
    book(target, ["shop", "total"], ["Old", 1])
    made = openpyxl.load_workbook(target)
    made.active.add_table(Table(displayName="Bills", ref="A1:B2"))
    made.save(target)
    append([bill(1)], TEMPLATE, target)
    assert openpyxl.load_workbook(target).active.tables["Bills"].ref == "A1:B3"


def test_headings_of_line_items_take_a_row_for_each(tmp_path: Path) -> None:
    target = tmp_path / "items.xlsx"
    book(target, ["Supplier", "Article", "Price"])
    assert append([bill(1)], TEMPLATE, target).rows == 2
    assert cells(target)[1:] == [["Corner Shop", "Tea", 1.25], ["Corner Shop", "Jam", 2.25]]


def test_what_is_there_already_is_not_added_again(tmp_path: Path) -> None:
    for name in ("out.xlsx", "out.csv"):
        target = tmp_path / name
        signed = [SignedDocument("approved", "ann", "2024-01-01T00:00:00Z")] * 2
        export([bill(1)], TEMPLATE, target, signed=signed[:1])
        done = append([bill(1), bill(2)], TEMPLATE, target, signed)
        assert (done.rows, done.known) == (1, 1)
        assert append([bill(2)], TEMPLATE, target, signed[:1]).rows == 0
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["total"], row["review"]) for row in rows] == [
        ("bill-1.pdf", "1.50", "approved"),
        ("bill-2.pdf", "2.50", "approved"),
    ]


def test_a_csv_file_keeps_its_way_of_writing(tmp_path: Path) -> None:
    target = tmp_path / "alt.csv"
    target.write_bytes("Supplier;Total;Bemerkung\r\nAlt;9,50;schön".encode())
    append([bill(1)], TEMPLATE, target)
    assert target.read_bytes().decode().split("\r\n")[1:] == ["Alt;9,50;schön", '"Corner Shop";"1,50";""', ""]


@pytest.mark.parametrize("name", ["book.xlsx", "book.csv"])
def test_no_payload_is_a_formula(tmp_path: Path, name: str) -> None:
    assert len(PAYLOADS) == 50
    target = tmp_path / name
    rows = [bill(1, payload) for payload in PAYLOADS]
    for how in ("new", "added"):
        if how == "new":
            export(rows, TEMPLATE, target)
        else:
            if name.endswith("xlsx"):
                book(target, ["Supplier"])
            else:
                target.write_text("Supplier\n")
            append(rows, TEMPLATE, target)
        if name.endswith("xlsx"):
            with zipfile.ZipFile(target) as archive:
                sheets = [archive.read(each).decode() for each in archive.namelist() if "worksheets/sheet" in each]
            assert not any("<f>" in sheet or "<f " in sheet for sheet in sheets), how
            written = [value for row in cells(target) for value in row]
            assert sum(text in written for text in PAYLOADS) >= 30
        else:
            with target.open(encoding="utf-8-sig", newline="") as file:
                values = [row[0 if how == "added" else 2] for row in list(csv.reader(file))[1:]]
            assert len(values) == 50
            assert not any(
                text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "＠")) for text in values
            ), how


def test_what_would_be_lost_or_is_not_understood_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    charted = tmp_path / "chart.xlsx"
    book(charted, ["shop", "total"])
    with zipfile.ZipFile(charted, "a") as archive:
        archive.writestr("xl/charts/chart1.xml", "<c/>")
    none = tmp_path / "none.xlsx"
    book(none, ["colour", "weight"])
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"no workbook")
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"Supplier;Gr\xf6\xdfe\n")
    other = tmp_path / "rows.jsonl"
    other.write_text("{}")
    for target, says in (
        (charted, "would be lost"),
        (none, "No heading"),
        (broken, "no Excel workbook"),
        (latin, "no UTF-8"),
        (other, "export it anew"),
        (tmp_path / "nowhere.csv", "cannot be read"),
    ):
        before = target.read_bytes() if target.exists() else b""
        with pytest.raises(StillroomError, match=says):
            append([bill(1)], TEMPLATE, target)
        assert (target.read_bytes() if target.exists() else b"") == before
