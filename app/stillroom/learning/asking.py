"""Fields from a sentence that says what is wanted ("who spoke, where and when"), by its questions and the concepts its words name."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stillroom import paths
from stillroom.extraction.concepts import Concept, key_of, vocabulary
from stillroom.templates.editing import name_from
from stillroom.templates.template import Field, FieldType, Template, label_of

_BETWEEN = re.compile(r"[,;?\n]+|\s+(?:and|und|et|y|e|en|i)\s+|\s*&\s*", re.IGNORECASE)
_WORD = re.compile(r"[^\W_][\w'’-]*")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PERCENT = re.compile(r"(?<!\d)(?<!\d\s)%")  # "VAT %" and not "VAT 20%", which says of what rate the amount is
_MOST_WORDS = 5  # of a concept's name, or of a question
_SHORTEST = 3  # letters
_MOST_FIELDS = 40
# Of the types that a concept may have, the first of these; a person's name only where it is a person's.
_FIRST = (
    FieldType.IBAN, FieldType.EMAIL, FieldType.URL, FieldType.PHONE, FieldType.DATE, FieldType.TIME, FieldType.MONEY,
    FieldType.PERCENT, FieldType.IDENTIFIER, FieldType.INTEGER, FieldType.ORGANISATION, FieldType.LINE, FieldType.NAME,
    FieldType.ADDRESS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Question:
    """A question word: the concepts or types of the fields that answer it, and the types of others that it may be about."""

    fields: tuple[str, ...]
    types: frozenset[FieldType]


@functools.cache
def _questions() -> tuple[Mapping[str, _Question], Mapping[str, str], Mapping[str, str]]:
    """By their phrases: the questions, the concepts of whom a deed is of, and the types that a word of a heading says."""
    data = paths.resource_tables("questions")
    deeds = {phrase: name for name, table in data.pop("did").items() for phrase in _phrases(table)}
    kinds = {phrase: name for name, table in data.pop("type").items() for phrase in _phrases(table)}
    questions = {
        phrase: _Question(tuple(table["fields"]), frozenset(FieldType(each) for each in table["types"]))
        for table in data.values()
        for phrase in _phrases(table)
    }
    return questions, deeds, kinds


def _phrases(table: Mapping[str, object]) -> list[str]:
    return [key_of(each) for listed in table.values() if isinstance(listed, str) for each in listed.split(";")]


def fields_from(sentence: str) -> list[Field]:
    """A field for each thing a sentence names; what no concept is called is a line of that name, for the person to say more of.

    A question that names nothing else gives the fields that answer it: *when* a date and a time of day.
    """
    found: list[Field] = []
    for part in _BETWEEN.split(sentence)[:_MOST_FIELDS]:
        for words in _asked_one_by_one(_WORD.findall(part)):
            for called, label, kind in _wanted(words):
                name = name_from(called, [field.name for field in found])
                own = label[:1].upper() + label[1:]
                said = " ".join(words)
                found.append(
                    Field(name, kind, label=own if own and own != label_of(name_from(called)) else "", description=said)
                )
    return found[:_MOST_FIELDS]


def kind_called(heading: str) -> FieldType:
    """The type of a field of this heading or name ("Invoice no", "unitPrice"), by the concept that all of it names, its end or its
    beginning; a line where none is. What says percent is one, whatever it is of.
    """
    whole = _CAPITAL.sub(" ", heading).replace("_", " ").strip()
    words = _WORD.findall(whole)
    if _PERCENT.search(whole):
        return FieldType.PERCENT
    _, _, kinds = _questions()
    for at in range(len(words)):
        if size := _longest(words, at, kinds):
            return FieldType(kinds[key_of(" ".join(words[at : at + size]))])
    parts = [*(words[at:] for at in range(1, len(words))), *(words[:at] for at in range(len(words) - 1, 0, -1))]
    # All of it is no word within a sentence: "No.", "ID". A letter alone is the heading of any table.
    called = [] if len(whole) == 1 and whole.isascii() and whole.isalpha() else [_called(whole)]
    called += [_called(part) for part in map(" ".join, parts) if len(part) >= _SHORTEST]
    named = [concept for concept in called if concept is not None]
    if not named:
        return FieldType.LINE
    if FieldType.TIME in named[0].types and any(
        (each := _called(word)) and each.name == "time" for word in words if len(word) >= _SHORTEST
    ):
        return FieldType.TIME  # "End time": an end may be a day as well
    # "Seller name": of what the name is says more.
    of_name = [concept for concept in named if concept.name != "name" and FieldType.NAME in concept.types]
    return _kind(of_name[0] if named[0].name == "name" and of_name else named[0])


def typed(template: Template) -> Template:
    """With every field, column and item of a list that is a mere line of the type that its heading has elsewhere."""
    return replace(template, fields=tuple(map(_typed, template.fields)))


def _typed(field: Field) -> Field:
    if field.type is FieldType.LINE:
        return replace(field, type=kind_called(field.heading))
    of = field.of
    if of is FieldType.LINE and (kind := kind_called(field.heading)) is not FieldType.INTEGER:
        of = kind  # "Items", "Pages" count one thing; a list of that name holds the things
    return replace(field, of=of, columns=tuple(map(_typed, field.columns)))


def _called(words: str) -> Concept | None:
    """The concept that these words are a name of."""
    known = vocabulary()
    names = known.phrases.get(key_of(words), ())
    return known.concepts[names[0]] if names else None


def _asked_one_by_one(words: list[str]) -> list[list[str]]:
    """Words with several questions ("who spoke when") as one piece a question."""
    questions, _, _ = _questions()
    pieces: list[list[str]] = []
    start, asked, at = 0, False, 0
    while at < len(words):
        size = _longest(words, at, questions)
        if size and asked:
            pieces.append(words[start:at])
            start = at
        asked = asked or size > 0
        at += max(1, size)
    return [piece for piece in (*pieces, words[start:]) if piece]


def _longest(words: list[str], start: int, known: Mapping[str, object]) -> int:
    """Of how many words the longest phrase is that begins here; 0 for none."""
    sizes = range(min(len(words) - start, _MOST_WORDS), 0, -1)
    return next((size for size in sizes if key_of(" ".join(words[start : start + size])) in known), 0)


def _wanted(words: list[str]) -> list[tuple[str, str, FieldType]]:
    """What the fields of a piece are called, in its own words where it has some for it, and their types."""
    questions, deeds, _ = _questions()
    concepts = vocabulary().concepts
    for start in range(len(words)):
        size = _longest(words, start, questions)
        if not size:
            continue
        question = questions[key_of(" ".join(words[start : start + size]))]
        rest = [*words[:start], *words[start + size :]]
        if "person" in question.fields:
            deed = next((at for at in range(len(rest)) if _longest(rest, at, deeds)), None)
            if deed is not None:
                concept = concepts[deeds[key_of(" ".join(rest[deed : deed + _longest(rest, deed, deeds)]))]]
                return [(concept.name, "", _kind(concept))]
        about = _named(rest, question.types) if question.types else None
        if about is not None:
            concept, _ = about
            return [(concept.name, "", _kind(concept, question.types))]
        if question.fields[0] in concepts:
            return [(name, "", _kind(concepts[name])) for name in question.fields]
        said = " ".join(words)
        return [(said, said, FieldType(question.fields[0]))]
    named = _named(words)
    said = " ".join(words)
    return [(named[0].name, named[1], _kind(named[0]))] if named is not None else [(said, said, FieldType.LINE)]


def _named(words: list[str], types: frozenset[FieldType] = frozenset()) -> tuple[Concept, str] | None:
    """The concept of the most of these words that are one's name together, and these words; of one of these types, if any are given."""
    known = vocabulary()
    for size in range(min(len(words), _MOST_WORDS), 0, -1):
        for start in range(len(words) - size + 1):
            own = " ".join(words[start : start + size])
            if len(own) < _SHORTEST:  # "of" is a label on pages only
                continue
            for name in known.phrases.get(key_of(own), ()):
                if not types or types & known.concepts[name].types:
                    return known.concepts[name], own
    return None


def _kind(concept: Concept, types: frozenset[FieldType] = frozenset()) -> FieldType:
    """The type of a field of this concept; of these, if any are given."""
    may = concept.types & types or concept.types
    if FieldType.NAME in may and ("person" in (concept.name, concept.under) or concept.name == "name"):
        return FieldType.NAME
    if FieldType.ADDRESS in may and FieldType.NAME not in may:  # what has a name is told by that
        return FieldType.ADDRESS
    return next((kind for kind in _FIRST if kind in may), FieldType.LINE)
