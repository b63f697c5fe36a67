"""What lies inside of a file besides its own text: pictures, which are recognised, and files, which are read as further documents."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

from stillroom.documents import left_out
from stillroom.documents.document import Document, Page
from stillroom.documents.left_out import LeftOut
from stillroom.documents.ocr.models import HOW_TO_INSTALL, available
from stillroom.documents.read_file import DEPTH, read_source
from stillroom.documents.source import Content, Source, check_length, clean, ranges
from stillroom.errors import DocumentError

ATTACHMENTS = 100
"""Files inside of one file after this one are left unread, and said to be."""
PICTURES = 200
"""The same for pictures."""
_SMALL_SIDE, _SMALL_AREA = 16, 1200
"""In pixels; in a smaller picture (a bullet, a line, a mark that counts who opens a message) nobody can read."""
_READABLE = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF8", b"BM", b"RIFF")


class Attachments:
    """A reader of the files inside of one file.

    Attributes:
        documents: what could be read, in the order of the file.
        notes: a sentence for each that could not.
    """

    def __init__(self, source: Source, *, most: int = ATTACHMENTS, what: str = "attachment") -> None:
        self.documents: list[Document] = []
        self.notes: list[str] = []
        self._source = source
        self._count = 0
        self._most = most
        self._what = what

    @property
    def number(self) -> int:
        """Of the next one, from 1."""
        return self._count + 1

    @property
    def full(self) -> bool:
        """Whether no further one is read; that is noted once."""
        if self._count < self._most:
            return False
        if self._count == self._most:
            self._count += 1
            self.notes.append(f"The file holds more than {self._most:,} {self._what}s; the others were not read.")
        return True

    def add(self, name: str, data: bytes) -> None:
        """Read a file."""
        self.read(name, data, read_source)

    def read(self, name: str, data: bytes, reader: Callable[[Source], Document]) -> None:
        """Read something attached in another way."""
        self._count += 1
        self._source.effort.progress()
        name = _file_name(name)
        if self._source.depth + 1 >= DEPTH:
            self.notes.append(f"The {self._what} “{name}” was not read: it lies too deep in other files.")
            return
        if not self._source.effort.take_file(len(data)):
            self._say(name, "The file holds too many or too large files: unpack it and add them in parts.")
            return
        try:
            self.documents.append(reader(self._source.attached(name, data)))
        except DocumentError as error:
            self._say(name, error.message)

    def skip(self, name: str, reason: str) -> None:
        """Say why a file is not read; ``reason`` is a sentence."""
        self._count += 1
        self._say(_file_name(name), reason)

    def _say(self, name: str, reason: str) -> None:
        self.notes.append(f"The {self._what} “{name}” was not read. {reason}")


class Inside:
    """A collector of what a reader meets inside of one file.

    Attributes:
        left_out: what was met and not read.
        attachments: the files inside.
        notes: further sentences for the reviewer.
        source: the file.
    """

    def __init__(self, source: Source, *, what: str = "embedded file") -> None:
        self.left_out = LeftOut()
        self.attachments = Attachments(source, what=what)
        self.notes: list[str] = []
        self.source = source
        self._seen: set[bytes] = set()
        self._pictures: list[Page] = []

    def picture(self, data: bytes, place: str = "") -> None:
        """Recognise the text of a picture; it becomes a page of its own behind the others. The same picture counts once."""
        if self.source.effort.wanted:  # only a file inside is looked for
            return
        mark = hashlib.sha256(data).digest()
        if mark in self._seen or _is_small(data):
            return
        self._seen.add(mark)
        if not data.startswith(_READABLE) and data[4:8] != b"ftyp":
            self.left_out.add(left_out.DRAWING, place=place)
        elif not available():
            self.left_out.add(left_out.PICTURE._replace(advice=HOW_TO_INSTALL), place=place)
        elif len(self._seen) > PICTURES:
            self.left_out.add(left_out.PICTURE, place=place)
        else:
            self._recognise(data, place)

    def _recognise(self, data: bytes, place: str) -> None:
        from stillroom.documents.formats import picture  # its libraries are slow to load, and most files hold none

        try:
            content = picture.read(Source("picture", data, effort=self.source.effort))
        except picture.NoTextError:
            self.left_out.add(left_out.PICTURE_WITHOUT_TEXT, place=place)
        except (DocumentError, *picture.ERRORS):
            self.left_out.add(left_out.PICTURE, place=place)
        else:
            self._pictures.extend(page for page in content.pages if page.text.strip())
            self.notes.extend(note for note in content.notes if note not in self.notes)

    def content(self, pages: Sequence[Page], count: int | None = None, notes: Sequence[str] = ()) -> Content:
        """The pages, behind them those of the pictures, and everything that is to be said; ``count`` is the number of the
        file's own pages."""
        own = len(pages) if count is None else count
        pictures = [replace(page, number=own + number) for number, page in enumerate(self._pictures, 1)]
        said = [*notes]
        if pictures:
            numbers = [page.number for page in pictures]
            what = (
                f"Page {numbers[0]} is a picture in the file; its"
                if len(numbers) == 1
                else f"Pages {ranges(numbers)} are pictures in the file; their"
            )
            said.append(f"{what} text was recognised (OCR).")
        said += self.notes
        said += self.left_out.notes()
        said += self.attachments.notes
        return Content((*pages, *pictures), own + len(pictures), tuple(said), tuple(self.attachments.documents))

    def one_page(self, text: str, notes: Sequence[str] = ()) -> Content:
        """The same for a format without pages. Raises DocumentError where the text is too long."""
        return self.content([Page(1, check_length(clean(text)))], notes=notes)


def _is_small(data: bytes) -> bool:
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
    elif data.startswith(b"GIF8") and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
    else:
        return len(data) < 200
    return bool(min(width, height) < _SMALL_SIDE or width * height < _SMALL_AREA)


def _file_name(name: str) -> str:
    return clean(name).replace("/", "_").replace("\\", "_").replace("\n", " ")
