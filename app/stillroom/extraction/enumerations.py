"""Enumerations: names that a text lists behind what they are called, as minutes do ("Present: Anna Berg, Jan Holt and Ole Lund")."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.persons import is_titled, name_signs
from stillroom.extraction.candidates.quoted_mail import without_quote_marks
from stillroom.extraction.candidates.words import company_forms, joining_words
from stillroom.extraction.concepts import Label, Meaning, general_concepts, labels
from stillroom.extraction.positions import is_position
from stillroom.templates.template import Field, FieldType

_OWN = 0.95
_ANYBODY = frozenset({"name", "person"})
_LIKELY = 0.5  # of its words that are known of persons' names
_SAYS = 0.8
"""How far a label must speak for a field to be what its items are called: that of a concept does."""
_LONGEST = 700  # characters of an enumeration
_LONGEST_HEAD = 48
_BREAK = regex.compile(r"[.:!?;)]\s+|\n")
_COLON = regex.compile(r"[^\n:.,;()]{0,24}\s?[:：]\s*")
_COLON_NEXT = regex.compile(r"\s?[:：]\s*")
# "Anwesend waren die Gemeinderäte Anna Berg": some small words may stand between.
_PLAIN = regex.compile(r"[^\S\n]+(?:\p{Ll}+[^\S\n]+){0,3}(?:[:：]\s*)?(?=\p{Lu})")
_ALONE = regex.compile(r"[^\S\n]*[:：]?[^\S\n]*\n\s*(?=\S)")
_CLOSES = regex.compile(r"[^\S\n]*(?:[.!\n]|\Z)")
_ENDS = regex.compile(r"(?<=\p{Ll}{4}|[)”\"])\.(?:\s|$)|\n[^\S\n]*\n|\n[^\n:：]{1,40}[:：](?=\s)")


_PARTS = regex.compile(
    rf"\s*[,;]\s*(?!(?:{company_forms()})(?!\w))|\s*\([^()\n]{{0,80}}\)|\s(?:{joining_words('between')}|&)\s",
    regex.IGNORECASE,
)
_PARTS_OR_LINES = regex.compile(rf"{_PARTS.pattern}|\n", regex.IGNORECASE)
_GOES_ON = regex.compile(rf"(?:[,;]|\s(?:{joining_words('between')}|&))\s*$", regex.IGNORECASE)
ELSEWHERE = -0.6
_STRANGE, _PIECE, _END = -1.0, -0.3, 0.7
_WRAPPED = 1.6  # of two lines: elsewhere a name is hardly ever that, and here the signs before and behind it say so


@dataclass(frozen=True, slots=True)
class _Zone:
    """Where one stands on its page, its text, the fields of the template whose items it lists, and where those are (empty where a sentence
    says it of what stands in it)."""

    start: int
    end: int
    text: str
    fields: frozenset[str]
    items: tuple[tuple[int, int], ...]

    def share(self, candidate: Candidate) -> float:
        """How far a candidate that stands in it is one of its items: see ``Enumerations.of``."""
        span = candidate.span
        if not self.items:
            return _END
        at = bisect.bisect_right(self.items, (span.start, 1 << 60)) - 1
        start, end = self.items[at] if at >= 0 else (-1, -1)
        if not start <= span.start < end:
            return _PIECE
        if span.end > end:
            return _STRANGE  # goes on into the next one
        if span.end < end:
            return _PIECE
        if span.start == start:
            return _WRAPPED if "\n" in candidate.text else 1.0
        return 1.0 if is_titled(self.text[start - self.start : span.end - self.start]) else _END


def _items(text: str, start: int, end: int, *, plural: bool) -> Iterator[tuple[int, int]]:
    """Where the items between two places stand: what signs and "and" part, and lines where those do not go on with them. ``plural``: before
    the first may stand what they all are ("die Gemeinderäte Anna Berg und Jan Holt")."""
    lines = text[start:end].strip().split("\n")
    wrapped = any(
        _GOES_ON.search(line) or any(part and not is_position(part) for part in _PARTS.split(line)[1:])
        for line in lines[:-1]
    )
    at = start
    for part in [*(_PARTS if wrapped else _PARTS_OR_LINES).finditer(text, start, end), None]:
        left, right = at, part.start() if part else end
        left += len(text[left:right]) - len(text[left:right].lstrip(" \t\n*•>-–"))
        right = left + len(text[left:right].rstrip(" \t\n."))
        if left < right and not is_position(text[left:right]):
            if left == start + len(text[start:right]) - len(text[start:right].lstrip()) and plural:
                first = text.find(" ", left, right)
                if " " in text[first + 1 : right] and name_signs(text[first + 1 : right])[0] >= _LIKELY:
                    left = first + 1
            yield left, right
        at = part.end() if part else end


class Enumerations:
    """Those of a document, for a template's lists of names."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._document = document
        self._meaning = meaning
        # "User:" and "Name:" stand before one of the persons that a text names, and say nothing of the others.
        self._least = {name: _OWN if role in _ANYBODY else _SAYS for name, role in meaning.roles.items()}
        self._firms = {field.name for field in meaning.template.fields if field.of is FieldType.ORGANISATION}
        self._lists = [
            field.name
            for field in meaning.template.fields
            if field.type is FieldType.LIST and field.of in (FieldType.NAME, FieldType.ORGANISATION)
        ]

    def of(self, field: Field, candidates: Sequence[Candidate]) -> dict[int, float]:
        """How far candidates are items of what is listed under the field's name: 1 for the whole of one, less for its end, below 0 for
        what is only a piece of one or several of them; -1 for what another list of the template has. Of what stands elsewhere nothing,
        where nothing is listed under the field's name, or it is that of things of many kinds ("parties"); else ``ELSEWHERE``."""
        found: dict[int, float] = {}
        others = []
        listed = False
        for at, candidate in enumerate(candidates):
            zones = self._zones.get(candidate.span.page, [])
            near = bisect.bisect_right(zones, candidate.span.start, key=lambda zone: zone.start) - 1
            zone = zones[near] if near >= 0 and candidate.span.end <= zones[near].end else None
            if zone is None:
                others.append(at)
            elif field.name in zone.fields:
                listed = True
                found[at] = zone.share(candidate)
            else:
                found[at] = _STRANGE
        general = self._meaning.roles[field.name] in general_concepts()
        return found | dict.fromkeys(others, ELSEWHERE) if listed and not general else found

    @functools.cached_property
    def _zones(self) -> dict[int, list[_Zone]]:
        """By page, in order."""
        return {page.number: list(self._of_page(page.text)) for page in self._document.pages}

    def _of_page(self, text: str) -> Iterator[_Zone]:
        if not self._lists:
            return
        text = without_quote_marks(text)
        heads: list[tuple[int, int, frozenset[str]]] = []
        plural: set[int] = set()
        closed: dict[int, int] = {}
        for label in labels(text, self._meaning.keys):
            fields = self._called(label)
            start = self._head(text, label.start) if fields else -1
            if start < 0:
                continue
            if heads and heads[-1][0] == start:  # "Absents excusés": what is said last counts
                heads.pop()
            if fields <= self._firms:  # a contract says "the parties" in every sentence, and "Contractor's address:"
                begin = _COLON_NEXT.match(text, label.end)
            else:
                begins = (_COLON, _ALONE, _PLAIN)
                begin = next((found for each in begins if (found := each.match(text, label.end))), None)
            if begin is not None:
                heads.append((start, begin.end(), fields))
                if begin.re is _PLAIN and begin.group().strip():
                    plural.add(begin.end())
            elif _CLOSES.match(text, label.end) and not fields <= self._firms:  # "Anna Berg sent her apologies."
                heads.append((start, start, fields))
                closed[start] = label.start
        for number, (_, begin, fields) in enumerate(heads):
            if begin in closed:
                yield _Zone(begin, closed[begin], text[begin : closed[begin]], fields, ())
                continue
            until = min(heads[number + 1][0] if number + 1 < len(heads) else len(text), begin + _LONGEST)
            end = _ENDS.search(text, begin, max(begin, until))
            stop = end.start() if end else max(begin, until)
            yield _Zone(begin, stop, text[begin:stop], fields, tuple(_items(text, begin, stop, plural=begin in plural)))

    def _called(self, label: Label) -> frozenset[str]:
        """The lists of the template that a label names."""
        if label.short:
            return frozenset()
        says = {name: self._meaning.weigh(name, label.key)[0] for name in self._lists}
        most = max(says.values())
        return frozenset(name for name, own in says.items() if own >= self._least[name] and own == most)

    @staticmethod
    def _head(text: str, at: int) -> int:
        """Where the line or sentence begins that names what is listed, a few words before a place; -1 where that is not near."""
        first = max(0, at - _LONGEST_HEAD)
        start = first
        for end in _BREAK.finditer(text, first, at):
            start = end.end()
        if first and start == first:
            return -1
        return start + len(text[start:at]) - len(text[start:at].lstrip(" \t*•>-–"))
