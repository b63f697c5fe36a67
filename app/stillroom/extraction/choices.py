"""Choices among a template's options, yes/no among them: what the document's own words say, and what the model does.

Six signs speak for an option. Its own words (its value, its synonyms) stand in the document; the words of its description do, or of a
topic that it names (``whole_words``); letters like theirs; what the model takes the text to be about is near to the option, and, where
it has read the options before, to one of the phrases that describe it (``subject``); the model finds the option more likely behind the
document than it does without one. The last three are held against the model's habits. Their weights ship as
``resources/choices.toml``. A model as small as the starter chooses by habit alone (of 18 German articles it put 1 into the right one
of 9 sections, and made the words' choice worse): it is asked to choose only where nothing else tells. Where nothing speaks for any
option, the fallback among them ("other") is taken; where there is none, and the field is not required, the choice is absent.
"""

from __future__ import annotations

import functools
import math
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Protocol

import numpy as np
import numpy.typing as npt

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page, Span
from stillroom.engine.protocol import Question, ScoreRequest, ScoreResult
from stillroom.extraction import questions, ranking
from stillroom.extraction.candidates import currencies, numbers
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.words import common_words
from stillroom.extraction.passages import Passage
from stillroom.extraction.plain_words import phrases
from stillroom.extraction.questions import Frame
from stillroom.extraction.result import FieldState, FieldValue, RunnerUp
from stillroom.extraction.subject import Embed, Embedding, examples_of, nearness, nearness_behind
from stillroom.extraction.ticks import Ticked, Ticks
from stillroom.extraction.whole_words import whole_words
from stillroom.templates.template import Field, FieldType, Option

TYPES = (FieldType.CHOICE, FieldType.YES_NO)
_YES_NO = (Option("yes"), Option("no"))
_RUNNERS_UP = 4
MOST_ASKED = 12
"""Options that the model is asked about: of 77 the list alone is longer than most messages, and words tell more."""
# And in the first passages only: what a document is about stands at its beginning, and its words count wherever they stand.
_ASKED_PASSAGES = 3
# A synonym that somebody listed, against a word of the option's name, which may mean anything: no model is nearer than that.
_SYNONYM = 12.0
_MOST = 0.97  # for a sign beside the amounts, where no other option's is anywhere
# That nothing is said is no proof that none of the options is meant, however many there are; that another is said nearly is.
_NONE_SAID, _NONE = 0.6, 0.9
_LIKELY = 0.5  # from where nearness alone fills a field that may be empty
# Of two answers one is always near enough: that tells which it would be, not whether anything is said of it.
_FEW = 2
_ODDS = 1e-3
_A_SHADE = 1e-6  # more, which settles what is even and moves nothing else
_SURE = 0.9
"""Most that likeness of words is worth; where it is that already, the model is not asked."""
Vector = npt.NDArray[np.float64]


class ChoosingEngine(Protocol):
    """What choosing among options needs of an engine."""

    def score(self, request: ScoreRequest, *, cancellation: Cancellation | None = None) -> ScoreResult: ...


@dataclass(frozen=True, slots=True)
class Weights:
    """What each sign is worth, in the order of ``Look.signs``; and what the strongest option's confidence is made of.

    Attributes:
        least: likeness of words below which nothing speaks for an option.
        certain, share, own: log odds that the strongest option is right: a constant, by the log odds of its share among the options,
            and where its own words stand in the document.
    """

    literal: float
    words: float
    model: float
    fallback: float
    near: float
    whole: float
    behind: float
    least: float
    certain: float
    share: float
    own: float

    def strengths(self, signs: Vector, literal: Vector) -> Vector:
        """How much speaks for each option of a choice, by its ``Look.signs`` and its ``Look.literal``."""
        found: Vector = signs @ self.worth() + _SYNONYM * (literal > 1.0)
        return found

    def worth(self) -> Vector:
        """Of the signs, in their order."""
        return np.array([getattr(self, name) for name in SIGNS])


SIGNS = ("literal", "words", "model", "fallback", "near", "whole", "behind")
"""The columns of ``Look.signs``."""


@functools.cache
def weights() -> Weights:
    """The fitted weights."""
    return Weights(**paths.resource_tables("choices"))


class Choices:
    """A chooser among options, with one engine."""

    def __init__(self, engine: ChoosingEngine) -> None:
        self._engine = engine
        self._habits: tuple[Frame, dict[Field, Vector]] | None = None

    def look(
        self,
        fields: Sequence[Field],
        document: Document,
        parts: Sequence[Passage],
        frame: Frame,
        *,
        parameters: int = 0,
        subject: Embedding | None = None,
        among: Mapping[str, Embedding] | None = None,
        embed: Embed | None = None,
        cancellation: Cancellation | None = None,
    ) -> dict[str, Looked]:
        """What speaks for the options of the choices among these fields (others are passed over), by name.

        ``parts``: passages of the document; ``parameters``: of the model; ``subject``: its embedding of the document's beginning, to be
        held against those of the options (``embed``); ``among``: the same behind the options, by name. Raises EngineError, Cancelled.
        """
        behind = among or {}
        ticks = Ticks(document, fields) if any(field.type in TYPES for field in fields) else None

        def embedded(text: str, *, lasting: bool = False, examples: str = "") -> Embedding | None:
            # Of a template that is new there are many texts.
            if cancellation is not None:
                cancellation.raise_if_requested()
            return embed(text, lasting=lasting, examples=examples) if embed is not None else None

        looked = {
            field: Look.at(field, document, ticks, cancellation).told(subject, embedded, behind.get(field.name))
            for field in fields
            if field.type in TYPES
        }
        if not parts:
            return {field.name: Looked(None, np.zeros(0)) for field in looked}
        model = self.model_says(
            [field for field, look in looked.items() if look.asks(parameters)], parts, frame, cancellation
        )
        return {field.name: Looked(look, model.get(field, _silent(look.options))) for field, look in looked.items()}

    def model_says(
        self,
        fields: Sequence[Field],
        parts: Sequence[Passage],
        frame: Frame,
        cancellation: Cancellation | None = None,
    ) -> dict[Field, Vector]:
        """How much the model is for each option of some fields; of a choice against what it says without a document."""
        said: dict[Field, list[Vector]] = {field: [] for field in fields}
        for part in parts[:_ASKED_PASSAGES] if fields else ():
            if cancellation is not None:
                cancellation.raise_if_requested()
            for field, scores in zip(fields, self._said(fields, frame, part.text, cancellation), strict=True):
                said[field].append(scores - scores.max())
        habits = self._without_document([each for each in fields if each.type is FieldType.CHOICE], frame, cancellation)
        means = {field: np.mean(scores, axis=0) for field, scores in said.items() if scores}
        return {field: contrast(mean, habits[field]) if field in habits else mean for field, mean in means.items()}

    def _said(
        self, fields: Sequence[Field], frame: Frame, text: str, cancellation: Cancellation | None
    ) -> list[Vector]:
        """Log probability of every option of each field after a text."""
        put = []
        for field in fields:
            question, lead, end = questions.choice_question(field)
            put.append(Question(frame.suffix(question, lead), tuple(option.value for option in options(field)), end))
        request = ScoreRequest(prefix=frame.prefix(text), questions=tuple(put))
        return [np.array(row) for row in self._engine.score(request, cancellation=cancellation).scores]

    def _without_document(
        self, fields: Sequence[Field], frame: Frame, cancellation: Cancellation | None
    ) -> dict[Field, Vector]:
        """What the model says of each option where it has no document to go by; asked once a template."""
        if self._habits is None or self._habits[0] != frame:
            self._habits = (frame, {})
        known = self._habits[1]
        fresh = [field for field in fields if field not in known]
        if fresh:
            known.update(zip(fresh, self._said(fresh, frame, "", cancellation), strict=True))
        return known


def options(field: Field) -> tuple[Option, ...]:
    """The answers of a choice or a yes/no field."""
    return _YES_NO if field.type is FieldType.YES_NO else field.options


def log_odds(share: float) -> float:
    """Of a share among options, however small the rest."""
    return math.log((share + _ODDS) / (1 - share + _ODDS))


def has_subject(field: Field) -> bool:
    """Whether what a text is about tells a field's options apart."""
    return field.type is FieldType.CHOICE and not are_codes(field.options)


def examples(field: Field) -> str:
    """What a model reads before a text that is to be told by this field: its options. Empty where they are too many, or do not tell."""
    if not has_subject(field) or len(field.options) > MOST_ASKED:
        return ""
    named = [(option, option.value.replace("_", " ")) for option in field.options if not is_fallback(option)]
    return examples_of([(option.description or name, name) for option, name in named])


def has_many_phrases(field: Field) -> bool:
    """Whether the phrases of a field's options are more than are read in an instant."""
    return sum(len(_phrases(option)) for option in field.options) > _MANY_PHRASES


def contrast(said: Vector, habit: Vector) -> Vector:
    """How much more the model says an option behind a document than without one, against the mean of all options."""
    difference: Vector = said - habit
    centred: Vector = difference - difference.mean()
    return centred


@dataclass(frozen=True, slots=True)
class Look:
    """What a document says of a choice without a model.

    Attributes:
        evidence: by option, where its own words stand, the most telling first.
        literal: by option, how much those speak for it: 0 where there are none, up to 1, and 1 more with a synonym that somebody listed.
        likeness: by option, how much of its words and description the document has.
        telling: by option, whether a whole word is among those, however bent, not letters alone that many words share.
        places: by option, the word of the document that says most of its likeness.
        whole: by option, how many whole words of it the document has (see ``whole_words``).
        near: by option, how near what the text is about is to it, by the loaded model (see ``subject.nearness``); zeros without one.
        behind: by option, how near that is to one of its phrases, read behind the options (see ``subject.nearness_behind``); where they
            are too many for that, ``near``.
        boxes: how sure it is that boxes of a form say it, 0 to 1: what is ticked counts then, and nothing else (see ``ticks``); 0 where
            there are none.
    """

    field: Field
    options: tuple[Option, ...]
    evidence: tuple[tuple[Span, ...], ...]
    literal: Vector
    likeness: Vector
    telling: tuple[bool, ...]
    places: tuple[Span | None, ...]
    near: Vector
    whole: Vector
    behind: Vector
    boxes: float = 0.0

    @classmethod
    def at(
        cls,
        field: Field,
        document: Document,
        ticks: Ticks | None = None,
        cancellation: Cancellation | None = None,
    ) -> Look:
        """``ticks``: the boxes of the document, where the template's other fields are known. Raises Cancelled."""
        if cancellation is not None:
            cancellation.raise_if_requested()
        answers = options(field)
        ticked = (ticks or Ticks(document, (field,))).of(field, answers)
        if ticked is not None:
            return cls._ticked(field, answers, ticked)
        lowered = [page.text.lower() for page in document.pages]
        found = [_evidence(option, document, lowered) for option in answers]
        codes = are_codes(answers)
        shared: Vector = np.zeros(len(answers))
        beside = any(near for spans in found for near, _ in spans)
        if codes and not beside and all(option.value in currencies.codes() for option in answers):
            by_amounts, may = _of_amounts(answers, document, cancellation)
            if not any(found):
                found, shared = by_amounts, may
            elif _have_signs(document):
                # A word of the text ("your dollars") is none where the amounts stand beside signs that cannot mean it.
                found = (
                    by_amounts
                    if any(by_amounts)
                    else [spans if by else [] for spans, by in zip(found, may, strict=True)]
                )
        counts = np.array([math.log1p(sum(3.0 if near else 1.0 for near, _ in spans)) for spans in found])
        if codes and counts.any():
            counts[_first_of_most(counts, found)] *= 1.0 + _A_SHADE
        literal = counts / counts.sum() if codes and counts.any() else np.minimum(1.0, counts)
        if not codes:
            literal = literal + np.array(list(map(_has_synonym, answers, found, repeat(document))))
        evidence = tuple(tuple(span for _, span in spans) for spans in found)
        likeness = shared
        places: list[Span | None] = [None] * len(answers)
        telling = [False] * len(answers)
        whole: Vector = np.zeros(len(answers))
        if field.type is FieldType.CHOICE and not codes:
            likeness, places = _likeness(answers, document)
            telling = _telling(answers, document)
            whole = whole_words([_words(option) for option in answers], "\n".join(page.text for page in document.pages))
        none: Vector = np.zeros(len(answers))
        return cls(field, answers, evidence, literal, likeness, tuple(telling), tuple(places), none, whole, behind=none)

    @classmethod
    def _ticked(cls, field: Field, answers: tuple[Option, ...], ticked: Ticked) -> Look:
        """Of a form with boxes nothing else counts: the words of all options stand there, whichever is meant."""
        none: Vector = np.zeros(len(answers))
        meant = np.array([0.0 if span is None else 1.0 for span in ticked.options])
        evidence = tuple(() if span is None else (span,) for span in ticked.options)
        unsaid = (False,) * len(answers)
        return cls(field, answers, evidence, meant, none, unsaid, (None,) * len(answers), none, none, none, ticked.sure)

    def told(self, subject: Embedding | None, embed: Embed | None, among: Embedding | None = None) -> Look:
        """The same with what a model takes the text to be about, and what it does behind the options (``among``)."""
        if subject is None or embed is None or not has_subject(self.field) or self.boxes:
            return self
        near = nearness(subject, ["" if is_fallback(each) else _in_words(each) for each in self.options], embed)
        if near is None:
            return self
        before = examples(self.field)
        behind = nearness_behind(among, list(map(_phrases, self.options)), before, embed) if among and before else None
        if not before:
            behind = near
        return replace(self, near=near, behind=np.zeros(len(near)) if behind is None else behind)

    @property
    def nearness(self) -> Vector:
        """``near`` and ``behind``, a row each."""
        return np.array([self.near, self.behind])

    def less(self, usual: Vector | None) -> Look:
        """The same, held against the ``nearness`` of the documents of its run."""
        if self.boxes or usual is None or usual.shape != (2, len(self.near)):
            return self
        return replace(self, near=self.near - usual[0], behind=self.behind - usual[1])

    def asks(self, parameters: int) -> bool:
        """Whether a model of this size is to be asked: where it may know better, and the list of options is not too long."""
        if self.boxes:
            return False
        if self.field.type is FieldType.YES_NO:
            return True
        if len(self.options) > MOST_ASKED:
            return False
        if not self.hints:
            known = any(map(is_fallback, self.options)) or (self.near.any() and parameters <= ranking.LARGEST_FITTED)
            return self.field.required and not known
        return parameters > ranking.LARGEST_FITTED and float(self.shares(_silent(self.options)).max()) < _SURE - 0.01

    def signs(self, model: Vector) -> Vector:
        """A row an option: its own words, likeness of words, what the model says, whether it is the fallback, how near it is, how
        many whole words it has, how near it is behind the options."""
        most = float(self.likeness.max()) if self.hints else 0.0
        words = np.log(np.maximum(self.likeness / most, _LEAST_LIKE)) if most else np.zeros(len(self.options))
        literal, whole = np.minimum(1.0, self.literal), np.log1p(self.whole)
        return np.column_stack((literal, words, model, self._fallbacks(), self.near, whole, self.behind))

    def strengths(self, model: Vector) -> Vector:
        """How much speaks for each option."""
        if self.field.type is FieldType.YES_NO:
            given = ranking.weights_for(self.field.type)
            told: Vector = given.features[0] * model + given.features[len(ranking.MODEL_FEATURES)] * self.literal
            return told
        return weights().strengths(self.signs(model), self.literal)

    def shares(self, model: Vector) -> Vector:
        """Probabilities of the options."""
        if self.boxes:
            ticked = self.literal > 0
            share = np.where(ticked, self.boxes / max(1, ticked.sum()), 0.0)
            left: Vector = share + np.where(ticked, 0.0, (1.0 - share.sum()) / max(1, (~ticked).sum()))
            return left
        strengths = self.strengths(model)
        if self.field.type is FieldType.YES_NO:
            return ranking.softmax(strengths)
        known = weights()
        shares = ranking.softmax(strengths)
        order = np.argsort(-strengths, kind="stable")
        first = order[0]
        if are_codes(self.options):
            sure = (
                _MOST * float(self.literal[first] / self.literal.sum()) if self.literal.any() else float(shares[first])
            )
        else:
            odds = (
                known.certain
                + known.share * log_odds(float(shares[first]))
                + known.own * min(1.0, float(self.literal[first]))
            )
            sure = min(_SURE, float(ranking.logistic(np.array([odds]))[0]))
        # The others keep their order and what they have of the rest.
        rest = max(1e-12, 1.0 - float(shares[first]))
        result: Vector = shares * min((1.0 - sure) / rest, sure / max(1e-12, float(shares[order[-1]])))
        if len(order) > 1 and result[order[1]] > 0.99 * sure:
            result *= 0.99 * sure / result[order[1]]
        result[first] = sure
        return result

    def _fallbacks(self) -> Vector:
        """1 for an option that stands for all others, where nothing speaks for one of those; else 0."""
        return np.array([float(is_fallback(option) and not self.hints) for option in self.options])

    @property
    def hints(self) -> bool:
        """Whether anything at all in the document is like an option."""
        return self.speaks or float(self.likeness.max()) >= weights().least

    @property
    def speaks(self) -> bool:
        """Whether a word of the document speaks for an option."""
        return bool(self.literal.any()) or any(self.telling)

    def choose(
        self,
        model: Vector,
        document: Document,
        *,
        complete: bool,
        learned: Callable[[str, Vector], tuple[Vector, float] | None] | None = None,
        usual: Vector | None = None,
    ) -> FieldValue:
        """The option that most speaks for, the places that do, and the runners-up. ``learned``, ``usual``: see Looked.choose."""
        if self.boxes and not self.literal.any():
            return _nothing(self.field, self.boxes, complete=complete)
        told = learned if learned is not None and not self.boxes else None
        taught = told(self.field.name, self.strengths(model)) if told is not None else None
        shares = self.less(usual).shares(model) if taught is None else _as_sure(*taught)
        order = sorted(range(len(shares)), key=lambda index: (-shares[index], index))
        found = [self._place(index) for index in order[: _RUNNERS_UP + 1]]
        runners = tuple(
            RunnerUp(
                document.text(span) if span else "",
                self.options[index].value,
                float(shares[index]),
                span,
                tuple(document.boxes(span)) if span else (),
            )
            for index, span in zip(order, found, strict=False)
        )
        fallback = any(is_fallback(option) for option in self.options)
        likely = self.near.any() and len(self.options) > _FEW and float(shares[order[0]]) >= _LIKELY
        spoken = self.field.required or fallback or self.speaks or likely or taught is not None
        if self.field.type is FieldType.CHOICE and not spoken:
            none = _NONE if self._is_another(document) else _NONE_SAID
            left = [replace(each, confidence=(1.0 - none) * each.confidence) for each in runners[:_RUNNERS_UP]]
            return _nothing(self.field, none, complete=complete, runners=tuple(left))
        best = runners[0]
        return FieldValue(
            self.options[order[0]].value,
            best.text,
            FieldState.FOUND,
            best.confidence,
            best.span,
            best.boxes,
            runners[1:],
        )

    def _is_another(self, document: Document) -> bool:
        """Whether the options are currencies, and amounts stand in one that is none of them."""
        own = {option.value for option in self.options}
        if not own <= currencies.codes():
            return False
        meant = [amount.currencies for amount in _signed(document)]
        return bool(meant) and not any(own.intersection(each) for each in meant)

    def _place(self, index: int) -> Span | None:
        return self.evidence[index][0] if self.evidence[index] else self.places[index]


@dataclass(frozen=True, slots=True)
class Looked:
    """What speaks for the options of a choice: ``look`` without a model (None: nothing of the document can be read), ``said`` with it."""

    look: Look | None
    said: Vector

    def choose(
        self,
        field: Field,
        document: Document,
        *,
        complete: bool,
        learned: Callable[[str, Vector], tuple[Vector, float] | None] | None = None,
        usual: Vector | None = None,
    ) -> FieldValue:
        """The option that is taken.

        ``complete``: the whole document was read, so that what was not found is absent, not unread. ``learned``: of a field's name and
        the strengths of its options, what documents that a person corrected make of them: probabilities, and how sure the
        first is. ``usual``: the nearness of the documents of its run to each option, for where nothing was learned.
        """
        if self.look is None:
            return _nothing(field, 1.0, complete=complete)
        return self.look.choose(self.said, document, complete=complete, learned=learned, usual=usual)


def _as_sure(shares: Vector, sure: float) -> Vector:
    """The shares with this of the first, the others in their order with the rest."""
    first = int(shares.argmax())
    rest = float(shares.sum() - shares[first])
    others = np.delete(shares, first)
    most = float(others.max()) / rest if rest > 0 else 0.0
    # No other may come out before it.
    factor = min(1.0 - sure, 0.99 * sure / most if most else 0.0)
    result: Vector = shares * (factor / rest if rest > 0 else 0.0)
    result[first] = sure
    return result


_FALLBACKS = re.compile(
    r"(?:\W|_)*(?:other|others|misc|miscellaneous|none|none of (?:these|the above|the kind)|anything else|something else|"
    r"everything else|nothing of the kind|unknown|general|sonstiges?|andere[sr]?|keine[sr]?|übriges|autres?|divers|aucune?|"
    r"otr[oa]s?|ningun[oa]|altr[oi]|nessun[oa]|outr[oa]s?|nenhum[a]?|overige?|anders|geen|övrigt|annat|andet|annet|muu|inne|"
    r"jin[ée]|egyéb|altele|diğer|другое|прочее|інше|άλλο|その他|其他|기타|أخرى)(?:\W|_)*",
    re.IGNORECASE,
)


def is_fallback(option: Option) -> bool:
    """Whether an option stands for whatever the others do not: "other", "none of these"."""
    return any(_FALLBACKS.fullmatch(text) is not None for text in (option.value, option.description))


def _silent(answers: Sequence[Option]) -> Vector:
    """What a model says that was not asked."""
    return np.zeros(len(answers))


def are_codes(answers: Sequence[Option]) -> bool:
    """Whether the options are signs like EUR and USD, which stand as they are beside amounts or not at all."""
    return all(option.value.isupper() and 1 < len(option.value) <= 4 for option in answers)


def _evidence(option: Option, document: Document, lowered: Sequence[str]) -> list[tuple[bool, Span]]:
    """Where the option's own words stand in the document, and whether beside a number: those first.

    ``lowered``: the texts of its pages in small letters, in which a word is looked for before its surroundings are.
    """
    found = {}
    for word in (option.value, option.value.replace("_", " "), *option.synonyms):
        left, right = _bounds(word)
        flags = 0 if word.isupper() and len(word) <= 4 else re.IGNORECASE
        pattern = re.compile(left + r"\s+".join(re.escape(part) for part in word.split()) + right, flags)
        first = word.split()[0].lower()
        for page, small in zip(document.pages, lowered, strict=True):
            if first not in small:
                continue
            for match in pattern.finditer(page.text):
                start, end = match.span()
                if option.value in currencies.codes() and currencies.is_of_another(page.text, start, end, option.value):
                    continue
                beside = _BEFORE.search(page.text[max(0, start - 3) : start]) or _BEHIND.match(page.text[end : end + 4])
                found[Span(page.number, start, end)] = beside is not None
    # "US$" is one sign, not that and "$".
    whole = _without_pieces(found) if option.value in currencies.codes() else found
    return sorted(((found[span], span) for span in whole), key=lambda each: (not each[0], each[1]))


def _without_pieces(spans: Iterable[Span]) -> list[Span]:
    """The spans that lie in no other."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.page, each.start, -each.end)):
        if not (kept and kept[-1].page == span.page and span.end <= kept[-1].end):
            kept.append(span)
    return kept


def _has_synonym(option: Option, found: Sequence[tuple[bool, Span]], document: Document) -> bool:
    """Whether a synonym of an option is among what was found of it."""
    synonyms = {" ".join(word.casefold().split()) for word in option.synonyms}
    return any(" ".join(document.text(span).casefold().split()) in synonyms for _, span in found)


def _first_of_most(counts: Vector, found: Sequence[Sequence[tuple[bool, Span]]]) -> int:
    """Of the options that are named most often, the one that is named first: "HK$1,050.00 (approx. US$134.60)"."""
    most = [index for index, count in enumerate(counts) if count == counts.max()]
    return min(most, key=lambda index: (found[index][0][1].page, found[index][0][1].start))


def _of_amounts(
    answers: Sequence[Option], document: Document, cancellation: Cancellation | None = None
) -> tuple[list[list[tuple[bool, Span]]], Vector]:
    """The same by the amounts of a document: their signs and words stand for more currencies than a template lists words of.

    A sign of several options speaks for none; which of them it may be is the second.
    """
    may = np.zeros(len(answers))
    found: dict[str, dict[tuple[bool, Span], None]] = {option.value: {} for option in answers}
    scripts: dict[int, str] = {}
    for amount in _signed(document, cancellation):
        own, page = amount.currencies, amount.span.page
        if len(own) > 1:
            if page not in scripts:
                scripts[page] = currencies.by_script(document.page(page).text)
            own = (scripts[page],) if scripts[page] in own else own
        meant = own[0] if len(own) == 1 else ""
        may += [float(option.value in own) for option in answers]
        if meant in found:
            found[meant][True, amount.span] = None
    return [list(each) for each in found.values()], np.minimum(1.0, may)


def _have_signs(document: Document) -> bool:
    """Whether amounts stand beside the sign or the code of a currency."""
    return bool(_signed(document))


def _signed(document: Document, cancellation: Cancellation | None = None) -> tuple[Candidate, ...]:
    """The amounts that stand beside the sign or the code of a currency."""
    return _SIGNED.of(document, cancellation)


class _SignedAmounts:
    """What the last documents have of them. Safe from any thread."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[int, str], ...], tuple[Candidate, ...]] = {}
        self._lock = threading.Lock()

    def of(self, document: Document, cancellation: Cancellation | None) -> tuple[Candidate, ...]:
        pages = tuple((page.number, page.text) for page in document.pages)
        with self._lock:
            known = self._known.get(pages)
        if known is None:
            known = tuple(self._found(pages, cancellation))
            with self._lock:
                self._known[pages] = known
                while len(self._known) > _DOCUMENTS:
                    del self._known[next(iter(self._known))]
        return known

    @staticmethod
    def _found(pages: Sequence[tuple[int, str]], cancellation: Cancellation | None) -> Iterator[Candidate]:
        amounts = (amount for number, text in pages for amount in numbers.amounts(Page(number, text)))
        for number, amount in enumerate(amounts):
            if cancellation is not None and not number % _BETWEEN_STOPS:
                cancellation.raise_if_requested()
            if amount.currencies:
                yield amount


_DOCUMENTS = 4  # that are held: of one field after the other, and when it is decided
_BETWEEN_STOPS = 1000  # amounts
_SIGNED = _SignedAmounts()


def _bounds(word: str) -> tuple[str, str]:
    """What may not stand beside a word. A figure may touch a short one ("1250zł"); scripts without spaces are told by their own signs."""
    if _WITHOUT_SPACES.search(word):
        return r"(?<![\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])", r"(?![\u3400-\u9fff\uac00-\ud7af])"
    left, right = (r"(?<![^\W\d])", r"(?![^\W\d])") if len(word) <= 4 else (r"(?<!\w)", r"(?!\w)")
    return left if word[:1].isalnum() else "", right if word[-1:].isalnum() else ""


_BEFORE = re.compile(r"\d\s?[.:]?\s?$")
_BEHIND = re.compile(r"\s?[-+]?\s?\d")


# Likeness of words


def _likeness(answers: Sequence[Option], document: Document) -> tuple[Vector, list[Span | None]]:
    """How much of each option's words the document has, rare ones among the options most, and the word that says most.

    Words are compared by four letters at a time, so that they may be bent ("transferred", "Transfers") and compounded.
    """
    bags = [_bag(option) for option in answers]
    among: dict[str, float] = {}
    for bag in bags:
        for part, weight in bag.items():
            among[part] = among.get(part, 0.0) + min(1.0, weight)
    rarity = {part: math.log((len(bags) + 1) / count) for part, count in among.items()}
    seen: Counter[str] = Counter()
    first: dict[str, Span] = {}
    for page in document.pages:
        for match in _WORD.finditer(page.text):
            if match.group().casefold() in common_words():
                continue
            for part in _parts(match.group()) & rarity.keys():
                seen[part] += 1
                first.setdefault(part, Span(page.number, *match.span()))
    likeness = np.zeros(len(bags))
    places: list[Span | None] = []
    for number, bag in enumerate(bags):
        size = math.sqrt(sum((rarity[part] * weight) ** 2 for part, weight in bag.items())) or 1.0
        own: dict[Span, float] = {}
        for part in bag.keys() & seen.keys():
            worth = rarity[part] * bag[part] * (1 + math.log(seen[part])) / size
            likeness[number] += worth
            own[first[part]] = own.get(first[part], 0.0) + worth
        places.append(max(own, key=lambda span: (own[span], span), default=None))
    return likeness, places


def _telling(answers: Sequence[Option], document: Document) -> list[bool]:
    """Whether the document has a word of each option: most of its letters, of one that is long enough to mean something."""
    seen = {match.group().casefold() for page in document.pages for match in _WORD.finditer(page.text)} - common_words()
    own = [_parts(word) for word in seen if len(word) >= _MEANING or _WITHOUT_SPACES.search(word)]
    found = []
    for option in answers:
        wanted = [_parts(word) for word in _words(option) if len(word) >= _MEANING or _WITHOUT_SPACES.search(word)]
        found.append(any(len(each & parts) >= _SHARED * min(len(each), len(parts)) for each in wanted for parts in own))
    return found


_MEANING = 5
_SHARED = 0.6
_WORD = re.compile(r"[^\W_]+")
_VALUE = 2.0  # how much the words of an option's value count against those of its description
_TOPIC = 0.5  # and the words of a topic that it names
_LEAST_LIKE = 0.3  # of the likeness of the best: what is less like it is no less likely
_LETTERS = 4
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


def _bag(option: Option) -> dict[str, float]:
    """The parts of an option's words, with what they count."""
    bag: dict[str, float] = {}
    for word, weight in _words(option).items():
        for part in _parts(word):
            bag[part] = max(bag.get(part, 0.0), weight)
    return bag


@functools.lru_cache(maxsize=1000)
def _words(option: Option) -> dict[str, float]:
    """An option's words in small letters, without those of every text, with what they count; none of one that stands for all others."""
    if is_fallback(option):
        return {}
    texts = _texts(option)
    said = [(texts[0], _VALUE), *((text, 1.0) for text in texts[1:])]
    words: dict[str, float] = {}
    for text, weight in [*said, *((word, _TOPIC) for word in _topic_words(tuple(texts)))]:
        for match in _WORD.finditer(text.casefold()):
            if match.group() not in common_words():
                words[match.group()] = max(words.get(match.group(), 0.0), weight)
    return words


def _texts(option: Option) -> list[str]:
    """An option's value, its description where that says more, and its synonyms."""
    name = option.value.replace("_", " ")
    described = [] if option.description.casefold() == name.casefold() else [option.description]
    return [name, *described, *option.synonyms]


_MOST_PHRASES = 6
_MANY_PHRASES = 16  # of a field: more take longer than a page
_SHORTEST_PHRASE = 3  # letters


def _phrases(option: Option) -> list[str]:
    """The name of an option and the phrases of its description, not too many; none of one that stands for all others."""
    if is_fallback(option):
        return []
    texts = [option.value.replace("_", " ")]
    texts += [phrase for phrase in phrases(option.description) if len(phrase) >= _SHORTEST_PHRASE]
    return list({text.casefold(): text for text in texts}.values())[:_MOST_PHRASES]


def _in_words(option: Option) -> str:
    """An option as a text: its name, and what it means."""
    name = option.value.replace("_", " ")
    return name if option.description.casefold() in ("", name.casefold()) else f"{name}: {option.description}"


@functools.cache
def _topic_words(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The words of the topics that these texts name: the first, an option's value, by any name, the others by one long enough."""
    spoken = [f" {' '.join(_WORD.findall(text.casefold()))} " for text in texts]

    def named(name: str) -> bool:
        wanted = f" {' '.join(_WORD.findall(name.casefold()))} "
        return any(wanted in text for text in (spoken if len(name) >= _MEANING else spoken[:1]))

    return tuple(
        word
        for topic in _topics().values()
        if any(map(named, topic["names"]))
        for language, words in topic.items()
        if language != "names"
        for word in words
    )


@functools.cache
def _topics() -> dict[str, dict[str, list[str]]]:
    return paths.resource_tables("topics")


def _parts(word: str) -> set[str]:
    """Four letters at a time of a word with its ends marked; two of a script that sets no spaces."""
    letters = _LETTERS
    if _WITHOUT_SPACES.search(word):
        letters = 2
    else:
        word = f"^{word.casefold()}$"
    return {word[at : at + letters] for at in range(max(1, len(word) - letters + 1))}


def _nothing(field: Field, confidence: float, *, complete: bool, runners: tuple[RunnerUp, ...] = ()) -> FieldValue:
    checks = ("This field is required, and no value was found.",) if field.required else ()
    state = FieldState.ABSENT if complete else FieldState.UNREAD
    return FieldValue(None, "", state, confidence if complete else 0.0, candidates=runners, failed_checks=checks)
