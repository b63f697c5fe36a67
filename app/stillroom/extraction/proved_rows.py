"""Rows that arithmetic proves: quantity × price = amount. Where no heading says what a table's columns are, that does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from statistics import median

from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.column_concepts import begins, only_totals
from stillroom.extraction.table_lines import Line, Word

Figure = Sequence[Candidate]
"""The readings of one number."""

_LEAST = 2
"""So many lines have to be proved: one may be so by chance."""
_LETTERS_BEHIND = 4  # of a currency, a class of tax
_MOST_FIGURES = 8  # of a line; one of more is none of goods


@dataclass(frozen=True, slots=True)
class Product:
    """A quantity and a price that make an amount."""

    quantity: Candidate
    price: Candidate
    amount: Candidate


@dataclass(frozen=True, slots=True)
class ProvedRow:
    """A row without a heading. ``line``: its number; ``product``: None where only lines around it are proved."""

    line: int
    item: tuple[Word, ...]
    amount: Candidate
    product: Product | None


def decimal_of(candidate: Candidate) -> Decimal | None:
    try:
        return Decimal(candidate.value)
    except InvalidOperation:
        return None


def is_product(quantity: Candidate, price: Candidate, amount: Candidate) -> bool:
    left, right, product = decimal_of(quantity), decimal_of(price), decimal_of(amount)
    if left is None or right is None or product is None:
        return False
    # The price may be rounded: its last digit counts as often as there are pieces.
    return abs(left * right - product) <= max(Decimal("0.011"), abs(product) / 5000)


def figures_of(line: Line, numbers: Mapping[int, Sequence[Candidate]]) -> Sequence[Figure]:
    """The numbers of a line from left to right, none within another. ``numbers``: of the document, by page."""
    start, end = line.words[0].start, line.words[-1].end
    inside = [each for each in numbers.get(line.page.number, ()) if start <= each.span.start and each.span.end <= end]
    inside.sort(key=lambda each: (each.span.start, -each.span.end))
    found: list[list[Candidate]] = []
    for each in inside:
        if found and each.span == found[-1][0].span:
            found[-1].append(each)
        elif not found or each.span.start >= found[-1][0].span.end:
            found.append([each])
    return found


def product_of(figures: Sequence[Figure], amount: Figure) -> Product | None:
    """The quantity and the price among some figures that make this amount, those that stand nearest to it."""
    if len(figures) > _MOST_FIGURES:
        return None
    for left, right in sorted(itertools.combinations(range(len(figures)), 2), key=lambda pair: (-pair[1], -pair[0])):
        for quantity, price, whole in itertools.product(figures[left], figures[right], amount):
            if decimal_of(whole) and is_product(quantity, price, whole):
                swapped = _cents(quantity) and not _cents(price)  # "12.00 x 2"
                return Product(*((price, quantity) if swapped else (quantity, price)), whole)
    return None


def _cents(candidate: Candidate) -> bool:
    number = decimal_of(candidate)
    return number is not None and number.as_tuple().exponent == -2


def proved_rows(lines: Sequence[Line], numbers: Mapping[int, Sequence[Candidate]]) -> list[ProvedRow]:
    """The rows of lines without a heading: those that are proved, and those among and below them with an amount in the same place."""
    found: dict[int, ProvedRow] = {}
    for number, line in enumerate(lines):
        if len(found) >= _LEAST and begins("totals", line.text):
            break
        if row := _proved(lines, number, line, numbers):
            found[number] = row
    if len(found) < _LEAST:
        return []
    edges = [_edge(lines[number], row.amount) for number, row in found.items()]
    usual = median(edges)
    first, last = min(found), max(found)
    for number, line in _below(lines, first, last):
        if number not in found and (row := _plain(number, line, numbers, usual)):
            found[number] = row
    return [found[number] for number in sorted(found)]


def _below(lines: Sequence[Line], first: int, last: int) -> Iterator[tuple[int, Line]]:
    """The lines from the first row on, to the first behind the last one that says a sum."""
    for number in range(first, len(lines)):
        line = lines[number]
        if number > last and (
            begins("totals", line.text) or begins("subtotals", line.text) or line.page is not lines[last].page
        ):
            return
        yield number, line


def _proved(
    lines: Sequence[Line], number: int, line: Line, numbers: Mapping[int, Sequence[Candidate]]
) -> ProvedRow | None:
    figures = figures_of(line, numbers)
    if len(figures) < 3 or not _ends_with(line, figures[-1]):
        return None
    product = product_of(figures[:-1], figures[-1])
    if product is None:
        return None
    used = (product.quantity, product.price, product.amount)
    item = _item(line, used)
    if not item and number and lines[number - 1].page is line.page:
        above = lines[number - 1]
        other = figures_of(above, numbers)
        item = () if other and _ends_with(above, other[-1]) and _cents(other[-1][0]) else _item(above, ())
    return ProvedRow(number, item, product.amount, product) if item else None


def _plain(number: int, line: Line, numbers: Mapping[int, Sequence[Candidate]], edge: float) -> ProvedRow | None:
    """A row that says an amount alone: a delivery, a discount."""
    figures = figures_of(line, numbers)
    if not figures or not _ends_with(line, figures[-1]) or begins("carried", line.text):
        return None
    amount = figures[-1][0]
    item = _item(line, (amount,))
    if not item or not _cents(amount) or abs(_edge(line, amount) - edge) > line.bottom - line.top:
        return None
    return None if only_totals(" ".join(word.text for word in item)) else ProvedRow(number, item, amount, None)


def _ends_with(line: Line, figure: Figure) -> bool:
    behind = line.page.text[figure[0].span.end : line.words[-1].end]
    return sum(character.isalpha() for character in behind) <= _LETTERS_BEHIND


def _edge(line: Line, amount: Candidate) -> float:
    return max((word.x1 for word in line.words if word.start < amount.span.end), default=0.0)


def _item(line: Line, used: Sequence[Candidate]) -> tuple[Word, ...]:
    """The longest run of words of one cell that are no figures: what the row is about; empty where there is none."""
    runs: list[list[Word]] = [[]]
    for word in line.words:
        taken = any(word.start < each.span.end and each.span.start < word.end for each in used)
        sign = len(word.text) == 1 and not word.text.isdigit()
        if taken or (runs[-1] and runs[-1][-1].cell != word.cell):
            runs.append([])
        if not taken and (runs[-1] or not sign):
            runs[-1].append(word)
    letters, best = max(
        ((sum(character.isalpha() for word in run for character in word.text), run) for run in runs),
        key=lambda pair: pair[0],
    )
    return tuple(best) if letters > 1 else ()
