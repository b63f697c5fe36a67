"""What the page says about a candidate besides its text: where it stands, what stands beside it, how often it comes."""

from __future__ import annotations

import bisect
import math
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.text import Line, page_lines
from stillroom.templates.template import Field

# One column each of the array that `layout_features` gives.
NAMES = (
    "near_same_line",
    "near_line_above",
    "near_behind",
    "avoid",
    "place",
    "top",
    "first_line",
    "shape",
    "repeats",
    "length",
    "line_start",
    "line_end",
    "capitals",
    "largest",
    "last_near",
    "early_page",
    "digits",
    "near_first_match",
    "above",
    "below",
    "first",
    "last",
    "lines",
    "zero",
    "sum",
    "rest",
    "rounded",
)

_MOST_AMOUNTS = 60
_MOST_DIGITS = 20
_SMALLEST_COIN = Decimal("0.05")


def layout_features(field: Field, document: Document, candidates: Sequence[Candidate]) -> npt.NDArray[np.float64]:
    """One row a candidate, one column a name of NAMES; most lie between 0 and 1."""
    pages = {page.number: _PageLines(page_lines(page), page.text) for page in document.pages}
    lines_before = {}
    total_lines = 0
    for page in document.pages:
        lines_before[page.number] = total_lines
        total_lines += len(pages[page.number].lines)
    near = _phrases(field.near)
    avoid = _phrases(field.avoid)
    repeats = Counter(candidate.value for candidate in candidates)
    sizes = [_size(candidate.value) for candidate in candidates]
    known = sorted({size for size in sizes if size is not None})
    largest = max(known, default=None)
    sums, rests = _arithmetic(known)
    rows = np.zeros((len(candidates), len(NAMES)))
    last_near: int | None = None
    first_near: int | None = None
    for index, candidate in enumerate(candidates):
        own = pages[candidate.span.page]
        number = own.line_of(candidate.span.start)
        line = own.lines[number]
        before = own.text[line.start : candidate.span.start]
        above = own.lines[number - 1].text if number else ""
        end = candidate.span.end
        last_number = own.line_of(max(candidate.span.start, end - 1))
        behind = own.text[end : own.lines[last_number].end]
        same = _closeness(near, before, from_end=True)
        over = _closeness(near, above, from_end=True) if not re.search(r"[^\W\d_]{3}", before) else 0.0
        letters = [character for character in candidate.text if character.isalpha()]
        place = lines_before[candidate.span.page] + number
        rows[index] = (
            same,
            over if same == 0 else 0.0,
            _closeness(near, behind, from_end=False),
            max(
                _closeness(avoid, before, from_end=True),
                0.7 * _closeness(avoid, above, from_end=True) * (over > 0 or not before.strip()),
            ),
            place / max(1, total_lines - 1),
            math.exp(-place / 3),
            place == 0,
            candidate.shape,
            math.log(repeats[candidate.value]),
            math.log1p(len(candidate.text)) / 4,
            candidate.span.start == line.start,
            end == own.lines[last_number].end,
            sum(letter.isupper() for letter in letters) / len(letters) if letters else 0.0,
            largest is not None and sizes[index] == largest,
            0.0,
            math.exp(-(candidate.span.page - 1)),
            sum(character.isdigit() for character in candidate.text) / len(candidate.text),
            0.0,
            candidate.above,
            candidate.below,
            candidate.first,
            candidate.last,
            candidate.text.count("\n"),
            sizes[index] == 0,
            sizes[index] in sums,
            sizes[index] in rests,
            _rounding(sizes[index], known),
        )
        if same > 0.5 or over > 0.5:
            last_near = index
            if first_near is None:
                first_near = index
    if last_near is not None and first_near is not None:
        rows[last_near, NAMES.index("last_near")] = 1.0
        rows[first_near, NAMES.index("near_first_match")] = 1.0
    return rows


class _PageLines:
    def __init__(self, lines: list[Line], text: str) -> None:
        self.lines = lines
        self.text = text
        self._starts = [line.start for line in lines]

    def line_of(self, position: int) -> int:
        return max(0, bisect.bisect_right(self._starts, position) - 1)


def _phrases(words: Sequence[str]) -> list[re.Pattern[str]]:
    """The words as patterns: whole words, in any case, with any white space between them."""
    spaced = [r"\s*".join(re.escape(part) for part in word.split()) for word in words]
    return [re.compile(rf"(?<!\w){phrase}(?!\w)", re.IGNORECASE) for phrase in spaced]


def _closeness(phrases: list[re.Pattern[str]], text: str, *, from_end: bool) -> float:
    """How near to the candidate a phrase stands: 1 beside it, falling by a half every 30 characters; 0 where none is there."""
    best = 0.0
    for phrase in phrases:
        for match in phrase.finditer(text):
            distance = len(text) - match.end() if from_end else match.start()
            best = max(best, 0.5 ** (distance / 30))
    return best


def _arithmetic(amounts: Sequence[Decimal]) -> tuple[set[Decimal], set[Decimal]]:
    """Amounts that are the sum of two others (net and tax, or the lines of a bill), and those that are the rest of one (cash less change).

    Only amounts with cents count, and only of pages that hold few enough for a coincidence to be rare.
    """
    exact = sorted({amount for amount in amounts if amount > 0 and amount.as_tuple().exponent == -2})
    if len(exact) > _MOST_AMOUNTS:
        return set(), set()
    known = set(exact)
    sums: set[Decimal] = set()
    rests: set[Decimal] = set()
    for index, left in enumerate(exact):
        for right in exact[index + 1 :]:
            if left + right in known:
                sums.add(left + right)
                rests |= {left, right}
    return sums, rests


def _rounding(amount: Decimal | None, amounts: Sequence[Decimal]) -> int:
    """1 for an amount that another one here was rounded to, as cash is to five cents; -1 for one that was rounded; 0 for others.

    ``amounts`` are sorted, each there once: a long document has thousands of them.
    """
    if amount is None:
        return 0
    whole = amount % _SMALLEST_COIN == 0
    first = bisect.bisect_right(amounts, amount - _SMALLEST_COIN)
    last = bisect.bisect_left(amounts, amount + _SMALLEST_COIN)
    for other in amounts[first:last]:
        if other != amount and (other % _SMALLEST_COIN == 0) != whole:
            return 1 if whole else -1
    return 0


def _size(value: str) -> Decimal | None:
    try:
        size = Decimal(value)
    except InvalidOperation:
        return None
    return size if size.is_finite() and size.adjusted() < _MOST_DIGITS else None  # "inf" is a word
