"""Fitting of a template's own weights to documents that a person corrected: small moves from the weights of the type.

A candidate's strength is ``z = base + d . signs + b . around``, that of *absent* ``a = base_absent + c``. What is fitted are d, b and
c, drawn towards 0 and towards what likeness is usually worth, by Newton's method on the penalised conditional logit (McFadden, 1974); for
lists each candidate is a logistic regression of its own. With few documents little moves; nothing is fitted that a document does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillroom.learning.confidence import calibrated
from stillroom.learning.surroundings import MARKS, Book, Surroundings

Vector = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
# What a likeness is worth before anything was learned of this field, in the order of LIKENESSES; and a mark, of MARKS.
_LIKENESS = np.array([2.0, 0.7, 0.5, 0.7, 1.0, 0.3])
_USUAL_MARK = {
    "left": 0.3, "left_two": 0.3, "behind": 0.2, "above": 0.1, "below": 0.1, "form": 0.1, "inner": 0.3, "value": 0.3, "line": 0.2,
    "top": 0.1, "end": 0.1, "alone": 0.1, "begins": 0.1, "shape": 0.1,
}  # fmt: skip
# The same where marks are looked at as well: both speak of the same words.
_USUAL = np.array([*(0.7 * _LIKENESS), *(_USUAL_MARK[name] for name in MARKS)])
_TOWARDS_NONE = 6.0  # penalty of a sign's move
_TOWARDS_USUAL = 1.5  # of a likeness's or mark's
_TOWARDS_ABSENT = 0.5  # of absent's
_STEPS = 10
_STEPS_LEFT_OUT = 5  # from what all documents taught
_PARTS = 8
_SMALL = 1e-3


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
        signs: moves of the weights of the page's signs. around: weights of LIKENESSES and MARKS. absent: move of *absent*.
        book: what surroundings are held against.
        slope, shift: confidence = logistic(slope * logit(share) + shift), from documents that were left out in turn.
        documents: it was learned from.
        before, after: how many of them were right by the weights of the type, and by these with each left out in turn.
    """

    signs: Vector
    around: Vector
    absent: float
    book: Book
    slope: float = 1.0
    shift: float = 0.0
    documents: int = 0
    before: int = 0
    after: int = 0

    def strengths(self, signs: Vector, around: Sequence[Surroundings]) -> Vector:
        """What is added to each candidate's strength."""
        result: Vector = signs @ self.signs + self.book.columns_of(around) @ self.around
        return result


def fit(rows: Sequence[LabelledField], *, several: bool = False) -> LearnedField | None:
    """What these documents teach of one field, honest about its worth: measured with each document left out in turn (in parts
    where there are many). None where they teach nothing. ``several``: the field is a list.
    """
    useful = [row for row in rows if not row.missing and len(row.base)]
    if not useful:
        return None
    book = Book([row.around for row in useful], [row.right for row in useful])
    best: tuple[float, LearnedField] | None = None
    for usual in (_LIKENESS, _USUAL):
        lost, learned = _cross_validated(useful, book, usual, several=several)
        if best is None or lost < best[0]:
            best = (lost, learned)
    assert best is not None
    book.forget_pairs()
    return best[1]


def _cross_validated(
    rows: Sequence[LabelledField], book: Book, usual: Vector, *, several: bool
) -> tuple[float, LearnedField]:
    """What is learned with these columns of what is around, and what is lost where documents are left out."""
    everything = range(len(rows))
    weights = _fitted(rows, everything, book, usual, several=several)
    shares: list[tuple[float, bool]] = []
    before = after = 0
    lost = 0.0
    for held in _parts(rows):
        rest = [number for number in everything if number not in held]
        other = _fitted(rows, rest, book, usual, several=several, begin=weights) if rest else None
        for number in held:
            row = rows[number]
            before += _decided(row, row.base, row.absent, several=several)[1]
            strengths, absent = row.base, row.absent
            if other is not None:
                columns = np.hstack([row.signs, book.columns(number, rest)[:, : len(usual)]])
                strengths = row.base + columns @ other[:-1]
                absent = row.absent + float(other[-1])
            share, right = _decided(row, strengths, absent, several=several)
            after += right
            shares.append((share, right))
            lost += _lost(row, strengths, absent, several=several)
    slope, shift = calibrated(shares)
    signs = rows[0].signs.shape[1]
    around = np.zeros(len(_USUAL))
    around[: len(usual)] = weights[signs:-1]
    return lost, LearnedField(weights[:signs], around, float(weights[-1]), book, slope, shift, len(rows), before, after)


def decides(row: LabelledField, learned: LearnedField | None, *, several: bool) -> bool:
    """Whether a field of a document comes out right, by what was learned of others, or by nothing."""
    if row.missing or not len(row.base):
        return not row.missing
    if learned is None:
        return _decided(row, row.base, row.absent, several=several)[1]
    strengths = row.base + learned.strengths(row.signs, row.around)
    return _decided(row, strengths, row.absent + learned.absent, several=several)[1]


def _fitted(
    rows: Sequence[LabelledField],
    among: Sequence[int],
    book: Book,
    prior: Vector,
    *,
    several: bool,
    begin: Vector | None = None,
) -> Vector:
    """Moves of the signs, weights of what is around, and the move of *absent*, by these of the documents; ``begin``: near them."""
    # Each document is held against the others: with its own values among the known ones likeness would be worth everything.
    used = [rows[number] for number in among]
    signs = np.vstack([row.signs for row in used])
    varied = np.flatnonzero(signs.max(axis=0) != signs.min(axis=0))
    around = np.vstack([book.columns(number, among)[:, : len(prior)] for number in among])
    columns = np.hstack([signs[:, varied], around])
    sizes = np.array([len(row.base) for row in used])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    of = np.repeat(np.arange(len(used)), sizes)
    base = np.concatenate([row.base for row in used])
    absents = np.array([row.absent for row in used])
    right = np.concatenate([row.right for row in used])
    usual = np.concatenate([np.zeros(len(varied)), prior, [0.0]])
    penalty = np.concatenate(
        [np.full(len(varied), _TOWARDS_NONE), np.full(len(prior), _TOWARDS_USUAL), [_TOWARDS_ABSENT]]
    )
    every = signs.shape[1]
    own = np.concatenate([varied, np.arange(every, every + len(prior) + 1)])
    weights = usual.copy() if begin is None else begin[own]
    wide = np.hstack([columns, np.zeros((len(columns), 1))])
    for _ in range(_STEPS if begin is None else _STEPS_LEFT_OUT):
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
    found = np.zeros(every + len(prior) + 1)
    found[own] = weights
    return found


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


def _parts(rows: Sequence[LabelledField]) -> list[list[int]]:
    """Each document alone where there are few, else eight parts."""
    number = min(len(rows), _PARTS)
    return [list(range(part, len(rows), number)) for part in range(number)]


def _lost(row: LabelledField, strengths: Vector, absent: float, *, several: bool) -> float:
    """What is right, as an improbability: of a list the mean of its candidates'."""
    if several:
        odds = np.where(row.right, 1.0, -1.0) * (strengths - absent)
        return float(np.log1p(np.exp(-np.clip(odds, -30, 30))).sum() / np.sqrt(len(odds)))
    every = np.append(strengths, absent)
    powers = np.exp(every - every.max())
    hit = float(powers[:-1][row.right].sum()) if row.right.any() else float(powers[-1])
    return -float(np.log(max(hit / float(powers.sum()), 1e-6)))


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
