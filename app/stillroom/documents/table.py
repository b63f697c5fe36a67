"""Rows of cells as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

CELL_SEPARATOR = "\t"
"""Between cells: a tab, so that an empty cell keeps its place and no value is taken for one of the next column."""


def grid_text(rows: Sequence[Sequence[str]]) -> str:
    """A data sheet: one row a line, one tab between cells. Columns and trailing cells that are empty are left out, and
    of several empty rows one is kept."""
    flat = [[" ".join(cell.split()) for cell in row] for row in rows]
    width = max((len(row) for row in flat), default=0)
    used = [False] * width
    for row in flat:
        for index, cell in enumerate(row):
            if cell:
                used[index] = True
    lines: list[str] = []
    for row in flat:
        line = CELL_SEPARATOR.join(cell for index, cell in enumerate(row) if used[index]).rstrip(CELL_SEPARATOR)
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip("\n")


def row_text(cells: Sequence[str]) -> str:
    """One row of a table in a document; what a merged cell covers is empty. Cells of up to three lines stand beside each
    other, as they do on the page; a row with a longer cell is a layout, not a table: its cells follow one another."""
    split = [[line for line in (" ".join(part.split()) for part in cell.split("\n")) if line] for cell in cells]
    filled = [cell for cell in split if cell]
    if len(filled) > 1 and max(map(len, filled)) > 3:
        return "\n".join("\n".join(cell) for cell in filled)
    height = max(map(len, filled), default=0)
    return "\n".join(
        _line([cell[line] if line < len(cell) else "" for cell in split], begun=line > 0) for line in range(height)
    )


def _line(cells: Sequence[str], *, begun: bool) -> str:
    """One line of a row; of a single cell the text alone, but where the row has ``begun``, its place is kept."""
    line = CELL_SEPARATOR.join(cells)
    return line.rstrip(CELL_SEPARATOR) if begun or sum(map(bool, cells)) > 1 else line.strip(CELL_SEPARATOR)
