"""From words on a page to lines of text in reading order.

Receipts, invoices and forms are columns of boxes: a label and its value stand side by side and must come out on one line.
Prose in two columns must not. So words are put together to visual lines, except in a region that a clear gutter divides
and that has running text on both sides of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from statistics import median

from stillroom.documents.document import Box, Boxes

COLUMN_GAP = 1.0
"""Words further apart than this many ems are separated by two spaces."""
JOINED = 0.12
"""Words closer than this (in ems), not separated by white space in the file, are one word."""
_SAME_LINE = 0.45
"""Baselines nearer than this (in ems, the mean of both) may be one line: a raised "th", a value in larger type."""

_APART = 4
"""Letters set apart are put together where there are at least this many, of digits alone twice as many."""
_FAR_APART = 1.2
"""Letters further from each other than this, in ems, are a word only where there are many, and none at twice of it."""
_LETTERS = 18
"""Most lines of running text have at least this many letters, most cells of a table fewer."""


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
        certainty: how sure the recognition was of each character, 0 to 1; empty where the text was in the file.
    """

    text: str
    boxes: list[Box]
    x0: float
    x1: float
    baseline: float
    size: float
    spaced: bool = True
    certainty: Sequence[float] = ()


@lru_cache(maxsize=4096)
def right_to_left(code: int) -> bool:
    """Whether a character belongs to a script that is written from right to left."""
    return code >= 0x590 and unicodedata.bidirectional(chr(code)) in ("R", "AL")


def _way(text: str) -> int:
    """1 for text that runs from left to right, -1 for that from right to left, 0 for digits and marks alone."""
    if text.isascii():
        return int(any(map(str.isalpha, text)))
    if any(right_to_left(ord(letter)) for letter in text):
        return -1
    return int(any(map(str.isalpha, text)))


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
        if gap < 0 and (_way(word.text) < 0 or _way(self.words[-1].text) < 0):
            gap = self.x0 - word.x1
        return -0.3 * size <= gap <= 0.9 * size and abs(word.baseline - self.baseline) <= 0.2 * size

    def add(self, word: Word) -> None:
        self.words.append(word)
        self.x0, self.x1 = min(self.x0, word.x0), max(self.x1, word.x1)
        self.size = max(self.size, word.size)
        self.letters += sum(map(str.isalpha, word.text))


def arrange_blocks(blocks: Iterable[Sequence[Word]]) -> tuple[str, Boxes, bytes]:
    """The text of a page, a box for each of its characters, and how sure the recognition was of each, as ``Page`` has it.

    Args:
        blocks: words of one direction each; the longest text comes first, so that what runs sideways or across (a margin
            note, a watermark) does not tear the lines of the rest.
    """
    text: list[str] = []
    boxes: list[Box | None] = []
    certainty: dict[Box, float] = {}
    for words in sorted(blocks, key=lambda words: -sum(len(word.text) for word in words)):
        for word in words:
            for box, sure in zip(word.boxes, word.certainty, strict=False):
                certainty[box] = min(sure, certainty.get(box, 1.0))
        part, part_boxes = arrange(words)
        if text:
            text.append("\n\n")
            boxes.extend((None, None))
        text.append(part)
        boxes.extend(part_boxes)
    # The order of letters is that of the boxes, which are handed through as they are: a letter is known by where it stands.
    known = bytes(_percent(certainty.get(box, 1.0)) if box else 100 for box in boxes) if certainty else b""
    return "".join(text), Boxes(boxes), known


def _percent(share: float) -> int:
    return round(100 * min(1.0, max(0.0, share))) if share == share else 0  # a recogniser may say that it does not know


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
        lines = [_in_order(_joined(line)) for line in _lines(region)]
        for line, apart in zip(lines, _apart(lines), strict=True):
            if text:
                text.append("\n\n" if apart else "\n")
                boxes.extend([None] * len(text[-1]))
            _write(line, text, boxes)
    return "".join(text), boxes


def _apart(lines: Sequence[Sequence[Word]]) -> list[bool]:
    """Whether each line begins a new paragraph: it is further from the line above than lines usually are, and than this
    line or the one above is from its other neighbour (a table with generous rows is no row of paragraphs)."""
    steps = [below[0].baseline - above[0].baseline for above, below in pairwise(lines)]
    sizes = [max(word.size for word in line) for line in lines]
    usual = sorted(step / size for step, size in zip(steps, sizes[1:], strict=True) if 0.5 < step / max(size, 0.01) < 3)
    # Rather small: on a page of short paragraphs the gaps between them are as frequent as the lines within.
    pitch = (usual[len(usual) * 2 // 5] if usual else 1.3) * median(sizes)
    wide = [step > max(pitch * 1.35, pitch + 0.4 * size) for step, size in zip(steps, sizes[1:], strict=True)]
    nearer = [min(steps[max(0, index - 1) : index + 2]) for index in range(len(steps))]
    return [True, *(far and step > 1.25 * near for far, step, near in zip(wide, steps, nearer, strict=True))]


def _write(line: list[Word], text: list[str], boxes: list[Box | None]) -> None:
    gaps = sorted(_gap(a, b) for a, b in pairwise(line))
    # Justified text stretches its spaces; they are still spaces.
    stretched = gaps[len(gaps) // 2] * 1.5 if len(gaps) >= 5 else 0.0
    previous: Word | None = None
    ranks = {id(word): rank for rank, word in enumerate(sorted(line, key=lambda word: word.x0))}
    for word in line:
        if previous is not None:
            size = max(min(previous.size, word.size), 0.01)
            gap = _gap(previous, word)
            if abs(ranks[id(word)] - ranks[id(previous)]) != 1:  # where the direction changes
                gap = min(gap, COLUMN_GAP * size)
            if gap > min(max(COLUMN_GAP * size, stretched), 2 * COLUMN_GAP * size):
                text.append("  ")
                boxes.extend((None, None))
            elif word.spaced or not -JOINED * size <= gap <= JOINED * size:
                text.append(" ")
                boxes.append(None)
        text.append(word.text)
        boxes.extend(word.boxes)
        previous = word


def _gap(word: Word, other: Word) -> float:
    """Between two words, whichever stands to the left."""
    return max(other.x0 - word.x1, word.x0 - other.x1)


def _joined(line: list[Word]) -> list[Word]:
    """The words of a line, letters that are set apart (``T O T A L``, a code with one letter to a box) put together."""
    if sum(len(word.text) == 1 for word in line) < _APART - 1:
        return line
    joined: list[Word] = []
    run: list[Word] = []
    for word in [*line, None]:
        if word is not None and (len(word.text) == 1 or (len(word.text) == 2 and not word.text[1].isalnum())):
            run.append(word)
            continue
        joined.extend(_as_words(run))
        run = []
        if word is not None:
            joined.append(word)
    return joined


def _as_words(run: list[Word]) -> list[Word]:
    """Single letters as the words that they spell: where the steps between them, or the gaps, are all the same."""
    parts: list[list[Word]] = []
    for word in run:
        if parts and _regular([*parts[-1], word]):
            parts[-1].append(word)
        else:
            parts.append([word])
    found: list[Word] = []
    for part in parts:
        letters = "".join(word.text for word in part)
        solid = [letter for letter in letters if letter.isalnum()]
        # Digits alone may be the cells of a table, or its heading: 1 2 3 4 5; so may be X X X X.
        far = max(b.x0 - a.x1 for a, b in pairwise(part)) > _FAR_APART * part[0].size if len(part) > 1 else False
        enough = 2 * _APART if far or all(map(str.isdecimal, solid)) else _APART
        if len(solid) < enough or len(set(solid)) < 3:
            found.extend(part)
            continue
        first, last = part[0], part[-1]
        boxes = [box for word in part for box in word.boxes]
        found.append(Word(letters, boxes, first.x0, last.x1, first.baseline, first.size))
    return found


def _regular(letters: list[Word]) -> bool:
    """Whether the letters stand at one distance from each other, which is not far."""
    steps = [b.x0 + b.x1 - a.x0 - a.x1 for a, b in pairwise(letters)]
    gaps = [b.x0 - a.x1 for a, b in pairwise(letters)]
    size = letters[0].size
    if max(gaps) > 2 * _FAR_APART * size or abs(letters[-1].size - size) > 0.2 * size:
        return False
    return max(steps) - min(steps) < 0.3 * size or max(gaps) - min(gaps) < 0.2 * size


def _in_order(line: list[Word]) -> list[Word]:
    """The words of a line, given from left to right, in the order of reading."""
    ways = [_way(word.text) for word in line]
    if -1 not in ways:
        return line
    backwards = sum(way * len(word.text) for way, word in zip(ways, line, strict=True)) < 0
    # Figures among words of one direction go with them; several side by side stay as they are written.
    main = -1 if backwards else 1
    for index, way in enumerate(ways):
        if way == 0:
            before = next((w for w in ways[:index][::-1] if w), main)
            after = next((w for w in ways[index + 1 :] if w), main)
            ways[index] = before if before == after else main
    runs = [
        (way, [word for _, word in run]) for way, run in groupby(zip(ways, line, strict=True), lambda pair: pair[0])
    ]
    if backwards:
        runs.reverse()
    return [word for way, run in runs for word in (_turned(run) if way < 0 else run)]


def _turned(run: list[Word]) -> list[Word]:
    """A run of right-to-left text from right to left, neighbouring figures in it (``12 345``) from left to right."""
    groups = [list(group) for _, group in groupby(run, lambda word: _way(word.text) < 0)]
    ordered: list[Word] = []
    for group in reversed(groups):
        near = all(_gap(a, b) < 0.5 * max(a.size, b.size) for a, b in pairwise(group))
        ordered.extend(group if _way(group[0].text) >= 0 and near else reversed(group))
    return ordered


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
        if distance > 0.15 * size and _overlap(chunk, other) > 0.5 * size:
            return False  # one stands above the other
        near = near or distance <= _SAME_LINE * (chunk.size + other.size) / 2
    return near


def _overlap(chunk: _Chunk, other: _Chunk) -> float:
    """How far their words overlap from left to right; a raised "th" may fill a gap between two words."""
    if min(chunk.x1, other.x1) <= max(chunk.x0, other.x0):
        return 0.0
    words, others = chunk.words, other.words
    if words[0].x0 > words[-1].x0:
        words = words[::-1]
    if others[0].x0 > others[-1].x0:
        others = others[::-1]
    most = 0.0
    index = place = 0
    while index < len(words) and place < len(others):
        a, b = words[index], others[place]
        most = max(most, min(a.x1, b.x1) - max(a.x0, b.x0))
        if a.x1 < b.x1:
            index += 1
        else:
            place += 1
    return most


def _regions(chunks: list[_Chunk], depth: int) -> list[list[_Chunk]]:
    """Parts of the page in reading order; within each, text is read line by line across its whole width."""
    cut = _columns(chunks) if len(chunks) >= 12 and depth < 6 else None
    if cut is None:
        return [chunks] if chunks else []
    above, left, right, below = cut
    return [
        *_regions(above, depth + 1),
        *[part for side in _sides(left, right) for part in _regions(side, depth + 1)],
        *_regions(below, depth + 1),
    ]


def _sides(left: list[_Chunk], right: list[_Chunk]) -> tuple[list[_Chunk], list[_Chunk]]:
    """Two columns in the order of reading."""
    ways = sum(_way(word.text) for chunk in (*left, *right) for word in chunk.words)
    return (right, left) if ways < 0 else (left, right)


def _columns(chunks: list[_Chunk]) -> tuple[list[_Chunk], list[_Chunk], list[_Chunk], list[_Chunk]] | None:
    """The largest part of the page that is prose in columns: what is above, left and right of the gutter, and below."""
    best: tuple[int, list[_Chunk], list[_Chunk], list[_Chunk], list[_Chunk]] | None = None
    for x in _gutters(chunks):
        crossing = sorted(chunk.baseline for chunk in chunks if chunk.x0 < x - 1 and chunk.x1 > x)
        edges = [float("-inf"), *crossing, float("inf")]
        sides = [chunk for chunk in chunks if not (chunk.x0 < x - 1 and chunk.x1 > x)]
        for top, bottom in pairwise(edges):
            between = [chunk for chunk in sides if top < chunk.baseline < bottom]
            between = _without_tables(between, x)
            left = [chunk for chunk in between if chunk.x1 <= x]
            right = [chunk for chunk in between if chunk.x1 > x]
            if len(left) + len(right) <= (best[0] if best else 0) or not (_prose(left) and _prose(right)):
                continue
            first = min(chunk.baseline for chunk in between)
            taken = {id(chunk) for chunk in between}
            rest = [chunk for chunk in chunks if id(chunk) not in taken]
            best = (
                len(between),
                [chunk for chunk in rest if chunk.baseline < first],
                left,
                right,
                [chunk for chunk in rest if chunk.baseline >= first],
            )
    return best[1:] if best else None


def _without_tables(chunks: list[_Chunk], x: float) -> list[_Chunk]:
    """The chunks without the parts at the top and bottom that a gap sets off and that are no prose on either side of x:
    labels and values that happen to stand above or below the columns."""
    parts: list[list[_Chunk]] = []
    for chunk in sorted(chunks, key=lambda chunk: chunk.baseline):
        if parts and chunk.baseline - parts[-1][-1].baseline <= 2.0 * max(chunk.size, parts[-1][-1].size):
            parts[-1].append(chunk)
        else:
            parts.append([chunk])
    running = [
        _running([chunk for chunk in part if chunk.x1 <= x]) or _running([c for c in part if c.x1 > x])
        for part in parts
    ]
    while running and not running[0]:
        del parts[0], running[0]
    while running and not running[-1]:
        del parts[-1], running[-1]
    return [chunk for part in parts for chunk in part]


def _running(chunks: list[_Chunk]) -> bool:
    return len(chunks) > 0 and median(chunk.letters for chunk in chunks) >= _LETTERS


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
    if len(rows) < 5 or median(row[3] for row in rows) < _LETTERS:
        return False
    width = max(row[2] for row in rows) - min(row[1] for row in rows)
    full = sum(row[2] - row[1] >= 0.75 * width for row in rows)
    return full >= 0.55 * len(rows)
