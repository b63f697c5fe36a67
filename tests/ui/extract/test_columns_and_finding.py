"""The table's order, what is found in it, and its columns."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QStyleOptionViewItem, QToolButton

from stillroom.ui.extract.result_model import FIRST_FIELD, Role
from stillroom.ui.extract.row import RowState

pytestmark = pytest.mark.window


@pytest.fixture
def filled(window, receipts, qtbot):
    """The sheet with twelve receipts, done: totals 0.50 to 11.50."""
    sheet = window.extract.sheet
    sheet.set_template(next(each for each in window.extract.templates if each.name == "receipt"))
    sheet.add_files(receipts(12), start=True)
    qtbot.waitUntil(lambda: sheet.model.count(RowState.DONE) == 12, timeout=30_000)
    return sheet


def column_of(sheet, name):
    return FIRST_FIELD + [field.name for field in sheet.template.fields].index(name)


def shown(sheet, column):
    model = sheet.table.shown
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_amounts_are_in_the_order_of_their_size(filled):
    column = column_of(filled, "total")
    filled.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    amounts = [float(text) for text in shown(filled, column)]
    assert amounts == sorted(amounts)
    assert amounts[-1] == 11.5


def test_find_keeps_the_rows_with_all_the_words(filled, window):
    QTest.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert filled.status.finder.hasFocus()
    QTest.keyClicks(filled.status.finder, "11.50 SHOP")
    assert shown(filled, 0) == ["receipt-011.txt"]
    filled.status.finder.clear()
    assert filled.table.shown.rowCount() == 12


def test_columns_are_hidden_and_moved_and_stay_so(filled, window):
    total = column_of(filled, "total")
    menu = filled.table.columns_menu()
    menu.actions()[total - 1].setChecked(False)
    assert filled.table.isColumnHidden(total)
    filled.table.horizontalHeader().moveSection(1, 3)
    arrangement = filled.table.arrangement()
    assert f"-{total}" in arrangement
    again = window.extract.new_sheet(filled.template)
    assert again.table.arrangement() == arrangement
    filled.table.reset_columns()
    assert not filled.table.isColumnHidden(total)
    assert filled.table.arrangement() == ",".join(str(column) for column in range(filled.model.columnCount()))


def test_columns_are_as_wide_as_their_headings_and_values_until_the_user_says_otherwise(filled, qtbot):
    filled.window().resize(1366, 768)
    qtbot.waitUntil(lambda: filled.table.viewport().width() > 900)
    header = filled.table.horizontalHeader()
    needed = filled.table.delegate.sizeHint
    option = QStyleOptionViewItem()
    option.initFrom(filled.table)
    for column in range(FIRST_FIELD, filled.model.columnCount()):
        assert filled.table.columnWidth(column) >= header.sectionSizeHint(column)
    shop = column_of(filled, "company")
    assert filled.table.columnWidth(shop) >= needed(option, filled.table.shown.index(0, shop)).width()
    # Where there is room for all, there is nothing to scroll.
    qtbot.waitUntil(lambda: not filled.table.horizontalScrollBar().isVisible())
    filled.table._sized_by_hand = True
    filled.table.setColumnWidth(shop, 80)
    filled.table.fit_columns()
    assert filled.table.columnWidth(shop) == 80


def test_empty_cells_come_last(filled):
    column = column_of(filled, "total")
    row = filled.model.rows[3]
    before = [filled.model.index(number, column).data(Role.SORT) for number in range(12)]
    filled.model.set_state([row], RowState.STOPPED)
    keys = [filled.model.index(number, column).data(Role.SORT) for number in range(12)]
    assert max(keys) == keys[3]
    assert before[3] < keys[3]


def test_a_narrow_window_folds_the_panel_and_a_wide_one_unfolds_it(window, qtbot):
    window.resize(QSize(1280, 700))
    qtbot.waitUntil(lambda: window.panel.isVisible() or window.width() < 1060)
    window.resize(QSize(800, 500))
    qtbot.waitUntil(lambda: not window.panel.isVisible())
    assert (window.width(), window.height()) == (800, 500)
    window.resize(QSize(1280, 700))
    qtbot.waitUntil(lambda: window.panel.isVisible())


def test_a_low_window_shows_the_pages_icons_alone(window, qtbot):
    window.resize(QSize(800, 500))
    qtbot.waitUntil(lambda: window.height() == 500)
    buttons = [button for button in window.navigation.findChildren(QToolButton) if button.isVisible()]
    assert all(button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly for button in buttons)
    lowest = max(button.mapTo(window, button.rect().bottomLeft()).y() for button in buttons)
    assert lowest <= 500
    assert all(button.accessibleName() for button in buttons)


def test_all_columns_of_an_invoice_are_in_sight_at_1280(qtbot, window, parts):
    template = parts.templates.find("invoice")
    sheet = window.extract.new_sheet(template)
    table = sheet.table
    window.resize(1280, 800)
    sheet.stack.setCurrentIndex(1)
    qtbot.waitUntil(lambda: table.viewport().width() > 700, timeout=5_000)
    table.size_columns()
    names = [field.name for field in template.fields]
    date = table.columnWidth(FIRST_FIELD + names.index("date"))
    assert date >= table.fontMetrics().horizontalAdvance("2025-03-14") + 40, "a date is whole before any is found"
    assert table.horizontalHeader().length() <= table.viewport().width() + 1
