"""A classifier for one choice of a template, learned from documents whose option a person said.

What an option's words say without learning is where it begins; what is added is a kernel's multinomial logistic regression over the letters
and words of the texts, and over the model's embeddings of them where all have one: of a text alone, of one that is read behind the options,
or of both in a fixed sum of kernels (M. Gönen and E. Alpaydın, 2011: "Multiple kernel learning algorithms"; a sum that is learned too is
hardly better). Which embeddings are taken is what loses least when documents are left out. How far the beginning is trusted, and what the
embeddings count beside the words, few documents tell no better than by chance: ways to fit are taken together, each by how little it loses.
Where they lose no less than what nobody taught, nothing is learned. An option takes part from its second label on.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillroom.extraction import ranking
from stillroom.extraction.subject import MOST_CHARACTERS
from stillroom.learning.confidence import calibrated

Vector = npt.NDArray[np.float64]
Sparse = dict[int, float]

_LEAST = 2  # labels of an option
_PLACES = 1 << 15  # that parts of words are counted in
_LETTERS = (3, 4, 5)
_WORD = re.compile(r"[^\W_]+")
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_PENALTY = 0.01
_STEPS = 60
_PARTS = 10
_OTHER_TRUST = (2.0, 0.5)  # is tried as well, times that of a family of ways
# Shares of several ways together are near the truth as they are: forty documents tell little of how far they are from it.
_AS_IT_IS = (50.0, 10.0)
_ALIKE = 3.0  # by so much more loss (nats, of all documents left out) a way counts e times less


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A document whose option a person said.

    Attributes:
        document: which one (SHA-256 of the file).
        strengths: of each option, as it is decided without learning.
        right: the option's place; -1 where it is none of them.
        parts: of words, see ``parts_of``.
        embedding, model: by which model's; empty where none was loaded. See Embedding.whole.
        about: so many of its first numbers are what the model takes the text to be about; 0 for all.
        among: the embedding behind the choice's options, which are ``examples``; empty for none. See choices.examples.
    """

    document: str
    strengths: Vector
    right: int
    parts: Sparse
    embedding: Vector
    model: str = ""
    about: int = 0
    among: Vector = field(default_factory=lambda: np.zeros(0))
    examples: str = ""


@dataclass(frozen=True, slots=True)
class LearnedEmbedding:
    """What was learned of embeddings of one kind.

    Attributes:
        behind: whether they are of texts that are read behind the options.
        by_embedding: what one says for each of the options, a row a number, centred by ``mean`` and evened by ``spread``.
    """

    behind: bool
    by_embedding: npt.NDArray[np.float16]
    mean: npt.NDArray[np.float16]
    spread: npt.NDArray[np.float16]

    def says(self, embedding: Vector) -> Vector:
        """How much an embedding speaks for each of the options."""
        said: Vector = _unit((embedding[: len(self.mean)] - self.mean) / self.spread) @ self.by_embedding
        return said


@dataclass(frozen=True, slots=True)
class LearnedChoice:
    """What was learned of one choice.

    Attributes:
        options: places of those that have labels enough. trust: in the strengths that nobody taught.
        usual: those strengths on the mean of the documents it was learned from: what all have in common tells none apart.
        parts: those that the documents it was learned from have, in their order; rarity: of each.
        by_part: what a part of weight 1 says for each of the options.
        by_embedding: the same of embeddings, where they are used.
        model: whose embeddings they are; empty where none are used. examples: that it read before each text; empty for none.
        known: documents that it was fitted to.
        slope, shift, documents, before, after: as of a LearnedField.
    """

    options: npt.NDArray[np.int64]
    trust: float
    usual: Vector
    parts: npt.NDArray[np.uint16]
    rarity: npt.NDArray[np.float32]
    by_part: npt.NDArray[np.float16]
    by_embedding: tuple[LearnedEmbedding, ...]
    model: str
    known: int
    slope: float = 1.0
    shift: float = 0.0
    documents: int = 0
    before: int = 0
    after: int = 0
    examples: str = ""

    def shares(
        self, strengths: Vector, parts: Sparse, embedding: Vector | None = None, among: Vector | None = None
    ) -> Vector:
        """Probabilities of the options. ``embedding``, ``among``: of ``model``, of the text alone and behind ``examples``; where one is not
        given, or has fewer numbers and is another model's, the others tell.
        """
        told: Vector = (strengths - self.usual) * self.trust
        told[self.options] += _row(parts, self.parts, self.rarity, self.known) @ self.by_part
        for learned in self.by_embedding:
            said = among if learned.behind else embedding
            if said is not None and len(said) >= len(learned.mean):
                told[self.options] += learned.says(said)
        return ranking.softmax(told)


def parts_of(text: str) -> Sparse:
    """Words, pairs of them and letters of them that a text has, each as a number, with how much it counts.

    The text cannot be made of it again.
    """
    counts: Counter[str] = Counter()
    words = [match.group().casefold() for match in _WORD.finditer(text[:MOST_CHARACTERS])]
    for word in words:
        counts[f" {word} "] += 1
        for letters in (2,) if _WITHOUT_SPACES.search(word) else _LETTERS:
            marked = f"^{word}$"
            counts.update(marked[at : at + letters] for at in range(len(marked) - letters + 1))
    counts.update(f"{one} {other}" for one, other in itertools.pairwise(words))
    found: Sparse = {}
    for part, count in counts.items():
        place = zlib.crc32(part.encode("utf-8", "replace")) % _PLACES
        found[place] = max(found.get(place, 0.0), 1 + math.log(count))
    return found


def learn(rows: Sequence[LabelledText]) -> LearnedChoice | None:
    """What these documents teach of a choice; None where they teach nothing, or it tells no more of them when they are left out in turn."""
    useful = [row for row in rows if row.right >= 0]
    labels = Counter(row.right for row in useful)
    options = sorted(option for option, count in labels.items() if count >= _LEAST)
    useful = [row for row in useful if row.right in options]
    if len(options) < 2:
        return None
    model, kinds, examples = _model_of(useful)
    before = [int(np.argmax(row.strengths)) == row.right for row in useful]
    unlearned = sum(_loss(ranking.softmax(row.strengths), row.right) for row in useful)
    parts = _parts(useful, kinds)

    def lost(told: Vector) -> float:
        return sum(_loss(ranking.softmax(one), row.right) for one, row in zip(told, useful, strict=True))

    @functools.cache
    def left_out(way: _Way) -> Vector:
        return _left_out(useful, options, way, parts)

    best = min(_families(kinds), key=lambda family: min(lost(left_out(way)) for way in family))
    ways = [replace(way, trust=way.trust * times) for way in best for times in (1.0, *_OTHER_TRUST)]
    losses = np.array([lost(left_out(way)) for way in ways])
    counts = ranking.softmax(-losses / _ALIKE)
    told: Vector = sum((count * left_out(way) for count, way in zip(counts, ways, strict=True)), np.zeros(()))
    shares = [ranking.softmax(one) for one in told]
    right = [int(share.argmax()) == row.right for share, row in zip(shares, useful, strict=True)]
    if lost(told) >= unlearned or _is_worse(before, right):
        return None
    sure = [(float(share.max()), each) for share, each in zip(shares, right, strict=True)]
    slope, shift = calibrated(sure, _AS_IT_IS)
    found = _fitted(_Texts.of(useful, kinds), options, dict(zip(ways, counts.tolist(), strict=True)))
    return replace(
        found,
        model=model if found.by_embedding else "",
        examples=examples if any(each.behind for each in found.by_embedding) else "",
        slope=slope,
        shift=shift,
        documents=len(useful),
        before=sum(before),
        after=sum(right),
    )


def _is_worse(before: Sequence[bool], after: Sequence[bool]) -> bool:
    """Whether fewer are right than before, by more than chance alone takes from so many that changed (Q. McNemar, 1947)."""
    fell = sum(one and not other for one, other in zip(before, after, strict=True))
    rose = sum(other and not one for one, other in zip(before, after, strict=True))
    return fell - rose > math.sqrt(fell + rose)


class _Kind(NamedTuple):
    """A kind of embeddings: so many first numbers of those of a text alone, or of those behind the options."""

    behind: bool
    width: int

    def of(self, row: LabelledText) -> Vector:
        return (row.among if self.behind else row.embedding)[: self.width]


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to fit: the trust in the strengths that nobody taught, and what embeddings of each kind count beside the words."""

    trust: float
    counts: tuple[float, ...]


def _families(kinds: Sequence[_Kind]) -> list[list[_Way]]:
    """Ways that take the same embeddings together: none, those of a kind, those of a text alone with those behind the options."""

    def ways(trust: float, *counts: Mapping[_Kind, float]) -> list[_Way]:
        return [_Way(trust, tuple(each.get(kind, 0.0) for kind in kinds)) for each in counts]

    alone, behind = [kind for kind in kinds if not kind.behind], [kind for kind in kinds if kind.behind]
    return [
        ways(1.0, {}),
        *(ways(1.0, {kind: 1.0}, {kind: 3.0}) for kind in alone),
        # Those behind the options say more than what nobody taught.
        *(ways(0.7, {kind: 2.0}, {kind: 4.0}) for kind in behind),
        *(ways(1.0, {one: 2.0, other: 4.0}, {one: 4.0, other: 8.0}) for one in alone for other in behind),
    ]


def _model_of(rows: Sequence[LabelledText]) -> tuple[str, list[_Kind], str]:
    """The model whose embedding every document has, which of them may be used, and the examples that every document has an embedding
    behind; "" and none without such a model or examples."""
    names = {row.model for row in rows if len(row.embedding)}
    if len(names) != 1 or not all(len(row.embedding) for row in rows):
        return "", [], ""
    # A document that was kept by an earlier version has only what an embedding begins with.
    widths = {min(row.about or len(row.embedding) for row in rows), min(len(row.embedding) for row in rows)}
    kinds = [_Kind(False, width) for width in sorted(widths)]
    examples = {(row.examples, len(row.among)) for row in rows}
    if len(examples) != 1 or not rows[0].examples:
        return names.pop(), kinds, ""
    return names.pop(), [*kinds, _Kind(True, len(rows[0].among))], rows[0].examples


@dataclass(frozen=True, slots=True)
class _Evened:
    """Embeddings of one kind, a row a document, centred by their mean, evened by their spread and of length 1."""

    rows: Vector
    mean: Vector
    spread: Vector

    @classmethod
    def of(cls, vectors: Vector) -> _Evened:
        mean, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-3
        return cls(_units((vectors - mean) / spread), mean, spread)

    def like(self, vectors: Vector) -> Vector:
        """Others, as these are."""
        return _units((vectors - self.mean) / self.spread)


@dataclass(frozen=True, slots=True)
class _Texts:
    """Some documents as a fit takes them.

    Attributes:
        strengths: of each, that nobody taught. parts, rarity: see LearnedChoice. known: what each document has of them.
        evened: their embeddings, by kind.
        near: how near each is to each: by words, and by each kind of embeddings.
    """

    rows: Sequence[LabelledText]
    strengths: Vector
    parts: npt.NDArray[np.uint16]
    rarity: npt.NDArray[np.float32]
    known: npt.NDArray[np.float32]
    evened: Mapping[_Kind, _Evened]
    near: Vector

    @classmethod
    def of(cls, rows: Sequence[LabelledText], kinds: Sequence[_Kind]) -> _Texts:
        """``kinds``: that all have."""
        has = np.bincount(np.concatenate([np.fromiter(row.parts, np.uint16, len(row.parts)) for row in rows]))
        parts = np.flatnonzero(has).astype(np.uint16)
        rarity = np.log((len(rows) + 1) / (has[parts] + 0.5)).astype(np.float32)
        known = np.array([_row(row.parts, parts, rarity, len(rows)) for row in rows])
        evened = {kind: _Evened.of(np.array([kind.of(row) for row in rows])) for kind in kinds}
        near = [known @ known.T, *(each.rows @ each.rows.T for each in evened.values())]
        strengths = np.array([row.strengths for row in rows])
        return cls(rows, strengths, parts, rarity, known, evened, np.array(near, dtype=np.float64))

    def nearness_of(self, rows: Sequence[LabelledText]) -> Vector:
        """How near some others are to each, as ``near``."""
        own = np.array([_row(row.parts, self.parts, self.rarity, len(self.rows)) for row in rows])
        vectors = {kind: np.array([kind.of(row) for row in rows]) for kind in self.evened}
        near = [own @ self.known.T, *(each.like(vectors[kind]) @ each.rows.T for kind, each in self.evened.items())]
        return np.array(near, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Part:
    """Documents that are left out together (their places), the others, and how near these are to each of those (``_Texts.near``)."""

    held: list[int]
    others: _Texts
    near: Vector


def _parts(rows: Sequence[LabelledText], kinds: Sequence[_Kind]) -> list[_Part]:
    """The documents, a part at a time left out; each alone where there are few."""
    number = min(len(rows), _PARTS)
    order = sorted(range(len(rows)), key=lambda place: rows[place].document)  # by chance, whatever order they came in
    parts = []
    for held in (order[part::number] for part in range(number)):
        others = _Texts.of([row for place, row in enumerate(rows) if place not in held], kinds)
        parts.append(_Part(held, others, others.nearness_of([rows[place] for place in held])))
    return parts


def _left_out(rows: Sequence[LabelledText], options: Sequence[int], way: _Way, parts: Sequence[_Part]) -> Vector:
    """How much speaks for each option of each document, a row each, by what the others teach."""
    found = np.array([row.strengths for row in rows])
    at = np.array(options)
    for part in parts:
        begin = way.trust * (found[part.held] - part.others.strengths.mean(axis=0))
        begin[:, at] += _together(part.near, way) @ _worth(part.others, at, way)
        found[part.held] = begin
    return found


def _together(near: Vector, way: _Way) -> Vector:
    """Nearness by words and by each kind of embeddings, as a way takes them together."""
    result: Vector = np.tensordot(np.array((1.0, *way.counts)), near, 1)
    return result


def _fitted(texts: _Texts, options: Sequence[int], ways: Mapping[_Way, float]) -> LearnedChoice:
    """What documents teach, in ways that take the same embeddings, by how much each counts."""
    at = np.array(options)
    worth = {way: count * _worth(texts, at, way) for way, count in ways.items()}
    # The kernels are linear: what the documents say together is kept, not the documents.
    of_parts: Vector = sum(worth.values(), np.zeros(()))
    by_embedding = []
    for place, (kind, evened) in enumerate(texts.evened.items()):
        if any(way.counts[place] for way in ways):
            of_embeddings: Vector = sum((way.counts[place] * each for way, each in worth.items()), np.zeros(()))
            weights, mean, spread = evened.rows.T @ of_embeddings, evened.mean, evened.spread
            kept = (array.astype(np.float16) for array in (weights, mean, spread))
            by_embedding.append(LearnedEmbedding(kind.behind, *kept))
    return LearnedChoice(
        options=at,
        trust=sum(count * way.trust for way, count in ways.items()),
        usual=texts.strengths.mean(axis=0),
        parts=texts.parts,
        rarity=texts.rarity,
        by_part=(texts.known.T @ of_parts).astype(np.float16),
        by_embedding=tuple(by_embedding),
        model="",
        known=len(texts.rows),
    )


def _worth(texts: _Texts, options: npt.NDArray[np.int64], way: _Way) -> Vector:
    """What each document is worth for each option."""
    begin = way.trust * (texts.strengths - texts.strengths.mean(axis=0))[:, options]
    right = (np.array([row.right for row in texts.rows])[:, None] == options).astype(np.float64)
    return _solved(_together(texts.near, way), begin, right)


def _solved(near: Vector, begin: Vector, right: Vector) -> Vector:
    """The dual weights of a penalised multinomial logistic regression, by accelerated gradient steps (Y. Nesterov, 1983)."""
    worth = np.zeros_like(right)
    ahead, pace = worth, 1.0
    step = 1.0 / (0.5 * _largest(near) + _PENALTY)
    for _ in range(_STEPS):
        told = begin + near @ ahead
        told -= told.max(axis=1, keepdims=True)
        shares = np.exp(told, out=told)
        shares /= shares.sum(axis=1, keepdims=True)
        moved = ahead - step * (shares - right + _PENALTY * ahead)
        faster = (1 + math.sqrt(1 + 4 * pace * pace)) / 2
        ahead = moved + (pace - 1) / faster * (moved - worth)
        worth, pace = moved, faster
    return worth


def _largest(near: Vector) -> float:
    """No less than the largest eigenvalue, and little more: what any row of the eighth power adds up to bounds that of the same."""
    length = float(np.abs(near).sum(axis=1).max())
    if not length:
        return 0.0
    power = near / length  # within bounds, however many documents there are
    for _ in range(3):
        power = power @ power
    return length * math.pow(float(np.abs(power).sum(axis=1).max()), 1 / 8)


def _row(
    own: Sparse, parts: npt.NDArray[np.uint16], rarity: npt.NDArray[np.float32], documents: int
) -> npt.NDArray[np.float32]:
    """What a document has of these parts, of length 1 together with what it has besides: that is rarer than any of them."""
    row = np.zeros(len(parts), dtype=np.float32)
    places = np.fromiter(own.keys(), dtype=np.uint16, count=len(own))
    counts = np.fromiter(own.values(), dtype=np.float32, count=len(own))
    at = np.minimum(np.searchsorted(parts, places), len(parts) - 1)
    known = parts[at] == places
    row[at[known]] = counts[known] * rarity[at[known]]
    besides = float(np.linalg.norm(counts[~known])) * math.log((documents + 1) / 0.5)
    length = math.hypot(float(np.linalg.norm(row)), besides)
    return row / np.float32(length) if length else row


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _units(rows: Vector) -> Vector:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    result: Vector = rows / np.where(lengths > 0, lengths, 1.0)
    return result


def _loss(shares: Vector, right: int) -> float:
    return -math.log(max(float(shares[right]), 1e-6))
