"""The signs by which candidates are told apart, each with its name: what labels say around one, and what it is itself.

``layout`` finds them on the page, ``ranking`` weighs them. Their columns have the names that resources/ranking.json holds.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from operator import attrgetter

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


class Place(IntEnum):
    """Where a label may stand, and its column of each table of ``Said``."""

    INLINE = 0
    """Before the value in its cell."""
    INLINE_SECOND = 1
    """One word group further."""
    LEFT = 2
    """In the cell to its left."""
    LEFT_SECOND = 3
    """In a cell further left."""
    ABOVE = 4
    """In the line above."""
    COLUMN = 5
    """At the head of its column."""
    BLOCK = 6
    """At the head of its block."""
    BELOW = 7
    """In the line below."""
    BEHIND = 8
    PROSE = 9
    """In running text before it."""


_SAYINGS = ("own", "rival", "avoid")
_GROUPS = {"beside": [Place.INLINE, Place.LEFT], "over": [Place.ABOVE, Place.COLUMN]}
_SILENT = 0.05


@dataclass(frozen=True, slots=True)
class Said:
    """What labels say around the candidates of a field, 0 to 1: a row for each candidate, a column for each place.

    Attributes:
        own: of this field.
        rival: of another thing.
        avoid: of what the template says the field is not.
    """

    own: Vector
    rival: Vector
    avoid: Vector

    @classmethod
    def nothing(cls, candidates: int) -> Said:
        return cls(*(np.zeros((candidates, len(Place))) for _ in _SAYINGS))

    def hear_all(self, rows: Sequence[int], places: Sequence[int], says: Sequence[Sequence[float]]) -> None:
        """The same of many, where nothing was heard at these places before."""
        if rows:
            for table, values in zip((self.own, self.rival, self.avoid), np.maximum(0.0, says).T, strict=True):
                table[rows, places] = values

    def strong(self) -> Vector:
        """How far each candidate has a label of its own, less what others say where that one is weak."""
        beside = self.own[:, _GROUPS["beside"]].max(axis=1)
        rival = self.rival[:, _GROUPS["beside"]].max(axis=1)
        strong: Vector = np.maximum(beside, np.maximum(self.own[:, Place.ABOVE], self.own[:, Place.PROSE]))
        strong -= rival * (beside < 0.5)
        return strong

    def columns(self) -> list[Vector]:
        """Place by place what is said there, then what the places of a group say together, and whether they are silent."""
        told = np.stack([self.own, self.rival, self.avoid], axis=2)
        found = [told.reshape(len(told), len(Place) * len(_SAYINGS))]
        for places in _GROUPS.values():
            together = told[:, places].max(axis=1)
            found += [together, (together.max(axis=1, keepdims=True) < _SILENT).astype(np.float64)]
        return found


@dataclass(slots=True)
class OwnSigns:
    """What one candidate is, by itself and among the others of its field; most lie between 0 and 1."""

    like_beside: float = 0.0
    like_over: float = 0.0
    like_below: float = 0.0
    like_head: float = 0.0
    unlike_beside: float = 0.0
    unlike_over: float = 0.0
    unlike_head: float = 0.0
    like_most: float = 0.0
    label_like: float = 0.0
    colon_behind: float = 0.0
    name_known: float = 0.0
    name_whole: float = 0.0
    name_titled: float = 0.0
    single: float = 0.0
    small: float = 0.0
    employer: float = 0.0
    employed: float = 0.0
    in_subject: float = 0.0
    said_again: float = 0.0
    at_time: float = 0.0
    place_known: float = 0.0
    town: float = 0.0
    venue: float = 0.0
    part: float = 0.0
    no_person: float = 0.0
    everyday: float = 0.0
    quoted: float = 0.0
    called: float = 0.0
    introduced: float = 0.0
    titled: float = 0.0
    begins: float = 0.0
    signed: float = 0.0
    signed_below: float = 0.0
    held: float = 0.0
    legal: float = 0.0
    legal_inside: float = 0.0
    named_whole: float = 0.0
    first_own: float = 0.0
    last_own: float = 0.0
    only_own: float = 0.0
    place: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    first_line: float = 0.0
    early_page: float = 0.0
    last_page: float = 0.0
    right: float = 0.0
    shape: float = 0.0
    above_shape: float = 0.0
    below_shape: float = 0.0
    first_shape: float = 0.0
    last_shape: float = 0.0
    loose_first: float = 0.0
    loose_last: float = 0.0
    street: float = 0.0
    cut_before: float = 0.0
    cut_behind: float = 0.0
    cut_below: float = 0.0
    plain_below: float = 0.0
    lines: float = 0.0
    length: float = 0.0
    digits: float = 0.0
    capitals: float = 0.0
    whole_cell: float = 0.0
    whole_line: float = 0.0
    line_start: float = 0.0
    line_end: float = 0.0
    colon: float = 0.0
    label: float = 0.0
    label_first: float = 0.0
    gaps: float = 0.0
    holds_colon: float = 0.0
    repeats: float = 0.0
    size: float = 0.0
    range_first: float = 0.0
    range_second: float = 0.0
    order_first: float = 0.0
    order_second: float = 0.0
    column_mates: float = 0.0
    row_mates: float = 0.0
    failed: float = 0.0
    currency: float = 0.0
    defined: float = 0.0
    joined: float = 0.0
    fits: float = 0.0
    domain: float = 0.0
    contained: float = 0.0
    largest: float = 0.0
    relative: float = 0.0
    cents: float = 0.0
    zero: float = 0.0
    negative: float = 0.0
    sum: float = 0.0
    rest: float = 0.0
    paid: float = 0.0
    due: float = 0.0
    taxed: float = 0.0
    untaxed: float = 0.0
    levied: float = 0.0
    rounded: float = 0.0
    last_amount: float = 0.0
    last_largest: float = 0.0
    earliest: float = 0.0
    latest: float = 0.0
    recent: float = 0.0
    majority_year: float = 0.0
    cited: float = 0.0
    position_first: float = 0.0
    position_last: float = 0.0
    slip: float = 0.0


# How far a page is a till's slip is the same for all of its candidates: it says nothing by itself.
_OWN_NAMES = tuple(each.name for each in fields(OwnSigns) if each.name != "slip")
# What says something by the part that a field plays alone: a country's name speaks for a jurisdiction, and against a person.
_BY_ROLE_ALONE = [
    _OWN_NAMES.index(sign)
    for sign in (
        "place_known", "venue", "name_titled", "single", "small", "employer", "employed", "in_subject", "said_again",
        "at_time",
    )
]  # fmt: skip
# What tells items of a list from whatever else is capitalised. A single name is chosen by its label and place: where these signs
# counted as well, receipts and invoices of senders never seen lost a twelfth of their issuers.
_OF_LISTS = [
    _OWN_NAMES.index(sign)
    for sign in (
        "everyday", "quoted", "called", "introduced", "titled", "begins", "signed", "signed_below", "held", "legal", "legal_inside",
        "named_whole", "no_person",
    )
]  # fmt: skip
_own_row = attrgetter(*_OWN_NAMES)

_PARTY = ("town", "top", "first_line", "place", "repeats", "size", "domain", "shape", "position_first")
_AMOUNT = (
    "largest", "relative", "sum", "rest", "taxed", "untaxed", "levied", "last_amount", "place", "repeats", "last_own",
)  # fmt: skip
_BY_ROLE = {
    "issuer": _PARTY,
    "counterpart": _PARTY,
    "total": (
        "largest",
        "relative",
        "sum",
        "rest",
        "paid",
        "due",
        "taxed",
        "untaxed",
        "levied",
        "last_amount",
        "last_largest",
        "place",
        "rounded",
        "repeats",
        "last_own",
    ),
    "net": _AMOUNT,
    "tax": _AMOUNT,
    "main": (
        "top",
        "place",
        "earliest",
        "latest",
        "repeats",
        "position_first",
        "recent",
        "range_first",
        "range_second",
    ),
    "first": ("top", "place", "earliest", "latest", "repeats", "position_first"),
    "second": ("top", "place", "earliest", "latest", "repeats", "position_last"),
    "number": ("top", "place", "repeats", "size", "position_first"),
    "tax_id": ("top", "place", "repeats"),
    "place": ("place_known", "name_known", "place", "repeats", "whole_cell", "length"),
    "venue": (
        "venue",
        "top",
        "place",
        "repeats",
        "whole_cell",
        "length",
        "digits",
        "part",
        "small",
        "employer",
        "at_time",
    ),
    "person": (
        "name_known",
        "name_whole",
        "place_known",
        "top",
        "place",
        "repeats",
        "lines",
        "whole_cell",
        "domain",
        "part",
        "town",
        "no_person",
        "name_titled",
        "single",
        "small",
        "employer",
        "employed",
        "in_subject",
        "said_again",
        "everyday",
        "titled",
        "named_whole",
        "legal",
        "at_time",
        "venue",
    ),
}

# Signs that mean something else on a till's slip: there they count once more, as far as the page is one.
_ON_SLIPS = (
    "top", "place", "first_line", "shape", "above_shape", "below_shape", "loose_first", "loose_last", "lines", "digits",
)  # fmt: skip


@functools.cache
def sign_names() -> tuple[str, ...]:
    """The columns of what ``signs_of`` gives."""
    told = tuple(f"{saying}_{place.name.lower()}" for place in Place for saying in _SAYINGS)
    grouped = tuple(f"{saying}_{group}" for group in _GROUPS for saying in (*_SAYINGS, "nothing"))
    roles = tuple(f"{role}:{sign}" for role, signs in _BY_ROLE.items() for sign in signs)
    return (*told, *grouped, *_OWN_NAMES, *roles, *(f"slip:{sign}" for sign in _ON_SLIPS))


def signs_of(said: Said, own: Sequence[OwnSigns], role: str, *, several: bool = False) -> Vector:
    """One row a candidate, one column a name of ``sign_names()``. ``role``: of the field; its own signs count once more under it.
    ``several``: the field is a list.
    """
    if len(own) <= _AT_ONCE:
        return _signs_of(said, own, role, several)
    # A long document has a hundred thousand candidates of every field: they are held in half of the memory, as they are kept on disk.
    found = np.empty((len(own), len(sign_names())), dtype=np.float32)
    for at in range(0, len(own), _AT_ONCE):
        until = at + _AT_ONCE
        part = Said(said.own[at:until], said.rival[at:until], said.avoid[at:until])
        found[at:until] = _signs_of(part, own[at:until], role, several)
    return found  # type: ignore[return-value]  # what is reckoned with it is float64


_AT_ONCE = 2_000  # candidates


def _signs_of(said: Said, own: Sequence[OwnSigns], role: str, several: bool) -> Vector:
    rows = np.array([_own_row(each) for each in own])
    roles = [
        rows[:, [_OWN_NAMES.index(sign) for sign in signs]] if each == role else np.zeros((len(rows), len(signs)))
        for each, signs in _BY_ROLE.items()
    ]
    rows[:, _BY_ROLE_ALONE] = 0.0
    if not several:
        rows[:, _OF_LISTS] = 0.0
    slips = np.array([[each.slip] for each in own])
    on_slips = rows[:, [_OWN_NAMES.index(sign) for sign in _ON_SLIPS]] * slips
    result: Vector = np.hstack([*said.columns(), rows, *roles, on_slips])
    return result
