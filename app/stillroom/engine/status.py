"""What the engine says of itself, and the thread that watches the worker and tells the subscribers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from stillroom.engine.protocol import ModelInfo
from stillroom.engine.worker_status import WorkerStatus

_log = logging.getLogger(__name__)


class EngineState(StrEnum):
    """The state of the engine, as people are shown it."""

    STOPPED = "stopped"
    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """A snapshot, cheap to take from any thread.

    Attributes:
        state: FAILED where the worker or the last load failed and nothing has worked since.
        model: in use: loaded, or to be loaded again by the next request after the worker was ended.
        worker: what the worker reported last.
        worker_pid: None where there is no worker.
        restarts: how often a worker was started in the place of one that ended.
        failure: the last failure of the worker or of a load, a sentence; empty if a load has succeeded since.
        load_progress: 0–1.
    """

    state: EngineState
    model: ModelInfo | None
    worker: WorkerStatus
    worker_pid: int | None
    restarts: int
    failure: str
    load_progress: float


def state_of(
    operations: Collection[str] | None, model: ModelInfo | None, failure: str, *, closed: bool = False
) -> EngineState:
    """``operations``: requests under way in the worker; None where there is no worker."""
    if closed:
        return EngineState.STOPPED
    if operations is None:
        return EngineState.FAILED if failure else EngineState.STOPPED
    if "start" in operations:
        return EngineState.STARTING
    if "load" in operations:
        return EngineState.LOADING
    if operations:
        return EngineState.BUSY
    return EngineState.FAILED if failure and model is None else EngineState.READY


class Watch:
    """One thread, from the first change to `close`: enforces limits while it is needed, hands the status to subscribers."""

    def __init__(self, *, status: Callable[[], EngineStatus], enforce_limits: Callable[[], float | None]) -> None:
        """Nothing runs yet.

        Args:
            status: takes a snapshot.
            enforce_limits: returns the seconds until it wants to be called again; None: after the next change.
        """
        self._status = status
        self._enforce_limits = enforce_limits
        self._condition = threading.Condition()
        self._subscribers: list[Callable[[EngineStatus], None]] = []
        self._changed = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def notify(self) -> None:
        """Something changed. Never blocks for long, whatever the subscribers do."""
        with self._condition:
            if self._closed:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="engine watch", daemon=True)
                self._thread.start()
            self._changed = True
            self._condition.notify_all()

    def subscribe(self, callback: Callable[[EngineStatus], None]) -> None:
        with self._condition:
            self._subscribers.append(callback)
        self.notify()

    def unsubscribe(self, callback: Callable[[EngineStatus], None]) -> None:
        with self._condition:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

    def close(self) -> None:
        with self._condition:
            self._closed = True
            thread = self._thread
            self._condition.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        pause: float | None = None
        while True:
            with self._condition:
                if not self._changed and not self._closed:
                    self._condition.wait(pause)
                if self._closed:
                    return
                changed, self._changed = self._changed, False
                subscribers = list(self._subscribers)
            pause = self._enforce_limits()
            if changed and subscribers:
                self._tell(subscribers, self._status())

    def _tell(self, subscribers: list[Callable[[EngineStatus], None]], status: EngineStatus) -> None:
        for callback in subscribers:
            try:
                callback(status)
            except Exception:  # noqa: BLE001 - a listener's fault must not end the watch over the worker
                _log.exception("a subscriber to the engine's status failed")
