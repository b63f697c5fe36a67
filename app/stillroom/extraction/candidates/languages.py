"""Languages whose words are read: those that a country's offices write, as far as CLDR (through Babel) knows them."""

from __future__ import annotations

import functools

from babel import Locale, localedata
from babel.core import UnknownLocaleError, get_global
from babel.languages import get_official_languages

# Their words come first where two languages share one: the more it is written, the further up.
_FIRST = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "pt",
    "pl",
    "ru",
    "ja",
    "zh",
    "sv",
    "da",
    "nb",
    "fi",
    "cs",
    "tr",
    "uk",
    "el",
    "hu",
    "ro",
)


@functools.cache
def languages() -> tuple[str, ...]:
    """Their codes: every official language of a country, and three that CLDR counts as regional."""
    official = {
        language.split("_")[0]
        for territory in get_global("territory_currencies")
        for language in get_official_languages(territory, de_facto=True)
    }
    known = (official | {"ca", "eu", "gl"}) & {
        identifier for identifier in localedata.locale_identifiers() if "_" not in identifier
    }
    return (*_FIRST, *sorted(known - set(_FIRST)))


@functools.cache
def locale_of(language: str, territory: str = "") -> Locale:
    """A language as a territory writes it; the language alone, or English, where CLDR knows no more."""
    for name in (f"{language}_{territory}" if territory else language, language.split("_")[0], f"en_{territory}"):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
