"""Words of a PDF whose letters do not look like what the file says they are: what is seen decides.

A font's table may map the glyph of a 1 to a 9: a person sees 120.40 where every program reads 920.40. Letters whose shapes are
nearer to others are read by the recognition (OCR), word by word; where that is sure, and the shapes say the same, the word is what is
seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import chain

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from stillroom.documents.document import Box
from stillroom.documents.formats import pdf_shapes
from stillroom.documents.formats.pdf_frame import Frame
from stillroom.documents.formats.pdf_shapes import LETTERS, Known, Pixels, Shapes, alike
from stillroom.documents.lines import Word

_WORDS = 48
"""Of one page are read at most; those whose shapes differ most."""
_AT_ONCE = 8
_SURE = 0.8
"""Each letter of a reading that is believed."""
_CERTAIN = 2.0
"""So much doubt in the shape of a digit is worth a word where nothing can be recognised; letters have too many shapes."""
_SMALL, _LARGE = 0.25, 0.5
"""Of the height of a line: no digit is lower, no point or comma higher."""
_MARGIN = 0.12
"""Around a word, as a share of its height."""

_AMOUNT = re.compile(r"\d[\d.,'’]*")
_BEFORE = 0.7
"""How far before a number a minus is looked for, as a share of its height."""
_MINUS = "-–—−"
_NUMBER = re.compile(r"[^\w\s]{0,2}\d[\d.,'’/:-]*\W?")

Reading = list[tuple[str, float]]
"""Letters, and how sure each is."""
Read = Callable[[Sequence[NDArray[np.uint8]]], list[Reading]]


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A word as the file has it, and as it is seen."""

    said: str
    seen: str


@dataclass(slots=True)
class _Looked:
    """A word with its letters that are compared.

    Attributes:
        places: indices of these letters in the word. rows: and of their shapes in the list of the page's.
        points: indices of the points and commas of a number. odd: those of them that look like no such.
        turn: by how many quarter turns the page is turned until the word is level.
    """

    word: Word
    turn: int
    places: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    odd: list[int] = field(default_factory=list)


class Seeing:
    """Compares what the pages of one file show with what they say."""

    def __init__(self, read: Read | None) -> None:
        """``read``: the recognition of pictures of words; None where there is none."""
        self._read = read
        self._known: Known | None = None

    def compare(
        self, page: pdfium.PdfPage, frame: Frame, blocks: Sequence[Sequence[Word]]
    ) -> tuple[list[Otherwise], list[str]]:
        """Words that are seen otherwise, which are changed to what is seen; and words that look otherwise where nothing can be
        recognised."""
        found = [
            _Looked(word, turn) for words in blocks for turn in [_turn(words)] if turn is not None for word in words
        ]
        for looked in found:
            looked.places = [
                place
                for place, (letter, box) in enumerate(zip(looked.word.text, looked.word.boxes, strict=False))
                if letter in LETTERS and box.x1 > box.x0 and box.y1 > box.y0
            ]
            if any(map(str.isdigit, looked.word.text)):
                looked.points = [place for place, letter in enumerate(looked.word.text) if letter in ".,"]
        found = [looked for looked in found if looked.places]
        if not found:
            return [], []
        if self._known is None:
            self._known = Known()
        pixels, scale = pdf_shapes.drawn(page, frame)
        return _Page(pixels, scale, found, blocks, self._known, self._read).result()


class _Page:
    """The words of one page, and the shapes of their letters."""

    def __init__(
        self,
        pixels: Pixels,
        scale: float,
        found: list[_Looked],
        blocks: Sequence[Sequence[Word]],
        known: Known,
        read: Read | None,
    ) -> None:
        self._views = {turn: np.rot90(pixels, turn) for turn in {looked.turn for looked in found}}
        self._size = pixels.shape
        self._scale = scale
        self._blocks = blocks
        self._known = known
        self._read = read
        self._found: list[_Looked] = []
        letters: list[str] = []
        parts: list[Shapes] = []
        seen: list[NDArray[np.bool_]] = []
        heights: list[NDArray[np.float64]] = []
        for turn, view in self._views.items():
            mine = [looked for looked in found if looked.turn == turn]
            boxes: list[Box] = []
            for looked in mine:
                looked.rows = list(range(len(letters), len(letters) + len(looked.places)))
                letters.extend(looked.word.text[place] for place in looked.places)
                boxes.extend(looked.word.boxes[place] for place in looked.places)
            shapes, inked, high = pdf_shapes.shapes(view, self._turned(_places(boxes), turn))
            self._compare_points(view, mine, turn)
            parts.append(shapes)
            seen.append(inked)
            heights.append(high)
            self._found.extend(mine)
        self._letters = "".join(letters)
        self._shapes: Shapes = np.concatenate(parts)
        self._inked: NDArray[np.bool_] = np.concatenate(seen)
        self._small = np.concatenate(heights) < _SMALL

    def result(self) -> tuple[list[Otherwise], list[str]]:
        unread = self._unread_minus()
        changed, doubtful = self._compared()
        if not unread:
            return changed, doubtful
        if self._read is None:
            return changed, [*doubtful, *(looked.word.text for looked in unread)]
        for looked, reading in zip(unread, self._read([self._crop(each, _BEFORE) for each in unread]), strict=True):
            word = looked.word
            seen = "".join(letter for letter, _ in reading)
            if seen[:1] and seen[0] in _MINUS and seen[1:] == word.text:
                first = word.boxes[0]
                changed.append(Otherwise(word.text, f"-{word.text}"))
                word.boxes.insert(0, Box(first.x0 - _BEFORE * (first.y1 - first.y0), first.y0, first.x0, first.y1))
                word.text = f"-{word.text}"
        return changed, doubtful

    def _unread_minus(self) -> list[_Looked]:
        """Numbers with a bar before them that is no text."""
        found = [looked for looked in self._found if looked.turn == 0 and _AMOUNT.fullmatch(looked.word.text)]
        if not found:
            return []
        x0, y0, _, y1 = _places([looked.word.boxes[0] for looked in found]).T
        before = np.stack([x0 - _BEFORE * (y1 - y0), y0, x0 - 0.03 * (y1 - y0), y1], axis=1)
        bars = np.flatnonzero(pdf_shapes.bars(self._views[0], before * self._scale)).tolist()
        if not bars:
            return []
        boxes = _places([box for words in self._blocks for word in words for box in word.boxes])
        free: list[_Looked] = []
        for index in bars:
            left, top, right, bottom = before[index]
            beside = (boxes[:, 0] < right) & (boxes[:, 2] > left + 0.1 * (right - left))
            if not (beside & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)).any():
                free.append(found[index])
        return free[:_WORDS]

    def _compared(self) -> tuple[list[Otherwise], list[str]]:
        doubts = self._doubts(np.arange(len(self._letters)))
        left = [looked for looked in self._found if doubts[looked.rows].max() > 1 or looked.odd]
        if self._read is None:
            return [], [looked.word.text for looked in left if self._is_other_digit(looked, doubts)]
        changed: list[Otherwise] = []
        count = 0
        while left and count < _WORDS:
            left.sort(key=lambda looked: -float(doubts[looked.rows].max()))
            now, left = left[:_AT_ONCE], left[_AT_ONCE:]
            count += len(now)
            changed.extend(self._look(now, doubts))
            if left:  # what was learned of these may settle others
                rows = np.concatenate([looked.rows for looked in left])
                doubts[rows] = self._doubts(rows)
                left = [looked for looked in left if doubts[looked.rows].max() > 1 or looked.odd]
        return changed, []

    def _is_other_digit(self, looked: _Looked, doubts: NDArray[np.float64]) -> bool:
        return any(doubts[row] > _CERTAIN and self._letters[row].isdigit() for row in looked.rows)

    def _compare_points(self, view: Pixels, words: Sequence[_Looked], turn: int) -> None:
        """Find points of numbers that are drawn as large as digits."""
        points = [(looked, place) for looked in words for place in looked.points]
        if not points:
            return
        boxes = _places([looked.word.boxes[place] for looked, place in points])
        _, inked, heights = pdf_shapes.shapes(view, self._turned(boxes, turn))
        for index in np.flatnonzero(inked & (heights > _LARGE)).tolist():
            looked, place = points[index]
            looked.odd.append(place)

    def _doubts(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        letters = "".join(self._letters[row] for row in rows)
        own, other = self._known.nearness(letters, self._shapes[rows])
        doubts = pdf_shapes.doubt(letters, own, other)
        digits = np.fromiter(map(str.isdigit, letters), bool, len(letters))
        doubts = np.where(self._small[rows] & digits, np.maximum(doubts, _CERTAIN + 1), doubts)
        return np.asarray(doubts * self._inked[rows])

    def _look(self, words: Sequence[_Looked], doubts: NDArray[np.float64]) -> list[Otherwise]:
        assert self._read is not None
        crops = [self._crop(looked) for looked in words]
        readings = self._read(crops)
        changed: list[Otherwise] = []
        again = [
            index
            for index, (looked, reading) in enumerate(zip(words, readings, strict=True))
            if not self._settled(looked, reading)
        ]
        # A second look at what differs, larger: a slip of the recognition is seldom made twice.
        for index, second in zip(again, self._read([_larger(crops[index]) for index in again]), strict=True):
            looked = words[index]
            if (seen := self._decided(looked, readings[index], second, doubts)) and seen != looked.word.text:
                changed.append(Otherwise(looked.word.text, seen))
                looked.word.text = seen
        return changed

    def _settled(self, looked: _Looked, reading: Reading) -> bool:
        """Whether the word is read as it is said; its shapes are learned then."""
        seen = _letters(reading)
        said = [looked.word.text[place] for place in looked.places]
        if len(seen) != len(said) or not all(b in alike(a) for a, (b, _) in zip(said, seen, strict=True)):
            return False
        self._known.add("".join(said), self._shapes[looked.rows])
        return True

    def _decided(self, looked: _Looked, first: Reading, second: Reading, doubts: NDArray[np.float64]) -> str:
        """The word as it is seen; empty where that is not sure."""
        if self._settled(looked, second):
            return ""
        one, other = _letters(first), _letters(second)
        if not len(one) == len(other) == len(looked.places):
            return self._of_another_length(looked, first, second, doubts)
        letters = list(looked.word.text)
        for place, row, (a, sure), (b, surely) in zip(looked.places, looked.rows, one, other, strict=True):
            said = letters[place]
            if doubts[row] <= 1 or b in alike(said) or a in alike(said):
                continue
            if b not in alike(a) or min(sure, surely) < _SURE or a.isdigit() != said.isdigit():
                return ""
            shape = self._shapes[row]
            if self._known.distance(a, shape) >= self._known.distance(said, shape):
                return ""
            letters[place] = a
        return "".join(letters)

    def _of_another_length(self, looked: _Looked, first: Reading, second: Reading, doubts: NDArray[np.float64]) -> str:
        """A number that is seen with more or fewer digits than it is said with: one glyph may stand for several letters, a point for
        a digit. Empty where that is not sure; the boxes of the word are changed with it."""
        said, seen = looked.word.text, "".join(letter for letter, _ in first)
        sure = all(confidence >= _SURE for letter, confidence in (*first, *second))
        if not sure or seen != "".join(letter for letter, _ in second) or not _NUMBER.fullmatch(seen):
            return ""
        doubtful = {place for place, row in zip(looked.places, looked.rows, strict=True) if doubts[row] > 1}
        doubtful.update(looked.odd)
        boxes: list[Box] = []
        for _, start, end, first_seen, last_seen in SequenceMatcher(None, said, seen, autojunk=False).get_opcodes():
            if said[start:end] != seen[first_seen:last_seen] and not (
                end > start and doubtful.issuperset(range(start, end))
            ):
                return ""
            own = looked.word.boxes[start:end]
            boxes.extend((own + own[-1:] * (last_seen - first_seen))[: last_seen - first_seen])
        looked.word.boxes[:] = boxes
        return seen

    def _crop(self, looked: _Looked, before: float = 0.0) -> NDArray[np.uint8]:
        places = self._turned(_places(looked.word.boxes), looked.turn)
        x0, y0 = places[:, :2].min(axis=0)
        x1, y1 = places[:, 2:].max(axis=0)
        view = self._views[looked.turn]
        more = _MARGIN * (y1 - y0)
        x0 -= before * (y1 - y0)
        left, top = max(int(x0 - more), 0), max(int(y0), 0)
        right, bottom = int(x1 + more) + 1, int(y1) + 1
        part = view[top:bottom, left:right]
        if not part.size:
            part = np.full((2, 2), 255, dtype=np.uint8)
        return np.ascontiguousarray(np.repeat(part[:, :, np.newaxis], 3, axis=2))

    def _turned(self, boxes: NDArray[np.float64], turn: int) -> NDArray[np.float64]:
        """Boxes of the page in points of the drawing, turned with it counter-clockwise."""
        x0, y0, x1, y1 = (boxes * self._scale).T
        height, width = self._size[:2]
        turned = (
            (x0, y0, x1, y1),
            (y0, width - x1, y1, width - x0),
            (width - x1, height - y1, width - x0, height - y0),
            (height - y1, x0, height - y0, x1),
        )[turn]
        return np.stack(turned, axis=1)


def _turn(words: Sequence[Word]) -> int | None:
    """By how many quarter turns counter-clockwise the page must be turned until these words are level; None for slants."""
    along = down = 0.0
    for word in words:
        if len(word.boxes) > 1 and word.text.isascii():
            first, last = word.boxes[0], word.boxes[-1]
            along += last.x0 + last.x1 - first.x0 - first.x1
            down += last.y0 + last.y1 - first.y0 - first.y1
    if abs(along) >= 5 * abs(down):
        return 0 if along >= 0 else 2
    if abs(down) >= 5 * abs(along):
        return 1 if down > 0 else 3
    return None


def _places(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """A line of four numbers for each box."""
    return np.fromiter(chain.from_iterable(boxes), np.float64, 4 * len(boxes)).reshape(-1, 4)


def _letters(reading: Reading) -> Reading:
    return [(letter, sure) for letter, sure in reading if letter in LETTERS]


def _larger(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2  # comes with the recognition

    edge = max(crop.shape[0] // 4, 2)
    framed = cv2.copyMakeBorder(crop, edge, edge, 2 * edge, 2 * edge, cv2.BORDER_CONSTANT, value=_ground(crop))
    return np.asarray(cv2.resize(framed, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _ground(crop: NDArray[np.uint8]) -> tuple[int, int, int]:
    value = int(np.median(crop))
    return value, value, value
