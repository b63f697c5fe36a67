"""The text of a document as it was kept beside its row. Knows nothing of deciding, so that a line of it is shown without a wait."""

from __future__ import annotations

import zlib
from dataclasses import replace

import msgspec

from stillroom.documents.document import Boxes, Document, Page

MOST_UNPACKED = 64 << 20  # bytes


class KeptPage(msgspec.Struct, array_like=True):
    """A page. ``boxes``: of its characters, where its text was recognised in a picture, which takes long; empty else."""

    number: int
    text: str
    width: float
    height: float
    ocr_confidence: float | None
    certainty: bytes = b""
    boxes: bytes = b""


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


def kept_pages(document: Document, *, with_boxes: bool = True) -> list[KeptPage]:
    """The pages as they are kept, with boxes where one of them was recognised."""
    recognised = with_boxes and any(page.ocr_confidence is not None for page in document.pages)
    return [
        KeptPage(
            each.number, each.text, each.width, each.height, each.ocr_confidence, each.certainty,
            Boxes(each.boxes).to_bytes() if recognised and each.boxes is not None else b"",
        )
        for each in document.pages
    ]  # fmt: skip


def text_of(content: bytes) -> Document | None:
    """The document with its text; None where what was kept is damaged."""
    kept = _decoded(content)
    return None if kept is None else Document(kept.name, kept.kind, kept.sha256, kept.read_pages(), kept.page_count)


def recognised(content: bytes) -> Document | None:
    """A document of pictures as it was read, with the places of its characters; None where they were not kept."""
    kept = _decoded(content)
    if kept is None or not any(page.boxes for page in kept.pages):
        return None
    try:
        pages = tuple(
            replace(page, boxes=Boxes.from_bytes(own.boxes) if own.boxes or not page.text else None)
            for page, own in zip(kept.read_pages(), kept.pages, strict=True)
        )
    except ValueError:
        return None
    return Document(kept.name, kept.kind, kept.sha256, pages, kept.page_count)


def _decoded(content: bytes) -> KeptText | None:
    """None where it is damaged."""
    try:
        return msgspec.msgpack.decode(zlib.decompressobj().decompress(content, MOST_UNPACKED), type=KeptText)
    except (zlib.error, ValueError):
        return None
