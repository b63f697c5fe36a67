"""Handing on what was reviewed: exports that say who answers for what, and labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillroom.atomic import replacing
from stillroom.evaluation.labels import LabelledDocument, Row
from stillroom.evaluation.matching import aligned
from stillroom.extraction.export import Notation, export
from stillroom.extraction.result import FieldValue
from stillroom.extraction.signed import SignedDocument, SignedValue
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.line_items import cells_of, fresh_number
from stillroom.review.queue import Queue
from stillroom.review.verdict import NOT_ON_PAGE, Given, Subject, Verdict, VerdictKind
from stillroom.templates.template import Field, FieldType, Template

if TYPE_CHECKING:
    from stillroom.extraction.appending import Appended


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


def append_reviewed(queue: Queue, target: Path, template: Template, *, only_approved: bool = False) -> Appended:
    """Put the documents of a queue at the end of a sheet that is there, by its headings. Raises StillroomError."""
    from stillroom.extraction.appending import append

    chosen = [document for document in queue.documents if not only_approved or document.approval is not None]
    results = [document.effective() for document in chosen]
    return append(results, template, target, [signed_of(queue, document) for document in chosen])


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
    """Labels as verdicts on documents that were extracted: what agrees is accepted, the rest corrected. Items of lists and rows of
    tables are aligned; what is left over is put in or taken out. A value that has a verdict keeps it, a list or table as a whole."""
    by_path = {label.path: label for label in labels}
    found: list[Verdict] = []
    for document in documents:
        label = by_path.get(document.path.absolute())
        if label is None:
            continue
        for wanted in document.template.fields:
            own = [value for value in document.values if value.subject.field == wanted.name]
            if wanted.name not in label.fields or not own or any(value.verdict for value in own):
                continue
            right = label.fields[wanted.name]
            if isinstance(right, tuple):
                found += _items_from_label(document, wanted, right)
            elif own[0].subject.item == 0:
                found.append(_from_label(document, own[0], right))
    return found


def _items_from_label(
    document: ReviewedDocument, wanted: Field, label: tuple[str, ...] | tuple[Row, ...]
) -> list[Verdict]:
    """Entries that make a list or a table say what is right."""
    table = wanted.type is FieldType.TABLE
    there = cells_of(document, wanted.name)
    right: list[Row] = [{"": item} if isinstance(item, str) else dict(item) for item in label]
    if not there and not right:
        return [document.verdict(VerdictKind.ACCEPTED, Subject(wanted.name))]
    numbers = list(there)
    shown: list[Row] = [{name: cell.current.value for name, cell in there[number].items()} for number in numbers]
    pairs = aligned(shown, right, _alike)
    found: list[Verdict] = []
    for place, other in pairs:
        for name, cell in there[numbers[place]].items():
            if name in right[other]:
                found.append(_from_label(document, cell, right[other][name]))
    taken = {place for place, _ in pairs}
    for place, number in enumerate(numbers):
        if place not in taken:
            found.append(document.verdict(VerdictKind.REMOVED, Subject(wanted.name, number)))
    number = fresh_number(document, wanted.name)
    matched = {other for _, other in pairs}
    columns = {column.name for column in wanted.columns} if table else {""}
    for other, row in enumerate(right):
        if other not in matched:
            for name, text in row.items():
                if text is not None and name in columns:
                    given = Given(text, text, typed=True)
                    found.append(document.verdict(VerdictKind.CORRECTED, Subject(wanted.name, number, name), given))
            number += 1
    return found


def _alike(shown: Row, right: Row) -> float:
    """The share of cells that say the same; a little for being there at all, so that rows pair in their order."""
    known = [name for name in right if name in shown]
    if not known:
        return 0.0
    return 0.001 + sum(shown[name] == right[name] for name in known) / len(known)


def _from_label(document: ReviewedDocument, value: ReviewedValue, label: str | None) -> Verdict:
    subject: Subject = value.subject
    if label == value.current.value:
        return document.verdict(VerdictKind.ACCEPTED, subject)
    if label is None:
        return document.verdict(VerdictKind.ABSENT, subject)
    other = next((each for each in value.current.candidates if each.value == label), None)
    if other is not None:
        return document.verdict(VerdictKind.CORRECTED, subject, Given(label, other.text, other.span, other.boxes))
    return document.verdict(VerdictKind.CORRECTED, subject, Given(label, label, typed=True))
