"""Loading the starter model in the background, and what became of it."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from stillroom.engine.protocol import ModelInfo
from stillroom.errors import StillroomError
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation


class LoadState(StrEnum):
    NONE = "none"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class ModelLoading(QObject):
    """The model that answers.

    Attributes:
        model: None until it is loaded.
        progress: of loading, 0 to 1.
        error: why it is not loaded.

    Signals:
        changed: state, progress, model or error.
    """

    changed = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self.state = LoadState.NONE
        self.progress = 0.0
        self.model: ModelInfo | None = None
        self.error: Exception | None = None

    def start(self) -> None:
        """Load the starter model. Does nothing while it is being loaded or is there."""
        if self.state in (LoadState.LOADING, LoadState.READY):
            return
        self.state, self.progress, self.error = LoadState.LOADING, 0.0, None
        self.changed.emit()
        self._parts.tasks.start(
            Operation(self._load, "load", owner=self)
            .success(self._loaded)
            .failure(self._failed)
            .progress(self._progressed)
        )

    def _load(self, operation: Operation[ModelInfo]) -> ModelInfo:
        starter = self._parts.starter_model()
        if starter is None:
            raise StillroomError(
                self.tr("The starter model is not installed. Run installer/run.sh once while connected to fetch it.")
            )
        plan = self._parts.load_plan(starter)
        model = self._parts.engine.load(
            plan.model.path,
            plan.options,
            environment=plan.environment,
            on_progress=operation.report,
            cancellation=operation.cancellation,
        )
        self._parts.extractor()  # its imports take a moment: better now than when the first run starts
        return model

    def _progressed(self, share: float) -> None:
        self.progress = share
        self.changed.emit()

    def _loaded(self, model: ModelInfo) -> None:
        self.state, self.model, self.progress = LoadState.READY, model, 1.0
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self.state, self.error = LoadState.FAILED, error
        self.changed.emit()
