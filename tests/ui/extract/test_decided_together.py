"""At the end of a run the table shows what its documents said of each other, and the values of each alone come back with Undo."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from stillroom.extraction.result import FieldValue
from stillroom.review.verdict import VerdictKind
from stillroom.ui.changed_dialog import ChangedDialog
from stillroom.ui.controls import Button
from stillroom.workspace.runs import DecidedAgain


@pytest.fixture
def sheet(window, parts, qtbot, receipts, monkeypatch):
    """A table of three receipts whose totals, but for the first one's, are 8.88 since they were decided together."""

    def decide_again(run: int, positions, _cancellation) -> DecidedAgain:
        found = DecidedAgain(run, {}, {}, {}, ())
        for position, before in enumerate(parts.runs.resume(run).results()):
            total = before.fields["total"]
            assert isinstance(total, FieldValue)
            if position in positions and position:
                found.before[position] = before
                decided = replace(total, value="8.88", text="8.88")
                found.after[position] = replace(before, fields={**before.fields, "total": decided})
        return found

    monkeypatch.setattr(parts.runs, "decide_again", decide_again)
    sheet = window.extract.sheet
    sheet.add_files(receipts(3), start=True)
    qtbot.waitUntil(lambda: len(sheet.model.rows) == 3 and not sheet.runs.running, timeout=20_000)
    qtbot.waitUntil(lambda: totals(sheet)[1:] == ["8.88", "8.88"], timeout=5_000)
    return sheet


def totals(sheet) -> list[str]:
    place = [field.name for field in sheet.template.fields].index("total")
    return [row.cells[place].text if row.cells else "" for row in sheet.model.rows]


def stored(parts) -> list[str]:
    (record,) = parts.store.runs()
    return [row["fields"]["total"]["value"] for _, row in sorted(parts.store.results(record.id).items())]


def take(window, qtbot, title: str) -> None:
    """Press a button of the banner that says it."""
    (banner,) = [each for each in window.extract.banners._shown if "compared with each other" in each.message.text()]
    (button,) = [each for each in banner.findChildren(Button) if each.text() == title]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_values_that_changed_are_said_and_come_back(window, parts, qtbot, sheet):
    assert stored(parts)[1:] == ["8.88", "8.88"]
    sheet.said.emit("Something else is said.", "info", [])
    sheet.said.emit("1 document looks like a copy.", "stay", [])
    (said,) = [
        each.message.text() for each in window.extract.banners._shown if each.message.text().startswith("The do")
    ]
    assert "2 values are others now (Total)." in said, "what else is said leaves it there, with its fields by name"
    take(window, qtbot, "Undo")
    qtbot.waitUntil(lambda: "8.88" not in totals(sheet), timeout=5_000)
    assert stored(parts) == totals(sheet)
    assert any("by itself" in each.message.text() for each in window.extract.banners._shown)


def test_each_that_changed_is_one_press_away(window, qtbot, sheet):
    opened: list[ChangedDialog] = []

    def show_it() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ChangedDialog)
        opened.append(dialog)
        QTest.keyClick(dialog.list, Qt.Key.Key_Return)

    for number in (1, 2):
        QTimer.singleShot(0, window, show_it)
        take(window, qtbot, "Show them…")
        assert sheet.table.currentIndex().data() == "8.88"
        assert sheet.table.selected_rows() == [sheet.model.rows[number]]
    item = opened[0].list.topLevelItem(1)
    assert [item.text(column) for column in range(4)] == [sheet.model.rows[2].path.name, "Total", "2.50", "8.88"]


def test_what_was_reviewed_since_keeps_its_value(window, parts, qtbot, sheet):
    row = sheet.model.rows[1]
    (field,) = [each for each in sheet.template.fields if each.name == "total"]
    sheet.verdicts.say(row, field, VerdictKind.ACCEPTED)
    qtbot.waitUntil(lambda: row.review is not None and bool(row.review.entries), timeout=5_000)
    take(window, qtbot, "Undo")
    qtbot.waitUntil(lambda: totals(sheet)[2] != "8.88", timeout=5_000)
    assert totals(sheet)[1] == "8.88"
    assert stored(parts)[1] == "8.88"
    assert any("1 document keeps its values" in each.message.text() for each in window.extract.banners._shown)
