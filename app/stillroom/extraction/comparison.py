"""Two runs beside each other: which values of the same documents differ, and how many."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from stillroom.extraction.columns import parts
from stillroom.extraction.result import DocumentResult


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that two runs see differently.

    Attributes:
        left_row, right_row: positions of the document in the runs.
        item: from 1.
        left, right: None where one has none there.
    """

    file: str
    left_row: int
    right_row: int
    field: str
    item: int
    column: str
    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class FieldCount:
    """A count for one field: how many values both have alike, and how many not."""

    same: int = 0
    different: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs over documents.

    Attributes:
        documents: that both have. only_left, only_right: names of those that one has.
        fields: by name, those that both were asked for. missing: names of fields that one was not asked for.
        differences: in the order of the left run.
        headings: of fields, by name, as far as the runs' templates were at hand.
    """

    documents: int
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]
    fields: dict[str, FieldCount]
    missing: tuple[str, ...]
    differences: tuple[Difference, ...]
    headings: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def same(self) -> int:
        return sum(each.same for each in self.fields.values())


def compare(left: Iterable[DocumentResult | None], right: Iterable[DocumentResult | None]) -> Comparison:
    """Compare what two runs say of the same files (by their SHA-256), by position. Rows that failed, and such as are not finished
    (None), count as not there."""
    one, other = _by_file(left), _by_file(right)
    both = [sha256 for sha256 in one if sha256 in other]
    fields: dict[str, FieldCount] = {}
    missing: dict[str, None] = {}
    found: list[Difference] = []
    for sha256 in both:
        (here, mine), (there, theirs) = one[sha256], other[sha256]
        mine_by_field, theirs_by_field = _values(mine), _values(theirs)
        for name in dict.fromkeys((*mine_by_field, *theirs_by_field)):
            if name not in mine_by_field or name not in theirs_by_field:
                missing[name] = None
                continue
            same, differ = 0, []
            for place in dict.fromkeys((*mine_by_field[name], *theirs_by_field[name])):
                values = mine_by_field[name].get(place), theirs_by_field[name].get(place)
                if values[0] == values[1]:
                    same += 1
                else:
                    differ.append(Difference(PurePath(mine.file).name, here, there, name, *place, *values))
            before = fields.get(name, FieldCount())
            fields[name] = FieldCount(before.same + same, before.different + len(differ))
            found += differ
    names = [
        [PurePath(row.file).name for key, (_, row) in own.items() if key not in rest]
        for own, rest in ((one, other), (other, one))
    ]
    return Comparison(len(both), tuple(names[0]), tuple(names[1]), fields, tuple(missing), tuple(found))


def _by_file(results: Iterable[DocumentResult | None]) -> dict[str, tuple[int, DocumentResult]]:
    return {
        result.sha256 or result.file: (position, result)
        for position, result in enumerate(results)
        if result is not None and result.fields
    }


def _values(result: DocumentResult) -> dict[str, dict[tuple[int, str], str | None]]:
    """Every value by field, item and column."""
    return {
        name: {(number, column): value.value for number, column, value in parts(found)}
        for name, found in result.fields.items()
    }
