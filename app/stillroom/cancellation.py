"""A request to stop, passed from the one who waits to the ones who work."""

from __future__ import annotations

import threading
from collections.abc import Callable

from stillroom.errors import Cancelled


class Cancellation:
    """A wish to stop: set once, seen by every piece of work it was handed to. Safe to use from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self) -> None:
        """Ask everything that holds this object to stop. Callbacks run on the calling thread, once."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def when_requested(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` when stopping is asked for (at once if it was already). Returns a function that forgets it."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def raise_if_requested(self) -> None:
        """Raises Cancelled if stopping was asked for."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Sleep up to ``seconds``; true if stopping was asked for meanwhile."""
        return self._event.wait(seconds)

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
