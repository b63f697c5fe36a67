"""The numbers that options take, each with its bounds: outside of them it is wrong use, said before anything is begun."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

MOST_TOKENS = 1 << 31  # what llama.cpp counts to
_LARGEST_ROW_NUMBER = (1 << 63) - 1  # of SQLite


def whole(least: int, most: int, *, or_else: int | None = None) -> Callable[[str], int]:
    """What reads a whole number from ``least`` to ``most``; ``or_else`` is taken as well."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or (number != or_else and not least <= number <= most):
            said = "" if or_else is None else f"{or_else}, or "
            raise argparse.ArgumentTypeError(f"{said}a whole number from {least:,} to {most:,} is meant, not {text!r}")
        return number

    return read


def decimal(least: float, most: float) -> Callable[[str], float]:
    """What reads a number from ``least`` to ``most``."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"a number from {least:g} to {most:g} is meant, not {text!r}")
        return number

    return read


def table_number(text: str) -> int:
    """The number of a table, as ``stillroom review list`` shows it."""
    try:
        return whole(1, _LARGEST_ROW_NUMBER)(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a table (see: stillroom review list)") from error
