"""Runs, one after another: there is one model, so the runs of all tables wait in one line."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stillroom.errors import StillroomError
from stillroom.extraction.result import DocumentResult, Progress
from stillroom.templates.template import Template
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.workspace.runs import DecidedAgain

if TYPE_CHECKING:
    from stillroom.workspace.models import ModelFile
    from stillroom.workspace.runs import Batch


_PATIENCE = 10.0  # seconds that an estimate stands at least where nothing more is heard, however little time it leaves
_LONGEST = 2**31 - 1  # milliseconds that a QTimer takes


class RunState(StrEnum):
    """The state of a run in the queue."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class Run:
    """The way of one batch through the queue.

    Attributes:
        batch: None until it was started for the first time.
        files: by position.
        progress: of the documents of this run.
        error: why it failed as a whole.
        removed: positions that were taken out of the table.
        additions: files that are to join the batch when it is done next.
        has_model: the template's own model was loaded for it, or could not be.
    """

    def __init__(self, template: Template, files: Sequence[Path], batch: Batch | None = None) -> None:
        self.template = template
        self.files = list(files)
        self.batch = batch
        self.state = RunState.WAITING
        self.progress = Progress(total=len(self.files))
        self.error: Exception | None = None
        self.retries: list[int] = []
        self.removed: set[int] = set()
        self.additions: list[Path] = []
        self.has_model = False


class RunQueue(QObject):
    """A queue of runs: one at a time, in the order they were submitted, once the model is loaded.

    Signals (all on the window's thread):
        started(run), progressed(run), ended(run)
        joined(run, [position]): files that were added are in the batch, in their order.
        results(run, [(position, DocumentResult)]): documents that are finished and on disk.
        together(run, DecidedAgain): rows that came out otherwise when the documents were decided together; their results follow.
        changed: what is running or waiting.
    """

    started = Signal(Run)
    joined = Signal(Run, list)
    results = Signal(Run, list)
    progressed = Signal(Run)
    ended = Signal(Run)
    together = Signal(Run, DecidedAgain)
    changed = Signal()

    def __init__(self, parts: Parts, loading: ModelLoading) -> None:
        super().__init__()
        self._parts = parts
        self._loading = loading
        self._waiting: deque[Run] = deque()
        self._operation: Operation[None] | None = None
        self.current: Run | None = None
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(self._tell_late)
        loading.changed.connect(self._next)

    @property
    def waiting(self) -> list[Run]:
        return list(self._waiting)

    def submit(self, run: Run) -> None:
        """Put a run at the end of the line: a new one, or one that was stopped or is to be done again in part."""
        if run is self.current or run in self._waiting:
            return
        run.state, run.error = RunState.WAITING, None
        run.progress = Progress(total=len(run.files))
        self._waiting.append(run)
        self.changed.emit()
        self._next()

    def retry(self, run: Run, positions: Sequence[int]) -> None:
        """Do some documents of a run again: after the run, if it is being done."""
        run.retries.extend(positions)
        if run is not self.current:
            self.submit(run)

    def add(self, run: Run, files: Sequence[Path]) -> None:
        """Further files for a run: after the run, if it is being done."""
        run.additions.extend(files)
        if run is not self.current:
            self.submit(run)

    def stop(self, run: Run) -> None:
        """Stop a run after the documents that are finished; it can be submitted again."""
        if run in self._waiting:
            self._waiting.remove(run)
            run.state = RunState.STOPPED
            self.ended.emit(run)
            self.changed.emit()
        elif run is self.current and self._operation is not None:
            self._operation.cancellation.request()

    def _next(self) -> None:
        if self.current is not None or not self._waiting or self._loading.state is not LoadState.READY:
            return
        other = self._other_model(self._waiting[0])
        if self.current is not None or not self._waiting:
            return  # what was said of the model has had the run begun
        if other is not None:
            self._loading.lend(other)  # this is called again when it is loaded, or could not be
            return
        run = self.current = self._waiting.popleft()
        run.state = RunState.RUNNING
        retries, run.retries = run.retries, []
        additions = list(run.additions)
        finished = _Finished(self, run)

        def work(operation: Operation[None]) -> None:
            if run.batch is None:
                assert self._loading.model is not None
                run.batch = self._parts.runs.new(run.template, run.files, self._loading.model)
                self._parts.runs.set_removed(run.batch.run_id, sorted(run.removed), True)
            if additions:
                positions = self._parts.runs.add(run.batch, additions)
                operation.post(lambda: self._joined(run, positions))
            self._parts.runs.do(
                run.batch,
                again=retries,
                on_result=lambda position, result: finished.add(operation, position, result),
                on_progress=operation.to_window(partial(self._progressed, run)),
                on_together=operation.to_window(partial(self.together.emit, run)),
                cancellation=operation.cancellation,
            )

        operation = Operation(work, "run", owner=self)
        operation.success(lambda _: self._ended(run, RunState.FINISHED))
        operation.cancelled(lambda: self._ended(run, RunState.STOPPED))
        operation.failure(lambda error: self._ended(run, RunState.FAILED, error))
        self._operation = operation
        self.started.emit(run)
        self.changed.emit()
        self._parts.tasks.start(operation)

    def _other_model(self, run: Run) -> ModelFile | None:
        """The model to be loaded before a run begins: its template's own, or the usual one after that of another; None for none."""
        if run.batch is not None or run.has_model:
            return None
        run.has_model = True
        models, own = self._parts.models, None
        try:
            own = models.of_template(run.template.name)
        except StillroomError as error:
            self._loading.say(error.message)
        if own is None and self._loading.lent:
            own = models.usual()
        return own if own is not None and own.name != self._loading.wanted else None

    def _joined(self, run: Run, positions: Sequence[int]) -> None:
        del run.additions[: len(positions)]
        self.joined.emit(run, positions)

    def _progressed(self, run: Run, progress: Progress) -> None:
        run.progress = progress
        if progress.seconds_left is not None:
            self._late.start(round(min(1000 * max(_PATIENCE, progress.seconds_left), _LONGEST)))
        self.progressed.emit(run)

    def _tell_late(self) -> None:
        """One document takes longer than all that were left were thought to: how long they take is not known any more."""
        run = self.current
        if run is not None and run.progress.seconds_left is not None:
            run.progress = replace(run.progress, seconds_left=None)
            self.progressed.emit(run)

    def _ended(self, run: Run, state: RunState, error: Exception | None = None) -> None:
        if state is RunState.FINISHED and self._operation is not None and self._operation.cancellation.requested:
            state = RunState.STOPPED
        run.state, run.error = state, error
        self.current, self._operation = None, None
        self._late.stop()
        self.ended.emit(run)
        if (
            run.retries or run.additions
        ) and state is RunState.FINISHED:  # a stopped run takes them up when it is continued
            self.submit(run)
        self.changed.emit()
        self._next()


class _Finished:
    """Results gathered on the run's thread, so that a busy window takes many at once instead of falling behind."""

    def __init__(self, queue: RunQueue, run: Run) -> None:
        self._queue = queue
        self._run = run
        self._lock = threading.Lock()
        self._results: list[tuple[int, DocumentResult]] = []

    def add(self, operation: Operation[None], position: int, result: DocumentResult) -> None:
        with self._lock:
            self._results.append((position, result))
            first = len(self._results) == 1
        if first:
            operation.post(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            results, self._results = self._results, []
        self._queue.results.emit(self._run, results)
