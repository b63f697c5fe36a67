"""From one start to the next: the tables that were open are there again, and what was taken out of them stays out."""

from __future__ import annotations

import pytest

from stillroom.ui.extract.row import RowState
from stillroom.ui.main_window import MainWindow

pytestmark = pytest.mark.window


def names(sheet) -> list[str]:
    return [row.path.name for row in sheet.model.rows]


@pytest.fixture
def again(window: MainWindow, parts, qtbot):
    """Closes the window, and opens the next one."""

    def do() -> MainWindow:
        window.close()
        window.queue.deleteLater()
        fresh = MainWindow(parts)
        qtbot.addWidget(fresh)
        fresh.show()
        fresh.start()
        qtbot.waitUntil(lambda: fresh.loading.model is not None, timeout=15_000)
        return fresh

    return do


def test_tables_are_open_again_in_their_order_and_the_shown_one_is_shown(window, again, qtbot, receipts) -> None:
    first, second = window.extract.sheet, None
    files = receipts(5)
    first.add_files(files[:2], start=True)
    qtbot.waitUntil(lambda: first.model.count(RowState.DONE) == 2, timeout=30_000)
    first.add_files(files[2:3], start=True)  # a second run in one table
    qtbot.waitUntil(lambda: first.model.count(RowState.DONE) == 3, timeout=30_000)
    second = window.extract.new_sheet()
    second.add_files(files[3:])
    qtbot.waitUntil(lambda: len(second.model.rows) == 2, timeout=15_000)
    window.extract.tabs.setCurrentIndex(0)
    fresh = again()
    qtbot.waitUntil(lambda: len(fresh.extract.sheets) == 2, timeout=15_000)
    qtbot.waitUntil(lambda: len(fresh.extract.sheets[1].model.rows) == 2, timeout=15_000)
    one, other = fresh.extract.sheets
    assert names(one) == [file.name for file in files[:3]], "one table, not two"
    assert [row.state for row in one.model.rows] == [RowState.DONE] * 3
    assert names(other) == [file.name for file in files[3:]]
    assert [row.state for row in other.model.rows] == [RowState.READY] * 2
    assert fresh.extract.sheet is one


def test_tables_are_open_again_where_the_window_was_killed(window, parts, qtbot, receipts) -> None:
    window.start()
    window.extract.sheet.add_files(receipts(2), start=True)
    qtbot.waitUntil(lambda: window.extract.sheet.model.count(RowState.DONE) == 2, timeout=30_000)
    qtbot.waitUntil(lambda: '"runs":[1]' in parts.memory.text("extract/tabs").replace(" ", ""), timeout=10_000)
    said = window.extract.tabs.tabToolTip(0)
    assert "version 1 of Receipt" in said, "two tables may be called the same"


def test_each_table_names_its_template_again(window, again, qtbot, receipts) -> None:
    files = receipts(2)
    for sheet, file in ((window.extract.sheet, files[0]), (window.extract.new_sheet(), files[1])):
        sheet.add_files([file], start=True)
        qtbot.waitUntil(lambda sheet=sheet: sheet.model.count(RowState.DONE) == 1, timeout=30_000)
    fresh = again()
    qtbot.waitUntil(lambda: len(fresh.extract.sheets) == 2, timeout=15_000)
    assert [sheet.bar.picker.currentText() for sheet in fresh.extract.sheets] == ["Receipt", "Receipt"]


def test_closed_before_its_tables_are_here_a_window_keeps_them(window, again, parts, qtbot, receipts) -> None:
    sheet = window.extract.sheet
    sheet.add_files(receipts(2), start=True)
    qtbot.waitUntil(lambda: sheet.model.count(RowState.DONE) == 2, timeout=30_000)
    fresh = again()
    qtbot.waitUntil(lambda: bool(fresh.extract.sheet.model.rows), timeout=15_000)
    fresh.close()
    kept = parts.memory.text("extract/tabs")
    hasty = MainWindow(parts)
    qtbot.addWidget(hasty)
    hasty.extract.restore_tabs()
    hasty.close()
    assert parts.memory.text("extract/tabs") == kept
    qtbot.waitUntil(lambda: bool(hasty.extract.sheet.model.rows), timeout=15_000)


def test_a_removed_row_stays_removed_and_can_be_brought_back_before(window, again, parts, qtbot, receipts) -> None:
    sheet = window.extract.sheet
    sheet.add_files(receipts(4), start=True)
    qtbot.waitUntil(lambda: sheet.model.count(RowState.DONE) == 4, timeout=30_000)
    for place in (1, 2):
        sheet.table.choose(next(row for row in sheet.model.rows if row.path.name == f"receipt-00{place}.txt"))
        sheet.remove_selected()
    sheet.undo.undo()  # the second one comes back
    assert [run.total for run in parts.runs.stored()] == [3]
    fresh = again()
    qtbot.waitUntil(lambda: len(fresh.extract.sheet.model.rows) == 3, timeout=15_000)
    assert names(fresh.extract.sheet) == ["receipt-000.txt", "receipt-002.txt", "receipt-003.txt"]
    run = parts.runs.stored()[0].run_id
    assert len(parts.store.results(run)) == 3
    assert len(parts.store.documents(run)) == 4, "its place and its row are kept"


def test_what_was_removed_before_it_was_read_is_not_read(window, again, parts, qtbot, receipts) -> None:
    parts.fake.gate.clear()
    sheet = window.extract.sheet
    sheet.add_files(receipts(3), start=True)
    qtbot.waitUntil(lambda: sheet.model.count(RowState.WORKING) == 1, timeout=15_000)
    sheet.runs.stop()
    parts.fake.gate.set()
    qtbot.waitUntil(lambda: not sheet.runs.running, timeout=15_000)
    sheet.table.choose(sheet.model.rows[2])
    sheet.remove_selected()
    sheet.run()
    qtbot.waitUntil(lambda: not sheet.runs.running, timeout=15_000)
    assert "receipt-002.txt" not in parts.fake.done
    fresh = again()
    qtbot.waitUntil(lambda: len(fresh.extract.sheet.model.rows) == 2, timeout=15_000)


@pytest.mark.parametrize(
    "kept", ["", "nonsense", '{"tabs": [{"runs": [77], "template": "receipt", "files": ["/gone"]}], "shown": 4}']
)
def test_what_is_gone_or_damaged_is_left_out(window, parts, qtbot, kept: str) -> None:
    parts.memory.set("extract/tabs", kept)
    window.extract.restore_tabs()
    qtbot.waitUntil(lambda: not parts.tasks.running or True, timeout=1000)
    qtbot.wait(200)
    assert len(window.extract.sheets) == 1
    assert window.extract.sheet.empty
