"""Verdict: what a person said of one value, or of a document as a whole; and what follows from a log of them."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from stillroom.codec import from_plain
from stillroom.documents.document import Box, Span
from stillroom.extraction.result import FieldState, FieldValue, other_values
from stillroom.storage.verdicts import VerdictRow

NOT_ON_PAGE = "not on the page"


class VerdictKind(StrEnum):
    """What was said.

    On a value: ``accepted`` as it stood; ``corrected`` to another; ``reread``: the same place, read in another way;
    ``absent``: the document does not say; ``unreadable``: it says, and nobody can read it; ``removed``: no item of the list, no
    row of the table. On a document: ``approved``; ``rejected``; ``kept``: no duplicate, whatever it looks like. ``undone``: an
    earlier entry is taken back.
    """

    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REREAD = "reread"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    REMOVED = "removed"
    APPROVED = "approved"
    REJECTED = "rejected"
    KEPT = "kept"
    UNDONE = "undone"

    @property
    def of_document(self) -> bool:
        return self in (VerdictKind.APPROVED, VerdictKind.REJECTED, VerdictKind.KEPT)


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a verdict is about.

    Attributes:
        field: its name; empty for the document as a whole.
        item: of a list or a row of a table, from 1; 0 for a field of one value, and for a list without items.
        column: of a table; else empty.
    """

    field: str = ""
    item: int = 0
    column: str = ""


DOCUMENT = Subject()
ADDED = 100_000
"""Items and rows that a person added have numbers above this one: those of the model may change when it runs again."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value with its place, as it was shown or as a person gave it.

    Attributes:
        value: canonical; None where there is none.
        text, span, boxes, parts: as in FieldValue.
        typed: written by a person; it stands nowhere on the page.
        state, confidence: of what was shown.
        digest: of a document, what its values were.
        passed: of what was proposed, that it would have passed unseen.
    """

    value: str | None = None
    text: str = ""
    span: Span | None = None
    boxes: tuple[Box, ...] = ()
    typed: bool = False
    state: str = ""
    confidence: float = 0.0
    digest: str = ""
    passed: bool = False
    parts: tuple[Span, ...] = ()

    @classmethod
    def of(cls, value: FieldValue | None) -> Given:
        if value is None:
            return cls()
        return cls(
            value.value, value.text, value.span, value.boxes,
            state=str(value.state), confidence=value.confidence, parts=value.parts,
        )  # fmt: skip

    def same_proposal(self, other: Given) -> bool:
        """Whether both say the same of the same place."""
        return self.value == other.value and self.span == other.span


@dataclass(frozen=True, slots=True)
class Verdict:
    """One entry of the log.

    Attributes:
        key: unique; whoever writes it twice has it once.
        moment: UTC, ISO 8601. person: as the system calls them.
        proposed: by the model. before: what was shown, where a verdict had changed that; else the same.
        after: what is right.
        undoes: key of the entry that is taken back; else empty.
        group: what was said in one stroke (a row, a column) has the same, and is taken back in one; else empty.
    """

    key: str
    moment: str
    person: str
    kind: VerdictKind
    file_sha256: str
    template_name: str
    subject: Subject = DOCUMENT
    proposed: Given = Given()
    before: Given = Given()
    after: Given = Given()
    template_sha256: str = ""
    model_sha256: str = ""
    reason: str = ""
    undoes: str = ""
    group: str = ""


def new_key() -> str:
    return uuid.uuid4().hex


def this_person() -> str:
    """The name the system knows the user by. Of the process itself where that can be had: variables are set by anybody."""
    try:
        if sys.platform == "win32":
            return os.getlogin()
        import pwd

        return pwd.getpwuid(os.geteuid()).pw_name
    except (OSError, KeyError, ImportError):  # a container without a user's entry
        return "unknown"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def live(entries: Iterable[Verdict]) -> list[Verdict]:
    """The entries that nothing took back, in order. An undo that was undone counts for nothing."""
    known = {entry.key: entry for entry in entries}
    undone: set[str] = set()
    for entry in reversed(known.values()):
        if entry.kind is VerdictKind.UNDONE and entry.key not in undone:
            undone.add(entry.undoes)
    return [entry for key, entry in known.items() if key not in undone and entry.kind is not VerdictKind.UNDONE]


def last_by_subject(entries: Iterable[Verdict]) -> dict[Subject, Verdict]:
    """What holds for each value: the last entry on it that was not taken back. In the order
    they were given; the document's own are left out."""
    found: dict[Subject, Verdict] = {}
    for entry in live(entries):
        if not entry.kind.of_document:
            found.pop(entry.subject, None)
            found[entry.subject] = entry
    return found


def correctors(entries: Iterable[Verdict]) -> frozenset[str]:
    """Who changed a value, by an entry that holds."""
    return frozenset(
        entry.person for entry in live(entries) if not entry.kind.of_document and entry.kind is not VerdictKind.ACCEPTED
    )


def was_right(verdict: Verdict) -> bool:
    """Whether what the model proposed is what a person says is right."""
    if verdict.kind is VerdictKind.REMOVED:
        return False
    after = None if verdict.kind in (VerdictKind.ABSENT, VerdictKind.UNREADABLE) else verdict.after.value
    return after == verdict.proposed.value


def last_undoable(entries: Sequence[Verdict]) -> Verdict | None:
    """What an undo would take back now."""
    remaining = live(entries)
    return remaining[-1] if remaining else None


def to_row(verdict: Verdict) -> VerdictRow:
    before: dict[str, Any] = {"proposed": _given_to_data(verdict.proposed)}
    if verdict.before != verdict.proposed:
        before["shown"] = _given_to_data(verdict.before)
    if verdict.group:
        before["group"] = verdict.group
    return VerdictRow(
        entry=verdict.key,
        moment=verdict.moment,
        person=verdict.person,
        kind=str(verdict.kind),
        file_sha256=verdict.file_sha256,
        template_name=verdict.template_name,
        template_sha256=verdict.template_sha256,
        model_sha256=verdict.model_sha256,
        field=verdict.subject.field,
        item=verdict.subject.item,
        table_column=verdict.subject.column,
        before=before,
        after=_given_to_data(verdict.after),
        reason=verdict.reason,
        undoes=verdict.undoes,
    )


def from_row(row: VerdictRow) -> Verdict:
    """The inverse of to_row. Raises KeyError, TypeError or ValueError where the row is none of ours."""
    proposed = _given_from_data(row.before["proposed"])
    return Verdict(
        key=row.entry,
        moment=row.moment,
        person=row.person,
        kind=VerdictKind(row.kind),
        file_sha256=row.file_sha256,
        template_name=row.template_name,
        subject=Subject(row.field, row.item, row.table_column),
        proposed=proposed,
        before=_given_from_data(row.before["shown"]) if "shown" in row.before else proposed,
        after=_given_from_data(row.after),
        template_sha256=row.template_sha256,
        model_sha256=row.model_sha256,
        reason=row.reason,
        undoes=row.undoes,
        group=row.before.get("group", ""),
    )


def _given_to_data(given: Given) -> dict[str, Any]:
    """Without what says nothing."""
    span = given.span
    data: dict[str, Any] = {
        "value": given.value,
        "text": given.text,
        "span": [span.page, span.start, span.end] if span else None,
        "boxes": [list(box) for box in given.boxes],
        "typed": given.typed,
        "state": given.state,
        "confidence": round(given.confidence, 4),
        "digest": given.digest,
        "passed": given.passed,
        "parts": [[part.page, part.start, part.end] for part in given.parts],
    }
    return {name: value for name, value in data.items() if value not in (None, "", [], False, 0.0)}


_Kept = tuple[int, int, int]
"""A span in the log: page, start, end."""


def _given_from_data(data: Any) -> Given:
    """Raises ValueError."""
    kept = from_plain(dict[str, Any], data)
    place, parts = kept.pop("span", None), from_plain(list[_Kept], kept.pop("parts", []))
    own = None if place is None else Span(*from_plain(list[_Kept], [place])[0])
    return replace(from_plain(Given, kept), span=own, parts=tuple(Span(*part) for part in parts))


def as_value(verdict: Verdict, proposal: FieldValue | None) -> FieldValue:
    """The value that holds under a verdict."""
    after = verdict.after
    candidates = other_values(proposal.candidates, after.value) if proposal else ()
    if verdict.kind in (VerdictKind.ABSENT, VerdictKind.UNREADABLE):
        state = FieldState.ABSENT if verdict.kind is VerdictKind.ABSENT else FieldState.UNREAD
        return FieldValue(None, "", state, 1.0, candidates=candidates)
    if after.value is None:  # what was accepted was that there is none
        return FieldValue(None, "", FieldState.ABSENT, 1.0, candidates=candidates)
    state = FieldState.FOUND
    if verdict.kind is VerdictKind.ACCEPTED and after.state in (FieldState.GENERATED, FieldState.STATED):
        state = FieldState(after.state)
    return FieldValue(after.value, after.text, state, 1.0, after.span, after.boxes, candidates, parts=after.parts)
