"""The business terms of the European standard EN 16931 for electronic invoices, and where they stand in such a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from stillroom import paths

_SEGMENT = re.compile(r"([\w|]+)(\[.*\])?")


@dataclass(frozen=True, slots=True)
class Term:
    """A business term of EN 16931.

    Attributes:
        name: its number, such as ``BT-1``. label: in words. kind: text, date, amount or number.
        concept: what templates call it. fields: other names of fields that mean it.
        row: whether it belongs to one line of the invoice. cii, ubl: where it stands, as XPath.
    """

    name: str
    label: str
    kind: str
    concept: str
    fields: tuple[str, ...]
    row: bool
    cii: tuple[str, ...]
    ubl: tuple[str, ...]


@cache
def terms() -> tuple[Term, ...]:
    """All that are known, in the order of an invoice."""
    data = paths.resource_tables("e-invoice")
    return tuple(
        Term(
            item["term"],
            item["label"],
            item["kind"],
            item["concept"],
            tuple(item.get("fields", ())),
            bool(item.get("row", False)),
            tuple(map(_xpath, item["cii"])),
            tuple(map(_xpath, item["ubl"])),
        )
        for item in data["terms"]
    )


def _xpath(path: str) -> str:
    """``A|B/C[…]`` as XPath over names without their namespaces."""
    start = ".//" if path.startswith("//") else "./"
    steps: list[str] = []
    depth = 0
    current = ""
    for character in path.removeprefix("//"):
        depth += (character == "[") - (character == "]")
        if character == "/" and depth == 0:
            steps.append(current)
            current = ""
        else:
            current += character
    steps.append(current)
    written: list[str] = []
    for step in steps:
        match = _SEGMENT.fullmatch(step)
        assert match, step
        names = " or ".join(f"local-name()='{name}'" for name in match[1].split("|"))
        written.append(f"*[{names}]{match[2] or ''}")
    return start + "/".join(written)
