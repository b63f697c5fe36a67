"""Concepts: what the fields of documents are called in many languages, where a page says so, and which of them a field means."""

from __future__ import annotations

import bisect
import functools
import itertools
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import regex

from stillroom import paths
from stillroom.extraction.candidates import currencies
from stillroom.templates.template import Field, FieldType, Template

_TOKEN = regex.compile(r"[nN][°º](?!\w)|№|#|%|\p{N}+|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*")
# Scripts that write words without spaces between them.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
# Scripts in which two signs are a word like any other.
_SYLLABLES = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_NUMBER_WORDS = frozenset(
    {"no", "nr", "num", "number", "nummer", "numero", "numer", "nro", "cislo", "n°", "nº", "№", "#"}
)
_RUN_TOGETHER = regex.compile(r"\p{Ll}N[or]$")
_NUMBER_ENDINGS = ("nummer", "nr")
_HYPHEN_BEFORE = regex.compile(r"\p{L}-$")
_HYPHEN_BEHIND = regex.compile(r"-\p{L}")
_FIGURE = regex.compile(r"\s{0,20}[\d(+-]")
_LONGEST = 7  # words
NOT = regex.compile(r"\b(?:not|nicht|kein|keine|pas|no|non|geen|nie)\b|;")
# "What takes place" is no place.
_TAKES = regex.compile(r"(?<!\w)(?:takes?|taking|took)\s+$")
_GENERIC = 0.5
_OF_ITS_KIND = 0.3
_GENERIC_NAME = 1.5  # votes of a name that others are kinds of ("amount"): what is said besides tells which
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Concept:
    """A kind of field.

    Attributes:
        under: the concept that this is a kind of; empty for none.
        types: of the fields that may have it.
    """

    name: str
    under: str
    types: frozenset[FieldType]


@dataclass(frozen=True, slots=True)
class Label:
    """A label on a page: ``text[start:end]`` reads as the phrase ``key``.

    ``short``: a word of few letters ("to", "at") that is a label only where its place says so.
    """

    start: int
    end: int
    key: str
    short: bool


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    concepts: dict[str, Concept]
    phrases: dict[str, tuple[str, ...]]
    unspaced: regex.Pattern[str]


# Letters that no accent is taken from, and what stands for them where only plain ones may be written, as in a field's name.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t", "ħ": "h"}
)


def _fold(word: str) -> str:
    folded = unicodedata.normalize("NFKD", word).casefold().replace("’", "'")
    folded = "".join(character for character in folded if not unicodedata.combining(character)).translate(_PLAIN)
    if folded in _NUMBER_WORDS or word.casefold() in _NUMBER_WORDS:
        return "#"
    if _RUN_TOGETHER.search(word):
        return folded[:-2] + "#"
    for ending in _NUMBER_ENDINGS:
        if folded.endswith(ending) and len(folded) > len(ending) + 2:
            return folded[: -len(ending)] + "#"
    return folded


_fold_cached = functools.lru_cache(maxsize=50_000)(_fold)


def words_of(text: str) -> list[str]:
    """The words of a label, folded: without case and accents, every word for a number as ``#``."""
    return [_fold_cached(match.group()) for match in _TOKEN.finditer(text)]


def words_cut_short(text: str) -> list[tuple[str, bool]]:
    """The same words, each with whether a point stands behind it."""
    return [
        (_fold_cached(match.group()), text[match.end() : match.end() + 1] == ".") for match in _TOKEN.finditer(text)
    ]


def joins_a_day(text: str, label: Label) -> bool:
    """Whether a label is the word that joins a paper's number and its day: what stands before it names the number."""
    return label.key in (_INVOICED, _ORDERED) and key_of(text[label.start : label.end]) != label.key


def key_of(phrase: str) -> str:
    """A phrase as it is looked up: its words folded and run together, for texts whose spaces were lost."""
    return "".join(words_of(phrase))


@functools.cache
def vocabulary() -> _Vocabulary:
    """The concepts of the product."""
    data = paths.resource_tables("field_concepts")
    concepts: dict[str, Concept] = {}
    phrases: dict[str, list[str]] = {}
    for name, table in data.items():
        concepts[name] = Concept(name, table.get("under", ""), frozenset(FieldType(each) for each in table["types"]))
        for language, listed in table.items():
            if language in ("under", "types"):
                continue
            for phrase in listed.split(";"):
                own = phrases.setdefault(key_of(phrase), [])
                if name not in own:
                    own.append(name)
    phrases.pop("", None)
    unspaced = sorted((key for key in phrases if _UNSPACED.search(key)), key=len, reverse=True)
    return _Vocabulary(
        concepts,
        {key: tuple(names) for key, names in phrases.items()},
        regex.compile("|".join(map(regex.escape, unspaced))),
    )


@dataclass(frozen=True, slots=True)
class _TaxWords:
    """Folded words that say a sum holds the tax or does not, and those that may stand between."""

    holding: frozenset[str]
    without: frozenset[str]
    between: frozenset[str]


@functools.cache
def _tax_words() -> _TaxWords:
    data = paths.resource_tables("tax_words")
    words = {
        name: frozenset(_fold(word.strip()) for listed in table.values() for word in listed.split(";"))
        for name, table in data.items()
    }
    return _TaxWords(words["with"], words["without"], words["between"])


def _says_of_tax(word: str) -> str:
    words = _tax_words()
    return _GROSS if word in words.holding else _NET if word in words.without else ""


_Tokens = Sequence[tuple[int, int, str]]
_SUMS = frozenset({"total", "gross", "net", "amount"})
_GROSS, _NET = key_of("total including tax"), key_of("total excluding tax")


def _with_tax(text: str, tokens: _Tokens, first: int, last: int, key: str) -> tuple[int, str]:
    """Where a label of a sum ends, and what it says, if words behind it say that the tax is in it or not.

    "Total sales (inclusive of 6 % GST)", "Betrag ohne MwSt", "Total (GST incl.)"; ``tokens[first : last + 1]`` read as ``key``.
    """
    known = vocabulary().phrases
    is_tax = "tax" in known.get(key, ()) and not _SUMS.isdisjoint(known.get(tokens[first][2], ()))
    if not is_tax and _SUMS.isdisjoint(known.get(key, ())):
        return last, key
    said = _says_of_tax(tokens[last][2])
    for at in range(last + 1, min(last + 1 + _LONGEST, len(tokens))):
        if not _adjoining(text, tokens[at - 1][1], tokens[at][0]):
            break
        word = tokens[at][2]
        if not said and _says_of_tax(word):
            said = _says_of_tax(word)
            if is_tax:
                return at, said
        elif "tax" in known.get(word, ()):
            if said:
                return at, said
            is_tax = True
        elif not (word in _tax_words().between or word.isdecimal()):
            break
    return last, key


_BETWEEN_STOPS = 5000  # words


def labels(text: str, own: Iterable[str] = (), stop: Callable[[], None] | None = None) -> list[Label]:
    """Every label of a page in order: the longest phrase at each place, none within another.

    ``own``: keys of a template's own words besides the concepts'. ``stop``: called time and again, to raise where it is to end.
    """
    known = vocabulary().phrases
    extra = frozenset(own)
    tokens = [(match.start(), match.end(), _fold_cached(match.group())) for match in _TOKEN.finditer(text)]
    found: list[Label] = []
    index = 0
    for turn in itertools.count():
        if index >= len(tokens):
            break
        if stop is not None and not turn % _BETWEEN_STOPS:
            stop()
        start, end, _ = tokens[index]
        joined, best, best_key = "", -1, ""
        for last in range(index, min(index + _LONGEST, len(tokens))):
            if last > index and not _adjoining(text, tokens[last - 1][1], tokens[last][0]):
                break
            joined += tokens[last][2]
            if joined in extra or joined in known:
                best, best_key = last, joined
        if best >= 0 and best_key != "%":
            best, best_key = _with_tax(text, tokens, index, best, best_key)
            end = tokens[best][1]
            if _is_label(text, start, end, best_key):
                short = len(best_key) <= _SHORT and best_key not in extra and not _SYLLABLES.search(best_key)
                found.append(Label(start, end, best_key, short))
            index = best + 1
        else:
            index += 1
    if _UNSPACED.search(text):
        found = _with_unspaced(text, found)
    return _with_dated(text, found)


def _adjoining(text: str, end: int, start: int) -> bool:
    gap = text[end:start]
    return len(gap) <= 3 and "\n" not in gap and "\t" not in gap and "  " not in gap and ":" not in gap


def _is_label(text: str, start: int, end: int, key: str) -> bool:
    """A single letter or a bare sign is a label only with a colon; a part of a word with hyphens is none ("Muster-Kunde GmbH").

    Nor is a sign of a currency before its amount, whatever else its letters may mean ("RM 12.50").
    """
    if _FIGURE.match(text, end) and text[start:end] in currencies.signs():
        return False
    if _HYPHEN_BEFORE.search(text[max(0, start - 2) : start]) or _HYPHEN_BEHIND.match(text[end : end + 2]):
        return False
    if len(key) > 1:
        return True
    return text[end : end + 2].lstrip()[:1] in (":", "：") or (
        key == "#" and not text[max(0, start - 1) : start].strip()
    )


@functools.cache
def _dated_papers() -> tuple[regex.Pattern[str], dict[str, str]]:
    """A paper's number with the word that joins its day, and the folded words for papers with the key that names their day."""
    data = paths.resource_tables("dated_papers")
    listed = {name: {each.strip() for own in table.values() for each in own.split(";")} for name, table in data.items()}
    joining = "|".join(regex.escape(each) for each in sorted(listed["joining"], key=len, reverse=True))
    dated = regex.compile(
        rf"^([^\n]{{0,60}}?)(?<=[\s.:°º#])[^\s\d]{{0,8}}\d\S{{0,24}}(?<!\.),? {{1,2}}({joining}) {{1,2}}"
        r"(?=\d{1,4}[-./]{1,2} ?[\d\p{L}]|\d{1,2} \p{L}|\p{L}{3,12}\.? \d)",
        regex.MULTILINE | regex.IGNORECASE,
    )
    keys = dict.fromkeys(map(key_of, listed["other"]), _ORDERED)
    return dated, keys | dict.fromkeys(map(key_of, listed["invoice"]), _INVOICED)


_INVOICED, _ORDERED = key_of("invoice date"), key_of("order date")
_COMPOUND = 5  # letters of a word that others are made of: "Handelsrechnung"


def _with_dated(text: str, found: list[Label]) -> list[Label]:
    """With what joins a paper's number and its day as a label of that day: "Handelsrechnung Nr. 471102 vom 05.06.2018"."""
    dated, keys = _dated_papers()
    more = []
    for match in dated.finditer(text):
        words = words_of(match[1])
        # The last paper named is the one that the number is of: "Rechnung gemäß Bestellung Nr. 17 vom".
        key = next((key for word in reversed(words) if (key := _paper(word, keys))), "")
        if key:
            more.append(Label(match.start(2), match.end(2), key, short=False))
    if not more:
        return found
    kept = [each for each in found if not any(own.start <= each.start < own.end for own in more)]
    return sorted([*kept, *more], key=lambda label: label.start)


def _paper(word: str, keys: dict[str, str]) -> str:
    """The key of a word for a paper, or of one that ends with it ("Handelsrechnung", "Rechnungsnr")."""
    word = word.removesuffix("#").removesuffix("s") if word.endswith("#") else word
    long = (key for paper, key in keys.items() if len(paper) >= _COMPOUND and word.endswith(paper))
    return keys.get(word, "") or next(long, "")


def _with_unspaced(text: str, found: list[Label]) -> list[Label]:
    taken = [(each.start, each.end) for each in found]
    more = [
        Label(match.start(), match.end(), match.group(), short=False)
        for match in vocabulary().unspaced.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in taken)
    ]
    return sorted([*found, *more], key=lambda label: label.start)


class Meaning:
    """What a template's fields mean: how far a label speaks for each of them, or against it.

    Attributes:
        keys: of the template's own words, to be looked for on the pages besides the concepts'.
        roles: the concept that each field is most likely of; empty where none fits.
        template: whose fields they are.
    """

    def __init__(self, template: Template) -> None:
        self.template = template
        self._fields = {field.name: field for field in template.fields}
        self._near: dict[str, dict[str, float]] = {}
        self._avoid: dict[str, set[str]] = {}
        self._affinity: dict[str, dict[str, float]] = {}
        for field in template.fields:
            self._near[field.name] = _own_words(field)
            self._avoid[field.name] = {key_of(word) for word in field.avoid} - {""}
            self._affinity[field.name] = _affinity(field)
        for name, own in self._affinity.items():
            for concept in [each for each, weight in own.items() if weight < 1.0]:
                if any(other != name and them.get(concept) == 1.0 for other, them in self._affinity.items()):
                    own[concept] = 0.0
        self.keys = frozenset(
            key for name in self._fields for key in (*self._near[name], *self._avoid[name]) if len(key) > 1
        )
        self.roles = {
            name: max(own, key=own.__getitem__, default="")
            for name, own in ((name, self._positive(name)) for name in self._fields)
        }

    def _positive(self, name: str) -> dict[str, float]:
        own = self._affinity[name]
        return {concept: own[concept] for concept in vocabulary().concepts if own.get(concept, 0.0) >= _GENERIC}

    def affinity(self, name: str, *concepts: str) -> float:
        """How far a field is of one of these concepts, 0 to 1."""
        return max((self._affinity[name].get(concept, 0.0) for concept in concepts), default=0.0)

    @functools.cached_property
    def _cache(self) -> dict[tuple[str, str], tuple[float, float, float]]:
        return {}

    def weigh(self, name: str, key: str) -> tuple[float, float, float]:
        """How far a label speaks for a field (0 to 1), for another field or another known thing, and is one it avoids."""
        known = self._cache.get((name, key))
        if known is None:
            own = self._support(name, key)
            avoid = float(key in self._avoid[name])
            others = max((self._support(other, key) for other in self._fields if other != name), default=0.0)
            concepts = vocabulary().phrases.get(key, ())
            strange = _STRANGE if concepts and not _NEUTRAL.issuperset(concepts) else 0.0
            rival = max(0.0, max(others, strange) - own)
            known = (0.0 if avoid else own, rival, avoid)
            self._cache[name, key] = known
        return known

    def _support(self, name: str, key: str) -> float:
        own = self._near[name].get(key, 0.0)
        affinity = self._affinity[name]
        known = vocabulary().phrases.get(key, ())
        return max([own, *(_BY_CONCEPT * affinity.get(concept, 0.0) for concept in known)])


_STRANGE = 0.7
_BY_CONCEPT = 0.85  # against the template's own words
_NEUTRAL = frozenset({"name"})


def _own_words(field: Field) -> dict[str, float]:
    words = {key_of(field.name.replace("_", " ")): 1.0, key_of(field.label): 1.0}
    words |= {key_of(word): 1.0 for word in field.near}
    words.pop("", None)
    return words


def _affinity(field: Field) -> dict[str, float]:
    """How far each concept is what the field means: by name and label, then by its near words, then by its description."""
    kind = field.of if field.type is FieldType.LIST and field.of else field.type
    concepts = vocabulary().concepts
    votes: dict[str, float] = {}

    def vote(phrases: Sequence[str], weight: float) -> None:
        for phrase in phrases:
            for concept in vocabulary().phrases.get(key_of(phrase), ()):
                if kind in concepts[concept].types:
                    votes[concept] = votes.get(concept, 0.0) + weight

    name = field.name.replace("_", " ")
    exact = vocabulary().phrases.get(key_of(name), ())
    vote([name], _GENERIC_NAME if any(concept in general_concepts() for concept in exact) else 4.0)
    vote([field.label] if key_of(field.label) != key_of(name) else [], 3.0)
    vote(field.near, 1.0)
    meaning = NOT.split(field.description)[0]
    said = dict.fromkeys(
        meaning[label.start : label.end]
        for label in labels(meaning)
        if not label.short and not _TAKES.search(meaning, 0, label.start)
    )
    vote(list(said), 1.0)
    vote([name[label.start : label.end] for label in labels(name) if label.key != key_of(name)], 2.0)
    against: dict[str, float] = {}
    for word in field.avoid:
        for concept in vocabulary().phrases.get(key_of(word), ()):
            against[concept] = against.get(concept, 0.0) + 1.0
    if not votes:
        return {}
    most = max(votes.values())
    found: dict[str, float] = {}
    for concept, count in votes.items():
        lost = against.get(concept, 0.0)
        if lost < count:
            found[concept] = max(0.3, min(1.0, (count - lost) / most)) if count < most else 1.0
    for concept, weight in list(found.items()):
        under = concepts[concept].under
        if under and under not in against:
            found[under] = max(found.get(under, 0.0), _GENERIC * weight)
    for concept, each in concepts.items():
        if each.under in votes and votes[each.under] == most and concept not in found and concept not in against:
            found[concept] = _OF_ITS_KIND
    return found


@functools.cache
def general_words() -> frozenset[str]:
    """Words that name what many things are kinds of: "date", "name", "number"."""
    return frozenset(
        key
        for key, concepts in vocabulary().phrases.items()
        if any(concept in general_concepts() for concept in concepts)
    ) | {"#"}


@functools.cache
def general_concepts() -> frozenset[str]:
    """Concepts that others are kinds of."""
    return frozenset(concept.under for concept in vocabulary().concepts.values() if concept.under)


def at_or_before(starts: Sequence[int], position: int) -> int:
    """Index of the last of sorted ``starts`` that is not behind ``position``; -1 for none."""
    return bisect.bisect_right(starts, position) - 1
