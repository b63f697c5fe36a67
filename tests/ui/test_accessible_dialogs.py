"""Every control of the dialogs of Chat and the panel has a name, can be reached by the keyboard, and Esc leaves them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QProgressBar, QWidget
from tests.ui.test_accessibility import controls

from stillroom.chat.conversation import Attachment, ChatSettings, Facts, Role, Source, Turn
from stillroom.chat.prompt_library import Prompt, PromptLibrary
from stillroom.engine.engine import EngineState, EngineStatus
from stillroom.engine.worker_status import WorkerStatus
from stillroom.ui.chat.bin_dialog import BinDialog
from stillroom.ui.chat.edit_dialog import EditDialog
from stillroom.ui.chat.passage_dialog import PassageDialog
from stillroom.ui.chat.prompt_menu import PromptMenu, VariablesDialog
from stillroom.ui.chat.settings_dialog import SettingsDialog
from stillroom.ui.main_window import MainWindow
from stillroom.ui.panel.details import DetailsDialog, speed_details

_IDLE = EngineStatus(EngineState.READY, None, WorkerStatus(), None, 0, "", 0.0)

pytestmark = pytest.mark.window


def _settings(parent: QWidget) -> QDialog:
    own = ChatSettings(schema='{"type": "object"}')
    return SettingsDialog(parent, own, [("the fields of “Receipt”", "{}")], None, ["one", "two"], "one")


def _passages(parent: QWidget) -> QDialog:
    file = Attachment(1, "a.txt", "a.txt", ("The harbour opens at six.",))
    asked = Turn(1, 1, None, Role.USER, "When?", datetime.now(UTC), attachments=(file,))
    facts = Facts(sources=(Source(1, "a.txt", 1, 4, 11),), passages_read=1, passages=2)
    answer = Turn(2, 1, 1, Role.ASSISTANT, "At six [1].", datetime.now(UTC), facts=facts)
    return PassageDialog(parent, [asked, answer], 2, 0)


def _bin(parent: QWidget) -> QDialog:
    assert isinstance(parent, MainWindow)
    store = parent._parts.chats
    store.delete(store.create("About ships").id)
    return BinDialog(parent, store)


DIALOGS: dict[str, Callable[[QWidget], QDialog]] = {
    "settings": _settings,
    "passages": _passages,
    "bin": _bin,
    "edit": lambda parent: EditDialog(parent, "The words", answered=True),
    "variables": lambda parent: VariablesDialog(parent, Prompt("Translate", "{{text}} into {{language}}")),
    "details": lambda parent: DetailsDialog(parent, "Speed", speed_details(_IDLE)),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_every_control_has_a_name_and_is_reached(window: MainWindow, qtbot, name: str) -> None:
    dialog = DIALOGS[name](window)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog, timeout=5000)
    found = controls(dialog)
    assert found
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in found
        if not widget.accessibleName().strip() and not getattr(widget, "text", str)()
    ]
    assert nameless == []
    wanted = {
        widget
        for widget in found
        if widget.isVisibleTo(dialog) and widget.isEnabled() and not isinstance(widget, QProgressBar)
    }
    reached: set[QWidget] = set()
    for _ in range(3 * len(wanted) + 20):
        focused = QApplication.focusWidget()
        if focused is not None:
            reached.add(focused)
        QTest.keyClick(focused or dialog, Qt.Key.Key_Tab)
    assert sorted(f"{type(widget).__name__} {widget.accessibleName()}" for widget in wanted - reached) == []
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=3000)


def test_the_prompt_library_is_a_menu_of_named_entries(window: MainWindow) -> None:
    menu = PromptMenu(window, PromptLibrary(), "Words {{name}}", lambda _text: None, lambda _text, _kind: None)
    assert all(action.text().strip() for action in menu.actions() if not action.isSeparator())
    assert any(action.isEnabled() and "Keep" in action.text() for action in menu.actions())
