"""Boxes of a form: which of a choice's options is ticked, and whether a question is answered with yes.

A box is a sign ("☒", "○"), a pair of brackets ("[x]", "( )") or a short rule ("_X_", "___"). It stands before the words it is for,
or behind them, the same along a line; what stands before the first is what is asked. Boxes of the lines below go on with it.
An answer that is written out ("Citizen: nein") is as good as a tick.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stillroom import paths
from stillroom.documents.document import Document, Page, Span
from stillroom.extraction import concepts
from stillroom.extraction.likeness import Likeness, content_words
from stillroom.templates.template import Field, FieldType, Option

_BOX = re.compile(
    r"(?P<ticked>[☑☒✓✔⊠🗹✅]|(?<!\w)[\[({|]\s?[xX✓✔✗✘]\s?[\])}|]|(?<!\w)\[\s?\*\s?\]|(?<![^\W_])_{1,4}[xX✓✔]_{1,4}(?![^\W_]))"
    r"|(?P<crossed>[✗✘])"
    r"|(?P<full>[■●◉⬛▣⦿])"
    r"|(?P<empty>[☐□○◯⬜▢❏❑⚪]|(?<!\w)\[[ _]{0,3}\]|(?<!\w)\([ _]{1,3}\)|\|_{1,3}\||(?<![^\W_])_{2,6}(?![^\W_]))"
)
_ANSWERED = re.compile(
    r"(?P<question>[^\s:?：？][^:?：？]{1,100})(?:[:：]|[?？]:?)\s{0,60}(?P<answer>[^\W\d_]{1,10}(?: [^\W\d_]{1,10})?)[.,;]?"
)
_TICKS = frozenset("✓✔✅☑")
_GAP = re.compile(r" {2,}|\t+")
_EDGES = " \t:;,.?!-–—*/|_"
_ABOVE = 2  # lines over the first box in which its question may stand
_MOST_BOXES = 400  # of a page
_ASKED, _NAMED = 0.35, 0.6
"""How far a question is like the field from where it asks for it; and the words of a box that stands alone."""
_SURE, _LIKELY = 0.95, 0.8


@dataclass(frozen=True, slots=True)
class Ticked:
    """What the boxes say of a choice.

    Attributes:
        options: by option, the words of its box where that is ticked; None where it is not.
        sure: that they are those of this choice, 0 to 1.
    """

    options: tuple[Span | None, ...]
    sure: float


@dataclass(slots=True)
class _Box:
    span: Span
    words: str
    ticked: bool


@dataclass(slots=True)
class _Group:
    """Boxes that answer one question."""

    question: str
    boxes: list[_Box] = field(default_factory=list)
    written: bool = False  # one answer, written out
    recognised: bool = False  # in a picture: a box may have been missed, and its mark


class Ticks:
    """The boxes of a document, for the choices of its template."""

    def __init__(self, document: Document, fields: Sequence[Field]) -> None:
        self._groups: list[_Group] = []
        for page in document.pages:
            for group in _groups(page):
                group.recognised = page.ocr_confidence is not None
                self._groups.append(group)
        self._like = Likeness(tuple(fields)) if self._groups else None

    def of(self, asked: Field, options: Sequence[Option]) -> Ticked | None:
        """What is ticked of a choice; None where no box is for it."""
        best: tuple[float, int, Ticked] | None = None
        wordings = _wordings(asked, options)
        for group in self._groups:
            found = self._answer(asked, group, wordings)
            if found is not None and (best is None or found[:2] > best[:2]):
                best = found
        return best[2] if best is not None else None

    def _answer(
        self, asked: Field, group: _Group, wordings: Sequence[frozenset[str]]
    ) -> tuple[float, int, Ticked] | None:
        assert self._like is not None
        if group.written and asked.type is not FieldType.YES_NO:
            return None  # the words of an option are looked for wherever they stand
        matches = [[box for box in group.boxes if _is_called(box.words, own)] for own in wordings]
        matched = sum(map(bool, matches))
        own, rival = self._like.of_cell(asked.name, group.question)
        if asked.type is FieldType.YES_NO and not matched:
            return None if group.written else self._alone(asked, group)
        # Yes and no answer any question, the options of a choice but their own.
        enough = own >= _ASKED and rival <= 0 if asked.type is FieldType.YES_NO else matched > 1 or own >= _ASKED
        if not matched or not enough:
            return None
        spans = tuple(next((box.span for box in boxes if box.ticked), None) for boxes in matches)
        if not any(spans) and (group.recognised or any(box.ticked for box in group.boxes)):
            return None
        sure = _SURE if (own >= _ASKED or matched == len(wordings)) and not group.recognised else _LIKELY
        return own, matched, Ticked(spans, sure)

    def _alone(self, asked: Field, group: _Group) -> tuple[float, int, Ticked] | None:
        """A box whose own words are what is asked: "[x] US citizen"."""
        assert self._like is not None
        told = [(self._like.of_cell(asked.name, box.words), box) for box in group.boxes]
        (own, rival), box = max(told, key=lambda each: each[0][0])
        if own < _NAMED or rival > 0 or (group.recognised and not box.ticked):
            return None
        return own, 1, Ticked((box.span, None) if box.ticked else (None, box.span), _LIKELY)


def _groups(page: Page) -> Iterator[_Group]:
    """The boxes of a page, by what they answer."""
    position = 0
    signs = frozenset(page.text) & _TICKS
    above: list[str] = []
    group: _Group | None = None
    for line in page.text.split("\n"):
        start, position = position, position + len(line) + 1
        found = list(itertools.islice(_BOX.finditer(line), _MOST_BOXES))
        # A rule is a box beside a ticked rule, else it is there to write on; a full sign is one beside an empty one, else it begins the
        # item of a list; a cross stands for a tick, or beside ticks for none.
        ruled = any(box["ticked"] and box.group()[0] == "_" for box in found)
        hollow = any(box["empty"] for box in found) or (
            group is not None and any(not each.ticked for each in group.boxes)
        )
        found = [
            box
            for box in found
            if (ruled or box.group()[0] != "_") and (hollow or not box["full"] or group is not None)
        ]
        if not found:
            if written := _ANSWERED.fullmatch(line.strip()):
                left = start + len(line) - len(line.lstrip()) + written.start("answer")
                answer = _Box(Span(page.number, left, left + len(written["answer"])), written["answer"], ticked=True)
                yield _Group(written["question"].strip(_EDGES), [answer], written=True)
            if line.strip():
                above = [*above, line][-_ABOVE:]
                if group is not None:
                    yield group
                    group = None
            continue
        before = bool(line[found[-1].end() :].strip(_EDGES))
        question = ""
        boxes: list[_Box] = []
        edges = [0, *(box.end() for box in found)] if not before else [*(box.start() for box in found), len(line)]
        for number, box in enumerate(found):
            left, right = (box.end(), edges[number + 1]) if before else (edges[number], box.start())
            if not before and number == 0:
                question, left = _question(line[:right])
            if (gap := _GAP.search(line, left + 1, right)) and before:
                own = line[left : gap.start()]
                right = gap.start() if own.strip(_EDGES) else right
            left += len(line[left:right]) - len(line[left:right].lstrip(_EDGES))
            words = line[left:right].rstrip(_EDGES)
            boxes.append(
                _Box(Span(page.number, start + left, start + left + len(words)), words, _is_ticked(box, signs))
            )
        if before:
            question = line[: found[0].start()]
        question = question.strip(_EDGES)
        if content_words(question) or group is None:
            if group is not None:
                yield group
            group = _Group(question or (above[-1] if above else ""))
        group.boxes.extend(boxes)
    if group is not None:
        yield group


def _is_ticked(box: re.Match[str], signs: frozenset[str]) -> bool:
    """``signs``: of a tick, on the same page."""
    return not signs if box["crossed"] else box["empty"] is None


def _question(text: str) -> tuple[str, int]:
    """What is asked before the first words that have their box behind them, and where those begin."""
    end = text.rfind(":") + 1
    if not end:
        gaps = list(_GAP.finditer(text.rstrip()))
        end = gaps[-1].end() if gaps else 0
    return text[:end], end


def _wording(text: str) -> frozenset[str]:
    """A text as it stands, and without case, accents and signs."""
    plain = " ".join(text.split())
    return frozenset((plain, plain.casefold(), " ".join(concepts.words_of(text)))) - {""}


def _is_called(words: str, own: frozenset[str]) -> bool:
    """Whether the words of a box are an option's, or begin with them ("Transfer to account …")."""
    return any(each in own or any(each.startswith(f"{name} ") for name in own) for each in _wording(words))


def _wordings(asked: Field, options: Sequence[Option]) -> list[frozenset[str]]:
    """How each option may be called, but what several may be: "A+" and "A-" have their signs alone."""
    found = []
    for option in options:
        words = {option.value, option.value.replace("_", " "), *option.synonyms}
        if asked.type is FieldType.YES_NO:
            words.update(_yes_and_no()[option.value])
        found.append(frozenset(itertools.chain.from_iterable(map(_wording, words))))
    counts = Counter(itertools.chain.from_iterable(found))
    return [frozenset(word for word in own if counts[word] == 1) for own in found]


@functools.cache
def _yes_and_no() -> dict[str, list[str]]:
    return paths.resource_tables("ticks")
