"""Persons' names: given names and surnames of some eighty languages and countries, and how far a text is made of them."""

from __future__ import annotations

import functools
import unicodedata

import regex as re

from stillroom import paths
from stillroom.extraction.candidates.words import common_words, name_particles, name_suffixes, titles

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\p{M}'’\-])*\.?")
_CAPITALISED = re.compile(r"\p{Lu}[\p{L}\p{M}'’\-]*\.?$")
_MOST = 4
_ONE = 0.6  # of a single word that is a name: many are words, too


@functools.cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Given names and surnames, folded."""
    text = (paths.resources_dir() / "person_names.txt").read_text(encoding="utf-8")
    given, _, family = text.partition("\n\n")
    return frozenset(given.split("\n")), frozenset(family.split("\n"))


@functools.cache
def _suffix() -> re.Pattern[str]:
    return re.compile(rf"(?<=\w),? (?:{name_suffixes()})\.?$")


@functools.cache
def _title() -> re.Pattern[str]:
    return re.compile(rf"(?:(?:{titles()})(?:\.?[ \u00a0]+|\.(?=\p{{Lu}})))+(?=\p{{Lu}})")


_NICKNAME = re.compile(r"(?<=\w) [\"“„'‘(]\p{Lu}[\w.'’ -]{0,20}[\"”“'’)](?= \w)")


def without_titles(text: str) -> str:
    """The name behind what goes before it."""
    return text[title.end() :] if (title := _title().match(text)) else text


def is_titled(text: str) -> bool:
    """Whether a text is a title and a name, and no more: "Dr. Anna Berg"."""
    name = without_titles(text)
    words = [word for word in _words_of(name) if word not in name_particles()]
    return len(name) < len(text) and len(words) <= _MOST and all(_CAPITALISED.match(word) for word in words)


def _words_of(text: str) -> list[str]:
    """Those of a name, without a nickname and what stands behind it."""
    plain: str = _NICKNAME.sub("", _suffix().sub("", text))
    return plain.replace(",", " ").split()


def folded(word: str) -> str:
    """Without case and accents, as the lists have it."""
    plain = unicodedata.normalize("NFKD", word).casefold().replace("’", "'")
    return "".join(character for character in plain if not unicodedata.combining(character))


@functools.lru_cache(maxsize=20_000)
def in_small_letters(text: str) -> bool:
    """Whether a text of small letters is a person's name with both: two names that are no words of every text."""
    words = text.split()
    if not 1 < len(words) <= _MOST or not text.islower():
        return False
    given, family = _known()
    first, last = words[0], words[-1]
    return folded(first) in given and folded(last) in family and common_words().isdisjoint((first, last))


def is_given_name(word: str) -> bool:
    """Whether persons are called so; places may be as well."""
    return folded(word) in _known()[0]


@functools.lru_cache(maxsize=20_000)
def name_signs(text: str) -> tuple[float, float]:
    """Which share of a text's words are names of persons, and whether it is one with given name and surname; 0 to 1 each.

    Small words in it ("van der") do not count, nor does a nickname.
    """
    words = [word for word in _words_of(text) if word not in name_particles()]
    if not 1 <= len(words) <= _MOST or "\n" in text or not all(_WORD.fullmatch(word) for word in words):
        return 0.0, 0.0
    given, family = _known()
    told = [folded(word) for word in words if len(word.rstrip(".")) > 1]
    if not told or (any(word[0].islower() for word in (words[0], words[-1])) and not in_small_letters(text)):
        return 0.0, 0.0
    known = [word in given or word in family for word in told]
    share = sum(known) / len(told)
    if len(words) == 1:
        return _ONE * share, 0.0
    whole = (told[0] in given and known[-1]) or (told[-1] in given and known[0]) if len(told) > 1 else False
    return share, float(whole)
