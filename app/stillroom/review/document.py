"""A document under review: what was proposed, what was said of it, what holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from stillroom.documents.document import Span
from stillroom.extraction.result import (
    NOT_IN_DOCUMENT,
    DocumentResult,
    DocumentStatus,
    FieldResult,
    FieldState,
    FieldValue,
)
from stillroom.privacy.policy import current
from stillroom.review.verdict import (
    ADDED,
    DOCUMENT,
    Given,
    Subject,
    Verdict,
    VerdictKind,
    as_value,
    correctors,
    last_by_subject,
    last_undoable,
    live,
    new_key,
    now,
    this_person,
)
from stillroom.templates.template import Field, FieldType, Template

UNSURE_BELOW = 0.6
"""Where nothing was promised, a value with less confidence is to be looked at."""
_AMBIGUOUS = 0.15  # a second reading of the same place with this confidence leaves open which one is meant


@dataclass(frozen=True, slots=True)
class ReviewedValue:
    """One value.

    Attributes:
        subject: where it belongs. field: of the template; in a table the column.
        proposal: of the model; None where a person added the item or row.
        verdict: the last one that holds; None where nobody looked.
        current: what holds now, with the checks it fails.
        moved: the proposal is another than the one that the verdict was given on.
    """

    subject: Subject
    field: Field
    proposal: FieldValue | None
    verdict: Verdict | None
    current: FieldValue
    moved: bool = False

    @property
    def typed(self) -> bool:
        """Whether a person wrote it and it stands nowhere on the page."""
        return self.verdict is not None and self.verdict.after.typed

    @property
    def failed(self) -> tuple[str, ...]:
        """The checks that do not hold, a sentence each."""
        return self.current.failed_checks

    @property
    def ambiguous(self) -> bool:
        """Whether the same place can be read in another way that is not unlikely, and nobody said which is meant."""
        value = self.current
        return (
            self.verdict is None
            and value.span is not None
            and any(
                other.span == value.span and other.value != value.value and other.confidence >= _AMBIGUOUS
                for other in value.candidates
            )
        )

    @property
    def missing(self) -> bool:
        """Whether the template requires it and there is none."""
        return self.field.required and self.current.value is None and not self.subject.column

    @property
    def never_unseen(self) -> bool:
        """Whether a person has to look at it, however sure the model is."""
        state = self.current.state
        return bool(
            self.failed
            or self.ambiguous
            or self.missing
            or state in (FieldState.UNREAD, FieldState.INVALID)
            or NOT_IN_DOCUMENT in self.current.failed_checks
        )


@dataclass(eq=False)
class ReviewedDocument:
    """One row of a table, with the verdicts on it.

    Attributes:
        run, position: where the result comes from. path: of the file; of an attachment ``message.eml › name``.
        entries: the log, the oldest first; what is not on disk yet is in ``unsaved``.
        values: in the template's order; lists and tables item by item.
        approval, rejection: the verdict on the document that holds, if one does.
        lapsed: it was approved, and its values were changed after that.
        duplicate_of: another document that it looks like a copy of; None where nobody has to be asked.
        duplicate_in: title of the table that this one is in, where it is another one.
    """

    run: int
    position: int
    path: Path
    template: Template
    result: DocumentResult
    entries: list[Verdict] = field(default_factory=list)
    values: list[ReviewedValue] = field(default_factory=list)
    approval: Verdict | None = None
    rejection: Verdict | None = None
    lapsed: bool = False
    duplicate_of: ReviewedDocument | None = None
    duplicate_in: str = ""
    unsaved: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.refresh()

    @property
    def failed(self) -> bool:
        return self.result.status is DocumentStatus.FAILED

    def value(self, subject: Subject) -> ReviewedValue:
        """The value at a place. Raises KeyError."""
        for each in self.values:
            if each.subject == subject:
                return each
        raise KeyError(subject)

    def add(self, *entries: Verdict) -> None:
        """Further entries of the log; one that is there already is not added again."""
        known = {entry.key for entry in self.entries}
        for entry in entries:
            if entry.key not in known:
                known.add(entry.key)
                self.entries.append(entry)
        self.refresh()

    def refresh(self) -> None:
        """Derive everything from the result and the log."""
        verdicts = _placed(self.template, self.result, last_by_subject(self._fitting()))
        self.values = _values(self.template, self.result, verdicts)
        self.approval = self.rejection = None
        self.lapsed = False
        digest = self.digest()
        changed_by = correctors(self.entries)
        for entry in live(self.entries):
            if entry.kind is VerdictKind.APPROVED and current().no_approval(entry.person, changed_by):
                self.lapsed = True  # given before the office said who may
            elif entry.kind is VerdictKind.APPROVED:
                self.lapsed = False
                self.approval, self.rejection = entry, None
            elif entry.kind is VerdictKind.REJECTED:
                self.approval, self.rejection = None, entry
        if self.approval is not None and self.approval.after.digest != digest:
            self.approval, self.lapsed = None, True

    def _fitting(self) -> list[Verdict]:
        """The entries on fields that the template still has."""
        names = {each.name for each in self.template.fields}
        return [entry for entry in self.entries if not entry.subject.field or entry.subject.field in names]

    def effective(self) -> DocumentResult:
        """The result as it holds after the verdicts."""
        return replace(self.result, fields=_fields(self.template, self.result, self.values))

    def digest(self) -> str:
        """Of all values: an approval is for these and no others."""
        plain = [[*_place(value.subject), value.current.value] for value in self.values]
        return hashlib.sha256(json.dumps(plain, ensure_ascii=True).encode()).hexdigest()[:32]

    def decided(self, value: ReviewedValue) -> bool:
        """Whether a person answers for it: a verdict on it, or on the document, that still holds."""
        return self.approval is not None or (value.verdict is not None and not value.moved)

    def latest(self) -> Verdict | None:
        """What an undo would take back."""
        return last_undoable(self.entries)

    # ---- new entries; they count once they are added

    def verdict(self, kind: VerdictKind, subject: Subject = DOCUMENT, after: Given | None = None) -> Verdict:
        """An entry on a value. ``after``: of a correction or another reading what is right."""
        proposal, shown = Given(), Given()
        if subject != DOCUMENT:
            value = next((each for each in self.values if each.subject == subject), None)
            if value is None:  # a row that is removed as a whole; none where one is added
                value = next((each for each in self.values if _in_row(each, subject)), None)
            if value is not None:
                proposal, shown = Given.of(value.proposal), self._shown(value)
        if after is None:
            after = shown if kind is VerdictKind.ACCEPTED else Given()
        return self._entry(kind, subject, proposal, shown, after)

    def document_verdict(self, kind: VerdictKind, reason: str = "") -> Verdict:
        """An entry on the document as a whole."""
        after = Given(digest=self.digest())
        return replace(self._entry(kind, DOCUMENT, Given(), Given(), after), reason=reason)

    def undo(self) -> list[Verdict]:
        """The entries that take the last one back, and all that was said with it; none where there is nothing to take back."""
        last = self.latest()
        if last is None:
            return []
        together = [each for each in live(self.entries) if each.group == last.group] if last.group else [last]
        return [self.taken_back(each) for each in reversed(together)]

    def taken_back(self, earlier: Verdict) -> Verdict:
        """The entry that takes an earlier one back."""
        entry = self._entry(VerdictKind.UNDONE, earlier.subject, earlier.proposed, earlier.after, earlier.before)
        return replace(entry, undoes=earlier.key)

    def _shown(self, value: ReviewedValue) -> Given:
        given = Given.of(value.current)
        return replace(given, typed=value.typed)

    def _entry(self, kind: VerdictKind, subject: Subject, proposed: Given, before: Given, after: Given) -> Verdict:
        return Verdict(
            key=new_key(),
            moment=now(),
            person=this_person(),
            kind=kind,
            file_sha256=self.result.sha256,
            template_name=self.template.name,
            subject=subject,
            proposed=proposed,
            before=before,
            after=after,
            template_sha256=self.template.sha256,
            model_sha256=self.result.model_sha256,
        )


def _in_row(value: ReviewedValue, subject: Subject) -> bool:
    """Whether it shows where on the page a row stands."""
    same = (value.subject.field, value.subject.item) == (subject.field, subject.item)
    return same and value.proposal is not None and value.proposal.span is not None


def _place(subject: Subject) -> tuple[str, int, str]:
    return subject.field, subject.item, subject.column


def _items(result: FieldResult | None) -> list[dict[str, FieldValue]]:
    """The items of a list or the rows of a table, by column (a list has the empty one)."""
    if result is None or isinstance(result, FieldValue):
        return []
    return [{"": item} if isinstance(item, FieldValue) else dict(item) for item in result]


def _several(kind: FieldType) -> bool:
    return kind in (FieldType.LIST, FieldType.TABLE)


def _placed(template: Template, result: DocumentResult, verdicts: dict[Subject, Verdict]) -> dict[Subject, Verdict]:
    """The verdicts at the places they belong to in this result.

    Of a list or table that was extracted again, the items may have been numbered anew: a verdict goes with the place on the page
    that it was given on. One whose place is no item any more stays at its number if that is free, else it comes at the end.
    Where several came to one place, the last one given is the last here.
    """
    placed = {subject: each for subject, each in verdicts.items() if subject.item == 0}
    for wanted in template.fields:
        if not _several(wanted.type):
            continue
        items = _items(result.fields.get(wanted.name))
        groups: dict[int, dict[str, Verdict]] = {}
        for subject, each in verdicts.items():
            if subject.field == wanted.name and subject.item:
                groups.setdefault(subject.item, {})[subject.column] = each
        homes = {number: _home(number, group, items) for number, group in groups.items()}
        taken = {home for home in homes.values() if home}
        for number, home in homes.items():
            if not home:
                stays = number > ADDED or (number <= len(items) and number not in taken)
                homes[number] = number if stays else ADDED + number
        for subject, each in verdicts.items():  # in the order they were given: two may have come to one place
            if subject.field == wanted.name and subject.item:
                placed[Subject(wanted.name, homes[subject.item], subject.column)] = each
    return placed


def _home(number: int, group: dict[str, Verdict], items: Sequence[dict[str, FieldValue]]) -> int:
    """The item, from 1, whose proposal stands where the verdicts' did; 0 where none does. The own number is tried first."""

    def fits(index: int) -> bool:
        own = items[index - 1]
        return any(
            each.proposed.span is not None
            and any(
                value.span == each.proposed.span
                for name, value in own.items()
                if name == column or each.kind is VerdictKind.REMOVED
            )
            for column, each in group.items()
        )

    order = [number, *(index for index in range(1, len(items) + 1) if index != number)]
    return next((index for index in order if index <= len(items) and fits(index)), 0)


def _values(template: Template, result: DocumentResult, verdicts: dict[Subject, Verdict]) -> list[ReviewedValue]:
    if result.status is DocumentStatus.FAILED:
        return []
    found: list[ReviewedValue] = []
    for wanted in template.fields:
        proposal = result.fields.get(wanted.name)
        if _several(wanted.type):
            found.extend(_of_several(wanted, proposal, result, verdicts))
        elif isinstance(proposal, FieldValue):
            subject = Subject(wanted.name)
            found.append(_reviewed(subject, wanted, proposal, verdicts.get(subject)))
    return _checked(template, result, found, bool(verdicts))


def _of_several(
    wanted: Field, proposal: FieldResult | None, result: DocumentResult, verdicts: dict[Subject, Verdict]
) -> list[ReviewedValue]:
    items = _items(proposal)
    removed = {
        subject.item
        for subject, each in verdicts.items()
        if subject.field == wanted.name and each.kind is VerdictKind.REMOVED
    }
    added = {subject.item for subject in verdicts if subject.field == wanted.name and subject.item > len(items)}
    columns = {column.name: column for column in wanted.columns} if wanted.type is FieldType.TABLE else {"": wanted}
    found: list[ReviewedValue] = []
    for number in _by_place(items, wanted.name, added, verdicts):
        if number in removed:
            continue
        own = items[number - 1] if number <= len(items) else {}
        for name, column in columns.items():
            subject = Subject(wanted.name, number, name)
            found.append(_reviewed(subject, column, own.get(name), verdicts.get(subject)))
    if not found:
        state = FieldState.ABSENT if result.coverage.complete else FieldState.UNREAD
        nothing = FieldValue(None, "", state, 0.0)
        subject = Subject(wanted.name)
        found.append(_reviewed(subject, wanted, nothing, verdicts.get(subject)))
    return found


def _by_place(
    items: Sequence[dict[str, FieldValue]], name: str, added: set[int], verdicts: dict[Subject, Verdict]
) -> list[int]:
    """The numbers of all items: one that a person marked on the page stands where it stands there, others at the end."""
    order = list(range(1, len(items) + 1))
    starts = {number: _start(value.span for value in items[number - 1].values()) for number in order}
    marked: dict[int, list[Span | None]] = {}
    for subject, each in verdicts.items():
        if subject.field == name and subject.item in added:
            marked.setdefault(subject.item, []).append(each.after.span)
    for number in sorted(added):
        starts[number] = start = _start(marked.get(number, ()))
        before = [place for place, other in enumerate(order) if (own := starts[other]) and start and own < start]
        after = [place for place, other in enumerate(order) if (own := starts[other]) and start and own > start]
        # Between two that stand in order on the page; else there is no place that is plainly its own.
        fits = start is not None and after and (not before or max(before) < min(after))
        order.insert(min(after) if fits else len(order), number)
    return order


def _start(spans: Iterable[Span | None]) -> Span | None:
    return min((span for span in spans if span is not None), default=None)


def _reviewed(subject: Subject, wanted: Field, proposal: FieldValue | None, verdict: Verdict | None) -> ReviewedValue:
    if verdict is None or verdict.kind is VerdictKind.REMOVED:
        return ReviewedValue(subject, wanted, proposal, None, proposal or FieldValue(None, "", FieldState.ABSENT, 0.0))
    fresh = Given.of(proposal)
    moved = proposal is not None and not verdict.proposed.same_proposal(fresh) and fresh.value != verdict.after.value
    return ReviewedValue(subject, wanted, proposal, verdict, as_value(verdict, proposal), moved)


def _checked(
    template: Template, result: DocumentResult, values: list[ReviewedValue], said: bool
) -> list[ReviewedValue]:
    """The values with the template's rules looked at anew where something was said: a correction, a row that is removed mends or
    breaks them."""
    if not template.rules or not said:
        return values
    from stillroom.extraction.rules import apply_rules, sentences_of, without_sentences

    sentences = sentences_of(template)
    bare = [replace(value, current=without_sentences(value.current, sentences)) for value in values]
    fields = apply_rules(template, _fields(template, result, bare))
    checked = []
    order = _order(bare)
    for value in bare:
        marked = _at(fields, order[value.subject.field, value.subject.item], value.subject)
        if marked is None or marked.failed_checks == value.current.failed_checks:
            checked.append(value)
        elif value.verdict is not None:  # a person said so: it keeps its state, and the rule is told all the same
            checked.append(replace(value, current=replace(value.current, failed_checks=marked.failed_checks)))
        else:
            checked.append(replace(value, current=marked))
    return checked


def _order(values: Iterable[ReviewedValue]) -> dict[tuple[str, int], int]:
    """The place of each item among those of its field, from 0, by field and number."""
    numbers: dict[str, dict[int, None]] = {}
    for value in values:
        numbers.setdefault(value.subject.field, {})[value.subject.item] = None
    return {(name, item): place for name, own in numbers.items() for place, item in enumerate(own)}


def _at(fields: dict[str, FieldResult], number: int, subject: Subject) -> FieldValue | None:
    found = fields.get(subject.field)
    if found is None or isinstance(found, FieldValue):
        return found
    if number >= len(found):
        return None
    item = found[number]
    return item if isinstance(item, FieldValue) else item.get(subject.column)


def _fields(template: Template, result: DocumentResult, values: Sequence[ReviewedValue]) -> dict[str, FieldResult]:
    """The values in the form of a result."""
    fields: dict[str, FieldResult] = {}
    for wanted in template.fields:
        own = [value for value in values if value.subject.field == wanted.name]
        if wanted.name not in result.fields and not own:
            continue
        if not _several(wanted.type):
            fields[wanted.name] = own[0].current
            continue
        there = [value for value in own if value.subject.item]
        if wanted.type is FieldType.TABLE:
            rows: dict[int, dict[str, FieldValue]] = {}
            for value in there:
                rows.setdefault(value.subject.item, {})[value.subject.column] = value.current
            fields[wanted.name] = tuple(rows.values())
        else:
            fields[wanted.name] = tuple(value.current for value in there)
    return fields
