"""When two values are the same, how alike two texts are, and which items of two lists belong together.

The rules are of this module's own, and stricter than those by which extraction unites values: a change there must not
move the measure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import numpy as np
from anls_star import anls_score
from munkres import linear_sum_assignment

from stillroom.templates.template import FieldType

_NUMBERS = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)
_AS_WRITTEN = (FieldType.DATE, FieldType.TIME, FieldType.EMAIL)
_LENGTH = re.compile(r"\s*(\d+)\s*(year|month|week|day|hour)s?\s*", re.IGNORECASE)
_ISO_LENGTH = re.compile(r"P(\d+)([YMWD])")
_UNITS = {"year": ("month", 12), "month": ("month", 1), "week": ("day", 7), "day": ("day", 1), "hour": ("hour", 1)}
_ISO_UNITS = {"Y": "year", "M": "month", "W": "week", "D": "day"}
T = TypeVar("T")


def folded(text: str) -> str:
    """A text without case, white space, punctuation and compatibility forms (ligatures, full width)."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def same_value(kind: FieldType, value: str, label: str) -> bool:
    """Equal in canonical form: numbers by value, durations by length, dates, times and e-mail addresses as written, text when folded."""
    if kind in _NUMBERS:
        left, right = _number(value), _number(label)
        return left is not None and left == right
    if kind is FieldType.DURATION:
        length = _length(value)
        return folded(value) == folded(label) or (length is not None and length == _length(label))
    if kind in _AS_WRITTEN:
        return value.casefold().strip() == label.casefold().strip()
    left_text, right_text = folded(value), folded(label)
    if not left_text and not right_text:  # nothing but signs
        return value.strip() == label.strip()
    return left_text == right_text


def likeness(value: str, label: str) -> float:
    """ANLS of two texts: 1 for the same (case and white space aside), 0 where less than half agrees."""
    return anls_score(label, value, return_gt=False, return_key_scores=False)


def likeness_of_rows(rows: Sequence[dict[str, str]], labels: Sequence[dict[str, str]]) -> float:
    """ANLS* of two tables: rows are aligned, cells compared by their column."""
    return anls_score(list(labels), list(rows), return_gt=False, return_key_scores=False)


def aligned(left: Sequence[T], right: Sequence[T], alike: Callable[[T, T], float]) -> list[tuple[int, int]]:
    """Pairs of indices, each used once at most, whose ``alike`` (0 to 1) adds up to the most; pairs of no likeness are left out."""
    if not left or not right:
        return []
    gains = np.array([[alike(one, other) for other in right] for one in left])
    rows, columns = linear_sum_assignment(gains, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if gains[row, column] > 0]


def f1(right: int, given: int, wanted: int) -> float:
    """Harmonic mean of precision and recall; 1 where nothing was wanted and nothing given."""
    return 2 * right / (given + wanted) if given + wanted else 1.0


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _length(text: str) -> tuple[str, int] | None:
    """A duration in months, days or hours."""
    if match := _LENGTH.fullmatch(text):
        unit, factor = _UNITS[match[2].lower()]
        return unit, int(match[1]) * factor
    if match := _ISO_LENGTH.fullmatch(text.strip()):
        unit, factor = _UNITS[_ISO_UNITS[match[2]]]
        return unit, int(match[1]) * factor
    return None
