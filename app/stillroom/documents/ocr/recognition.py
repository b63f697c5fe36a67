"""From a picture to recognised lines: which way up it is, where lines of text stand, what they say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from stillroom.documents.ocr.boxes import with_boxes
from stillroom.documents.ocr.line import Character, Line, Picture, Points
from stillroom.documents.ocr.models import Models, models

WORKING_PIXELS = 12_000_000
"""A picture needs no more: characters are read from 48 rows of pixels."""
DETECTION_PIXELS = 3_000_000
"""Lines are looked for in a copy of the picture of at most this many pixels …"""
SHORT_SIDE = 736
"""… whose shorter side has at least this many, within reason."""
_ENLARGED = 3.0
_LONG_PIXELS = 5_000_000
_TALL = 1.5
"""A box higher than this many times its width is turned text, or a single letter."""
_SAMPLE = 12
_CONTRAST = 16
"""Between the darkest and the lightest value of a picture that may show something."""
_AT_ONCE = 24
"""Lines that are read before the next sign of life."""
LINE_CONFIDENCE = 0.5
"""Lines recognised with less are marks that are no text: a logo, a bar code, dirt."""


MISSED = 0.15
"""Of what looks like text; where more was not recognised it is said. Of scripts that the models know at most 0.07 is not."""
_KNOWN_SCRIPTS = re.compile(
    r"LATIN|CJK|HIRAGANA|KATAKANA|FULLWIDTH|HALFWIDTH|MICRO SIGN|GREEK SMALL LETTER MU|MODIFIER|FEMININE|MASCULINE"
)
_FOREIGN, _WORD = 3, 3


class Lines(list[Line]):
    """Recognised lines, in no order that means anything.

    Attributes:
        missed: the share of what looks like text in the picture, by its length, in which no character was recognised:
            letters of a script that the models do not know, or marks that are no text.
    """

    missed: float = 0.0

    @property
    def strange(self) -> bool:
        """Whether some of the text was not recognised, or not rightly: too much was missed, or words hold letters of a script of
        which the models know no more than signs of formulas (Greek)."""
        return self.missed > MISSED or sum(map(_foreign_letters, self)) >= _FOREIGN


def _foreign_letters(line: Line) -> int:
    """Letters of other scripts in words of the line."""
    count = 0
    for _, word in groupby(line.characters, key=lambda character: character.word):
        letters = [character.text for character in word if character.text.isalpha()]
        if len(letters) >= _WORD:
            count += sum(not _KNOWN_SCRIPTS.match(unicodedata.name(letter[0], "")) for letter in letters)
    return count


def recognise(picture: Picture, progress: Callable[[], None], *, legible: bool = False) -> Lines:
    """All lines of text in a picture, and the boxes to tick beside them; corners are pixels of the picture as it is given.

    ``legible``: it was drawn as large as its letters need, so that a small one is not enlarged to look for lines in it.
    ``progress`` is called whenever a part of the work is done. Raises DocumentError where the OCR part is missing, and
    MemoryError.
    """
    try:
        lines = _recognise(picture, progress, 1.0 if legible else _ENLARGED)
        lines[:] = with_boxes(picture, lines)
        return lines
    except Exception as error:
        if _is_memory(error):
            raise MemoryError from error
        raise


def _recognise(picture: Picture, progress: Callable[[], None], enlarged: float) -> Lines:
    if int(picture.max()) - int(picture.min()) < _CONTRAST:
        return Lines()
    stages = models()
    progress()
    found = _detect(stages, picture, enlarged)
    turned = 0
    progress()
    if _sideways(found):
        turned = 1
        found = _detect(stages, np.ascontiguousarray(np.rot90(picture)), enlarged)
        progress()
    view = np.ascontiguousarray(np.rot90(picture, turned))
    if not found:
        return Lines()
    usual = float(np.median([min(_size(quad)) for quad in found]))
    level: list[Points] = []
    upright: list[Points] = []
    for quad in found:
        across, down = _size(quad)
        # A tall box of a line's width and little height is one letter or digit, not turned text.
        (upright if down > _TALL * across and down > 2.5 * usual else level).append(quad)
    lines = Lines()
    length = missed = 0.0
    for boxes, climbs in ((level, 0), (upright, 1)):
        quads = [box[[3, 0, 1, 2]] for box in boxes] if climbs else boxes  # text that climbs begins at the bottom left
        crops = [_crop(view, quad) for quad in quads]
        if crops and _upside_down(stages, crops):
            quads = [quad[[2, 3, 0, 1]] for quad in quads]
            crops = [np.ascontiguousarray(np.rot90(crop, 2)) for crop in crops]
            climbs += 2
        progress()
        # Lines of like proportions are read together: all are filled up to the longest.
        order = sorted(range(len(quads)), key=lambda index: crops[index].shape[1] / crops[index].shape[0])
        read: list[tuple[Points, list[Character]]] = []
        for first in range(0, len(order), _AT_ONCE):
            part = order[first : first + _AT_ONCE]
            read.extend(
                zip([quads[index] for index in part], _read(stages, [crops[index] for index in part]), strict=True)
            )
            progress()
        for index, (quad, characters) in zip(order, read, strict=True):
            known = bool(characters) and _mean(characters) >= LINE_CONFIDENCE
            inked = _inked(crops[index])
            length += inked.sum()
            missed += (inked & ~_covered(characters if known else [], len(inked))).sum()
            if known:
                lines.append(Line(_turn_back(quad, turned, picture.shape[1]), (climbs - turned) % 4, characters))
    lines.missed = float(missed / length) if length else 0.0
    return lines


def read_words(pictures: Sequence[Picture], progress: Callable[[], None]) -> list[list[Character]]:
    """The characters of pictures that each show one level word or line; one list each, empty where nothing is recognised.

    Raises DocumentError where the OCR part is missing, and MemoryError.
    """
    try:
        found = _read(models(), list(pictures))
    except Exception as error:
        if _is_memory(error):
            raise MemoryError from error
        raise
    progress()
    return found


def _is_memory(error: Exception) -> bool:
    """Both libraries report a lack of memory as a failure of their own."""
    return type(error).__name__ in ("ONNXRuntimeError", "RuntimeException") or "Insufficient memory" in str(error)


def _inked(crop: Picture) -> NDArray[np.bool_]:
    """The columns of a line that hold more than its ground."""
    grey = crop.mean(axis=2)
    far = np.abs(grey - np.median(grey)) > max(_CONTRAST, (float(grey.max()) - float(grey.min())) / 3)
    return np.asarray(far.any(axis=0))


def _covered(characters: list[Character], width: int) -> NDArray[np.bool_]:
    """The columns of a line that belong to a recognised character."""
    covered = np.zeros(width, dtype=np.bool_)
    for character in characters:
        covered[int(character.start * width) : int(character.end * width) + 1] = True
    return covered


def _mean(characters: list[Character]) -> float:
    return sum(character.confidence for character in characters) / len(characters)


def _size(quad: Points) -> tuple[float, float]:
    """Length along the first side, and along the second."""
    return float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))


def _detect(stages: Models, picture: Picture, enlarged: float) -> list[Points]:
    """Corners of lines: top left, top right, bottom right, bottom left. The picture is enlarged at most so many times."""
    import cv2

    height, width = picture.shape[:2]
    pixels, short = height * width, min(height, width)
    scale = min(1.0, (DETECTION_PIXELS / pixels) ** 0.5)
    scale = min(max(scale, SHORT_SIDE / short), enlarged)
    scale = min(scale, max((_LONG_PIXELS / pixels) ** 0.5, 32 / short))
    size = max(round(width * scale), 32), max(round(height * scale), 32)
    copy = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    boxes = stages.detector(copy).boxes
    if boxes is None:
        return []
    ratio = np.array([width / size[0], height / size[1]], dtype=np.float32)
    return [np.asarray(box, dtype=np.float32) * ratio for box in boxes]


def _sideways(quads: list[Points]) -> bool:
    """Whether most of the text runs up or down."""
    up = level = 0.0
    for across, down in map(_size, quads):
        if down > _TALL * across:
            up += down
        elif across > _TALL * down:
            level += across
    return up > level


def _crop(picture: Picture, quad: Points) -> Picture:
    import cv2

    across, down = (max(round(side), 2) for side in _size(quad))
    target = np.array([[0, 0], [across, 0], [across, down], [0, down]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.ascontiguousarray(quad, dtype=np.float32), target)
    crop = cv2.warpPerspective(picture, matrix, (across, down), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
    return np.asarray(crop, dtype=np.uint8)


def _upside_down(stages: Models, crops: list[Picture]) -> bool:
    """Whether the text stands on its head: the classifier says so of the longest lines, or, where it is in doubt, they
    are recognised better that way."""
    sample = sorted(crops, key=lambda crop: -crop.shape[1] / crop.shape[0])[:_SAMPLE]
    votes = [score if label == "180" else 1 - score for label, score in stages.classifier(sample).cls_res]
    share = sum(votes) / len(votes)
    if not 0.15 < share < 0.85:
        return bool(share > 0.5)
    few = sample[:6]
    turned = [np.ascontiguousarray(np.rot90(crop, 2)) for crop in few]
    return _certainty(_read(stages, turned)) > _certainty(_read(stages, few))


def _certainty(lines: list[list[Character]]) -> float:
    return sum(_mean(line) for line in lines if line) / max(len(lines), 1)


def _read(stages: Models, crops: list[Picture]) -> list[list[Character]]:
    from rapidocr.ch_ppocr_rec import TextRecInput

    if not crops:
        return []
    output = stages.recognizer(TextRecInput(img=crops, return_word_box=True))
    return [
        _characters(text, info.word_cols, info.confs, info.line_txt_len)
        for text, info in zip(output.txts, output.word_results, strict=True)
    ]


def _characters(text: str, columns: list[list[int]], confidences: list[float], length: float) -> list[Character]:
    """The characters of a line. ``columns`` are the model's time steps at which they (but no spaces) were seen,
    ``length`` the number of steps of the line."""
    places = [column for word in columns for column in word]
    seen = [(index, character) for index, character in enumerate(text) if not character.isspace()]
    if not seen or len(seen) != len(places) or length <= 0:
        return []
    centres = [min((place + 0.5) / length, 1.0) for place in places]
    steps = sorted(b - a for a, b in pairwise(centres)) or [1.0]
    half = max(steps[len(steps) // 2], 1 / length) / 2
    characters: list[Character] = []
    word = 0
    for order, (index, character) in enumerate(seen):
        if order and index != seen[order - 1][0] + 1:
            word += 1
        centre = centres[order]
        before = centres[order - 1] if order else -1.0
        after = centres[order + 1] if order + 1 < len(centres) else 2.0
        start = max(centre - min((centre - before) / 2, half * 1.6), 0.0)
        end = min(centre + min((after - centre) / 2, half * 1.6), 1.0)
        characters.append(Character(character, start, max(start, end), confidences[index], word))
    return characters


def _turn_back(points: Points, turned: int, width: int) -> Points:
    """From the view (the picture, or the picture turned counter-clockwise) to the picture, whose width is given."""
    if not turned:
        return points
    return np.stack([width - points[:, 1], points[:, 0]], axis=1).astype(np.float32)
