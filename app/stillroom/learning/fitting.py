"""Fitting of a template's own weights to documents that a person corrected: small moves from the weights of the type.

A candidate's strength is ``z = base + d . signs + b . around``, that of *absent* ``a = base_absent + c``. What is fitted are d, b and
c, drawn towards 0 and towards what likeness is usually worth, by Newton's method on the penalised conditional logit (McFadden, 1974); for
lists each candidate is a logistic regression of its own. With few documents little moves; nothing is fitted that a document does not show.
How far signs may move, and whether marks are looked at, few documents tell no better than by chance: ways to fit are taken together, each
by how little it loses where documents are left out (stacking by pseudo-Bayesian weights: Y. Yao et al., 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
import numpy.typing as npt

from stillroom.extraction.around import MARKS
from stillroom.extraction.ranking import softmax, times
from stillroom.learning.confidence import calibrated
from stillroom.learning.surroundings import Book, Shelf, Surrounded

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
_TOWARDS_NONE_IN_LISTS = 1.0  # each document weighs less there, and shows more of what is no item
_LOOSE = 0.3  # of that penalty, where signs may move further
_TOWARDS_USUAL = 1.5  # of a likeness's or mark's
_TOWARDS_ABSENT = 0.5  # of absent's
_TOWARDS_ABSENT_REQUIRED = (
    3.0  # where the template requires a value: one document without is an exception, five are none
)
_STEPS = 10
_STEPS_WITHOUT_MANY = 3
_NEARLY = 0.05
_MOST_CANDIDATES, _LEAST_CANDIDATES = 60, 12  # of a document
_MOST_ROWS = 500  # candidates in all
_PARTS = 8
_SMALL = 1e-3
_ALIKE = 1.0  # by so much more loss (nats, of all documents left out) a way counts e times less


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
        required: its template requires a value.
        least: of a list, the share from which a candidate is an item; None for a field that is no list.
        same: of a list, which candidates name one thing: a number each; None where each is looked at alone.
    """

    document: str
    signs: Vector
    base: Vector
    absent: float
    right: npt.NDArray[np.bool_]
    around: Surrounded
    missing: bool = False
    required: bool = False
    least: float | None = None
    same: Places | None = None

    def only(self, places: Places) -> LabelledField:
        """With these candidates alone; what stands around them is left as it is, for a book that keeps the same."""
        same = None if self.same is None else self.same[places]
        return replace(self, signs=self.signs[places], base=self.base[places], right=self.right[places], same=same)


@dataclass(frozen=True, slots=True)
class LearnedField:
    """What was learned of one field.

    Attributes:
        signs: moves of the weights of the page's signs. around: weights of LIKENESSES and MARKS. absent: move of *absent*.
        book: what surroundings are held against.
        slope, shift: confidence = logistic(slope * logit(share) + shift), from documents that were left out in turn.
        documents: it was learned from. missing: how many there were besides whose right value was none of the candidates.
        before, after: how many of them were right by the weights of the type, and by these with each left out in turn.
        gained: the mean of what a document gains by it, left out: -1 to 1, of a list in part.
    """

    signs: Vector
    around: Vector
    absent: float
    book: Book
    slope: float = 1.0
    shift: float = 0.0
    documents: int = 0
    missing: int = 0
    before: int = 0
    after: int = 0
    gained: float = 0.0

    def strengths(self, signs: Vector, around: Surrounded) -> Vector:
        """What is added to each candidate's strength."""
        result: Vector = times(signs, self.signs) + self.book.columns_of(around) @ self.around
        return result


@dataclass(frozen=True, slots=True)
class AlikeField:
    """What documents that are taken for right have in common in one field.

    Attributes:
        signs: moves of the weights of the page's signs. around: weights of LIKENESSES and MARKS.
        book: of these documents; columns: what each of them shows, held against the others, by SHA-256.
        usual: what their right values gain, the median.
    """

    signs: Vector
    around: Vector
    book: Book
    columns: dict[str, Vector]
    usual: float = 0.0

    def strengths(self, document: str, signs: Vector, around: Surrounded) -> Vector:
        """What is added to each candidate's strength; a document that is in the book itself is held against the others."""
        columns = self.columns.get(document)
        if columns is None or len(columns) != len(around):  # what else it was looked at for is another question
            columns = self.book.columns_of(around)
        result: Vector = signs @ self.signs + columns[:, : len(self.around)] @ self.around
        return result


def draw_alike(rows: Sequence[LabelledField]) -> AlikeField:
    """What these documents, one row each, have in common, each held against the others; they are taken for right as they are."""
    own = list({row.document: row for row in rows}.values())
    book = Book([row.around for row in own], [row.right for row in own])
    alike = [book.columns(number, range(len(own))) for number in range(len(own))]
    book.forget_pairs()
    columns = [np.hstack([row.signs, each]) for row, each in zip(own, alike, strict=True)]
    weights = _Problem(own, columns, _USUAL).solve()
    signs = own[0].signs.shape[1]
    by_document = {row.document: each for row, each in zip(own, alike, strict=True)}
    drawn = AlikeField(weights[:signs], weights[signs:-1], book, by_document)
    gained = [float(drawn.strengths(row.document, row.signs, row.around)[row.right].max()) for row in own]
    return replace(drawn, usual=float(np.median(gained)))


def fit(rows: Sequence[LabelledField], shelf: Shelf | None = None) -> LearnedField | None:
    """What these documents teach of one field, honest about its worth: measured with each document left out in turn (in parts
    where there are many). None where they teach nothing. ``shelf``: for the next fit of this field.

    Of each document the candidates that the page speaks for most take part, the fewer the more documents there are: the time is bounded.
    """
    useful = [row for row in rows if not row.missing and len(row.base)]
    if not useful:
        return None
    most = max(_LEAST_CANDIDATES, min(_MOST_CANDIDATES, _MOST_ROWS // len(useful)))
    kept = [_strongest(row, most) for row in useful]
    book = Book([row.around for row in useful], [row.right for row in useful], kept, shelf)
    thin = [row.only(own) for row, own in zip(useful, kept, strict=True)]
    everything = range(len(thin))
    # Each document is held against the others: with its own values among the known ones likeness would be worth everything.
    columns = [np.hstack([row.signs, book.columns(number, everything)]) for number, row in enumerate(thin)]
    parts = _parts(thin)
    held = columns
    if len(parts) < len(thin):
        held = list(columns)
        for part in parts:
            rest = [number for number in everything if number not in part]
            for number in part:
                held[number] = np.hstack([thin[number].signs, book.columns(number, rest)])
    ways = [
        _cross_validated(_Problem(thin, columns, usual, penalty), thin, held, parts)
        for usual in (_LIKENESS, _USUAL)
        for penalty in (1.0, _LOOSE)
    ]
    ways.append(_nothing_learned(thin, len(ways[0].weights)))
    book.forget_pairs()
    counts = softmax(np.array([-way.lost / _ALIKE for way in ways]))
    weights: Vector = sum((count * way.weights for count, way in zip(counts, ways, strict=True)), np.zeros(()))
    without = []
    for number, row in enumerate(thin):
        strengths, absent = row.base, row.absent
        for count, way in zip(counts, ways, strict=True):
            strengths = strengths + count * way.moves[number][0]
            absent += float(count) * way.moves[number][1]
        without.append((strengths, absent))
    told = [_decided(row, *one) for row, one in zip(thin, without, strict=True)]
    before = [_decided(row, row.base, row.absent) for row in thin]
    signs = thin[0].signs.shape[1]
    learned = LearnedField(
        weights[:signs], weights[signs:-1], float(weights[-1]), book, documents=len(thin),
        before=sum(one.score == 1 for one in before), after=sum(one.score == 1 for one in told),
        gained=fmean(one.score for one in told) - fmean(one.score for one in before),
    )  # fmt: skip
    shares = [pair for one in told for pair in one.shares]
    # Where the right value is none of the candidates whatever is chosen is wrong: of other documents that is as likely.
    missing = [row for row in rows if row.missing]
    for row in missing:
        if len(row.base):
            strengths = row.base + learned.strengths(row.signs, row.around)
            shares += [(share, False) for share, _ in _decided(row, strengths, row.absent + learned.absent).shares]
    slope, shift = calibrated(shares)
    return replace(learned, slope=slope, shift=shift, missing=len(missing))


def _strongest(row: LabelledField, most: int) -> Places:
    """The places of the candidates that the page speaks for most, and of the right ones, in their order."""
    if len(row.base) <= most:
        return np.arange(len(row.base))
    kept = row.right.copy()
    kept[np.argsort(-row.base, kind="stable")[:most]] = True
    return np.flatnonzero(kept)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to fit.

    Attributes:
        weights: of the signs, of all that is around (0 for what it does not look at), and of *absent*.
        moves: what is added to each document's candidates and to its *absent* by what the others teach.
        lost: by these, of all documents together.
    """

    weights: Vector
    moves: Sequence[tuple[Vector, float]]
    lost: float


def _cross_validated(
    problem: _Problem, rows: Sequence[LabelledField], held: Sequence[Vector], parts: Sequence[Sequence[int]]
) -> _Way:
    """What is learned with the columns of this problem, and what is lost where documents are left out.

    ``held``: the columns of each document, held against those that are not of its part.
    """
    found = problem.solve()
    moves: list[tuple[Vector, float]] = [(np.zeros(len(row.base)), 0.0) for row in rows]
    for part in parts if len(rows) > 1 else ():  # without the only one nothing is known
        other = problem.without(part, found)
        for number in part:
            moves[number] = held[number][:, : problem.width] @ other[:-1], float(other[-1])
    lost = sum(
        _lost(row, row.base + added, row.absent + absent) for row, (added, absent) in zip(rows, moves, strict=True)
    )
    signs = rows[0].signs.shape[1]
    weights = np.zeros(signs + len(_USUAL) + 1)
    weights[: problem.width], weights[-1] = found[:-1], found[-1]
    return _Way(weights, moves, lost)


def _nothing_learned(rows: Sequence[LabelledField], width: int) -> _Way:
    """To decide as before: what a few documents teach may be worth nothing in others."""
    return _Way(
        np.zeros(width),
        [(np.zeros(len(row.base)), 0.0) for row in rows],
        sum(_lost(row, row.base, row.absent) for row in rows),
    )


def rightness(row: LabelledField, learned: LearnedField | None) -> float:
    """How right a field of a document comes out, 0 to 1, by what was learned of others, or by nothing."""
    if row.missing or not len(row.base):
        return float(not row.missing)
    if learned is None:
        return _decided(row, row.base, row.absent).score
    strengths = row.base + learned.strengths(row.signs, row.around)
    return _decided(row, strengths, row.absent + learned.absent).score


class _Problem:
    """The penalised fit over some documents: moves of the signs, weights of what is around, and the move of *absent*.

    Attributes:
        width: columns of the weights but for that of *absent*. several: the field is a list.
    """

    def __init__(
        self, rows: Sequence[LabelledField], columns: Sequence[Vector], usual: Vector, penalty: float = 1.0
    ) -> None:
        """``columns``: of each document, its signs and what is around; of those the first, as many as ``usual`` has. ``penalty``:
        what that on the moves of signs is multiplied by.
        """
        self.several = rows[0].least is not None
        signs = rows[0].signs.shape[1]
        self.width = signs + len(usual)
        whole = np.vstack([own[:, : self.width] for own in columns])
        varied = np.ptp(whole[:, :signs], axis=0) > 0
        self._own = np.concatenate([np.flatnonzero(varied), np.arange(signs, self.width + 1)])
        # The last column is that of *absent*: 0 for every candidate.
        self._columns = np.hstack([whole, np.zeros((len(whole), 1))])[:, self._own]
        sizes = np.array([len(row.base) for row in rows])
        self._ends = np.cumsum(sizes)
        self._of = np.repeat(np.arange(len(rows)), sizes)
        self._base = np.concatenate([row.base for row in rows])
        self._absents = np.array([row.absent for row in rows])
        self._right = np.concatenate([row.right for row in rows])
        self._things = _things(rows) if self.several else np.arange(0)
        moved = int(varied.sum())
        self._usual = np.concatenate([np.zeros(moved), usual, [0.0]])
        towards_none = penalty * (_TOWARDS_NONE_IN_LISTS if self.several else _TOWARDS_NONE)
        # Of a list *absent* is where its items begin, which every document shows.
        towards_absent = _TOWARDS_ABSENT_REQUIRED if rows[0].required and not self.several else _TOWARDS_ABSENT
        self._penalty = np.concatenate(
            [np.full(moved, towards_none), np.full(len(usual), _TOWARDS_USUAL), [towards_absent]]
        )

    def solve(self) -> Vector:
        """The weights by all documents."""
        everything = range(len(self._ends))
        weights = self._usual.copy()
        for _ in range(_STEPS):
            weights, longest = self._step(weights, *self._slopes(weights, everything))
            if longest < _SMALL:
                break
        self._whole = self._slopes(weights, everything)  # of where it ended, to leave documents out
        return self._wide(weights)

    def without(self, part: Sequence[int], found: Vector) -> Vector:
        """The weights without some documents, from those with all (``found``): what these add to the slopes is taken out, and one step
        taken (K. Rad and A. Maleki, 2020). Where there are few documents each counts for much, and more steps are taken.
        """
        weights = found[self._own]
        own = self._slopes(weights, part)
        weights, longest = self._step(weights, self._whole[0] - own[0], self._whole[1] - own[1])
        rest = [number for number in range(len(self._ends)) if number not in part]
        for _ in range(_STEPS_WITHOUT_MANY if len(self._ends) <= _PARTS else 0):
            if longest < _NEARLY:
                break
            weights, longest = self._step(weights, *self._slopes(weights, rest))
        return self._wide(weights)

    def _step(self, weights: Vector, gradient: Vector, curvature: Vector) -> tuple[Vector, float]:
        """The next weights, and the longest way that one of them would go."""
        slope = gradient + self._penalty * (weights - self._usual)
        step = np.linalg.solve(curvature + np.diag(self._penalty), slope)
        longest = float(np.abs(step).max())
        # Far from the optimum a whole step goes too far.
        return weights - step * min(1.0, 2.0 / max(longest, 1e-9)), longest

    def _slopes(self, weights: Vector, among: Sequence[int]) -> tuple[Vector, Vector]:
        """Gradient and curvature of what these documents lose, without the penalty."""
        if len(among) == len(self._ends):
            rows: slice | Places = slice(None)
            sizes, of = np.diff(self._ends, prepend=0), self._of
        else:
            starts = np.append(0, self._ends)
            rows = np.concatenate([np.arange(starts[number], starts[number + 1]) for number in among])
            sizes = np.array([starts[number + 1] - starts[number] for number in among])
            of = np.repeat(np.arange(len(sizes)), sizes)
        columns, right = self._columns[rows], self._right[rows]
        strengths = self._base[rows] + columns @ weights  # the column of *absent* is 0
        absents = self._absents[list(among)] + weights[-1]
        if self.several:
            return _by_item(strengths - absents[of], right, columns, of, self._things[rows])
        return _by_document(strengths, absents, right, columns, np.append(0, np.cumsum(sizes)[:-1]), of)

    def _wide(self, weights: Vector) -> Vector:
        found = np.zeros(self.width + 1)
        found[self._own] = weights
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
    root = np.sqrt(share)[:, None]
    half = columns * root
    means = np.add.reduceat(half * root, starts, axis=0)
    means[:, -1] += no_share
    curvature = half.T @ half - means.T @ means  # of a matrix with itself only one half is reckoned
    curvature[-1, -1] += float(np.sum(no_share))
    return gradient, curvature


def _things(rows: Sequence[LabelledField]) -> Places:
    """What each candidate of these documents names, as a number: those of a document that name one thing have it in common, where both
    are right or neither is.
    """
    found, first = [], 0
    for row in rows:
        same = np.arange(len(row.base)) if row.same is None else row.same
        _, numbers = np.unique(2 * same + row.right, return_inverse=True)
        found.append(first + numbers)
        first += len(row.base)
    things: Places = np.unique(np.concatenate(found), return_inverse=True)[1]
    return things


def _by_item(
    odds: Vector, right: npt.NDArray[np.bool_], columns: Vector, of: Places, things: Places
) -> tuple[Vector, Vector]:
    """The same for lists: each thing that is named is in it or not, and all candidates that name it weigh as one. A document with many
    things weighs less than their number.
    """
    worth = 1.0 / np.bincount(things)[things]
    worth = worth / np.sqrt(np.bincount(of, worth))[of]
    share = 1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30)))
    wide = columns.copy()
    wide[:, -1] = -1.0
    gradient = wide.T @ ((share - right) * worth)
    curvature = wide.T @ (wide * (share * (1 - share) * worth)[:, None])
    return gradient, curvature


def _parts(rows: Sequence[LabelledField]) -> list[list[int]]:
    """Each document alone where there are few, else eight parts."""
    number = min(len(rows), _PARTS)
    return [list(range(part, len(rows), number)) for part in range(number)]


def _lost(row: LabelledField, strengths: Vector, absent: float) -> float:
    """What is right, as an improbability: of a list the mean of its things'."""
    if row.least is not None:
        things = _things([row])
        worth = 1.0 / np.bincount(things)[things]
        odds = np.where(row.right, 1.0, -1.0) * (strengths - absent)
        return float((worth * np.log1p(np.exp(-np.clip(odds, -30, 30)))).sum() / np.sqrt(things.max() + 1))
    every = np.append(strengths, absent)
    powers = np.exp(every - every.max())
    hit = float(powers[:-1][row.right].sum()) if row.right.any() else float(powers[-1])
    return -float(np.log(max(hit / float(powers.sum()), 1e-6)))


@dataclass(frozen=True, slots=True)
class _Decided:
    """What would be chosen in a field of a document.

    Attributes:
        score: how right it is, 0 to 1; of a list the F1 of its things.
        shares: of what is chosen, how likely it is and whether it is right.
    """

    score: float
    shares: list[tuple[float, bool]]


def _decided(row: LabelledField, strengths: Vector, absent: float) -> _Decided:
    if row.least is not None:
        shares, right = _items(row, strengths, absent)
        taken = shares >= row.least
        return _Decided(_f1(taken, right), list(zip(shares[taken].tolist(), right[taken].tolist(), strict=True)))
    best = int(np.argmax(strengths))
    most = max(float(strengths[best]), absent)
    powers, nothing = np.exp(strengths - most), float(np.exp(absent - most))
    whole = float(powers.sum()) + nothing
    found = bool(row.right[best])
    share = float(powers[best])
    if nothing > share:
        found, share = not row.right.any(), nothing
    return _Decided(float(found), [(share / whole, found)])


def _items(row: LabelledField, strengths: Vector, absent: float) -> tuple[Vector, npt.NDArray[np.bool_]]:
    """Of each thing that a document names, how likely it is an item of the list, and whether it is one."""
    things = _things([row])
    most = np.full(int(things.max()) + 1, -np.inf)
    np.maximum.at(most, things, strengths - absent)
    right = np.zeros(len(most), dtype=bool)
    right[things] = row.right
    return 1.0 / (1.0 + np.exp(-np.clip(most, -30, 30))), right


def _f1(taken: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_]) -> float:
    """Of what is taken with what is right; 1 where both are nothing."""
    whole = int(taken.sum()) + int(right.sum())
    return 2.0 * int((taken & right).sum()) / whole if whole else 1.0
