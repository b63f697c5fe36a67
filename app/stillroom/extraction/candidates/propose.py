"""Proposes the candidates of a field: one proposer a type, over text of any length, without what no reader sees."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import regex as re

from stillroom.cancellation import Cancellation
from stillroom.documents.aside import comments
from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.candidates import codes, dates, durations, names, numbers, text, times
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.leaders import holds_rule, without_leaders
from stillroom.extraction.candidates.quoted_mail import quote_marks
from stillroom.extraction.conventions import Evidence, evidence, weighed
from stillroom.templates.template import Field, FieldType

MOST_CANDIDATES = 100_000
"""Of one field in one document. A hundred pages of text have fewer; what has more is said (see ``Proposal``)."""

_PROPOSERS: dict[FieldType, Callable[[Page, Field, Evidence, Document], Iterable[Candidate]]] = {
    FieldType.LINE: lambda page, field, *_: text.lines(page, text.label_of(field)),
    FieldType.TEXT: lambda page, *_: text.word_runs(page),
    FieldType.BLOCK: lambda page, *_: text.blocks(page),
    FieldType.DATE: lambda page, *_: dates.dates(page),
    FieldType.TIME: lambda page, _, __, document: times.times(page, times.said(document)),
    FieldType.DURATION: lambda page, *_: durations.durations(page),
    FieldType.MONEY: lambda page, *_: numbers.amounts(page),
    FieldType.NUMBER: lambda page, *_: numbers.numbers(page),
    FieldType.INTEGER: lambda page, *_: numbers.numbers(page, whole=True),
    FieldType.PERCENT: lambda page, *_: numbers.percentages(page),
    FieldType.EMAIL: lambda page, *_: codes.emails(page),
    FieldType.PHONE: lambda page, _, known, __: codes.phones(page, regions=known.regions()),
    FieldType.URL: lambda page, *_: codes.urls(page),
    FieldType.IBAN: lambda page, *_: codes.ibans(page),
    FieldType.IDENTIFIER: lambda page, field, *_: codes.identifiers(page, field.pattern),
    FieldType.NAME: lambda page, field, *_: names.names(page, text.label_of(field)),
    FieldType.ORGANISATION: lambda page, field, *_: names.organisations(page, text.label_of(field)),
    FieldType.ADDRESS: lambda page, field, *_: text.addresses(page, text.label_of(field)),
}
_BEHIND_WORDS = (FieldType.LINE, FieldType.NAME, FieldType.ORGANISATION, FieldType.ADDRESS)
"""Types whose values are looked for behind the field's own words."""
_RUNNING = (FieldType.TEXT, FieldType.BLOCK, FieldType.URL, FieldType.EMAIL)
"""Types whose values may hold dots and rules like any other sign."""
# A proposer is given a long page in pieces of about so many characters: it can be stopped between two.
_PIECE = 100_000
_BETWEEN_STOPS = 100  # candidates
# What has no width, or only turns the direction of writing. Joiners are letters' own where a script joins them.
_UNSEEN = re.compile(
    r"[\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\u180e]|\u00ad(?![^\S\n]*\n)"
    r"|(?<![\p{Arabic}\p{Syriac}\p{Devanagari}\p{Bengali}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Gujarati}\p{Gurmukhi}\p{Sinhala}\p{Khmer}])"
    r"[\u200c\u200d]"
)
_TURNED = re.compile(r"\u202e[^\u202c\n]{0,200}")
_TURNED_SENTENCE = "Its characters are shown in another order than they are stored in; look at the page."


@dataclass(frozen=True, slots=True)
class Proposal:
    """The candidates of a field in one document.

    Attributes:
        left_out: there were more than MOST_CANDIDATES, and those further on were not looked at.
    """

    candidates: list[Candidate]
    left_out: bool = False


def proposes(kind: FieldType) -> bool:
    """True for the types whose values are spans of the document."""
    return kind in _PROPOSERS


def propose(field: Field, document: Document, *, kind: FieldType | None = None) -> list[Candidate]:
    """The candidates of ``proposal``."""
    return proposal(field, document, kind=kind).candidates


def proposal(
    field: Field, document: Document, *, kind: FieldType | None = None, cancellation: Cancellation | None = None
) -> Proposal:
    """Every candidate of a field in reading order (``kind``: the type of a list's items), each span with each value once.

    The readings of one span follow each other, the likeliest first. Raises Cancelled.
    """
    known = evidence(document, day_first=field.day_first)
    proposer = _PROPOSERS[kind or field.type]

    def found() -> Iterator[Candidate]:
        for page in document.pages:
            for piece, places in _pieces(page):
                if cancellation is not None:
                    cancellation.raise_if_requested()
                ruled = (kind or field.type) not in _RUNNING
                plain = replace(piece, text=without_leaders(piece.text)) if ruled else piece
                found_here = _placed(proposer(plain, field, known, document), page, places)
                yield from found_here if plain.text == piece.text else _as_written(found_here, page)

    def unless_stopped() -> Iterator[Candidate]:
        for number, candidate in enumerate(found()):
            if cancellation is not None and not number % _BETWEEN_STOPS:
                cancellation.raise_if_requested()
            yield candidate

    several = list(
        itertools.islice(_distinct(_of_body(weighed(unless_stopped(), known), document)), MOST_CANDIDATES + 1)
    )
    return Proposal(several[:MOST_CANDIDATES], len(several) > MOST_CANDIDATES)


def _as_written(candidates: Iterable[Candidate], page: Page) -> Iterator[Candidate]:
    """Candidates of a text without leaders, as the page has them; none that goes across a rule to write on."""
    for candidate in candidates:
        text = page.text[candidate.span.start : candidate.span.end]
        if not holds_rule(text):
            if candidate.text == text:
                yield candidate
            else:
                verbatim = candidate.value == single_spaced(candidate.text)
                yield replace(candidate, text=text, value=single_spaced(text) if verbatim else candidate.value)


class Proposals:
    """What is proposed of a document: once for all fields that are looked for alike."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._known: dict[tuple[FieldType, bool | None, str, re.Pattern[str] | None], Proposal] = {}

    def of(self, field: Field, kind: FieldType, cancellation: Cancellation | None = None) -> Proposal:
        """See ``proposal``; fields of one type have their candidates in common, which nobody changes. Raises Cancelled."""
        pattern = field.pattern if kind is FieldType.IDENTIFIER else ""
        key = (kind, field.day_first, pattern, text.label_of(field) if kind in _BEHIND_WORDS else None)
        if key not in self._known:
            self._known[key] = proposal(field, self._document, kind=kind, cancellation=cancellation)
        return self._known[key]


def _of_body(candidates: Iterable[Candidate], document: Document) -> Iterable[Candidate]:
    """Those that the document itself says; what reviewers wrote beside it counts where there are no others."""
    aside = list(comments(document))
    if not aside:
        return candidates
    several = list(itertools.islice(candidates, 4 * MOST_CANDIDATES))
    own = [
        each
        for each in several
        if not any(
            each.span.page == span.page and each.span.start < span.end and span.start < each.span.end for span in aside
        )
    ]
    return own or several


def _pieces(page: Page) -> Iterator[tuple[Page, Sequence[int]]]:
    """The page as it is seen, without the marks of quoted mail, a long one in pieces, and where each character of a piece stands on the
    page."""
    for start, end in _cuts(page.text):
        own = page.text[start:end]
        unseen = sorted([*(match.span() for match in _UNSEEN.finditer(own)), *quote_marks(own)])
        if not unseen and not start and end == len(page.text):
            yield page, range(end)
            return
        places: Sequence[int] = range(start, end)
        if unseen:
            kept = list(
                zip([0, *(after for _, after in unseen)], [*(before for before, _ in unseen), len(own)], strict=True)
            )
            places = [start + place for left, right in kept for place in range(left, right)]
            own = "".join(own[left:right] for left, right in kept)
        boxes = [page.boxes[place] for place in places] if page.boxes is not None else None
        certainty = bytes(page.certainty[place] for place in places) if page.certainty else b""
        yield Page(page.number, own, page.width, page.height, boxes, page.ocr_confidence, certainty), places


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    """Pieces that end at an empty line where one is near, else at a line's end, else at a space."""
    start = 0
    while len(text) - start > _PIECE:
        least, most = start + _PIECE // 2, start + _PIECE
        end = max(text.rfind("\n\n", least, most), -1)
        for mark in ("\n", " "):
            end = end if end > 0 else text.rfind(mark, least, most)
        end = end + 1 if end > 0 else most
        yield start, end
        start = end
    yield start, len(text)


def _placed(found: Iterable[Candidate], page: Page, places: Sequence[int]) -> Iterator[Candidate]:
    """The candidates of a piece with their spans on the page; what is shown in another order than it is stored says so."""
    if isinstance(places, range) and places.start == 0 and len(places) == len(page.text):
        yield from found
        return
    turned = [match.span() for match in _TURNED.finditer(page.text)]
    ends = [end for _, end in turned]
    for candidate in found:
        start, end = places[candidate.span.start], places[candidate.span.end - 1] + 1
        failed = candidate.failed
        next_turned = bisect.bisect_right(ends, start)  # the first that does not end before it
        if next_turned < len(turned) and turned[next_turned][0] < end:
            failed = (*failed, _TURNED_SENTENCE)
        yield replace(candidate, span=Span(page.number, start, end), text=page.text[start:end], failed=failed)


def _distinct(found: Iterable[Candidate]) -> Iterator[Candidate]:
    seen = set()
    for candidate in found:
        if (candidate.span, candidate.value) not in seen and candidate.value.strip():
            seen.add((candidate.span, candidate.value))
            yield candidate
