"""What extraction gives for one document, and its form as one line of JSON (stable: scripts rely on it)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from stillroom.codec import from_plain
from stillroom.documents.document import Box, Span

# Zeros in front are part of a code, which is none.
_NUMBER = re.compile(r"(?P<whole>-?(?:0|[1-9]\d*))(?P<rest>\.\d+)?")

NOT_IN_DOCUMENT = "The remote model gave this value, and it was not found in the document."
"""The check that fails for a value which is no piece of the document: only a remote model can give one."""


class FieldState(StrEnum):
    """What is known of a field.

    ``found``: a span of the document (or an option); ``absent``: the document was read and does not say; ``unread``:
    some of the document was not read and the value was not in the rest; ``invalid``: found, but a check failed;
    ``generated``: free text written by the model; ``stated``: stated by the file itself beside its pages (e-invoice data).
    """

    FOUND = "found"
    ABSENT = "absent"
    UNREAD = "unread"
    INVALID = "invalid"
    GENERATED = "generated"
    STATED = "stated"


class DocumentStatus(StrEnum):
    """``done``: read and extracted as a whole; ``partial``: some pages or characters were not read; ``failed``: an error."""

    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"


def one_number(value: str) -> str:
    """A number in one form: 12.5 and 12.50 are one value; anything else as it is, but for capitals and spaces."""
    number = _NUMBER.fullmatch(value)
    if number is None:
        return " ".join(value.casefold().split())
    return number["whole"] + (number["rest"] or "").rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """Another candidate the reviewer may pick: its text and place, the value it would give, and its confidence, 0 to 1."""

    text: str
    value: str
    confidence: float
    span: Span | None = None
    boxes: tuple[Box, ...] = ()


DOUBTED_FROM = 0.25
"""Confidence of a rejected value from which on that there is none needs a look."""


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One value.

    Attributes:
        value: canonical form (ISO date, plain decimal, option, else the text with white space made single); None
            where there is none.
        text: the characters of the document, as they stand there.
        state: see FieldState.
        confidence: probability that the value is right, 0 to 1; for ``absent``, that the field is not in the document.
        span, boxes: the place in the document; None and empty where there is none (absent, generated, an option
            without evidence).
        candidates: runners-up, best first.
        failed_checks: a sentence for each validation that failed.
        parts: of a table's cell whose text goes on in the next line, beside other cells: the span of each of its lines. ``span``
            is the first of them, and ``text`` has a line for each. Empty for any other value.
    """

    value: str | None
    text: str
    state: FieldState
    confidence: float
    span: Span | None = None
    boxes: tuple[Box, ...] = ()
    candidates: tuple[RunnerUp, ...] = ()
    failed_checks: tuple[str, ...] = ()
    parts: tuple[Span, ...] = ()

    @property
    def doubted(self) -> bool:
        """Whether there is said to be no value though one that was rejected may well be right."""
        least = max((runner.confidence for runner in self.candidates), default=0.0)
        return self.state is FieldState.ABSENT and least >= DOUBTED_FROM


# A list field has a tuple of values; a table a tuple of rows, each a value by column name.
FieldResult = FieldValue | tuple[FieldValue, ...] | tuple[dict[str, FieldValue], ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a document was read: pages of pages, characters of characters."""

    pages_read: int
    pages: int
    chars_read: int
    chars: int

    @property
    def complete(self) -> bool:
        return self.pages_read == self.pages and self.chars_read == self.chars


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """One document's row.

    Attributes:
        file: path as the user gave it.
        sha256: of the file; empty where it could not be read at all.
        error: one sentence where the status is failed; else empty. lasting: the same file would fail again.
        notes: sentences for the reviewer (what was not read and why).
        fields: in the template's order; empty for a failed document.
        seconds: reading and extraction together.
    """

    file: str
    status: DocumentStatus
    coverage: Coverage
    fields: dict[str, FieldResult]
    template_name: str
    template_version: int
    model_name: str = ""
    model_sha256: str = ""
    sha256: str = ""
    error: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    lasting: bool = False


def other_values(
    candidates: Iterable[RunnerUp],
    *chosen: str | None,
    spelling: Callable[[str], str] = one_number,
    most: int | None = None,
) -> tuple[RunnerUp, ...]:
    """The candidates that are other values than those chosen, each value once: the first way it is written.

    ``spelling``: reduces a value to what tells it from others. ``most``: after so many no further ones are looked at.
    """
    known = {spelling(value) for value in chosen if value is not None}
    found: list[RunnerUp] = []
    for each in candidates:
        own = spelling(each.value or each.text)
        if own not in known:
            known.add(own)
            found.append(each)
        if len(found) == most:
            break
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Step:
    """How far the extraction of one document is.

    Attributes:
        field: the heading of the field whose values are looked for or written; empty while a model reads for all of them.
        number, of: the field among the template's, from 1; with ``is_passage`` the passage that a model reads.
    """

    field: str
    number: int
    of: int
    is_passage: bool = False


OnStep = Callable[[Step], None]
"""What is told each step before it is begun."""


def unheard(_: Step) -> None:
    """The callback of one who does not listen."""


@dataclass(slots=True)
class Progress:
    """How far a run is.

    Attributes:
        done, total: documents.
        file: being worked on.
        seconds_left: None while it cannot be told.
        page, pages: of that file, while it is read and has several; 0 otherwise.
        step: of its extraction, where that takes long.
    """

    done: int = 0
    total: int = 0
    file: str = ""
    seconds_left: float | None = None
    failed: int = field(default=0)
    page: int = 0
    pages: int = 0
    step: Step | None = None

    @property
    def part(self) -> float:
        """About how much of that file is done, from 0 to 1: half of the way is to read it, a quarter to look for what may be its values."""
        if self.step is not None:
            begun = (self.step.number - 1) / max(1, self.step.of)
            return (0.75 if self.step.is_passage else 0.5) + begun / 4
        return self.page / self.pages / 2 if self.pages else 0.0


def value_to_json(value: FieldValue) -> dict[str, Any]:
    data: dict[str, Any] = {
        "value": value.value,
        "text": value.text,
        "state": str(value.state),
        "confidence": round(value.confidence, 4),
        "page": value.span.page if value.span else None,
        "span": [value.span.start, value.span.end] if value.span else None,
        "boxes": [[round(side, 2) for side in box] for box in value.boxes],
        "candidates": [_runner_up_to_json(candidate) for candidate in value.candidates],
    }
    if value.failed_checks:
        data["failed_checks"] = list(value.failed_checks)
    if value.parts:
        data["parts"] = [[part.start, part.end] for part in value.parts]
    return data


class _KeptPlace(msgspec.Struct):
    """What is kept of where something stands."""

    page: int | None
    span: tuple[int, int] | None
    boxes: tuple[Box, ...]

    def at(self) -> Span | None:
        return None if self.span is None or self.page is None else Span(self.page, *self.span)


class _KeptRunnerUp(_KeptPlace):
    """What is kept of a runner-up."""

    text: str
    value: str
    confidence: float

    def runner_up(self) -> RunnerUp:
        return RunnerUp(self.text, self.value, self.confidence, self.at(), self.boxes)


class _KeptValue(_KeptPlace):
    """What is kept of a value."""

    value: str | None
    text: str
    state: FieldState
    confidence: float
    candidates: tuple[_KeptRunnerUp, ...]
    failed_checks: tuple[str, ...] = ()
    parts: tuple[tuple[int, int], ...] = ()

    def field_value(self) -> FieldValue:
        page = self.page or 0
        return FieldValue(
            value=self.value,
            text=self.text,
            state=self.state,
            confidence=self.confidence,
            span=self.at(),
            boxes=self.boxes,
            candidates=tuple(each.runner_up() for each in self.candidates),
            failed_checks=self.failed_checks,
            parts=tuple(Span(page, start, end) for start, end in self.parts),
        )


class _KeptModel(msgspec.Struct):
    """What is kept of the model that was asked."""

    name: str
    sha256: str


class _KeptTemplate(msgspec.Struct):
    """What is kept of a template."""

    name: str
    version: int


class _KeptResult(msgspec.Struct):
    """What is kept of a row. ``fields``: of a list or table they are lists, which are told apart by what is in them."""

    file: str
    status: DocumentStatus
    error: str | None
    coverage: Coverage
    fields: dict[str, Any]
    model: _KeptModel
    template: _KeptTemplate
    seconds: float
    file_sha256: str
    notes: tuple[str, ...] = ()
    lasting: bool = False


def value_from_json(data: Any) -> FieldValue:
    """The inverse of value_to_json. Raises ValueError on other data."""
    return from_plain(_KeptValue, data).field_value()


def result_to_json(result: DocumentResult) -> dict[str, Any]:
    """The line of section 9 of the design; ``notes``, ``failed_checks`` and ``file_sha256`` are there where they say something."""
    data: dict[str, Any] = {
        "file": result.file,
        "status": str(result.status),
        "error": result.error or None,
        "coverage": {
            "pages_read": result.coverage.pages_read,
            "pages": result.coverage.pages,
            "chars_read": result.coverage.chars_read,
            "chars": result.coverage.chars,
        },
        "fields": {name: _field_to_json(value) for name, value in result.fields.items()},
        "model": {"name": result.model_name, "sha256": result.model_sha256},
        "template": {"name": result.template_name, "version": result.template_version},
        "seconds": round(result.seconds, 3),
        "file_sha256": result.sha256,
    }
    if result.notes:
        data["notes"] = list(result.notes)
    if result.lasting:
        data["lasting"] = True
    return data


def result_from_json(data: Any) -> DocumentResult:
    """The inverse of result_to_json. Raises ValueError on other data."""
    kept = from_plain(_KeptResult, data)
    return DocumentResult(
        file=kept.file,
        status=kept.status,
        coverage=kept.coverage,
        fields={name: _field_from_json(value) for name, value in kept.fields.items()},
        template_name=kept.template.name,
        template_version=kept.template.version,
        model_name=kept.model.name,
        model_sha256=kept.model.sha256,
        sha256=kept.file_sha256,
        error=kept.error or "",
        notes=kept.notes,
        seconds=kept.seconds,
        lasting=kept.lasting,
    )


def _runner_up_to_json(candidate: RunnerUp) -> dict[str, Any]:
    return {
        "text": candidate.text,
        "confidence": round(candidate.confidence, 4),
        "value": candidate.value,
        "page": candidate.span.page if candidate.span else None,
        "span": [candidate.span.start, candidate.span.end] if candidate.span else None,
        "boxes": [[round(side, 2) for side in box] for box in candidate.boxes],
    }


def _field_to_json(result: FieldResult) -> Any:
    if isinstance(result, FieldValue):
        return value_to_json(result)
    return [
        value_to_json(item)
        if isinstance(item, FieldValue)
        else {name: value_to_json(cell) for name, cell in item.items()}
        for item in result
    ]


def _field_from_json(data: Any) -> FieldResult:
    if not isinstance(data, list):
        return value_from_json(data)
    if (
        data and isinstance(data[0], dict) and not isinstance(data[0].get("state"), str)
    ):  # a column may be called "state"
        rows = from_plain(list[dict[str, _KeptValue]], data)
        return tuple({name: cell.field_value() for name, cell in row.items()} for row in rows)
    return tuple(item.field_value() for item in from_plain(list[_KeptValue], data))
