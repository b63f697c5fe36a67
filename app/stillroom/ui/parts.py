"""The parts the window is built from, made once at start and handed to the pages."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.ui.tasks import Tasks
from stillroom.ui.theme import Theme
from stillroom.ui.window_memory import WindowMemory

if TYPE_CHECKING:
    from stillroom.documents.readers import Readers
    from stillroom.engine.engine import Engine
    from stillroom.engine.protocol import ModelInfo
    from stillroom.extraction.extractor import Extractor
    from stillroom.extraction.result import DocumentResult
    from stillroom.extraction.run import Batch
    from stillroom.models.library import ModelFile
    from stillroom.models.tuned import LoadPlan
    from stillroom.storage.runs import RunStore
    from stillroom.templates.library import TemplateLibrary
    from stillroom.templates.template import Template


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
        notices: sentences to show at start.
    """

    engine: Engine
    readers: Readers
    store: RunStore
    templates: TemplateLibrary
    tasks: Tasks
    memory: WindowMemory
    theme: Theme
    notices: tuple[str, ...] = ()
    _extractor: Extractor | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def extractor(self) -> Extractor:
        with self._lock:
            if self._extractor is None:
                from stillroom.extraction.extractor import Extractor

                self._extractor = Extractor(self.engine)
            return self._extractor

    def starter_model(self) -> ModelFile | None:
        from stillroom.models.library import starter_model

        return starter_model()

    def load_plan(self, model: ModelFile) -> LoadPlan:
        """The file, options and environment to load it with: as it was tuned on this machine."""
        from stillroom.models.tuned import load_plan

        return load_plan(model)

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
        """The newest runs on disk."""
        found = []
        for record in self.store.runs()[:newest]:
            total = len(self.store.documents(record.id))
            if total:
                done = total - len(self.store.pending(record.id))
                title = record.template_name.replace("-", " ").capitalize()
                found.append(StoredRun(record.id, title, total, done, record.created.astimezone()))
        return found

    def export(self, results: Sequence[DocumentResult], template: Template, target: Path) -> None:
        from stillroom.extraction.export import export

        export(results, template, target)
