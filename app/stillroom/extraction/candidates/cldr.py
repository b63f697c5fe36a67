"""What CLDR knows of languages, countries and their money, as resources/cldr.json holds it (installer/collect_cldr.py writes it)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from stillroom import codec, paths

USUAL_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A country's habits.

    Attributes:
        currencies: what it pays in, by ISO code, the usual one first.
        languages: what its offices write, the first two.
        first: which of d, m, y stands first in a short date.
        decimal: its decimal mark.
    """

    currencies: tuple[str, ...]
    languages: tuple[str, ...]
    first: str
    decimal: str


@dataclass(frozen=True, slots=True)
class Cldr:
    """The file's tables, of some hundred languages.

    Attributes:
        months: what a month is called, in small letters: its number, and a language that calls it so. "listopad" is two months.
        units: what lengths of time are called, and their English names.
        halves: what the halves of the day are called: 0 before noon, 12 after it.
        parts: what the parts of the day after noon are called ("in the afternoon"), with the hours that each is from and to.
        scales: words for thousands, millions and more.
        signs: signs and short names of currencies, and the ISO codes of those that they may stand for.
        decimals: digits behind the decimal mark, of the currencies that have not two.
        places: by ISO code.
        countries: their ISO codes by what they are called in English and at home, in small letters.
        cities: those that time zones are called after, and the country each is in.
    """

    months: Mapping[str, Mapping[int, str]]
    units: Mapping[str, str]
    halves: Mapping[str, int]
    parts: Mapping[str, tuple[int, int]]
    scales: Mapping[str, int]
    signs: Mapping[str, tuple[str, ...]]
    decimals: Mapping[str, int]
    places: Mapping[str, Place]
    countries: Mapping[str, str]
    cities: Mapping[str, str]


@functools.cache
def cldr() -> Cldr:
    """The tables; read once."""
    return codec.from_json(Cldr, (paths.resources_dir() / "cldr.json").read_bytes())
