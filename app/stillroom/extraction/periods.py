"""What a length of time in running text is of: "this agreement shall expire two years from", "will not solicit for one year"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from stillroom import paths
from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.plain_words import joins_at_end
from stillroom.templates.template import Field

_BEFORE, _BEHIND = 420, 240  # characters of a sentence that are looked at
_HEADING = 60
_OTHER_KEYS = ("concepts", "behind", "unless")
_ASKS = 0.5  # affinity to a concept from which a field asks for its kind
# A sentence ends at a full stop that a capital follows, at an empty line, or before the number of the next clause.
_END = re.compile(r"[.;:!?]\s+(?=[A-ZÀ-ÞА-Я“\"(])|\n\s*\n|\n(?=\s*(?:\d{1,2}|\(?[a-z]|[ivx]+)[.)]\s)")


@dataclass(frozen=True, slots=True)
class _Kind:
    """``behind``: its words count where they stand behind the length of time; ``unless`` these follow them."""

    concepts: tuple[str, ...]
    words: re.Pattern[str]
    unless: re.Pattern[str] | None
    behind: bool


class Periods:
    """The kinds of lengths of time that the sentences of a document speak of."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._texts = {page.number: page.text for page in document.pages}
        self._meaning = meaning

    def of(self, field: Field, candidates: Sequence[Candidate]) -> tuple[set[int], set[int]]:
        """The candidates whose sentence speaks of the kind that the field asks for, and those of another; none where it asks for none."""
        own = {
            name
            for name, kind in _kinds().items()
            if any(self._meaning.affinity(field.name, concept) >= _ASKS for concept in kind.concepts)
        }
        said: set[int] = set()
        others: set[int] = set()
        for at, candidate in enumerate(candidates if own else ()):
            kinds = self._kinds_at(candidate)
            # What is forbidden afterwards may be an exception of what ends then.
            if any(not (kinds & own and _kinds()[kind].behind) for kind in kinds - own):
                others.add(at)
            elif kinds & own:
                said.add(at)
        return said, others

    def _kinds_at(self, candidate: Candidate) -> set[str]:
        span = candidate.span
        text = self._texts[span.page]
        before = text[max(0, span.start - _BEFORE) : span.start]
        starts = [0, *(match.end() for match in _ends(before))]
        # The heading of the clause is a short sentence of its own: "6. Non-Solicitation. For a period of …".
        start = starts[-1]
        while len(starts) > 1 and start - starts[-2] <= _HEADING:
            starts.pop()
            start = starts[-1]
        behind = text[span.end : span.end + _BEHIND]
        end = next(_ends(behind), None)
        behind = _in_one_line(behind[: end.start() if end else None])
        scope = f"{_in_one_line(before[start:])} {behind}"
        return {
            name
            for name, kind in _kinds().items()
            if (found := kind.words.search(behind if kind.behind else scope))
            and not (kind.unless and kind.unless.search((behind if kind.behind else scope), found.end()))
        }


def _ends(text: str) -> Iterator[re.Match[str]]:
    """Where sentences end. "The earlier of (i)" goes on whatever line the number stands on; "…, and" before a number ends a clause."""
    for match in _END.finditer(text):
        before = text[: match.start()].rstrip()
        if match.group() != "\n" or not before[-1:].isalpha() or joins_at_end(before):
            yield match


def _in_one_line(text: str) -> str:
    return " ".join(text.lower().split())


@cache
def _kinds() -> Mapping[str, _Kind]:
    data = paths.resource_tables("periods")
    found = {}
    for name, table in data.items():
        words = {word for key, own in table.items() if key not in _OTHER_KEYS for word in own}
        unless = _any_of(table["unless"]) if "unless" in table else None
        found[name] = _Kind(tuple(table["concepts"]), _any_of(words), unless, table.get("behind", False))
    return found


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{pattern})")
