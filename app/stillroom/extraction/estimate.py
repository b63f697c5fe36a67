"""How long the rest of a run will take."""

from __future__ import annotations

import statistics
from collections import deque

_RECENT = 30
_FEWEST = 2
_OUTLIER = 4.0


class TimeLeft:
    """An estimate from the last documents. One that took very long (a crash, a scan) counts as a few times the usual one."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=_RECENT)

    def add(self, seconds: float) -> None:
        """A document took this long."""
        self._seconds.append(seconds)

    def seconds(self, remaining: int) -> float | None:
        """For so many more documents; None while it cannot be told."""
        if remaining == 0:
            return 0.0
        if len(self._seconds) < _FEWEST:
            return None
        most = _OUTLIER * statistics.median(self._seconds)
        return remaining * statistics.fmean(min(seconds, most) for seconds in self._seconds)
