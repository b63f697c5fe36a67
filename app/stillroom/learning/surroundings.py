"""Surroundings of a candidate: the words in and around it, its form and place, and how like those of values that were right."""

from __future__ import annotations

import bisect
import math
import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Document, Span
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.kept_seen import KeptDocument

Vector = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
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


class Around(list[Surroundings]):
    """Surroundings of some candidates of a document that stay as they are; their words are told apart once, whatever they are held
    against.
    """

    words: _Words | None = None


def surroundings_in(document: Document, candidates: Sequence[Candidate], of: str) -> Sequence[Surroundings]:
    """The same as ``surroundings``; of a kept document they are reckoned once. ``of``: tells these candidates from its others."""
    if not isinstance(document, KeptDocument):
        return surroundings(document, candidates)
    known: tuple[Sequence[Candidate], Around] | None = document.reckoned.get(of)
    if known is None or len(known[0]) != len(candidates) or any(map(operator.is_not, known[0], candidates)):
        # Fields have most of their candidates in common.
        near: dict[tuple[Span, str], Surroundings] = document.reckoned.setdefault("surroundings", {})
        fresh = [each for each in candidates if (each.span, each.value) not in near]
        near.update(
            ((each.span, each.value), around) for each, around in zip(fresh, surroundings(document, fresh), strict=True)
        )
        around = Around(near[each.span, each.value] for each in candidates)
        known = document.reckoned[of] = candidates, around
    return known[1]


def surroundings(document: Document, candidates: Sequence[Candidate]) -> list[Surroundings]:
    """Of each candidate. The time is in proportion to the lines and the candidates."""
    pages = {
        page.number: _Lines(page.text, _line_starts(page.text), number) for number, page in enumerate(document.pages)
    }
    found = []
    for candidate in candidates:
        lines = pages[candidate.span.page]
        text, line = lines.text, lines.number(candidate.span.start)
        start, end = lines.start(line), lines.end(candidate.span.end)
        before = text[max(start, candidate.span.start - 120) : candidate.span.start]
        behind = text[candidate.span.end : min(end, candidate.span.end + 120)]
        form, value = form_of(candidate.text), candidate.value.casefold()
        above, seen_above = lines.above(line)
        found.append(
            Surroundings(
                left=tuple(_words(before)[::-1][:_NEAR]),
                behind=tuple(_words(behind)[:_NEAR]),
                above=above,
                form=form,
                value=value,
                place=line / max(1, lines.last),
                page=lines.page,
                marks=_marks(candidate.text, form, value, (_seen(before), _seen(behind), seen_above, lines.below(end), lines.head(start)),
                    (f"{min(lines.page, 3)}:{_step(line)}", str(_step(lines.last - line))),
                ),
            )
        )  # fmt: skip
    return found


class _Lines:
    """The lines of a page; what several candidates of one ask is looked up once.

    Attributes:
        last: number of the last line.
    """

    def __init__(self, text: str, starts: Places, page: int) -> None:
        self.text, self.page = text, page
        self._starts: list[int] = starts.tolist()
        self.last = len(self._starts) - 1
        self._above: dict[int, tuple[tuple[str, ...], list[str]]] = {}
        self._seen: dict[tuple[int, int], list[str]] = {}

    def number(self, place: int) -> int:
        return bisect.bisect_right(self._starts, place) - 1

    def start(self, line: int) -> int:
        return self._starts[line]

    def end(self, place: int) -> int:
        """The end of the line that a place is in."""
        end = self.text.find("\n", place)
        return len(self.text) if end < 0 else end

    def above(self, line: int) -> tuple[tuple[str, ...], list[str]]:
        """Of the line above: its words, and its marks."""
        if line not in self._above:
            text = self.text[self._starts[line - 1] : self._starts[line]][-200:] if line else ""
            self._above[line] = tuple(_words(text)[: 2 * _NEAR]), _seen(text[-120:])
        return self._above[line]

    def below(self, end: int) -> list[str]:
        """Marks of the line behind the one that ends here."""
        until = self.text.find("\n", end + 1)
        return self._marks_of(end + 1, min(until if until >= 0 else len(self.text), end + 121))

    def head(self, start: int) -> list[str]:
        """Marks of the beginning of a line."""
        return self._marks_of(start, start + 60)

    def _marks_of(self, start: int, end: int) -> list[str]:
        known = self._seen.get((start, end))
        if known is None:
            known = self._seen[start, end] = _seen(self.text[start:end])
        return known


def _marks(
    own: str,
    form: str,
    value: str,
    around: tuple[list[str], list[str], list[str], list[str], list[str]],
    place: tuple[str, str],
) -> tuple[tuple[str, ...], ...]:
    """In the order of MARKS. ``around``: before, behind, above, below, and the line; ``place``: from the top, from the end."""
    before, behind, above, below, line = around
    left, inner = before[::-1], _seen(own)
    found = (
        left[:1], [" ".join(left[:2])], behind[:1], above, below, [form], inner, [value], line[:1] if before else [], [place[0]],
        [place[1]], [f"{bool(before)}{bool(behind)}"], inner[:1], [" ".join(_shape(word) for word in own.split()[:6])],
    )  # fmt: skip
    return tuple(tuple(dict.fromkeys(each[:most])) or ("",) for each, most in zip(found, MARKS.values(), strict=True))


def _seen(text: str) -> list[str]:
    return ["9" if word.isdigit() else word.casefold() for word in _MARK.findall(text)]


def _shape(word: str) -> str:
    """``McKay-12`` is ``AaAa-9``."""
    return _CAPITALS.sub("A", _SMALL_LETTERS.sub("a", _FIGURES.sub("9", word)))


_FIGURES, _SMALL_LETTERS, _CAPITALS = re.compile(r"\d+"), re.compile(r"[a-z]+"), re.compile(r"[^\W\d_a-z]+")


def _step(lines: int) -> int:
    """A number of lines, the coarser the more there are."""
    return lines if lines < 4 else 4 + int(math.log2(lines / 4))


class Shelf:
    """Surroundings of documents as numbers, kept from one book to the next: a book of one document more need not number them anew."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], int] = {}
        self._pages: dict[int, tuple[Sequence[Surroundings], _Page]] = {}

    def page(self, these: Sequence[Surroundings]) -> _Page:
        """These, as numbers; the same object is numbered once."""
        known = self._pages.get(id(these))
        if known is None or known[0] is not these:
            known = (
                these,
                _numbered(these, lambda kind, word: self.numbers.setdefault((kind, word), len(self.numbers) + 1)),
            )
            self._pages[id(these)] = known
        return known[1]

    def keep(self, these: Iterable[Sequence[Surroundings]]) -> None:
        """Let go of all documents but these."""
        wanted = {id(each) for each in these}
        self._pages = {number: known for number, known in self._pages.items() if number in wanted}


class Book:
    """What stands around the candidates of some documents, as numbers, to be held against each other."""

    def __init__(
        self,
        documents: Sequence[Sequence[Surroundings]],
        right: Sequence[npt.NDArray[np.bool_]],
        kept: Sequence[Places] | None = None,
        shelf: Shelf | None = None,
    ) -> None:
        """``right``: which of each document's candidates are. ``kept``: the places of those that are looked at; of all, where it is not
        given. ``shelf``: where the documents may be numbered already.
        """
        shelf = shelf if shelf is not None else Shelf()
        pages = [shelf.page(each) for each in documents]
        self._numbers = shelf.numbers
        self.size = len(self._numbers) + 1  # the shelf may grow
        if kept is not None:
            pages = [page.only(own) for page, own in zip(pages, kept, strict=True)]
            right = [own[places] for own, places in zip(right, kept, strict=True)]
        self._pages = pages
        self._marks = [np.unique(page.marks, return_inverse=True) for page in pages]
        self._counts = [self._count(page, own) for page, own in zip(self._pages, right, strict=True)]
        self._shown = np.array([bool(own.any()) for own in right])
        known = [page.only(own) for page, own in zip(self._pages, right, strict=True)]
        self._known = _Page.together(known)
        self._of = np.repeat(np.arange(len(known)), [len(each) for each in known])
        self._alike: dict[int, Vector] = {}
        self._right, self._seen = np.zeros(self.size), np.zeros(self.size)
        for each in range(len(known)):
            self._add(self._right, self._seen, each, 1)

    def columns(self, number: int, among: Sequence[int]) -> Vector:
        """Of a document of the book, held against these others of it: LIKENESSES, then MARKS; a row a candidate."""
        alike = self._alike.get(number)
        if alike is None:
            alike = _likenesses(self._pages[number], self._known)
            if len(self._pages) <= _HELD_IN_MEMORY:
                self._alike[number] = alike
        others = np.zeros(len(self._pages), dtype=bool)
        others[list(among)] = True
        others[number] = False
        return self._columns(self._marks[number], alike, others, len(self._pages[number]))

    def forget_pairs(self) -> None:
        """Let go of what is held for ``columns`` alone."""
        self._alike.clear()

    def columns_of(self, these: Sequence[Surroundings]) -> Vector:
        """The same of another document, held against all of the book."""

        def number(kind: str, word: str) -> int:
            found = self._numbers.get((kind, word), _UNKNOWN)
            return found if found < self.size else _UNKNOWN

        page = _numbered(these, number)
        marks = np.unique(page.marks, return_inverse=True)
        everything = np.ones(len(self._pages), dtype=bool)
        return self._columns(marks, _likenesses(page, self._known), everything, len(page))

    def _columns(
        self, marks: tuple[Places, Places], alike: Vector, others: npt.NDArray[np.bool_], count: int
    ) -> Vector:
        known = others[self._of]
        found = np.zeros((count, len(LIKENESSES)))
        if known.any():
            found = alike[:, known].max(axis=1)
        places, where = marks
        return np.hstack([found, _strongest(self._worth(others, places)[where.reshape(count, sum(MARKS.values()))])])

    def _worth(self, others: npt.NDArray[np.bool_], places: Places) -> Vector:
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

    def _count(self, page: _Page, right: npt.NDArray[np.bool_]) -> tuple[Places, Vector, Vector]:
        """The marks of a document, the share of its right values that have each, and of all its candidates."""
        places = np.unique(page.marks)
        places = places[places > 0]
        if not len(places):
            return places, np.zeros(0), np.zeros(0)

        def share(marks: Places) -> Vector:
            counted = np.bincount(marks.ravel(), minlength=self.size)[places]
            part: Vector = np.minimum(1.0, counted / max(1, len(marks)))
            return part

        return places, share(page.marks[right]), share(page.marks)


def _numbered(these: Sequence[Surroundings], number: Callable[[str, str], int]) -> _Page:
    """Surroundings as numbers of words."""
    words = these.words if isinstance(these, Around) else None
    if words is None:
        words = _told_apart(these)
        if isinstance(these, Around):
            these.words = words
    numbers = np.array([0, *(number(kind, word) for kind, word in words.words)], dtype=np.int64)
    page = words.page
    return _Page(
        numbers[page.left],
        numbers[page.behind],
        numbers[page.above],
        numbers[page.exact],
        page.place,
        np.maximum(numbers[page.marks], 0),
    )


def _told_apart(these: Sequence[Surroundings]) -> _Words:
    """The words of surroundings; what stands around several candidates of a line is looked up once."""
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
        for (kind, most), words in zip(_MARK_KINDS, own, strict=True):
            found += row(kind, words, most)
        return found

    count, most = len(these), 2 * _NEAR
    page = _Page(
        np.array([row("word", each.left, _NEAR) for each in these], dtype=np.int64).reshape(count, _NEAR),
        np.array([row("word", each.behind, _NEAR) for each in these], dtype=np.int64).reshape(count, _NEAR),
        np.array([row("word", tuple(dict.fromkeys(each.above)), most) for each in these], dtype=np.int64).reshape(
            count, most
        ),
        np.array([[number("form", each.form), number("value", each.value)] for each in these], dtype=np.int64).reshape(
            count, 2
        ),
        np.array([[each.page, each.place] for each in these], dtype=np.float64).reshape(count, 2),
        np.array([marks(each) for each in these], dtype=np.int64).reshape(count, sum(MARKS.values())),
    )
    return _Words(tuple(numbers), page)


_MARK_KINDS = tuple((f"mark {kind}", most) for kind, most in MARKS.items())
_HELD_IN_MEMORY = 40  # documents whose likenesses to each other are
_DOUBT = 4.0  # documents: so many say nothing of a mark before one does
_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class _Page:
    """The surroundings of candidates as numbers of words, a row each; 0 where there is no word, -1 where it is not in the book."""

    left: Places
    behind: Places
    above: Places
    exact: Places
    place: Vector
    marks: Places

    def __len__(self) -> int:
        return len(self.left)

    def only(self, rows: npt.NDArray[np.bool_] | Places) -> _Page:
        return _Page(
            self.left[rows], self.behind[rows], self.above[rows], self.exact[rows], self.place[rows], self.marks[rows]
        )

    @classmethod
    def together(cls, pages: Sequence[_Page]) -> _Page:
        names = ("left", "behind", "above", "exact", "place", "marks")
        return cls(*(np.concatenate([getattr(page, name) for page in pages]) for name in names))


@dataclass(frozen=True, slots=True)
class _Words:
    """The words around some candidates, each once, and where each stands: ``page`` holds their numbers among these, from 1."""

    words: tuple[tuple[str, str], ...]
    page: _Page


def _likenesses(page: _Page, known: _Page) -> Vector:
    """How like each of the known ones a candidate is, 0 to 1: by candidate, by known one, for each of LIKENESSES."""
    rows = np.zeros((len(page), len(known), len(LIKENESSES)))
    if not len(known) or not len(page):
        return rows
    rows[:, :, 0] = _alike(page.left, known.left)
    rows[:, :, 1] = _overlap(page.above, known.above)
    rows[:, :, 2] = _alike(page.behind, known.behind)
    rows[:, :, 3:5] = page.exact[:, None] == known.exact[None]
    apart = np.abs(page.place[:, None, 1] - known.place[None, :, 1])
    apart += page.place[:, None, 0] != known.place[None, :, 0]
    rows[:, :, 5] = 0.5 ** (apart / _PLACE)
    return rows


def _alike(these: Places, known: Places) -> Vector:
    """Words beside a value weigh the more the nearer they stand; two that have none are half alike."""
    weights = 0.5 ** np.arange(these.shape[1])
    same, some = np.zeros((len(these), len(known))), np.zeros((len(these), len(known)))
    for place, weight in enumerate(weights):
        own, other = these[:, place, None], known[None, :, place]
        same += weight * ((own == other) & (own != 0))
        some += weight * ((own != 0) | (other != 0))
    alike: Vector = np.where(some > 0, same / np.where(some > 0, some, 1.0), 0.5)
    return alike


def _overlap(these: Places, known: Places) -> Vector:
    """The share of the words of two lines that both have."""
    words = np.unique(known[known > 0])

    def has(rows: Places) -> npt.NDArray[np.float32]:
        found = np.zeros((len(rows), len(words) + 1), dtype=np.float32)
        places = np.searchsorted(words, rows)
        same = np.append(words, -2)[places] == rows
        found[np.arange(len(rows))[:, None], np.where(same, places, len(words))] = 1.0
        return found[:, :-1]

    same = (has(these) @ has(known).T).astype(np.float64)
    whole = (these != 0).sum(axis=1)[:, None] + (known != 0).sum(axis=1)[None] - same
    found: Vector = np.where(whole > 0, same / np.maximum(1.0, whole), 0.0)
    return found


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


def _line_starts(text: str) -> Places:
    return np.array([0, *(match.end() for match in re.finditer("\n", text))], dtype=np.int64)
