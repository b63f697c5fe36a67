"""Before anything leaves: exactly what, to where, and what it costs; each document can be kept back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from stillroom.documents.document import Document
from stillroom.remote.engines import RemoteEngine
from stillroom.templates.template import Template
from stillroom.ui.controls import Button, ComboBox, SpinBox, describe, label
from stillroom.ui.extract.cell import LIKELY_FROM, Level
from stillroom.ui.extract.cell_wording import row_state
from stillroom.ui.extract.row import Row
from stillroom.ui.parts import Parts
from stillroom.ui.remote.destination import where_text
from stillroom.ui.tasks import BackgroundWork, Operation
from stillroom.ui.wording import counted, percent_text

if TYPE_CHECKING:
    from stillroom.workspace.remote_models import Preview


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A row that may be asked about: ``confidence`` of its least sure value, 0 where it needs a look for another reason."""

    row: Row
    confidence: float


def doubtful(rows: Sequence[Row], threshold: float = LIKELY_FROM) -> list[Doubtful]:
    """The finished rows that are less sure than ``threshold`` (1: all of them), the least sure first.

    With the usual threshold they are those that the table says need a look.
    """
    found = []
    for row in rows:
        if row.result is not None and row.run is not None and row.run.batch is not None and row.cells:
            least = least_confidence(row)
            if least < threshold or threshold >= 1:
                found.append(Doubtful(row, least))
    return sorted(found, key=lambda each: each.confidence)


def least_confidence(row: Row) -> float:
    """Of the values that were found in a row; 0 where it needs a look for another reason, 1 where nothing was found."""
    given = (Level.UNSURE, Level.LIKELY, Level.SURE)
    least = min((cell.confidence or 0.0 for cell in row.cells if cell.level in given), default=1.0)
    if row.looks:
        return least if least < LIKELY_FROM else 0.0
    return max(least, LIKELY_FROM)


class ConsentDialog(QDialog):
    """The question whether exactly this may be sent.

    Signals:
        agreed(RemoteEngine, list): the engine, and the rows to send.
    """

    agreed = Signal(RemoteEngine, list)

    def __init__(
        self,
        parent: QWidget,
        parts: Parts,
        engines: Sequence[RemoteEngine],
        rows: Sequence[Row],
        template: Template,
        *,
        threshold: float = LIKELY_FROM,
    ) -> None:
        super().__init__(parent)
        self._parts, self._rows, self._template = parts, list(rows), template
        self._engines = list(engines)
        self._documents: dict[Row, Document] = {}
        self._operation: BackgroundWork | None = None
        self.setWindowTitle(self.tr("Ask a remote model"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(980, 620)
        column = QVBoxLayout(self)
        top = QHBoxLayout()
        top.addWidget(label(self.tr("Documents with a value below")))
        self.threshold = SpinBox()
        self.threshold.setRange(1, 100)
        self.threshold.setSuffix(" %")
        self.threshold.setValue(round(100 * threshold))
        describe(self.threshold, self.tr("Confidence below which a document is offered"))
        self.threshold.valueChanged.connect(self._fill)
        top.addWidget(self.threshold)
        top.addStretch(1)
        top.addWidget(label(self.tr("are sent to")))
        self.engine = ComboBox()
        describe(self.engine, self.tr("Remote engine"))
        for engine in self._engines:
            where = self.tr("local network") if engine.is_local else self.tr("cloud")
            self.engine.addItem(f"{engine.name}: {engine.model} ({where})")
        self.engine.currentIndexChanged.connect(self._show_sum)
        top.addWidget(self.engine)
        column.addLayout(top)
        middle = QHBoxLayout()
        self.list = QListWidget()
        self.list.setFixedWidth(320)
        describe(self.list, self.tr("Documents to send"), self.tr("Only those that are ticked leave this machine"))
        self.list.currentRowChanged.connect(self._show_text)
        self.list.itemChanged.connect(lambda _item: self._show_sum())
        middle.addWidget(self.list)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        describe(self.text, self.tr("Exactly what would be sent"))
        middle.addWidget(self.text, 1)
        column.addLayout(middle, 1)
        self.sum = label("", "", wrap=True)
        column.addWidget(self.sum)
        buttons = QDialogButtonBox()
        keep = Button(self.tr("Send nothing"), "primary", action=self.reject)
        keep.setDefault(True)
        self.send = Button("", action=self._send)
        self.send.setAutoDefault(False)
        buttons.addButton(keep, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.send, QDialogButtonBox.ButtonRole.AcceptRole)
        column.addWidget(buttons)
        self._fill()

    def chosen(self) -> list[Row]:
        """The rows that are ticked."""
        return [
            self._shown[place].row
            for place in range(self.list.count())
            if self.list.item(place).checkState() is Qt.CheckState.Checked
        ]

    def _fill(self) -> None:
        self._shown = doubtful(self._rows, self.threshold.value() / 100)
        self.list.blockSignals(True)
        self.list.clear()
        for each in self._shown:
            sure = percent_text(each.confidence) if each.confidence else row_state(each.row)
            item = QListWidgetItem(f"{each.row.path.name} · {sure}")
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._show_sum()
        self._read()

    def _read(self) -> None:
        """Read what is not read yet, for the preview; this connects to nothing."""
        missing = [each.row for each in self._shown if each.row not in self._documents]
        if self._operation is not None:
            self._operation.cancellation.request()

        def work(operation: Operation[None]) -> None:
            tell = operation.to_window(read)
            for row in missing:
                assert row.run is not None
                assert row.run.batch is not None
                document = self._parts.runs.document(
                    row.run.batch.run_id, row.position, cancellation=operation.cancellation
                )
                tell(row, document)

        def read(row: Row, document: Document) -> None:
            self._documents[row] = document
            if self.list.currentRow() < 0:
                self.list.setCurrentRow(0)
            self._show_text(self.list.currentRow())
            self._show_sum()

        self._operation = self._parts.tasks.start(
            Operation(work, "preview", owner=self).failure(lambda error: self.sum.setText(str(error)))
        )

    def _preview(self, row: Row) -> Preview | None:
        document = self._documents.get(row)
        return (
            self._parts.remote.preview(document, self._template, self._engines[self.engine.currentIndex()])
            if document is not None
            else None
        )

    def _show_text(self, place: int) -> None:
        if 0 <= place < len(self._shown):
            found = self._preview(self._shown[place].row)
            self.text.setPlainText(found.text if found is not None else self.tr("Reading…"))

    def _show_sum(self) -> None:
        engine = self._engines[self.engine.currentIndex()]
        previews = [self._preview(row) for row in self.chosen()]
        ready = [found for found in previews if found is not None]
        tokens, cost = sum(found.tokens for found in ready), sum(found.cost for found in ready)
        characters = sum(len(found.text) for found in ready)
        number = QLocale().toString
        documents = counted(len(previews), self.tr("1 document"), self.tr("%1 documents"))
        text = self.tr("%1, %2 characters, about %3 tokens, about $%4, would leave for %5 (%6).")
        for mark, word in zip(
            ("%1", "%2", "%3", "%4", "%5", "%6"),
            (documents, number(characters), number(tokens), f"{cost:.4f}", engine.host, where_text(engine)),
            strict=True,
        ):
            text = text.replace(mark, word)
        waiting = "" if len(ready) == len(previews) else " " + self.tr("Some are still being read.")
        text += waiting + self._beyond_the_limit(cost)
        self.sum.setText(text if previews else self.tr("No document is ticked, so nothing would leave."))
        self.send.setText(self.tr("Send %1 to %2").replace("%1", documents).replace("%2", engine.host))
        self.send.setAccessibleName(self.send.text())
        self.send.setEnabled(bool(previews) and len(ready) == len(previews))

    def _beyond_the_limit(self, cost: float) -> str:
        """A sentence where the month's limit will keep some of it back."""
        left = self._parts.remote.left_this_month()
        if left is None or cost <= left:
            return ""
        text = self.tr("Only $%1 of this month's limit is left: what goes beyond it will not be sent.")
        return " " + text.replace("%1", QLocale().toString(left, "f", 4))

    def _send(self) -> None:
        self.agreed.emit(self._engines[self.engine.currentIndex()], self.chosen())
        self.accept()

    def done(self, result: int) -> None:
        if self._operation is not None:
            self._operation.cancellation.request()
        super().done(result)
