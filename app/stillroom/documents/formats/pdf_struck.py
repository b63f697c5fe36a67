"""Words of a PDF page with a line drawn through them: what was struck out does not hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from numpy.typing import NDArray

from stillroom.documents.formats.pdf_frame import Frame
from stillroom.documents.formats.pdf_objects import PageObjects
from stillroom.documents.formats.pdf_visibility import INK, Pixels
from stillroom.documents.lines import Word

_HIGH, _LOW = 0.28, 0.66
"""Where a line goes through letters, as shares of their height from above: below is the line that they stand on, above one over them."""
_COVERED = 0.8
"""The share of a word that a line goes through."""
_LONGEST = 1.6
"""A line may be so many times as long as the words that it strikes out; a longer one is a rule of the page."""
_LEVEL = 1.0
"""Parts of one line are not further from each other than this, in points."""
_REMARKS = 1000
_MANY = 0.3
"""Where more of the words seem struck out, their boxes are wrong."""


def strikes(page: pdfium.PdfPage) -> list[tuple[float, float, float, float]]:
    """The lines of remarks that strike text out, in the coordinates of the file: left, bottom, right, top."""
    found: list[tuple[float, float, float, float]] = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _REMARKS)):
        note = raw.FPDFPage_GetAnnot(page, index)
        if not note:
            continue
        try:
            if raw.FPDFAnnot_GetSubtype(note) == raw.FPDF_ANNOT_STRIKEOUT:
                for number in range(min(raw.FPDFAnnot_CountAttachmentPoints(note), _REMARKS)):
                    quad = raw.FS_QUADPOINTSF()
                    if raw.FPDFAnnot_GetAttachmentPoints(note, number, quad):
                        x, y = (quad.x1, quad.x2, quad.x3, quad.x4), (quad.y1, quad.y2, quad.y3, quad.y4)
                        middle = (min(y) + max(y)) / 2
                        found.append((min(x), middle, max(x), middle))
        finally:
            raw.FPDFPage_CloseAnnot(note)
    return found


def without_struck(
    blocks: Sequence[list[Word]],
    objects: PageObjects,
    frame: Frame,
    bare: Pixels,
    remarks: Sequence[tuple[float, float, float, float]] = (),
) -> tuple[list[list[Word]], list[str]]:
    """The words that are not struck out, and what is, passage by passage. ``bare``: the page without its text;
    ``remarks``: see ``strikes``."""
    if not objects.lines and not remarks:
        return list(blocks), []
    said = frame.boxes(np.array(remarks, dtype=np.float64).reshape(-1, 4))
    lines = frame.boxes(np.array(objects.lines, dtype=np.float64).reshape(-1, 4))
    lines = _joined(lines[lines[:, 2] - lines[:, 0] > lines[:, 3] - lines[:, 1]])
    words = [word for block in blocks for word in block if word.boxes]
    if not (len(lines) or len(said)) or not words:
        return list(blocks), []
    boxes = np.array([_around(word) for word in words], dtype=np.float64)
    struck: set[int] = set()
    for number, line in enumerate(np.concatenate([lines, said])):
        found = np.flatnonzero(_through(boxes, line))
        if not found.size:
            continue
        width = boxes[found, 2].max() - boxes[found, 0].min()
        if line[2] - line[0] <= _LONGEST * width and (number >= len(lines) or _drawn(line, bare, frame)):
            struck.update(found.tolist())
    if not struck or len(struck) > max(_MANY * len(words), 3):
        return list(blocks), []
    gone = {id(words[index]) for index in struck}
    kept = [[word for word in block if id(word) not in gone] for block in blocks]
    return [block for block in kept if block], _passages([words[index] for index in sorted(struck)])


def _joined(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level lines, parts of one that touch each other put together."""
    found: list[list[float]] = []
    for line in sorted(lines.tolist(), key=lambda each: (round((each[1] + each[3]) / 2 / _LEVEL), each[0])):
        last = found[-1] if found else None
        if last and abs(last[1] + last[3] - line[1] - line[3]) <= 2 * _LEVEL and line[0] <= last[2] + _LEVEL:
            last[2], last[1], last[3] = max(last[2], line[2]), min(last[1], line[1]), max(last[3], line[3])
        else:
            found.append(line)
    return np.array(found, dtype=np.float64).reshape(-1, 4)


def _around(word: Word) -> tuple[float, float, float, float]:
    return (
        min(box.x0 for box in word.boxes),
        min(box.y0 for box in word.boxes),
        max(box.x1 for box in word.boxes),
        max(box.y1 for box in word.boxes),
    )


def _through(boxes: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes a level line goes through."""
    x0, y0, x1, y1 = boxes.T
    height, width = np.maximum(y1 - y0, 1e-3), np.maximum(x1 - x0, 1e-3)
    place = ((line[1] + line[3]) / 2 - y0) / height
    over = np.minimum(x1, line[2]) - np.maximum(x0, line[0])
    thin = line[3] - line[1] <= 0.25 * height
    return np.asarray((place > _HIGH) & (place < _LOW) & (over >= _COVERED * width) & thin)


def _drawn(line: NDArray[np.float64], bare: Pixels, frame: Frame) -> bool:
    """Whether the line is to be seen."""
    scale = bare.shape[1] / frame.width
    x = int(np.clip((line[0] + line[2]) / 2 * scale, 0, bare.shape[1] - 1))
    y = (line[1] + line[3]) / 2 * scale
    part = bare[max(int(y) - 3, 0) : int(y) + 4, x, :3].astype(np.int16)
    return part.size > 0 and int((part.max(axis=0) - part.min(axis=0)).max()) >= INK


def _passages(words: Sequence[Word]) -> list[str]:
    """What follows each other on one line, put together."""
    found: list[list[Word]] = []
    for word in words:
        last = found[-1][-1] if found else None
        if last and abs(last.baseline - word.baseline) < 0.3 * word.size and 0 <= word.x0 - last.x1 < word.size:
            found[-1].append(word)
        else:
            found.append([word])
    return [" ".join(word.text for word in passage) for passage in found]
