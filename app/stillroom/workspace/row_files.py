"""The files that rows of a run are about: read again, and drawn, for a person who looks at one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.documents.reader_pool import ReaderPool
from stillroom.documents.seeing import PageSizes

if TYPE_CHECKING:
    from stillroom.documents.document import Document
    from stillroom.documents.seeing import Picture
    from stillroom.workspace.recent_documents import RecentDocuments

__all__ = ["PageSizes", "RowFiles"]


class RowFiles:
    """The files of rows. A row's path may name what is attached to a message (``message.eml › invoice.pdf``).

    Methods block, and raise DocumentError and Cancelled. ``sha256`` says which of the documents in a file is meant.
    """

    def __init__(
        self,
        readers: ReaderPool,
        drawing: Callable[[], ReaderPool],
        recent: RecentDocuments,
        recognised: Callable[[int, int, str], Document | None] = lambda *_: None,
    ) -> None:
        """``readers``: those that read documents; ``drawing``: those that draw pages, which must not wait behind a run; ``recognised``:
        what is kept of a row (run, position) whose text was recognised in pictures.
        """
        self._readers, self._drawing, self._recent, self._recognised = readers, drawing, recent, recognised

    def at_hand(self, sha256: str) -> Document | None:
        """The document with this digest, if it was read a moment ago. Returns at once."""
        return self._recent.get(sha256)

    def read(
        self,
        row: Path,
        sha256: str,
        cancellation: Cancellation | None = None,
        place: tuple[int, int] | None = None,
    ) -> Document:
        """The document with this digest, without a wait where it is at hand; where the file holds none (it was changed since) that of
        the file as it is now. ``place``: run and position of the row, where its pictures need not be recognised once more.
        """
        known = self._recent.get(sha256) if sha256 else None
        if known is None and sha256 and place is not None and (kept := self._recognised(*place, sha256)) is not None:
            # Not among the recent ones: it has neither notes nor what the file states.
            known = kept if self.is_unchanged(row, sha256) else None
        if known is not None:
            return known
        found = self._readers.read(_file_of(row), urgent=True, cancellation=cancellation)
        for part in found.walk():
            self._recent.add(part)
        return next((part for part in found.walk() if part.sha256 == sha256), found)

    def is_unchanged(self, row: Path, sha256: str) -> bool:
        """Whether the row's file is, byte by byte, what was read; False for what is inside of another file, too."""
        if _file_of(row) != row:
            return False
        try:
            with row.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def picture(
        self, row: Path, sha256: str, page: int, width: int, cancellation: Cancellation | None = None
    ) -> Picture:
        """A page, from 1, drawn ``width`` pixels wide."""
        return self._drawing().render(_file_of(row), sha256, page, width, cancellation=cancellation)

    def page_sizes(self, row: Path, sha256: str, cancellation: Cancellation | None = None) -> PageSizes:
        """What there is to see of a document."""
        return self._drawing().page_sizes(_file_of(row), sha256, cancellation=cancellation)

    def remember_password(self, row: Path, password: str) -> None:
        """Open a row's file with this password from now on."""
        self._readers.remember_password(password, _file_of(row))


def _file_of(row: Path) -> Path:
    from stillroom.extraction.files import file_of

    return file_of(row)
