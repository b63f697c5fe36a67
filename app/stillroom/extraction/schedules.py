"""Schedules of a long document: rows of a name and an amount each, under a heading that says what they are of.

A contract names its many parties, and what each gives, in such a list far behind; in its text they are "the Lenders".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.concepts import Meaning, key_of
from stillroom.templates.template import Field

# What stands behind the last gap of a row: the parts are matched one by one, for a pattern of the whole line would try every space.
_AMOUNT = re.compile(r"(?P<sign>[A-Z]{0,3}[$€£¥]?) ?(?P<amount>\d[\d.,'’\u00a0 ]*\d)")
_GAP = re.compile(r"\t[ \t]*| {2,}\t?[ \t]*")
_LONGEST = 400  # characters of a row
_CELL = re.compile(r"\t|\s{2,}")
_LEAST = 3  # rows
_WRAPPED = 1  # lines between two rows: the rest of a long name
_ABOVE = 5  # lines of a heading
_FAR = 40  # lines above, empty ones with them, in which it stands
_OWN = 0.9  # the template's own words
_LEAST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    name: Span
    amount: Span
    worth: Decimal


@dataclass(frozen=True, slots=True)
class _Schedule:
    """A list of names with their amounts.

    Attributes:
        heading: its cells and lines.
        names: as far as they stand in one line, each with the whole name where it goes on in the next.
        total: the amount that is the sum of the others; None where none is.
    """

    heading: tuple[str, ...]
    names: tuple[tuple[Span, str], ...]
    total: Span | None


class Schedules:
    """The schedules of a document, as a template sees them."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._meaning = meaning
        self._found = [each for page in document.pages for each in _schedules(page)]

    def names(self, field: Field, candidates: Sequence[Candidate]) -> list[int]:
        """The candidates that are a name of a schedule whose heading says what the field is.

        A name that goes on under its amount is no span there: it is taken where it stands whole, which signatures have.
        """
        places = {each.span: at for at, each in enumerate(candidates)}
        written: dict[str, list[int]] = {}
        for at, each in enumerate(candidates):
            written.setdefault(key_of(each.text), []).append(at)
        found: list[int] = []
        for schedule in self._found:
            for span, whole in schedule.names if self._speaks(field, schedule) else ():
                elsewhere = written.get(key_of(whole)) if whole else None
                found += elsewhere or [at for at in (places.get(span),) if at is not None]
        return found

    def totals(self, field: Field, candidates: Sequence[Candidate]) -> list[int]:
        """The candidates that are the sum of a schedule whose heading says what the field is."""
        spans = [each.total for each in self._found if each.total is not None and self._speaks(field, each)]
        return [at for at, each in enumerate(candidates) if any(_within(each.span, span) for span in spans)]

    def _speaks(self, field: Field, schedule: _Schedule) -> bool:
        for text in schedule.heading:
            for key in dict.fromkeys((key_of(text), key_of(text.strip(" :")).removesuffix("s"))):
                own, _, avoided = self._meaning.weigh(field.name, key)
                if own >= _OWN and not avoided:
                    return True
        return False


def _schedules(page: Page) -> list[_Schedule]:
    lines, start = [], 0
    for text in page.text.split("\n"):
        lines.append((start, text))
        start += len(text) + 1
    rows = [row for number, (at, text) in enumerate(lines) if (row := _row(page.number, number, at, text)) is not None]
    found: list[_Schedule] = []
    block: list[_Row] = []
    for row in rows:
        between = [text for _, text in lines[block[-1].line + 1 : row.line] if text.strip()] if block else []
        if block and len(between) > _WRAPPED:
            found += _schedule(block, lines)
            block = []
        block.append(row)
    return found + _schedule(block, lines)


def _row(page: int, number: int, start: int, text: str) -> _Row | None:
    if len(text) > _LONGEST:
        return None
    own = text.rstrip()
    gap = next((each for each in reversed(list(_GAP.finditer(own))) if each.start()), None)
    match = _AMOUNT.fullmatch(own, gap.end()) if gap is not None else None
    if gap is None or match is None or sum(map(str.isdigit, match["amount"])) < _LEAST_DIGITS:
        return None
    name = own[: gap.start()].rstrip(" :\t")
    left = len(name) - len(name.lstrip())
    if "\t" in name.strip() or left == len(name) or not name[left].isalnum():
        return None
    try:
        worth = Decimal(re.sub(r"\D", "", re.sub(r"[.,]\d\d$", "", match["amount"])))
    except InvalidOperation:
        return None
    return _Row(
        number,
        Span(page, start + left, start + len(name)),
        Span(page, start + match.start("sign"), start + match.end("amount")),
        worth,
    )


def _schedule(block: Sequence[_Row], lines: Sequence[tuple[int, str]]) -> list[_Schedule]:
    total = None
    if len(block) > _LEAST and block[-1].worth == sum(each.worth for each in block[:-1]):
        total = block[-1].amount
        block = block[:-1]
    if len(block) < _LEAST:
        return []
    written = (text for _, text in reversed(lines[max(0, block[0].line - _FAR) : block[0].line]) if text.strip())
    above = list(itertools.islice(written, _ABOVE))[::-1]
    heading = [cell for text in above for cell in (text.strip(), *_CELL.split(text.strip()))]
    return [_Schedule(tuple(dict.fromkeys(heading)), tuple((each.name, _whole(each, lines)) for each in block), total)]


def _whole(row: _Row, lines: Sequence[tuple[int, str]]) -> str:
    """A row's name where it goes on in the next line; else empty."""
    start, text = lines[row.line]
    rest = lines[row.line + 1][1].strip() if row.line + 1 < len(lines) else ""
    if not rest or not rest[0].isalpha() or _CELL.search(rest) or any(map(str.isdigit, rest)):
        return ""
    return f"{text[row.name.start - start : row.name.end - start]} {rest}"


def _within(span: Span, other: Span) -> bool:
    return span.page == other.page and other.start <= span.start and span.end <= other.end
