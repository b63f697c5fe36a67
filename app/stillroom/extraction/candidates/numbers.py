"""Amounts, numbers, integers, percentages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate

# Digits with thousands separators (, . ' space, their Unicode forms, and the Indian 1,23,456) and an optional decimal part;
# no digit, letter or separator of a longer identifier may touch it.
_NUMBER = re.compile(
    r"(?<![\w.,/\-٫٬])"
    r"(?P<sign>[-−–]\s?|\()?"
    r"(?P<before>(?:(?:US|CA|AU|NZ|HK|[ACRS])?\$|[€£¥₹₩₽฿₫₱₪₺₴]|RM|Rs\.?|Rp\.?|[A-Z]{3}|kr\.?|zł|Kč|S?Fr\.)\s?)?"
    r"(?P<digits>\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d{1,4})?"
    r"|\d{1,3}(?:[.,'’٬\u00a0\u202f\u2009 ]\d{3})+(?:[.,٫]\d{1,4})?|\d+(?:[.,٫．]\d+)?|[.,]\d{1,4})"
    r"(?P<scale>(?:\s?(?i:thousand|millions?|billions?|trillions?|mio\.?|mrd\.?|millionen|milliarden|milliards?|millones|"
    r"miljoen|miljard|milioni|miliardi|mln\.?|mld\.?|bn|lakhs?|crores?)|[kKmMbB]|[万億亿])(?!\w))?"
    r"(?P<after>\s?(?:[$€£¥₹₽₺₴]|%|(?:EUR|USD|GBP|PLN|CHF|kr|zł|Kč|CR|DR)\b))?"
    r"(?P<minus>[-−](?=\s|$))?"
    r"(?![\w]|[.,/\-:٫٬]\d)",
    re.UNICODE,
)
_SCALES = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "million": 10**6, "millions": 10**6, "mio": 10**6, "millionen": 10**6,
    "millones": 10**6, "miljoen": 10**6, "milioni": 10**6, "mln": 10**6, "b": 10**9, "bn": 10**9, "billion": 10**9,
    "billions": 10**9, "mrd": 10**9, "milliarden": 10**9, "milliard": 10**9, "milliards": 10**9, "miljard": 10**9,
    "miliardi": 10**9, "mld": 10**9, "trillion": 10**12, "trillions": 10**12, "lakh": 10**5, "lakhs": 10**5,
    "crore": 10**7, "crores": 10**7, "万": 10**4, "億": 10**8, "亿": 10**8,
}  # fmt: skip
_DATE_LIKE = re.compile(r"\d{1,4}[./\-]\d{1,2}[./\-]\d{1,4}|\d{1,2}:\d{2}")
_CENTS = re.compile(r"[.,٫．]\d{2}$")
_PERCENT = re.compile(
    r"\s*(?:%|٪|％|per\s?cent\b|prozent\b|v\.\s?H\.|pour\s?cent\b|por\s?ciento\b|procent\b|per\s?cento\b)", re.I
)
# "thirty (30) days": the digits of a number that was written out, not an amount below zero.
_WRITTEN_OUT = re.compile(
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|hundred|thousand)\s*$",
    re.IGNORECASE,
)
_TAKEN_OFF = re.compile(
    r"(?:discount|rounding|rebate|refund|credit|less|adj\w*|deduct\w*|rabatt|remise|skonto)\W*$", re.I
)
# The marks of other scripts, and what Decimal reads.
_PLAIN = str.maketrans({"٫": ".", "٬": "'", "．": ".", "，": ","})
# An amount at a space that may stand between a quantity and a price is worth this much less where it is read the rarer way.
_DOUBTFUL = 0.3


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as it was found: where its digits (with a word like "million") stand, and what is around them."""

    start: int
    end: int
    text: str
    value: Decimal
    currency: bool
    percent: bool
    doubt: float = 0.0


def amounts(page: Page, *, decimal_mark: str | None = None) -> Iterator[Candidate]:
    """Spans that read as an amount of money: the number alone; its currency sign stays outside the span.

    ``decimal_mark``: of the document, where it is known.
    """
    for number in _numbers(page, decimal_mark):
        text = number.text
        if number.percent or re.search(r"[.,]\d{5,}$", text):
            continue
        if len(text) > 7 and text.isdigit() and not number.currency:
            continue  # an article or telephone number
        if len(text) > 1 and text[0] == "0" and text.isdigit():
            continue
        shape = 0.4 * number.currency + 0.6 * bool(_CENTS.search(text)) - number.doubt
        yield Candidate(Span(page.number, number.start, number.end), text, _plain(number.value), shape)


def numbers(page: Page, *, whole: bool = False, decimal_mark: str | None = None) -> Iterator[Candidate]:
    """Spans that read as a number; only whole ones where ``whole`` is true."""
    for number in _numbers(page, decimal_mark):
        if number.percent or (whole and number.value != number.value.to_integral_value()):
            continue
        canonical = str(int(number.value)) if whole else _plain(number.value)
        yield Candidate(Span(page.number, number.start, number.end), number.text, canonical)


def percentages(page: Page, *, decimal_mark: str | None = None) -> Iterator[Candidate]:
    """Numbers followed by a percent sign or word; the value is the number in front of it."""
    for number in _numbers(page, decimal_mark):
        if _PERCENT.match(page.text, number.end):
            yield Candidate(Span(page.number, number.start, number.end), number.text, _plain(number.value), 1.0)


def decimal(text: str, decimal_mark: str | None = None) -> Decimal | None:
    """A number as written in a document, with either decimal mark; None where it is none.

    With one kind of separator only: three digits behind every one of them make it a thousands separator, unless
    ``decimal_mark`` says otherwise.
    """
    digits = re.sub(r"['’\u00a0\u202f\u2009 ]", "", text.strip().translate(_PLAIN))
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        mark = "," if comma > point else "."
    elif comma >= 0 or point >= 0:
        found = "," if comma >= 0 else "."
        groups = digits.split(found)
        thousands = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3 and groups[0] != "0"
        indian = len(groups) > 2 and len(groups[-1]) == 3 and all(len(group) == 2 for group in groups[1:-1])
        if len(groups) > 2 or (thousands and decimal_mark != found):
            mark = "." if found == "," else ","
            if not thousands and not (indian and found == ","):
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


def decimal_mark_of(texts: Iterable[str]) -> str | None:
    """The decimal mark of a document, where all its numbers that can be read in one way only agree on it."""
    marks: set[str] = set()
    thousands: set[str] = set()
    for text in texts:
        for match in _NUMBER.finditer(_DATE_LIKE.sub(" ", text)):
            digits = match["digits"].translate(_PLAIN)
            last = re.search(r"([.,])\d+$", digits)
            rest = digits[: last.start()] if last else digits
            thousands |= set(rest) & {".", ","}
            if last and (len(digits) - last.end(1) != 3 or set(rest) & ({".", ","} - {last[1]})):
                marks.add(last[1])
    return marks.pop() if len(marks) == 1 and not marks & thousands else None


def _numbers(page: Page, decimal_mark: str | None) -> Iterator[_Number]:
    text = page.text
    dates = [match.span() for match in _DATE_LIKE.finditer(text)]
    position = 0
    while match := _NUMBER.search(text, position):
        position = max(match.end("digits"), match.start() + 1)
        start, end = match.span("digits")
        if any(left < end and start < right for left, right in dates):
            continue
        spaced = " " in match["digits"]
        behind_digit = start >= 2 and text[start - 1] == " " and text[start - 2].isdigit() and match.start() == start
        if behind_digit and not _CENTS.search(match["digits"].split(" ")[0]):
            continue  # the middle of a longer number; but "2 9.50" are two
        value = decimal(match["digits"], decimal_mark)
        if value is None:
            continue
        currency = bool(match["before"] and match["before"].strip()) or bool(
            match["after"] and "%" not in match["after"]
        )
        percent = bool(match["after"] and "%" in match["after"])
        negative = _below_zero(match, text)
        # "2 450.00" is a quantity and a price, "2 450,00" an amount; both may be meant, and both are offered.
        cents = _CENTS.search(match["digits"])
        as_one = not match["before"] and bool(cents) and cents is not None and cents.group()[0] == "."
        scale = (match["scale"] or "").strip().rstrip(".").casefold()
        if len(scale) == 1 and scale.isascii() and not match["before"]:
            continue  # "5m" are metres
        if scale:
            value = value * _SCALES[scale]
            value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
        stop = match.end("scale") if scale else end
        yield _Number(
            start,
            stop,
            text[start:stop],
            -value if negative else value,
            currency,
            percent,
            _DOUBTFUL * (spaced and as_one),
        )
        if spaced and cents and not match["before"]:
            yield from _last_group(match, decimal_mark, currency, percent, 0.0 if as_one else _DOUBTFUL)


def _last_group(
    match: re.Match[str], decimal_mark: str | None, currency: bool, percent: bool, doubt: float
) -> Iterator[_Number]:
    group = match["digits"].rsplit(" ", 1)[1]
    value = decimal(group, decimal_mark)
    if value is not None:
        start = match.end("digits") - len(group)
        yield _Number(start, match.end("digits"), group, value, currency, percent, doubt)


def _below_zero(match: re.Match[str], text: str) -> bool:
    """Whether its sign, or the brackets around it, mean a number below zero."""
    if match["minus"]:
        return bool(_CENTS.search(match["digits"]))  # "1.234,50-"
    sign = match["sign"]
    if not sign:
        return False
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    if sign == "(":
        behind = text[match.end() : match.end() + 3]
        in_a_sentence = re.match(r"\) ?[^\W\d_]", behind) and not re.match(
            r"\)\s?(?:[A-Z]{3}|CR|DR)\b", text[match.end() :][:6]
        )
        return behind[:1] == ")" and not in_a_sentence and not _WRITTEN_OUT.search(text[: match.start()][-20:])
    # "Rent - 500.00": the dash stands between the two; "Discount - 5.00" is taken off.
    between = len(sign) > 1 and bool(re.search(r"[^\W\d_)] $", line)) and not _TAKEN_OFF.search(line)
    return not between


def _plain(value: Decimal) -> str:
    return format(value, "f")
