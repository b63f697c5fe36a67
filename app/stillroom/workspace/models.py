"""The models of this machine: which there are, which is the usual one, and how each is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.engine.engine import Engine
from stillroom.engine.kept_files import folder_for
from stillroom.engine.limits import check_context
from stillroom.engine.protocol import USUAL_CONTEXT_TOKENS, LoadOptions, ModelInfo
from stillroom.errors import StillroomError
from stillroom.settings import CONTEXT_TOKENS, KEEP_ON_DISK, MODEL, THREADS, Settings

if TYPE_CHECKING:
    from stillroom.engine.protocol import Adapter
    from stillroom.models.elsewhere import Elsewhere
    from stillroom.models.fit.estimate import Fit, Machine
    from stillroom.models.hub.catalog import Catalog, Suggestion
    from stillroom.models.local_files import Verification
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

    def of_template(self, template: str) -> ModelFile | None:
        """The model that a template of this name is extracted with; None for the usual one. Raises StillroomError where the model that
        a person chose for it is not here any more."""
        from stillroom.models.library import find_model
        from stillroom.models.template_models import model_of_template

        file = model_of_template(template)
        if not file:
            return None
        try:
            return find_model(file)
        except StillroomError as error:
            raise StillroomError(
                f"The model that was chosen for this template ({Path(file).name}) is not here any more; "
                "the usual one is used. Choose another for it in Extract."
            ) from error

    def use_for_template(self, template: str, model: ModelFile | None) -> None:
        """Extract a template of this name with this model from now on; None: with the usual one. Raises StillroomError."""
        from stillroom.models.template_models import keep_model_of_template

        keep_model_of_template(template, str(model.path) if model is not None else "")

    def plan(
        self,
        model: ModelFile | str = "",
        *,
        context_tokens: int = 0,
        kv_type: str = "",
        this_file: bool = False,
        beside: bool = False,
        cancellation: Cancellation | None = None,
    ) -> LoadPlan:
        """The file to load, its adapters and its projector, and how: as the person set it, and as it was tuned here.

        This is the one way from a name to a model. Nothing is loaded yet, and no memory taken.

        Args:
            model: a name or a path; empty for the usual one.
            context_tokens: 0 for as many as the settings say. kv_type: of the cache; empty for as it was tuned.
            this_file: this very one and no faster copy of it, as for a run that goes on.
            beside: it is loaded in an engine of its own, so that what is loaded keeps its memory.

        Raises:
            StillroomError: there is none of this name, or memory is short. EngineError: llama.cpp refuses it, or
                the context is too short. Cancelled.
        """
        from stillroom.tuning.tuned import load_plan, that_fits

        file, missing = self._find(model) if isinstance(model, str) else (model, "")
        wanted_tokens = context_tokens or self._settings.get(CONTEXT_TOKENS)
        check_context(wanted_tokens)  # before the file is tried, which would be blamed
        plan = load_plan(
            file,
            context_tokens=wanted_tokens,
            threads=self._settings.get(THREADS),
            kv_type=kv_type,
            this_file=this_file,
            cancellation=cancellation,
        )
        kept = folder_for(keep=self._settings.get(KEEP_ON_DISK))
        plan = replace(plan, options=replace(plan.options, kept_folder=kept), missing=missing)
        return (
            plan if file.starter and not wanted_tokens else that_fits(plan, None if beside else self._engine.status())
        )

    def plan_of_run(self, record: RunRecord) -> LoadPlan:
        """The very model a run was started with, as another would give other values. Raises StillroomError where it is gone."""
        from stillroom.models.adapters import model_sha256

        model = self.find(record.model_path)
        if model_sha256(model) != record.model_sha256:
            raise StillroomError(
                f"The file of the model {record.model_name} is not the one the run was started with. "
                "Put that one back, or start a new run without --resume."
            )
        return self.plan(model, this_file=True)

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
            name=plan.asked.name,
            environment=plan.environment,
            on_progress=on_progress,
            cancellation=cancellation,
        )

    def elsewhere(self) -> list[Elsewhere]:
        """Those that other programs on this machine have."""
        from stillroom.models.elsewhere import models_elsewhere

        return models_elsewhere()

    def verify(
        self,
        model: ModelFile,
        *,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
        cancellation: Cancellation | None = None,
    ) -> Verification:
        """Whether a file is what its publisher says, byte for byte. Raises StillroomError, Cancelled."""
        from stillroom.models.local_files import verify

        return verify(model, on_progress=on_progress, cancellation=cancellation)

    def remove(self, model: ModelFile, *, permanently: bool = False) -> None:
        """Put a model into the trash. Raises StillroomError."""
        from stillroom.models.local_files import remove

        remove(model, permanently=permanently)

    def fit(self, model: ModelFile, context_tokens: int = 0, kv_type: str = "f16") -> Fit:
        """What a model would need here, exactly. Raises GgufError, EngineError."""
        from stillroom.models.fit.assess import assess_file, this_machine
        from stillroom.models.fit.estimate import Use

        use = Use(context_tokens or USUAL_CONTEXT_TOKENS, kv_type)
        return assess_file(model, this_machine(), use, projector=self.projector(model))[1]

    def use_catalog(self, file: Path) -> Catalog:
        """Take a newer catalog of models, and keep it. Raises StillroomError where it is none."""
        from stillroom.models.hub.catalog import use_catalog

        return use_catalog(file)

    def suggestions(self, task: str, machine: Machine | None = None) -> list[Suggestion]:
        """Models of the catalog that fit this machine and are good at a task, the best first."""
        from stillroom.models.fit.assess import this_machine
        from stillroom.models.hub.catalog import load_catalog, suggest

        return suggest(load_catalog(), task, machine or this_machine())

    # ---- what is added to a model

    def adapters(self, model: ModelFile) -> tuple[Adapter, ...]:
        """In the order they were attached."""
        from stillroom.models.adapters import attached

        return attached(model.path)

    def attach_adapter(self, model: ModelFile, file: Path, scale: float = 1.0) -> Adapter:
        """Add an adapter from the next load on; again: with another scale. Raises StillroomError where it is none for it."""
        from stillroom.models.adapters import attach

        return attach(model, file, scale)

    def detach_adapter(self, model: ModelFile, name: str) -> Adapter:
        """Take an adapter away; its file stays. Raises StillroomError where there is none of this name."""
        from stillroom.models.adapters import detach

        return detach(model, name)

    def projector(self, model: ModelFile) -> Path | None:
        """With which it sees pictures."""
        from stillroom.models.projectors import projector_of

        return projector_of(model.path)

    def projectors(self, model: ModelFile) -> list[tuple[Path, int]]:
        """Those it could be given, the one in use first, then those beside it; each with the bytes of memory it takes."""
        from stillroom.models.projectors import projector_bytes, projectors_beside

        used = self.projector(model)
        beside = [each for each in projectors_beside(model.path) if each != used]
        return [(each, projector_bytes(each)) for each in [*([used] if used else []), *beside]]

    def attach_projector(self, model: ModelFile, file: Path) -> Path:
        """Let a model see pictures from the next load on. Raises StillroomError where it is no projector for it."""
        from stillroom.models.projectors import attach_projector

        return attach_projector(model, file)

    def detach_projector(self, model: ModelFile) -> Path:
        """Take the projector away; its file stays."""
        from stillroom.models.projectors import detach_projector

        return detach_projector(model)

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
