"""Comments of reviewers in the text of a document: read, and told from what the document itself says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stillroom.documents.document import Document, Span

_LINE = re.compile(r"^\[Comment(?: on [A-Z]{1,3}\d{1,7})?\] .*$", re.MULTILINE)


def comment(text: str, on: str = "") -> str:
    """A comment as one line of text; ``on``: the cell it is pinned to (``B2``)."""
    return f"[Comment{f' on {on}' if on else ''}] {' '.join(text.split())}"


def comments(document: Document) -> Iterator[Span]:
    """Where comments stand."""
    for page in document.pages:
        for match in _LINE.finditer(page.text):
            yield Span(page.number, *match.span())
