"""Two tables beside each other: where they differ is listed, and one step away."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from tests.review.made import record_of, result_of, toml_of

from stillroom.extraction.result import FieldState, FieldValue, result_to_json
from stillroom.ui.review.tables_dialog import TablesDialog

TOML = toml_of("slip", shop="line", total="money")
VALUES = (
    {"a": ("Corner", "1.00"), "b": ("Mill", "2.00")},
    {"a": ("Corner", "1.50"), "b": ("Mill & Co", None), "c": ("New", "3.00")},
)


@pytest.fixture
def tables(parts, tmp_path):
    """Two tables of the same slips, the newer one first; their numbers."""
    runs = []
    for values in VALUES:
        files = [tmp_path / f"{name}.txt" for name in values]
        record = record_of(TOML, "slip")
        run = parts.store.create_run(record, [(str(file), str(file)) for file in files])
        for position, (name, (shop, total)) in enumerate(values.items()):
            files[position].write_text(f"{shop} {total}", "utf-8")
            fields = {
                "shop": FieldValue(shop, shop, FieldState.FOUND, 0.9),
                "total": FieldValue(total, total or "", FieldState.FOUND if total else FieldState.ABSENT, 0.9),
            }
            result = result_of(fields, "slip", str(files[position]), name * 64)
            parts.store.save(run, position, result_to_json(result))
        runs.append(run)
    return runs


def shown(dialog) -> list[list[str]]:
    items = [dialog.list.topLevelItem(place) for place in range(dialog.list.topLevelItemCount())]
    return [[item.text(column) for column in range(4)] for item in items]


@pytest.fixture
def compared(window, parts, tables, qtbot):
    """The dialog, as it is got to from the list of all tables."""
    listed = TablesDialog(lambda: parts.reviews, parts.tasks, None)
    qtbot.addWidget(listed)
    listed.show()
    qtbot.waitUntil(lambda: listed.list.topLevelItemCount() == 2, timeout=10_000)
    listed.list.setCurrentItem(listed.list.topLevelItem(1))
    wanted = []
    listed.compare_wanted.connect(lambda one, other: wanted.append((one, other)))
    (action,) = listed.others().actions()
    assert action.text().endswith("3 documents")
    action.trigger()
    assert [table.run for table in wanted[0]] == tables
    window.show_named("extract")
    dialog = window.extract.compare(*wanted[0])
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.list.topLevelItemCount() > 0, timeout=10_000)
    return dialog


def test_what_differs_is_listed_side_by_side_and_by_field(compared):
    assert shown(compared) == [
        ["a.txt", "Total", "1.00", "1.50"],
        ["b.txt", "Shop", "Mill", "Mill & Co"],
        ["b.txt", "Total", "2.00", "–"],
    ]
    said = compared.said.text()
    assert "2 documents are in both." in said
    assert "3 of 4 values differ." in said
    assert "Only in the second: c.txt." in said
    compared.fields.setCurrentIndex(compared.fields.findData("total"))
    compared.fields.activated.emit(compared.fields.currentIndex())
    assert [row[0] for row in shown(compared)] == ["a.txt", "b.txt"]


@pytest.mark.parametrize(("side", "value"), [(0, "2.00"), (1, "")])
def test_a_value_is_one_step_away_in_either_table(compared, window, tables, qtbot, side, value):
    page = window.extract
    compared.list.setCurrentItem(compared.list.topLevelItem(2))
    qtbot.mouseClick((compared.show_left, compared.show_right)[side], Qt.MouseButton.LeftButton)
    assert not compared.isVisible()
    qtbot.waitUntil(lambda: bool(page.sheet.model.rows), timeout=10_000)
    assert page.sheet.runs.holds(tables[side])
    index = page.sheet.table.currentIndex()
    assert index.siblingAtColumn(0).data() == "b.txt"
    assert (index.data() or "") in (value, "–")
    assert page.sheet.table.model().headerData(index.column(), Qt.Orientation.Horizontal).lower().startswith("total")
