"""The Evaluate page: which model is right how often on labelled documents of one's own, how fast, and at what cost."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.errors import StillroomError
from stillroom.evaluation.evaluate import ModelEvaluation
from stillroom.evaluation.figures import Share, WrongValue, same_answers, shares, sure_and_wrong, wrong_values
from stillroom.evaluation.labels import LabelledDocument, check_labels, load_labels
from stillroom.extraction.result import Progress
from stillroom.models.model_file import ModelFile
from stillroom.remote.engines import RemoteEngine
from stillroom.templates.template import FieldType, Template
from stillroom.ui.banner import BannerArea
from stillroom.ui.controls import Button, ComboBox, ElidedLabel, describe, label, plain_tip, scrolled
from stillroom.ui.failures import show_failure
from stillroom.ui.model_loading import ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, percent_text, sentence, size_text, time_left_text
from stillroom.workspace.evaluations import EvaluationConsent

MOST_MODELS = 3
_MANY = 1000  # documents that a price is told for
_MODEL = Qt.ItemDataRole.UserRole

# What is remembered from one start to the next.
_KEPT_TEMPLATE, _KEPT_LABELS, _KEPT_MODELS = "evaluate/template", "evaluate/labels", "evaluate/models"
_REVIEWED = "reviewed"
"""In the place of a labels file: what was reviewed."""


@dataclasses.dataclass(frozen=True, slots=True)
class _At:
    """How far an evaluation is: the model that is at work, or being loaded, and its documents."""

    model: str
    number: int
    models: int
    progress: Progress | None = None


class EvaluatePage(QWidget):
    """The page Evaluate.

    Signals:
        document_wanted(Path, str): a document is to be shown, with one of its fields.
        models_wanted: models are to be fetched.
        working(str): what is going on, for whoever looks elsewhere; empty when it has ended.
    """

    models_wanted = Signal()
    document_wanted = Signal(Path, str)
    working = Signal(str)

    def __init__(self, parts: Parts, loading: ModelLoading) -> None:
        super().__init__()
        self._parts = parts
        self._loading = loading
        self._labels: list[LabelledDocument] = []
        self._operation: Operation[list[ModelEvaluation]] | None = None
        self._asked: list[EvaluationConsent] = []
        self.evaluations: list[ModelEvaluation] = []
        self._template: Template | None = None
        self.setAccessibleName(self.tr("Evaluate"))
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(label(self.tr("Evaluate"), "title"))
        self.banners = BannerArea(self)
        column.addLayout(self._choices())
        self.stack = QStackedWidget()
        self.stack.addWidget(scrolled(self._empty()))
        column.addWidget(self.stack, 1)
        self._refresh()
        self._take_up()

    # ---- building

    def take_keyboard(self) -> None:
        """To the models that are compared."""
        self.models.setFocus()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        """Models, engines and templates may have come or gone on other pages."""
        super().showEvent(event)
        if self._operation is None:
            shown = self.template.currentData()
            self._list_templates(shown.name if shown is not None else "")
            ticked = {_called(each) for each in self.chosen()}
            blocked = self.models.blockSignals(True)
            self._list_models()
            for row in range(self.models.count()):
                item = self.models.item(row)
                on = _called(item.data(_MODEL)) in ticked
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.models.blockSignals(blocked)
            self._refresh()

    def _list_templates(self, chosen: str) -> None:
        """The templates there are, one's own first; the one of this name is chosen, else the first."""
        templates = self._parts.templates.templates()
        own = set(self._parts.templates.own.names())
        templates.sort(key=lambda each: each.name not in own)
        if templates == [self.template.itemData(place) for place in range(self.template.count())]:
            return
        blocked = self.template.blockSignals(True)
        self.template.clear()
        for template in templates:
            self.template.addItem(template.title or template.name, template)
        names = [template.name for template in templates]
        self.template.setCurrentIndex(names.index(chosen) if chosen in names else 0)
        self.template.blockSignals(blocked)

    def _choices(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        self.template = ComboBox()
        self.template.setAccessibleName(self.tr("Template"))
        memory = self._parts.memory
        self._list_templates(memory.text(_KEPT_TEMPLATE) or memory.text("template"))
        self.template.activated.connect(lambda place: memory.set(_KEPT_TEMPLATE, self.template.itemData(place).name))
        self.template.currentIndexChanged.connect(lambda _: self._suggest())
        left.addWidget(self.template)
        self.open_button = Button(self.tr("Labels…"), "", "folder", self.pick)
        describe(
            self.open_button,
            self.tr("Choose labels"),
            self.tr("A labels file: what is right in each document"),
            "Ctrl+O",
        )
        left.addWidget(self.open_button)
        self.reviewed_button = Button(self.tr("From reviewed"), "", "review", self.take_reviewed)
        describe(
            self.reviewed_button,
            self.tr("Labels from reviewed documents"),
            self.tr("What you answered for in Review, of all tables with this template"),
        )
        left.addWidget(self.reviewed_button)
        self.labels_text = ElidedLabel(self.tr("No labels yet"), "muted")
        left.addWidget(self.labels_text)
        left.addStretch(1)
        row.addLayout(left, 1)
        models = QVBoxLayout()
        models.setSpacing(GRID // 2)
        models.addWidget(label(self.tr("Models to compare, up to three"), "muted"))
        self.models = QListWidget()
        self.models.setAccessibleName(self.tr("Models to compare"))
        self.models.setFixedHeight(110)
        self.models.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.models.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.models.itemChanged.connect(lambda _item: self._ticked())
        models.addWidget(self.models)
        row.addLayout(models, 2)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        self.run_button = Button(self.tr("Evaluate"), "primary", "play", self.run)
        describe(
            self.run_button, self.tr("Evaluate"), self.tr("Try each model on every labelled document"), "Ctrl+Return"
        )
        right.addWidget(self.run_button)
        self.cancel_button = Button(self.tr("Cancel"), "", "stop", self.cancel)
        describe(self.cancel_button, self.tr("Cancel the evaluation"), "", "Ctrl+.")
        right.addWidget(self.cancel_button)
        self.teach_button = Button(self.tr("Teach…"), "", "", self.teach)
        describe(self.teach_button, self.tr("Teach the model this template"), "")
        right.addWidget(self.teach_button)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress of the evaluation"))
        right.addWidget(self.progress)
        self.status = ElidedLabel("", "muted")
        right.addWidget(self.status)
        right.addStretch(1)
        row.addLayout(right, 1)
        self._list_models()
        return row

    def _empty(self) -> QWidget:
        widget = QWidget()
        column = QVBoxLayout(widget)
        column.addStretch(1)
        words = self.tr(
            "Which model is right on your documents? Review some of them and take what was reviewed (or a labels file), "
            "and each model is tried on every one: right values a field, seconds, memory, and how far its confidence can be trusted. "
            "A hundred real examples of your own say more than any published table."
        )
        column.addWidget(label(words, "muted", wrap=True))
        column.addSpacing(2 * GRID)
        self.suggested = label("", wrap=True)
        self.suggested.setAccessibleName(self.tr("Models to try"))
        column.addWidget(self.suggested)
        fetch = Button(self.tr("Fetch models…"), "link", "models", self.models_wanted.emit)
        column.addWidget(fetch, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(2)
        self._suggest()
        return widget

    def _suggest(self) -> None:
        """Three models of the catalog that fit this machine and what the template asks."""
        template: Template | None = self.template.currentData()
        if template is None:
            return
        here = [_plain(model.name) for model in self._parts.models.installed()]

        def done(found: list[tuple[str, str, str]]) -> None:
            lines = [self.tr("Three to try on this machine:")] if found else []
            for name, repository, reason in found:
                stem = _plain(repository.split("/")[-1].removesuffix("-GGUF"))
                there = self.tr("here") if any(each.startswith(stem) for each in here) else self.tr("to be fetched")
                lines.append(f"•  {name} ({there}): {reason}")
            self.suggested.setText("\n".join(lines))

        def work(_: Operation[list[tuple[str, str, str]]]) -> list[tuple[str, str, str]]:
            task = "classify" if all(field.type is FieldType.CHOICE for field in template.fields) else "extract"
            found = self._parts.models.suggestions(task)
            return [(each.model.name, each.model.repository, each.reason) for each in found]

        self._parts.tasks.start(Operation(work, "suggest", owner=self).success(done).failure(self._failed))

    def _outcome(self) -> QWidget:
        """Made when there is something to show: most never draw a plot."""
        from stillroom.ui.evaluate.plots import Plots

        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setHandleWidth(GRID)
        splitter.setChildrenCollapsible(False)
        self.table = _table(self.tr("Figures"))
        splitter.addWidget(self.table)
        self.plots = Plots()
        splitter.addWidget(self.plots)
        self.cost = label("", "muted", wrap=True)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Wrong values, the surest first"), "heading"), 1)
        self.use_button = Button(self.tr("Use the best model"), "", "", self._use)
        describe(self.use_button, self.tr("Use the best model"), self.tr("For everything, from now on"), "")
        self.own_button = Button(self.tr("Use it for this template"), "", "", self._use_for_template)
        describe(
            self.own_button,
            self.tr("Use the best model for this template"),
            self.tr("New tables with this template are made with the model that was right most often here"),
            "",
        )
        head.addWidget(self.own_button)
        head.addWidget(self.use_button)
        column.addWidget(self.cost)
        column.addLayout(head)
        self.all_right = label(
            self.tr("No value was wrong. With more documents the figures above say more."), "muted", wrap=True
        )
        column.addWidget(self.all_right, 1)
        self.wrong = _table(self.tr("Wrong values"))
        self.wrong.cellActivated.connect(self._open)
        self.wrong.cellClicked.connect(self._open)
        column.addWidget(self.wrong)
        splitter.addWidget(below)
        splitter.setSizes([200, 190, 180])
        return splitter

    def _list_models(self) -> None:
        """The models there are; ticked is what was ticked last, or else the usual one."""
        self.models.clear()
        usual = self._parts.models.usual()
        kept = set(self._parts.memory.text(_KEPT_MODELS).split("\n"))
        known = [each.name for each in self._parts.models.installed()] + [each.title for each in self._engines()]
        if not kept.intersection(known):
            kept = {usual.name} if usual is not None else set()
        for model in self._parts.models.installed():
            item = QListWidgetItem(f"{model.name}  ({size_text(model.size)})")
            item.setToolTip(plain_tip(item.text()))
            item.setData(_MODEL, model)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if model.name in kept else Qt.CheckState.Unchecked)
            self.models.addItem(item)
        for engine in self._engines():
            where = self.tr("local network") if engine.is_local else self.tr("cloud")
            item = QListWidgetItem(f"{engine.title}  ({where})")
            item.setToolTip(self.tr("Asked with your consent only, after what would be sent was shown"))
            item.setData(_MODEL, engine)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if engine.title in kept else Qt.CheckState.Unchecked)
            self.models.addItem(item)

    def _ticked(self) -> None:
        """A person's own ticks are kept; those that are set while the models are listed tell nothing new."""
        self._parts.memory.set(_KEPT_MODELS, "\n".join(_called(each) for each in self.chosen()))
        self._refresh()

    def _engines(self) -> list[RemoteEngine]:
        """The remote engines that were added; none where they cannot be read, which Settings says."""
        try:
            return self._parts.remote.engines()
        except StillroomError:
            return []

    # ---- what the user does

    @property
    def template_name(self) -> str:
        """Of the template that was evaluated; empty for none."""
        return self._template.name if self._template is not None else ""

    def pick(self) -> None:
        folder = self._parts.memory.folder("folder/labels")
        name, _filter = QFileDialog.getOpenFileName(self, self.tr("Labels"), folder, self.tr("Labels (*.jsonl)"))
        if name:
            self._parts.memory.set("folder/labels", str(Path(name).parent))
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Take a labels file."""
        try:
            labels = load_labels(path)
        except StillroomError as error:
            self.banners.show_message(sentence(error), "bad", key="labels")
            return
        self.banners.withdraw("labels")
        self.set_labels(labels, path.name)
        self._keep_labels(str(path.absolute()))

    def _keep_labels(self, source: str) -> None:
        self._parts.memory.set(_KEPT_LABELS, source)
        template: Template | None = self.template.currentData()
        if template is not None:
            self._parts.memory.set(_KEPT_TEMPLATE, template.name)

    def _take_up(self) -> None:
        """The labels that were there when the window was closed. Where they are gone, there are none: nobody asked for them now."""
        source = self._parts.memory.text(_KEPT_LABELS)
        template: Template | None = self.template.currentData()
        if not source or template is None:
            return
        reviews, file, name = self._parts.review_exports, Path(source), template.name

        def work(_: object) -> list[LabelledDocument]:
            if source == _REVIEWED:
                return reviews.labelled(name)
            return load_labels(file) if file.is_file() else []

        def done(labels: list[LabelledDocument]) -> None:
            if labels and not self._labels:
                self.set_labels(labels, self.tr("Reviewed") if source == _REVIEWED else file.name)

        self._parts.tasks.start(Operation(work, "labels", owner=self).success(done).failure(lambda _: None))

    def take_reviewed(self) -> None:
        """Take what persons answered for in Review as labels; where there are none of this template, offer those of another."""
        template = self.template.currentData()
        reviews = self._parts.review_exports

        def work(_: object) -> tuple[list[LabelledDocument], tuple[str, int] | None]:
            found = reviews.labelled(template.name)
            return found, None if found else reviews.reviewed_template()

        def done(found: tuple[list[LabelledDocument], tuple[str, int] | None]) -> None:
            labels, other = found
            if labels:
                self.banners.withdraw("labels")
                self.set_labels(labels, self.tr("Reviewed"))
                self._keep_labels(_REVIEWED)
                return
            words = self.tr("No document of %1 has been reviewed yet. Approve some in Review, or choose a labels file.")
            actions: list[tuple[str, Callable[[], object]]] = []
            names = [self.template.itemData(place).name for place in range(self.template.count())]
            if other is not None and other[0] in names:
                place = names.index(other[0])
                words = self.tr("No document of %1 has been reviewed yet.")
                title = self.template.itemText(place)
                taking = counted(
                    other[1],
                    self.tr("Use the reviewed document of %2"),
                    self.tr("Use the %1 reviewed documents of %2"),
                )
                actions = [(taking.replace("%2", title), lambda: self._take_reviewed_of(place))]
            words = words.replace("%1", template.title or template.name)
            self.banners.show_message(words, "info", actions, key="labels")

        self._parts.tasks.start(
            Operation(work, "labels", owner=self)
            .success(done)
            .failure(lambda error: self.banners.show_message(sentence(error), "bad", key="labels"))
        )

    def _take_reviewed_of(self, place: int) -> None:
        self.template.setCurrentIndex(place)
        self.take_reviewed()

    def set_labels(self, labels: Sequence[LabelledDocument], source: str) -> None:
        """Labels, from a file or from reviewed documents (``source`` says which)."""
        self._labels = list(labels)
        self._choose_fitting()
        text = counted(len(labels), self.tr("1 document"), self.tr("%1 documents"))
        self.labels_text.setText(f"{source} · {text}")
        self._refresh()

    def _choose_fitting(self) -> None:
        """The template that has most of the fields that are labelled, and fewest others, where the chosen one has none of them."""
        labelled = {name for each in self._labels for name in each.fields}
        templates = [self.template.itemData(place) for place in range(self.template.count())]
        known = [(len(labelled & {field.name for field in each.fields}), -len(each.fields)) for each in templates]
        if known and not known[self.template.currentIndex()][0] and max(known)[0]:
            self.template.setCurrentIndex(known.index(max(known)))

    def chosen(self) -> list[ModelFile | RemoteEngine]:
        """The models that are ticked: files that are here, and those behind an address."""
        items = [self.models.item(row) for row in range(self.models.count())]
        return [item.data(_MODEL) for item in items if item.checkState() == Qt.CheckState.Checked]

    def chosen_models(self) -> list[ModelFile]:
        """Of those the ones that run here."""
        return [model for model in self.chosen() if isinstance(model, ModelFile)]

    def run(self) -> None:
        """Each chosen model over all labelled documents, in an engine of its own: what is loaded stays loaded. Before a remote one is
        asked, a person sees what would leave, and agrees; else it is left out.
        """
        template, labels = self.template.currentData(), list(self._labels)
        try:
            unknown = check_labels(labels, template, self.tr("labels"))
        except StillroomError as error:
            self.banners.show_message(sentence(error), "bad", key="labels")
            return
        if unknown:
            words = self.tr("Labels of %1 are left out: the template has no such field.")
            words = words.replace("%1", ", ".join(f"“{name}”" for name in unknown))
            self.banners.show_message(words, "warn", key="labels")
        self._template, self._asked = template, []
        self._ask_next([each for each in self.chosen() if isinstance(each, RemoteEngine)])

    def _ask_next(self, engines: Sequence[RemoteEngine]) -> None:
        """Ask for consent for one remote engine after the other, then begin."""
        template = self._template
        assert template is not None
        if not engines:
            self._begin(template, self.chosen_models(), self._asked)
            return
        from stillroom.ui.evaluate.consent import EvaluationConsentDialog

        labels = list(self._labels)
        dialog = EvaluationConsentDialog(self, self._parts, engines[0], labels, template)
        dialog.agreed.connect(
            lambda engine, places: self._asked.append(
                EvaluationConsent(engine, template, tuple(labels[place] for place in places))
            )
        )
        dialog.finished.connect(lambda _: self._ask_next(engines[1:]))
        dialog.open()

    def _begin(self, template: Template, models: Sequence[ModelFile], asked: Sequence[EvaluationConsent]) -> None:
        labels, count = list(self._labels), len(models) + len(asked)
        failed: list[tuple[str, StillroomError]] = []
        if not count:
            self.status.setText(self.tr("Nothing was sent."))
            return

        def work(operation: Operation[list[ModelEvaluation]]) -> list[ModelEvaluation]:
            from stillroom.engine.engine import Engine

            tell = operation.to_window(self._progressed)

            def told(at: _At, progress: Progress) -> None:
                tell(dataclasses.replace(at, progress=progress))

            def tried(name: str, evaluate: Callable[[], ModelEvaluation]) -> None:
                """What one model cannot do takes nothing from the others."""
                try:
                    done.append(evaluate())
                except StillroomError as error:
                    failed.append((name, error))

            def here(engine: Engine, model: ModelFile, at: _At) -> ModelEvaluation:
                plan = self._parts.models.plan(model, beside=True, cancellation=operation.cancellation)
                evaluation = evaluator.run_model(
                    engine, plan.model, options=plan.options, environment=plan.environment,
                    on_progress=partial(told, at),
                    cancellation=operation.cancellation,
                )  # fmt: skip
                return dataclasses.replace(evaluation, model_name=model.name)

            def elsewhere(consent: EvaluationConsent, at: _At) -> ModelEvaluation:
                return self._parts.evaluations.run_remote(
                    consent, self._parts.remote, on_progress=partial(told, at), cancellation=operation.cancellation
                )

            evaluator = self._parts.evaluations.evaluator(labels, template)
            done: list[ModelEvaluation] = []
            importlib.import_module("stillroom.ui.evaluate.plots")  # here, or the window waits for it when all is done
            with Engine() as engine:
                for number, model in enumerate(models):
                    at = _At(model.name, number, count)
                    tell(at)
                    tried(model.name, partial(here, engine, model, at))
            for number, consent in enumerate(asked, len(models)):
                at = _At(consent.engine.title, number, count, Progress(0, len(consent.labels)))
                tell(at)
                tried(consent.engine.title, partial(elsewhere, consent, at))
            return done

        self.banners.withdraw("failed")
        self.banners.withdraw("ended")
        self._operation = Operation(work, "evaluate", owner=self).success(lambda done: self._done(done, failed))
        self._operation.failure(self._failed).cancelled(lambda: self._ended(self.tr("Stopped.")))
        self._parts.tasks.start(self._operation)
        self._refresh()

    def cancel(self) -> None:
        if self._operation is not None:
            self._operation.cancellation.request()
            self.status.setText(self.tr("Stopping…"))

    def teach(self) -> None:
        """Train the chosen model on the labelled documents, beside the window."""
        from stillroom.ui.evaluate.teach_dialog import TeachDialog

        template, (model,) = (
            self.template.currentData(),
            self.chosen_models(),
        )  # only then is the button there to be pressed
        try:
            check_labels(self._labels, template, self.tr("labels"))
        except StillroomError as error:
            self.banners.show_message(sentence(error), "bad", key="labels")
            return
        dialog = TeachDialog(self._parts, model, template, self._labels, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.taught.connect(self._list_models)
        dialog.taught.connect(self._refresh)
        dialog.show()

    def _best(self) -> ModelFile | None:
        """Of the models that run here the one that was right most often; of several the fastest."""
        here = {model.name: model for model in self._parts.models.installed()}
        own = [each for each in self.evaluations if each.model_name in here]
        best = max(own, key=lambda each: (each.metrics.score, -each.metrics.seconds), default=None)
        return here[best.model_name] if best is not None else None

    def _use(self) -> None:
        model = self._best()
        if model is not None:
            self._loading.choose(model)
            self.banners.show_message(
                self.tr("%1 is the model now.").replace("%1", model.name), "info", key="use", seconds=8
            )

    def _use_for_template(self) -> None:
        model, template = self._best(), self._template
        if model is None or template is None:
            return
        try:
            self._parts.models.use_for_template(template.name, model)
        except StillroomError as error:
            self.banners.show_message(sentence(error), "bad", key="use")
            return
        words = self.tr("New tables of %1 are made with %2. Extract shows and changes that, beside the template.")
        words = words.replace("%1", template.title or template.name).replace("%2", model.name)
        self.banners.show_message(words, "info", key="use", seconds=10)

    def _open(self, row: int, _column: int) -> None:
        item = self.wrong.item(row, 0)
        if item is None:
            return
        value: WrongValue = item.data(_MODEL)
        self.document_wanted.emit(value.document.path, value.field)

    # ---- what happens meanwhile

    def _progressed(self, at: _At) -> None:
        total = at.models * max(1, len(self._labels))
        done = at.number * len(self._labels) + (at.progress.done if at.progress else 0)
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        words = self.tr("%1: loading…") if at.progress is None else self.tr("%1: %2 of %3")
        if at.progress is not None:
            words = words.replace("%2", str(at.progress.done)).replace("%3", str(at.progress.total))
            left = time_left_text(at.progress.seconds_left)
            words += f" · {left}" if left else ""
        words = words.replace("%1", at.model)
        self.status.setText(words)
        self.working.emit(self.tr("Evaluation: %1").replace("%1", words))

    def _done(self, evaluations: list[ModelEvaluation], failed: Sequence[tuple[str, StillroomError]] = ()) -> None:
        self._ended("")
        if evaluations:
            self.evaluations = evaluations
            self._show()
        if failed:
            words = self.tr("%1 was not compared: %2")
            told = [words.replace("%1", name).replace("%2", sentence(error)) for name, error in failed]
            self.banners.show_message("\n".join(told), "bad", key="failed")
        words = self.tr("%1 was compared on %2 documents: %3")
        ended = [
            words.replace("%1", each.model_name).replace("%2", self._judged(each)).replace("%3", each.ended)
            for each in evaluations
            if each.ended
        ]
        if ended:
            self.banners.show_message("\n".join(ended), "warn", key="ended")

    def _failed(self, error: Exception) -> None:
        self._ended("")
        details = [(self.tr("Details"), lambda: show_failure(self, error))]
        self.banners.show_message(sentence(error), "bad", details, key="failed")

    def _ended(self, words: str) -> None:
        self._operation = None
        self.status.setText(words)
        self.working.emit("")
        self._refresh()

    def _refresh(self) -> None:
        running = self._operation is not None
        pressed = self.run_button if running else self.cancel_button
        follow = self.window().focusWidget() is pressed  # what was pressed goes, and the keyboard with it
        count, local = len(self.chosen()), len(self.chosen_models())
        self.run_button.setVisible(not running)
        self.run_button.setEnabled(bool(self._labels) and 0 < count <= MOST_MODELS and self.template.count() > 0)
        tip = self.tr("Try each model on every labelled document")
        if not self._labels:
            tip = self.tr("Choose labels first")
        elif not 0 < count <= MOST_MODELS:
            tip = self.tr("Choose one to three models")
        self.run_button.setToolTip(tip)
        self.teach_button.setVisible(not running)
        self.teach_button.setEnabled(bool(self._labels) and count == local == 1 and self.template.count() > 0)
        self.teach_button.setToolTip(self._teaching_tip(count, local))
        self.cancel_button.setVisible(running)
        if follow:
            (self.cancel_button if running else self.run_button).setFocus()
        self.progress.setVisible(running)
        for control in (self.template, self.open_button, self.reviewed_button, self.models):
            control.setEnabled(not running)

    def _teaching_tip(self, models: int, local: int) -> str:
        if not self._labels:
            return self.tr("Choose labels first")
        if models != 1 or local != 1:
            return self.tr("Choose one model of this machine")
        return self.tr("Train an adapter (LoRA) on these documents, and use it where it is better")

    def _show(self) -> None:
        template = self._template
        if template is None or not self.evaluations:
            return
        if self.stack.count() == 1:
            self.stack.addWidget(scrolled(self._outcome()))
        self.stack.setCurrentIndex(1)
        names = {field.name: field.heading for field in template.fields}
        rows: list[tuple[str, list[str]]] = []
        found = [shares(each) for each in self.evaluations]
        rows.append((self.tr("All fields"), [_share_text(each, "") for each in found]))
        for name in [name for name in names if any(name in each for each in found)]:
            rows.append((names[name], [_share_text(each, name) for each in found]))
        # Models that did not have the same documents are not held against each other unsaid.
        rows.append((self.tr("Documents"), [self._judged(each) for each in self.evaluations]))
        rows.append(
            (self.tr("Over 90 % sure and wrong"), [_percent(sure_and_wrong(each)) for each in self.evaluations])
        )
        calibrations = [each.metrics.calibration for each in self.evaluations]
        rows.append(
            (self.tr("Can pass at 95 % right"), [_percent(each.coverage) if each else "–" for each in calibrations])
        )
        rows.append((self.tr("Confidence is off by"), [_percent(each.error) if each else "–" for each in calibrations]))
        rows.append((self.tr("Not in the document"), [str(each.metrics.not_in_document) for each in self.evaluations]))
        rows.append((self.tr("Seconds a document"), [f"{each.metrics.seconds:.1f}" for each in self.evaluations]))
        rows.append((self.tr("1,000 documents cost"), [_dollars(each.thousand_cost) for each in self.evaluations]))
        listed = self._by_price_list(template)
        if any(listed):
            told = [_dollars(cost) if cost is not None else "–" for cost in listed]
            rows.append((self.tr("The same by the price list"), told))
        rows.append((self.tr("Memory"), [size_text(each.memory) if each.memory else "–" for each in self.evaluations]))
        _fill(
            self.table,
            [self.tr("Right values"), *(each.model_name for each in self.evaluations)],
            [(None, [name, *cells]) for name, cells in rows],
        )
        self._colour_headings()
        self.plots.show_evaluations(self.evaluations, names, self._price_range(template))
        wrong = [value for each in self.evaluations for value in wrong_values(each, self._labels)]
        headings = [
            self.tr("Document"),
            self.tr("Field"),
            self.tr("Right is"),
            self.tr("Found"),
            self.tr("Sure"),
            self.tr("Model"),
        ]
        self.all_right.setVisible(not wrong)
        self.wrong.setVisible(bool(wrong))
        absent = self.tr("nothing")
        _fill(
            self.wrong,
            headings,
            [
                (
                    value,
                    [
                        Path(value.document.file).name, names.get(value.field, value.field), value.wanted or absent,
                        value.found or absent, percent_text(value.confidence) if value.confidence is not None else "",
                        value.model,
                    ],
                )
                for value in wrong
            ],
        )  # fmt: skip
        best = self._best()
        self.use_button.setVisible(len(self.evaluations) > 1 and best is not None)
        self.own_button.setVisible(best is not None)
        self.own_button.setText(
            self.tr("Use the best for this template")
            if len(self.evaluations) > 1
            else self.tr("Use it for this template")
        )
        if best is not None:
            tip = self.tr("New tables with this template are made with %1").replace("%1", best.name)
            self.own_button.setToolTip(plain_tip(tip))
            self.use_button.setToolTip(plain_tip(self.tr("%1, for everything from now on").replace("%1", best.name)))
        notes = (self._same_text(), self._learned_text(template), self._cost_text(template))
        self.cost.setText("\n".join(each for each in notes if each))
        self.cost.setVisible(bool(self.cost.text()))

    def _colour_headings(self) -> None:
        """Each model's name with the colour that it has in the plots."""
        from stillroom.ui.evaluate.plots import ink_of

        for number in range(len(self.evaluations)):
            square = QPixmap(12, 12)
            square.fill(ink_of(number))
            heading = self.table.horizontalHeaderItem(number + 1)
            assert heading is not None
            heading.setIcon(QIcon(square))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.evaluations:
            self._colour_headings()

    def _would_cost(self, template: Template) -> tuple[str, list[tuple[str, float]]]:
        """What as many such documents as are usual in a month would cost at each price of the list, and its date. Raises StillroomError."""
        results = [each for each in self.evaluations[0].results if each.coverage.chars]
        if not results:
            return "", []
        characters = _MANY * sum(each.coverage.chars for each in results) // len(results)
        return self._parts.remote.would_cost(characters, _MANY, template)

    def _judged(self, evaluation: ModelEvaluation) -> str:
        judged, all_of_them = len(evaluation.documents), len(self._labels)
        if judged == all_of_them:
            return f"{judged:,}"
        return self.tr("%1 of %2").replace("%1", f"{judged:,}").replace("%2", f"{all_of_them:,}")

    def _by_price_list(self, template: Template) -> list[float | None]:
        """For each model that was compared what its name costs in the price list; None where the list has none of its name."""
        try:
            _date, costs = self._would_cost(template)
        except StillroomError:
            return []
        known = {_plain(name): cost for name, cost in costs}
        asked = {consent.engine.title: consent.engine.model for consent in self._asked}
        return [known.get(_plain(asked.get(each.model_name, ""))) for each in self.evaluations]

    def _price_range(self, template: Template) -> tuple[float, float] | None:
        """The cheapest and the dearest of the list, for a thousand such documents."""
        try:
            _date, costs = self._would_cost(template)
        except StillroomError:
            return None
        return (costs[0][1], costs[-1][1]) if costs else None

    def _same_text(self) -> str:
        """What is behind it that models cannot be told apart; empty where they can."""
        if not same_answers(self.evaluations):
            return ""
        return self.tr(
            "The models gave the same values and were as sure of them: the pages decided, not the models. The faster one is as good."
        )

    def _learned_text(self, template: Template) -> str:
        """That what was learned has no part in the figures; empty where nothing was."""
        if not self._parts.learning.memory(template).documents():
            return ""
        words = self.tr("Compared without what %1 learned from corrected documents: that is shown in Templates.")
        return words.replace("%1", template.title or template.name)

    def _cost_text(self, template: Template) -> str:
        """What as many such documents as are usual in a month would cost elsewhere; empty where no price is known."""
        try:
            date, costs = self._would_cost(template)
        except StillroomError as error:
            return sentence(error)
        if not costs:
            return ""
        words = self.tr(
            "1,000 such documents cost nothing here; sent to a model behind an address about %1 (%2) to %3 (%4), by the price list of %5."
        )
        (cheapest, least), (dearest, most) = costs[0], costs[-1]
        for mark, text in (
            ("%1", _dollars(least)),
            ("%2", cheapest),
            ("%3", _dollars(most)),
            ("%4", dearest),
            ("%5", date),
        ):
            words = words.replace(mark, text)
        return words


def _called(model: ModelFile | RemoteEngine) -> str:
    return model.title if isinstance(model, RemoteEngine) else model.name


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


_ROW = 26  # pixels


def _table(name: str) -> QTableWidget:
    table = QTableWidget()
    table.setAccessibleName(name)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(_ROW)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideMiddle)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return table


def _fill(table: QTableWidget, headings: Sequence[str], rows: Sequence[tuple[object, Sequence[str]]]) -> None:
    table.setColumnCount(len(headings))
    for place, heading in enumerate(headings):
        head = QTableWidgetItem(heading)
        head.setToolTip(plain_tip(heading))
        table.setHorizontalHeaderItem(place, head)
    table.setRowCount(len(rows))
    for number, (data, cells) in enumerate(rows):
        for place, text in enumerate(cells):
            item = QTableWidgetItem(text)
            item.setToolTip(plain_tip(text))
            item.setData(_MODEL, data)
            table.setItem(number, place, item)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)


def _share_text(found: dict[str, Share], name: str) -> str:
    share = found.get(name)
    if share is None:
        return "–"
    return f"{share.value:.0%}  ({share.low:.0%} – {share.high:.0%})"


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"


def _percent(share: float) -> str:
    return f"{share:.1%}"
