"""Amounts, numbers, integers, percentages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate

# Digits with thousands separators (, . ' space and their Unicode forms) and an optional decimal part; no digit, letter or
# separator of a longer identifier may touch it.
_NUMBER = re.compile(
    r"(?<![\w.,/\-])(?<!\d[ ])"
    r"(?P<sign>[-−–]\s?|\()?"
    r"(?P<before>(?:[$€£¥₹₩₽฿₫₱₪]|US\$|RM|Rs\.?|[A-Z]{3}|kr\.?|zł)\s?)?"
    r"(?P<digits>\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d{1,4})?|\d+(?:[.,]\d{1,4})?|[.,]\d{1,4})"
    r"(?P<after>\s?(?:[$€£¥₹]|%|(?:EUR|USD|GBP|PLN|CHF|kr|zł)\b))?"
    r"(?![\w]|[.,/\-:]\d)",
    re.UNICODE,
)
_DATE_LIKE = re.compile(r"\d{1,4}[./\-]\d{1,2}[./\-]\d{1,4}|\d{1,2}:\d{2}")


def amounts(page: Page, *, day_decimal: str | None = None) -> Iterator[Candidate]:
    """Spans that read as an amount of money: the number alone; its currency sign stays outside the span.

    ``day_decimal``: the decimal separator of the document where it is known.
    """
    for match, value in _numbers(page, day_decimal):
        text = match["digits"]
        has_currency = bool(match["before"] and match["before"].strip()) or bool(
            match["after"] and "%" not in match["after"]
        )
        if match["after"] and "%" in match["after"]:
            continue
        has_cents = bool(re.search(r"[.,]\d{2}$", text))
        if len(text) > 7 and text.isdigit() and not has_currency:
            continue  # an article or telephone number
        if len(text) > 1 and text[0] == "0" and text.isdigit():
            continue
        shape = 0.4 * has_currency + 0.6 * has_cents
        yield Candidate(Span(page.number, match.start("digits"), match.end("digits")), text, str(value), shape)


def numbers(page: Page, *, whole: bool = False) -> Iterator[Candidate]:
    """Spans that read as a number; only whole ones where ``whole`` is true."""
    for match, value in _numbers(page, None):
        if match["after"] and "%" in match["after"]:
            continue
        if whole and value != value.to_integral_value():
            continue
        canonical = str(int(value)) if whole else str(value)
        yield Candidate(Span(page.number, match.start("digits"), match.end("digits")), match["digits"], canonical)


def percentages(page: Page) -> Iterator[Candidate]:
    """Numbers followed by a percent sign; the value is the number in front of it."""
    for match, value in _numbers(page, None):
        after = page.text[match.end("digits") : match.end("digits") + 9].lstrip().lower()
        if after.startswith(("%", "percent", "per cent")):
            yield Candidate(
                Span(page.number, match.start("digits"), match.end("digits")), match["digits"], str(value), 1.0
            )


def decimal(text: str, decimal_mark: str | None = None) -> Decimal | None:
    """A number as written in a document, with either decimal mark; None where it is none.

    With one kind of separator only: three digits behind every one of them make it a thousands separator, unless
    ``decimal_mark`` says otherwise.
    """
    digits = re.sub(r"['’\u00a0\u202f ]", "", text.strip())
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        mark = "," if comma > point else "."
    elif comma >= 0 or point >= 0:
        found = "," if comma >= 0 else "."
        groups = digits.split(found)
        thousands = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3 and groups[0] != "0"
        if len(groups) > 2 or (thousands and decimal_mark != found):
            mark = "." if found == "," else ","
            if not thousands:
                return None
        else:
            mark = found
    else:
        mark = "."
    other = "," if mark == "." else "."
    try:
        return Decimal(digits.replace(other, "").replace(mark, "."))
    except InvalidOperation:
        return None


def _numbers(page: Page, decimal_mark: str | None) -> Iterator[tuple[re.Match[str], Decimal]]:
    dates = [match.span() for match in _DATE_LIKE.finditer(page.text)]
    for match in _NUMBER.finditer(page.text):
        start, end = match.span("digits")
        if any(left < end and start < right for left, right in dates):
            continue
        value = decimal(match["digits"], decimal_mark)
        if value is None:
            continue
        if match["sign"] and (match["sign"] != "(" or page.text[match.end() : match.end() + 1] == ")"):
            value = -value
        yield match, value
