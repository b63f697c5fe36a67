"""Letters and their accents as one character (Unicode's form NFC): what a file writes as e and ´ is found as é, by every pattern."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import regex

from stillroom.documents.document import Box, Boxes, Page

# A character with the marks that combine with it, and Korean syllables written letter by letter.
_CLUSTER = regex.compile(r"\P{M}\p{M}+|[\u1100-\u11ff]{2,}")


def composed(page: Page) -> Page:
    """The page with every letter composed; a composed letter's box is around all its parts, and it is as
    sure as the least sure of them. The page itself where nothing is to do."""
    if page.text.isascii() or unicodedata.is_normalized("NFC", page.text):
        return page
    pieces: list[str] = []
    boxes: list[Box | None] = []
    certainty = bytearray()
    start = 0
    for match in [*_CLUSTER.finditer(page.text), None]:
        end = match.start() if match else len(page.text)
        pieces.append(page.text[start:end])
        if page.boxes is not None:
            boxes.extend(page.boxes[start:end])
        certainty += page.certainty[start:end]
        if match:
            whole = unicodedata.normalize("NFC", match.group())
            pieces.append(whole)
            if page.boxes is not None:
                boxes.extend([_around(page.boxes[match.start() : match.end()])] * len(whole))
            if page.certainty:
                certainty += bytes([min(page.certainty[match.start() : match.end()])] * len(whole))
            start = match.end()
    boxed = None if page.boxes is None else Boxes(boxes)
    return replace(page, text="".join(pieces), boxes=boxed, certainty=bytes(certainty))


def _around(parts: Sequence[Box | None]) -> Box | None:
    known = [box for box in parts if box is not None]
    if not known:
        return None
    return Box(
        min(box.x0 for box in known),
        min(box.y0 for box in known),
        max(box.x1 for box in known),
        max(box.y1 for box in known),
    )
