"""Electronic invoices that are XML alone (XRechnung, Peppol, UBL, CII): their data as text, each value with its name."""

from __future__ import annotations

from dataclasses import replace

from stillroom.documents.document import Stated
from stillroom.documents.e_invoice import leaves, read_stated
from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.table import CELL_SEPARATOR


def read(source: Source) -> Content:
    """One page: what every invoice has, its lines as a table, then all that stands in the file. Raises DocumentError."""
    stated = read_stated(source.data)
    head = [f"{item.label}: {item.value}" for item in stated if item.row is None]
    further = [f"{name}: {text}" for name, text in leaves(source.data)]
    blocks = [head, _table([item for item in stated if item.row is not None]), further]
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return replace(one_page(text), stated=stated)


def _table(cells: list[Stated]) -> list[str]:
    labels = list(dict.fromkeys(cell.label for cell in cells))
    rows: dict[int, dict[str, str]] = {}
    for cell in cells:
        rows.setdefault(cell.row or 0, {})[cell.label] = cell.value
    if not rows:
        return []
    return [
        CELL_SEPARATOR.join(labels),
        *(CELL_SEPARATOR.join(row.get(label, "") for label in labels) for row in rows.values()),
    ]
