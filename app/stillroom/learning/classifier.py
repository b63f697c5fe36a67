"""A classifier for one choice of a template, learned from documents whose option a person said.

What an option's words say without learning is where it begins; what is added is a kernel's multinomial logistic regression over the
letters and words of the texts, and over the model's embeddings of them where all have one: of a text alone, or of one that is read
behind the options. Which embeddings are taken is what loses least when documents are left out. How far the beginning is trusted, and what
the embeddings count beside the words, few documents tell no better than by chance: ways to fit are taken together, each by how little it
loses. Where they lose no less than what nobody taught, nothing is learned. An option takes part from its second label on.
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
_TRUST, _OTHER_TRUST = (
    1.0,
    (2.0, 0.5),
)  # in the strengths that nobody taught: at first, and what else is tried, times that
_EMBEDDED = (1.0, 3.0)  # what embeddings count beside the words
_TRUST_AMONG, _EMBEDDED_AMONG = 0.7, (2.0, 4.0)  # the same where they are read behind the options, and say more
# Shares of several ways together are near the truth as they are: forty documents tell little of how far they are from it.
_AS_IT_IS = (20.0, 10.0)
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
class LearnedChoice:
    """What was learned of one choice.

    Attributes:
        options: places of those that have labels enough. trust: in the strengths that nobody taught.
        usual: those strengths on the mean of the documents it was learned from: what all have in common tells none apart.
        parts: those that the documents it was learned from have, in their order; rarity: of each.
        by_part: what a part of weight 1 says for each of the options.
        by_embedding: the same of an embedding, centred by ``mean`` and evened by ``spread``; no rows where they are not used.
        model: whose embeddings they are. examples: that it read before each text; empty for none. known: documents that it was fitted to.
        slope, shift, documents, before, after: as of a LearnedField.
    """

    options: npt.NDArray[np.int64]
    trust: float
    usual: Vector
    parts: npt.NDArray[np.uint16]
    rarity: npt.NDArray[np.float32]
    by_part: npt.NDArray[np.float16]
    by_embedding: npt.NDArray[np.float16]
    mean: npt.NDArray[np.float16]
    spread: npt.NDArray[np.float16]
    model: str
    known: int
    slope: float = 1.0
    shift: float = 0.0
    documents: int = 0
    before: int = 0
    after: int = 0
    examples: str = ""

    def shares(self, strengths: Vector, parts: Sparse, embedding: Vector | None) -> Vector:
        """Probabilities of the options. ``embedding``: of ``model``, behind ``examples``; without one the words alone tell."""
        told: Vector = (strengths - self.usual) * self.trust
        told[self.options] += _row(parts, self.parts, self.rarity, self.known) @ self.by_part
        if len(self.by_embedding) and embedding is not None and len(embedding) >= len(self.mean):
            told[self.options] += _unit((embedding[: len(self.mean)] - self.mean) / self.spread) @ self.by_embedding
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
    model, widths, examples = _model_of(useful)
    before = [int(np.argmax(row.strengths)) == row.right for row in useful]
    unlearned = sum(_loss(ranking.softmax(row.strengths), row.right) for row in useful)
    parts = _parts(useful, model, examples)
    among = len(useful[0].among)

    def lost(told: Vector) -> float:
        return sum(_loss(ranking.softmax(one), row.right) for one, row in zip(told, useful, strict=True))

    @functools.cache
    def left_out(way: _Way) -> Vector:
        return _left_out(useful, options, way, parts)

    best = min(
        (
            _Way(_TRUST),
            *(_Way(_TRUST, embedded, width) for width in widths for embedded in _EMBEDDED),
            *(_Way(_TRUST_AMONG, embedded, among, among=True) for embedded in (_EMBEDDED_AMONG if examples else ())),
        ),
        key=lambda way: lost(left_out(way)),
    )
    ways = [replace(way, trust=way.trust * times) for way in best.alike for times in (1.0, *_OTHER_TRUST)]
    losses = np.array([lost(left_out(way)) for way in ways])
    counts = ranking.softmax(-losses / _ALIKE)
    told: Vector = sum((count * left_out(way) for count, way in zip(counts, ways, strict=True)), np.zeros(()))
    shares = [ranking.softmax(one) for one in told]
    right = [int(share.argmax()) == row.right for share, row in zip(shares, useful, strict=True)]
    if lost(told) >= unlearned or _is_worse(before, right):
        return None
    sure = [(float(share.max()), each) for share, each in zip(shares, right, strict=True)]
    slope, shift = calibrated(sure, _AS_IT_IS)
    found = _fitted(_Texts.of(useful, model, examples), options, dict(zip(ways, counts.tolist(), strict=True)))
    return replace(found, slope=slope, shift=shift, documents=len(useful), before=sum(before), after=sum(right))


def _is_worse(before: Sequence[bool], after: Sequence[bool]) -> bool:
    """Whether fewer are right than before, by more than chance alone takes from so many that changed (Q. McNemar, 1947)."""
    fell = sum(one and not other for one, other in zip(before, after, strict=True))
    rose = sum(other and not one for one, other in zip(before, after, strict=True))
    return fell - rose > math.sqrt(fell + rose)


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to fit: the trust in the strengths that nobody taught, and what so many first numbers of embeddings count beside the words.

    Attributes:
        among: the embeddings behind the options are taken.
    """

    trust: float
    embedded: float = 0.0
    width: int = 0
    among: bool = False

    @property
    def alike(self) -> list[_Way]:
        """The ways that take the same embeddings."""
        if not self.embedded:
            return [self]
        return [replace(self, embedded=embedded) for embedded in (_EMBEDDED_AMONG if self.among else _EMBEDDED)]


def _model_of(rows: Sequence[LabelledText]) -> tuple[str, list[int], str]:
    """The model whose embedding every document has, how many of its first numbers may be used, and the examples that every document
    has an embedding behind; "" and none without such a model or examples."""
    names = {row.model for row in rows if len(row.embedding)}
    if len(names) != 1 or not all(len(row.embedding) for row in rows):
        return "", [], ""
    # A document that was kept by an earlier version has only what an embedding begins with.
    widths = {min(row.about or len(row.embedding) for row in rows), min(len(row.embedding) for row in rows)}
    examples = {(row.examples, len(row.among)) for row in rows}
    return names.pop(), sorted(widths), examples.pop()[0] if len(examples) == 1 else ""


@dataclass(frozen=True, slots=True)
class _Evened:
    """Embeddings, a row a document, centred by their mean and evened by their spread."""

    rows: Vector
    mean: Vector
    spread: Vector

    @classmethod
    def of(cls, vectors: Vector) -> _Evened:
        mean, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-3
        return cls((vectors - mean) / spread, mean, spread)

    def units(self, width: int) -> Vector:
        """The first numbers of each, of length 1."""
        rows = self.rows[:, :width]
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        result: Vector = rows / np.where(lengths > 0, lengths, 1.0)
        return result


@dataclass(frozen=True, slots=True)
class _Texts:
    """Some documents as a fit takes them, whatever of them it uses.

    Attributes:
        strengths: of each, that nobody taught. parts, rarity: see LearnedChoice.
        known: what each document has of them; near: the products of these.
        model, examples: see LearnedChoice. plain, among: the embeddings, and those behind the examples.
    """

    rows: Sequence[LabelledText]
    strengths: Vector
    parts: npt.NDArray[np.uint16]
    rarity: npt.NDArray[np.float32]
    known: npt.NDArray[np.float32]
    near: Vector
    model: str
    examples: str
    plain: _Evened
    among: _Evened

    @classmethod
    def of(cls, rows: Sequence[LabelledText], model: str, examples: str) -> _Texts:
        """``model``: that all have an embedding of; empty for none. ``examples``: that all have one behind."""
        has = np.bincount(np.concatenate([np.fromiter(row.parts, np.uint16, len(row.parts)) for row in rows]))
        parts = np.flatnonzero(has).astype(np.uint16)
        rarity = np.log((len(rows) + 1) / (has[parts] + 0.5)).astype(np.float32)
        known = np.array([_row(row.parts, parts, rarity, len(rows)) for row in rows])
        near = (known @ known.T).astype(np.float64)
        width = min(len(row.embedding) for row in rows) if model else 0
        plain = _Evened.of(np.array([row.embedding[:width] for row in rows]))
        among = _Evened.of(np.array([row.among if examples else row.among[:0] for row in rows]))
        strengths = np.array([row.strengths for row in rows])
        return cls(rows, strengths, parts, rarity, known, near, model, examples, plain, among)

    def evened(self, way: _Way) -> _Evened:
        """The embeddings that a way takes."""
        return self.among if way.among else self.plain


@dataclass(frozen=True, slots=True)
class _Part:
    """Documents that are left out together (their places), the others, and how near the words of these are to those of each other."""

    held: list[int]
    others: _Texts
    near: Vector


def _parts(rows: Sequence[LabelledText], model: str, examples: str) -> list[_Part]:
    """The documents, a part at a time left out; each alone where there are few."""
    number = min(len(rows), _PARTS)
    order = sorted(range(len(rows)), key=lambda place: rows[place].document)  # by chance, whatever order they came in
    parts = []
    for held in (order[part::number] for part in range(number)):
        others = _Texts.of([row for place, row in enumerate(rows) if place not in held], model, examples)
        own = np.array([_row(rows[place].parts, others.parts, others.rarity, len(others.rows)) for place in held])
        parts.append(_Part(held, others, (own @ others.known.T).astype(np.float64)))
    return parts


def _left_out(rows: Sequence[LabelledText], options: Sequence[int], way: _Way, parts: Sequence[_Part]) -> Vector:
    """How much speaks for each option of each document, a row each, by what the others teach."""
    found = np.array([row.strengths for row in rows])
    at = np.array(options)
    for part in parts:
        evened = part.others.evened(way)
        embeddings = evened.units(way.width)
        own = [rows[place].among if way.among else rows[place].embedding for place in part.held]
        held = replace(
            evened, rows=np.array([(each[: len(evened.mean)] - evened.mean) / evened.spread for each in own])
        )
        near = part.near + way.embedded * held.units(way.width) @ embeddings.T
        begin = way.trust * (found[part.held] - part.others.strengths.mean(axis=0))
        begin[:, at] += near @ _worth(part.others, at, way, embeddings)
        found[part.held] = begin
    return found


def _fitted(texts: _Texts, options: Sequence[int], ways: Mapping[_Way, float]) -> LearnedChoice:
    """What documents teach, in ways that take the same embeddings, by how much each counts."""
    at = np.array(options)
    first = next(iter(ways))
    evened = texts.evened(first)
    embeddings = evened.units(first.width)
    width = embeddings.shape[1]
    worth = {way: count * _worth(texts, at, way, embeddings) for way, count in ways.items()}
    # The kernels are linear: what the documents say together is kept, not the documents.
    of_parts: Vector = sum(worth.values(), np.zeros(()))
    of_embeddings: Vector = sum((way.embedded * each for way, each in worth.items()), np.zeros(()))
    return LearnedChoice(
        options=at,
        trust=sum(count * way.trust for way, count in ways.items()),
        usual=texts.strengths.mean(axis=0),
        parts=texts.parts,
        rarity=texts.rarity,
        by_part=(texts.known.T @ of_parts).astype(np.float16),
        by_embedding=(embeddings.T @ of_embeddings).astype(np.float16),
        mean=evened.mean[:width].astype(np.float16),
        spread=evened.spread[:width].astype(np.float16),
        model=texts.model if width else "",
        known=len(texts.rows),
        examples=texts.examples if first.among else "",
    )


def _worth(texts: _Texts, options: npt.NDArray[np.int64], way: _Way, embeddings: Vector) -> Vector:
    """What each document is worth for each option."""
    begin = way.trust * (texts.strengths - texts.strengths.mean(axis=0))[:, options]
    right = (np.array([row.right for row in texts.rows])[:, None] == options).astype(np.float64)
    return _solved(texts.near + way.embedded * embeddings @ embeddings.T, begin, right)


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


def _loss(shares: Vector, right: int) -> float:
    return -math.log(max(float(shares[right]), 1e-6))
