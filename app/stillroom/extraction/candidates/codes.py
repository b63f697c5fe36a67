"""E-mail addresses, telephone numbers, web addresses, IBANs, identifiers: canonical form and check digits by libraries."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from stdnum import iban as stdnum_iban

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate

_EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]+@(?:[\w\-]+\.)+[A-Za-z]{2,24}(?![\w@])")
_URL = re.compile(
    r"(?<![\w@.])(?:https?://[^\s<>\"'()\[\]]+|(?:www\.)[^\s<>\"'()\[\]]+\.[^\s<>\"'()\[\]]+)", re.IGNORECASE
)
_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_TOKEN = re.compile(r"(?<!\S)[^\s,;]+(?:\s?[-/#]\s?[^\s,;]+)*")
_EDGES = "()[]{}<>\"'“”‘’.,;:*|"


def emails(page: Page) -> Iterator[Candidate]:
    for match in _EMAIL.finditer(page.text):
        yield Candidate(Span(page.number, *match.span()), match.group(), match.group().lower(), 1.0)


def urls(page: Page) -> Iterator[Candidate]:
    for match in _URL.finditer(page.text):
        text = match.group().rstrip(".,;:!?")
        yield Candidate(Span(page.number, match.start(), match.start() + len(text)), text, text, 1.0)


def phones(page: Page, *, region: str | None = None) -> Iterator[Candidate]:
    """Telephone numbers; international ones in E.164, others as their digits (``region``: ISO country of national numbers)."""
    seen: set[tuple[int, int]] = set()
    for leniency_region in (region, None):
        matcher = phonenumbers.PhoneNumberMatcher(page.text, leniency_region, phonenumbers.Leniency.POSSIBLE)
        for match in matcher:
            if (match.start, match.end) in seen:
                continue
            seen.add((match.start, match.end))
            value = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            yield Candidate(Span(page.number, match.start, match.end), match.raw_string, value, 1.0)
    # National numbers of a country nobody named: seven digits or more with the usual separators.
    for found in re.finditer(r"(?<![\w.])\(?0?\d{1,4}\)?(?:[\s.\-/]?\d{2,5}){2,4}(?![\w.])", page.text):
        digits = re.sub(r"\D", "", found.group())
        if 7 <= len(digits) <= 15 and not any(start < found.end() and found.start() < end for start, end in seen):
            yield Candidate(Span(page.number, *found.span()), found.group(), digits, 0.5)


def ibans(page: Page) -> Iterator[Candidate]:
    """Spans whose check digits hold."""
    for match in _IBAN.finditer(page.text):
        text = match.group()
        while len(text) >= 15:  # a word of capitals behind it may have been taken in
            if stdnum_iban.is_valid(text):
                value = stdnum_iban.compact(text)
                yield Candidate(Span(page.number, match.start(), match.start() + len(text)), text, value, 1.0)
                break
            cut = max(text.rfind(" "), text.rfind("\n"))
            text = text[:cut] if cut > 0 else ""


def identifiers(page: Page, pattern: str) -> Iterator[Candidate]:
    """Spans that match the field's pattern; without one, words that hold a digit or look like a code."""
    if pattern:
        for match in re.finditer(pattern, page.text):
            if match.group().strip():
                yield Candidate(Span(page.number, *match.span()), match.group(), match.group(), 1.0)
        return
    for match in _TOKEN.finditer(page.text):
        seen: set[tuple[int, int]] = set()
        for start, end in ((match.start(), match.end()), *_words(page.text, match.start(), match.end())):
            left, right = start, end
            while left < right and page.text[left] in _EDGES:
                left += 1
            while right > left and page.text[right - 1] in _EDGES:
                right -= 1
            text = page.text[left:right]
            after_colon = text.rfind(":")
            if after_colon > 0 and any(character.isdigit() for character in text[after_colon:]):
                left += after_colon + 1
                text = page.text[left:right]
            if (left, right) in seen or not 2 <= len(text) <= 40 or not any(character.isdigit() for character in text):
                continue
            seen.add((left, right))
            amount = bool(re.fullmatch(r"[^\w\s]?\d{1,3}(?:[.,]\d{3})*[.,]\d{2}|\d{1,2}[%x]?", text))
            date = bool(re.fullmatch(r"\d{1,4}([./\-])\d{1,2}\1\d{1,4}|\d{1,2}:\d{2}(:\d{2})?", text))
            yield Candidate(Span(page.number, left, right), text, text, 0.0 if amount or date else 1.0)


def _words(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"\S+", text[start:end]):
        yield start + match.start(), start + match.end()
