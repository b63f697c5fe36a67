"""Where the keyboard is when a page is shown: where it is worked with."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from stillroom.ui.main_window import MainWindow

pytestmark = pytest.mark.window

PAGES = ("extract", "review", "templates", "chat", "models", "evaluate", "settings")


def focused(window: MainWindow, qtbot):
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=5000)
    return window.focusWidget()


def test_a_fresh_window_has_the_keyboard_in_its_page(window: MainWindow, qtbot) -> None:
    assert window.extract.isAncestorOf(focused(window, qtbot))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("by", ["key", "mouse"])
def test_a_page_takes_the_keyboard_where_it_is_worked_with(window: MainWindow, qtbot, name: str, by: str) -> None:
    number = [entry.icon_name for entry in window._entries()].index(name)
    if by == "key":
        window.show_named("settings" if name != "settings" else "models")
        focused(window, qtbot)  # shortcuts are those of the active window
        QTest.keyClick(window, Qt.Key(Qt.Key.Key_1 + number), Qt.KeyboardModifier.AltModifier)
    else:
        qtbot.mouseClick(window.navigation._group.button(number), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.pages.currentIndex() == number, timeout=3000)
    qtbot.waitUntil(lambda: window.pages.currentWidget().page is not None, timeout=20_000)
    page = window.pages.currentWidget().page
    assert page.isAncestorOf(focused(window, qtbot))


def test_work_gets_it_not_a_control_beside_it(window: MainWindow, qtbot, receipts) -> None:
    sheet = window.extract.sheet
    assert focused(window, qtbot) is sheet.drop_zone.files
    sheet.add_files(receipts(2), start=True)
    qtbot.waitUntil(lambda: sheet.model.finished == 2, timeout=30_000)
    chat = window.show_named("chat")
    assert focused(window, qtbot) is chat.composer.editor
    window.show_named("settings")
    window.show_named("chat")
    assert focused(window, qtbot) is chat.composer.editor
    window.show_page(0)
    assert focused(window, qtbot) is sheet.table


def test_the_rows_have_it_when_their_extraction_is_begun(window: MainWindow, qtbot, receipts) -> None:
    sheet = window.extract.sheet
    sheet.add_files(receipts(2))
    qtbot.waitUntil(lambda: sheet.bar.run.isEnabled() and len(sheet.model.rows) == 2, timeout=30_000)
    focused(window, qtbot)
    sheet.bar.run.setFocus()
    QTest.keyClick(sheet.bar.run, Qt.Key.Key_Space)
    assert focused(window, qtbot) is sheet.table, "not the field to find words in"
    qtbot.waitUntil(lambda: sheet.model.finished == 2, timeout=30_000)
    assert focused(window, qtbot) is sheet.table


def test_a_window_that_is_narrow_from_the_first_moment_has_no_panel(parts, qtbot) -> None:
    made = MainWindow(parts)
    qtbot.addWidget(made)
    made.resize(800, 500)
    made.show()
    assert not made.panel.isVisibleTo(made)
    assert made.navigation.seal.isVisibleTo(made), "the seal is told elsewhere"
    chat = made.show_named("chat")
    qtbot.wait(50)
    send = chat.composer.send_button
    assert made.rect().contains(send.mapTo(made, send.rect().bottomRight()))
    made.resize(1300, 800)
    assert made.panel.isVisibleTo(made), "it comes back where there is room"
