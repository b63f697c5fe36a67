"""Whether text reads like language, and whether two readings of one page say the same."""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import pairwise

_COMMON = frozenset("etaoinsr")
"""Half and more of the letters of every text in Latin script, of whatever language, are among these."""
_LEAST = 0.43
_ENOUGH = 40
_ACCENTED = 0.5
_AGREE = 0.5


def doubtful(text: str) -> bool:
    """Whether Latin text may stand for other letters than it is made of (a font whose table of letters is wrong). Numbers and
    codes alone may be meant by this, too: it is a reason to look, no verdict."""
    letters = accented = common = 0
    for letter in unicodedata.normalize("NFD", text).lower():
        if "a" <= letter <= "z":
            letters += 1
            common += letter in _COMMON
        elif "\u0300" <= letter <= "\u036f":
            accented += 1
    return letters >= _ENOUGH and (common < _LEAST * letters or accented > _ACCENTED * letters)


def agree(seen: str, written: str) -> bool:
    """Whether two texts have most of their pairs of letters in common, in any order of lines."""
    a, b = _pairs(seen), _pairs(written)
    shared = sum((a & b).values())
    return shared >= _AGREE * min(sum(a.values()), sum(b.values()))


def _pairs(text: str) -> Counter[str]:
    letters = [letter for letter in text.lower() if letter.isalnum()]
    return Counter(map("".join, pairwise(letters)))
