"""Opponents: who sues and who is sued, by what stands between them ("Berg v. Holt")."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.quoted_mail import without_quote_marks
from stillroom.extraction.candidates.words import opponents_words
from stillroom.extraction.concepts import Meaning
from stillroom.templates.template import Field

_ASKS = 0.8


class Opponents:
    """Those of a document."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._meaning = meaning
        self._before, self._behind = set[tuple[int, int]](), set[tuple[int, int]]()
        between = regex.compile(rf",?\s{{1,3}}(?i:{opponents_words()})\s{{1,3}}(?=[^\W\d_\p{{Ll}}])")
        for page in document.pages:
            for match in between.finditer(without_quote_marks(page.text)):
                self._before.add((page.number, match.start()))
                self._behind.add((page.number, match.end()))

    def of(self, field: Field, candidates: Sequence[Candidate]) -> tuple[list[int], list[int]]:
        """The candidates that stand on the field's side of what is between two, and those on the other; none of a field that is no side."""
        sues, sued = (self._meaning.affinity(field.name, concept) for concept in ("claimant", "defendant"))
        if max(sues, sued) < _ASKS or sues == sued:
            return [], []
        before = [at for at, each in enumerate(candidates) if (each.span.page, each.span.end) in self._before]
        behind = [at for at, each in enumerate(candidates) if (each.span.page, each.span.start) in self._behind]
        return (before, behind) if sues > sued else (behind, before)
