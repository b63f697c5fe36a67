"""Evidence of a run: what its documents have in common, learned from the values that are sure (self-training; D. Yarowsky, 1995).

Documents of one table are mostly of one kind: the words beside an invoice's number in eight of ten tell where it stands in the other two.
So the values that the page alone made likely are taken for right, weights are drawn from them as from a person's corrections
(``fitting``), each document held against the others, and the places of a value are weighed again. Whether a document has the value at all
stays its own affair. What a person taught of a field is taken as the page's word, and the more documents taught it, the less the run adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from stillroom.cancellation import Cancellation
from stillroom.extraction import ranking
from stillroom.extraction.candidates.candidate import values_of
from stillroom.extraction.choosing import Asked, Learned
from stillroom.extraction.deciding import Seen, decide
from stillroom.extraction.kept_seen import Unpacker
from stillroom.extraction.ranking import Vector
from stillroom.extraction.result import FieldResult, FieldState, FieldValue
from stillroom.learning.fitting import AlikeField, LabelledField, draw_alike
from stillroom.learning.surroundings import Around, surroundings_in
from stillroom.templates.template import FieldType, Template

LEAST_DOCUMENTS = 8
"""Fewer have nothing in common that one could tell from chance."""
MOST_DOCUMENTS = 120
"""So many are looked at, spread evenly over a larger run: more tell nothing new."""
OF_TAUGHT = 24
"""At least so many, and fewer than twice as many, where the template was taught: a person waits for that to show in the others, and what
is opened later is drawn from the same.
"""
# Confidences from which a value speaks for the others: the surest that enough of the documents have; else half right is enough, for what
# is wrong is rarely wrong alike.
_LIKELY = (0.7, 0.55, 0.4)
_ENOUGH = 0.3  # of the documents
_LEAST_VALUES = 3
_PRESENT = 2.0  # what a candidate gains against *absent* that stands as the known ones do, as a logarithm
_MOST_CANDIDATES = 60  # of a field of a document that are held against the known ones
_AS_MANY = 3.0  # corrected documents teach as much of a field as the run shows


@dataclass(frozen=True, slots=True)
class RunEvidence:
    """What was learned of each field of a run. Fulfils ``extraction.deciding.Evidence``.

    Attributes:
        near: by name of a choice, the mean nearness of its documents to each option (see Look).
    """

    fields: Mapping[str, AlikeField]
    near: Mapping[str, Vector] = field(default_factory=dict)

    def usual(self, name: str) -> Vector | None:
        """The mean nearness of the documents to each option of a choice: what draws all of them is the model's habit, or says nothing."""
        return self.near.get(name)

    def moves(self, asked: Asked, seen: Seen) -> Vector | None:
        """What is added to the strength of each candidate; None for a field of which nothing is known, or that more than a run speaks
        for: weights that were fitted on many documents of its template.

        All of a field's candidates together keep the weight that they have against *absent*; they gain where the best of them stands
        as values of this field do in the other documents.
        """
        known = self.fields.get(asked.field.name)
        if known is None or not asked.chosen or asked.fitted:
            return None
        before = asked.weighed(asked.chosen)
        best = _best(asked, before)
        around = _around(asked, seen, best)
        own = known.strengths(seen.document.sha256, asked.signs[best], around)
        moves = np.full(len(asked.candidates), float(own.min()))
        moves[best] = own
        kept = _together(before + moves[asked.chosen]) - _together(before)
        result: Vector = moves - min(kept, known.usual - _PRESENT)
        if asked.moves is None or asked.learned is None:
            return result
        return result * (_AS_MANY / (_AS_MANY + asked.learned.documents_of(asked.field.name)))


@dataclass(frozen=True, slots=True)
class Likely:
    """A value that a field probably has, and how sure that is."""

    value: str
    confidence: float


def run_evidence(
    documents: Iterable[tuple[Seen, Mapping[str, Likely]]], cancellation: Cancellation | None = None
) -> RunEvidence | None:
    """What the documents of a run have in common, from what was seen of each and the values that it alone had; None for nothing.

    Raises Cancelled.
    """
    rows: dict[str, list[tuple[float, LabelledField]]] = {}
    near: dict[str, list[Vector]] = {}
    count = 0
    for seen, likely in documents:
        count += 1
        if cancellation is not None:
            cancellation.raise_if_requested()
        for asked in seen.asked:
            value = likely.get(asked.field.name)
            row = _row(asked, seen, value) if value is not None else None
            if value is not None and row is not None:
                rows.setdefault(asked.field.name, []).append((value.confidence, row))
        for name, looked in seen.looked.items():
            if looked.look is not None and looked.look.near.any():
                near.setdefault(name, []).append(looked.look.nearness)
    if count < LEAST_DOCUMENTS:
        return None
    found: dict[str, AlikeField] = {}
    for name, own in rows.items():
        if cancellation is not None:
            cancellation.raise_if_requested()
        surest = _surest(own, max(LEAST_DOCUMENTS, int(_ENOUGH * count)))
        if len(surest) >= _LEAST_VALUES:
            found[name] = draw_alike(surest)
    usual = {name: np.mean(each, axis=0) for name, each in near.items() if len(each) >= LEAST_DOCUMENTS}
    return RunEvidence(found, usual) if found or usual else None


def likely_values(fields: Mapping[str, FieldResult]) -> dict[str, Likely]:
    """Of a document's fields those with one value."""
    return {
        name: Likely(each.value, each.confidence)
        for name, each in fields.items()
        if isinstance(each, FieldValue) and each.state is FieldState.FOUND and each.value is not None
    }


def evidence_of(
    kept: Sequence[bytes],
    template: Template,
    learned: Learned | None = None,
    cancellation: Cancellation | None = None,
    unpacker: Unpacker | None = None,
) -> RunEvidence | None:
    """The same from what is kept of the documents of a run (see ``kept_seen``); of a large run some of them are looked at: which, follows
    from how many there are, and whether anything was learned.
    ``unpacker``: of this template, if there is one. None as well for a template whose fields were fitted: a run tells them nothing.

    Raises Cancelled.
    """
    some = [content for content in kept if content]
    some = some[:: max(1, -(-len(some) // MOST_DOCUMENTS))]
    if learned is not None:
        some = some[:: max(1, len(some) // OF_TAUGHT)]
    if len(some) < LEAST_DOCUMENTS or ranking.has_own(template):
        return None

    unpacker = unpacker if unpacker is not None else Unpacker(template)

    def decided() -> Iterator[tuple[Seen, Mapping[str, Likely]]]:
        for content in some:
            seen = unpacker.unpack(content)
            if seen is not None:
                fields, _ = decide(seen, template, learned, offering=False)
                yield seen, likely_values(fields)

    return run_evidence(decided(), cancellation)


def _surest(rows: Sequence[tuple[float, LabelledField]], enough: int) -> list[LabelledField]:
    """Those that speak for the others."""
    found: list[LabelledField] = []
    for least in _LIKELY:
        found = [row for confidence, row in rows if confidence >= least]
        if len(found) >= enough:
            break
    return found


def _row(asked: Asked, seen: Seen, likely: Likely) -> LabelledField | None:
    """A field of a document as if its value were known to be right; None where that is not likely enough."""
    if likely.confidence < _LIKELY[-1] or asked.field.type is FieldType.LIST:
        return None
    best = _best(asked, asked.weighed(asked.chosen))
    values = values_of(asked.candidates)
    right = np.array([values[index] == likely.value for index in best], dtype=bool)
    if not right.any():
        return None
    return LabelledField(
        document=seen.document.sha256,
        signs=asked.signs[best],
        base=asked.weighed(best),
        absent=asked.absent_strength(),
        right=right,
        around=_around(asked, seen, best),
    )


def _best(asked: Asked, strengths: Vector) -> list[int]:
    """The candidates that the document alone speaks for most. ``strengths``: of those that are chosen."""
    if len(asked.chosen) <= _MOST_CANDIDATES:
        return list(asked.chosen)
    kept = np.sort(np.argsort(-strengths, kind="stable")[:_MOST_CANDIDATES])
    return [asked.chosen[place] for place in kept]


def _around(asked: Asked, seen: Seen, best: Sequence[int]) -> Around:
    return surroundings_in(seen.document, asked.candidates, asked.field.name, best)


def _together(strengths: Vector) -> float:
    most = float(strengths.max())
    return most + float(np.log(np.exp(strengths - most).sum()))
