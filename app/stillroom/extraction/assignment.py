"""An assignment: which value each field of a template takes, looked at together.

Two fields seldom have one place; what goes into a total adds up to it; what begins does so before it ends; whoever sends an invoice
is not its buyer. Each such thing raises or lowers whole assignments, and a field's values share the weight of those they stand in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Span
from stillroom.extraction.candidates.candidate import single_spaced
from stillroom.templates.template import FieldType

Vector = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
_VALUES = 6
_ASSIGNMENTS = 300  # of the fields of a group
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


_OF_ONE_TEXT = (
    {FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT, FieldType.IDENTIFIER},
    {FieldType.NAME, FieldType.ORGANISATION, FieldType.LINE},
)
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


Fits = dict[tuple[int, ...], tuple[object, Vector | None]]
"""By the numbers of fields: of which places it was reckoned what they say of each other, and that; None for nothing."""


def decided_together(fields: Sequence[Sequence[Place]], fits: Fits | None = None) -> list[list[Place]]:
    """The places of each field, their shares as they are after all fields were looked at together.

    Deterministic; the time is in proportion to the pairs of fields. Only the best values of a field change their shares among each other.

    ``fits``: of the same fields of the same document when they were looked at before, where nothing of them changed but their shares.
    """
    fits = fits if fits is not None else {}
    order = sorted(range(len(fields)), key=lambda number: (-max(place.share for place in fields[number]), number))
    tops = [_top(places) for places in fields]
    best = [[fields[number][choice] for choice in tops[number]] for number in range(len(fields))]
    found = [list(places) for places in fields]
    for group in _groups(order, best, fits):
        for number, places in zip(group, _shared(group, best, fits), strict=True):
            top = tops[number]
            whole = sum(fields[number][choice].share for choice in top)
            for choice, share in zip(top, places, strict=True):
                place = fields[number][choice]
                # What no assignment of the best holds keeps a trace of what it had.
                share = max(whole * share, 0.001 * place.share)
                found[number][choice] = Place(
                    place.value, place.index, place.span, share, place.kind, place.role, place.behind
                )
    return found


def _groups(order: Sequence[int], best: Sequence[Sequence[Place]], fits: Fits) -> list[list[int]]:
    """Fields that say something of each other, straight or by others, each group in this order; those that stand alone are left out.

    Of all fields at once only the likeliest assignments could be held, and a field that nothing is said of would have no other value in
    any of them: it would be sure of its best.
    """
    group_of = {number: [number] for number in order}

    def join(one: int, other: int) -> None:
        into, from_ = group_of[one], group_of[other]
        if into is not from_:
            into += from_
            group_of.update(dict.fromkeys(from_, into))

    addends = [number for number in order if best[number][0].role in ADDENDS]
    if {best[number][0].role for number in addends} == set(ADDENDS):
        for number in addends[1:]:
            join(addends[0], number)
    for at, number in enumerate(order):
        for earlier in order[:at]:
            if _known_fits(number, earlier, best, fits) is not None:
                join(earlier, number)
    places = {number: at for at, number in enumerate(order)}
    groups = {id(group): group for group in group_of.values() if len(group) > 1}
    return [sorted(group, key=places.__getitem__) for group in groups.values()]


def _shared(order: Sequence[int], best: Sequence[Sequence[Place]], fits: Fits) -> list[list[float]]:
    """Of each of these fields the shares of its best values, which add up to one."""
    weights, taken = (
        np.zeros(1),
        np.zeros((1, 0), dtype=np.int64),
    )  # of assignments; of each, the choices of the fields so far
    ranks = np.zeros(1, dtype=np.int64)  # of assignments, in the order of their choices
    roles: dict[str, int] = {}  # where in the order the addend of this role is
    for at, number in enumerate(order):
        own = best[number]
        grown = weights[:, None] + np.log([max(place.share, 1e-9) for place in own])
        for earlier in range(at):
            fit = _known_fits(number, order[earlier], best, fits)
            if fit is not None:
                grown = grown + fit[:, taken[:, earlier]].T
        if own[0].role in ADDENDS:
            roles[own[0].role] = at
            if len(roles) == len(ADDENDS):
                grown = grown + _sums([order[roles[role]] for role in ADDENDS], best, fits, roles, at, taken)
        weights = grown.ravel()
        codes = (ranks[:, None] * len(own) + np.arange(len(own))).ravel()
        some = np.arange(len(weights))
        if len(some) > _ASSIGNMENTS:
            some = np.flatnonzero(weights >= np.partition(weights, -_ASSIGNMENTS)[-_ASSIGNMENTS])
        # The heaviest; of those that weigh the same the one with the better places.
        kept = some[np.lexsort((codes[some], -weights[some]))[:_ASSIGNMENTS]]
        before, choices = np.divmod(kept, len(own))
        weights, taken = weights[kept], np.hstack([taken[before], choices[:, None]])
        ranks = np.argsort(np.argsort(codes[kept]))
    shares = np.exp(weights - float(weights.max()))
    totals = (np.bincount(taken[:, at], weights=shares, minlength=len(best[number])) for at, number in enumerate(order))
    return [(each / float(each.sum())).tolist() for each in totals]


def _known_fits(number: int, earlier: int, best: Sequence[Sequence[Place]], fits: Fits) -> Vector | None:
    """How the places of a field fit those of an earlier one; None where the two have nothing to do with each other."""
    own, others = best[number], best[earlier]
    of = [place.index for place in own], [place.index for place in others]
    known = fits.get((number, earlier))
    if known is None or known[0] != of:
        fit = _fits(own, others) if _touch(own[0], others[0]) else None
        known = fits[number, earlier] = of, fit if fit is not None and fit.any() else None
    return known[1]


def _top(places: Sequence[Place]) -> list[int]:
    values = [number for number, place in enumerate(places) if place.value is not None][:_VALUES]
    return [*values, *(number for number, place in enumerate(places) if place.value is None)]


def _touch(one: Place, other: Place) -> bool:
    """Whether two fields, each by any of its places, can say anything of each other."""
    roles = {one.role, other.role}
    parts = "total" in roles and bool(roles & {"net", "tax"})
    if one.kind is other.kind or _alike(one, other):
        return True
    return roles == {"issuer", "counterpart"} or parts or _who_and_where(one, other)


def _alike(one: Place, other: Place) -> bool:
    """Whether fields of two types may both be offered one text: an amount and a year, a line and a name."""
    return any(one.kind in kinds and other.kind in kinds for kinds in _OF_ONE_TEXT)


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
    if (one.kind is other.kind and _overlap(one.span, other.span)) or (one.span == other.span and _alike(one, other)):
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


def _sums(
    addends: Sequence[int],
    best: Sequence[Sequence[Place]],
    fits: Fits,
    roles: Mapping[str, int],
    at: int,
    taken: Places,
) -> Vector:
    """Whether an amount completes a sum: of each assignment, by the choice of the field at this place of the order.

    ``addends``: the fields of net, tax and total; ``roles``: where in the order each is.
    """
    of = [[place.index for place in best[number]] for number in addends]
    known = fits.get(tuple(addends))
    if known is None or known[0] != of:
        net, tax, total = ([_amount(place) for place in best[number]] for number in addends)
        worth = np.array([[[_sum(one, other, whole) for whole in total] for other in tax] for one in net])
        known = fits[tuple(addends)] = of, worth
    assert known[1] is not None
    places = [taken[:, roles[role], None] if roles[role] != at else np.arange(len(own)) for role, own in zip(
        ADDENDS, of, strict=True
    )]  # fmt: skip
    found: Vector = known[1][places[0], places[1], places[2]]
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
