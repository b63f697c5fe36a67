"""Files and folders dropped on a widget."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent


def dropped_paths(data: QMimeData) -> list[Path]:
    """The local files and folders that are being dragged; nothing of the web."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile() and url.toLocalFile()]


class TakesDrops:
    """A place to drop files on, mixed into a widget: ``on_drop`` gets the paths, ``on_hover`` whether something is held over it."""

    def on_hover(self, over: bool) -> None:
        """Show that what is held here can be dropped."""

    def on_drop(self, paths: list[Path]) -> None:
        """Take what was dropped."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self.on_hover(True)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: object) -> None:  # noqa: N802, ARG002
        self.on_hover(False)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.on_hover(False)
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.on_drop(paths)
