"""Evidence for how a document means what can be read in two ways: 03/04/2025, 1.234, two-digit years, "$".

Its own unambiguous dates and amounts weigh most; then the places it shows (tax numbers, accounts, telephone numbers, postcodes, legal
forms, currencies, addresses in the net, language), each with the habits that CLDR knows of it; a template's setting decides, the
user's own is a place like any other. Without any of these each reading is as likely as the other.
"""

from __future__ import annotations

import functools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import phonenumbers
import regex as re
from stdnum import iban
from stdnum.eu import vat as eu_vat

from stillroom.documents.document import Document
from stillroom.extraction.candidates import dates, numbers, words
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.cldr import Place, cldr

LEAST_LIKELY = 0.02
"""A reading that is less likely than this is not offered: the document says otherwise."""

_MOST_CHARACTERS = 200_000
"""Of a document are looked through for its habits; a longer one shows them as well."""

_SETTING = 5.0  # log odds: a template that says which number is the month is believed
_OWN_DATE, _OWN_MARK, _MOST_OWN = 4.0, 4.0, 6.0
_THREES = 1.5  # a column of readings may have thousandths
_POINTS = 4.0  # "03.04.2025": points are hardly ever written month first
_SAYS_NUMBER = 2.0  # a tax number, an account, a prefix of the telephone
_SAYS_WORD = 1.5  # a postcode, a legal form, an ending of the net, a currency of one country
_SAYS_LITTLE = 0.7  # a currency of many, a country's name


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a document shows of its habits.

    Attributes:
        places: by country (ISO code), how strongly the document speaks for it (log odds; those it says nothing of are missing).
        languages: by code, the share of its small words.
        day_first: probability that 03/04/2025 is the third of April.
        comma: probability that a comma is its decimal mark.
        currencies: by ISO code, probability that an amount without any sign is in it; adds to at most 1.
    """

    places: Mapping[str, float]
    languages: Mapping[str, float]
    day_first: float
    comma: float
    currencies: Mapping[str, float]

    def regions(self) -> tuple[str, ...]:
        """The countries that it most likely comes from, the likeliest first; three at most."""
        ranked = sorted(self.places, key=lambda place: -self.places[place])
        return tuple(place for place in ranked if self.places[place] >= _SAYS_LITTLE)[:3]


def evidence(document: Document, *, day_first: bool | None = None, region: str = "") -> Evidence:
    """What a document shows. ``day_first``: the template's setting; ``region``: the user's own country (ISO code), if it is known."""
    return _evidence(tuple(page.text for page in document.pages), day_first, region)


@functools.lru_cache(maxsize=16)
def _evidence(texts: tuple[str, ...], day_first: bool | None, region: str) -> Evidence:
    text = "\n".join(_part(texts))
    languages = _languages(text)
    places = _places(text, languages)
    if region:
        places[region] = places.get(region, 0.0) + _SAYS_LITTLE
    return Evidence(
        places,
        languages,
        _logistic(_date_order(text, places, day_first)),
        _logistic(_decimal_comma(text, places)),
        _currencies(places),
    )


def _part(texts: Sequence[str]) -> Iterator[str]:
    """The beginning and the end of a long document."""
    space = _MOST_CHARACTERS
    for text in texts:
        yield text[:space]
        space -= len(text)
        if space <= 0:
            yield texts[-1][-20_000:]
            return


def weighed(found: Iterable[Candidate], known: Evidence, *, all_readings: bool = False) -> Iterator[Candidate]:
    """The candidates with the likelihood of their readings, those of one span together and the likeliest first.

    What the document rules out is left out, unless ``all_readings``.
    """
    group: list[Candidate] = []
    for candidate in found:
        if group and candidate.span != group[0].span:
            yield from _weigh(group, known, all_readings)
            group = []
        group.append(candidate)
    if group:
        yield from _weigh(group, known, all_readings)


def _weigh(group: list[Candidate], known: Evidence, all_readings: bool) -> Iterator[Candidate]:
    if len(group) == 1 or not any(candidate.reading for candidate in group):
        yield from group
        return
    odds = [candidate.likelihood * _odds(candidate, known) for candidate in group]
    total = sum(odds) or 1.0
    order = sorted(range(len(group)), key=lambda index: -odds[index])
    for rank, index in enumerate(order):
        likelihood = odds[index] / total
        if all_readings or not rank or likelihood >= LEAST_LIKELY:
            yield replace(group[index], likelihood=likelihood)


def _odds(candidate: Candidate, known: Evidence) -> float:
    odds = 1.0
    for reading in candidate.reading.split():
        weight = _WEIGHTS.get(reading)
        if weight:
            odds *= weight(candidate, known)
            if reading in (dates.DAY_FIRST, dates.MONTH_FIRST):
                odds *= 1 - _year_first(candidate, known)
        elif reading.startswith("in_"):
            odds *= 0.05 + known.languages.get(reading[3:], 0.0)
    return odds


def _day_first(candidate: Candidate, known: Evidence) -> float:
    order = _log_odds(known.day_first) + (_POINTS if "." in candidate.text else 0.0)
    return _logistic(order)


def _year_first(_: Candidate, known: Evidence) -> float:
    """Two-digit years in front are written where whole dates begin with the year."""
    return 0.05 + _share_of(known.places, lambda place: _date_habit(place)[0] == "y", none=0.0)


def _decimal(candidate: Candidate, known: Evidence) -> float:
    return known.comma if "," in candidate.text else 1 - known.comma


_WEIGHTS: dict[str, Callable[[Candidate, Evidence], float]] = {
    dates.DAY_FIRST: _day_first,
    dates.MONTH_FIRST: lambda candidate, known: 1 - _day_first(candidate, known),
    dates.YEAR_FIRST: _year_first,
    dates.THIS_CENTURY: lambda *_: 0.4,
    dates.LAST_CENTURY: lambda *_: 0.6,
    numbers.DECIMAL_MARK: _decimal,
    numbers.THOUSANDS_MARK: lambda candidate, known: 1 - _decimal(candidate, known),
}


def _date_order(text: str, places: Mapping[str, float], setting: bool | None) -> float:
    """Log odds of day before month."""
    if setting is not None:
        return _SETTING if setting else -_SETTING
    day = month = 0
    for match in _THREE_FIGURES.finditer(text):
        first, second = int(match["a"]), int(match["b"])
        day += 12 < first <= 31 and 1 <= second <= 12
        month += 12 < second <= 31 and 1 <= first <= 12
    written = _written_order(text)
    own = max(-_MOST_OWN, min(_MOST_OWN, _OWN_DATE * (day - month) + 1.5 * written))
    by_order = {place: strength for place, strength in places.items() if _date_habit(place) != "y"}
    return own + _log_odds(_share_of(by_order, lambda place: _date_habit(place) == "d"))


_THREE_FIGURES = re.compile(
    r"(?<![\d./\-])(?P<a>\d{1,2})\s?(?P<s>[./\-])\s?(?P<b>\d{1,2})\s?(?P=s)\s?(?:\d{4}|\d{2})(?!\d)"
)
_MONTH_THEN_DAY = re.compile(
    r"(?<!\d[ .\-/])(?<!\d(?:st|nd|rd|th|of) )\b(?P<word>[^\W\d_]{3,12})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? \d{4}\b"
)
_DAY_THEN_MONTH = re.compile(r"(?<!\d)\d{1,2}(?:st|nd|rd|th|\.)? (?:of )?(?P<word>[^\W\d_]{3,12})\.?,? \d{4}\b")


def _written_order(text: str) -> int:
    """1 where months that are words follow their day, -1 where they go before it."""
    months = cldr().months
    behind = any(match["word"].lower() in months for match in _DAY_THEN_MONTH.finditer(text))
    before = any(match["word"].lower() in months for match in _MONTH_THEN_DAY.finditer(text))
    return int(behind) - int(before)


_WITH_CENTS = re.compile(
    r"(?<![\w.,/\-])\d{1,3}(?:(?P<thousands>[.,'’ \u00a0\u202f])\d{3})*(?P<mark>[.,])\d{2}(?![\w]|[.,/\-:]\d)"
)


_MARKED = re.compile(r"(?<![\w.,/\-])\d{1,3}(?P<mark>[.,])(?P<behind>\d{1,6})(?![\w]|[.,/\-:]\d)")
_FEWEST_THREES = 2


def _in_threes(text: str) -> float:
    """Log odds of a decimal comma by numbers that all have three figures behind one mark, which is then hardly one of decimals."""
    behind: dict[str, set[int]] = {".": set(), ",": set()}
    count: Counter[str] = Counter()
    for match in _MARKED.finditer(text):
        behind[match["mark"]].add(len(match["behind"]))
        count[match["mark"]] += 1
    threes = {mark for mark in behind if behind[mark] == {3} and count[mark] >= _FEWEST_THREES}
    return _THREES * (("." in threes) - ("," in threes))


def _decimal_comma(text: str, places: Mapping[str, float]) -> float:
    """Log odds of a comma as decimal mark."""
    marks = Counter(match["mark"] for match in _WITH_CENTS.finditer(text) if match["mark"] != match["thousands"])
    own = _OWN_MARK * (marks[","] - marks["."]) if marks else _in_threes(text)
    own = max(-_MOST_OWN, min(_MOST_OWN, own))
    return own + _log_odds(_share_of(places, lambda place: _decimal_habit(place) == ","))


def _share_of(places: Mapping[str, float], habit: Callable[[str], bool], *, none: float = 0.5) -> float:
    """How likely a habit is: the best place that has it against the best that has not; ``none`` where no place is known."""
    with_habit = without = 0.0
    for place, strength in places.items():
        odds = math.exp(min(strength, 6.0)) - 1
        if habit(place):
            with_habit = max(with_habit, odds)
        else:
            without = max(without, odds)
    return (none + with_habit) / (1 + with_habit + without)


def _date_habit(place: str) -> str:
    """Which of d, m, y a country writes first in short dates."""
    return _habits(place).first


def _decimal_habit(place: str) -> str:
    return _habits(place).decimal


def _habits(place: str) -> Place:
    known = cldr().places
    return known.get(place) or known["001"]


# --- places ---------------------------------------------------------------------------------------------------------------------

_WORDS = re.compile(r"[\p{L}\p{M}]+")
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?P<country>[A-Z]{2})(?P<rest>U?[0-9][0-9A-Z]{1,3}(?:[ .\-]?[0-9A-Z]{2,4}){2,8})(?![A-Za-z0-9])"
)
# "+49 30 …", "0049 30 …"; a long number that begins with two noughts is as likely a tax number.
_PREFIX = re.compile(r"(?<![\w+])(?:\+|00 ?(?=\d{1,7}[ ()\-./]))(?P<code>[1-9]\d{0,2})(?=[ ()\-./\d]{6,18})")
_NET = re.compile(r"(?<=[\w\-])\.(?P<country>[a-z]{2})\b(?![.@\w])")
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_POSTCODES = (
    # Also as recognition runs them together: "Boston,Ma02114".
    (
        "US",
        re.compile(
            rf"\b(?:{_STATES})[., ]{{0,2}}\d{{5}}(?:-\d{{4}})?\b|(?<=\p{{L}}{{3}})[.,] ?(?i:{_STATES})\.? ?\d{{5}}(?!\d)"
        ),
    ),
    ("GB", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")),
    ("CA", re.compile(r"\b[A-CEGHJ-NPR-TVXY]\d[A-Z] ?\d[A-Z]\d\b")),
    ("NL", re.compile(r"\b[1-9]\d{3} ?[A-Z]{2}\b(?= )")),
    ("PL", re.compile(r"(?<![\d\-])\d{2}-\d{3} \p{Lu}")),
    ("BR", re.compile(r"\b\d{5}-\d{3}\b")),
    ("PT", re.compile(r"(?<![\d\-])\d{4}-\d{3} \p{Lu}")),
    ("JP", re.compile(r"〒 ?\d{3}-\d{4}")),
)  # fmt: skip
_AMERICAN_PHONE = re.compile(r"\(\d{3}\) ?\d{3}-\d{4}\b|(?<![\d\-])\d{3}-\d{3}-\d{4}\b")
_RINGGIT = re.compile(r"(?<![A-Za-z])RM ?\d")
# The unit of a column of amounts: "AMT(RM)".
_UNIT = re.compile(r"\((?P<sign>[^()\s\d]{1,4})\)")
_CURRENCY_CODE = re.compile(r"(?<![A-Z])[A-Z]{3}(?![A-Z])")
_SCRIPTS = (
    ("JP", re.compile(r"[\u3040-\u30ff]")), ("KR", re.compile(r"[\uac00-\ud7af]")), ("TH", re.compile(r"[\u0e00-\u0e7f]")),
    ("IL", re.compile(r"[\u0590-\u05ff]")), ("GR", re.compile(r"[\u0386-\u03ce]{3}")), ("CN", re.compile(r"[\u4e00-\u9fff]{2}")),
    ("IN", re.compile(r"[\u0900-\u097f]{2}")), ("GE", re.compile(r"[\u10d0-\u10ff]{2}")), ("AM", re.compile(r"[\u0530-\u058f]{2}")),
)  # fmt: skip


@functools.cache
def _small_words() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for language, own in words.places()["languages"].items():
        for word in own:
            found[word].append(language)
    return {word: tuple(spoken) for word, spoken in found.items()}


def _languages(text: str) -> dict[str, float]:
    """Shares of the languages whose small words the text has; empty where it has hardly any."""
    known = _small_words()
    counts: dict[str, float] = defaultdict(float)
    for word in _WORDS.findall(text):
        for language in known.get(word.lower(), ()):
            counts[language] += 1 / len(known[word.lower()])
    total = sum(counts.values())
    if total < 3:
        return {}
    shares = {language: count / total for language, count in counts.items()}
    return {language: share for language, share in shares.items() if share >= 0.1}


@functools.cache
def _legal_forms() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    found: dict[str, list[str]] = defaultdict(list)
    for place, forms in words.places()["legal_forms"].items():
        for form in forms:
            if len(form) > 2:
                found[form].append(place)
    alternatives = "|".join(sorted(map(re.escape, found), key=len, reverse=True))
    return re.compile(rf"(?<![\w.])(?:{alternatives})(?!\w)"), {form: tuple(own) for form, own in found.items()}


@functools.cache
def _bill_words() -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    found: dict[str, list[str]] = defaultdict(list)
    for place, own in words.places()["bill_words"].items():
        for word in own:
            found[_run_together(word)].append(place)
    written = {word for own in words.places()["bill_words"].values() for word in own}
    # Capitals as they are written, other words in any case, and with or without their spaces.
    exact, any_case = (
        "|".join(r"\s?".join(map(re.escape, word.split())) for word in sorted(own, key=lambda each: (-len(each), each)))
        for own in ({word for word in written if word.isupper()}, {word for word in written if not word.isupper()})
    )
    pattern = re.compile(rf"(?<![\p{{L}}\d])(?:{exact}|(?i:{any_case}))(?![\p{{L}}])")
    return pattern, {word: tuple(own) for word, own in found.items()}


def _run_together(word: str) -> str:
    return "".join(word.split()).casefold()


def _billed(text: str) -> set[str]:
    """Countries whose taxes, offices or means of payment a text names; those of too many say nothing."""
    pattern, known = _bill_words()
    return {place for match in pattern.finditer(text) for place in known[_run_together(match.group())]}


@functools.cache
def _spoken_in(language: str) -> tuple[str, ...]:
    return tuple(name for name, place in cldr().places.items() if len(name) == 2 and language in place.languages)


@functools.cache
def _used_in() -> dict[str, tuple[str, ...]]:
    """Countries by the currency they pay in."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, place in cldr().places.items():
        if len(name) == 2 and name not in ("ZZ", "EU"):
            for code in place.currencies[:1]:
                found[code].append(name)
    return {code: tuple(own) for code, own in found.items()}


def _places(text: str, languages: Mapping[str, float]) -> dict[str, float]:
    """How strongly a text speaks for each country."""
    strengths: dict[str, float] = defaultdict(float)

    def says(own: Iterable[str], strength: float) -> None:
        for place in own:
            strengths[place] += strength

    countries = cldr().places
    for place, strength in _coded(text).items():
        says({place} & set(countries), strength)
    prefixes = {match["code"] for match in _PREFIX.finditer(text)}
    says({place for prefix in prefixes for place in _regions_of(prefix)}, _SAYS_NUMBER)
    says({match["country"].upper() for match in _NET.finditer(text)} & set(countries), _SAYS_WORD)
    says({place for place, pattern in _POSTCODES if pattern.search(text)}, _SAYS_WORD)
    if _AMERICAN_PHONE.search(text):
        says(("US", "CA"), _SAYS_LITTLE)
        says(("US",), 0.3)
    if _RINGGIT.search(text):
        says(("MY",), _SAYS_WORD)
    says({place for match in _UNIT.finditer(text) for place in _paid_with(match["sign"])}, _SAYS_WORD)
    says(_billed(text), _SAYS_WORD)
    says(_named(text), _SAYS_LITTLE)
    says({place for place, pattern in _SCRIPTS if pattern.search(text)}, _SAYS_WORD)
    used = _used_in()
    for code in {match.group() for match in _CURRENCY_CODE.finditer(text)} & set(used):
        says(used[code], _SAYS_WORD if len(used[code]) <= 3 else _SAYS_LITTLE)
    for sign, own in _SIGNS.items():
        if sign in text:
            says(own, _SAYS_WORD if len(own) <= 2 else _SAYS_LITTLE)
    pattern, forms = _legal_forms()
    for form in {match.group() for match in pattern.finditer(text)}:
        says(forms[form], _SAYS_WORD if len(forms[form]) <= 3 else 0.3)
    for language, share in languages.items():
        says(_spoken_in(language), _SAYS_NUMBER * share)
    return dict(strengths)


def _coded(text: str) -> dict[str, float]:
    """Countries whose tax or account numbers a text has; what is only written like one says less."""
    found: dict[str, float] = {}
    for match in _CODE.finditer(text):
        code = re.sub(r"[ .\-]", "", match.group())
        if eu_vat.is_valid(code) or iban.is_valid(code):
            strength = _SAYS_NUMBER
        elif match["country"].lower() in (*eu_vat.MEMBER_STATES, "gb", "ch", "no"):
            strength = _SAYS_LITTLE
        else:
            continue
        place = "GR" if match["country"] == "EL" else match["country"]
        found[place] = max(found.get(place, 0.0), strength)
    return found


def _paid_with(sign: str) -> tuple[str, ...]:
    """Countries that pay in what a sign stands for, where it stands for one currency."""
    codes = words.places()["currency_signs"].get(sign, ())
    return _used_in().get(codes[0], ()) if len(codes) == 1 else ()


def _named(text: str) -> set[str]:
    """Countries that the text names, or a city of theirs."""
    known = _names_of_places()
    told = [word.casefold() for word in _WORDS.findall(text)]
    found = set()
    for start, word in enumerate(told):
        before = told[start - 1] if start else ""
        for name, place in known.get(word, ()) if before not in _ANOTHER_PLACE else ():
            if name == tuple(told[start : start + len(name)]):
                found.add(place)
    return found


@functools.cache
def _names_of_places() -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """Names of countries and cities in words, by their first word, and the country of each."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for name, place in (*cldr().countries.items(), *cldr().cities.items()):
        name_words = tuple(name.split())
        found[name_words[0]].append((name_words, place))
    return {first: tuple(names) for first, names in found.items()}


_ANOTHER_PLACE = ("new",)  # "New Jersey" is none of Jersey's


# Signs that say where a document is from; which currencies an amount may be in is another question (see ``currencies``).
_SIGNS: dict[str, tuple[str, ...]] = {
    "€": ("DE", "FR", "IT", "ES", "NL", "AT", "BE", "IE", "PT", "FI", "GR", "SK", "SI", "EE", "LV", "LT", "LU", "MT", "CY", "HR"),
    "£": ("GB",), "zł": ("PL",), "Kč": ("CZ",), "₹": ("IN",), "₽": ("RU",), "₴": ("UA",), "₺": ("TR",), "₪": ("IL",), "₩": ("KR",),
    "฿": ("TH",), "₫": ("VN",), "₱": ("PH",), "R$": ("BR",), "C$": ("CA",), "A$": ("AU",), "S$": ("SG",), "HK$": ("HK",), "NZ$": ("NZ",),
    "$": ("US", "CA", "AU", "NZ", "MX", "SG", "HK", "CL", "CO", "AR"),
}  # fmt: skip


@functools.cache
def _regions_of(prefix: str) -> tuple[str, ...]:
    for length in range(len(prefix), 0, -1):
        own = phonenumbers.region_codes_for_country_code(int(prefix[:length]))
        if own:
            return tuple(own)[:3]
    return ()


def _currencies(places: Mapping[str, float]) -> dict[str, float]:
    """Currencies of the places, as likely as these."""
    odds: dict[str, float] = {}
    for place, strength in places.items():
        for code in cldr().places[place].currencies[:1] if place in cldr().places else ():
            odds[code] = max(odds.get(code, 0.0), math.exp(min(strength, 6.0)) - 1)
    total = 1 + sum(odds.values())
    return {code: own / total for code, own in odds.items()}


def _logistic(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))
