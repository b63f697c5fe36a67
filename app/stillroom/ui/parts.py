"""The parts the window is built from, made once at start and handed to the pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom import paths
from stillroom.errors import StillroomError
from stillroom.privacy.seal import Seal
from stillroom.settings import CONTEXT_TOKENS, KEEP_ON_DISK, MODEL, THREADS, Settings
from stillroom.ui.tasks import Tasks
from stillroom.ui.theme import Theme
from stillroom.ui.window_memory import WindowMemory

if TYPE_CHECKING:
    from stillroom.cancellation import Cancellation
    from stillroom.chat.store import ConversationStore
    from stillroom.documents.readers import Readers
    from stillroom.engine.engine import Engine
    from stillroom.engine.protocol import LoadOptions, ModelInfo
    from stillroom.extraction.extractor import Extractor
    from stillroom.extraction.result import DocumentResult
    from stillroom.extraction.run import Batch
    from stillroom.models.library import ModelFile
    from stillroom.privacy.secrets import Secrets
    from stillroom.storage.database import Database
    from stillroom.storage.runs import RunStore
    from stillroom.templates.library import TemplateLibrary
    from stillroom.templates.template import Template
    from stillroom.tuning.tuned import LoadPlan


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run that is on disk: ``done`` of ``total`` documents are finished."""

    run_id: int
    template_title: str
    total: int
    done: int
    started: datetime


@dataclass
class Parts:
    """What pages need. The methods block: they belong on an operation's thread.

    They import extraction and export late: those bring much with them, and the window is to be there first.

    Attributes:
        seal: what connections go through.
        at_end: what is to be called when the window closes.
        notices: sentences to show at start.
    """

    engine: Engine
    readers: Readers
    store: RunStore
    templates: TemplateLibrary
    tasks: Tasks
    memory: WindowMemory
    theme: Theme
    database: Database | None = None
    seal: Seal = field(default_factory=Seal)
    settings: Settings = field(default_factory=Settings)
    notices: tuple[str, ...] = ()
    at_end: list[Callable[[], None]] = field(default_factory=list)
    _chats: ConversationStore | None = field(default=None, init=False)
    _secrets: Secrets | None = field(default=None, init=False)
    _extractor: Extractor | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def extractor(self) -> Extractor:
        with self._lock:
            if self._extractor is None:
                from stillroom.extraction.extractor import Extractor

                self._extractor = Extractor(self.engine)
            return self._extractor

    def chats(self) -> ConversationStore:
        with self._lock:
            if self._chats is None:
                from stillroom.chat.store import ConversationStore

                assert self.database is not None
                self._chats = ConversationStore(self.database)
                # What was deleted and not taken back while its window was open is deleted.
                self._chats.erase_deleted(timedelta(hours=1))
            return self._chats

    def secrets(self) -> Secrets:
        with self._lock:
            if self._secrets is None:
                from stillroom.privacy.secrets import Secrets

                self._secrets = Secrets()
            return self._secrets

    def installed_models(self) -> list[ModelFile]:
        """The models here, the starter first."""
        from stillroom.models.library import installed_models

        return installed_models()

    def usual_model(self) -> ModelFile | None:
        """The model the person chose last; else, or where it is gone, the starter."""
        name = self.settings.get(MODEL)
        if name:
            from stillroom.models.library import find_model

            try:
                return find_model(name)
            except StillroomError:
                return self.starter_model()
        return self.starter_model()

    def that_fits(self, plan: LoadPlan) -> LoadPlan:
        """The plan with as much on a GPU as it has room for; nothing is allocated. Raises StillroomError where memory is short."""
        from stillroom.tuning.tuned import that_fits

        return that_fits(plan, self.engine.status())

    def model_bytes(self) -> int:
        """What the loaded model takes of the memory, at least; another one would replace it."""
        running = self.engine.status().model
        return running.size if running is not None else 0

    def memory_by_context(self, model: ModelFile, options: LoadOptions) -> Callable[[int], int]:
        """Bytes a model takes, by the tokens of its context, else loaded as it is now. Raises GgufError."""
        from stillroom.models.fit.assess import shape_of_file
        from stillroom.models.fit.estimate import Use, estimate

        shape = shape_of_file(model)
        running = self.engine.status().model
        layers = running.gpu_layers if running is not None else options.gpu_layers or 0
        use = Use(0, options.kv_type, options.ubatch, layers, options.flash_attention)
        return lambda tokens: estimate(shape, replace(use, context_tokens=tokens)).total

    def starter_model(self) -> ModelFile | None:
        from stillroom.models.library import starter_model

        return starter_model()

    def load_plan(
        self,
        model: ModelFile,
        context_tokens: int = 0,
        cancellation: Cancellation | None = None,
        *,
        kv_type: str = "",
    ) -> LoadPlan:
        """The file, options and environment to load it with: as it was tuned on this machine, and as the settings say."""
        from stillroom.tuning.tuned import load_plan

        plan = load_plan(
            model,
            context_tokens=context_tokens or self.settings.get(CONTEXT_TOKENS),
            threads=self.settings.get(THREADS),
            kv_type=kv_type,
            cancellation=cancellation,
        )
        if not self.settings.get(KEEP_ON_DISK):
            return plan
        return replace(plan, options=replace(plan.options, kept_folder=str(paths.cells_dir())))

    def expand(self, paths: Sequence[Path]) -> list[Path]:
        """Folders as the readable files in them."""
        from stillroom.extraction.run import expand

        return expand(paths)

    def new_batch(self, template: Template, files: Sequence[Path], model: ModelInfo) -> Batch:
        from stillroom.extraction.run import Batch

        return Batch.create(self.store, template, files, model)

    def stored_batch(self, run_id: int) -> Batch:
        from stillroom.extraction.run import Batch

        return Batch.resume(self.store, run_id)

    def stored_runs(self, newest: int = 20) -> list[StoredRun]:
        """The newest runs on disk that no other window or command is working on."""
        found = []
        for record in self.store.runs()[:newest]:
            total = len(self.store.documents(record.id))
            if total and not self.store.is_owned(record.id):
                done = total - len(self.store.pending(record.id))
                title = record.template_name.replace("-", " ").capitalize()
                found.append(StoredRun(record.id, title, total, done, record.created.astimezone()))
        return found

    def export(self, results: Sequence[DocumentResult], template: Template, target: Path) -> None:
        from stillroom.extraction.export import export

        export(results, template, target)
