"""What stands around the candidates of a document, as numbers of words: in and beside each, above and below its line.

It is looked up once a place, a text and a value; packed, it is kept beside what was seen of a document (see ``kept_seen``), so that what
is learned of others is held against it at once.
"""

from __future__ import annotations

import bisect
import itertools
import math
import re
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.kept_text import MOST_UNPACKED

Vector = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.integer[Any]]
_WORD = re.compile(r"[^\W\d_]+|[:#№=]")
_MARK = re.compile(r"[^\W\d_]+|\d+|[:#№=@]")
NEAR = 4
"""Words before and behind."""
_FORM = re.compile(r"(\d+)|([^\W\d_]+)")

MARKS = {
    "left": 1, "left_two": 1, "behind": 1, "above": 6, "below": 6, "form": 1, "inner": 8, "value": 1, "line": 1, "top": 1,
    "end": 1, "alone": 1, "begins": 1, "shape": 1,
}  # fmt: skip
"""What is counted around right values and others, and how many of each a candidate may have; a column each of ``Book.marks``."""
MARK_KINDS = {kind: f"mark {kind}" for kind in MARKS}
"""What marks are called among the kinds of words."""


class Words:
    """Words that stand around candidates, each with a number, the first with 1. What uses it at the same time holds its lock.

    Attributes:
        known: by kind (word, form, value, or which of MARKS) and word; the numbers in their order.
    """

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], int] = {}
        self._order: list[tuple[str, str]] = []
        self.lock = threading.RLock()

    def order(self) -> Sequence[tuple[str, str]]:
        """All of them, as they are numbered."""
        if len(self._order) < len(self.known):
            self._order.extend(itertools.islice(self.known, len(self._order), None))
        return self._order

    def numbers(self, words: Sequence[tuple[str, str]]) -> list[int]:
        """The numbers of many words with their kinds."""
        known = self.known
        found: list[int | None] = list(map(known.get, words))
        return [
            known.setdefault(word, len(known) + 1) if number is None else number
            for word, number in zip(words, found, strict=True)
        ]

    def row(self, kind: str, words: Sequence[str], most: int) -> list[int]:
        """The numbers of so many words at most, and 0 where there are fewer."""
        known = self.known
        if most == 1:  # as most are
            return [known.setdefault((kind, words[0]), len(known) + 1)] if words else [0]
        found = [0] * most
        for place, word in enumerate(words[:most]):
            found[place] = known.setdefault((kind, word), len(known) + 1)
        return found


@dataclass(frozen=True, slots=True)
class Side:
    """What stands on one side of a place, or in a text: words, nearest first, and what there is of some of MARKS.

    Attributes:
        some: whether there is anything. above: words of the line above. place: of the line on its page.
    """

    words: tuple[str, ...]
    marks: dict[str, tuple[str, ...]]
    some: bool = True
    above: tuple[str, ...] = ()
    form: str = ""
    place: float = 0.0


class _Table:
    """Rows of numbers, by what they are of."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._places: dict[tuple[int, int] | str, int] = {}
        self._fresh: list[list[int]] = []
        self._array: npt.NDArray[np.int32] = np.zeros((0, width), dtype=np.int32)

    def place(self, of: tuple[int, int] | str) -> int | None:
        return self._places.get(of)

    def add(self, of: tuple[int, int] | str, row: list[int]) -> int:
        place = self._places[of] = len(self._places)
        self._fresh.append(row)
        return place

    def numbers(self) -> npt.NDArray[np.int32]:
        if self._fresh:
            fresh = np.array(self._fresh, dtype=np.int32).reshape(len(self._fresh), self._width)
            self._array, self._fresh = np.vstack([self._array, fresh]), []
        return self._array


@dataclass(frozen=True, slots=True)
class Tables:
    """What stands around the places and texts of a document, each once.

    Attributes:
        words: whose numbers they are.
        starts: of a place: words before it, words above, and marks; ends: words behind it, and marks; own: of a text, its form and
            marks; values: of a canonical value.
        heights: page, from 0, and place of the line of each of ``starts``.
    """

    words: Words
    starts: Numbers
    ends: Numbers
    own: Numbers
    values: Numbers
    heights: Vector


_WIDTHS = (23, 11, 12, 2)  # of the tables, in their order


class Places:
    """The places of a document that candidates begin and end at, and their texts: each is looked at once."""

    def __init__(self, document: Document, words: Words) -> None:
        self.words = words
        self.starts, self.ends, self.own, self.values = map(_Table, _WIDTHS)
        self._pages = lines_of(document)
        self._some: tuple[list[bool], list[bool]] = ([], [])
        self._heights: list[tuple[int, float]] = []
        self._lines: dict[tuple[int, int, bool], tuple[list[int], list[int]]] = {}
        self._below: dict[tuple[int, int], list[int]] = {}
        self._alone = [
            [words.row("mark alone", (f"{before}{behind}",), 1)[0] for behind in (False, True)]
            for before in (False, True)
        ]

    def tables(self) -> Tables:
        """Of all that was looked at until now."""
        heights = np.array(self._heights, dtype=np.float64).reshape(len(self._heights), 2)
        starts, ends, own, values = (each.numbers() for each in (self.starts, self.ends, self.own, self.values))
        return Tables(self.words, starts, ends, own, values, heights)

    def rows(self, candidates: Iterable[Candidate]) -> Numbers:
        """Where each candidate is in the tables, and the number of whether anything stands beside it: a row each."""
        return np.array([self.of(each) for each in candidates], dtype=np.int64).reshape(-1, len(_WIDTHS) + 1)

    def of(self, candidate: Candidate) -> tuple[int, int, int, int, int]:
        """Where a candidate is in each table, and the number of whether anything stands beside it."""
        span = candidate.span
        start = self.starts.place((span.page, span.start))
        if start is None:
            start = self._start(span.page, span.start)
        end = self.ends.place((span.page, span.end))
        if end is None:
            end = self._end(span.page, span.end)
        own = self.own.place(candidate.text)
        if own is None:
            own = self._text(candidate.text)
        value = self.values.place(candidate.value)
        if value is None:
            folded = (candidate.value.casefold(),)
            row = [*self.words.row("value", folded, 1), *self.words.row("mark value", folded, 1)]
            value = self.values.add(candidate.value, row)
        return start, end, own, value, self._alone[self._some[0][start]][self._some[1][end]]

    def _start(self, page: int, place: int) -> int:
        lines = self._pages[page]
        side = lines.before(place)
        self._some[0].append(side.some)
        line = lines.number(place)
        known = self._lines.get((page, line, side.some))
        if known is None:
            # What stands before and above a place is mostly its line's: that is numbered once.
            row = self.words.row("word", tuple(dict.fromkeys(side.above)), 2 * NEAR)
            known = self._lines[page, line, side.some] = row, self._marks(side, "above", "line", "top", "end")
        self._heights.append((lines.page, side.place))
        words = self.words.row("word", side.words, NEAR)
        return self.starts.add((page, place), [*words, *known[0], *self._marks(side, "left", "left_two"), *known[1]])

    def _end(self, page: int, place: int) -> int:
        lines = self._pages[page]
        side = lines.behind(place)
        self._some[1].append(side.some)
        at = (page, lines.end(place))
        below = self._below.get(at)
        if below is None:
            below = self._below[at] = self._marks(side, "below")
        words = self.words.row("word", side.words, NEAR)
        return self.ends.add((page, place), [*words, *self._marks(side, "behind"), *below])

    def _text(self, text: str) -> int:
        side = own_side(text)
        row = self.words.row("form", (side.form,), 1)
        return self.own.add(text, row + self._marks(side, "form", "inner", "begins", "shape"))

    def _marks(self, side: Side, *kinds: str) -> list[int]:
        found: list[int] = []
        for kind in kinds:
            found += self.words.row(MARK_KINDS[kind], side.marks[kind], MARKS[kind])
        return found


def lines_of(document: Document) -> dict[int, Lines]:
    return {
        page.number: Lines(page.text, _line_starts(page.text), number) for number, page in enumerate(document.pages)
    }


class Lines:
    """The lines of a page; what several candidates of one ask is looked up once.

    Attributes:
        last: number of the last line. page: from 0.
    """

    def __init__(self, text: str, starts: Numbers, page: int) -> None:
        self.text, self.page = text, page
        self._starts: list[int] = starts.tolist()
        self.last = len(self._starts) - 1
        self._above: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._seen: dict[tuple[int, int], list[str]] = {}

    def number(self, place: int) -> int:
        return bisect.bisect_right(self._starts, place) - 1

    def before(self, place: int) -> Side:
        """What stands before a place on its line, and above it."""
        line = self.number(place)
        start = self._starts[line]
        text = self.text[max(start, place - 120) : place]
        left = _folded(_MARK.findall(text)[:-3:-1])  # of a long line no more is asked for
        words, above = self._over(line)
        marks = {
            "left": _few(left, 1),
            "left_two": (" ".join(left[:2]),),
            "above": above,
            "line": _few(self._marks_of(start, start + 60) if left else (), 1),
            "top": (f"{min(self.page, 3)}:{_step(line)}",),
            "end": (str(_step(self.last - line)),),
        }
        height = line / max(1, self.last)
        return Side(_small(_WORD.findall(text)[: -NEAR - 1 : -1]), marks, bool(left), above=words, place=height)

    def behind(self, place: int) -> Side:
        """What stands behind a place on its line, and below it."""
        end = self.end(place)
        text = self.text[place : min(end, place + 120)]
        first = _MARK.search(text)
        right = _folded([first[0]]) if first is not None else []
        below = self._marks_of(end + 1, min(self.end(end + 1), end + 121))
        marks = {"behind": _few(right, 1), "below": _few(below, MARKS["below"])}
        return Side(_small(_WORD.findall(text)[:NEAR]), marks, bool(right))

    def end(self, place: int) -> int:
        """The end of the line that a place is in."""
        end = self.text.find("\n", place)
        return len(self.text) if end < 0 else end

    def _over(self, line: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of the line above: its words, and its marks."""
        if line not in self._above:
            text = self.text[self._starts[line - 1] : self._starts[line]][-200:] if line else ""
            self._above[line] = tuple(_words(text)[: 2 * NEAR]), _few(_seen(text[-120:]), MARKS["above"])
        return self._above[line]

    def _marks_of(self, start: int, end: int) -> list[str]:
        known = self._seen.get((start, end))
        if known is None:
            known = self._seen[start, end] = _seen(self.text[start:end])
        return known


def own_side(text: str) -> Side:
    """What a text shows by itself."""
    form, inner = form_of(text), _seen(text)
    marks = {
        "form": (form,),
        "inner": _few(inner, MARKS["inner"]),
        "begins": _few(inner, 1),
        "shape": (" ".join(_shape(word) for word in text.split()[:6]),),
    }
    return Side((), marks, form=form)


def alone(start: Side, end: Side) -> str:
    return f"{start.some}{end.some}"


def _few(words: Sequence[str], most: int) -> tuple[str, ...]:
    """Some, each once; one that is empty where there are none."""
    return tuple(dict.fromkeys(words[:most])) or ("",)


def _seen(text: str) -> list[str]:
    return _folded(_MARK.findall(text))


def _folded(words: Iterable[str]) -> list[str]:
    return ["9" if word.isdigit() else word.casefold() for word in words]


def _small(words: Iterable[str]) -> tuple[str, ...]:
    return tuple([word.casefold() for word in words])


def _shape(word: str) -> str:
    """``McKay-12`` is ``AaAa-9``."""
    if word.isascii():  # most words are one of these
        if word.isdigit():
            return "9"
        if word.isalpha():
            if word.islower():
                return "a"
            if word.isupper():
                return "A"
            if word[0].isupper() and word[1:].islower():
                return "Aa"
    return _CAPITALS.sub("A", _SMALL_LETTERS.sub("a", _FIGURES.sub("9", word)))


_FIGURES, _SMALL_LETTERS, _CAPITALS = re.compile(r"\d+"), re.compile(r"[a-z]+"), re.compile(r"[^\W\d_a-z]+")


def _step(lines: int) -> int:
    """A number of lines, the coarser the more there are."""
    return lines if lines < 4 else 4 + int(math.log2(lines / 4))


def form_of(text: str) -> str:
    """``INV-2025/17`` is ``a-9/9``."""
    return _FORM.sub(lambda match: "9" if match[1] else "a", " ".join(text.split()))[:40]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _line_starts(text: str) -> Numbers:
    return np.array([0, *(match.end() for match in re.finditer("\n", text))], dtype=np.int64)


class _Packed(msgspec.Struct, array_like=True):
    """Tables with numbers of their own, and where the candidates of each field are in them.

    Attributes:
        wide: a number of tables and rows takes four bytes, else two. kinds: of each word, as a number.
    """

    wide: bool
    kinds: bytes
    words: list[str]
    tables: list[bytes]
    heights: bytes
    rows: dict[str, bytes]


_KINDS = ("word", "form", "value", *MARK_KINDS.values())


def pack_around(document: Document, candidates: Mapping[str, Sequence[Candidate]]) -> bytes:
    """What stands around the candidates of each field, by its name."""
    places = Places(document, Words())
    rows = {name: places.rows(own) for name, own in candidates.items()}
    tables, known = places.tables(), places.words.known
    numbered = (tables.starts, tables.ends, tables.own, tables.values)
    wide = max(len(known), *map(len, numbered)) >= 1 << 16
    kind = np.uint32 if wide else np.uint16
    numbers = {name: place for place, name in enumerate(_KINDS)}
    packed = _Packed(
        wide,
        bytes([numbers[own] for own, _ in known]),
        [word for _, word in known],
        [each.astype(kind).tobytes() for each in numbered],
        tables.heights.tobytes(),
        {name: own.astype(kind).tobytes() for name, own in rows.items()},
    )
    return zlib.compress(msgspec.msgpack.encode(packed), _LEVEL)


def unpack_around(content: bytes, words: Words) -> tuple[Tables, dict[str, Numbers]] | None:
    """The inverse, in numbers of these words, of which there are more afterwards; None where it is damaged."""
    try:
        plain = zlib.decompressobj().decompress(content, MOST_UNPACKED)
        packed = msgspec.msgpack.decode(plain, type=_Packed)
        kind = np.uint32 if packed.wide else np.uint16
        own_words = list(zip(map(_KINDS.__getitem__, packed.kinds), packed.words, strict=True))
        numbers = np.array([0, *words.numbers(own_words)], dtype=np.int32)
        starts, ends, texts, values = (
            numbers[np.frombuffer(own, kind).reshape(-1, width)]
            for own, width in zip(packed.tables, _WIDTHS, strict=True)
        )
        heights = np.frombuffer(packed.heights, np.float64).reshape(-1, 2)
        rows: dict[str, Numbers] = {}
        for name, own in packed.rows.items():
            table = np.frombuffer(own, kind).reshape(-1, len(_WIDTHS) + 1).astype(np.int64)
            table[:, -1] = numbers[table[:, -1]]
            rows[name] = table
            if np.any(table[:, :-1] >= [len(starts), len(ends), len(texts), len(values)]):
                return None
        return (Tables(words, starts, ends, texts, values, heights), rows) if len(heights) == len(starts) else None
    except (zlib.error, ValueError, IndexError, TypeError):
        return None


_LEVEL = 4  # of zlib, as of what was seen
