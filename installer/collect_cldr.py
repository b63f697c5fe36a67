"""Writes what CLDR knows of months, lengths of time, halves and parts of the day, large numbers, currencies, countries and cities.

It goes to resources/cldr.json.

Run it with the environment's Python after Babel was renewed. To read the languages one by one takes most of a second and 76 MB, which
no window and no command should pay; the table takes a hundredth of it.
"""

from __future__ import annotations

import datetime
import functools
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import phonenumbers
import regex
from babel import Locale, localedata
from babel.core import UnknownLocaleError, get_global
from babel.languages import get_official_languages
from babel.numbers import get_currency_precision, get_territory_currencies
from babel.units import format_unit

TARGET = Path(__file__).resolve().parents[1] / "resources" / "cldr.json"
# Which money a country pays in is told for a day: the file must not change by itself.
_DAY = datetime.date(2026, 11, 28)
# Their words come first where two languages share one: the more it is written, the further up.
_FIRST = (
    "en", "de", "fr", "es", "it", "nl", "pt", "pl", "ru", "ja", "zh", "sv", "da", "nb", "fi", "cs", "tr", "uk", "el", "hu", "ro",
)  # fmt: skip
_WORD = regex.compile(r"[\p{L}\p{M}]+(?:\.[\p{L}\p{M}]+)*")  # with marks of vowels; "เม.ย." holds points
_UNITS = ("year", "month", "week", "day", "hour")
_COUNTS = (1, 2, 3, 5, 11, 21, 1.5)  # one of each plural form
# Words that are units or parts of the day elsewhere: "one time fee", "1 tag", "2 an hour", "este" of Spanish.
_OTHER_WORDS = {"este", "sore", "time", "timer", "tag", "jam", "den", "dan", "nap", "ur", "ura", "ure", "uri"}
# "$" and its like stand for every currency of the name: "kr" for krona, krone and króna.
_BY_NAME = {
    "$": ("dollar", "peso"),
    "£": ("pound",),
    "¥": ("yen", "yuan"),
    "￥": ("yen", "yuan"),
    "₨": ("rupee",),
    "₩": ("won",),
}
_USUAL_DECIMALS, _NOON = 2, 12
# Names of countries: "Chad" is a person's as well, and no text holds "Heard and McDonald Islands".
_SHORTEST_NAME, _MOST_WORDS = 5, 3


def collected() -> dict[str, Any]:
    """The content of the file."""
    return {
        "months": _months(),
        "units": _units(),
        "halves": _halves(),
        "parts": _parts(),
        "scales": _scales(),
        "signs": _signs(),
        "decimals": {code: get_currency_precision(code) for code in sorted(get_global("all_currencies"))
                     if get_currency_precision(code) != _USUAL_DECIMALS},
        "places": {place: _place(place) for place in sorted(_known_places())},
        "countries": _countries(),
        "cities": _cities(),
    }  # fmt: skip


@functools.cache
def _languages() -> tuple[str, ...]:
    """Those that a country's offices write, and three that CLDR counts as regional."""
    official = {
        language.split("_")[0]
        for territory in get_global("territory_currencies")
        for language in get_official_languages(territory, de_facto=True)
    }
    known = (official | {"ca", "eu", "gl"}) & {name for name in localedata.locale_identifiers() if "_" not in name}
    return (*_FIRST, *sorted(known - set(_FIRST)))


@functools.cache
def _locale(language: str, territory: str = "") -> Locale:
    """A language as a territory writes it; the language alone, or English, where CLDR knows no more."""
    for name in (f"{language}_{territory}" if territory else language, language.split("_")[0], f"en_{territory}"):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def _months() -> dict[str, dict[int, str]]:
    names: dict[str, dict[int, str]] = {"sept": {9: "en"}}
    for language in _languages():
        months = _locale(language).months
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[form][width].items():
                    key = name.lower().strip(" .")
                    letters = sum(letter.isalpha() for letter in key)
                    if letters >= 2 and not any(letter.isdigit() for letter in key) and _WORD.fullmatch(key):
                        names.setdefault(key, {}).setdefault(number, language)
    return names


def _units() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in _languages():
        for unit in _UNITS:
            for count in _COUNTS:
                text = format_unit(count, f"duration-{unit}", locale=language)
                name = re.sub(r"[\d.,٫\s]+", " ", text).strip().lower()
                if len(name) >= 2 and name.isalpha() and name not in _OTHER_WORDS:
                    names.setdefault(name, unit)
    return names


def _halves() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in _languages():
        for form in _locale(language).day_periods.values():
            for names in form.values():
                for period, half in (("am", 0), ("pm", 12)):
                    key = "".join(str(names.get(period, "")).lower().replace(".", " ").split())
                    if key.isalpha() and len(key) >= (4 if key.isascii() else 2):
                        found.setdefault(key, half)
    return found


def _parts() -> dict[str, list[int]]:
    """What the parts of the day after noon are called, with the hours that each is from and to; none that is another part elsewhere."""
    found: dict[str, list[int]] = {}
    others: set[str] = set()
    for language in _languages():
        rules = _locale(language).day_period_rules.get(None, {})
        hours = {
            name: (rule[0].get("from", 0) // 3600, rule[0].get("before", 0) // 3600) for name, rule in rules.items()
        }
        for form in _locale(language).day_periods.values():
            for names in form.values():
                for period, name in names.items():
                    key = " ".join(str(name).lower().replace("’", "'").split())
                    start, end = hours.get(period, (0, 0))
                    if not _NOON <= start < end:
                        others.add(key)
                    elif len(key) >= (4 if key.isascii() else 2) and not key.endswith("."):
                        found.setdefault(key, [start, end])
    units = _units()
    return {key: hours for key, hours in found.items() if key not in {*others, *units, *_OTHER_WORDS}}


def _scales() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in _languages():
        for forms in _locale(language).compact_decimal_formats.values():
            for sizes in forms.values():
                for size, written in sizes.items():
                    pattern = str(getattr(written, "pattern", written))
                    word = re.sub(r"[0¤\s'’\u200e\u200f]", "", pattern).lower().rstrip(".")
                    if len(word) >= 3 and all(letter.isalpha() for letter in word):
                        zeros = max(1, pattern.count("0"))
                        found.setdefault(word, int(size) // 10 ** (zeros - 1))
    return found


def _paid_in(place: str) -> list[str]:
    return list(get_territory_currencies(place, _DAY)) if place in get_global("territory_currencies") else []


def _signs() -> dict[str, list[str]]:
    known = {
        code for place in get_global("territory_currencies") if place not in ("ZZ", "EU") for code in _paid_in(place)
    }
    found: dict[str, set[str]] = defaultdict(set)
    english = _locale("en").currencies
    for code in known:
        for sign, names in _BY_NAME.items():
            if any(name in english.get(code, "").lower() for name in names):
                found[sign].add(code)
    for language in _languages():
        for code, sign in _locale(language).currency_symbols.items():
            if code in known and not (sign.isascii() and sign.isalpha() and len(sign) == 1):
                found[sign].add(code)
    return {sign: sorted(codes) for sign, codes in sorted(found.items())}


def _known_places() -> set[str]:
    return set(get_global("territory_currencies")) | set(phonenumbers.SUPPORTED_REGIONS) | {"001"}


def _place(place: str) -> dict[str, Any]:
    spoken = get_official_languages(place, de_facto=True)
    locale = _locale(spoken[0] if spoken else "en", place)
    short = str(locale.date_formats["short"].pattern).lower()
    return {
        "currencies": _paid_in(place),
        "languages": list(spoken[:2]),
        "first": next(letter for letter in short if letter in "dmy"),
        "decimal": str(locale.number_symbols["latn"]["decimal"]),
    }


def _countries() -> dict[str, str]:
    found: dict[str, str] = {}
    for place, name in sorted(_locale("en").territories.items()):
        if len(place) != len("XX") or not place.isalpha():
            continue
        spoken = get_official_languages(place, de_facto=True)
        at_home = _locale(spoken[0]).territories.get(place, name) if spoken else name
        for own in (name, at_home):
            key = " ".join(_WORD.findall(own)).casefold()
            if len(key) >= _SHORTEST_NAME and len(key.split()) <= _MOST_WORDS:
                found.setdefault(key, place)
    return found


def _cities() -> dict[str, str]:
    """Cities of time zones; of those that Indiana and the like have several of, none."""
    found: dict[str, str] = {}
    for zone, place in sorted(get_global("zone_territories").items()):
        key = " ".join(_WORD.findall(zone.rpartition("/")[2].replace("_", " "))).casefold()
        if zone.count("/") == 1 and len(place) == len("XX") and len(key) >= _SHORTEST_NAME:
            found.setdefault(key, place)
    return found


def written() -> str:
    """The file's text."""
    return json.dumps(collected(), ensure_ascii=False, indent=0, separators=(",", ":")) + "\n"


def main() -> int:
    TARGET.write_text(written(), encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
