"""Cells as text for the clipboard."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt


def as_text(indexes: Sequence[QModelIndex], *, headings: bool = False) -> str:
    """A line a row, tabs between columns. One cell alone is its bare text."""
    columns = sorted({index.column() for index in indexes})
    rows: dict[int, dict[int, str]] = {}
    for index in indexes:
        rows.setdefault(index.row(), {})[index.column()] = index.data() or ""
    if len(indexes) == 1 and not headings:
        return indexes[0].data() or ""
    lines = []
    if headings and indexes:
        model = indexes[0].model()
        lines.append("\t".join(str(model.headerData(column, Qt.Orientation.Horizontal)) for column in columns))
    for row in sorted(rows):
        lines.append("\t".join(_safe(rows[row].get(column, "")) for column in columns))
    return "\n".join(lines)


def _safe(text: str) -> str:
    """Text that a spreadsheet takes as text when it is pasted: a document must not bring a formula with it."""
    text = " ".join(text.split())
    if text[:1] in ("=", "+", "-", "@") and not _number(text):
        return "'" + text
    return text


def _number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True
