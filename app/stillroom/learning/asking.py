"""Fields from a sentence that says what is wanted ("who spoke, where and when"), by the concepts that its words name."""

from __future__ import annotations

import re

from stillroom.extraction.concepts import Concept, key_of, vocabulary
from stillroom.templates.editing import name_from
from stillroom.templates.template import Field, FieldType, label_of

_BETWEEN = re.compile(r"[,;\n]+|\s+(?:and|und|et|y|e|en)\s+|\s*&\s*", re.IGNORECASE)
_WORD = re.compile(r"[^\W_][\w'’-]*")
_MOST_WORDS = 4  # of a concept's name
_SHORTEST = 3  # letters
_MOST_FIELDS = 40
# Of the types that a concept may have, the first of these; a person's name only where it is a person's.
_FIRST = (
    FieldType.IBAN, FieldType.EMAIL, FieldType.URL, FieldType.PHONE, FieldType.DATE, FieldType.TIME, FieldType.MONEY,
    FieldType.PERCENT, FieldType.INTEGER, FieldType.IDENTIFIER, FieldType.ORGANISATION, FieldType.LINE, FieldType.NAME,
    FieldType.ADDRESS,
)  # fmt: skip


def fields_from(sentence: str) -> list[Field]:
    """A field for each thing a sentence names; what no concept is called is a line of that name, for the person to say more of."""
    found: list[Field] = []
    for part in _BETWEEN.split(sentence)[:_MOST_FIELDS]:
        words = _WORD.findall(part)
        if not words:
            continue
        said = " ".join(words)
        concept = _named(words)
        called = concept.name if concept is not None else said
        name = name_from(called, [field.name for field in found])
        label = said[:1].upper() + said[1:]
        kind = _kind(concept) if concept is not None else FieldType.LINE
        own = concept is None and label != label_of(name)
        found.append(Field(name, kind, label=label if own else "", description=said))
    return found


def _named(words: list[str]) -> Concept | None:
    """The concept of the most of these words that are one's name together."""
    known = vocabulary()
    for size in range(min(len(words), _MOST_WORDS), 0, -1):
        for start in range(len(words) - size + 1):
            own = " ".join(words[start : start + size])
            names = known.phrases.get(key_of(own), ())
            if names and len(own) >= _SHORTEST:  # "of" is a label on pages only
                return known.concepts[names[0]]
    return None


def _kind(concept: Concept) -> FieldType:
    if FieldType.NAME in concept.types and "person" in (concept.name, concept.under):
        return FieldType.NAME
    return next((kind for kind in _FIRST if kind in concept.types), FieldType.LINE)
