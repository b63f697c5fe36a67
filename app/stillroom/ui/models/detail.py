"""One model: what it would take at a length of context, and what can be done with it."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from stillroom.engine.protocol import USUAL_CONTEXT_TOKENS, LoadOptions
from stillroom.ui.controls import Button, ComboBox, Slider, describe, label, line
from stillroom.ui.models.memory_bar import MemoryBar
from stillroom.ui.theme import GRID
from stillroom.ui.wording import parameters_text, size_text, speed_text
from stillroom.workspace.model_list import Fit, Machine, ModelRow, Place, Verdict, adapters_of, fit_of

_STEP = 1024
_LONG_NAME = 40


class ModelAction(StrEnum):
    """What can be done with a model."""

    LOAD = "load"
    FETCH = "fetch"
    UNLOAD = "unload"
    TUNE = "tune"
    BENCH = "bench"
    VERIFY = "verify"
    QUANTIZE = "quantize"
    ADAPTERS = "adapters"
    PROJECTOR = "projector"
    FOLDER = "folder"
    REMOVE = "remove"


class Detail(QScrollArea):
    """The details of the model that is chosen.

    Signals:
        wanted(ModelAction): is to be done with the model.
    """

    wanted = Signal(ModelAction)

    def __init__(self) -> None:
        super().__init__()
        self.row: ModelRow | None = None
        self._machine: Machine | None = None
        self._options: LoadOptions | None = None  # of the loaded model
        self._is_loaded = False  # the row that is shown
        self.setWidgetResizable(True)
        self.setFixedWidth(320)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("The chosen model"))
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(GRID, 0, GRID, 0)
        column.setSpacing(GRID)
        self.name = label(self.tr("Choose a model"), "heading", wrap=True, selectable=True)
        column.addWidget(self.name)
        self.facts = label("", "muted", wrap=True, selectable=True)
        column.addWidget(self.facts)
        self.verdict = label("", "", wrap=True, selectable=True)
        column.addWidget(self.verdict)
        self.bar = MemoryBar()
        column.addWidget(self.bar)
        self.context_words = label("", "muted", wrap=True)
        column.addWidget(self.context_words)
        self.context = Slider(Qt.Orientation.Horizontal)
        describe(
            self.context,
            self.tr("Length of context"),
            self.tr("Tokens of documents and conversation it can hold at once"),
        )
        self.context.valueChanged.connect(self._assess)
        column.addWidget(self.context)
        self.cache = ComboBox()
        describe(
            self.cache,
            self.tr("How the context is kept"),
            self.tr("Fewer bits take less memory and cost a little accuracy"),
        )
        for words, name in ((self.tr("context in 16 bits"), "f16"), (self.tr("context in 8 bits"), "q8_0")):
            self.cache.addItem(words, name)
        self.cache.currentIndexChanged.connect(self._assess)
        column.addWidget(self.cache)
        column.addWidget(line())
        self._grid = QGridLayout()
        self._grid.setSpacing(GRID)
        for half in (0, 1):
            self._grid.setColumnStretch(half, 1)
        self.buttons: dict[ModelAction, Button] = {}
        for name, text, icon, tip in (
            (ModelAction.LOAD, self.tr("Load"), "play", self.tr("Use this model from now on")),
            (
                ModelAction.FETCH,
                self.tr("Fetch…"),
                "drop",
                self.tr("Download a file of it; this breaks the seal for as long as it takes"),
            ),
            (ModelAction.UNLOAD, self.tr("Unload"), "stop", self.tr("Give its memory back")),
            (ModelAction.TUNE, self.tr("Tune"), "retry", self.tr("Measure how it runs fastest here, and keep that")),
            (ModelAction.BENCH, self.tr("Measure speed"), "clock", self.tr("How fast it is as it is loaded")),
            (ModelAction.VERIFY, self.tr("Verify"), "sure", self.tr("Hold every byte against what is on record")),
            (ModelAction.QUANTIZE, self.tr("Make smaller…"), "down", self.tr("Write a copy in another quantization")),
            (ModelAction.ADAPTERS, self.tr("Adapters…"), "add-files", self.tr("Add training (LoRA) to this model")),
            (
                ModelAction.PROJECTOR,
                self.tr("Pictures…"),
                "picture",
                self.tr("With what this model sees pictures (mmproj)"),
            ),
            (ModelAction.FOLDER, self.tr("Open folder"), "folder", self.tr("Where its file lies")),
            (ModelAction.REMOVE, self.tr("Remove"), "remove", self.tr("Into the system's trash")),
        ):
            button = Button(text, "", icon, partial(self.wanted.emit, name))
            describe(button, text, tip)
            self.buttons[name] = button
        column.addLayout(self._grid)
        self.note = label("", "muted", wrap=True, selectable=True)
        column.addWidget(self.note)
        column.addStretch(1)
        for shown in (self.name, self.facts, self.verdict, self.note):
            shown.setMinimumWidth(1)  # a name without a place to break at would widen everything beyond the edge
        self.setWidget(content)
        self.show_row(None, None, "")

    @property
    def context_tokens(self) -> int:
        return self.context.value() * _STEP

    @property
    def kv_type(self) -> str:
        """How the context is kept, where the person chose that; empty for as it was tuned."""
        chosen = self.cache.currentIndex() > 0 or self._is_loaded  # which shows how it is kept now
        return self.cache.currentData() if chosen else ""

    def show_row(
        self, row: ModelRow | None, machine: Machine | None, loaded: str, options: LoadOptions | None = None
    ) -> None:
        """A row of the table, and the name of the model that is loaded, with how that was done."""
        other = row is None or self.row is None or row.name != self.row.name
        self.row, self._machine = row, machine
        file = row.file if row is not None else None
        known = row is not None and row.shape is not None
        for widget in (self.bar, self.context, self.context_words, self.cache):
            widget.setVisible(known)
        is_loaded = self._is_loaded = file is not None and row is not None and row.name == loaded
        ours = file is not None and row is not None and row.place is Place.HERE and not file.starter
        shown = {
            ModelAction.LOAD: file is not None,
            ModelAction.UNLOAD: is_loaded,
            ModelAction.FETCH: row is not None and (file is None or row.entry is not None),
            ModelAction.TUNE: file is not None,
            ModelAction.BENCH: is_loaded,
            ModelAction.VERIFY: file is not None,
            ModelAction.QUANTIZE: known,
            ModelAction.ADAPTERS: known and file is not None,
            ModelAction.PROJECTOR: known and file is not None,
            ModelAction.FOLDER: file is not None,
            ModelAction.REMOVE: ours,
        }
        fetch = self.tr("Fetch…") if file is None else self.tr("Fetch another…")
        self.buttons[ModelAction.FETCH].setText(fetch)
        self.buttons[ModelAction.FETCH].setAccessibleName(fetch)
        for button in self.buttons.values():
            self._grid.removeWidget(button)
        visible = [name for name in self.buttons if shown[name]]
        for name, button in self.buttons.items():
            if shown[name]:  # side by side, with no gap where one is hidden
                place = visible.index(name)
                self._grid.addWidget(button, place // 2, place % 2)
            button.setVisible(shown[name])
        if row is None:
            looking = machine is None  # the rows come with it
            self.name.setText(
                self.tr("Looking at this machine and its models…") if looking else self.tr("Choose a model")
            )
            for widget in (self.facts, self.verdict, self.note):
                widget.setText("")
            return
        self.name.setText(row.name)
        self.facts.setText(self._facts(row))
        self.note.setText(self._note(row))
        if row.shape is not None and other:
            trained = row.shape.trained_context_tokens or USUAL_CONTEXT_TOKENS
            self.context.blockSignals(True)
            self.context.setRange(1, max(1, trained // _STEP))
            self.context.setValue(min(8, trained // _STEP))
            self.context.blockSignals(False)
        self.buttons[ModelAction.LOAD].setText(self.tr("Load again") if is_loaded else self.tr("Load"))
        words = self.tr("Load it again with this context") if is_loaded else self.tr("Use this model from now on")
        describe(self.buttons[ModelAction.LOAD], self.buttons[ModelAction.LOAD].text(), words)
        if is_loaded and options is not None and (other or options != self._options):
            self._show_loaded(options)
        self._options = options
        self._assess()

    def _show_loaded(self, options: LoadOptions) -> None:
        """The context that the model has now."""
        for widget in (self.context, self.cache):
            widget.blockSignals(True)
        self.context.setValue(options.context_tokens // _STEP)
        self.cache.setCurrentIndex(max(0, self.cache.findData(options.kv_type)))
        for widget in (self.context, self.cache):
            widget.blockSignals(False)

    def _assess(self) -> None:
        row = self.row
        if row is None:
            return
        if row.shape is None or self._machine is None:
            self.verdict.setText(row.problem or (self._rough(row) if row.entry is not None else ""))
            return
        fit = fit_of(row, self._machine, self.context_tokens, self.cache.currentData())
        if fit is not None:
            self._show_fit(fit)

    def _show_fit(self, fit: Fit) -> None:
        self.bar.show_fit(fit)
        number = QLocale().toString
        longest = self.tr("up to %1 fit").replace("%1", number(fit.longest_context))
        if not fit.longest_context:
            longest = self.tr("not even the shortest fits")
        self.context_words.setText(
            self.tr("Context: %1 tokens, %2").replace("%1", number(fit.use.context_tokens)).replace("%2", longest)
        )
        self.verdict.setText(f"{str(fit.verdict).capitalize()}. {fit.reason}")
        self.buttons[ModelAction.LOAD].setEnabled(fit.verdict is not Verdict.NO)

    def _rough(self, row: ModelRow) -> str:
        words = self.tr("About %1 of memory; the figures are exact once a file of it is chosen.")
        return f"{str(row.verdict).capitalize()}. " + words.replace("%1", size_text(row.size))

    def _facts(self, row: ModelRow) -> str:
        parts = []
        if row.file is not None:
            parts.append(f"{row.file.quantization or '–'} · {size_text(row.file.size)}")
        parameters = row.shape.parameters if row.shape else row.entry.parameters if row.entry else 0
        if parameters:
            parts.append(self.tr("%1 parameters").replace("%1", parameters_text(parameters)))
        if row.speed:
            parts.append(self.tr("about %1 expected").replace("%1", speed_text(row.speed)))
        if row.entry is not None and row.entry.licence:
            parts.append(self.tr("licence: %1").replace("%1", row.entry.licence))
        if row.entry is not None and row.entry.best_for:
            parts.append(self.tr("best for: %1").replace("%1", ", ".join(row.entry.best_for)))
        return " · ".join(parts)

    def _note(self, row: ModelRow) -> str:
        parts = []
        if row.shape is not None and row.shape.recurrent:
            parts.append(
                self.tr(
                    "It keeps a running state: it can chat, but not weigh many candidates, so Extract is slow or impossible with it."
                )
            )
        if row.entry is not None:
            parts.append(row.entry.note)
            parts += [f"{item.name}: {item.value:g} ({item.source})" for item in row.entry.benchmarks]
            parts.append(row.entry.repository)
        if row.copy:
            words = self.tr("A copy of it in %1 is loaded in its place: it runs faster here.")
            parts.append(words.replace("%1", row.copy))
        if row.file is not None:
            added = adapters_of(row.file)
            if added:
                names = ", ".join(Path(adapter.path).stem for adapter in added)
                parts.append(self.tr("With the adapters: %1").replace("%1", names))
            if row.projector is not None:
                words = self.tr("Sees pictures with %1 (%2 of memory)").replace("%1", row.projector.stem)
                parts.append(words.replace("%2", size_text(row.projector_bytes)))
            parts.append(_place(row.file.path))
        return "\n".join(part for part in parts if part)


def _place(path: Path) -> str:
    """Where a file is; of a name that is a checksum, as Ollama gives them, only the beginning."""
    name = path.name if len(path.name) <= _LONG_NAME or "." in path.name else f"{path.name[:20]}…"
    return str(path.parent / name)
