"""CSV and TSV: one row a line, cells separated by tabs."""

from __future__ import annotations

import csv
import io
import re

from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.table import grid_text
from stillroom.documents.text import decode

_SNIFFED = 32 * 1024
_DELIMITERS = ",;\t|"
_SAID = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_STRAY = "Quotation marks in the file do not close; its lines were taken as rows as they stand."


def read(source: Source) -> Content:
    """One page. A file that is no table after all is read as the text it is."""
    text, notes = decode(source.data)
    text = text.removeprefix("\ufeff").replace("\0", "")
    said = _SAID.match(text)  # how Excel is told
    if said:
        text = text[said.end() :]
    delimiter = said[1] if said else _delimiter(text[:_SNIFFED])
    csv.field_size_limit(max(len(text) + 1, csv.field_size_limit()))  # it holds for the whole process
    try:
        return one_page(grid_text(_rows(text, delimiter, strict=True)), notes)
    except csv.Error:
        pass
    enclosed = _enclosed(text, delimiter)
    if enclosed:
        return one_page(grid_text(enclosed), notes)
    try:
        rows = [row for line in re.split(r"\r\n|\n|\r", text) for row in _line(line, delimiter)]
        return one_page(grid_text(rows), (*notes, _STRAY))
    except csv.Error:
        return one_page(text, notes)


def _rows(text: str, delimiter: str, *, strict: bool) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict))


def _enclosed(text: str, delimiter: str) -> list[list[str]]:
    """The rows of a file whose marks are not doubled inside of cells ("Smith, "Bob" Jr"): a mark ends its cell where the cell
    ends. Empty where that gives no even table, so that a mark may be a letter."""
    mark = re.escape(delimiter)
    cell = re.compile(
        rf'(?:"((?:[^"\n\r]|"(?!{mark}|\s*(?:[\r\n]|$)))*)"|([^"{mark}\r\n][^{mark}\r\n]*|))({mark}|\r\n|\n|\r|$)'
    )
    rows: list[list[str]] = [[]]
    place = 0
    while place < len(text):
        match = cell.match(text, place)
        if not match:
            return []
        rows[-1].append(match[1] if match[1] is not None else match[2])
        place = match.end()
        if match[3] != delimiter:
            rows.append([])
        elif place == len(text):
            rows[-1].append("")
    filled = [row for row in rows if row]
    return filled if len({len(row) for row in filled if row != [""]}) == 1 and len(filled[0]) > 1 else []


def _line(line: str, delimiter: str) -> list[list[str]]:
    """The row of one line; a quotation mark that does not enclose a cell is a letter like others (inches)."""
    if line.count('"') == 0:
        return [line.split(delimiter)]
    try:
        return _rows(line, delimiter, strict=True)
    except csv.Error:
        return [line.split(delimiter)]


def _delimiter(sample: str) -> str:
    try:
        return csv.Sniffer().sniff(sample, _DELIMITERS).delimiter
    except csv.Error:  # one column, or rows of uneven length
        first = sample.split("\n", 1)[0]
        best = max(_DELIMITERS, key=first.count)
        return best if best in first else ","
