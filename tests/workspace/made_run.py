"""A run over made documents, without files and with a scripted engine, as the tests of deciding rows again make it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.extraction.scripted_engine import ScriptedEngine

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import FieldValue
from stillroom.extraction.run import Batch
from stillroom.models.model_file import ModelFile
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.templates.template import Template
from stillroom.workspace.recent_documents import RecentDocuments
from stillroom.workspace.runs import Runs


class MadeReader:
    """A reader that makes a document of the number in its file's name.

    Attributes:
        make: a document of its number. read_files: by name, in order.
    """

    def __init__(self, make: Callable[[int], Document]) -> None:
        self.make = make
        self.read_files: list[str] = []

    def read(self, path: Path, *, password: str | None = None, cancellation: Cancellation | None = None) -> Document:
        assert password is None
        if cancellation is not None:
            cancellation.raise_if_requested()
        self.read_files.append(path.name)
        return self.make(int(path.stem))


class MadeRun:
    """A run that is begun: its store, its documents from 0 on, and what does it."""

    def __init__(
        self, folder: Path, template: Template, make: Callable[[int], Document], count: int, **of_runs: Any
    ) -> None:
        """``of_runs``: what ``Runs`` is given besides."""
        self.database = Database(folder / "runs.db")
        self.store = RunStore(self.database)
        self.reader = MadeReader(make)
        (folder / "m.gguf").write_bytes(b"GGUF")
        files = [folder / f"{number}.txt" for number in range(count)]
        self.batch = Batch.create(self.store, template, files, ModelFile("m", folder / "m.gguf", 4, "Q4_1", False))
        self.extractor = Extractor(ScriptedEngine())
        self.runs = self.made_anew(**of_runs)

    def made_anew(self, **of_runs: Any) -> Runs:
        """What does runs over the same store, and knows nothing of what was done before."""
        return Runs(lambda: self.store, lambda: self.extractor, self.reader, RecentDocuments(), **of_runs)  # type: ignore[arg-type]

    def values(self, field: str) -> list[str | None]:
        """Of a field, document by document."""
        found = []
        for row in self.batch.results():
            assert row is not None
            value = row.fields[field]
            assert isinstance(value, FieldValue)
            found.append(value.value)
        return found
