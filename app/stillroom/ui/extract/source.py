"""The place of a value in its document: the line, read again when it is asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject

from stillroom.documents.document import Document, Span
from stillroom.errors import StillroomError
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation

_KEPT = 8
_CONTEXT_LINES = 2


@dataclass(frozen=True, slots=True)
class Quote:
    """Text around a span: ``marked`` is the span itself, ``before`` and ``after`` whole lines around it."""

    before: str
    marked: str
    after: str


def quote(text: str, start: int, end: int, lines: int = _CONTEXT_LINES) -> Quote:
    """The lines a span of ``text`` touches, with up to ``lines`` lines that hold something on either side."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    above = [part for part in text[:first].split("\n") if part.strip()][-lines:]
    below = [part for part in text[last:].split("\n") if part.strip()][:lines]
    return Quote(
        "".join(part + "\n" for part in above) + text[first:start],
        text[start:end],
        text[end:last] + "".join("\n" + part for part in below),
    )


class Sources:
    """Documents of the table, read again for their lines. The last few are kept."""

    def __init__(self, parts: Parts, owner: QObject) -> None:
        self._parts = parts
        self._owner = owner
        self._kept: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._operation: Operation[Document] | None = None

    def find(
        self,
        path: Path,
        sha256: str,
        span: Span,
        show: Callable[[Quote], None],
        complain: Callable[[str], None],
        place: tuple[int, int] | None = None,
    ) -> bool:
        """Give ``show`` the quote of a span, at once (True) or when the file was read. A later call replaces this one.

        ``place``: run and position of the row. What was kept of it is quoted where the file is still the same: it is not read again.
        """
        if self._operation is not None:
            self._operation.cancellation.request()
            self._operation = None
        key = (str(path), sha256)
        if key in self._kept:
            self._kept.move_to_end(key)
            self._show(self._kept[key], span, show, complain)
            return True
        recent = self._parts.row_files.at_hand(sha256)
        if recent is not None:
            self._show(recent, span, show, complain)
            return True

        def read(operation: Operation[Document]) -> Document:
            kept = self._parts.runs.kept_document(*place, sha256) if place is not None else None
            if kept is not None and self._parts.row_files.is_unchanged(path, sha256):
                return kept
            document = self._parts.row_files.read(path, sha256, operation.cancellation, place)
            if sha256 and document.sha256 != sha256:
                raise StillroomError(
                    QCoreApplication.translate("source", "The file was changed since, so its line cannot be shown.")
                )
            return document

        def arrived(document: Document) -> None:
            self._kept[key] = document
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            if self._operation is operation:
                self._operation = None
                self._show(document, span, show, complain)

        def failed(error: Exception) -> None:
            if self._operation is operation:
                self._operation = None
                complain(
                    error.message
                    if isinstance(error, StillroomError)
                    else QCoreApplication.translate("source", "The document could not be read again.")
                )

        operation = Operation(read, "source", owner=self._owner).success(arrived).failure(failed)
        self._operation = operation
        self._parts.tasks.start(operation)
        return False

    @staticmethod
    def _show(document: Document, span: Span, show: Callable[[Quote], None], complain: Callable[[str], None]) -> None:
        try:
            page = document.page(span.page)
        except KeyError:
            complain(QCoreApplication.translate("source", "This page could not be read again."))
            return
        show(quote(page.text, span.start, span.end))
