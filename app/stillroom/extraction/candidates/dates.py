"""Dates: every reading of what can be read in two ways, in all languages and calendars whose names CLDR or their country gives."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator, Mapping, Sequence

import regex as re

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates import calendars, slips
from stillroom.extraction.candidates.candidate import Candidate

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day_first", "month_first", "year_first"
BUDDHIST, GREGORIAN = "buddhist", "gregorian"
THIS_CENTURY, LAST_CENTURY = "this_century", "last_century"

_S = r"[^\S\n]?"  # a space, but no line's end
_MARK = rf"{_S}[./\-／．－‐‑|·]{_S}"
# Of a date, its last figure: but a time with a colon may touch the year ("25/12/201820:17").
_ENDED = r"(?:(?!\d)|(?<=(?<!\d)(?:19|20)\d\d)(?=[0-2]?\d:[0-5]\d(?!\d)))"
# Three groups of figures. What begins with one letter of its own (R7.04.03) is read by its era or not at all.
_NUMERIC = re.compile(
    rf"(?:(?<![\d/\-]|(?<!\.)\.|\b[A-Z])|(?<=[\s:]-)|(?<=\d{{4}}-)(?=\d{{1,2}}[./])|(?<=\d{{4}}–)|(?<=[./]\d\d[\-–])(?=\d{{1,2}}[./]))"
    rf"(?:(?P<y1>\d{{4}})(?P<s1>{_MARK})(?P<m1>\d{{1,2}})(?P=s1)(?P<d1>\d{{1,2}})"
    rf"|(?P<a>\d{{1,2}})(?P<s2>{_MARK})(?P<b>\d{{1,2}})(?P=s2)(?P<y2>\d{{4}}|['’]?\d{{2}})){_ENDED}"
)
# "23 06 2022"; behind it may begin the next numbered part of a form: "23 06 2022 9. Next visit".
_SPACED = re.compile(
    r"(?<![\d.,/\-] ?)(?:(?P<a>\d\d) (?P<b>\d\d) (?P<y2>(?:19|20)\d\d))(?!(?! \d{1,2}[.)] ?\p{L}) ?[\d.,/\-])"
)
# A figure in each box, as forms ask for it: "0 3 0 5 1 9 5 0", "0 3 | 0 5 | 1 9 5 0", "1 9 5 0 - 0 5 - 0 3".
_BOXED = re.compile(
    r"(?<!\d[.,/\-| ]?)(?<!\d )(?:(?P<a>\d \d)(?P<s> (?:[/.|\-] )?)(?P<b>\d \d)(?P=s)(?P<y2>(?:1 9|2 0) \d \d)"
    r"|(?P<y1>(?:1 9|2 0) \d \d)(?P<s1> (?:[/.|\-] )?)(?P<m1>\d \d)(?P=s1)(?P<d1>\d \d))(?! ?[.,/\-|]? ?\d)"
)
# "3. 4.2025", "03 /04/ 2025": gaps that are not the same on both sides; beside a dash they part numbers of other things.
_GAPS = re.compile(
    rf"(?<![\d,/\-]|(?<!\.)\.)(?P<a>\d{{1,2}}){_S}(?P<s>[./]){_S}(?P<b>\d{{1,2}}){_S}(?P=s){_S}(?P<y2>(?:19|20)\d\d)(?![\d/\-]|[.,:]\d)"
)
# "3/4 2025", as in Scandinavia.
_DAY_MONTH_YEAR = re.compile(
    r"(?<![\d.,/\-] ?)(?P<a>\d{1,2})/(?P<b>\d{1,2})[ -](?P<y2>(?:19|20)\d\d)(?![\d/\-]|[.,:]\d)"
)
# Mongolian: "2025 оны 4 дүгээр сарын 3".
_MONGOLIAN = re.compile(
    r"(?<!\d)(?P<y>\d{4}) оны (?P<m>\d{1,2})(?:[ -](?:р|дүгээр|дугаар))? сарын (?P<d>\d{1,2})(?!\d)", re.IGNORECASE
)
_FIGURES = "〇零一二三四五六七八九十元"
_YEAR_MONTH_DAY = re.compile(
    rf"(?:(?P<era>令和|平成|昭和|大正|明治|[㋿㍻㍼㍽㍾]|(?:中華|中华)?民[國国])\s?)?(?<!\d)(?P<y>\d{{1,4}}|[{_FIGURES}]{{1,4}})\s?[年년]\s?(?:[(（]\s?\d{{4}}\s?年?\s?[)）]\s?)?"
    rf"(?P<m>\d{{1,2}}|[{_FIGURES}]{{1,2}})\s?[月월]\s?(?P<d>\d{{1,2}}|[{_FIGURES}]{{1,3}})(?!\d)(?:\s?[日일號号])?"
)
# Letters of Japanese eras, and the years of the Republic of China: "R7.04.03", "114/04/03".
_ERA_LETTER = re.compile(
    rf"(?<![\w.])(?P<era>[RHSTM㋿㍻㍼㍽㍾令平昭])\s?(?P<y>\d{{1,2}}|元)(?P<s>{_MARK}|年)(?P<m>\d{{1,2}})(?:{_MARK}|月)(?P<d>\d{{1,2}})(?!\d)日?"
)
_REPUBLIC = re.compile(
    rf"(?:(?P<era>民[國国])\s?|(?<![\d./\-]))(?P<y>1[0-4]\d|\d\d(?<=民[國国]\s?\d\d))(?P<s>{_MARK})(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}})(?!\d)"
)
_ERAS = {
    "令和": (2018, 99), "平成": (1988, 31), "昭和": (1925, 64), "大正": (1911, 15), "明治": (1867, 45),
    "R": (2018, 99), "H": (1988, 31), "S": (1925, 64), "T": (1911, 15), "M": (1867, 45),
    "令": (2018, 99), "平": (1988, 31), "昭": (1925, 64),
    "㋿": (2018, 99), "㍻": (1988, 31), "㍼": (1925, 64), "㍽": (1911, 15), "㍾": (1867, 45),
}  # fmt: skip
_REPUBLIC_BEGINS, _BUDDHIST_AHEAD = 1911, 543
_REPUBLIC_YEARS = range(100, 151)
_BUDDHIST_YEARS = range(2400, 2700)
_LATELY_BUDDHIST = range(50, 90)
"""Years of two figures that in Thai are of the last and the next decades (2550 to 2589), and in the other calendar of long ago or ahead."""
_HAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_JAPANESE = re.compile(r"[\u3040-\u30ff]|[年月日][\d\s]|[請発税込円計]")
_REPUBLIC_NAMED = re.compile(r"民[國国]|統一編號|臺|灣")
_THAI = re.compile(r"[\u0e00-\u0e7f]")
_COMPACT = re.compile(r"(?<!\d)(?P<y>20\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)")
# "14.IV.2025", as in Poland and Hungary.
_ROMAN = re.compile(
    rf"(?<![\d.,/:])(?P<d>\d{{1,2}})(?P<s>{_MARK}|\s)(?P<m>X{{0,1}}(?:IX|IV|V?I{{0,3}}))(?P=s)(?P<y>\d{{4}})(?!\d)"
)
_MONTHS = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_WEEK_DAY = re.compile(r"(?<![\w\-])(?P<y>\d{4})-?W(?P<w>\d{2})-?(?P<d>[1-7])(?![\w\-])")
_VIETNAMESE = re.compile(
    r"(?i:ngày\s{1,3})?(?<!\d)(?P<d>\d{1,2})\s{1,3}(?i:tháng|thg)\s{1,3}(?P<m>\d{1,2}),?\s{1,3}(?:(?i:năm)\s{1,3})?(?P<y>\d{4})(?!\d)"
)
# A word cut at the end of a line, and what a page may hold of it besides its letters.
_CUT = re.compile(r"\u00ad(?:[^\S\n]{0,9}\n[^\S\n]{0,9})?|(?<=[^\W\d_])-[^\S\n]{0,9}\n[^\S\n]{0,9}(?=[^\W\d_])")
# Words of a date, marks of vowels included; an abbreviation may hold points ("เม.ย.", "янв.").
_WORD = re.compile(r"[\p{L}\p{M}]+(?:\.[\p{L}\p{M}]+)*")
_SECOND_WORD = re.compile(r"\s([\p{L}\p{M}]+)")
_OTHER_NAME = re.compile(r"\s?[/(]\s?([\p{L}\p{M}]+)\)?")
_ORDINAL = r"(?:st|nd|rd|th|er|re|ro|[ºª°.]|:?e|:?a|-?го|-е|η|ης|ος)?"
_JOINS = rf"(?:{calendars.joining_words()})"
# What says which calendar's year follows, or that it is one: of Thailand, Cambodia, Laos.
_ERA_NAMED = r"(?:(?:พ\.?\s?ศ\.?|ค\.?\s?ศ\.?|ปี|ឆ្នាំ|ປີ|B\.?\s?E\.?|C\.?\s?E\.?|A\.?\s?D\.?)\s?)?"
_NEAR = 28
_FIGURES_NEAR = re.compile(r"\d\d")  # of the year
# A time of day close behind the comma of a date: "27 January 2022,2:30pm".
_CLOCK = r"(?<=\d{4},)\d{1,2}(?:[:.]\d\d(?!\d|[.,/]\d)|[^\S\n]?[AaPp]\.?[Mm])"
_DAY_BEFORE = re.compile(
    rf"(?<![\d/]|\d,|(?<!\.)\.|\d:|(?<!\w)[lIOo|])(?P<d>\d{{1,2}})[»”“\"]?\s?\.?{_ORDINAL}\s*(?:day\s+)?(?:{_JOINS}\s*)?[-./\s]?\s?ב?$",
    re.IGNORECASE,
)
_YEAR_BEHIND = re.compile(
    rf"[.׳]?\s*(?:[,،]|{_JOINS}(?:\s+año|\s+ano)?|\(ko\))?[-./\s]?\s*(?:{_JOINS}\s+)?{_ERA_NAMED}(?P<y>\d{{4}}|['’]?\d{{2}}){_ENDED}(?![:.]\d|,(?!{_CLOCK})\d)",
    re.IGNORECASE,
)
_DAY_YEAR_BEHIND = re.compile(
    rf"\.?[-./\s]\s?(?:the\s+)?(?P<d>\d{{1,2}})(?!\d)\s?{_ORDINAL}(?:(?:\s*,\s*|[-./]|\s+)(?P<y>\d{{4}}|['’]\d{{2}})|[-./](?P<y2>\d{{2}})){_ENDED}",
    re.IGNORECASE,
)
_YEAR_BEFORE = re.compile(
    r"(?<!\d)(?P<y>\d{4})\s?(?:\.|,|m\.|gada|e?ko|\(e\)ko|оны|-?жылы?ғ?ы?|-?жылдын|wel)?[-./\s]\s?$", re.IGNORECASE
)
_YEAR_AND_DAY_BEFORE = re.compile(
    r"(?<!\d)(?P<y>\d{4})\.?-? ?(?:gada|m\.|г\.|ж\.|жылы|жылғы|жылдын) (?P<d>\d{1,2})[.-]? ?$", re.IGNORECASE
)
_DAY_BEHIND = re.compile(r"\.?[-./\s]\s?(?P<d>\d{1,2})(?!\d)", re.IGNORECASE)
# "Feb15/20", "Feb14,2023", "May 142020": no space is between the month and the day, or none between that and the year.
_DAY_AT_MONTH = re.compile(
    rf"(?:(?P<d>\d{{1,2}})(?:\s?,\s?(?P<y>\d{{4}})|\s(?P<y>(?:19|20)\d\d)|/(?P<y>\d\d))|\.?\s?(?P<d>\d{{1,2}})(?P<y>(?:19|20)\d\d))"
    rf"(?!(?<!,\s?(?:19|20)\d\d)\p{{L}}|\p{{L}}(?!\p{{L}})|[\p{{M}}_]|[.:/]\d|,(?!{_CLOCK})\d){_ENDED}"
)

_MONTH_BEFORE = re.compile(
    r"((?:[\p{L}\p{M}]{1,20}\.){0,2}[\p{L}\p{M}]{1,20})\.?,?(?:\s|\s?\d{1,2}(?:st|nd|rd|th)?,?\s)(?:de\s|del\s)?$"
)
_THEN_YEAR = re.compile(rf"(?:st|nd|rd|th)?,?\s(?:19|20)\d\d{_ENDED}")
_MONTH_BEHIND = re.compile(
    r"(?:st|nd|rd|th|\.)?\s?(?:of\s|de\s)?((?:[\p{L}\p{M}]{1,20}\.){0,2}[\p{L}\p{M}]{1,20})(?![\p{L}\p{M}])"
)


_LATIN_FIGURES = {zero + figure: str(figure) for zero in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50) for figure in range(10)}


# "Ngày 03 tháng 04 năm 2025": each part has its word.
_NAMED_PART = re.compile(r"(?<!\w)(?:ngày|tháng|năm)\s{1,3}$", re.IGNORECASE)


def part_of_date(text: str, left: int, right: int) -> bool:
    """Whether figures are the day or the year beside the name of a month ("14 April 2025"), or named as such."""
    figures = text[left:right]
    if _NAMED_PART.search(text, max(0, left - 8), left):
        return True
    if len(figures) == 4 and figures[:2].translate(_LATIN_FIGURES) in ("19", "20", "25", "13", "14"):
        month = _MONTH_BEFORE.search(text[max(0, left - 24) : left])
    elif len(figures) <= 2:
        month = _MONTH_BEHIND.match(text, right)
        if not month and _THEN_YEAR.match(text, right):
            month = _MONTH_BEFORE.search(text[max(0, left - 24) : left])
    else:
        return False
    return month is not None and bool(calendars.month(month[1]) or calendars.persian_month(month[1]))


# What is recognised in a picture may have another figure in it, and of a year that is the decade: 2078 for 2018.
_YEARS_AHEAD = 30
_FAR_AHEAD = "This day is far ahead. Its page is a picture: look whether the year was recognised rightly."


class _Found:
    """A date as it was found: where it stands, the values it may have with the name of each reading, and its shape."""

    __slots__ = ("end", "readings", "shape", "start")

    def __init__(self, start: int, end: int, readings: dict[str, datetime.date], shape: float) -> None:
        self.start, self.end, self.readings, self.shape = start, end, readings, shape


def dates(page: Page) -> Iterator[Candidate]:
    """Spans that read as a date, each reading a candidate of its own; the value is ISO 8601."""
    uncut, places = _uncut(page.text)
    text = slips.mended(uncut, months=True)
    found = [*_numeric(text), *_by_word(text), *_by_sign(text)]
    taken = bytearray(len(text) + 1) if found else bytearray()
    for each in found:
        taken[each.start : each.end] = b"\1" * (each.end - each.start)
    for match in _COMPACT.finditer(text):
        value = _date(int(match["y"]), int(match["m"]), int(match["d"]))
        if value and not (taken and taken[match.start()]):
            found.append(_Found(match.start(), match.end(), {"": value}, 0.2))
    found.sort(key=lambda each: (each.start, each.end))
    recognised = page.ocr_confidence is not None
    latest = datetime.date.today().year + _YEARS_AHEAD
    for each in found:
        first, last = places[each.start], places[each.end - 1] + 1
        trimmed = page.text[first:last].rstrip(" .,")
        span = Span(page.number, first, first + len(trimmed))
        different = len(set(each.readings.values())) > 1
        for reading, value in each.readings.items():
            failed = (_FAR_AHEAD,) if recognised and value.year > latest else ()
            if text[each.start : each.end] != uncut[each.start : each.end]:
                failed = (*failed, slips.SENTENCE)
            yield Candidate(
                span, trimmed, value.isoformat(), each.shape, reading=reading if different else "", failed=failed
            )


def _numeric(text: str) -> Iterator[_Found]:
    thai = bool(_THAI.search(text))
    persian = calendars.speaks_persian(text)
    for match in _NUMERIC.finditer(text):
        if persian and (value := _persian(match)):
            readings = {"": value}
        elif match["y1"]:
            readings = _years(match["y1"], int(match["m1"]), int(match["d1"]), thai)
        else:
            readings = _orders(match["a"], match["b"], match["y2"], thai)
        if readings:
            yield _Found(match.start(), match.end(), readings, 0.8)
    regular = {match.start() for match in _NUMERIC.finditer(text)}
    gapped = (match for match in _GAPS.finditer(text) if match.start() not in regular)
    for match in (*_SPACED.finditer(text), *_DAY_MONTH_YEAR.finditer(text), *gapped):
        readings = _orders(match["a"], match["b"], match["y2"], thai)
        if readings:
            yield _Found(match.start(), match.end(), readings, 0.4)
    for match in _BOXED.finditer(text):
        figures = {name: own.replace(" ", "") for name, own in match.groupdict("").items()}
        if figures["y1"]:
            readings = _years(figures["y1"], int(figures["m1"]), int(figures["d1"]), thai)
        else:
            readings = _orders(figures["a"], figures["b"], figures["y2"], thai)
        if readings:
            yield _Found(match.start(), match.end(), readings, 0.4)
    for match in _ROMAN.finditer(text):
        value = (
            _date(int(match["y"]), _MONTHS.index(match["m"]), int(match["d"])) if match["m"] in _MONTHS[1:] else None
        )
        if value:
            yield _Found(match.start(), match.end(), {"": value}, 0.8)
    for match in _WEEK_DAY.finditer(text):
        try:
            value = datetime.date.fromisocalendar(int(match["y"]), int(match["w"]), int(match["d"]))
        except ValueError:
            continue
        yield _Found(match.start(), match.end(), {"": value}, 0.8)


def _persian(match: re.Match[str]) -> datetime.date | None:
    """Three groups of figures as a Persian date: the year first or, written the other way round, last."""
    if match["y1"]:
        return calendars.persian(int(match["y1"]), int(match["m1"]), int(match["d1"]))
    return calendars.persian(int(match["y2"].lstrip("'’")), int(match["b"]), int(match["a"]))


def _orders(first: str, second: str, third: str, thai: bool) -> dict[str, datetime.date]:
    """Day, month and year in each order that gives a date."""
    left, right = int(first), int(second)
    found = {}
    for name, day, month in ((DAY_FIRST, left, right), (MONTH_FIRST, right, left)):
        for century, value in _years(third, month, day, thai).items():
            found[f"{name} {century}".strip()] = value
    if len(third) == 2 and len(first) == 2:
        year_first = _date(2000 + left, right, int(third))
        if year_first:
            found[YEAR_FIRST] = year_first
    return {"": next(iter(found.values()))} if len(found) == 1 else found


def _years(year: str, month: int, day: int, thai: bool = False) -> dict[str, datetime.date]:
    """The date in each year that the figures may mean, by the name of that reading ("" where there is one)."""
    number = int(year.lstrip("'’"))
    if number in _BUDDHIST_YEARS:
        meant = {"": number - _BUDDHIST_AHEAD}
    elif number >= 100:
        meant = {"": number}
    elif thai and year.isdigit() and number in _LATELY_BUDDHIST:
        meant = {"": 2500 - _BUDDHIST_AHEAD + number}
    elif thai and year.isdigit():
        meant = {BUDDHIST: 2500 - _BUDDHIST_AHEAD + number, GREGORIAN: 2000 + number}
    elif 35 <= number < 70:  # born in 1945, or due in 2045
        meant = {THIS_CENTURY: 2000 + number, LAST_CENTURY: 1900 + number}
    else:
        meant = {"": number + (2000 if number < 70 else 1900)}
    values = {name: _date(each, month, day) for name, each in meant.items()}
    return {name: value for name, value in values.items() if value}


def _by_word(text: str) -> Iterator[_Found]:
    """Dates whose month is a word, or two."""
    for word in _WORD.finditer(text):
        key, end = word.group(), word.end()
        if key.lower() in calendars.first_words() and (second := _SECOND_WORD.match(text, end)):
            key, end = f"{key} {second[1]}", second.end()
        if also := _OTHER_NAME.match(text, end):  # "نيسان/أبريل": two countries' words for one month
            end = also.end() if calendars.month(also[1]).keys() & calendars.month(key).keys() else end
        named, persian = calendars.month(key), calendars.persian_month(key)
        if not named and not persian:
            continue
        if not (_FIGURES_NEAR.search(text, max(0, word.start() - _NEAR), min(len(text), end + _NEAR))):
            continue
        before, behind = text[max(0, word.start() - _NEAR) : word.start()], text[end : end + _NEAR]
        for start, stop, year, day in _around(word.start(), end, before, behind):
            readings = _of_month(named, year, day)
            if persian and (value := calendars.persian(int(year.lstrip("'’")), persian, day)):
                readings["persian"] = value
            if readings:
                yield _Found(start, stop, readings, 1.0)
                break


def _of_month(named: Mapping[int, str], year: str, day: int) -> dict[str, datetime.date]:
    """The date in each month that a name may mean, by the name of that reading."""
    readings = {}
    for month, language in named.items():
        for century, value in _years(year, month, day, language == "th").items():
            readings[f"in_{language} {century}".strip() if len(named) > 1 else century] = value
    return readings


def _around(start: int, end: int, before: str, behind: str) -> Iterator[tuple[int, int, str, int]]:
    """Day and year around a month's name, in the orders that are written: where the date begins and ends, year, day."""
    both = _DAY_AT_MONTH.match(behind)
    if both:  # of "$5 Feb19/20" the five is no day
        yield start, end + both.end(), both["y"], int(both["d"])
    day, year = _DAY_BEFORE.search(before), _YEAR_BEHIND.match(behind)
    if day and year:
        yield start - len(before) + day.start(), end + year.end(), year["y"], int(day["d"])
    both = _DAY_YEAR_BEHIND.match(behind)
    if both:
        yield start, end + both.end(), both["y"] or both["y2"], int(both["d"])
    year = _YEAR_AND_DAY_BEFORE.search(before)
    if year:
        yield start - len(before) + year.start(), end, year["y"], int(year["d"])
    year, day = _YEAR_BEFORE.search(before), _DAY_BEHIND.match(behind)
    if day and year:
        yield start - len(before) + year.start(), end + day.end(), year["y"], int(day["d"])


def _by_sign(text: str) -> Iterator[_Found]:
    """Dates with 年 月 日, of eras, and with Vietnamese "tháng" or Mongolian "сарын"."""
    for pattern, first in ((_VIETNAMESE, "d"), (_MONGOLIAN, "y")):
        for match in pattern.finditer(text):
            value = _date(int(match["y"]), int(match["m"]), int(match["d"]))
            if value:
                yield _Found(match.start(first), match.end(), {"": value}, 1.0)
    if not _HAN.search(text) and "년" not in text:
        return
    for match in _YEAR_MONTH_DAY.finditer(text):
        value = _date_of_era(match["era"], _figure(match["y"]), _figure(match["m"]), _figure(match["d"]))
        if value:
            yield _Found(match.start(), match.end(), {"": value}, 1.0)
    if _JAPANESE.search(text):
        for match in _ERA_LETTER.finditer(text):
            if match["s"] == "年" and _YEAR_MONTH_DAY.match(text, match.start()):
                continue
            value = _date_of_era(match["era"], _figure(match["y"]), int(match["m"]), int(match["d"]))
            if value:
                yield _Found(match.start(), match.end(), {"": value}, 0.8)
    if _REPUBLIC_NAMED.search(text):
        for match in _REPUBLIC.finditer(text):
            value = _date_of_era("民國", int(match["y"]), int(match["m"]), int(match["d"]))
            if value:
                yield _Found(match.start(), match.end(), {"": value}, 0.8)


def _date_of_era(era: str | None, year: int, month: int, day: int) -> datetime.date | None:
    if era and "民" in era:
        return _date(_REPUBLIC_BEGINS + year, month, day)
    if era:
        begins, longest = _ERAS[era]
        return _date(begins + year, month, day) if 1 <= year <= longest else None
    if year in _REPUBLIC_YEARS:  # 114年4月3日: of three figures, a year is of no other calendar
        return _date(_REPUBLIC_BEGINS + year, month, day)
    return next(iter(_years(str(year), month, day).values()), None) if year > 12 else None


def _figure(text: str) -> int:
    """A number in figures of any script, in Chinese ones by place (二〇二五) or with ten (二十三); 元 is the first year."""
    if text.isdigit() and not any(letter in _FIGURES for letter in text):
        return int(text)
    if text == "元":
        return 1
    if "十" in text:
        tens, _, ones = text.partition("十")
        return 10 * (_figure(tens) if tens else 1) + (_figure(ones) if ones else 0)
    return int(
        "".join(str("〇一二三四五六七八九".find(letter.replace("零", "〇"))) for letter in text).replace("-1", "0")
    )


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


def _date(year: int, month: int, day: int) -> datetime.date | None:
    if not (1900 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    return datetime.date(year, month, day)
