"""Addresses in running text: a street with its number, in either order, and the town and postcode behind it."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import regex as re

from stillroom.documents.document import Page
from stillroom.extraction.candidates.currencies import signs
from stillroom.extraction.candidates.words import address_words, joining_words, street_openings

_LONGEST = 400  # characters of a line
_MOST = 14  # pieces of one address
_LINE = re.compile(r"[^\n]+")
_COMMA = re.compile(r",? +- +|, *")
_HOUSE = re.compile(r"(?<![^\W\d_])\d{1,5}[A-Za-z]?(?![\w.,]*\d)")
_SENTENCE_BEFORE = re.compile(r"(?<!\p{L})\p{Ll}+,? $")
_SENTENCE_BEHIND = re.compile(r"[,.]? \p{Ll}+(?![\p{L}:])")

_FIGURE = re.compile(r"\d")
_STOP = re.compile(r"[.;)](?: |$)")
_BEFORE = 40  # characters in which the word before an address is looked for


@functools.cache
def _run() -> re.Pattern[str]:
    """Runs of capitalised words and numbers that may be one: no word ends a sentence but an abbreviation of a street's, and no number
    is an amount."""
    money = "|".join(map(re.escape, sorted(signs(), key=len, reverse=True)))
    number = (
        r"(?:\d{1,6}(?:[-/]\d{1,4})?[A-Za-z]?|[A-Z]{1,2}\d[A-Z\d]?|\d[A-Z]{2}|№)(?![\w:/%]|[.,]\d)"
        rf"(?! ?(?:{money})(?![^\W\d_]))"
    )
    point = r"(?!\w)(?:(?<=(?<!\p{L})\p{L}{1,4})\.(?= ?[\p{Lu}\d,]))?"
    word = rf"(?!(?:{money}) ?\d)(?:(?:[dl]['’])?\p{{Lu}}[\p{{L}}'’\-]*|(?:{street_openings()})){point}"
    piece, small = rf"(?:{number}|{word})", rf"(?:{joining_words('streets')})"
    further = joining_words("further")
    return re.compile(
        rf"(?<![\w.:/$€£#@-]){piece}(?:(?:,? {{1,2}}| {small} (?:(?:{small}|{further}) )?){piece}){{1,{_MOST - 1}}}"
    )


@functools.cache
def _opening() -> re.Pattern[str]:
    return re.compile(rf"(?i:{street_openings()})(?!\w)")


def street_addresses(page: Page) -> Iterator[tuple[int, int]]:
    """Where they stand in the lines of a page, and over the ends of lines of a sentence: from the street, or the number before it, as
    far as they go, and to each comma."""
    streets, _ = address_words()
    lines = list(_LINE.finditer(page.text))
    for line in lines:
        start, end = line.span()
        if end - start > _LONGEST or not streets.search(page.text, start, end):
            continue
        for run in _run().finditer(page.text, start, end):
            if not _SENTENCE_BEFORE.search(page.text, start, run.start()) and not _SENTENCE_BEHIND.match(
                page.text, run.end(), end
            ):
                continue  # a line or cell of its own
            yield from _of_run(page.text, *run.span())
    plain = page.text.replace("\n", " ")
    for above, below in itertools.pairwise(lines):
        start, line_end, end = above.start(), above.end(), below.end()
        if line_end + 1 != below.start() or end - start > _LONGEST or not streets.search(plain, start, end):
            continue
        for run in _run().finditer(plain, start, end):
            if not run.start() < line_end < run.end():
                continue
            if _SENTENCE_BEFORE.search(plain, max(0, run.start() - _BEFORE), run.start()) and (
                _SENTENCE_BEHIND.match(plain, run.end()) or _STOP.match(plain, run.end())
            ):
                for first, last in _of_run(plain, *run.span()):
                    goes_on = _COMMA.match(plain, line_end - 1) or _FIGURE.search(plain, line_end, last)
                    if first < line_end < last and (goes_on or streets.search(plain, line_end, last)):
                        yield first, last


def _of_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The addresses in a run of capitalised words and numbers."""
    streets, _ = address_words()
    cuts = [start, *(comma.end() for comma in _COMMA.finditer(text, start, end))]
    ends = [*(comma.start() for comma in _COMMA.finditer(text, start, end)), end]
    for part, (begin, stop) in enumerate(zip(cuts, ends, strict=True)):
        street = streets.search(text, begin, stop)
        house = _HOUSE.search(text, begin, stop)
        if house and text.startswith(" of ", house.end()):  # "page 7 of the Street Act"
            continue
        # "12, Harbour Street", "Via Roma, 3": the number is a part of its own.
        if house and not street and house.span() == (begin, stop) and part + 1 < len(cuts):
            street = streets.search(text, cuts[part + 1], ends[part + 1])
        stop_at = part
        if street and not house and part + 1 < len(cuts) and _opening().match(text, begin, stop):
            house = _HOUSE.match(text, cuts[part + 1], ends[part + 1])
            house = house if house and house.end() == ends[part + 1] else None
            stop_at = part + 1
        if not street or not house:
            continue
        begins = {begin} if house.start() > street.start() else {begin, house.start()}
        for first in sorted(begins):
            yield from ((first, last) for last in ends[stop_at:] if last > max(street.start(), house.start()))
