"""The pages of a document in small, beside the page: where one is, and one click to another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem

from stillroom.ui.review.pictures import PagePictures
from stillroom.ui.theme import GRID

_WIDTH, _HEIGHT = 64, 88


class Thumbnails(QListWidget):
    """The pages in small; hidden where there is one. Only those in sight are drawn.

    Signals:
        page_chosen(int): from 1.
    """

    page_chosen = Signal(int)

    def __init__(self, pictures: PagePictures) -> None:
        super().__init__()
        self._pictures = pictures
        self.setAccessibleName(self.tr("Pages"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.TopToBottom)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(QSize(_WIDTH, _HEIGHT))
        self.setUniformItemSizes(True)
        self.setSpacing(GRID // 2)
        self.setFixedWidth(_WIDTH + 6 * GRID)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.setInterval(60)
        self._asking.timeout.connect(self._ask)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._asking.start())
        self.currentRowChanged.connect(self._chosen)
        pictures.ready.connect(self._arrived)
        self.hide()

    def show_pages(self, path: Path, sha256: str, sizes: Sequence[tuple[float, float]]) -> None:
        """Pages of another document."""
        self._pictures.show(path, sha256)
        self.blockSignals(True)
        self.clear()
        empty = QPixmap(_WIDTH, _HEIGHT)
        empty.fill(QColor("white"))
        if len(sizes) > 1:
            for number in range(1, len(sizes) + 1):
                item = QListWidgetItem(QIcon(empty), str(number))
                item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
                self.addItem(item)
            self.setCurrentRow(0)
        self.blockSignals(False)
        self.setVisible(len(sizes) > 1)
        self._asking.start()

    def mark(self, page: int) -> None:
        """This page is what is seen now."""
        if self.count() and self.currentRow() != page - 1:
            self.blockSignals(True)
            self.setCurrentRow(page - 1)
            self.scrollToItem(self.item(page - 1))
            self.blockSignals(False)

    def _chosen(self, row: int) -> None:
        if row >= 0:
            self.page_chosen.emit(row + 1)

    def _ask(self) -> None:
        if not self.count() or not self.isVisible():
            return
        high = self.visualItemRect(self.item(0)).height() + self.spacing() * 2
        first = self.verticalScrollBar().value() // max(1, high)
        last = min(self.count() - 1, first + self.viewport().height() // max(1, high) + 1)
        ratio = self.devicePixelRatioF()
        self._pictures.want([(row + 1, round(_WIDTH * ratio)) for row in range(first, last + 1)])
        for row in range(first, last + 1):
            self._arrived(row + 1)

    def _arrived(self, page: int) -> None:
        picture = self._pictures.picture(page)
        item = self.item(page - 1)
        if picture is not None and item is not None:
            item.setIcon(QIcon(picture))
