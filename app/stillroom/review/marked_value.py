"""Reading what a person marked on the page, or typed, as the value of a field: by its type, with its checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.propose import propose, proposes
from stillroom.extraction.candidates.times import twelve_hours_on
from stillroom.extraction.result import FieldValue
from stillroom.extraction.tables import rows_at
from stillroom.review.verdict import Given
from stillroom.templates.template import Field, FieldType, Template

_VERBATIM = (
    FieldType.LINE, FieldType.TEXT, FieldType.BLOCK, FieldType.NAME, FieldType.ORGANISATION, FieldType.ADDRESS,
)  # fmt: skip
_OF_WORDS = (FieldType.LINE, FieldType.TEXT, FieldType.NAME, FieldType.ORGANISATION, FieldType.ADDRESS)
_END = ",;:"  # a word taken whole brings along what parts it from the next
_SUGGESTED = 8
_OF_ALL_TYPES = "on 3 May 2025 at 3.30 p.m. 1.50 EUR 2 years"  # its signs, names and patterns are all looked up
_WHOLE_PAGES = 20
_OCCURRENCES = 200


@dataclass(frozen=True, slots=True)
class ReadValue:
    """A value that was read.

    Attributes:
        given: the value with its place.
        problems: a sentence for each check that it does not pass.
        others: other ways to read the same, likeliest first.
        of_type: False where it is no value of the field's type at all; a number of another form than the template's still is one.
    """

    given: Given
    problems: tuple[str, ...] = ()
    others: tuple[Given, ...] = ()
    of_type: bool = True


def kind_of(field: Field) -> FieldType:
    """The type of one value of a field: of a list that of its items."""
    return field.of if field.type is FieldType.LIST and field.of else field.type


class FieldReader:
    """A reader of marks in one document as values of fields. What was proposed for a field is kept: a click takes no time then."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._kept: dict[tuple[Field, int], list[Candidate]] = {}

    def read_span(self, field: Field, span: Span) -> ReadValue:
        """What stands at a span, read as a field. The span is the person's: it is kept, but for what is not part of the value."""
        document = self.document
        span = trimmed(document, span)
        text = document.text(span)
        kind = kind_of(field)
        if kind in (FieldType.CHOICE, FieldType.YES_NO):
            return _option(field, document, span, text)
        if kind in _OF_WORDS:
            span = _without_ends(document, span)
            text = document.text(span)
        if kind in _VERBATIM or not proposes(kind):
            return ReadValue(_given(document, span, single_spaced(text)))
        candidates = _within(self._candidates(field, span.page), span)
        if not candidates:  # what was marked is only a part of what is found there: read it for itself
            candidates = _moved(propose(field, _alone(text), kind=kind), span)
        if not candidates:
            return ReadValue(_given(document, span, single_spaced(text)), (not_of_type(kind),), of_type=_any_form(kind))
        longest = max(candidates, key=lambda each: each.span.end - each.span.start)
        readings = [each for each in candidates if each.span == longest.span]
        givens = tuple(_given(document, each.span, each.value) for each in readings)
        return ReadValue(givens[0], readings[0].failed, givens[1:])

    def suggest(self, field: Field, typed: str, *, most: int = _SUGGESTED) -> list[ReadValue]:
        """Places that say what is being typed, best first: whole before parts, and by the field's type."""
        wanted = single_spaced(typed).casefold()
        if not wanted:
            return []
        found: dict[str | None, tuple[int, ReadValue]] = {}
        alone = read_typed(field, typed)
        canonical = {each.value for each in (alone.given, *alone.others)}
        kind = kind_of(field)
        if proposes(kind) and kind not in (FieldType.TEXT, FieldType.BLOCK):
            for page in self.document.pages:
                for candidate in self._candidates(field, page.number):
                    rank = _rank(candidate, wanted, canonical)
                    known = found.get(candidate.value)
                    if rank is not None and (known is None or rank < known[0]):
                        given = _given(self.document, candidate.span, candidate.value)
                        found[candidate.value] = rank, ReadValue(given, candidate.failed)
        for span in occurrences(self.document, wanted, most):
            reading = self.read_span(field, _to_word_ends(self.document, span))
            if not reading.problems:
                found.setdefault(reading.given.value, (1, reading))
        return [reading for _, reading in sorted(found.values(), key=lambda pair: pair[0])][:most]

    def read_written(self, field: Field, text: str, near: Span | None = None) -> ReadValue:
        """What a person wrote: the place of the document that says it, of several the one nearest to ``near``; else that it stands
        nowhere."""
        plain = read_typed(field, text)
        kind = kind_of(field)
        if plain.problems or kind in (FieldType.CHOICE, FieldType.YES_NO):
            return plain
        places: list[Given] = []
        if kind not in _VERBATIM and proposes(kind):
            for page in self.document.pages:
                own = [each for each in self._candidates(field, page.number) if each.value == plain.given.value]
                places += [_given(self.document, each.span, each.value) for each in own]
        else:
            found = occurrences(self.document, single_spaced(text), _OCCURRENCES)
            places = [_given(self.document, span, single_spaced(self.document.text(span))) for span in found]
        if not places:
            return plain
        return ReadValue(min(places, key=lambda each: _apart(each.span, near)))

    def read_rows(self, field: Field, span: Span, known: Sequence[Mapping[str, Span]]) -> list[dict[str, FieldValue]]:
        """The rows of a table in what was marked; ``known``: where the cells of the rows stand that are there."""
        return list(rows_at(field, self.document, span, known))

    def _candidates(self, field: Field, page: int) -> list[Candidate]:
        """Those of a page. How a document writes its dates and amounts is seen on all pages, where they are not too many."""
        whole = len(self.document.pages) <= _WHOLE_PAGES
        key = (field, 0 if whole else page)
        if key not in self._kept:
            document = self.document if whole else replace(self.document, pages=(self.document.page(page),))
            self._kept[key] = list(_both_halves(propose(field, document, kind=kind_of(field)), kind_of(field)))
        return [each for each in self._kept[key] if each.span.page == page]


def _both_halves(found: Iterable[Candidate], kind: FieldType) -> Iterator[Candidate]:
    """Times that do not say their half of the day in the other half as well: a person knows which "1:30" it is."""
    for each in found:
        yield each
        other = twelve_hours_on(each.text, each.value) if kind is FieldType.TIME else None
        if other is not None:
            yield replace(each, value=other)


def _apart(span: Span | None, near: Span | None) -> tuple[int, int]:
    """How far two places are from each other: pages, then characters."""
    if span is None or near is None:
        return 0, 0
    return abs(span.page - near.page), abs(span.start - near.start)


def _rank(candidate: Candidate, wanted: str, canonical: set[str | None]) -> int | None:
    """How well a candidate fits what is typed, 0 best; None where it does not."""
    text, value = single_spaced(candidate.text).casefold(), candidate.value.casefold()
    if candidate.value in canonical or text == wanted:
        return 0
    starts = (wanted, *(each.casefold() for each in canonical if each))  # 1234,5 begins 1234.50
    if text.startswith(wanted) or value.startswith(starts):
        return 1
    return 2 if wanted in text or wanted in value else None


def read_typed(field: Field, text: str) -> ReadValue:
    """What a person wrote, as a value that stands nowhere on the page."""
    plain = single_spaced(text)
    kind = kind_of(field)
    if kind in (FieldType.CHOICE, FieldType.YES_NO):
        option = _option_of(field, plain)
        problems = () if option is not None else (not_of_type(kind),)
        return ReadValue(Given(option or plain, plain, typed=True), problems, of_type=option is not None)
    if kind in _VERBATIM or not proposes(kind):
        return ReadValue(Given(plain, plain, typed=True))
    whole = [each for each in propose(field, _alone(plain), kind=kind) if single_spaced(each.text) == plain]
    if not whole:
        return ReadValue(Given(plain, plain, typed=True), (not_of_type(kind),), of_type=_any_form(kind))
    return ReadValue(
        Given(whole[0].value, plain, typed=True),
        whole[0].failed,
        tuple(Given(other.value, plain, typed=True) for other in whole[1:]),
    )


def prepare(templates: Iterable[Template]) -> None:
    """Bring in what reads the types of these templates, so that the first value that is typed need not wait for it."""
    fields = [column for template in templates for each in template.fields for column in (each, *each.columns)]
    for field in {kind_of(field): field for field in fields}.values():
        read_typed(field, _OF_ALL_TYPES)


def trimmed(document: Document, span: Span) -> Span:
    """Without white space at its ends."""
    text = document.text(span)
    start = span.start + len(text) - len(text.lstrip())
    end = span.end - (len(text) - len(text.rstrip()))
    return Span(span.page, start, max(start, end))


def word_at(page: Page, position: int) -> Span | None:
    """The word around a character; None where there is only white space."""
    text = page.text
    if not 0 <= position < len(text) or text[position].isspace():
        return None
    start = end = position
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return Span(page.number, start, end)


def _any_form(kind: FieldType) -> bool:
    """Whether values of another form than the template's may be right: what numbers look like is a guess of whoever made it."""
    return kind is FieldType.IDENTIFIER


def not_of_type(kind: FieldType) -> str:
    return f"This cannot be read as {_A.get(kind, 'the type of this field')}."


_A = {
    FieldType.DATE: "a date", FieldType.TIME: "a time", FieldType.DURATION: "a duration", FieldType.MONEY: "an amount",
    FieldType.NUMBER: "a number", FieldType.INTEGER: "a whole number", FieldType.PERCENT: "a percentage",
    FieldType.EMAIL: "an e-mail address", FieldType.PHONE: "a telephone number", FieldType.URL: "a web address",
    FieldType.IBAN: "an IBAN", FieldType.IDENTIFIER: "a number of this form", FieldType.CHOICE: "one of the options",
    FieldType.YES_NO: "yes or no",
}  # fmt: skip


def _given(document: Document, span: Span, value: str) -> Given:
    return Given(value, document.text(span), span, tuple(document.boxes(span)))


def _without_ends(document: Document, span: Span) -> Span:
    """The span without the marks behind it that part it from what follows; as it is where there is nothing else in it."""
    text = document.text(span)
    left = text.rstrip(_END + " ")
    return Span(span.page, span.start, span.start + len(left)) if left else span


def _within(candidates: list[Candidate], span: Span) -> list[Candidate]:
    """Those inside a span; with white space and marks around them left aside, those that are it."""
    return [each for each in candidates if span.start <= each.span.start and each.span.end <= span.end]


def _alone(text: str) -> Document:
    return Document("", "txt", "", (Page(1, text),), 1)


def _moved(candidates: list[Candidate], span: Span) -> list[Candidate]:
    return [
        replace(each, span=Span(span.page, span.start + each.span.start, span.start + each.span.end))
        for each in candidates
    ]


def _option(field: Field, document: Document, span: Span, text: str) -> ReadValue:
    option = _option_of(field, single_spaced(text))
    if option is None:
        return ReadValue(_given(document, span, single_spaced(text)), (not_of_type(field.type),), of_type=False)
    return ReadValue(_given(document, span, option))


def _option_of(field: Field, text: str) -> str | None:
    """The option that a text names."""
    plain = text.casefold()
    if kind_of(field) is FieldType.YES_NO:
        return {"yes": "yes", "y": "yes", "true": "yes", "no": "no", "n": "no", "false": "no"}.get(plain)
    for option in field.options:
        if plain in (option.value.casefold(), *(each.casefold() for each in option.synonyms)):
            return option.value
    return None


def occurrences(document: Document, wanted: str, most: int) -> list[Span]:
    """Where the document says these words, however they are spaced."""
    pattern = re.compile(r"\s+".join(map(re.escape, wanted.split())), re.IGNORECASE)
    found = []
    for page in document.pages:
        for match in pattern.finditer(page.text):
            found.append(Span(page.number, *match.span()))
            if len(found) >= most:
                return found
    return found


def _to_word_ends(document: Document, span: Span) -> Span:
    page = document.page(span.page)
    first, last = word_at(page, span.start), word_at(page, span.end - 1)
    return Span(span.page, first.start if first else span.start, last.end if last else span.end)
