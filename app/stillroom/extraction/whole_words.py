"""Whole words of a text that are an option's: as they are, bent, or at an end of a compound.

Letters that words share are met by chance in a text of any length; a whole word is not, if it is none of those that stand in every text
(``resources/common_words.toml``).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stillroom.extraction.candidates.words import common_words

Vector = npt.NDArray[np.float64]
_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 3
_BENT = 0.8
_COMPOUND = 0.6
_MOST_BENT = 3  # letters that an ending adds
_BEGINNING = 5  # letters that two bent forms have in common
_MOST_WEIGHT = 1.5


def whole_words(bags: Sequence[Mapping[str, float]], text: str) -> Vector:
    """How much the words of a text are those of each option: 0 where none is.

    Args:
        bags: of each option its words in small letters, with what they count. A word that several options share counts less.
    """
    seen = Counter(word for word in _WORD.findall(text) if _means(word))
    shared = Counter(word for bag in bags for word in bag)
    worth = [
        {
            word: min(weight, _MOST_WEIGHT) * math.log((len(bags) + 1) / shared[word])
            for word, weight in bag.items()
            if _means(word)
        }
        for bag in bags
    ]
    words: Counter[str] = Counter()
    noun = set()
    for word, count in seen.items():
        words[word.casefold()] += count
        if word[0].isupper():
            noun.add(word.casefold())
    by_start: dict[str, list[str]] = {}
    for other in {word for own in worth for word in own}:
        by_start.setdefault(other[:_SHORTEST], []).append(other)
    told: Vector = np.zeros(len(bags))
    for word, count in words.items():
        likely = _like(word, by_start, compound=word in noun)
        best = [max((likely[other] * own[other] for other in likely if other in own), default=0.0) for own in worth]
        named = sum(each > 0 for each in best)
        if named:
            told += np.array(best) * (1 + math.log(count)) / math.sqrt(named)
    return told


def _means(word: str) -> bool:
    return len(word) >= _SHORTEST and word.casefold() not in common_words()


def _like(word: str, by_start: Mapping[str, Sequence[str]], *, compound: bool) -> dict[str, float]:
    """The options' words that a word of the text is, and how far."""
    found = {}
    for other in by_start.get(word[:_SHORTEST], ()):
        match = _match(word, other)
        if match:
            found[other] = match
    if compound:
        # German writes its nouns with a capital, and compounds in one: "Verwaltungsgericht".
        for at in range(_SHORTEST, len(word) - _BEGINNING + 1):
            for other in by_start.get(word[at : at + _SHORTEST], ()):
                if other == word[at:]:
                    found.setdefault(other, _COMPOUND)
    return found


def _match(word: str, other: str) -> float:
    if word == other:
        return 1.0
    short, long = sorted((len(word), len(other)))
    if short <= _SHORTEST:
        return 0.0
    common = next((at for at in range(short) if word[at] != other[at]), short)
    if common == short and (long - short <= _MOST_BENT or short > _BEGINNING):
        return _BENT
    return _BENT if common >= max(_BEGINNING, short - 2) and common >= _COMPOUND * long else 0.0
