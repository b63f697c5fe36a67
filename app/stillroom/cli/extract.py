"""``stillroom extract``: a run over files, with a bar, and its rows as a file, as JSON lines or as a table."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.cli import DONE, FAILURE, SOME_FAILED, USAGE, say
from stillroom.cli.progress import Display, display
from stillroom.cli.results import print_table, summary
from stillroom.cli.signals import gathered_signals
from stillroom.documents.readers import Readers
from stillroom.engine.engine import Engine
from stillroom.engine.kept_files import folder_for
from stillroom.errors import Cancelled, StillroomError
from stillroom.extraction.columns import json_line
from stillroom.extraction.export import check_target, export
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import DocumentResult, DocumentStatus
from stillroom.extraction.run import Batch, expand
from stillroom.models.adapters import model_sha256
from stillroom.models.library import ModelFile, default_model, find_model
from stillroom.settings import CONTEXT_TOKENS, KEEP_ON_DISK, MODEL, READER_MEMORY, READER_SECONDS, THREADS, Settings
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Template
from stillroom.tuning.tuned import LoadPlan, in_place_of, load_plan, that_fits

_POLL_SECONDS = 0.1


def run(options: argparse.Namespace) -> int:
    """Run the command; see ``stillroom.cli`` for the status."""
    try:
        if options.out is not None:
            check_target(options.out)
        template = TemplateLibrary().find(options.template)
        files = expand(options.paths)
        if not files:
            raise StillroomError("There is no file in what was named. Name files, or a folder with files in it.")
        settings = Settings()
        chosen = find_model(options.model) if options.model else None
        password = _password(options.password_file)
    except StillroomError as error:
        say(error.message)
        return USAGE
    for problem in settings.problems:
        say(problem)
    with Database(paths.database_file()) as database:
        if database.notice:
            say(database.notice)
        store = RunStore(database)
        batch = _unfinished(store, template, files, chosen) if options.resume else None
        if options.resume and batch is None:
            say("There is no unfinished run of these files with this template and model; a new one is started.")
        plan = _plan(batch, chosen, settings)
        plan = that_fits(plan)
        if plan.notice:
            say(plan.notice)
        work = _Work(store, template, files, batch, plan, settings, as_json=_as_json(options), password=password)
        return work.run(options.out)


def _password(file: Path | None) -> str | None:
    """The first line of a file: a password on the command line would be seen by everybody on the machine."""
    if file is None:
        return None
    try:
        return next(iter(file.read_text(encoding="utf-8").splitlines()), None)
    except (OSError, UnicodeDecodeError) as error:
        raise StillroomError(
            f"The password file {file} cannot be read. Write the password in its first line."
        ) from error


def _as_json(options: argparse.Namespace) -> bool:
    return bool(options.json or (options.out is None and not sys.stdout.isatty()))


def _unfinished(store: RunStore, template: Template, files: Sequence[Path], model: ModelFile | None) -> Batch | None:
    """The newest run of these files with this template (and model, if one was named) that is not finished."""
    wanted = [str(file.absolute()) for file in files]
    for record in store.unfinished():
        if (record.template_name, record.template_sha256) != (template.name, template.sha256):
            continue
        if model is not None and record.model_sha256 not in (model_sha256(model), model_sha256(in_place_of(model))):
            continue
        if [document.path for document in store.documents(record.id) if document.parent is None] == wanted:
            return Batch.resume(store, record.id)
    return None


def _plan(batch: Batch | None, chosen: ModelFile | None, settings: Settings) -> LoadPlan:
    """The model to load, and how: the run's, else the one named, else the usual one. Raises StillroomError where it is gone."""
    context_tokens, threads = settings.get(CONTEXT_TOKENS), settings.get(THREADS)
    if batch is None:
        usual = settings.get(MODEL)
        model = chosen or (find_model(usual) if usual else default_model())
        return load_plan(model, context_tokens=context_tokens, threads=threads)
    model = find_model(batch.record.model_path)
    if model_sha256(model) != batch.record.model_sha256:
        raise StillroomError(
            f"The file of the model {batch.record.model_name} is not the one the run was started with. "
            "Put that one back, or start a new run without --resume."
        )
    return load_plan(model, context_tokens=context_tokens, threads=threads, exact=True)


class _Work:
    """The run on a thread of its own, so that the main thread can see Ctrl-C at any time."""

    def __init__(
        self,
        store: RunStore,
        template: Template,
        files: Sequence[Path],
        batch: Batch | None,
        plan: LoadPlan,
        settings: Settings,
        *,
        as_json: bool,
        password: str | None = None,
    ) -> None:
        self._password = password
        self._store = store
        self._template = template
        self._files = files
        self._batch = batch
        self._plan = plan
        self._settings = settings
        self._as_json = as_json
        self._cancellation = Cancellation()
        self._finished = threading.Event()
        self._error: BaseException | None = None

    def run(self, out: Path | None) -> int:
        stopped_by = self._until_finished()
        if isinstance(self._error, Cancelled):
            say(self._kept("Stopped."))
            return 128 + (stopped_by or signal.SIGINT)
        if isinstance(self._error, StillroomError):
            say(self._error.message)
            if self._batch is not None:
                say(self._kept("The run was ended."))
            return FAILURE
        if self._error is not None:
            raise self._error
        assert self._batch is not None
        return self._deliver(self._batch, out)

    def _until_finished(self) -> int | None:
        """Do the work; returns the signal that stopped it."""
        with (
            gathered_signals() as received,
            display(bar=sys.stderr.isatty() and not (self._as_json and sys.stdout.isatty())) as shown,
        ):
            thread = threading.Thread(target=self._work, args=(shown,), name="run", daemon=True)
            thread.start()
            while not self._finished.wait(_POLL_SECONDS):
                if received:
                    self._cancellation.request()
            thread.join()
        return received[0] if received else None

    def _work(self, shown: Display) -> None:
        try:
            seconds, mebibytes = self._settings.get(READER_SECONDS), self._settings.get(READER_MEMORY)
            with Engine() as engine, Readers(seconds=seconds, memory_bytes=mebibytes << 20) as readers:
                if self._password:
                    readers.remember_password(self._password)
                self._do(engine, readers, shown)
        except BaseException as error:  # noqa: BLE001 - raised again on the main thread
            self._error = error
        finally:
            self._finished.set()

    def _do(self, engine: Engine, readers: Readers, shown: Display) -> None:
        batch = self._batch
        if batch is not None:
            for result in batch.results():
                if result is not None:
                    self._print(result)
        if batch is None or batch.pending():
            plan = self._plan
            info = engine.load(
                plan.model.path,
                replace(plan.options, kept_folder=folder_for(keep=self._settings.get(KEEP_ON_DISK))),
                environment=plan.environment,
                on_progress=lambda share: shown.loading(plan.model.name, share),
                cancellation=self._cancellation,
            )
            if batch is None:
                batch = Batch.create(self._store, self._template, self._files, info)
                # Until its output is written a run can be resumed, also one whose rows are all there.
                self._store.set_delivered(batch.run_id, False)
                self._batch = batch
            batch.run(
                Extractor(engine),
                readers,
                on_result=lambda _, result: self._print(result),
                on_progress=shown.documents,
                cancellation=self._cancellation,
            )

    def _print(self, result: DocumentResult) -> None:
        if self._as_json:
            line = json_line(result)
            encoding = sys.stdout.encoding or "utf-8"
            print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)

    def _deliver(self, batch: Batch, out: Path | None) -> int:
        results = [result for result in batch.results() if result is not None]
        if out is not None:
            try:
                export(results, batch.template, out)
            except StillroomError as error:
                say(
                    f"{error.message} The rows are kept; the same command with --resume writes them without reading anew."
                )
                return FAILURE
        elif not self._as_json:
            print_table(results, batch.template)
        self._store.set_delivered(batch.run_id, True)
        for sentence in summary(results, out, list_failures=out is not None or self._as_json):
            say(sentence)
        return SOME_FAILED if any(result.status is DocumentStatus.FAILED for result in results) else DONE

    def _kept(self, what: str) -> str:
        if self._batch is None:
            return f"{what} No document had been begun."
        total = len(self._batch.files)
        done = total - len(self._batch.pending())
        return f"{what} {done} of {total} documents are done and kept; the same command with --resume goes on."
