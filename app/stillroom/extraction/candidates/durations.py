"""Lengths of time: "two (2) years", "1.5 years", "24 Monate"."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from decimal import Decimal

from stillroom import paths
from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.cldr import cldr

_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90, "hundred": 100,
}  # fmt: skip
_WORD = "(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
_SHAPE = {"year": 1.0, "month": 0.8, "week": 0.4, "day": 0.3, "hour": 0.1}
_ENGLISH = r"(?:year|month|week|day|hour)s?"
_FRACTIONS = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}


@functools.cache
def _units() -> tuple[dict[str, str], re.Pattern[str]]:
    """What each language calls the units, and the pattern of a duration; a further word may be glued to its unit."""
    names = dict(cldr().units)
    for unit, words in _data()["units"].items():
        for name in words.split():
            names.setdefault(name, unit)
    alternatives = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    written = "|".join(sorted(map(re.escape, _numbers_in_words()), key=len, reverse=True))
    further = "|".join(_data()["further"]["words"].split())
    adjective = r"[\s-]*(?:full\s+|calendar\s+|consecutive\s+|business\s+)?"
    pattern = re.compile(
        rf"(?<!\w)(?<!\d[.,/–-])(?:"
        rf"(?P<words>{_WORD}(?:(?:\s{{1,2}}and\s{{1,2}}|[\s-]{{1,2}}){_WORD}){{0,5}})\s{{0,2}}(?:\(\s{{0,2}}(?P<paren>\d{{1,4}})\s*\)\s*)?{adjective}(?P<english>{_ENGLISH})"
        rf"|\(?(?:(?P<digits>\d{{1,3}},\d{{3}}|\d{{1,4}}(?:[.,]\d{{1,2}})?)\s?(?P<fraction>[½¼¾])?|(?P<only>[½¼¾])|(?P<named>{written})(?!\w))\)?\s*-?\s*"
        rf"{adjective}(?P<unit>{alternatives}))(?:['’]s?)?(?:(?!\w)|(?<=[^\W\d_]{{4}})(?=(?:{further})(?![^\W\d_])))(?!\s+hour)",
        re.IGNORECASE,
    )
    return names, pattern


@functools.cache
def _data() -> dict[str, dict[str, str]]:
    return paths.resource_tables("durations")


@functools.cache
def _numbers_in_words() -> dict[str, int]:
    """Numbers as other languages than English write them out."""
    return {word: int(number) for number, words in _data()["numbers"].items() for word in words.split()}


@functools.cache
def _anniversaries() -> tuple[dict[str, int], re.Pattern[str]]:
    """Numbers of the order, and the pattern of one before a word for the day on which a year is over."""
    numbers = {word: int(number) for number, words in _data()["ordinals"].items() for word in words.split()}
    ordinals, days = (
        "|".join(sorted(map(re.escape, words), key=len, reverse=True))
        for words in (numbers, _data()["anniversaries"]["words"].split())
    )
    return numbers, re.compile(
        rf"(?<!\w)(?P<number>{ordinals})\s{{1,2}}(?:\(\s?\w{{1,5}}\s?\)\s{{1,2}})?(?:{days})(?!\w)", re.IGNORECASE
    )


@functools.cache
def _only_behind() -> dict[str, str]:
    """Of some units, the numbers in words that they stand behind."""
    return _data()["only_behind"]


def durations(page: Page) -> Iterator[Candidate]:
    """Spans that read as a length of time; the value is ``N unit(s)`` in English ("2 years"), whatever the document's language.

    What lasts until an anniversary lasts so many years ("the second anniversary").
    """
    yield from sorted((*_lengths(page), *_until_anniversaries(page)), key=lambda each: each.span)


def _until_anniversaries(page: Page) -> Iterator[Candidate]:
    order, anniversary = _anniversaries()
    for match in anniversary.finditer(page.text):
        years = order[match["number"].lower()]
        yield _candidate(page, match, Decimal(years), "year")


def _lengths(page: Page) -> Iterator[Candidate]:
    names, pattern = _units()
    for match in pattern.finditer(page.text):
        if match["named"] and re.fullmatch(_ENGLISH, match["unit"], re.IGNORECASE):
            continue  # "due days", "on days"
        if (
            match["named"]
            and match["named"].lower() not in _only_behind().get(match["unit"].lower(), match["named"].lower()).split()
        ):
            continue
        number = _number(match)
        unit = names[(match["unit"] or match["english"]).lower()]
        yield _candidate(page, match, number, unit)


def _candidate(page: Page, match: re.Match[str], number: Decimal, unit: str) -> Candidate:
    value = f"{number.normalize():f} {unit}{'' if number == 1 else 's'}"
    return Candidate(Span(page.number, *match.span()), match.group(), value, _SHAPE[unit])


def _number(match: re.Match[str]) -> Decimal:
    if match["words"]:
        return Decimal(match["paren"] or _written(match["words"]))
    if match["named"]:
        return Decimal(_numbers_in_words()[match["named"].lower()])
    digits = match["digits"] or "0"
    whole = digits.replace(",", "" if len(digits) > 4 and digits[-4] == "," else ".")
    return Decimal(whole) + _FRACTIONS.get(match["fraction"] or match["only"] or "", Decimal(0))


def _written(words: str) -> int:
    """A number in words below a thousand: "one hundred and twenty-five"."""
    total = 0
    for word in re.findall(_WORD, words.lower()):
        total = max(1, total) * 100 if word == "hundred" else total + _WORDS[word]
    return total
