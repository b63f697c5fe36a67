"""The window with the real worker and the starter model: files go in, grounded values come out."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QInputDialog
from reportlab.pdfgen import canvas

from stillroom.errors import PASSWORD_MISSING, PASSWORD_WRONG
from stillroom.extraction.result import FieldState
from stillroom.models.model_file import ModelFile
from stillroom.ui.extract.cell import values_of
from stillroom.ui.main_window import MainWindow
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Tasks
from stillroom.ui.theme import Theme
from stillroom.ui.window_memory import WindowMemory

pytestmark = [pytest.mark.window, pytest.mark.model, pytest.mark.timeout(600)]

# STILLROOM_TEST_DROPPED=19 drops twenty files, the empty one included.
_RECEIPTS = int(os.environ.get("STILLROOM_TEST_DROPPED", "4"))

_RECEIPT = """\
HARBOUR STATIONERS LTD
{number} Quay Road, Port Ellis PL4 2QT
VAT no. GB 123 4567 89
Receipt no. 40{number:02}
Date: {day:02}/03/2024

Paper A4        2 x 4.50     9.00
Ink black       1 x 1{number:02}.20    1{number:02}.20
TOTAL                        1{total:02}.20
Cash                         200.00
"""


@pytest.fixture
def real_window(qapp, qtbot, starter_model: Path, monkeypatch):
    failures: list[Exception] = []
    memory = WindowMemory()
    parts = Parts(Tasks(failures.append), memory, Theme(qapp, memory))
    monkeypatch.setattr(
        "stillroom.models.library.installed_models",
        lambda: [ModelFile("starter", starter_model, 0, "", True)],
    )
    window = MainWindow(parts)
    qtbot.addWidget(window)
    window.show()
    window.start()
    yield window
    parts.close()
    assert not parts.tasks.running
    assert failures == []


def wait_done(qtbot, sheet, timeout=300_000):
    qtbot.waitUntil(lambda: bool(sheet.model.rows) and not sheet.runs.running, timeout=timeout)


def grounded(row, text):
    """Every value with a span is what stands there."""
    for result in row.result.fields.values():
        for value in values_of(result):
            if value.state is FieldState.FOUND and value.span is not None:
                assert text[value.span.start : value.span.end] == value.text


def test_dropped_receipts_survive_a_worker_that_is_killed_twice(real_window, qtbot, drop, tmp_path):
    texts = {}
    for number in range(_RECEIPTS):
        path = tmp_path / f"receipt-{number:02}.txt"
        texts[path.name] = _RECEIPT.format(number=number + 10, day=number + 1, total=number + 19)
        path.write_text(texts[path.name])
    (tmp_path / "empty.txt").touch()
    sheet = real_window.extract.sheet
    drop(sheet, [tmp_path])
    qtbot.waitUntil(lambda: len(sheet.model.rows) == _RECEIPTS + 1, timeout=30_000)
    sheet.run()
    engine = real_window._parts.engine
    for finished in (1, 2):
        qtbot.waitUntil(lambda finished=finished: sheet.model.finished >= finished, timeout=200_000)
        worker = engine.status().worker_pid
        if worker is not None:
            os.kill(worker, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    wait_done(qtbot, sheet)
    states = {row.path.name: str(row.state) for row in sheet.model.rows}
    assert states == {**dict.fromkeys(texts, "done"), "empty.txt": "failed"}
    for row in sheet.model.rows:
        if row.path.name in texts:
            grounded(row, texts[row.path.name])
    assert engine.status().restarts >= 1
    assert real_window.isVisible()
    dates = [row.result.fields["date"].value for row in sheet.model.rows if row.path.name in texts]
    assert dates == [f"2024-03-{number + 1:02}" for number in range(_RECEIPTS)]
    qtbot.waitUntil(lambda: "restarted" in real_window.panel._restarts.text(), timeout=5_000)


def test_the_samples_fill_their_tables(real_window, qtbot):
    real_window.extract.sheet.drop_zone.samples.click()
    sheets = real_window.extract.sheets
    assert len(sheets) == 3
    for sheet in sheets:
        wait_done(qtbot, sheet)
        assert [str(row.state) for row in sheet.model.rows] == ["done"]
        assert any(cell.text for cell in sheet.model.rows[0].cells)


def test_an_encrypted_file_is_read_with_the_password_that_is_entered(real_window, qtbot, drop, tmp_path, monkeypatch):
    path = tmp_path / "locked.pdf"
    page = canvas.Canvas(str(path), encrypt="s3cret")
    page.drawString(50, 700, "HARBOUR STATIONERS LTD   TOTAL 9.00")
    page.save()
    sheet = real_window.extract.sheet
    drop(sheet, [path])
    qtbot.waitUntil(lambda: len(sheet.model.rows) == 1, timeout=30_000)
    sheet.run()
    wait_done(qtbot, sheet)
    (row,) = sheet.model.rows
    assert row.result.error == PASSWORD_MISSING
    sheet.table.choose(row)
    button = sheet.details._password
    assert button.isVisible()
    for typed, error in (("wrong", PASSWORD_WRONG), ("s3cret", "")):
        monkeypatch.setattr(QInputDialog, "getText", lambda *_args, typed=typed: (typed, True))
        button.click()
        wait_done(qtbot, sheet)
        assert row.result.error == error
    assert str(row.state) == "done"
    assert not button.isVisible()
