"""What a template learned, in figures: values right before and now, and how that grew with the corrected documents."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.templates.template import Template
from stillroom.ui.controls import Button, label
from stillroom.ui.field_gains import FieldGains
from stillroom.ui.questions import agreed
from stillroom.ui.tasks import Operation, Tasks
from stillroom.ui.theme import GRID, colours
from stillroom.ui.wording import counted, when_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import pyqtgraph

    from stillroom.workspace.evaluations import LabelledDocument
    from stillroom.workspace.learning import CurvePoint, Gain, LearnedTemplate, Learning


class LearnedDialog(QDialog):
    """Gains by field and over the number of corrected documents. Reckoned beside the window; closing it stops that.

    Attributes:
        said: the sentence with all values together. fields: a row a field. plot: the curve; shown where there are points.
        documents: those it knows, the newest first.

    Signals:
        forgot: a document, or everything.
    """

    forgot = Signal()

    def __init__(
        self,
        learning: Callable[[], Learning],
        template: Template,
        tasks: Tasks,
        parent: QWidget | None = None,
        reviewed: Callable[[str], list[LabelledDocument]] | None = None,
        names: Callable[[Iterable[str]], Mapping[str, str]] = lambda _: {},
    ) -> None:
        """``reviewed``: what persons answered for in documents with a template of this name, to learn of them anew.
        ``names``: finds the names of documents by their SHA-256, as far as a table has them.
        """
        super().__init__(parent)
        self._learning, self._template, self._tasks, self._reviewed = learning, template, tasks, reviewed
        self._names = names
        title = template.title or template.name
        self.setWindowTitle(self.tr("What %1 has learned").replace("%1", title))
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        self.said = label(self.tr("Reckoning…"), wrap=True)
        column.addWidget(self.said)
        self.fields = FieldGains(
            self.tr("What each field gained"), self.tr("Documents"), self.tr("Right before"), self.tr("Right now")
        )
        beside = QHBoxLayout()
        beside.setSpacing(GRID)
        beside.addWidget(self.fields, 5)
        beside.addLayout(self._known(), 4)
        column.addLayout(beside, 2)
        self.plot = QWidget()
        self._around = QVBoxLayout(self.plot)
        self._around.setContentsMargins(0, 0, 0, 0)
        self._curve: pyqtgraph.PlotWidget | None = None
        self.plot.setMinimumHeight(170)
        self.plot.hide()
        column.addWidget(self.plot, 2)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.forget_button = buttons.addButton(
            self.tr("Forget everything"), QDialogButtonBox.ButtonRole.DestructiveRole
        )
        self.forget_button.setAutoDefault(False)
        self.again_button = buttons.addButton(
            self.tr("Learn anew from reviewed"), QDialogButtonBox.ButtonRole.ActionRole
        )
        self.again_button.setAutoDefault(False)
        self.again_button.clicked.connect(self._learn_anew)
        self.again_button.hide()
        self.forget_button.clicked.connect(self._forget_everything)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.resize(820, 560)
        self._look()

    def _known(self) -> QVBoxLayout:
        """The documents it knows, each to be forgotten."""
        column = QVBoxLayout()
        column.setSpacing(GRID)
        self.documents = QTreeWidget()
        self.documents.setAccessibleName(self.tr("Documents it learned from"))
        self.documents.setHeaderLabels([self.tr("Learned from"), self.tr("When")])
        self.documents.setRootIsDecorated(False)
        self.documents.setUniformRowHeights(True)
        self.documents.header().setStretchLastSection(False)
        self.documents.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.documents.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        column.addWidget(self.documents, 1)
        self.forget_one = Button(self.tr("Forget this document"), action=self._forget_one)
        self.documents.currentItemChanged.connect(lambda item, _: self.forget_one.setEnabled(item is not None))
        self.forget_one.setEnabled(False)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.forget_one)
        column.addLayout(row)
        return column

    def _look(self) -> None:
        def work(operation: Operation[list[CurvePoint]]) -> list[CurvePoint]:
            learning = self._learning()
            memory = learning.memory(self._template)
            learned, taken = memory.learned(), memory.taken()
            names = self._names(taken)
            known = [(sha256, names.get(sha256, ""), moment) for sha256, moment in reversed(taken.items())]
            operation.to_window(tell)(learned, known)
            importlib.import_module("pyqtgraph")  # beside the window, which would wait for it when it draws
            return learning.curve(self._template, operation.cancellation)

        def tell(learned: LearnedTemplate, known: Sequence[tuple[str, str, datetime]]) -> None:
            self.show_gains(learned.documents, learned.gains())
            self._show_known(known)
            self._warn(learned)

        self._operation = (
            Operation(work, "learned", owner=self)
            .success(self._draw)
            .failure(lambda error: self.said.setText(str(error)))
        )
        self.finished.connect(lambda _: self._operation.cancellation.request())
        self._tasks.start(self._operation)

    def show_gains(self, documents: int, gains: dict[str, Gain], curve: Sequence[CurvePoint] = ()) -> None:
        """What was reckoned; the curve takes longer, and is drawn when it is there."""
        self.forget_button.setEnabled(documents > 0)
        if not documents:
            self.said.setText(
                self.tr(
                    "Nothing yet. It learns from each document that you approve in Review, and says here what that is worth."
                )
            )
        else:
            self.said.setText(self._sentence(documents, gains))
        names = {field.name: field.heading for field in self._template.fields}
        self.fields.show_fields(
            (names.get(name, name), str(gain.values), str(gain.before), str(gain.after)) for name, gain in gains.items()
        )
        self._draw(curve)

    def _show_known(self, known: Iterable[tuple[str, str, datetime]]) -> None:
        self.documents.clear()
        for sha256, name, moment in known:
            item = QTreeWidgetItem([name or self.tr("not in any table"), when_text(moment)])
            item.setToolTip(0, item.text(0))
            item.setData(0, Qt.ItemDataRole.UserRole, sha256)
            self.documents.addTopLevelItem(item)

    def _warn(self, learned: LearnedTemplate) -> None:
        """What of the documents counts for nothing, and why."""
        more = []
        if learned.outdated:
            more.append(
                counted(
                    learned.outdated,
                    self.tr(
                        "1 document was learned with an earlier version of Stillroom: it counts for nothing until learned anew."
                    ),
                    self.tr(
                        "%1 documents were learned with an earlier version of Stillroom: they count for nothing until learned anew."
                    ),
                )
            )
        if len(learned.models) > 1:
            words = self.tr("Texts were taken in by several models (%1), so choices are told by their words alone.")
            more.append(words.replace("%1", ", ".join(learned.models)))
        if more:
            self.said.setText("\n".join([self.said.text(), *more]))
        self.again_button.setVisible(bool(more) and self._reviewed is not None)

    def _learn_anew(self) -> None:
        reviewed = self._reviewed
        if reviewed is None:
            return

        def work(operation: Operation[None]) -> None:
            labels = reviewed(self._template.name)
            self._learning().take_labels(self._template, labels, lambda *_: None, operation.cancellation)

        self.again_button.setEnabled(False)
        self.said.setText(self.tr("Reading the reviewed documents…"))
        again = (
            Operation(work, "learn anew", owner=self)
            .success(lambda _: self._look())
            .failure(lambda error: self.said.setText(str(error)))
        )
        self.finished.connect(lambda _: again.cancellation.request())
        self._tasks.start(again)

    def _sentence(self, documents: int, gains: dict[str, Gain]) -> str:
        if not gains:
            return counted(
                documents,
                self.tr("It knows 1 document, which made nothing better yet."),
                self.tr("It knows %1 documents, which made nothing better yet."),
            )
        text = counted(
            documents,
            self.tr("%2 of %4 values right before, %3 now, on your last document."),
            self.tr("%2 of %4 values right before, %3 now, on your last %1 documents, each left out in turn."),
        )
        sums = (sum(each.before for each in gains.values()), sum(each.after for each in gains.values()))
        for mark, number in (("%2", sums[0]), ("%3", sums[1]), ("%4", sum(each.values for each in gains.values()))):
            text = text.replace(mark, str(number))
        return text

    def _draw(self, curve: Sequence[CurvePoint]) -> None:
        self.plot.setVisible(bool(curve))
        if not curve:
            return
        import pyqtgraph as pg

        if self._curve is None:
            self._curve = pg.PlotWidget()
            self._curve.setAccessibleName(self.tr("Right values over the number of corrected documents"))
            self._curve.setMouseEnabled(False, False)
            self._curve.setMenuEnabled(False)
            self._curve.hideButtons()
            self._around.addWidget(self._curve)
        shown, plot = colours(), self._curve
        plot.clear()
        plot.setBackground(QColor(shown.surface))
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            axis.setPen(QColor(shown.border))
            axis.setTextPen(QColor(shown.text))
        plot.setLabel("left", self.tr("right, %"))
        plot.setLabel("bottom", self.tr("corrected documents"))
        # There are no halves of documents; where points are close, not each has its number.
        shown_at = [point.documents for point in curve if point.documents in (0, 1, 3) or point.documents >= 5]
        plot.getAxis("bottom").setTicks([[(number, str(number)) for number in shown_at]])
        plot.plot(
            [point.documents for point in curve], [100 * point.right for point in curve],
            pen=pg.mkPen(QColor(shown.accent), width=2), symbol="o", symbolBrush=QColor(shown.accent), symbolPen=None,
            symbolSize=8,
        )  # fmt: skip
        plot.getPlotItem().getViewBox().setYRange(0, 100, padding=0.05)

    def _forget_one(self) -> None:
        item = self.documents.currentItem()
        if item is not None:
            self._forget(str(item.data(0, Qt.ItemDataRole.UserRole)))

    def _forget_everything(self) -> None:
        sure = agreed(
            self, self.windowTitle(), self.tr("Forget everything that it learned? Your documents, tables and verdicts stay."),
            self.tr("Forget everything"), self.tr("Keep it"),
        )  # fmt: skip
        if sure:
            self._forget("")

    def _forget(self, sha256: str) -> None:
        """One document, or everything."""

        def done(_: int) -> None:
            self.forgot.emit()
            self._look()

        def failed(error: Exception) -> None:
            self.forget_button.setEnabled(True)
            self.forget_one.setEnabled(self.documents.currentItem() is not None)
            self.said.setText(str(error))

        for button in (self.forget_button, self.forget_one):
            button.setEnabled(False)
        self._tasks.start(
            Operation(lambda _: self._learning().forget(self._template, sha256), "forget", owner=self)
            .success(done)
            .failure(failed)
        )
