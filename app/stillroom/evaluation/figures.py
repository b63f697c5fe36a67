"""What an evaluation's table and plots show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from stillroom.evaluation.calibration import SURE, Answer
from stillroom.evaluation.evaluate import ModelEvaluation
from stillroom.evaluation.interval import wilson
from stillroom.evaluation.labels import Label, LabelledDocument
from stillroom.extraction.result import FieldResult, FieldValue

_STEPS = 60  # points of a curve


@dataclass(frozen=True, slots=True)
class Share:
    """A share of right values, 0 to 1, and the interval it lies in."""

    value: float
    low: float
    high: float
    documents: int


@dataclass(frozen=True, slots=True)
class WrongValue:
    """A field of a document that a model got wrong."""

    model: str
    document: LabelledDocument
    field: str
    wanted: str
    found: str
    confidence: float | None


def shares(evaluation: ModelEvaluation) -> dict[str, Share]:
    """By field name; "" for all fields together."""
    found = {name: _share(figures.score, figures.documents) for name, figures in evaluation.metrics.fields.items()}
    return found | {"": _share(evaluation.metrics.score, sum(share.documents for share in found.values()))}


def _share(value: float, documents: int) -> Share:
    return Share(value, *wilson(value, documents), documents)


def same_answers(evaluations: Sequence[ModelEvaluation]) -> bool:
    """Whether several models were as right, as wrong and as sure in every single value: what was read decided, not they."""
    told = [{each.file: each.fields for each in evaluation.documents} for evaluation in evaluations]
    return len(told) > 1 and bool(told[0]) and all(each == told[0] for each in told[1:])


def answers(evaluation: ModelEvaluation) -> list[Answer]:
    return [
        answer for document in evaluation.documents for field in document.fields.values() for answer in field.answers
    ]


def sure_and_wrong(evaluation: ModelEvaluation) -> float:
    """The share of all values that have a confidence over SURE and are wrong."""
    given = answers(evaluation)
    return sum(answer.confidence > SURE and not answer.right for answer in given) / len(given) if given else 0.0


def passing(given: Sequence[Answer]) -> tuple[list[float], list[float]]:
    """How many pass at how many wrong: shares of values that are accepted, surest first, and the share of wrong ones among them."""
    order = sorted(given, key=lambda answer: -answer.confidence)
    ends = [number for number, (one, other) in enumerate(pairwise(order), 1) if one.confidence != other.confidence]
    ends.append(len(order))
    kept = ends[:: max(1, len(ends) // _STEPS)]
    if kept[-1] != ends[-1]:
        kept.append(ends[-1])
    wrong = [sum(not answer.right for answer in order[:end]) / max(1, end) for end in kept]
    return [end / max(1, len(order)) for end in kept], wrong


def wrong_values(evaluation: ModelEvaluation, labels: Sequence[LabelledDocument]) -> list[WrongValue]:
    """What a model got wrong, the surest first."""
    by_file = {labelled.file: labelled for labelled in labels}
    wrong: list[WrongValue] = []
    for judged, result in zip(evaluation.documents, evaluation.results, strict=True):
        labelled = by_file.get(judged.file)
        if labelled is None:
            continue
        for name, field in judged.fields.items():
            if field.score >= 1.0:
                continue
            found = result.fields.get(name)
            wrong.append(
                WrongValue(
                    evaluation.model_name, labelled, name, label_text(labelled.fields.get(name)), found_text(found),
                    found.confidence if isinstance(found, FieldValue) else None,
                )
            )  # fmt: skip
    return sorted(wrong, key=lambda value: -(value.confidence or 0.0))


def label_text(label: Label) -> str:
    if label is None:
        return ""
    if isinstance(label, str):
        return label
    return "; ".join(
        item if isinstance(item, str) else " ".join(str(cell or "") for cell in item.values()) for item in label
    )


def found_text(result: FieldResult | None) -> str:
    if result is None:
        return ""
    if isinstance(result, FieldValue):
        return result.value or ""
    return "; ".join(
        (item.value or "") if isinstance(item, FieldValue) else " ".join(cell.value or "" for cell in item.values())
        for item in result
    )
