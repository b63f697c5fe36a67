"""The panel at the right: the model, its memory and speed, and what is running."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from stillroom.models.model_file import quantization_of
from stillroom.privacy.seal import Seal
from stillroom.ui.controls import PROGRESS_STEPS, Button, ElidedLabel, describe, label, line
from stillroom.ui.extract.run_queue import Run, RunQueue
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.panel.details import DetailsDialog, memory_details, model_details, speed_details
from stillroom.ui.panel.measurements import Measurement
from stillroom.ui.panel.speed_plot import SpeedPlot
from stillroom.ui.seal_label import SealLabel
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, percent_text, size_text, speed_text, time_left_text
from stillroom.workspace.machine_watch import MachineState

WIDTH = 248

W = TypeVar("W", bound=QWidget)


class _Section(QWidget):
    """A heading and rows of a name and a figure."""

    def __init__(self, title: str, details: Callable[[], None] | None = None) -> None:
        """``details``: shows more than there is room for here."""
        super().__init__()
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(GRID)
        self.grid.setVerticalSpacing(GRID // 2)
        self.grid.setColumnStretch(1, 1)
        heading = label(title.upper(), "section")
        self.grid.addWidget(heading, 0, 0)
        if details is not None:
            more = Button(QCoreApplication.translate("SidePanel", "Details"), "link", action=details)
            describe(more, QCoreApplication.translate("SidePanel", "Details: %1").replace("%1", title))
            more.setStyleSheet("padding: 0 2px; min-height: 0;")
            self.grid.addWidget(more, 0, 1, Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(title)

    def figure(self, name: str, tip: str = "") -> QLabel:
        row = self.grid.rowCount()
        left, right = label(name, "muted"), ElidedLabel("–", "figure")
        right.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        left.setToolTip(tip or name)
        self.grid.addWidget(left, row, 0)
        self.grid.addWidget(right, row, 1)
        return right

    def wide(self, widget: W) -> W:
        self.grid.addWidget(widget, self.grid.rowCount(), 0, 1, 2)
        return widget

    def bar(self, name: str) -> QProgressBar:
        bar = QProgressBar()
        bar.setTextVisible(False)
        bar.setAccessibleName(name)
        bar.setRange(0, 1000)
        self.wide(bar)
        return bar


class SidePanel(QWidget):
    """A panel of measurements, the state of the model, of the runs and of the seal.

    Attributes:
        seal: the line that tells it, a button.
    """

    def __init__(self, loading: ModelLoading, queue: RunQueue, seal: Seal) -> None:
        super().__init__()
        self._loading = loading
        self._queue = queue
        self._measured: Measurement | None = None
        self._doing = ""  # what the model does, where no run is under way
        self._other = ""  # what a page has going on beside that
        self.setObjectName("sidePanel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("What the machine is doing"))
        self.setFixedWidth(WIDTH)
        content = QWidget()
        content.setObjectName("panelContent")
        column = QVBoxLayout(content)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        self._sections = (
            self._model_section(), self._running_section(), self._memory_section(), self._speed_section()
        )  # fmt: skip
        for section in self._sections:
            if column.count():
                column.addWidget(line())
            column.addWidget(section)
        copy = Button(self.tr("Copy as text"), "link", "copy", lambda: QApplication.clipboard().setText(self.as_text()))
        column.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.seal = SealLabel(seal)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        around = QVBoxLayout(self)
        around.setContentsMargins(1, 0, 0, 0)
        around.setSpacing(0)
        around.addWidget(area)
        around.addWidget(line())
        around.addWidget(self.seal)
        loading.changed.connect(self._show_model)
        queue.changed.connect(self._show_running)
        queue.progressed.connect(self._run_progressed)
        self._show_model()
        self._show_running()

    def _model_section(self) -> _Section:
        section = _Section(self.tr("Model"), self._model_details)
        self._name = section.wide(label("", "figure", wrap=True, selectable=True))
        self._state = section.wide(label("", "muted", wrap=True))
        self._stand_in = section.wide(label("", "warn", wrap=True))
        self._load_bar = section.bar(self.tr("Progress of loading the model"))
        self._quantization = section.figure(self.tr("Quantization"), self.tr("How the model's numbers are stored"))
        self._backend = section.figure(self.tr("Runs on"), self.tr("The processor that computes"))
        self._tuned = section.figure(
            self.tr("Tuned"), self.tr("Whether it was measured how the model runs fastest here; see the page Models")
        )
        self._layers = section.figure(self.tr("GPU layers"), self.tr("Layers of the model that the GPU computes"))
        self._context = section.figure(
            self.tr("Context"), self.tr("Tokens the model holds now, of those there is room for")
        )
        self._context_bar = section.bar(self.tr("Context used"))
        self._restarts = section.wide(label("", "warn", wrap=True))
        return section

    def _running_section(self) -> _Section:
        section = _Section(self.tr("Running"))
        self._running = section.wide(label("", "", wrap=True))
        self._running_file = section.wide(ElidedLabel("", "muted", Qt.TextElideMode.ElideMiddle))
        self._run_bar = section.bar(self.tr("Progress of the run"))
        self._left = section.wide(label("", "muted"))
        return section

    def _memory_section(self) -> _Section:
        section = _Section(self.tr("Memory"), self._memory_details)
        self._application = section.figure(self.tr("Window"), self.tr("Memory of this window"))
        self._worker = section.figure(self.tr("Model worker"), self.tr("Memory of the process that runs the model"))
        self._share = section.figure(
            self.tr("Its share"), self.tr("The model worker's share of the memory of this computer")
        )
        self._readers = section.figure(self.tr("File reader"), self.tr("Memory of the process that reads files"))
        self._machine = section.figure(self.tr("Machine"), self.tr("Memory in use by everything on this computer"))
        self._machine_bar = section.bar(self.tr("Memory of the machine in use"))
        self._video = section.wide(label("", "muted", wrap=True))
        self._power = section.figure(self.tr("Power"), self.tr("On battery many computers are slower"))
        self._heat = section.figure(
            self.tr("Heat"), self.tr("Whether the processor is slowed down because it is hot, where the machine tells")
        )
        return section

    def _speed_section(self) -> _Section:
        section = _Section(self.tr("Speed"), self._speed_details)
        self._prompt = section.figure(self.tr("Reading"), self.tr("Tokens of documents and questions read a second"))
        self._prompt_plot = section.wide(SpeedPlot(self.tr("Speed of reading")))
        self._generate = section.figure(self.tr("Writing"), self.tr("Tokens of text written a second"))
        self._generate_plot = section.wide(SpeedPlot(self.tr("Speed of writing")))
        self._first = section.figure(
            self.tr("First word"), self.tr("Seconds from a question in a chat to the first piece of its answer")
        )
        return section

    # ---- what it shows

    def show_measurement(self, measured: Measurement) -> None:
        """One moment's figures."""
        self._measured = measured
        engine = measured.engine
        worker = engine.worker
        total = worker.context_tokens or (engine.model.context_tokens if engine.model else 0)
        self._context.setText(
            f"{QLocale().toString(worker.context_used)} / {QLocale().toString(total)}" if total else "–"
        )
        self._context_bar.setValue(round(1000 * worker.context_used / total) if total else 0)
        self._application.setText(size_text(measured.application))
        self._worker.setText(size_text(measured.worker) if measured.worker else self.tr("not running"))
        self._share.setText(percent_text(measured.worker / measured.machine_total) if measured.worker else "–")
        self._readers.setText(size_text(measured.readers) if measured.readers else self.tr("not running"))
        self._machine.setText(f"{size_text(measured.machine_used)} / {size_text(measured.machine_total)}")
        share = measured.machine_used / measured.machine_total
        self._machine_bar.setValue(round(1000 * share))
        self._machine_bar.setToolTip(percent_text(share))
        busy = engine.state == "busy"
        reading, writing = (worker.reading, worker.writing) if busy else (0.0, 0.0)
        self._prompt.setText(self._speed(reading, worker.prompt_speed))
        self._generate.setText(self._speed(writing, worker.generate_speed))
        first = worker.first_token_seconds
        self._first.setText(self.tr("%1 s").replace("%1", f"{first:.1f}") if first else "–")
        self._show_machine(measured.machine)
        self._prompt_plot.add(reading)
        self._generate_plot.add(writing)
        self._show_work(reading, writing, max(1, worker.requests) if busy else 0)
        restarts = counted(
            engine.restarts,
            self.tr("The model worker was restarted once."),
            self.tr("The model worker was restarted %1 times."),
        )
        self._restarts.setText(
            "\n".join(part for part in (restarts if engine.restarts else "", engine.failure) if part)
        )
        self._restarts.setVisible(bool(engine.restarts or engine.failure))

    def _speed(self, now: float, last: float) -> str:
        """The speed of this moment; else the last one, marked."""
        if now or not last:
            return speed_text(now)
        return self.tr("last %1").replace("%1", speed_text(last))

    def _show_work(self, reading: float, writing: float, requests: int) -> None:
        """What the model does when no run is under way: chat, titles, tuning."""
        doing = ""
        if requests:
            doing = self.tr("The model is at work.")
            if reading or writing:
                doing = self.tr("The model is writing.") if writing > reading else self.tr("The model is reading.")
        if requests > 1:
            doing += " " + counted(requests - 1, self.tr("1 more request waits."), self.tr("%1 more requests wait."))
        if doing != self._doing:
            self._doing = doing
            self._show_running()

    def show_other_work(self, what: str) -> None:
        """What a page has going on that is no run of a table; empty for nothing."""
        self._other = what
        self._show_running()

    def _show_machine(self, machine: MachineState) -> None:
        lines = []
        for gpu in machine.gpus:
            total = size_text(gpu.total) if gpu.total is not None else self.tr("not told")
            used = size_text(gpu.used) if gpu.used is not None else self.tr("not told")
            text = f"{gpu.name}: {used} / {total}"
            if gpu.shared:
                text += " " + self.tr("(of the machine's memory)")
            if gpu.worker is not None:
                text += ", " + self.tr("model %1").replace("%1", size_text(gpu.worker))
            lines.append(text)
        model = self._loading.model
        if not lines:
            lines.append(self.tr("No GPU was found."))
        elif model is not None and not model.gpu_layers:
            lines.append(self.tr("The model does not use it."))
        self._video.setText("\n".join(lines))
        if machine.on_battery is None:
            self._power.setText(self.tr("mains, no battery"))
        else:
            words = self.tr("battery, %1") if machine.on_battery else self.tr("mains, battery %1")
            self._power.setText(words.replace("%1", percent_text(machine.battery)))
        heat = {
            None: self.tr("not told"),
            False: self.tr("not slowed down"),
            True: self.tr("slowed down"),
        }[machine.throttled]
        self._heat.setText(heat)

    def _model_details(self) -> None:
        measured, model = self._measured, self._loading.model
        if measured is not None:
            rows = model_details(model, measured.engine) if model else [(self.tr("Model"), self.tr("none"))]
            DetailsDialog(self, self.tr("The model"), rows).open()

    def _memory_details(self) -> None:
        if self._measured is not None:
            DetailsDialog(self, self.tr("Memory"), memory_details(self._measured, self._loading.model)).open()

    def _speed_details(self) -> None:
        if self._measured is not None:
            DetailsDialog(self, self.tr("Speed"), speed_details(self._measured.engine)).open()

    def as_text(self) -> str:
        """Everything the panel shows, to be pasted somewhere."""
        rows = []
        for section in self._sections:
            rows.append(section.accessibleName())
            for place in range(section.grid.rowCount()):
                texts = []
                for column in (0, 1):
                    item = section.grid.itemAtPosition(place, column)
                    widget = item.widget() if item is not None else None
                    if isinstance(widget, QLabel) and widget.isVisibleTo(section) and widget not in texts:
                        texts.append(widget)
                said = [widget.full_text() if isinstance(widget, ElidedLabel) else widget.text() for widget in texts]
                line = ": ".join(dict.fromkeys(text for text in said if text))
                if place and line:
                    rows.append(f"  {line}")
        return "\n".join([*rows, self.seal.text()])

    def _show_model(self) -> None:
        loading, model = self._loading, self._loading.model
        self._load_bar.setVisible(loading.state is LoadState.LOADING)
        self._load_bar.setValue(round(1000 * loading.progress))
        there = model is not None
        if model is not None:
            self._name.setText(model.name)
            named, run = quantization_of(model.name), model.quantization
            copy = self.tr("%1, run as %2").replace("%1", named).replace("%2", run)
            self._quantization.setText(copy if named and run and named != run else run or "–")
            self._backend.setText(model.backend)
            self._layers.setText(str(model.gpu_layers) if model.gpu_layers else self.tr("none"))
            self._tuned.setText(self.tr("yes") if model.options.prompt_speed else self.tr("no"))
        else:
            loading_now = loading.state is LoadState.LOADING
            self._name.setText((loading.wanted or self.tr("The usual model")) if loading_now else self.tr("No model"))
            self._tuned.setText("–")
        self._state.setText(
            {
                LoadState.NONE: self.tr("Not loaded yet."),
                LoadState.LOADING: self.tr("Loading…"),
                LoadState.FAILED: self.tr("None is here yet.")
                if loading.none_there
                else self.tr("Could not be loaded."),
                LoadState.READY: "",
            }[loading.state]
        )
        self._state.setVisible(not there or loading.state is not LoadState.READY)
        self._stand_in.setText(loading.notice)
        self._stand_in.setVisible(there and bool(loading.notice))

    def _run_progressed(self, _run: Run) -> None:
        self._show_running()

    def _show_running(self) -> None:
        run = self._queue.current
        waiting = len(self._queue.waiting)
        self._run_bar.setVisible(run is not None)
        self._left.setVisible(run is not None)
        self._running_file.setVisible(run is not None and bool(run.progress.file))
        if run is None:
            idle = self._other or self._doing or self.tr("Nothing is running.")
            self._running.setText(
                counted(waiting, self.tr("1 run is waiting."), self.tr("%1 runs are waiting.")) if waiting else idle
            )
            return
        progress = run.progress
        title = run.template.title or run.template.name
        done = self.tr("%1 of %2").replace("%1", str(progress.done)).replace("%2", str(progress.total))
        text = f"{title}: {done}"
        if waiting:
            text += "\n" + counted(waiting, self.tr("1 more run waits."), self.tr("%1 more runs wait."))
        self._running.setText(text)
        self._running_file.setText(Path(progress.file).name if progress.file else "")
        self._run_bar.setRange(0, PROGRESS_STEPS * progress.total)
        self._run_bar.setValue(round(PROGRESS_STEPS * (progress.done + progress.part)))
        self._left.setText(time_left_text(progress.seconds_left) or self.tr("Working out how long it takes…"))
