"""At the end of a run the table shows what its documents said of each other, and the values of each alone come back with Undo."""

from __future__ import annotations

from dataclasses import replace

from stillroom.extraction.result import FieldValue
from stillroom.workspace.runs import DecidedAgain


def test_values_that_changed_are_said_and_come_back(window, parts, qtbot, receipts, monkeypatch):
    def decide_again(run: int, positions, _cancellation) -> DecidedAgain:
        before = parts.runs.resume(run).results()[1]
        assert before is not None
        assert list(positions) == [0, 1, 2]
        total = before.fields["total"]
        assert isinstance(total, FieldValue)
        after = replace(before, fields={**before.fields, "total": replace(total, value="8.88", text="8.88")})
        return DecidedAgain(run, {1: before}, {1: after}, {}, ())

    monkeypatch.setattr(parts.runs, "decide_again", decide_again)
    sheet = window.extract.sheet
    said: list[tuple[str, dict]] = []
    sheet.said.connect(lambda text, _kind, actions: said.append((text, dict(actions))))
    sheet.add_files(receipts(3), start=True)
    qtbot.waitUntil(lambda: len(sheet.model.rows) == 3 and not sheet.runs.running, timeout=20_000)
    row = sheet.model.rows[1]
    place = [field.name for field in sheet.template.fields].index("total")
    qtbot.waitUntil(lambda: row.cells[place].text == "8.88", timeout=5_000)
    (record,) = parts.store.runs()
    assert parts.store.results(record.id)[1]["fields"]["total"]["value"] == "8.88"
    qtbot.waitUntil(lambda: any("decided together" in text for text, _ in said), timeout=5_000)
    (undo,) = [actions["Undo"] for text, actions in said if text.startswith("1 value is another one")]
    undo()
    qtbot.waitUntil(lambda: row.cells[place].text != "8.88", timeout=5_000)
    assert parts.store.results(record.id)[1]["fields"]["total"]["value"] == row.cells[place].text
