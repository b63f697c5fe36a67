"""The interval in which a share lies that was counted on few documents."""

from __future__ import annotations

import math

_Z = 1.96  # 95 of 100 such intervals hold the share


def wilson(share: float, count: int) -> tuple[float, float]:
    """Bounds of a share, 0 to 1, counted on ``count`` documents, at 95 % (E. B. Wilson, 1927); 0 and 1 where there are none."""
    if count <= 0:
        return 0.0, 1.0
    square = _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)
