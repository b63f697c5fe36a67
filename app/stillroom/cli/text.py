"""Text of files and documents made fit for a terminal."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """The text without control and invisible format characters, which could steer the terminal or reorder what is read.

    A file name or a document may hold anything; each such character is shown as ``·``, white space as a space.
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return "·" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") else character
