"""From words on a page to lines of text in reading order.

Receipts, invoices and forms are columns of boxes: a label and its value stand side by side and must come out on one line.
Prose in two columns must not. So words are put together to visual lines, except in a region that a clear gutter divides
and that has running text on both sides of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from stillroom.documents.document import Box

COLUMN_GAP = 1.0
"""Words further apart than this many ems are separated by two spaces."""
_JOINED = 0.12
"""Words closer than this (in ems), not separated by white space in the file, are one word."""
_SAME_LINE = 0.45
"""Baselines nearer than this (in ems of the smaller text) may be one line."""


@dataclass(slots=True)
class Word:
    """Characters that stand together.

    The geometry that lines are made of is that of the text, as if the page were turned until the text runs from left to
    right; the boxes are handed through as they are.

    Attributes:
        text: without white space, not empty.
        boxes: one a character, as the page shows them.
        x0, x1: where it begins and ends.
        baseline: where the letters stand, growing downwards.
        size: an estimate of the font size (1 em).
        spaced: whether the file has white space before it.
    """

    text: str
    boxes: list[Box]
    x0: float
    x1: float
    baseline: float
    size: float
    spaced: bool = True


class _Chunk:
    """Words that follow each other on one baseline, in the file and on the page: never parts of two columns."""

    __slots__ = ("baseline", "letters", "size", "words", "x0", "x1")

    def __init__(self, word: Word) -> None:
        self.words = [word]
        self.x0, self.x1 = word.x0, word.x1
        self.baseline = word.baseline
        self.size = word.size
        self.letters = sum(map(str.isalpha, word.text))

    def takes(self, word: Word) -> bool:
        size = max(self.size, word.size)
        gap = word.x0 - self.x1
        return -0.3 * size <= gap <= 0.9 * size and abs(word.baseline - self.baseline) <= 0.2 * size

    def add(self, word: Word) -> None:
        self.words.append(word)
        self.x1 = max(self.x1, word.x1)
        self.size = max(self.size, word.size)
        self.letters += sum(map(str.isalpha, word.text))


def arrange(words: Sequence[Word]) -> tuple[str, list[Box | None]]:
    """The text of a page and a box for each of its characters (None for spaces and line feeds that were added). A gap
    between paragraphs becomes an empty line."""
    chunks: list[_Chunk] = []
    for word in words:
        if chunks and chunks[-1].takes(word):
            chunks[-1].add(word)
        else:
            chunks.append(_Chunk(word))
    text: list[str] = []
    boxes: list[Box | None] = []
    for region in _regions(chunks, 0):
        lines = _lines(region)
        pitch = _pitch(lines)
        below: float | None = None
        for line in lines:
            baseline, size = line[0].baseline, max(word.size for word in line)
            if text:
                apart = below is None or baseline - below > max(pitch * 1.35, pitch + 0.4 * size)
                text.append("\n\n" if apart else "\n")
                boxes.extend([None] * len(text[-1]))
            below = baseline
            _write(line, text, boxes)
    return "".join(text), boxes


def _pitch(lines: Sequence[Sequence[Word]]) -> float:
    """The usual distance from line to line: the one that most text of the region keeps."""
    if len(lines) < 2:
        return max((word.size for line in lines for word in line), default=1.0) * 1.5
    steps = [
        (b[0].baseline - a[0].baseline) / max(word.size for word in b) for a, b in zip(lines, lines[1:], strict=False)
    ]
    usual = [step for step in steps if 0.5 < step < 1.9]
    size = median(max(word.size for word in line) for line in lines)
    return (median(usual) if usual else 1.3) * size


def _write(line: list[Word], text: list[str], boxes: list[Box | None]) -> None:
    gaps = sorted(b.x0 - a.x1 for a, b in zip(line, line[1:], strict=False))
    # Justified text stretches its spaces; they are still spaces.
    stretched = gaps[len(gaps) // 2] * 1.5 if len(gaps) >= 5 else 0.0
    previous: Word | None = None
    for word in line:
        if previous is not None:
            size = max(min(previous.size, word.size), 0.01)
            gap = word.x0 - previous.x1
            if gap > min(max(COLUMN_GAP * size, stretched), 2 * COLUMN_GAP * size):
                text.append("  ")
                boxes.extend((None, None))
            elif word.spaced or not -_JOINED * size <= gap <= _JOINED * size:
                text.append(" ")
                boxes.append(None)
        text.append(word.text)
        boxes.extend(word.boxes)
        previous = word


def _lines(chunks: list[_Chunk]) -> list[list[Word]]:
    """Visual lines from top to bottom, the words of each from left to right."""
    lines: list[list[_Chunk]] = []
    for chunk in sorted(chunks, key=lambda chunk: (chunk.baseline, chunk.x0)):
        for line in reversed(lines[-4:]):
            if _fits(chunk, line):
                line.append(chunk)
                break
        else:
            lines.append([chunk])
    return [sorted((word for chunk in line for word in chunk.words), key=lambda word: word.x0) for line in lines]


def _fits(chunk: _Chunk, line: list[_Chunk]) -> bool:
    near = False
    for other in line:
        size = min(chunk.size, other.size)
        distance = abs(chunk.baseline - other.baseline)
        overlap = min(chunk.x1, other.x1) - max(chunk.x0, other.x0)
        if overlap > 0.5 * size and distance > 0.15 * size:
            return False  # one stands above the other
        near = near or distance <= _SAME_LINE * size
    return near


def _regions(chunks: list[_Chunk], depth: int) -> list[list[_Chunk]]:
    """Parts of the page in reading order; within each, text is read line by line across its whole width."""
    cut = _columns(chunks) if len(chunks) >= 12 and depth < 6 else None
    if cut is None:
        return [chunks] if chunks else []
    above, left, right, below = cut
    return [
        *_regions(above, depth + 1),
        *_regions(left, depth + 1),
        *_regions(right, depth + 1),
        *_regions(below, depth + 1),
    ]


def _columns(chunks: list[_Chunk]) -> tuple[list[_Chunk], list[_Chunk], list[_Chunk], list[_Chunk]] | None:
    """The largest part of the page that is prose in columns: what is above, left and right of the gutter, and below."""
    best: tuple[int, list[_Chunk], list[_Chunk], list[_Chunk], list[_Chunk]] | None = None
    for x in _gutters(chunks):
        crossing = sorted(chunk.baseline for chunk in chunks if chunk.x0 < x - 1 and chunk.x1 > x)
        edges = [float("-inf"), *crossing, float("inf")]
        sides = [chunk for chunk in chunks if not (chunk.x0 < x - 1 and chunk.x1 > x)]
        for top, bottom in zip(edges, edges[1:], strict=False):
            between = [chunk for chunk in sides if top < chunk.baseline < bottom]
            left = [chunk for chunk in between if chunk.x1 <= x]
            right = [chunk for chunk in between if chunk.x1 > x]
            if len(left) + len(right) <= (best[0] if best else 0) or not (_prose(left) and _prose(right)):
                continue
            # Lines of one column only belong to the region as long as they are beside the other.
            low = max(min(c.baseline - 2 * c.size for c in left), min(c.baseline - 2 * c.size for c in right))
            above = [chunk for chunk in chunks if chunk.baseline <= top or (chunk in between and chunk.baseline < low)]
            taken = {id(chunk) for chunk in above}
            best = (
                len(left) + len(right),
                above,
                [chunk for chunk in left if id(chunk) not in taken],
                [chunk for chunk in right if id(chunk) not in taken],
                [chunk for chunk in chunks if chunk.baseline >= bottom],
            )
    return best[1:] if best else None


def _gutters(chunks: list[_Chunk]) -> list[float]:
    """Places where several lines begin, other than the left margin: a column may start there."""
    starts: dict[int, list[float]] = {}
    for chunk in chunks:
        starts.setdefault(round(chunk.x0 / 3), []).append(chunk.x0)
    margin = min(chunk.x0 for chunk in chunks)
    return [min(found) - 0.5 for found in starts.values() if len(found) >= 4 and min(found) > margin + 20]


def _prose(chunks: list[_Chunk]) -> bool:
    """Whether these are lines of running text: many, with many letters, most of them as wide as the column."""
    if len(chunks) < 5:
        return False
    rows: list[list[float]] = []  # baseline, x0, x1, letters
    for chunk in sorted(chunks, key=lambda chunk: chunk.baseline):
        if rows and chunk.baseline - rows[-1][0] <= _SAME_LINE * chunk.size:
            rows[-1][1] = min(rows[-1][1], chunk.x0)
            rows[-1][2] = max(rows[-1][2], chunk.x1)
            rows[-1][3] += chunk.letters
        else:
            rows.append([chunk.baseline, chunk.x0, chunk.x1, chunk.letters])
    if len(rows) < 5 or median(row[3] for row in rows) < 18:
        return False
    width = max(row[2] for row in rows) - min(row[1] for row in rows)
    full = sum(row[2] - row[1] >= 0.75 * width for row in rows)
    return full >= 0.55 * len(rows)
