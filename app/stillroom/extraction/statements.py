"""Rows of financial statements: what stands to the left of figures of several periods, and which figure is that of the latest.

"Net revenue  $ 25,026  $ 22,934" below "2024  2023" says what no label beside a single value does, and a report of a hundred pages holds
thousands of numbers besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from stillroom import paths
from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.concepts import Meaning, key_of, words_of
from stillroom.templates.template import Field

_GAP = re.compile(r" {2,}|\t+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_FIGURES = re.compile(r"[\s\d$€£¥₹%().,'’\u00a0\u202f—–-]*\d[\s\d$€£¥₹%().,'’\u00a0\u202f—–-]*")
_NIL = re.compile(r"(?:^|[\s$€£¥])[—–-](?=\s|$)")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LINES_UNDER_PERIODS = 70
_WORDS_OF_PERIOD = 5
_LONGEST_LABEL = 120  # characters
_SAME, _OF_OWNERS = 1.0, 1.05
_BY_SECTION = 0.2
_LEAST = 0.5


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A row: its label, the heading of the lines it is among, and where its figures are (``start`` to ``end`` of the page).

    ``latest``: number of the figure that is the latest period's.
    """

    page: int
    label: str
    section: str
    start: int
    end: int
    latest: int


def statement_rows(document: Document) -> tuple[StatementRow, ...]:
    """Every row below a line of periods, in reading order."""
    return tuple(row for page in document.pages for row in _rows_of(page))


def _rows_of(page: Page) -> Iterator[StatementRow]:
    periods: list[int] = []
    section, since, at = "", 0, 0
    for line in page.text.split("\n"):
        start, at = at, at + len(line) + 1
        if not line.strip():
            continue
        since += 1
        if found := _periods(line):
            periods, section, since = found, "", 0
            continue
        label = _label(line)
        if not label:
            section = line.strip() if not re.search(r"\d", line) else section
        elif periods and since <= _LINES_UNDER_PERIODS:
            figures = start + len(label)
            if not _NIL.match(line[len(label) :].split("(", 1)[0].rstrip("0123456789.,")):
                yield StatementRow(
                    page.number, label.strip(" \t$€£¥."), section, figures, start + len(line), _latest(periods)
                )


def _periods(line: str) -> list[int]:
    """The years that a line of periods names; empty for any other line."""
    if ":" in line:
        return []
    years = []
    for cell in _GAP.split(line.strip()):
        found = _YEAR.findall(cell)
        if found and len(cell.split()) <= _WORDS_OF_PERIOD * len(found) and cell.rstrip().endswith(found[-1]):
            years += [int(year) for year in found]
    return years if len(years) > 1 and not _FIGURES.fullmatch(_YEAR.sub("", line)) else []


def _latest(periods: Sequence[int]) -> int:
    """The number of the latest period among the first of one length: "2024 2023 2024 2023" are two of three and two of six months."""
    first: list[int] = []
    for year in periods:
        if year in first:
            break
        first.append(year)
    return first.index(max(first))


def _label(line: str) -> str:
    """What a line begins with, where nothing but figures follow, two at least; empty for any other line."""
    for gap in _GAP.finditer(line):
        if gap.start() > _LONGEST_LABEL:
            return ""
        label, rest = line[: gap.start()], line[gap.start() :]
        if not re.search(r"[^\W\d_]{2}", label):
            continue
        figures = _FIGURES.fullmatch(rest) is not None and len(re.findall(r"\d[\d.,'’]*", rest)) > 1
        return label if figures else ""
    return ""


class Statements:
    """The statements of a document, and which of a field's candidates they give."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._rows = statement_rows(document)
        self._meaning = meaning

    def given(self, field: Field, candidates: Sequence[Candidate]) -> tuple[set[int], set[int]]:
        """The candidates that the row gives that is called most like the field, the first of those; and what other such rows give."""
        scores = [(self._score(field, row), row) for row in self._rows]
        best = max((score for score, _ in scores), default=0.0)
        if best < _LEAST:
            return set(), set()
        likely = [row for score, row in scores if score >= best - 0.01]
        by_page: dict[int, list[int]] = {}
        for index, candidate in enumerate(candidates):
            by_page.setdefault(candidate.span.page, []).append(index)
        found = [given for row in likely if (given := _given(row, candidates, by_page.get(row.page, ())))]
        return (found[0], set().union(*found[1:])) if found else (set(), set())

    def _score(self, field: Field, row: StatementRow) -> float:
        own = self._called(field, row.label)
        if not own or len(row.label.split()) > 1:
            return own
        # "Basic" says little alone: it is told by what it stands under, earnings or shares.
        about = {word for text in (field.description, *field.near) for word in words_of(text)}
        section = words_of(_BRACKETS.sub(" ", row.section))
        return own + _BY_SECTION * sum(word in about for word in section) / max(1, len(section))

    def _called(self, field: Field, label: str) -> float:
        """How far a row is called what the field is: as it is, or without what such rows are called besides."""
        if any(key_of(word) in key_of(label) for word in field.avoid if key_of(word)):
            return 0.0
        plain = _BRACKETS.sub(" ", label)
        says = max((self._says(field, text) for text in (label, plain, *_bare(plain))), default=0.0)
        return _SAME * says or self._of_owners(field, plain)

    def _says(self, field: Field, text: str) -> float:
        """How far a text is what this field is called, and no other one more."""
        found = 0.0
        for each in (text, text.removesuffix("s"), f"{text}s"):
            own, rival, avoided = self._meaning.weigh(field.name, key_of(each))
            found = max(found, own if own >= _LEAST and rival <= 0 and not avoided else 0.0)
        return found

    def _of_owners(self, field: Field, label: str) -> float:
        """ "Net income attributable to X Inc." is the net income of X."""
        folded = " ".join(label.casefold().split())
        for phrase in _words()["owned"]:
            thing, _, owner = folded.partition(f" {phrase} ")
            if owner and not any(word in owner for word in _words()["others"]):
                return _OF_OWNERS * self._says(field, thing)
        return 0.0


def _bare(label: str) -> Iterator[str]:
    folded = " ".join(label.casefold().split())
    for word in _words()["before"]:
        if folded.startswith(f"{word} "):
            yield folded.removeprefix(f"{word} ")
    for word in _words()["behind"]:
        if folded.endswith(f" {word}"):
            yield folded.removesuffix(f" {word}").rstrip(" ,")


def _given(row: StatementRow, candidates: Sequence[Candidate], own: Sequence[int]) -> set[int]:
    """The readings of the row's figure of the latest period."""
    inside = [at for at in own if row.start <= candidates[at].span.start and candidates[at].span.end <= row.end]
    figures: list[tuple[int, int]] = []
    for start, end in sorted(
        {(candidates[at].span.start, candidates[at].span.end) for at in inside}, key=lambda each: (each[0], -each[1])
    ):
        if not figures or start >= figures[-1][1]:
            figures.append((start, end))
    if len(figures) <= max(1, row.latest):
        return set()
    figure = figures[row.latest]
    return {at for at in inside if (candidates[at].span.start, candidates[at].span.end) == figure}


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    data = paths.resource_tables("statements")
    return {kind: tuple(word for own in table.values() for word in own) for kind, table in data.items()}
