"""Venues: rooms and buildings as they are named in announcements, and how far a text is one."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import regex as re

from stillroom.documents.document import Page
from stillroom.extraction.candidates.candidate import single_spaced
from stillroom.extraction.candidates.towns import is_town
from stillroom.extraction.candidates.words import (
    days_and_months,
    joining_words,
    states_and_countries,
    venue_names,
    venue_words,
)

_MOST = 8  # pieces of one venue
_LONGEST = 400  # characters of a line
_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"\p{L}+")
_OPEN = re.compile(r",[^\S\n]*\n\s*$")
_CUT = re.compile(r", *| +- +")
_BEFORE = re.compile(rf"{_CUT.pattern}| (?:{joining_words('in_venues')}) ")
# Behind a word or a room's number; not behind "St." or "Bldg.".
_WHOLE_WORD = r"(?:(?<=[\p{L}\d]{5})|(?<=(?<!\p{L})[\dA-Z])|(?<=(?<!\p{L})[IVX]{2,4}))"
_SENTENCE_END = re.compile(rf"{_WHOLE_WORD}\. +(?=\p{{Lu}})|\.$")
_COMMA = re.compile(r", ?")
# A point, or a word of the sentence: what is behind it is no more of the name.
_GOES_ON = re.compile(r"[.,;)]? *$|[.;,)]? (?=\p{Ll})|[.;)] ")
_POINT = re.compile(rf"{_WHOLE_WORD}\.$")
# "AlH 5214", "BH 2210", "8110 AlH", "NCC 318": what a house calls its buildings is short, and no year stands behind it.
_YEAR = r"(?!(?:19|20)\d\d(?!\d))"
_CODED = re.compile(
    rf"(?<![\w.])(?:[A-Z][A-Za-z]{{1,4}} ?{_YEAR}\d{{3,4}}[A-Z]?|{_YEAR}\d{{3,4}}[A-Z]? [A-Z][a-z]?[A-Z]{{1,3}})(?![\w/]|[.,:]\d)"
)


@functools.cache
def _named() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Runs of pieces that may be a venue, and the words that make one of them."""
    # "Raum 3.12" is a room of the third floor; "Raum 14.30 Uhr" is none.
    pointed = rf"(?<=(?:{venue_words()}) )\d{{1,2}}\.\d{{1,3}}[a-z]?(?!\w|[.:/]\d| ?(?:uhr|h|pm|am)(?!\w))"
    piece = (
        rf"(?!(?:[AP]M|[ap]m)(?!\w))(?:(?i:{pointed})|\d{{1,2}}(?:st|nd|rd|th)|\d{{1,4}}[A-Za-z]?(?![\w:/]|\.\S)"
        r"|\p{Lu}[\p{L}\d'’&]*\.?(?!\w))"
    )
    words = rf"(?<!\w)(?:{venue_words()})(?!\w)"
    joins = rf"(?:,? {{1,2}}| ?- ?| (?:{joining_words('venues')}) )"
    return (
        re.compile(
            rf"(?<![\w.:/])(?:(?i:{venue_words()})(?= [\p{{Lu}}\d])|{piece})(?:{joins}(?:{piece}|(?i:{words}))){{0,{_MOST - 1}}}"
        ),
        re.compile(words, re.IGNORECASE),
    )


@functools.cache
def _single_words() -> frozenset[str]:
    return frozenset(word for name in venue_names() for word in name.casefold().split())


def venues(page: Page) -> Iterator[tuple[int, int]]:
    """Where venues stand in the lines of a page: each as far as it goes, what is left of it behind its commas and each "in", and with the
    next line where that is one and nothing else ("3rd Floor Conference Room", and below it "Lund Building"), or a name behind a comma."""
    runs, words = _named()
    above: int | None = None  # where the venue begins that the line above ends with
    for line in _LINE.finditer(page.text):
        start, end = line.span()
        over, above = above, None
        if end - start > _LONGEST:
            continue
        if over is not None and _OPEN.search(page.text, over, start) and runs.fullmatch(line.group().strip()):
            yield over, start + len(line.group().rstrip())  # "Conference Room,\nLudbrook House"
        if not _single_words().isdisjoint(_WORD.findall(line.group().casefold())):
            for run in runs.finditer(page.text, start, end):
                point = _POINT.search(page.text, *run.span())
                run_end = point.start() if point else run.end()
                if words.search(page.text, *run.span()) and not page.text[run.end() : end].strip(" ,"):
                    above = None if point else run.start()
                    if over is not None and not page.text[start : run.start()].strip():
                        yield over, run_end
                for begin, stop in _ends(page.text, run.start(), run_end):
                    for cut in [begin, *(before.end() for before in _BEFORE.finditer(page.text, begin, stop))]:
                        if words.search(page.text, cut, stop):
                            yield cut, stop
            yield from _in_small_letters(page.text, start, end)
        yield from _told(page.text, start, end)
        for coded in _CODED.finditer(page.text, start, end):
            if _single_words().isdisjoint(
                _WORD.findall(coded.group().casefold())
            ):  # "Hall 5214" is the rest of "Aldon Hall 5214"
                yield coded.span()


def _in_small_letters(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Venues that a language writes with small letters ("salle paroissiale", "Musikraum der Grundschule"): the word for one with what
    says which."""
    for match in _which().finditer(text, start, end):
        yield match.span()


@functools.cache
def _which() -> re.Pattern[str]:
    joins = rf"(?:{joining_words('venues', 'streets')})"
    end = r"(?=[^\S\n]*(?:[,.;()\n]|$))"
    elided = r"[ \u00a0](?:de[ \u00a0])?[ld]['’][\p{L}\-]{3,30}(?!\w)"
    of = rf"[ \u00a0](?:{joins}[ \u00a0]){{1,2}}(?:[ldLD]['’])?[\p{{L}}][\p{{L}}\-]{{2,30}}(?!['’\w])|{elided}"
    return re.compile(
        rf"(?<![\w\-])(?i:{venue_words()})(?:(?:{of})|[ \u00a0]\p{{Ll}}[\p{{L}}\-]{{3,30}}{end})"
        rf"(?:(?:{of})|[ \u00a0]\d{{1,4}}(?![\w.:/]))?"
    )


def _told(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What a sentence says something takes place in, of two words or more and a comma, none of which need be one of venues: to its
    end, and to each comma ("in Corn Exchange, Ludbrook and")."""
    for before in _takes_place().finditer(text, start, end):
        run = _named()[0].match(text, before.end(), end)
        if not run or not _GOES_ON.match(text, run.end(), end):
            continue
        point = _SENTENCE_END.search(text, *run.span())
        stop = point.start() if point else run.end()
        comma = _COMMA.search(text, run.start(), stop)
        if not comma:
            continue
        first = text[run.start() : comma.start()]
        words = [word.casefold() for word in _WORD.findall(first)]
        named = first.casefold() in states_and_countries() or is_town(first)
        if len(words) > 1 and not first[0].isdigit() and not named and days_and_months().isdisjoint(words):
            yield from ((run.start(), each.start()) for each in _COMMA.finditer(text, run.start(), stop))
            yield run.start(), stop


@functools.cache
def _takes_place() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{joining_words('in_venues', 'at_venues')}) (?=\p{{Lu}})")


def _ends(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run as far as it goes and to each of its commas, and its sentences: an address may follow, or the day. What begins the next
    sentence is none of it, unless that names a venue as well ("Old Bldg. A. Room 3")."""
    begin = start
    stops = list(_SENTENCE_END.finditer(text, start, end))
    rest = text[stops[0].end() : end] if stops else ""
    if not rest or _named()[1].search(rest) or any(map(str.isdigit, rest)):
        yield start, end
    for stop in stops:
        yield begin, stop.start()
        begin = stop.end()
    if start < begin < end:
        yield begin, end
    for comma in _CUT.finditer(text, start, end):
        yield start, comma.start()


def venue_sign(text: str) -> float:
    """How far a text is the name of a venue, 0 to 1: all of it, only coded ("AlH 5214"), the word for one alone, or with other words
    around it."""
    runs, words = _named()
    text = single_spaced(text)
    if words.fullmatch(text):
        return 0.5
    if runs.fullmatch(text) and words.search(text):
        return 1.0
    if _CODED.fullmatch(text):
        return 0.7
    return 0.3 if words.search(text) or _CODED.search(text) else 0.0
