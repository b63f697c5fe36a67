"""The models of this machine: which there are, which is the usual one, and how each is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.engine.engine import Engine
from stillroom.engine.kept_files import folder_for
from stillroom.engine.protocol import LoadOptions, ModelInfo
from stillroom.errors import StillroomError
from stillroom.settings import CONTEXT_TOKENS, KEEP_ON_DISK, MODEL, THREADS, Settings

if TYPE_CHECKING:
    from stillroom.models.model_file import ModelFile
    from stillroom.storage.runs import RunRecord
    from stillroom.tuning.tuned import LoadPlan

__all__ = ["LoadPlan", "ModelFile", "Models"]


class Models:
    """The models that can be loaded, each resolved in one way for every front end. Methods block."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine

    def installed(self) -> list[ModelFile]:
        """Those in the models folder, the starter first."""
        from stillroom.models.library import installed_models

        return installed_models()

    def find(self, name: str = "") -> ModelFile:
        """A model by its name or its file; without a name the usual one. Raises StillroomError where there is none."""
        return self._find(name)[0]

    def usual(self) -> ModelFile | None:
        """The model for those who name none; None where no model is installed."""
        try:
            return self.find()
        except StillroomError:
            return None

    def use_as_usual(self, model: ModelFile) -> None:
        """Take this one where none is named, from now on."""
        self._settings.set(MODEL, "" if model.starter else str(model.path))

    def plan(
        self,
        model: ModelFile | str = "",
        *,
        context_tokens: int = 0,
        kv_type: str = "",
        exact: bool = False,
        cancellation: Cancellation | None = None,
    ) -> LoadPlan:
        """The file to load, its adapters and its projector, and how: as the person set it, and as it was tuned here.

        This is the one way from a name to a model. Nothing is loaded yet, and no memory taken.

        Args:
            model: a name or a path; empty for the usual one.
            context_tokens: 0 for as many as the settings say. kv_type: of the cache; empty for as it was tuned.
            exact: this very file and no faster copy of it, as for a run that goes on.

        Raises:
            StillroomError: there is none of this name, or memory is short. EngineError: llama.cpp refuses it. Cancelled.
        """
        from stillroom.tuning.tuned import load_plan, that_fits

        file, missing = self._find(model) if isinstance(model, str) else (model, "")
        wanted_tokens = context_tokens or self._settings.get(CONTEXT_TOKENS)
        plan = load_plan(
            file,
            context_tokens=wanted_tokens,
            threads=self._settings.get(THREADS),
            kv_type=kv_type,
            exact=exact,
            cancellation=cancellation,
        )
        kept = folder_for(keep=self._settings.get(KEEP_ON_DISK))
        plan = replace(plan, options=replace(plan.options, kept_folder=kept), missing=missing)
        return plan if file.starter and not wanted_tokens else that_fits(plan, self._engine.status())

    def plan_of_run(self, record: RunRecord) -> LoadPlan:
        """The very model a run was started with, as another would give other values. Raises StillroomError where it is gone."""
        from stillroom.models.adapters import model_sha256

        model = self.find(record.model_path)
        if model_sha256(model) != record.model_sha256:
            raise StillroomError(
                f"The file of the model {record.model_name} is not the one the run was started with. "
                "Put that one back, or start a new run without --resume."
            )
        return self.plan(model, exact=True)

    def load(
        self,
        plan: LoadPlan,
        *,
        on_progress: Callable[[float], None] | None = None,
        cancellation: Cancellation | None = None,
    ) -> ModelInfo:
        """Load a model in the place of the one that is loaded. Raises EngineError (the earlier one stays), Cancelled."""
        return self._engine.load(
            plan.model.path,
            plan.options,
            environment=plan.environment,
            on_progress=on_progress,
            cancellation=cancellation,
        )

    def unload(self) -> None:
        """Give the model's memory back."""
        self._engine.unload()

    def loaded_bytes(self) -> int:
        """What the loaded model takes of the memory, at least; another one would replace it."""
        running = self._engine.status().model
        return running.size if running is not None else 0

    def memory_by_context(self, model: ModelFile, options: LoadOptions) -> Callable[[int], int]:
        """Bytes a model takes, by the tokens of its context, else loaded as it is now. Raises GgufError."""
        from stillroom.models.fit.assess import shape_of_file
        from stillroom.models.fit.estimate import Use, estimate

        shape = shape_of_file(model)
        running = self._engine.status().model
        layers = running.gpu_layers if running is not None else options.gpu_layers or 0
        use = Use(0, options.kv_type, options.ubatch, layers, options.flash_attention)
        return lambda tokens: estimate(shape, replace(use, context_tokens=tokens)).total

    def _find(self, name: str) -> tuple[ModelFile, str]:
        """The model, and a sentence where it stands in for the usual one."""
        from stillroom.models.library import default_model, find_model

        if name:
            return find_model(name), ""
        usual = self._settings.get(MODEL)
        if not usual:
            return default_model(), ""
        try:
            return find_model(usual), ""
        except StillroomError:
            model = default_model()
            return model, f"The usual model ({usual}) is not here any more; {model.name} is used instead."
