"""Acceptance: which values may pass unseen, so that at most the promised share of them is wrong; and whether that was kept.

What a confidence is worth is learned from the verdicts on the same template: how the model's confidence relates to being right,
for each field. Only the confidence and the field decide what is looked at, so that it does no harm that mostly doubtful values
were judged. A sample of what passes is looked at all the same; it is what the promise is measured on.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillroom.storage.verdicts import Promise

__all__ = [
    "ENOUGH",
    "SAMPLED",
    "WRONG",
    "Judged",
    "Measured",
    "Passing",
    "Promise",
    "Waiting",
    "Worth",
    "decide",
    "interval",
    "is_sampled",
    "measure",
]

ENOUGH = 30
"""Verdicts on values of a template from which on they, more than the model's confidence, say what may pass."""
WRONG = (0.005, 0.01, 0.02, 0.05)
"""What may be promised: this share of the values that pass is wrong at most."""
SAMPLED = 10
"""One in so many values that pass is looked at all the same."""

_CLIP = 0.001  # no confidence is more than this from 0 and 1: it would outweigh everything
_SPREAD = (0.7, 0.5, 1.0)
"""How far, in standard deviations, a template is expected to differ from the general: in offset, slope, and for one field."""
_CAUTION = 1.0
"""Standard errors that are taken off: about one promise in six is missed else though the curve is right. With few verdicts they are
large, so that at first little passes: how far a template is from the general is not known then."""
_Z90 = 1.645  # of an interval that holds the truth nine times in ten

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A value that nobody looked at. ``open``: it may pass; a person has to see all others whatever their confidence."""

    field: str
    confidence: float
    open: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """A value that a person looked at. ``sampled``: it would have passed, and was one of the sample."""

    field: str
    confidence: float
    right: bool
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What the sample showed: ``wrong`` of ``looked`` values that would have passed; the truth lies from ``low`` to ``high`` nine
    times in ten."""

    looked: int = 0
    wrong: int = 0
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class Passing:
    """The values that pass.

    Attributes:
        passes: for each waiting value.
        share: of all waiting values that pass.
        expected, worst: share of the passing values that is expected to be wrong, and what it may be at the worst (nine times in
            ten); 0 where none passes.
        learned: verdicts of this template that it rests on.
        measured: of the sample.
        broken: the sample shows more errors than were promised, so the dial was tightened.
    """

    passes: tuple[bool, ...]
    share: float
    expected: float
    worst: float
    learned: int
    measured: Measured
    broken: bool = False


class Worth:
    """What the confidences of one template are worth: a logistic curve over their log odds, shifted for each field."""

    def __init__(self, judged: Sequence[Judged]) -> None:
        self.learned = len(judged)
        self._fields = {name: place for place, name in enumerate(sorted({each.field for each in judged}))}
        size = 2 + len(self._fields)
        spread = np.array([*_SPREAD[:2], *[_SPREAD[2]] * len(self._fields)])
        self._mean = np.zeros(size)  # how far from the general: offset, slope, fields
        self._covariance = np.diag(spread**2)
        if judged:
            self._fit(judged, 1 / spread**2)

    def wrong(self, values: Sequence[Waiting | Judged]) -> tuple[Array, Array]:
        """The probability that each value is wrong, and the derivatives of it by what was learned."""
        rows, odds = self._rows(values)
        right = _logistic(odds + rows @ self._mean)
        return 1 - right, -(right * (1 - right))[:, None] * rows

    def deviation(self, derivatives: Array) -> float:
        """The standard error of a mean with this mean derivative."""
        return math.sqrt(max(0.0, float(derivatives @ self._covariance @ derivatives)))

    def _rows(self, values: Sequence[Waiting | Judged]) -> tuple[Array, Array]:
        clipped = np.clip([each.confidence for each in values], _CLIP, 1 - _CLIP)
        odds = np.log(clipped / (1 - clipped)) if len(values) else np.zeros(0)
        rows = np.zeros((len(values), len(self._mean)))
        rows[:, 0], rows[:, 1] = 1.0, odds
        for row, each in enumerate(values):
            place = self._fields.get(each.field)
            if place is not None:
                rows[row, 2 + place] = 1.0
        return rows, odds

    def _fit(self, judged: Sequence[Judged], stiffness: Array) -> None:
        """Newton's method: the likeliest curve, held to the general one by the penalty."""
        rows, odds = self._rows(judged)
        right = np.array([float(each.right) for each in judged])
        for _ in range(50):
            share = _logistic(odds + rows @ self._mean)
            slope = rows.T @ (right - share) - stiffness * self._mean
            curvature = (rows * (share * (1 - share))[:, None]).T @ rows + np.diag(stiffness)
            step = np.linalg.solve(curvature, slope)
            self._mean = self._mean + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-9))
            if float(np.abs(step).max()) < 1e-6:
                break
        share = _logistic(odds + rows @ self._mean)
        curvature = (rows * (share * (1 - share))[:, None]).T @ rows + np.diag(stiffness)
        self._covariance = np.linalg.inv(curvature)


def _logistic(odds: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -40, 40))), dtype=np.float64)


def decide(waiting: Sequence[Waiting], judged: Sequence[Judged], promise: Promise | None) -> Passing:
    """Which of the waiting values pass; none without a promise.

    The surest pass, as many as keep the share that is expected to be wrong, and a margin for what is not known, within the promise.
    """
    measured = measure(judged)
    nothing = Passing((False,) * len(waiting), 0.0, 0.0, 0.0, 0, measured)
    if promise is None:
        return nothing
    broken = measured.looked > 0 and measured.low > promise.wrong
    allowed = promise.wrong / 2 if broken else promise.wrong
    worth = Worth(judged)
    places = [place for place, each in enumerate(waiting) if each.open]
    wrong, derivatives = worth.wrong([waiting[place] for place in places])
    order = np.argsort(wrong, kind="stable")
    taken, expected, worst = 0, 0.0, 0.0
    if len(order):
        counts = np.arange(1, len(order) + 1)
        means = np.cumsum(wrong[order]) / counts
        slopes = np.cumsum(derivatives[order], axis=0) / counts[:, None]
        for count in counts[::-1]:
            mean, error = float(means[count - 1]), worth.deviation(slopes[count - 1])
            if mean + _CAUTION * error <= allowed:
                taken, expected = int(count), mean
                worst = min(1.0, mean + _Z90 * error)
                break
    if not taken:
        return Passing(nothing.passes, 0.0, 0.0, 0.0, worth.learned, measured, broken)
    passes = [False] * len(waiting)
    for place in order[:taken]:
        passes[places[place]] = True
    return Passing(tuple(passes), taken / len(waiting), expected, worst, worth.learned, measured, broken)


def measure(judged: Sequence[Judged]) -> Measured:
    """What the sample of values that would have passed shows."""
    sample = [each for each in judged if each.sampled]
    if not sample:
        return Measured()
    wrong = sum(not each.right for each in sample)
    low, high = interval(wrong, len(sample))
    return Measured(len(sample), wrong, low, high)


def interval(wrong: int, looked: int) -> tuple[float, float]:
    """Between which shares the truth lies nine times in ten (Wilson's interval)."""
    if not looked:
        return 0.0, 1.0
    share, square = wrong / looked, _Z90**2
    middle = (share + square / (2 * looked)) / (1 + square / looked)
    half = _Z90 * math.sqrt(share * (1 - share) / looked + square / (4 * looked**2)) / (1 + square / looked)
    return (0.0 if wrong == 0 else max(0.0, middle - half)), (1.0 if wrong == looked else min(1.0, middle + half))


def is_sampled(file_sha256: str, place: tuple[str, int, str], one_in: int) -> bool:
    """Whether a value is of the sample: the same answer always, and no way to tell by looking at it."""
    text = "\0".join((file_sha256, *map(str, place)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % max(1, one_in) == 0
