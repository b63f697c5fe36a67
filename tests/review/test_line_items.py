"""Tables edited as tables: a row marked on the page, columns that change places, sums; each in the log, and taken back in one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.review.made import BILL, drawn, placed, result_of, table_lines, toml_of

from stillroom.documents.document import Document, Span
from stillroom.evaluation.labels import LabelledDocument
from stillroom.extraction.result import FieldResult
from stillroom.extraction.tables import table_rows
from stillroom.review.document import ReviewedDocument
from stillroom.review.line_items import cells_of, columns_swapped, places_of, rows_added, sums, swapped
from stillroom.review.marked_value import FieldReader
from stillroom.review.signing import labels_of, verdicts_from_labels
from stillroom.review.verdict import ADDED, Subject, VerdictKind, from_row, to_row
from stillroom.templates.toml_file import parse_template

TOML = toml_of("bill", total="money", tags="list of line", items=BILL)
TEMPLATE = parse_template(TOML, "test")
ITEMS = TEMPLATE.field("items")
ROWS = (
    ("Oak shelf", "2", "40.00", "80.00"),
    ("Brass hinge", "10", "1.50", "15.00"),
    ("Long hallway bench", "1", "120.00", "120.00"),
)
COLUMNS = (40, 220, 280, 350)


@pytest.fixture
def bill(tmp_path: Path) -> Document:
    """A page with a headed table; the last row's text goes on in a second line."""
    lines = [
        (40, 360, "Bill of the joiner"),
        *table_lines((("Description", "Qty", "Price", "Amount"), *ROWS), 320, 20),
        (40, 246, "in smoked oak"), (280, 200, "Total"), (350, 200, "215.00"),
    ]  # fmt: skip
    return drawn(tmp_path / "bill.pdf", lines)


def span_of(document: Document, first: str, last: str) -> Span:
    text = document.pages[0].text
    start = text.index(first)
    return Span(1, start, text.index(last, start) + len(last))


def reviewed(document: Document, rows: FieldResult, total: str = "215.00") -> ReviewedDocument:
    fields: dict[str, FieldResult] = {"total": placed(document, total), "tags": (), "items": rows}
    result = result_of(fields, "bill", "bill.pdf", document.sha256)
    return ReviewedDocument(1, 0, Path("/x/bill.pdf"), TEMPLATE, result)


def shown(document: ReviewedDocument) -> list[dict[str, str | None]]:
    rows = cells_of(document, "items").values()
    return [{name: cell.current.value for name, cell in row.items()} for row in rows]


def test_a_row_is_marked_under_a_heading_where_nothing_was_found(bill: Document) -> None:
    doc = reviewed(bill, ())
    rows = FieldReader(bill).read_rows(ITEMS, span_of(bill, "Oak shelf", "80.00"), places_of(doc, "items"))
    doc.add(*rows_added(doc, "items", rows))
    assert shown(doc) == [
        {"description": "Oak shelf", "quantity": "2", "unit_price": "40.00", "amount": "80.00"},
    ]
    assert all(cell.current.boxes for cell in cells_of(doc, "items")[ADDED + 1].values()), "each has its place"
    assert all(cell.verdict and not cell.typed for cell in cells_of(doc, "items")[ADDED + 1].values())


def test_several_lines_are_several_rows_and_a_wrapped_text_goes_on(bill: Document) -> None:
    rows = FieldReader(bill).read_rows(ITEMS, span_of(bill, "Brass", "smoked oak"), ())
    assert [row["description"].value for row in rows] == ["Brass hinge", "Long hallway bench in smoked oak"]
    assert [row["amount"].value for row in rows] == ["15.00", "120.00"]
    assert len(rows[1]["description"].parts) == 2
    assert len(rows[1]["description"].boxes) == 2, "both lines are lit"


def test_without_a_heading_the_cells_that_are_there_say_where_columns_are(tmp_path: Path) -> None:
    rows = (("Pine board", "3", "6.00", "18.00"), ("Glue", "", "", "4.00"))
    document = drawn(tmp_path / "plain.pdf", table_lines(rows, 300, 20))
    first = FieldReader(document).read_rows(ITEMS, span_of(document, "Pine", "18.00"), ())
    assert {name: cell.value for name, cell in first[0].items()} == {
        "description": "Pine board",
        "quantity": "3",
        "unit_price": "6.00",
        "amount": "18.00",
    }
    known = [{name: cell.span for name, cell in first[0].items() if cell.span}]
    second = FieldReader(document).read_rows(ITEMS, span_of(document, "Glue", "4.00"), known)
    assert {name: cell.value for name, cell in second[0].items()} == {"description": "Glue", "amount": "4.00"}


def test_a_row_stands_where_it_stands_on_the_page_and_is_taken_back_in_one(bill: Document) -> None:
    all_rows = table_rows(ITEMS, bill)
    assert len(all_rows) == 3
    doc = reviewed(bill, (all_rows[0], all_rows[2]))
    rows = FieldReader(bill).read_rows(ITEMS, span_of(bill, "Brass", "15.00"), places_of(doc, "items"))
    doc.add(*rows_added(doc, "items", rows))
    assert [row["description"] for row in shown(doc)] == [
        "Oak shelf",
        "Brass hinge",
        "Long hallway bench in smoked oak",
    ]
    assert [each["description"].value for each in doc.effective().fields["items"]][1] == "Brass hinge"
    stored = [from_row(to_row(entry)) for entry in doc.entries]
    assert stored == doc.entries
    again = ReviewedDocument(2, 0, doc.path, TEMPLATE, doc.result, stored)
    assert shown(again) == shown(doc), "carried over to another run"
    undone = doc.undo()
    assert len(undone) == 4
    doc.add(*undone)
    assert len(shown(doc)) == 2
    assert doc.undo() == []


def test_columns_change_places_and_are_read_by_their_new_type(bill: Document) -> None:
    rows = table_rows(ITEMS, bill)
    mixed = tuple({**row, "unit_price": row["amount"], "amount": row["unit_price"]} for row in rows)
    doc = reviewed(bill, mixed)
    before = shown(doc)
    one, other = (next(each for each in ITEMS.columns if each.name == name) for name in ("unit_price", "amount"))
    swaps = swapped(FieldReader(bill), list(cells_of(doc, "items").values()), one, other)
    doc.add(*columns_swapped(doc, swaps))
    assert [row["amount"] for row in shown(doc)] == ["80.00", "15.00", "120.00"]
    assert [row["unit_price"] for row in shown(doc)] == ["40.00", "1.50", "120.00"]
    assert all(cell.current.boxes for row in cells_of(doc, "items").values() for cell in row.values())
    doc.add(*doc.undo())
    assert shown(doc) == before


def test_an_empty_column_changes_places_too_and_what_is_no_number_is_told(bill: Document) -> None:
    rows = tuple({"description": row["description"], "amount": row["amount"]} for row in table_rows(ITEMS, bill))
    doc = reviewed(bill, rows)
    columns = {each.name: each for each in ITEMS.columns}
    cells = list(cells_of(doc, "items").values())
    moved = swapped(FieldReader(bill), cells, columns["amount"], columns["unit_price"])
    doc.add(*columns_swapped(doc, moved))
    assert [(row["unit_price"], row["amount"]) for row in shown(doc)] == [
        ("80.00", None),
        ("15.00", None),
        ("120.00", None),
    ]
    wrong = swapped(FieldReader(bill), cells, columns["description"], columns["quantity"])
    assert any(each.reading is not None and each.reading.problems for each in wrong)


def test_sums_are_held_against_what_the_document_states(bill: Document) -> None:
    rows = table_rows(ITEMS, bill)
    doc = reviewed(bill, rows)
    found = {each.column.name: each for each in sums(doc, "items")}
    assert set(found) == {"quantity", "amount"}, "prices of one piece add up to nothing"
    assert found["amount"].holds
    assert found["amount"].field == TEMPLATE.field("total")
    doc.add(doc.verdict(VerdictKind.REMOVED, Subject("items", 2)))
    (amount,) = (each for each in sums(doc, "items") if each.column.name == "amount")
    assert not amount.holds
    assert amount.missing == Decimal("15.00")
    ruled = replace(doc, template=replace(TEMPLATE, rules=()))
    assert sums(ruled, "items")[-1].field is not None


def test_labels_of_rows_and_items_become_verdicts(bill: Document) -> None:
    doc = reviewed(bill, table_rows(ITEMS, bill)[:2])
    right = {
        "total": "215.00",
        "tags": ("wood", "paid"),
        "items": (
            {"description": "Brass hinge", "quantity": "10", "unit_price": "1.50", "amount": "15.10"},
            {"description": "Bench", "quantity": "1", "unit_price": None, "amount": "120.00"},
        ),
    }
    entries = verdicts_from_labels([doc], [LabelledDocument(1, "bill.pdf", doc.path, right)])
    doc.add(*entries)
    labels = labels_of(doc)
    assert labels["tags"] == ["wood", "paid"]
    assert {row["description"]: row["amount"] for row in labels["items"]} == {"Brass hinge": "15.10", "Bench": "120.00"}
    kinds = [entry.kind for entry in entries]
    assert kinds.count(VerdictKind.REMOVED) == 0, "a row that is another is corrected, not taken out and put in"
    assert verdicts_from_labels([doc], [LabelledDocument(1, "bill.pdf", doc.path, right)]) == [], "once is enough"


def test_what_is_typed_into_a_cell_is_found_beside_its_row(bill: Document) -> None:
    column = ITEMS.columns[3]
    near = span_of(bill, "Long hallway", "bench")
    found = FieldReader(bill).read_written(column, "120,00", near)
    assert found.given.value == "120.00"
    assert found.given.span is not None
    assert FieldReader(bill).read_written(column, "999.00", near).given.typed


def test_a_row_that_is_removed_breaks_the_rule_it_was_part_of(bill: Document) -> None:
    ruled = parse_template(TOML + '[[rules]]\ncheck = "sum(items.amount) = total"\nmessage = "No sum."\n', "test")
    doc = replace(reviewed(bill, table_rows(ITEMS, bill)), template=ruled)
    assert doc.value(Subject("total")).failed == ()
    doc.add(doc.verdict(VerdictKind.REMOVED, Subject("items", 2)))
    assert doc.value(Subject("total")).failed == ("No sum.",)
    doc.add(*doc.undo())
    assert doc.value(Subject("total")).failed == ()
