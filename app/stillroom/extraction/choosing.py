"""Chooses a field's value among its candidates: what to ask of each passage, and what the answers add up to."""

from __future__ import annotations

import bisect
import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import regex

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Box, Document, Span
from stillroom.extraction import questions, ranking
from stillroom.extraction.assignment import ADDENDS, Fits, Place, decided_together, sum_holds
from stillroom.extraction.candidates.candidate import (
    Candidate,
    likelihoods_of,
    other_readings_of,
    read_in_several_ways,
    single_spaced,
    values_of,
)
from stillroom.extraction.candidates.codes import tax_number_problem
from stillroom.extraction.candidates.persons import is_titled, name_signs, without_titles
from stillroom.extraction.candidates.propose import proposes
from stillroom.extraction.candidates.words import company_forms, legal_forms, legal_forms_in_full
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.layout import Layout
from stillroom.extraction.naming import no_person
from stillroom.extraction.passages import Passage
from stillroom.extraction.plain_words import joined_alike
from stillroom.extraction.ranking import Vector, Weights
from stillroom.extraction.result import FieldResult, FieldState, FieldValue, RunnerUp, one_number, other_values
from stillroom.extraction.signs import sign_names
from stillroom.extraction.subject import Embed
from stillroom.extraction.told import Told
from stillroom.templates.template import Field, FieldType, Template

RUNNERS_UP = 4
_LOOKED_THROUGH = 100  # candidates of a list, for other values than those taken
# Candidates of one field that the model is asked about, those the page speaks for most: of a document, of a passage for a list.
_ASKED = 8
_ASKED_PER_PASSAGE = 8
_ASKED_PER_PASSAGE_LIST = 12
# Of what is found by its form, every one is asked about: a page may hold forty addresses, and all are items.
_ASKED_EVERY = 500
_ASKED_NAMES = 40
_BY_FORM = frozenset(
    {
        FieldType.DATE, FieldType.TIME, FieldType.DURATION, FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER,
        FieldType.PERCENT, FieldType.EMAIL, FieldType.PHONE, FieldType.URL, FieldType.IBAN, FieldType.IDENTIFIER,
    }
)  # fmt: skip
_QUOTED = (FieldType.TEXT, FieldType.BLOCK)
_LIST_THRESHOLD = 0.4
# By type, where another is better on sets left out. Most of the persons of a text are hardly told from other names: a lower one finds
# more of them, each saying how sure it is. The parties of a contract are named often, and what else is capitalised is not missed.
_LIST_THRESHOLDS = {FieldType.NAME: 0.25, FieldType.ORGANISATION: 0.5}
_WEIGHED_TOGETHER = 6  # values of one field
# Of a field. Only the best of them change their shares when fields are decided together, and of the others no more can be offered.
_MOST_PLACES = _WEIGHED_TOGETHER + 2 * RUNNERS_UP
# What the run makes of a share counts, where a template's documents said what shares are worth that none of them had.
_IN_RUN = 1 / 3


class Learned(Protocol):
    """What a template learned of its fields from documents that a person corrected."""

    def moves(
        self, name: str, document: Document, candidates: Sequence[Candidate], signs: Vector
    ) -> tuple[Vector, float] | None:
        """What is added to the strength of each candidate of a field, and to that of *absent*; None where nothing is known."""
        ...

    def confidence(self, name: str, share: float) -> float | None:
        """What a share was worth in the template's own documents; None where nothing is known."""
        ...

    def documents_of(self, name: str) -> int:
        """How many documents taught a field."""
        ...

    def option(
        self, name: str, document: Document, strengths: Vector, embed: Embed | None
    ) -> tuple[Vector, float] | None:
        """Probabilities of a choice's options, of these strengths without learning, and how sure the first is; None where nothing
        is known."""
        ...


class Shares(dict[str | None, float]):
    """What a reading gives each value, and None for that there is none; it stays as it was made."""

    @functools.cached_property
    def most(self) -> float:
        return max(self.values(), default=1.0)


@dataclass(frozen=True, slots=True)
class _Values:
    """The values of some candidates, each once, in the order of the first of each.

    Attributes:
        of: of each candidate the number of its value.
    """

    names: list[str]
    of: npt.NDArray[np.int64]

    def together(self, shares: Vector) -> Vector:
        """What the candidates of each value have together."""
        found: Vector = np.bincount(self.of, weights=shares, minlength=len(self.names)).astype(np.float64)
        return found


class Twice(NamedTuple):
    """A value that a label stands before, and what that says.

    Attributes:
        page, start: where the value begins.
    """

    page: int
    start: int
    label: str
    text: str


class Reckoned:
    """What was reckoned of a field whose candidates, signs and model's word change no more, however often it is decided.

    Attributes:
        strengths: without moves. likely: the logarithms of likelihoods. values: by which candidates. spelled: see ``Asked.spelled``.
        moved: what the template had learned when ``Asked.moves`` was asked of it, and that.
        twice: what stands twice behind one label (see ``several``); None where that was not looked at.
        shown: by candidate, what its confidence is reckoned from that no learning changes; legible: by that and whether a sum vouches for
            it; boxes: where it stands.
    """

    __slots__ = ("boxes", "legible", "likely", "moved", "shown", "spelled", "strengths", "twice", "values")

    def __init__(self) -> None:
        self.strengths: dict[tuple[bool, tuple[int, ...]], Vector] = {}
        self.likely: Vector | None = None
        self.values: dict[tuple[int, ...], _Values] = {}
        self.moved: tuple[Learned, tuple[Vector, float] | None] | None = None
        self.twice: Sequence[tuple[Twice, Twice]] | None = None
        self.shown: dict[int, _Shown] = {}
        self.spelled: dict[int, str] = {}
        self.legible: dict[tuple[int, bool], float] = {}
        self.boxes: dict[int, tuple[Box, ...]] = {}


@dataclass(slots=True)
class Asked:
    """A field on its way: its candidates, and what the model said of them.

    Attributes:
        kind: type of the value (of the items, for a list).
        candidates, signs: all candidates, and a row of ``layout`` each.
        where: passage of each candidate; -1 where none holds it whole.
        chosen: indices of the candidates that are weighed against each other: all, or those that the model is asked about.
        weights: by which they are ranked.
        role: see layout.role_of.
        fitted: the weights are those of this template.
        sure: the page alone decides, and the model is not asked.
        layout: of the document, to look at further candidates.
        left_out: the document holds more candidates than are looked at.
        scores: by passage and text: log probability and tokens.
        second: weights of two readings made in other ways (see ranking.second_weights); None where nothing is to be held against them.
        learned: what the template learned; moves: what that adds to each candidate's strength, and to that of *absent*.
        read_otherwise: what the readings of ``second`` give, once that was reckoned; copies have it in common.
        reckoned: where nothing that it follows from changes any more; copies have it in common. None while it may.
        told: what the text says plainly of some candidates (see ``told``), added to their strengths; None for nothing.
        together: what the other documents of its run add to each candidate's strength; alone: what each value had before they spoke.
            None where none did.
    """

    field: Field
    kind: FieldType
    candidates: Sequence[Candidate]
    signs: Vector
    where: list[int]
    chosen: list[int]
    weights: Weights
    role: str = ""
    fitted: bool = False
    sure: bool = False
    layout: Layout | None = None
    left_out: bool = False
    scores: dict[int, dict[str, tuple[float, int]]] = dataclass_field(default_factory=dict)
    second: tuple[Weights, Weights] | None = None
    learned: Learned | None = None
    moves: tuple[Vector, float] | None = None
    together: Vector | None = None
    alone: Shares | None = None
    told: Vector | None = None
    read_otherwise: list[tuple[Shares, ...]] = dataclass_field(default_factory=list, repr=False, compare=False)
    reckoned: Reckoned | None = dataclass_field(default=None, repr=False, compare=False)

    def strengths(self, indices: Sequence[int], *, said: bool = True) -> Vector:
        """Of these candidates; without what the model said of them (``said``) before it was asked."""
        found = self._unmoved(indices, said=said)
        if self.moves is not None:
            found = found + self.moves[0][indices]
        return found if self.together is None else found + self.together[indices]

    def _unmoved(self, indices: Sequence[int], *, said: bool) -> Vector:
        """Their strengths before anything is learned, which of a field that is decided time and again are reckoned once."""
        known = self.reckoned.strengths if self.reckoned is not None else {}
        key = (self.sure or not said, tuple(indices))
        found = known.get(key)
        if found is None:
            scores = self.model_scores(indices) if said else np.zeros((len(indices), len(ranking.MODEL_FEATURES)))
            everything = len(indices) == len(self.signs) and np.array_equal(indices, np.arange(len(indices)))
            found = self.weights.strengths(scores, self.signs if everything else self.signs[indices])
            if self.told is not None:
                found = found + self.told[indices]
            known[key] = found
        return found

    def weighed(self, indices: Sequence[int]) -> Vector:
        """The same, where the readings of one span share what the page and the model say of it."""
        return self.strengths(indices) + self.likely()[indices]

    def likely(self) -> Vector:
        """The logarithm of each candidate's likelihood."""
        known = self.reckoned.likely if self.reckoned is not None else None
        if known is None:
            known = np.log([max(likelihood, 1e-6) for likelihood in likelihoods_of(self.candidates)])
            if self.reckoned is not None:
                self.reckoned.likely = known
        return known

    def values(self, indices: Sequence[int]) -> _Values:
        """Of these candidates."""
        known = self.reckoned.values if self.reckoned is not None else {}
        key = tuple(indices)
        found = known.get(key)
        if found is None:
            numbers: dict[str, int] = {}
            values = values_of(self.candidates)
            of = [numbers.setdefault(values[index], len(numbers)) for index in indices]
            found = known[key] = _Values(list(numbers), np.array(of, dtype=np.int64))
        return found

    def spelled(self, index: int) -> str:
        """The value of a candidate as a name, reduced to what tells it from others."""
        known = self.reckoned.spelled if self.reckoned is not None else {}
        found = known.get(index)
        if found is None:
            found = known[index] = same_name(self.candidates[index].value)
        return found

    def absent_strength(self) -> float:
        found = self.weights.absent_strength(len(self.candidates), required=self.field.required)
        return found if self.moves is None else found + self.moves[1]

    def worth(self, grounds: ranking.Grounds) -> float:
        """The confidence that grounds give; where the template learned of the field, as its own documents showed."""
        return ranking.confidence(grounds, ranking.family(self.kind), self.worth_here(grounds.share, grounds.alone))

    def worth_here(self, share: float, alone: ranking.Second | None) -> float | None:
        """What a share was worth in the template's own documents; None where that is not known. ``alone``: what the value had before
        other documents of its run spoke, by which those documents were decided: it counts for more.
        """
        if self.learned is None or self.moves is None:
            return None
        own = self.learned.confidence(self.field.name, share)
        before = own if alone is None else self.learned.confidence(self.field.name, alone.share)
        return None if own is None or before is None else ranking.between(before, own, _IN_RUN)

    def texts(self, passage: int) -> list[str]:
        """What the model is to score in a passage: distinct texts, and *absent* last; empty where nothing is to be asked."""
        if self.sure:
            return []
        texts = dict.fromkeys(
            asked_text(self.candidates[index]) for index in self.chosen if self.where[index] == passage
        )
        return [*(text for text in texts if text != questions.ABSENT), questions.ABSENT] if texts else []

    def wording(self) -> tuple[str, str, str]:
        return questions.value_question(self.field)

    def add(self, passage: int, texts: Sequence[str], scores: Sequence[float], lengths: Sequence[int]) -> None:
        self.scores[passage] = dict(zip(texts, zip(scores, lengths, strict=True), strict=True))

    def model_scores(self, indices: Sequence[int]) -> Vector:
        """A row a candidate, a column a name of ranking.MODEL_FEATURES; zeros where it was not asked.

        *Absent* of its own passage is what a candidate is held against.
        """
        rows = np.zeros((len(indices), len(ranking.MODEL_FEATURES)))
        if self.sure:
            return rows
        for row, index in enumerate(indices):
            said = self.scores[self.where[index]]
            score, length = said.get(asked_text(self.candidates[index]), said[questions.ABSENT])
            rows[row] = (score - said[questions.ABSENT][0], score / length)
        return rows


def asked_text(candidate: Candidate) -> str:
    """The text the model is asked about: as it stands on the page, on one line."""
    return single_spaced(candidate.text)


def prepare(
    field: Field,
    document: Document,
    parts: Sequence[Passage],
    *,
    parameters: int = 0,
    template: Template | None = None,
    layout: Layout | None = None,
    told: Told | None = None,
    learned: Learned | None = None,
    word: float | None = None,
    cancellation: Cancellation | None = None,
) -> Asked:
    """The candidates of a field, and which of them to ask about in which passage; none of a choice.

    ``parameters``: of the model that would be asked. ``template``, ``layout``: whose field it is, and the document as this template
    sees it; without them the field is seen alone. ``told``: what its text says plainly.
    ``learned``: what the template learned of its own documents.
    ``word``: see ``ranking.weights_for``.
    """
    kind = field.of if field.type is FieldType.LIST and field.of else field.type
    several = field.type is FieldType.LIST
    if not proposes(kind):
        return Asked(field, kind, [], _NO_ROWS, [], [], ranking.weights_for(kind))
    if layout is None:
        layout = Layout(document, Meaning(template or Template("", 1, "", "", (field,))), cancellation)
    weights = ranking.weights_for(
        kind, several=several, template=template, field=field.name, parameters=parameters, word=word
    )
    proposed = layout.proposals.of(field, kind, cancellation)
    candidates = proposed.candidates
    asked = Asked(
        field,
        kind,
        candidates,
        layout.signs(field, kind, candidates),
        passages_of(candidates, parts),
        list(range(len(candidates))),
        weights,
        role=layout.role(field, kind),
        fitted=template is not None and ranking.has_own(template),
        sure=True,
        layout=layout,
        second=ranking.second_weights(kind, several=several),
        learned=learned,
        left_out=proposed.left_out,
        told=told_vector(told.of(field, kind, candidates) if told is not None else {}, len(candidates)),
    )
    _move(asked, learned, document)
    if not weights.features[: len(ranking.MODEL_FEATURES)].any():
        return asked
    if kind not in _QUOTED and _is_found(asked, ranking.SURE):
        return asked
    asked.sure = False
    asked.chosen = _prune(asked, limit=_limit(kind, several=several), several=several)
    return asked


def told_vector(said: Mapping[int, float], candidates: int) -> Vector | None:
    """What is told of some candidates, by number, as one number a candidate; None for nothing."""
    if not said:
        return None
    found: Vector = np.zeros(candidates)
    found[list(said)] = list(said.values())
    return found


def taught(asked: Asked, learned: Learned | None, document: Document) -> None:
    """Let what the template learned speak for the candidates: of a field that was prepared knowing less, or with fewer of them."""
    known = len(asked.moves[0]) if asked.moves is not None else len(asked.candidates)
    if asked.learned is learned and known == len(asked.candidates):
        return
    _move(asked, learned, document)
    if not asked.sure and asked.kind not in _QUOTED:  # the page alone may name it now
        said, asked.sure, asked.chosen = asked.chosen, True, list(range(len(asked.candidates)))
        if not _is_found(asked, ranking.SURE):
            asked.sure, asked.chosen = False, said


def _move(asked: Asked, learned: Learned | None, document: Document) -> None:
    asked.learned = learned
    asked.moves = None
    if learned is None:
        return
    known = asked.reckoned.moved if asked.reckoned is not None else None
    if known is None or known[0] is not learned:
        known = learned, learned.moves(asked.field.name, document, asked.candidates, asked.signs)
        if asked.reckoned is not None:
            asked.reckoned.moved = known
    asked.moves = known[1]


def joined(asked: Asked, moves: Vector) -> None:
    """Let what the other documents of a run have in common speak for the candidates: ``moves`` is added to their strengths."""
    asked.together = None
    shares = _shares(asked)
    values = asked.values(asked.chosen)
    asked.alone = Shares({None: float(shares[-1])})
    asked.alone.update(zip(values.names, values.together(shares[:-1]).tolist(), strict=True))
    asked.together = moves


def passages_of(candidates: Sequence[Candidate], parts: Sequence[Passage]) -> list[int]:
    """The passage that holds each candidate or, where it goes on in the next, its beginning; -1 where none does."""
    by_page: dict[int, list[tuple[int, int, int]]] = {}  # where each begins and ends; no character is in two
    for number, part in enumerate(parts):
        for span in part.spans:
            by_page.setdefault(span.page, []).append((span.start, span.end, number))
    for own in by_page.values():
        own.sort()
    found = []
    for candidate in candidates:
        span = candidate.span
        own = by_page.get(span.page, [])
        at = bisect.bisect_right(own, span.start, key=lambda each: each[0]) - 1
        found.append(own[at][2] if at >= 0 and span.start < own[at][1] else -1)
    return found


_NO_ROWS: Vector = np.zeros((0, 0))


def _is_found(asked: Asked, least: float) -> bool:
    """Whether the page names a value, with this probability at least. That there is none is for the model to confirm."""
    shares = _shares(asked)
    if asked.field.type is FieldType.LIST:
        return bool(np.any(shares >= 0.5) and np.all(np.maximum(shares, 1 - shares) >= least))
    if not asked.chosen:
        return False
    values = asked.values(asked.chosen)
    together = values.together(shares[:-1])
    best = int(together.argmax())
    share = float(together[best])
    return share > float(shares[-1]) and share >= least and _is_named(asked, values.names[best])


def _is_named(asked: Asked, value: str) -> bool:
    """Whether a label, or words like what the field is called, stand at a value; or its form is proof enough."""
    if asked.kind in _FORMAL:
        return True
    rows = [index for index, own in enumerate(values_of(asked.candidates)) if own == value]
    return float(asked.signs[np.ix_(rows, _OWN + _LIKE)].max()) >= _NAMED_FROM


def _shares(asked: Asked) -> Vector:
    """Probabilities of the chosen candidates: of a list each its own, else in all 1 with that of *absent*, the last."""
    if not asked.chosen:
        return np.zeros(0) if asked.field.type is FieldType.LIST else np.ones(1)
    strengths = asked.weighed(asked.chosen)
    absent = asked.absent_strength()
    if asked.field.type is FieldType.LIST:
        return ranking.logistic(strengths - absent)
    return ranking.softmax(np.append(strengths, absent))


def _limit(kind: FieldType, *, several: bool) -> int:
    if not several:
        return _ASKED_PER_PASSAGE
    if kind in _BY_FORM:
        return _ASKED_EVERY
    return _ASKED_NAMES if kind is FieldType.NAME else _ASKED_PER_PASSAGE_LIST


def _prune(asked: Asked, *, limit: int, several: bool) -> list[int]:
    """The candidates the page speaks for most, a number of distinct texts a passage; of a single value, of the document.

    So a long document is read only where they stand.
    """
    strengths = asked.strengths(range(len(asked.candidates)), said=False)
    kept: list[int] = []
    texts: dict[int, set[str]] = {}
    everywhere: set[str] = set()
    most = _ASKED if not several and asked.kind not in _QUOTED else len(asked.candidates)
    for index in sorted(range(len(asked.candidates)), key=lambda each: (-strengths[each], each)):
        if asked.where[index] < 0:
            continue
        own = texts.setdefault(asked.where[index], set())
        text = asked_text(asked.candidates[index])
        if text in own or (len(own) < limit and (text in everywhere or len(everywhere) < most)):
            own.add(text)
            everywhere.add(text)
            kept.append(index)
    return sorted(kept)


def choose_all(
    asked: Sequence[Asked], document: Document, *, complete: bool, fits: Fits | None = None, offering: bool = True
) -> dict[str, FieldResult]:
    """The values of a template's fields (those whose values stand in the document), decided together.

    ``complete``: the whole document was read, so what was not found is absent, not unread. ``fits``: see ``decided_together``.
    ``offering``: with runners-up and places on the page, which none needs who goes by the values alone.
    """
    single = [each for each in asked if proposes(each.kind) and each.field.type is not FieldType.LIST]
    shares = decided_together([_places(each, document) for each in single], fits)
    found: dict[str, FieldResult] = {}
    holds = sum_holds(shares)
    for each, own in zip(single, shares, strict=True):
        sums = holds and each.role in ADDENDS
        value = None if offering else _value_alone(each, document, own, sums=sums)
        found[each.field.name] = value or _choose_one(each, document, own, complete=complete, sums=sums)
    for each in asked:
        if each.field.type is FieldType.LIST and proposes(each.kind):
            found[each.field.name] = _choose_several(each, document, _shares(each)) if each.chosen else ()
    return found


# A company's number, its telephone: lines that may stand between a name and its address.
_NUMBERED = re.compile(r"\d{4}")
_LINES_BETWEEN = 3
_BETWEEN = " \t\n,"


def _ends_before(span: Span, document: Document) -> int:
    """Where the text before a span ends, lines of numbers passed over."""
    text = document.page(span.page).text
    end = len(text[: span.start].rstrip(_BETWEEN))
    for _ in range(_LINES_BETWEEN):
        start = text.rfind("\n", 0, end) + 1
        if not start or not _NUMBERED.search(text[start:end]):
            break
        end = len(text[:start].rstrip(_BETWEEN))
    return end


def _places(asked: Asked, document: Document) -> list[Place]:
    """The values that a field may have, best first, and that it has none; as many as can come to be chosen or offered."""
    shares = _shares(asked)
    found = []
    if asked.chosen:
        values, chosen = asked.values(asked.chosen), np.array(asked.chosen)
        together = values.together(shares[:-1])
        worst_first = np.argsort(-shares[:-1], kind="stable")[::-1]
        best = np.empty(len(values.names), dtype=np.int64)
        best[values.of[worst_first]] = chosen[worst_first]  # the last of a value stays
        ranked = np.lexsort((best, -together))
        if len(ranked) > _MOST_PLACES and not read_in_several_ways(asked.candidates):
            ranked = ranked[:_MOST_PLACES]  # else all readings of a span count together
        for number in ranked.tolist():
            index = int(best[number])
            span = asked.candidates[index].span
            behind = _ends_before(span, document) if asked.kind is FieldType.ADDRESS else -1
            found.append(
                Place(values.names[number], index, span, float(together[number]), asked.kind, asked.role, behind)
            )
    return [
        *found,
        Place(None, -1, None, float(shares[-1]), asked.kind, asked.role),
    ]


def _choose_one(
    asked: Asked, document: Document, places: Sequence[Place], *, complete: bool, sums: bool = False
) -> FieldValue:
    missing = FieldState.ABSENT if complete else FieldState.UNREAD
    values, absent = _ranked(places)
    other = other_readings(asked)
    sure = [_confidence(asked, place, values, document, other, sums=sums) for place in values[: 2 * RUNNERS_UP]]
    offered = (_runner_up(asked, place.index, worth, document) for place, worth in zip(values, sure, strict=False))
    if not values or (is_absent(asked, absent, values) and not _proves_itself(asked, values, sure)):
        worth = asked.worth(absent_grounds(asked, absent, values, document, other))
        # What was rejected may still be right; and a value may stand further on than was looked.
        worth = min(worth, 1.0 - max(sure, default=0.0), _HALF_SEARCHED if asked.left_out else 1.0)
        # Each is as sure as such decisions were right; of a field that its template requires the surer one is taken.
        if not (values and asked.field.required and complete and sure[0] > worth):
            runners = other_values(offered, spelling=spelling(asked.kind), most=RUNNERS_UP)
            most = worth if complete else 1.0
            return _nothing(asked.field, missing, worth if complete else 0.0, _below(runners, most, most))
    best = asked.candidates[values[0].index]
    runners = other_values(offered, best.value, spelling=spelling(asked.kind), most=RUNNERS_UP)
    boxes = _boxes(asked, values[0].index, document)
    return _found(asked, values[0].index, sure[0], boxes, _below(runners, sure[0], 1.0 - sure[0]))


def _ranked(places: Sequence[Place]) -> tuple[list[Place], float]:
    """The values, best first, and the share of that there is none."""
    values = sorted(
        (place for place in places if place.value is not None), key=lambda place: (-place.share, place.index)
    )
    return values, next(place.share for place in places if place.value is None)


def _value_alone(asked: Asked, document: Document, places: Sequence[Place], *, sums: bool) -> FieldValue | None:
    """The value that ``_choose_one`` gives, without its runners-up and boxes; None where it takes those to tell whether there is one."""
    values, absent = _ranked(places)
    if not values or is_absent(asked, absent, values):
        return None
    sure = _confidence(asked, values[0], values, document, other_readings(asked), sums=sums)
    return _found(asked, values[0].index, sure, (), ())


def _proves_itself(asked: Asked, values: Sequence[Place], sure: Sequence[float]) -> bool:
    """Whether the only value is one that its check digits prove, which no label has to speak for."""
    only = asked.candidates[values[0].index]
    return asked.kind is FieldType.IBAN and len(values) == 1 and not only.failed and sure[0] > _PROVED


def spelling(kind: FieldType) -> Callable[[str], str]:
    """By what two values of a type are one."""
    return same_name if kind in _NAMED else one_number


def _below(runners: tuple[RunnerUp, ...], chosen: float, left: float) -> tuple[RunnerUp, ...]:
    """The runners-up, the surest first; they are never surer than what was chosen, nor than what it leaves."""
    bounded = [
        RunnerUp(each.text, each.value, min(each.confidence, chosen, left), each.span, each.boxes) for each in runners
    ]
    return tuple(sorted(bounded, key=lambda runner: -runner.confidence))


def grounds_of(
    asked: Asked,
    place: Place,
    values: Sequence[Place],
    document: Document,
    other: Sequence[Shares],
    *,
    sums: bool = False,
) -> ranking.Grounds:
    """What the confidence of a value is reckoned from."""
    shown = _shown(asked, place.index)
    by_label, by_place = (_says(shares, place.value) for shares in other)
    return ranking.Grounds(
        share=place.share,
        second=max((each.share for each in values if each.value != place.value), default=0.0),
        label=shown.label,
        rival=shown.rival,
        candidates=len(asked.candidates),
        likelihood=shown.likelihood,
        fitted=asked.fitted,
        legible=_legible(asked, place.index, document, sums=sums),
        by_label=by_label,
        by_place=by_place,
        like=shown.like,
        only=shown.only,
        form=asked.kind in _FORMAL,
        sums=sums,
        alone=None if asked.alone is None else _says(asked.alone, place.value),
        bare=asked.kind in _FORMAL and max(shown.label, shown.like) < _SAID_FROM,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the page shows of a candidate: see ranking.Grounds."""

    label: float
    rival: float
    like: float
    only: bool
    likelihood: float


def _shown(asked: Asked, index: int) -> _Shown:
    known = asked.reckoned.shown if asked.reckoned is not None else {}
    found = known.get(index)
    if found is None:
        row, candidate = asked.signs[index].tolist(), asked.candidates[index]
        label, rival, like = (max([row[place] for place in places]) for places in (_OWN, _RIVAL, _LIKE))
        found = known[index] = _Shown(label, rival, like, bool(row[_ONLY]), candidate.likelihood)
    return found


def _legible(asked: Asked, index: int, document: Document, *, sums: bool) -> float:
    known = asked.reckoned.legible if asked.reckoned is not None else {}
    found = known.get((index, sums))
    if found is None:
        found = known[index, sums] = _legibility(asked, asked.candidates[index], document, sums=sums)
    return found


_VOUCHING = 4  # characters


def _legibility(asked: Asked, candidate: Candidate, document: Document, *, sums: bool) -> float:
    """How surely a value was recognised, 0 to 1: one that is long enough to stand twice for a reason, by the surer reading; what a
    sum vouches for was read as well as its page."""
    page = document.page(candidate.span.page)
    if not page.certainty:
        return document.legibility(candidate.span)
    sure = document.legibility(candidate.span)
    if len(candidate.value) >= _VOUCHING:
        values = values_of(asked.candidates)
        again = (asked.candidates[index].span for index, own in enumerate(values) if own == candidate.value)
        sure = max(map(document.legibility, again))
    return max(sure, page.ocr_confidence or 0.0) if sums else sure


def absent_grounds(
    asked: Asked, share: float, values: Sequence[Place], document: Document, other: Sequence[Shares]
) -> ranking.Grounds:
    """What the confidence that there is no value is reckoned from."""
    by_label, by_place = (_says(shares, None) for shares in other)
    return ranking.Grounds(
        share=min(share, _NOTHING_OFFERED),
        second=values[0].share if values else 0.0,
        label=0.0,
        rival=0.0,
        candidates=len(asked.candidates),
        fitted=asked.fitted,
        absent=True,
        legible=_read(document),
        by_label=by_label,
        by_place=by_place,
        alone=None if asked.alone is None else _says(asked.alone, None),
    )


def other_readings(asked: Asked) -> tuple[Shares, ...]:
    """The shares of values by readings that were made in other ways."""
    if asked.second is None:
        return (Shares(), Shares())
    if not asked.read_otherwise:  # nothing that is learned changes it
        asked.read_otherwise.append(tuple(_shares_by(asked, weights) for weights in asked.second))
    return asked.read_otherwise[0]


def _shares_by(asked: Asked, weights: Weights) -> Shares:
    shares = ranking.softmax(np.append(*_strengths_by(asked, weights)))
    values = asked.values(range(len(asked.candidates)))
    found = Shares(zip(values.names, values.together(shares[:-1]).tolist(), strict=True))
    found[None] = float(shares[-1])
    return found


def _strengths_by(asked: Asked, weights: Weights) -> tuple[Vector, float]:
    absent = weights.absent_strength(len(asked.candidates), required=asked.field.required)
    if not asked.candidates:
        return np.zeros(0), absent
    signs = weights.features[len(ranking.MODEL_FEATURES) :]
    return ranking.times(asked.signs, signs) + asked.likely(), absent


def _says(shares: Shares, value: str | None) -> ranking.Second:
    own = shares.get(value, 0.0)
    return ranking.Second(own, own >= shares.most - 1e-9) if shares else ranking.Second()


# That nothing in the document looks like the type is no proof: a reader may have missed it, or it is written in a way nobody knows.
_NOTHING_OFFERED = 0.9
_HALF_SEARCHED = 0.5
_REQUIRED = 0.5
_OWN = [sign_names().index(name) for name in ("own_beside", "own_over", "own_block", "own_prose")]
_RIVAL = [sign_names().index(name) for name in ("rival_beside", "rival_over")]
_LIKE = [sign_names().index(name) for name in ("like_beside", "like_over", "like_head")]
_ONLY = sign_names().index("only_own")
_NAMED_FROM = 0.3
_SAID_FROM = 0.5  # a short word without its colon ("Tel." in a letterhead) says less
# Types whose form little else has.
_HALF = 0.5
_PROVED = 0.2  # without a label an account may be another one than the field asks for: it is offered, and looked at
_FORMAL = (FieldType.EMAIL, FieldType.IBAN, FieldType.URL, FieldType.PHONE)


def _confidence(
    asked: Asked,
    place: Place,
    values: Sequence[Place],
    document: Document,
    other: Sequence[Shares],
    *,
    sums: bool,
) -> float:
    alone = None if asked.alone is None else _says(asked.alone, place.value)
    own = asked.worth_here(place.share, alone)
    if own is None:
        return asked.worth(grounds_of(asked, place, values, document, other, sums=sums))
    shown = _shown(asked, place.index)
    return ranking.own_confidence(own, shown.likelihood, _legible(asked, place.index, document, sums=sums))


def is_absent(asked: Asked, absent: float, values: Sequence[Place]) -> bool:
    """Whether it is likelier that there is no value (``absent``) than that it is the best of these, with its readings.

    Of a field that its template requires a value half as likely is offered, with the confidence it has: on sets left out such a value is
    right in one of two cases, and that there is none in no case.
    """
    return absent * (_REQUIRED if asked.field.required else 1.0) >= _together(asked, values)


def _together(asked: Asked, values: Sequence[Place]) -> float:
    """What the likeliest value has with the other readings of its spans, and with what else may be meant at its place: that there is
    none is held against all of them.
    """
    best = values[0]
    same = other_readings_of(asked.candidates, best.value)
    return sum(
        place.share
        for place in values
        if place.value in same or (place.span is not None and best.span is not None and _overlap(place.span, best.span))
    )


def items(asked: Asked) -> int:
    """How many items a list has, whatever the field's ``max_items`` keeps; 0 for a field that is no list."""
    return len(_items(asked, _shares(asked))) if asked.field.type is FieldType.LIST else 0


def least_share(kind: FieldType) -> float:
    """From which a candidate is an item of a list of this type."""
    return _LIST_THRESHOLDS.get(kind, _LIST_THRESHOLD)


def _items(asked: Asked, shares: Vector) -> list[tuple[float, int]]:
    """Every candidate that is likely enough an item, best first; of spans that overlap, or name the same thing, the best."""
    taken: list[tuple[float, int]] = []
    least = least_share(asked.kind)
    likely = [pair for pair in zip(shares.tolist(), asked.chosen, strict=True) if pair[0] >= least]
    names: set[str] = set()
    places, called, persons = _Spans(), _Organisations(), _Persons()
    order = sorted(likely, key=lambda pair: (-pair[0], pair[1]))
    wholes = {FieldType.NAME: _whole_names, FieldType.ORGANISATION: _whole_firms}.get(asked.kind)
    for share, index in wholes(asked, order) if wholes is not None else order:
        candidate = asked.candidates[index]
        name = asked.spelled(index) if asked.kind in _NAMED else candidate.value
        if not name or name in names or places.overlap(candidate.span):
            continue
        if asked.kind is FieldType.NAME and persons.has_or_add(candidate.value):
            continue
        if asked.kind is FieldType.ORGANISATION:
            if called.has(candidate.value):
                continue
            called.add(candidate.value)
        names.add(name)
        places.add(candidate.span)
        taken.append((share, index))
    return taken


def _whole_firms(asked: Asked, likely: Sequence[tuple[float, int]]) -> Iterator[tuple[float, int]]:
    """The same, with a firm's name in the place of a part of it: of what it is without its legal form ("Holt Foods" of "Holt
    Foods\nIncorporated"), and of what a line's end leaves of one that is likely elsewhere ("FOODS, INC." of "HOLT\nFOODS, INC.")."""
    beginning: dict[tuple[int, int], list[int]] = {}
    ending: dict[tuple[int, int], list[int]] = {}
    for index in asked.chosen:
        span = asked.candidates[index].span
        beginning.setdefault((span.page, span.start), []).append(index)
        ending.setdefault((span.page, span.end), []).append(index)
    named: dict[str, set[Span]] = {}
    for _, index in likely:
        named.setdefault(asked.spelled(index), set()).add(asked.candidates[index].span)
    for share, index in likely:
        span, text = asked.candidates[index].span, asked.candidates[index].text
        wholes = [
            other
            for other in beginning[span.page, span.start]
            if 0 < len(asked.candidates[other].text) - len(text) <= _LONGEST_FORMS
            and _form_behind().fullmatch(asked.candidates[other].text.removeprefix(text))
        ] or [
            other
            for other in ending[span.page, span.end]
            if asked.candidates[other].text.endswith("\n" + text)
            and named.get(asked.spelled(other), set()) - {asked.candidates[other].span}
        ]
        yield share, max(wholes, key=lambda other: len(asked.candidates[other].text), default=index)


_LONGEST_FORMS = 200  # characters of legal forms behind a name: a line may be as long as a book


@functools.cache
def _form_behind() -> regex.Pattern[str]:
    """Legal forms and what parts them from the name. A short one may be a word of a text in capitals: "HOLT BANK AS AGENT"."""
    # What was taken for a form stays one: "Pty Ltd" is one of them and two, and a row of n of them could be told apart in 2^n ways.
    return regex.compile(rf"(?=.*(?:\w{{3}}|\w\.\w))(?:(?>,?\s+(?:{company_forms()})(?!\w)\.?))++", regex.DOTALL)


# Of the share that a part of a name has ("Holt"), from which on a longer one with a word that no list knows is taken for it ("Tarvo Holt").
_NEARLY = 0.7
_INITIAL = re.compile(r"[^\W\d_]\.? |.* [^\W\d_]\.?$")


def _whole_names(asked: Asked, likely: Sequence[tuple[float, int]]) -> Iterator[tuple[float, int]]:
    """The same, with a person's whole name ("Jan Holt") in the place of each part of it ("Holt"), and none with a title in the place of
    that without it."""
    spans = sorted((asked.candidates[index].span, index, share) for share, index in likely)
    starts = [(span.page, span.start) for span, _, _ in spans]
    longest = max((span.end - span.start for span, _, _ in spans), default=0)
    bare = {(span.page, span.start, span.end): index for span, index, _ in spans}
    for share, index in likely:
        candidate = asked.candidates[index]
        span, text = candidate.span, candidate.text
        if is_titled(text):
            name = span.end - len(without_titles(text))
            yield share, bare.get((span.page, name, span.end), index)
            continue
        if name_signs(candidate.value)[1] >= 1:
            yield share, index
            continue
        first = bisect.bisect_left(starts, (span.page, span.end - longest))
        last = bisect.bisect_right(starts, (span.page, span.start))
        part = " " not in text or _INITIAL.match(text) is not None
        for held, at, own in spans[first:last]:
            if held.end >= span.end and held != span:
                known, whole = name_signs(asked.candidates[at].value)
                if whole >= 1 or (
                    part and known >= _HALF and own >= _NEARLY * share and not no_person(asked.candidates[at].value)
                ):
                    yield share, at
                    break
        else:
            yield share, index


class _Persons:
    """Persons' names, by their words: "Holt", "Jan Holt" and "Holt, Jan" are one."""

    def __init__(self) -> None:
        self._known: dict[str, list[frozenset[str]]] = defaultdict(list)

    def has_or_add(self, name: str) -> bool:
        """Whether one of them has all words of this name; else it is one of them from now on."""
        words = frozenset(map(same_name, _words_of_name(name)))
        # Who has them all has the rarest of them as well: of a thousand called Anna one is "Anna Holt".
        if any(words <= other for other in min((self._known[word] for word in words), key=len, default=())):
            return True
        for word in words:
            self._known[word].append(words)
        return False


class _Spans:
    """Spans that do not overlap each other: of a list there may be tens of thousands."""

    def __init__(self) -> None:
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}  # in the order of the starts, as they do not overlap

    def add(self, span: Span) -> None:
        starts, ends = self._starts.setdefault(span.page, []), self._ends.setdefault(span.page, [])
        at = bisect.bisect_right(starts, span.start)
        starts.insert(at, span.start)
        ends.insert(at, span.end)

    def overlap(self, span: Span) -> bool:
        """Whether one of them overlaps this one."""
        at = bisect.bisect_left(self._starts.get(span.page, ()), span.end)
        return at > 0 and self._ends[span.page][at - 1] > span.start


class _Organisations:
    """Names of organisations, by their first word."""

    def __init__(self) -> None:
        self._known: dict[str, list[str]] = {}

    def add(self, name: str) -> None:
        self._known.setdefault(self._first(name), []).append(name)

    def has(self, name: str) -> bool:
        """Whether one of them is this one, as ``_one_organisation`` tells."""
        return any(_one_organisation(name, other) for other in self._known.get(self._first(name), ()))

    @staticmethod
    def _first(name: str) -> str:
        return next(map(same_name, _words_of_name(name)), "")


def _choose_several(asked: Asked, document: Document, shares: Vector) -> tuple[FieldValue, ...]:
    """The items of a list in reading order, at most ``max_items``."""
    taken = _items(asked, shares)[: asked.field.max_items]
    taken.sort(key=lambda pair: asked.candidates[pair[1]].span)
    order = np.lexsort((np.array(asked.chosen), -shares))[:_LOOKED_THROUGH].tolist()
    rest = (_runner_up(asked, asked.chosen[place], float(shares[place]), document) for place in order)
    values = [asked.candidates[index].value for _, index in taken]
    runners = other_values(rest, *values, spelling=spelling(asked.kind), most=RUNNERS_UP)
    return tuple(
        _found(asked, index, _item_confidence(asked, index, share, document), _boxes(asked, index, document), runners)
        for share, index in taken
    )


def _item_confidence(asked: Asked, index: int, share: float, document: Document) -> float:
    return asked.worth(item_grounds(asked, index, share, document))


def item_grounds(asked: Asked, index: int, share: float, document: Document) -> ranking.Grounds:
    """What the confidence of an item of a list is reckoned from."""
    shown = _shown(asked, index)
    by_label, by_place = _says_of_item(asked, index)
    return ranking.Grounds(
        share=share,
        second=1.0 - share,
        by_label=by_label,
        by_place=by_place,
        like=shown.like,
        form=asked.kind in _FORMAL,
        label=shown.label,
        rival=shown.rival,
        candidates=len(asked.candidates),
        likelihood=shown.likelihood,
        fitted=asked.fitted,
        several=ranking.family(asked.kind) == "texts",  # what is told by its form is as sure in a list as alone
        legible=document.legibility(asked.candidates[index].span),
    )


def _says_of_item(asked: Asked, index: int) -> tuple[ranking.Second, ranking.Second]:
    found = []
    for weights in asked.second or ():
        strength = float(asked.signs[index] @ weights.features[len(ranking.MODEL_FEATURES) :])
        absent = weights.absent_strength(len(asked.candidates), required=asked.field.required)
        share = float(ranking.logistic(np.array([strength - absent]))[0])
        found.append(ranking.Second(share, share >= least_share(asked.kind)))
    return (found[0], found[1]) if found else (ranking.Second(), ranking.Second())


# Written in several ways and still one; of any other type two values are two: 1.05 and 10.5, ab@x.org and a.b@x.org.
_NAMED = (
    FieldType.NAME,
    FieldType.ORGANISATION,
    FieldType.ADDRESS,
    FieldType.LINE,
    FieldType.TEXT,
    FieldType.BLOCK,
)


@functools.lru_cache(maxsize=16_384)
def same_name(value: str) -> str:
    """A name reduced to what tells it from others: ``NIKE, Inc.`` is ``Nike Incorporated``, ``Berg & Holt`` is ``Berg und Holt``."""
    words = _words_alone(joined_alike(unicodedata.normalize("NFKC", value)))
    short: str = _in_full().sub(lambda match: _short_forms()[match.group()], words)
    return short.replace(" ", "")


def _words_alone(text: str) -> str:
    """A text folded, its words with single spaces and without signs."""
    return " ".join(
        regex.sub(r"[\p{P}\p{S}]", lambda match: " " if match.group() in "-/" else "", text.casefold()).split()
    )


@functools.cache
def _short_forms() -> dict[str, str]:
    return {_words_alone(form): short.casefold() for form, short in legal_forms_in_full().items()}


@functools.cache
def _in_full() -> regex.Pattern[str]:
    """Legal forms that are written out, the longest first."""
    forms = sorted(_short_forms(), key=len, reverse=True)
    return regex.compile(rf"(?<!\w)(?:{'|'.join(map(regex.escape, forms))})(?!\w)")


def _one_organisation(one: str, other: str) -> bool:
    """Whether a name is the other's beginning: "Aldon Paper" of "Aldon Paper Holdings LLC"; but "Corbin L.P." is not "Corbin L.P. II"."""
    short, long = sorted((_words_of_name(one), _words_of_name(other)), key=len)
    if not short or [same_name(word) for word in long[: len(short)]] != [same_name(word) for word in short]:
        return False
    legal = [bool(legal_forms().fullmatch(word)) for word in long]
    return all(legal[len(short) :]) or not legal[len(short) - 1]


def _words_of_name(name: str) -> list[str]:
    return [word for word in (each.strip(".,;:()") for each in name.split()) if same_name(word)]


def _overlap(left: Span, right: Span) -> bool:
    return left.page == right.page and left.start < right.end and right.start < left.end


def _found(asked: Asked, index: int, share: float, boxes: tuple[Box, ...], runners: tuple[RunnerUp, ...]) -> FieldValue:
    field, candidate = asked.field, asked.candidates[index]
    failed = candidate.failed
    if field.type is FieldType.IDENTIFIER and _TAX_NUMBER.search(" ".join((field.name, field.label, *field.near))):
        problem = tax_number_problem(candidate.text)
        failed = (*failed, problem) if problem else failed
    return FieldValue(
        value=candidate.value,
        text=candidate.text,
        state=FieldState.INVALID if failed else FieldState.FOUND,
        confidence=share * (_CHECK_FAILED if failed else 1.0),
        span=candidate.span,
        boxes=boxes,
        candidates=runners,
        failed_checks=failed,
    )


_CHECK_FAILED = 0.5  # as of a broken rule
_TAX_NUMBER = re.compile(
    r"(?<![^\W_])(?:vat|tax|ust|mwst|tva|btw|iva|nip|moms)(?![^\W_])|umsatzsteuer|steuernummer", re.IGNORECASE
)


def _nothing(field: Field, state: FieldState, share: float, runners: tuple[RunnerUp, ...]) -> FieldValue:
    checks = ("This field is required, and no value was found.",) if field.required else ()
    return FieldValue(None, "", state, share, candidates=runners, failed_checks=checks)


def _runner_up(asked: Asked, index: int, share: float, document: Document) -> RunnerUp:
    candidate = asked.candidates[index]
    return RunnerUp(candidate.text, candidate.value, share, candidate.span, _boxes(asked, index, document))


def _boxes(asked: Asked, index: int, document: Document) -> tuple[Box, ...]:
    known = asked.reckoned.boxes if asked.reckoned is not None else {}
    found = known.get(index)
    if found is None:
        found = known[index] = tuple(document.boxes(asked.candidates[index].span))
    return found


def _read(document: Document) -> float:
    """How far a document was read: its least legible page, and which share of its pages gave any text."""
    sure = min((page.ocr_confidence for page in document.pages if page.ocr_confidence is not None), default=1.0)
    return sure * sum(bool(page.text.strip()) for page in document.pages) / max(1, document.page_count)
