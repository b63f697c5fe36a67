"""Duplicates: documents that look like copies of another, by the file itself or by who sent them and their number."""

from __future__ import annotations

from collections.abc import Sequence

from stillroom.extraction.result import FieldValue
from stillroom.review.document import ReviewedDocument
from stillroom.review.verdict import VerdictKind, live
from stillroom.templates.template import Field, FieldType, Template

_SENDERS = (FieldType.ORGANISATION, FieldType.NAME, FieldType.IBAN, FieldType.EMAIL)


def mark_duplicates(documents: Sequence[ReviewedDocument]) -> None:
    """Say of each document which earlier one of its table it looks like a copy of; not of one that was kept by a person."""
    seen: dict[tuple[object, ...], ReviewedDocument] = {}
    for document in documents:
        document.duplicate_of = None
        kept = any(entry.kind is VerdictKind.KEPT for entry in live(document.entries))
        for key in _keys(document):
            first = seen.setdefault(key, document)
            if first is not document and not kept and document.duplicate_of is None:
                document.duplicate_of = first


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
