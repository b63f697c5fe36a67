"""Towns of the world by their names, and how far a text is one."""

from __future__ import annotations

import functools
import unicodedata

import regex as re

from stillroom import paths
from stillroom.extraction.candidates.words import common_words, days_and_months
from stillroom.extraction.concepts import vocabulary

_PART = re.compile(r"[^,;:/()\d\n]+")
_UNCHANGED = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "ı": "i"})  # that no accent was put on
_SHORTEST, _LONGEST = 4, 60


@functools.cache
def _known() -> frozenset[str]:
    """Names of towns of 15,000 people and more, folded."""
    return frozenset((paths.resources_dir() / "town_names.txt").read_text(encoding="utf-8").split("\n"))


def folded(name: str) -> str:
    """Its Latin letters alone, small and without accents: recognition runs words together ("SANDIEGO")."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_UNCHANGED))
    return "".join(character for character in plain if "a" <= character <= "z")


@functools.cache
def _other_words() -> frozenset[str]:
    """What is called as a town is: words of every text, of labels, of calendars, folded."""
    labels = (phrase for phrase in vocabulary().phrases if phrase.isalpha())
    return frozenset(map(folded, (*common_words(), *days_and_months(), *labels)))


@functools.lru_cache(maxsize=20_000)
def is_town(text: str, *, beside: bool = False) -> bool:
    """Whether a text is the name of a town; figures and signs beside it, as of a postcode, do not count. A name that is another word as
    well ("Date", "March") is a town's where figures stand beside it, or something else of an address does (``beside``).
    """
    name = folded(text) if len(text) <= _LONGEST else ""
    if len(name) < _SHORTEST or name not in _known():
        return False
    return beside or name not in _other_words() or any(map(str.isdigit, text))


@functools.lru_cache(maxsize=20_000)
def names_a_town(text: str) -> bool:
    """Whether a line, or what stands between its commas and figures, is one: "Everett,WA", "85630 Lund", "Lyon Cedex" is none."""
    parts = _PART.findall(text)
    beside = len(parts) > 1 or any(map(str.isdigit, text))
    return any(is_town(part, beside=beside) for part in parts)
