"""Times of day, alone and as the start and end of a range."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence

import regex as re

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.cldr import cldr
from stillroom.extraction.candidates.currencies import sign_before, sign_behind
from stillroom.extraction.candidates.words import listed, time_words

_S = r"[^\S\n]?"
# Words behind an hour that say it is one: "15 Uhr", "15h", "kl. 15" stands before it.
_OCLOCK = rf"(?:{time_words('oclock')})"
# Those with the minutes behind them: "8 heures 30", "18 Uhr 15".
_IN_FULL = rf"(?:{time_words('minutes_behind')})"
_BEFORE = re.compile(
    rf"\b(?:{time_words('before')})\.?\s?$"
    # What a form calls it: "Ora di emissione  14.30", "Uhrzeit: 14.30".
    rf"|\b(?:{time_words('labels')})\b[^\d\n]{{0,24}}$",
    re.IGNORECASE,
)
_MOMENTS = {"noon": "12:00", "midnight": "00:00"}
_WORDS = {word: value for kind, value in _MOMENTS.items() for words in listed("times")[kind].values() for word in words}
_WORD = re.compile(rf"(?<!\w)(?:12{_S})?(?P<word>{time_words(*_MOMENTS)})(?!\w)", re.IGNORECASE)
_TO = re.compile(rf"\s?(?:[-–—~〜～]|{time_words('to')})\s?", re.IGNORECASE)


# No figure of a number goes before it; a label may, without a space ("Boarding:09:15"), and so may the weekday or the year of its date
# ("25/12/201820:17").
_ALONE = (
    r"(?:(?<![\d./]|(?<!(?<!\d)(?:19|20)\d\d|[^\W\d_]{2}),|(?<![^\W\d_]{3}):)"
    r"|(?<=(?:\d[./\-]\d?\d[./\-]|[^\W\d_]{3}[ .]?|\d, ?)(?:19|20)\d\d)(?=\d\d?:[0-5]\d(?!\d)))"
)
_AMERICAN = rf"[AaPp]\.?{_S}[Mm]\b\.?"
_TIME = re.compile(
    rf"{_ALONE}(?P<h>[01]?\d|2[0-4])(?:"
    rf"(?::|{_S}[hHu時点點时]{_S}|{_S}(?i:{_IN_FULL}){_S}|시{_S}|\.(?=\d\d(?!\d|[.,/]\d)))(?P<m>[0-5]\d)(?:(?:[:.]|{_S}[분分m]{_S})(?P<s>[0-5]\d))?[분分秒]?"
    rf"|{_S}h(?!\w)|(?={_S}[-–—~]{_S}\d{{1,2}}(?:[:.]\d\d)?{_S}[AaPp]\.?{_S}[Mm])|(?={_S}(?:[AaPp]\.?{_S}[Mm]|{_OCLOCK}|[^\x00-\x7f])))(?![\d:])"
)
_PLAIN = re.compile(
    rf"{_ALONE}[0-2]?\d(?::[0-5]\d(?![\d:])|(?:[.:][0-5]\d)?{_S}(?:{_AMERICAN}|h(?:\d\d)?(?!\w)|{_OCLOCK}(?!\w)))"
)
# What may stand behind and in front of it.
_BEHIND = re.compile(
    rf"(?:{_S}|(?<=:\d\d)\n(?={_AMERICAN}))(?:(?P<half>{_AMERICAN}|(?<=[:.]\d\d)pm(?=\p{{L}})|[\p{{L}}.]{{2,14}}(?!\w))"
    rf"|(?P<word>{_OCLOCK})(?!\w|{_S}\d))",
    re.IGNORECASE,
)
_OCLOCK_BEHIND = re.compile(rf"{_S}{_OCLOCK}(?!\w|{_S}\d)", re.IGNORECASE)
_FRONT = re.compile(rf"(?P<half>{_AMERICAN}|[\p{{L}}]{{2,10}}){_S}$", re.IGNORECASE)
# So far from a time may stand, on its line, the part of the day that it is in: "Thursday afternoon, June 5, at 1:30".
_PART_BEFORE, _PART_BEHIND = 48, 32
# Hours that a part of the day begins earlier and ends later than CLDR says: "this evening at 5:30".
_EARLIER, _LATER = 2, 1
_SPACES = " \u00a0\u202f"
_LABEL = 36  # characters before a time that may say that it is one
_APART = 8
"""Fewer characters are between the ends of a range."""
_BESIDE = 60
"""Minutes. "Coffee at 3:15" is in the half of the day that the document's talk "at 3:30 PM" is in."""


def names_a_time(text: str) -> bool:
    """Whether a line says a time of day in figures, of which nothing else could be meant."""
    return _PLAIN.search(text) is not None


@functools.cache
def _halves() -> dict[str, int]:
    """What the halves of the day are called: 0 before noon, 12 after it."""
    return {**cldr().halves, "am": 0, "pm": 12}


@functools.cache
def _parts() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Parts of the day in front of a time and behind it."""
    names = sorted(cldr().parts, key=lambda name: (-len(name), name))
    written = [r"\s".join(re.escape(word).replace("'", "['’]") for word in name.split()) for name in names]
    # Scripts without spaces go on with the next word.
    alone = [rf"(?<![\p{{L}}\p{{M}}]){each}" if each[0] < "\u2e80" else each for each in written]
    part = rf"(?P<part>{'|'.join(alone)})(?![\p{{L}}\p{{M}}])"
    return (
        re.compile(rf"{part}:?(?:[\p{{L}}\p{{M}}'’ ,]|\d(?![:.h]?\d*[:.h]))*$", re.IGNORECASE),
        re.compile(rf"{_S}(?:[\p{{L}}'’]{{1,12}} ){{0,2}}{part}", re.IGNORECASE),
    )


def _half_key(text: str) -> str:
    return "".join(text.lower().replace(".", " ").split())


class _Found:
    """A time as it was found: with its hour as written, its half of the day where it is said, and how much it looks like one."""

    __slots__ = ("bare", "end", "half", "hour", "open", "rest", "shape", "start")

    def __init__(self, match: re.Match[str], text: str) -> None:
        self.start, self.end = match.span()
        self.hour = int(match["h"])
        self.rest = f":{match['m'] or '00'}" + (f":{match['s']}" if match["s"] else "")
        self.half: int | None = None
        word = self._behind(text) or self._front(text)
        self.bare = not match["m"] and not word and not match.group().endswith("h")
        point = bool(match["m"]) and text[match.start("m") - 1] == "."
        led = (
            (point or self.bare)
            and not sign_before(text, len(text[: self.start].rstrip(_SPACES)))
            and not sign_behind(text, self.end + (text[self.end : self.end + 1] in tuple(_SPACES)))
            and bool(_BEFORE.search(text[max(0, self.start - _LABEL) : self.start]))
        )
        self.shape = 1.0 if word else 0.0 if (point and not led) or self.bare else 0.5
        # "09:44" and "9:44:12" are of a clock with twenty-four hours.
        self.open = (
            self.half is None and 1 <= self.hour <= 12 and len(match["h"]) == len(str(self.hour)) and not match["s"]
        )
        if self.half is None and 1 <= self.hour <= 12:
            self._part(text)

    def _behind(self, text: str) -> bool:
        behind = _BEHIND.match(text, self.end)
        half = behind and behind["half"] and _halves().get(_half_key(behind["half"]))
        if behind and half is not None and half != "":
            self.half, self.end = half, behind.end()
            return True
        behind = _OCLOCK_BEHIND.match(text, self.end)
        if behind:
            self.end = behind.end()
        return bool(behind)

    def _front(self, text: str) -> bool:
        front = _FRONT.search(text[max(0, self.start - 12) : self.start])
        self.half = _halves().get(_half_key(front["half"])) if front else None
        if front and self.half is not None:
            self.start -= len(front.group())
        return self.half is not None

    def _part(self, text: str) -> None:
        """After noon where a part of the day beside it says so, and the hour is one of its."""
        front, behind = _parts()
        before = text[max(0, self.start - _PART_BEFORE) : self.start].rpartition("\n")[2]
        after = text[self.end : self.end + _PART_BEHIND]
        for match in (behind.match(after), front.search(before)):
            if match:
                # The pattern takes letters for one that stay two in small: "İ" and "i", "ſ" and "s".
                hours = cldr().parts.get(" ".join(match["part"].lower().replace("’", "'").split()))
                if hours is None:
                    continue
                first, last = hours
                if first - _EARLIER <= self.hour % 12 + 12 < last + _LATER:
                    self.half = 12
                return

    @property
    def after_noon(self) -> int:
        """Minutes on the clock's face, from noon or midnight on."""
        return self.hour % 12 * 60 + int(self.rest[1:3])

    def value(self) -> str | None:
        """``HH:MM`` or ``HH:MM:SS``; None where there is no such time."""
        hour = self.hour
        if self.half is not None and hour <= 12:
            if not hour and not self.half:
                return f"00{self.rest}"
            hour = hour % 12 + self.half
        if hour == 24 and set(self.rest) <= set(":0"):
            hour = 0
        return f"{hour:02d}{self.rest}" if hour < 24 else None


def times(page: Page, said: Sequence[int] = ()) -> Iterator[Candidate]:
    """Spans that read as a time of day; the value is ``HH:MM`` or ``HH:MM:SS``.

    A time without its half of the day has that of the range it is in: of "3:30-4:30 p.m." both are after noon, "11-1 pm" begins
    before it. Else that of the part of the day beside it ("this afternoon at 1:30"), else that of a time close to it among
    ``said``: what the document says with its half, in minutes of the day.
    """
    text = page.text
    found = _found(text)
    for each in found:
        if each.open and each.half is None:
            each.half = _half_beside(each, said)
    _as_ranges(found, text)
    for each in found:
        if each.shape > 0 and (value := each.value()):
            stop = each.start + len(text[each.start : each.end].rstrip())
            yield Candidate(Span(page.number, each.start, stop), text[each.start : stop], value, each.shape)
    for match in _WORD.finditer(text):
        if (value := _WORDS.get(match["word"].lower())) is not None:
            yield Candidate(Span(page.number, *match.span()), match.group(), value, 0.7)


def said(document: Document) -> tuple[int, ...]:
    """The times that a document says with their half of the day, in minutes of the day."""
    return _said(tuple(page.text for page in document.pages))


@functools.lru_cache(maxsize=16)
def _said(texts: tuple[str, ...]) -> tuple[int, ...]:
    several = (each for text in texts for each in _found(text) if each.half is not None and 1 <= each.hour <= 12)
    return tuple(sorted({each.after_noon + 60 * (each.half or 0) for each in several}))


def twelve_hours_on(text: str, value: str) -> str | None:
    """The other half's time of a text that does not say its half of the day: 13:30 of "1:30"; None where it can be no other."""
    match = _TIME.search(text)
    if match is None or not (found := _Found(match, text)).open or found.half is not None:
        return None
    return f"{(int(value[:2]) + 12) % 24:02d}{value[2:]}"


def _found(text: str) -> list[_Found]:
    found = [_Found(match, text) for match in _TIME.finditer(text)]
    _as_ranges(found, text)
    return found


def _as_ranges(found: Sequence[_Found], text: str) -> None:
    """Both ends of a range have their half of the day where one has."""
    for first, second in itertools.pairwise(found):
        if (first.half is None) is (second.half is None) or not (1 <= first.hour <= 12 and 1 <= second.hour <= 12):
            continue
        if second.start - first.end < _APART and _TO.fullmatch(text[first.end : second.start]):
            later = first.hour % 12 > second.hour % 12
            if first.half is None and second.half is not None:
                first.half = 12 - second.half if later else second.half
                first.shape = max(first.shape, second.shape)
            elif first.half is not None and second.open:
                second.half = 12 - first.half if later else first.half


def _half_beside(time: _Found, said: Sequence[int]) -> int | None:
    """The half of the day in which a time is beside another one that is said; None where both are, or neither is."""
    minutes = time.after_noon
    before, after = (min((abs(each - minutes - half) for each in said), default=_BESIDE + 1) for half in (0, 12 * 60))
    if min(before, after) > _BESIDE or before == after:
        return None
    return 0 if before < after else 12
