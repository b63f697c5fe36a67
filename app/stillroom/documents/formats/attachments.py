"""What is attached to a message, as further documents."""

from __future__ import annotations

from collections.abc import Callable

from stillroom.documents.document import Document
from stillroom.documents.reading import DEPTH, read_source
from stillroom.documents.source import Source, clean
from stillroom.errors import DocumentError

ATTACHMENTS = 100
"""Attachments of one message after this one are left unread, and said to be."""


class Attachments:
    """Reads what is attached to one message.

    Attributes:
        documents: what could be read, in the order of the message.
        notes: a sentence for each that could not.
    """

    def __init__(self, source: Source) -> None:
        self.documents: list[Document] = []
        self.notes: list[str] = []
        self._source = source
        self._count = 0

    @property
    def number(self) -> int:
        """Of the next one, from 1."""
        return self._count + 1

    @property
    def full(self) -> bool:
        """Whether no further one is read; that is noted once."""
        if self._count < ATTACHMENTS:
            return False
        if self._count == ATTACHMENTS:
            self._count += 1
            self.notes.append(f"The message has more than {ATTACHMENTS} attachments; the others were not read.")
        return True

    def add(self, name: str, data: bytes) -> None:
        """Read an attached file."""
        self.read(name, data, read_source)

    def read(self, name: str, data: bytes, reader: Callable[[Source], Document]) -> None:
        """Read something attached in another way."""
        self._count += 1
        name = _file_name(name)
        if self._source.depth + 1 >= DEPTH:
            self.notes.append(f"The attachment “{name}” was not read: it lies too deep in other messages.")
            return
        try:
            self.documents.append(reader(self._source.attached(name, data)))
        except DocumentError as error:
            self.notes.append(f"The attachment “{name}” was not read. {error.message}")


def _file_name(name: str) -> str:
    return clean(name).replace("/", "_").replace("\\", "_").replace("\n", " ")
