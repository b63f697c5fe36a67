"""Candidate: a span with the value it would give."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Span

_SPACE = re.compile(r"\s+")
_SOFT_HYPHEN = re.compile(r"(?<=\S)\u00ad+(?:[^\S\n]*\n[^\S\n]*(?=\S))?|\u00ad")

_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span of the document and the canonical value it stands for.

    Attributes:
        text: the characters of the span.
        value: canonical: ISO date, plain decimal, checked identifier; for verbatim text the text with single spaces.
        above, below: how much the line before and the line behind look as if they belonged to the value too, 0 to 1.
        first, last: how much its own first and last line look like the type, where it has several lines, 0 to 1; else 0.
        failed: a sentence for each check that the value does not pass (check digits); it is offered all the same, for a value
            that is dropped in silence helps nobody.
        shape: how much the text looks like its type, by the proposer's own knowledge, 0 to 1 ("Acme Ltd" against "Acme").
        reading: how the text is read, where it can be read in several ways: ``day_first`` and ``month_first`` of 03/04/2025 are
            two candidates over one span. Empty where there is one way only.
        likelihood: of this reading among those of its span, 0 to 1, by what the document says of its habits (see ``readings``).
        currencies: ISO codes that the sign or word beside an amount may stand for; empty where none stands there.
    """

    span: Span
    text: str
    value: str
    shape: float = 0.0
    above: float = 0.0
    below: float = 0.0
    first: float = 0.0
    last: float = 0.0
    failed: tuple[str, ...] = ()
    reading: str = ""
    likelihood: float = 1.0
    currencies: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Whether the text has another reading."""
        return bool(self.reading)


class KeptCandidates(Sequence[Candidate]):
    """Candidates as they were kept, each made when it is looked at: most of a field are never offered.

    Attributes:
        values, likelihoods: of each candidate.
        readings, failed: by number of a candidate, where there are any.
    """

    __slots__ = ("_made", "_others", "_places", "_spans", "_texts", "failed", "likelihoods", "readings", "values")

    def __init__(
        self,
        places: npt.NDArray[np.int32],
        texts: Mapping[int, str],
        others: Mapping[int, str],
        values: Sequence[str],
        likelihoods: Sequence[float],
        readings: Mapping[int, str],
        failed: Mapping[int, tuple[str, ...]],
    ) -> None:
        """``places``: page, start and end of each candidate; ``texts``: of the pages, by number; ``others``: by number of a candidate, its
        text where that is not its span's.
        """
        self._places, self._texts, self._others = places, texts, others
        self._spans: list[tuple[int, ...]] | None = None
        self.values, self.likelihoods, self.readings, self.failed = values, likelihoods, readings, failed
        self._made: dict[int, Candidate] = {}

    def __len__(self) -> int:
        return len(self._places)

    @property
    def spans(self) -> Sequence[tuple[int, ...]]:
        """Page, start and end of each."""
        if self._spans is None:
            self._spans = list(map(tuple, self._places.tolist()))
        return self._spans

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> list[Candidate]: ...
    def __getitem__(self, index: int | slice) -> Candidate | list[Candidate]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        found = self._made.get(index)
        if found is None:
            page, start, end = self._places[index].tolist()
            text = self._others.get(index) or self._texts[page][start:end]
            found = self._made[index] = Candidate(
                Span(page, start, end), text, self.values[index], failed=self.failed.get(index, ()),
                reading=self.readings.get(index, ""), likelihood=self.likelihoods[index],
            )  # fmt: skip
        return found


def values_of(candidates: Sequence[Candidate]) -> Sequence[str]:
    """The value of each."""
    return candidates.values if isinstance(candidates, KeptCandidates) else [each.value for each in candidates]


def likelihoods_of(candidates: Sequence[Candidate]) -> Sequence[float]:
    """The likelihood of each."""
    return (
        candidates.likelihoods if isinstance(candidates, KeptCandidates) else [each.likelihood for each in candidates]
    )


def other_readings_of(candidates: Sequence[Candidate], value: str | None) -> set[str | None]:
    """All that the spans which may be read as this value may be read as, where one of them can be read in several ways; else that alone."""
    if not read_in_several_ways(candidates):
        return {value}
    values = values_of(candidates)
    if isinstance(candidates, KeptCandidates):
        several: Iterable[int] = candidates.readings
    else:
        several = [number for number, each in enumerate(candidates) if each.reading]
    read = [number for number in several if values[number] == value]
    if not read:
        return {value}
    spans: Sequence[object] = (
        candidates.spans if isinstance(candidates, KeptCandidates) else [each.span for each in candidates]
    )
    own = {spans[number] for number in read}
    return {values[number] for number, span in enumerate(spans) if span in own}


def read_in_several_ways(candidates: Sequence[Candidate]) -> bool:
    """Whether the text of any has another reading."""
    if isinstance(candidates, KeptCandidates):
        return bool(candidates.readings)
    return any(each.reading for each in candidates)


def single_spaced(text: str) -> str:
    """White space and line ends as single spaces; soft hyphens gone, and with them the line's end that they stand at.

    What only typesetting joined (ﬁ, ﬂ) is letters again, so that a value is found where it is looked for.
    """
    return _SPACE.sub(" ", _SOFT_HYPHEN.sub("", text).translate(_LIGATURES)).strip()
