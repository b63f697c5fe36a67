"""What the worker tells of itself while it works, and the speeds of this moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """What the worker reports while it works. Speeds in tokens a second.

    Attributes:
        prompt_speed, generate_speed: of the last work of the kind; 0 before the first.
        reading, writing: since the status before: 0 where nothing was read, or written.
        threads_prompt, threads_generate: in use: fewer than loaded with while the machine is busy.
        first_token_seconds: from the last request of a person to its first token.
    """

    context_used: int = 0
    context_tokens: int = 0
    prompt_speed: float = 0.0
    generate_speed: float = 0.0
    reading: float = 0.0
    writing: float = 0.0
    requests: int = 0
    threads_prompt: int = 0
    threads_generate: int = 0
    first_token_seconds: float = 0.0


class SpeedNow:
    """Tokens a second of the time between two looks; idle time does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._before = (0, 0)

    def begin(self) -> None:
        """Work begins after a pause."""
        self._since = self._clock()

    def take(self, read: int, written: int) -> tuple[float, float]:
        """Speeds of reading and of writing since the last look. ``read``, ``written``: tokens, ever since a model was loaded."""
        now = self._clock()
        seconds = now - self._since
        before = self._before if read >= self._before[0] and written >= self._before[1] else (0, 0)
        self._since, self._before = now, (read, written)
        if seconds <= 0:
            return 0.0, 0.0
        return (read - before[0]) / seconds, (written - before[1]) / seconds
