"""What a text shows of the names in it: whether their words are words of every day, what stands before and behind them, which holds which.

Of a list these signs tell items from whatever else is capitalised: headings, offices, terms that are defined, first words of sentences.
"""

from __future__ import annotations

import bisect
import functools
from collections import Counter
from collections.abc import Sequence

import regex as re

from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.persons import is_given_name, is_titled, name_signs, without_titles
from stillroom.extraction.candidates.towns import is_town, names_a_town
from stillroom.extraction.candidates.words import (
    address_words,
    common_words,
    days_and_months,
    employers,
    joining_words,
    legal_forms,
    states_and_countries,
    titles,
)
from stillroom.extraction.concepts import key_of, vocabulary
from stillroom.extraction.plain_words import introductions, role_of, signs_begin, works_at
from stillroom.extraction.positions import holds_office, is_position
from stillroom.extraction.signs import OwnSigns
from stillroom.templates.template import FieldType

_WORD = re.compile(r"[^\W\d_]{2,}")
_LEGAL = re.compile(rf"(?<!\w)(?:{legal_forms().pattern})(?!\w)\.?")
_TITLE_BEFORE = re.compile(rf"(?<!\w)(?:{titles()})\.?[ \u00a0]$")
_QUOTE_BEFORE = re.compile(r"[“\"‘„«»]\s?$")
_QUOTE_BEHIND = re.compile(r"\s?[,.]?[”\"’“»«]")
# A sentence ends behind a word that is not cut short, or behind a bracket.
_ENDS = re.compile(r"(?<=[\p{Ll}]{4}|[)”\"])[.;:](?:\s|$)|\n\s*\n")
_BEGINS = re.compile(r"(?:^|[.!?:;•*>\-]|\n)[\s“\"„«(]*$")
_CALLED = 160  # characters behind a name, in which what it is called may stand
_BEFORE = 24
_INTRODUCED = 700  # characters
_SECOND = 0.4  # of what is introduced later than by the first "between"
_HALF = 0.5
_LIKELY = 0.5  # of what an organisation says: a town below a name, a few capitals behind it
_ACRONYM = re.compile(r"[A-Z][A-Z&]{1,5}(?!\w)")
_LONGEST_EMPLOYER = 80  # characters
# The next line, or the one behind an empty one.
_BELOW = re.compile(r"[ \t]*[,–—-]?[ \t]*\n(?:[ \t]*\n)?[ \t]*([^\n]{2,80})")
_AT_COMMA = re.compile(rf",\s+(?!(?:{legal_forms().pattern})(?!\w))")  # not of "Tarvo Foods, Inc."
_SUBJECT = re.compile(r"^[ \t]*([^\W\d_][^:：\n]{0,30}?)[ \t]*[:：][ \t]*(\S[^\n]*)", re.MULTILINE)
_PLAIN = re.compile(r"(?<![\w@.+/\\_-])[^\W\d_]{2,}(?![\w@+/\\_-]|\.\w)")
_ANY_WORD = re.compile(r"[^\W\d_]{3,}")


@functools.lru_cache(maxsize=20_000)
def no_person(text: str) -> bool:
    """Whether a capitalised text is something else than a person, by its words: a firm, an office, a day or month, a place, a street."""
    if _LEGAL.search(text, 1):
        return True
    known, whole = name_signs(text)
    if whole >= _HALF:
        return False
    words = text.casefold().rstrip(" .,").split()
    if days_and_months().issuperset(re.findall(r"[^\W\d_-]+(?:-[^\W\d_]+)*", text.casefold())) or (
        known < _HALF and is_position(text)
    ):
        return True
    if len(words) > 1 and not is_given_name(words[0]) and address_words()[0].fullmatch(words[-1]):
        return True
    return not known and (" ".join(words) in states_and_countries() or is_town(text))


class Naming:
    """What a document shows of the candidates that are names."""

    def __init__(self, document: Document) -> None:
        self._texts = {page.number: page.text for page in document.pages}

    def mark(self, kind: FieldType, candidates: Sequence[Candidate], found: Sequence[OwnSigns]) -> None:
        """Note it in the signs of each, which has those of persons' names already."""
        wholes = self._wholes(kind, candidates, found)
        held = _held(candidates, {row for row, own in enumerate(found) if _is_whole(kind, candidates[row], own)})
        called: dict[tuple[int, int], float] = {}
        says: dict[tuple[int, int], float] = {}
        alike = Counter(candidate.value.casefold() for candidate in candidates)
        for row, (candidate, own) in enumerate(zip(candidates, found, strict=True)):
            span, text = candidate.span, self._texts[candidate.span.page]
            before = text[max(0, span.start - _BEFORE) : span.start]
            behind = text[span.end : span.end + _CALLED]
            if (span.page, span.end) not in called:
                called[span.page, span.end] = float(bool(role_of(behind)))
                says[span.page, span.end] = employed(behind)
            own.employed = says[span.page, span.end]
            own.name_titled = float(is_titled(candidate.text))
            own.employer = max(own.employer, float(holds_office(without_titles(candidate.text))))
            own.in_subject, own.said_again = self._said_elsewhere(candidate, alike[candidate.value.casefold()])
            own.called = called[span.page, span.end]
            own.everyday = self._everyday(candidate.text)
            own.quoted = float(bool(_QUOTE_BEFORE.search(before)) and bool(_QUOTE_BEHIND.match(behind)))
            own.introduced = self._is_introduced(span.page, span.start)
            own.titled = float(bool(_TITLE_BEFORE.search(before)))
            own.begins = float(bool(_BEGINS.search(before)))
            own.signed = float(signs_begin(before[before.rfind("\n") + 1 :]))
            own.signed_below = float(signs_begin(behind.partition("\n")[2]))
            own.held = float(row in held)
            own.legal, own.legal_inside = _legal(candidate.text)
            name = without_titles(candidate.text).casefold()
            last = name.split()[-1]
            own.named_whole = float(last in wholes and name not in wholes[last])

    def _wholes(
        self, kind: FieldType, candidates: Sequence[Candidate], found: Sequence[OwnSigns]
    ) -> dict[str, set[str]]:
        """The words of names that are named whole somewhere, with those names."""
        wholes: dict[str, set[str]] = {}
        for candidate, own in zip(candidates, found, strict=True):
            if _is_whole(kind, candidate, own):
                whole = candidate.text.casefold()
                for word in whole.split():
                    wholes.setdefault(word, set()).add(whole)
        return wholes

    def _everyday(self, text: str) -> float:
        """Which share of the words stands in every text, or in this one with a small letter."""
        words = [word.casefold() for word in _WORD.findall(text)]
        return sum(word in common_words() or word in self._small for word in words) / max(1, len(words))

    def _said_elsewhere(self, candidate: Candidate, times: int) -> tuple[float, float]:
        """Whether a word of a name that is none of every day stands in what the document calls its subject, and whether one of a name of
        several words is said where the name is not. ``times``: that the whole name is said."""
        words = [word.casefold() for word in _ANY_WORD.findall(without_titles(candidate.text))]
        telling = [word for word in words if not (word in common_words() or word in self._small)]
        in_subject = float(any(word in self._subject for word in telling))
        again = len(candidate.text.split()) > 1 and any(self._all[word] > times for word in telling)
        return in_subject, float(again)

    def _is_introduced(self, page: int, start: int) -> float:
        zones = self._zones.get(page, [])
        at = bisect.bisect_right(zones, (start, 1 << 60, 1.0)) - 1
        return max((worth for begin, end, worth in zones[max(0, at - 2) : at + 1] if begin <= start < end), default=0.0)

    @functools.cached_property
    def _small(self) -> Counter[str]:
        """Words that stand somewhere with a small letter, and not in an address of the web."""
        return Counter(
            match.group()
            for text in self._texts.values()
            for match in _PLAIN.finditer(text)
            if match.group()[0].islower()
        )

    @functools.cached_property
    def _all(self) -> Counter[str]:
        """The words that stand in no address of the web, in small letters."""
        return Counter(word.casefold() for text in self._texts.values() for word in _PLAIN.findall(text))

    @functools.cached_property
    def _subject(self) -> frozenset[str]:
        """The words of what the document calls its subject, in small letters; of its first line where it calls nothing so."""
        phrases = vocabulary().phrases
        text = next(iter(self._texts.values()), "")
        named = [match[2] for match in _SUBJECT.finditer(text) if "topic" in phrases.get(key_of(match[1]), ())]
        told = named or [text.lstrip().partition("\n")[0]]
        return frozenset(word.casefold() for line in told for word in _ANY_WORD.findall(line))

    @functools.cached_property
    def _zones(self) -> dict[int, list[tuple[int, int, float]]]:
        """By page, where parties are introduced: from a "between" to the end of its sentence."""
        found: dict[int, list[tuple[int, int, float]]] = {}
        worth = 1.0
        for number, text in self._texts.items():
            for start in introductions(text):
                end = _ENDS.search(text, start + 1, min(len(text), start + _INTRODUCED))
                found.setdefault(number, []).append((start, end.start() if end else start + _INTRODUCED, worth))
                worth = _SECOND
        return found


def employed(behind: str) -> float:
    """Whether what stands behind a name, or in the line below, says where somebody works or what they are: 0 to 1."""
    own = works_at(behind)
    if is_position(own.partition(",")[0]) or any(
        names_employer(own[: word.end()]) for word in employers().finditer(own)
    ):
        return 1.0
    below = _BELOW.match(behind)
    line = below[1].strip(" \t,") if below else ""
    if names_employer(_AT_COMMA.split(line)[0]) or is_position(line.partition(",")[0]):
        return 1.0
    town = "," in line and len(line) <= _LONGEST_EMPLOYER and names_a_town(line.rpartition(",")[2])
    return _LIKELY if town or _ACRONYM.match(own) else 0.0


def names_employer(text: str) -> float:
    """Whether a text is the name of where somebody works: an organisation or a part of one, and no sentence."""
    words = _WORD.findall(text)
    small = sum(word[0].islower() for word in words)
    return float(
        len(text) <= _LONGEST_EMPLOYER
        and text[:1].isupper()
        and small * 2 <= len(words)
        and employers().search(text) is not None
    )


def _is_whole(kind: FieldType, candidate: Candidate, own: OwnSigns) -> bool:
    """Whether a candidate is a name that needs no more: a person's with both, a company's with its legal form."""
    if kind is FieldType.NAME or own.name_whole >= _HALF:
        return own.name_whole >= _HALF
    legal, inside = _legal(candidate.text)
    return legal > 0 and inside == 0


def _held(candidates: Sequence[Candidate], wholes: set[int]) -> set[int]:
    """The candidates that are a part of one of those."""
    found = set()
    order = sorted(wholes, key=lambda row: candidates[row].span)
    starts = [candidates[row].span for row in order]
    longest = max((candidates[row].span.end - candidates[row].span.start for row in order), default=0)
    for row, candidate in enumerate(candidates):
        span = candidate.span
        at = bisect.bisect_right(starts, span)
        while at > 0 and starts[at - 1].page == span.page and starts[at - 1].start >= span.end - longest:
            at -= 1
            if starts[at].end >= span.end and starts[at] != span and starts[at].start <= span.start:
                found.add(row)
                break
        else:
            at = bisect.bisect_right(starts, span)
            if (
                at < len(starts)
                and starts[at].page == span.page
                and starts[at].start == span.start < span.end < starts[at].end
            ):
                found.add(row)
    return found


@functools.lru_cache(maxsize=20_000)
def _legal(text: str) -> tuple[float, float]:
    """Whether a legal form ends a name of more than that, and whether one stands inside, so that two names may be joined."""
    found = [match.span() for match in _LEGAL.finditer(text)]
    if not found or found[0][0] == 0:
        return 0.0, 0.0
    ends = found[-1][1] >= len(text.rstrip(" .,"))
    inside = [end for _, end in found if _JOINS.match(text, end)]
    return float(ends), float(bool(inside))


_JOINS = re.compile(rf"[,;]?\s+(?:{joining_words('between')})\s|[,;\n]\s*\p{{Lu}}\p{{Ll}}+")
