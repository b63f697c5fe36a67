"""Runs several requests side by side in one context, a bounded step at a time.

A request is an iterator whose every step evaluates at most one ubatch. Requests a person waits for take turns, and go before a
batch; so that it does not stand still for as long as an answer is written, one of its steps comes in after each while, where
its steps are short enough for nobody to notice. Batch requests are done one after the other, so that each finds the cache as
it is when it is alone, and gives the same values.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stillroom.errors import Cancelled
from stillroom.worker.llama import AbortFlag

_SHORT_SECONDS = 0.2
"""A batch whose steps take longer waits for the answer to end: a token must not be a quarter of a second late."""
_SHARE = 3
"""Seconds of interactive steps to each second of a batch beside them."""


@dataclass(eq=False, slots=True)
class Task:
    """A request at work. ``steps`` yields None, and at last its result; ``finished`` is called once with the result or the error."""

    number: int
    steps: Iterator[Any]
    interactive: bool
    finished: Callable[[Any, BaseException | None], None]


class Scheduler:
    """The turns of tasks. ``cancel`` may come from any thread, everything else from one."""

    def __init__(self) -> None:
        self._batch: deque[Task] = deque()
        self._interactive: deque[Task] = deque()
        self._cancelled: set[int] = set()
        self._lock = threading.Lock()
        self._current = 0
        self._abort: AbortFlag | None = None
        self._batch_step = math.inf  # seconds the last step of a batch took
        self._ahead = 0.0  # seconds of interactive steps since then

    @property
    def count(self) -> int:
        return len(self._batch) + len(self._interactive)

    def use(self, abort: AbortFlag | None) -> None:
        """The flag that stops the evaluation of the model in use."""
        with self._lock:
            self._abort = abort

    def add(self, task: Task) -> None:
        (self._interactive if task.interactive else self._batch).append(task)

    def cancel(self, number: int) -> None:
        """Stop a request: at once where it is being evaluated, else at its next turn, or before it began."""
        with self._lock:
            self._cancelled.add(number)
            if self._current == number and self._abort is not None:
                self._abort.set()

    def is_cancelled(self, number: int) -> bool:
        with self._lock:
            return number in self._cancelled

    def forget(self, number: int) -> None:
        """A request has ended; a cancel that comes late is not remembered for ever."""
        with self._lock:
            self._cancelled.discard(number)

    def step(self) -> None:
        """Do one step of the task whose turn it is."""
        interactive = bool(self._interactive) and not self._batch_is_due()
        queue = self._interactive if interactive else self._batch
        task = queue.popleft()
        began = time.monotonic()
        try:
            with self._lock:
                if task.number in self._cancelled:
                    raise Cancelled
                self._current = task.number
                if self._abort is not None:
                    self._abort.clear()
            result = next(task.steps)
        except BaseException as error:  # noqa: BLE001 - it belongs to the request, which is told
            self._end(task, None, error)
        else:
            if result is None and interactive:
                queue.append(task)
            elif result is None:
                queue.appendleft(task)
            else:
                self._end(task, result, None)
        seconds = time.monotonic() - began
        if interactive:
            self._ahead += seconds
        else:
            self._batch_step, self._ahead = seconds, 0.0

    def _batch_is_due(self) -> bool:
        return bool(self._batch) and self._batch_step <= _SHORT_SECONDS and self._ahead >= _SHARE * self._batch_step

    def stop_all(self) -> None:
        """End every task as cancelled."""
        for task in [*self._interactive, *self._batch]:
            self._end(task, None, Cancelled())
        self._interactive.clear()
        self._batch.clear()

    def _end(self, task: Task, result: Any, error: BaseException | None) -> None:
        with self._lock:
            self._current = 0
            if self._abort is not None:
                self._abort.clear()
        close = getattr(task.steps, "close", None)
        if close is not None:
            close()
        self.forget(task.number)
        task.finished(result, error)
