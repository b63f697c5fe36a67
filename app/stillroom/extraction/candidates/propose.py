"""Proposes the candidates of a field: one proposer a type."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates import codes, dates, durations, names, numbers, text, times
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.readings import evidence, weighed
from stillroom.templates.template import Field, FieldType


@dataclass(frozen=True, slots=True)
class _Habits:
    """How a document writes numbers that could be read in two ways: 1.234."""

    decimal_mark: str | None = None


_PROPOSERS: dict[FieldType, Callable[[Page, Field, _Habits], Iterable[Candidate]]] = {
    FieldType.LINE: lambda page, *_: text.lines(page),
    FieldType.TEXT: lambda page, *_: text.word_runs(page),
    FieldType.BLOCK: lambda page, *_: text.blocks(page),
    FieldType.DATE: lambda page, *_: dates.dates(page),
    FieldType.TIME: lambda page, *_: times.times(page),
    FieldType.DURATION: lambda page, *_: durations.durations(page),
    FieldType.MONEY: lambda page, _, habits: numbers.amounts(page, decimal_mark=habits.decimal_mark),
    FieldType.NUMBER: lambda page, _, habits: numbers.numbers(page, decimal_mark=habits.decimal_mark),
    FieldType.INTEGER: lambda page, _, habits: numbers.numbers(page, whole=True, decimal_mark=habits.decimal_mark),
    FieldType.PERCENT: lambda page, _, habits: numbers.percentages(page, decimal_mark=habits.decimal_mark),
    FieldType.EMAIL: lambda page, *_: codes.emails(page),
    FieldType.PHONE: lambda page, *_: codes.phones(page),
    FieldType.URL: lambda page, *_: codes.urls(page),
    FieldType.IBAN: lambda page, *_: codes.ibans(page),
    FieldType.IDENTIFIER: lambda page, field, _: codes.identifiers(page, field.pattern),
    FieldType.NAME: lambda page, *_: names.names(page),
    FieldType.ORGANISATION: lambda page, *_: names.organisations(page),
    FieldType.ADDRESS: lambda page, *_: text.addresses(page),
}
_NUMBERS = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)


def proposes(kind: FieldType) -> bool:
    """True for the types whose values are spans of the document."""
    return kind in _PROPOSERS


def propose(field: Field, document: Document, *, kind: FieldType | None = None) -> list[Candidate]:
    """Every candidate of a field in reading order (``kind``: the type of a list's items), each span with each value once.

    The readings of one span follow each other, the likeliest first.
    """
    kind = kind or field.type
    proposer = _PROPOSERS[kind]
    habits = _habits(document, kind)
    found = itertools.chain.from_iterable(proposer(page, field, habits) for page in document.pages)
    return list(_distinct(weighed(found, evidence(document, day_first=field.day_first))))


def _habits(document: Document, kind: FieldType) -> _Habits:
    texts = [page.text for page in document.pages]
    if kind in _NUMBERS:
        return _Habits(decimal_mark=numbers.decimal_mark_of(texts))
    return _Habits()


def _distinct(found: Iterable[Candidate]) -> Iterator[Candidate]:
    seen = set()
    for candidate in found:
        if (candidate.span, candidate.value) not in seen and candidate.value.strip():
            seen.add((candidate.span, candidate.value))
            yield candidate
