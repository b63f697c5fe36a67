"""Whether a file holds more than one document of its template: each label twice, with other values behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from stillroom.documents.document import Document
from stillroom.extraction.choosing import Asked, Twice
from stillroom.extraction.signs import sign_names
from stillroom.templates.template import FieldType

_KINDS = (FieldType.IDENTIFIER, FieldType.DATE, FieldType.MONEY)
_OWN, _RIVAL = sign_names().index("own_beside"), sign_names().index("rival_beside")
_LABELLED = 0.8
_WORD = re.compile(r"[^\W\d_]{2}")


def several_documents(asked: Sequence[Asked], document: Document) -> str:
    """A sentence where a number and another field stand behind the same labels twice, one pair before the other; else empty.

    A value of each field is kept; that there are others must not pass in silence.
    """
    single = [each for each in asked if each.kind in _KINDS and each.field.type is not FieldType.LIST]
    numbers = [each for each in single if each.kind is FieldType.IDENTIFIER and each.field.required]
    found = {each.field.name: _twice(each, document) for each in single}
    for number in numbers:
        for first, second in found[number.field.name]:
            for other in single:
                if other is not number and any(
                    max(first[:2], left[:2]) < min(second[:2], right[:2]) for left, right in found[other.field.name]
                ):
                    return (
                        f"The file seems to hold more than one document: “{first.text}” and “{second.text}” both stand there as "
                        f"{number.field.label or number.field.name}. One value of each field is kept; split the file to get them all."
                    )
    return ""


_MOST_BEFORE = 2000  # characters


def _twice(asked: Asked, document: Document) -> Sequence[tuple[Twice, Twice]]:
    """Neighbours behind the same label that are not the same value."""
    known = asked.reckoned.twice if asked.reckoned is not None else None
    if known is None:
        known = _pairs(_labelled(asked, document))
        if asked.reckoned is not None:
            asked.reckoned.twice = known
    return known


def _labelled(asked: Asked, document: Document) -> list[Twice]:
    """The candidates that a label of the field stands beside in their line, with what stands before them there."""
    found: dict[tuple[int, int], Twice] = {}
    if not asked.candidates:
        return []
    own, rival = (asked.signs[:, column].astype(np.float64) for column in (_OWN, _RIVAL))
    for index in np.flatnonzero((own >= _LABELLED) & (own > rival)).tolist():
        candidate = asked.candidates[index]
        text = document.page(candidate.span.page).text
        first = max(0, candidate.span.start - _MOST_BEFORE)  # a line may be as long as a book
        first = max(first, text.rfind("\n", first, candidate.span.start) + 1)
        label = text[first : candidate.span.start]
        label = " ".join(label.casefold().split())
        if _WORD.search(label):
            place = (candidate.span.page, candidate.span.start)
            found[place] = Twice(*place, label, candidate.text)
    return [found[place] for place in sorted(found)]


def _pairs(labelled: Sequence[Twice]) -> list[tuple[Twice, Twice]]:
    last: dict[str, Twice] = {}
    pairs = []
    for each in labelled:
        before = last.get(each.label)
        if before and before.text != each.text:
            pairs.append((before, each))
        last[each.label] = each
    return pairs
