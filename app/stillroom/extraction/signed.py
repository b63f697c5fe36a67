"""What persons said of a result, as exports show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SignedValue:
    """A verdict on one value: what it was, by whom, when (UTC, ISO 8601). ``doubtful``: nobody looked, and somebody should."""

    verdict: str = ""
    person: str = ""
    moment: str = ""
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A document that was or is to be reviewed.

    Attributes:
        state: ``approved``, ``rejected`` or ``open``; then by whom, when and, of a rejection, why.
        to_check: things that are to be looked at.
        values: by field, number of the item from 1, and column.
        address: of the file, for a link to it; empty for none.
    """

    state: str = "open"
    person: str = ""
    moment: str = ""
    reason: str = ""
    to_check: int = 0
    values: dict[tuple[str, int, str], SignedValue] = field(default_factory=dict)
    address: str = ""

    def value(self, name: str, item: int, column: str) -> SignedValue:
        return self.values.get((name, item, column), _NOTHING)

    def doubtful(self, name: str) -> bool:
        """Whether anything of a field is to be looked at."""
        return any(value.doubtful for place, value in self.values.items() if place[0] == name)


_NOTHING = SignedValue()


def signed_to_json(signed: SignedDocument) -> dict[str, Any]:
    """The ``review`` of a line of JSON."""
    data: dict[str, Any] = {"state": signed.state, "to_check": signed.to_check}
    if signed.person:
        data |= {"by": signed.person, "at": signed.moment}
    if signed.reason:
        data["reason"] = signed.reason
    verdicts = [
        {
            "field": name,
            "item": item,
            "column": column,
            "verdict": value.verdict,
            "by": value.person,
            "at": value.moment,
        }
        for (name, item, column), value in signed.values.items()
        if value.verdict
    ]
    return data | {"verdicts": verdicts}
