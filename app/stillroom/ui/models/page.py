"""Models: what is here and what there is, how each fits this machine, and everything that is done with them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from stillroom.errors import StillroomError
from stillroom.models.model_file import ModelFile
from stillroom.ui.banner import BannerArea
from stillroom.ui.controls import Button, ComboBox, describe, label
from stillroom.ui.extract.dropping import TakesDrops
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.models.adapters_dialog import AdaptersDialog
from stillroom.ui.models.compare_dialog import CompareDialog
from stillroom.ui.models.detail import Detail, ModelAction
from stillroom.ui.models.downloads import DownloadList, Downloads
from stillroom.ui.models.hub_dialog import HubDialog
from stillroom.ui.models.model_table import ROW, ModelFilter, ModelTable
from stillroom.ui.models.projector_dialog import ProjectorDialog
from stillroom.ui.models.smaller_dialog import SmallerDialog, ask_for_import
from stillroom.ui.models.table_view import ModelView
from stillroom.ui.models.work import ModelWork
from stillroom.ui.parts import Parts
from stillroom.ui.questions import agreed
from stillroom.ui.tasks import Operation
from stillroom.ui.theme import GRID
from stillroom.ui.wording import sentence
from stillroom.workspace.model_list import Machine, ModelRow, find_rows

_TASKS = ("extract", "classify", "summarise", "chat", "code")
_COMPARED = 6  # columns that can be read at once


class ModelsPage(TakesDrops, QWidget):
    """The page; model files can be dropped on it."""

    def __init__(self, parts: Parts, loading: ModelLoading) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self._parts, self._loading = parts, loading
        self._machine: Machine | None = None
        self._brought = ""  # a model that is to be chosen once it is in the table
        self.work = ModelWork(parts, self)
        self.downloads = Downloads(parts, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(self._head())
        self.banners = BannerArea(self)
        column.addLayout(self._filters())
        self.suggestions = label("", "muted", wrap=True, selectable=True)
        self.suggestions.setVisible(False)
        column.addWidget(self.suggestions)
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        row.addWidget(self._table(), 1)
        self.detail = Detail()
        self.detail.wanted.connect(self._act)
        row.addWidget(self.detail)
        column.addLayout(row, 1)
        column.addWidget(self._working())
        self.list = DownloadList(self.downloads)
        self.list.fetched.connect(self.look)
        self.list.fetched.connect(loading.look_again)
        column.addWidget(self.list)
        loading.changed.connect(self._loading_changed)
        self.work.progressed.connect(self._progressed)
        self.work.ended.connect(self._ended)
        self.work.changed.connect(self._working_changed)
        self.work.made.connect(self._made)
        self.look()

    def take_keyboard(self) -> None:
        """To the models."""
        self.table.setFocus()

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(label(self.tr("Models"), "title"), 1)
        self.compare = Button(self.tr("Compare…"), "", "columns", self._compare)
        self.compare.setEnabled(False)
        tip = self.tr("Choose two to six models with Ctrl or Shift, and see them side by side")
        describe(self.compare, self.tr("Compare the chosen models"), tip)
        head.addWidget(self.compare)
        fetch = Button(self.tr("Find on the hub…"), "", "search", lambda: self._hub())
        describe(
            fetch,
            self.tr("Find on the hub"),
            self.tr("Search for a model and download it; this breaks the seal for as long as it takes"),
        )
        head.addWidget(fetch)
        bring = Button(self.tr("Import…"), "primary", "add-files", self._choose_files)
        tip = self.tr(
            "Copy GGUF files into Stillroom, or convert a folder of safetensors; both can be dropped here, too"
        )
        describe(bring, self.tr("Import"), tip)
        head.addWidget(bring)
        return head

    def _filters(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self.words = QLineEdit()
        self.words.setPlaceholderText(self.tr("Filter"))
        self.words.setClearButtonEnabled(True)
        self.words.setMaximumWidth(240)
        describe(self.words, self.tr("Filter by name"))
        self.task = ComboBox()
        describe(self.task, self.tr("What for?"), self.tr("Three to try on this machine, with reasons"))
        self.task.addItem(self.tr("What for?"), "")
        names = (
            self.tr("extract data"),
            self.tr("classify"),
            self.tr("summarise"),
            self.tr("chat"),
            self.tr("write code"),
        )
        for task, name in zip(_TASKS, names, strict=True):
            self.task.addItem(name, task)
        self.fitting = QCheckBox(self.tr("that fit"))
        describe(self.fitting, self.tr("Only models that fit this machine"))
        self.here = QCheckBox(self.tr("on this machine"))
        describe(self.here, self.tr("Only models that are on this machine"))
        catalog = Button(self.tr("Newer catalog…"), "link", action=self._catalog)
        describe(catalog, self.tr("Import a newer catalog"), self.tr("From a file, for a machine without a network"))
        for widget in (self.words, self.task, self.fitting, self.here):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(catalog)
        self.words.textChanged.connect(self._filter)
        self.task.currentIndexChanged.connect(self._filter)
        self.fitting.toggled.connect(self._filter)
        self.here.toggled.connect(self._filter)
        return row

    def _table(self) -> ModelView:
        self.model = ModelTable()
        self.shown = ModelFilter()
        self.shown.setSourceModel(self.model)
        self.table = ModelView(self.shown)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_detail())
        self.table.doubleClicked.connect(lambda _index: self._act(ModelAction.LOAD))
        return self.table

    def _working(self) -> QWidget:
        self.working = QWidget()
        row = QHBoxLayout(self.working)
        row.setContentsMargins(0, 0, 0, 0)
        self.working_words = label("", "", wrap=True)
        row.addWidget(self.working_words, 2)
        self.working_bar = QProgressBar()
        self.working_bar.setTextVisible(False)
        self.working_bar.setRange(0, 1000)
        self.working_bar.setAccessibleName(self.tr("Progress"))
        row.addWidget(self.working_bar, 1)
        row.addWidget(Button(self.tr("Stop"), "", "stop", self.work.stop))
        self.working.setVisible(False)
        return self.working

    # ---- what there is

    def look(self) -> None:
        """Look at the disk and the machine again."""
        self._parts.tasks.start(
            Operation(lambda _: find_rows(own_bytes=self._parts.models.loaded_bytes()), "models", owner=self).success(
                lambda found: self._show(*found)
            )
        )

    def _show(self, rows: list[ModelRow], machine: Machine) -> None:
        chosen = self.row()
        self._machine = machine
        self.model.show_rows(rows)
        self.model.show_loaded(self._loading.wanted)
        wanted = self._brought or (chosen.name if chosen is not None else self._loading.wanted)
        self._brought = ""
        for place in range(self.shown.rowCount()):
            if self.shown.index(place, 0).data(ROW).name == wanted:
                self.table.selectRow(place)
                self.table.scrollTo(self.shown.index(place, 0))
                break
        self._show_detail()

    def row(self) -> ModelRow | None:
        """The row that is chosen."""
        index = self.table.currentIndex()
        return index.data(ROW) if index.isValid() else None

    def chosen_rows(self) -> list[ModelRow]:
        """All rows that are selected, for comparing them."""
        chosen = self.table.selectionModel().selectedRows()
        return [index.data(ROW) for index in sorted(chosen, key=lambda index: index.row())]

    def _show_detail(self) -> None:
        self.compare.setEnabled(2 <= len(self.table.selectionModel().selectedRows()) <= _COMPARED)
        loaded = self._loading.model
        options = loaded.options if loaded is not None else None
        self.detail.show_row(self.row(), self._machine, self._loading.wanted if loaded else "", options)
        self._working_changed()

    def _filter(self) -> None:
        task = self.task.currentData()
        self.shown.choose(
            words=self.words.text(), task=task, fitting=self.fitting.isChecked(), here=self.here.isChecked()
        )
        self.suggestions.setVisible(bool(task))
        if task and self._machine is not None:
            found = self._parts.models.suggestions(task, self._machine)
            text = "\n".join(f"{number}. {each.model.name}: {each.reason}" for number, each in enumerate(found, 1))
            nothing = self.tr("No model of the catalog for this fits now. Close other programs, and look again.")
            self.suggestions.setText(text or nothing)

    # ---- what is done

    def _act(self, action: ModelAction) -> None:
        row = self.row()
        if row is None:
            return
        if action is ModelAction.FETCH or row.file is None:
            self._hub(row.entry.repository if row.entry is not None else "")
        elif action is ModelAction.LOAD:
            self._loading.choose(
                row.file, self.detail.context_tokens if row.shape is not None else 0, self.detail.kv_type
            )
        elif action is ModelAction.UNLOAD:
            self._loading.unload()
        elif action is ModelAction.TUNE:
            self.work.tune(row.file, partial(self._loading.choose, row.file))
        elif action is ModelAction.BENCH:
            self.work.bench()
        elif action is ModelAction.VERIFY:
            self.work.verify(row.file)
        elif action is ModelAction.QUANTIZE:
            self._quantize(row.file)
        elif action is ModelAction.ADAPTERS:
            self._attach(AdaptersDialog(self, self._parts, row.file), row.file)
        elif action is ModelAction.PROJECTOR:
            self._attach(ProjectorDialog(self, self._parts, row.file), row.file)
        elif action is ModelAction.FOLDER:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(row.file.path.parent)))
        elif action is ModelAction.REMOVE:
            self._remove(row)

    def _quantize(self, file: ModelFile) -> None:
        row = self.row()
        if row is None or row.shape is None:
            return
        offered, parameters = self._parts.making.smaller_than(file), row.shape.parameters
        if not offered:
            self._ended(self.tr("%1 is as small as it gets.").replace("%1", file.name), "info")
            return
        dialog = SmallerDialog(self, self.tr("Make smaller"), parameters, offered)
        if dialog.exec() == SmallerDialog.DialogCode.Accepted:
            self.work.quantize(file, dialog.quantization)
        dialog.deleteLater()

    def _attach(self, dialog: AdaptersDialog | ProjectorDialog, file: ModelFile) -> None:
        dialog.exec()
        if dialog.changed:
            self.look()
            if self._loading.model is not None and self._loading.wanted == file.name:
                self._loading.choose(file)  # they hold from the next load on
        dialog.deleteLater()

    def _compare(self) -> None:
        dialog = CompareDialog(self, self.chosen_rows())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _remove(self, row: ModelRow) -> None:
        question = self.tr("Put %1 into the trash? It can be taken back from there.").replace("%1", row.name)
        if not agreed(self, self.tr("Remove"), question, self.tr("Put into the trash"), self.tr("Keep it")):
            return
        if row.name == self._loading.wanted:
            self._loading.unload()
        text = self.tr("%1 is in the trash.").replace("%1", row.name)
        file = row.file
        if file is None:
            return
        self._parts.tasks.start(
            Operation(lambda _: self._parts.models.remove(file), "remove", owner=self)
            .success(lambda _: self._ended(text, "info"))
            .failure(lambda error: self._ended(sentence(error), "bad"))
        )

    def _hub(self, repository: str = "") -> None:
        dialog = HubDialog(self, self._parts, repository)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self.downloads.add)  # once for each file
        dialog.open()

    def _choose_files(self) -> None:
        memory = self._parts.memory
        files, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Import"), memory.folder("models/folder"), "GGUF, safetensors (*.gguf *.safetensors)"
        )
        if files:
            memory.set("models/folder", str(Path(files[0]).parent))
            self.bring([Path(file) for file in files])

    def bring(self, paths: list[Path]) -> None:
        """Import files, the GGUF files of folders, and folders of safetensors."""
        is_published = self._parts.making.is_published
        published = {path if path.is_dir() else path.parent: None for path in paths if is_published(path)}
        others = [path for path in paths if not is_published(path)]
        files = [file for path in others for file in (sorted(path.rglob("*.gguf")) if path.is_dir() else [path])]
        # Of a model in several files the first stands for all.
        files = [file for file in files if "-of-" not in file.name or "-00001-of-" in file.name]
        quantization: str | None = ""
        if published:
            try:
                found = self._parts.making.published(list(published))
            except StillroomError as error:
                self._ended(error.message, "warn")
                return
            title = self.tr("Convert %1").replace("%1", ", ".join(folder.name for folder in found))
            quantization = ask_for_import(self, self._parts.making, title, sum(folder.elements for folder in found))
        if quantization is None:
            return
        if files or published:
            self.work.bring(files, list(published), quantization)
        else:
            self._ended(
                self.tr("There is no model there. A model is a .gguf file, or a folder of safetensors."), "warn"
            )

    def on_drop(self, paths: list[Path]) -> None:
        self.bring(paths)

    def _catalog(self) -> None:
        file, _ = QFileDialog.getOpenFileName(
            self, self.tr("Newer catalog"), self._parts.memory.folder("models/folder"), "TOML (*.toml)"
        )
        if not file:
            return
        try:
            found = self._parts.models.use_catalog(Path(file))
        except Exception as error:  # noqa: BLE001 - whatever the file holds, it is told
            self._ended(sentence(error), "bad")
            return
        words = self.tr("The catalog of %1 is used.").replace("%1", found.date.isoformat())
        self._ended(words, "info")

    # ---- what happens

    def _loading_changed(self) -> None:
        loaded = self._loading.wanted if self._loading.state is LoadState.READY else ""
        self.model.show_loaded(loaded)
        self._show_detail()
        if self._loading.error is not None:
            self.banners.show_message(sentence(self._loading.error), "bad", key="load")
        else:
            self.banners.withdraw("load")

    def _working_changed(self) -> None:
        busy = self.work.busy
        self.working.setVisible(busy)
        for name in (ModelAction.TUNE, ModelAction.BENCH, ModelAction.VERIFY, ModelAction.QUANTIZE):
            self.detail.buttons[name].setEnabled(not busy)

    def _progressed(self, words: str, share: float) -> None:
        self.working_words.setText(words)
        self.working_bar.setValue(round(1000 * share))

    def _made(self, name: str) -> None:
        self._brought = name
        self._loading.look_again()

    def _ended(self, text: str, kind: str) -> None:
        if text:
            self.banners.show_message(text, kind, key="work", seconds=20.0 if kind == "info" else 0.0)
        self.look()
