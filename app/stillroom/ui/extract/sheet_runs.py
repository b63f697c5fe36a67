"""The rows of a table and the runs that fill them. No widgets: tested without a window."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stillroom.extraction.result import DocumentResult, Progress
from stillroom.ui.extract.result_model import ResultModel
from stillroom.ui.extract.row import Row, RowState
from stillroom.ui.extract.run_queue import Run, RunQueue, RunState
from stillroom.workspace.runs import DecidedAgain

if TYPE_CHECKING:
    from stillroom.workspace.runs import Batch

_UNFINISHED = (RowState.WAITING, RowState.WORKING)


class SheetRuns(QObject):
    """The runs of one table.

    Signals:
        changed: a run started, went on or ended.
        finished: nothing of this table is running or waiting any more.
        failed(Exception): a run as a whole (not a document) failed.
        together(DecidedAgain): rows of a run came out otherwise when its documents were decided together.
    """

    changed = Signal()
    finished = Signal()
    failed = Signal(Exception)
    together = Signal(DecidedAgain)

    def __init__(
        self, model: ResultModel, queue: RunQueue, set_removed: Callable[[int, Sequence[int], bool], None]
    ) -> None:
        """``set_removed``: keeps on disk which positions of a run were taken out, or back in."""
        super().__init__()
        self._model, self._set_removed = model, set_removed
        self._queue = queue
        self._rows: dict[Run, list[Row]] = {}
        self._joining: dict[Run, list[Row]] = {}
        queue.started.connect(self._on_change)
        queue.joined.connect(self._on_joined)
        queue.progressed.connect(self._on_progress)
        queue.results.connect(self._on_results)
        queue.ended.connect(self._on_ended)
        queue.together.connect(self._on_together)

    @property
    def running(self) -> bool:
        return any(run.state in (RunState.WAITING, RunState.RUNNING) for run in self._rows)

    @property
    def started(self) -> bool:
        """True once a row belongs to a run: the template stays as it is."""
        return bool(self._rows)

    def holds(self, run_id: int) -> bool:
        """True where the stored run of this id is one of this table."""
        return any(run.batch is not None and run.batch.run_id == run_id for run in self._rows)

    @property
    def current(self) -> Progress | None:
        """Progress of the run of this table that is being done; None where none is."""
        run = self._queue.current
        return run.progress if run in self._rows else None

    def add(self, paths: Sequence[Path]) -> tuple[list[Row], int]:
        """Rows for files that are not in the table yet, and how many were. While a run goes on they join the line."""
        known = {row.path for row in self._model.rows}
        fresh = [path for path in dict.fromkeys(paths) if path not in known]
        rows = [Row(path) for path in fresh]
        self._model.add(rows)
        if rows and self.running:
            self.start()
        return rows, len(paths) - len(rows)

    def start(self) -> None:
        """Do what is ready or was stopped."""
        for run, rows in self._rows.items():
            own = (*rows, *self._joining.get(run, ()))
            left = [row for row in own if row.state is RowState.STOPPED and row.position not in run.removed]
            if left:
                self._model.set_state(left, RowState.WAITING)
                self._queue.submit(run)
        ready = [row for row in self._model.rows if row.state is RowState.READY]
        if ready:
            self._model.set_state(ready, RowState.WAITING)
            going = self._going
            if going is None:
                run = Run(self._model.template, [row.path for row in ready])
                self._take(run, ready)
                self._queue.submit(run)
            else:
                for row in ready:
                    row.run = going
                self._joining.setdefault(going, []).extend(ready)
                self._queue.add(going, [row.path for row in ready])
        self.changed.emit()

    @property
    def _going(self) -> Run | None:
        """The run that further files join: the table's own, if a model that is here did it."""
        return next((run for run in self._rows if run.batch is None or run.batch.record.model_path), None)

    def stop(self) -> None:
        """Stop after the documents that are finished."""
        for run in list(self._rows):
            self._queue.stop(run)

    def retry(self, rows: Iterable[Row]) -> None:
        """Do documents again."""
        again: dict[Run, list[Row]] = {}
        for row in rows:
            if row.run is not None and row.state in (RowState.FAILED, RowState.DONE):
                again.setdefault(row.run, []).append(row)
        for run, wanted in again.items():
            self._model.set_state(wanted, RowState.WAITING)
            self._queue.retry(run, [row.position for row in wanted])
        self.changed.emit()

    def note_removed(self, rows: Sequence[Row], removed: bool) -> None:
        """Rows were taken out of the table, or came back. Raises StorageError."""
        positions: dict[Run, list[int]] = {}
        for row in rows:
            if row.run is not None and row.position >= 0:  # else when it joins
                positions.setdefault(row.run, []).append(row.position)
        for run, own in positions.items():
            run.removed = run.removed | set(own) if removed else run.removed - set(own)
            if run.batch is not None:  # else when it begins
                self._set_removed(run.batch.run_id, own, removed)

    def stored(self) -> list[int]:
        """The runs of this table that are on disk, in order."""
        return [run.batch.run_id for run in self._rows if run.batch is not None]

    def batches(self) -> list[Batch]:
        """The same, as they are on disk."""
        return [run.batch for run in self._rows if run.batch is not None]

    def open(self, batch: Batch, results: Sequence[DocumentResult | None], removed: Collection[int] = ()) -> None:
        """Show a run that is on disk: what is not finished counts as stopped. ``removed``: positions that are not shown."""
        run = Run(batch.template, batch.files, batch)
        run.removed = set(removed)
        rows = [Row(place, RowState.STOPPED) for place in batch.places()]
        shown = [row for position, row in enumerate(rows) if position not in run.removed]
        left = [results[position] is None for position in range(len(rows)) if position not in run.removed]
        run.state = RunState.STOPPED if any(left) else RunState.FINISHED
        self._take(run, rows)
        self._model.add(shown)
        self._model.set_results((row, result) for row, result in zip(rows, results, strict=True) if result is not None)
        self.changed.emit()

    def leave(self) -> None:
        """Hear no more of the queue: the table is closed."""
        self._queue.started.disconnect(self._on_change)
        self._queue.joined.disconnect(self._on_joined)
        self._queue.progressed.disconnect(self._on_progress)
        self._queue.results.disconnect(self._on_results)
        self._queue.ended.disconnect(self._on_ended)
        self._queue.together.disconnect(self._on_together)

    def _take(self, run: Run, rows: list[Row]) -> None:
        self._rows[run] = rows
        for position, row in enumerate(rows):
            row.run, row.position = run, position

    def _on_change(self, run: Run) -> None:
        if run in self._rows:
            self.changed.emit()

    def _on_progress(self, run: Run) -> None:
        rows = self._rows.get(run)
        if rows is None:
            return
        name = run.progress.file
        files = run.batch.files if run.batch is not None else run.files
        begun = [
            row for row, file in zip(rows, files, strict=False) if row.state is RowState.WAITING and str(file) == name
        ]
        if begun:
            idle = [row for row in rows if row.state is RowState.WORKING]
            self._model.set_state(idle, RowState.WAITING)
            self._model.set_state(begun[:1], RowState.WORKING)
        self.changed.emit()

    def _on_joined(self, run: Run, positions: Sequence[int]) -> None:
        """Files that were added have their places now; what is attached to a message may have come before them."""
        rows = self._rows.get(run)
        if rows is None or run.batch is None:
            return
        places = run.batch.places()
        before = [Row(places[at], RowState.WAITING, run=run, position=at) for at in range(len(rows), min(positions))]
        self._model.add(before)
        waiting = self._joining.get(run, [])
        added, self._joining[run] = waiting[: len(positions)], waiting[len(positions) :]
        for row, position in zip(added, positions, strict=True):
            row.position = position
        rows.extend((*before, *added))
        shown = set(map(id, self._model.rows))
        self.note_removed([row for row in added if id(row) not in shown], True)

    def _on_results(self, run: Run, results: Sequence[tuple[int, DocumentResult]]) -> None:
        rows = self._rows.get(run)
        if rows is None:
            return
        # What is attached to a message joins the run while it goes on.
        joined = [
            Row(Path(result.file), RowState.WAITING, run=run, position=position)
            for position, result in sorted(results, key=lambda finished: finished[0])
            if position >= len(rows)
        ]
        rows.extend(joined)
        self._model.add(joined)
        self._model.set_results((rows[position], result) for position, result in results)

    def show(self, run_id: int, results: Mapping[int, DocumentResult]) -> None:
        """Show other results of rows, by position; they are on disk."""
        for run in self._rows:
            if run.batch is not None and run.batch.run_id == run_id:
                self._on_results(run, list(results.items()))

    def _on_together(self, run: Run, found: DecidedAgain) -> None:
        if run in self._rows:
            self.together.emit(found)

    def _on_ended(self, run: Run) -> None:
        rows = self._rows.get(run)
        if rows is None:
            return
        if run.state in (RunState.STOPPED, RunState.FAILED):
            waiting = (*rows, *self._joining.get(run, ()))
            self._model.set_state([row for row in waiting if row.state in _UNFINISHED], RowState.STOPPED)
        if run.error is not None:
            self.failed.emit(run.error)
        self.changed.emit()
        if not self.running:
            self.finished.emit()
