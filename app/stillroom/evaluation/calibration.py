"""What a confidence is worth: reliability, expected calibration error, and how much can be accepted unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10
PRECISION = 0.95
HIGH_PRECISION = 0.99
SURE = 0.9
"""From this confidence on a value is passed by without a look: one that is wrong does harm."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A value, or *absent*, with the confidence it was given, 0 to 1, and whether it was right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers with a confidence of ``low`` up to ``high`` (the last bin holds 1, too): their number, mean confidence and share right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far confidences can be relied upon.

    Attributes:
        count: answers with a confidence: found values, items of lists, and *absent*; nothing generated or unread.
        error: expected calibration error: mean distance of confidence and share right over the bins, by their size.
        bins: those that are not empty.
        coverage: largest share of the answers that can be accepted by confidence alone with at least PRECISION right.
        threshold: the confidence from which on that is; None where no share reaches it.
        high_coverage, high_threshold: the same with at least HIGH_PRECISION right.
        sure_and_wrong: share of all answers whose confidence is over SURE and that are wrong.
    """

    count: int
    error: float
    bins: tuple[Bin, ...]
    coverage: float
    threshold: float | None
    high_coverage: float
    high_threshold: float | None
    sure_and_wrong: float


def calibration(answers: Sequence[Answer]) -> Calibration | None:
    """The calibration of answers; None where there are none."""
    if not answers:
        return None
    bins = reliability(answers)
    error = sum(part.count * abs(part.confidence - part.right) for part in bins) / len(answers)
    share, threshold = coverage(answers)
    high_share, high_threshold = coverage(answers, HIGH_PRECISION)
    wrong = sum(answer.confidence > SURE and not answer.right for answer in answers) / len(answers)
    return Calibration(len(answers), error, tuple(bins), share, threshold, high_share, high_threshold, wrong)


def reliability(answers: Sequence[Answer]) -> list[Bin]:
    """The answers in BINS equal parts of 0 to 1 by confidence; empty parts are left out."""
    parts: dict[int, list[Answer]] = {}
    for answer in answers:
        parts.setdefault(min(int(answer.confidence * BINS), BINS - 1), []).append(answer)
    return [
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            count=len(part),
            confidence=sum(answer.confidence for answer in part) / len(part),
            right=sum(answer.right for answer in part) / len(part),
        )
        for number, part in sorted(parts.items())
    ]


def coverage(answers: Sequence[Answer], precision: float = PRECISION) -> tuple[float, float | None]:
    """The largest share of answers from some confidence upwards of which ``precision`` are right, and that confidence.

    Answers of one confidence are taken together: no threshold could part them.
    """
    best: tuple[float, float | None] = (0.0, None)
    right = 0
    order = sorted(answers, key=lambda answer: -answer.confidence)
    for taken, answer in enumerate(order, 1):
        right += answer.right
        ends = taken == len(order) or order[taken].confidence != answer.confidence
        if ends and right >= precision * taken - 1e-9:
            best = (taken / len(order), answer.confidence)
    return best
