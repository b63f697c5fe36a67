"""From recognised lines to a page: its text in reading order, a box for each character."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from stillroom.documents.document import Box, Page
from stillroom.documents.lines import Word, arrange_blocks
from stillroom.documents.ocr.line import Line, Points

_ASCENT = 1.2
"""Height of a recognised line in ems."""
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""The models were trained on Chinese as well and write some marks in its wide form."""
_WIDE_SCRIPTS = (0x2E80, 0x9FFF)


def page_of(lines: Sequence[Line], number: int, width: float, height: float, unit: float = 1.0) -> Page:
    """The page, empty where there are no lines.

    Args:
        number: of the page.
        width, height: of the page, in its own unit.
        unit: of the page, for one pixel of the picture that the lines were found in.
    """
    text, boxes, certainty = arrange_blocks(words_of(lines, width, height, unit))
    seen = [character.confidence for line in lines for character in line.characters]
    return Page(
        number,
        text,
        round(width, 2),
        round(height, 2),
        boxes,
        round(sum(seen) / len(seen), 4) if seen else None,
        certainty,
    )


def words_of(lines: Sequence[Line], width: float, height: float, unit: float = 1.0) -> list[list[Word]]:
    """The words of the lines, one list for each direction. Arguments as for ``page_of``."""
    return [
        _words(list(block), width, height, unit)
        for _, block in groupby(sorted(lines, key=lambda line: line.direction), key=lambda line: line.direction)
    ]


def _words(lines: list[Line], width: float, height: float, unit: float) -> list[Word]:
    """Words of lines of one direction, placed as if the page were turned until its lines are level."""
    angle = _angle(lines)
    along = np.array([math.cos(angle), math.sin(angle)])
    down = np.array([-math.sin(angle), math.cos(angle)])
    placed: list[tuple[float, float, list[Word]]] = []
    for line in lines:
        corners = line.corners * unit
        start, end = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
        size = float(np.linalg.norm(corners[3] - corners[0])) / _ASCENT
        latin = not any(_WIDE_SCRIPTS[0] <= ord(item.text[0]) <= _WIDE_SCRIPTS[1] for item in line.characters)
        words: list[Word] = []
        for _, group in groupby(line.characters, key=lambda character: character.word):
            characters = list(group)
            first = start + (end - start) * characters[0].start
            last = start + (end - start) * characters[-1].end
            letters: list[str] = []
            boxes: list[Box] = []
            certainty: list[float] = []
            for character in characters:
                text = character.text.translate(_FULL_WIDTH) if latin else character.text
                box = _box(corners, character.start, character.end, width, height)
                letters.append(text)
                boxes.extend([box] * len(text))
                certainty.extend([character.confidence] * len(text))
            words.append(
                Word(
                    "".join(letters),
                    boxes,
                    float(first @ along),
                    float(last @ along),
                    float((first + last) / 2 @ down),
                    size,
                    certainty=certainty,
                )
            )
        placed.append((words[0].baseline, words[0].x0, words))
    return [word for *_, words in sorted(placed, key=lambda item: item[:2]) for word in words]


def _angle(lines: list[Line]) -> float:
    """Of the lines' direction, clockwise from level, in radians: the median, long lines counting for more."""
    middle = -line_angle(lines[0].direction)
    found: list[tuple[float, float]] = []
    for line in lines:
        x, y = (line.corners[1] + line.corners[2] - line.corners[0] - line.corners[3]) / 2
        length = math.hypot(x, y)
        off = (math.atan2(y, x) - middle + math.pi) % math.tau - math.pi
        found.append((off, length * length))
    found.sort()
    half, total = sum(weight for _, weight in found) / 2, 0.0
    for off, weight in found:
        total += weight
        if total >= half:
            return middle + off
    return middle


def line_angle(direction: int) -> float:
    """Counter-clockwise, in radians."""
    return direction * math.pi / 2


def _box(corners: Points, start: float, end: float, width: float, height: float) -> Box:
    above, below = corners[1] - corners[0], corners[2] - corners[3]
    points = np.stack(
        [corners[0] + above * start, corners[0] + above * end, corners[3] + below * start, corners[3] + below * end]
    )
    x0, y0 = points.min(axis=0)
    x1, y1 = points.max(axis=0)
    return Box(
        min(max(float(x0), 0.0), width), min(max(float(y0), 0.0), height), min(float(x1), width), min(float(y1), height)
    )
