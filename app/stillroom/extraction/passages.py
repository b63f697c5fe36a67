"""Passages: a document cut at the ends of pages, paragraphs and lines into parts that fit the context."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stillroom.documents.document import Document, Span

_PARAGRAPH_END = re.compile(r"\n[ \t]*\n\s*|\n")


@dataclass(frozen=True, slots=True)
class Passage:
    """Part of a document: ``spans`` in reading order, one a page it touches, and their text."""

    spans: tuple[Span, ...]
    text: str
    tokens: int

    def holds(self, span: Span) -> bool:
        """True where the passage has all characters of a span."""
        return any(own.page == span.page and own.start <= span.start and span.end <= own.end for own in self.spans)


def split(document: Document, budget: int, count_tokens: Callable[[Sequence[str]], list[int]]) -> list[Passage]:
    """The whole document as passages of at most ``budget`` tokens, nothing left out and nothing twice.

    A passage ends at the end of a page or a paragraph where one is near, else at a line's end, and inside a line only
    where the line alone is longer than the budget.
    """
    pieces = [piece for page in document.pages for piece in _pieces(page.number, page.text)]
    counts = count_tokens([text for _, text, _ in pieces])
    units: list[tuple[Span, str, int, bool]] = []
    for (span, text, ends), tokens in zip(pieces, counts, strict=True):
        units.extend(_cut(span, text, tokens, ends, budget))
    passages: list[Passage] = []
    first = 0
    while first < len(units):
        total, last, best_end = 0, first, first
        while last < len(units) and (last == first or total + units[last][2] <= budget):
            total += units[last][2]
            if units[last][3] and total >= 0.6 * budget:
                best_end = last + 1
            last += 1
        end = last if last == len(units) or best_end == first else best_end
        passages.append(_join(document, units[first:end]))
        first = end
    return passages


def _pieces(page: int, text: str) -> list[tuple[Span, str, bool]]:
    """Lines with their ends; true where a paragraph or the page ends."""
    pieces: list[tuple[Span, str, bool]] = []
    start = 0
    for match in _PARAGRAPH_END.finditer(text):
        pieces.append((Span(page, start, match.end()), text[start : match.end()], match.group().count("\n") > 1))
        start = match.end()
    if start < len(text):
        pieces.append((Span(page, start, len(text)), text[start:], True))
    elif pieces:
        pieces[-1] = (*pieces[-1][:2], True)
    return pieces


def _cut(span: Span, text: str, tokens: int, ends: bool, budget: int) -> list[tuple[Span, str, int, bool]]:
    """A line that is too long alone, in parts at white space; a part's tokens are taken in proportion, rounded up."""
    if tokens <= budget:
        return [(span, text, tokens, ends)]
    size = max(16, len(text) * budget // (tokens * 2))
    parts = []
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        space = text.rfind(" ", start + size // 2, end)
        if end < len(text) and space > start:
            end = space + 1
        share = -(-tokens * (end - start) // len(text)) + 1
        parts.append(
            (Span(span.page, span.start + start, span.start + end), text[start:end], share, end == len(text) and ends)
        )
        start = end
    return parts


def _join(document: Document, units: Sequence[tuple[Span, str, int, bool]]) -> Passage:
    spans: list[Span] = []
    for span, _, _, _ in units:
        if spans and spans[-1].page == span.page and spans[-1].end == span.start:
            spans[-1] = Span(span.page, spans[-1].start, span.end)
        else:
            spans.append(span)
    text = "\n".join(document.text(span).strip("\n") for span in spans)
    return Passage(tuple(spans), text, sum(unit[2] for unit in units))
