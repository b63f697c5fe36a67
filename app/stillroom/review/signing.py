"""Handing on what was reviewed: exports that say who answers for what, and labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from os.path import relpath
from pathlib import Path
from typing import Any

from stillroom.atomic import replacing
from stillroom.evaluation.labels import Label, LabelledDocument
from stillroom.extraction.export import Notation, export
from stillroom.extraction.result import FieldValue
from stillroom.extraction.signed import SignedDocument, SignedValue
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.queue import Queue
from stillroom.review.verdict import NOT_ON_PAGE, Given, Subject, Verdict, VerdictKind
from stillroom.templates.template import FieldType, Template


def export_reviewed(
    queue: Queue,
    target: Path,
    template: Template,
    *,
    only_approved: bool = False,
    notation: Notation = Notation(),  # noqa: B008 - frozen
) -> int:
    """Write the documents of a queue as they hold after the verdicts. Returns how many were written. Raises StillroomError.

    ``only_approved``: those that a person answers for, and no others; else all, with their states.
    """
    chosen = [document for document in queue.documents if not only_approved or document.approval is not None]
    results = [document.effective() for document in chosen]
    signed = [signed_of(queue, document) for document in chosen]
    export(results, template, target, signed=signed, notation=notation)
    return len(chosen)


def signed_of(queue: Queue, document: ReviewedDocument) -> SignedDocument:
    """What persons said of a document, for an export."""
    decision = document.approval or document.rejection
    state = "open" if decision is None else str(decision.kind)
    doubtful = {value.subject for _, value in queue.to_check(document)}
    numbers: dict[str, dict[int, int]] = {}
    values = {}
    for value in document.values:
        subject = value.subject
        own = numbers.setdefault(subject.field, {})
        item = own.setdefault(
            subject.item, len(own) + 1
        )  # as the export counts: added rows follow, removed ones are gone
        values[subject.field, item, subject.column] = _signed(value, subject in doubtful)
    return SignedDocument(
        state=state,
        person=decision.person if decision else "",
        moment=decision.moment if decision else "",
        reason=decision.reason if decision else "",
        to_check=queue.count(document),
        values=values,
        address=_address(document.path),
    )


def _signed(value: ReviewedValue, doubtful: bool) -> SignedValue:
    verdict = value.verdict
    if verdict is None:
        return SignedValue(doubtful=doubtful)
    name = f"{verdict.kind} ({NOT_ON_PAGE})" if value.typed else str(verdict.kind)
    return SignedValue(name, verdict.person, verdict.moment, doubtful)


def _address(path: Path) -> str:
    try:
        return path.as_uri() if path.is_absolute() and path.exists() else ""
    except (ValueError, OSError, UnicodeEncodeError):
        return ""


# ---- labels


def labels_of(document: ReviewedDocument) -> dict[str, Any]:
    """What persons answer for: of an approved document every field, else those with verdicts; empty where there are none."""
    if document.rejection is not None:
        return {}
    fields: dict[str, Any] = {}
    effective = document.effective().fields
    for wanted in document.template.fields:
        own = [value for value in document.values if value.subject.field == wanted.name]
        decided = [document.decided(value) for value in own]
        unreadable = any(value.verdict and value.verdict.kind is VerdictKind.UNREADABLE for value in own)
        if not own or not all(decided) or unreadable or wanted.type.generated:
            continue
        found = effective.get(wanted.name)
        if isinstance(found, FieldValue):
            fields[wanted.name] = found.value
        elif wanted.type is FieldType.TABLE:
            fields[wanted.name] = [
                {name: cell.value for name, cell in row.items()} for row in found or () if isinstance(row, dict)
            ]
        else:
            fields[wanted.name] = [item.value for item in found or () if isinstance(item, FieldValue)]
    return fields


def write_labels(documents: Iterable[ReviewedDocument], target: Path) -> int:
    """Write verdicts as labels, a line a document, paths relative to the file. Returns how many lines. Raises OSError."""
    lines = []
    seen: set[Path] = set()
    for document in documents:
        fields = labels_of(document)
        if fields and document.path not in seen:
            seen.add(document.path)
            try:
                name = Path(relpath(document.path, target.absolute().parent)).as_posix()
            except ValueError:  # on another drive
                name = document.path.as_posix()
            lines.append(json.dumps({"file": name, "fields": fields}, ensure_ascii=True))
    with replacing(target) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


def verdicts_from_labels(documents: Sequence[ReviewedDocument], labels: Sequence[LabelledDocument]) -> list[Verdict]:
    """Labels as verdicts on documents that were extracted: what agrees is accepted, the rest corrected. Only single values and lists
    are taken; a field that has a verdict already keeps it."""
    by_path = {label.path: label for label in labels}
    found: list[Verdict] = []
    for document in documents:
        label = by_path.get(document.path.absolute())
        if label is None:
            continue
        for value in document.values:
            if value.verdict is None and value.subject.item == 0 and value.subject.field in label.fields:
                entry = _from_label(document, value, label.fields[value.subject.field])
                if entry is not None:
                    found.append(entry)
    return found


def _from_label(document: ReviewedDocument, value: ReviewedValue, label: Label) -> Verdict | None:
    subject: Subject = value.subject
    if isinstance(label, tuple):
        return document.verdict(VerdictKind.ACCEPTED, subject) if not label else None
    if label == value.current.value:
        return document.verdict(VerdictKind.ACCEPTED, subject)
    if label is None:
        return document.verdict(VerdictKind.ABSENT, subject)
    other = next((each for each in value.current.candidates if each.value == label), None)
    if other is not None:
        return document.verdict(VerdictKind.CORRECTED, subject, Given(label, other.text, other.span, other.boxes))
    return document.verdict(VerdictKind.CORRECTED, subject, Given(label, label, typed=True))
