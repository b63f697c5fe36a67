"""What a text says of candidates in so many words, besides the signs that every page has.

``ranking`` weighs signs that were fitted. What is found here few pages say, and plainly: a row of a financial statement, a party that is
called what it is, names that are listed under what they are called, when a mail was sent, a value that is said to be missing, a name of
a schedule, what a length of time is of, the line that a browser prints above a page. So each has a strength of its own, added to a
candidate's and never to that of *absent*.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.words import legal_forms
from stillroom.extraction.concepts import Meaning, key_of, labels, vocabulary, words_of
from stillroom.extraction.enumerations import Enumerations
from stillroom.extraction.letters import Letters
from stillroom.extraction.mail_moments import MailMoments
from stillroom.extraction.missing import Missing
from stillroom.extraction.named_kinds import named_kinds
from stillroom.extraction.opponents import Opponents
from stillroom.extraction.periods import Periods
from stillroom.extraction.plain_words import PartyRoles, Sentences, acts_for_another, cut_off, is_branch_number
from stillroom.extraction.positions import asks_for_position, is_position
from stillroom.extraction.schedules import Schedules
from stillroom.extraction.statements import Statements
from stillroom.templates.template import Field, FieldType

_FIGURES = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER)
_NAMED_BEFORE = (
    FieldType.MONEY,
    FieldType.NUMBER,
    FieldType.INTEGER,
    FieldType.PERCENT,
    FieldType.DATE,
    FieldType.DURATION,
)
_MOMENTS = (FieldType.DATE, FieldType.TIME)
_PARTIES = (FieldType.ORGANISATION, FieldType.NAME)
_LINES = (FieldType.LINE, FieldType.TEXT)

# Added to a strength, in logarithms of odds.
_IN_ROW = 9.0
_IN_ROW_AGAIN = 4.0
_CALLED = 6.0
_CALLED_OTHERWISE = -3.0
_OF_ITEMS = 0.2
_CUT = -6.0
_LISTED = 8.0
_SAID = 5.0
_PRINTED = -8.0
_COMPOUND = -4.0
_BEGINS = -5.0
_ASKS = 0.4
_BESIDE = 60  # characters before a time
_OWN_LABEL = 0.9
_POSITION = 3.0
_NO_POSITION = -1.0
_LASTS = 3.0
_YEAR = 2.0
_NO_YEAR = -6.0
_WORDS_OF_YEAR = 3
_MISSING = -12.0
_LASTS_OTHERWISE = -7.0
_LISTED_AS = 3.5
_OF_MAIL = -4.0
_HAS_ROLE = 4.0
_NAMED_SO = 3.0
_SIGNS = 2.5
_ACTS = -4.0
_BEFORE_ACTING = 90  # characters
_GREETED = 1.5

_PRINTED_ABOVE = re.compile(r"\s*\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? {1,3}\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?(?:  .*)?$")
_PRINTED_BELOW = re.compile(r"\s*(?:https?|file)://\S+(?:\s+\d+\s?/\s?\d+)?\s*$")
_RANGE_BEFORE = re.compile(
    r"\d\s?(?:[ap]\.?m\.?|uhr|h)?\s*(?:[-–—~]|to|till?|until|bis|au|à|al?|do|thru|through|and|tot|til|до)\s*$",
    re.IGNORECASE,
)
_A_YEAR = re.compile(r"(?:1[89]|2[01])\d\d")
_SIGNED = re.compile(r"\s*/[sS]/")
_JOINED = re.compile(r"[-‐‑][^\W\d_]{2}")


def asks_for_year(field: Field) -> bool:
    """Whether a field is called a year and nothing more: "year", "tax year", "anno"; not "revenue of the year"."""
    for name in (field.name.replace("_", " "), field.label):
        own = labels(name) if len(words_of(name)) <= _WORDS_OF_YEAR else []
        if own and own[-1].end == len(name) and all("year" in vocabulary().phrases.get(each.key, ()) for each in own):
            return True
    return False


class Told:
    """What a document says plainly of the candidates of a template's fields."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._document = document
        self._meaning = meaning

    def of(self, field: Field, kind: FieldType, candidates: Sequence[Candidate]) -> dict[int, float]:
        """What is added to the strength of some candidates, by their number."""
        told: dict[int, float] = {}
        if kind in _FIGURES and field.type is not FieldType.LIST:
            first, others = self._statements.given(field, candidates)
            told |= dict.fromkeys(others, _IN_ROW_AGAIN) | dict.fromkeys(first, _IN_ROW)
        if kind in _PARTIES:
            own, others = self._roles.called(field, candidates)
            # Items do not stand against each other, and pieces of a name are called what the whole is: a little is enough.
            share = _OF_ITEMS if field.type is FieldType.LIST else 1.0
            told |= dict.fromkeys(others, share * _CALLED_OTHERWISE) | dict.fromkeys(own, share * _CALLED)
            cut = [
                at
                for at, candidate in enumerate(candidates)
                if cut_off(candidate.text) or is_branch_number(candidate.text)
            ]
            told |= {at: min(told.get(at, 0.0), 0.0) + _CUT for at in cut}
            if field.type is FieldType.LIST:
                told |= dict.fromkeys(self._schedules.names(field, candidates), _LISTED)
                if kind is FieldType.ORGANISATION:
                    for at, strength in self._of_those_who_act(candidates):
                        told[at] = told.get(at, 0.0) + strength
                for at, share in self._enumerations.of(field, candidates).items():
                    told[at] = told.get(at, 0.0) + share * _LISTED_AS
        if kind in (*_PARTIES, *_LINES):
            for at, candidate in enumerate(candidates):
                if _SIGNED.match(candidate.text):
                    told[at] = told.get(at, 0.0) + _CUT  # "/s/ Anna Berg": the name begins behind it
        if field.type is not FieldType.LIST:
            for at, strength in self._of_single(field, kind, candidates):
                told[at] = told.get(at, 0.0) + strength
        for at, candidate in enumerate(candidates):
            span = candidate.span
            behind = self._texts[span.page][span.end : span.end + 3]
            if kind in _FIGURES and candidate.text.isdigit() and _JOINED.match(behind):
                told[at] = told.get(at, 0.0) + _COMPOUND  # "364-Day" is no amount
            if any(start <= span.start < end for start, end in self._printed.get(span.page, ())):
                told[at] = told.get(at, 0.0) + _PRINTED
        return told

    def _of_those_who_act(self, candidates: Sequence[Candidate]) -> Iterator[tuple[int, float]]:
        """Persons who act for a party are none: "Tarvo SARL, représentée par Anna Berg"."""
        for at, candidate in enumerate(candidates):
            span = candidate.span
            before = self._texts[span.page][max(0, span.start - _BEFORE_ACTING) : span.start]
            if acts_for_another(before) and not legal_forms().search(candidate.text):
                yield at, _ACTS

    def _of_single(self, field: Field, kind: FieldType, candidates: Sequence[Candidate]) -> Iterator[tuple[int, float]]:
        """The same of a field that has one value, by what its type has to say."""
        if kind in _NAMED_BEFORE:
            yield from ((at, _SAID) for at in self._sentences.say(field, candidates))
        yield from ((at, _MISSING) for at in self._missing.instead(field, candidates))
        if kind in _MOMENTS and self._meaning.affinity(field.name, "date") < 1:
            yield from ((at, _OF_MAIL) for at, each in enumerate(candidates) if self._mail_moments.hold(each.span))
        if kind in _PARTIES:
            yield from ((at, _CUT) for at in self._letters.greetings(candidates))
            if self._meaning.affinity(field.name, "sender") >= 1:
                yield from ((at, _SIGNS) for at in self._letters.signers(candidates))
            if self._meaning.affinity(field.name, "recipient") >= 1:
                yield from ((at, _GREETED) for at in self._letters.greeted(candidates))
            yield from ((at, _NAMED_SO) for at in named_kinds(field, self._meaning, candidates))
            side, other = self._opponents.of(field, candidates)
            yield from ((at, _HAS_ROLE) for at in side)
            yield from ((at, -_HAS_ROLE) for at in other)
            yield from ((at, _CUT) for at in self._roles.hold_role(field, candidates))
            yield from ((at, _HAS_ROLE) for at in self._roles.have_role(field, candidates))
        if kind is FieldType.INTEGER and asks_for_year(field):
            for at, candidate in enumerate(candidates):
                yield at, _YEAR if _A_YEAR.fullmatch(candidate.value) else _NO_YEAR
        if kind is FieldType.MONEY:
            yield from ((at, _SAID) for at in self._schedules.totals(field, candidates))
        if kind is FieldType.DURATION:
            own, others = self._periods.of(field, candidates)
            yield from ((at, _LASTS) for at in own)
            yield from ((at, _LASTS_OTHERWISE) for at in others)
        if kind in _LINES and asks_for_position(field):
            for at, candidate in enumerate(candidates):
                yield at, _POSITION if is_position(candidate.text) else _NO_POSITION
        if kind is FieldType.TIME and self._is_of_an_end(field):
            yield from ((at, _BEGINS) for at, candidate in enumerate(candidates) if not self._may_end(field, candidate))

    def _is_of_an_end(self, field: Field) -> bool:
        end, start = (self._meaning.affinity(field.name, concept) for concept in ("end", "start"))
        return end >= _ASKS and end > start

    def _may_end(self, field: Field, candidate: Candidate) -> bool:
        """Whether a time ends a range, or a label beside it says that something ends; one that stands alone is when it begins."""
        span = candidate.span
        before = self._texts[span.page][max(0, span.start - _BESIDE) : span.start]
        line = before[before.rfind("\n") + 1 :]
        if _RANGE_BEFORE.search(before):
            return True
        ends = [label for label in labels(line) if "end" in vocabulary().phrases.get(label.key, ())]
        begins = [label for label in labels(line) if "start" in vocabulary().phrases.get(label.key, ())]
        key = key_of(line)
        # "Time" may be what beginning and end are called both.
        begun = max((self._meaning.weigh(name, key)[0] for name in self._beginnings), default=0.0)
        return self._meaning.weigh(field.name, key)[0] >= max(_OWN_LABEL, begun + 0.1) or (
            bool(ends) and (not begins or ends[-1].start >= begins[-1].start)
        )

    @functools.cached_property
    def _beginnings(self) -> list[str]:
        """The template's fields of when something begins."""
        affinity = self._meaning.affinity
        return [name for name in self._meaning.roles if affinity(name, "start") > affinity(name, "end")]

    @functools.cached_property
    def _statements(self) -> Statements:
        return Statements(self._document, self._meaning)

    @functools.cached_property
    def _roles(self) -> PartyRoles:
        return PartyRoles(self._document, self._meaning)

    @functools.cached_property
    def _enumerations(self) -> Enumerations:
        return Enumerations(self._document, self._meaning)

    @functools.cached_property
    def _letters(self) -> Letters:
        return Letters(self._document)

    @functools.cached_property
    def _opponents(self) -> Opponents:
        return Opponents(self._document, self._meaning)

    @functools.cached_property
    def _mail_moments(self) -> MailMoments:
        return MailMoments(self._document)

    @functools.cached_property
    def _sentences(self) -> Sentences:
        return Sentences(self._document, self._meaning)

    @functools.cached_property
    def _schedules(self) -> Schedules:
        return Schedules(self._document, self._meaning)

    @functools.cached_property
    def _missing(self) -> Missing:
        return Missing(self._document, self._meaning)

    @functools.cached_property
    def _periods(self) -> Periods:
        return Periods(self._document, self._meaning)

    @functools.cached_property
    def _texts(self) -> dict[int, str]:
        return {page.number: page.text for page in self._document.pages}

    @functools.cached_property
    def _printed(self) -> dict[int, list[tuple[int, int]]]:
        """By page, the lines that a browser prints above and below what it prints: day and hour, title, address."""
        found: dict[int, list[tuple[int, int]]] = {}
        for number, text in self._texts.items():
            first, last = text.split("\n", 1)[0], text.rstrip().rsplit("\n", 1)[-1]
            if _PRINTED_ABOVE.match(first) and _PRINTED_BELOW.match(last):
                found[number] = [(0, len(first)), (len(text.rstrip()) - len(last), len(text))]
        return found
