"""What a text says of candidates in so many words, besides the signs that every page has.

``ranking`` weighs signs that were fitted. What is found here few pages say, and plainly: a row of a financial statement, a party that is
called what it is, a name of a schedule, the line that a browser prints above a page. So each has a strength of its own, added to a
candidate's and never to that of *absent*.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.plain_words import PartyRoles, Sentences, cut_off
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
_PARTIES = (FieldType.ORGANISATION, FieldType.NAME)

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

_PRINTED_ABOVE = re.compile(r"\s*\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? {1,3}\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?(?:  .*)?$")
_PRINTED_BELOW = re.compile(r"\s*(?:https?|file)://\S+(?:\s+\d+\s?/\s?\d+)?\s*$")
_JOINED = re.compile(r"[-‐‑][^\W\d_]{2}")


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
            cut = [at for at, candidate in enumerate(candidates) if cut_off(candidate.text)]
            told |= {at: min(told.get(at, 0.0), 0.0) + _CUT for at in cut}
            if field.type is FieldType.LIST:
                told |= dict.fromkeys(self._schedules.names(field, candidates), _LISTED)
        if kind in _NAMED_BEFORE and field.type is not FieldType.LIST:
            for at in self._sentences.say(field, candidates):
                told[at] = told.get(at, 0.0) + _SAID
        if kind is FieldType.MONEY and field.type is not FieldType.LIST:
            for at in self._schedules.totals(field, candidates):
                told[at] = told.get(at, 0.0) + _SAID
        for at, candidate in enumerate(candidates):
            span = candidate.span
            behind = self._texts[span.page][span.end : span.end + 3]
            if kind in _FIGURES and candidate.text.isdigit() and _JOINED.match(behind):
                told[at] = told.get(at, 0.0) + _COMPOUND  # "364-Day" is no amount
            if any(start <= span.start < end for start, end in self._printed.get(span.page, ())):
                told[at] = told.get(at, 0.0) + _PRINTED
        return told

    @functools.cached_property
    def _statements(self) -> Statements:
        return Statements(self._document, self._meaning)

    @functools.cached_property
    def _roles(self) -> PartyRoles:
        return PartyRoles(self._document, self._meaning)

    @functools.cached_property
    def _sentences(self) -> Sentences:
        return Sentences(self._document, self._meaning)

    @functools.cached_property
    def _schedules(self) -> Schedules:
        return Schedules(self._document, self._meaning)

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
