"""Surroundings of a candidate: the words in and around it, its form and place, and how like those of values that were right."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Document
from stillroom.extraction.around import (
    MARK_KINDS,
    MARKS,
    NEAR,
    Places,
    Side,
    Tables,
    Words,
    alone,
    lines_of,
    own_side,
    unpack_around,
)
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.kept_seen import KeptDocument

Vector = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.integer[Any]]
Rows = npt.NDArray[Any]
_PLACE = 0.08  # of the page's height: half as alike

LIKENESSES = ("left", "above", "behind", "form", "value", "place")
"""What two surroundings are held against each other by; a column each of ``Book.columns``, before those of MARKS."""
_SEVERAL = tuple(name for name, most in MARKS.items() if most > 1)
_ROWS = ("left", "above", "behind", "place", *map(MARK_KINDS.__getitem__, _SEVERAL))
"""What stands around a candidate as a row of numbers: likenesses, and marks of which there are several."""
_PLACES = _ROWS.index("place")  # those are no words
_TABLES = (0, 0, 1, 0, *({"above": 0, "below": 1, "inner": 2}[name] for name in _SEVERAL))
"""Of each of them, whose it is: the place where a candidate starts, the one where it ends, or its text."""
_FIRST_MARK = dict(zip(MARK_KINDS.values(), itertools.accumulate(MARKS.values(), initial=0), strict=False))
_SINGLE_MARKS = [_FIRST_MARK[MARK_KINDS[name]] for name in MARKS if name not in _SEVERAL]
_COLUMNS = (*LIKENESSES, *MARK_KINDS.values())
_OF_ROWS = [_COLUMNS.index(name) for name in _ROWS]
_OF_SINGLE = [at for at, name in enumerate(_COLUMNS) if name not in _ROWS]  # form and value first


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


class Distinct:
    """What stands around the candidates of a field in many documents, each different row of it numbered once.

    A row is of one of ``_ROWS``; the numbers of all of them are one sequence, from 0. What uses it at the same time holds the lock of the
    words whose numbers the rows are.

    Attributes:
        count: of rows.
    """

    def __init__(self) -> None:
        self.count = 0
        self._numbers: list[dict[bytes, int]] = [{} for _ in _ROWS]
        self._rows: list[list[bytes]] = [[] for _ in _ROWS]
        self._places: list[list[int]] = [[] for _ in _ROWS]

    def numbers(self, kind: int, rows: Rows) -> Numbers:
        """The number of each of these rows."""
        known, content = self._numbers[kind], rows.tobytes()
        width = rows.itemsize * rows.shape[1]
        found = []
        for at in range(0, len(content), width):
            row = content[at : at + width]
            number = known.get(row)
            if number is None:
                number = known[row] = self.count
                self.count += 1
                self._rows[kind].append(row)
                self._places[kind].append(number)
            found.append(number)
        return np.array(found, dtype=np.int32)

    def later(self, kind: int, first: int) -> tuple[Rows, list[int]]:
        """The rows of a kind from the one at ``first`` on, and their numbers."""
        rows = self._rows[kind][first:]
        found = np.frombuffer(b"".join(rows), np.float64 if kind == _PLACES else np.int32)
        return found.reshape(len(rows), -1) if rows else found, self._places[kind][first:]


class Around:
    """What stands around some candidates of a document, as numbers of words, which are told apart once, whatever they are held against.

    Attributes:
        words: whose numbers they are.
        distinct: where its rows are numbered. rows: their numbers, a column each of _ROWS. single: a column for each word that stands
            alone: form, value, and the marks of which there is one.
    """

    def __init__(
        self, words: Words, distinct: Distinct, rows: Numbers, single: Numbers, page: Callable[[], _Page]
    ) -> None:
        """``page``: gives what is around each candidate, in their order."""
        self.words, self.distinct, self.rows, self.single = words, distinct, rows, single
        self._page = page

    @functools.cached_property
    def page(self) -> _Page:
        """Of each candidate, in their order."""
        return self._page()

    def only(self, places: Sequence[int]) -> Around:
        """Of the candidates at these places alone."""
        some = np.array(places, dtype=np.int64)
        return Around(
            self.words, self.distinct, self.rows[some], self.single[some], functools.partial(self.page.only, some)
        )

    def __len__(self) -> int:
        return len(self.rows)


Surrounded = Sequence[Surroundings] | Around


def surroundings_in(
    document: Document, candidates: Sequence[Candidate], of: str, among: Sequence[int] | None = None
) -> Around:
    """The same as ``surroundings``; of a kept document they are reckoned once.

    ``of``: the field whose candidates they are. ``among``: those of them that are looked at, all where it is not given.
    """
    if not isinstance(document, KeptDocument):
        return around(
            candidates if among is None else [candidates[index] for index in among], Places(document, Words())
        )
    words: Words = document.together.setdefault("words", Words())
    key = ("all" if among is None else "some", of)
    with words.lock:
        known: tuple[Sequence[Candidate], Sequence[int] | None, Around] | None = document.reckoned.get(key)
        if known is None or known[1] != among or not _same(known[0], candidates):
            whole: tuple[Sequence[Candidate], None, Around] | None = document.reckoned.get(("all", of))
            if among is not None and whole is not None and _same(whole[0], candidates):
                known = document.reckoned[key] = candidates, among, whole[2].only(among)
                return known[2]
            packed = _packed(document, words) if document.offered.get(of) is candidates else None
            if packed is not None and len(packed[1].get(of, ())) == len(candidates):
                tables, rows = packed[0], packed[1][of] if among is None else packed[1][of][list(among)]
            else:
                places: Places | None = document.reckoned.get(("places",))
                if places is None:
                    places = document.reckoned["places",] = Places(document, words)
                rows = places.rows(candidates if among is None else [candidates[index] for index in among])
                tables = places.tables()
            distinct: Distinct = document.together.setdefault(f"distinct {of}", Distinct())
            known = document.reckoned[key] = candidates, among, _gathered(rows, tables, distinct)
        return known[2]


def _same(these: Sequence[Candidate], others: Sequence[Candidate]) -> bool:
    if these is others:
        return True
    return len(these) == len(others) and not any(map(operator.is_not, these, others))


def _packed(document: KeptDocument, words: Words) -> tuple[Tables, dict[str, Numbers]] | None:
    if ("around",) not in document.reckoned:
        document.reckoned["around",] = unpack_around(document.around, words) if document.around else None
    found: tuple[Tables, dict[str, Numbers]] | None = document.reckoned["around",]
    return found


def around(candidates: Sequence[Candidate], places: Places) -> Around:
    """What stands around these candidates of a document, of which some places may have been looked at before."""
    rows = places.rows(candidates)
    return _gathered(rows, places.tables(), Distinct())


def _gathered(rows: Numbers, tables: Tables, distinct: Distinct) -> Around:
    """What stands around candidates that are in these rows of the tables; what is different of it is numbered among ``distinct``."""
    starts, ends, own, values = (
        table[rows[:, at]] for at, table in enumerate((tables.starts, tables.ends, tables.own, tables.values))
    )
    parts: dict[str, Numbers] = {
        "left": starts[:, 12:13], "left_two": starts[:, 13:14], "behind": ends[:, 4:5], "above": starts[:, 14:20],
        "below": ends[:, 5:11], "form": own[:, 1:2], "inner": own[:, 2:10], "value": values[:, 1:2], "line": starts[:, 20:21],
        "top": starts[:, 21:22], "end": starts[:, 22:23], "alone": rows[:, 4:5], "begins": own[:, 10:11], "shape": own[:, 11:12],
    }  # fmt: skip
    page = _Page(
        starts[:, :NEAR],
        ends[:, :NEAR],
        starts[:, NEAR : 3 * NEAR],
        np.hstack([own[:, :1], values[:, :1]]),
        tables.heights[rows[:, 0]],
        np.hstack([parts[kind] for kind in MARKS]).astype(np.int32),
    )
    numbers = np.empty((len(rows), len(_ROWS)), dtype=np.int32)
    for at in range(3):  # of the tables of starts, ends and texts
        first, of = np.unique(rows[:, at], return_index=True, return_inverse=True)[1:]
        for kind, name in enumerate(_ROWS):
            if _TABLES[kind] == at:
                numbers[:, kind] = distinct.numbers(kind, page.row(name)[first])[of]
    single = np.hstack([page.exact, page.marks[:, _SINGLE_MARKS]])
    return Around(tables.words, distinct, numbers, single, lambda: page)


def surroundings(document: Document, candidates: Sequence[Candidate]) -> list[Surroundings]:
    """Of each candidate. The time is in proportion to the lines and the candidates."""
    pages = lines_of(document)
    found = []
    sides: dict[tuple[int, int, bool], Side] = {}
    for candidate in candidates:
        span = candidate.span
        lines = pages[span.page]
        at, until = (span.page, span.start, True), (span.page, span.end, False)
        if at not in sides:
            sides[at] = lines.before(span.start)
        if until not in sides:
            sides[until] = lines.behind(span.end)
        start, end, own = sides[at], sides[until], own_side(candidate.text)
        value = candidate.value.casefold()
        marks: dict[str, tuple[str, ...]] = {
            **start.marks, **end.marks, **own.marks, "value": (value,), "alone": (alone(start, end),),
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


class Shelf:
    """Surroundings of documents as numbers, kept from one book to the next: a book of one document more need not number them anew."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str], int] = {}
        self._pages: dict[int, tuple[Surrounded, _Page]] = {}
        self._of_words: tuple[Words, Numbers] | None = None

    def page(self, these: Surrounded) -> _Page:
        """These, as numbers; the same object is numbered once."""
        known = self._pages.get(id(these))
        if known is None or known[0] is not these:
            if isinstance(these, Around):
                page = these.page.numbered(self._numbered(these))
            else:
                page, words = _told_apart(these)
                numbers = self.numbers
                own = [numbers.setdefault(word, len(numbers) + 1) for word in words]
                page = page.numbered(np.array([0, *own], dtype=np.int32))
            known = self._pages[id(these)] = these, page
        return known[1]

    def _numbered(self, these: Around) -> Numbers:
        """The numbers here of words that many documents share, as far as these documents use them."""
        with these.words.lock:
            order = these.words.order()
            found = (
                self._of_words[1]
                if self._of_words is not None and self._of_words[0] is these.words
                else np.zeros(1, dtype=np.int32)
            )
            if len(found) <= len(order):
                found = np.append(found, np.zeros(len(order) + 1 - len(found), dtype=np.int32))
            self._of_words = these.words, found
            used = np.flatnonzero(_which(these.page.words(), len(found)))
            for number in used[found[used] == 0].tolist():
                if number:
                    found[number] = self.numbers.setdefault(order[number - 1], len(self.numbers) + 1)
        return found

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
        self._of_words: tuple[Words, Numbers, Vector] | None = None
        self._of_rows: tuple[Distinct, list[int], Vector] | None = None
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
        # What a word is worth that stands alone: what it is as a mark, or as a form or value that is known.
        self._worth_alone = self._worth_of_all.copy()
        self._worth_alone[self._known.form] = self._worth_alone[self._known.value] = 1.0

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
            own = self._pages[number].marks
            used = np.flatnonzero(_which([own], self.size))
            numbers = np.zeros(self.size, dtype=np.int64)
            numbers[used] = np.arange(len(used))
            marks = self._marks[number] = used, numbers[own]
        places, where = marks
        worth = self._worth(others, places)[where]
        return np.hstack([_nearest(pairs, counts), _strongest(worth)])

    def forget_pairs(self) -> None:
        """Let go of what is held for ``columns`` alone."""
        self._pairs.clear()
        self._marks.clear()

    def columns_of(self, these: Surrounded) -> Vector:
        """The same of another document, held against all of the book."""
        if isinstance(these, Around):
            found: Vector = np.empty((len(these), len(LIKENESSES) + len(MARKS)))
            with these.words.lock:
                numbers, alone = self._numbers_of(these.words)
                found[:, _OF_ROWS] = self._worth_of_rows(these.distinct, numbers)[these.rows]
                found[:, _OF_SINGLE] = alone[these.single]
            return found
        page, words = _told_apart(these)
        page = page.numbered(np.array([0, *map(self._number, words)], dtype=np.int32))
        worth = self._worth_of_all[page.marks]
        return np.hstack([_nearest(self._known.pairs(page)), _strongest(worth)])

    def _number(self, word: tuple[str, str]) -> int:
        found = self._numbers.get(word, _UNKNOWN)
        return found if found < self.size else _UNKNOWN

    def _numbers_of(self, words: Words) -> tuple[Numbers, Vector]:
        """The numbers in this book of words that many documents share, and what each is worth that stands alone."""
        known = self._of_words
        first = len(known[1]) if known is not None and known[0] is words else 0
        if known is None or first <= len(words.known):
            before = known[1] if first and known is not None else np.zeros(1, dtype=np.int32)
            if not first and len(self._numbers) < len(words.known):
                # A run has tens of thousands of words, and every field a book of some: those are looked up.
                found = np.full(len(words.known) + 1, _UNKNOWN, dtype=np.int32)
                found[0] = 0
                own = np.array(list(map(words.known.get, self._numbers, itertools.repeat(0))), dtype=np.int64)
                numbers = np.array(list(self._numbers.values()), dtype=np.int32)
                there = (own > 0) & (numbers < self.size)
                found[own[there]] = numbers[there]
            else:
                later = itertools.islice(words.known, max(0, first - 1), None)
                fresh = np.array(list(map(self._numbers.get, later, itertools.repeat(_UNKNOWN))), dtype=np.int32)
                fresh[fresh >= self.size] = _UNKNOWN
                found = np.append(before, fresh)
            known = self._of_words = words, found, self._worth_alone[np.maximum(found, 0)]
        return known[1], known[2]

    def _worth_of_rows(self, distinct: Distinct, numbers: Numbers) -> Vector:
        """Of each different row, how like it the known one is that is most alike, or how much speaks for it as marks. ``numbers``: see
        ``_numbers_of``; each row is reckoned once.
        """
        known = self._of_rows
        if known is None or known[0] is not distinct:
            known = distinct, [0] * len(_ROWS), np.zeros(0)
        _, counts, worth = known
        if len(worth) < distinct.count:
            worth, counts = np.append(worth, np.zeros(distinct.count - len(worth))), list(counts)
            for kind, name in enumerate(_ROWS):
                rows, places = distinct.later(kind, counts[kind])
                if not places:
                    continue
                counts[kind] += len(places)
                if name not in LIKENESSES:
                    marks = self._worth_of_all[np.maximum(numbers[rows], 0)]
                    worth[places] = marks.max(axis=1) + marks.min(axis=1)
                elif len(self._known):
                    worth[places] = self._known.nearest(name, rows if kind == _PLACES else numbers[rows])
            self._of_rows = distinct, counts, worth
        return worth

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
        places = np.flatnonzero(_which([page.marks], self.size)[1:]) + 1
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
            every = these.words.order()
            page = these.page
            used = np.flatnonzero(_which(page.words(), len(every) + 1)[1:]) + 1
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
            found += row(MARK_KINDS[kind], words, most)
        return found

    count, most = len(these), 2 * NEAR

    def array(rows: list[list[int]], width: int) -> npt.NDArray[np.int32]:
        return np.array(rows, dtype=np.int32).reshape(count, width)

    page = _Page(
        array([row("word", each.left, NEAR) for each in these], NEAR),
        array([row("word", each.behind, NEAR) for each in these], NEAR),
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

    def row(self, name: str) -> Rows:
        """One of ``_ROWS`` of each candidate."""
        if name in LIKENESSES:
            found: Rows = getattr(self, name)
            return found
        first = _FIRST_MARK[name]
        return self.marks[:, first : first + MARKS[name.removeprefix("mark ")]]

    def words(self) -> tuple[Numbers, ...]:
        """All that are numbers of words."""
        return self.left, self.behind, self.above, self.exact, self.marks

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
        return (
            _alike(page.left, self.left),
            self._overlap(page.above),
            _alike(page.behind, self.behind),
            page.exact[:, :1] == self.form,
            page.exact[:, 1:] == self.value,
            self._apart(page.place),
        )

    def __len__(self) -> int:
        return len(self.left)

    def nearest(self, name: str, rows: Rows) -> Vector:
        """By one of LIKENESSES, of each of these rows how like the known one is that is most alike, as ``_nearest`` of ``pairs``."""
        if name == "place":
            near: Vector = 0.5 ** (self._apart(rows).min(axis=1) / _PLACE)
            return near
        pairs = self._overlap(rows) if name == "above" else _alike(rows, self.left if name == "left" else self.behind)
        found: Vector = pairs.max(axis=1)
        return found

    def _apart(self, place: Vector) -> Vector:
        apart: Vector = np.abs(place[:, None, 1] - self.place[None, :, 1])
        apart += place[:, None, 0] != self.place[None, :, 0]
        return apart

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


def _which(numbers: Iterable[Numbers], most: int) -> npt.NDArray[np.bool_]:
    """Of the numbers below ``most``, whether each is among these."""
    found = np.zeros(most, dtype=bool)
    for each in numbers:
        found[each] = True
    return found


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
