"""Titles of conversations, made by the model while nobody needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stillroom.engine.engine import EngineState
from stillroom.ui.tasks import BackgroundWork, Operation

if TYPE_CHECKING:
    from stillroom.ui.parts import Parts

IDLE_MILLISECONDS = 4000


class Titles(QObject):
    """Names one conversation after another. Only the model on this machine is asked, whoever answered.

    Signals:
        named(int): a conversation has another title.
    """

    named = Signal(int)

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._wanted: list[int] = []
        self._operation: BackgroundWork | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(IDLE_MILLISECONDS)
        self._timer.timeout.connect(self._idle)

    def want(self, conversation: int) -> None:
        """A title for this conversation, as soon as the model has been idle for a while."""
        if conversation not in self._wanted:
            self._wanted.append(conversation)
        self._timer.start()

    def wait(self) -> None:
        """Somebody uses the model: what is under way is given up, and tried again later."""
        if self._operation is not None:
            self._operation.cancellation.request()
        if self._wanted:
            self._timer.start()

    def _idle(self) -> None:
        status = self._parts.engine.status()
        if self._operation is not None or not self._wanted or status.model is None:
            return
        if not status.model.has_chat_template:
            return
        if status.state is not EngineState.READY:
            self._timer.start()
            return
        number = self._wanted[0]

        def work(operation: Operation[str]) -> str:
            return self._parts.conversations.name(number, operation.cancellation)

        def done(title: str) -> None:
            self._operation = None
            self._wanted.remove(number)
            if title:
                self.named.emit(number)
            if self._wanted:
                self._timer.start()

        def stopped() -> None:
            self._operation = None

        self._operation = self._parts.tasks.start(
            Operation(work, "title", owner=self).success(done).cancelled(stopped).failure(lambda _error: stopped())
        )
