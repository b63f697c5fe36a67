"""Lines in which a document says that it has no value: "Invoice date: to follow", "IBAN: n/a". What stands elsewhere is not meant then."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from stillroom import paths
from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.concepts import Meaning, key_of, labels
from stillroom.templates.template import Field

_CELL = re.compile(r"\t| {2,}|\|")
_OWN = 0.8
_LONGEST = 200  # characters of a line before a candidate that are looked at


class Missing:
    """What a document says is missing, by its labels."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._texts = {page.number: page.text for page in document.pages}
        self._meaning = meaning

    def instead(self, field: Field, candidates: Sequence[Candidate]) -> list[int]:
        """Where the field's value is said to be missing, the candidates that no label of the field stands beside or above."""
        if not candidates or not any(self._meaning.weigh(field.name, key)[0] >= _OWN for _, _, key in self._lines):
            return []
        return [at for at, candidate in enumerate(candidates) if not self._is_labelled(field, candidate)]

    @functools.cached_property
    def _lines(self) -> list[tuple[int, int, str]]:
        """The lines that say so: page, where the line begins, and its label."""
        found = []
        for number, text in self._texts.items():
            for match in _missing().finditer(text):
                label = _CELL.split(match["label"].strip(" :：\t-–|"))[-1]
                found.append((number, match.start(), key_of(label)))
        return found

    @functools.cached_property
    def _said(self) -> frozenset[tuple[int, int]]:
        """Where they begin."""
        return frozenset((page, place) for page, place, _ in self._lines)

    def _is_labelled(self, field: Field, candidate: Candidate) -> bool:
        text = self._texts[candidate.span.page]
        start = text.rfind("\n", 0, candidate.span.start) + 1
        above = text.rfind("\n", 0, max(0, start - 1)) + 1
        before = [text[max(start, candidate.span.start - _LONGEST) : candidate.span.start]]
        if start and (candidate.span.page, above) not in self._said:
            before.append(text[above : start - 1][:_LONGEST])
        return any(self._meaning.weigh(field.name, label.key)[0] >= _OWN for line in before for label in labels(line))


@functools.cache
def _missing() -> re.Pattern[str]:
    table = paths.resource_tables("plain_words")["missing"]
    words = sorted({word for listed in table.values() for word in listed}, key=lambda word: (-len(word), word))
    said = "|".join(re.escape(word).replace(r"\ ", r"\s") for word in words)
    return re.compile(
        r"^(?P<label>[^\n]{2,80}?(?:[:：]|\t| {2}|\|| [-–] ))[ \t]*+"
        rf"(?:{said}|(?<=[:：] )[-–—]{{1,3}})"
        r"[ \t]*+(?:\([^\n()]{0,60}\))?[ \t]*+[.;|]?[ \t]*+$",
        re.IGNORECASE | re.MULTILINE,
    )
