"""The row of controls above a table: which template, which files, run, export; and how far the run is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QProgressBar, QToolButton, QVBoxLayout, QWidget

from stillroom.templates.template import Template
from stillroom.ui.controls import (
    PROGRESS_STEPS,
    Button,
    ComboBox,
    ElidedLabel,
    IconButton,
    describe,
    plain_tip,
    restyle,
)
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted

EXPORT_FORMATS = ("csv", "xlsx", "jsonl", "sqlite")
APPEND = "append"
"""In the place of a form: rows go to the end of a sheet."""


class SheetBar(QWidget):
    """The controls above a table.

    Signals:
        template_chosen(Template); model_menu_wanted: the models are to be listed in its menu.
        files_wanted; folder_wanted; run_wanted; cancel_wanted; export_wanted(str): a suffix.
        review_wanted: the documents are to be looked at beside their values.
    """

    template_chosen = Signal(Template)
    model_menu_wanted = Signal()
    files_wanted = Signal()
    folder_wanted = Signal()
    run_wanted = Signal()
    cancel_wanted = Signal()
    export_wanted = Signal(str)
    review_wanted = Signal()

    def __init__(self, templates: Sequence[Template], current: Template) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        column.addLayout(row)

        self.picker = ComboBox()
        self.picker.setMinimumWidth(180)
        self.picker.setAccessibleName(self.tr("Template"))
        self.picker.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToContents)
        for template in templates:
            self.offer(template)
        if current not in templates:
            self.picker.addItem(current.title or current.name, current)
        # Qt compares what it holds by identity; a table that is opened again brings its own copy of the template.
        shown = [self.picker.itemData(place) for place in range(self.picker.count())]
        self.picker.setCurrentIndex(shown.index(current))
        self.picker.activated.connect(lambda position: self._chosen(self.picker.itemData(position)))
        title = QLabel(self.tr("Template"))
        title.setBuddy(self.picker)
        row.addWidget(title)
        row.addWidget(self.picker)

        self.model = IconButton("models", self.tr("The model of this template"), "button", colour="text")
        self.model.setToolTip(self.tr("With which model this template is extracted"))
        self.model.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.model.setMenu(QMenu(self.model))
        self.model.menu().aboutToShow.connect(self.model_menu_wanted)
        row.addWidget(self.model)

        self.add = IconButton("plus", self.tr("Add files"), "button", text=self.tr("Add"), colour="text")
        self.add.setToolTip(self.tr("Add files or a folder to this table. You can also drop them on it."))
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.add)
        menu.addAction(self.tr("Files…"), lambda: self.files_wanted.emit())
        menu.addAction(self.tr("A folder…"), lambda: self.folder_wanted.emit())
        self.add.setMenu(menu)
        row.addWidget(self.add)
        row.addStretch(1)

        self.export = IconButton("export", self.tr("Export the table"), "button", text=self.tr("Export"), colour="text")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setMenu(self._export_menu())
        self.export.setToolTip(self.tr("Write the finished rows to a file"))
        row.addWidget(self.export)
        self.cancel = Button(self.tr("Cancel"), "", "stop")
        describe(self.cancel, self.tr("Cancel the run"), self.tr("Stop after the finished documents"), "Ctrl+.")
        self.cancel.clicked.connect(lambda: self.cancel_wanted.emit())
        row.addWidget(self.cancel)
        self.run = Button(self.tr("Extract"), "primary", "play")
        self.run.clicked.connect(lambda: self.run_wanted.emit())
        row.addWidget(self.run)
        self.review = Button(self.tr("Review"), "primary", "review")
        self.review.clicked.connect(lambda: self.review_wanted.emit())
        row.addWidget(self.review)

        self._description = ElidedLabel(current.description, "muted")
        column.addWidget(self._description)

    def _export_menu(self) -> QMenu:
        menu = QMenu(self.export)
        names = (self.tr("CSV…"), self.tr("Excel workbook…"), self.tr("JSON Lines…"), self.tr("SQLite database…"))
        for suffix, name in zip(EXPORT_FORMATS, names, strict=True):
            menu.addAction(name, partial(self.export_wanted.emit, suffix))
        menu.addAction(self.tr("Add to a sheet that is there…"), partial(self.export_wanted.emit, APPEND))
        menu.addSeparator()
        self.only_approved = menu.addAction(self.tr("Only approved documents"))
        self.only_approved.setCheckable(True)
        return menu

    def offer(self, template: Template) -> None:
        """Another template to choose, or another version of one."""
        place = self._place(template)
        if place < 0:
            place = self.picker.count()
            self.picker.addItem("")
        self.picker.setItemText(place, template.title or template.name)
        self.picker.setItemData(place, template)
        self.picker.setItemData(place, plain_tip(template.description), Qt.ItemDataRole.ToolTipRole)

    def choose(self, template: Template) -> None:
        """Show this template, which a table may have though the others know nothing of it."""
        if self._place(template) < 0:
            self.offer(template)
        self.picker.setCurrentIndex(self._place(template))
        self._description.setText(template.description)

    def withdraw(self, name: str) -> None:
        """No more to choose: the template of this name was deleted. It stays where it is the one that is shown."""
        for place in range(self.picker.count()):
            if self.picker.itemData(place).name == name and place != self.picker.currentIndex():
                self.picker.removeItem(place)
                return

    def _place(self, template: Template) -> int:
        names = [self.picker.itemData(place).name for place in range(self.picker.count())]
        return names.index(template.name) if template.name in names else -1

    def list_models(self, models: Sequence[tuple[str, bool, Callable[[], None]]]) -> None:
        """The models there are to choose from: what each is called, whether it is the one, and what makes it so."""
        menu = self.model.menu()
        menu.clear()
        one = QActionGroup(menu)
        for name, chosen, choose in models:
            action = menu.addAction(name, choose)
            action.setCheckable(True)
            one.addAction(action)
            action.setChecked(chosen)

    def _chosen(self, template: Template) -> None:
        self._description.setText(template.description)
        self.template_chosen.emit(template)

    def lock_template(self, locked: bool) -> None:
        """A table that was started keeps its template."""
        self.picker.setEnabled(not locked)
        self.picker.setToolTip(
            self.tr("This table was made with this template. Open a new table to use another one.")
            if locked
            else self.tr("What to look for in each document")
        )

    def show_run(
        self, *, ready: int, stopped: int, running: bool, finished: int, looks: int, model_there: bool
    ) -> None:
        """Enable what can be done now and name it. ``looks``: how many documents need one."""
        to_run = ready + stopped > 0 or not finished
        self.run.setVisible(not running and to_run)
        self.review.setVisible(not running and not to_run)
        some = counted(looks, self.tr("Review 1 document"), self.tr("Review %1 documents"))
        text = some if looks else self.tr("Review")
        self.review.setText(text)
        describe(self.review, text, self.tr("Go through the values beside their pages"))
        self.cancel.setVisible(running)
        self.run.setEnabled(ready + stopped > 0)
        if stopped and not ready:
            text = counted(stopped, self.tr("Continue (1 left)"), self.tr("Continue (%1 left)"))
        elif ready:
            text = counted(ready + stopped, self.tr("Extract 1 document"), self.tr("Extract %1 documents"))
        else:
            text = self.tr("Extract")
        self.run.setText(text)
        self.run.setAccessibleName(text)
        tip = self.tr("Fill the table") if model_there else self.tr("Starts as soon as the model is loaded")
        self.run.setToolTip(f"{tip} (Ctrl+Enter)")
        self.export.setEnabled(finished > 0)


class SheetStatus(QWidget):
    """The line between the controls and the table: what needs a look, and the run's progress.

    Signals:
        only_looks(bool): show only the rows that need a look.
    find_wanted(str): show only the rows that hold these words.
        retry_wanted: do all failed documents again.
    """

    only_looks = Signal(bool)
    find_wanted = Signal(str)
    retry_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        self.setMinimumHeight(4 * GRID)  # nothing below moves when a button comes or goes
        self.looks = IconButton("unsure", self.tr("Show only what needs a look"), "chip", text="-", colour="warn")
        self.looks.setCheckable(True)
        self.looks.setIconSize(QSize(16, 16))
        self.looks.toggled.connect(self.only_looks)
        row.addWidget(self.looks)
        self.text = ElidedLabel("", "muted", Qt.TextElideMode.ElideRight)
        row.addWidget(self.text, 1)
        self.retry = Button("", "link", "retry")
        self.retry.clicked.connect(lambda: self.retry_wanted.emit())
        row.addWidget(self.retry)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(140)
        self.bar.setAccessibleName(self.tr("Progress of the run"))
        row.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignVCenter)
        self.finder = QLineEdit()
        self.finder.setPlaceholderText(self.tr("Find in this table"))
        self.finder.setClearButtonEnabled(True)
        self.finder.setFixedWidth(180)
        describe(
            self.finder,
            self.tr("Find in this table"),
            self.tr("Show only the rows with these words"),
            QKeySequence(QKeySequence.StandardKey.Find),
        )
        self.finder.textChanged.connect(self.find_wanted)
        row.addWidget(self.finder)

    def show_looks(self, looks: int, finished: int) -> None:
        """``7 of 40 need a look``."""
        self.looks.setVisible(finished > 0)
        if looks:
            text = self.tr("%1 of %2 need a look") if looks != 1 else self.tr("%1 of %2 needs a look")
        else:
            text = self.tr("Nothing needs a look")
        text = text.replace("%1", str(looks)).replace("%2", str(finished))
        if text == self.looks.text():
            return
        self.looks.setText(text)
        self.looks.setAccessibleName(text)
        self.looks.setEnabled(looks > 0 or self.looks.isChecked())
        self.looks.setToolTip(self.tr("Show only these rows") if looks else "")
        self.looks.setProperty("quiet", "true" if not looks else "false")
        self.looks.set_icon_name("unsure" if looks else "sure", "warn" if looks else "good")
        restyle(self.looks)

    def show_failed(self, failed: int) -> None:
        """Offer to do the failed documents again."""
        self.retry.setVisible(failed > 0)
        self.retry.setText(counted(failed, self.tr("Retry 1 failed"), self.tr("Retry %1 failed")))
        describe(self.retry, self.retry.text(), self.tr("Extract the failed documents again"))

    def show_progress(self, text: str, done: float, total: int, running: bool) -> None:
        """``done`` of ``total`` documents; 0: how long it takes cannot be told."""
        self.text.setText(text)
        self.bar.setVisible(running)
        self.bar.setRange(0, PROGRESS_STEPS * total)
        self.bar.setValue(round(PROGRESS_STEPS * done))
