"""Two runs beside each other: which values of the same documents differ, and how many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from stillroom.extraction.columns import parts
from stillroom.extraction.result import DocumentResult


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that two runs see differently. ``item``: from 1; ``left``, ``right``: None where one has none there."""

    file: str
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
    """

    documents: int
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]
    fields: dict[str, FieldCount]
    missing: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def same(self) -> int:
        return sum(each.same for each in self.fields.values())


def compare(left: Iterable[DocumentResult], right: Iterable[DocumentResult]) -> Comparison:
    """Compare what two runs say of the same files (by their SHA-256). Rows that failed count as not there."""
    one, other = _by_file(left), _by_file(right)
    both = [sha256 for sha256 in one if sha256 in other]
    fields: dict[str, FieldCount] = {}
    missing: dict[str, None] = {}
    found: list[Difference] = []
    for sha256 in both:
        mine, theirs = _values(one[sha256]), _values(other[sha256])
        for name in dict.fromkeys((*mine, *theirs)):
            if name not in mine or name not in theirs:
                missing[name] = None
                continue
            same, differ = 0, []
            for place in dict.fromkeys((*mine[name], *theirs[name])):
                values = mine[name].get(place), theirs[name].get(place)
                if values[0] == values[1]:
                    same += 1
                else:
                    differ.append(Difference(PurePath(one[sha256].file).name, name, *place, *values))
            before = fields.get(name, FieldCount())
            fields[name] = FieldCount(before.same + same, before.different + len(differ))
            found += differ
    names = [
        [PurePath(row.file).name for key, row in own.items() if key not in rest]
        for own, rest in ((one, other), (other, one))
    ]
    return Comparison(len(both), tuple(names[0]), tuple(names[1]), fields, tuple(missing), tuple(found))


def _by_file(results: Iterable[DocumentResult]) -> dict[str, DocumentResult]:
    return {result.sha256 or result.file: result for result in results if result.fields}


def _values(result: DocumentResult) -> dict[str, dict[tuple[int, str], str | None]]:
    """Every value by field, item and column."""
    return {
        name: {(number, column): value.value for number, column, value in parts(found)}
        for name, found in result.fields.items()
    }
