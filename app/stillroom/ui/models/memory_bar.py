"""The memory of this machine, and what a model would take of it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from stillroom.ui.theme import colours
from stillroom.ui.wording import size_text
from stillroom.workspace.model_list import Fit


class MemoryBar(QWidget):
    """Weights, cache, the rest of the model, and what stays free; a legend below."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[tuple[str, int, str]] = []
        self._total = 0
        self.setAccessibleName(self.tr("Memory the model would take"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_fit(self, fit: Fit | None) -> None:
        if fit is None:
            self._parts, self._total = [], 0
        else:
            ram, vram = fit.estimate.ram, fit.estimate.vram
            weights, cache = ram.weights + vram.weights, ram.cache + vram.cache
            rest = fit.estimate.total - weights - cache
            free = max(0, fit.free - fit.estimate.ram.total)
            self._parts = [
                (self.tr("weights"), weights, "accent"),
                (self.tr("context"), cache, "warn"),
                (self.tr("computing"), rest, "muted"),
                (self.tr("left free"), free, "border"),
            ]
            self._total = sum(size for _, size, _ in self._parts)
        self.setAccessibleDescription(", ".join(f"{name} {size_text(size)}" for name, size, _ in self._parts))
        kept = fit.kept_bytes if fit is not None else 0
        words = self.tr("While it works, up to %1 of what is left hold documents it has read, not to read them again.")
        self.setToolTip(f"{self.accessibleDescription()}\n{words.replace('%1', size_text(kept))}")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(260, 30 + 2 * self.fontMetrics().height() + 10)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002
        if not self._total:
            return
        shown = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, 2, self.width(), 18)
        clip = QPainterPath()
        clip.addRoundedRect(bar, 5, 5)
        painter.save()
        painter.setClipPath(clip)
        left = 0.0
        for _, size, role in self._parts:
            width = self.width() * size / self._total
            painter.fillRect(QRectF(left, 2, width, 18), QColor(getattr(shown, role)))
            left += width
        painter.restore()
        line = self.fontMetrics().height() + 2
        for number, (name, size, role) in enumerate(self._parts):
            x, y = (number % 2) * self.width() / 2, 28 + (number // 2) * line
            painter.fillRect(QRectF(x, y + line / 2 - 5, 9, 9), QColor(getattr(shown, role)))
            painter.setPen(QColor(shown.text))
            painter.drawText(QRectF(x + 14, y, self.width() / 2 - 14, line), 0, f"{name} {size_text(size)}")
