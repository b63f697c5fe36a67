"""What Python's reader of TOML does not tell of a text that it cannot read."""

from __future__ import annotations

import re

_LONG_NUMBER = re.compile(r"\d{1000}")


def line_of_long_number(text: str) -> int:
    """The line, from 1, of the first number of so many digits that Python reads none; 1 where there is none."""
    long = _LONG_NUMBER.search(text)
    return text.count("\n", 0, long.start()) + 1 if long else 1
