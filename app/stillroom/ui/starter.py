"""The starter model, offered where one is needed and none is there: fetched at one press, with how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout

from stillroom.ui.controls import Button, describe, label
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import BackgroundWork, Operation
from stillroom.ui.theme import GRID
from stillroom.ui.wording import sentence, size_text, time_left_text

if TYPE_CHECKING:
    from stillroom.workspace.hub import DownloadProgress


class StarterFetch(QObject):
    """The one fetching of the starter, whichever page it was begun on.

    Attributes:
        progress: None before the first byte. error: why it failed; empty while it did not.

    Signals:
        changed: needed, running, progress or error.
    """

    changed = Signal()

    def __init__(self, parts: Parts, loading: ModelLoading) -> None:
        super().__init__(loading)
        self._parts, self._loading = parts, loading
        self._operation: BackgroundWork | None = None
        self.progress: DownloadProgress | None = None
        self.error = ""
        loading.changed.connect(self.changed)

    @property
    def host(self) -> str:
        return self._parts.hub.host

    @property
    def needed(self) -> bool:
        """Whether no model is here."""
        return self.running or (self._loading.state is LoadState.FAILED and self._loading.none_there)

    @property
    def running(self) -> bool:
        return self._operation is not None

    def start(self) -> None:
        if self.running:
            return
        self.error, self.progress = "", None
        self._operation = self._parts.tasks.start(
            Operation(
                lambda operation: self._parts.hub.fetch_starter(
                    on_progress=operation.to_window(self._progressed), cancellation=operation.cancellation
                ),
                "starter",
                owner=self,
            )
            .success(self._done)
            .failure(self._failed)
            .cancelled(self._ended)
        )
        self.changed.emit()

    def stop(self) -> None:
        """What arrived is kept, and gone on with the next time."""
        if self._operation is not None:
            self._operation.cancellation.request()

    def _progressed(self, progress: DownloadProgress) -> None:
        self.progress = progress
        self.changed.emit()

    def _ended(self) -> None:
        self._operation = None
        self.changed.emit()

    def _failed(self, error: Exception) -> None:
        self.error = sentence(error)
        self._ended()

    def _done(self, _files: object) -> None:
        self._ended()
        self._loading.start()


class StarterOffer(QFrame):
    """The offer on a page; it is there only while no model is."""

    def __init__(self, fetch: StarterFetch) -> None:
        super().__init__()
        self._fetch = fetch
        self.setObjectName("banner")
        self.setProperty("kind", "info")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID + GRID // 2, GRID + GRID // 2, GRID + GRID // 2)
        column.setSpacing(GRID)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        column.addLayout(row)
        self.words = label("", wrap=True, selectable=True)
        row.addWidget(self.words, 1)
        self.button = Button(self.tr("Fetch the starter"), "primary", "drop", fetch.start)
        describe(self.button, self.button.text(), self.tr("Download the small model that Stillroom is tried out with"))
        row.addWidget(self.button)
        self.stop = Button(self.tr("Stop"), "", "stop", fetch.stop)
        describe(
            self.stop, self.tr("Stop the download"), self.tr("What arrived is kept, and gone on with the next time")
        )
        row.addWidget(self.stop)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the download"))
        column.addWidget(self.bar)
        fetch.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        fetch, progress = self._fetch, self._fetch.progress
        self.setVisible(fetch.needed)
        pressed = (
            self.button.hasFocus() or self.stop.hasFocus()
        )  # the one that was pressed goes, and the keyboard with it
        self.button.setVisible(not fetch.running)
        self.stop.setVisible(fetch.running)
        if pressed:
            (self.stop if fetch.running else self.button).setFocus()
        self.bar.setVisible(fetch.running)
        self.bar.setRange(0, 1000 if progress is not None and progress.total else 0)
        if fetch.running:
            text = self.tr("Asking %1 for the starter…").replace("%1", fetch.host)
            if progress is not None and progress.total:
                self.bar.setValue(round(1000 * progress.done / progress.total))
                sizes = f"{size_text(progress.done)} / {size_text(progress.total)}"
                parts = (self.tr("Fetching the starter"), sizes, time_left_text(progress.seconds_left))
                text = progress.waiting or " · ".join(part for part in parts if part)
        else:
            text = self.tr(
                "No model is here yet, and nothing works without one. The starter (about 100 MB) comes from %1; nothing "
                "of yours is sent, and the seal is open only meanwhile. Other models: page Models."
            ).replace("%1", fetch.host)
            if fetch.error:
                text = f"{fetch.error} {self.tr('What arrived is kept.')}"
        self.words.setText(text)
