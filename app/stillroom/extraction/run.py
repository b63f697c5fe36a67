"""A run: one template over many files, one row for each, every row on disk before it is told."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.documents.reader_pool import PagesRead
from stillroom.engine.protocol import ModelInfo
from stillroom.errors import Cancelled, DocumentError, EngineError, StillroomError
from stillroom.extraction.estimate import TimeLeft
from stillroom.extraction.files import expand
from stillroom.extraction.provenance import record, remote_record
from stillroom.extraction.result import (
    Coverage,
    DocumentResult,
    DocumentStatus,
    OnStep,
    Progress,
    Step,
    result_from_json,
    result_to_json,
    unheard,
)
from stillroom.models.model_file import ModelFile
from stillroom.privacy import audit
from stillroom.storage.runs import RunDocument, RunRecord, RunStore
from stillroom.templates.template import Template
from stillroom.templates.toml_file import parse_template

__all__ = ["Batch", "DocumentExtractor", "DocumentReader", "expand"]

_LOG = logging.getLogger(__name__)
_TRIES = 3
_TOLD_EVERY = 0.5
"""Seconds between two words of how far a document is."""
_LONG = 50_000
"""Characters of a document whose extraction can be expected to take seconds."""


def _ignore(*_: object) -> None:
    """The callback of one who does not listen."""


class DocumentReader(Protocol):
    """What a run needs of the readers."""

    def read(
        self, path: Path, *, password: str | None = None, cancellation: Cancellation | None = None
    ) -> Document: ...


@runtime_checkable
class TellingReader(Protocol):
    """Readers that say how far they are in a long document."""

    def pages_read(self, path: Path) -> PagesRead | None: ...


class DocumentExtractor(Protocol):
    """What a run needs of the extractor."""

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult: ...


@runtime_checkable
class KeepingExtractor(Protocol):
    """An extractor that also gives what it saw of a document, packed (see ``kept_seen``); empty for nothing. It tells its steps."""

    def extract_and_keep(
        self,
        document: Document,
        template: Template,
        *,
        file: str,
        cancellation: Cancellation | None = None,
        on_step: OnStep = unheard,
    ) -> tuple[DocumentResult, bytes]: ...


@runtime_checkable
class HastyExtractor(Protocol):
    """An extractor that can do with less for a template that is being changed."""

    def extract_hastily(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult: ...


class Batch:
    """One run over files. The next file is read while the model works on this one.

    Attributes:
        run_id: in the store.
        record: what the run was started with.
        template: as it was when the run was started.
        files: by position, as the person gave them; then what was found attached to them, as it is named to people.
    """

    def __init__(
        self, store: RunStore, record: RunRecord, documents: Sequence[RunDocument], template: Template
    ) -> None:
        """For ``create`` and ``resume``."""
        self._store = store
        self._documents = list(documents)
        self._joining = threading.Lock()
        self.record = record
        self.run_id = record.id
        self.template = template
        self.files = [Path(document.file) for document in documents]

    @classmethod
    def create(
        cls,
        store: RunStore,
        template: Template,
        files: Sequence[Path],
        model: ModelInfo | ModelFile,
        *,
        renews: int | None = None,
    ) -> Batch:
        """A new run; ``renews``: of its record. A file listed twice is done twice.

        Raises StillroomError (storage, or the model's file is gone).
        """
        kept = dataclasses.replace(record(template, model), renews=renews)
        run = store.create_run(kept, [(str(file), str(file.absolute())) for file in files])
        audit.note(
            "run", run=run, template=template.name, template_sha256=kept.template_sha256, model=kept.model_name,
            model_sha256=kept.model_sha256, files=len(files),
        )  # fmt: skip
        return cls(store, store.run(run), store.documents(run), template)

    @classmethod
    def create_remote(cls, store: RunStore, template: Template, files: Sequence[Path], name: str, host: str) -> Batch:
        """A new run with a model that is not here. Raises StorageError."""
        kept = remote_record(template, name, host)
        run = store.create_run(kept, [(str(file), str(file.absolute())) for file in files])
        audit.note(
            "run",
            run=run,
            template=template.name,
            template_sha256=kept.template_sha256,
            model=name,
            host=host,
            files=len(files),
        )
        return cls(store, store.run(run), store.documents(run), template)

    @classmethod
    def resume(cls, store: RunStore, run_id: int) -> Batch:
        """A stored run with the template it was started with. Raises StillroomError where there is none of this id."""
        kept = store.run(run_id)
        template = parse_template(kept.template_toml, f"run {run_id}")
        template = dataclasses.replace(template, sha256=kept.template_sha256)
        return cls(store, kept, store.documents(run_id), template)

    def add(self, files: Sequence[Path]) -> list[int]:
        """Further files at the end of the run, to be done; their positions. Raises StorageError."""
        with self._joining:
            added = self._store.add_documents(self.run_id, [(str(file), str(file.absolute())) for file in files])
            self._documents.extend(added)
            self.files.extend(Path(document.file) for document in added)
        audit.note("added", run=self.run_id, files=len(added))
        return [document.position for document in added]

    def places(self) -> list[Path]:
        """Where each file is, whatever the folder it was named from; what is attached to one after its message's place."""
        return [
            Path(document.path)
            if document.parent is None
            else Path(document.path + document.file.removeprefix(self._documents[document.parent].file))
            for document in self._documents
        ]

    def results(self) -> list[DocumentResult | None]:
        """What is on disk, by position."""
        rows = self._store.results(self.run_id)
        found = [rows.get(position) for position in range(len(self.files))]
        return [None if row is None else result_from_json(row) for row in found]

    def pending(self) -> list[int]:
        """Positions without a row."""
        return self._store.pending(self.run_id)

    def retry(self, positions: Sequence[int]) -> None:
        """Forget these rows, so that ``run`` does them again."""
        self._store.reset(self.run_id, positions)

    def owning(self) -> AbstractContextManager[None]:
        """To be held by whoever does several documents. Entering raises OwnedElsewhere."""
        return self._store.owning(self.run_id)

    def run(
        self,
        extractor: DocumentExtractor,
        readers: DocumentReader,
        *,
        on_result: Callable[[int, DocumentResult], None] = _ignore,
        on_progress: Callable[[Progress], None] = _ignore,
        cancellation: Cancellation | None = None,
    ) -> None:
        """Do the files without a row, in order. Blocks; the callbacks come on this thread, a result when it is on disk.

        What is attached to a message joins the run at its end, with its own position and row, and is done right after it.
        A file that cannot be read or extracted becomes a failed row. A document during which the worker died is tried
        again, twice. Raises Cancelled (the finished rows stay), StorageError (a row could not be saved), and OwnedElsewhere
        where another process works on the run.
        """
        if cancellation is not None:
            cancellation.raise_if_requested()
        with self.owning():
            self._run(extractor, readers, on_result, on_progress, cancellation)

    def _run(
        self,
        extractor: DocumentExtractor,
        readers: DocumentReader,
        on_result: Callable[[int, DocumentResult], None],
        on_progress: Callable[[Progress], None],
        cancellation: Cancellation | None,
    ) -> None:
        pending = deque(self.pending())
        failed = sum(row["status"] == DocumentStatus.FAILED for row in self._store.results(self.run_id).values())
        left = TimeLeft()
        with _ReadAhead(readers, cancellation) as ahead:
            while pending:
                total, remaining = len(self.files), len(pending)
                position = pending.popleft()
                document = self._documents[position]
                at = Progress(total - remaining, total, document.file, left.seconds(remaining), failed)
                on_progress(at)
                started = time.monotonic()
                reading = ahead.take(document)
                steps = _Steps(at, reading, on_progress)
                if isinstance(readers, TellingReader):
                    _tell_pages(reading, readers, Path(document.path), at, on_progress)
                if pending:
                    ahead.begin(self._documents[pending[0]])
                result, seen = self._result(document, reading, extractor, cancellation, steps.tell)
                pending.extendleft(reversed(self._save(document, result, reading, ahead, seen)))
                left.add(time.monotonic() - started)
                failed += result.status is DocumentStatus.FAILED
                on_result(position, result)
        on_progress(Progress(len(self.files), len(self.files), "", 0.0, failed))

    def do_one(
        self,
        position: int,
        extractor: DocumentExtractor,
        readers: DocumentReader,
        cancellation: Cancellation | None = None,
    ) -> DocumentResult:
        """Do one file and put its row on disk; from several threads at once, each with files of its own.

        What is attached to it joins the run and is pending then. Raises Cancelled and StorageError.
        """
        with self._joining:
            document = self._documents[position]
        reading: Future[tuple[Document, float]] = Future()
        try:
            reading.set_result(_read(readers, document, cancellation))
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - told on the row, as where it is read ahead
            reading.set_exception(error)
        result, seen = self._result(document, reading, extractor, cancellation)
        with self._joining:
            self._save(document, result, reading, None, seen)
        return result

    def _save(
        self,
        document: RunDocument,
        result: DocumentResult,
        reading: Future[tuple[Document, float]],
        ahead: _ReadAhead | None,
        seen: bytes,
    ) -> list[int]:
        """Put the row on disk, and the attachments into the run. Returns the positions of those that are new."""
        attached: list[Document] = []
        if document.part == 0 and reading.exception() is None:
            content, _ = reading.result()
            attached = [*content.walk()][1:]
        names = [document.file + part.name.removeprefix(content.name) for part in attached]
        joined = self._store.save(self.run_id, document.position, result_to_json(result), names, seen)
        audit.note(
            "document", run=self.run_id, position=document.position, sha256=result.sha256, status=str(result.status)
        )
        for new in joined:
            self._documents.append(new)
            self.files.append(Path(new.file))
            if ahead is not None:
                ahead.hold(new, attached[new.part - 1])
        return [new.position for new in joined]

    def _result(
        self,
        document: RunDocument,
        reading: Future[tuple[Document, float]],
        extractor: DocumentExtractor,
        cancellation: Cancellation | None,
        on_step: OnStep = unheard,
    ) -> tuple[DocumentResult, bytes]:
        """The row, and what was seen of the document."""
        started = time.monotonic()
        content: Document | None = None
        try:
            content, seconds_reading = reading.result()
            started = time.monotonic()
            result, seen = self._extracted(document, content, extractor, cancellation, on_step)
        except Cancelled:
            raise
        except StillroomError as error:
            failed = self._failed(document, content, error.message, time.monotonic() - started)
            return dataclasses.replace(failed, lasting=isinstance(error, DocumentError) and error.lasting), b""
        except OSError as error:
            reason = error.strerror or type(error).__name__
            sentence = f"The file could not be opened: {reason}. Look whether it is still there and may be read."
            return self._failed(document, content, sentence, time.monotonic() - started), b""
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one document must not cost the others
            # The message of an unknown error may quote the document; its place in the code does not.
            place = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("document %d of run %d: %s\n%s", document.position, self.run_id, type(error).__name__, place)
            sentence = (
                f"Stillroom made a mistake on this document ({type(error).__name__}). Try it again, or report it."
            )
            return self._failed(document, content, sentence, time.monotonic() - started), b""
        timed = dataclasses.replace(
            result,
            model_name=result.model_name or self.record.model_name,
            model_sha256=result.model_sha256 or self.record.model_sha256,
            seconds=round(seconds_reading + time.monotonic() - started, 3),
        )
        return timed, seen

    def _extracted(
        self,
        document: RunDocument,
        content: Document,
        extractor: DocumentExtractor,
        cancellation: Cancellation | None,
        on_step: OnStep,
    ) -> tuple[DocumentResult, bytes]:
        if content.only_holds_others:
            read = Coverage(content.page_count, content.page_count, 0, 0)
            empty = self._told(document, content, DocumentStatus.DONE)
            return dataclasses.replace(empty, coverage=read, notes=content.notes), b""
        for attempt in range(1, _TRIES + 1):
            try:
                if isinstance(extractor, KeepingExtractor):
                    return extractor.extract_and_keep(
                        content, self.template, file=document.file, cancellation=cancellation, on_step=on_step
                    )
                return extractor.extract(content, self.template, file=document.file, cancellation=cancellation), b""
            except EngineError as error:
                if not error.retryable or attempt == _TRIES:
                    raise
                _LOG.warning("document %d of run %d is tried again on a new worker", document.position, self.run_id)
                if cancellation is not None:
                    cancellation.raise_if_requested()
        raise AssertionError("unreachable")

    def _failed(self, document: RunDocument, content: Document | None, sentence: str, seconds: float) -> DocumentResult:
        failed = self._told(document, content, DocumentStatus.FAILED)
        return dataclasses.replace(failed, error=sentence, seconds=round(seconds, 3))

    def _told(self, document: RunDocument, content: Document | None, status: DocumentStatus) -> DocumentResult:
        """A row without values: there was nothing to take them from."""
        return DocumentResult(
            file=document.file,
            status=status,
            coverage=Coverage(0, content.page_count, 0, content.characters) if content else Coverage(0, 0, 0, 0),
            fields={},
            template_name=self.template.name,
            template_version=self.template.version,
            model_name=self.record.model_name,
            model_sha256=self.record.model_sha256,
            sha256=content.sha256 if content else "",
        )


class _Steps:
    """What is told of the extraction of one document: its steps, where it takes long."""

    def __init__(
        self, at: Progress, reading: Future[tuple[Document, float]], on_progress: Callable[[Progress], None]
    ) -> None:
        """``reading``: of the document, which is done when the first step is told."""
        self._at, self._reading, self._on_progress = at, reading, on_progress
        self._last = time.monotonic()
        self._first = True

    def tell(self, step: Step) -> None:
        now = time.monotonic()
        is_long = self._first and self._reading.result()[0].characters >= _LONG
        self._first = False
        if is_long or now - self._last >= _TOLD_EVERY:
            self._last = now
            self._on_progress(dataclasses.replace(self._at, step=step))


def _tell_pages(
    reading: Future[tuple[Document, float]],
    readers: TellingReader,
    path: Path,
    at: Progress,
    on_progress: Callable[[Progress], None],
) -> None:
    """Until a document is read, say by which page of it the readers are; hundreds of scanned pages take half an hour."""
    while not wait([reading], _TOLD_EVERY).done:
        pages = readers.pages_read(path)
        if pages is not None:
            left = None if pages.seconds_left is None else pages.seconds_left + (at.seconds_left or 0.0)
            on_progress(dataclasses.replace(at, page=pages.page, pages=pages.pages, seconds_left=left))


class _ReadAhead:
    """A thread that reads the next file; leaving stops a read that is going on."""

    def __init__(self, readers: DocumentReader, cancellation: Cancellation | None) -> None:
        self._readers = readers
        self._stop = Cancellation()
        self._forget = cancellation.when_requested(self._stop.request) if cancellation else lambda: None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-ahead")
        self._begun: dict[int, Future[tuple[Document, float]]] = {}

    def begin(self, document: RunDocument) -> None:
        if document.position not in self._begun:
            self._begun[document.position] = self._thread.submit(_read, self._readers, document, self._stop)

    def hold(self, document: RunDocument, content: Document) -> None:
        """It was read already, with the message it is attached to."""
        future: Future[tuple[Document, float]] = Future()
        future.set_result((content, 0.0))
        self._begun[document.position] = future

    def take(self, document: RunDocument) -> Future[tuple[Document, float]]:
        self.begin(document)
        return self._begun.pop(document.position)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forget()
        self._stop.request()
        self._thread.shutdown(wait=True)


def read_document(readers: DocumentReader, document: RunDocument, cancellation: Cancellation | None = None) -> Document:
    """A document of a run; of what is attached to a message, that part. Raises DocumentError, PasswordNeeded, Cancelled."""
    content = readers.read(Path(document.path), cancellation=cancellation)
    if not document.part:
        return content
    parts = [*content.walk()]
    if document.part >= len(parts):
        raise DocumentError("The attachment is not in the message any more: its file has changed. Add it anew.")
    return parts[document.part]


def _read(readers: DocumentReader, document: RunDocument, cancellation: Cancellation | None) -> tuple[Document, float]:
    started = time.monotonic()
    content = read_document(readers, document, cancellation)
    return content, time.monotonic() - started
