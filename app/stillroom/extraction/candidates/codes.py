"""E-mail addresses, telephone numbers, web addresses, IBANs, identifiers: canonical form and check digits by libraries."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import phonenumbers
from stdnum import iban as stdnum_iban
from stdnum import numdb
from stdnum.ch import uid as ch_uid
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import InvalidChecksum, ValidationError

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate, single_spaced

_EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]+@(?:[\w\-]+\.)+[A-Za-z]{2,24}(?![\w@])")
_URL = re.compile(
    r"(?<![\w@.])(?:https?://[^\s<>\"'()\[\]]+|(?:www\.)[^\s<>\"'()\[\]]+\.[^\s<>\"'()\[\]]+)", re.IGNORECASE
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[\s\-]?[A-Z0-9]){11,30}(?![A-Za-z0-9])", re.IGNORECASE)
_TOKEN = re.compile(r"(?<!\S)[^\s,;]+(?:\s?[-/#]\s?[^\s,;]+)*")
_PART_OF_AMOUNT = re.compile(r",\d{2,3}(?!\d)")
_EDGES = "()[]{}<>\"'“”‘’.,;:*|"


def emails(page: Page) -> Iterator[Candidate]:
    for match in _EMAIL.finditer(page.text):
        yield Candidate(Span(page.number, *match.span()), match.group(), match.group().lower(), 1.0)


def urls(page: Page) -> Iterator[Candidate]:
    for match in _URL.finditer(page.text):
        text = match.group().rstrip(".,;:!?")
        yield Candidate(Span(page.number, match.start(), match.start() + len(text)), text, text, 1.0)


def phones(page: Page, *, region: str | None = None) -> Iterator[Candidate]:
    """Telephone numbers; international ones in E.164, others as their digits (``region``: ISO country of national numbers).

    What its country's numbering plan does not know is said on the value.
    """
    seen: set[tuple[int, int]] = set()
    for leniency_region in dict.fromkeys((region, None)):
        matcher = phonenumbers.PhoneNumberMatcher(page.text, leniency_region, phonenumbers.Leniency.POSSIBLE)
        for match in matcher:
            if (match.start, match.end) in seen:
                continue
            seen.add((match.start, match.end))
            value = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            failed: tuple[str, ...] = ()
            if not phonenumbers.is_valid_number(match.number):
                failed = (f"The numbering plan of +{match.number.country_code} has no such telephone number.",)
            span = Span(page.number, match.start, match.end)
            yield Candidate(span, match.raw_string, value, 0.7 if failed else 1.0, failed=failed)
    # National numbers of a country nobody named: seven digits or more with the usual separators.
    for found in re.finditer(r"(?<![\w.])\(?0?\d{1,4}\)?(?:[\s.\-/]?\d{2,5}){2,4}(?![\w.])", page.text):
        digits = re.sub(r"\D", "", found.group())
        if 7 <= len(digits) <= 15 and not any(start < found.end() and found.start() < end for start, end in seen):
            yield Candidate(Span(page.number, *found.span()), found.group(), digits, 0.5)


def ibans(page: Page) -> Iterator[Candidate]:
    """Spans whose check digits hold; and those that are as long as their country's IBANs, but do not: that is said on them."""
    for match in _IBAN.finditer(page.text):
        text, wrong = match.group(), ""
        while len(text) >= 15:  # a word of capitals behind it may have been taken in
            value = re.sub(r"[\s\-]", "", text).upper()
            span = Span(page.number, match.start(), match.start() + len(text))
            if stdnum_iban.is_valid(value):
                yield Candidate(span, text, value, 1.0)
                break
            if len(value) == _iban_length(value[:2]):
                wrong = text
            cut = max(text.rfind(" "), text.rfind("\n"))
            text = text[:cut] if cut > 0 else ""
        else:
            if wrong:
                span = Span(page.number, match.start(), match.start() + len(wrong))
                value = re.sub(r"[\s\-]", "", wrong).upper()
                yield Candidate(span, wrong, value, 0.7, failed=("The check digits of this IBAN are wrong.",))


@functools.cache
def _iban_length(country: str) -> int:
    """How many characters the IBANs of a country have; 0 where it has none."""
    known = [properties for _, properties in numdb.get("iban").info(country) if "bban" in properties]
    return 4 + sum(int(digits) for digits in re.findall(r"\d+", known[0]["bban"])) if known else 0


def tax_number_problem(text: str) -> str | None:
    """Why a text that is written like a VAT number of the European Union or Switzerland is none; None where it is, or may be one."""
    compact = re.sub(r"[\s.\-]", "", text).upper()
    compact = re.sub(r"(?<=\d)(?:MWST|TVA|IVA|VAT)$", "", compact)
    module = ch_uid if compact.startswith("CHE") else eu_vat
    if not re.fullmatch(r"[A-Z]{2,3}[0-9A-Z+*]{6,15}", compact) or not any(map(str.isdigit, compact)):
        return None
    try:
        module.validate(compact)
    except InvalidChecksum:
        return "The check digits of this tax number are wrong."
    except ValidationError:
        return None
    return None


def identifiers(page: Page, pattern: str) -> Iterator[Candidate]:
    """Spans that match the field's pattern; without one, words that hold a digit or look like a code."""
    if pattern:
        for match in re.finditer(pattern, page.text):
            if match.group().strip():
                yield Candidate(Span(page.number, *match.span()), match.group(), single_spaced(match.group()), 1.0)
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
            if text.isdigit() and _PART_OF_AMOUNT.match(page.text, right):
                continue  # the words end at commas, numbers do not: "234,50"
            amount = bool(re.fullmatch(r"[^\w\s]?\d{1,3}(?:[.,]\d{3})*[.,]\d{2}|\d{1,2}[%x]?", text))
            date = bool(re.fullmatch(r"\d{1,4}([./\-])\d{1,2}\1\d{1,4}|\d{1,2}:\d{2}(:\d{2})?", text))
            yield Candidate(Span(page.number, left, right), text, text, 0.0 if amount or date else 1.0)


def _words(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"\S+", text[start:end]):
        yield start + match.start(), start + match.end()
