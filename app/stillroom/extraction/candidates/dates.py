"""Dates, times of day, durations."""

from __future__ import annotations

import calendar
import datetime
import functools
import re
from collections.abc import Iterator

from babel import Locale

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate

# Languages whose month names are read; the names come from CLDR through Babel.
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs")
_NUMERIC = re.compile(
    r"(?<![\d./\-])(?:(?P<y1>\d{4})(?P<s1>\s?[./\-]\s?)(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<s2>\s?[./\-]\s?)(?P<b>\d{1,2})(?P=s2)(?P<y2>\d{4}|\d{2}))(?![\d])"
    r"|(?<!\d)(?P<y3>(?:19|20)\d{2})年\s?(?P<m3>\d{1,2})月\s?(?P<d3>\d{1,2})日"
)
_COMPACT = re.compile(r"(?<!\d)(?P<y>20\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)")
_BLANK_DAY = r"(?:_+|\[[ _]*\]|\s{2,})"
_TIME = re.compile(
    r"(?<![\d:])(?P<h>[01]?\d|2[0-3])[:.h](?P<m>[0-5]\d)(?:[:.](?P<s>[0-5]\d))?\s?(?P<half>[AaPp]\.?[Mm]\.?)?(?![\d:])"
)
_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "eighteen": 18, "twenty": 20, "twenty-four": 24, "thirty": 30,
    "thirty-six": 36, "forty-eight": 48, "sixty": 60, "ninety": 90,
}  # fmt: skip
_DURATION = re.compile(
    r"\b(?:(?P<word>"
    + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
    + r")\s*(?:\(\s*(?P<paren>\d{1,3})\s*\)\s*)?"
    r"|\(?(?P<digits>\d{1,3})\)?\s*-?\s*)[\s-]*(?:full\s+|calendar\s+|consecutive\s+|business\s+)?"
    r"(?P<unit>year|month|week|day|hour)s?(?:['’]s?)?\b",
    re.IGNORECASE,
)


@functools.cache
def _months() -> tuple[dict[str, int], re.Pattern[str]]:
    names: dict[str, int] = {"sept": 9}
    for language in LANGUAGES:
        months = Locale(language).months
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[form][width].items():
                    key = name.lower().rstrip(".")
                    if len(key) >= 3 and not key.isdigit():
                        names.setdefault(key, number)
    alternatives = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    ordinal = r"(?:st|nd|rd|th|er|º|ª|\.)?"
    pattern = re.compile(
        rf"(?<![\w])(?:(?P<d1>\d{{1,2}})\s?{ordinal}\s*(?:day\s+)?(?:of\s+|de\s+)?[-./\s]?\s?"
        rf"(?P<m1>{alternatives})\.?\s*(?:,|of|de|del)?[-./\s]?\s*(?P<y1>\d{{4}}|\d{{2}}|['’]\d{{2}})"
        rf"|(?P<m2>{alternatives})\.?[-./\s]\s?(?P<d2>\d{{1,2}})\s?{ordinal}(?:\s*,\s*|[-./]|\s+)(?P<y2>\d{{4}}|['’]\d{{2}})"
        rf"|(?P<y3>\d{{4}})[-./\s](?P<m3>{alternatives})[-./\s](?P<d3>\d{{1,2}}))(?![\d])",
        re.IGNORECASE,
    )
    return names, pattern


def dates(page: Page, *, day_first: bool | None = None) -> Iterator[Candidate]:
    """Spans that read as a date; the value is ISO 8601. ``day_first``: see Field; None lets the page's other dates decide."""
    if day_first is None:
        day_first = _page_is_day_first(page.text)
    found: list[tuple[int, int, datetime.date, float]] = []
    for match in _NUMERIC.finditer(page.text):
        value = _numeric(match, day_first)
        if value:
            found.append((match.start(), match.end(), value, 0.8))
    names, pattern = _months()
    for match in pattern.finditer(page.text):
        groups = match.groupdict()
        for index in "123":
            if groups[f"d{index}"]:
                month = names[groups[f"m{index}"].lower()]
                value = _date(groups[f"y{index}"], month, int(groups[f"d{index}"]))
                if value:
                    found.append((match.start(), match.end(), value, 1.0))
    for match in _COMPACT.finditer(page.text):
        value = _date(match["y"], int(match["m"]), int(match["d"]))
        if value and not any(start <= match.start() < end for start, end, _, _ in found):
            found.append((match.start(), match.end(), value, 0.2))
    for start, end, value, shape in sorted(found):
        text = page.text[start:end]
        trimmed = text.rstrip(" .,")
        yield Candidate(Span(page.number, start, start + len(trimmed)), trimmed, value.isoformat(), shape)


def times(page: Page) -> Iterator[Candidate]:
    """Spans that read as a time of day; the value is ``HH:MM`` or ``HH:MM:SS``."""
    for match in _TIME.finditer(page.text):
        hour = int(match["h"])
        half = (match["half"] or "").lower().replace(".", "")
        if half and not 1 <= hour <= 12:
            continue
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        value = f"{hour:02d}:{match['m']}" + (f":{match['s']}" if match["s"] else "")
        text = match.group().rstrip()
        yield Candidate(
            Span(page.number, match.start(), match.start() + len(text)), text, value, 0.5 + 0.5 * bool(half)
        )


def durations(page: Page) -> Iterator[Candidate]:
    """Spans that read as a length of time; the value is ``N unit(s)`` in English ("2 years")."""
    for match in _DURATION.finditer(page.text):
        number = int(match["paren"] or match["digits"] or _NUMBER_WORDS[match["word"].lower()])
        unit = match["unit"].lower()
        text = match.group()
        shape = {"year": 1.0, "month": 0.8, "week": 0.4, "day": 0.3, "hour": 0.1}[unit]
        yield Candidate(
            Span(page.number, match.start(), match.end()), text, f"{number} {unit}{'' if number == 1 else 's'}", shape
        )


def _page_is_day_first(text: str) -> bool:
    """Day before month unless some date of the page can only be read the other way (12/25/2020), and none only this way."""
    day = month = 0
    for match in _NUMERIC.finditer(text):
        if match["a"]:
            day += int(match["a"]) > 12 >= int(match["b"])
            month += int(match["b"]) > 12 >= int(match["a"])
    return not month > day


def _numeric(match: re.Match[str], day_first: bool) -> datetime.date | None:
    if match["y1"]:
        return _date(match["y1"], int(match["m1"]), int(match["d1"]))
    if match["y3"]:
        return _date(match["y3"], int(match["m3"]), int(match["d3"]))
    first, second = int(match["a"]), int(match["b"])
    day, month = (first, second) if day_first else (second, first)
    return _date(match["y2"], month, day) or _date(match["y2"], day, month)


def _date(year: str, month: int, day: int) -> datetime.date | None:
    number = int(year.lstrip("'’"))
    if number < 100:
        number += 2000 if number < 70 else 1900
    if not (1900 <= number <= 2100 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(number, month)[1]):
        return None
    return datetime.date(number, month, day)
