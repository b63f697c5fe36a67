"""What the judgements of many documents add up to, by field and over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from stillroom.evaluation.calibration import Calibration, calibration
from stillroom.evaluation.judging import DocumentJudgement, FieldJudgement, Outcome


@dataclass(frozen=True, slots=True)
class FieldMetrics:
    """One field over all documents that have a label for it.

    Attributes:
        documents: with a label (a value or null) for the field.
        score: mean exact match, 0 to 1 (*absent* counts where it is right); for lists and tables the mean aligned F1.
        anls: mean likeness to the label, 0 to 1.
        outcomes: how many values had which outcome.
        verbatim, not_in_document: values given that must stand in the document, and those that do not. Documents whose
            text was not at hand are left out of both.
        calibration: None where no value has a confidence.
        placed: labels whose place in the document can be found, because their words stand there once.
        rightly_placed: those of them with the right value at that place (see grounding.same_place).
    """

    documents: int
    score: float
    anls: float
    outcomes: Counter[Outcome]
    verbatim: int
    not_in_document: int
    calibration: Calibration | None
    placed: int
    rightly_placed: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """All fields over all documents.

    Attributes:
        documents, failed: how many, and how many of them could not be read or extracted.
        fields: by name, in the template's order.
        score, anls: means of the fields' own (each field weighs the same).
        outcomes, verbatim, not_in_document, calibration, placed, rightly_placed: of all fields together.
        unchecked: documents whose text was not at hand, so that nothing of theirs could be looked up.
        seconds: mean a document.
        prompt_tokens: mean a document; None where they were not counted.
    """

    documents: int
    failed: int
    fields: dict[str, FieldMetrics]
    score: float
    anls: float
    outcomes: Counter[Outcome]
    verbatim: int
    not_in_document: int
    calibration: Calibration | None
    placed: int
    rightly_placed: int
    unchecked: int
    seconds: float
    prompt_tokens: float | None

    @property
    def documents_per_minute(self) -> float:
        return 60 / self.seconds if self.seconds > 0 else 0.0

    @property
    def share_not_in_document(self) -> float:
        """Of the values that must stand in the document, the share that does not."""
        return self.not_in_document / self.verbatim if self.verbatim else 0.0


def metrics(judgements: Sequence[DocumentJudgement], fields: Sequence[str]) -> Metrics:
    """``fields``: names in the order to report them; those nobody labelled are left out."""
    by_field = {
        name: _field_metrics([judged.fields[name] for judged in judgements if name in judged.fields])
        for name in fields
        if any(name in judged.fields for judged in judgements)
    }
    everything = [part for judged in judgements for part in judged.fields.values()]
    counted = [judged.prompt_tokens for judged in judgements if judged.prompt_tokens is not None]
    over_all = _field_metrics(everything)
    return Metrics(
        documents=len(judgements),
        failed=sum(bool(judged.error) for judged in judgements),
        fields=by_field,
        score=fmean(part.score for part in by_field.values()) if by_field else 0.0,
        anls=fmean(part.anls for part in by_field.values()) if by_field else 0.0,
        outcomes=over_all.outcomes,
        verbatim=over_all.verbatim,
        not_in_document=over_all.not_in_document,
        calibration=over_all.calibration,
        placed=over_all.placed,
        rightly_placed=over_all.rightly_placed,
        unchecked=sum(
            any(part.not_in_document is None for part in judged.fields.values()) and not judged.error
            for judged in judgements
        ),
        seconds=fmean(judged.seconds for judged in judgements) if judgements else 0.0,
        prompt_tokens=fmean(counted) if counted else None,
    )


def _field_metrics(parts: Sequence[FieldJudgement]) -> FieldMetrics:
    checked = [part for part in parts if part.not_in_document is not None]
    return FieldMetrics(
        documents=len(parts),
        score=fmean(part.score for part in parts) if parts else 0.0,
        anls=fmean(part.anls for part in parts) if parts else 0.0,
        outcomes=sum((part.outcomes for part in parts), Counter()),
        verbatim=sum(part.verbatim for part in checked),
        not_in_document=sum(part.not_in_document or 0 for part in checked),
        calibration=calibration([answer for part in parts for answer in part.answers]),
        placed=sum(part.placed for part in parts),
        rightly_placed=sum(part.rightly_placed for part in parts),
    )
