"""Concepts of columns: what heads a table's columns in many languages, from resources/columns.toml."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from stillroom import paths
from stillroom.templates.template import Field, FieldType

NUMERIC_TYPES = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)
_PHRASES = ("totals", "subtotals", "carried", "carried_or_item")
# A word that long is recognised at the end of a compound as well ("Nettobetrag").
_COMPOUND = 5
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Concept:
    """A kind of column: ``names`` are what templates call it, ``words`` what documents print above it."""

    key: str
    names: frozenset[str]
    words: frozenset[str]
    numeric: bool


def folded(text: str) -> str:
    """A heading reduced to what tells it from others: no case, accents, punctuation; one space between words."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    # What a bare sign heads ("%", "#", "№") is all there is of it.
    return " ".join(re.sub(r"[^\w%#]+", " ", plain.replace("_", " ")).split())


@functools.cache
def concepts() -> dict[str, Concept]:
    """Every kind of column, by its key."""
    found = {}
    for key, table in _data().items():
        if key in _PHRASES:
            continue
        words = {folded(word) for name, own in table.items() if name not in ("names", "numeric") for word in own}
        names = frozenset(folded(name) for name in table["names"])
        found[key] = Concept(key, names, frozenset(words - {""}), bool(table.get("numeric", False)))
    return found


@functools.cache
def _data() -> dict[str, dict[str, list[str]]]:
    return paths.resource_tables("columns")


@functools.cache
def _phrases(kind: str) -> tuple[str, ...]:
    return tuple({folded(word) for words in _data()[kind].values() for word in words} - {""})


def begins(kind: str, text: str) -> bool:
    """Whether a line begins with such a phrase: "totals", "subtotals", "carried" or "carried_or_item"."""
    line = folded(text)
    return any(_starts(line, phrase) for phrase in _phrases(kind))


def only_totals(text: str) -> bool:
    """Whether a text holds the words of a total and nothing that names a thing: "Total due EUR", but not "Total station"."""
    words = folded(text).split()
    known = {word for kind in ("totals", "subtotals") for phrase in _phrases(kind) for word in phrase.split()}
    known |= {
        word
        for key in ("amount", "tax_rate", "gross_amount")
        for phrase in concepts()[key].words
        for word in phrase.split()
    }
    short = re.compile(
        r"\d+%?|%|excl\w*|incl\w*|inkl\w*|exkl\w*|zzgl|ohne|mit|of|all|the|de|la|le|a|by|in|ht|ttc|items?|due|invoice"
    )
    currency = re.fullmatch(r"(?:.*\b)?[A-Z]{3}\b.*", text) is not None
    return bool(words) and all(
        word in known or short.fullmatch(word) or (currency and len(word) == 3 and word.upper() in text)
        for word in words
    )


def _starts(line: str, phrase: str) -> bool:
    if not line.startswith(phrase):
        return False
    return len(line) == len(phrase) or line[len(phrase)] == " " or bool(_CJK.match(phrase[-1]))


def concept_of(field: Field) -> Concept | None:
    """The concept of a template's column, by its name, label or description; None where there is none."""
    numeric = field.type in NUMERIC_TYPES
    for text, whole in ((field.name, True), (field.label, True), (field.name, False), (field.description, False)):
        wanted = folded(text)
        best: tuple[int, str] | None = None
        for concept in concepts().values():
            if not wanted or (concept.numeric and not numeric and concept.key not in _EITHER):
                continue
            if numeric and not concept.numeric:
                continue
            for name in concept.names | (concept.words if whole else frozenset()):
                hit = wanted == name if whole else re.search(rf"(?<!\w){re.escape(name)}(?!\w)", wanted) is not None
                if hit and (best is None or len(name) > best[0]):
                    best = (len(name), concept.key)
        if best is not None:
            return concepts()[best[1]]
    return None


# Numbers that a template may take as text as well: "1st", "DNS", "1985/86".
_EITHER = ("position", "rank", "quantity", "birth_year", "unit_price", "amount")


class Words:
    """The phrases that name a template's columns and their neighbours, each with its keys: a column's name, or ``~`` and a concept's."""

    def __init__(self, columns: Sequence[Field]) -> None:
        """``concept`` has the concept of each column, by its name."""
        self.concept = {column.name: concept_of(column) for column in columns}
        self._phrases: dict[str, list[str]] = {}
        for concept in concepts().values():
            for word in concept.words:
                self._phrases.setdefault(word, []).append(f"~{concept.key}")
        for column in columns:
            for word in (column.name, column.label, *column.near):
                if folded(word):
                    self._phrases.setdefault(folded(word), []).insert(0, column.name)
        self._longest = max(len(phrase.split()) for phrase in self._phrases)
        self._compounds = frozenset(
            phrase
            for phrase in self._phrases
            if " " not in phrase and (len(phrase) >= _COMPOUND or (len(phrase) > 1 and _CJK.match(phrase)))
        )

    def hits(self, words: Sequence[str]) -> list[tuple[int, int, list[str], int]]:
        """Phrases in a row of folded words, longest first, none overlapping: first word, word behind the last, keys, letters."""
        found = []
        at = 0
        while at < len(words):
            hit = self._longest_at(words, at)
            if hit is None:
                at += 1
            else:
                found.append(hit)
                at = hit[1]
        return found

    def _longest_at(self, words: Sequence[str], at: int) -> tuple[int, int, list[str], int] | None:
        for end in range(min(len(words), at + self._longest), at, -1):
            phrase = " ".join(word for word in words[at:end] if word)
            if words[at] and phrase in self._phrases:
                return at, end, self._phrases[phrase], len(phrase)
        phrase = self._compound(words[at])
        return (at, at + 1, self._phrases[phrase], len(phrase)) if phrase else None

    def _compound(self, word: str) -> str:
        """The phrase that a longer word ends in; empty where there is none."""
        if _CJK.search(word):
            return max((phrase for phrase in self._compounds if phrase in word), key=len, default="")
        return next((word[at:] for at in range(1, len(word) - _COMPOUND + 1) if word[at:] in self._compounds), "")

    def named(self, text: str) -> list[str]:
        """The keys of the phrase that covers most of a heading; empty where none does."""
        hits = self.hits(folded(text).split())
        return max(hits, key=lambda hit: hit[3])[2] if hits else []
