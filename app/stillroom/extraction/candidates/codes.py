"""E-mail addresses, telephone numbers, web addresses, IBANs, identifiers: canonical form and check digits by libraries."""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

import phonenumbers
from stdnum import iban as stdnum_iban
from stdnum import numdb
from stdnum.ch import uid as ch_uid
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.currencies import signs
from stillroom.extraction.candidates.dates import part_of_date
from stillroom.extraction.candidates.text import cells, labelled
from stillroom.extraction.candidates.words import (
    common_words,
    days_and_months,
    number_labels,
    number_words,
    paper_words,
    plates,
)
from stillroom.extraction.concepts import labels, vocabulary, words_of
from stillroom.templates.template import FieldType

_EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}@(?:[\w\-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@])")
_URL = re.compile(r"(?<![\w@.])(?:https?://[^\s<>\"'()\[\]]{1,2000}|(?:www\.)[^\s<>\"'()\[\]]{1,1000})", re.IGNORECASE)
# An address in the net without its "www.": only with an ending that is hardly anything else.
_DOMAIN = re.compile(
    r"(?<![\w@.\-/])(?:[a-z0-9][a-z0-9\-]{1,62}\.){1,4}(?:com|org|net|info|biz|eu|gov|edu|[a-z]{2}(?=[/\s]|$))(?![\w@.\-])(?:/[^\s<>\"'()\[\]]{0,500})?"
)
# Figures in groups, on one line: what a telephone number may be.
_STRETCH = re.compile(r"(?<![\w.,/\-])(?:\+|00)?[(\[]?\d[\d()\[\].\-–/ \u00a0\u202f]{4,44}\d(?![\w%]|[.,]\d)")
_COLUMN_GAP = re.compile(r"(?<=\d)[ \u00a0\u202f]{2,}(?=\S)")
_WHOLE = 9  # figures; fewer may be the beginning of a longer number in wide type
_NORTH_AMERICAN = re.compile(r"(?:\+?1[ .\-]?)?\(\d{3}\) ?\d{3}[\-. ]\d{4}(?!\d)")
_GROUPS = re.compile(r"\(?\d{1,8}\)?(?:[ .\-–/]{0,3}\(?\d{2,8}\)?){0,5}")
_NO_PHONE = re.compile(
    r"(?<!\d)(?:\d{1,4}[./\-]\d{1,2}[./\-]\d{1,4}(?!\d)|\d{1,3}\.\d{2}(?!\d| ?\d{2}\b))|(?:^| )\d \d(?: |$)"
)
_HALF_WIDTH = str.maketrans({0xFF01 + place: chr(0x21 + place) for place in range(94)} | {0x3000: " "})
_IBAN_BEGINS = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=\bIBAN))(?:[A-Z][ |\[\]]{0,3}[A-Z]|[a-z]{2})(?:[ |.\[\]]{0,3}\d){2}"
)
_IBAN_GAP = frozenset(" \t\u00a0\u202f.-\u2010\u2011\u2013|_·•/[]\n")
_WIDEST_GAP = 6
_NEXT_LINE = re.compile(r"[ \t\u00a0]{0,40}(?=\d)")
_IBAN_LABEL = re.compile(r"IBAN\W{0,9}$", re.IGNORECASE)
_TOKEN = re.compile(r"(?<!\S)[^\s,;]+(?:\s?[-/#]\s?[^\s,;]+){0,6}")
# Points from a label to its value: "Number.........4711".
_LEADER = re.compile(r"[.…·]{3,}|…+|(?<![^\W_])_{3,}|_{3,}(?![^\W_])")
_PART_OF_AMOUNT = re.compile(r",\d{2,3}(?!\d)")
_EDGES = "()[]{}<>`=\"'“”‘’«».,;:*|#：。，、（）【】"
# What names a code and touches it: "No.12345", "N°2025/0012", "Nr.4711", "Rech.-Nr.:12", "order=12".
_LABEL = re.compile(
    r"(?:(?:[^\W\d_]{1,14}[.\-]{1,2}|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{1,12})?(?:no|nr|num|nro|núm|nº|n°|№|n|νο|inv|ref|id|rechn|fact?|č|čís|sz|бр|ном|αρ)\s?[.:°º#．]{1,3}|رقم|شماره|מס['׳]|№|n[°º]|[^\W\d_]{0,14}#|[^\W\d_]{1,20}[=|>])\s?(?=[\w\-/]*\d)",
    re.IGNORECASE,
)
# Letters of a script without spaces in front of a code in Latin letters and figures: 发票号码25117000.
_UNSPACED_LABEL = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{2,12}(?=[A-Za-z0-9][A-Za-z0-9\-/]{2,})")
_TAX_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Z]{2}U?|CHE)[ \-]?\d[0-9A-Z]{0,3}(?:[ .\-]?[0-9A-Z]{2,4}){2,4}(?![A-Za-z0-9])"
)
# Letters before figures: "AB 12345"; in groups, as policies are numbered: "KH 12.345.678"; and number plates: "HH-AB 123", "VA40 GJS".
# None is as short as the name of a substance or a road: "C-D 3".
_UPPER = r"[A-ZÀ-ÖØ-Þ]"
_LETTERS_AND_FIGURES = re.compile(
    rf"(?<![\w\-/])(?:[A-Z]{{1,5}} \d{{3,12}}(?![\w\-/]|[.,]\d)"
    rf"|(?P<letters>{_UPPER}{{1,3}}) \d{{1,3}}(?:\.\d{{3}}){{1,3}}(?![\w\-/]|[.,]\d)"
    # As courts number what is before them: "12 C 418/24", "32 Ds 110 Js 77/24", "4 C 88/25m", "F 24/00219".
    r"|(?:\d{1,3} [A-Z][A-Za-z]{0,4} ){1,2}\d{1,6}/\d{2,4}(?: ?[a-z](?!\w))?(?![\w/\-])|[A-Z]{1,3} \d{2,4}/\d{3,7}(?![\w/\-])"
    rf"|(?P<plate>(?:{plates()})(?![\w/\-])"
    rf"|(?!{_UPPER}[\-–] ?{_UPPER} ?\d(?!\d)){_UPPER}{{1,3}}[\-–] ?{_UPPER}{{1,2}} ?\d{{1,4}}[EH]?(?![\w\-/]|[.,]\d))"
    r")"
)


def emails(page: Page) -> Iterator[Candidate]:
    for match in _EMAIL.finditer(page.text):
        yield Candidate(Span(page.number, *match.span()), match.group(), match.group().lower(), 1.0)


def urls(page: Page) -> Iterator[Candidate]:
    for match in _URL.finditer(page.text):
        text = match.group().rstrip(".,;:!?")
        if "." in text[4:] or "//" in text:
            yield Candidate(Span(page.number, match.start(), match.start() + len(text)), text, text, 1.0)
    for match in _DOMAIN.finditer(page.text):
        if not match.group().startswith("www."):
            text = match.group().rstrip(".,;:!?")
            yield Candidate(Span(page.number, match.start(), match.start() + len(text)), text, text, 0.5)


def phones(page: Page, *, regions: Sequence[str] = ()) -> Iterator[Candidate]:
    """Telephone numbers; international ones in E.164, others as their digits.

    ``regions``: ISO codes of the countries whose national numbers the document is likely to hold; what one of their numbering plans
    knows looks more like one. That the country of an international number has no such number is said on the value.
    """
    for begin, text in _stretches(page.text):
        taken = list[tuple[int, int]]()
        for start, end, value, valid, country in _international(text):
            taken.append((start, end))
            failed = () if valid else (f"The numbering plan of +{country} has no such telephone number.",)
            span = Span(page.number, begin + start, begin + end)
            yield Candidate(span, text[start:end], value, 1.0 if valid else 0.7, failed=failed)
        for group in _GROUPS.finditer(text):
            start, end = group.span()
            digits = "".join(filter(str.isdigit, group.group()))
            if 7 <= len(digits) <= 15 and not any(left < end and start < right for left, right in taken):
                if _NO_PHONE.search(group.group()):
                    continue
                known = any(_is_national(group.group(), region) for region in regions)
                span = Span(page.number, begin + start, begin + end)
                yield Candidate(span, group.group(), digits, 0.8 if known else 0.5)


def _stretches(text: str) -> Iterator[tuple[int, str]]:
    """Figures in groups that may be telephone numbers, and where each begins.

    Where enough for a number stand before a wide gap, the next column begins behind it; and what is written as in North America is whole.
    """
    for stretch in _STRETCH.finditer(text):
        begin, own = stretch.start(), stretch.group()
        ends = [gap.end() for gap in _COLUMN_GAP.finditer(own) if sum(map(str.isdigit, own[: gap.start()])) >= _WHOLE]
        ends += [number.end() for number in _NORTH_AMERICAN.finditer(own)]
        for start, end in itertools.pairwise(sorted({0, *ends, len(own)})):
            yield begin + start, own[start:end]


@functools.lru_cache(maxsize=4096)
def _international(text: str) -> tuple[tuple[int, int, str, bool, int], ...]:
    """Numbers with a country's prefix: start, end, E.164, whether the plan of that country has it, and its prefix."""
    if "+" not in text and not text.startswith("00"):
        return ()
    plain = re.sub(r"^00", "+", text) if text.startswith("00") else text
    shift = len(text) - len(plain)
    found = []
    for match in phonenumbers.PhoneNumberMatcher(plain, None, phonenumbers.Leniency.POSSIBLE):
        value = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        start = match.start + shift if match.start else 0
        valid = phonenumbers.is_valid_number(match.number)
        found.append((start, match.end + shift, value, valid, match.number.country_code or 0))
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def _is_national(text: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False


def ibans(page: Page) -> Iterator[Candidate]:
    """Account numbers with right check digits, in groups, boxes or with any gaps; and those that are marked as one, or as long as their
    country's, but wrong: that is said on them."""
    behind = 0
    plain = page.text.translate(_HALF_WIDTH)
    for begin in _IBAN_BEGINS.finditer(plain):
        if begin.start() < behind:
            continue
        country = "".join(filter(str.isalpha, begin.group()))[:2].upper()
        length = _iban_length(country)
        places = _characters(plain, begin.start(), length or 34)
        value = "".join(plain[place] for place in places).upper()
        end = places[-1] + 1
        span = Span(page.number, begin.start(), end)
        text = page.text[begin.start() : end]
        ends = not page.text[end : end + 1].isalnum()
        if length and len(value) == length and _checks(value):
            behind = end
            yield Candidate(span, text, value, 1.0)
        elif length and len(value) == length and ends and text[:2].isupper():
            behind = end
            yield Candidate(span, text, value, 0.7, failed=("The check digits of this IBAN are wrong.",))
        elif (
            length
            and ends
            and len(value) >= 12
            and _IBAN_LABEL.search(page.text, max(0, begin.start() - 16), begin.start())
        ):
            behind = end
            sentence = f"This IBAN has {len(value)} characters; those of {country} have {length}."
            yield Candidate(span, text, value, 0.5, failed=(sentence,))


def _checks(value: str) -> bool:
    """Whether an IBAN's check digits are right, and those of its country in it. Which banks there are is no matter of digits: the
    library's lists of them grow old."""
    try:
        stdnum_iban.validate(value)
    except InvalidComponent:
        return bool(stdnum_iban.is_valid(value, check_country=False))
    except ValidationError:
        return False
    return True


def _characters(text: str, start: int, most: int) -> list[int]:
    """Where the letters and figures of a code stand, whatever narrow gaps are between them; on the next line only what goes on there."""
    places: list[int] = []
    gap = 0
    for place in range(start, min(len(text), start + 6 * most)):
        if text[place].isascii() and text[place].isalnum():
            places.append(place)
            gap = 0
            if len(places) == most:
                break
        elif text[place] in _IBAN_GAP and gap < _WIDEST_GAP:
            gap += 1
            if text[place] == "\n":
                rest = _NEXT_LINE.match(text, place + 1)
                if not rest:
                    break
                gap = rest.start() - rest.end()  # how far a line is set in is no gap
        else:
            break
    return places


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
    """Spans that match the field's pattern; without one, words that hold a digit, without a label that touches them."""
    if pattern:
        for match in re.finditer(pattern, page.text):
            if match.group().strip():
                yield Candidate(Span(page.number, *match.span()), match.group(), single_spaced(match.group()), 1.0)
        return
    grouped = [match.span() for whole in (_GROUPED_FIGURES, _SERIES) for match in whole.finditer(page.text)]
    for start, end in grouped:
        text = page.text[start:end]
        yield Candidate(Span(page.number, start, end), text, text, 1.0)
    short = list(_in_short_groups(page))
    plates = [match.span() for match in _LETTERS_AND_FIGURES.finditer(page.text) if match["plate"]]
    wholes = _outermost([*grouped, *plates, *((each.span.start, each.span.end) for each in short)])
    starts = [start for start, _ in wholes]
    for match in _TOKEN.finditer(page.text):
        if not _FIGURE.search(page.text, match.start(), match.end()):
            continue
        seen: set[tuple[int, int]] = set()
        for start, end in ((match.start(), match.end()), *_words(page.text, match.start(), match.end())):
            if end - start > _LONGEST_TOKEN:
                continue
            for left, right, touched in _without_label(page.text, *_inner(page.text, start, end)):
                text = page.text[left:right]
                if (left, right) in seen or not 2 <= len(text) <= 40 or not any(map(str.isdigit, text)):
                    continue
                seen.add((left, right))
                if _PART_OF_AMOUNT.match(page.text, right) and (text.isdigit() or text[1:].isdigit()):
                    continue  # the words end at commas, numbers do not: "234,50", "£1,050"
                if text[-2:-1] == " " and _SPACED_OUT.match(page.text, right):
                    continue  # "GL - 6" of "GL - 6 0 0"
                if _OF_TIME.fullmatch(page.text, max(0, left - 6), right):
                    continue
                if text.isdigit() and part_of_date(page.text, left, right):
                    continue
                at = bisect.bisect_right(starts, left) - 1
                # What is alone in its cell, in groups, is one: of "XK51 BVD" no group is a number of its own.
                part = at >= 0 and right <= wholes[at][1] and (left, right) != wholes[at]
                shape = 0.0 if part or touched or _AMOUNT.fullmatch(text) or _DATE.fullmatch(text) else 1.0
                yield Candidate(Span(page.number, left, right), text, text, shape)
    yield from short
    yield from _spaced_codes(page)
    yield from _behind_number_words(page)


def _outermost(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that are in no other, in order."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not found or end > found[-1][1]:
            found.append((start, end))
    return found


_LONGEST_TOKEN = 90
# Not the colon of a code: "2:21-cv-01234", as courts number what is before them.
_COLON = re.compile(r":(?!(?<=\d:)\d\d-[^\W\d_])|^")
_FIGURE = re.compile(r"\d")
# A number in groups of figures, as health and tax numbers are written: "943 476 5919".
_GROUPED_FIGURES = re.compile(r"(?<![\d.,/-])(?<!\d )\d{2,4}(?: \d{2,4}){2,4}(?! ?\d|[.,/-]\d)")
# A series, its year and a number are one: "FT 2025/77", as Portugal prescribes. Not the label of a number.
_SERIES = re.compile(
    r"(?<![\w/.\-])(?!(?:NO|NR|NUM|REF|INV|RE|FAC|FACT|DE|DU|VOM|AM|PER) )[A-Z]{2,4} [A-Z]{0,4}(?:19|20)\d\d[A-Z]{0,3}/\d{1,9}"
    r"(?![\w/]|[.,\-]\d)"
)
_AMOUNT = re.compile(r"[^\w\s]?\d{1,3}(?:[.,]\d{3})*[.,]\d{2}|\d{1,3}(?:[٬'’]\d{3})+(?:[.,٫]\d{2})?|\d{1,2}[%x]?")
# One sign behind another, as wide type and the boxes of forms leave them: "G L - 6 0 0".
_SPACED_OUT = re.compile(r" \w(?!\w)")
_BOXED = re.compile(r"(?<!\S)\w(?: [\w\-/]){3,24}(?!\S)(?! \S(?!\S))")
# How far a clock is from the world's: "10:00:00 +0200".
_OF_TIME = re.compile(r".*\d:\d\d ?[+\-−]\d{4}|.*\d:\d\d [+\-−]\d\d:\d\d", re.DOTALL)
_DATE = re.compile(r"\d{1,4}([./\-])\d{1,2}\1\d{1,4}|\d{1,2}:\d{2}(:\d{2})?")


def _spaced_codes(page: Page) -> Iterator[Candidate]:
    """Codes with spaces in them: tax numbers whose check digits are right, and letters before figures."""
    for match in _TAX_NUMBER.finditer(page.text):
        compact = re.sub(r"[\s.\-]", "", match.group())
        valid = (ch_uid if compact.startswith("CHE") else eu_vat).is_valid(compact)
        if valid and compact != match.group():
            yield Candidate(Span(page.number, *match.span()), match.group(), compact, 1.0)
    for match in _BOXED.finditer(page.text):
        value = match.group().replace(" ", "")
        if value.isdigit() and (len(value) < 6 or not _names_a_number(page.text, match.start())):
            continue  # a row of a table: "Qty 1 2 3 4 5 6 7"
        if sum(map(str.isdigit, value)) > 1 and not value.isalpha():
            yield Candidate(Span(page.number, *match.span()), match.group(), value, 0.5)
    for match in _LETTERS_AND_FIGURES.finditer(page.text):
        if match["letters"] in signs():
            continue  # "EUR 1.234" is an amount
        yield Candidate(Span(page.number, *match.span()), match.group(), match.group(), 1.0 if match["plate"] else 0.5)


def _in_short_groups(page: Page) -> Iterator[Candidate]:
    """Codes of two or three short groups that are all of a cell, or of what stands behind a label: "AB 12 CDE"."""
    for value in [*cells(page), *labelled(page)]:
        if not _SHORT_GROUPS.fullmatch(value.text):
            continue
        groups = re.split("[ -]", value.text)
        figures = sum(map(str.isdigit, value.text))
        if figures < _FEWEST_FIGURES or len("".join(groups)) < _FEWEST_SIGNS or not _CAPITAL.search(value.text):
            continue
        if any(_is_word(group) for group in groups):
            continue
        mixed = any(_FIGURE.search(group) and not group.isdigit() for group in groups)
        yield Candidate(Span(page.number, value.start, value.end), value.text, value.text, 1.0 if mixed else 0.5)


def _behind_number_words(page: Page) -> Iterator[Candidate]:
    """Codes of several short groups in a sentence, behind a word for number: "contrat n° CS 40 1187 B"."""
    for match in _NUMBERED_GROUPS.finditer(page.text):
        groups = match["code"].split(" ")
        figures = sum(map(str.isdigit, match["code"]))
        if figures < _FEWEST_FIGURES or len("".join(groups)) < _FEWEST_SIGNS or not _CAPITAL.search(match["code"]):
            continue
        words = [group for group in groups if group.isalpha() and len(group) > 1]
        if not any(_is_word(group) or group.casefold() in common_words() for group in words):
            yield Candidate(Span(page.number, *match.span("code")), match["code"], match["code"], 0.5)


_NUMBERED_GROUPS = re.compile(
    rf"(?<!\w)(?i:{number_labels()})[.:]{{0,2}} ?(?P<code>[A-Z\d]{{1,6}}(?: [A-Z\d]{{1,6}}){{1,4}})(?![\w/\-]|[.,]\d)"
)


def _is_word(group: str) -> bool:
    """Whether a group of a code is a word instead: of labels, texts or calendars, a currency, a time of day."""
    small = group.casefold()
    if len(small) <= _LETTERS_OF_PLATE:
        # "PO 4711" is a label and its number.
        return group in signs() or bool(_NO_GROUP.fullmatch(group)) or f"{small}#" in vocabulary().phrases
    known = (vocabulary().phrases, common_words(), days_and_months(), signs())
    return any(small in words or group in words for words in known) or bool(_NO_GROUP.fullmatch(group))


_SHORT_GROUPS = re.compile(r"(?!\d )[A-Z\d]{1,5}(?:[ -][A-Z\d]{1,5}){1,2}")  # "2 ARNR2" is two of them
_CAPITAL = re.compile(r"[A-Z]")
_NO_GROUP = re.compile(rf"\d{{0,2}}[AP]M|{number_words()}")
_FEWEST_FIGURES, _FEWEST_SIGNS = 2, 5
_LETTERS_OF_PLATE = 2  # so few are a word by chance: "AB 12 CDE"


def _names_a_number(text: str, place: int) -> bool:
    """Whether the label before this place on its line, or above where none is before it, is one of a number."""
    start = text.rfind("\n", 0, place) + 1
    line = text[start:place]
    if not line.strip():
        line = text[text.rfind("\n", 0, max(0, start - 1)) + 1 : max(0, start - 1)]
    line = line[-_LONGEST_LABEL:]
    words = words_of(line)
    if not words:
        return False
    last = max(labels(line), key=lambda label: label.end, default=None)
    if last is not None and not words_of(line[last.end :]):
        known = vocabulary()
        kinds = [known.concepts[name].types for name in known.phrases.get(last.key, ())]
        return any(FieldType.IDENTIFIER in types for types in kinds)
    return words[-1].endswith(_NUMBERS) or words[-1] in _CODES


_LONGEST_LABEL = 60
_NUMBERS = ("#", "番号", "号码", "號碼", "번호")
_CODES = ("id", "code", "ref", "reference")


def _inner(text: str, left: int, right: int) -> tuple[int, int]:
    """Without the marks around it, and without a label that ends with a colon."""
    while left < right and text[left] in _EDGES:
        left += 1
    while right > left and text[right - 1] in _EDGES:
        right -= 1
    own = text[left:right]
    after_colon = max(
        *(found.start() for found in _COLON.finditer(own)),
        own.rfind("："),
        own.rfind("="),
        *(found.end() - 1 for found in _LEADER.finditer(own)),
    )
    if after_colon > 0 and any(map(str.isdigit, own[after_colon:])):
        left += after_colon + 1
        while left < right and (text[left] in _EDGES or text[left].isspace()):  # "No: # 4711"
            left += 1
    return left, right


def _without_label(text: str, left: int, right: int) -> Iterator[tuple[int, int, bool]]:
    """The code, and where a label touches it also the code with its label (true): "No.12345" may be meant as a whole."""
    label = (
        _LABEL.match(text, left, right) or _UNSPACED_LABEL.match(text, left, right) or _paper().match(text, left, right)
    )
    if label and label.end() < right:
        yield label.end(), right, False
    yield left, right, bool(label)


@functools.cache
def _paper() -> re.Pattern[str]:
    """The name of a paper that touches its number."""
    return re.compile(rf"(?i:{paper_words()})(?=(?:[A-Z]{{2,4}})?[\-/]?\d{{2}})")


def _words(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"\S+", text[start:end]):
        yield start + match.start(), start + match.end()
