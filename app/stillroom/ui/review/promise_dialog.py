"""The dial: what may pass unseen, what follows from it, and whether it was kept."""

from __future__ import annotations

from PySide6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from stillroom.review.acceptance import SAMPLED, WRONG, Promise
from stillroom.ui.controls import Button, ComboBox, label
from stillroom.ui.review import wording
from stillroom.ui.review.desk import ReviewDesk
from stillroom.ui.theme import GRID


class PromiseDialog(QDialog):
    """A choice of promises for one template; it takes effect at once."""

    def __init__(self, desk: ReviewDesk, template_name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("What may pass unseen"))
        self.setMinimumWidth(460)
        self._desk = desk
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        text = self.tr(
            "Values that are sure enough need not be looked at. Choose how many of them may be wrong; one in %1 is shown all the "
            "same, to measure it. What fails a check, can be read in two ways, or is missing and required is always shown."
        )
        column.addWidget(label(text.replace("%1", str(SAMPLED)), wrap=True))
        self._templates = ComboBox()
        self._templates.setAccessibleName(self.tr("Template"))
        for name, queue in desk.queues.items():
            title = queue.documents[0].template.title if queue.documents else name
            self._templates.addItem(title or name, name)
        self._templates.setCurrentIndex(max(0, self._templates.findData(template_name)))
        self._templates.setVisible(len(desk.queues) > 1)
        column.addWidget(self._templates)
        self._group = QButtonGroup(self)
        for number, share in enumerate((0.0, *WRONG)):
            said = self.tr("At most %1 wrong").replace("%1", wording.share_text(share)) if share else ""
            button = QRadioButton(said or self.tr("Nothing: every value that is not sure is shown"))
            refused = desk.no_promise(share)
            if refused:
                button.setEnabled(False)
                button.setToolTip(refused)
            self._group.addButton(button, number)
            column.addWidget(button)
        self._said = label("", "muted", wrap=True)
        self._said.setMinimumHeight(5 * self.fontMetrics().height())
        column.addWidget(self._said)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(Button(self.tr("Close"), "primary", action=self.accept))
        column.addLayout(row)
        self._templates.activated.connect(lambda _: self._show())
        self._group.idClicked.connect(self._chosen)
        desk.weighed.connect(self._show)
        self._show()

    @property
    def _name(self) -> str:
        return str(self._templates.currentData())

    def _show(self) -> None:
        queue = self._desk.queues.get(self._name)
        if queue is None:
            return
        share = queue.promise.wrong if queue.promise else 0.0
        button = self._group.button(([0.0, *WRONG].index(share)) if share in WRONG else 0)
        button.setChecked(True)
        if queue.promise is None:
            self._said.setText(self.tr("Now: a value is shown where it is less sure than 60 %."))
        else:
            self._said.setText("\n".join(wording.passing_sentences(queue.passing, share)))

    def _chosen(self, number: int) -> None:
        self._desk.promise(self._name, Promise(WRONG[number - 1], SAMPLED) if number else None)
