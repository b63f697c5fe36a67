"""Positions of people: whether a field asks for one, and whether a text is one: "Vice President, Corporate Development"."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from stillroom import paths
from stillroom.extraction.candidates.persons import name_signs
from stillroom.extraction.likeness import differ_in_one
from stillroom.templates.template import Field

_LONGEST = 8  # words
_MISREAD = 7  # letters, from which one may have been taken for another
_WORD = re.compile(r"[^\W\d_][\w’'-]*")


def asks_for_position(field: Field) -> bool:
    """Whether a field is of what somebody is by work or office."""
    text = " ".join((field.name.replace("_", " "), field.label, field.description, *field.near)).casefold()
    words = _words()
    return bool(words.alone.search(text) or (words.title.search(text) and words.person.search(text)))


def is_position(text: str) -> bool:
    """Whether a text is such a title and no more: no name before it, no figures."""
    if any(map(str.isdigit, text)) or ":" in text:
        return False
    words = [word.casefold() for word in _WORD.findall(text)]
    if not words or len(words) > _LONGEST:
        return False
    offices = [_is_office(word) for word in words]
    return offices[0] or (any(offices) and words[0] in _words().before)


def holds_office(text: str) -> bool:
    """Whether one of a text's words is an office, and no name of a person as well: "Anna Berg-Associate Professor of Law"."""
    return any(_is_office(word.casefold()) and not name_signs(word)[0] for word in _WORD.findall(text))


def _is_office(word: str) -> bool:
    known = _words().offices
    return word in known or (
        len(word) >= _MISREAD and any(differ_in_one(word, other) for other in known if abs(len(other) - len(word)) < 2)
    )


class _Words(NamedTuple):
    alone: re.Pattern[str]
    title: re.Pattern[str]
    person: re.Pattern[str]
    offices: frozenset[str]
    before: frozenset[str]


@cache
def _words() -> _Words:
    data = paths.resource_tables("positions")

    def any_of(words: list[str]) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")

    asks = data["asks"]
    return _Words(
        any_of(asks["alone"]),
        any_of(asks["title"]),
        any_of(asks["person"]),
        frozenset(word for words in data["offices"].values() for word in words),
        frozenset(data["before"]["words"]),
    )
