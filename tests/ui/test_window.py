"""The whole window with the fake worker: drop, run, look, retry, export, resume."""

from __future__ import annotations

import csv
import gc
import itertools
import statistics
import sys
import threading
import time
import zipfile
from email.message import EmailMessage

import pytest
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget

from stillroom.errors import StillroomError
from stillroom.extraction.run import Batch
from stillroom.settings import MODEL
from stillroom.ui.extract.result_model import FIRST_FIELD
from stillroom.ui.extract.row import RowState
from stillroom.ui.failures import UnexpectedErrors, show_failure
from stillroom.ui.main_window import MainWindow
from stillroom.ui.theme import DARK, LIGHT

pytestmark = pytest.mark.window


def states(sheet):
    return [str(row.state) for row in sheet.model.rows]


def wait_done(qtbot, sheet, timeout=20_000):
    qtbot.waitUntil(lambda: bool(sheet.model.rows) and not sheet.runs.running, timeout=timeout)


def focus(window, qtbot):
    window.activateWindow()
    window.extract.sheet.table.setFocus()
    qtbot.waitUntil(window.extract.sheet.table.hasFocus)


def banner_texts(window):
    return [banner.message.text() for banner in window.extract.banners._keyed.values()]


def test_dropped_files_become_a_table(window, qtbot, drop, receipts, tmp_path):
    empty = tmp_path / "empty.txt"
    empty.touch()
    sheet = window.extract.sheet
    assert sheet.stack.currentIndex() == 0
    drop(sheet, [receipts(3)[0].parent, empty])
    qtbot.waitUntil(lambda: len(sheet.model.rows) == 4)
    assert sheet.stack.currentIndex() == 1
    assert sheet.bar.run.text() == "Extract 4 documents"
    qtbot.mouseClick(sheet.bar.run, Qt.MouseButton.LeftButton)
    wait_done(qtbot, sheet)
    assert states(sheet) == ["done", "done", "done", "failed"]
    assert sheet.model.index(1, FIRST_FIELD + 1).data() == "2024-03-02"
    assert sheet.status.looks.text().endswith("of 4 need a look")
    assert not sheet.bar.picker.isEnabled()


def test_details_show_the_line_with_the_span(window, qtbot, receipts):
    sheet = window.extract.sheet
    sheet.add_files(receipts(2), start=True)
    wait_done(qtbot, sheet)
    sheet.table.choose(sheet.model.rows[1], 1)
    qtbot.waitUntil(lambda: "Date 2024-03-02" in sheet.details._quote.toPlainText())
    cursor = sheet.details._quote.document().find("2024-03-02")
    assert cursor.charFormat().fontUnderline()
    assert sheet.details._value.text() == "2024-03-02"
    assert sheet.details._place.full_text() == "PAGE 1 OF 1 · receipt-001.txt"


def test_the_line_is_shown_in_the_colours_of_another_theme(window, parts, qtbot, receipts):
    sheet = window.extract.sheet
    sheet.add_files(receipts(1), start=True)
    wait_done(qtbot, sheet)
    sheet.table.choose(sheet.model.rows[0], 1)
    found = sheet.details._quote.document().find
    qtbot.waitUntil(lambda: not found("Date").isNull())
    for mode, shown in (("dark", DARK), ("light", LIGHT)):
        parts.theme.set_mode(mode)
        qtbot.waitUntil(
            lambda muted=shown.muted: found("Date").charFormat().foreground().color().name() == muted.lower()
        )


def test_a_changed_file_is_not_quoted(window, qtbot, receipts):
    sheet = window.extract.sheet
    files = receipts(1)
    sheet.add_files(files, start=True)
    wait_done(qtbot, sheet)
    files[0].write_text("something else entirely\n")
    sheet.details._sources._kept.clear()
    window._parts.recent_documents.clear()  # as after a start: what was read before is shown as it was then
    sheet.table.choose(sheet.model.rows[0], 1)
    qtbot.waitUntil(lambda: "was changed since" in sheet.details._quote.toPlainText())


def test_what_is_attached_to_a_message_is_a_row_with_its_line(window, qtbot, tmp_path):
    mail = EmailMessage()
    mail["From"], mail["Date"], mail["Subject"] = "ann@example.org", "Mon, 03 Mar 2025 10:00:00 +0100", "Bills"
    mail.set_content("Two bills, 1.00 in all.")
    for number in (1, 2):
        text = f"Shop {number}\nDate 2024-03-0{number}\nTotal {number}.50\n"
        mail.add_attachment(text.encode(), maintype="text", subtype="plain", filename=f"bill {number}.txt")
    (tmp_path / "mail.eml").write_bytes(mail.as_bytes())
    sheet = window.extract.sheet
    sheet.add_files([tmp_path / "mail.eml"], start=True)
    wait_done(qtbot, sheet)
    assert [row.path.name for row in sheet.model.rows] == [
        "mail.eml",
        "mail.eml › bill 1.txt",
        "mail.eml › bill 2.txt",
    ]
    assert states(sheet) == ["done"] * 3
    assert window.extract.tabs.tabText(0).endswith("· 3"), "the tab counts what was attached"
    sheet.table.choose(sheet.model.rows[2], 1)
    qtbot.waitUntil(lambda: "Date 2024-03-02" in sheet.details._quote.toPlainText())


def test_cancel_keeps_what_is_done_and_goes_on_later(window, parts, qtbot, receipts):
    parts.fake.seconds = 0.05
    sheet = window.extract.sheet
    sheet.add_files(receipts(12), start=True)
    qtbot.waitUntil(lambda: sheet.model.finished >= 3, timeout=15_000)
    qtbot.mouseClick(sheet.bar.cancel, Qt.MouseButton.LeftButton)
    wait_done(qtbot, sheet)
    kept = sheet.model.finished
    assert 3 <= kept < 12
    assert set(states(sheet)) == {"done", "stopped"}
    assert sheet.bar.run.text() == f"Continue ({12 - kept} left)"
    parts.fake.seconds = 0
    sheet.run()
    wait_done(qtbot, sheet)
    assert states(sheet) == ["done"] * 12
    assert sorted(parts.fake.done) == sorted(set(parts.fake.done)), "no document was done twice"


def test_a_failed_document_is_done_again(window, parts, qtbot, receipts):
    parts.fake.failing = frozenset({"receipt-001.txt"})
    sheet = window.extract.sheet
    sheet.add_files(receipts(3), start=True)
    wait_done(qtbot, sheet)
    row = sheet.model.rows[1]
    assert row.state is RowState.FAILED
    sheet.table.choose(row)
    assert sheet.table.columnSpan(1, FIRST_FIELD) == len(sheet.template.fields)
    assert "told to fail" in sheet.details._document_text.text()
    parts.fake.failing = frozenset()
    qtbot.mouseClick(sheet.details._retry, Qt.MouseButton.LeftButton)
    wait_done(qtbot, sheet)
    assert states(sheet) == ["done"] * 3
    qtbot.waitUntil(lambda: sheet.table.columnSpan(1, FIRST_FIELD) == 1)
    assert parts.fake.done.count("receipt-001.txt") == 2
    assert parts.fake.done.count("receipt-000.txt") == 1


def test_files_dropped_during_a_run_join_the_line(window, parts, qtbot, drop, receipts):
    parts.fake.gate.clear()
    sheet = window.extract.sheet
    files = receipts(4)
    sheet.add_files(files[:2], start=True)
    qtbot.waitUntil(lambda: "working" in states(sheet), timeout=15_000)
    drop(sheet, [*files[1:]])
    qtbot.waitUntil(lambda: states(sheet) == ["working", "waiting", "waiting", "waiting"])
    parts.fake.gate.set()
    wait_done(qtbot, sheet)
    assert states(sheet) == ["done"] * 4
    assert banner_texts(window) == ["1 file is in the table already."]


def test_an_interrupted_run_is_offered_and_resumed(parts, qtbot, receipts):
    template = parts.templates.find("receipt")
    files = receipts(5)
    model = parts.engine.load(parts.model)
    batch = Batch.create(parts.store, template, files, model)
    batch.run(parts.fake, parts.readers)
    batch.retry([3, 4])
    parts.fake.done.clear()
    window = MainWindow(parts)
    qtbot.addWidget(window)
    window.start()
    qtbot.waitUntil(lambda: bool(banner_texts(window)))
    assert banner_texts(window) == ["A run of 5 documents (Receipt) was interrupted after 3."]
    banner = window.extract.banners._keyed["resume"]
    qtbot.mouseClick(banner.buttons[0], Qt.MouseButton.LeftButton)
    sheet = window.extract.sheet
    qtbot.waitUntil(lambda: states(sheet) == ["done"] * 5, timeout=15_000)
    wait_done(qtbot, sheet)
    assert parts.fake.done == ["receipt-003.txt", "receipt-004.txt"]


def test_a_run_left_alone_is_not_offered_again(parts, qtbot, receipts):
    model = parts.engine.load(parts.model)
    Batch.create(parts.store, parts.templates.find("receipt"), receipts(2), model)
    for offered in (True, False):
        window = MainWindow(parts)
        qtbot.addWidget(window)
        window.extract.offer_resume()
        qtbot.waitUntil(lambda window=window: window.extract._stored != [])
        assert bool(banner_texts(window)) is offered
        if offered:
            qtbot.mouseClick(window.extract.banners._keyed["resume"].buttons[1], Qt.MouseButton.LeftButton)
        window.close()


def test_export_writes_the_rows_and_remembers_the_folder(window, parts, qtbot, receipts, tmp_path, monkeypatch):
    sheet = window.extract.sheet
    sheet.add_files(receipts(2), start=True)
    wait_done(qtbot, sheet)
    target = tmp_path / "out" / "table"
    target.parent.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), ""))
    sheet.bar.export_wanted.emit("csv")
    qtbot.waitUntil(lambda: banner_texts(window) == ["2 rows were written to table.csv."])
    with target.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 3
    assert parts.memory.folder("folder/export") == str(target.parent)


def test_a_name_of_another_form_is_written_in_that_form(window, qtbot, receipts, tmp_path, monkeypatch):
    sheet = window.extract.sheet
    sheet.add_files(receipts(1), start=True)
    wait_done(qtbot, sheet)
    target = tmp_path / "table.xlsx"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(target), ""))
    sheet.bar.export_wanted.emit("csv")
    qtbot.waitUntil(lambda: banner_texts(window) == ["1 row was written to table.xlsx."])
    assert zipfile.is_zipfile(target)


def test_review_is_one_press_from_a_table_that_is_done(window, qtbot, receipts):
    sheet = window.extract.sheet
    assert sheet.bar.review.isHidden()
    sheet.add_files(receipts(2), start=True)
    wait_done(qtbot, sheet)
    qtbot.mouseClick(sheet.bar.review, Qt.MouseButton.LeftButton)
    page = window._page()
    assert page.objectName() == "reviewPage"
    qtbot.waitUntil(lambda: len(page.desk.documents) == 2, timeout=10_000)
    window.show_page(0)
    sheet.add_files(receipts(3))
    qtbot.waitUntil(lambda: len(sheet.model.rows) == 3)
    assert sheet.bar.review.isHidden(), "what is to be extracted comes first"
    assert sheet.bar.run.isVisibleTo(sheet)


def test_removed_rows_come_back_with_undo(window, qtbot, receipts):
    sheet = window.extract.sheet
    sheet.add_files(receipts(3))
    qtbot.waitUntil(lambda: len(sheet.model.rows) == 3)
    focus(window, qtbot)
    sheet.table.selectRow(1)
    qtbot.keyClick(sheet.table, Qt.Key.Key_Delete)
    assert [row.path.stem for row in sheet.model.rows] == ["receipt-000", "receipt-002"]
    qtbot.keyClick(sheet.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(sheet.model.rows) == 3


def test_keys_copy_and_find_what_needs_a_look(window, parts, qtbot, receipts):
    parts.fake.failing = frozenset({"receipt-002.txt"})
    sheet = window.extract.sheet
    sheet.add_files(receipts(3), start=True)
    wait_done(qtbot, sheet)
    focus(window, qtbot)
    sheet.table.choose(sheet.model.rows[1], 1)
    qtbot.keyClick(sheet.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "2024-03-02"
    seen = set()
    for _ in range(20):
        qtbot.keyClick(sheet.table, Qt.Key.Key_F8)
        seen.add(sheet.table.currentIndex().row())
    assert 2 in seen
    assert {row for row in seen if sheet.model.rows[row].looks == 0} == set()


def test_only_what_needs_a_look_is_shown(window, parts, qtbot, receipts):
    parts.fake.failing = frozenset({"receipt-002.txt"})
    sheet = window.extract.sheet
    sheet.add_files(receipts(4), start=True)
    wait_done(qtbot, sheet)
    sheet.status.looks.setChecked(True)
    assert sheet.table.shown.rowCount() == sheet.model.need_look
    sheet.status.looks.setChecked(False)
    assert sheet.table.shown.rowCount() == 4


def test_samples_are_tables_of_their_own(window, qtbot):
    window.extract.sheet.drop_zone.samples.click()
    sheets = window.extract.sheets
    assert [sheet.template.name for sheet in sheets] == ["receipt", "invoice", "contract"]
    for sheet in sheets:
        wait_done(qtbot, sheet)
        assert states(sheet) == ["done"]
    assert window.extract.sheet is sheets[0]
    qtbot.waitUntil(lambda: sheets[0].details._quote.toPlainText() != "")


def test_a_click_on_a_tab_brings_the_keyboard_to_that_table(window, qtbot):
    window.extract.sheet.drop_zone.samples.click()
    sheets = window.extract.sheets
    for sheet in sheets:
        wait_done(qtbot, sheet)
    window.activateWindow()
    tabs = window.extract.tabs
    exported = []
    for sheet in sheets:
        name = sheet.template.name
        sheet.bar.export.menu().aboutToShow.connect(lambda name=name: exported.append(name))
    for position in (1, 2, 0):
        qtbot.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(position).center())
        qtbot.waitUntil(sheets[position].table.hasFocus)
        QTimer.singleShot(200, sheets[position].bar.export.menu().close)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    # From the tabs themselves, by keyboard: the shown table's keys work there too, and the arrows stay on the tabs.
    tabs.setFocus()
    qtbot.keyClick(tabs, Qt.Key.Key_Right)
    assert tabs.hasFocus()
    QTimer.singleShot(200, window.extract.sheet.bar.export.menu().close)
    qtbot.keyClick(tabs, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    assert exported == ["invoice", "contract", "receipt", "invoice"]


def test_the_window_remembers(parts, qtbot, tmp_path):
    window = MainWindow(parts)
    qtbot.addWidget(window)
    window.show()
    window.resize(900, 600)
    window.extract.sheet.bar.picker.setCurrentText("Contract")
    window.extract.sheet.bar._chosen(parts.templates.find("contract"))
    window.navigation.panel_button.setChecked(False)
    parts.memory.set("folder/open", str(tmp_path))
    window.close()
    again = MainWindow(parts)
    qtbot.addWidget(again)
    again.show()
    assert again.height() == 600
    assert again.extract.sheet.template.name == "contract"
    assert not again.panel.isVisible()
    assert parts.memory.folder("folder/open") == str(tmp_path)


def test_a_model_that_cannot_be_loaded_is_said_and_tried_again(parts, qtbot, receipts):
    parts.model.write_bytes(b"no model")
    window = MainWindow(parts)
    qtbot.addWidget(window)
    window.start()
    qtbot.waitUntil(lambda: "model" in window.extract.banners._keyed, timeout=15_000)
    banner = window.extract.banners._keyed["model"]
    assert "no GGUF model" in banner.message.text()
    window.extract.sheet.add_files(receipts(1), start=True)
    parts.model.write_bytes(b"GGUF1234")
    qtbot.mouseClick(banner.buttons[0], Qt.MouseButton.LeftButton)
    wait_done(qtbot, window.extract.sheet)
    assert states(window.extract.sheet) == ["done"]


def test_errors_nobody_caught_are_shown_and_the_window_stays(window, parts, qtbot):
    boxes = []

    def show(error):
        boxes.append(show_failure(window, error))
        return boxes[-1]

    def fail():
        raise StillroomError("It broke. Try again.", "inner words")

    with qtbot.captureExceptions(), UnexpectedErrors(parts.tasks.post, show):
        sys.excepthook(StillroomError, StillroomError("It broke. Try again.", "inner words"), None)
        qtbot.waitUntil(lambda: len(boxes) == 1)
        assert boxes[0].text() == "It broke. Try again."
        next(button for button in boxes[0].buttons() if button.text() == "Copy details").click()
        assert "inner words" in QApplication.clipboard().text()
        assert boxes[0].isVisible(), "copying leaves the dialog open"
        boxes[0].button(QMessageBox.StandardButton.Ok).click()
        qtbot.wait(20)
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: len(boxes) == 2)
    boxes[1].close()
    assert window.isVisible()


def test_the_window_does_not_stall_while_rows_stream_in(window, qtbot, receipts):
    """A timer of 10 ms is never late by much while 200 rows arrive as fast as they can."""
    sheet = window.extract.sheet
    files = receipts(200)
    sheet.add_files(files)
    qtbot.waitUntil(lambda: len(sheet.model.rows) == 200)
    gc.collect()
    gc.freeze()  # what hundreds of earlier tests left in this process is not the window's to look through
    clock, gaps, work = QElapsedTimer(), [], [time.thread_time()]

    def tick():
        gaps.append(clock.restart())
        work.append(time.thread_time())

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    sheet.run()
    clock.start()
    timer.start(10)
    wait_done(qtbot, sheet, 60_000)
    timer.stop()
    gc.unfreeze()
    assert sheet.model.finished == 200
    busy = [after - before for before, after in itertools.pairwise(work)]
    # The window's own work is counted exactly; the clock also sees what else the machine does.
    assert max(busy) <= 0.050
    assert statistics.median(gaps) <= 50


def test_every_control_has_a_name_for_screen_readers(window, qtbot, receipts):
    sheet = window.extract.sheet
    sheet.add_files(receipts(1), start=True)
    wait_done(qtbot, sheet)
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisibleTo(window)
        and not widget.accessibleName()
        and not getattr(widget, "text", str)()
    ]
    assert nameless == []


def test_a_usual_model_that_is_gone_is_told(parts, qtbot) -> None:
    parts.settings.set(MODEL, "/nowhere/gone.gguf")
    made = MainWindow(parts)
    qtbot.addWidget(made)
    made.show()
    made.start()
    qtbot.waitUntil(lambda: made.loading.model is not None, timeout=15_000)
    banner = made.extract.banners._keyed["stand-in"]
    assert "gone.gguf" in banner.message.text()
    assert "fake" in banner.message.text()
    assert made.panel._stand_in.isVisibleTo(made.panel)
    assert made.panel._stand_in.text() == banner.message.text()
    made.loading.choose(parts.models.installed()[0])
    qtbot.waitUntil(lambda: not made.loading.notice, timeout=15_000)
    assert "stand-in" not in made.extract.banners._keyed
    assert not made.panel._stand_in.isVisibleTo(made.panel)
