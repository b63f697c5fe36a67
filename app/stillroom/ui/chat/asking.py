"""Answers that are being written: one conversation at a time asks, and may be stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from stillroom.chat.context import ContextFullError
from stillroom.chat.conversation import Attachment, Turn
from stillroom.remote.engines import RemoteEngine
from stillroom.ui.tasks import BackgroundWork, Operation
from stillroom.ui.wording import percent_text, time_left_text
from stillroom.workspace.conversations import GiveWay

if TYPE_CHECKING:
    from stillroom.ui.parts import Parts
    from stillroom.workspace.conversations import Answerer, ChatSession

T = TypeVar("T")


class Asking(QObject):
    """The questions that are being answered.

    Signals:
        begun(Turn): the stored, empty answer.
        piece(int, str, str): turn, new thinking, new text.
        done(Turn): the answer as it is stored.
        full(ContextFullError): nothing was asked.
        failed(Exception): anything else.
        given_up: making room was stopped; the question waits.
        told(str): what is being done, for the person; empty at its end.
        changed: whether something is being written.
    """

    begun = Signal(Turn)
    piece = Signal(int, str, str)
    done = Signal(Turn)
    full = Signal(ContextFullError)
    failed = Signal(Exception)
    given_up = Signal()
    told = Signal(str)
    changed = Signal()

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._operation: BackgroundWork | None = None
        self.conversation = 0
        self._engine: RemoteEngine | None = None
        self._looking = False  # at a picture; nothing is written yet

    @property
    def busy(self) -> bool:
        return self._operation is not None

    def use(self, engine: RemoteEngine | None) -> None:
        """Who answers from now on: a remote engine, or, for None, the model in our worker. Connects to nothing yet."""
        self._engine = engine

    def session(self) -> ChatSession:
        return self._parts.conversations.session(self._engine)

    def answerer(self) -> Answerer:
        """Who answers."""
        return self._parts.conversations.answerer(self._engine)

    def stop(self) -> None:
        if self._operation is not None:
            self._operation.cancellation.request()

    def answer(self, conversation: int, question: int) -> None:
        """Answer a turn."""
        started = time.monotonic()
        store, answerer = self._parts.chats, self.answerer()

        def work(operation: Operation[Turn]) -> Turn:
            begin, show = self._shown(operation)
            looks = False

            def start(turn: Turn) -> None:
                nonlocal looks
                begin(turn)
                looks = answerer.sees_pictures and any(each.seen for each in store.turn(question).attachments)
                if looks:
                    operation.post(self._look)

            def read(share: float) -> None:
                spent = time.monotonic() - started
                text = self.tr("Looking at the picture: %1") if looks else self.tr("Reading before it answers: %1")
                text = text.replace("%1", percent_text(share))
                left = time_left_text(spent / share * (1 - share)) if share > 0 and spent > 1 else ""
                operation.post(lambda: self.told.emit(" · ".join(filter(None, (text, left))) if share < 1 else ""))

            return self.session().answer(
                question,
                on_begin=start,
                on_piece=show,
                on_read=read,
                cancellation=operation.cancellation,
            )

        self._start(conversation, work, self.done.emit)

    def _shown(self, operation: Operation[Turn]) -> tuple[Callable[[Turn], None], Callable[[str, str], None]]:
        """What shows an answer that begins, and its pieces, from the operation's thread."""
        number: list[int] = []

        def begin(turn: Turn) -> None:
            number.append(turn.id)
            operation.post(lambda: self.begun.emit(turn))

        tell = operation.to_window(self._progressed)
        return begin, lambda thinking, said: tell(number[0], thinking, said)

    def go_on(self, conversation: int, number: int) -> None:
        """Go on with an answer."""

        def work(operation: Operation[Turn]) -> Turn:
            begin, show = self._shown(operation)
            return self.session().go_on(
                number,
                on_begin=begin,
                on_piece=show,
                cancellation=operation.cancellation,
            )

        self._start(conversation, work, self.done.emit)

    def read_every_part(self, conversation: int, question: int) -> None:
        """Have a count, a list or a sum answered from every passage of the files.

        The model on this machine reads them, whoever answers else: nobody agreed to send all of a file.
        """
        started = time.monotonic()

        def work(operation: Operation[Turn]) -> Turn:
            begin, show = self._shown(operation)

            def tell(done: int, total: int) -> None:
                text = self.tr("%1 of %2 passages were read").replace("%1", str(done)).replace("%2", str(total))
                left = (time.monotonic() - started) / done * (total - done) if done else None
                operation.post(
                    lambda: self.told.emit(" · ".join(filter(None, (text, time_left_text(left)))) if total else "")
                )

            return self._parts.conversations.session().read_every_part(
                question,
                on_begin=begin,
                on_piece=show,
                on_progress=tell,
                cancellation=operation.cancellation,
            )

        self._start(conversation, work, self.done.emit)

    def give_way(self, conversation: int, leaf: int, how: GiveWay, then: Callable[[int], None]) -> None:
        """Let something take less of the context; ``then`` gets the new end."""
        started = time.monotonic()

        def work(operation: Operation[int]) -> int:
            said = self.tr("Reading part %1 of %2…")

            def tell(done: float, total: int) -> None:
                text = said.replace("%1", str(min(int(done) + 1, total))).replace("%2", str(total))
                spent = time.monotonic() - started
                left = time_left_text(spent / done * (total - done)) if done and spent > 1 else ""
                operation.post(lambda: self.told.emit(" · ".join(filter(None, (text, left)))))

            if how in (GiveWay.SUMMARISE_OLDER, GiveWay.DROP_OLDER):
                operation.post(lambda: self.told.emit(self.tr("Making room…")))
            return self._parts.conversations.give_way(leaf, how, on_part=tell, cancellation=operation.cancellation)

        self._start(conversation, work, then, self.given_up.emit)

    def read(self, paths: list[Path], then: Callable[[list[Attachment]], None]) -> BackgroundWork:
        """Read files to attach, beside anything else."""

        def work(operation: Operation[list[Attachment]]) -> list[Attachment]:
            def begun(path: Path) -> None:
                operation.post(lambda: self.told.emit(self.tr("Reading %1…").replace("%1", path.name)))

            return self._parts.conversations.attachments(paths, on_file=begun, cancellation=operation.cancellation)

        def finished(found: list[Attachment]) -> None:
            self.told.emit("")
            then(found)

        def failed(error: Exception) -> None:
            self.told.emit("")
            self.failed.emit(error)

        return self._parts.tasks.start(Operation(work, "attach", owner=self).success(finished).failure(failed))

    def _look(self) -> None:
        self._looking = True
        self.told.emit(self.tr("The model looks at the picture…"))

    def _progressed(self, turn: int, thinking: str, said: str) -> None:
        if self._looking:
            self._looking = False
            self.told.emit("")
        self.piece.emit(turn, thinking, said)

    def _start(
        self,
        conversation: int,
        work: Callable[[Operation[T]], T],
        success: Callable[[T], object],
        stopped: Callable[[], None] = lambda: None,
    ) -> None:
        if self.busy:
            return
        self.conversation = conversation

        def end() -> None:
            self._operation, self._looking = None, False
            self.told.emit("")
            self.changed.emit()

        def succeeded(value: T) -> None:
            end()
            success(value)

        def failed(error: Exception) -> None:
            end()
            if isinstance(error, ContextFullError):
                self.full.emit(error)
            else:
                self.failed.emit(error)

        def given_up() -> None:
            end()
            stopped()

        self._operation = self._parts.tasks.start(
            Operation(work, "answer", owner=self).success(succeeded).failure(failed).cancelled(given_up)
        )
        self.changed.emit()
