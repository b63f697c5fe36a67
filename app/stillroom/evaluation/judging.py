"""Holds the result of one document against its labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stillroom.evaluation.calibration import Answer
from stillroom.evaluation.grounding import DocumentText, is_verbatim
from stillroom.evaluation.labels import Label, LabelledDocument, Row
from stillroom.evaluation.matching import aligned, f1, likeness, likeness_of_rows, same_value
from stillroom.extraction.result import DocumentResult, DocumentStatus, FieldResult, FieldState, FieldValue
from stillroom.templates.template import Field, FieldType, Template

# An aligned pair that is the same outweighs any that is only alike.
_SAME = 2.0


class Outcome(StrEnum):
    """What became of a value.

    ``right``; ``wrong``: another value than the label, or one where the label has none, that stands in the document
    (or is an option, or generated text); ``invented``: the same, but it does not stand in the document; ``missed``: no value where
    the label has one, or a document that could not be read; ``correctly absent``: neither has one.
    """

    RIGHT = "right"
    WRONG = "wrong"
    INVENTED = "invented"
    MISSED = "missed"
    CORRECTLY_ABSENT = "correctly absent"


@dataclass(frozen=True, slots=True)
class FieldJudgement:
    """One field of one document.

    Attributes:
        outcomes: how many values had which outcome; one value for a field that is no list or table, else the items
            (the cells of a table).
        score: exact match: 0 or 1; for lists and tables the F1 of their aligned items or cells.
        anls: likeness to the label, 0 to 1 (ANLS*).
        verbatim: values given that must stand in the document.
        not_in_document: those of them that do not; None where the document's text is not at hand.
        answers: confidences and whether they were deserved.
        placed: labels whose place in the document can be found; rightly_placed: those with the right value at that place.
    """

    outcomes: Counter[Outcome]
    score: float
    anls: float
    verbatim: int
    not_in_document: int | None
    answers: tuple[Answer, ...]
    placed: int = 0
    rightly_placed: int = 0


@dataclass(frozen=True, slots=True)
class DocumentJudgement:
    """One document.

    Attributes:
        file: as the labels name it.
        error: why it failed; empty where it did not.
        fields: by name, those that are labelled.
        seconds: reading and extraction.
        prompt_tokens: that the model evaluated for it; None where it was not counted.
    """

    file: str
    error: str
    fields: dict[str, FieldJudgement]
    seconds: float
    prompt_tokens: int | None = None


@dataclass(slots=True)
class _Tally:
    """What the values of one field add up to."""

    field: Field
    text: DocumentText | None
    outcomes: Counter[Outcome]
    verbatim: int = 0
    missing: int = 0
    placed: int = 0
    rightly_placed: int = 0

    def look(self, label: str, kind: FieldType, given: Sequence[tuple[FieldValue, bool]]) -> None:
        """Whether a right value that was given stands where the label's own words do."""
        self.look_at(self.field, label, kind, given)

    def look_at(self, field: Field, label: str, kind: FieldType, given: Sequence[tuple[FieldValue, bool]]) -> None:
        """The same of a table's column."""
        place = self.text.place(label, field, kind) if self.text is not None and is_verbatim(kind) else None
        if place is None or self.text is None:
            return
        self.placed += 1
        spans = [value.span for value, right in given if right and value.span is not None]
        self.rightly_placed += any(self.text.same_place(place, span) for span in spans)

    def give(self, value: FieldValue, kind: FieldType, *, right: bool) -> None:
        """A value that was given."""
        stands = True
        if is_verbatim(kind):
            self.verbatim += 1
            stands = self.text is None or self.text.holds(value, self.field, kind)
            self.missing += not stands
        self.outcomes[Outcome.RIGHT if right else Outcome.WRONG if stands else Outcome.INVENTED] += 1

    def judgement(self, score: float, anls: float, answers: Sequence[Answer]) -> FieldJudgement:
        not_in_document = None if self.text is None else self.missing
        return FieldJudgement(
            self.outcomes, score, anls, self.verbatim, not_in_document, tuple(answers), self.placed, self.rightly_placed
        )


def judge(
    labelled: LabelledDocument,
    result: DocumentResult,
    text: DocumentText | None,
    template: Template,
    *,
    prompt_tokens: int | None = None,
) -> DocumentJudgement:
    """Every labelled field of the template. ``text``: of the document; None where it cannot be read (nothing counts as invented then)."""
    failed = result.status is DocumentStatus.FAILED
    fields = {}
    for field in template.fields:
        if field.name not in labelled.fields:
            continue
        label = labelled.fields[field.name]
        tally = _Tally(field, text, Counter())
        given = result.fields.get(field.name)
        if failed or given is None:
            fields[field.name] = _unread(tally, label)
        elif field.type is FieldType.TABLE:
            fields[field.name] = _judge_table(tally, given, label)
        elif field.type is FieldType.LIST:
            fields[field.name] = _judge_list(tally, given, label)
        else:
            fields[field.name] = _judge_value(tally, given, label)
    return DocumentJudgement(labelled.file, result.error if failed else "", fields, result.seconds, prompt_tokens)


def _unread(tally: _Tally, label: Label) -> FieldJudgement:
    wanted = 1
    if isinstance(label, tuple):
        wanted = sum(len(_cells(item)) if isinstance(item, dict) else 1 for item in label)
    tally.outcomes[Outcome.MISSED] = max(1, wanted)
    return tally.judgement(0.0, 0.0, ())


def _judge_value(tally: _Tally, given: FieldResult, label: Label) -> FieldJudgement:
    value = given if isinstance(given, FieldValue) else None
    wanted = label if isinstance(label, str) else None
    kind = tally.field.type
    right = (
        value is not None and bool(value.value) and wanted is not None and same_value(kind, value.value or "", wanted)
    )
    if wanted is not None:
        tally.look(wanted, kind, [(value, right)] if value else [])
    if value is None or value.value is None:
        read = value is not None and value.state is not FieldState.UNREAD
        right = wanted is None and read
        tally.outcomes[Outcome.CORRECTLY_ABSENT if right else Outcome.MISSED] += 1
        answers = [Answer(value.confidence, right)] if value and value.state is FieldState.ABSENT else []
        return tally.judgement(float(right), float(right), answers)
    tally.give(value, kind, right=right)
    alike = 1.0 if right else likeness(value.value, wanted) if wanted is not None else 0.0
    return tally.judgement(float(right), alike, [] if kind.generated else [Answer(value.confidence, right)])


def _judge_list(tally: _Tally, given: FieldResult, label: Label) -> FieldJudgement:
    kind = tally.field.of or FieldType.TEXT
    values = [item for item in given if isinstance(item, FieldValue) and item.value] if isinstance(given, tuple) else []
    wanted = [item for item in _items(label) if isinstance(item, str)]
    texts = [value.value or "" for value in values]

    def alike(value: str, item: str) -> float:
        return _SAME if same_value(kind, value, item) else likeness(value, item)

    pairs = aligned(texts, wanted, alike)
    right = {row for row, column in pairs if same_value(kind, texts[row], wanted[column])}
    for item in wanted:
        tally.look(item, kind, [(value, same_value(kind, value.value or "", item)) for value in values])
    for number, value in enumerate(values):
        tally.give(value, kind, right=number in right)
    if not values and not wanted:
        tally.outcomes[Outcome.CORRECTLY_ABSENT] += 1
    elif len(wanted) > len(right):
        tally.outcomes[Outcome.MISSED] += len(wanted) - len(right)
    answers = [Answer(value.confidence, number in right) for number, value in enumerate(values)]
    likenesses = sum(1.0 if row in right else likeness(texts[row], wanted[column]) for row, column in pairs)
    most = max(len(texts), len(wanted))
    return tally.judgement(f1(len(right), len(values), len(wanted)), likenesses / most if most else 1.0, answers)


def _judge_table(tally: _Tally, given: FieldResult, label: Label) -> FieldJudgement:
    rows = [row for row in given if isinstance(row, dict)] if isinstance(given, tuple) else []
    wanted = [item for item in _items(label) if isinstance(item, dict)]
    kinds = {column.name: column.type for column in tally.field.columns}
    texts = [{name: cell.value for name, cell in row.items() if cell.value} for row in rows]

    def same(name: str, row: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
        value, item = row.get(name), other.get(name)
        return bool(value and item and same_value(kinds.get(name, FieldType.TEXT), value, item))

    def alike(row: Mapping[str, str | None], other: Mapping[str, str | None]) -> float:
        names = _cells(row).keys() | _cells(other).keys()
        return sum(same(name, row, other) for name in names) / len(names) if names else 0.0

    partner = dict(aligned(texts, [_cells(row) for row in wanted], alike))
    _look_at_cells(tally, rows, wanted, partner)
    right = 0
    answers = []
    for number, row in enumerate(rows):
        other = wanted[partner[number]] if number in partner else {}
        for name, cell in row.items():
            if not cell.value:
                continue
            is_right = same(name, texts[number], other)
            right += is_right
            tally.give(cell, kinds.get(name, FieldType.TEXT), right=is_right)
            answers.append(Answer(cell.confidence, is_right))
    cells_given, cells_wanted = sum(map(len, texts)), sum(len(_cells(row)) for row in wanted)
    if not cells_given and not cells_wanted:
        tally.outcomes[Outcome.CORRECTLY_ABSENT] += 1
    elif cells_wanted > right:
        tally.outcomes[Outcome.MISSED] += cells_wanted - right
    anls = likeness_of_rows(texts, [_cells(row) for row in wanted]) if texts or wanted else 1.0
    return tally.judgement(f1(right, cells_given, cells_wanted), anls, answers)


def _look_at_cells(
    tally: _Tally, rows: Sequence[Mapping[str, FieldValue]], wanted: Sequence[Row], partner: Mapping[int, int]
) -> None:
    """Whether right cells stand where the labels' words do."""
    row_of = {label: row for row, label in partner.items()}
    for number, label in enumerate(wanted):
        row = rows[row_of[number]] if number in row_of else {}
        for column in tally.field.columns:
            item = label.get(column.name)
            if item:
                cell = row.get(column.name)
                right = cell is not None and bool(cell.value) and same_value(column.type, cell.value or "", item)
                tally.look_at(column, item, column.type, [(cell, right)] if cell is not None else [])


def _items(label: Label) -> Sequence[str | Row]:
    """A list's label; one value without brackets is a list of one."""
    return (label,) if isinstance(label, str) else label or ()


def _cells(row: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in row.items() if value}
