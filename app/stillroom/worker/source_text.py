"""A text to quote from, as a model would write it: byte by byte, with the places where a quotation may begin and end.

A model writes one space for a run of white space, and no soft hyphens. Where it may write a word in two ways (a ligature as one
character or as its letters, a word that a hyphen divides at a line's end), both *readings* stand one behind the other
in ``data``; every byte knows the character of the text that it comes from.
"""

from __future__ import annotations

import bisect
import re
import unicodedata
from collections.abc import Iterator

import regex

_LINE_END = r"[^\S\n]*\n[^\S\n]*(?=\S)"
_HYPHENS = re.compile(rf"\u00ad+(?:{_LINE_END})?")  # behind a letter, with the line's end that it stands at
_SPACE = re.compile(r"\s[\s\u00ad]*")
_DIVIDED = re.compile(rf"(?<=[^\W\d_])[-\u2010]\u00ad*{_LINE_END}(?=[^\W\d_])")
_LIGATURE = re.compile("[\ufb00-\ufb06]")
# The boundaries of Unicode's default word segmentation (UAX 29): right for every script, and inside "3.5" and "don't".
_BOUNDARY = regex.compile(r"\b", regex.WORD)
_JOINING = frozenset("-\u2010\u2011/&@_+'\u2019")  # between two letters or digits they divide no word
_WALLS = {"line": re.compile(r"\n"), "paragraph": re.compile(r"\n[^\S\n]*\n"), "text": re.compile(r"(?!)")}
WITHIN = tuple(_WALLS)


class SourceText:
    """The text, prepared.

    Attributes:
        data: all readings as UTF-8, a space behind each.
        starts: where a word begins, as offsets in ``data``, ascending.
        ends: where a word ends (behind its last byte).
    """

    def __init__(self, text: str, within: str = "text") -> None:
        """``within``: what a quotation may not reach beyond: its ``line``, its ``paragraph``; ``text`` for no such limit.

        Raises ValueError where ``within`` is none of these.
        """
        if within not in _WALLS:
            raise ValueError(f"within is one of {', '.join(WITHIN)}, not {within!r}")
        self._characters: list[int] = []  # of the text, one each byte
        self._walls: list[int] = []
        self.starts: list[int] = []
        self.ends: set[int] = set()
        data = bytearray()
        for reading in _readings(text):
            self._add(data, text, reading, _WALLS[within])
        self.data = bytes(data)

    def _add(self, data: bytearray, text: str, reading: list[tuple[str, int, int]], wall: re.Pattern[str]) -> None:
        plain = "".join(written for written, _, _ in reading)
        places = [len(data)]  # of each character of the reading, and of its end
        for written, start, end in reading:
            for character in written:
                encoded = character.encode("utf-8", "replace")
                data += encoded
                self._characters += [start] * len(encoded)
                places.append(len(data))
            if written == " " and wall.search(text, start, end):
                self._walls.append(places[-2])
        for boundary in _boundaries(plain):
            if _begins(plain, boundary):
                self.starts.append(places[boundary])
            if _ends(plain, boundary):
                self.ends.add(places[boundary])
        self._walls.append(len(data))
        data += b" "
        self._characters.append(len(text))

    def reach(self, position: int, length: int) -> bytes:
        """At most ``length`` bytes from a position on, none beyond what a quotation may cross."""
        wall = self._walls[bisect.bisect_left(self._walls, position)]
        return self.data[position : min(position + length, wall)]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A start and an end as offsets of characters in the text: ``text[first:last]``."""
        return self._characters[start], self._characters[end - 1] + 1


def _readings(text: str) -> Iterator[list[tuple[str, int, int]]]:
    """What is written for which characters of the text: as it stands, and spelt out where that differs."""
    yield list(_reading(text, {}))
    spelt = {match.start(): (match.end(), "") for match in _DIVIDED.finditer(text)}
    for match in _LIGATURE.finditer(text):
        spelt[match.start()] = (match.end(), unicodedata.normalize("NFKC", match.group()))
    if spelt:
        yield list(_reading(text, spelt))


def _reading(text: str, spelt: dict[int, tuple[int, str]]) -> Iterator[tuple[str, int, int]]:
    position, spaced = 0, True
    while position < len(text):
        if position in spelt:
            end, written = spelt[position]
            if written:
                yield written, position, end
                spaced = False
            position = end
            continue
        character = text[position]
        if found := _HYPHENS.match(text, position):
            position = found.end()
            continue
        if found := _SPACE.match(text, position):
            if not spaced:
                yield " ", position, found.end()
            position, spaced = found.end(), True
            continue
        yield ("\ufffd" if "\ud800" <= character <= "\udfff" else character), position, position + 1
        position, spaced = position + 1, False


def _boundaries(plain: str) -> Iterator[int]:
    for edge in sorted({0, len(plain), *(match.start() for match in _BOUNDARY.finditer(plain))}):
        if not (_joins(plain, edge - 1) or _joins(plain, edge)):
            yield edge


def _joins(plain: str, place: int) -> bool:
    """The character makes one word of what stands on both sides of it."""
    joining = 0 < place < len(plain) and plain[place] in _JOINING
    return joining and _in_word(plain, place - 1) and _in_word(plain, place + 1)


def _begins(plain: str, place: int) -> bool:
    """A word begins here, or punctuation that does not belong to the word in front of it."""
    if place >= len(plain) or plain[place] == " ":
        return False
    return _in_word(plain, place) or not _in_word(plain, place - 1)


def _ends(plain: str, place: int) -> bool:
    """A word ends here, or punctuation that does not belong to the word behind it."""
    if place <= 0 or plain[place - 1] == " ":
        return False
    return _in_word(plain, place - 1) or not _in_word(plain, place)


def _in_word(plain: str, place: int) -> bool:
    return 0 <= place < len(plain) and unicodedata.category(plain[place])[0] in "LMN"
