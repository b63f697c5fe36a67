"""What the page says about a candidate: which labels stand where around it, where it stands itself, what its value is among the others.

Everything that does not depend on the field (cells, labels, what is above what) is found once a document; a field only weighs
the labels by what it means.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page, Span
from stillroom.extraction import concepts
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.codes import tax_number_problem
from stillroom.extraction.candidates.leaders import without_leaders
from stillroom.extraction.candidates.persons import is_given_name, name_signs
from stillroom.extraction.candidates.propose import Proposals
from stillroom.extraction.candidates.quoted_mail import without_quote_marks
from stillroom.extraction.candidates.text import address_shape
from stillroom.extraction.candidates.times import names_a_time
from stillroom.extraction.candidates.towns import is_town, names_a_town
from stillroom.extraction.candidates.venues import venue_sign
from stillroom.extraction.candidates.words import (
    address_words,
    common_words,
    name_suffixes,
    paper_phrases,
    states_and_countries,
)
from stillroom.extraction.concepts import Label, Meaning, at_or_before
from stillroom.extraction.likeness import Likeness, likeness
from stillroom.extraction.naming import Naming, names_employer, no_person
from stillroom.extraction.signs import OwnSigns, Place, Said, Vector, sign_names, signs_of
from stillroom.templates.template import Field, FieldType

_ISSUERS = ("seller", "company", "speaker")
_PERSONS = (
    "",
    "name",
    "person",
    "speaker",
    "host",
    "contact",
    "sender",
    "recipient",
    "patient",
    "physician",
    "employee",
)
_PLACES_NAMED = ("jurisdiction",)
_VENUES = ("location",)
_COUNTERPARTS = ("buyer", "ship_to", "agency", "account_holder")
_MONEY = frozenset({FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT})
_MOMENTS = frozenset({FieldType.DATE, FieldType.TIME})
_CALLED = frozenset({FieldType.NAME, FieldType.ORGANISATION})
_NAMES = frozenset({FieldType.NAME, FieldType.ORGANISATION, FieldType.LINE})
_PARTIES = frozenset({FieldType.ORGANISATION, FieldType.NAME, FieldType.LINE, FieldType.TEXT, FieldType.BLOCK})


_GAP = re.compile(r" {2,}|\t+| \| | [·•] ")
_INDENTED = re.compile(r"[ \t]*\n[ \t]*")
_RANGE = re.compile(
    r"^\s*(?:[-–—~]|to|till?|until|bis|au|à|al|a|do|thru|through|and|tot)\s*(?:the\s+)?$", re.IGNORECASE
)
_LABEL_FIRST = re.compile(r"[^:\n]{1,30}?\s*:\s")
_HOST = re.compile(r"(?:@|www\.|https?://)([\w.\-]+)", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"([^\W\d_])[\w'’&]* \(?$")
_LONG = 40  # characters of a line that a sentence fills
_WHOLE_WORD = re.compile(r"[^\W\d_]{5}\.$")
_LONGEST_LINE = 400  # characters in which a time is looked for
_ANY_WORD = re.compile(r"[^\W\d_]+")
_NEAR = 30
_BEHIND = 12
_SUFFIX = re.compile(rf", (?:{name_suffixes()})(?!\w)")
_YEAR_BEHIND = re.compile(r" (?:19|20)\d\d(?!\S)")
# Behind a number within a label: of "Total for 7 nights:", "Subtotal (3 items):".
_REST_OF_LABEL = re.compile(r"[ )]+[^\W\d_][^:：]{0,40}[:：]\s*")
_FEW = re.compile(r"\d{1,3}")
_LOOSE = 0.12  # a figure alone is less than a house number's line
_PRICED = re.compile(r"\d[.,]\d{2}(?:\s?[A-Z*]{1,3})?$")
_PLAIN_LINE = 24  # characters
_AMOUNT_ALONE = re.compile(r"[^\w\s]{0,2}\s?(?:[A-Z]{2,3}\s?)?\d[\d., ]{0,14}[.,]\d{2}(?:\s?[A-Z€$*]{1,3})?")
_NARROW, _WIDE = 25, 45  # characters of a line
_MANY_PRICES = 0.12  # of its lines
_PROSE = 90
_AT_START = 3  # characters of its cell that may stand before a candidate: a bracket, a sign of a currency
_SHORT_LABEL = 40
_LONGEST_LABEL = 80  # characters
_LONGEST_FORM = 400  # lines of a page
_LONGEST_FORM_LINE = 160
# What no label is: figures by themselves, a box that is ticked or not, an address in the net.
_ANSWERED = re.compile(r"^\d{1,2}(?:  |$)|  \d{1,2}(?:  |$)|\[[ xX]\]|[☐☑☒✓✗]|\w@\w")
_SENTENCE = re.compile(r"[a-z]{3}[.;] [A-Z]|[a-z]{4}\.$")
_FEWEST_CAPTIONS = 2  # lines of them
_LINES_OF_QUESTION = 3
_LONGEST_ANSWER = 60
_NUMBERED = re.compile(r"(?:\d{1,2}|[A-Za-z]|[IVX]{1,4})[.)]\s|\d{1,2}\s?\([a-z]\)\s|\([a-z\d]{1,2}\)\s")
# What a form prints under the line to write on: "(Name of registrant)".
_CAPTION = re.compile(r"\([^()\d]{3,60}\)")
# Behind a label that counts what is before it: "3 rooms, 2 baths", "• 3 rooms"; but not "2 price 4.00".
_COUNTED = re.compile(r"[^\S\n]?(?:$|[\n,;.)·•]|\s\s)")
_LIKE = 0.5
_LABELLED = 0.45
_STREET_WORDS = 5
_ROOM = 0.7  # of a venue's sign, from which on a text is one
_PARTLY = 0.6  # of a value, up to which it may be made of labels' words ("Supplier Ltd")
_FEW_FIGURES = 3
_CAPITALS_TO_SMALL = 4
_PARTLY_HEADING = 0.35  # the same of a cell of a form
_HEADING = 0.75  # of its letters, from which on a cell is a label and nothing else
_CELLS_LEFT = 60  # what stands further left counts for less than a millionth
_COLUMN_LINES = 60
_BLOCK_LINES = 9
_MOST_AMOUNTS = 60
_MOST_DIGITS = 20
_MOST_TENDERED = 400  # amounts of a document
_SMALLEST_COIN = Decimal("0.05")
_MOST_TAX = Decimal("0.35")  # of the sum that it is put on
_NAMING = frozenset({Place.INLINE, Place.LEFT, Place.ABOVE, Place.COLUMN})
_SPACED_GROUP = re.compile(r"\d \d{3}[.,]\d{2}$")
# "“Maturity Date” means …": a contract says what its words stand for.
_DEFINED = re.compile(
    rf"[\"”’'»“]\s{{0,3}}(?:\)\s)?(?:{paper_phrases('means')})\s+(?:(?:{paper_phrases('meant')})\s+)?$", re.IGNORECASE
)
# "the Asset Purchase Agreement dated as of …", "le Contrat de bail du …": the day of another paper than the one that names it.
_CITED = re.compile(
    rf"\b(?:{paper_phrases('article')})\s+"
    rf"(?:[^\W\d_a-z][\w&’'\-]*\s+(?:(?:{paper_phrases('of')})\s+)?){{1,7}}(?:\([^()]{{1,60}}\)\s*)?"
    rf"(?:(?:{paper_phrases('was')}) )?(?:{paper_phrases('dated')})\s+(?:(?:{paper_phrases('day')})\s+)?$"
)
_CITED_WITHIN = 200  # characters before the day
_VAT = re.compile(r"(?:[A-Z]{2}[\s.]?[A-Z0-9][0-9\s.]{6,13}[0-9A-Z]|CHE[\s\-0-9.]{9,14})(?:\s?MWST|\s?TVA|\s?IVA)?")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A piece of a line set off by gaps: ``text[start:end]`` of its page, its box (or columns and line), its line's number."""

    start: int
    end: int
    x0: float
    x1: float
    height: float
    line: int
    order: int


_Told = tuple[Place, str, float]
"""What a label says: where it stands, its key, and how much it counts there, 0 to 1."""


class _LikeAround(NamedTuple):
    """How far what stands around a cell is like what the field is called, and over it and at the heads what others are."""

    over: tuple[float, float]
    head: tuple[float, float]
    below: float


def _go_on() -> None:
    """Nobody asks to stop."""


_BETWEEN_STOPS = 1000  # lines or candidates: some tenths of a second


class _PageCells:
    """A page's lines and cells, and its labels by the cell they stand in."""

    def __init__(self, page: Page, keys: frozenset[str], like: Likeness, stop: Callable[[], None] = _go_on) -> None:
        """``stop``: called time and again, to raise where it is to end."""
        self.page = page
        self._like = like
        self.text = without_quote_marks(without_leaders(page.text))
        self.labels = concepts.labels(self.text, keys, stop)
        self._label_starts = [label.start for label in self.labels]
        self.cells: list[_Cell] = []
        self.line_cells: list[list[int]] = []
        self.lines: list[tuple[int, int]] = []
        position = 0
        for number, raw in enumerate(self.text.split("\n")):
            if not number % _BETWEEN_STOPS:
                stop()
            stripped = raw.strip()
            if stripped:
                start = position + len(raw) - len(raw.lstrip())
                self._add_line(position, start, start + len(stripped))
            position += len(raw) + 1
        self.line_starts = [start for start, _ in self.lines]
        self._cell_starts = [cell.start for cell in self.cells]
        heights = [cell.height for cell in self.cells if cell.height > 0]
        self.usual_height = float(np.median(heights)) if heights else 0.0
        self.cell_labels: list[list[Label]] = [[] for _ in self.cells]
        for label in self.labels:
            index = self.cell_of(label.start)
            if index >= 0:
                self.cell_labels[index].append(label)

    def _add_line(self, line_start: int, start: int, end: int) -> None:
        number = len(self.lines)
        self.lines.append((start, end))
        own: list[int] = []
        text = self.text[start:end]
        at = 0
        for gap in [*_GAP.finditer(text), None]:
            stop = gap.start() if gap else len(text)
            if stop > at:
                x0, x1, height = self._extent(line_start, start + at, start + stop)
                own.append(len(self.cells))
                self.cells.append(_Cell(start + at, start + stop, x0, x1, height, number, len(own) - 1))
            at = gap.end() if gap else stop
        self.line_cells.append(own)

    def _extent(self, line_start: int, start: int, end: int) -> tuple[float, float, float]:
        boxes = self.page.boxes
        if boxes is not None:
            first = next((box for box in (boxes[at] for at in range(start, end)) if box is not None), None)
            last = next((box for box in (boxes[at] for at in range(end - 1, start - 1, -1)) if box is not None), None)
            if first is not None and last is not None:
                return first.x0, max(last.x1, first.x1), first.y1 - first.y0
        return 6.0 * (start - line_start), 6.0 * (end - line_start), 0.0

    @functools.cached_property
    def slip(self) -> float:
        """How far it looks like a till's slip, 0 to 1: short lines, many of which end with an amount."""
        if not self.lines:
            return 0.0
        usual = float(np.median([end - start for start, end in self.lines]))
        narrow = min(1.0, max(0.0, (_WIDE - usual) / (_WIDE - _NARROW)))
        priced = sum(bool(_PRICED.search(self.text[start:end])) for start, end in self.lines)
        return narrow * min(1.0, priced / len(self.lines) / _MANY_PRICES)

    def cell_of(self, position: int) -> int:
        return at_or_before(self._cell_starts, position)

    def goes_on_below(self, start: int, end: int) -> tuple[float, float]:
        """Whether a name that ends with its line may go on in the next, and whether its own last line is such a one below another."""
        first, last = self.line_of(start), self.line_of(max(start, end - 1))
        ends = end >= self.lines[last][1] - 1
        below = ends and last + 1 < len(self.lines) and self._is_plain(last + 1)
        return float(below), float(last > first and self._is_plain(last))

    def _is_plain(self, number: int) -> bool:
        """Whether a line is a few words and nothing else: no label, no street, no figures."""
        cells = self.line_cells[number]
        if len(cells) != 1 or not all(label.short for label in self.cell_labels[cells[0]]):
            return False
        text = self.text[slice(*self.lines[number])]
        streets, others = address_words()
        return (
            len(text) <= _PLAIN_LINE
            and not any(map(str.isdigit, text))
            and text[-1] not in ":,;!?"
            and not streets.search(text)
            and not others.search(text)
        )

    def label_within(self, start: int, end: int) -> float:
        """1 where one of a text's lines below the first is a label and nothing else: there begins what is next on a form."""
        first, last = self.line_of(start), self.line_of(max(start, end - 1))
        return float(
            any(
                len(self.line_cells[number]) == 1 and self.headings[self.line_cells[number][0]] > _HEADING
                for number in range(first + 1, last + 1)
            )
        )

    def counts_in_label(self, start: int, end: int, index: int) -> bool:
        """Whether a number stands in the words of a label that names what is right of it: the 7 of "Total for 7 nights:"."""
        cell = self.cells[index]
        own = self.line_cells[cell.line]
        return (
            own[-1] != index
            and _FEW.fullmatch(self.text, start, end) is not None
            and _REST_OF_LABEL.fullmatch(self.text, end, cell.end) is not None
            and bool(self.cell_labels[index])
            and self.cell_labels[index][0].start < start
            and not any(colon in self.text[cell.start : start] for colon in ":：")
        )

    def naming(self, index: int) -> list[Label]:
        """The labels of a cell that may name what is beside or below it; a piece of a sentence has none."""
        if self._is_of_sentence(index):
            return []
        return [label for label in self.cell_labels[index] if not self.counts(label)]

    def _is_of_sentence(self, index: int) -> bool:
        """Whether a cell is a line of a sentence that goes on ("the speaker,"), or that ends here below a long line of it."""
        cell = self.cells[index]
        last = self.text[cell.end - 1]
        if last == ",":
            return self.text[cell.start].islower()
        if (
            last != "."
            or not cell.line
            or not _WHOLE_WORD.search(self.text, max(cell.start, cell.end - _SHORT_LABEL), cell.end)
        ):
            return False
        start, end = self.lines[cell.line - 1]
        return (
            end - start >= _LONG
            and self.text[end - 1] not in ".:;!?"
            and self.text.count("\n", end, self.lines[cell.line][0]) == 1
        )

    def label_text(self, index: int) -> str:
        """What a cell says, where it is short enough for a label and holds no value of its own behind one."""
        if index < 0 or self.cells[index].end - self.cells[index].start > _LONGEST_LABEL:
            return ""
        text = self.text[self.cells[index].start : self.cells[index].end]
        counted = bool(self.cell_labels[index]) and not self.naming(index)
        return "" if ":" in text[:-1] or counted or self.is_room(index) else text

    def is_room(self, index: int) -> bool:
        """Whether a cell names a room and nothing else: no label, though it may hold a word of one ("Aldon Hall 7300")."""
        text = self.text[self.cells[index].start : self.cells[index].end]
        return len(text) <= _LONGEST_LABEL and any(map(str.isdigit, text)) and venue_sign(text) >= _ROOM

    def question_over(self, index: int) -> str:
        """The numbered question of a form that ends above a cell ("9. List those whom\nyou represent."); empty for none.

        Its last line ends a sentence, and what answers it is a short line: the paragraphs of contracts have numbers as well.
        """
        over = self.above(index)
        if over < 0 or self.cells[index].end - self.cells[index].start > _LONGEST_ANSWER:
            return ""
        last = self.cells[over].line
        if self.text[self.lines[last][1] - 1] not in ".:?)" or self.text[self.cells[index].start].islower():
            return ""
        for first in range(last, max(-1, last - _LINES_OF_QUESTION), -1):
            text = self.text[self.lines[first][0] : self.lines[last][1]]
            if _NUMBERED.match(text):
                return text if len(text) > _LONGEST_LABEL or first < last else ""
        return ""

    def line_of(self, position: int) -> int:
        return max(0, at_or_before(self.line_starts, position))

    def at_time(self, number: int) -> float:
        """Whether a line says a time of day, 1, or one beside it, a half."""
        timed = self._timed
        return 1.0 if number in timed else 0.5 if {number - 1, number + 1} & timed else 0.0

    @functools.cached_property
    def _timed(self) -> frozenset[int]:
        return frozenset(
            number
            for number, (start, end) in enumerate(self.lines)
            if names_a_time(self.text[start : min(end, start + _LONGEST_LINE)])
        )

    def labels_between(self, start: int, end: int) -> list[Label]:
        first = at_or_before(self._label_starts, start - 1) + 1
        if first == len(self.labels) or self._label_starts[first] >= end:
            return []
        last = at_or_before(self._label_starts, end - 1) + 1
        return [label for label in self.labels[first:last] if label.end <= end]

    def is_within_label(self, start: int, end: int) -> bool:
        """Whether a text is a part of a label, or all of one: "applied for" of "Position applied for"."""
        at = at_or_before(self._label_starts, start)
        return at >= 0 and end <= self.labels[at].end

    def labels_before(
        self, start: int, end: int, most: int, but: Callable[[Label], bool] = lambda _: False
    ) -> list[Label]:
        """Of ``labels_between`` the last, nearest first, ``but`` for some: a line may be as long as a book."""
        found: list[Label] = []
        last = at_or_before(self._label_starts, end - 1)
        first = max(at_or_before(self._label_starts, start - 1), last - _LABELS_BACK)
        for at in range(last, first, -1):
            if self.labels[at].end <= end and not but(self.labels[at]):
                found.append(self.labels[at])
                if len(found) == most:
                    break
        return found

    @functools.cached_property
    def headings(self) -> list[float]:
        """How far each cell is a label and nothing else, 0 to 1."""
        found = []
        for cell, own in zip(self.cells, self.cell_labels, strict=True):
            text = self.text[cell.start : cell.end]
            letters = sum(character.isalnum() for character in text)
            covered = sum(sum(c.isalnum() for c in self.text[label.start : label.end]) for label in own)
            share = covered / letters if letters else 0.0
            closed = 0.8 if text.rstrip().endswith(":") and (own or len(text) <= _SHORT_LABEL) else 0.0
            # With figures of its own it holds a value, too: "Invoice date 14-03-2025" heads nothing.
            plain = len(text) <= _LONGEST_LABEL and sum(map(str.isdigit, text)) < _FEW_FIGURES
            like = self._like.label(text) if plain else 0.0
            found.append(max(share, closed, like))
        return found

    @functools.cached_property
    def _above(self) -> list[int]:
        """For each cell the nearest cell above that overlaps it, at most a few lines up; -1 for none."""
        found = [-1] * len(self.cells)
        for number in range(1, len(self.lines)):
            for index in self.line_cells[number]:
                for back in range(1, 4):
                    if number - back < 0:
                        break
                    over = self._overlapping(index, number - back)
                    if over >= 0:
                        found[index] = over
                        break
        return found

    def above(self, index: int) -> int:
        return self._above[index]

    @functools.cached_property
    def _below(self) -> dict[int, int]:
        return {over: index for index, over in reversed(list(enumerate(self._above))) if over >= 0}

    def below(self, index: int) -> int:
        return self._below.get(index, -1)

    def _overlapping(self, index: int, line: int) -> int:
        cell = self.cells[index]
        best, best_share = -1, 0.25
        for other_index in self.line_cells[line]:
            other = self.cells[other_index]
            shared = min(cell.x1, other.x1) - max(cell.x0, other.x0)
            share = shared / max(1.0, min(cell.x1 - cell.x0, other.x1 - other.x0))
            if share > best_share:
                best, best_share = other_index, share
        return best

    @functools.cached_property
    def _labelled_below(self) -> frozenset[int]:
        """Lines that hold an amount alone whose label is the line below: where a till's columns were read one above the other, right first.

        Told by a run of lines that begins with an amount and ends with a label that is known: read the other way round, the first
        would have none.
        """
        found: set[int] = set()
        kinds = [self._line_kind(number) for number in range(len(self.lines))]
        start = 0
        while start < len(kinds):
            end = start
            while end + 1 < len(kinds) and {kinds[end], kinds[end + 1]} == {"amount", "words"}:
                end += 1
            known = self.headings[self.line_cells[end][0]] > _HEADING
            if end > start and kinds[start] == "amount" and kinds[end] == "words" and known:
                found.update(range(start, end, 2))
            start = end + 1
        return frozenset(found)

    def _line_kind(self, number: int) -> str:
        """``amount`` or ``words`` for a line that holds nothing else; else empty."""
        if len(self.line_cells[number]) != 1:
            return ""
        start, end = self.lines[number]
        text = self.text[start:end]
        if _AMOUNT_ALONE.fullmatch(text):
            return "amount"
        return "words" if end - start <= _SHORT_LABEL and not any(map(str.isdigit, text)) else ""

    def label_below(self, index: int) -> int:
        """The cell below that names what is in this one, where labels stand below here; -1 else."""
        line = self.cells[index].line
        return self.line_cells[line + 1][0] if line in self._labelled_below else self._captioned.get(index, -1)

    @functools.cached_property
    def _captioned(self) -> dict[int, int]:
        """Cells that have a caption in brackets under them, with that: it names what was written above it, and nothing below."""
        found: dict[int, int] = {}
        for index, cell in enumerate(self.cells):
            over = self._above[index]
            if (
                over >= 0
                and cell.line - self.cells[over].line == 1
                and _CAPTION.fullmatch(self.text, cell.start, cell.end)
                and not _CAPTION.fullmatch(self.text, self.cells[over].start, self.cells[over].end)
                and self.headings[over] <= _HEADING
            ):
                found.setdefault(over, index)
        for number in self._lines_of_captions:
            for index in self.line_cells[number]:
                over = self._overlapping(index, number - 1)
                if over >= 0:
                    found.setdefault(over, index)
        return found

    @functools.cached_property
    def _lines_of_captions(self) -> list[int]:
        """Lines of labels that name what is written above them, as forms have them that are filled in on a line.

        Told by runs of lines that begin with what is written and end with labels, one by turns with the other: where labels stand above,
        the first is theirs. One such run may be a heading; a form has several lines with more labels than one, and none twice: that is the
        head of a table.
        """
        if len(self.lines) > _LONGEST_FORM:
            return []
        kinds = [self._form_kind(number) for number in range(len(self.lines))]
        below: list[int] = []
        above = start = 0
        while start < len(kinds):
            end = start
            while end + 1 < len(kinds) and {kinds[end], kinds[end + 1]} == {"labels", "values"} and self._touch(end):
                end += 1
            if end > start + 1 and kinds[start] == kinds[end] == "values" and self._begins_part(end):
                end -= 1
            ended = end + 1 == len(kinds) or not self._touch(end) or self._begins_part(end + 1)
            if end > start and ended and kinds[start] == "values" and kinds[end] == "labels":
                below += range(start + 1, end + 1, 2)
            elif end > start and kinds[start] == "labels":
                above += (end - start + 1) // 2
            start = end + 1
        if len(below) <= above or len({self.text[slice(*self.lines[number])] for number in below}) < len(below):
            return []
        of_several = sum(sum(len(self.cell_labels[index]) for index in self.line_cells[number]) > 1 for number in below)
        return below if of_several >= _FEWEST_CAPTIONS else []

    def _begins_part(self, number: int) -> bool:
        """Whether a line is a heading in capitals, but for a letter that was misread."""
        text = self.text[slice(*self.lines[number])]
        small = sum(map(str.islower, text))
        return sum(map(str.isupper, text)) > _CAPITALS_TO_SMALL * small and not any(map(str.isdigit, text))

    def _touch(self, number: int) -> bool:
        """Whether a line and the next are one below the other, without an empty one between."""
        return self.text.count("\n", self.lines[number][1], self.lines[number + 1][0]) == 1

    def _form_kind(self, number: int) -> str:
        """``labels`` or ``values`` for a line of a form that is one or the other; else empty."""
        cells = self.line_cells[number]
        start, end = self.lines[number]
        text = self.text[start:end]
        if end - start > _LONGEST_FORM_LINE or _SENTENCE.search(text) or ":" in text:
            return ""
        if sum(map(str.isdigit, text)) >= _FEW_FIGURES or _ANSWERED.search(text):
            return "values"
        if 2 * sum(self.headings[index] > _PARTLY_HEADING for index in cells) >= len(cells):
            return "labels"
        return "values" if not any(map(self.naming, cells)) and len(text) <= _PROSE * len(cells) else ""

    @functools.cached_property
    def _captions(self) -> frozenset[int]:
        return frozenset(self._captioned.values())

    def names_below(self, index: int) -> bool:
        """Whether what a cell says may name what is below it: not where it is the caption of what is above it."""
        return index not in self._captions

    def counts(self, label: Label) -> bool:
        """Whether a label is what a number before it counts, and so names nothing behind or below it: "3 rooms, 2 baths"."""
        start = label.start
        return (
            self.text[start : start + 1].islower()
            and start >= 2
            and self.text[start - 1] in " \u00a0"
            and self.text[start - 2].isdigit()
            and _COUNTED.match(self.text, label.end) is not None
        )

    def is_of_a_name(self, label: Label, cell: _Cell) -> bool:
        """Whether a small word is one of the name that a cell begins with, and names nothing: the "to" of "Road to Recovery", but not
        that of "Bill to"."""
        if not label.short or not self.text[label.start].islower() or label.start - cell.start > _NEAR:
            return False
        word = _WORD_BEFORE.match(self.text, cell.start, label.start)
        return word is not None and word[1].isupper() and not self.labels_between(cell.start, label.start)

    @functools.cached_property
    def _heads(self) -> tuple[list[int], list[int]]:
        """For each cell the label at the head of its column, and that of its block; -1 for none."""
        columns, blocks = [-1] * len(self.cells), [-1] * len(self.cells)
        for index, cell in enumerate(self.cells):
            over = self._above[index]
            if over < 0:
                if cell.order and self._is_key(index - 1):
                    blocks[index] = blocks[index - 1]
                continue
            head = over if self.headings[over] > _HEADING and self.names_below(over) else -1
            above_column, above_block = columns[over], blocks[over]
            far = above_column >= 0 and cell.line - self.cells[above_column].line > _COLUMN_LINES
            columns[index] = head if head >= 0 else (-1 if far else above_column)
            if cell.order and self._is_key(index - 1):
                blocks[index] = blocks[index - 1]
                continue
            aligned = abs(self.cells[over].x0 - cell.x0) < 8.0 and cell.line - self.cells[over].line <= 2
            if aligned:
                far = above_block >= 0 and cell.line - self.cells[above_block].line > _BLOCK_LINES
                blocks[index] = (
                    over if self.names_below(over) and self._heads_block(over) else (-1 if far else above_block)
                )
        return columns, blocks

    def _is_key(self, index: int) -> bool:
        """Whether a cell names what stands to its right."""
        return self.headings[index] > _HEADING or self.text[self.cells[index].end - 1] == ":"

    def _heads_block(self, index: int) -> bool:
        """Whether a cell is a label with nothing of its own beside it ("Bill to", but not "Number: 17")."""
        if self.headings[index] <= _HEADING:
            return False
        following = index + 1
        if following >= len(self.cells) or self.cells[following].line != self.cells[index].line:
            return True
        return self.headings[following] > _HEADING and self.text[self.cells[following].start] != ":"

    def column_head(self, index: int) -> int:
        return self._heads[0][index]

    def block_head(self, index: int) -> int:
        return self._heads[1][index]


_LABELS_BACK = 200
_LONGEST_GAP = 2000  # characters between a label and a value: behind as many words it says nothing


def _tell(place: Place, label: Label, weight: float, *, head: bool = False) -> _Told:
    return place, label.key, weight * (0.5 if label.short and not head else 1.0)


def _told_beside(page: _PageCells, index: int, start: int) -> Iterator[_Told]:
    """Labels before a value in its cell, and in the cells to its left (or below it, where those hold what names it)."""
    cell = page.cells[index]
    before = page.labels_before(
        cell.start, start, 2, lambda label: page.counts(label) or page.is_of_a_name(label, cell)
    )
    for place, label in zip((Place.INLINE, Place.INLINE_SECOND), before, strict=False):
        gap = page.text[label.end : min(start, label.end + _LONGEST_GAP)]
        values = len(re.findall(r"\d+", gap))
        words = len(re.findall(r"[^\W\d_]{2,}", gap))
        yield _tell(place, label, 0.8 ** (words + 2 * values), head=":" in gap[:2])
    places = iter((Place.LEFT, Place.LEFT_SECOND))
    nearest = page.line_cells[cell.line][max(0, cell.order - _CELLS_LEFT) : cell.order]
    labelled = (left for left in reversed(nearest) if page.naming(left))
    for place, left in zip(places, labelled, strict=False):
        labels, heading = page.naming(left), page.headings[left]
        weight = (0.5 + 0.5 * heading) * 0.7 ** (cell.order - page.cells[left].order - 1)
        for label in labels[-2:]:
            yield _tell(place, label, weight * (1.0 if label is labels[-1] else 0.8), head=heading > _HEADING)
    below = page.label_below(index)
    if below >= 0:
        for label in page.cell_labels[below]:
            yield _tell(Place.LEFT, label, 0.5 + 0.5 * page.headings[below], head=True)


def _told_over(page: _PageCells, index: int) -> Iterator[_Told]:
    """Labels above a value, at the head of its column and of its block."""
    cell = page.cells[index]
    over = page.above(index)
    if over >= 0 and page.label_below(index) < 0 and not page.is_room(over) and page.names_below(over):
        heading = page.headings[over]
        apart = cell.line - page.cells[over].line
        for label in page.naming(over)[-2:]:
            yield _tell(Place.ABOVE, label, (0.3 + 0.7 * heading) * 0.8 ** (apart - 1), head=heading > _HEADING)
    head = page.column_head(index)
    if head >= 0:
        away = cell.line - page.cells[head].line
        for label in page.naming(head):
            yield _tell(Place.COLUMN, label, 0.97**away, head=True)
    block = page.block_head(index)
    if block >= 0:
        for label in page.naming(block):
            yield _tell(Place.BLOCK, label, 0.95 ** (cell.line - page.cells[block].line), head=True)


def _told_behind(page: _PageCells, index: int, start: int, end: int) -> Iterator[_Told]:
    """Labels below a value, behind it, and in the running text before it."""
    under = page.below(index)
    if under >= 0:
        heading = page.headings[under]
        for label in page.cell_labels[under][:2]:
            yield _tell(Place.BELOW, label, 0.3 + 0.7 * heading, head=heading > _HEADING)
    for label in page.labels_between(end, min(end + 40, page.lines[page.cells[index].line][1]))[:2]:
        yield _tell(Place.BEHIND, label, 0.5 ** ((label.start - end) / 15))
    for label in page.labels_between(max(0, start - _PROSE), start)[-3:]:
        if page.counts(label):
            continue
        yield _tell(Place.PROSE, label, 0.5 ** (len(page.text[label.end : start]) / 30))


_MANY = 5000  # candidates


@dataclass(frozen=True, slots=True)
class _Shown:
    """What candidates of a type are, whatever the field is called: fields have it in common.

    Attributes:
        cells: of each candidate, its cell on its page. firsts, seconds: see ``_ranges``.
        rests: those that are the rest of a longer venue: what stands before one is no label.
    """

    candidates: Sequence[Candidate]
    own: list[OwnSigns]
    cells: list[int]
    firsts: set[int]
    seconds: dict[int, int]
    rests: set[int]


class _Written(NamedTuple):
    """How a text is written: see OwnSigns."""

    lines: float
    length: float
    digits: float
    capitals: float
    gaps: float


def _written(text: str) -> _Written:
    letters = [character for character in text if character.isalpha()]
    return _Written(
        float(text.count("\n")),
        math.log1p(len(text)) / 4,
        sum(character.isdigit() for character in text) / max(1, len(text)),
        sum(letter.isupper() for letter in letters) / len(letters) if letters else 0.0,
        float(len(_GAP.findall(_INDENTED.sub("\n", text)))),
    )


class Layout:
    """The pages of a document with their labels, for every field of a template."""

    def __init__(self, document: Document, meaning: Meaning, cancellation: Cancellation | None = None) -> None:
        """Raises Cancelled, as ``signs`` does."""
        self._document = document
        self._stop = cancellation.raise_if_requested if cancellation is not None else _go_on
        self._meaning = meaning
        self._likeness = likeness(meaning.template.fields)
        self._pages = {
            page.number: _PageCells(page, meaning.keys, self._likeness, self._stop) for page in document.pages
        }
        self._lines_before: dict[int, int] = {}
        total = 0
        for page in document.pages:
            self._lines_before[page.number] = total
            total += len(self._pages[page.number].lines)
        self._total_lines = total
        self.proposals = Proposals(document)
        self._shown: dict[FieldType, _Shown] = {}
        self._naming = Naming(document)
        self._listed = {field.of for field in meaning.template.fields if field.type is FieldType.LIST}
        self._told: dict[tuple[int, int, int], list[_Told]] = {}
        self._liked: dict[tuple[str, int, int], _LikeAround] = {}
        self._label_like: dict[str, float] = {}  # of texts that are candidates of several fields
        self._hosts = {
            concepts.key_of(part)
            for page in document.pages
            for match in _HOST.finditer(page.text)
            for part in match.group(1).split(".")[:-1]
            if len(part) > 3
        }

    def role(self, field: Field, kind: FieldType) -> str:
        """See role_of."""
        return role_of(self._meaning, field, kind)

    def signs(self, field: Field, kind: FieldType, candidates: Sequence[Candidate]) -> Vector:
        """One row a candidate, one column a name of ``sign_names()``; most lie between 0 and 1."""
        if not candidates:
            return np.zeros((0, len(sign_names())))
        shown = self._shown.get(kind)
        if shown is None or shown.candidates is not candidates:
            if len(candidates) > _MANY:  # of one type at a time: they take much memory
                self._shown.clear()
            shown = self._shown[kind] = self._by_themselves(kind, candidates)
        said = self._said(field, candidates, shown.rests)
        several = field.type is FieldType.LIST
        return signs_of(said, self._own(field, kind, shown, said), self.role(field, kind), several=several)

    def _said(self, field: Field, candidates: Sequence[Candidate], rests: Collection[int]) -> Said:
        said = Said.nothing(len(candidates))
        rows: list[int] = []
        places: list[int] = []
        everything: list[list[float]] = []
        known: dict[tuple[str, float], list[float]] = {}  # of the labels of a table's lines, which are the same
        for row, candidate in enumerate(candidates):
            if not row % _BETWEEN_STOPS:
                self._stop()
            if row in rests:
                continue
            heard: dict[Place, list[float]] = {}
            for place, key, weight in self._around(candidate):
                says = known.get((key, weight))
                if says is None:
                    says = known[key, weight] = [value * weight for value in self._meaning.weigh(field.name, key)]
                earlier = heard.get(place)
                heard[place] = says if earlier is None else list(map(max, earlier, says))
            for place, says in heard.items():
                rows.append(row)
                places.append(place)
                everything.append(says)
        said.hear_all(rows, places, everything)
        return said

    def _around(self, candidate: Candidate) -> list[_Told]:
        """The labels around a candidate: their place, key, and how much they count there, 0 to 1."""
        span = candidate.span
        key = (span.page, span.start, span.end)
        known = self._told.get(key)
        if known is None:
            known = self._told[key] = self._look_around(self._pages[span.page], span.start, span.end)
        return known

    def _look_around(self, page: _PageCells, start: int, end: int) -> list[_Told]:
        index = page.cell_of(start)
        if index < 0:
            return []
        return [
            *_told_beside(page, index, start),
            *_told_over(page, index),
            *_told_behind(page, index, start, end),
        ]

    def _own(self, field: Field, kind: FieldType, shown: _Shown, said: Said) -> list[OwnSigns]:
        found, candidates = shown.own, shown.candidates
        role_order = self._meaning.affinity(field.name, "start") - self._meaning.affinity(field.name, "end")
        is_vat = self._meaning.affinity(field.name, "vat_id") > 0.5
        for row, (own, candidate) in enumerate(zip(found, candidates, strict=True)):
            if not row % _BETWEEN_STOPS:
                self._stop()
            span = candidate.span
            # Whatever another field of the type has left there is written over.
            own.order_first = role_order * (row in shown.firsts)
            own.order_second = role_order * (row in shown.seconds)
            own.fits = _fits(candidate.text, is_vat=is_vat) if kind is FieldType.IDENTIFIER else 0.0
            own.like_most = own.first_own = own.last_own = own.only_own = 0.0
            self._like(
                own, field, self._pages[span.page], shown.cells[row], candidate, shown.seconds.get(row, span.start)
            )
            if own.venue >= _ROOM:
                own.label_like = 0.0
            if row in shown.rests:
                own.like_beside = own.unlike_beside = 0.0
        most = max(max(own.like_beside, own.like_over) for own in found)
        if most >= _LIKE:
            for own in found:
                like = max(own.like_beside, own.like_over)
                own.like_most = float(like >= most - 0.01 and like >= _LIKE)
        self._mark_labelled(candidates, found, np.flatnonzero(said.strong() > _LABELLED))
        return found

    def _by_themselves(self, kind: FieldType, candidates: Sequence[Candidate]) -> _Shown:
        """What the candidates of a type are, whatever the field is called."""
        count = len(candidates)
        found: list[OwnSigns] = []
        folded = [_folded(candidate.value) for candidate in candidates]
        repeats = Counter(folded)
        spans = Counter((candidate.span.page, candidate.span.start, candidate.span.end) for candidate in candidates)
        columns_mates: Counter[tuple[int, int]] = Counter()
        rows_mates: Counter[tuple[int, int]] = Counter()
        edges: list[int] = []
        for candidate in candidates:
            page = self._pages[candidate.span.page]
            rows_mates[candidate.span.page, page.line_of(candidate.span.start)] += 1
            edges.append(self._edge(page, candidate))
            columns_mates[candidate.span.page, edges[-1]] += 1
        last_page = self._document.pages[-1].number
        ranges = _ranges(candidates, self._pages)
        cells: list[int] = []
        written_as: dict[str, _Written] = {}
        for row, candidate in enumerate(candidates):
            if not row % _BETWEEN_STOPS:
                self._stop()
            span, text = candidate.span, candidate.text
            page = self._pages[span.page]
            index = max(0, page.cell_of(span.start))
            cells.append(index)
            cell = page.cells[index]
            line = page.lines[cell.line]
            last_line = page.lines[page.line_of(max(span.start, span.end - 1))]
            place = self._lines_before[span.page] + cell.line
            written = written_as.get(text)
            if written is None:
                written = written_as[text] = _written(text)
            known = sum(label.end - label.start for label in page.labels_between(span.start, span.end))
            own = OwnSigns(
                place=place / max(1, self._total_lines - 1),
                top=math.exp(-cell.line / 3) if span.page == 1 else 0.0,
                bottom=math.exp(-(len(page.lines) - 1 - cell.line) / 6),
                first_line=float(place == 0),
                early_page=math.exp(-(span.page - 1)),
                last_page=float(span.page == last_page),
                right=cell.x0 / page.page.width if page.page.width else 0.0,
                shape=candidate.shape,
                above_shape=candidate.above,
                below_shape=candidate.below,
                first_shape=candidate.first,
                last_shape=candidate.last,
                loose_first=float("\n" in text and (candidate.first <= _LOOSE or page.headings[index] > _HEADING)),
                loose_last=float("\n" in text and candidate.last <= _LOOSE),
                lines=written.lines,
                length=written.length,
                digits=written.digits,
                capitals=written.capitals,
                whole_cell=float(span.start <= cell.start + 1 and span.end >= cell.end - 1),
                whole_line=float(span.start <= line[0] + 1 and span.end >= line[1] - 1),
                line_start=float(span.start == line[0]),
                line_end=float(span.end >= last_line[1] - 1),
                colon=float(page.text[max(0, span.start - 3) : span.start].rstrip()[-1:] in (":", "：")),
                label=max(
                    0.0,
                    (known / max(1, len(text)) - _PARTLY) / (1 - _PARTLY),
                    page.label_within(span.start, span.end),
                    float(page.is_within_label(span.start, span.end)),
                ),
                label_first=float(
                    bool(_LABEL_FIRST.match(text)) and bool(page.labels_between(span.start, span.start + 30))
                ),
                # A code in groups is one value, however wide they are set apart: its check digits hold it together.
                gaps=0.0 if kind is FieldType.IBAN else written.gaps,
                holds_colon=float(": " in text),
                repeats=math.log(repeats[folded[row]]),
                size=min(2.0, cell.height / page.usual_height) - 1.0 if page.usual_height and cell.height else 0.0,
                range_first=float(row in ranges[0]),
                range_second=float(row in ranges[1]),
                column_mates=math.log(columns_mates[span.page, edges[row]]),
                row_mates=math.log(rows_mates[span.page, cell.line]),
                failed=float(bool(candidate.failed)),
                currency=float(bool(candidate.currencies)),
                defined=float(bool(_DEFINED.search(page.text[max(0, span.start - _NEAR) : span.start]))),
                domain=self._domain(text) if kind in _PARTIES else 0.0,
                contained=float(spans[span.page, span.start, span.end] > 1),
                position_first=float(row == 0),
                position_last=float(row == count - 1),
                slip=page.slip,
            )
            if kind in _MONEY and page.counts_in_label(span.start, span.end, index):
                own.label = 1.0
            if kind in _CALLED:
                own.street = float(_is_street(text))
                before, behind = (
                    page.text[max(0, span.start - _NEAR) : span.start],
                    page.text[span.end : span.end + _BEHIND],
                )
                own.cut_before, own.cut_behind = float(_goes_before(before)), float(_goes_on(behind))
                own.cut_below, own.plain_below = page.goes_on_below(span.start, span.end)
            if kind in _NAMES:
                own.name_known, own.name_whole = name_signs(text)
                own.place_known = float(single_spaced(text).casefold() in states_and_countries())
                own.venue = venue_sign(text)
                own.town = float(is_town(text.rpartition("\n")[2]))
                own.small, own.single = small_words(text, kind), float(len(text.split()) == 1)
                own.employer, own.at_time = names_employer(text), page.at_time(cell.line)
                if kind is FieldType.NAME:
                    own.no_person = float(no_person(text))
                    own.town *= not is_given_name(text)  # "Anna"
            elif kind is FieldType.ADDRESS:
                own.town = float(names_a_town(text))
                if own.loose_first:
                    own.loose_first = float(_loose_lines(text))
            found.append(own)
        if kind is FieldType.NAME or (kind in _CALLED and kind in self._listed):
            self._naming.mark(kind, candidates, found)
        rests = _mark_parts(candidates, found) if kind in _NAMES else set()
        if kind in _MONEY:
            _numeric(candidates, found, [self._is_tax(candidate) for candidate in candidates])
        if kind in _MOMENTS:
            _moments(candidates, found)
            for own, candidate in zip(found, candidates, strict=True):
                text = self._pages[candidate.span.page].text
                own.cited = float(_is_cited(text, candidate.span.start))
        return _Shown(candidates, found, cells, ranges[0], ranges[1], rests)

    def _is_tax(self, candidate: Candidate) -> bool:
        """Whether a label beside or over an amount calls it a tax."""
        phrases = concepts.vocabulary().phrases
        return any(
            place in _NAMING and weight >= _LABELLED and "tax" in phrases.get(key, ())
            for place, key, weight in self._around(candidate)
        )

    @staticmethod
    def _mark_labelled(candidates: Sequence[Candidate], found: list[OwnSigns], where: npt.NDArray[np.intp]) -> None:
        """Mark the first, the last and the only value that has a label of its own."""
        if not len(where):
            return
        first, last = (candidates[int(at)].span for at in (where[0], where[-1]))
        for at in where:  # a longer value that begins there is as much the first
            span = candidates[int(at)].span
            found[int(at)].first_own = float((span.page, span.start) == (first.page, first.start))
            found[int(at)].last_own = float((span.page, span.start) == (last.page, last.start))
        begins = {(candidates[int(at)].span.page, candidates[int(at)].span.start) for at in where}
        if len(begins) == 1 or len({_folded(candidates[int(at)].value) for at in where}) == 1:
            for at in where:
                found[int(at)].only_own = 1.0

    @staticmethod
    def _edge(page: _PageCells, candidate: Candidate) -> int:
        cell = page.cells[max(0, page.cell_of(candidate.span.start))]
        return round((cell.x1 if candidate.span.end >= cell.end - 2 else cell.x0) / 8)

    def _like(
        self, signs: OwnSigns, field: Field, page: _PageCells, index: int, candidate: Candidate, start: int
    ) -> None:
        """How far what stands beside, over and below a candidate is like what this field, or another one, is called.

        ``start``: where the range begins that it ends, if it ends one: what names both stands before the first.
        """
        cell = page.cells[index]
        start = max(start, cell.start)
        like = self._likeness
        labels = page.labels_before(cell.start, start, 1)
        if labels and page.counts(labels[0]):
            own = rival = 0.0
        elif labels and concepts.joins_a_day(page.text, labels[0]):
            own, rival, _ = self._meaning.weigh(field.name, labels[0].key)
        else:
            own, rival = like.before(field.name, page.text[max(cell.start, start - _LONGEST_GAP) : start])
        if not own and not rival and cell.order and start - cell.start < _AT_START:
            own, rival = like.of_cell(field.name, page.label_text(index - 1))
        around = self._liked.get((field.name, candidate.span.page, index))
        if around is None:
            around = self._liked[field.name, candidate.span.page, index] = self._like_around(field, page, index)
        if (named_below := page.label_below(index)) >= 0:
            own, rival = like.of_cell(field.name, page.label_text(named_below))
        behind = page.text[candidate.span.end : candidate.span.end + 2].lstrip(" ")
        signs.like_beside, signs.unlike_beside = own, rival
        signs.like_over, signs.unlike_over = around.over
        signs.like_head, signs.unlike_head = around.head
        signs.like_below = around.below
        text = candidate.text
        if (named := self._label_like.get(text)) is None:
            named = self._label_like[text] = like.label(text) if len(text) <= _LONGEST_LABEL else 0.0
        signs.label_like = named
        signs.colon_behind = float(behind[:1] in (":", "："))

    def _like_around(self, field: Field, page: _PageCells, index: int) -> _LikeAround:
        """The same of what stands over and below a cell, and at the head of its column and block."""
        like = self._likeness
        heads = {page.column_head(index), page.block_head(index)} - {-1, page.above(index)}
        headed = [like.of_cell(field.name, page.label_text(head)) for head in heads]
        below, _ = like.of_cell(field.name, page.label_text(page.below(index)))
        over = page.above(index)
        if page.label_below(index) >= 0 or not page.names_below(over):
            over = -1
        question = page.question_over(index) if over >= 0 else ""
        return _LikeAround(
            like.within(field.name, question) if question else like.of_cell(field.name, page.label_text(over)),
            (max((own for own, _ in headed), default=0.0), max((rival for _, rival in headed), default=0.0)),
            below,
        )

    def _domain(self, text: str) -> float:
        """Whether the document's web or e-mail addresses hold the name's first words."""
        words = [word for word in concepts.words_of(text)[:3] if len(word) > 3]
        return float(any(word in host or host in "".join(words) for word in words[:2] for host in self._hosts))


def role_of(meaning: Meaning, field: Field, kind: FieldType) -> str:
    """What part a field plays among those of its type ("issuer", "total", "first" …), by its concepts; empty for none."""
    affinity = functools.partial(meaning.affinity, field.name)
    if kind in _NAMES and meaning.roles[field.name] in _PLACES_NAMED:
        return "place"
    if kind in _NAMES and meaning.roles[field.name] in _VENUES:
        return "venue"
    if kind is FieldType.NAME and meaning.roles[field.name] in _PERSONS:
        return "person"
    if kind in _PARTIES:
        issuer, counterpart = affinity(*_ISSUERS), affinity(*_COUNTERPARTS)
        return "" if max(issuer, counterpart) < 0.5 else "issuer" if issuer >= counterpart else "counterpart"
    if kind in _MONEY:
        shares = {"total": affinity("total", "gross"), "net": affinity("net"), "tax": affinity("tax")}
        best = max(shares, key=shares.__getitem__)
        return best if shares[best] >= 0.5 and meaning.roles[field.name] in ("total", "gross", "net", "tax") else ""
    if kind in _MOMENTS:
        role = meaning.roles[field.name]
        start, end = affinity("start"), affinity("end")
        if max(start, end) >= 0.4 and start != end:
            return "first" if start > end else "second"
        if role == "due_date":
            return "second"
        return "main" if role in ("date", "invoice_date", "effective_date", "order_date") else ""
    if kind is FieldType.IDENTIFIER:
        role = meaning.roles[field.name]
        return "tax_id" if role in ("vat_id", "tax_number") else "number" if role else ""
    return ""


def _loose_lines(text: str) -> int:
    """With how many lines an address begins that have nothing of one, and 1 where it is a heading that has: a name, what a shop calls
    itself."""
    loose = itertools.takewhile(lambda line: address_shape(line.strip()) <= _LOOSE, text.split("\n"))
    return max(1, sum(1 for _ in loose))


def _is_street(text: str) -> bool:
    """Whether a text is a street with its number and nothing else: "Lieferantenstraße 20", "12 High Street"."""
    text = text.strip()
    if "\n" in text or not (text[:1].isdigit() or text[-1:].isdigit() or text[-2:-1].isdigit()):
        return False
    return len(text.split()) <= _STREET_WORDS and address_words()[0].search(text) is not None


def small_words(text: str, kind: FieldType) -> float:
    """Which share of a text's words begins with a small letter; 1 where a word of every text with such a letter begins or ends it.

    A word of every text that begins with a capital counts as well, but in names: "Will Berg".
    """
    words: list[str] = _ANY_WORD.findall(text)
    if not words:
        return 0.0
    if any(word[0].islower() and word in common_words() for word in (words[0], words[-1])):
        return 1.0
    every = frozenset() if kind is FieldType.NAME else common_words()
    return sum(word[0].islower() or word.casefold() in every for word in words) / len(words)


def _goes_before(text: str) -> bool:
    """Whether a capitalised word stands one space before a name: it may be cut off there."""
    word = _WORD_BEFORE.search(text)
    return word is not None and word[1].isupper()


def _goes_on(text: str) -> bool:
    """The same of what stands behind it: a further word, a suffix, the year that a name has."""
    if text[:1] == " " and (text[1:2].isupper() or text[1:2] == "&"):
        return True
    return _SUFFIX.match(text) is not None or _YEAR_BEHIND.match(text) is not None


def _mark_parts(candidates: Sequence[Candidate], found: Sequence[OwnSigns]) -> set[int]:
    """Mark the venues and persons' names that are a part of a longer one: "Lund Building" of "Conference Room, Lund Building".

    Gives those that are what is left of a venue behind its beginning.
    """
    rests = set()
    for sign in ("venue", "name_whole"):
        whole = [row for row, own in enumerate(found) if getattr(own, sign) >= 1]
        page = begun = reached = -1
        for span, row in sorted(
            ((candidates[row].span, row) for row in whole), key=lambda each: (each[0].page, each[0].start, -each[0].end)
        ):
            if span.page == page and span.end <= reached:
                if (span.start, span.end) != (begun, reached):
                    found[row].part = 1.0
                    if sign == "venue" and span.start > begun:
                        rests.add(row)
            else:
                page, begun, reached = span.page, span.start, span.end
    return rests


def _folded(value: str) -> str:
    return single_spaced(value).casefold()


def _ranges(candidates: Sequence[Candidate], pages: dict[int, _PageCells]) -> tuple[set[int], dict[int, int]]:
    """Candidates that begin a range ("12/09/19 - 12/15/19"), and those that end one, with where it begins on the page."""
    first: set[int] = set()
    second: dict[int, int] = {}
    by_start = defaultdict(list)
    for index, candidate in enumerate(candidates):
        by_start[candidate.span.page].append((candidate.span.start, candidate.span.end, index))
    for page, own in by_start.items():
        own.sort()
        text = pages[page].text
        for place, (begin, end, index) in enumerate(own):
            for start, _, other in own[place + 1 : place + 6]:
                if start - end > 14:
                    break
                if start >= end and _RANGE.match(text[end:start]):
                    first.add(index)
                    second[other] = begin
    return first, second


def _fits(text: str, *, is_vat: bool) -> float:
    """Whether an identifier is written as a VAT number: for a field of that kind 1 or -1, for others the other way round."""
    written = bool(_VAT.fullmatch(text.strip().upper())) and tax_number_problem(text) is None
    if is_vat:
        return 1.0 if written else -0.5
    return -1.0 if written and sum(character.isdigit() for character in text) >= 8 else 0.0


def _numeric(candidates: Sequence[Candidate], found: Sequence[OwnSigns], is_tax: Sequence[bool]) -> None:
    sizes = [_size(candidate.value) for candidate in candidates]
    cents = [size is not None and size.as_tuple().exponent == -2 for size in sizes]
    known = sorted({size for size in sizes if size is not None})
    joined = _joined(candidates)
    with_cents = [
        size
        for row, (size, exact) in enumerate(zip(sizes, cents, strict=True))
        if exact and size is not None and row not in joined
    ]
    largest = max(with_cents or known, default=None)
    sums, rests = _arithmetic(known)
    paid, due = _tendered(candidates, sizes, cents)
    taxes = {size for size, named in zip(sizes, is_tax, strict=True) if size is not None and named}
    taxed, untaxed, levied = _taxed(sorted(set(with_cents)), taxes.intersection(with_cents))
    last_amount = max((index for index, exact in enumerate(cents) if exact), default=-1)
    last_largest = max((index for index, size in enumerate(sizes) if size == largest), default=-1)
    for row, size in enumerate(sizes):
        if size is None:
            continue
        found[row].joined = float(row in joined)
        found[row].largest = float(size == largest)
        if largest and largest > 0 and size > 0:
            found[row].relative = max(-2.0, min(1.0, math.log10(size / largest)))
        found[row].cents = float(cents[row])
        found[row].zero = float(size == 0)
        found[row].negative = float(size < 0)
        found[row].sum = float(size in sums)
        found[row].rest = float(size in rests)
        found[row].paid = float(row in paid)
        found[row].due = float(size in due)
        found[row].taxed = float(size in taxed)
        found[row].untaxed = float(size in untaxed and size not in taxed)
        found[row].levied = float(size in levied)
        found[row].rounded = _rounding(size, known)
        found[row].last_amount = float(row == last_amount)
        found[row].last_largest = float(row == last_largest)


def _tendered(
    candidates: Sequence[Candidate], sizes: Sequence[Decimal | None], cents: Sequence[bool]
) -> tuple[set[int], set[Decimal]]:
    """What was handed over at a till, and what was to pay: the change follows the one, and the other stands before it.

    So a sum whose parts stand on both sides of it is told from a total, whose parts all stand before it, in whatever language.
    """
    order = [
        (candidates[row].span, size, row)
        for row, size in enumerate(sizes)
        if size is not None and cents[row] and size > 0
    ]
    if len(order) > _MOST_TENDERED:
        return set(), set()
    order.sort(key=lambda each: each[0])
    paid: set[int] = set()
    due: set[Decimal] = set()
    before: set[Decimal] = set()
    for (span, size, row), (after, change, _) in itertools.pairwise(order):
        if after.start >= span.end:
            owed = [size - change] if size - change in before else _nearly(size, change, before)
            if len(owed) == 1:
                paid.add(row)
                due.update(owed)
        before.add(size)
    return paid, due


def _nearly(paid: Decimal, change: Decimal, amounts: Collection[Decimal]) -> list[Decimal]:
    """Which of these amounts was to pay, where the change was rounded to a coin and it was not."""
    if paid % _SMALLEST_COIN or change % _SMALLEST_COIN:
        return []
    owed = paid - change
    return [each for each in amounts if each % _SMALLEST_COIN and abs(each - owed) < _SMALLEST_COIN]


def _joined(candidates: Sequence[Candidate]) -> set[int]:
    """Candidates that hold another column, by all signs: "100 450,00" of a page that has "450,00" by itself as well."""
    grouped = [row for row, candidate in enumerate(candidates) if _SPACED_GROUP.search(candidate.text)]
    inside = {(candidates[row].span.page, candidates[row].span.end) for row in grouped}
    alone = {each.text for each in candidates if (each.span.page, each.span.end) not in inside}
    joined = {row for row in grouped if candidates[row].text.rpartition(" ")[2] in alone}
    # Where other amounts are set in groups, these are as well: "1 250,00" below "Moms 250,00" and "Netto 1 000,00".
    return joined if len(joined) == len(grouped) else set()


def _moments(candidates: Sequence[Candidate], found: Sequence[OwnSigns]) -> None:
    values = [candidate.value for candidate in candidates]
    years = Counter(value[:4] for value in values)
    usual = max(years.values(), default=0)
    ends = {reading: _first_and_last(candidates, reading) for reading in {each.reading for each in candidates}}
    for row, (candidate, value) in enumerate(zip(candidates, values, strict=True)):
        earliest, latest = ends[candidate.reading]
        found[row].earliest = float(value == earliest)
        found[row].latest = float(value == latest)
        if len(value) >= 10 and value[:4].isdigit():
            found[row].recent = float(1990 <= int(value[:4]) <= 2035)
            found[row].majority_year = float(years[value[:4]] == usual)


def _is_cited(text: str, start: int) -> bool:
    """Whether a day is that of another paper, named before it."""
    before = re.sub(r"\s*,?\s+", " ", text[max(0, start - _CITED_WITHIN) : start])
    return _CITED.search(before) is not None


def _first_and_last(candidates: Sequence[Candidate], reading: str) -> tuple[str, str]:
    """Of the moments of a document, as all of them would be read: two readings of one are not before each other."""
    read: dict[Span, str] = {}
    for candidate in candidates:
        if candidate.span not in read or candidate.reading == reading:
            read[candidate.span] = candidate.value
    return min(read.values()), max(read.values())


def _arithmetic(amounts: Sequence[Decimal]) -> tuple[set[Decimal], set[Decimal]]:
    """Amounts that are the sum of two others (net and tax, or the lines of a bill), and those that are the rest of one (cash less change).

    Only amounts with cents count, and only of pages that hold few enough for a coincidence to be rare.
    """
    exact = sorted({amount for amount in amounts if amount > 0 and amount.as_tuple().exponent == -2})
    if len(exact) > _MOST_AMOUNTS:
        return set(), set()
    known = set(exact)
    sums: set[Decimal] = set()
    rests: set[Decimal] = set()
    for index, left in enumerate(exact):
        for right in exact[index + 1 :]:
            if left + right in known:
                sums.add(left + right)
                rests |= {left, right}
    return sums, rests


def _taxed(amounts: Sequence[Decimal], taxes: Collection[Decimal]) -> tuple[set[Decimal], set[Decimal], set[Decimal]]:
    """Amounts that hold a tax of this page, those that it was put on, and those taxes: net, tax and gross show each other.

    ``amounts`` are sorted, each there once. What is paid may be rounded to a coin.
    """
    if len(amounts) > _MOST_AMOUNTS:
        return set(), set(), set()
    taxed: set[Decimal] = set()
    untaxed: set[Decimal] = set()
    levied: set[Decimal] = set()
    for tax in taxes:
        for net in amounts:
            if not 0 < tax < net * _MOST_TAX:
                continue
            off = min(_SMALLEST_COIN, tax)
            first = _first_above(amounts, net + tax - off)
            for gross in amounts[first:]:
                if gross >= net + tax + off:
                    break
                taxed.add(gross)
                untaxed.add(net)
                levied.add(tax)
    return taxed, untaxed, levied


def _rounding(amount: Decimal, amounts: Sequence[Decimal]) -> int:
    """1 for an amount that another one here was rounded to, as cash is to five cents; -1 for one that was rounded; 0 for others.

    ``amounts`` are sorted, each there once: a long document has thousands of them.
    """
    whole = amount % _SMALLEST_COIN == 0
    first = _first_above(amounts, amount - _SMALLEST_COIN)
    for other in amounts[first : first + 12]:
        if other >= amount + _SMALLEST_COIN:
            break
        if other != amount and (other % _SMALLEST_COIN == 0) != whole:
            return 1 if whole else -1
    return 0


def _first_above(amounts: Sequence[Decimal], amount: Decimal) -> int:
    low, high = 0, len(amounts)
    while low < high:
        middle = (low + high) // 2
        if amounts[middle] <= amount:
            low = middle + 1
        else:
            high = middle
    return low


def _size(value: str) -> Decimal | None:
    try:
        size = Decimal(value)
    except InvalidOperation:
        return None
    return size if size.is_finite() and size.adjusted() < _MOST_DIGITS else None  # "inf" is a word
