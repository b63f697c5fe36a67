"""One worker process and the requests it was given: who waits for what, and for how long."""

from __future__ import annotations

import enum
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stillroom.cancellation import Cancellation
from stillroom.child import BadMessageError, Child, ChildOutcome, Layers, Reach
from stillroom.codec import from_child
from stillroom.engine.huge_pages import with_huge_pages
from stillroom.engine.limits import Limits
from stillroom.engine.protocol import ENDLESS_TEMPLATE, PROTOCOL_VERSION, ModelInfo
from stillroom.engine.worker_status import WorkerStatus
from stillroom.errors import Cancelled, EngineError, StillroomError

LOG_LINES = 200
_LOG_LINE_CHARACTERS = 500
_TICK_SECONDS = 0.25
_LATE_SECONDS = 2.0
"""A check that comes this much too late means that this program or the machine slept, not that the worker is silent."""

_NO_ANSWER = "did not answer for {:g} seconds"
_DEAF = "did not stop when it was asked to"
_UNWANTED = "was not needed any more"

_log = logging.getLogger(__name__)


class WorkerGoneError(Exception):
    """The worker had ended before the request was sent: another one can take it."""


class _Wake(enum.Enum):
    """What reaches a waiting caller besides the worker's events."""

    CANCEL = enum.auto()
    ENDED = enum.auto()
    CLOSED = enum.auto()


@dataclass(eq=False, slots=True)
class _Pending:
    """A request that has no answer yet. Events wait in its queue for the caller's own thread."""

    number: int
    op: str
    since: float
    events: queue.SimpleQueue[dict[str, Any] | _Wake] = field(default_factory=queue.SimpleQueue)
    cancel_deadline: float | None = None
    answered: bool = False


class WorkerConnection:
    """A connection to one worker, which it owns from its start to its end; it is not started again. Safe from any thread.

    Attributes:
        model: what is loaded in it, kept by the engine. environment: what it was started with besides the engine's own, likewise.
        reach: the files that it may open. layers: what keeps it from everything else, as it said; None before its first word.
        status: what it reported last.
        load_progress: of the load under way or done last, 0–1.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None,
        limits: Limits,
        *,
        reach: Reach,
        on_change: Callable[[], None],
        on_exit: Callable[[ChildOutcome, frozenset[str]], None],
        log: deque[str],
    ) -> None:
        """Start the process.

        Args:
            reach: the files that it may open.
            on_change: something worth a new status happened; called on any thread, must not block.
            on_exit: the process is gone; with the operations under way that may be the cause. Called on the reading thread,
                perhaps before the constructor has returned.
            log: takes the lines of llama.cpp's log.

        Raises:
            StillroomError: the process could not be started.
        """
        self.model: ModelInfo | None = None
        self.environment: tuple[tuple[str, str], ...] = ()
        self.reach = reach
        self.layers: Layers | None = None
        self.status = WorkerStatus()
        self.load_progress = 0.0
        self._limits = limits
        self._on_change = on_change
        self._on_exit = on_exit
        self._log_lines = log
        self._lock = threading.Lock()
        self._outcome: ChildOutcome | None = None
        self._closed = False
        self._ending = False
        self._said_hello = False
        self._last_number = 0
        self._last_message = time.monotonic()
        self._next_check: float | None = None
        # Being started is a request like any other: it may be cancelled, take too long, or end in a crash.
        self._start = _Pending(0, "start", time.monotonic())
        self._pending: dict[int, _Pending] = {0: self._start}
        self._child = Child(
            command,
            on_message=self._received,
            on_exit=self._ended,
            environment={**with_huge_pages(environment or {}), **reach.to_environment()},
            max_line_bytes=limits.line_bytes,
            name="engine",
        )
        self.pid = self._child.pid

    @property
    def alive(self) -> bool:
        """True while it takes requests: false as soon as its end was decided."""
        return self._outcome is None and not self._closed and not self._ending

    @property
    def ready(self) -> bool:
        """True once the worker has said its first word."""
        return self._said_hello and self.alive

    @property
    def operations(self) -> frozenset[str]:
        """The operations under way."""
        with self._lock:
            return frozenset(pending.op for pending in self._pending.values())

    def wait_until_ready(self, cancellation: Cancellation | None = None) -> None:
        """Wait for the worker's first word. To be called once, before any request.

        Raises:
            EngineError: it ended before.
            Cancelled: stopping was asked for; the worker is ended.
        """
        forget = self._watch(cancellation, self._start)
        try:
            self._answer(self._start, None, None)
        except BaseException:
            self.kill(_UNWANTED)
            raise
        finally:
            forget()
            self._forget(self._start)

    def request(
        self,
        op: str,
        fields: Mapping[str, Any],
        *,
        cancellation: Cancellation | None = None,
        on_progress: Callable[[float], None] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> dict[str, Any]:
        """Send one request and wait for its result; the callbacks are called on this thread.

        Raises:
            WorkerGoneError: it ended earlier; nothing was sent.
            EngineError: the worker said so, or it ended meanwhile.
            Cancelled: stopping was asked for, or the connection was closed.
        """
        pending = self._register(op)
        forget = self._watch(cancellation, pending)
        try:
            self._send({"id": pending.number, "op": op, **fields})
            return self._answer(pending, on_progress, on_text)
        finally:
            try:
                if not pending.answered:  # a callback failed, or Ctrl-C: nobody wants the answer any more
                    self._want_cancelled(pending)
                    self._drain(pending)
            finally:
                forget()
                self._forget(pending)

    def enforce_limits(self) -> float | None:
        """End the worker if it exceeded a limit. Returns the seconds until this is to be called again; None: not needed now."""
        now = time.monotonic()
        with self._lock:
            if self._outcome is not None or not self._pending:
                self._next_check = None
                return None
            if self._next_check is not None and now > self._next_check + _LATE_SECONDS:
                self._last_message = now
            self._next_check = now + _TICK_SECONDS
            deaf = any(p.cancel_deadline is not None and p.cancel_deadline <= now for p in self._pending.values())
            waiting = now - max(self._last_message, min(p.since for p in self._pending.values()))
            patience = self._patience()
        if deaf:
            self.kill(_DEAF)
        elif waiting > patience:
            self.kill(_NO_ANSWER.format(patience))
        return _TICK_SECONDS

    def _patience(self) -> float:
        if not self._said_hello:
            return self._limits.start
        loading = any(pending.op == "load" for pending in self._pending.values())
        return self._limits.load_silence if loading else self._limits.silence

    def kill(self, reason: str) -> None:
        """End the worker; its requests fail. ``reason`` is read after "it"."""
        self._ending = True
        self._child.kill(reason)

    def wait_until_gone(self) -> None:
        """Wait for the end of a worker that is not alive any more: its memory is free then."""
        self._child.stop(self._limits.stop_grace)

    def close(self) -> None:
        """Stop the worker; its requests raise Cancelled. Returns when the process is gone."""
        with self._lock:
            self._closed = True
            waiting = list(self._pending.values())
        for pending in waiting:
            pending.events.put(_Wake.CLOSED)
        self._child.stop(self._limits.stop_grace)

    # -------------------------------------------------------------------------------------------- the caller's thread

    def _register(self, op: str) -> _Pending:
        with self._lock:
            if self._closed:
                raise Cancelled
            if self._outcome is not None or self._ending:
                raise WorkerGoneError
            self._last_number += 1
            pending = _Pending(self._last_number, op, time.monotonic())
            self._pending[pending.number] = pending
            if op == "load":
                self.load_progress = 0.0
        self._on_change()
        return pending

    def _watch(self, cancellation: Cancellation | None, pending: _Pending) -> Callable[[], None]:
        if cancellation is None:
            return lambda: None
        return cancellation.when_requested(lambda: self._want_cancelled(pending))

    def _want_cancelled(self, pending: _Pending) -> None:
        # On whatever thread asks, the window's perhaps: nothing here may block, so the caller's thread writes the message.
        with self._lock:
            if pending.cancel_deadline is not None:
                return
            pending.cancel_deadline = time.monotonic() + self._limits.cancel_grace
        pending.events.put(_Wake.CANCEL)
        self._on_change()

    def _answer(
        self,
        pending: _Pending,
        on_progress: Callable[[float], None] | None,
        on_text: Callable[[str], None] | None,
    ) -> dict[str, Any]:
        refused = False
        while True:
            event = self._next(pending)
            if event is _Wake.CLOSED:
                raise Cancelled
            if pending.cancel_deadline is not None:
                if pending.answered or pending is self._start:
                    raise Cancelled
                if event is _Wake.CANCEL:
                    self._send({"id": pending.number, "op": "cancel"})
                continue
            if event is _Wake.ENDED:
                assert self._outcome is not None
                raise self._failure(pending.op, self._outcome)
            if refused or not isinstance(event, dict):
                continue
            match event:
                case {"event": "result", "data": dict(data)}:
                    return data
                case {"event": "hello"} if pending is self._start:
                    return event
                case {"event": "error", "message": str(message)}:
                    details, retryable = event.get("details", ""), event.get("retryable", False)
                    raise EngineError(message, str(details), retryable=retryable is True)
                case {"event": "cancelled"}:
                    raise Cancelled
                case {"event": "progress", "value": value} if _is_share(value):
                    if on_progress is not None:
                        on_progress(float(value))
                case {"event": "text", "text": str(text)}:
                    if on_text is not None:
                        on_text(text)
                case _:
                    refused = True  # what it says until it is gone counts no more
                    self.kill("said something that makes no sense")

    def _next(self, pending: _Pending) -> dict[str, Any] | _Wake:
        while True:
            try:
                event = pending.events.get(timeout=1.0)  # in steps: Windows sees Ctrl-C only between them
            except queue.Empty:
                continue
            last = event in (_Wake.ENDED, _Wake.CLOSED) if isinstance(event, _Wake) else _is_last(event)
            pending.answered = pending.answered or last
            return event

    def _drain(self, pending: _Pending) -> None:
        while not pending.answered:
            if self._next(pending) is _Wake.CANCEL:
                self._send({"id": pending.number, "op": "cancel"})

    def _send(self, message: Mapping[str, Any]) -> None:
        try:
            self._child.send(message)
        except StillroomError:
            # It is dead or dying; how it ended reaches the caller as the last event of its queue.
            self.kill("did not listen any more")

    def _forget(self, pending: _Pending) -> None:
        with self._lock:
            self._pending.pop(pending.number, None)
        self._on_change()

    def _failure(self, op: str, outcome: ChildOutcome) -> EngineError:
        details = "\n".join([outcome.stderr_tail, *self._log_lines]).strip()
        if op == "render" and outcome.signal == "SIGPROF":  # the alarm that a worker sets itself while it renders
            return EngineError(ENDLESS_TEMPLATE, details)
        memory = outcome.signal == "SIGKILL" and not outcome.ended_by_us
        by_itself = outcome.crashed or outcome.ended_by_us
        sentence = outcome.sentence()
        if op == "start" and by_itself:
            return EngineError(f"{sentence} It could not even start: install Stillroom again.", details)
        if op == "load" and by_itself:
            advice = (
                "The model file, or what is attached to it (adapter, projector), made it stop: it is damaged, or this version "
                "does not support it."
            )
            return EngineError(f"{sentence} {advice} Get the file again or choose another model.", details)
        again = "It starts again with the next request."
        advice = f"{again} If this happens again, close other programs or choose a smaller model." if memory else again
        return EngineError(f"{sentence} {advice}", details, retryable=True)

    # ------------------------------------------------------------------------------------------- the reading thread

    def _received(self, message: dict[str, Any]) -> None:
        number, event = message.get("id"), message.get("event")
        with self._lock:
            self._last_message = time.monotonic()
            pending = self._pending.get(number) if isinstance(number, int) else None
        if number == 0:
            self._received_own(event, message)
        elif pending is not None:
            if pending.op == "load" and event == "progress" and _is_share(message.get("value")):
                self.load_progress = float(message["value"])
                self._on_change()
            pending.events.put(message)

    def _received_own(self, event: object, message: dict[str, Any]) -> None:
        if event == "hello":
            if message.get("protocol") != PROTOCOL_VERSION:
                self._ending = True
                raise BadMessageError("is of another version than the window")
            try:
                self.layers = Layers.from_json(message["layers"]) if "layers" in message else None
            except ValueError as error:
                self._ending = True
                raise BadMessageError("said nonsense about itself") from error
            self._said_hello = True
            self._start.events.put(message)
            self._on_change()
        elif event == "log":
            for line in str(message.get("text", "")).splitlines():
                self._log_lines.append(line[:_LOG_LINE_CHARACTERS])
        elif event == "status":
            try:
                self.status = from_child(WorkerStatus, {k: v for k, v in message.items() if k not in ("id", "event")})
            except (TypeError, ValueError, KeyError) as error:
                self._ending = True
                raise BadMessageError("reported a status that makes no sense") from error
            self._on_change()

    def _ended(self, outcome: ChildOutcome) -> None:
        with self._lock:
            self._outcome = outcome
            waiting = list(self._pending.values())
            innocent = outcome.ended_by_us and (self._closed or outcome.reason in (_DEAF, _UNWANTED))
        operations = frozenset() if innocent else frozenset(pending.op for pending in waiting)
        _log.info("a worker ended: %s", outcome.sentence())
        self._on_exit(outcome, operations)
        for pending in waiting:
            pending.events.put(_Wake.ENDED)
        self._on_change()


def _is_last(event: dict[str, Any]) -> bool:
    return event.get("event") in {"result", "error", "cancelled", "hello"}


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1
