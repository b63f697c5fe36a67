"""The decision: a document as it was seen, before anything is chosen of it, and the values that are chosen then.

Seeing takes the document, its pages' signs and a model; deciding takes neither. So what was seen can be kept (``kept_seen``), and be
decided again in milliseconds when a template learned more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from stillroom.documents.document import Document
from stillroom.extraction import choosing
from stillroom.extraction.assignment import Fits
from stillroom.extraction.candidates.propose import MOST_CANDIDATES
from stillroom.extraction.choices import Looked
from stillroom.extraction.choosing import Asked, Learned
from stillroom.extraction.ranking import Vector
from stillroom.extraction.result import FieldResult, FieldState, FieldValue
from stillroom.extraction.rules import apply_rules
from stillroom.extraction.several import several_documents
from stillroom.extraction.stated import with_stated
from stillroom.extraction.subject import Embed, Embedding
from stillroom.templates.template import Field, FieldType, Template


@dataclass(slots=True)
class Seen:
    """What was seen of a document: all that deciding its fields needs.

    Attributes:
        document: whose places the values are; of a kept one no more than its text and the boxes of candidates.
        asked: the fields whose values stand in it, with their candidates and what a model said of those.
        looked: by name of a choice, what speaks for its options.
        made: by name, what learning does not move: rows of tables, written text.
        complete: the whole document was read, so that what was not found is absent, not unread.
        page_only: what the file states beside its pages is left aside.
        parameters: of the model that was asked. words: what its word counts for, by field, where it was taught the template.
        notes: of the document and its reading.
        embedding: the model's, of the beginning, where it was asked for.
        among: by name of a choice, the same behind its options (see ``choices.examples``).
        fits: how places of its fields fit each other, of a document that is decided time and again.
    """

    document: Document
    asked: list[Asked]
    looked: dict[str, Looked]
    made: Mapping[str, FieldResult]
    complete: bool
    page_only: bool = False
    parameters: int = 0
    notes: tuple[str, ...] = field(default=())
    embedding: Embedding | None = None
    among: Mapping[str, Embedding] = field(default_factory=dict)
    words: Mapping[str, float] = field(default_factory=dict)
    fits: Fits | None = field(default=None, repr=False, compare=False)


_NOT_ALL_SAID = 0.9
"""As sure as that there is no value may be where there is something to say of how a document was read."""

EvidenceOf = Callable[[Sequence[bytes], Template], "Evidence | None"]
"""Gives what the documents of a run have in common, of which this was seen (packed, see ``kept_seen``; empty for nothing)."""


class Evidence(Protocol):
    """What the documents of a run have in common."""

    def moves(self, asked: Asked, seen: Seen) -> Vector | None:
        """What is added to the strength of each candidate of a field; None where nothing is known of it."""
        ...

    def usual(self, name: str) -> Vector | None:
        """The mean nearness of the documents to each option of a choice (see Look); None where nothing is known of it."""
        ...


def decide(
    seen: Seen,
    template: Template,
    learned: Learned | None = None,
    embed: Embed | None = None,
    evidence: Evidence | None = None,
    *,
    offering: bool = True,
) -> tuple[dict[str, FieldResult], tuple[str, ...]]:
    """The value of every field, in the template's order, and the notes on the document.

    Args:
        learned: what the template learned until now. embed: by the loaded model, where what was learned tells texts apart by that.
        evidence: of the other documents of its run.
        offering: with runners-up; see ``choosing.choose_all``.
    """
    for asked in seen.asked:
        choosing.taught(asked, learned, seen.document)
        asked.together = asked.alone = None
        moves = evidence.moves(asked, seen) if evidence is not None else None
        if moves is not None:
            choosing.joined(asked, moves)
    decided = choosing.choose_all(seen.asked, seen.document, complete=seen.complete, fits=seen.fits, offering=offering)
    fields: dict[str, FieldResult] = {}
    for each in template.fields:
        if each.name in seen.looked:
            fields[each.name] = _option(seen, each, learned, embed, evidence)
        else:
            fields[each.name] = seen.made[each.name] if each.name in seen.made else decided[each.name]
    if seen.document.notes:
        fields = {name: _no_surer(value) for name, value in fields.items()}
    more = [
        left_out(asked.field, count) for asked in seen.asked if (count := choosing.items(asked)) > asked.field.max_items
    ]
    if several := several_documents(seen.asked, seen.document):
        more.append(several)
    more += [_not_looked_at(asked.field) for asked in seen.asked if asked.left_out]
    if not seen.page_only:
        offered = {asked.field.name: asked.candidates for asked in seen.asked}
        fields = with_stated(template, seen.document, fields, offered)
    more += [_missing(each) for each in template.fields if each.required and fields[each.name] == ()]
    return apply_rules(template, fields), (*seen.notes, *more)


def _no_surer(result: FieldResult) -> FieldResult:
    """That there is no value is no surer than that all was read, and read rightly."""
    if isinstance(result, FieldValue) and result.state is FieldState.ABSENT and result.confidence > _NOT_ALL_SAID:
        return replace(result, confidence=_NOT_ALL_SAID)
    return result


def _option(
    seen: Seen, asked: Field, learned: Learned | None, embed: Embed | None, evidence: Evidence | None
) -> FieldResult:
    def embedded(text: str, *, lasting: bool = False, examples: str = "") -> Embedding | None:
        if examples:
            if (
                embed is not None
                and asked.name not in seen.among
                and (said := embed(text, examples=examples)) is not None
            ):
                seen.among = {**seen.among, asked.name: said}
            return seen.among.get(asked.name)
        if embed is not None and seen.embedding is None:
            seen.embedding = embed(text, lasting=lasting)
        return seen.embedding

    def told(name: str, strengths: Vector) -> tuple[Vector, float] | None:
        return None if learned is None else learned.option(name, seen.document, strengths, embedded)

    usual = evidence.usual(asked.name) if evidence is not None else None
    return seen.looked[asked.name].choose(asked, seen.document, complete=seen.complete, learned=told, usual=usual)


def left_out(asked: Field, count: int) -> str:
    """The sentence on more items or rows than are kept."""
    what = "rows" if asked.type is FieldType.TABLE else "values"
    return (
        f"{asked.label or asked.name}: {count} {what} were found, and the first {asked.max_items} are kept; "
        "raise max_items in the template to keep more."
    )


def _not_looked_at(asked: Field) -> str:
    return (
        f"{asked.label or asked.name}: the document holds more than {MOST_CANDIDATES:,} places that could be this value; "
        "those further on were not looked at."
    )


def _missing(asked: Field) -> str:
    return f"{asked.label or asked.name}: this field is required, and no value was found."
