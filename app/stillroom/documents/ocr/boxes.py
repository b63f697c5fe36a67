"""Boxes to tick in a picture, which the recogniser of text passes over or takes for letters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stillroom.documents.ocr.line import Character, Line, Picture, Points

EMPTY, TICKED, FULL = "☐☒■"
_LEAST, _MOST, _STROKE = 0.4, 1.4, 0.4
"""Length of a box's side, and of what counts as a part of one, in heights of a line of text."""
_ASPECT = 1.25
_SIDE = 0.8  # share of each side that is drawn
_BLANK, _SOLID = 0.06, 0.9  # of what is within, that is dark
_NEAR = 2.5  # heights of a line, within which words stand beside a box
_APART = 0.35  # of a side: boxes nearer to each other are cells to write letters in
_LOOKALIKES = frozenset("□口☐☑☒■▣回区囗凶田XxＸ×✓✔√V")
_WIDE, _FEW = ("\u2e80", "\u9fff"), 3
_MOST_BOXES = 400
_CONFIDENCE = 0.95


def with_boxes(picture: Picture, lines: Sequence[Line]) -> list[Line]:
    """Level lines of text of a picture and the boxes beside them, each a line of its own; what was recognised in a box goes."""
    level = [line for line in lines if line.direction == 0]
    # A letter of Chinese may be a square.
    wide = sum(
        _WIDE[0] <= each.text <= _WIDE[1] and each.text not in _LOOKALIKES for line in lines for each in line.characters
    )
    if not level or wide >= _FEW:
        return list(lines)
    height = float(np.median([np.linalg.norm(line.corners[3] - line.corners[0]) for line in level])) / 1.2
    places = [(line, *_rectangle(line.corners)) for line in level]
    letters = [(*_place(line, each), each.text) for line in level for each in line.characters]
    found = []
    for x0, y0, x1, y1, sign in _squares(picture, height):
        middle = (y0 + y1) / 2
        beside = any(
            top < middle < bottom and left - _NEAR * height < x1 and x0 < right + _NEAR * height
            for _, left, top, right, bottom in places
        )
        within = [
            text
            for left, top, right, bottom, text in letters
            if min(right, x1) - max(left, x0) > 0.5 * min(right - left, x1 - x0) and top < middle < bottom
        ]
        if beside and all(text in _LOOKALIKES for text in within):
            found.append((x0, y0, x1, y1, sign))
    if not found:
        return list(lines)
    kept = [_without(line, found) if line.direction == 0 else line for line in lines]
    boxes = [
        Line(
            np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float32),
            0,
            [Character(sign, 0.0, 1.0, _CONFIDENCE, 0)],
        )
        for x0, y0, x1, y1, sign in found
    ]
    return [line for line in [*kept, *boxes] if line.characters]


def _squares(picture: Picture, height: float) -> list[tuple[int, int, int, int, str]]:
    """Squares of about the height of a line that are drawn with four sides, and whether something is in them."""
    import cv2

    grey = picture.mean(axis=2).astype(np.uint8) if picture.ndim == 3 else picture
    block = max(11, 2 * round(2 * height) + 1)
    dark = cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 15)
    stroke = max(3, round(_STROKE * height))
    across = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, stroke), np.uint8))
    down = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((stroke, 1), np.uint8))
    sides = cv2.morphologyEx(cv2.bitwise_or(across, down), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(sides, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[tuple[int, int, int, int, str]] = []
    for contour in contours:
        x, y, width, tall = cv2.boundingRect(contour)
        if not _LEAST * height <= min(width, tall) <= max(width, tall) <= _MOST * height:
            continue
        if max(width, tall) > _ASPECT * min(width, tall) or cv2.contourArea(contour) < 0.7 * width * tall:
            continue
        own = sides[y : y + tall, x : x + width]
        edge = max(2, round(0.2 * min(width, tall)))
        drawn = (own[:edge].max(0), own[-edge:].max(0), own[:, :edge].max(1), own[:, -edge:].max(1))
        if min(float(side.mean()) for side in drawn) < _SIDE:
            continue
        if any(abs(x - a) < edge + 2 and abs(y - b) < edge + 2 for a, b, *_ in found):
            continue  # the inner side of the same
        inner = dark[y + edge + 1 : y + tall - edge - 1, x + edge + 1 : x + width - edge - 1]
        if inner.size:
            share = float(inner.mean())
            sign = FULL if share > _SOLID else TICKED if share > _BLANK else EMPTY
            found.append((x, y, x + width, y + tall, sign))
        if len(found) > _MOST_BOXES:
            return []  # a grid, or a pattern
    return [box for box in found if not any(_touch(box, other) for other in found if other is not box)]


def _touch(box: tuple[int, int, int, int, str], other: tuple[int, int, int, int, str]) -> bool:
    side = box[2] - box[0]
    level = abs(box[1] - other[1]) < 0.5 * side
    upright = abs(box[0] - other[0]) < 0.5 * side
    apart = max(other[0] - box[2], box[0] - other[2]), max(other[1] - box[3], box[1] - other[3])
    return (level and apart[0] < _APART * side) or (upright and apart[1] < 0.1 * side)


def _rectangle(corners: Points) -> tuple[float, float, float, float]:
    (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
    return float(x0), float(y0), float(x1), float(y1)


def _place(line: Line, character: Character) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = _rectangle(line.corners)
    return x0 + (x1 - x0) * character.start, y0, x0 + (x1 - x0) * character.end, y1


def _without(line: Line, boxes: Sequence[tuple[int, int, int, int, str]]) -> Line:
    """The line without the letters that are boxes."""
    kept = []
    for each in line.characters:
        left, top, right, bottom = _place(line, each)
        hidden = any(
            each.text in _LOOKALIKES
            and min(right, x1) - max(left, x0) > 0.3 * (right - left)
            and top < (y0 + y1) / 2 < bottom
            for x0, y0, x1, y1, _ in boxes
        )
        if not hidden:
            kept.append(each)
    return line if len(kept) == len(line.characters) else Line(line.corners, line.direction, kept)
