"""Surroundings of a candidate: the words in and around it, its form and place, and how like those of values that were right."""

from __future__ import annotations

import bisect
import itertools
import math
import operator
import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.kept_seen import KeptDocument

Vector = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.integer[Any]]
_WORD = re.compile(r"[^\W\d_]+|[:#№=]")
_MARK = re.compile(r"[^\W\d_]+|\d+|[:#№=@]")
_NEAR = 4  # words before and behind
_FORM = re.compile(r"(\d+)|([^\W\d_]+)")
_PLACE = 0.08  # of the page's height: half as alike

LIKENESSES = ("left", "above", "behind", "form", "value", "place")
"""What two surroundings are held against each other by; a column each of ``Book.likenesses``."""
MARKS = {
    "left": 1, "left_two": 1, "behind": 1, "above": 6, "below": 6, "form": 1, "inner": 8, "value": 1, "line": 1, "top": 1,
    "end": 1, "alone": 1, "begins": 1, "shape": 1,
}  # fmt: skip
"""What is counted around right values and others, and how many of each a candidate may have; a column each of ``Book.marks``."""
_MARK_KINDS = {kind: f"mark {kind}" for kind in MARKS}  # among the kinds of words


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a candidate.

    Attributes:
        left, behind: words before and behind it on its line, nearest first, in small letters.
        above: words of the line above.
        form: its text with figures as 9 and words as a, by their number.
        value: canonical.
        place: of its line on the page, 0 at the top to 1; page: from 0.
        marks: for each of MARKS, what there is of it.
    """

    left: tuple[str, ...]
    behind: tuple[str, ...]
    above: tuple[str, ...]
    form: str
    value: str
    place: float
    page: int
    marks: tuple[tuple[str, ...], ...] = ()


class Words:
    """Words that stand around candidates, each with a number, the first with 1. What uses it at the same time holds its lock.

    Attributes:
        known: by kind (word, form, value, or which of MARKS) and word; the numbers in their order.
    """

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], int] = {}
        self.lock = threading.RLock()

    def row(self, kind: str, words: Sequence[str], most: int) -> list[int]:
        """The numbers of so many words at most, and 0 where there are fewer."""
        known = self.known
        if most == 1:  # as most are
            return [known.setdefault((kind, words[0]), len(known) + 1)] if words else [0]
        found = [0] * most
        for place, word in enumerate(words[:most]):
            found[place] = known.setdefault((kind, word), len(known) + 1)
        return found


class Around:
    """What stands around some candidates of a document, as numbers of words, which are told apart once, whatever they are held against.

    Attributes:
        words: whose numbers they are. page: of each candidate, in their order.
    """

    def __init__(self, words: Words, page: _Page) -> None:
        self.words, self.page = words, page

    def __len__(self) -> int:
        return len(self.page)


Surrounded = Sequence[Surroundings] | Around


def surroundings_in(document: Document, candidates: Sequence[Candidate], of: str) -> Around:
    """The same as ``surroundings``; of a kept document they are reckoned once. ``of``: tells these candidates from its others."""
    if not isinstance(document, KeptDocument):
        return around(candidates, Places(document, Words()))
    words: Words = document.together.setdefault("words", Words())
    with words.lock:
        known: tuple[Sequence[Candidate], Around] | None = document.reckoned.get(of)
        if known is None or len(known[0]) != len(candidates) or any(map(operator.is_not, known[0], candidates)):
            places: Places | None = document.reckoned.get("places")
            if places is None:
                places = document.reckoned["places"] = Places(document, words)
            known = document.reckoned[of] = candidates, around(candidates, places)
        return known[1]


def around(candidates: Sequence[Candidate], places: Places) -> Around:
    """What stands around these candidates of a document, of which some places may have been looked at before."""
    count = len(candidates)
    rows = np.array([places.of(each) for each in candidates], dtype=np.int64).reshape(count, 5)
    starts, ends, own, values = (
        table.numbers()[rows[:, at]] for at, table in enumerate((places.starts, places.ends, places.own, places.values))
    )
    parts: dict[str, Numbers] = {
        "left": starts[:, 12:13], "left_two": starts[:, 13:14], "behind": ends[:, 4:5], "above": starts[:, 14:20],
        "below": ends[:, 5:11], "form": own[:, 1:2], "inner": own[:, 2:10], "value": values[:, 1:2], "line": starts[:, 20:21],
        "top": starts[:, 21:22], "end": starts[:, 22:23], "alone": rows[:, 4:5], "begins": own[:, 10:11], "shape": own[:, 11:12],
    }  # fmt: skip
    return Around(
        places.words,
        _Page(
            starts[:, :_NEAR],
            ends[:, :_NEAR],
            starts[:, _NEAR : 3 * _NEAR],
            np.hstack([own[:, :1], values[:, :1]]),
            places.heights()[rows[:, 0]],
            np.hstack([parts[kind] for kind in MARKS]).astype(np.int32),
        ),
    )


def surroundings(document: Document, candidates: Sequence[Candidate]) -> list[Surroundings]:
    """Of each candidate. The time is in proportion to the lines and the candidates."""
    pages = _lines_of(document)
    found = []
    sides: dict[tuple[int, int, bool], _Side] = {}
    for candidate in candidates:
        span = candidate.span
        lines = pages[span.page]
        at, until = (span.page, span.start, True), (span.page, span.end, False)
        if at not in sides:
            sides[at] = lines.before(span.start)
        if until not in sides:
            sides[until] = lines.behind(span.end)
        start, end, own = sides[at], sides[until], _own(candidate.text)
        value = candidate.value.casefold()
        marks: dict[str, tuple[str, ...]] = {
            **start.marks, **end.marks, **own.marks, "value": (value,), "alone": (_alone(start, end),),
        }  # fmt: skip
        found.append(
            Surroundings(
                left=start.words,
                behind=end.words,
                above=start.above,
                form=own.form,
                value=value,
                place=start.place,
                page=lines.page,
                marks=tuple(marks[kind] for kind in MARKS),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class _Side:
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


class Places:
    """The places of a document that candidates begin and end at, and their texts: each is looked at once.

    Attributes:
        starts: of a place: words before it, words above, and marks; ends: words behind it, and marks; own: of a text, its form and
            marks; values: of a canonical value.
    """

    def __init__(self, document: Document, words: Words) -> None:
        self.words = words
        self.starts, self.ends, self.own, self.values = _Table(23), _Table(11), _Table(12), _Table(2)
        self._pages = _lines_of(document)
        self._some: tuple[list[bool], list[bool]] = ([], [])
        self._heights: list[tuple[int, float]] = []
        self._lines: dict[tuple[int, int, bool], tuple[list[int], list[int]]] = {}
        self._below: dict[tuple[int, int], list[int]] = {}
        self._alone = [
            [words.row("mark alone", (f"{before}{behind}",), 1)[0] for behind in (False, True)]
            for before in (False, True)
        ]

    def heights(self) -> Vector:
        """Page and place of the line of each of ``starts``."""
        return np.array(self._heights, dtype=np.float64).reshape(len(self._heights), 2)

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
            row = self.words.row("word", tuple(dict.fromkeys(side.above)), 2 * _NEAR)
            known = self._lines[page, line, side.some] = row, self._marks(side, "above", "line", "top", "end")
        self._heights.append((lines.page, side.place))
        words = self.words.row("word", side.words, _NEAR)
        return self.starts.add((page, place), [*words, *known[0], *self._marks(side, "left", "left_two"), *known[1]])

    def _end(self, page: int, place: int) -> int:
        lines = self._pages[page]
        side = lines.behind(place)
        self._some[1].append(side.some)
        at = (page, lines.end(place))
        below = self._below.get(at)
        if below is None:
            below = self._below[at] = self._marks(side, "below")
        words = self.words.row("word", side.words, _NEAR)
        return self.ends.add((page, place), [*words, *self._marks(side, "behind"), *below])

    def _text(self, text: str) -> int:
        side = _own(text)
        row = self.words.row("form", (side.form,), 1)
        return self.own.add(text, row + self._marks(side, "form", "inner", "begins", "shape"))

    def _marks(self, side: _Side, *kinds: str) -> list[int]:
        found: list[int] = []
        for kind in kinds:
            found += self.words.row(_MARK_KINDS[kind], side.marks[kind], MARKS[kind])
        return found


def _lines_of(document: Document) -> dict[int, _Lines]:
    return {
        page.number: _Lines(page.text, _line_starts(page.text), number) for number, page in enumerate(document.pages)
    }


class _Lines:
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

    def before(self, place: int) -> _Side:
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
        return _Side(_small(_WORD.findall(text)[: -_NEAR - 1 : -1]), marks, bool(left), above=words, place=height)

    def behind(self, place: int) -> _Side:
        """What stands behind a place on its line, and below it."""
        end = self.end(place)
        text = self.text[place : min(end, place + 120)]
        first = _MARK.search(text)
        right = _folded([first[0]]) if first is not None else []
        below = self._marks_of(end + 1, min(self.end(end + 1), end + 121))
        marks = {"behind": _few(right, 1), "below": _few(below, MARKS["below"])}
        return _Side(_small(_WORD.findall(text)[:_NEAR]), marks, bool(right))

    def end(self, place: int) -> int:
        """The end of the line that a place is in."""
        end = self.text.find("\n", place)
        return len(self.text) if end < 0 else end

    def _over(self, line: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of the line above: its words, and its marks."""
        if line not in self._above:
            text = self.text[self._starts[line - 1] : self._starts[line]][-200:] if line else ""
            self._above[line] = tuple(_words(text)[: 2 * _NEAR]), _few(_seen(text[-120:]), MARKS["above"])
        return self._above[line]

    def _marks_of(self, start: int, end: int) -> list[str]:
        known = self._seen.get((start, end))
        if known is None:
            known = self._seen[start, end] = _seen(self.text[start:end])
        return known


def _own(text: str) -> _Side:
    """What a text shows by itself."""
    form, inner = form_of(text), _seen(text)
    marks = {
        "form": (form,),
        "inner": _few(inner, MARKS["inner"]),
        "begins": _few(inner, 1),
        "shape": (" ".join(_shape(word) for word in text.split()[:6]),),
    }
    return _Side((), marks, form=form)


def _alone(start: _Side, end: _Side) -> str:
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


class Shelf:
    """Surroundings of documents as numbers, kept from one book to the next: a book of one document more need not number them anew."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], int] = {}
        self._pages: dict[int, tuple[Surrounded, _Page]] = {}

    def page(self, these: Surrounded) -> _Page:
        """These, as numbers; the same object is numbered once."""
        known = self._pages.get(id(these))
        if known is None or known[0] is not these:
            page, words = _told_apart(these)
            numbers = self.numbers
            own = [numbers.setdefault(word, len(numbers) + 1) for word in words]
            known = self._pages[id(these)] = these, page.numbered(np.array([0, *own], dtype=np.int32))
        return known[1]

    def keep(self, these: Iterable[Surrounded]) -> None:
        """Let go of all documents but these."""
        wanted = {id(each) for each in these}
        self._pages = {number: known for number, known in self._pages.items() if number in wanted}


class Book:
    """What stands around the candidates of some documents, as numbers, to be held against each other."""

    def __init__(
        self,
        documents: Sequence[Surrounded],
        right: Sequence[npt.NDArray[np.bool_]],
        kept: Sequence[Numbers] | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        """``right``: which of each document's candidates are. ``kept``: the places of those that are looked at; of all, where it is not
        given. ``shelf``: where the documents may be numbered already.
        """
        shelf = shelf if shelf is not None else Shelf()
        pages = [shelf.page(each) for each in documents]
        self._numbers = shelf.numbers
        self._of_words: tuple[Words, Numbers] | None = None
        self.size = len(self._numbers) + 1  # the shelf may grow
        if kept is not None:
            pages = [page.only(own) for page, own in zip(pages, kept, strict=True)]
            right = [own[places] for own, places in zip(right, kept, strict=True)]
        self._pages = pages
        self._marks: dict[int, tuple[Numbers, Numbers]] = {}
        self._counts = [self._count(page, own) for page, own in zip(self._pages, right, strict=True)]
        self._shown = np.array([bool(own.any()) for own in right])
        known = [page.only(own) for page, own in zip(self._pages, right, strict=True)]
        self._known = _Different(_Page.together(known))
        self._of = np.repeat(np.arange(len(known)), [len(each) for each in known])
        self._pairs: dict[int, tuple[Vector | npt.NDArray[np.bool_], ...]] = {}
        self._right, self._seen = np.zeros(self.size), np.zeros(self.size)
        for each in range(len(known)):
            self._add(self._right, self._seen, each, 1)
        everything = np.ones(len(pages), dtype=bool)
        self._worth_of_all = self._worth(everything, np.arange(self.size))

    def columns(self, number: int, among: Sequence[int]) -> Vector:
        """Of a document of the book, held against these others of it: LIKENESSES, then MARKS; a row a candidate."""
        pairs = self._pairs.get(number)
        if pairs is None:
            pairs = self._known.pairs(self._pages[number])
            if len(self._pages) <= _HELD_IN_MEMORY:
                self._pairs[number] = pairs
        others = np.zeros(len(self._pages), dtype=bool)
        others[list(among)] = True
        others[number] = False
        known = others[self._of]
        counts = [
            np.bincount(of[known], minlength=each.shape[1]) > 0 for of, each in zip(self._known.of, pairs, strict=True)
        ]
        marks = self._marks.get(number)
        if marks is None:
            marks = self._marks[number] = np.unique(self._pages[number].marks, return_inverse=True)
        places, where = marks
        worth = self._worth(others, places)[where.reshape(len(pairs[0]), sum(MARKS.values()))]
        return np.hstack([_nearest(pairs, counts), _strongest(worth)])

    def forget_pairs(self) -> None:
        """Let go of what is held for ``columns`` alone."""
        self._pairs.clear()
        self._marks.clear()

    def columns_of(self, these: Surrounded) -> Vector:
        """The same of another document, held against all of the book."""
        if isinstance(these, Around):
            page = these.page.numbered(self._numbers_of(these.words))
        else:
            page, words = _told_apart(these)
            page = page.numbered(np.array([0, *map(self._number, words)], dtype=np.int32))
        worth = self._worth_of_all[page.marks]
        return np.hstack([_nearest(self._known.pairs(page)), _strongest(worth)])

    def _number(self, word: tuple[str, str]) -> int:
        found = self._numbers.get(word, _UNKNOWN)
        return found if found < self.size else _UNKNOWN

    def _numbers_of(self, words: Words) -> Numbers:
        """The numbers in this book of words that many documents share."""
        known = self._of_words
        with words.lock:
            first = len(known[1]) if known is not None and known[0] is words else 0
            if known is None or first <= len(words.known):
                later = itertools.islice(words.known, max(0, first - 1), None)
                before = known[1] if first and known is not None else np.zeros(1, dtype=np.int32)
                if not first and len(self._numbers) < len(words.known):
                    # A run has tens of thousands of words, and every field a book of some: those are looked up.
                    found = np.full(len(words.known) + 1, _UNKNOWN, dtype=np.int32)
                    found[0] = 0
                    own = np.array(list(map(words.known.get, self._numbers, itertools.repeat(0))), dtype=np.int64)
                    numbers = np.array(list(self._numbers.values()), dtype=np.int32)
                    there = (own > 0) & (numbers < self.size)
                    found[own[there]] = numbers[there]
                    known = self._of_words = words, found
                else:
                    fresh = np.array(list(map(self._numbers.get, later, itertools.repeat(_UNKNOWN))), dtype=np.int32)
                    fresh[fresh >= self.size] = _UNKNOWN
                    known = self._of_words = words, np.append(before, fresh)
        return known[1]

    def _worth(self, others: npt.NDArray[np.bool_], places: Numbers) -> Vector:
        """Of these marks: how much oftener each stands at right values than at candidates, as a logarithm, drawn towards 0."""
        left = np.flatnonzero(~others)
        if len(left) > len(others) // 2:
            right, seen = np.zeros(self.size), np.zeros(self.size)
            for each in np.flatnonzero(others):
                self._add(right, seen, int(each), 1)
        else:
            right, seen = self._right.copy(), self._seen.copy()
            for each in left:
                self._add(right, seen, int(each), -1)
        right, seen = right[places], seen[places]
        count, shown = int(others.sum()), int(self._shown[others].sum())
        share = np.clip((seen + 0.02) / (count + 0.02), 0.003, 1.0)
        worth = np.log((np.maximum(right, 0.0) + _DOUBT * share) / (shown + _DOUBT) / share)
        found: Vector = np.clip(worth, -2.5, 4.0) * (seen > 1e-9)
        return found

    def _add(self, right: Vector, seen: Vector, number: int, times: int) -> None:
        places, own_right, own_seen = self._counts[number]
        right[places] += times * own_right
        seen[places] += times * own_seen

    def _count(self, page: _Page, right: npt.NDArray[np.bool_]) -> tuple[Numbers, Vector, Vector]:
        """The marks of a document, the share of its right values that have each, and of all its candidates."""
        places = np.unique(page.marks)
        places = places[places > 0]
        if not len(places):
            return places, np.zeros(0), np.zeros(0)

        def share(marks: Numbers) -> Vector:
            counted = np.bincount(marks.ravel(), minlength=self.size)[places]
            part: Vector = np.minimum(1.0, counted / max(1, len(marks)))
            return part

        return places, share(page.marks[right]), share(page.marks)


def _told_apart(these: Surrounded) -> tuple[_Page, Sequence[tuple[str, str]]]:
    """Surroundings as numbers of words, from 1, and these words; what stands around several candidates of a line is looked up once."""
    if isinstance(these, Around):
        with these.words.lock:
            every = list(these.words.known)
        page = these.page
        used = np.unique(
            np.concatenate([each.ravel() for each in (page.left, page.behind, page.above, page.exact, page.marks)])
        )
        used = used[used > 0]
        numbers_of = np.zeros(len(every) + 1, dtype=np.int32)
        numbers_of[used] = np.arange(1, len(used) + 1)
        return page.numbered(numbers_of), [every[number - 1] for number in used.tolist()]
    numbers: dict[tuple[str, str], int] = {}

    def number(kind: str, word: str) -> int:
        return numbers.setdefault((kind, word), len(numbers) + 1)

    rows: dict[tuple[str, tuple[str, ...], int], list[int]] = {}

    def row(kind: str, words: tuple[str, ...], most: int) -> list[int]:
        known = rows.get((kind, words, most))
        if known is None:
            known = [number(kind, word) for word in words[:most]]
            known += [0] * (most - len(known))
            rows[kind, words, most] = known
        return known

    def marks(each: Surroundings) -> list[int]:
        own = each.marks or ((),) * len(MARKS)
        found: list[int] = []
        for (kind, most), words in zip(MARKS.items(), own, strict=True):
            found += row(_MARK_KINDS[kind], words, most)
        return found

    count, most = len(these), 2 * _NEAR

    def array(rows: list[list[int]], width: int) -> npt.NDArray[np.int32]:
        return np.array(rows, dtype=np.int32).reshape(count, width)

    page = _Page(
        array([row("word", each.left, _NEAR) for each in these], _NEAR),
        array([row("word", each.behind, _NEAR) for each in these], _NEAR),
        array([row("word", tuple(dict.fromkeys(each.above)), most) for each in these], most),
        array([[number("form", each.form), number("value", each.value)] for each in these], 2),
        np.array([[each.page, each.place] for each in these], dtype=np.float64).reshape(count, 2),
        array([marks(each) for each in these], sum(MARKS.values())),
    )
    return page, tuple(numbers)


_HELD_IN_MEMORY = 40  # documents whose likenesses to each other are
_DOUBT = 4.0  # documents: so many say nothing of a mark before one does
_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class _Page:
    """The surroundings of candidates as numbers of words, a row each; 0 where there is no word, -1 where it is not in the book."""

    left: Numbers
    behind: Numbers
    above: Numbers
    exact: Numbers
    place: Vector
    marks: Numbers

    def __len__(self) -> int:
        return len(self.left)

    def numbered(self, numbers: Numbers) -> _Page:
        """With these numbers in the place of theirs; marks that are unknown there count as none."""
        return _Page(
            numbers[self.left], numbers[self.behind], numbers[self.above], numbers[self.exact], self.place,
            np.maximum(numbers[self.marks], 0),
        )  # fmt: skip

    def only(self, rows: npt.NDArray[np.bool_] | Numbers) -> _Page:
        return _Page(
            self.left[rows], self.behind[rows], self.above[rows], self.exact[rows], self.place[rows], self.marks[rows]
        )

    @classmethod
    def together(cls, pages: Sequence[_Page]) -> _Page:
        names = ("left", "behind", "above", "exact", "place", "marks")
        return cls(*(np.concatenate([getattr(page, name) for page in pages]) for name in names))


class _Different:
    """The known surroundings, by each of LIKENESSES: what is different among them, so that nothing is held against the same twice.

    Attributes:
        of: by LIKENESSES, for each of the known ones the number of what is different.
    """

    def __init__(self, known: _Page) -> None:
        self.left, left = _unlike(known.left)
        self.above, above = _unlike(known.above)
        self.behind, behind = _unlike(known.behind)
        self.form, form = np.unique(known.exact[:, 0], return_inverse=True)
        self.value, value = np.unique(known.exact[:, 1], return_inverse=True)
        self.place, place = _unlike(known.place)
        self.of = (left, above, behind, form, value, place)
        self._words = np.unique(known.above[known.above > 0])
        self._has = self._having(self.above).T

    def pairs(self, page: _Page) -> tuple[Vector | npt.NDArray[np.bool_], ...]:
        """By LIKENESSES, how like each of what is different a candidate is, 0 to 1; of *place*, how far apart."""
        apart = np.abs(page.place[:, None, 1] - self.place[None, :, 1])
        apart += page.place[:, None, 0] != self.place[None, :, 0]
        return (
            _alike(page.left, self.left),
            self._overlap(page.above),
            _alike(page.behind, self.behind),
            page.exact[:, :1] == self.form,
            page.exact[:, 1:] == self.value,
            apart,
        )

    def _overlap(self, these: Numbers) -> Vector:
        """The share of the words of two lines that both have."""
        same = (self._having(these) @ self._has).astype(np.float64)
        whole = (these != 0).sum(axis=1)[:, None] + (self.above != 0).sum(axis=1)[None] - same
        found: Vector = np.where(whole > 0, same / np.maximum(1.0, whole), 0.0)
        return found

    def _having(self, rows: Numbers) -> npt.NDArray[np.float32]:
        words = self._words
        found = np.zeros((len(rows), len(words) + 1), dtype=np.float32)
        places = np.searchsorted(words, rows)
        same = np.append(words, -2)[places] == rows
        found[np.arange(len(rows))[:, None], np.where(same, places, len(words))] = 1.0
        return found[:, :-1]


def _unlike(rows: Numbers | Vector) -> tuple[Any, Numbers]:
    """The rows that are different, and which of them each is."""
    numbers: dict[bytes, int] = {}
    of = np.array([numbers.setdefault(row.tobytes(), len(numbers)) for row in rows], dtype=np.int64)
    first = np.unique(of, return_index=True)[1]
    return rows[first], of


def _nearest(
    pairs: Sequence[Vector | npt.NDArray[np.bool_]], known: Sequence[npt.NDArray[np.bool_]] | None = None
) -> Vector:
    """Of each candidate, how like the known one is that is most alike, for each of LIKENESSES. ``known``: which of what is different
    counts; everything where it is not given."""
    found = np.zeros((len(pairs[0]), len(LIKENESSES)))
    for column, each in enumerate(pairs):
        some = each if known is None else each[:, known[column]]
        if not some.shape[1]:
            continue
        if LIKENESSES[column] == "place":
            found[:, column] = 0.5 ** (some.min(axis=1) / _PLACE)
        else:
            found[:, column] = some.max(axis=1)
    return found


def _alike(these: Numbers, known: Numbers) -> Vector:
    """Words beside a value weigh the more the nearer they stand; two that have none are half alike."""
    weights = 0.5 ** np.arange(these.shape[1])
    same, some = np.zeros((len(these), len(known))), np.zeros((len(these), len(known)))
    for place, weight in enumerate(weights):
        own, other = these[:, place, None], known[None, :, place]
        same += weight * ((own == other) & (own != 0))
        some += weight * ((own != 0) | (other != 0))
    alike: Vector = np.where(some > 0, same / np.where(some > 0, some, 1.0), 0.5)
    return alike


_STARTS = np.concatenate([[0], np.cumsum(list(MARKS.values()))[:-1]])
_ALONE = np.array([most == 1 for most in MARKS.values()])


def _strongest(worth: Vector) -> Vector:
    """A column for each of MARKS: what speaks most for a candidate and what most against it, added."""
    if not len(worth):
        return np.zeros((0, len(MARKS)))
    most, least = np.maximum.reduceat(worth, _STARTS, axis=1), np.minimum.reduceat(worth, _STARTS, axis=1)
    rows: Vector = np.where(_ALONE, most, most + least)
    return rows


def form_of(text: str) -> str:
    """``INV-2025/17`` is ``a-9/9``."""
    return _FORM.sub(lambda match: "9" if match[1] else "a", " ".join(text.split()))[:40]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _line_starts(text: str) -> Numbers:
    return np.array([0, *(match.end() for match in re.finditer("\n", text))], dtype=np.int64)
