"""The downloads: what arrives, how fast, and how long it takes; paused ones go on where they were."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from stillroom.models.hub.download_queue import Download, DownloadQueue, DownloadState
from stillroom.ui.controls import ElidedLabel, IconButton, SpinBox, describe, label
from stillroom.ui.parts import Parts
from stillroom.ui.theme import GRID
from stillroom.ui.wording import size_text, time_left_text

if TYPE_CHECKING:
    from stillroom.workspace.hub import Offer


class Downloads(QObject):
    """The queue, whose connections break the seal while one of its entries is fetched.

    Signals:
        changed(object): an entry, on the window's thread.
    """

    changed = Signal(object)
    _told = Signal(object)

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._parts = parts
        self._told.connect(self.changed, Qt.ConnectionType.QueuedConnection)
        self.queue = parts.hub.queue(self._note)
        parts.at_end.append(self.queue.close)

    def add(self, offer: Offer) -> None:
        self.queue.add(offer)

    def _note(self, entry: Download) -> None:
        """On the queue's thread."""
        with contextlib.suppress(RuntimeError):  # the window is gone
            self._told.emit(entry)


def _speed_text(speed: float) -> str:
    """Empty until it is known: nothing has arrived yet, or what was there is being read."""
    return f"{size_text(int(speed))}/s" if speed > 0 else ""


class DownloadList(QWidget):
    """A line for each entry.

    Signals:
        fetched: a download is done.
    """

    fetched = Signal()

    def __init__(self, downloads: Downloads) -> None:
        super().__init__()
        self._downloads = downloads
        self._lines: dict[int, _Line] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("DOWNLOADS"), "section"), 1)
        self.limit = SpinBox()
        self.limit.setRange(0, 10_000)
        self.limit.setMinimumWidth(170)  # the words for "no limit" are wider than any number
        self.limit.setSuffix(self.tr(" MB/s"))
        self.limit.setSpecialValueText(self.tr("as fast as it goes"))
        describe(
            self.limit,
            self.tr("Limit of the speed"),
            self.tr("How fast downloads may be, so that others can use the network"),
        )
        self.limit.valueChanged.connect(self._set_limit)
        head.addWidget(label(self.tr("Limit"), "muted"))
        head.addWidget(self.limit)
        column.addLayout(head)
        self._column = column
        downloads.changed.connect(self._show)
        for entry in downloads.queue.entries():
            self._show(entry)
        self.setVisible(bool(self._lines))

    def _set_limit(self, megabytes: int) -> None:
        self._downloads.queue.rate.bytes_per_second = megabytes * 1_000_000

    def _show(self, entry: Download) -> None:
        if all(entry.number != each.number for each in self._downloads.queue.entries()):
            gone = self._lines.pop(entry.number, None)
            if gone is not None:
                gone.hide()
                gone.deleteLater()
            self.setVisible(bool(self._lines))
            return
        shown = self._lines.get(entry.number)
        if shown is None:
            shown = self._lines[entry.number] = _Line(self._downloads.queue, entry)
            shown.removed.connect(self._removed)
            self._column.addWidget(shown)
        was_done = shown.done
        shown.show_entry(entry)
        self.setVisible(True)
        if shown.done and not was_done:
            self.fetched.emit()

    def _removed(self, number: int) -> None:
        line = self._lines.pop(number)
        line.hide()
        line.deleteLater()
        self.setVisible(bool(self._lines))


class _Line(QWidget):
    removed = Signal(int)

    def __init__(self, queue: DownloadQueue, entry: Download) -> None:
        super().__init__()
        self._queue, self._entry = queue, entry
        self.done = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        column.addLayout(row)
        self.failure = label("", "", wrap=True, selectable=True)  # a sentence, which must not be cut short
        self.failure.setVisible(False)
        column.addWidget(self.failure)
        self._name = ElidedLabel(entry.offer.name, "", Qt.TextElideMode.ElideMiddle)
        self._name.setMinimumWidth(160)
        row.addWidget(self._name, 2)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName(self.tr("Progress of the download"))
        row.addWidget(self._bar, 2)
        self._words = ElidedLabel("", "muted")
        self._words.setMinimumWidth(200)
        row.addWidget(self._words, 4)
        self._toggle = IconButton("stopped", self.tr("Pause"))
        self._toggle.setIconSize(QSize(14, 14))
        policy = self._toggle.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # so that the lines stay below each other
        self._toggle.setSizePolicy(policy)
        self._toggle.clicked.connect(self._pause_or_go_on)
        row.addWidget(self._toggle)
        remove = IconButton("close", self.tr("Take this download away"))
        remove.setIconSize(QSize(14, 14))
        remove.clicked.connect(self._remove)
        row.addWidget(remove)

    def show_entry(self, entry: Download) -> None:
        self._entry = entry
        progress = entry.progress
        self.done = entry.state is DownloadState.DONE
        self._bar.setValue(1000 if self.done else round(1000 * progress.done / progress.total) if progress.total else 0)
        sizes = f"{size_text(progress.done)} / {size_text(progress.total)}"
        words = {
            DownloadState.WAITING: self.tr("waits"),
            DownloadState.RUNNING: progress.waiting
            or " · ".join(
                part for part in (sizes, _speed_text(progress.speed), time_left_text(progress.seconds_left)) if part
            ),
            DownloadState.PAUSED: f"{self.tr('paused')} · {sizes}",
            DownloadState.FAILED: f"{self.tr('failed')} · {sizes}",
            DownloadState.DONE: self.tr("here, and right byte for byte"),
        }
        self._words.setText(words[entry.state])
        failed = entry.state is DownloadState.FAILED
        self.failure.setText(entry.failure if failed else "")
        self.failure.setVisible(failed)
        running = entry.state in (DownloadState.RUNNING, DownloadState.WAITING)
        self._toggle.setVisible(not self.done)
        self._toggle.set_icon_name("stopped" if running else "play")
        describe(self._toggle, self.tr("Pause") if running else self.tr("Go on"))

    def _pause_or_go_on(self) -> None:
        if self._entry.state in (DownloadState.RUNNING, DownloadState.WAITING):
            self._queue.pause(self._entry.number)
        else:
            self._queue.resume(self._entry.number)

    def _remove(self) -> None:
        self._queue.remove(self._entry.number)
        self.removed.emit(self._entry.number)
