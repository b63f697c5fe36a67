"""Fitting of a template's own weights to documents that a person corrected: small moves from the weights of the type.

A candidate's strength is ``z = base + d . signs + b . likenesses``, that of *absent* ``a = base_absent + c``. What is fitted are d, b and
c, drawn towards 0 and towards what likeness is usually worth, by Newton's method on the penalised conditional logit (McFadden, 1974); for
lists each candidate is a logistic regression of its own. With few documents little moves; nothing is fitted that a document does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillroom.learning.confidence import calibrated
from stillroom.learning.surroundings import LIKENESSES, Surroundings, likenesses

Vector = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
# What a likeness is worth before anything was learned of this field, in the order of LIKENESSES.
_USUAL = np.array([2.0, 0.7, 0.5, 0.7, 1.0, 0.3])
_TOWARDS_NONE = 6.0  # penalty of a sign's move
_TOWARDS_USUAL = 1.5  # of a likeness's
_TOWARDS_ABSENT = 0.5  # of absent's
_STEPS = 12
_SMALL = 1e-5


@dataclass(frozen=True, slots=True)
class LabelledField:
    """A field of a document that a person said the truth of.

    Attributes:
        document: which one (SHA-256 of the file).
        signs: of the page, a row a candidate.
        base: strength of each candidate by the weights of the type; absent: that of *absent*.
        right: which candidates have the right value; none where the field is absent, or its value no candidate.
        around: surroundings of each candidate.
        missing: the right value is none of the candidates: nothing can be learned of it.
    """

    document: str
    signs: Vector
    base: Vector
    absent: float
    right: npt.NDArray[np.bool_]
    around: tuple[Surroundings, ...]
    missing: bool = False


@dataclass(frozen=True, slots=True)
class LearnedField:
    """What was learned of one field.

    Attributes:
        signs: moves of the weights of the page's signs. likenesses: weights of LIKENESSES. absent: move of *absent*.
        known: surroundings of the right values.
        slope, shift: confidence = logistic(slope * logit(share) + shift), from documents that were left out in turn.
        documents: it was learned from.
        before, after: how many of them were right by the weights of the type, and by these with each left out in turn.
    """

    signs: Vector
    likenesses: Vector
    absent: float
    known: tuple[Surroundings, ...]
    slope: float = 1.0
    shift: float = 0.0
    documents: int = 0
    before: int = 0
    after: int = 0

    def strengths(self, signs: Vector, around: Sequence[Surroundings]) -> Vector:
        """What is added to each candidate's strength."""
        result: Vector = signs @ self.signs + likenesses(around, self.known) @ self.likenesses
        return result


def fit(rows: Sequence[LabelledField], *, several: bool = False) -> LearnedField | None:
    """What these documents teach of one field, honest about its worth: measured with each document left out in turn (in parts
    where there are many). None where they teach nothing. ``several``: the field is a list.
    """
    useful = [row for row in rows if not row.missing and len(row.base)]
    if not useful:
        return None
    learned = _fitted(useful, several=several)
    shares: list[tuple[float, bool]] = []
    before = after = 0
    for part in _parts(useful):
        held = {row.document for row in part}
        rest = [row for row in useful if row.document not in held]
        other = _fitted(rest, several=several) if rest else None
        for row in part:
            before += _decided(row, row.base, row.absent, several=several)[1]
            strengths, absent = row.base, row.absent
            if other is not None:
                strengths = row.base + other.strengths(row.signs, row.around)
                absent = row.absent + other.absent
            share, right = _decided(row, strengths, absent, several=several)
            after += right
            shares.append((share, right))
    slope, shift = calibrated(shares)
    return LearnedField(
        learned.signs, learned.likenesses, learned.absent, learned.known, slope, shift, len(useful), before, after
    )


def _fitted(rows: Sequence[LabelledField], *, several: bool) -> LearnedField:
    known = [[around for around, right in zip(row.around, row.right, strict=True) if right] for row in rows]
    # Each document is held against the others: with its own values among the known ones likeness would be worth everything.
    blocks = []
    for number, row in enumerate(rows):
        others = [around for place, own in enumerate(known) if place != number for around in own]
        blocks.append(np.hstack([row.signs, likenesses(row.around, others)]))
    columns = np.vstack(blocks)
    sizes = np.array([len(row.base) for row in rows])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    of = np.repeat(np.arange(len(rows)), sizes)
    base = np.concatenate([row.base for row in rows])
    absents = np.array([row.absent for row in rows])
    right = np.concatenate([row.right for row in rows])
    count = columns.shape[1]
    usual = np.concatenate([np.zeros(count - len(LIKENESSES)), _USUAL, [0.0]])
    penalty = np.concatenate(
        [np.full(count - len(LIKENESSES), _TOWARDS_NONE), np.full(len(LIKENESSES), _TOWARDS_USUAL), [_TOWARDS_ABSENT]]
    )
    weights = usual.copy()
    wide = np.hstack([columns, np.zeros((len(columns), 1))])
    for _ in range(_STEPS):
        strengths = base + columns @ weights[:-1]
        if several:
            gradient, curvature = _by_item(strengths - (absents + weights[-1])[of], right, columns, of, sizes)
        else:
            gradient, curvature = _by_document(strengths, absents + weights[-1], right, wide, starts, of)
        gradient += penalty * (weights - usual)
        step = np.linalg.solve(curvature + np.diag(penalty), gradient)
        longest = np.abs(step).max()
        weights -= step * min(1.0, 2.0 / max(longest, 1e-9))  # far from the optimum a whole step goes too far
        if longest < _SMALL:
            break
    end = count - len(LIKENESSES)
    return LearnedField(
        weights[:end],
        weights[end:count],
        float(weights[-1]),
        tuple(dict.fromkeys(around for own in known for around in own)),
    )


def _by_document(
    strengths: Vector, absents: Vector, right: npt.NDArray[np.bool_], columns: Vector, starts: Places, of: Places
) -> tuple[Vector, Vector]:
    """Gradient and curvature of the conditional logit: one candidate, or *absent*, of each document."""
    most = np.maximum(np.maximum.reduceat(strengths, starts), absents)
    powers, nothing = np.exp(strengths - most[of]), np.exp(absents - most)
    whole = np.add.reduceat(powers, starts) + nothing
    share, no_share = powers / whole[of], nothing / whole
    hit = np.add.reduceat(powers * right, starts)
    is_absent = hit == 0
    target = np.where(right, powers / np.where(is_absent, 1.0, hit)[of], 0.0)
    gradient = columns.T @ (share - target)
    gradient[-1] = float(np.sum(no_share - is_absent))
    rows = columns.copy()
    weighted = rows * share[:, None]
    means = np.add.reduceat(weighted, starts, axis=0)
    means[:, -1] += no_share
    curvature = rows.T @ weighted - means.T @ means
    curvature[-1, -1] += float(np.sum(no_share))
    return gradient, curvature


def _by_item(
    odds: Vector, right: npt.NDArray[np.bool_], columns: Vector, of: Places, sizes: Places
) -> tuple[Vector, Vector]:
    """The same for lists: each candidate is in it or not; a document with many candidates weighs less than their number."""
    worth = 1.0 / np.sqrt(sizes)[of]
    share = 1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30)))
    wide = np.hstack([columns, -np.ones((len(columns), 1))])
    gradient = wide.T @ ((share - right) * worth)
    curvature = wide.T @ (wide * (share * (1 - share) * worth)[:, None])
    return gradient, curvature


def _parts(rows: Sequence[LabelledField]) -> list[list[LabelledField]]:
    """Each document alone where there are few, else ten parts."""
    documents = list(dict.fromkeys(row.document for row in rows))
    number = min(len(documents), 10)
    place = {document: index % number for index, document in enumerate(documents)}
    parts: list[list[LabelledField]] = [[] for _ in range(number)]
    for row in rows:
        parts[place[row.document]].append(row)
    return parts


def _decided(row: LabelledField, strengths: Vector, absent: float, *, several: bool) -> tuple[float, bool]:
    """The share of what would be chosen, and whether it is right."""
    if several:
        taken = strengths > absent
        return 0.5, bool(np.array_equal(taken, row.right))
    best = int(np.argmax(strengths))
    most = max(float(strengths[best]), absent)
    powers, nothing = np.exp(strengths - most), float(np.exp(absent - most))
    whole = float(powers.sum()) + nothing
    if nothing > float(powers[best]):
        return nothing / whole, not row.right.any()
    return float(powers[best]) / whole, bool(row.right[best])
