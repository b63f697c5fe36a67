"""Loading a model in the background, and what became of it."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stillroom.engine.protocol import ModelInfo
from stillroom.errors import NoModelError
from stillroom.ui.tasks import BackgroundWork, Operation
from stillroom.ui.wording import sentence

if TYPE_CHECKING:
    from stillroom.models.model_file import ModelFile
    from stillroom.ui.parts import Parts
    from stillroom.workspace.models import LoadPlan


class LoadState(StrEnum):
    """The state of the model."""

    NONE = "none"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class ModelLoading(QObject):
    """The model that answers.

    Attributes:
        model: None until one is loaded; the earlier one while another is being loaded.
        wanted: name of the file that is loaded or being loaded.
        progress: of loading, 0 to 1.
        error: why it is not loaded.
        notice: a sentence where another model than the usual one had to be loaded; else empty.
        lent: it was loaded for a template that has a model of its own; the usual one is another.

    Signals:
        changed: state, progress, model or error.
    """

    changed = Signal()

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._loading: BackgroundWork | None = None
        self.state = LoadState.NONE
        self.progress = 0.0
        self.model: ModelInfo | None = None
        self.wanted = ""
        self.error: Exception | None = None
        self.notice = ""
        self.lent = False

    @property
    def none_there(self) -> bool:
        """Whether it is not loaded because none is installed."""
        return isinstance(self.error, NoModelError)

    def start(self) -> None:
        """Load the usual model. Does nothing while one is being loaded or is there."""
        if self.state in (LoadState.LOADING, LoadState.READY):
            return
        self._begin(None)

    def look_again(self) -> None:
        """A model was brought here: it is loaded where none was there to be loaded."""
        if self.state is LoadState.FAILED and self.none_there:
            self.start()

    def choose(self, model: ModelFile, context_tokens: int = 0, kv_type: str = "") -> None:
        """Load this model in the place of the one that is there, and as the usual one from now on.

        Args:
            context_tokens: 0 for as many as the settings say. kv_type: how the context is kept; empty for as it was tuned.
        """
        if self._loading is not None:
            self._loading.cancellation.request()
        self.lent = False
        self._begin(model, context_tokens, kv_type)

    def lend(self, model: ModelFile) -> None:
        """Load this model for a template whose own it is, or the usual one again; which is the usual one stays as it is."""
        usual = self._parts.models.usual()
        self.lent = usual is None or model.path != usual.path
        self._begin(model, usual=False)

    def say(self, notice: str) -> None:
        """Something about the model that a person should know."""
        self.notice = notice
        self.changed.emit()

    def with_context(self, context_tokens: int) -> None:
        """Load the model that is there again, with another length of context."""
        model = self.file()
        if model is not None:
            self.choose(model, context_tokens)

    def unload(self) -> None:
        """Give the memory of the model back."""
        if self._loading is not None:
            self._loading.cancellation.request()
        self._loading = None
        self.state, self.model, self.wanted = LoadState.NONE, None, ""
        self.changed.emit()
        self._parts.tasks.start(Operation(lambda _: self._parts.models.unload(), "unload", owner=self))

    def file(self) -> ModelFile | None:
        """The file of the model that is loaded or being loaded; else of the usual one."""
        names = {model.name: model for model in self._parts.models.installed()}
        return names.get(self.wanted) or self._parts.models.usual()

    def loaded_file(self) -> ModelFile | None:
        """The file that was loaded in the place of ``file``: the same, or its faster copy."""
        file = self.file()
        return replace(file, path=Path(self.model.path)) if file is not None and self.model is not None else file

    def _begin(
        self, model: ModelFile | None, context_tokens: int = 0, kv_type: str = "", *, usual: bool = True
    ) -> None:
        self.state, self.progress, self.error = LoadState.LOADING, 0.0, None
        self.wanted = model.name if model is not None else self.wanted
        self.changed.emit()
        self._loading = self._parts.tasks.start(
            Operation(lambda each: self._load(each, model, context_tokens, kv_type, usual), "load", owner=self)
            .success(self._loaded)
            .failure(self._failed)
        )

    def _load(
        self, operation: BackgroundWork, model: ModelFile | None, context_tokens: int, kv_type: str, usual: bool
    ) -> tuple[ModelInfo, LoadPlan]:
        models = self._parts.models
        plan = models.plan(
            model or "", context_tokens=context_tokens, kv_type=kv_type, cancellation=operation.cancellation
        )
        loaded = models.load(
            plan, on_progress=operation.to_window(self._progressed), cancellation=operation.cancellation
        )
        if model is not None and usual:
            models.use_as_usual(model)
        return loaded, plan

    def _progressed(self, share: float) -> None:
        self.progress = share
        self.changed.emit()

    def _loaded(self, loaded: tuple[ModelInfo, LoadPlan]) -> None:
        self._loading = None
        self.model, plan = loaded
        self.wanted, self.notice = plan.asked.name, plan.missing
        self.state, self.progress, self.error = LoadState.READY, 1.0, None
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        """The engine keeps the earlier model where there is one; that another was wanted and failed stays to be told."""
        self._loading = None
        kept = self._parts.engine.status().model
        self.model, self.error = kept, error
        if self.lent and kept is not None:  # the run goes on with what is there, and says so
            self.lent, self.wanted, missing = False, kept.name, self.wanted
            self.notice = self.tr("%1, the model chosen for this template, could not be loaded. %2").replace(
                "%1", missing
            )
            self.notice = self.notice.replace("%2", sentence(error))
        self.state = LoadState.FAILED if kept is None else LoadState.READY
        self.changed.emit()
