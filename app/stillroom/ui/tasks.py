"""Background work: an operation runs on a thread of its own, and its outcome arrives on the window's thread.

    tasks.start(Operation(lambda operation: read(path, operation.cancellation)).success(show).failure(complain))

Being cancelled is not a failure. A failure nobody asked for goes to the one who built ``Tasks``, never into silence.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from stillroom.cancellation import Cancellation
from stillroom.errors import Cancelled

log = logging.getLogger(__name__)

T = TypeVar("T")
P = ParamSpec("P")


class BackgroundWork:
    """Something that runs on a thread of its own, whatever it brings.

    Attributes:
        name: of the thread, for logs.
        cancellation: handed to whatever the work calls.

    With an ``owner`` nothing is delivered any more once it is deleted: a closed page hears of nothing.
    """

    def __init__(self, name: str, owner: QObject | None) -> None:
        self.name = name
        self._owner = owner
        self.cancellation = Cancellation()
        self._post: Callable[[Callable[[], None]], None] | None = None

    def post(self, callback: Callable[[], object]) -> None:
        """Called by the work, on its thread: ``callback`` runs on the window's thread, in the order of posting."""
        if self._post is not None:
            self._post(lambda: self._deliver(callback))

    def to_window(self, callback: Callable[P, object]) -> Callable[P, None]:
        """What the work may call on its thread: ``callback`` gets the same on the window's thread, in order."""

        def call(*values: P.args, **named: P.kwargs) -> None:
            self.post(lambda: callback(*values, **named))

        return call

    def _deliver(self, callback: Callable[[], object]) -> None:
        if self._owner is None or isValid(self._owner):
            callback()


class Operation(BackgroundWork, Generic[T]):
    """Work that brings something, and what follows it on the window's thread."""

    def __init__(
        self, work: Callable[[Operation[T]], T], name: str = "operation", *, owner: QObject | None = None
    ) -> None:
        super().__init__(name, owner)
        self._work = work
        self._success: Callable[[T], object] | None = None
        self._failure: Callable[[Exception], object] | None = None
        self._cancelled: Callable[[], object] | None = None

    def success(self, callback: Callable[[T], object]) -> Operation[T]:
        self._success = callback
        return self

    def failure(self, callback: Callable[[Exception], object]) -> Operation[T]:
        self._failure = callback
        return self

    def cancelled(self, callback: Callable[[], object]) -> Operation[T]:
        self._cancelled = callback
        return self

    def _run(self, post: Callable[[Callable[[], None]], None], unhandled: Callable[[Exception], object]) -> None:
        self._post = post
        try:
            value = self._work(self)
        except Cancelled:
            if self._cancelled is not None:
                self.post(self._cancelled)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told on the window's thread
            failed: Exception = error
            failure = self._failure or unhandled
            log.warning("%s failed: %s", self.name, type(error).__name__)
            self.post(lambda: failure(failed))
        else:
            success = self._success
            if success is not None:
                self.post(lambda: success(value))


class _Courier(QObject):
    """A carrier of calls from any thread to the thread it was made on."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def post(self, callback: Callable[[], None]) -> None:
        if self._open:
            self._posted.emit(callback)

    def close(self) -> None:
        self._open = False

    @Slot(object)
    def _deliver(self, callback: Callable[[], None]) -> None:
        if self._open:
            callback()


class Tasks:
    """The operations of a window: starts them, and ends them all when the window closes.

    ``unhandled`` gets the failure of an operation that has no failure callback, on the window's thread.
    """

    def __init__(self, unhandled: Callable[[Exception], object]) -> None:
        self._unhandled = unhandled
        self._courier = _Courier()
        self._running: dict[threading.Thread, BackgroundWork] = {}
        self._lock = threading.Lock()
        self._closed = False

    def start(self, operation: Operation[T]) -> Operation[T]:
        """Run ``operation`` on a new thread. Nothing starts any more after close()."""
        if self._closed:
            return operation

        def body() -> None:
            try:
                operation._run(self._courier.post, self._unhandled)
            finally:
                with self._lock:
                    self._running.pop(threading.current_thread(), None)

        thread = threading.Thread(target=body, name=f"stillroom-{operation.name}", daemon=True)
        with self._lock:
            self._running[thread] = operation
        thread.start()
        return operation

    def post(self, callback: Callable[[], None]) -> None:
        """Run ``callback`` on the window's thread; from any thread."""
        self._courier.post(callback)

    @property
    def running(self) -> int:
        with self._lock:
            return len(self._running)

    def cancel_all(self) -> None:
        """Ask every operation to stop; nothing is delivered any more."""
        self._closed = True
        self._courier.close()
        with self._lock:
            operations = list(self._running.values())
        for operation in operations:
            operation.cancellation.request()

    def close(self, seconds: float = 5.0) -> bool:
        """Cancel everything and wait for the threads. False where one did not end in time."""
        self.cancel_all()
        deadline = time.monotonic() + seconds
        with self._lock:
            threads = list(self._running)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        left = [thread.name for thread in threads if thread.is_alive()]
        if left:
            log.error("threads still running at close: %s", ", ".join(left))
        return not left
