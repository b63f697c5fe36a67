"""Amounts, numbers, integers, percentages: in the figures, marks and signs of every country, each reading a candidate."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

import regex as re

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates import slips
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.cldr import cldr
from stillroom.extraction.candidates.currencies import decimals, sign_before, sign_behind, signs
from stillroom.extraction.candidates.dates import part_of_date
from stillroom.extraction.candidates.percent_labels import named_percentages
from stillroom.extraction.candidates.words import common_words, debit_or_credit_words, measures, places

DECIMAL_MARK, THOUSANDS_MARK = "decimal_mark", "thousands_mark"
ABOVE_ZERO, BELOW_ZERO = "above_zero", "below_zero"
CENTS, NOTE = "cents", "note"

# One character for one: figures of all scripts, and marks that are written in several ways. A space that does not break a line
# stands inside one number; a plain one may stand between two.
_ZEROS = (
    0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0xF20, 0x1040, 0x17E0, 0x1810, 0xFF10,
)  # fmt: skip
_PLAIN = str.maketrans(
    {chr(zero + figure): str(figure) for zero in _ZEROS for figure in range(10)}
    | dict.fromkeys("’‘´`′ʼʹ＇٬", "'")
    | dict.fromkeys("\u00a0\u202f\u2009\u2007\u2008\u200a\u2006\u2005\u2004", "\u202f")
    | dict.fromkeys("−﹣－‒", "-")
    | {"٫": ".", "．": ".", "·": ".", "，": ",", "（": "(", "）": ")", "％": "%", "٪": "%", "￥": "¥", "＄": "$"}
)
_JOINED = str.maketrans("", "", "' \u202f")
# Scripts that set no space between words: a figure may touch their letters.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー〜"
_NUMBER = re.compile(
    r"(?<![\d_]|\d[.,'/:\-])"
    r"(?P<digits>\d{1,2}(?:,\d{2}){1,6},\d{3}(?:\.\d{1,4})?"
    r"|(?P<twice>\d{1,3}(?P<same>[.,])\d{3}(?:(?P=same)\d{3}){0,3}(?P=same)\d{2}(?!\d))"
    r"|\d{1,3}(?P<mark>[.,' \u202f])\d{3}(?:(?P=mark)\d{3}){0,6}(?:(?!(?P=mark))[.,]\d{1,4})?"
    r"|\d{1,20}(?:[.,]\d{1,12})?|[.,]\d{1,4})(?!\d|[.,'/:]\d)"
)
_TOUCHING = re.compile(rf"[\p{{L}}\p{{M}}_--[{_UNSPACED}]]", re.V1)
_LEFT_OUT_BEFORE = "/#@:.,\\"  # of a longer code, a fraction or an address: "1/2", "No.5" is one all the same
_SUPERSCRIPT = re.compile(r" ?(?P<high>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SCALE = re.compile(r"[^\S\n]?(?P<word>[\p{L}\p{M}]{3,12}\.?)(?!\w)")
_ASIAN = {
    "百": 100, "백": 100, "千": 1000, "천": 1000, "万": 10**4, "萬": 10**4, "만": 10**4, "億": 10**8, "亿": 10**8, "억": 10**8,
    "兆": 10**12, "조": 10**12,
}  # fmt: skip
_LETTER_SCALES = {"k": 10**3, "m": 10**6, "b": 10**9}
_LETTER_SCALE = re.compile(r"(?P<word>[kKmMbB]|bn|tn)(?!\w)")
_SCALES = {
    "mio": 10**6, "mrd": 10**9, "mld": 10**9, "mia": 10**9, "bn": 10**9, "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7,
    "millions": 10**6, "billions": 10**9, "trillions": 10**12,
}  # fmt: skip
# Figures set apart one by one, as boxes of forms and wide type leave them: "1 2 3 4 . 5 0", "1 , 2 3 4 . 5 0"; or "1, 050. 00".
_APART = re.compile(
    r"(?<![\d.,]|[\d.,] )(?:\d{1,3}(?:[.,] \d{3}){1,3}[.,] ?\d\d"
    r"|\d(?:(?: \d){1,9}|(?: \d){0,2}(?: ?[.,'] ?\d \d \d){1,4}) ?[.,] ?\d ?\d)(?! ?[\d.,])"
)
_LEFT_OUT = re.compile(
    rf"{_APART.pattern}|"
    r"(?<![\d.,/\-])(?<!\d )(?:\+\d{1,3}|0\d{1,5})(?: \(?\d{2,8}\)?){1,5}(?![.,/]?\d)|"
    r"\d{1,4}(?P<mark>[./\-])\d{1,2}(?P=mark)\d{1,4}|\d{1,2}:\d{2}|\d{1,4}\s?[年년]\s?\d{1,2}\s?[月월](?:\s?\d{1,2}\s?[日일])?"
)
# Of a part of a form, at the start of its line: "3. Bank details", "6.TOTAL".
_NUMBERING = re.compile(r"(?:^|(?<=\n)|\n)\d{1,2}[.)] ?[\p{L}]{2}", re.MULTILINE)
_MOST_PARTS = 30  # of a form
_LAST_WORD = re.compile(r"(?<![\w'’-])(?P<word>\p{Ll}+)[^\S\n]*\n[^\S\n]*$")
_LONGEST_WORD = 40
_THOUSANDTHS = re.compile(r"[.,]\d{3}$")
_LONG_FRACTION = re.compile(r"[.,]\d{5,}$")
_CENTS = re.compile(r"[.,]\d{2}$")
_CENTS_AND_WORD = re.compile(r"[.,]\d\d\p{L}{2}")
_PERCENT = re.compile(
    r"\s{0,2}(?:%|per\s?cent\b|prozent\b|v\.\s?H\.|pour\s?cent\b|por\s?ciento\b|por\s?cento\b|procent\b|per\s?cento\b|proc\.|процент)",
    re.I,
)
_CREDIT = re.compile(r"[^\S\n]?(?P<word>CR|Cr|DR|Dr|OD|O/D)\b\.?(?! ?\p{L})")
# "125,00 S", "1.250,00 H": debit and credit on a German statement of account. On receipts such letters are codes of a tax.
_DEBIT_OR_CREDIT = re.compile(r"(?<=[.,]\d\d)[^\S\n]{1,3}(?P<word>[SH])(?![\w.])")
_OF_ACCOUNT = re.compile(rf"\b(?:{debit_or_credit_words()})\b|\bS ?/ ?H\b")
# "thirty (30) days": the digits of a number that was written out, not an amount below zero.
_WRITTEN_OUT = re.compile(
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,6}teen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|hundred|thousand)\s?$",
    re.IGNORECASE,
)
_TAKEN_OFF = re.compile(
    r"(?:discount|rounding|rebate|refund|credit|less|adj\w{0,9}|deduct\w{0,6}|rabatt|remise|skonto|sconto|descuento|desconto|korting)\W{0,4}$",
    re.I,
)
# Cents behind the currency: "12 500 руб. 50 коп.", "1,250 and 50/100"; and those that touch its sign: "19€99", "1.250$50".
_NO_CENTS = re.compile(r"[.,] ?[-–—]")  # "1.245,-": what stands for the cents is behind, so the point is none
_WITH_CENTS = re.compile(r"\d{1,3}(?:[., '\u202f]\d{3}){0,4}[.,]\d\d(?!\d|[.,/]\d)")
# "1 250:50 kr", "kr 99:-" and the like, as in Sweden: a colon for a decimal mark.
_COLON = re.compile(
    r"(?<=(?:\b(?:kr|SEK)\.?[^\S\n]?)(?:\d{1,3}[ \u202f.]){0,3}\d{1,3}):(?=\d\d(?!\d|:))|(?<=\d):(?=\d\d[^\S\n]?(?:kr|SEK)\b)",
    re.IGNORECASE,
)
_HUNDREDTHS = re.compile(r"(?:[^\S\n](?:and|&|und|et|y|con|e|i|и))?[^\S\n](?P<cents>\d\d)/100(?!\d)")
_CENTS_TOUCHING = re.compile(r"(?P<cents>\d\d)(?![\d.,/%]\d|\d|\w)")
# An amount at a space that may stand between a quantity and a price is worth this much less where it is read the rarer way.
_DOUBTFUL = 0.3
# How much likelier the mark of three digits is the one that suits the currency beside it.
_SUITS_CURRENCY = 15.0
_WHOLE_CURRENCY = 100.0
_THOUSANDTHS_ON_PAPER = {"IQD"}
"""Currencies that ISO 4217 gives thousandths and nobody pays in: a mark before three figures is either."""
# How much likelier two small figures behind the whole of a price are its cents than a note of that number.
_CENTS_OF_A_PRICE = 5.0


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as it was found: where its digits (with a word like "million") stand, how it may be read, and what is around them.

    Attributes:
        values: by the name of the reading, with how likely each is by what stands beside it.
        percent: a percent sign or word follows.
        slipped: a letter stands for one of its figures.
        measured: a unit of measure stands close behind it, so it is no amount.
    """

    start: int
    end: int
    text: str
    values: dict[str, tuple[Decimal, float]]
    currencies: tuple[str, ...] = ()
    percent: bool = False
    doubt: float = 0.0
    slipped: bool = False
    measured: bool = False

    def candidates(self, page: int, shape: float, *, whole: bool = False) -> Iterator[Candidate]:
        """A candidate a reading; only whole numbers where ``whole`` is true."""
        several = len(self.values) > 1
        failed = (slips.SENTENCE,) if self.slipped else ()
        for reading, (value, likelihood) in self.values.items():
            if whole and value != value.to_integral_value():
                continue
            yield Candidate(
                Span(page, self.start, self.end),
                self.text,
                str(int(value)) if whole else _plain(value),
                shape,
                reading=reading if several else "",
                likelihood=likelihood if several else 1.0,
                currencies=self.currencies,
                failed=failed,
            )


def amounts(page: Page) -> Iterator[Candidate]:
    """Spans that read as an amount of money: the number alone; its currency sign stays outside the span."""
    for number in _numbers(page.text):
        text = number.text
        if number.percent or number.measured or _LONG_FRACTION.search(text):
            continue
        if len(text) > 7 and text.isdigit() and not number.currencies:
            continue  # an article or telephone number
        if len(text) > 1 and text[0] == "0" and text.isdigit():
            continue
        if len(text) <= 2 and not number.currencies and _begins_part(page.text, number):
            continue
        shape = 0.4 * bool(number.currencies) + 0.6 * _suits(number) - number.doubt
        yield from number.candidates(page.number, shape)


def _begins_part(text: str, number: _Number) -> bool:
    """Whether a small number at the start of its line is that of a part of a form; not the last word of a sentence that began above: no
    heading ends with a small word."""
    if not _NUMBERING.match(text, max(0, number.start - 1)):
        return False
    above = _LAST_WORD.search(text, max(0, number.start - _LONGEST_WORD), number.start)
    return int(decimal(number.text) or 0) <= _MOST_PARTS and not (above and above["word"] in common_words())


def numbers(page: Page, *, whole: bool = False) -> Iterator[Candidate]:
    """Spans that read as a number; only whole ones where ``whole`` is true."""
    for number in _numbers(page.text):
        if not number.percent:
            yield from number.candidates(page.number, 0.0, whole=whole)


def percentages(page: Page) -> Iterator[Candidate]:
    """Numbers followed by a percent sign or word; the value is the number in front of it. And numbers alone that a label with that sign
    names: "Rate (%)" beside them, or at the head of their column."""
    named: frozenset[int] | None = None
    for number in _numbers(page.text):
        if number.percent:
            yield from number.candidates(page.number, 1.0)
            continue
        if named is None:
            named = named_percentages(page)
        if number.start in named and not number.currencies and not number.measured:
            yield from number.candidates(page.number, _NAMED_PERCENT)


_NAMED_PERCENT = 0.6


def _suits(number: _Number) -> bool:
    """Whether the number has as many decimals as an amount of its currency is written with."""
    plain = number.text.translate(_PLAIN).replace(":", ",")
    if _CENTS.search(plain) or CENTS in number.values:
        return True
    places = {decimals(code) for code in number.currencies}
    if places == {0}:
        return True
    return places == {3} and bool(_THOUSANDTHS.search(plain))


def decimal(text: str, decimal_mark: str | None = None) -> Decimal | None:
    """A number as written in a document, with either decimal mark; None where it is none.

    With one kind of separator only: three digits behind every one of them make it a thousands separator, unless
    ``decimal_mark`` says otherwise.
    """
    values = _values(text.strip().translate(_PLAIN))
    if not values:
        return None
    if len(values) == 1:
        return next(iter(values.values()))
    return values[DECIMAL_MARK if decimal_mark and decimal_mark in text.translate(_PLAIN) else THOUSANDS_MARK]


def _values(digits: str) -> dict[str, Decimal]:
    """What figures with marks may be read as, by the name of the reading ("" where there is one)."""
    digits = digits.translate(_JOINED)
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma < 0 and point < 0:
        return _read({"": digits})
    if comma >= 0 and point >= 0:
        thousands = "." if comma > point else ","
        return _read({"": digits.replace(thousands, "").replace(",", ".")})
    mark = "," if comma >= 0 else "."
    groups = digits.split(mark)
    threes = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0]) <= 3 and groups[0] != "0"
    indian = mark == "," and len(groups[-1]) == 3 and all(len(group) == 2 for group in groups[1:-1])
    if len(groups) > 2:
        if not threes and len(groups[-1]) == 2 and all(len(group) == 3 for group in groups[1:-1]):
            return _read({"": "".join(groups[:-1]) + "." + groups[-1]})  # "1.050.00": one mark for both
        return _read({"": "".join(groups)}) if threes or indian else {}
    if threes:
        return _read({THOUSANDS_MARK: "".join(groups), DECIMAL_MARK: ".".join(groups)})
    return _read({"": ".".join(groups)})


def _read(texts: dict[str, str]) -> dict[str, Decimal]:
    try:
        return {reading: Decimal(text) for reading, text in texts.items()}
    except InvalidOperation:
        return {}


@functools.cache
def _scales() -> dict[str, int]:
    """Words for thousands, millions and more in every language, as CLDR has them."""
    return {**cldr().scales, **_SCALES}


def _scaled(text: str, place: int) -> bool:
    """Whether the letters at a place begin with a word for thousands or more."""
    longest = max(map(len, _scales()))
    following = text[place : place + longest].lower()
    return any(following.startswith(word) for word in _scales())


def _numbers(text: str) -> Iterator[_Number]:
    written = text.translate(_PLAIN)
    mended = slips.mended(written)
    found = _found(_COLON.sub(",", mended), text)
    if mended == written:
        yield from found
        return
    for number in found:
        place = slice(number.start, number.end)
        yield replace(number, slipped=mended[place] != written[place])


def _found(plain: str, text: str) -> Iterator[_Number]:
    yield from _set_apart(plain, text)
    dates = _LEFT_OUT.finditer(plain)
    date = next(dates, None)
    behind = 0
    for match in _NUMBER.finditer(plain):
        start, end = match.span("digits")
        while date and date.end() <= start:
            date = next(dates, None)
        if start < behind or (date and date.start() < end) or part_of_date(plain, start, end):
            continue
        for number in _number(match, plain, text):
            behind = max(behind, number.end)
            yield number


def _number(match: re.Match[str], plain: str, text: str) -> Iterator[_Number]:
    start, end = match.span("digits")
    digits = match["digits"]
    before = _Before(plain, start)
    cents = _CENTS.search(digits)
    if (
        match["twice"]
        and not before.currencies
        and not sign_behind(plain, end + (plain[end : end + 1] in (" ", "\u202f")))
    ):
        return  # one mark for thousands and cents is a slip in an amount, and common in codes
    if before.refused:
        return
    if (
        match["mark"] == " "
        and start >= 2
        and plain[start - 1] == " "
        and plain[start - 2].isdigit()
        and not _CENTS.search(digits.split(" ")[0])
    ):
        return  # the middle of a longer number; but "2 9.50" are two
    values = _values(digits)
    if not values:
        return
    behind = _Behind(plain, end, values, before)
    # "Weight1.3kg" is told from a code by its mark and its unit.
    part_of_code = before.glued and not cents and (digits.isdigit() or not behind.measured)
    if behind.refused or part_of_code:
        return
    currencies = before.currencies or behind.currencies
    likely = {reading: (value, _likelihood(reading, currencies)) for reading, value in behind.values.items()}
    likely = _with_sign(likely, match, before, behind, plain)
    # "2 450.00" is a quantity and a price, "2 450,00" an amount; both may be meant, and both are offered.
    spaced = match["mark"] == " "
    as_one = not before.currencies and cents is not None and cents.group()[0] == "."
    yield _Number(
        start,
        behind.stop,
        text[start : behind.stop],
        likely,
        currencies,
        behind.percent,
        _DOUBTFUL * (spaced and as_one),
        measured=behind.measured,
    )
    if spaced and cents and not before.currencies:
        last = end - len(digits.rsplit(" ", 1)[1])
        alone = {reading: (value, 1.0) for reading, value in _values(plain[last:end]).items()}
        doubt = 0.0 if as_one else _DOUBTFUL
        yield _Number(last, end, text[last:end], alone, currencies, behind.percent, doubt, measured=behind.measured)


def _likelihood(reading: str, currencies: tuple[str, ...]) -> float:
    """How likely a mark before three digits is the decimal or the thousands mark, by the decimals of the currency beside it."""
    if currencies and reading == CENTS:
        return _CENTS_OF_A_PRICE
    if not currencies or reading not in (DECIMAL_MARK, THOUSANDS_MARK):
        return 1.0
    places = {decimals(code) for code in currencies[:4]}
    if set(currencies) & _THOUSANDTHS_ON_PAPER:
        return 1.0
    if places == {3}:
        return _SUITS_CURRENCY if reading == DECIMAL_MARK else 1.0
    if reading == DECIMAL_MARK:
        return 1.0
    return _WHOLE_CURRENCY if places == {0} else _SUITS_CURRENCY


class _Before:
    """What stands before a number: a sign, a currency, or a letter of a code that it is part of.

    Attributes:
        refused: the number is part of something longer.
        glued: a word touches it; only an amount with cents is told from a code there.
        sign: "-", "–" or "(" where one stands there, a space behind it included; empty where none does.
        place: where all that begins.
    """

    __slots__ = ("currencies", "glued", "place", "refused", "sign")

    def __init__(self, plain: str, start: int) -> None:
        self.currencies = tuple[str, ...]()
        self.sign, self.place, self.refused, self.glued = "", start, False, False
        self._take_sign(plain)
        self._take_currency(plain)
        if self.currencies and not self.sign:
            self._take_sign(plain)
        before = plain[self.place - 1] if self.place else " "
        if self.currencies or self.sign == "(":
            return
        if _is_word(before):
            # "Total12.50", where recognition lost the space; not the "A12.50B" of a code.
            self.glued = plain[max(0, self.place - 3) : self.place].isalpha()
            self.refused = not self.glued
        else:
            self.refused = before in "-_" or (before in _LEFT_OUT_BEFORE and self._joins(plain))

    def _joins(self, plain: str) -> bool:
        """Whether a mark before the number joins it to what stands before that: "A/5", "1,2"; not "Total:5" or "No.5"."""
        mark, beyond = plain[self.place - 1], plain[self.place - 2] if self.place > 1 else " "
        if mark in ":.":
            return beyond.isdigit()
        return mark in "#@\\" or not beyond.isspace()

    def _take_sign(self, plain: str) -> None:
        place = self.place - 1
        if place < 0:
            return
        if plain[place] == "(":
            self.sign, self.place = "(", place
            return
        spaced = plain[place] in " \u202f" and place > 0
        mark = place - spaced
        if plain[mark] not in "-–":
            return
        beyond = plain[mark - 1] if mark else " "
        if spaced and beyond.isspace() and plain[max(0, mark - 2) : mark - 1].isdigit():
            return  # "10 - 20"
        if not (beyond.isalnum() or beyond in "/.,-"):
            self.sign, self.place = plain[mark : self.place], mark

    def _take_currency(self, plain: str) -> None:
        place = self.place
        if place and plain[place - 1] in " \u202f":
            place -= 1
        sign = sign_before(plain, place)
        if not sign:
            return
        beyond = plain[place - len(sign) - 1] if place > len(sign) else " "
        if _is_word(sign[0]) and (_is_word(beyond) or beyond.isdigit()):
            return
        alone = len(sign) == 1 and sign.isascii() and sign.isalpha() and place < self.place
        if alone and not _WITH_CENTS.match(plain, self.place):
            return  # "P 5" is a page or a place
        self.currencies, self.place = signs()[sign], place - len(sign)


class _Behind:
    """What stands behind a number: cents or a note set high, a word like "million", a currency, a percent sign, a minus, a unit."""

    __slots__ = ("credit", "currencies", "measured", "minus", "percent", "priced", "refused", "stop", "values")

    def __init__(self, plain: str, end: int, values: dict[str, Decimal], before: _Before) -> None:
        self.values, self.stop, self.refused = values, end, False
        self.currencies: tuple[str, ...] = ()
        self.priced = bool(before.currencies)
        if DECIMAL_MARK in values and _NO_CENTS.match(plain, end):
            self.values = {"": values[THOUSANDS_MARK]}
        place = self._superscript(plain, end)
        place = self._scale(plain, place, before)
        self.percent = bool(_PERCENT.match(plain, place))
        credit = _CREDIT.match(plain, place) or _DEBIT_OR_CREDIT.match(plain, place)
        if credit and credit["word"] in ("S", "H") and not _of_account(plain):
            credit = None
        self.credit = credit["word"].upper() if credit else ""
        place = credit.end() if credit else self._currency(plain, place)
        behind = plain[place : place + 1]
        self.minus = behind == "-" and not plain[place + 1 : place + 2].strip()
        if behind and not self.currencies and not self.refused:
            beyond = plain[place + 1 : place + 2]
            # A till writes a letter for the tax behind an amount: "12.95T".
            flag = behind.isupper() and not beyond.isalnum() and place == end and plain[end - 3 : end - 2] in (".", ",")
            # "$1,150.00permonth", where recognition lost the space; of "$1.50millionper" the amount is more.
            ended = self.priced and place == end and _CENTS_AND_WORD.match(plain, end - 3) and not _scaled(plain, end)
            word = _is_word(behind) and not flag and not ended
            self.refused = word or (behind in "-–" and beyond.isdigit())
        self.measured = self.refused and not self.priced and measures().match(plain, end) is not None
        self.refused = self.refused and not self.measured

    def _superscript(self, plain: str, place: int) -> int:
        high = _SUPERSCRIPT.match(plain, place)
        if not high:
            return place
        whole = self._whole()
        if len(high["high"]) == 2 and whole is not None:
            self.values = {CENTS: whole + Decimal(high["high"].translate(_SUPERSCRIPTS)) / 100, NOTE: whole}
            self.stop = high.end()
        return int(high.end())

    def _whole(self) -> Decimal | None:
        """The number where it may have cents behind it: a whole one, in thousands if it has a mark."""
        value = self.values.get("", self.values.get(THOUSANDS_MARK))
        # "12.00" has cents already.
        whole = value is not None and isinstance(exponent := value.as_tuple().exponent, int) and exponent >= 0
        return value if whole else None

    def _cents(self, plain: str, place: int, sign: str) -> int:
        """Cents that follow behind the number and its currency, if there is one there."""
        match = _HUNDREDTHS.match(plain, place) if sign or self.priced else None
        if not match and sign:  # not "$5 10 gr", which is a price and a weight
            match = _minor_units().match(plain, place)
        if not match and sign and not sign[-1].isalpha() and plain[place - len(sign) - 1].isdigit():
            match = _CENTS_TOUCHING.match(plain, place)
        whole = self._whole()
        if not match or whole is None:
            return place
        self.values = {CENTS: whole + Decimal(f"0.{int(match['cents']):02}")}
        self.stop = match.end()
        return int(match.end())

    def _scale(self, plain: str, place: int, before: _Before) -> int:
        if place < len(plain) and plain[place] in _ASIAN:
            return self._asian(plain, place)
        match = _SCALE.match(plain, place) if plain[place : place + 2].strip()[:1].isalpha() else None
        factor = _scales().get(match["word"].lower().rstrip(".")) if match else None
        if match and factor is None:
            match = None
        if not match:
            match = _LETTER_SCALE.match(plain, place)
            if not match:
                return place
            if not before.currencies:
                self.refused = True  # "5m" are metres
                return place
            factor = _LETTER_SCALES[match["word"][0].lower()] if match["word"] != "tn" else 10**12
        assert factor is not None
        self.values = {reading: _trimmed(value * factor) for reading, value in self.values.items()}
        self.stop = match.end() - match["word"].endswith(".") * (match["word"].rstrip(".").lower() not in _SCALES)
        again = _SCALE.match(plain, match.end())
        if again and (more := _scales().get(again["word"].lower().rstrip("."))):  # "mil millones"
            self.values = {reading: _trimmed(value * more) for reading, value in self.values.items()}
            self.stop = again.end()
        return self.stop if again else match.end()

    def _asian(self, plain: str, place: int) -> int:
        """13億2,000万, 1万2,500: each part with its unit, the last perhaps without."""
        total: dict[str, Decimal] = {reading: value * _ASIAN[plain[place]] for reading, value in self.values.items()}
        place += 1
        for _ in range(4):
            match = _NUMBER.match(plain, place + (plain[place : place + 1] == " "))
            if not match:
                break
            part = _values(match["digits"])
            if len(part) != 1 and THOUSANDS_MARK not in part:
                break
            more = part.get("", part.get(THOUSANDS_MARK, Decimal(0)))
            factor = _ASIAN.get(plain[match.end() : match.end() + 1])
            if factor is None and (match.start() > place or more >= _ASIAN[plain[place - 1]]):
                break
            total = {reading: value + more * (factor or 1) for reading, value in total.items()}
            place = match.end() + (factor is not None)
            if factor is None:
                break
        self.values = {reading: _trimmed(value) for reading, value in total.items()}
        self.stop = place
        return place

    def _currency(self, plain: str, place: int) -> int:
        after = place + (plain[place : place + 1] in (" ", "\u202f"))
        sign = sign_behind(plain, after)
        if not sign or (len(sign) == 1 and sign.isascii() and sign.isalpha()):
            return self._cents(plain, place, "")
        beyond = plain[after + len(sign) : after + len(sign) + 1]
        if beyond and (
            (_is_word(sign[-1]) and (_is_word(beyond) or beyond.isdigit())) or (beyond.isdigit() and after > place)
        ):
            return place  # the beginning of a word, or the sign of the next amount: "5 $7"
        self.currencies = signs()[sign]
        return self._cents(plain, after + len(sign), sign)


@functools.lru_cache(maxsize=16)
def _of_account(text: str) -> bool:
    """Whether a page is of an account whose amounts have "S" or "H" behind them: both are there, and it says what it is."""
    told = {match["word"] for match in _DEBIT_OR_CREDIT.finditer(text)}
    return len(told) == 2 and _OF_ACCOUNT.search(text) is not None


@functools.cache
def _minor_units() -> re.Pattern[str]:
    """A number of the hundredths of a currency, by their names."""
    names = "|".join(re.escape(name) for name in sorted(places()["minor_units"]["words"], key=len, reverse=True))
    return re.compile(
        rf"\.?[^\S\n]?(?:(?:and|und|et|y|con|e|i|и)[^\S\n])?(?P<cents>\d{{1,2}})[^\S\n]?(?i:{names})(?![\p{{L}}\d])\.?"
    )


def _is_word(letter: str) -> bool:
    """Whether a letter beside a number makes it part of a word; scripts without spaces between words have none such."""
    return (letter.isalpha() if letter.isascii() else bool(_TOUCHING.match(letter))) or letter == "_"


def _with_sign(
    values: dict[str, tuple[Decimal, float]], match: re.Match[str], before: _Before, behind: _Behind, plain: str
) -> dict[str, tuple[Decimal, float]]:
    """The readings below zero where the sign or brackets say so; of a credit both, for it depends on whose books they are."""
    if behind.credit in ("OD", "O/D", "S"):  # overdrawn; "Soll"
        return {reading: (-abs(value), likelihood) for reading, (value, likelihood) in values.items()}
    if behind.credit == "CR" and not before.sign:
        both = {}
        for reading, (value, likelihood) in values.items():
            both[f"{reading} {ABOVE_ZERO}".strip()] = (value, likelihood)
            both[f"{reading} {BELOW_ZERO}".strip()] = (-value, 0.6 * likelihood)
        return both
    if _below_zero(match, before, behind, plain):
        return {reading: (-value, likelihood) for reading, (value, likelihood) in values.items()}
    return values


def _below_zero(match: re.Match[str], before: _Before, behind: _Behind, plain: str) -> bool:
    """Whether its sign, or the brackets around it, mean a number below zero."""
    if behind.minus:
        return bool(_CENTS.search(match["digits"]))  # "1.234,50-"
    if not before.sign:
        return False
    line = plain[max(0, before.place - 40) : before.place].rsplit("\n", 1)[-1]
    if before.sign == "(":
        if behind.measured:
            return False
        rest = plain[match.end() : match.end() + 12]
        closed = re.match(r"[^\S\n]?(?:[^\d\s()]{1,4})?\)", rest)
        in_a_sentence = (
            closed
            and re.match(r" ?[^\W\d_]", rest[closed.end() :])
            and not re.match(r"\s?(?:[A-Z]{3}|CR|DR)\b", rest[closed.end() :])
        )
        return bool(closed) and not in_a_sentence and not _WRITTEN_OUT.search(line[-20:])
    # "Rent - 500.00": the dash stands between the two; "Discount - 5.00" is taken off.
    between = len(before.sign) > 1 and bool(re.search(r"[^\W\d_)] $", line)) and not _TAKEN_OFF.search(line)
    return not between


def _set_apart(plain: str, text: str) -> Iterator[_Number]:
    for match in _APART.finditer(plain):
        values = {reading: (value, 1.0) for reading, value in _values(match.group().replace(" ", "")).items()}
        if values:
            start, end = match.span()
            yield _Number(start, end, text[start:end], values, doubt=0.4)


def _trimmed(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _plain(value: Decimal) -> str:
    return format(value, "f")
