"""What was seen of a document, packed: kept beside its row, it is decided again without its file, a reader or a model.

A receipt takes some 10 KB. What is larger than ``MOST_BYTES`` is not kept, and what other signs or another template's fields saw is
not used: such a document is extracted again.
"""

from __future__ import annotations

import copy
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from stillroom.documents.document import Box, Document, Span, Stated
from stillroom.extraction import choices, choosing, ranking
from stillroom.extraction.around import pack_around
from stillroom.extraction.candidates.candidate import Candidate, KeptCandidates
from stillroom.extraction.choices import Look, Looked
from stillroom.extraction.choosing import Asked, Reckoned
from stillroom.extraction.deciding import Seen
from stillroom.extraction.kept_text import MOST_UNPACKED, KeptText, kept_pages
from stillroom.extraction.ranking import Weights
from stillroom.extraction.result import FieldResult, FieldValue, RunnerUp, value_from_json, value_to_json
from stillroom.extraction.signs import sign_names
from stillroom.extraction.subject import Embedding
from stillroom.templates.template import Field, FieldType, Template

MOST_BYTES = 256 << 10
_MOST_HELD = (
    150,
    7 << 20,
)  # documents, and bytes of them as they are packed: unpacked they take some thirty times as much
_LEVEL = 4  # of zlib: a little larger than the best, in a third of its time


class KeptBoxes:
    """The boxes of spans, as arrays: of a run there are a hundred thousand, of which few are shown."""

    def __init__(self, spans: bytes, sides: bytes) -> None:
        """``spans``: page, start, end and number of sides of each, in the order of the document; ``sides``: of all their boxes in
        hundredths, four each. Raises ValueError where they do not belong together.
        """
        self._spans = np.frombuffer(spans, np.int32).reshape(-1, 4)
        self._sides = np.frombuffer(sides, np.int32)
        self._ends = np.cumsum(self._spans[:, 3])
        if len(self._sides) != (self._ends[-1] if len(self._ends) else 0):
            raise ValueError("boxes that are not of these places")
        self._first: npt.NDArray[np.int64] | None = None

    def sides(self, span: Span) -> list[int]:
        """Of the boxes of a span; none where it has none."""
        if self._first is None:
            self._first = self._spans[:, 0].astype(np.int64) << 32 | self._spans[:, 1]
        at = int(np.searchsorted(self._first, span.page << 32 | span.start))
        while at < len(self._spans) and tuple(self._spans[at, :2].tolist()) == (span.page, span.start):
            if self._spans[at, 2] == span.end:
                return list(self._sides[self._ends[at] - self._spans[at, 3] : self._ends[at]].tolist())
            at += 1
        return []


@dataclass(frozen=True, slots=True)
class KeptDocument(Document):
    """A document of which no more is left than deciding needs: its text, and where candidates stand.

    Attributes:
        places: where the boxes of spans are.
        around: what stands around the candidates (see ``extraction.around``), packed; empty where it was not kept.
        offered: by field, the candidates that it is of.
        reckoned: what was reckoned of it and holds as long as it does, by what it is; gone with it. together: the same of all documents
            that were unpacked with it.
    """

    places: KeptBoxes | None = field(default=None, repr=False)
    around: bytes = field(default=b"", repr=False)
    offered: dict[str, Sequence[Candidate]] = field(default_factory=dict, repr=False, compare=False)
    reckoned: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False, compare=False)
    together: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def boxes(self, span: Span) -> list[Box]:
        sides = self.places.sides(span) if self.places is not None else ()
        return [Box(*(side / 100 for side in sides[at : at + 4])) for at in range(0, len(sides), 4)]


class _KeptAsked(msgspec.Struct, array_like=True):
    """A field with its candidates.

    Attributes:
        spans: page, start and end of each candidate.
        signs: float32, by column, of those that are not the same all along. same: of each column what all candidates have, float32, or
            not a number where they differ; empty where an earlier version kept all columns.
        told: by number of a candidate, what the text says plainly of it.
        others: by number of a candidate, what its text is where that is not its span's; readings, failed: where there are any.
        chosen: None for all of them.
    """

    name: str
    spans: bytes
    values: list[str]
    signs: bytes
    likelihoods: bytes
    others: dict[int, str]
    readings: dict[int, str]
    failed: dict[int, tuple[str, ...]]
    where: bytes
    chosen: list[int] | None
    scores: dict[int, dict[str, tuple[float, int]]]
    role: str
    sure: bool
    left_out: bool
    told: dict[int, float] = {}
    same: bytes = b""


class _KeptLook(msgspec.Struct, array_like=True):
    """What speaks for the options of a choice; of the evidence the first place of each option."""

    name: str
    read: bool
    said: list[float]
    evidence: list[Span | None]
    literal: list[float]
    likeness: list[float]
    telling: list[bool]
    places: list[Span | None]
    near: list[float]
    whole: list[float]
    behind: list[float] = []  # an earlier version had none; of codes and yes/no it says nothing
    boxes: float = 0.0


_Boxes = tuple[int, int, int, list[int]]


class _Kept(KeptText, array_like=True):
    """Everything of a document.

    Attributes:
        signs: names of the columns and of what is asked, as a digest. boxes: of an earlier version; now they are in box_spans and
            box_sides (see KeptBoxes).
    """

    stated: tuple[Stated, ...]
    asked: list[_KeptAsked]
    looked: list[_KeptLook]
    made: str
    complete: bool
    page_only: bool
    parameters: int
    notes: tuple[str, ...]
    boxes: list[_Boxes]
    model: str
    embedding: bytes
    words: dict[str, float] = msgspec.field(default_factory=dict)
    left_out: tuple[str, ...] = ()  # the document's own notes, which bound how sure *absent* may be
    among: dict[str, tuple[str, bytes]] = msgspec.field(default_factory=dict)  # by choice: model, embedding
    box_spans: bytes = b""
    box_sides: bytes = b""

    def put_boxes(self, boxes: Iterable[_Boxes]) -> None:
        """In their order."""
        some = sorted(boxes)
        self.boxes = []
        self.box_spans = np.array([(*each[:3], len(each[3])) for each in some], dtype=np.int32).tobytes()
        self.box_sides = np.array([side for each in some for side in each[3]], dtype=np.int32).tobytes()

    def all_boxes(self) -> list[_Boxes]:
        if self.boxes:
            return self.boxes
        found, sides, at = [], np.frombuffer(self.box_sides, np.int32).tolist(), 0
        for page, start, end, count in np.frombuffer(self.box_spans, np.int32).reshape(-1, 4).tolist():
            found.append((page, start, end, sides[at : at + count]))
            at += count
        return found


def pack(seen: Seen, fields: Mapping[str, FieldResult]) -> bytes:
    """What was seen as bytes, with the places of the values that were decided (``fields``); empty where it is too much to be kept."""
    document = seen.document
    kept = _Kept(
        signs=_digest([each.field for each in seen.asked]),
        name=document.name,
        kind=document.kind,
        sha256=document.sha256,
        page_count=document.page_count,
        pages=kept_pages(document),
        stated=document.stated,
        asked=[_kept(each, document) for each in seen.asked],
        looked=[_kept_look(name, each) for name, each in seen.looked.items()],
        made=json.dumps({name: _plain(result) for name, result in seen.made.items()}),
        complete=seen.complete,
        page_only=seen.page_only,
        parameters=seen.parameters,
        notes=seen.notes,
        boxes=[],
        model=seen.embedding[0] if seen.embedding is not None else "",
        embedding=seen.embedding.whole.astype(np.float16).tobytes() if seen.embedding is not None else b"",
        words=dict(seen.words),
        left_out=document.notes,
        among={name: (said.model, said.whole.astype(np.float16).tobytes()) for name, said in seen.among.items()},
    )
    kept.put_boxes(_boxes(seen, fields))
    packed = _packed(kept)
    if not packed:
        return b""
    # Behind the end of what is packed: who wants no more than the text need not unpack it.
    if isinstance(document, KeptDocument):
        return packed + document.around
    around = pack_around(document, {each.field.name: each.candidates for each in seen.asked})
    return packed + (around if len(around) <= MOST_BYTES else b"")


def _packed(kept: _Kept) -> bytes:
    """Without the places of all characters where they are too much; empty where all is."""
    packed = zlib.compress(msgspec.msgpack.encode(kept), _LEVEL)
    if len(packed) > MOST_BYTES and any(page.boxes for page in kept.pages):
        for page in kept.pages:
            page.boxes = b""
        packed = zlib.compress(msgspec.msgpack.encode(kept), _LEVEL)
    return packed if len(packed) <= MOST_BYTES else b""


def merged(template: Template, *parts: tuple[bytes, Template]) -> bytes:
    """What was seen of one document at several times, each of the fields of another template, as if all fields of ``template`` had been
    seen at once; of a field what was seen last. Empty where one of the parts is of no use, or they do not belong together: another
    text, or models of another size.
    """
    several = []
    for content, its in parts:
        kept, _ = _decoded(content)
        if kept is None or kept.signs != _digest(its.fields):
            return b""
        several.append((kept, {each.name for each in its.fields}))
    (*_, (last, _names)) = several
    texts = [page.text for page in last.pages]
    if any(
        (each.sha256, each.parameters, each.page_only, [page.text for page in each.pages])
        != (last.sha256, last.parameters, last.page_only, texts)
        for each, _ in several
    ):
        return b""
    found: dict[str, _Kept] = {name: kept for kept, names in several for name in names}
    if any(each.name not in found for each in template.fields):
        return b""
    own = [(each.name, found[each.name]) for each in template.fields]
    asked = {id(kept): {each.name: each for each in kept.asked} for kept, _ in several}
    looked = {id(kept): {each.name: each for each in kept.looked} for kept, _ in several}
    made = {id(kept): json.loads(kept.made) for kept, _ in several}
    last.signs = _digest(template.fields)
    last.asked = [asked[id(kept)][name] for name, kept in own if name in asked[id(kept)]]
    last.looked = [looked[id(kept)][name] for name, kept in own if name in looked[id(kept)]]
    last.made = json.dumps({name: made[id(kept)][name] for name, kept in own if name in made[id(kept)]})
    last.complete = all(kept.complete for kept, _ in several)
    last.notes = tuple(dict.fromkeys(note for kept, _ in several for note in kept.notes))
    last.put_boxes({tuple(each[:3]): each for kept, _ in several for each in kept.all_boxes()}.values())
    last.words = {name: kept.words[name] for name, kept in own if name in kept.words}
    last.among = {name: kept.among[name] for name, kept in own if name in kept.among}
    for kept, _ in several:
        if kept.model and not last.model:
            last.model, last.embedding = kept.model, kept.embedding
    return _packed(last)


def _decoded(content: bytes) -> tuple[_Kept | None, bytes]:
    """What was kept, None where it is damaged, and what is packed behind it: what stands around the candidates."""
    try:
        unpacker = zlib.decompressobj()
        kept = msgspec.msgpack.decode(unpacker.decompress(content, MOST_UNPACKED), type=_Kept)
        return kept, unpacker.unused_data
    except (zlib.error, ValueError):
        return None, b""


class Unpacker:
    """What undoes ``pack`` for documents of one template."""

    def __init__(self, template: Template, *, hold: bool = False, words: Mapping[str, float] | None = None) -> None:
        """``hold``: some are held in memory, for the next time. ``words``: what the model's word is to count for, in the place of what
        was kept: for measuring that.
        """
        self._template = template
        self._words = words
        self._digest = _digest(template.fields)
        self._fitted = ranking.has_own(template)
        self._weights: dict[tuple[str, int, float | None], Weights] = {}
        self._hold = hold
        self._held: dict[bytes, Seen] = {}
        self._together: dict[str, Any] = {}
        self._size = 0

    @property
    def template(self) -> Template:
        """Whose documents."""
        return self._template

    def holds(self, content: bytes) -> bool:
        """Whether this one is held, or will be once it was unpacked."""
        room = len(self._held) < _MOST_HELD[0] and self._size + len(content) <= _MOST_HELD[1]
        return content in self._held or (self._hold and room)

    def unpack(self, content: bytes) -> Seen | None:
        """What was seen, to be decided once; None where other signs or fields saw it, or it is damaged."""
        seen = self._held.get(content)
        if seen is None:
            seen = self._unpacked(content)
            if seen is None or not self._hold:
                return None if seen is None else replace(seen, asked=[copy.copy(each) for each in seen.asked])
            if self.holds(content):
                self._held[content] = seen
                self._size += len(content)
        # Deciding writes on it; what it writes never goes deeper.
        return replace(seen, asked=[copy.copy(each) for each in seen.asked])

    def _unpacked(self, content: bytes) -> Seen | None:
        kept, around = _decoded(content)
        if kept is None or kept.signs != self._digest:
            return None
        try:
            if kept.boxes:
                kept.put_boxes(kept.boxes)
            places = KeptBoxes(kept.box_spans, kept.box_sides)
            document = KeptDocument(
                kept.name, kept.kind, kept.sha256, kept.read_pages(), kept.page_count, kept.left_out, stated=kept.stated, places=places,
                around=around, together=self._together,
            )  # fmt: skip
            words = kept.words if self._words is None else self._words
            asked = [self._asked(each, document, kept.parameters, words.get(each.name)) for each in kept.asked]
            document.offered.update((each.field.name, each.candidates) for each in asked)
            return Seen(
                document=document,
                asked=asked,
                looked={each.name: _looked(each, self._template.field(each.name)) for each in kept.looked},
                made={name: _result(plain) for name, plain in json.loads(kept.made).items()},
                complete=kept.complete,
                page_only=kept.page_only,
                parameters=kept.parameters,
                notes=kept.notes,
                embedding=Embedding(kept.model, np.frombuffer(kept.embedding, np.float16).astype(float))
                if kept.model
                else None,
                words=words,
                fits={},
                among={
                    name: Embedding(model, np.frombuffer(said, np.float16).astype(float))
                    for name, (model, said) in kept.among.items()
                },
            )
        except (ValueError, KeyError, IndexError, TypeError):
            return None

    def _asked(self, kept: _KeptAsked, document: Document, parameters: int, word: float | None) -> Asked:
        asked = self._template.field(kept.name)
        several = asked.type is FieldType.LIST
        kind = asked.of if several and asked.of else asked.type
        places = np.frombuffer(kept.spans, np.int32).reshape(-1, 3)
        if not _on_the_pages(places, document):
            raise ValueError("candidates where there is no text")
        likelihoods = np.frombuffer(kept.likelihoods, np.float32).tolist()
        texts = {page.number: page.text for page in document.pages}
        candidates = KeptCandidates(places, texts, kept.others, kept.values, likelihoods, kept.readings, kept.failed)
        if not len(places) == len(kept.values) == len(likelihoods):
            raise ValueError("candidates without values")
        signs = _signs(kept, len(candidates)) if len(candidates) else _NO_SIGNS
        weights = self._weights_of(asked, kind, several, parameters, word)
        # Without a word the model is not asked: all candidates are weighed, by the page alone.
        unasked = self._words is not None and not weights.features[: len(ranking.MODEL_FEATURES)].any()
        return Asked(
            asked,
            kind,
            candidates,
            signs,  # type: ignore[arg-type]  # they take half, and whatever is reckoned with them is float64
            np.frombuffer(kept.where, np.int32).tolist(),
            list(range(len(candidates))) if kept.chosen is None or unasked else kept.chosen,
            weights,
            role=kept.role,
            fitted=self._fitted,
            sure=kept.sure or unasked,
            left_out=kept.left_out,
            scores=kept.scores,
            second=ranking.second_weights(kind, several=several),
            told=choosing.told_vector(kept.told, len(candidates)),
            reckoned=Reckoned(),
        )

    def _weights_of(self, asked: Field, kind: FieldType, several: bool, parameters: int, word: float | None) -> Weights:
        key = (asked.name, parameters, word)
        if key not in self._weights:
            self._weights[key] = ranking.weights_for(
                kind, several=several, template=self._template, field=asked.name, parameters=parameters, word=word
            )
        return self._weights[key]


def _on_the_pages(places: npt.NDArray[np.int32], document: Document) -> bool:
    """Whether all that stands at these pages, starts and ends is text of the document."""
    if not len(places):
        return True
    sizes = dict(sorted((page.number, len(page.text)) for page in document.pages))
    if not sizes:
        return False
    numbers, lengths = np.array(list(sizes)), np.array(list(sizes.values()))
    page, start, end = places.T
    at = np.minimum(np.searchsorted(numbers, page), len(numbers) - 1)
    return bool(((numbers[at] == page) & (start >= 0) & (start <= end) & (end <= lengths[at])).all())


def _signs(kept: _KeptAsked, candidates: int) -> npt.NDArray[np.float32]:
    """A row a candidate. Raises ValueError where what was kept is none."""
    own = np.frombuffer(kept.signs, np.float32).reshape(-1, candidates)
    if not kept.same:
        return own.T
    same = np.frombuffer(kept.same, np.float32)
    varied = np.isnan(same)
    found = np.repeat(same[:, None], candidates, axis=1)
    found[varied] = own
    return found.T


_CHOICES = (
    "4"  # of what is kept of a choice: with what texts are about, alone and behind the options, and with whole words
)


def _digest(asked: Sequence[Field]) -> str:
    """Of the signs' names and of the fields: what was seen with others is of no use."""
    told = [*sign_names(), *(repr(each) for each in asked)]
    if any(map(choices.has_subject, asked)):
        told.append(_CHOICES)
    return hashlib.sha256("\n".join(told).encode("utf-8", "replace")).hexdigest()[:16]


def _kept(asked: Asked, document: Document) -> _KeptAsked:
    candidates = asked.candidates
    columns = asked.signs.astype(np.float32).T  # most are zeros, or the same all along
    varied = (columns != columns[:, :1]).any(axis=1) if len(candidates) else np.zeros(0, dtype=bool)
    same = np.where(varied, np.float32(np.nan), columns[:, 0]) if len(candidates) else np.zeros(0, dtype=np.float32)
    spans = np.array([(each.span.page, each.span.start, each.span.end) for each in candidates], dtype=np.int32)
    return _KeptAsked(
        name=asked.field.name,
        spans=spans.tobytes(),
        values=[each.value for each in candidates],
        signs=columns[varied].tobytes() if len(candidates) else b"",
        likelihoods=np.array([each.likelihood for each in candidates], dtype=np.float32).tobytes(),
        others={at: each.text for at, each in enumerate(candidates) if each.text != document.text(each.span)},
        readings={at: each.reading for at, each in enumerate(candidates) if each.reading},
        failed={at: each.failed for at, each in enumerate(candidates) if each.failed},
        where=np.array(asked.where, dtype=np.int32).tobytes(),
        chosen=None if asked.chosen == list(range(len(candidates))) else asked.chosen,
        scores=asked.scores,
        role=asked.role,
        sure=asked.sure,
        left_out=asked.left_out,
        told={} if asked.told is None else {int(at): float(asked.told[at]) for at in np.flatnonzero(asked.told)},
        same=same.astype(np.float32).tobytes(),
    )


_NO_SIGNS = np.zeros((0, len(sign_names())), dtype=np.float32)


def _kept_look(name: str, looked: Looked) -> _KeptLook:
    look = looked.look
    if look is None:
        return _KeptLook(name, False, [], [], [], [], [], [], [], [], [])
    return _KeptLook(
        name,
        True,
        looked.said.tolist(),
        [spans[0] if spans else None for spans in look.evidence],
        look.literal.tolist(),
        look.likeness.tolist(),
        list(look.telling),
        list(look.places),
        look.near.tolist(),
        look.whole.tolist(),
        look.behind.tolist(),
        look.boxes,
    )


def _looked(kept: _KeptLook, asked: Field) -> Looked:
    if not kept.read:
        return Looked(None, np.zeros(0))
    look = Look(
        asked,
        choices.options(asked),
        tuple(() if span is None else (span,) for span in kept.evidence),
        np.array(kept.literal),
        np.array(kept.likeness),
        tuple(kept.telling),
        tuple(kept.places),
        np.array(kept.near),
        np.array(kept.whole),
        np.array(kept.behind or [0.0] * len(kept.near)),
        kept.boxes,
    )
    return Looked(look, np.array(kept.said))


def _boxes(seen: Seen, fields: Mapping[str, FieldResult]) -> list[_Boxes]:
    """The boxes of whatever may be shown, in hundredths."""
    spans = {each.span for asked in seen.asked for each in asked.candidates}
    for looked in seen.looked.values():
        if looked.look is not None:
            spans.update(spans_of[0] for spans_of in looked.look.evidence if spans_of)
            spans.update(span for span in looked.look.places if span is not None)
    spans.update(each.span for result in fields.values() for each in _places(result) if each.span is not None)
    if all(page.boxes is None for page in seen.document.pages):
        return []
    return [
        (span.page, span.start, span.end, [round(side * 100) for box in seen.document.boxes(span) for side in box])
        for span in sorted(spans)
    ]


def _places(result: FieldResult) -> Iterator[FieldValue | RunnerUp]:
    values = [result] if isinstance(result, FieldValue) else [each for each in result if isinstance(each, FieldValue)]
    for value in values:
        yield value
        yield from value.candidates


def _plain(result: FieldResult) -> object:
    if isinstance(result, FieldValue):
        return value_to_json(result)
    return [{name: value_to_json(cell) for name, cell in row.items()} for row in result if isinstance(row, dict)]


def _result(plain: object) -> FieldResult:
    if isinstance(plain, list):
        return tuple({name: value_from_json(cell) for name, cell in row.items()} for row in plain)
    return value_from_json(plain)
