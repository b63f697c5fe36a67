"""Line items in the Review page: by keys and mouse, every change an entry of the log, taken back in one, and in what is exported."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit
from tests.review.made import BILL, drawn, placed, record_of, result_of, table_lines, toml_of

from stillroom.documents.document import Document
from stillroom.extraction.result import (
    result_to_json,
)
from stillroom.extraction.tables import table_rows
from stillroom.review.line_items import cells_of
from stillroom.review.reviews import Reviews
from stillroom.review.signing import labels_of
from stillroom.review.verdict import VerdictKind, from_row
from stillroom.storage.runs import RunStore
from stillroom.storage.verdicts import VerdictStore
from stillroom.templates.toml_file import parse_template

TOML = toml_of("bill", total="money", items=BILL).replace('type = "table"', 'type = "table"\nlabel = "Line items"')
ITEMS = parse_template(TOML, "test").field("items")
ROWS = (
    ("Oak shelf", "2", "40.00", "80.00"),
    ("Brass hinge", "10", "1.50", "15.00"),
    ("Bench", "1", "120.00", "120.00"),
)


def draw(file: Path) -> Document:
    lines = table_lines((("Description", "Qty", "Price", "Amount"), *ROWS), 340, 24)
    return drawn(file, [*lines, (280, 220, "Total"), (350, 220, "215.00")])


@pytest.fixture
def page(parts, tmp_path, window, qtbot):
    """A bill of whose three rows the second was not found."""
    document = draw(tmp_path / "bill.pdf")
    rows = table_rows(ITEMS, document)
    fields: dict = {"total": placed(document, "215.00", confidence=0.3), "items": (rows[0], rows[2])}
    result = result_of(fields, "bill", "bill.pdf", document.sha256)
    store = RunStore(parts.database)
    run = store.create_run(record_of(TOML, "bill"), [("bill.pdf", str(tmp_path / "bill.pdf"))])
    store.save(run, 0, result_to_json(result))
    shown = window.show_named("review")
    qtbot.waitUntil(lambda: bool(shown.desk.documents), timeout=10_000)
    window.activateWindow()
    qtbot.waitUntil(
        lambda: shown._reader is not None and bool(shown.view._words_of(1)) and bool(shown.view._sizes), timeout=10_000
    )
    return shown


def drag(page, qtbot, first: str, last: str, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    """From one word of the page to another, by mouse."""
    text = page._text.pages[0].text

    def centre(word: str) -> QPoint:
        start = text.index(word)
        found = next(each for each in page.view._words_of(1) if each.start <= start < each.end)
        return page.view._on_screen(1, found.box).center().toPoint()

    viewport = page.view.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, modifier, centre(first))
    qtbot.mouseMove(viewport, centre(last))
    page.view._select(centre(last).toPointF())
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, modifier, centre(last))


def settled(page, qtbot, rows: int) -> list[list[str]]:
    model = page.table_panel.model
    qtbot.waitUntil(lambda: model.rowCount() == rows and not page.desk.saving, timeout=10_000)
    return shown(page)


def shown(page) -> list[list[str]]:
    model = page.table_panel.model
    return [[model.index(row, place).data() for place in range(4)] for row in range(model.rowCount())]


def stored(parts) -> list:
    return [from_row(row) for row in VerdictStore(parts.database).of_template("bill")]


def test_a_row_is_dragged_on_the_page_and_the_sum_is_right_then(parts, page, qtbot):
    panel = page.table_panel
    assert panel.isVisible()
    assert "≠ Total 215.00 (+15.00)" in panel.total.full_text()
    drag(page, qtbot, "Brass", "15.00", Qt.KeyboardModifier.ShiftModifier)
    assert settled(page, qtbot, 3)[1] == ["Brass hinge", "10", "1.50", "15.00"]
    assert "= Total ✓" in panel.total.full_text()
    assert panel.grid.hasFocus()
    assert {entry.group for entry in stored(parts)} != {""}
    qtbot.keyClick(panel.grid, Qt.Key.Key_U)
    assert len(settled(page, qtbot, 2)) == 2
    assert [entry.kind for entry in stored(parts)] == [VerdictKind.CORRECTED] * 4 + [VerdictKind.UNDONE] * 4


def test_plus_then_a_plain_drag_is_a_row_too_and_delete_takes_one_out(parts, page, qtbot):
    panel = page.table_panel
    qtbot.mouseClick(panel.add, Qt.MouseButton.LeftButton)
    assert page.card.editing
    drag(page, qtbot, "Brass", "15.00")
    settled(page, qtbot, 3)
    assert not page.card.editing
    qtbot.keyClick(panel.grid, Qt.Key.Key_Delete)
    settled(page, qtbot, 2)
    (document,) = Reviews(RunStore(parts.database), VerdictStore(parts.database)).documents(page.desk.tables[0].run)
    assert [row["description"].current.value for row in cells_of(document, "items").values()] == ["Oak shelf", "Bench"]


def test_a_cell_is_written_in_place_and_lit_where_the_page_says_it(parts, page, qtbot):
    panel = page.table_panel
    panel.grid.setFocus()
    panel.grid.setCurrentIndex(panel.model.index(1, 3))
    assert page.list.value.subject.column == "amount", "the list follows"
    qtbot.keyClick(panel.grid, Qt.Key.Key_F2)
    editor = panel.grid.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "80,00")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(stored(parts)) == 1, timeout=10_000)
    (entry,) = stored(parts)
    assert (entry.after.value, entry.after.typed) == ("80.00", False)
    assert entry.after.boxes
    assert panel.model.rowCount() == 2, "the same table, nothing jumps"
    panel.grid.setCurrentIndex(panel.model.index(0, 1))
    qtbot.keyClick(panel.grid, Qt.Key.Key_N)
    qtbot.waitUntil(lambda: len(stored(parts)) == 2, timeout=10_000)
    assert stored(parts)[1].kind is VerdictKind.ABSENT
    assert stored(parts)[1].subject.column == "quantity"


def test_columns_change_places_by_their_heading(parts, page, qtbot):
    panel = page.table_panel
    menu = panel.column_menu(2)
    action = next(each for each in menu.actions() if each.data() == "amount")
    action.trigger()
    qtbot.waitUntil(lambda: shown(page)[0][2:] == ["80.00", "40.00"], timeout=10_000)
    qtbot.waitUntil(lambda: not page.desk.saving, timeout=10_000)
    assert len({entry.group for entry in stored(parts)}) == 1
    qtbot.keyClick(page.list, Qt.Key.Key_U)
    qtbot.waitUntil(lambda: shown(page)[0][2:] == ["40.00", "80.00"], timeout=10_000)


def test_what_was_edited_is_in_the_labels(parts, page, qtbot):
    drag(page, qtbot, "Brass", "15.00", Qt.KeyboardModifier.ShiftModifier)
    settled(page, qtbot, 3)
    qtbot.keyClick(page.table_panel.grid, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: not page.desk.saving, timeout=10_000)
    (document,) = Reviews(RunStore(parts.database), VerdictStore(parts.database)).documents(page.desk.tables[0].run)
    assert [row["amount"] for row in labels_of(document)["items"]] == ["80.00", "15.00", "120.00"]


def test_cells_that_are_sure_are_in_their_table_only(page):
    hidden = [value.subject.column for row, value in enumerate(page.model.values) if page.list.isRowHidden(row)]
    assert len(hidden) == 8
    assert all(hidden)
