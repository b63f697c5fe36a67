"""Duplicates: documents that look like copies of another, by the file itself or by who sent them and their number.

Of two with the same sender and number that say different things, one may correct the other, or the number was given twice: see
``differences``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stillroom.extraction.result import FieldResult, FieldState, FieldValue
from stillroom.review.document import ReviewedDocument
from stillroom.review.verdict import VerdictKind, live
from stillroom.templates.template import Field, FieldType, Template

_SENDERS = (FieldType.ORGANISATION, FieldType.NAME, FieldType.IBAN, FieldType.EMAIL)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which two documents differ.

    Attributes:
        own, other: the values; None where there is none, and of a list or table.
    """

    field: Field
    own: str | None = None
    other: str | None = None


def differences(document: ReviewedDocument) -> list[Difference]:
    """In what a document differs from the one that it looks like a copy of: nothing where both are one file or say the same.

    What a model wrote itself is no difference.
    """
    other = document.duplicate_of
    if other is None or (document.result.sha256 and document.result.sha256 == other.result.sha256):
        return []
    mine, others = document.effective().fields, other.effective().fields
    found = []
    for wanted in document.template.fields:
        own, theirs = mine.get(wanted.name), others.get(wanted.name)
        if wanted.name in mine and wanted.name in others and not _same(wanted, own, theirs):
            single = isinstance(own, FieldValue) and isinstance(theirs, FieldValue)
            found.append(Difference(wanted, own.value, theirs.value) if single else Difference(wanted))  # type: ignore[union-attr]
    return found


def _same(wanted: Field, own: FieldResult | None, other: FieldResult | None) -> bool:
    if isinstance(own, FieldValue) and isinstance(other, FieldValue):
        return _same_cell(wanted.of if wanted.type is FieldType.LIST and wanted.of else wanted.type, own, other)
    mine, others = _rows(own), _rows(other)
    kinds = {column.name: column.type for column in wanted.columns} or {"": wanted.of or FieldType.TEXT}
    return len(mine) == len(others) and all(
        _same_cell(kind, one.get(name), another.get(name))
        for one, another in zip(mine, others, strict=True)
        for name, kind in kinds.items()
    )


def _rows(several: FieldResult | None) -> list[Mapping[str, FieldValue]]:
    """The items of a list or the rows of a table, by column."""
    if several is None or isinstance(several, FieldValue):
        return []
    return [{"": each} if isinstance(each, FieldValue) else each for each in several]


def _same_cell(kind: FieldType, own: FieldValue | None, other: FieldValue | None) -> bool:
    from stillroom.evaluation.matching import same_value  # brings much with it

    if any(each is not None and each.state is FieldState.GENERATED for each in (own, other)):
        return True
    mine, others = (each.value if each is not None else None for each in (own, other))
    return mine == others or (mine is not None and others is not None and same_value(kind, mine, others))


def mark_duplicates(documents: Sequence[ReviewedDocument]) -> None:
    """Say of each document which earlier one of its table it looks like a copy of; not of one that was kept by a person."""
    seen: dict[tuple[object, ...], ReviewedDocument] = {}
    for document in documents:
        document.duplicate_of, document.duplicate_in = None, ""
        kept = any(entry.kind is VerdictKind.KEPT for entry in live(document.entries))
        for key in _keys(document):
            first = seen.setdefault(key, document)
            if first is not document and not kept and document.duplicate_of is None:
                document.duplicate_of = first


def sender_of(document: ReviewedDocument) -> str:
    """Who sent a document, by the first field that says so; empty where none does."""
    sender, _ = _sender_and_number(document.template)
    value = next((each for each in document.values if sender and each.subject.field == sender.name), None)
    return (value.current.value or "") if value is not None else ""


def mark_elsewhere(documents: Sequence[ReviewedDocument], earlier: Iterable[tuple[str, ReviewedDocument]]) -> None:
    """Say of each document that is no copy within its table which one of other, earlier tables it looks like a copy of.

    ``earlier``: the documents of other tables, each with its table's title. A table of the same files once more (half of them) is
    the same table to a person, and its documents are no copies.
    """
    others: dict[int, list[tuple[str, ReviewedDocument]]] = {}
    for title, other in earlier:
        others.setdefault(other.run, []).append((title, other))
    mine: dict[int, set[str]] = {}
    for document in documents:
        mine.setdefault(document.run, set()).add(document.result.sha256)
    for run, own in mine.items():
        seen: dict[tuple[object, ...], tuple[str, ReviewedDocument]] = {}
        for number, rows in sorted(others.items()):
            if number < run and 2 * sum(other.result.sha256 in own for _, other in rows) <= max(len(rows), len(own)):
                for title, other in rows:
                    for key in _keys(other):
                        seen.setdefault(key[1:], (title, other))
        for document in documents:
            kept = any(entry.kind is VerdictKind.KEPT for entry in live(document.entries))
            if document.run != run or kept or document.duplicate_of is not None:
                continue
            found = next((seen[key[1:]] for key in _keys(document) if key[1:] in seen), None)
            if found is not None:
                document.duplicate_in, document.duplicate_of = found


def _keys(document: ReviewedDocument) -> list[tuple[object, ...]]:
    keys: list[tuple[object, ...]] = []
    if document.result.sha256:
        keys.append((document.run, "file", document.result.sha256))
    sender, number = _sender_and_number(document.template)
    if sender is not None and number is not None:
        values = [_plain(document, each) for each in (sender, number)]
        if all(values):
            keys.append((document.run, "number", *values))
    return keys


def _sender_and_number(template: Template) -> tuple[Field | None, Field | None]:
    """The fields that together name a document: the first that says who sent it, and the first that is a number of it."""
    sender = next((each for each in template.fields if each.type in _SENDERS), None)
    number = next((each for each in template.fields if each.type is FieldType.IDENTIFIER), None)
    return sender, number


def _plain(document: ReviewedDocument, wanted: Field) -> str:
    found = document.effective().fields.get(wanted.name)
    if not isinstance(found, FieldValue) or found.value is None:
        return ""
    return "".join(character for character in found.value.casefold() if character.isalnum())
