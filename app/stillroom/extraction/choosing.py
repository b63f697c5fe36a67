"""Chooses a field's value among its candidates: what to ask of each passage, and what the answers add up to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field

import numpy as np
import regex

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Span
from stillroom.extraction import questions, ranking
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.codes import tax_number_problem
from stillroom.extraction.candidates.propose import proposal, proposes
from stillroom.extraction.layout import layout_features
from stillroom.extraction.passages import Passage
from stillroom.extraction.ranking import Vector, Weights
from stillroom.extraction.result import FieldResult, FieldState, FieldValue, RunnerUp
from stillroom.templates.template import Field, FieldType

RUNNERS_UP = 4
# Candidates of one field that the model is asked about in one passage: those the page speaks for most.
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
_LIST_THRESHOLD = 0.5


@dataclass(slots=True)
class Asked:
    """A field on its way: its candidates, and what the model said of them.

    Attributes:
        kind: type of the value (of the items, for a list).
        candidates, layout: all candidates, and a row of layout features each.
        where: passage of each candidate; -1 where none holds it whole.
        chosen: indices of the candidates the model is asked about.
        weights: by which they are ranked.
        sure: the page alone decides, and the model is not asked.
        left_out: the document holds more candidates than are looked at.
        scores: by passage and text: log probability and tokens.
    """

    field: Field
    kind: FieldType
    candidates: list[Candidate]
    layout: Vector
    where: list[int]
    chosen: list[int]
    weights: Weights
    sure: bool = False
    left_out: bool = False
    scores: dict[int, dict[str, tuple[float, int]]] = dataclass_field(default_factory=dict)

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
    cancellation: Cancellation | None = None,
) -> Asked:
    """The candidates of a field, and which of them to ask about in which passage; none of a choice.

    ``parameters``: of the model that would be asked.
    """
    kind = field.of if field.type is FieldType.LIST and field.of else field.type
    several = field.type is FieldType.LIST
    weights = ranking.weights_for(kind, several=several, field=field.name)
    if not proposes(kind):
        return Asked(field, kind, [], _NO_ROWS, [], [], weights)
    page = ranking.page_weights_for(kind, several=several, field=field.name)
    proposed = proposal(field, document, kind=kind, cancellation=cancellation)
    candidates = proposed.candidates
    layout = layout_features(field, document, candidates)
    where = _passages_of(candidates, parts)
    chosen = _prune(page or weights, candidates, layout, where, limit=_limit(kind, several=several), several=several)
    asked = Asked(field, kind, candidates, layout, where, chosen, weights, left_out=proposed.left_out)
    if page is not None:
        enough = page.enough and parameters <= ranking.LARGEST_FITTED
        asked.weights, asked.sure = page, True  # as the page alone has it
        if not _is_found(asked, 0.0 if enough else ranking.SURE):
            asked.weights, asked.sure = weights, False
    if not asked.sure and parameters > ranking.LARGEST_FITTED:
        asked.weights = ranking.for_larger_models(asked.weights)
    return asked


def _passages_of(candidates: Sequence[Candidate], parts: Sequence[Passage]) -> list[int]:
    """The passage that holds each candidate, or its beginning where it goes on in the next; -1 where none does."""
    by_page: dict[int, list[int]] = {}
    for number, part in enumerate(parts):
        for span in part.spans:
            by_page.setdefault(span.page, []).append(number)
    found = []
    for candidate in candidates:
        span = candidate.span
        own = by_page.get(span.page, ())
        whole = next((number for number in own if parts[number].holds(span)), -1)
        start = Span(span.page, span.start, span.start + 1)
        found.append(whole if whole >= 0 else next((number for number in own if parts[number].holds(start)), -1))
    return found


_NO_ROWS: Vector = np.zeros((0, 0))


def _is_found(asked: Asked, least: float) -> bool:
    """Whether what is known speaks for a value, with this confidence at least. That there is none is for the model to confirm."""
    shares = _shares(asked)
    if asked.field.type is FieldType.LIST:
        return bool(np.any(shares >= 0.5) and np.all(np.maximum(shares, 1 - shares) >= least))
    best = max(_by_value(asked, shares).values(), default=0.0)
    if least == 0.0:  # whatever the page says, the model would not say it better
        return bool(asked.chosen) and _together(asked, _by_value(asked, shares)) > float(shares[-1])
    return best > float(shares[-1]) and best >= least


def _by_value(asked: Asked, shares: Vector) -> dict[str, float]:
    """What the candidates of each value have together."""
    found: dict[str, float] = {}
    for share, index in zip(shares[:-1], asked.chosen, strict=True):
        value = asked.candidates[index].value
        found[value] = found.get(value, 0.0) + float(share)
    return found


def _together(asked: Asked, by_value: dict[str, float]) -> float:
    """What the likeliest value has with the other readings of its spans: that there is none is held against all of them."""
    best = max(by_value, key=lambda value: by_value[value])
    own = [asked.candidates[index] for index in asked.chosen]
    spans = {candidate.span for candidate in own if candidate.value == best}
    return sum(by_value[value] for value in {candidate.value for candidate in own if candidate.span in spans})


def _shares(asked: Asked) -> Vector:
    """Probabilities of the chosen candidates: of a list each its own, else in all 1 with that of *absent*, the last."""
    if not asked.chosen:
        return np.zeros(0) if asked.field.type is FieldType.LIST else np.ones(1)
    strengths = asked.weights.strengths(asked.model_scores(asked.chosen), asked.layout[asked.chosen])
    # The readings of one span share what the page and the model say of it.
    strengths += np.log([max(asked.candidates[index].likelihood, 1e-6) for index in asked.chosen])
    if asked.field.type is FieldType.LIST:
        return ranking.logistic(strengths - asked.weights.absent)
    return ranking.softmax(np.append(strengths, asked.weights.absent_strength(required=asked.field.required)))


def _limit(kind: FieldType, *, several: bool) -> int:
    if not several:
        return _ASKED_PER_PASSAGE
    if kind in _BY_FORM:
        return _ASKED_EVERY
    return _ASKED_NAMES if kind is FieldType.NAME else _ASKED_PER_PASSAGE_LIST


def _prune(
    weights: Weights,
    candidates: Sequence[Candidate],
    layout: Vector,
    where: Sequence[int],
    *,
    limit: int,
    several: bool,
) -> list[int]:
    """The candidates the page speaks for most, a number of distinct texts a passage."""
    unknown = np.zeros((len(candidates), len(ranking.MODEL_FEATURES)))  # the model was not asked yet
    strengths = weights.strengths(unknown, layout)
    worth = ranking.worth_asking(strengths, several=several)
    kept: list[int] = []
    texts: dict[int, set[str]] = {}
    for index in sorted(range(len(candidates)), key=lambda each: (-strengths[each], each)):
        if where[index] < 0 or not worth[index]:
            continue
        own = texts.setdefault(where[index], set())
        text = asked_text(candidates[index])
        if text in own or len(own) < limit:
            own.add(text)
            kept.append(index)
    return sorted(kept)


def choose(asked: Asked, document: Document, *, complete: bool) -> FieldResult:
    """The value of a field. ``complete``: the whole document was read, so what was not found is absent, not unread."""
    missing = FieldState.ABSENT if complete else FieldState.UNREAD
    several = asked.field.type is FieldType.LIST
    if not asked.chosen:
        return () if several else _nothing(asked.field, missing, 1.0 if complete else 0.0, ())
    shares = _shares(asked)
    if several:
        return _choose_several(asked, document, shares)
    by_value = _by_value(asked, shares)
    best: dict[str, int] = {}
    for place in np.argsort(-shares[:-1], kind="stable"):
        best.setdefault(asked.candidates[asked.chosen[place]].value, asked.chosen[place])
    ranked = sorted(by_value, key=lambda value: (-by_value[value], best[value]))
    runners = tuple(
        _runner_up(asked.candidates[best[value]], by_value[value], document) for value in ranked[: RUNNERS_UP + 1]
    )
    absent = float(shares[-1])
    if absent >= _together(asked, by_value):
        return _nothing(asked.field, missing, absent if complete else 0.0, runners[:RUNNERS_UP])
    return _found(asked.field, asked.candidates[best[ranked[0]]], by_value[ranked[0]], document, runners[1:])


def items(asked: Asked) -> int:
    """How many items a list has, whatever the field's ``max_items`` keeps; 0 for a field that is no list."""
    return len(_items(asked, _shares(asked))) if asked.field.type is FieldType.LIST else 0


def _items(asked: Asked, shares: Vector) -> list[tuple[float, int]]:
    """Every candidate that is more likely an item than not, best first; of spans that overlap, or name the same thing, the best."""
    taken: list[tuple[float, int]] = []
    order = sorted(zip(shares, asked.chosen, strict=True), key=lambda pair: (-pair[0], pair[1]))
    names: set[str] = set()
    for share, index in order:
        if share < _LIST_THRESHOLD:
            break
        candidate = asked.candidates[index]
        name = same_name(candidate.value) if asked.kind in _NAMED else candidate.value
        overlaps = any(_overlap(candidate.span, asked.candidates[other].span) for _, other in taken)
        if name and name not in names and not overlaps:
            names.add(name)
            taken.append((float(share), index))
    return taken


def _choose_several(asked: Asked, document: Document, shares: Vector) -> tuple[FieldValue, ...]:
    """The items of a list in reading order, at most ``max_items``."""
    taken = _items(asked, shares)[: asked.field.max_items]
    taken.sort(key=lambda pair: asked.candidates[pair[1]].span)
    order = sorted(zip(shares, asked.chosen, strict=True), key=lambda pair: (-pair[0], pair[1]))
    rest = [(float(share), index) for share, index in order if all(index != other for _, other in taken)][:RUNNERS_UP]
    runners = tuple(_runner_up(asked.candidates[index], share, document) for share, index in rest)
    return tuple(_found(asked.field, asked.candidates[index], share, document, runners) for share, index in taken)


# Written in several ways and still one; of any other type two values are two: 1.05 and 10.5, ab@x.org and a.b@x.org.
_NAMED = (
    FieldType.NAME,
    FieldType.ORGANISATION,
    FieldType.ADDRESS,
    FieldType.LINE,
    FieldType.TEXT,
    FieldType.BLOCK,
)
_LEGAL_FORMS = {"incorporated": "inc", "corporation": "corp", "company": "co", "limited": "ltd"}


def same_name(value: str) -> str:
    """A name reduced to what tells it from others: ``NIKE, Inc.`` and ``Nike Incorporated`` are one."""
    folded = unicodedata.normalize("NFKC", value).casefold().replace("&", " and ")
    words = regex.sub(r"[\p{P}\p{S}]", lambda match: " " if match.group() in "-/" else "", folded).split()
    return "".join(_LEGAL_FORMS.get(word, word) for word in words)


def _overlap(left: Span, right: Span) -> bool:
    return left.page == right.page and left.start < right.end and right.start < left.end


def _found(
    field: Field, candidate: Candidate, share: float, document: Document, runners: tuple[RunnerUp, ...]
) -> FieldValue:
    failed = candidate.failed
    if field.type is FieldType.IDENTIFIER and _TAX_NUMBER.search(" ".join((field.name, field.label, *field.near))):
        problem = tax_number_problem(candidate.text)
        failed = (*failed, problem) if problem else failed
    return FieldValue(
        value=candidate.value,
        text=candidate.text,
        state=FieldState.INVALID if failed else FieldState.FOUND,
        confidence=share * _legibility(candidate.span, document) * (_CHECK_FAILED if failed else 1.0),
        span=candidate.span,
        boxes=tuple(document.boxes(candidate.span)),
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


def _runner_up(candidate: Candidate, share: float, document: Document) -> RunnerUp:
    confidence = share * _legibility(candidate.span, document)
    return RunnerUp(candidate.text, candidate.value, confidence, candidate.span, tuple(document.boxes(candidate.span)))


def _legibility(span: Span, document: Document) -> float:
    """How sure the recognition was of a page that is a picture; 1 where the text was in the file."""
    recognised = document.page(span.page).ocr_confidence
    return 1.0 if recognised is None else recognised
