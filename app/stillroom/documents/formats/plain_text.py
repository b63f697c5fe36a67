"""TXT and Markdown: the text as it stands."""

from __future__ import annotations

from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.text import decode


def read(source: Source) -> Content:
    """One page. Markdown keeps its marks: a model reads them well, and spans stay those of the file."""
    text, notes = decode(source.data)
    return one_page(text, notes)
