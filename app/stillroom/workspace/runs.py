"""Runs: one template over many files, begun, gone on with, done again; one document at a time, or many in flight."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillroom.cancellation import Cancellation
from stillroom.documents.reader_pool import ReaderPool
from stillroom.storage.runs import RunStore
from stillroom.workspace.recent_documents import RecentDocuments, RememberingExtractor

if TYPE_CHECKING:
    from stillroom.documents.document import Document
    from stillroom.engine.protocol import ModelInfo
    from stillroom.extraction.choosing import Learned
    from stillroom.extraction.comparison import Comparison
    from stillroom.extraction.deciding import Seen
    from stillroom.extraction.kept_seen import Unpacker
    from stillroom.extraction.result import DocumentResult, FieldResult, Progress
    from stillroom.extraction.run import Batch, DocumentExtractor
    from stillroom.extraction.subject import Embed
    from stillroom.learning.run_evidence import RunEvidence
    from stillroom.models.model_file import ModelFile
    from stillroom.remote.engines import RemoteEngine
    from stillroom.templates.template import Template

__all__ = ["Batch", "Comparison", "DecidedAgain", "Runs", "StoredRun"]


def _ignore(*_: object) -> None:
    """The callback of one who does not listen."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run that is on disk: ``done`` of ``total`` documents are finished. ``title``: as the person named it; else the template's."""

    run_id: int
    title: str
    total: int
    done: int
    started: datetime


@dataclass(frozen=True, slots=True)
class DecidedAgain:
    """Rows of a run that were decided again, and came out otherwise.

    Attributes:
        before, after: by position. seen: what is kept of some of them now.
        left: positions of documents of which nothing is kept to decide them by: they would have to be extracted again.
    """

    run: int
    before: dict[int, DocumentResult]
    after: dict[int, DocumentResult]
    seen: dict[int, bytes]
    left: tuple[int, ...]

    def changed(self, position: int) -> list[str]:
        """The names of the fields that have other values now."""
        return changed_fields(self.before[position], self.after[position])


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is held in memory of a run, to decide its rows again.

    Attributes:
        of: the run, and what was seen of its rows.
        unpacker: which holds documents. evidence: what they have in common, by what their template had learned then.
    """

    of: tuple[int, int, bytes]
    unpacker: Unpacker
    evidence: RunEvidence | None
    learned: Learned | None


class Runs:
    """The runs of a workspace. Methods block; every row is on disk before it is told."""

    def __init__(
        self,
        store: Callable[[], RunStore],
        extractor: Callable[[], DocumentExtractor],
        readers: ReaderPool,
        recent: RecentDocuments,
        learned: Callable[[Template], Learned | None] = lambda _: None,
        embed: Embed | None = None,
        judged: Callable[[Template, Sequence[DocumentResult]], Container[str]] = lambda _, __: (),
    ) -> None:
        """``learned``: what a template learned until now; ``embed``: by the loaded model; ``judged``: of which of these results' files
        (SHA-256) a person said something.
        """
        self._judged = judged
        self._store, self._extractor, self._readers, self._recent = store, extractor, readers, recent
        self._learned, self._embed = learned, embed
        self._opened: _Opened | None = None
        self._opening = threading.Lock()

    def files(self, named: Sequence[Path]) -> list[Path]:
        """The files that were named, folders as the readable files in them."""
        from stillroom.extraction.files import expand

        return expand(named)

    def new(self, template: Template, files: Sequence[Path], model: ModelInfo | ModelFile) -> Batch:
        """A run with a model that is here. Raises StillroomError."""
        from stillroom.extraction.run import Batch

        return Batch.create(self._store(), template, files, model)

    def new_remote(self, template: Template, files: Sequence[Path], engine: RemoteEngine) -> Batch:
        """A run with a model behind an address. Nothing is sent yet."""
        from stillroom.extraction.run import Batch

        return Batch.create_remote(self._store(), template, files, engine.title, engine.host)

    def resume(self, run_id: int) -> Batch:
        """A run that is on disk. Raises StillroomError where there is none of this number."""
        from stillroom.extraction.run import Batch

        return Batch.resume(self._store(), run_id)

    def add(self, batch: Batch, files: Sequence[Path]) -> list[int]:
        """Add files to a run, to be done; their positions. Raises StorageError."""
        return batch.add(files)

    def fresh(self, batch: Batch, files: Sequence[Path]) -> list[Path]:
        """Those of these files that are not in a run yet."""
        known = {place.absolute() for place in batch.places()}
        return [file for file in dict.fromkeys(files) if file.absolute() not in known]

    def changed(self, batch: Batch, template: Template) -> tuple[str, ...]:
        """The headings of the fields that a template asks otherwise than the run did."""
        from stillroom.templates.versions import differences

        return tuple(template.field(name).heading for name in differences(batch.template, template).fields)

    def renew(self, batch: Batch, template: Template, model: ModelInfo | ModelFile) -> Batch:
        """A run over the files of one, with its template as it is now: only fields that changed will be asked, the other values are
        taken over. One that was begun before and stopped is gone on with. The verdicts hold on, as they do for every run of the
        same files. Raises StillroomError."""
        from stillroom.extraction.provenance import record
        from stillroom.extraction.run import Batch

        wanted = record(template, model)
        for begun in self._store().unfinished():
            if begun.renews == batch.run_id and (begun.template_toml, begun.model_sha256) == (
                wanted.template_toml,
                wanted.model_sha256,
            ):
                return self.resume(begun.id)
        documents = [each for each in self._store().documents(batch.run_id) if each.parent is None]
        # As they were named, where that still leads there.
        files = [
            Path(each.file) if str(Path(each.file).absolute()) == each.path else Path(each.path) for each in documents
        ]
        return Batch.create(self._store(), template, files, model, renews=batch.run_id)

    def renewed(self) -> set[int]:
        """The runs that another one was made for, which asked what had changed."""
        return {each.renews for each in self._store().runs() if each.renews is not None}

    def compare(self, left: int, right: int) -> Comparison:
        """Which values two runs have alike, and which not. Raises StillroomError."""
        from stillroom.extraction.comparison import compare

        one, other = self.resume(left), self.resume(right)
        headings = {field.name: field.heading for batch in (other, one) for field in batch.template.fields}
        return dataclasses.replace(compare(one.results(), other.results()), headings=headings)

    def unfinished(
        self, template: Template, files: Sequence[Path], model: ModelFile | RemoteEngine | None = None
    ) -> Batch | None:
        """The newest run of these files with this template (and model, if one is named) that is not finished or delivered."""
        from stillroom.models.model_file import ModelFile

        wanted = [str(file.absolute()) for file in files]
        for record in self._store().unfinished():
            if (record.template_name, record.template_sha256) != (template.name, template.sha256):
                continue
            if isinstance(model, ModelFile):
                right = record.model_sha256 in _checksums(model)
            elif model is not None:
                right = record.model_name == model.title
            else:
                right = bool(record.model_path)  # of a model that is here
            if not right:
                continue
            if [each.path for each in self._store().documents(record.id) if each.parent is None] == wanted:
                return self.resume(record.id)
        return None

    def stored(self, newest: int = 20) -> list[StoredRun]:
        """The newest runs on disk that no other window or command is working on."""
        from stillroom.templates.toml_file import title_of

        found = []
        store = self._store()
        for record in store.runs()[:newest]:
            total = len(store.documents(record.id)) - len(store.removed(record.id))
            if total and not store.is_owned(record.id):
                done = total - len(store.pending(record.id))
                title = record.title or title_of(record.template_toml, record.template_name)
                found.append(StoredRun(record.id, title, total, done, record.created.astimezone()))
        return found

    def do(
        self,
        batch: Batch,
        *,
        again: Sequence[int] = (),
        alone: bool = False,
        on_result: Callable[[int, DocumentResult], None] = _ignore,
        on_progress: Callable[[Progress], None] = _ignore,
        on_together: Callable[[DecidedAgain], None] = _ignore,
        cancellation: Cancellation | None = None,
    ) -> None:
        """Do what is not done yet with the loaded model, one document after the other; then decide what nobody reviewed once more by
        what the documents have in common (``run_evidence``), and tell the rows that came out otherwise.

        Args:
            again: positions whose rows are forgotten first. alone: each document is decided by itself.
            on_together: called before those rows are told, where there are any.

        Raises Cancelled (the finished rows stay) and StorageError; what goes wrong with a document is on its row.
        """
        if again:
            batch.retry(again)
        batch.run(
            RememberingExtractor(self._asking(batch), self._recent),
            self._readers,
            on_result=on_result,
            on_progress=on_progress,
            cancellation=cancellation,
        )
        if alone:
            return
        rows = batch.results()
        judged = self._judged(batch.template, [row for row in rows if row is not None])
        left = [place for place, row in enumerate(rows) if row is not None and row.sha256 not in judged]
        found = self.decide_again(batch.run_id, left, cancellation)
        meanwhile = self._judged(batch.template, list(found.before.values())) if found.after else ()
        for place in [place for place, row in found.before.items() if row.sha256 in meanwhile]:
            del found.before[place], found.after[place]
            found.seen.pop(place, None)
        if not found.after:
            return
        self.put(batch.run_id, found.after, found.seen)
        on_together(found)
        for position, result in found.after.items():
            on_result(position, result)

    def decide_again(
        self, run_id: int, positions: Sequence[int], cancellation: Cancellation | None = None
    ) -> DecidedAgain:
        """Rows as they come out with what their template learned until now, and what the documents of the run have in common, from what
        was seen of them: nothing is read, and nothing put on disk (``put``). Raises StillroomError, Cancelled.
        """
        from stillroom.extraction import kept_seen
        from stillroom.extraction.deciding import decide
        from stillroom.extraction.result import result_from_json, result_to_json

        batch = self.resume(run_id)
        rows = self._store().results(run_id)
        learned = self._learned(batch.template)
        opened = self._opened_for(batch, rows, learned, cancellation)
        found = DecidedAgain(run_id, {}, {}, {}, ())
        known: set[int] = set()
        for position, content in self._store().seen(run_id, [each for each in positions if each in rows]):
            if cancellation is not None:
                cancellation.raise_if_requested()
            seen = opened.unpacker.unpack(content)
            if seen is None:
                continue
            known.add(position)
            embedded, among = seen.embedding, seen.among
            fields, notes = decide(seen, batch.template, learned, self._embed, opened.evidence)
            earlier = result_from_json(rows[position])
            fresh = dataclasses.replace(earlier, fields=fields, notes=notes)
            if seen.embedding is not embedded or seen.among is not among:
                found.seen[position] = kept_seen.pack(seen, fields)
            if result_from_json(result_to_json(fresh)) != earlier:
                found.before[position], found.after[position] = earlier, fresh
        return dataclasses.replace(found, left=tuple(each for each in positions if each not in known))

    def get_ready(self, run_id: int, cancellation: Cancellation | None = None) -> None:
        """Open what was seen of a run's rows, what stands around their candidates and what they have in common, so that they are decided
        again at once (``decide_again``). Raises StillroomError, Cancelled.
        """
        from stillroom.learning.surroundings import surroundings_in

        batch, rows = self.resume(run_id), self._store().results(run_id)
        opened = self._opened_for(batch, rows, self._learned(batch.template), cancellation)
        for _, content in self._store().seen(run_id, list(rows)):
            if cancellation is not None:
                cancellation.raise_if_requested()
            if not opened.unpacker.holds(content):
                continue  # it would be let go of at once
            seen = opened.unpacker.unpack(content)  # which holds it
            if seen is not None:
                for asked in seen.asked:
                    surroundings_in(seen.document, asked.candidates, asked.field.name)

    def seen(self, run_id: int, position: int, template: Template) -> Seen | None:
        """What was seen of a row's document by the fields of this template: at once, without its file; None where it was not kept, or by
        other fields or signs.
        """
        from stillroom.extraction.kept_seen import Unpacker

        opened = self._opened
        held = opened.unpacker if opened is not None and opened.of[0] == run_id else None
        unpacker = held if held is not None and held.template == template else Unpacker(template)
        return next(
            (unpacker.unpack(content) for _, content in self._store().seen(run_id, [position]) if content), None
        )

    def kept_document(self, run_id: int, position: int, sha256: str) -> Document | None:
        """The text of a row's document as it was read for the run: at once, without its file; None where it was not kept."""
        from stillroom.extraction.kept_text import text_of

        for _, content in self._store().seen(run_id, [position]):
            document = text_of(content)
            if document is not None and document.sha256 == sha256:
                return document
        return None

    def recognised_document(self, run_id: int, position: int, sha256: str) -> Document | None:
        """A row's document whose text was recognised in pictures, as it was read for the run, with all its places; None where it is none,
        or was too large to be kept. To recognise it again takes seconds a page.
        """
        from stillroom.extraction.kept_text import recognised

        for _, content in self._store().seen(run_id, [position]):
            document = recognised(content)
            if document is not None and document.sha256 == sha256:
                return document
        return None

    def let_go(self) -> None:
        """Forget what is held in memory of a run."""
        self._opened = None

    def _opened_for(
        self,
        batch: Batch,
        rows: Mapping[int, Mapping[str, Any]],
        learned: Learned | None,
        cancellation: Cancellation | None,
    ) -> _Opened:
        """What is held of a run: of the one that was asked about last, as long as what was seen of its rows is the same."""
        from stillroom.extraction.kept_seen import Unpacker
        from stillroom.learning.run_evidence import MOST_DOCUMENTS, evidence_of

        step = max(1, -(-len(rows) // MOST_DOCUMENTS))
        kept = [content for _, content in self._store().seen(batch.run_id, list(rows)[::step])]
        of = (batch.run_id, len(rows), hashlib.sha256(b"".join(kept)).digest())
        with self._opening:  # who comes while it is being opened waits for that, and does not do it as well
            opened = self._opened
            if opened is None or opened.of != of:
                unpacker = Unpacker(batch.template, hold=True)
                evidence = evidence_of(kept, batch.template, learned, cancellation, unpacker)
                opened = self._opened = _Opened(of, unpacker, evidence, learned)
            elif opened.learned is not learned:
                # Once all is forgotten they come out as they did at first.
                evidence = evidence_of(kept, batch.template, learned, cancellation, opened.unpacker)
                opened = self._opened = dataclasses.replace(opened, evidence=evidence, learned=learned)
            return opened

    def put(self, run_id: int, rows: Mapping[int, DocumentResult], seen: Mapping[int, bytes] | None = None) -> None:
        """Put rows that were decided again on disk, or those that were there before. Raises StorageError."""
        from stillroom.extraction.result import result_to_json

        self._store().decide(run_id, {position: result_to_json(row) for position, row in rows.items()}, seen or {})

    def set_removed(self, run_id: int, positions: Sequence[int], removed: bool) -> None:
        """Take documents out of the table of a run, or back into it; their files and rows stay. Raises StorageError."""
        self._store().set_removed(run_id, positions, removed)

    def removed(self, run_id: int) -> set[int]:
        """Positions of the documents that were taken out."""
        return self._store().removed(run_id)

    def _asking(self, batch: Batch) -> DocumentExtractor:
        """The extractor; for a run that renews another one that asks what changed."""
        renewed = self._store().run(batch.run_id).renews  # as it is now: the other run may have been erased
        if renewed is None:
            return self._extractor()
        from stillroom.extraction.renewal import ChangedFields
        from stillroom.templates.versions import differences

        old = self.resume(renewed)
        rows = [(place, row) for place, row in enumerate(old.results()) if row is not None and row.sha256]
        places = {row.sha256: place for place, row in rows}

        def seen(sha256: str) -> bytes:
            return next((content for _, content in self._store().seen(renewed, [places[sha256]])), b"")

        changed = differences(old.template, batch.template).fields
        return ChangedFields(self._extractor(), {row.sha256: row for _, row in rows}, old.template, changed, seen)

    def names_of(self, checksums: Iterable[str]) -> dict[str, str]:
        """By the SHA-256 of a document: the name of the file that a table has it from; of none where no table has it."""
        return {sha256: Path(file).name for sha256, file in self._store().files_of(checksums).items()}

    def with_file(self, path: Path) -> int | None:
        """The newest run on disk that has a row of this file; None where none has."""
        store = self._store()
        for record in store.runs():
            waiting = set(store.pending(record.id))
            if any(Path(each.path) == path and each.position not in waiting for each in store.documents(record.id)):
                return record.id
        return None

    def prepare(self) -> None:
        """Bring in what a run needs, which takes a moment and memory, while a person still looks at what they added."""
        self._extractor()

    def document(self, run_id: int, position: int, cancellation: Cancellation | None = None) -> Document:
        """The document of a row, read again; of an attachment, what is attached. Raises DocumentError, Cancelled."""
        from stillroom.extraction.run import read_document

        return read_document(self._readers, self._store().documents(run_id)[position], cancellation)

    def keep(self, run_id: int, position: int, result: DocumentResult) -> None:
        """Put another result of a row in the place of the one on disk. Raises StorageError."""
        from stillroom.extraction.result import result_to_json

        self._store().save(run_id, position, result_to_json(result))

    def set_delivered(self, batch: Batch, delivered: bool) -> None:
        """Whether the output was written for which the run was begun; until it was, the run can be gone on with."""
        self._store().set_delivered(batch.run_id, delivered)

    def export(self, results: Sequence[DocumentResult], template: Template, target: Path) -> None:
        """Write rows to a file of the kind its name ends in. Raises StillroomError."""
        from stillroom.extraction.export import export

        export(results, template, target)


def changed_fields(before: DocumentResult, after: DocumentResult) -> list[str]:
    """The names of the fields that have other values now."""
    return [name for name, now in after.fields.items() if _told(now) != _told(before.fields.get(name))]


def _told(result: FieldResult | None) -> object:
    """What a field says, wherever it stands and however sure that is."""
    from stillroom.extraction.result import FieldValue

    if isinstance(result, FieldValue):
        return result.value
    return [
        row.value if isinstance(row, FieldValue) else {name: cell.value for name, cell in row.items()}
        for row in result or ()
    ]


def check_target(target: Path) -> None:
    """Refuse a file that rows cannot be written to, before any work is done. Raises StillroomError."""
    from stillroom.extraction import export

    export.check_target(target)


def _checksums(model: ModelFile) -> tuple[str, str]:
    """Of a model and of what is loaded in its place."""
    from stillroom.models.adapters import model_sha256
    from stillroom.tuning.tuned import in_place_of

    return model_sha256(model), model_sha256(in_place_of(model))
