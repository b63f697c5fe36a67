"""Words by which organisations, persons and addresses of many countries are told: patterns made of resources/places.toml."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import regex as re

from stillroom import paths
from stillroom.extraction.candidates.cldr import cldr

_CUT_SHORT = 5  # letters


@functools.cache
def listed(name: str) -> dict[str, Any]:
    """The tables of a file of words among the resources, read once."""
    return paths.resource_tables(name)


def places() -> dict[str, Any]:
    """Those of places.toml."""
    return listed("places")


@functools.cache
def legal_forms() -> re.Pattern[str]:
    """Legal forms of companies, and words like "Bank" or "Stiftung". Short ones only as they are written, or in capitals: "as" is none."""
    known = {form for forms in places()["legal_forms"].values() for form in forms} | set(
        places()["organisation_words"]["words"]
    )
    return re.compile(_as_written(known))


@functools.cache
def company_forms() -> str:
    """Legal forms alone ("Inc", "GmbH"), as a pattern."""
    return _as_written({form for forms in places()["legal_forms"].values() for form in forms})


@functools.cache
def pointed_forms() -> str:
    """Those that may be cut short, so that a point behind them is their own ("Inc.", "Ltd."), as a pattern."""
    forms = {form for forms in places()["legal_forms"].values() for form in forms}
    return _as_written({form for form in forms if len(form) <= _CUT_SHORT or "." in form})


def _as_written(forms: set[str]) -> str:
    exact = {form for form in forms if len(form) <= 3} | {
        form.upper() for form in forms if len(form) == 3 and form[0].isupper()
    }
    return rf"(?:(?i:{_any(forms - exact)})|{_any(exact)})"  # "Co., Ltd" before "Co"


@functools.cache
def legal_forms_in_full() -> dict[str, str]:
    """What each legal form is written short as, by how it is written in full."""
    return {form: short for short, forms in places()["legal_forms_in_full"].items() for form in forms}


@functools.cache
def organisation_words() -> str:
    """Words of what an organisation is ("Bank", "Stiftung"), as a pattern."""
    return _any(places()["organisation_words"]["words"])


@functools.cache
def institution_words() -> str:
    """Words of offices, courts, clubs and institutions that go before what they are called ("tribunal", "Landgericht"), as a pattern."""
    return _any(places()["institutions"]["words"])


@functools.cache
def employers() -> re.Pattern[str]:
    """Words that tell where somebody works: those of organisations and of their parts, and legal forms, as whole words."""
    parts = _any(places()["employers"]["words"])
    return re.compile(rf"(?<![\w'’])(?:{legal_forms().pattern}|(?i:{parts}))(?!\w)")


@functools.cache
def small_legal_forms() -> str:
    """Those that begin with a small letter ("z o.o.", "s.r.o.", "plc"), as a pattern: they end a name of capitalised words."""
    return _any({form for forms in places()["legal_forms"].values() for form in forms if form[0].islower()})


@functools.cache
def legal_form() -> re.Pattern[str]:
    """One of them as a whole word."""
    return re.compile(rf"(?:{legal_forms().pattern})(?!\w)")


@functools.cache
def states_and_countries() -> frozenset[str]:
    """Names of states, provinces and countries, in small letters: by which law, from where."""
    known = {state for states in places()["states"].values() for state in states}
    return frozenset(name.casefold() for name in known) | frozenset(cldr().countries)


@functools.cache
def days_and_months() -> frozenset[str]:
    """What days of the week and months are called, in small letters."""
    known = {day for days in places()["weekdays"].values() for day in days}
    return frozenset(name.casefold() for name in known) | frozenset(cldr().months)


@functools.cache
def common_words() -> frozenset[str]:
    """Words that stand in texts of every kind, in small letters, of all languages that are listed."""
    return frozenset(word for words in listed("common_words").values() for word in words.split())


@functools.cache
def titles() -> str:
    """What goes before a person's name, as it is written or in capitals, as a pattern."""
    words = places()["titles"]["words"]
    return _any([*words, *(word.upper() for word in words if len(word) > 1)])


@functools.cache
def name_suffixes() -> str:
    """What stands behind a person's name and belongs to it ("Jr.", "III"), as a pattern."""
    return _any(places()["name_suffixes"]["words"])


@functools.cache
def joining_words(*kinds: str) -> str:
    """Small words inside of names of some kinds ("persons", "streets" …, see the file), as a pattern."""
    return _any(word for kind in kinds for word in places()["joining_words"][kind])


@functools.cache
def no_names() -> str:
    """Words that are no name where one stands alone, whatever its letters, as a pattern."""
    return _any(word for words in places()["no_names"].values() for word in words)


@functools.cache
def partner_words() -> str:
    """Who others than those named are in a firm's name ("and Sons", "& Co"), as a pattern."""
    return _any(places()["partner_words"]["words"])


@functools.cache
def name_particles() -> frozenset[str]:
    """Those of persons' names, as they are written there."""
    known = places()["joining_words"]
    return frozenset({*known["persons"], *known["further"]}.difference(known["firms"]))


@functools.cache
def street_openings() -> str:
    """Words that go before the name of a street ("rue", "via"), as a pattern."""
    return _any(places()["address_words"]["before"])


@functools.cache
def address_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Words of streets and buildings; and words of lines that are something else."""
    table = places()["address_words"]
    streets = rf"(?<!\w)(?:{_any(table['words'])})(?!\w)\.?|(?:{_any(table['ends'])})(?![^\W\d])"
    others = rf"(?<!\w)(?:{_any(table['other_lines'])})(?:no)?(?![^\W\d])|@"
    return re.compile(streets, re.IGNORECASE), re.compile(others, re.IGNORECASE)


@functools.cache
def town_and_state() -> re.Pattern[str]:
    """The name of a state behind a town and its comma, where a line ends or its postcode follows: "Miami, Florida"."""
    known = places()
    states = _any(state for country in known["behind_towns"]["states"] for state in known["states"][country])
    return re.compile(
        rf"(?<=[^\W\d_]{{3}}),[ ]?(?:{states})(?=\.?$|[,.]?[ ]?\d{{4,5}}(?!\d))", re.IGNORECASE | re.MULTILINE
    )


@functools.cache
def state_and_postcode() -> re.Pattern[str]:
    """The code of a state behind a town, and its postcode, where they end a line: "Seattle,WA98122", "Portland, OR 97205-1234"."""
    known = places()
    codes = _any(code for country in known["behind_towns"]["codes"] for code in known["state_codes"][country])
    return re.compile(rf"(?<=[^\W\d_])[,. ]{{0,2}}(?:{codes})\.?,?[ ]?\d{{5}}(?:-\d{{4}})?[.,]?$")


@functools.cache
def postcodes() -> str:
    """Those that are more than figures, as a pattern."""
    return _of_forms(places()["postcodes"])


@functools.cache
def plates() -> str:
    """Number plates of cars that are written in two groups, as a pattern."""
    return _of_forms(places()["plates"])


def _of_forms(forms: Mapping[str, Iterable[str]]) -> str:
    """How codes are written by countries, as a pattern; what its signs stand for, the file says."""
    signs = {"A": "[A-Z]", "9": r"\d", "0": r"[\dO]", "_": " ?"}
    written = {form for own in forms.values() for form in own}
    return "|".join(
        "".join(signs.get(sign, re.escape(sign)) for sign in form)
        for form in sorted(written, key=lambda form: (-len(form), form))
    )


@functools.cache
def number_words() -> str:
    """Words for a number that are as short as a group of a code, in capitals, as a pattern."""
    return _any(word.upper() for word in places()["number_words"]["words"])


@functools.cache
def number_labels() -> str:
    """What stands before a number in a sentence, as a pattern."""
    return _any(places()["number_labels"]["words"])


@functools.cache
def country_of_states() -> frozenset[str]:
    """What the country of these states is called below their postcodes, in small letters."""
    return frozenset(places()["state_codes"]["country"])


@functools.cache
def branches() -> re.Pattern[str]:
    """A line that is the number of a shop among those of its chain: "Cafe 2263", "Filiale Nr. 12"."""
    words = _any(places()["address_words"]["branches"])
    return re.compile(rf"^(?:{words})[ ]?(?:[#№]|n[or]\.?)?[ ]?\d{{1,6}}$", re.IGNORECASE)


@functools.cache
def weights() -> re.Pattern[str]:
    """A line that begins with a weight or a measure of goods: "0 lbs.", "10.3ozNet"."""
    units = _any(places()["address_words"]["weights"])
    return re.compile(rf"^\d{{1,4}}(?:[.,]\d{{1,3}})?[ ]?(?i:{units})(?:\.?$|(?=[ .]|[A-Z@/]))")


@functools.cache
def measures() -> re.Pattern[str]:
    """A unit of measure that a number has close behind it: "2.55kg"."""
    known = places()["measures"]
    return re.compile(rf"(?:{_any(known['letters'])}|(?i:{_any(known['words'])}))\.?(?![\w²³/])")


@functools.cache
def address_labels() -> re.Pattern[str]:
    """Words of labels that stand before an address."""
    return re.compile(rf"(?<!\w)(?:{_any(places()['address_labels']['words'])})(?!\w)", re.IGNORECASE)


def venue_names() -> list[str]:
    """Words of rooms and buildings."""
    names: list[str] = places()["venues"]["words"]
    return names


def venue_words() -> str:
    """The same as a pattern."""
    return _any(venue_names())


@functools.cache
def paper_words() -> str:
    """Words that name a paper ("invoice"), as a pattern."""
    return _any(places()["papers"]["words"])


@functools.cache
def debit_or_credit_words() -> str:
    """Words of an account whose amounts have "S" or "H" behind them, as they are written or in capitals, as a pattern."""
    words = places()["debit_or_credit"]["words"]
    return _any([*words, *map(str.upper, words)])


@functools.cache
def time_words(*kinds: str) -> str:
    """Words of times of day of some kinds ("oclock", "noon" …, see resources/times.toml), as a pattern."""
    return _any(word for kind in kinds for words in listed("times")[kind].values() for word in words)


@functools.cache
def paper_phrases(kind: str) -> str:
    """Words by which a sentence names a paper with its day, or says what a word stands for ("article", "means" …, see
    resources/phrases_of_papers.toml), as a pattern."""
    return _any(word for words in listed("phrases_of_papers")[kind].values() for word in words)


@functools.cache
def against() -> re.Pattern[str]:
    """What stands between two parties that are against each other, and the white space around it."""
    return re.compile(rf"[ \u00a0](?:{opponents_words()})[ \u00a0]+(?=[^\W\d_\p{{Ll}}])")


@functools.cache
def opponents_words() -> str:
    """The same words as a pattern."""
    return _any(places()["against"]["words"])


def _any(words: Iterable[str]) -> str:
    """Alternatives, the longest first, with any white space between their words."""
    return "|".join(
        r"\s{1,2}".join(map(re.escape, word.split()))
        for word in sorted(set(words), key=lambda word: (-len(word), word))
    )
