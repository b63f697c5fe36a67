"""Every control of every page has a name for a screen reader, and can be reached by the keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)

from stillroom.privacy.sending import SendingLog
from stillroom.remote.engines import RemoteEngine
from stillroom.remote.prices import price_list
from stillroom.ui.chat.who_answers import ChatConsent
from stillroom.ui.main_window import MainWindow
from stillroom.ui.remote.consent import ConsentDialog
from stillroom.ui.remote.engine_dialog import EngineDialog
from stillroom.ui.remote.log_dialog import LogDialog
from stillroom.ui.remote.price_dialog import PriceDialog
from stillroom.ui.settings.about import Licences
from stillroom.workspace.conversations import Leaving

pytestmark = pytest.mark.window
CONTROLS = (
    QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QAbstractSlider, QPlainTextEdit, QTextEdit, QAbstractItemView,
    QProgressBar,
)  # fmt: skip


def controls(page: QWidget) -> list[QWidget]:
    """What a person can use or is to be told of; parts of Qt's own controls are theirs."""
    found = []
    for widget in page.findChildren(QWidget):
        own = isinstance(widget.parent(), QAbstractSpinBox | QComboBox | QTabBar) or (
            isinstance(widget, QAbstractButton) and isinstance(widget.parent(), QLineEdit | QAbstractItemView)
        )
        if isinstance(widget, CONTROLS) and not isinstance(widget, QScrollBar | QHeaderView) and not own:
            found.append(widget)
    return [widget for widget in found if not _inside_item_view(widget)]


def _inside_item_view(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox) or type(parent).__name__ == "QComboBoxPrivateContainer":
            return True
        parent = parent.parentWidget()
    return False


@pytest.mark.parametrize("number", range(7))
def test_every_control_has_a_name(window: MainWindow, qtbot, number: int) -> None:
    page = window.show_page(number)
    qtbot.wait(50)
    nameless = [
        f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}"
        for widget in controls(page)
        if not widget.accessibleName().strip() and not getattr(widget, "text", str)()
    ]
    assert nameless == []


@pytest.mark.parametrize("number", range(7))
def test_every_control_is_reached_by_tab(window: MainWindow, qtbot, number: int) -> None:
    page = window.show_page(number)
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=5000)
    qtbot.wait(100)
    wanted = {
        widget
        for widget in controls(page)
        if widget.isVisibleTo(page)
        and widget.isEnabled()
        and not isinstance(widget, QProgressBar)
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    unreachable = [
        widget.accessibleName()
        for widget in controls(page)
        if widget.isVisibleTo(page)
        and widget.isEnabled()
        and isinstance(widget, QAbstractButton | QComboBox | QLineEdit | QAbstractSpinBox)
        and not widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert [name for name in unreachable if "Close this table" not in name] == []
    reached: set[QWidget] = set()
    page.setFocus()
    for _ in range(3 * len(wanted) + 60):
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused is not None:
            reached.add(focused)
    assert sorted(widget.accessibleName() for widget in wanted - reached) == []


def _dialog(name: str, window: MainWindow, receipts) -> QDialog:
    """A dialog of Settings or of remote models, as it is opened there."""
    parts = window._parts
    assert parts.database is not None
    engine = RemoteEngine("office", "https://server/v1", "m")
    if name == "consent":
        sheet = window.extract.sheet
        sheet.add_files(receipts(2))
        return ConsentDialog(window, parts, [engine], sheet.model.rows, sheet.template)
    return {
        "engine": lambda: EngineDialog(window, parts, engine),
        "prices": lambda: PriceDialog(window, parts.remote, price_list()),
        "log": lambda: LogDialog(window, SendingLog(parts.database)),
        "chat": lambda: ChatConsent(window, engine, Leaving("Hello", 2, 1024)),
        "licences": lambda: Licences(window),
    }[name]()


@pytest.mark.parametrize("name", ["engine", "prices", "log", "consent", "chat", "licences"])
def test_the_dialogs_of_settings_and_remote_models_are_named_and_reached(
    window: MainWindow, qtbot, receipts, name: str
) -> None:
    dialog = _dialog(name, window, receipts)
    dialog.open()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog, timeout=5000)
    nameless = [
        type(widget).__name__
        for widget in controls(dialog)
        if not widget.accessibleName().strip() and not getattr(widget, "text", str)()
    ]
    assert nameless == []
    assert dialog.windowTitle()
    wanted = {
        widget
        for widget in controls(dialog)
        if widget.isVisibleTo(dialog)
        and widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not _inside_table(widget)
    }
    reached: set[QWidget] = set()
    for _ in range(3 * len(wanted) + 10):
        focused = QApplication.focusWidget()
        if focused is not None:
            reached.add(focused)
        QTest.keyClick(focused or dialog, Qt.Key.Key_Tab)
    assert sorted(widget.accessibleName() or widget.text() for widget in wanted - reached) == []
    dialog.reject()


def _inside_table(widget: QWidget) -> bool:
    """Fields in the cells of a table are reached through its cells."""
    return any(
        isinstance(each, QAbstractItemView) for each in (widget.parent(), getattr(widget.parent(), "parent", str)())
    )


def test_every_page_has_a_key(window: MainWindow, qtbot) -> None:
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=5000)
    for number in (3, 2, 1, 0):
        QTest.keyClick(window, Qt.Key(Qt.Key.Key_1 + number), Qt.KeyboardModifier.AltModifier)
        qtbot.waitUntil(lambda number=number: window.pages.currentIndex() == number, timeout=3000)
    shown = window.panel.isVisibleTo(window)
    QTest.keyClick(window, Qt.Key.Key_F9)
    qtbot.waitUntil(lambda: window.panel.isVisibleTo(window) is not shown, timeout=3000)
