"""Likeness: how far words beside a value say what a field is called, where no list has them as its label.

A form asks for the "Date Reported" or the "Narne of Registrant"; the field is called ``report_date`` or ``registrant_name``. Words count
by how many of the template's fields share them, whatever their endings, and though recognition took a letter for another.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from dataclasses import dataclass

from stillroom.extraction import concepts
from stillroom.extraction.candidates.words import places
from stillroom.templates.template import Field

_LONGEST = 5  # words of a label before a value on its line
_LONGEST_TEXT = 300  # characters of a question
_LATER = 0.4  # how much less the last words of a question say than its first
_ALIKE = 0.85  # of a word that differs in a letter
_AKIN = 0.6  # of one with another ending: "reported" and "report"
_RUN_TOGETHER = 0.8  # of one that stands in another: "nameofregistrant"
_DESCRIBED = 0.35  # of a word of the description
_CUT_SHORT = 0.7  # of one that is cut short with a point
_POINT = "."
_GENERAL = 0.5  # of "date", "name", "number": many labels hold them
_PARTLY = 0.6
_SHORTEST = 3
_STEM = 4
_FUZZY = 5
_WITHIN = 6
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class _Wording:
    """A way in which a field is called: its words, and how much each counts."""

    field: str
    words: dict[str, float]

    @property
    def weight(self) -> float:
        return sum(self.words.values())


class Likeness:
    """How far texts are like what the fields of a template are called."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        own = {field.name: _names(field) for field in fields}
        shared = Counter(word for words in own.values() for word in {each for wording in words for each in wording})
        self._wordings: list[_Wording] = []
        # The wordings that a word stands in, and those of the fields that it describes.
        self._naming: dict[str, list[int]] = {}
        self._describing: dict[str, list[int]] = {}
        for field in fields:
            described = {word.removesuffix(_POINT) for word in content_words(concepts.NOT.split(field.description)[0])}
            for words in own[field.name]:
                number = len(self._wordings)
                wording = _Wording(field.name, {word: _weight(word, shared[word]) for word in words})
                self._wordings.append(wording)
                for word in wording.words:
                    self._naming.setdefault(word, []).append(number)
                for word in described - set(wording.words):
                    self._describing.setdefault(word, []).append(number)
        self._words = frozenset((*self._naming, *self._describing))
        self._by_start: dict[str, list[str]] = {}
        for word in sorted(self._words):
            self._by_start.setdefault(word[0], []).append(word)
        self._long = [word for word in sorted(self._words) if len(word) >= _WITHIN]
        self._matched: dict[str, dict[str, float]] = {}
        self._scores: dict[tuple[str, ...], dict[str, float]] = {}
        self._contents: dict[str, tuple[str, ...]] = {}
        # What was told of a field before: lines of one table, or of a log, begin alike.
        self._before: dict[tuple[str, tuple[str, ...]], tuple[float, float]] = {}

    def before(self, name: str, text: str) -> tuple[float, float]:
        """How far the end of a text, before a value, is like this field, and how much farther like another one; 0 to 1 each."""
        words = self._content(text[-120:])[-_LONGEST:]
        known = self._before.get((name, words))
        if known is None:
            if len(self._before) > _REMEMBERED:
                self._before.clear()
            found = [self._both(name, words[start:]) for start in range(len(words))]
            own, rival = max((own for own, _ in found), default=0.0), max((rival for _, rival in found), default=0.0)
            known = self._before[name, words] = own, rival
        return known

    def of_cell(self, name: str, text: str) -> tuple[float, float]:
        """The same of a whole text, as of a cell of its own."""
        return self._both(name, self._content(text[:120]))

    def within(self, name: str, text: str) -> tuple[float, float]:
        """The same of what a longer text speaks of: the run of a few words that is likest this field, and how much farther to another."""
        words = content_words(text[:_LONGEST_TEXT])
        told: dict[str, float] = {}
        for start in range(len(words)):
            first = 1.0 - _LATER * start / len(
                words
            )  # "list every principal whom you serve for the registrant" asks for principals
            for end in range(start + 1, min(len(words), start + _LONGEST) + 1):
                for other, score in self._score(tuple(words[start:end])).items():
                    told[other] = max(told.get(other, 0.0), first * score)
        own = told.pop(name, 0.0)
        return own, max(0.0, max(told.values(), default=0.0) - own)

    def label(self, text: str) -> float:
        """How far a text is what any field is called and little else: it is a label then, and no value."""
        words = self._content(text[:120])
        if not words or not any(self._is_named(word) for word in words):
            return 0.0
        best = max(self._score(words).values(), default=0.0)
        return max(0.0, (best - _PARTLY) / (1 - _PARTLY))

    def _content(self, text: str) -> tuple[str, ...]:
        """See ``content_words``: of a text that is held against one field after the other, looked up once."""
        known = self._contents.get(text)
        if known is None:
            if len(self._contents) > _REMEMBERED:
                self._contents.clear()
            known = self._contents[text] = tuple(content_words(text))
        return known

    def _is_named(self, word: str) -> bool:
        """Whether a word, not a part of it, is of what a field is called: "Musterlieferant" is a name."""
        return any(other in self._naming and share != _RUN_TOGETHER for other, share in self._matches(word).items())

    def _both(self, name: str, words: tuple[str, ...]) -> tuple[float, float]:
        scores = self._score(words)
        own = scores.get(name, 0.0)
        others = max((score for other, score in scores.items() if other != name), default=0.0)
        return own, max(0.0, others - own)

    def _score(self, words: tuple[str, ...]) -> dict[str, float]:
        known = self._scores.get(words)
        if known is None:
            if len(self._scores) > _REMEMBERED:
                self._scores.clear()
                self._matched.clear()
            known = self._scores[words] = self._fit([self._matches(word) for word in words])
        return known

    def _fit(self, matches: list[dict[str, float]]) -> dict[str, float]:
        """Of each field the best of its wordings: how much of the text they are, and how much of them the text is."""
        told: dict[int, dict[int, float]] = {}
        reached: dict[int, dict[str, float]] = {}
        besides: dict[int, float] = {}
        for place, match in enumerate(matches):
            for word, share in match.items():
                for number in self._naming.get(word, ()):
                    own = reached.setdefault(number, {})
                    own[word] = max(own.get(word, 0.0), share)
                    told.setdefault(number, {})[place] = max(told.get(number, {}).get(place, 0.0), share)
                for number in self._describing.get(word, ()):
                    if place not in told.get(number, {}):
                        told.setdefault(number, {})[place] = _AKIN * share
                        besides[number] = besides.get(number, 0.0) + _DESCRIBED * share
        found: dict[str, float] = {}
        for number, places_told in told.items():
            wording = self._wordings[number]
            named = sum(share * wording.words[word] for word, share in reached.get(number, {}).items())
            share = min(1.0, (named + besides.get(number, 0.0)) / wording.weight)
            fit = math.sqrt(sum(places_told.values()) / len(matches) * share)
            found[wording.field] = max(found.get(wording.field, 0.0), fit)
        return found

    def _matches(self, word: str) -> dict[str, float]:
        """The template's words that a word of the page may stand for, and how far."""
        known = self._matched.get(word)
        if known is None:
            known = {}
            for other in self._by_start.get(word[0], ()):
                match = _match(word, other)
                if match:
                    known[other] = match
            if len(whole := word.removesuffix(_POINT)) > _WITHIN + 1:
                for other in self._long:
                    if other in whole and other not in known:
                        known[other] = _RUN_TOGETHER
            self._matched[word] = known
        return known


@functools.lru_cache(maxsize=8)
def likeness(fields: tuple[Field, ...]) -> Likeness:
    """Of a template's fields, made once: it remembers the words of the documents before."""
    return Likeness(fields)


def content_words(text: str) -> list[str]:
    """The words of a label that say something, folded; one that is cut short with a point keeps it."""
    return [
        word + _POINT if cut else word
        for word, cut in concepts.words_cut_short(text)
        if word == "#" or (len(word) >= _SHORTEST and word not in _small_words() and not word.isdigit())
    ]


@functools.cache
def _forms_of_firms() -> frozenset[str]:
    """Legal forms, which are cut short as well: "Inc." is no income."""
    return frozenset(concepts.key_of(form) for forms in places()["legal_forms"].values() for form in forms)


@functools.cache
def _small_words() -> frozenset[str]:
    return frozenset(
        word for words in places()["languages"].values() for each in words for word in concepts.words_of(each)
    )


def _names(field: Field) -> list[list[str]]:
    phrases = dict.fromkeys([field.name.replace("_", " "), field.label, *field.near])
    return [[word.removesuffix(_POINT) for word in words] for words in map(content_words, phrases) if words]


def _weight(word: str, shared: int) -> float:
    return (_GENERAL if word in concepts.general_words() else 1.0) / math.sqrt(max(1, shared))


def _match(word: str, other: str) -> float:
    """How far two words that begin alike are one."""
    if word.endswith(_POINT):
        whole = word.removesuffix(_POINT)
        # "Max. load", "Ser. no.", of a field that is called maximum load, or serial number.
        short = len(whole) < len(other) and other.startswith(whole) and whole not in _forms_of_firms()
        return max(_CUT_SHORT if short else 0.0, _match(whole, other))
    if word == other:
        return 1.0
    shorter = min(len(word), len(other))
    if shorter >= _FUZZY and differ_in_one(word, other):
        return _ALIKE
    if shorter == len(word) == len(other) == _FUZZY - 1 and differ_in_one(word, other):
        return _AKIN
    common = next((at for at in range(shorter) if word[at] != other[at]), shorter)
    return _AKIN if common >= _STEM and common >= 0.6 * shorter else 0.0


def differ_in_one(word: str, other: str) -> bool:
    """Whether one letter was taken for another, left out, or put in."""
    if abs(len(word) - len(other)) > 1:
        return False
    if len(word) == len(other):
        return sum(left != right for left, right in zip(word, other, strict=True)) <= 1
    short, long = sorted((word, other), key=len)
    at = next((place for place in range(len(short)) if short[place] != long[place]), len(short))
    return short[at:] == long[at + 1 :]
