"""An assignment: which value each field of a template takes, looked at together.

Two fields seldom have one place; what goes into a total adds up to it; what begins does so before it ends; whoever sends an invoice
is not its buyer. Each such thing raises or lowers whole assignments, and a field's values share the weight of those they stand in.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from stillroom.documents.document import Span
from stillroom.extraction.candidates.candidate import single_spaced
from stillroom.templates.template import FieldType

_VALUES = 6
_ASSIGNMENTS = 120
_CENT = Decimal("0.011")
# Log odds, set by hand: each is a matter of what documents are, none of one set of them.
_SAME_PLACE = -3.0
_SAME_PARTY = -3.0
_BACKWARDS = -4.0
_AT_ONCE = -1.0
_IN_NO_TIME = -6.0
_NO_BEGINNING = -3.0
_ADDS_UP = 2.5
_AMOUNTS_TOO_MUCH = -1.5


@dataclass(frozen=True, slots=True)
class Place:
    """A value a field may take.

    Attributes:
        value: canonical; None for *absent*.
        index: of its best candidate; -1 for none.
        share: its probability among the field's own.
        kind, role: of the field.
    """

    value: str | None
    index: int
    span: Span | None
    share: float
    kind: FieldType
    role: str


ADDENDS = ("net", "tax", "total")
"""The roles of amounts of which the last is the sum of the others."""


def sum_holds(fields: Sequence[Sequence[Place]]) -> bool:
    """Whether the likeliest net, tax and total of a document add up."""
    amounts: dict[str, Decimal | None] = {}
    for places in fields:
        best = max(places, key=lambda place: place.share)
        if best.role in ADDENDS:
            amounts[best.role] = _amount(best)
    net, tax, total = (amounts.get(role) for role in ADDENDS)
    return net is not None and tax is not None and total is not None and bool(tax) and abs(net + tax - total) <= _CENT


def decided_together(fields: Sequence[Sequence[Place]]) -> list[list[Place]]:
    """The places of each field, their shares as they are after all fields were looked at together.

    Deterministic; the time is in proportion to the fields. Only the best values of a field change their shares among each other.
    """
    order = sorted(range(len(fields)), key=lambda number: (-max(place.share for place in fields[number]), number))
    beam: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    tops = [_top(places) for places in fields]
    for number in order:
        grown = []
        for weight, taken in beam:
            others = [fields[order[at]][place] for at, place in enumerate(taken)]
            for choice in tops[number]:
                place = fields[number][choice]
                fit = sum(_fit(place, other) for other in others) + _sums(place, others)
                grown.append((weight + math.log(max(place.share, 1e-9)) + fit, (*taken, choice)))
        beam = heapq.nlargest(_ASSIGNMENTS, grown, key=lambda each: (each[0], tuple(-choice for choice in each[1])))
    most = max((weight for weight, _ in beam), default=0.0)
    found = [list(places) for places in fields]
    totals: list[dict[int, float]] = [{} for _ in fields]
    for weight, taken in beam:
        share = math.exp(weight - most)
        for at, choice in enumerate(taken):
            own = totals[order[at]]
            own[choice] = own.get(choice, 0.0) + share
    for number, own in enumerate(totals):
        whole = sum(fields[number][choice].share for choice in tops[number])
        weights = sum(own.values()) or 1.0
        for choice in tops[number]:
            share = whole * own.get(choice, 0.0) / weights
            # What no assignment of the best holds keeps a trace of what it had.
            found[number][choice] = replace(
                found[number][choice], share=max(share, 0.001 * fields[number][choice].share)
            )
    return found


def _top(places: Sequence[Place]) -> list[int]:
    values = [number for number, place in enumerate(places) if place.value is not None][:_VALUES]
    return [*values, *(number for number, place in enumerate(places) if place.value is None)]


def _fit(one: Place, other: Place) -> float:
    roles = {one.role, other.role}
    if one.value is None or other.value is None or one.span is None or other.span is None:
        first, second = (one, other) if one.role == "first" else (other, one)
        open_ended = roles == {"first", "second"} and first.value is None and second.value is not None
        return _NO_BEGINNING if open_ended and one.kind is other.kind else 0.0
    weight = 0.0
    if one.kind is other.kind and _overlap(one.span, other.span):
        weight += _SAME_PLACE
    if roles == {"issuer", "counterpart"} and _same(one.value, other.value):
        weight += _SAME_PARTY
    if roles == {"first", "second"} and one.kind is other.kind:
        start, end = (one.value, other.value) if one.role == "first" else (other.value, one.value)
        at_once = _AT_ONCE if one.kind is FieldType.DATE else _IN_NO_TIME  # a day may be a whole event, no minute is
        weight += _BACKWARDS if start > end else at_once if start == end else 0.0
    if roles == {"main", "second"} and one.kind is other.kind:
        start, end = (one.value, other.value) if one.role == "main" else (other.value, one.value)
        weight += _BACKWARDS / 2 if start > end else 0.0
    if "total" in roles and roles & {"net", "tax"}:
        total, part = _amount(one), _amount(other)
        if other.role == "total":
            total, part = part, total
        if total is not None and part is not None and abs(part) > abs(total):
            weight += _AMOUNTS_TOO_MUCH
    return weight


def _sums(place: Place, others: Sequence[Place]) -> float:
    """Whether an amount completes a sum of net, tax and total."""
    if place.role not in ADDENDS:
        return 0.0
    amounts = {other.role: _amount(other) for other in others if other.role in ADDENDS}
    amounts[place.role] = _amount(place)
    net, tax, total = amounts.get("net"), amounts.get("tax"), amounts.get("total")
    if net is None or tax is None or total is None or not tax:
        return 0.0
    return _ADDS_UP if abs(net + tax - total) <= _CENT else -0.5


def _amount(place: Place) -> Decimal | None:
    try:
        return Decimal(place.value or "")
    except InvalidOperation:
        return None


def _same(one: str, other: str) -> bool:
    return single_spaced(one).casefold() == single_spaced(other).casefold()


def _overlap(left: Span, right: Span) -> bool:
    return left.page == right.page and left.start < right.end and right.start < left.end
