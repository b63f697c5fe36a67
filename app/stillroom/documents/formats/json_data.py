"""JSON and JSON lines: one page, keys and values as they are written."""

from __future__ import annotations

from stillroom.documents.json_text import lines_of, parse, records
from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.text import decode


def read(source: Source) -> Content:
    """One page; records of JSON lines are separated by an empty line. What is no valid JSON is read as plain text."""
    text, notes = decode(source.data)
    text = text.removeprefix("\ufeff")
    try:
        return one_page("\n".join(lines_of(parse(text))), notes)
    except ValueError:
        pass
    try:
        return one_page("\n\n".join("\n".join(lines_of(record)) for record in records(text)), notes)
    except ValueError:
        return one_page(text, (*notes, "This is no valid JSON; it was read as plain text."))
