"""Speed of the last two minutes, as a small plot."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from stillroom.ui.theme import colours
from stillroom.ui.wording import speed_text

SAMPLES = 240  # two minutes at two a second


class SpeedPlot(QWidget):
    """A line of the last values, newest at the right; 0 where nothing was computed."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._values: deque[float] = deque(maxlen=SAMPLES)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self._describe()

    def add(self, tokens_a_second: float) -> None:
        idle_before = not any(self._values)
        self._values.append(tokens_a_second)
        if tokens_a_second or not idle_before:  # an idle plot need not be drawn twice a second
            self._describe()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, 40)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002
        shown = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 2, -0.5, -1.5)
        painter.setPen(QPen(QColor(shown.border), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.topLeft(), area.topRight())
        highest = max(self._values, default=0.0)
        if highest <= 0:
            return
        step = area.width() / (SAMPLES - 1)
        first = area.right() - step * (len(self._values) - 1)
        points = [
            QPointF(first + step * position, area.bottom() - area.height() * 0.92 * value / highest)
            for position, value in enumerate(self._values)
        ]
        below = QPainterPath()
        below.addPolygon(QPolygonF([QPointF(first, area.bottom()), *points, area.bottomRight()]))
        soft = QColor(shown.accent)
        soft.setAlphaF(0.14)
        painter.fillPath(below, soft)
        painter.setPen(QPen(QColor(shown.accent), 1.5))
        painter.drawPolyline(QPolygonF(points))

    def _describe(self) -> None:
        highest = max(self._values, default=0.0)
        now = self._values[-1] if self._values else 0.0
        self.setAccessibleDescription(f"{speed_text(now)}, {speed_text(highest)}")
        self.setToolTip(
            self.tr("The last two minutes; highest: %1").replace("%1", speed_text(highest))
            if highest
            else self.tr("Nothing was computed in the last two minutes")
        )
