"""Currencies: what their signs, codes and names stand for, and how many decimals they have, by CLDR and ISO 4217."""

from __future__ import annotations

import functools
import re
from collections import defaultdict

from stillroom.extraction.candidates.cldr import USUAL_DECIMALS, cldr
from stillroom.extraction.candidates.words import places

# The currency that is meant first where a sign says no more; the others follow by their code.
_FIRST = ("USD", "EUR", "GBP", "JPY", "CNY", "KRW", "INR", "SEK", "CHF")


@functools.cache
def codes() -> frozenset[str]:
    """ISO codes of the currencies that a country pays in today."""
    return frozenset(
        code for name, place in cldr().places.items() for code in place.currencies if name not in ("ZZ", "EU")
    )


def decimals(code: str) -> int:
    """Digits behind the decimal mark of a currency: 2 of most, 0 of the yen, 3 of Kuwait's dinar."""
    return cldr().decimals.get(code, USUAL_DECIMALS)


@functools.cache
def signs() -> dict[str, tuple[str, ...]]:
    """What stands beside an amount (sign, code, short name), and the codes of the currencies it may mean."""
    known = codes()
    found: dict[str, set[str]] = defaultdict(set)
    for code in known:
        found[code].add(code)
    for sign, meant in cldr().signs.items():
        found[sign] |= set(meant)
    for sign, own in _everyday_signs().items():
        found[sign] |= set(own) & known
    order = {code: number for number, code in enumerate(_FIRST)}
    return {
        sign: tuple(sorted(own, key=lambda code: (order.get(code, 99), code))) for sign, own in found.items() if own
    }


def _everyday_signs() -> dict[str, list[str]]:
    return dict(places()["currency_signs"])


_CODE_BEFORE = re.compile(r"(?<![^\W\d_])([A-Z]{3})\s?$")
_CODE_NEXT = re.compile(r"\s?([A-Z]{3})(?![^\W\d_])")
_CODE_BEHIND = re.compile(r"\s?[-+]?\d[\d\s.,'’]*(?<=\d)\s?([A-Z]{3})(?![^\W\d_])")


def is_of_another(text: str, start: int, end: int, code: str) -> bool:
    """Whether a sign in a text that may mean a currency means another there: "NT$ 100" "$ 100 MXN" and "100 $ CAD" are no US dollars."""
    if text[start:end] == code:
        return False
    sign = sign_before(text, end)
    if len(sign) > end - start and code not in signs()[sign]:
        return True
    around = [_CODE_BEFORE.search(text[max(0, start - 5) : start]), _CODE_BEHIND.match(text, end)]
    if text[max(0, start - 2) : start].strip()[-1:].isdigit():
        around.append(_CODE_NEXT.match(text, end))
    return any(match is not None and match[1] in codes() and match[1] != code for match in around)


@functools.lru_cache(maxsize=64)
def by_script(text: str) -> str:
    """The currency of the country whose own script a text is in, where it has one and the sign leaves it open: ¥ beside kana are yen."""
    counted = [(sum(character in own for character in text), code) for code, own in _scripts().items()]
    most, code = max(counted, default=(0, ""))
    return code if most and sum(count > 0 for count, _ in counted) == 1 else ""


@functools.cache
def _scripts() -> dict[str, frozenset[str]]:
    return {code: frozenset(own) for code, own in places()["currency_scripts"].items()}


def sign_before(text: str, place: int) -> str:
    """The longest sign that ends at a place of a text; empty where none does."""
    known, first, _ = _edges()
    longest = first.get(text[place - 1], 0) if place else 0
    for length in range(min(longest, place), 0, -1):
        if (sign := text[place - length : place]) in known:
            return sign
    return ""


def sign_behind(text: str, place: int) -> str:
    """The longest sign that begins at a place of a text; empty where none does."""
    known, _, last = _edges()
    longest = last.get(text[place], 0) if place < len(text) else 0
    for length in range(min(longest, len(text) - place), 0, -1):
        if (sign := text[place : place + length]) in known:
            return sign
    return ""


@functools.cache
def _edges() -> tuple[dict[str, tuple[str, ...]], dict[str, int], dict[str, int]]:
    """The signs, and how long those are at most that end, or begin, with a character."""
    ends: dict[str, int] = {}
    begins: dict[str, int] = {}
    for sign in signs():
        ends[sign[-1]] = max(ends.get(sign[-1], 0), len(sign))
        begins[sign[0]] = max(begins.get(sign[0], 0), len(sign))
    return signs(), ends, begins
