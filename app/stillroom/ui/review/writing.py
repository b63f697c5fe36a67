"""Verdicts on their way to the disk, on a thread of their own: the window never waits for it."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stillroom.ui.tasks import Operation, Tasks

if TYPE_CHECKING:
    from stillroom.review.reviews import Reviews
    from stillroom.review.verdict import Verdict


class VerdictWriter(QObject):
    """A writer of verdicts, in the order they were given.

    Signals:
        written(list[str]): entries with these keys are on disk.
        failed(Exception): they could not be written, and none that waited behind them is.
    """

    written = Signal(list)
    failed = Signal(Exception)

    def __init__(self, reviews: Callable[[], Reviews], tasks: Tasks) -> None:
        super().__init__()
        self._reviews = reviews
        self._tasks = tasks
        self._waiting: queue.SimpleQueue[list[Verdict]] = queue.SimpleQueue()
        self._operation: Operation[None] | None = None

    def write(self, entries: Sequence[Verdict]) -> None:
        self._waiting.put(list(entries))
        if self._operation is None:
            self._operation = Operation(self._run, "verdicts", owner=self)
            self._operation.failure(self._stopped)
            self._tasks.start(self._operation)

    def stop(self) -> None:
        """What waits is still written; then the thread ends."""
        if self._operation is not None:
            self._operation.cancellation.request()

    def _run(self, operation: Operation[None]) -> None:
        """Everything that waits in one stroke, until the window closes and nothing waits any more."""
        tell_written = operation.to_window(self.written.emit)
        forget = operation.cancellation.when_requested(lambda: self._waiting.put([]))
        try:
            while True:
                entries = self._waiting.get()
                with contextlib.suppress(queue.Empty):
                    while True:
                        entries = entries + self._waiting.get_nowait()
                if entries:
                    self._reviews().save(entries)
                    tell_written([entry.key for entry in entries])
                if operation.cancellation.requested and self._waiting.empty():
                    return
        finally:
            forget()

    def _stopped(self, error: Exception) -> None:
        self._operation = None
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
        self.failed.emit(error)
