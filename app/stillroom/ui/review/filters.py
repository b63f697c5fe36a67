"""Which documents are gone through: by what is to be checked, a rule that failed, what was said of them, a field, a sender."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from stillroom.extraction.result import NOT_IN_DOCUMENT, FieldState
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.duplicates import sender_of
from stillroom.review.queue import Doubt
from stillroom.review.verdict import VerdictKind
from stillroom.ui.extract.cell import one_line
from stillroom.ui.review import wording
from stillroom.ui.review.desk import ReviewDesk
from stillroom.ui.wording import percent_text

EVERYTHING = "everything"
TO_CHECK = "to check"
_OPEN, _APPROVED, _REJECTED, _FAILED = "open", "approved", "rejected", "failed"
_ABSENT, _CORRECTED = "absent", "corrected"
WHOLE = (EVERYTHING, _OPEN)
"""What is asked for where documents are gone through whole, not value by value."""
_RULE = "rule:"
_LESS_SURE = (0.75, 0.9, 0.97)
_RULES_SHOWN = 12


def tr(text: str) -> str:
    return QCoreApplication.translate("review", text)


def choices() -> list[tuple[str, str | float]]:
    """What documents can be asked for whatever they are: in words, and what a ``Wanted`` takes."""
    return [
        (tr("To check"), TO_CHECK),
        (tr("All documents"), EVERYTHING),
        (tr("Not approved yet"), _OPEN),
        (tr("Approved"), _APPROVED),
        (tr("Rejected"), _REJECTED),
        (tr("Could not be read"), _FAILED),
        *((wording.doubt_name(doubt), str(doubt)) for doubt in Doubt),
        (tr("Not in the document"), _ABSENT),
        (tr("Corrected by a person"), _CORRECTED),
        *((tr("Less sure than %1").replace("%1", percent_text(share)), share) for share in _LESS_SURE),
    ]


def failed_rules(documents: Iterable[ReviewedDocument]) -> list[tuple[str, str]]:
    """The checks that values of these documents fail, the most frequent first: in words, and what a ``Wanted`` takes."""
    counts = Counter(
        check for document in documents for value in document.values for check in set(value.failed) - {NOT_IN_DOCUMENT}
    )
    words = tr("Fails: %1")
    return [(words.replace("%1", one_line(check)), f"{_RULE}{check}") for check, _ in counts.most_common(_RULES_SHOWN)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What documents are asked for.

    Attributes:
        which: one of ``choices`` or ``failed_rules``. field: its name; empty for all. sender: empty for all.
    """

    which: str | float
    field: str = ""
    sender: str = ""

    def takes(self, document: ReviewedDocument, desk: ReviewDesk) -> bool:
        """Whether a document is one of them."""
        if self.sender and sender_of(document) != self.sender:
            return False
        if self.which == EVERYTHING:
            return True
        of_document = {
            _OPEN: document.approval is None and document.rejection is None,
            _APPROVED: document.approval is not None,
            _REJECTED: document.rejection is not None,
            _FAILED: document.failed,
        }.get(str(self.which))
        if of_document is not None:
            return of_document
        if self.which == TO_CHECK and not self.field:
            return bool(desk.count(document))
        if self.which == TO_CHECK or self.which in list(Doubt):
            reasons = desk.reasons(document)
            doubts = [doubt for subject, doubt in reasons.items() if not self.field or subject.field == self.field]
            return bool(doubts) if self.which == TO_CHECK else self.which in doubts
        return any(
            self._is_it(document, value, desk)
            for value in document.values
            if not self.field or value.subject.field == self.field
        )

    def _is_it(self, document: ReviewedDocument, value: ReviewedValue, desk: ReviewDesk) -> bool:
        if isinstance(self.which, float):
            return value.current.confidence < self.which and not desk.done_with(document, value)
        if self.which == _ABSENT:
            return value.current.state is FieldState.ABSENT
        if self.which == _CORRECTED:
            return value.verdict is not None and value.verdict.kind is not VerdictKind.ACCEPTED
        return self.which.removeprefix(_RULE) in value.failed
