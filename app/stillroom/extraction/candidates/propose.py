"""Proposes the candidates of a field: one proposer a type."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates import codes, dates, names, numbers, text
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.templates.template import Field, FieldType

_PROPOSERS: dict[FieldType, Callable[[Page, Field], Iterable[Candidate]]] = {
    FieldType.LINE: lambda page, _: text.lines(page),
    FieldType.TEXT: lambda page, _: text.word_runs(page),
    FieldType.BLOCK: lambda page, _: text.blocks(page),
    FieldType.DATE: lambda page, field: dates.dates(page, day_first=field.day_first),
    FieldType.TIME: lambda page, _: dates.times(page),
    FieldType.DURATION: lambda page, _: dates.durations(page),
    FieldType.MONEY: lambda page, _: numbers.amounts(page),
    FieldType.NUMBER: lambda page, _: numbers.numbers(page),
    FieldType.INTEGER: lambda page, _: numbers.numbers(page, whole=True),
    FieldType.PERCENT: lambda page, _: numbers.percentages(page),
    FieldType.EMAIL: lambda page, _: codes.emails(page),
    FieldType.PHONE: lambda page, _: codes.phones(page),
    FieldType.URL: lambda page, _: codes.urls(page),
    FieldType.IBAN: lambda page, _: codes.ibans(page),
    FieldType.IDENTIFIER: lambda page, field: codes.identifiers(page, field.pattern),
    FieldType.NAME: lambda page, _: names.names(page),
    FieldType.ORGANISATION: lambda page, _: names.organisations(page),
    FieldType.ADDRESS: lambda page, _: text.addresses(page),
}


def proposes(kind: FieldType) -> bool:
    """True for the types whose values are spans of the document."""
    return kind in _PROPOSERS


def propose(field: Field, document: Document, *, kind: FieldType | None = None) -> list[Candidate]:
    """Every candidate of a field in reading order (``kind``: the type of a list's items). Spans are distinct."""
    proposer = _PROPOSERS[kind or field.type]
    found = itertools.chain.from_iterable(proposer(page, field) for page in document.pages)
    return list(_distinct(found))


def _distinct(found: Iterable[Candidate]) -> Iterator[Candidate]:
    seen = set()
    for candidate in found:
        if candidate.span not in seen and candidate.value.strip():
            seen.add(candidate.span)
            yield candidate
