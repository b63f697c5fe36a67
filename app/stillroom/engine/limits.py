"""How much the engine puts up with, and when it stops starting a worker that keeps dying."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from stillroom.child import MAX_LINE_BYTES
from stillroom.engine.protocol import LEAST_CONTEXT_TOKENS
from stillroom.errors import EngineError

LARGEST_PICTURE_SIDE = 1568
"""Pixels of the longer side of a picture that a model is given; what models make of larger ones is no better."""
_MOST_KEPT_BYTES = 512 << 20
_KEPT_SHARE_OF_FREE = 8


# Below this many bytes of weights, one token is less work than waking a second thread costs.
SMALL_MODEL_BYTES = 400e6
# llama.cpp's own limit is 256; every candidate of a question is a sequence while it is scored. It keeps a row of logits for
# each, so a large vocabulary gets fewer.
_MOST_SEQUENCES, _LEAST_SEQUENCES, _LOGITS_BYTES = 256, 48, 80e6
# A recurrent state costs its full size for every sequence; such models are not forked per candidate.
_RECURRENT_SEQUENCES = 8


def most_sequences(vocabulary: int, *, recurrent: bool) -> int:
    """How many sequences the worker makes room for, which is also what its memory is estimated by."""
    if recurrent:
        return _RECURRENT_SEQUENCES
    return max(_LEAST_SEQUENCES, min(_MOST_SEQUENCES, int(_LOGITS_BYTES / (4 * max(1, vocabulary)))))


def most_kept(free: int) -> int:
    """Bytes of memory that what was read may take beside a model, of those that are free once it is loaded."""
    return min(_MOST_KEPT_BYTES, max(0, free) // _KEPT_SHARE_OF_FREE)


def check_context(tokens: int) -> None:
    """Raises EngineError where a context is too short to work with; 0, the worker's own choice, never is."""
    if tokens and tokens < LEAST_CONTEXT_TOKENS:
        raise EngineError(
            f"A context of {tokens:,} tokens is too short to work with. "
            f"Choose at least {LEAST_CONTEXT_TOKENS}, or 0 for as many as suit the model."
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the engine puts up with. Times in seconds.

    Attributes:
        cancel_grace: between a cancel and its answer; then the worker is ended.
        silence: without any message while a request waits; then the worker is ended.
        load_silence: the same while a model is loaded (a slow disk, a GPU that compiles its programs first).
        start: from the start of the process to its first message (libraries are loaded from a cold disk).
        stop_grace: of each step when the worker is stopped.
        crashes: this many at the same operation within ``crash_window``, with no success between them, and it is not
            started again until the window has passed or another model is loaded.
        line_bytes: of one message of the worker.
    """

    cancel_grace: float = 2.0
    silence: float = 90.0
    load_silence: float = 180.0
    start: float = 120.0
    stop_grace: float = 2.0
    crashes: int = 3
    crash_window: float = 60.0
    line_bytes: int = MAX_LINE_BYTES


class CrashRecord:
    """How often the worker ended at which operation, with no success of that operation between. Safe from any thread."""

    def __init__(self, most: int, window_seconds: float) -> None:
        self._most = most
        self._window = window_seconds
        self._lock = threading.Lock()
        self._moments: dict[str, list[float]] = {}

    def crashed(self, operations: Iterable[str]) -> None:
        """The worker ended while these were under way."""
        now = time.monotonic()
        with self._lock:
            for op in operations:
                self._moments.setdefault(op, []).append(now)

    def succeeded(self, op: str) -> None:
        with self._lock:
            self._moments.pop(op, None)

    def forget(self) -> None:
        """Another try is due, whatever happened."""
        with self._lock:
            self._moments.clear()

    def raise_if_too_many(self, op: str) -> None:
        """Raises EngineError, not retryable, where another start for this operation would likely end the same way."""
        since = time.monotonic() - self._window
        with self._lock:
            recent = sum(moment > since for moment in self._moments.get(op, ()))
        if recent >= self._most:
            raise EngineError(
                f"The engine stopped {recent} times in a short while at the same work, so it is not started again for now. "
                "Wait a minute, or choose another model."
            )
