"""The plots of an evaluation: right values a field, what a confidence is worth, how many may pass unseen."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from stillroom.evaluation.evaluate import ModelEvaluation
from stillroom.evaluation.figures import answers, passing, shares
from stillroom.ui.controls import plain_tip
from stillroom.ui.theme import GRID, Colours, colours

_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
_FEW_WRONG = 0.1  # share of wrong ones that the axis shows at least: of none there would be no scale
_SYMBOLS = ("o", "s", "t")
_NARROWEST, _HEIGHT = 215, 190  # pixels of a plot
_BESIDE_AXIS = 30  # pixels of its width that hold no bars


class Plots(QWidget):
    """Three plots beside each other, and a fourth where a model costs something.

    A model has its own colour, line and symbol, so that colours need not be told apart.
    """

    def __init__(self) -> None:
        super().__init__()
        self._evaluations: Sequence[ModelEvaluation] = ()
        self._names: dict[str, str] = {}
        self._prices: tuple[float, float] | None = None
        self._fields: list[str] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GRID)
        titles = (
            self.tr("Right by field"),
            self.tr("Right by confidence"),
            self.tr("Wrong of what passes"),
            self.tr("Right by cost"),
        )
        self.right, self.worth, self.pass_, self.cost = self._all = tuple(self._plot(title) for title in titles)
        self.cost.hide()
        self._across = 0
        self._place()

    def _place(self) -> None:
        """All beside each other, or two by two where each would be too narrow for its words."""
        shown = self._all if any(each.thousand_cost for each in self._evaluations) else self._all[:-1]
        across = len(shown) if self.width() >= len(shown) * _NARROWEST else 2
        if across == self._across:
            return
        self._across = across
        rows = -(-len(shown) // across)
        for number, plot in enumerate(shown):
            self._grid.addWidget(plot, number // across, number % across)
        for place in range(len(self._all)):
            self._grid.setColumnStretch(place, int(place < across))
            self._grid.setRowStretch(place, int(place < rows))
        self.setMinimumHeight(_HEIGHT * rows)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place()
        self._grid.activate()
        self._name_fields()

    def _name_fields(self) -> None:
        """Below their bars, each as far as it has room: names that run into each other name nothing."""
        axis = self.right.getAxis("bottom")
        left = self.right.getAxis("left").width()
        room = (self.right.width() - left - _BESIDE_AXIS) / max(1, len(self._fields)) - GRID / 2
        metrics = QFontMetrics(axis.style["tickFont"] or self.font())
        shown = [metrics.elidedText(name, Qt.TextElideMode.ElideRight, max(1, int(room))) for name in self._fields]
        axis.setTicks([list(enumerate(shown))])
        self.right.setToolTip(plain_tip("\n".join(self._fields)) if shown != self._fields else "")

    def _plot(self, title: str) -> pg.PlotWidget:
        plot = pg.PlotWidget(self)
        plot.setAccessibleName(title)
        plot.setMouseEnabled(False, False)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        for side in ("bottom", "left"):
            # Before the axis has a label and a range: said again later, it puts thousandths in the place of the numbers.
            plot.getAxis(side).enableAutoSIPrefix(False)
        plot.getPlotItem().setTitle(title, size="9pt")
        plot.getPlotItem().layout.setContentsMargins(2, 2, 12, 2)  # or the last number of the axis is cut
        return plot

    def show_evaluations(
        self,
        evaluations: Sequence[ModelEvaluation],
        names: dict[str, str],
        prices: tuple[float, float] | None = None,
    ) -> None:
        """``names``: of the fields, as people call them. ``prices``: the cheapest and the dearest of the price list for a thousand such
        documents, in dollars.
        """
        self._evaluations, self._names, self._prices = evaluations, names, prices
        shown = colours()
        self._dress()
        for plot in self._all:
            plot.clear()
        fields = [name for name in names if any(name in each.metrics.fields for each in evaluations)]
        width = 0.8 / max(1, len(evaluations))
        most = _FEW_WRONG
        for number, evaluation in enumerate(evaluations):
            ink = ink_of(number)
            pen = pg.mkPen(ink, width=2, style=_STYLES[number % len(_STYLES)])
            found = shares(evaluation)
            at = [place + (number + 0.5) * width - 0.4 for place in range(len(fields))]
            known = [found.get(name) for name in fields]
            heights = [share.value if share else 0.0 for share in known]
            self.right.addItem(pg.BarGraphItem(x=at, height=heights, width=width * 0.9, brush=ink, pen=pg.mkPen(ink)))
            self.right.addItem(
                pg.ErrorBarItem(
                    x=_array(at), y=_array(heights),
                    top=_array([share.high - share.value if share else 0.0 for share in known]),
                    bottom=_array([share.value - share.low if share else 0.0 for share in known]),
                    beam=width * 0.3, pen=pg.mkPen(QColor(shown.text)),
                )
            )  # fmt: skip
            calibration = evaluation.metrics.calibration
            if calibration is not None:
                self.worth.plot(
                    [part.confidence for part in calibration.bins], [part.right for part in calibration.bins],
                    pen=pen, symbol=_SYMBOLS[number % len(_SYMBOLS)], symbolBrush=ink, symbolPen=ink, symbolSize=7,
                )  # fmt: skip
            given = answers(evaluation)
            if given:
                passed, wrong = passing(given)
                most = max(most, *wrong)
                self.pass_.plot(passed, wrong, pen=pen)
        self.worth.plot([0, 1], [0, 1], pen=pg.mkPen(QColor(shown.muted), style=Qt.PenStyle.DashLine))
        self._fields = [names[name] for name in fields]
        self._name_fields()
        self.right.setYRange(0, 1)
        for plot, bottom, left in (
            (self.worth, self.tr("confidence"), self.tr("right")),
            (self.pass_, self.tr("share that passes"), self.tr("wrong")),
        ):
            plot.setLabel("bottom", bottom)
            plot.setLabel("left", left)
            plot.setXRange(0, 1)
        self.worth.setYRange(0, 1)
        self.pass_.setYRange(0, most)
        self._show_cost(shown)

    def _show_cost(self, shown: Colours) -> None:
        """What a thousand such documents cost with each model, beside what the price list says of others; where any costs anything."""
        costs = [each.thousand_cost for each in self._evaluations]
        self.cost.setVisible(any(costs))
        self._across = 0
        self._place()
        if not any(costs):
            return
        for number, (evaluation, cost) in enumerate(zip(self._evaluations, costs, strict=True)):
            ink = ink_of(number)
            self.cost.plot(
                [cost], [evaluation.metrics.score], pen=None, symbol=_SYMBOLS[number % len(_SYMBOLS)], symbolBrush=ink,
                symbolPen=ink, symbolSize=11,
            )  # fmt: skip
        for price in self._prices or ():
            self.cost.addItem(
                pg.InfiniteLine(price, angle=90, pen=pg.mkPen(QColor(shown.muted), style=Qt.PenStyle.DashLine))
            )
        self.cost.setLabel("bottom", self.tr("$ for 1,000 documents"))
        self.cost.setToolTip(self.tr("Dashed: the cheapest and the dearest model of the price list"))
        self.cost.setLabel("left", self.tr("right"))
        self.cost.setXRange(0, 1.1 * max((*costs, *(self._prices or ()))))
        self.cost.setYRange(0, 1)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.show_evaluations(self._evaluations, self._names, self._prices)

    def _dress(self) -> None:
        shown = colours()
        for plot in self._all:
            plot.setBackground(QColor(shown.surface))
            for side in ("bottom", "left"):
                axis = plot.getAxis(side)
                axis.setPen(QColor(shown.border))
                axis.setTextPen(QColor(shown.text))
            plot.getPlotItem().titleLabel.setText(plot.accessibleName(), color=shown.text, size="9pt")


def ink_of(model: int) -> QColor:
    """The colour of a model, by its place among those that are compared."""
    shown = colours()
    return QColor((shown.accent, shown.warn, shown.bad)[model % 3])


def _array(values: Sequence[float]) -> object:
    import numpy as np

    return np.asarray(values, dtype=float)
