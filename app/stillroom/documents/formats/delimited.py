"""CSV and TSV: one row a line, cells separated by tabs."""

from __future__ import annotations

import csv
import io

from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.table import grid_text
from stillroom.documents.text import decode

_SNIFFED = 32 * 1024
_DELIMITERS = ",;\t|"


def read(source: Source) -> Content:
    """One page. A file that is no table after all is read as the text it is."""
    text, notes = decode(source.data)
    delimiter = _delimiter(text[:_SNIFFED])
    csv.field_size_limit(len(text) + 1)
    rows = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    try:
        return one_page(grid_text(list(rows)), notes)
    except csv.Error:
        return one_page(text, notes)


def _delimiter(sample: str) -> str:
    try:
        return csv.Sniffer().sniff(sample, _DELIMITERS).delimiter
    except csv.Error:  # one column, or rows of uneven length
        first = sample.split("\n", 1)[0]
        best = max(_DELIMITERS, key=first.count)
        return best if best in first else ","
