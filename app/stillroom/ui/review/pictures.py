"""Pictures of pages: drawn by the reader, off the window's thread, the last ones kept within a bound."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from stillroom.documents.document import Document
from stillroom.ui.tasks import Operation, Tasks
from stillroom.workspace.row_files import PageSizes, RowFiles

KEPT_BYTES = 72 << 20
"""Of pictures that are kept: some ten pages at a screen's width."""
_KEPT_DOCUMENTS = 6
_STAYS = 80  # milliseconds; whoever leafs through documents does not have each one read


class PagePictures(QObject):
    """The pages of one document at a time.

    Signals:
        ready(int): the picture of a page, from 1, is there.
        failed(str): a page could not be drawn; a sentence.
    """

    ready = Signal(int)
    failed = Signal(str)

    def __init__(self, files: RowFiles, tasks: Tasks) -> None:
        super().__init__()
        self._files = files
        self._tasks = tasks
        self._kept: OrderedDict[tuple[str, str, int], QPixmap] = OrderedDict()
        self._bytes = 0
        self._path, self._sha256 = Path(), ""
        self._wanted: list[tuple[int, int]] = []
        self._operation: Operation[QImage] | None = None
        self._broken: set[int] = set()

    def show(self, path: Path, sha256: str) -> None:
        """Turn to another document."""
        if (path, sha256) != (self._path, self._sha256):
            self._path, self._sha256 = path, sha256
            self._wanted = []
            self._broken = set()
            if self._operation is not None:
                self._operation = None  # what it brings is kept for when this document is shown again

    def picture(self, page: int) -> QPixmap | None:
        """The picture of a page in whatever size it was drawn last; None where it was not yet."""
        found = self._kept.get((str(self._path), self._sha256, page))
        if found is not None:
            self._kept.move_to_end((str(self._path), self._sha256, page))
        return found

    def want(self, pages: list[tuple[int, int]]) -> None:
        """Draw these pages (number, width in pixels), the first first; what was wanted before and is not any more is left."""
        self._wanted = [
            (page, width)
            for page, width in pages
            if page not in self._broken and ((found := self.picture(page)) is None or found.width() != width)
        ]
        self._next()

    def _next(self) -> None:
        if self._operation is not None or not self._wanted:
            return
        page, width = self._wanted.pop(0)
        path, sha256 = self._path, self._sha256

        def draw(operation: Operation[QImage]) -> QImage:
            picture = self._files.picture(path, sha256, page, width, operation.cancellation)
            return QImage.fromData(picture.data)

        def arrived(image: QImage) -> None:
            # Asked for this width: a page that is kept smaller by the reader is not asked for again and again.
            pixmap = QPixmap.fromImage(image)
            if pixmap.width() != width and not pixmap.isNull():
                pixmap = pixmap.scaledToWidth(width)
            self._keep((str(path), sha256, page), pixmap)
            if self._operation is operation:
                self._operation = None
                self.ready.emit(page)
                self._next()

        def failed(error: Exception) -> None:
            if self._operation is operation:
                self._operation = None
                self._broken.add(page)
                self.failed.emit(getattr(error, "message", "") or type(error).__name__)
                self._next()

        operation = Operation(draw, "page", owner=self).success(arrived).failure(failed)
        self._operation = operation
        self._tasks.start(operation)

    def _keep(self, key: tuple[str, str, int], pixmap: QPixmap) -> None:
        old = self._kept.pop(key, None)
        if old is not None:
            self._bytes -= _size(old)
        self._kept[key] = pixmap
        self._bytes += _size(pixmap)
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            _, left = self._kept.popitem(last=False)
            self._bytes -= _size(left)


class Texts(QObject):
    """The text of documents with its places, read again when a document is shown; the last few are kept.

    Signals:
        ready(Path, str, Document): the text of the file with this digest.
        sized(Path, str, PageSizes): what there is to see of it.
        failed(Path, str, str): it could not be read; a sentence.
    """

    ready = Signal(Path, str, Document)
    sized = Signal(Path, str, PageSizes)
    failed = Signal(Path, str, str)

    def __init__(self, files: RowFiles, tasks: Tasks) -> None:
        super().__init__()
        self._files = files
        self._tasks = tasks
        self._kept: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._sizes: OrderedDict[tuple[str, str], PageSizes] = OrderedDict()
        self._operation: Operation[Document] | None = None
        self._next: tuple[Path, str, tuple[int, int] | None] = Path(), "", None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_STAYS)
        self._soon.timeout.connect(lambda: self._read(*self._next))

    def want(self, path: Path, sha256: str, place: tuple[int, int] | None = None) -> None:
        """Read it, and say so: at once where it is kept, else when the person stays with it. ``place``: run and position of its row."""
        if self._operation is not None:
            self._operation.cancellation.request()
            self._operation = None
        self._next = path, sha256, place
        if (str(path), sha256) in self._kept:
            self._soon.stop()
            self._read(path, sha256, place)
        else:
            self._soon.start()

    def _read(self, path: Path, sha256: str, place: tuple[int, int] | None) -> None:
        key = (str(path), sha256)
        self._want_sizes(path, sha256, key)
        if key in self._kept:
            self._kept.move_to_end(key)
            self.ready.emit(path, sha256, self._kept[key])
            return

        def read(operation: Operation[Document]) -> Document:
            return self._files.read(path, sha256, operation.cancellation, place)

        def arrived(document: Document) -> None:
            if sha256 and document.sha256 != sha256:
                self.failed.emit(path, sha256, self.tr("The file was changed since it was read. Extract it again."))
                return
            self._kept[key] = document
            while len(self._kept) > _KEPT_DOCUMENTS:
                self._kept.popitem(last=False)
            if self._operation is operation:
                self._operation = None
                self.ready.emit(path, sha256, document)

        operation = Operation(read, "text", owner=self).success(arrived)
        operation.failure(lambda error: self.failed.emit(path, sha256, getattr(error, "message", "")))
        self._operation = operation
        self._tasks.start(operation)

    def _want_sizes(self, path: Path, sha256: str, key: tuple[str, str]) -> None:
        if key in self._sizes:
            self.sized.emit(path, sha256, self._sizes[key])
            return

        def arrived(sizes: PageSizes) -> None:
            self._sizes[key] = sizes
            while len(self._sizes) > 8 * _KEPT_DOCUMENTS:
                self._sizes.popitem(last=False)
            self.sized.emit(path, sha256, sizes)

        self._tasks.start(
            Operation(
                lambda operation: self._files.page_sizes(path, sha256, operation.cancellation),
                "sizes",
                owner=self,
            )
            .success(arrived)
            .failure(lambda error: self.failed.emit(path, sha256, getattr(error, "message", "")))
        )


def _size(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
