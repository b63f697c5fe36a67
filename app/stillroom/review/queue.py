"""The queue: what a person has to look at, worst first, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from stillroom.extraction.result import NOT_IN_DOCUMENT, FieldState
from stillroom.review.acceptance import Judged, Passing, Waiting, decide, is_sampled
from stillroom.review.document import UNSURE_BELOW, ReviewedDocument, ReviewedValue
from stillroom.review.verdict import Subject, Verdict, was_right
from stillroom.storage.verdicts import Promise


class Doubt(StrEnum):
    """Why a value is to be looked at, worst first."""

    FOREIGN = "foreign"
    CHECK = "check"
    MISSING = "missing"
    UNREAD = "unread"
    AMBIGUOUS = "ambiguous"
    MOVED = "moved"
    UNSURE = "unsure"


_ORDER = {doubt: place for place, doubt in enumerate(Doubt)}


@dataclass
class Queue:
    """Documents of one template under review, and what of them is to be looked at.

    Attributes:
        promise: what may pass unseen; None where nothing was promised.
        earlier: verdicts under the same template on other documents.
        passing: what follows from it.
    """

    documents: Sequence[ReviewedDocument]
    promise: Promise | None = None
    earlier: Sequence[Verdict] = ()
    passing: Passing = field(default_factory=lambda: decide((), (), None))
    _passes: dict[tuple[int, Subject], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.weigh()

    def weigh(self) -> None:
        """Decide anew what passes: after verdicts, or another promise."""
        waiting: list[Waiting] = []
        places: list[tuple[int, Subject]] = []
        judged = [judged_of(verdict, self.promise) for verdict in self.earlier if verdict.proposed.state]
        for document in self.documents:
            for value in document.values:
                if document.decided(value):
                    if value.verdict is not None and value.verdict.proposed.state:  # else it is a row that was added
                        judged.append(judged_of(value.verdict, self.promise))
                    elif value.verdict is None and value.proposal is not None:  # approved with its document
                        judged.append(Judged(value.subject.field, value.proposal.confidence, right=True))
                else:
                    places.append((id(document), value.subject))
                    open_ = not value.never_unseen and not value.moved
                    waiting.append(Waiting(value.subject.field, value.current.confidence, open_))
        self.passing = decide(waiting, judged, self.promise)
        self._passes = dict(zip(places, self.passing.passes, strict=True))

    def doubt(self, document: ReviewedDocument, value: ReviewedValue) -> Doubt | None:
        """Why a value is to be looked at; None where it was, or need not be."""
        if document.rejection is not None or document.decided(value):
            return None
        current = value.current
        hard = (
            (Doubt.FOREIGN, NOT_IN_DOCUMENT in current.failed_checks),
            (Doubt.MISSING, value.missing),
            (Doubt.UNREAD, current.state is FieldState.UNREAD),
            (Doubt.CHECK, bool(current.failed_checks) or current.state is FieldState.INVALID),
            (Doubt.AMBIGUOUS, value.ambiguous),
            (Doubt.MOVED, value.moved),
        )
        found = next((doubt for doubt, holds in hard if holds), None)
        if found is not None:
            return found
        if self.promise is None:
            if current.state in (FieldState.GENERATED, FieldState.ABSENT):
                return Doubt.UNSURE if current.doubted else None
            return None if current.confidence >= UNSURE_BELOW else Doubt.UNSURE
        if not self.passes(document, value.subject):
            return Doubt.UNSURE
        return Doubt.UNSURE if _sampled(document, value, self.promise) else None

    def passes(self, document: ReviewedDocument, subject: Subject) -> bool:
        """Whether a value that nobody looked at passes, of the sample or not."""
        return self._passes.get((id(document), subject), False)

    def to_check(self, document: ReviewedDocument) -> list[tuple[Doubt, ReviewedValue]]:
        """What of a document is to be looked at, worst first."""
        found = [(doubt, value) for value in document.values if (doubt := self.doubt(document, value)) is not None]
        return sorted(found, key=lambda pair: (_ORDER[pair[0]], pair[1].current.confidence))

    def count(self, document: ReviewedDocument) -> int:
        """How many things of a document are to be looked at; 1 for one that could not be read, or looks like a copy."""
        if document.rejection is not None or document.approval is not None:
            return 0
        if document.failed or document.duplicate_of is not None:
            return 1
        return len(self.to_check(document))

    def worst_first(self, documents: Iterable[ReviewedDocument]) -> list[ReviewedDocument]:
        """The documents by their worst value; those with nothing to check last, in their order."""

        def rank(document: ReviewedDocument) -> tuple[int, float]:
            found = self.to_check(document)
            if document.failed and document.rejection is None:
                return -1, 0.0
            return (_ORDER[found[0][0]], found[0][1].current.confidence) if found else (len(_ORDER), 0.0)

        return sorted(documents, key=rank)

    def ordered(self, document: ReviewedDocument) -> list[ReviewedValue]:
        """All values of a document: what is to be looked at first, worst first, then the others in the template's order."""
        first = [value for _, value in self.to_check(document)]
        known = {value.subject for value in first}
        return [*first, *(value for value in document.values if value.subject not in known)]


def _sampled(document: ReviewedDocument, value: ReviewedValue, promise: Promise) -> bool:
    subject = value.subject
    return is_sampled(document.result.sha256, (subject.field, subject.item, subject.column), promise.sampled)


def judged_of(verdict: Verdict, promise: Promise | None) -> Judged:
    """What a verdict says of the model's confidence."""
    subject = verdict.subject
    place = (subject.field, subject.item, subject.column)
    sampled = (
        promise is not None and verdict.proposed.passed and is_sampled(verdict.file_sha256, place, promise.sampled)
    )
    return Judged(subject.field, verdict.proposed.confidence, was_right(verdict), sampled)
