"""Times of day, alone and as the start and end of a range."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import regex as re

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.cldr import cldr

_S = r"[^\S\n]?"
# Words behind an hour that say it is one: "15 Uhr", "15h", "kl. 15" stands before it.
_OCLOCK = r"(?:Uhr|uur|heures?|hrs?|o['’]?clock|óra|ώρα|час(?:ов|а)?|год|horas?|ore|klokken|時|点|點|시)"
_BEFORE = re.compile(
    r"(?:\bkl\.?|\bklo|\bkello|\bklokken|\bум|\bat|\bà|\balle|\ba las|\bàs|\bum|\bgodz\.?|\bora)\s?$", re.IGNORECASE
)
_WORDS = {
    "noon": "12:00", "midday": "12:00", "mittags": "12:00", "midi": "12:00", "mediodía": "12:00", "mezzogiorno": "12:00",
    "meio-dia": "12:00", "południe": "12:00", "middag": "12:00", "正午": "12:00",
    "midnight": "00:00", "mitternacht": "00:00", "minuit": "00:00", "medianoche": "00:00", "mezzanotte": "00:00", "meia-noite": "00:00",
}  # fmt: skip
_WORD = re.compile(rf"(?<!\w)(?:12{_S})?(?P<word>{'|'.join(_WORDS)})(?!\w)", re.IGNORECASE)
_TO = re.compile(r"\s?(?:[-–—~〜～]|to|until|till|and|bis|à|a|al|tot|do|–|до)\s?", re.IGNORECASE)


_AMERICAN = rf"[AaPp]\.?{_S}[Mm]\b\.?"
_TIME = re.compile(
    rf"(?<![\d:.,/])(?P<h>[01]?\d|2[0-4])(?:"
    rf"(?::|{_S}[hHu時点點时]{_S}|시{_S}|\.(?=\d\d(?!\d|[.,/]\d)))(?P<m>[0-5]\d)(?:(?:[:.]|{_S}[분分m]{_S})(?P<s>[0-5]\d))?[분分秒]?"
    rf"|{_S}h(?!\w)|(?={_S}[-–—~]{_S}\d{{1,2}}(?:[:.]\d\d)?{_S}[AaPp]\.?{_S}[Mm])|(?={_S}(?:[AaPp]\.?{_S}[Mm]|{_OCLOCK}|[^\x00-\x7f])))(?![\d:])"
)
# What may stand behind and in front of it.
_BEHIND = re.compile(
    rf"{_S}(?:(?P<half>{_AMERICAN}|[\p{{L}}.]{{2,14}}(?!\w))|(?P<word>{_OCLOCK})(?!\w|{_S}\d))", re.IGNORECASE
)
_OCLOCK_BEHIND = re.compile(rf"{_S}{_OCLOCK}(?!\w|{_S}\d)", re.IGNORECASE)
_FRONT = re.compile(rf"(?P<half>{_AMERICAN}|[\p{{L}}]{{2,10}}){_S}$", re.IGNORECASE)


@functools.cache
def _halves() -> dict[str, int]:
    """What the halves of the day are called: 0 before noon, 12 after it."""
    return {**cldr().halves, "am": 0, "pm": 12}


def _half_key(text: str) -> str:
    return "".join(text.lower().replace(".", " ").split())


class _Found:
    """A time as it was found: with its hour as written, its half of the day where it is said, and how much it looks like one."""

    __slots__ = ("bare", "end", "half", "hour", "rest", "shape", "start")

    def __init__(self, match: re.Match[str], text: str) -> None:
        self.start, self.end = match.span()
        self.hour = int(match["h"])
        self.rest = f":{match['m'] or '00'}" + (f":{match['s']}" if match["s"] else "")
        self.half: int | None = None
        word = self._behind(text) or self._front(text)
        self.bare = not match["m"] and not word and not match.group().endswith("h")
        point = bool(match["m"]) and text[match.start("m") - 1] == "."
        led = (point or self.bare) and bool(_BEFORE.search(text[max(0, self.start - 10) : self.start]))
        self.shape = 1.0 if word else 0.0 if (point and not led) or self.bare else 0.5

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


def times(page: Page) -> Iterator[Candidate]:
    """Spans that read as a time of day; the value is ``HH:MM`` or ``HH:MM:SS``.

    Of "3:30-4:30 p.m." both are after noon; "11-1 pm" begins before it.
    """
    text = page.text
    first: _Found | None = None
    for second in itertools.chain((_Found(match, text) for match in _TIME.finditer(text)), (None,)):
        if first and second and first.half is None and second.half is not None and 1 <= first.hour <= 12:
            between = text[first.end : second.start] if second.start - first.end < 8 else ""
            if _TO.fullmatch(between):
                later = first.hour % 12 > second.hour % 12
                first.half = 12 - second.half if later else second.half
                first.shape = second.shape
        if first and first.shape > 0 and (value := first.value()):
            stop = first.start + len(text[first.start : first.end].rstrip())
            yield Candidate(Span(page.number, first.start, stop), text[first.start : stop], value, first.shape)
        first = second
    for match in _WORD.finditer(text):
        yield Candidate(Span(page.number, *match.span()), match.group(), _WORDS[match["word"].lower()], 0.7)
