"""What was written but not sent: kept for each conversation, also for one that is not begun."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from stillroom.chat.conversation import Attachment
from stillroom.errors import StillroomError
from stillroom.ui.chat.shown import ShownConversation
from stillroom.ui.parts import Parts

_MILLISECONDS = 800
_NEW = "chat/draft"  # of a conversation that is not begun


class Drafts(QObject):
    """Texts are on disk soon after they are written; files that were attached stay as long as the window is there."""

    def __init__(self, page: ShownConversation, parts: Parts) -> None:
        super().__init__(page)
        self._page, self._parts = page, parts
        self._files: dict[int, list[Attachment]] = {}
        self._shown = False  # before anything is, an empty text is nobody's
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_MILLISECONDS)
        self._timer.timeout.connect(self.keep)
        page.composer.changed.connect(self._timer.start)
        parts.at_end.insert(0, self.keep)  # before what it is kept in is closed

    def keep(self) -> None:
        """What is written now, of the conversation that is shown."""
        self._timer.stop()
        if not self._shown:
            return
        page, text = self._page, self._page.composer.text()
        self._files[page.number] = list(page.composer.attachments)
        if page.conversation is None:
            if text != self._parts.memory.text(_NEW):
                self._parts.memory.set(_NEW, text)
                self._parts.memory.save()
        elif text != page.conversation.draft:
            try:
                page.store.set_draft(page.number, text)
            except StillroomError as error:
                page.failed(error)

    def show(self) -> None:
        """What was written of the conversation that is shown."""
        page, self._shown = self._page, True
        page.composer.clear()
        page.composer.set_text(page.conversation.draft if page.conversation else self._parts.memory.text(_NEW))
        page.composer.add_attachments(self._files.get(page.number, []))

    def sent(self, number: int) -> None:
        """Of the conversation of this number; 0 for one that was begun with it."""
        self._files.pop(number, None)
        if not number:
            self._parts.memory.set(_NEW, "")
            self._parts.memory.save()
        if self._page.number:
            self._page.store.set_draft(self._page.number, "")
