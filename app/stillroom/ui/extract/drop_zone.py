"""What an empty table shows: where to drop files, three samples to try, and earlier tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from stillroom.ui import icons
from stillroom.ui.controls import Button, describe, label, scrolled, set_role, take_away
from stillroom.ui.extract.dropping import TakesDrops
from stillroom.ui.theme import GRID, colours

_PICTURE_FROM = 360  # pixels of its height; below, the picture goes, and what is below it stays in sight


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run that is on disk: ``title`` names it ("Receipt · 40 documents · yesterday")."""

    run_id: int
    title: str


class DropZone(TakesDrops, QWidget):
    """The place for files while a table is empty.

    Signals:
        dropped([Path]): files and folders.
        files_wanted, folder_wanted: a picker is to be opened.
        samples_wanted: the three sample documents are to be extracted.
        earlier_wanted(int): a run of this id is to be opened.
    """

    dropped = Signal(list)
    files_wanted = Signal()
    folder_wanted = Signal()
    samples_wanted = Signal()
    earlier_wanted = Signal(int)

    def __init__(self, with_samples: bool) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Drop files or folders here"))
        self._over = False
        content = QWidget()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GRID // 2, GRID // 2, GRID // 2, GRID // 2)
        column = QVBoxLayout(content)
        column.setContentsMargins(4 * GRID, 2 * GRID, 4 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addStretch(4)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._picture)
        column.addSpacing(GRID)
        column.addWidget(self._centred(label(self.tr("Drop files or folders here"), "title")))
        formats = self.tr(
            "PDF, scans, photos, Word, Excel, e-mail, web pages, CSV and text. Nothing leaves this computer."
        )
        column.addWidget(self._centred(label(formats, "muted", wrap=True)))
        column.addSpacing(GRID)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch(1)
        self.files = files = Button(self.tr("Choose files…"), "", "add-files")
        describe(files, self.tr("Choose files"), self.tr("Choose files to extract from"))
        files.clicked.connect(lambda: self.files_wanted.emit())
        folder = Button(self.tr("Choose a folder…"), "", "folder")
        describe(folder, self.tr("Choose a folder"), self.tr("Choose a folder: every document in it is taken"))
        folder.clicked.connect(lambda: self.folder_wanted.emit())
        row.addWidget(files)
        row.addWidget(folder)
        row.addStretch(1)
        column.addLayout(row)
        column.addSpacing(2 * GRID)
        column.addStretch(1)
        self.samples: Button | None = None
        if with_samples:
            column.addWidget(self._centred(label(self.tr("New here?"), "muted")))
            self.samples = Button(self.tr("Try it on three sample documents"), "primary", "sample")
            self.samples.setToolTip(self.tr("Extracts a receipt, an invoice and a contract made for trying out"))
            self.samples.clicked.connect(lambda: self.samples_wanted.emit())
            column.addWidget(self.samples, 0, Qt.AlignmentFlag.AlignCenter)
            column.addSpacing(GRID)
        self._earlier = QVBoxLayout()
        self._earlier.setSpacing(GRID // 2)
        column.addSpacing(2 * GRID)
        column.addLayout(self._earlier)
        column.addStretch(3)
        whole.addWidget(scrolled(content))

    def show_earlier(self, runs: Sequence[EarlierRun]) -> None:
        """Offer runs that are on disk, newest first."""
        while self._earlier.count():
            take_away(self._earlier)
        if not runs:
            return
        self._earlier.addWidget(self._centred(label(self.tr("EARLIER TABLES"), "section")))
        for run in runs:
            button = Button(run.title, "link", "clock")
            button.setToolTip(self.tr("Open this table again"))
            button.clicked.connect(lambda _checked=False, run_id=run.run_id: self.earlier_wanted.emit(run_id))
            self._earlier.addWidget(button, 0, Qt.AlignmentFlag.AlignCenter)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._picture.setVisible(self.height() >= _PICTURE_FROM)

    def on_drop(self, paths: list[Path]) -> None:
        self.dropped.emit(paths)

    def on_hover(self, over: bool) -> None:
        self._over = over
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002
        shown = colours()
        self._picture.setPixmap(icons.pixmap("drop", shown.accent, 44, self.devicePixelRatioF()))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(shown.accent if self._over else shown.strong_border), 1.6, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(shown.accent_soft if self._over else shown.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 12, 12)

    @staticmethod
    def _centred(widget: QLabel) -> QLabel:
        widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(widget, widget.property("role") or "")
        return widget
