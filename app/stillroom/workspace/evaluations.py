"""Evaluations: what a template draws out of labelled documents, held against the labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine

if TYPE_CHECKING:
    from stillroom.evaluation.evaluate import Evaluator, ModelEvaluation
    from stillroom.evaluation.labels import LabelledDocument
    from stillroom.extraction.result import DocumentResult, Progress
    from stillroom.templates.template import Template
    from stillroom.tuning.tuned import LoadPlan

__all__ = ["Evaluations", "LabelledDocument", "ModelEvaluation"]


def _ignore(*_: object) -> None:
    """The callback of one who does not listen."""


class Evaluations:
    """Labelled documents through a model, or beside finished results. Methods block; callbacks come on the caller's thread."""

    def __init__(self, engine: Engine, readers: ReaderPool) -> None:
        self._engine, self._readers = engine, readers

    def labels(self, file: Path, template: Template) -> tuple[list[LabelledDocument], list[str]]:
        """The labelled documents of a file, and the names of fields in it that the template has not. Raises StillroomError."""
        from stillroom.evaluation.labels import check_labels, load_labels

        labels = load_labels(file)
        return labels, check_labels(labels, template, file.name)

    def run(
        self,
        plan: LoadPlan,
        labels: Sequence[LabelledDocument],
        template: Template,
        *,
        page_only: bool = False,
        on_loading: Callable[[float], None] = _ignore,
        on_progress: Callable[[Progress], None] = _ignore,
        cancellation: Cancellation | None = None,
    ) -> ModelEvaluation:
        """Load a model and extract every document with it. Raises EngineError where it cannot be loaded, and Cancelled."""
        return self._evaluator(labels, template, page_only=page_only).run_model(
            self._engine,
            plan.model,
            options=plan.options,
            environment=plan.environment,
            on_loading=on_loading,
            on_progress=on_progress,
            cancellation=cancellation,
        )

    def judge(
        self,
        results: Sequence[DocumentResult],
        labels: Sequence[LabelledDocument],
        template: Template,
        folder: Path,
        *,
        cancellation: Cancellation | None = None,
    ) -> list[ModelEvaluation]:
        """Judge finished results, those of each model by themselves. ``folder``: what their file names are relative to."""
        return self._evaluator(labels, template).judge_results(results, folder, cancellation=cancellation)

    def report(self, evaluations: Sequence[ModelEvaluation], template: Template) -> dict[str, object]:
        """All figures as plain data."""
        from stillroom.evaluation.report import to_json

        return to_json(evaluations, template)

    def _evaluator(
        self, labels: Sequence[LabelledDocument], template: Template, *, page_only: bool = False
    ) -> Evaluator:
        from stillroom.evaluation.evaluate import Evaluator

        return Evaluator(labels, template, self._readers, page_only=page_only)
