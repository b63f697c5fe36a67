"""Keeps what is being written on disk, beside the writing: a slow disk must not hold up what a person reads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from stillroom.storage.database import StorageError

_log = logging.getLogger(__name__)


class Keeping:
    """A thread that keeps: while it is entered, ``save`` is called on it soon after a change, and every ``seconds`` at most.

    Its end waits for a save under way, so that whoever saves afterwards has the last word. What could not be saved is tried
    again with the next change.
    """

    def __init__(self, save: Callable[[], None], seconds: float) -> None:
        self._save, self._seconds = save, seconds
        self._changed, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="stillroom-keeping", daemon=True)

    def changed(self) -> None:
        """There is more to be saved. Returns at once."""
        self._changed.set()

    def __enter__(self) -> Keeping:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            if self._ended.is_set():
                return
            try:
                self._save()
            except StorageError:
                _log.warning("what was written so far could not be saved")
            self._ended.wait(self._seconds)
