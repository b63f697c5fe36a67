"""One table: its controls, the drop zone or the rows, and the details of the current cell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShowEvent, QUndoStack
from PySide6.QtWidgets import QFileDialog, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from stillroom.errors import StillroomError
from stillroom.extraction.result import DocumentResult
from stillroom.paths import config_dir
from stillroom.templates.template import Field, Template
from stillroom.ui.extract.copies import Copies
from stillroom.ui.extract.details import Details
from stillroom.ui.extract.drop_zone import DropZone
from stillroom.ui.extract.dropping import TakesDrops
from stillroom.ui.extract.exporting import Exporting
from stillroom.ui.extract.result_model import FIRST_FIELD, ResultModel, Role
from stillroom.ui.extract.result_table import ResultTable
from stillroom.ui.extract.row import Remedy, Row, RowState
from stillroom.ui.extract.run_queue import RunQueue
from stillroom.ui.extract.sheet_bar import SheetBar, SheetStatus
from stillroom.ui.extract.sheet_runs import SheetRuns
from stillroom.ui.extract.source import Sources
from stillroom.ui.extract.together import DecidedTogether
from stillroom.ui.extract.undo import RemoveRows
from stillroom.ui.extract.verdicts import SheetVerdicts
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, sentence, time_left_text, when_text

if TYPE_CHECKING:
    from stillroom.extraction.result import Step
    from stillroom.ui.remote.asking import RemoteAsking
    from stillroom.workspace.models import ModelFile
    from stillroom.workspace.runs import Batch


class Sheet(TakesDrops, QWidget):
    """One table with its bar, its files and its details.

    Signals:
        said(text, kind, actions): a message for the page's banner.
        title_changed: the tab's text is another.
        samples_wanted, earlier_wanted(int): as in the drop zone.
        review_wanted(int): the pages of the run of this id are to be looked at.
        cell_wanted(int, int, str): the run, the position of a document in it and the name of a field, of any table.
    """

    said = Signal(str, str, list)
    title_changed = Signal()
    samples_wanted = Signal()
    earlier_wanted = Signal(int)
    review_wanted = Signal(int)
    cell_wanted = Signal(int, int, str)

    def __init__(
        self, parts: Parts, queue: RunQueue, loading: ModelLoading, templates: Sequence[Template], template: Template
    ) -> None:
        super().__init__()
        self._parts = parts
        self._queue = queue
        self._loading = loading
        self.setAcceptDrops(True)
        self.model = ResultModel(template)
        self.runs = SheetRuns(self.model, queue, parts.runs.set_removed)
        self.undo = QUndoStack(self)
        self._show_first = False
        self._told_title = ""
        self._called = ""
        self._remote: RemoteAsking | None = None
        self.exporting = Exporting(self, parts, self.said.emit)
        self.verdicts = SheetVerdicts(parts, self.model, self.undo)
        self.copies = Copies(
            self, parts, self.model, self._remove, self.verdicts, self.cell_wanted.emit, self.said.emit
        )

        self.together = DecidedTogether(
            self, parts, self.model, self.runs, self.choose, self.said.emit, self._run_failed
        )

        self.column = column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID + GRID // 2)
        self.bar = SheetBar(templates, template)
        self.status = SheetStatus()
        self.drop_zone = DropZone(with_samples=True)
        self.table = ResultTable(self.model)
        self.details = Details(Sources(parts, self))
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.details)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([400, 250])
        self.splitter.setHandleWidth(GRID + GRID // 2)
        self.splitter.setChildrenCollapsible(False)
        self.table.setMinimumHeight(140)
        self.details.setMinimumHeight(150)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.drop_zone)
        self.stack.addWidget(self.splitter)
        column.addWidget(self.bar)
        column.addWidget(self.status)
        column.addWidget(self.stack, 1)
        self._connect()
        self._make_actions()
        self._arrange_columns()
        self._refresh()

    def _connect(self) -> None:
        self.bar.template_chosen.connect(self._choose_template)
        self.bar.model_menu_wanted.connect(self._list_models)
        for source in (self.bar, self.drop_zone):
            source.files_wanted.connect(self.pick_files)
            source.folder_wanted.connect(self.pick_folder)
        self.bar.run_wanted.connect(self._run_by_button)
        self.bar.cancel_wanted.connect(self.runs.stop)
        self.bar.review_wanted.connect(lambda: self._review([row for row in self.model.rows if row.result is not None]))
        self.bar.export_wanted.connect(
            lambda suffix: self.exporting.ask(self.model, suffix, only_approved=self.bar.only_approved.isChecked())
        )
        self.drop_zone.dropped.connect(self.add_files)
        self.drop_zone.samples_wanted.connect(self.samples_wanted)
        self.drop_zone.earlier_wanted.connect(self.earlier_wanted)
        self.status.only_looks.connect(self.table.shown.show_only_looks)
        self.status.find_wanted.connect(self.table.shown.find)
        self.status.find_wanted.connect(lambda _words: self._refresh())
        self.table.columns_arranged.connect(
            lambda: self._parts.memory.set(f"columns/{self.template.name}", self.table.arrangement())
        )
        self.status.retry_wanted.connect(self._retry_failed)
        self.model.counts_changed.connect(self._refresh)
        self.runs.changed.connect(self._refresh)
        self.runs.failed.connect(self._run_failed)
        self.runs.together.connect(self.together.tell)
        self.runs.finished.connect(self._offer_remote)
        self.runs.finished.connect(self.copies.look)
        self.runs.finished.connect(self.table.fit_columns)
        self._loading.changed.connect(self._refresh)
        self._queue.changed.connect(self._refresh)
        self.table.cell_chosen.connect(lambda row, field: self.details.show_cell(self.template, row, field))
        self.table.menu_wanted.connect(self._menu)
        self.table.delegate.retry.connect(lambda row: self.runs.retry([row]))
        self.table.delegate.unlock.connect(self.details.unlock)
        self.details.retry.connect(lambda row: self.runs.retry([row]))
        self.details.password_given.connect(self._unlock)
        self.table.runner_up.connect(self.verdicts.take_runner_up)
        self.verdicts.failed.connect(self._run_failed)
        self.verdicts.said.connect(lambda text: self.said.emit(text, "warn", []))
        self.verdicts.lapsed.connect(self._say_lapsed)

    def _make_actions(self) -> None:
        # What works on the selection needs the keyboard in this table; the others reach whichever table is shown.
        inside, window = Qt.ShortcutContext.WidgetWithChildrenShortcut, Qt.ShortcutContext.WindowShortcut

        def action(
            text: str, keys: QKeySequence | str, slot: Callable[[], object], where: Qt.ShortcutContext
        ) -> QAction:
            made = QAction(text, self)
            made.setShortcut(QKeySequence(keys))
            made.setShortcutContext(where)
            made.triggered.connect(lambda: slot())
            self.addAction(made)
            return made

        standard = QKeySequence.StandardKey
        self.copy_action = action(self.tr("Copy cells"), QKeySequence(standard.Copy), self._copy_cells, inside)
        self.copy_rows_action = action(self.tr("Copy rows with headings"), "Ctrl+Shift+C", self._copy_rows, inside)
        self.edit_action = action(self.tr("Correct the value"), "", self._edit, inside)
        self.accept_action = action(self.tr("Accept"), "Ctrl+Return", self._accept_or_run, window)
        self.approve_action = action(self.tr("Approve documents"), "Ctrl+Shift+Return", self._approve_selected, inside)
        self.retry_action = action(self.tr("Extract again"), "Ctrl+R", self._retry_selected, window)
        self.remove_action = action(self.tr("Remove rows"), QKeySequence(standard.Delete), self.remove_selected, inside)
        self.next_action = action(self.tr("Next that needs a look"), "F8", self._next_look, window)
        action(self.tr("Undo"), QKeySequence(standard.Undo), self.undo.undo, inside)
        action(self.tr("Redo"), QKeySequence(standard.Redo), self.undo.redo, inside)
        action(self.tr("Add files"), QKeySequence(standard.Open), self.pick_files, window)
        action(self.tr("Add a folder"), "Ctrl+Shift+O", self.pick_folder, window)
        action(self.tr("Find"), QKeySequence(standard.Find), self._find, window)
        action(self.tr("Export"), "Ctrl+E", self.bar.export.showMenu, window)

    # ---- what the page asks for

    @property
    def template(self) -> Template:
        return self.model.template

    @property
    def empty(self) -> bool:
        return not self.model.rows and not self.runs.started

    @property
    def title(self) -> str:
        name = self._called or self.template.title or self.template.name
        return f"{name} · {len(self.model.rows)}" if self.model.rows else self.tr("New table")

    @property
    def made(self) -> str:
        """When it was begun and what with; empty for a table that was not."""
        batches = self.runs.batches()
        if not batches:
            return ""
        record = batches[-1].record
        text = self.tr("Begun %1, with version %2 of %3 and %4").replace("%1", when_text(record.created.astimezone()))
        text = text.replace("%2", str(record.template_version))
        return text.replace("%4", record.model_name).replace("%3", self.template.title or self.template.name)

    def set_called(self, name: str) -> None:
        """The name that a person gave this table; empty for none."""
        self._called = name
        self.title_changed.emit()

    def set_template(self, template: Template) -> None:
        """Another template, that nobody chose in this table: which one new tables get stays as it is."""
        self.bar.choose(template)
        self._take_template(template)

    def offer(self, template: Template) -> None:
        """A template that there is now, or is another version now: nothing is begun with what it was before."""
        self.bar.offer(template)
        if template.name == self.template.name and not self.runs.started:
            self.set_template(template)

    def add_files(self, paths: Sequence[Path], *, start: bool = False) -> None:
        """Files and the files in folders as rows; ``start`` extracts at once and shows the first value."""
        self._show_first = start
        self.status.show_progress(self.tr("Looking through what was added…"), 0, 0, True)
        self._parts.tasks.start(
            Operation(lambda _operation: self._expand(paths), "expand", owner=self)
            .success(lambda files: self._add(files, start))
            .failure(lambda error: self._run_failed(error))
        )

    def _expand(self, paths: Sequence[Path]) -> list[Path]:
        found = self._parts.runs.files(paths)
        self._parts.runs.prepare()
        return found

    def open_batch(self, batch: Batch, results: Sequence[DocumentResult | None], removed: Collection[int] = ()) -> None:
        """Show a run that is on disk, without the rows that were removed from it."""
        self._called = batch.record.title
        self.runs.open(batch, results, removed)
        self._arrange_columns()
        self.stack.setCurrentIndex(1)
        self.table.fit_columns()
        self.title_changed.emit()
        if self.model.rows:
            self.table.choose(self.model.rows[0])

    def choose(self, run_id: int, position: int, field: str) -> None:
        """Make a value the current cell; of a row that was removed nothing is done."""
        numbers = [number for number, each in enumerate(self.template.fields) if each.name == field]
        for row in self.model.rows:
            if (
                row.run is not None
                and row.run.batch is not None
                and (row.run.batch.run_id, row.position) == (run_id, position)
            ):
                self.table.choose(row, numbers[0] if numbers else 0)
                self.table.setFocus()

    def _arrange_columns(self) -> None:
        """As they were left for this template."""
        self.table.arrange(self._parts.memory.text(f"columns/{self.template.name}"))

    def run(self) -> None:
        self.runs.start()

    def _run_by_button(self) -> None:
        self._parts.memory.set("template", self.template.name)
        self.run()
        self.take_keyboard()  # the button goes, and the keyboard would go to the field beside it

    def ready_files(self) -> list[str]:
        """Files that are in the table and not begun."""
        return [str(row.path) for row in self.model.rows if row.run is None]

    def take_keyboard(self) -> None:
        """The keyboard goes to the rows, or to the choice of files while there are none."""
        (self.table if self.stack.currentIndex() else self.drop_zone.files).setFocus()

    def leave(self) -> None:
        """The table is closed."""
        self.runs.leave()
        self.verdicts.leave()
        self._loading.changed.disconnect(self._refresh)
        self._queue.changed.disconnect(self._refresh)
        self.deleteLater()

    # ---- what the user does

    def on_drop(self, paths: list[Path]) -> None:
        self.add_files(paths)

    def on_hover(self, over: bool) -> None:
        self.drop_zone.on_hover(over)

    def pick_files(self) -> None:
        folder = self._parts.memory.folder("folder/open")
        names, _filter = QFileDialog.getOpenFileNames(self, self.tr("Choose files"), folder)
        if names:
            self._parts.memory.set("folder/open", str(Path(names[0]).parent))
            self.add_files([Path(name) for name in names])

    def pick_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, self.tr("Choose a folder"), self._parts.memory.folder("folder/open")
        )
        if name:
            self._parts.memory.set("folder/open", name)
            self.add_files([Path(name)])

    def _remove(self, rows: Sequence[Row]) -> None:
        self.undo.push(RemoveRows(self.model, rows, self._note_removed))

    def remove_selected(self) -> None:
        rows = self.table.selected_rows()
        if not rows:
            return
        self._remove(rows)
        text = counted(len(rows), self.tr("1 row was removed."), self.tr("%1 rows were removed."))
        self.said.emit(text, "info", [(self.tr("Undo"), self.undo.undo)])

    def _note_removed(self, rows: Sequence[Row], removed: bool) -> None:
        try:
            self.runs.note_removed(rows, removed)
        except StillroomError as error:
            self._run_failed(error)

    def _copy_cells(self) -> None:
        count = self.table.copy_cells()
        if count:
            self.said.emit(counted(count, self.tr("1 cell was copied."), self.tr("%1 cells were copied.")), "info", [])

    def _copy_rows(self) -> None:
        count = self.table.copy_rows()
        if count:
            self.said.emit(counted(count, self.tr("1 row was copied."), self.tr("%1 rows were copied.")), "info", [])

    def _find(self) -> None:
        if self.status.isVisible():
            self.status.finder.setFocus()
            self.status.finder.selectAll()

    def _retry_selected(self) -> None:
        self.runs.retry(self.table.selected_rows())

    def _unlock(self, row: Row, password: str) -> None:
        self._parts.row_files.remember_password(row.path, password)
        self.runs.retry([row])

    def _retry_failed(self) -> None:
        self.runs.retry([row for row in self.model.rows if row.remedy is Remedy.RETRY])

    def _next_look(self) -> None:
        if not self.table.next_look():
            self.said.emit(self.tr("Nothing in this table needs a look."), "info", [])

    def _choose_template(self, template: Template) -> None:
        if not self.runs.started:
            self._take_template(template)
            self._parts.memory.set("template", template.name)

    def _take_template(self, template: Template) -> None:
        self.model.set_template(template)
        self._arrange_columns()
        self.title_changed.emit()

    def _menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        rows = self.table.selected_rows()
        for action in (self.copy_action, self.copy_rows_action, self.next_action):
            menu.addAction(action)
        menu.addSeparator()
        for action in (self.edit_action, self.accept_action, self.approve_action):
            action.setEnabled(any(row.state is RowState.DONE for row in rows))
            menu.addAction(action)
        menu.addAction(self.tr("Look at the pages…")).triggered.connect(lambda: self._review(rows))
        menu.addSeparator()
        self.retry_action.setEnabled(any(row.state in (RowState.DONE, RowState.FAILED) for row in rows))
        menu.addAction(self.retry_action)
        menu.addAction(self.tr("Ask a remote model…")).triggered.connect(lambda: self.remote.show(rows))
        menu.addAction(self.remove_action)
        menu.exec(at)
        for action in (self.retry_action, self.edit_action, self.accept_action, self.approve_action):
            action.setEnabled(True)

    def _say_lapsed(self, row: Row) -> None:
        """A key in the table is enough to change what was approved."""
        text = self.tr("%1 was approved. Now that it is changed it needs to be approved again.")
        self.said.emit(text.replace("%1", row.path.name), "warn", [(self.tr("Undo"), self.undo.undo)])

    def _edit(self) -> None:
        index = self.table.currentIndex()
        if index.isValid() and index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.table.edit(index)

    def _accept_or_run(self) -> None:
        """One key for what comes next: of finished rows that the keyboard is in their values, else what is to be extracted."""
        done = any(row.state is RowState.DONE for row in self.table.selected_rows())
        if done and self.table.hasFocus():
            self._accept_selected()
        elif self.bar.run.isVisible() and self.bar.run.isEnabled():
            self._run_by_button()

    def _accept_selected(self) -> None:
        """The selected cells are right; of a document's name all of its values."""
        wanted: dict[int, tuple[Row, list[Field]]] = {}
        for index in self.table.selectionModel().selectedIndexes():
            row = index.data(Role.ROW)
            fields = wanted.setdefault(id(row), (row, []))[1]
            if index.column() >= FIRST_FIELD:
                fields.append(self.template.fields[index.column() - FIRST_FIELD])
        for row, fields in wanted.values():
            self.verdicts.accept_fields(row, fields)

    def _approve_selected(self) -> None:
        self.verdicts.approve(self.table.selected_rows())

    def _review(self, rows: Sequence[Row]) -> None:
        run = next((row.run for row in rows if row.run is not None and row.run.batch is not None), None)
        if run is not None and run.batch is not None:
            self.review_wanted.emit(run.batch.run_id)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.verdicts.look()

    # ---- what happens meanwhile

    def _add(self, files: list[Path], start: bool) -> None:
        rows, known = self.runs.add(files)
        if rows:
            self.stack.setCurrentIndex(1)
            if len(self.model.rows) == len(rows):  # the first ones
                self.table.choose(rows[0])
        elif not files:
            self.said.emit(self.tr("No documents were found in what was added."), "warn", [])
        if known:
            text = counted(
                known, self.tr("1 file is in the table already."), self.tr("%1 files are in the table already.")
            )
            self.said.emit(text, "info", [])
        if start:
            self.run()
        self.title_changed.emit()
        self._refresh()

    @property
    def remote(self) -> RemoteAsking:
        """Made when it is first needed: most never ask a remote model."""
        if self._remote is None:
            from stillroom.ui.remote.asking import RemoteAsking

            self._remote = RemoteAsking(self, self.model, self._parts)
        return self._remote

    def _offer_remote(self) -> None:
        if (config_dir() / "remote.toml").exists():
            self.remote.offer()

    def _list_models(self) -> None:
        """Which model this template is extracted with: the usual one, or one of its own."""
        models, name = self._parts.models, self.template.name
        try:
            own = models.of_template(name)
        except StillroomError as error:
            own = None
            self.said.emit(sentence(error), "warn", [])
        usual = models.usual()
        said = self.tr("The usual model (%1)").replace(
            "%1", usual.name if usual is not None else self.tr("none is here")
        )
        found = [(said, own is None, partial(self._use_model, None))]
        found += [
            (each.name, own is not None and own.path == each.path, partial(self._use_model, each))
            for each in models.installed()
        ]
        self.bar.list_models(found)

    def _use_model(self, model: ModelFile | None) -> None:
        try:
            self._parts.models.use_for_template(self.template.name, model)
        except StillroomError as error:
            self.said.emit(sentence(error), "bad", [])
            return
        title = self.template.title or self.template.name
        words = (
            self.tr("New tables of %1 are made with %2.").replace("%2", model.name)
            if model is not None
            else self.tr("New tables of %1 are made with the usual model.")
        )
        self.said.emit(words.replace("%1", title), "info", [])

    def _run_failed(self, error: Exception) -> None:
        from stillroom.ui.failures import show_failure

        self.said.emit(sentence(error), "bad", [(self.tr("Details"), lambda: show_failure(self, error))])
        self._refresh()

    def _refresh(self) -> None:
        model = self.model
        ready, stopped, finished = model.count(RowState.READY), model.count(RowState.STOPPED), model.finished
        running = self.runs.running
        if self.empty:
            self.stack.setCurrentIndex(0)
        self.status.setVisible(not self.empty)
        if self.title != self._told_title:  # rows came, of what is attached to a message
            self._told_title = self.title
            self.title_changed.emit()
        self.bar.lock_template(self.runs.started)
        there = self._loading.state is LoadState.READY
        self.bar.show_run(
            ready=ready, stopped=stopped, running=running, finished=finished, looks=model.need_look, model_there=there
        )
        self.status.show_looks(model.need_look, finished)
        self.status.show_failed(sum(row.remedy is Remedy.RETRY for row in model.rows))
        current = self.runs.current
        total = len(model.rows)
        going_on = running and (current is not None or self._loading.state is not LoadState.FAILED)
        done = finished + (current.part if current else 0.0)
        self.status.show_progress(self._status_text(running, finished), done, total if current else 0, going_on)
        if self._show_first and finished:
            self._show_first = False
            self.table.choose(next(row for row in model.rows if row.result is not None))

    def _step_text(self, step: Step) -> str:
        if not step.is_passage:
            text = self.tr("looking for %1 (%2 of %3)")
        else:
            text = self.tr("%1: passage %2 of %3") if step.field else self.tr("the model reads passage %2 of %3")
        return text.replace("%2", str(step.number)).replace("%3", str(step.of)).replace("%1", step.field)

    def _status_text(self, running: bool, finished: int) -> str:
        total = len(self.model.rows)
        current = self.runs.current
        if running and current is None:
            if self._loading.state is LoadState.FAILED:
                none = self._loading.none_there
                return self.tr("Waits until a model is here") if none else self.tr("The model is not loaded.")
            if self._loading.state is not LoadState.READY:
                return self.tr("Waiting for the model to load…")
            return self.tr("Waiting for another table…")
        if running and current is not None and 1 < current.total == current.done:
            return self.tr("Deciding the documents together…")
        if running and current is not None:
            parts = [self.tr("%1 of %2").replace("%1", str(finished)).replace("%2", str(total))]
            parts.append(time_left_text(current.seconds_left))
            if current.file:
                parts.append(Path(current.file).name)
            if current.pages:
                of = self.tr("page %1 of %2")
                parts.append(of.replace("%1", str(current.page)).replace("%2", str(current.pages)))
            if current.step is not None:
                parts.append(self._step_text(current.step))
            return " · ".join(part for part in parts if part)
        text = counted(total, self.tr("1 document"), self.tr("%1 documents"))
        if self.status.finder.text().strip():
            found = self.tr("found in %1 of %2").replace("%1", str(self.table.shown.rowCount()))
            text = found.replace("%2", text)
        failed = self.model.count(RowState.FAILED)
        if failed:
            text += " · " + counted(failed, self.tr("1 failed"), self.tr("%1 failed"))
        return text
