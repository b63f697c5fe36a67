"""Says things in Chat, as a person does and as they are stored."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Qt

from stillroom.chat.conversation import Role, Turn
from stillroom.ui.chat.page import ChatPage


def send(page: ChatPage, qtbot, text: str) -> None:
    page.composer.set_text(text)
    qtbot.keyClick(page.composer.editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not page.chat.asking.busy and bool(page.transcript.turns()), timeout=15_000)


def say(page: ChatPage, conversation: int, parent: int | None, role: Role, text: str) -> int:
    return page.chat.store.add(Turn(0, conversation, parent, role, text, datetime.now(UTC))).id
