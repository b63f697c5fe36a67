"""The bytes of a file on their way to a Document: opened safely, bounded in size, decoded, cleaned."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from stillroom.documents.document import Document, Page, Stated
from stillroom.errors import DocumentError, NotNowError

FILE_BYTES = 200 * 1024 * 1024
"""A larger file is refused."""
CHARACTERS = 20_000_000
"""More text than this in one document is refused: no model reads it, and it would fill the memory of the application."""
LOCATED_CHARACTERS = 5_000_000
"""The same for text whose characters carry boxes; pages after it are left unread, and said to be."""
UNPACKED_BYTES = 400 * 1024 * 1024
"""What the parts of a zip based format (DOCX, XLSX) may unpack to."""

RECOGNISED_PAGES = 500
"""Pictures of pages in one file, attachments included, that are recognised; later ones are left unread, and said to be."""

FILES_INSIDE = 2000
"""Files in one file, those in archives and messages inside of it included; later ones are left unread, and said to be."""

_MIB = 1024 * 1024
_NO_FILE = "This is a pipe or a device, not a file. Save its content to a file first."

# Every character that str.splitlines() or a terminal takes for a line end becomes one line feed, so that "line" means the same everywhere.
_LINE_ENDS = "\r\f\v\x1c\x1d\x1e\x85\u2028\u2029"
_CLEAN = str.maketrans(
    dict.fromkeys(_LINE_ENDS, "\n")
    | {chr(code): None for code in (*range(9), *range(14, 28), 31, 127)}
    | {"\ufeff": None, "\ufffe": None}
    | {chr(code): "\ufffd" for code in range(0xD800, 0xE000)}
)


def _silent() -> None:
    """The progress of one who does not listen."""


def _silent_page(number: int, count: int) -> None:
    """The same for pages."""


@dataclass(slots=True)
class Effort:
    """What reading one file may cost, its attachments included.

    Attributes:
        pages: pictures of pages that may still be recognised; each takes seconds.
        files, bytes: how many files inside may still be read, and how large all of them together: archives in archives grow fast.
        progress: called now and then while a picture is recognised: the time a document may take begins anew.
        page: called with the number of the page that is read next and the count of the file's.
        wanted: SHA-256 of the one attachment that is looked for; empty where everything is read.
    """

    pages: int = RECOGNISED_PAGES
    files: int = FILES_INSIDE
    bytes: int = UNPACKED_BYTES
    progress: Callable[[], None] = _silent
    page: Callable[[int, int], None] = _silent_page
    wanted: str = ""

    def take_file(self, size: int) -> bool:
        """Whether one more file of so many bytes may be read; it is counted."""
        if self.files <= 0 or size > self.bytes:
            return False
        self.files -= 1
        self.bytes -= size
        return True

    def take_page(self) -> bool:
        """Whether one more page may be recognised; it is counted."""
        if self.pages <= 0:
            return False
        self.pages -= 1
        return True


@dataclass(frozen=True, slots=True)
class Source:
    """One file, or one attachment, to be read.

    Attributes:
        name: shown to people, without a folder.
        data: all bytes of it.
        password: for an encrypted file; None where none was given.
        depth: 0 for a file, 1 for its attachments, 2 for theirs.
        effort: shared by a file and all that is attached to it.
    """

    name: str
    data: bytes
    password: str | None = None
    depth: int = 0
    effort: Effort = field(default_factory=Effort, compare=False)

    @property
    def suffix(self) -> str:
        """The extension in small letters without its dot; empty where there is none."""
        return Path(self.name).suffix.lower().removeprefix(".")

    def attached(self, name: str, data: bytes) -> Source:
        """What is attached to this, to be read like a file."""
        return Source(f"{self.name} › {name}", data, self.password, self.depth + 1, self.effort)


@dataclass(frozen=True, slots=True)
class Content:
    """What a format's reader found. The meanings are those of Document; ``kind`` is set by a reader that knows better
    than the content sniffing which format it is."""

    pages: tuple[Page, ...]
    page_count: int
    notes: tuple[str, ...] = ()
    attachments: tuple[Document, ...] = field(default=())
    stated: tuple[Stated, ...] = ()


def one_page(text: str, notes: tuple[str, ...] = (), attachments: tuple[Document, ...] = ()) -> Content:
    """The content of a format without pages. Raises DocumentError where it is too long."""
    return Content((Page(1, check_length(clean(text))),), 1, notes, attachments)


def check_length(text: str) -> str:
    """The text itself. Raises DocumentError where it is longer than a document may be."""
    if len(text) > CHARACTERS:
        raise DocumentError(
            f"The file holds {len(text):,} characters; at most {CHARACTERS:,} can be read. Split it into smaller files."
        )
    return text


def clean(text: str) -> str:
    """Text with one kind of line end and without control characters and lone surrogates. Tabs stay."""
    return text.replace("\r\n", "\n").translate(_CLEAN)


def display_name(path: Path) -> str:
    """The file's name, fit for UTF-8 whatever bytes the file system holds."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def unread(numbers: Sequence[int], one: str, many: str) -> str:
    """A note: ``Pages 2–3, 5 have no text and were not read.`` ``one`` and ``many`` go between the numbers and "not read"."""
    if len(numbers) == 1:
        return f"Page {numbers[0]} {one} not read."
    return f"Pages {ranges(numbers)} {many} not read."


def ranges(numbers: Sequence[int]) -> str:
    """``2–3, 5``"""
    runs = [[item for _, item in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def load(path: Path, password: str | None = None, effort: Effort | None = None) -> Source:
    """All bytes of a regular file. Never blocks on a pipe or a device. Raises DocumentError."""
    descriptor = os.dup(_handed[path]) if path in _handed else open_file(path)
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        status = os.fstat(descriptor)
        if status.st_size > FILE_BYTES:
            raise DocumentError(
                f"The file has {status.st_size // _MIB:,} MB; at most {FILE_BYTES // _MIB} MB can be read. Split it into parts."
            )
        try:
            # Not read(FILE_BYTES): that takes all this memory for the smallest file.
            data = file.read(status.st_size + 1)
            while len(data) <= FILE_BYTES and (more := file.read(_MIB)):  # it grows, or does not tell its size
                data += more
        except OSError as error:
            raise _unreadable(error) from error
    if len(data) > FILE_BYTES:
        raise DocumentError(f"The file grew past {FILE_BYTES // _MIB} MB while it was read. Split it into parts.")
    return Source(display_name(path), data, password, effort=effort or Effort())


_handed: dict[Path, int] = {}  # what a reader was handed open, by its name


@contextlib.contextmanager
def handed_over(path: Path, descriptor: int) -> Iterator[None]:
    """While inside, a file of this name is read from its open descriptor, which is closed at the end."""
    _handed[path] = descriptor
    try:
        yield
    finally:
        del _handed[path]
        os.close(descriptor)


def open_file(path: Path) -> int:
    """A descriptor of a regular file, to be read from. Never blocks on a pipe or a device. Raises DocumentError."""
    # O_NONBLOCK: opening a FIFO without a writer would wait for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        if path.is_dir():
            if not os.access(path, os.R_OK | os.X_OK):
                raise NotNowError(
                    "You may not look into this folder. Change its permissions, or copy its files to a folder of your own."
                )
            raise DocumentError("This is a folder, not a file. Add the files in it instead.")
        descriptor = os.open(path, flags)
    except OSError as error:
        raise _unreadable(error) from error
    except ValueError as error:  # a NUL in the path
        raise DocumentError("The file's name is not valid on this system. Rename it.") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DocumentError(_NO_FILE)
    return descriptor


def _unreadable(error: OSError) -> DocumentError:
    if error.errno == errno.ENXIO:  # what opening a socket says
        return DocumentError(_NO_FILE)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotNowError("The file is not there any more: it was moved, renamed or deleted. Add it again.")
    if isinstance(error, PermissionError):
        return NotNowError("You may not read this file. Change its permissions, or copy it to a folder of your own.")
    reason = (error.strerror or "unknown reason").lower()
    return NotNowError(
        f"The file could not be read ({reason}). Check the disk or the network folder it is on.", repr(error.errno)
    )
