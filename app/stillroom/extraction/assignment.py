"""An assignment: which value each field of a template takes, looked at together.

Two fields seldom have one place; what goes into a total adds up to it; what begins does so before it ends; whoever sends an invoice
is not its buyer. Each such thing raises or lowers whole assignments, and a field's values share the weight of those they stand in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Span
from stillroom.extraction.candidates.candidate import single_spaced
from stillroom.templates.template import FieldType

Vector = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
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


@dataclass(slots=True)
class Place:
    """A value a field may take. It is never changed; that it is not frozen makes it in a third of the time.

    Attributes:
        value: canonical; None for *absent*.
        index: of its best candidate; -1 for none.
        share: its probability among the field's own.
        kind, role: of the field.
        behind: of an address, where what stands before it ends, numbers passed over; -1 where nothing does, and for anything else.
    """

    value: str | None
    index: int
    span: Span | None
    share: float
    kind: FieldType
    role: str
    behind: int = -1


ADDENDS = ("net", "tax", "total")
"""The roles of amounts of which the last is the sum of the others."""


_WHO_AND_WHERE = ({FieldType.ADDRESS, FieldType.ORGANISATION}, {FieldType.ADDRESS, FieldType.NAME})
_NAME_IN_ADDRESS = -2.0  # the line of the name goes to one of them
_NAME_BEFORE_ADDRESS = 1.0  # and between them mostly nothing stands but a number
_GAP = 3  # characters


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

    Deterministic; the time is in proportion to the pairs of fields. Only the best values of a field change their shares among each other.
    """
    order = sorted(range(len(fields)), key=lambda number: (-max(place.share for place in fields[number]), number))
    tops = [_top(places) for places in fields]
    best = [[fields[number][choice] for choice in tops[number]] for number in range(len(fields))]
    weights, taken = (
        np.zeros(1),
        np.zeros((1, 0), dtype=np.int64),
    )  # of assignments; of each, the choices of the fields so far
    roles: dict[str, int] = {}  # where in the order the addend of this role is
    for at, number in enumerate(order):
        own = best[number]
        grown = weights[:, None] + np.log([max(place.share, 1e-9) for place in own])
        for earlier in range(at):
            if _touch(own[0], best[order[earlier]][0]):
                grown = grown + _fits(own, best[order[earlier]])[:, taken[:, earlier]].T
        if own[0].role in ADDENDS:
            roles[own[0].role] = at
            if len(roles) == len(ADDENDS):
                grown = grown + _sums([best[order[roles[role]]] for role in ADDENDS], roles, at, taken)
        choices = np.hstack([np.repeat(taken, len(own), axis=0), np.tile(np.arange(len(own)), len(weights))[:, None]])
        weights = grown.ravel()
        # The heaviest; of those that weigh the same the one with the better places.
        kept = np.lexsort((*choices.T[::-1], -weights))[:_ASSIGNMENTS]
        weights, taken = weights[kept], choices[kept]
    most = float(weights.max())
    found = [list(places) for places in fields]
    totals: list[dict[int, float]] = [{} for _ in fields]
    for share, assigned in zip(np.exp(weights - most).tolist(), taken.tolist(), strict=True):
        for at, choice in enumerate(assigned):
            own_totals = totals[order[at]]
            place = tops[order[at]][choice]
            own_totals[place] = own_totals.get(place, 0.0) + share
    for number, shares in enumerate(totals):
        whole = sum(fields[number][choice].share for choice in tops[number])
        together = sum(shares.values()) or 1.0
        for choice in tops[number]:
            share = whole * shares.get(choice, 0.0) / together
            # What no assignment of the best holds keeps a trace of what it had.
            found[number][choice] = replace(
                found[number][choice], share=max(share, 0.001 * fields[number][choice].share)
            )
    return found


def _top(places: Sequence[Place]) -> list[int]:
    values = [number for number, place in enumerate(places) if place.value is not None][:_VALUES]
    return [*values, *(number for number, place in enumerate(places) if place.value is None)]


def _touch(one: Place, other: Place) -> bool:
    """Whether two fields, each by any of its places, can say anything of each other."""
    roles = {one.role, other.role}
    parts = "total" in roles and bool(roles & {"net", "tax"})
    return one.kind is other.kind or roles == {"issuer", "counterpart"} or parts or _who_and_where(one, other)


def _who_and_where(one: Place, other: Place) -> bool:
    """Whether one is an address and the other whose it may be."""
    return {one.kind, other.kind} in _WHO_AND_WHERE


def _fits(these: Sequence[Place], others: Sequence[Place]) -> Vector:
    return np.array([[_fit(one, other) for other in others] for one in these])


def _fit(one: Place, other: Place) -> float:
    roles = {one.role, other.role}
    if one.value is None or other.value is None or one.span is None or other.span is None:
        first, second = (one, other) if one.role == "first" else (other, one)
        open_ended = roles == {"first", "second"} and first.value is None and second.value is not None
        return _NO_BEGINNING if open_ended and one.kind is other.kind else 0.0
    weight = 0.0
    if one.kind is other.kind and _overlap(one.span, other.span):
        weight += _SAME_PLACE
    if _who_and_where(one, other) and _overlap(one.span, other.span):
        weight += _NAME_IN_ADDRESS
    if _who_and_where(one, other) and _follows(one, other):
        weight += _NAME_BEFORE_ADDRESS
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


def _sums(addends: Sequence[Sequence[Place]], roles: Mapping[str, int], at: int, taken: Places) -> Vector:
    """Whether an amount completes a sum: of each assignment, by the choice of the field at this place of the order.

    ``addends``: the places of net, tax and total; ``roles``: where in the order each is.
    """
    net, tax, total = ([_amount(place) for place in places] for places in addends)
    worth = np.array([[[_sum(one, other, whole) for whole in total] for other in tax] for one in net])
    places = [taken[:, roles[role], None] if roles[role] != at else np.arange(len(own)) for role, own in zip(
        ADDENDS, addends, strict=True
    )]  # fmt: skip
    found: Vector = worth[places[0], places[1], places[2]]
    return found


def _sum(net: Decimal | None, tax: Decimal | None, total: Decimal | None) -> float:
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


def _follows(one: Place, other: Place) -> bool:
    """Whether nothing stands between a name and an address behind it."""
    who, where = (one, other) if other.kind is FieldType.ADDRESS else (other, one)
    if who.span is None or where.span is None or who.span.page != where.span.page:
        return False
    return who.span.start < where.behind <= who.span.end + _GAP


def _overlap(left: Span, right: Span) -> bool:
    return left.page == right.page and left.start < right.end and right.start < left.end
