"""Before anything leaves: exactly what, to where, and what it costs; each document can be kept back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.remote.engines import RemoteEngine
from stillroom.templates.template import Template
from stillroom.ui.controls import ComboBox, SpinBox, describe, label
from stillroom.ui.extract.cell import LIKELY_FROM, Level
from stillroom.ui.extract.cell_wording import row_state
from stillroom.ui.extract.row import Row
from stillroom.ui.parts import Parts
from stillroom.ui.remote.leaving import Leaver, LeavingDialog
from stillroom.ui.wording import percent_text


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


class ConsentDialog(LeavingDialog[Row]):
    """The question whether exactly this may be sent."""

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
        super().__init__(parent, parts, template)
        self._rows, self._engines = list(rows), list(engines)
        self.setWindowTitle(self.tr("Ask a remote model"))
        self.head.addWidget(label(self.tr("Documents with a value below")))
        self.threshold = SpinBox()
        self.threshold.setRange(1, 100)
        self.threshold.setSuffix(" %")
        self.threshold.setValue(round(100 * threshold))
        describe(self.threshold, self.tr("Confidence below which a document is offered"))
        self.threshold.valueChanged.connect(self._fill)
        self.head.addWidget(self.threshold)
        self.head.addStretch(1)
        self.head.addWidget(label(self.tr("are sent to")))
        self.engine = ComboBox()
        describe(self.engine, self.tr("Remote engine"))
        for engine in self._engines:
            where = self.tr("local network") if engine.is_local else self.tr("cloud")
            self.engine.addItem(f"{engine.name}: {engine.model} ({where})")
        self.engine.currentIndexChanged.connect(lambda place: self.send_to(self._engines[place]))
        self.head.addWidget(self.engine)
        self._fill()

    def _fill(self) -> None:
        offered = []
        for each in doubtful(self._rows, self.threshold.value() / 100):
            sure = percent_text(each.confidence) if each.confidence else row_state(each.row)
            offered.append(Leaver(each.row, f"{each.row.path.name} · {sure}", self._reader(each.row)))
        self.offer(offered, self._engines[self.engine.currentIndex()])

    def _reader(self, row: Row) -> Callable[[Cancellation], Document]:
        assert row.run is not None
        assert row.run.batch is not None
        number, position = row.run.batch.run_id, row.position
        return lambda cancellation: self._parts.runs.document(number, position, cancellation=cancellation)
