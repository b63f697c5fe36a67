"""How much of a document is looked at: what is beyond any that a person reads is left unread and said, or one file stalls a batch."""

from __future__ import annotations

import re
from dataclasses import replace

from stillroom.documents.document import Document, Page

MOST_CHARACTERS = 1_500_000
"""About five hundred full pages."""
MOST_PIECES = 50_000
"""Lines, and cells of tables: each is looked at by itself, which takes about a millisecond."""

_PIECE = re.compile(r"[\n\t]")


def bounded(document: Document) -> tuple[Document, str]:
    """The document up to where it becomes too long, and a sentence about that; the document itself and nothing where it does not.

    Its pages are cut at the end of a line where there is one, so that every place of what is left is a place of the whole.
    """
    characters, pieces = MOST_CHARACTERS, MOST_PIECES
    pages: list[Page] = []
    for page in document.pages:
        end = _end(page.text, characters, pieces)
        if end < len(page.text):
            if end:
                boxes = None if page.boxes is None else page.boxes[:end]
                pages.append(replace(page, text=page.text[:end], boxes=boxes, certainty=page.certainty[:end]))
            return replace(document, pages=tuple(pages)), (
                f"The document is very long: values were looked for in its first {_thousands(pages)} characters, the rest is unread. "
                "Split it into smaller files."
            )
        pages.append(page)
        characters -= len(page.text)
        pieces -= 1 + len(_PIECE.findall(page.text))
    return document, ""


def _end(text: str, characters: int, pieces: int) -> int:
    """Where a text is cut that may have so many characters and pieces; its length where it need not be."""
    end = len(text)
    if len(text) > characters:
        end = characters
    if pieces <= 0:
        return 0
    for number, found in enumerate(_PIECE.finditer(text, 0, end), start=1):
        if number == pieces:
            end = found.start()
            break
    if end == len(text):
        return end
    line = text.rfind("\n", 0, end)
    return line if line > end // 2 else end


def _thousands(pages: list[Page]) -> str:
    return f"{sum(len(page.text) for page in pages):,}".replace(",", " ")
