"""Quoted mail: the marks that a mail program puts before each line of what is answered ("> Dear Anna, …")."""

from __future__ import annotations

import re
from collections.abc import Iterator

# One line alone may be a menu's path or a prompt ("> File > Open").
_QUOTED_LINES = re.compile(r"(?:^[ \t]{0,3}>[^\n]*(?:\n|\Z)){2,}", re.MULTILINE)
_MARKS = re.compile(r"^[ \t]{0,3}>(?:[ \t]?>)*[ \t]?", re.MULTILINE)


def quote_marks(text: str) -> Iterator[tuple[int, int]]:
    """Where the marks stand, each with the space behind it."""
    if ">" not in text:
        return
    for quoted in _QUOTED_LINES.finditer(text):
        yield from (mark.span() for mark in _MARKS.finditer(text, *quoted.span()))


def without_quote_marks(text: str) -> str:
    """The text with spaces in the place of the marks: every other character stays where it is."""
    pieces, at = list[str](), 0
    for start, end in quote_marks(text):
        pieces += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*pieces, text[at:]]) if pieces else text
