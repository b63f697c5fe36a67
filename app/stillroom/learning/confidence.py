"""What a probability was worth in documents that were left out: a logistic of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_STEPS = 12
_SMALL = 1e-5


def calibrated(
    shares: Sequence[tuple[float, bool]], penalties: tuple[float, float] = (8.0, 1.5)
) -> tuple[float, float]:
    """Slope and shift of the confidence (J. Platt, 1999), drawn towards leaving it as it is.

    Args:
        penalties: on the squares of how far they are from that.
    """
    bounded = np.clip([share for share, _ in shares], 1e-3, 1 - 1e-3)
    logits = np.log(bounded / (1 - bounded))
    right = np.array([right for _, right in shares], dtype=float)
    columns = np.column_stack([logits, np.ones(len(logits))])
    weights, usual = np.array([1.0, 0.0]), np.array([1.0, 0.0])
    penalty = np.array(penalties)
    for _ in range(_STEPS):
        share = 1.0 / (1.0 + np.exp(-np.clip(columns @ weights, -30, 30)))
        gradient = columns.T @ (share - right) + penalty * (weights - usual)
        curvature = columns.T @ (columns * (share * (1 - share))[:, None]) + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < _SMALL:
            break
    return float(max(weights[0], 0.05)), float(weights[1])


def confidence(slope: float, shift: float, share: float) -> float:
    """What a share is worth, by what ``calibrated`` gave."""
    bounded = min(max(share, 1e-3), 1 - 1e-3)
    odds = slope * np.log(bounded / (1 - bounded)) + shift
    return float(1.0 / (1.0 + np.exp(-odds)))
