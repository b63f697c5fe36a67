"""Text of files and documents made fit for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def printable(text: str) -> str:
    """The text without control and invisible format characters, which could steer the terminal or reorder what is read.

    A file name or a document may hold anything; each such character is shown as ``·``, white space as a space.
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return "·" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") else character


def duration(seconds: float) -> str:
    """A time span in the two units that matter: "45 s", "3 min 20 s", "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def size(number: int) -> str:
    """Bytes for people: "92 MiB", "1.5 GiB"."""
    value = float(number)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines with columns of equal width, two spaces between."""
    clean = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[number]) for row in clean) for number in range(len(clean[0]))] if clean else []
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in clean
    )
