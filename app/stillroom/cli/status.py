"""How a command ends, and what it says to the person on the way."""

from __future__ import annotations

import sys

from stillroom.cli.text import printable

DONE, FAILURE, USAGE, SOME_FAILED, STOPPED = 0, 1, 2, 3, 130


def say(sentence: str) -> None:
    """One sentence for the person at the terminal, on stderr."""
    print(f"stillroom: {printable(sentence)}", file=sys.stderr)
