"""A picture of a conversation, small; a click shows it whole. Only pictures that the reader packed come here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from stillroom.ui.controls import describe
from stillroom.ui.theme import GRID

if TYPE_CHECKING:
    from stillroom.workspace.conversations import Picture


class Thumbnail(QPushButton):
    """A picture of at most ``side`` pixels wide and high."""

    def __init__(self, picture: Picture, name: str, side: int) -> None:
        super().__init__()
        self._name = name
        self._pixmap = QPixmap.fromImage(QImage.fromData(picture.data))
        self.setFlat(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setProperty("role", "thumbnail")
        scale = min(1.0, side / max(picture.width, picture.height, 1))
        size = QSize(max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        # Twice the size, for screens with a high density.
        small = self._pixmap.scaled(
            size * 2, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        self.setIcon(QIcon(small))
        self.setIconSize(size)
        self.setFixedSize(size + QSize(4, 4))
        words = self.tr("%1, %2 × %3 pixels").replace("%1", name).replace("%2", str(picture.width))
        describe(self, words.replace("%3", str(picture.height)), self.tr("Show the picture as the model is given it"))
        self.clicked.connect(self._show)

    def _show(self) -> None:
        dialog = _Whole(self.window(), self._pixmap, self._name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


class _Whole(QDialog):
    def __init__(self, parent: QWidget, pixmap: QPixmap, name: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(name)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        shown = QLabel()
        shown.setPixmap(pixmap)
        shown.setAccessibleName(name)
        area = QScrollArea()
        area.setWidget(shown)
        area.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(area, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        space = parent.size() * 0.85
        self.resize(min(pixmap.width() + 60, space.width()), min(pixmap.height() + 110, space.height()))
