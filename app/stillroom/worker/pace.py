"""How many threads a kind of work uses: as many as it was tuned to, fewer while other programs want the cores.

Threads that wait for each other are as slow as the slowest: on a machine whose cores are busy, two can be slower than one.
Only measuring tells, so fewer threads are a trial, kept where it is no slower, and more are tried again later.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_WINDOW_SECONDS = 0.5  # of evaluation that a speed is measured over
_LOW = 0.6  # of the expected speed: below it, the machine may be busy
_LOW_WINDOWS = 2
_HASTE_SECONDS = 0.1  # a trial that is much slower ends after this
_MUCH_SLOWER = 0.7
_GAIN = 1.08  # more threads must bring this to be kept: less may be noise
_FIRST_WAIT = 2.0
_LONGEST_WAIT = 20.0  # a trial in vain costs half a window at most, so it may be had this often


class Pace:
    """A watch on the speed of one kind of work, which chooses its threads. To be used by one thread.

    Attributes:
        threads: to use now.
    """

    def __init__(self, threads: int, expected: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        """``expected``: work a second on an idle machine; 0 to learn it from the best that is seen, which may be a busy
        machine's: then fewer threads are tried once in any case.
        """
        self.threads = threads
        self._full = threads
        self._expected = expected
        self._learns = expected <= 0
        self._clock = clock
        self._work = self._seconds = 0.0
        self._low_windows = 0
        self._before: tuple[int, float] | None = None  # threads and speed before the trial under way
        self._wait = _FIRST_WAIT
        self._next = 0.0
        self._up_failed = False
        self._tried = False

    def note(self, work: float, seconds: float) -> None:
        """A step is done. ``threads`` may be another afterwards."""
        self._work += work
        self._seconds += seconds
        if self._before is not None:
            hasty = self._seconds >= _HASTE_SECONDS and self._speed() < self._before[1] * _MUCH_SLOWER
            if hasty or self._seconds >= _WINDOW_SECONDS:
                self._judge(*self._before)
        elif self._seconds >= _WINDOW_SECONDS:
            self._look()

    def _speed(self) -> float:
        return self._work / self._seconds if self._seconds > 0 else 0.0

    def _take_speed(self) -> float:
        speed = self._speed()
        self._work = self._seconds = 0.0
        return speed

    def _look(self) -> None:
        speed = self._take_speed()
        if self._learns and self.threads == self._full:
            self._expected = max(self._expected * 0.999, speed)
        low = speed < self._expected * _LOW or (self._learns and not self._tried)
        self._low_windows = self._low_windows + 1 if low else 0
        if self._clock() < self._next:
            return
        fewer = max(1, self.threads // 2) if self._low_windows >= _LOW_WINDOWS else self.threads
        more = min(self._full, self.threads * 2)
        if more > self.threads and not (self._up_failed and fewer < self.threads):
            self._try(more, speed)
        elif fewer < self.threads:
            self._try(fewer, speed)

    def _try(self, threads: int, speed: float) -> None:
        self._before = (self.threads, speed)
        self._tried = True
        self.threads = threads

    def _judge(self, threads: int, before: float) -> None:
        up = self.threads > threads
        kept = self._take_speed() >= before * (_GAIN if up else 1.0)
        self._before = None
        # What helped is tried further at once; a step back is not worth trying just after it.
        further = kept and 1 < self.threads < self._full
        self._up_failed = up != kept
        self._wait = _FIRST_WAIT if kept else min(self._wait * 2, _LONGEST_WAIT)
        self._next = self._clock() + (0.0 if further else self._wait)
        if not kept:
            self.threads = threads
