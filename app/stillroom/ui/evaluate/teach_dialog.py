"""Teaching a model a template: what it would take, how far it is, and what came of it on the documents held out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QProgressBar, QVBoxLayout, QWidget

from stillroom.evaluation.labels import LabelledDocument
from stillroom.models.model_file import ModelFile
from stillroom.templates.template import Template
from stillroom.ui.controls import label
from stillroom.ui.field_gains import FieldGains
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, sentence, size_text, time_left_text

if TYPE_CHECKING:
    from stillroom.workspace.teaching import Judged, Lesson, Taught

_TOLD_FROM = 0.02  # share done from which on the time left is told


class TeachDialog(QDialog):
    """A lesson, beside the window: nothing else waits for it. Closing it stops; the same lesson goes on the next time.

    Attributes:
        said: the sentence about what is meant, going on, or done. fields: a row a field, when it was measured.

    Signals:
        taught: a model was made.
    """

    taught = Signal()

    def __init__(
        self,
        parts: Parts,
        model: ModelFile,
        template: Template,
        labels: Sequence[LabelledDocument],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._parts, self._model, self._template, self._labels = parts, model, template, list(labels)
        self._lesson: Lesson | None = None
        self._operation: Operation[Lesson] | Operation[Taught] | None = None
        self._begun = 0.0
        title = self.tr("Teach %1 to %2")
        self.setWindowTitle(title.replace("%1", template.title or template.name).replace("%2", model.name))
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        words = self.tr(
            "An adapter (LoRA) is trained on some of the labelled documents and measured on the others. It is used for this "
            "template where it is right more often there, else nothing is kept. Nothing leaves this machine."
        )
        column.addWidget(label(words, "muted", wrap=True))
        self.said = label(self.tr("Reading the documents…"), wrap=True)
        column.addWidget(self.said)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress of the lesson"))
        column.addWidget(self.progress)
        self.fields = FieldGains(
            self.tr("What each field gained on documents held out"),
            self.tr("Labels"),
            self.tr("Right before"),
            self.tr("Right with it"),
        )
        self.fields.hide()
        column.addWidget(self.fields, 1)
        column.addStretch()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.teach_button = buttons.addButton(self.tr("Teach"), QDialogButtonBox.ButtonRole.ActionRole)
        self.teach_button.setEnabled(False)
        self.teach_button.clicked.connect(self.teach)
        self.stop_button = buttons.addButton(self.tr("Stop"), QDialogButtonBox.ButtonRole.ActionRole)
        self.stop_button.setEnabled(False)
        self.stop_button.clicked.connect(self.stop)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.finished.connect(lambda _: self.stop())
        self.resize(560, 400)
        self._prepare()

    def _prepare(self) -> None:
        def work(operation: Operation[Lesson]) -> Lesson:
            teaching = self._parts.teaching
            teaching.check()
            tell = operation.to_window(self._progressed)
            return teaching.prepare(
                self._model, self._template, self._labels, on_progress=tell, cancellation=operation.cancellation
            )

        operation = Operation(work, "lesson", owner=self).success(self._prepared).failure(self._failed)
        self._operation = operation
        self._parts.tasks.start(operation)

    def _prepared(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self.progress.setValue(0)
        self.said.setText(self._plan(lesson))
        self.teach_button.setEnabled(True)
        self.teach_button.setFocus()

    def teach(self) -> None:
        """Train, and measure."""
        lesson = self._lesson
        if lesson is None:
            return

        def work(operation: Operation[Taught]) -> Taught:
            tell = operation.to_window(self._progressed)
            return self._parts.teaching.teach(lesson, on_progress=tell, cancellation=operation.cancellation)

        self.teach_button.setEnabled(False)
        self.stop_button.setEnabled(True)
        self._begun = time.monotonic()
        operation = Operation(work, "teach", owner=self).success(self._done).failure(self._failed)
        self._operation = operation.cancelled(self._stopped)
        self._parts.tasks.start(operation)

    def stop(self) -> None:
        """What is going on; a training goes on the next time."""
        if self._operation is not None:
            self._operation.cancellation.request()
            self.stop_button.setEnabled(False)

    def _progressed(self, share: float, what: str) -> None:
        self.progress.setValue(round(1000 * share))
        left = ""
        if self._begun and share > _TOLD_FROM:
            left = time_left_text((time.monotonic() - self._begun) * (1 - share) / share)
        self.said.setText(f"{what} · {left}" if left else what)

    def _done(self, taught: Taught) -> None:
        self._ended()
        self.progress.setValue(1000)
        self.show_judged(taught.judged)
        self.said.setText(self._outcome(taught))
        if taught.model is not None:
            self.taught.emit()

    def show_judged(self, judged: Judged) -> None:
        """The figures of each field."""
        self.fields.show_fields(
            (self._template.field(name).heading, str(each.labels), self._number(each.before), self._number(each.after))
            for name, each in judged.fields.items()
        )
        self.fields.show()

    def _stopped(self) -> None:
        self._ended()
        self.teach_button.setEnabled(self._lesson is not None)
        self.said.setText(self.tr("Stopped. Taught again with the same documents, it goes on where it was."))

    def _failed(self, error: Exception) -> None:
        self._ended()
        self.progress.hide()  # nothing goes on that it could be of
        self.said.setText(sentence(error))

    def _ended(self) -> None:
        self._operation = None
        self._begun = 0.0
        self.stop_button.setEnabled(False)

    def _plan(self, lesson: Lesson) -> str:
        trained = counted(
            len(lesson.train),
            self.tr("1 document with %2 questions to train on"),
            self.tr("%1 documents with %2 questions to train on"),
        )
        held = counted(len(lesson.held_out), self.tr("1 held out."), self.tr("%1 held out."))
        takes = self.tr("It takes about %1 min where nothing else runs, and %2 of memory.")
        takes = takes.replace("%1", str(max(1, round(lesson.cost.seconds / 60))))
        text = f"{trained.replace('%2', str(lesson.questions))}, {held} {takes.replace('%2', size_text(lesson.cost.memory))}"
        if lesson.left_out:
            missing = counted(
                len(lesson.left_out), self.tr("1 document cannot be read:"), self.tr("%1 documents cannot be read:")
            )
            text += f"\n{missing} {lesson.left_out[0]}"
        return text

    def _outcome(self, taught: Taught) -> str:
        judged = taught.judged
        text = self.tr("Of %1 values in documents held out, %2 were right before and %3 with it (%4 better, %5 worse).")
        numbers = (str(judged.labels), self._number(judged.before), self._number(judged.after))
        for mark, number in enumerate((*numbers, str(judged.better), str(judged.worse)), 1):
            text = text.replace(f"%{mark}", number)
        if taught.model is not None:
            more = self.tr("This template is extracted with %1 from now on; Extract shows and changes that.")
            more = more.replace("%1", taught.model.name)
        else:
            more = self.tr("That is not better by more than chance, so nothing was kept and nothing changes.")
        return f"{text} {more}"

    @staticmethod
    def _number(value: float) -> str:
        return QLocale().toString(float(value), "f", 0 if value == int(value) else 1)
