"""From a file to a Document: open, look what it is, let the format's reader read it."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from stillroom.documents.composed import composed
from stillroom.documents.document import Document, Page
from stillroom.documents.formats import HOLDERS, reader_of
from stillroom.documents.invisible import visible
from stillroom.documents.seeing import Picture, picture_of
from stillroom.documents.sniff import sniff
from stillroom.documents.source import Effort, Source, digest, load
from stillroom.errors import DocumentError

T = TypeVar("T")

DEPTH = 4
"""Attachments of attachments are followed this far."""


def read_file(path: Path, password: str | None = None, effort: Effort | None = None) -> Document:
    """The document a file holds. Every failure is a DocumentError with a sentence, whatever the libraries raise."""
    return read_source(load(path, password, effort))


_NEVER_TEXT = frozenset(("pdf", "docx", "xlsx", "pptx", "png", "jpg", "jpeg", "tif", "tiff"))
_INSTEAD = {"html": "a web page", "txt": "a plain text", "json": "data (JSON)"}


def find_source(path: Path, password: str | None, sha256: str) -> Source:
    """The bytes with this digest: of the file, or of what is attached to it; of the file where no digest is given.

    Raises DocumentError where neither has it: the file was changed.
    """
    source = load(path, password)
    if not sha256 or digest(source.data) == sha256:
        return source
    try:
        source.effort.wanted = sha256
        read_source(source)
    except _FoundSource as found:
        return found.source
    except DocumentError:
        pass  # not a message: told below
    raise DocumentError("The file was changed since it was read. Extract it again to see it as it is now.")


class _FoundSource(BaseException):
    """What was looked for in a message. No Exception: readers go on after those."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source


def _sought(source: Source) -> None:
    """While an attachment is looked for, what may hold it is opened and everything else is passed over."""
    if digest(source.data) == source.effort.wanted:
        raise _FoundSource(source)
    if sniff(source) not in HOLDERS:
        raise DocumentError("This is not what is looked for.")


def read_source(source: Source) -> Document:
    """The document in these bytes. Raises DocumentError."""
    if not source.data:
        raise DocumentError("The file is empty (0 bytes). Perhaps its download or copy did not finish.")
    if source.effort.wanted:
        _sought(source)
    kind, content = guarded(lambda: sniff(source), lambda kind: reader_of(kind)(source))
    if not any(page.text.strip() for page in content.pages) and not content.attachments:
        raise DocumentError("The file holds no text, only white space. There is nothing to read in it.")
    pages: list[Page] = []
    notes = dict.fromkeys(content.notes)
    if kind in _INSTEAD and source.suffix in _NEVER_TEXT:
        notes[f"The file is named .{source.suffix} but is {_INSTEAD[kind]}: perhaps a download went wrong."] = None
    for page in content.pages:
        shown, said = visible(page)
        pages.append(composed(shown))
        notes.update(dict.fromkeys(said))
    return Document(
        source.name,
        kind,
        digest(source.data),
        tuple(pages),
        content.page_count,
        tuple(notes),
        content.attachments,
        content.stated,
    )


def see_file(path: Path, side: int) -> Picture:
    """The picture a file holds, its longer side at most so many pixels. Raises DocumentError."""
    _, picture = guarded(lambda: "a picture", lambda _kind: picture_of(path, side))
    return picture


def guarded(look: Callable[[], str], read: Callable[[str], T]) -> tuple[str, T]:
    """What the file is, and what was read of it. Raises DocumentError, whatever the libraries raise."""
    kind = "a document"
    try:
        kind = look()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # libraries warn of oddities in a file that they read all the same
            return kind, read(kind)
    except DocumentError:
        raise
    except MemoryError as error:
        raise DocumentError(
            "The file needs more memory than a document may take. Split it into smaller files."
        ) from error
    except RecursionError as error:
        raise DocumentError(
            "The file is nested too deeply to be read. It may be damaged, or made to do harm."
        ) from error
    except Exception as error:
        raise DocumentError(
            f"The file could not be read as {_said(kind)}: it is damaged or incomplete. "
            "Open it in the program it was made with and save it again.",
            # Frames only: the message of a library's exception may quote the document.
            type(error).__name__ + "\n" + "".join(traceback.format_tb(error.__traceback__)),
        ) from error


def _said(kind: str) -> str:
    return kind if " " in kind else kind.upper()
