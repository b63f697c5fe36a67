"""Surroundings of a candidate: the words before and above it, its form and place, held against those of values that were right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate

Vector = npt.NDArray[np.float64]
_WORD = re.compile(r"[^\W\d_]+|[:#№=]")
_NEAR = 4  # words before and behind
_FORM = re.compile(r"(\d+)|([^\W\d_]+)")
_PLACE = 0.08  # of the page's height: half as alike

LIKENESSES = ("left", "above", "behind", "form", "value", "place")
"""What two surroundings are held against each other by; a column each of ``likenesses``."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a candidate.

    Attributes:
        left, behind: words before and behind it on its line, nearest first, in small letters.
        above: words of the line above.
        form: its text with figures as 9 and words as a, by their number.
        value: canonical.
        place: of its line on the page, 0 at the top to 1; page: from 0.
    """

    left: tuple[str, ...]
    behind: tuple[str, ...]
    above: tuple[str, ...]
    form: str
    value: str
    place: float
    page: int


def surroundings(document: Document, candidates: Sequence[Candidate]) -> list[Surroundings]:
    """Of each candidate. The time is in proportion to the lines and the candidates."""
    pages = {page.number: (page.text, _line_starts(page.text), number) for number, page in enumerate(document.pages)}
    found = []
    for candidate in candidates:
        text, starts, number = pages[candidate.span.page]
        line = int(np.searchsorted(starts, candidate.span.start, side="right")) - 1
        start = int(starts[line])
        end = text.find("\n", candidate.span.end)
        before = text[max(start, candidate.span.start - 120) : candidate.span.start]
        behind = text[candidate.span.end : min(len(text) if end < 0 else end, candidate.span.end + 120)]
        above = text[int(starts[line - 1]) : start][-200:] if line else ""
        found.append(
            Surroundings(
                left=tuple(_words(before)[::-1][:_NEAR]),
                behind=tuple(_words(behind)[:_NEAR]),
                above=tuple(_words(above)[: 2 * _NEAR]),
                form=form_of(candidate.text),
                value=candidate.value.casefold(),
                place=line / max(1, len(starts) - 1),
                page=number,
            )
        )
    return found


def likenesses(these: Sequence[Surroundings], known: Sequence[Surroundings]) -> Vector:
    """A row for each of these, a column for each of LIKENESSES: how like the most alike of the known ones it is, 0 to 1."""
    rows = np.zeros((len(these), len(LIKENESSES)))
    if not known:
        return rows
    lefts = list(dict.fromkeys(each.left for each in known))
    behinds = list(dict.fromkeys(each.behind for each in known))
    aboves = list(dict.fromkeys(frozenset(each.above) for each in known))
    forms = {each.form for each in known}
    values = {each.value for each in known}
    places = np.array([[each.page, each.place] for each in known])
    told: dict[object, float] = {}

    def most(kind: str, words: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> float:
        key = (kind, words)
        if key not in told:
            told[key] = max(_alike(words, other) for other in others)
        return told[key]

    for row, each in zip(rows, these, strict=True):
        row[0] = most("left", each.left, lefts)
        row[1] = max(_overlap(frozenset(each.above), other) for other in aboves)
        row[2] = most("behind", each.behind, behinds)
        row[3] = each.form in forms
        row[4] = each.value in values
        apart = np.abs(places[:, 1] - each.place) + (places[:, 0] != each.page)
        row[5] = float(0.5 ** (apart.min() / _PLACE))
    return rows


def form_of(text: str) -> str:
    """``INV-2025/17`` is ``a-9/9``."""
    return _FORM.sub(lambda match: "9" if match[1] else "a", " ".join(text.split()))[:40]


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Words beside a value weigh the more the nearer they stand; two that have none are half alike."""
    if not one and not other:
        return 0.5
    longest = max(len(one), len(other))
    weights = [0.5**place for place in range(longest)]
    same = sum(weight for weight, left, right in zip(weights, one, other, strict=False) if left == right)
    return same / sum(weights)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    if not one or not other:
        return 0.0
    return len(one & other) / len(one | other)


def _line_starts(text: str) -> npt.NDArray[np.int64]:
    return np.array([0, *(match.end() for match in re.finditer("\n", text))], dtype=np.int64)
