"""Dates and times of day."""

from __future__ import annotations

import calendar
import datetime
import functools
import re
from collections.abc import Iterable, Iterator, Sequence

from babel import Locale

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate

# Languages whose month names and units of time are read; the names come from CLDR through Babel. A name that is another month
# in a language further up (Croatian "listopad") is not read in that language.
LANGUAGES = (
    "en", "de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "fi", "cs", "sk", "sl", "hu", "ro", "bg", "ru", "uk", "el",
    "tr", "et", "lv", "lt", "ca", "id", "ms", "he", "ar",
)  # fmt: skip
_NUMERIC = re.compile(
    r"(?:(?<![\d./\-])|(?<=\d{4}-)(?=\d{1,2}[./])|(?<=\d{4}–))"
    r"(?:(?P<y1>\d{4})(?P<s1>\s?[./\-]\s?)(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<s2>\s?[./\-]\s?)(?P<b>\d{1,2})(?P=s2)(?P<y2>\d{4}|['’]?\d{2}))(?![\d])"
    r"|(?<!\d)(?P<y3>(?:19|20)\d{2})[年년]\s?(?P<m3>\d{1,2})[月월]\s?(?P<d3>\d{1,2})[日일]"
    r"|(?P<era>令和|平成|昭和)(?P<y4>\d{1,2}|元)年\s?(?P<m4>\d{1,2})月\s?(?P<d4>\d{1,2})日"
)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_COMPACT = re.compile(r"(?<!\d)(?P<y>20\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)")
_WEEK_DAY = re.compile(r"(?<![\w\-])(?P<y>\d{4})-?W(?P<w>\d{2})-?(?P<d>[1-7])(?![\w\-])")
_LETTERS = re.compile(r"[^\W\d_]+")
# A word cut at the end of a line, and what a page may hold of it besides its letters.
_CUT = re.compile(r"\u00ad(?:[^\S\n]*\n[^\S\n]*)?|(?<=[^\W\d_])-[^\S\n]*\n[^\S\n]*(?=[^\W\d_])")
_AMERICAN = re.compile(
    r"\b(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
    r",? \d{5}(?:-\d{4})?\b"
)
_TIME = re.compile(
    r"(?<![\d:])(?P<h>[01]?\d|2[0-3])[:.h](?P<m>[0-5]\d)(?:[:.](?P<s>[0-5]\d))?\s?(?P<half>[AaPp]\.?[Mm]\.?)?(?![\d:])"
    r"|(?<![\d:.,])(?P<h2>1[0-2]|0?[1-9])\s?(?P<half2>[AaPp]\.?[Mm]\b\.?)"
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
        rf"(?<![\w])(?:(?P<d1>\d{{1,2}})\s?{ordinal}\s*(?:day\s+)?(?:of\s+|de\s+)?[-./\s]?\s?ב?"
        rf"(?P<m1>{alternatives})\.?\s*(?:,|of|de|del)?[-./\s]?\s*(?P<y1>\d{{4}}|\d{{2}}|['’]\d{{2}})"
        rf"|(?P<m2>{alternatives})\.?[-./\s]\s?(?P<d2>\d{{1,2}})\s?{ordinal}(?:\s*,\s*|[-./]|\s+)(?P<y2>\d{{4}}|['’]\d{{2}})"
        rf"|(?P<y3>\d{{4}})\.?[-./\s]\s?(?P<m3>{alternatives})\.?[-./\s]\s?(?P<d3>\d{{1,2}}))(?![\d])",
        re.IGNORECASE,
    )
    return names, pattern


@functools.cache
def _month_words() -> frozenset[str]:
    """How the names of months begin, to see at once that a page has none: the pattern costs twenty milliseconds a page."""
    return frozenset(_LETTERS.findall(name)[0] for name in _months()[0])


def _written_out(text: str) -> Iterator[re.Match[str]]:
    """Dates whose month is a word."""
    words = _month_words()
    # In Hebrew the month carries its preposition: one letter in front.
    if any(word in words or word[1:] in words for word in set(_LETTERS.findall(text.lower()))):
        yield from _months()[1].finditer(text)


def dates(page: Page, *, day_first: bool | None = None) -> Iterator[Candidate]:
    """Spans that read as a date; the value is ISO 8601. ``day_first``: see Field; None lets the page's other dates decide."""
    if day_first is None:
        day_first = is_day_first([page.text])
    text, places = _uncut(page.text)
    found: list[tuple[int, int, datetime.date, float]] = []
    for match in _NUMERIC.finditer(text):
        value = _numeric(match, day_first)
        if value:
            found.append((match.start(), match.end(), value, 0.8))
    names = _months()[0]
    for match in _written_out(text):
        groups = match.groupdict()
        for index in "123":
            if groups[f"d{index}"]:
                month = names[groups[f"m{index}"].lower()]
                value = _date(groups[f"y{index}"], month, int(groups[f"d{index}"]))
                if value:
                    found.append((match.start(), match.end(), value, 1.0))
    for match in _WEEK_DAY.finditer(text):
        try:
            value = datetime.date.fromisocalendar(int(match["y"]), int(match["w"]), int(match["d"]))
        except ValueError:
            continue
        found.append((match.start(), match.end(), value, 0.8))
    for match in _COMPACT.finditer(text):
        value = _date(match["y"], int(match["m"]), int(match["d"]))
        if value and not any(start <= match.start() < end for start, end, _, _ in found):
            found.append((match.start(), match.end(), value, 0.2))
    for start, end, value, shape in sorted(found):
        first, last = places[start], places[end - 1] + 1
        trimmed = page.text[first:last].rstrip(" .,")
        yield Candidate(Span(page.number, first, first + len(trimmed)), trimmed, value.isoformat(), shape)


def _uncut(text: str) -> tuple[str, Sequence[int]]:
    """The text with words put together that a line's end or a soft hyphen cuts, and where each of its characters stood."""
    if not _CUT.search(text):
        return text, range(len(text))
    pieces, places, start = [], list[int](), 0
    for cut in [*_CUT.finditer(text), None]:
        end = cut.start() if cut else len(text)
        pieces.append(text[start:end])
        places.extend(range(start, end))
        start = cut.end() if cut else end
    return "".join(pieces), places


def times(page: Page) -> Iterator[Candidate]:
    """Spans that read as a time of day; the value is ``HH:MM`` or ``HH:MM:SS``."""
    for match in _TIME.finditer(page.text):
        hour = int(match["h"] or match["h2"])
        half = (match["half"] or match["half2"] or "").lower().replace(".", "")
        if half and not 1 <= hour <= 12:
            continue
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        value = f"{hour:02d}:{match['m'] or '00'}" + (f":{match['s']}" if match["s"] else "")
        text = match.group().rstrip()
        yield Candidate(
            Span(page.number, match.start(), match.start() + len(text)), text, value, 0.5 + 0.5 * bool(half)
        )


def is_day_first(texts: Iterable[str]) -> bool:
    """How a document writes dates: day before month, unless its other dates or its American addresses show otherwise.

    A date that can only be read one way (12/25/2020) counts, and so does the order in which months are written out.
    """
    day = month = 0
    american = 0
    for text in texts:
        for match in _NUMERIC.finditer(text):
            if match["a"]:
                day += int(match["a"]) > 12 >= int(match["b"])
                month += int(match["b"]) > 12 >= int(match["a"])
        american += bool("$" in text and _AMERICAN.search(text))
    if day != month:
        return day > month
    for text in texts:
        for match in _written_out(text):
            day += bool(match["m1"])
            month += bool(match["m2"])
    return day >= month if day != month else not american


def _numeric(match: re.Match[str], day_first: bool) -> datetime.date | None:
    if match["y1"]:
        return _date(match["y1"], int(match["m1"]), int(match["d1"]))
    if match["y3"]:
        return _date(match["y3"], int(match["m3"]), int(match["d3"]))
    if match["era"]:
        year = _ERAS[match["era"]] + (1 if match["y4"] == "元" else int(match["y4"]))
        return _date(str(year), int(match["m4"]), int(match["d4"]))
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
