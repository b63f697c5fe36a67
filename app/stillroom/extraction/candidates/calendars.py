"""Months by their names in any language and case of writing; the Persian calendar; dates of calendars that are not reckoned."""

from __future__ import annotations

import datetime
import functools
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import regex as re

from stillroom import paths
from stillroom.extraction.candidates.cldr import cldr

_NEW_YEAR_1400 = datetime.date(2021, 3, 21)
_PERSIAN_YEARS = range(1300, 1440)
"""1921 to 2060, in which the rule of leap years is that of the calendar's offices. Years from 1440 on are of the Islamic calendar today."""
_ARABIC_LETTERS = str.maketrans("يىك", "ییک")  # as an Arabic keyboard writes the Persian ones
_PREFIXES = ("ב", "ל", "ខែ")
"""Of Hebrew ("in", "of") and Khmer ("month"), which stand before a name without a space."""


@functools.cache
def _table() -> dict[str, Any]:
    return paths.resource_tables("months")


@functools.cache
def joining_words() -> str:
    """What stands between a day, its month and its year, as a pattern."""
    words = sorted(_table()["joining"]["words"], key=lambda word: (-len(word), word))
    return "|".join(map(re.escape, words))


@functools.cache
def _named() -> dict[str, dict[int, str]]:
    known = {name: dict(months) for name, months in cldr().months.items()}
    for language, names in _table()["forms"].items():
        for number, forms in enumerate(names, 1):
            for form in filter(None, forms.split("|")):
                known.setdefault(form, {}).setdefault(number, language)
    return known


@functools.cache
def _plain() -> dict[str, dict[int, str]]:
    """The same without accents, as capitals and plain keyboards leave them: ΑΠΡΙΛΙΟΥ, KASIM, fevrier."""
    known: dict[str, dict[int, str]] = {}
    for name, months in _named().items():
        bare = _bare(name)
        if bare != name:
            for number, language in months.items():
                known.setdefault(bare, {}).setdefault(number, language)
    return known


def _bare(word: str) -> str:
    letters = unicodedata.normalize("NFD", word.replace("ı", "i").replace("ł", "l").replace("đ", "d"))
    # Only what stands on a letter that exists without it; the vowels of Indian scripts are no accents.
    return "".join(letter for letter in letters if not "\u0300" <= letter <= "\u036f").replace("ς", "σ")


@functools.cache
def first_words() -> frozenset[str]:
    """First words of the names that have two."""
    return frozenset(name.split()[0] for name in _named() if " " in name)


@functools.lru_cache(maxsize=16_384)
def month(name: str) -> Mapping[int, str]:
    """The months that a name may be, each with a language that calls it so; empty where it is none."""
    known, key = _named(), name.lower()
    if found := known.get(key):
        return found
    for prefix in _PREFIXES:
        if key.startswith(prefix) and (found := known.get(key[len(prefix) :])):
            return found
    bare = _bare(key)
    return known.get(bare) or _plain().get(bare, {})


@functools.cache
def _persian_months() -> dict[str, int]:
    return {form: number for number, forms in enumerate(_table()["persian"]["months"], 1) for form in forms.split("|")}


def persian_month(name: str) -> int:
    """The number of a month of the Persian calendar; 0 where the name is none."""
    return _persian_months().get(name.translate(_ARABIC_LETTERS), 0)


@functools.cache
def _persian_words() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _table()["persian"]["words"])))


def speaks_persian(text: str) -> bool:
    """Whether a text has words beside which years like 1404 are of the Persian calendar; Arabic spells those it shares in other letters."""
    return bool(_persian_words().search(text))


def persian(year: int, month: int, day: int) -> datetime.date | None:
    """The day of a Persian date; None where there is no such date, or its year is far from today."""
    if year not in _PERSIAN_YEARS or not 1 <= month <= 12 or not 1 <= day <= _length(year, month):
        return None
    years = range(1400, year) if year >= 1400 else range(year, 1400)
    passed = sum(365 + _leaps(each) for each in years) * (1 if year >= 1400 else -1)
    months = sum(_length(year, each) for each in range(1, month))
    return _NEW_YEAR_1400 + datetime.timedelta(days=passed + months + day - 1)


def _leaps(year: int) -> bool:
    return year % 33 in (1, 5, 9, 13, 17, 22, 26, 30)


def _length(year: int, month: int) -> int:
    return 31 if month <= 6 else 30 if month < 12 or _leaps(year) else 29


@functools.cache
def _not_reckoned() -> tuple[tuple[str, re.Pattern[str]], ...]:
    def any_of(words: Iterable[str]) -> str:
        return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))

    islamic, hebrew = (any_of(_table()[name]["months"]) for name in ("islamic", "hebrew"))
    return (
        (
            "Islamic",
            re.compile(
                rf"(?<!\w)\d{{1,2}}\s(?i:{islamic}),?\s(?:سنة\s|عام\s)?1[34]\d\d(?!\d)"
                r"|(?<!\d)(?:1[34]\d\d[/\-]\d{1,2}[/\-]\d{1,2}|\d{1,2}[/\-]\d{1,2}[/\-]1[34]\d\d)\s?(?:(?:هـ|ه(?!\w))(?!\.?\s?ش)|A\.?H\.?(?!\w))"
            ),
        ),
        (
            "Hebrew",
            re.compile(
                rf"(?<!\w)[א-ת]{{1,2}}['׳\"״]?[א-ת]?\s(?:ב|ל)?(?:{hebrew})\s(?:ה['׳]?)?ת[א-ת]{{0,2}}[\"״][א-ת](?!\w)"
            ),
        ),
    )


def not_reckoned(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Dates of calendars that are not reckoned: of each calendar its name and the first date."""
    pages = list(texts)
    for name, pattern in _not_reckoned():
        found = next((match for match in map(pattern.search, pages) if match), None)
        if found:
            yield name, found.group()
