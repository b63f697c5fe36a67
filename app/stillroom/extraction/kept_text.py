"""The text of a document as it was kept beside its row. Knows nothing of deciding, so that a line of it is shown without a wait."""

from __future__ import annotations

import zlib

import msgspec

from stillroom.documents.document import Document, Page

MOST_UNPACKED = 64 << 20  # bytes


class KeptPage(msgspec.Struct, array_like=True):
    """A page without its boxes."""

    number: int
    text: str
    width: float
    height: float
    ocr_confidence: float | None
    certainty: bytes = b""


class KeptText(msgspec.Struct, array_like=True):
    """What stands first in what was kept of a document (see ``kept_seen``, which has the rest)."""

    signs: str
    name: str
    kind: str
    sha256: str
    page_count: int
    pages: list[KeptPage]

    def read_pages(self) -> tuple[Page, ...]:
        """The pages, without boxes."""
        return tuple(
            Page(each.number, each.text, each.width, each.height, None, each.ocr_confidence, each.certainty)
            for each in self.pages
        )


def text_of(content: bytes) -> Document | None:
    """The document with its text; None where what was kept is damaged."""
    try:
        kept = msgspec.msgpack.decode(zlib.decompressobj().decompress(content, MOST_UNPACKED), type=KeptText)
    except (zlib.error, ValueError):
        return None
    return Document(kept.name, kept.kind, kept.sha256, kept.read_pages(), kept.page_count)
