"""The list of all tables: what is left of each, renamed, deleted and taken back."""

from __future__ import annotations

from PySide6.QtWidgets import QInputDialog

from stillroom.storage.runs import RunRecord
from stillroom.ui.review.tables_dialog import TablesDialog

TOML = 'name = "slip"\nfields = [{ name = "total", type = "money" }]'


def test_tables_are_listed_renamed_deleted_and_taken_back(parts, qtbot, monkeypatch):
    record = RunRecord("slip", 1, TOML, "ab", "m", "/m", "cd")
    runs = [parts.store.create_run(record, [(f"{name}.txt", f"/x/{name}.txt")]) for name in "ab"]
    failed = {
        "file": "b.txt", "status": "failed", "error": "It is empty.", "fields": {}, "seconds": 0, "file_sha256": "",
        "coverage": {"pages_read": 0, "pages": 0, "chars_read": 0, "chars": 0},
        "model": {"name": "m", "sha256": "cd"}, "template": {"name": "slip", "version": 1},
    }  # fmt: skip
    parts.store.save(runs[1], 0, failed)
    dialog = TablesDialog(lambda: parts.reviews, parts.tasks, None)
    qtbot.addWidget(dialog)
    dialog.show()

    def shown() -> list[list[str]]:
        items = [dialog.list.topLevelItem(place) for place in range(dialog.list.topLevelItemCount())]
        return [[item.text(0), item.text(3), item.text(4)] for item in items]

    qtbot.waitUntil(lambda: shown() == [["Slip", "1", "1"], ["Slip", "0 of 1", "nothing yet"]], timeout=10_000)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: (" March  slips", True))
    with qtbot.waitSignal(dialog.renamed) as renamed:
        dialog.rename.click()
    assert renamed.args == [runs[1], "March slips"]
    qtbot.waitUntil(lambda: shown()[0][0] == "March slips")
    dialog.delete.click()
    qtbot.waitUntil(lambda: [row[0] for row in shown()] == ["Slip"])
    assert [run.run_id for run in parts.runs.stored()] == [runs[0]]
    dialog.undo.click()
    qtbot.waitUntil(lambda: [row[0] for row in shown()] == ["March slips", "Slip"])
    with qtbot.waitSignal(dialog.review_wanted) as wanted:
        dialog.list.setCurrentItem(dialog.list.topLevelItem(0))
        dialog.review.click()
    assert wanted.args == [runs[1]]
