"""Raised text (superscripts): cents and footnote signs that touch a number must not become digits of it."""

from __future__ import annotations

import re

START, END = "\ufdd0", "\ufdd1"
"""Put around raised text while a line is collected. Characters that no text holds."""

_RAISED = re.compile(f"{START}([^{START}{END}]*){END}?|{END}")
_SIGNS = str.maketrans("0123456789+-−()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾")
_MONEY = r"(?:[$€£¥₩₹₽₺₴₪฿₫₱]|\b[A-Z]{3}\b|\bkr\b|zł|Kč|Ft\b|lei\b|Fr\.)"
_WHOLE = r"\d{1,3}(?:(?P<mark>[.,'’ \u00a0\u202f])\d{3})*|\d+"
_PRICE_BEFORE = re.compile(rf"{_MONEY}\s?(?:{_WHOLE})$")
_AMOUNT = re.compile(rf"(?<![\d.,])(?:{_WHOLE})$")
_MONEY_AFTER = re.compile(rf"\s?{_MONEY}")
_CENTS = re.compile(r"(\d\d)(\D*)$")


def settled(text: str) -> str:
    """The text with its raised parts written so that no number changes.

    Two raised digits behind a price (``£19`` and ``99``) are its cents: ``£19.99``. Behind a number that no currency says
    to be a price they stand apart: ``19 99``. Other digits behind a digit are a footnote sign or an exponent: ``1,250.00 ¹``;
    behind a letter they are raised digits: ``m²``. Everything else stays as it is (``1st``).
    """
    if START not in text and END not in text:
        return text
    done = ""
    position = 0
    for match in _RAISED.finditer(text):
        done += text[position : match.start()]
        position = match.end()
        if match[1]:
            done += _written(done, match[1], text[position:])
    return done + text[position:]


def _written(before: str, raised: str, after: str) -> str:
    inner = raised.strip()
    if not inner or not before:
        return raised
    if not any(character.isdecimal() for character in inner) or inner[0] in ".,":
        return raised
    if before[-1].isdecimal():
        cents = _CENTS.match(inner)
        if not cents:
            return f" {inner.translate(_SIGNS)}"
        amount = _AMOUNT.search(before)
        if amount and (_PRICE_BEFORE.search(before) or _MONEY_AFTER.match(after)):
            return f"{',' if amount['mark'] == '.' else '.'}{cents[1]}{cents[2]}"
        return f" {inner}"
    if before[-1].isalpha() and inner.translate(_SIGNS) != inner:
        return inner.translate(_SIGNS)
    return raised
