"""Review in words."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from stillroom.documents.document import Document
from stillroom.extraction.result import FieldState
from stillroom.review.acceptance import ENOUGH, Passing
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.duplicates import differences
from stillroom.review.queue import Doubt
from stillroom.review.verdict import ADDED, Verdict, VerdictKind
from stillroom.ui.extract.cell import one_line
from stillroom.ui.wording import filled, percent_text, when_text


def tr(text: str) -> str:
    return QCoreApplication.translate("review", text)


_NAMED = 5
"""So many words that are hard to read are named."""
_MOST_OF_IT = 0.5
"""Of a value's letters: where more are hard to read, no words are named."""

DOUBT_LOOK: dict[Doubt, tuple[str, str]] = {
    Doubt.FOREIGN: ("problem", "bad"),
    Doubt.CHECK: ("problem", "bad"),
    Doubt.MISSING: ("problem", "bad"),
    Doubt.UNREAD: ("unread", "warn"),
    Doubt.AMBIGUOUS: ("unsure", "warn"),
    Doubt.MOVED: ("retry", "warn"),
    Doubt.UNSURE: ("unsure", "warn"),
}
"""Icon and colour."""


def doubt_name(doubt: Doubt) -> str:
    return {
        Doubt.FOREIGN: tr("Not found in the document"),
        Doubt.CHECK: tr("A check failed"),
        Doubt.MISSING: tr("Missing, and required"),
        Doubt.UNREAD: tr("Part of the document was not read"),
        Doubt.AMBIGUOUS: tr("Can be read in two ways"),
        Doubt.MOVED: tr("Read differently since it was checked"),
        Doubt.UNSURE: tr("Please look"),
    }[doubt]


def value_name(value: ReviewedValue, document: ReviewedDocument) -> str:
    """The field's heading; of a list or table with the item's number, as they are counted by people, and the column."""
    subject = value.subject
    whole = next((each for each in document.template.fields if each.name == subject.field), value.field)
    if not subject.item:
        return whole.heading
    numbers = list(dict.fromkeys(each.subject.item for each in document.values if each.subject.field == subject.field))
    name = f"{whole.heading} {numbers.index(subject.item) + 1}"
    return f"{name} · {value.field.heading}" if subject.column else name


def value_text(value: ReviewedValue) -> str:
    """The value; in words where there is none."""
    current = value.current
    if current.value is not None:
        return one_line(current.value)
    if value.verdict is not None and value.verdict.kind is VerdictKind.UNREADABLE:
        return tr("cannot be read")
    if current.state is FieldState.UNREAD:
        return tr("not read")
    return tr("not in the document")


def verdict_text(value: ReviewedValue, document: ReviewedDocument) -> str:
    """What a person said of it; empty where nobody did."""
    verdict = value.verdict
    if verdict is None:
        return tr("approved with the document") if document.approval is not None else ""
    if verdict.key in document.unsaved:
        return tr("saving…")
    name = {
        VerdictKind.ACCEPTED: tr("accepted"),
        VerdictKind.CORRECTED: tr("corrected"),
        VerdictKind.REREAD: tr("read in another way"),
        VerdictKind.ABSENT: tr("not in the document"),
        VerdictKind.UNREADABLE: tr("cannot be read"),
    }.get(verdict.kind, "")
    if value.typed:
        name += " · " + tr("not on the page")
    if value.subject.item > ADDED and value.proposal is None:
        name += " · " + tr("added")
    return f"{name} · {verdict.person}"


def confidence_text(value: ReviewedValue) -> str:
    current = value.current
    if value.verdict is not None or current.state is FieldState.GENERATED:
        return ""
    return percent_text(current.confidence)


def hard_to_read(value: ReviewedValue, text: Document | None) -> str:
    """Which of its words hold letters that were hard to recognise; empty for none, and where a person has said what it is."""
    place = value.current.span
    if text is None or place is None or value.verdict is not None or place.page > len(text.pages):
        return ""
    words, share = text.hard_to_read(place)
    if not words:
        return ""
    if share > _MOST_OF_IT:
        return tr("Most of this value was hard to read.")
    named = ", ".join(words[:_NAMED])
    return filled(tr("Hard to read here: %1 and more") if len(words) > _NAMED else tr("Hard to read here: %1"), named)


def document_state(document: ReviewedDocument, count: int) -> tuple[str, str]:
    """What is known of a document, and its colour."""
    if document.rejection is not None:
        reason = document.rejection.reason
        text = tr("rejected by %1").replace("%1", document.rejection.person)
        return (f"{text}: {reason}" if reason else text), "bad"
    if document.approval is not None:
        moment = when_text(datetime.fromisoformat(document.approval.moment).astimezone())
        return filled(tr("approved by %1, %2"), document.approval.person, moment), "good"
    if document.failed:
        return tr("could not be read"), "bad"
    if document.duplicate_of is not None and (its := differences(document)):
        text = tr("differs in %3 from %1, which has its sender and number")
        if document.duplicate_in:
            text = tr("differs in %3 from %1 in %2, which has its sender and number")
        headings = ", ".join(each.field.heading for each in its)
        return filled(text, document.duplicate_of.path.name, document.duplicate_in, headings), "warn"
    if document.duplicate_of is not None:
        text = tr("looks like a copy of %1, in %2") if document.duplicate_in else tr("looks like a copy of %1")
        return filled(text, document.duplicate_of.path.name, document.duplicate_in), "warn"
    if document.lapsed:
        return tr("changed after it was approved"), "warn"
    if count:
        return (tr("1 to check") if count == 1 else tr("%1 to check").replace("%1", str(count))), "warn"
    return tr("nothing left to check"), "good"


def document_word(document: ReviewedDocument, count: int) -> str:
    """The same in a word or two, for a list of documents."""
    if document.rejection is not None:
        return tr("rejected")
    if document.approval is not None:
        return tr("approved")
    if document.failed:
        return tr("not read")
    if document.duplicate_of is not None:
        return tr("differs") if differences(document) else tr("a copy?")
    if document.lapsed:
        return tr("changed")
    return document_state(document, count)[0] if count else tr("done")


def share_text(share: float) -> str:
    """A promise: 0.01 is ``1 in 100``."""
    return tr("1 in %1").replace("%1", str(round(1 / share)))


def passing_sentences(passing: Passing, promised: float) -> list[str]:
    """What may pass unseen, and how far that can be relied on."""
    said = []
    if passing.share:
        text = tr("%1 of what is open may pass unseen; about %2 of it is expected to be wrong, at the worst %3.")
        text = text.replace("%1", percent_text(passing.share)).replace("%2", _small(passing.expected))
        said.append(text.replace("%3", _small(passing.worst)))
    else:
        said.append(tr("With this promise nothing passes unseen yet: every value is shown."))
    if passing.learned >= ENOUGH:
        said.append(tr("This rests on %1 verdicts under this template.").replace("%1", str(passing.learned)))
    else:
        text = tr(
            "This rests mostly on the model's own confidence, so little passes yet; from some %1 verdicts on it rests on yours."
        )
        said.append(text.replace("%1", str(ENOUGH)))
    measured = passing.measured
    if measured.looked:
        text = tr("Measured: %1 of %2 that would have passed were wrong (most likely between %3 and %4); promised: %5.")
        text = text.replace("%1", str(measured.wrong)).replace("%2", str(measured.looked))
        text = text.replace("%3", _small(measured.low)).replace("%4", _small(measured.high))
        said.append(text.replace("%5", _small(promised)))
    if passing.broken:
        said.append(tr("More were wrong than was promised, so fewer pass now."))
    return said


def _small(share: float) -> str:
    percent = 100 * share
    return tr("%1 %").replace("%1", f"{percent:.1f}" if percent < 10 else str(round(percent)))


def history_line(entry: Verdict) -> str:
    """One entry of the log."""
    moment = when_text(datetime.fromisoformat(entry.moment).astimezone())
    before, after = entry.before.value, entry.after.value
    change = f" {before or '–'} → {after or '–'}" if before != after else ""
    return f"{moment} · {entry.person} · {entry.kind}{change}"
