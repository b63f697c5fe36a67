"""An evaluation as plain data for JSON (stable: scripts rely on it)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from stillroom.evaluation.calibration import HIGH_PRECISION, PRECISION, Calibration
from stillroom.evaluation.evaluate import ModelEvaluation
from stillroom.evaluation.judging import DocumentJudgement, FieldJudgement, Outcome
from stillroom.evaluation.metrics import FieldMetrics, Metrics
from stillroom.templates.template import Template


def to_json(evaluations: Sequence[ModelEvaluation], template: Template) -> dict[str, Any]:
    """Every model's figures, over all and by field, and the judgement of every document. Shares are 0 to 1."""
    return {
        "template": {"name": template.name, "version": template.version},
        "models": [_model(evaluation) for evaluation in evaluations],
    }


def _model(evaluation: ModelEvaluation) -> dict[str, Any]:
    return {
        "model": {"name": evaluation.model_name, "sha256": evaluation.model_sha256},
        "memory": evaluation.memory,
        "cost": round(evaluation.cost, 6),
        "ended": evaluation.ended,
        **_metrics(evaluation.metrics),
        "judgements": [_document(document) for document in evaluation.documents],
    }


def _metrics(metrics: Metrics) -> dict[str, Any]:
    return {
        "documents": metrics.documents,
        "failed": metrics.failed,
        "unchecked": metrics.unchecked,
        "score": _rounded(metrics.score),
        "anls": _rounded(metrics.anls),
        "outcomes": _outcomes(metrics.outcomes),
        "verbatim_values": metrics.verbatim,
        "not_in_document": metrics.not_in_document,
        "placed": metrics.placed,
        "rightly_placed": metrics.rightly_placed,
        "seconds_per_document": _rounded(metrics.seconds),
        "documents_per_minute": _rounded(metrics.documents_per_minute),
        "prompt_tokens_per_document": None if metrics.prompt_tokens is None else round(metrics.prompt_tokens, 1),
        "calibration": _calibration(metrics.calibration),
        "fields": {name: _field(field) for name, field in metrics.fields.items()},
    }


def _field(field: FieldMetrics) -> dict[str, Any]:
    return {
        "documents": field.documents,
        "score": _rounded(field.score),
        "anls": _rounded(field.anls),
        "outcomes": _outcomes(field.outcomes),
        "verbatim_values": field.verbatim,
        "not_in_document": field.not_in_document,
        "placed": field.placed,
        "rightly_placed": field.rightly_placed,
        "calibration": _calibration(field.calibration),
    }


def _calibration(calibration: Calibration | None) -> dict[str, Any] | None:
    if calibration is None:
        return None
    return {
        "answers": calibration.count,
        "error": _rounded(calibration.error),
        "precision": PRECISION,
        "coverage": _rounded(calibration.coverage),
        "threshold": None if calibration.threshold is None else _rounded(calibration.threshold),
        "high_precision": HIGH_PRECISION,
        "high_coverage": _rounded(calibration.high_coverage),
        "high_threshold": None if calibration.high_threshold is None else _rounded(calibration.high_threshold),
        "sure_and_wrong": _rounded(calibration.sure_and_wrong),
        "bins": [
            {
                "low": part.low,
                "high": part.high,
                "count": part.count,
                "confidence": _rounded(part.confidence),
                "right": _rounded(part.right),
            }
            for part in calibration.bins
        ],
    }


def _document(document: DocumentJudgement) -> dict[str, Any]:
    return {
        "file": document.file,
        "error": document.error or None,
        "seconds": round(document.seconds, 3),
        "prompt_tokens": document.prompt_tokens,
        "fields": {name: _judgement(field) for name, field in document.fields.items()},
    }


def _judgement(field: FieldJudgement) -> dict[str, Any]:
    return {
        "outcomes": {str(outcome): count for outcome, count in field.outcomes.items() if count},
        "score": _rounded(field.score),
        "anls": _rounded(field.anls),
        "not_in_document": field.not_in_document,
    }


def _outcomes(outcomes: Counter[Outcome]) -> dict[str, int]:
    return {str(outcome): outcomes[outcome] for outcome in Outcome}


def _rounded(share: float) -> float:
    return round(share, 4)
