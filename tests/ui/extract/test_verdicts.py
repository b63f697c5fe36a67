"""Verdicts in the table itself: a cell is corrected in place, digits take a runner-up, a row says who approved it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from stillroom.review.verdict import VerdictKind, from_row
from stillroom.storage.verdicts import VerdictStore
from stillroom.ui.extract.cell import Level
from stillroom.ui.extract.result_model import FIRST_FIELD, Column
from stillroom.ui.extract.row import RowState


@pytest.fixture
def sheet(window, receipts, qtbot):
    made = window.extract.sheet
    made.add_files(receipts(3), start=True)
    qtbot.waitUntil(lambda: len(made.model.rows) == 3 and not made.runs.running, timeout=20_000)
    window.activateWindow()
    made.table.setFocus()
    return made


def place(sheet, name: str) -> int:
    return [field.name for field in sheet.template.fields].index(name)


def settled(sheet, qtbot, parts, count: int) -> list:
    qtbot.waitUntil(
        lambda: not sheet.verdicts.saving and len(VerdictStore(parts.database).of_template("receipt")) == count,
        timeout=10_000,
    )
    return [from_row(row) for row in VerdictStore(parts.database).of_template("receipt")]


def test_f2_writes_another_value_and_it_stays(window, sheet, parts, qtbot):
    row = sheet.model.rows[1]
    sheet.table.choose(row, place(sheet, "total"))
    qtbot.keyClick(sheet.table, Qt.Key.Key_F2)
    editor = sheet.table.findChild(QLineEdit)
    assert editor.text() == row.cells[place(sheet, "total")].text
    editor.setText("77.10")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    (entry,) = settled(sheet, qtbot, parts, 1)
    assert (entry.kind, entry.after.value, entry.after.typed) == (VerdictKind.CORRECTED, "77.10", True)
    cell = row.cells[place(sheet, "total")]
    assert (cell.text, cell.level) == ("77.10", Level.CHECKED)
    qtbot.keyClick(sheet.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    entries = settled(sheet, qtbot, parts, 2)
    assert entries[1].kind is VerdictKind.UNDONE
    qtbot.waitUntil(lambda: row.cells[place(sheet, "total")].text == "1.50")
    window.close()


def test_what_stands_in_the_document_is_taken_from_there(sheet, parts, qtbot):
    row = sheet.model.rows[0]
    sheet.model.written.emit(row, place(sheet, "company"), "1 Long Street")
    (entry,) = settled(sheet, qtbot, parts, 1)
    assert entry.after.span is not None
    assert not entry.after.typed


def test_a_digit_takes_a_runner_up(sheet, parts, qtbot):
    row = sheet.model.rows[0]
    number = place(sheet, "company")
    sheet.table.choose(row, number)
    second = row.result.fields["company"].candidates[1]
    qtbot.keyClick(sheet.table, Qt.Key.Key_2)
    (entry,) = settled(sheet, qtbot, parts, 1)
    assert (entry.after.value, entry.after.span) == (second.value, second.span)
    assert row.cells[number].text == second.value


def test_a_key_that_ends_an_approval_is_said_and_undone(sheet, parts, qtbot):
    row = sheet.model.rows[0]
    sheet.verdicts.approve([row])
    settled(sheet, qtbot, parts, 1)
    qtbot.waitUntil(lambda: row.review is not None and row.review.approval is not None)
    said = []
    sheet.said.connect(lambda text, kind, actions: said.append((text, kind, actions)))
    sheet.table.choose(row, place(sheet, "company"))
    qtbot.keyClick(sheet.table, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    text, kind, ((_, undo),) = said[0]
    assert (kind, row.path.name in text) == ("warn", True)
    assert row.review.approval is None
    undo()
    qtbot.waitUntil(lambda: row.review.approval is not None, timeout=10_000)


def test_a_row_says_what_is_left_and_who_approved_it(sheet, parts, qtbot):
    model = sheet.model
    row = max(model.rows, key=lambda each: each.looks)
    position = model.rows.index(row)
    before = row.looks
    assert before, "the seed of the fake leaves something to check"
    looks = [number for number, cell in enumerate(row.cells) if cell.level.needs_look]
    sheet.table.choose(row, looks[0])
    qtbot.keyClick(sheet.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settled(sheet, qtbot, parts, 1)
    qtbot.waitUntil(lambda: row.looks == before - 1)
    qtbot.keyClick(
        sheet.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    settled(sheet, qtbot, parts, 2)
    qtbot.waitUntil(lambda: row.review.approval is not None and row.looks == 0)
    assert model.index(position, Column.STATE).data().startswith("Approved by ")


def test_verdicts_are_there_again_when_the_table_is(window, sheet, parts, qtbot):
    row = sheet.model.rows[0]
    sheet.verdicts.say(row, sheet.template.field("company"), VerdictKind.ABSENT)
    settled(sheet, qtbot, parts, 1)
    run = row.run.batch.run_id
    window.extract.close_sheet(0)
    window.extract.open_run(run)
    qtbot.waitUntil(lambda: len(window.extract.sheet.model.rows) == 3, timeout=10_000)
    again = window.extract.sheet.model.rows[0]
    qtbot.waitUntil(lambda: again.review is not None, timeout=10_000)
    assert again.cells[place(sheet, "company")].level is Level.CHECKED
    assert again.result.fields["company"].value is None
    assert again.proposed.fields["company"].value is not None


def test_only_single_values_of_finished_rows_can_be_written(sheet):
    model = sheet.model
    for column, field in enumerate(model.template.fields, FIRST_FIELD):
        editable = bool(model.flags(model.index(0, column)) & Qt.ItemFlag.ItemIsEditable)
        assert editable is not (field.type in ("list", "table"))
    assert not model.flags(model.index(0, Column.DOCUMENT)) & Qt.ItemFlag.ItemIsEditable
    model.set_state([model.rows[0]], RowState.STOPPED)
    assert not model.flags(model.index(0, FIRST_FIELD)) & Qt.ItemFlag.ItemIsEditable
