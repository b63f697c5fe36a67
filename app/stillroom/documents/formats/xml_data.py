"""XML that is no electronic invoice, office file or web page: one page, names and values as they are written."""

from __future__ import annotations

from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.text import decode
from stillroom.documents.xml_text import xml_lines


def read(source: Source) -> Content:
    """One page; XML that is no data is read as the text it is."""
    lines = xml_lines(source.data)
    if lines:
        return one_page("\n".join(lines))
    return one_page(*decode(source.data))
