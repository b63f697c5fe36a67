"""What is offered for a row that failed: another try where that may help, the password, or what to do with the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QInputDialog, QStyle, QStyleOptionViewItem
from reportlab.pdfgen.canvas import Canvas

from stillroom.extraction.result import result_from_json, result_to_json
from stillroom.ui.extract.result_model import FIRST_FIELD, Role
from stillroom.ui.extract.row import Remedy, RowState
from stillroom.ui.main_window import MainWindow
from stillroom.ui.remote.consent import doubtful

pytestmark = pytest.mark.window


@pytest.fixture
def failed(window: MainWindow, qtbot, tmp_path: Path, parts):
    """A table of which one row may be tried again, one is of a wrong kind, and one is locked."""
    (tmp_path / "again.txt").write_text("Total 12.50\n")
    (tmp_path / "wrong.png").write_bytes(b"\x00\x01 no picture" * 50)
    page = Canvas(str(tmp_path / "locked.pdf"), encrypt="secret")
    page.drawString(72, 700, "Total 12.50")
    page.save()
    parts.fake.failing = frozenset({"again.txt"})
    sheet = window.extract.sheet
    sheet.add_files([tmp_path / name for name in ("again.txt", "wrong.png", "locked.pdf")], start=True)
    qtbot.waitUntil(lambda: sheet.model.count(RowState.FAILED) == 3, timeout=30_000)
    return sheet


def test_each_failed_row_offers_what_may_help(failed) -> None:
    again, wrong, locked = failed.model.rows
    assert [row.remedy for row in (again, wrong, locked)] == [Remedy.RETRY, Remedy.NONE, Remedy.PASSWORD]
    assert "1" in failed.status.retry.text()
    for row, retry, password, none in ((again, 1, 0, 0), (wrong, 0, 0, 1), (locked, 0, 1, 0)):
        failed.table.choose(row)
        details = failed.details
        shown = (details._retry, details._password, details._no_remedy)
        assert [each.isVisibleTo(details) for each in shown] == [bool(retry), bool(password), bool(none)]
        assert details._document_text.text() == row.result.error
    assert result_from_json(result_to_json(wrong.result)).lasting, "kept for when the table is opened again"


def button_of(failed, row: int) -> QPoint:
    index = failed.table.model().index(row, FIRST_FIELD)
    option = QStyleOptionViewItem()
    option.rect = failed.table.visualRect(index)
    option.font = failed.table.font()
    option.fontMetrics = failed.table.fontMetrics()
    return failed.table.delegate.remedy_rectangle(option, failed.model.rows[row].remedy).center()


def test_a_failed_row_is_read_while_the_keyboard_is_in_it(failed) -> None:
    table = failed.table
    index = table.model().index(2, FIRST_FIELD)
    table.setCurrentIndex(index)
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 600, 30)
    option.font, option.fontMetrics, option.palette = table.font(), table.fontMetrics(), table.palette()
    option.state = QStyle.StateFlag.State_Enabled | QStyle.StateFlag.State_HasFocus
    picture = QImage(600, 30, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    table.delegate.paint(painter, option, index)
    painter.end()
    shades = {picture.pixelColor(x, 15).name() for x in range(8, 300)}
    assert len(shades) > 3, "nothing but one colour is seen of its sentence"


def test_the_button_in_the_row_asks_for_the_password(failed, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args: ("secret", True))
    failed.table.choose(failed.model.rows[2])
    qtbot.mouseClick(failed.table.viewport(), Qt.MouseButton.LeftButton, pos=button_of(failed, 2))
    qtbot.waitUntil(lambda: failed.model.rows[2].state is RowState.DONE, timeout=30_000)


def test_a_selected_failed_row_keeps_its_sentence_and_its_button(failed) -> None:
    table = failed.table
    plain = table.viewport().grab().toImage()
    table.choose(failed.model.rows[0])
    table.selectRow(0)
    chosen = table.viewport().grab().toImage()
    assert table.horizontalScrollBar().value() == 0, "its name stays in sight"
    place = table.visualRect(table.model().index(0, FIRST_FIELD))

    def inked(image) -> int:
        paper = image.pixelColor(place.left() + 4, place.top() + 4)
        across = range(place.left() + 4, table.viewport().width() - 4)
        return sum(image.pixelColor(x, y) != paper for x in across for y in range(place.top() + 4, place.bottom() - 4))

    assert inked(chosen) > 0.8 * inked(plain) > 0


def test_what_a_remote_model_is_offered_is_what_needs_a_look(window: MainWindow, qtbot, receipts) -> None:
    sheet = window.extract.sheet
    sheet.add_files(receipts(8), start=True)
    qtbot.waitUntil(lambda: sheet.model.finished == 8, timeout=30_000)
    assert {id(each.row) for each in doubtful(sheet.model.rows)} == {id(row) for row in sheet.model.rows if row.looks}


def test_a_row_that_is_tried_again_stays_the_one_that_is_worked_on(failed, parts, qtbot) -> None:
    row = failed.model.rows[0]
    failed.status.looks.setChecked(True)
    failed.table.choose(row)
    parts.fake.gate.clear()
    failed.runs.retry([row])
    assert row.state is not RowState.FAILED
    assert failed.table.currentIndex().data(Role.ROW) is row, "not the one below it"
    parts.fake.gate.set()
    qtbot.waitUntil(lambda: row.state is RowState.FAILED, timeout=20_000)
    assert failed.table.currentIndex().data(Role.ROW) is row
