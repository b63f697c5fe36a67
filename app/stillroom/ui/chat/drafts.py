"""What was written but not sent: kept for each conversation, also for one that is not begun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stillroom.chat.conversation import Attachment
from stillroom.errors import StillroomError
from stillroom.ui.chat.controller import ChatController

if TYPE_CHECKING:
    from stillroom.ui.parts import Parts

_MILLISECONDS = 800
_NEW = "chat/draft"  # of a conversation that is not begun


class Drafts(QObject):
    """Texts are on disk soon after they are written; files that were attached stay as long as the window is there.

    Signals:
        restored(str, list): text and attachments of the conversation that is shown now.
    """

    restored = Signal(str, list)

    def __init__(
        self, chat: ChatController, parts: Parts, written: Callable[[], tuple[str, Sequence[Attachment]]]
    ) -> None:
        """``written``: what is being written now."""
        super().__init__(chat)
        self._chat, self._parts, self._written = chat, parts, written
        self._files: dict[int, list[Attachment]] = {}
        self._shown = False  # before anything is, an empty text is nobody's
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_MILLISECONDS)
        self._timer.timeout.connect(self.keep)
        chat.left.connect(self.keep)
        chat.opened.connect(self.show)
        chat.sent.connect(self.forget)
        parts.at_end.insert(0, self.keep)  # before what it is kept in is closed

    def keep_soon(self) -> None:
        """Something was written."""
        self._timer.start()

    def keep(self) -> None:
        """What is written now, of the conversation that is shown."""
        self._timer.stop()
        if not self._shown:
            return
        chat, (text, attachments) = self._chat, self._written()
        self._files[chat.number] = list(attachments)
        if chat.conversation is None:
            if text != self._parts.memory.text(_NEW):
                self._parts.memory.set(_NEW, text)
                self._parts.memory.save()
        elif text != chat.conversation.draft:
            try:
                chat.store.set_draft(chat.number, text)
            except StillroomError as error:
                chat.fail(error)

    def show(self) -> None:
        """What was written of the conversation that is shown."""
        self._shown = True
        text = self._chat.conversation.draft if self._chat.conversation else self._parts.memory.text(_NEW)
        self.restored.emit(text, self._files.get(self._chat.number, []))

    def forget(self, number: int) -> None:
        """What was written is sent, in the conversation of this number; 0 for one that was begun with it."""
        self._files.pop(number, None)
        if not number:
            self._parts.memory.set(_NEW, "")
            self._parts.memory.save()
        if self._chat.number:
            self._chat.store.set_draft(self._chat.number, "")
