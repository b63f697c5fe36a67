"""Evaluations: what a template draws out of labelled documents, held against the labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine

if TYPE_CHECKING:
    from stillroom.documents.document import Document
    from stillroom.evaluation.evaluate import Evaluator, ModelEvaluation
    from stillroom.evaluation.labels import LabelledDocument
    from stillroom.extraction.result import DocumentResult, Progress
    from stillroom.remote.engines import RemoteEngine
    from stillroom.templates.template import Template
    from stillroom.tuning.tuned import LoadPlan
    from stillroom.workspace.remote_models import RemoteModels

__all__ = ["EvaluationConsent", "Evaluations", "LabelledDocument", "ModelEvaluation"]


def _ignore(*_: object) -> None:
    """The callback of one who does not listen."""


@dataclasses.dataclass(frozen=True, slots=True)
class EvaluationConsent:
    """What a person has agreed to: that these documents, without their labels, go to this engine. Whoever makes one has shown what
    would leave.
    """

    engine: RemoteEngine
    template: Template
    labels: tuple[LabelledDocument, ...]


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
        alone: bool = False,
        on_loading: Callable[[float], None] = _ignore,
        on_progress: Callable[[Progress], None] = _ignore,
        cancellation: Cancellation | None = None,
    ) -> ModelEvaluation:
        """Load a model and extract every document with it; ``alone``: each is decided by itself, not with the others as in a run.

        Raises EngineError where the model cannot be loaded, and Cancelled.
        """
        return self.evaluator(labels, template, page_only=page_only, alone=alone).run_model(
            self._engine,
            plan.model,
            options=plan.options,
            environment=plan.environment,
            on_loading=on_loading,
            on_progress=on_progress,
            cancellation=cancellation,
        )

    def run_remote(
        self,
        consent: EvaluationConsent,
        remote: RemoteModels,
        *,
        on_progress: Callable[[Progress], None] = _ignore,
        cancellation: Cancellation | None = None,
    ) -> ModelEvaluation:
        """Ask a remote model about labelled documents, one after the other, through the seal, within the month's limit and written down.

        A document it did not answer is judged as failed. Where the month's limit is reached before the end, what was answered till then
        is judged, and ``ended`` says it. Raises EngineError or CapReachedError where it answered none, and Cancelled.
        """
        from stillroom.errors import StillroomError
        from stillroom.extraction.result import DocumentStatus
        from stillroom.privacy.sending import CapReachedError

        refused: list[StillroomError] = []
        engine = consent.engine
        with remote.client(engine) as client:
            extractor = remote.extractor(client)

            class Asked:
                """The extractor; what it refuses is kept, as a row holds its sentence only."""

                def extract(
                    self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
                ) -> DocumentResult:
                    try:
                        return extractor.extract(document, template, file=file, cancellation=cancellation)
                    except StillroomError as error:
                        refused.append(error)
                        raise

            evaluation = self.evaluator(consent.labels, consent.template, alone=True).run(
                Asked(), ending=CapReachedError, on_progress=on_progress, cancellation=cancellation
            )
            none = all(result.status is DocumentStatus.FAILED for result in evaluation.results)
            if refused and none:
                raise refused[-1]
        return dataclasses.replace(evaluation, model_name=engine.title, cost=extractor.cost)

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
        return self.evaluator(labels, template).judge_results(results, folder, cancellation=cancellation)

    def report(self, evaluations: Sequence[ModelEvaluation], template: Template) -> dict[str, object]:
        """All figures as plain data."""
        from stillroom.evaluation.report import to_json

        return to_json(evaluations, template)

    def evaluator(
        self,
        labels: Sequence[LabelledDocument],
        template: Template,
        *,
        page_only: bool = False,
        alone: bool = False,
    ) -> Evaluator:
        """What runs models over labelled documents, for one who has engines of their own."""
        from stillroom.evaluation.evaluate import Evaluator
        from stillroom.learning.run_evidence import evidence_of

        together = None if alone else evidence_of
        return Evaluator(labels, template, self._readers, page_only=page_only, evidence_of=together)
