"""The line of a value is shown when its cell is chosen, not when its file has been read once more."""

from __future__ import annotations

import threading
import time

import pytest

from stillroom.extraction.deciding import Seen
from stillroom.extraction.kept_seen import pack
from stillroom.extraction.result import result_to_json
from stillroom.ui.extract.row import RowState

pytestmark = pytest.mark.window


@pytest.fixture
def sheet(window, qtbot, receipts):
    sheet = window.extract.sheet
    sheet.add_files(receipts(3), start=True)
    qtbot.waitUntil(lambda: sheet.model.count(RowState.DONE) == 3, timeout=30_000)
    return sheet


def quoted(sheet) -> str:
    return sheet.details._quote.toPlainText()


def test_what_a_run_has_read_is_not_read_again(sheet, parts, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_args: object, **_named: object) -> None:
        raise AssertionError("the file was read again")

    monkeypatch.setattr(parts.readers, "read", read)
    for row in sheet.model.rows:
        sheet.table.choose(row)
        value = next(iter(row.result.fields.values()))
        assert value.text in quoted(sheet)
        assert "\n" in quoted(sheet), "with the lines around it"


def test_in_a_later_session_what_was_kept_is_quoted_and_the_file_not_read(
    sheet, parts, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = sheet.model.rows[1]
    run, document = row.run.batch.run_id, parts.readers.read(row.path)
    seen = pack(Seen(document, [], {}, {}, complete=True), {})
    parts.store.save(run, row.position, result_to_json(row.result), seen=seen)
    parts.recent_documents.clear()
    sheet.details._sources._kept.clear()
    asked, read = [], parts.readers.read
    monkeypatch.setattr(parts.readers, "read", lambda *args, **named: asked.append(args) or read(*args, **named))
    began = time.monotonic()
    sheet.table.choose(row)
    qtbot.waitUntil(lambda: "\n" in quoted(sheet), timeout=10_000)
    assert asked == []
    assert time.monotonic() - began < 3, "0.3 s on a machine with nothing else to do"
    row.path.write_text("something else entirely\n")
    sheet.details._sources._kept.clear()
    sheet.table.choose(sheet.model.rows[2])
    sheet.table.choose(row)
    qtbot.waitUntil(lambda: "was changed since" in quoted(sheet), timeout=10_000)
    assert asked, "what the file is now is looked at"


def test_the_value_stands_there_while_its_file_is_read(sheet, parts, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    parts.recent_documents.clear()
    sheet.details._sources._kept.clear()
    gate, read = threading.Event(), parts.readers.read

    def slow(*args: object, **named: object):
        gate.wait(10)
        return read(*args, **named)

    monkeypatch.setattr(parts.readers, "read", slow)
    row = sheet.model.rows[2]
    sheet.table.choose(row)
    value = next(iter(row.result.fields.values()))
    assert quoted(sheet) == value.text
    assert "reading" in sheet.details._place.full_text()
    gate.set()
    qtbot.waitUntil(lambda: "\n" in quoted(sheet), timeout=10_000)
    assert "reading" not in sheet.details._place.full_text()
