"""Files of rows: what was read a moment ago is there at once, whatever the readers are busy with."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, cast

import pytest

from stillroom.documents.document import Box, Boxes, Document, Page
from stillroom.documents.reader_pool import ReaderPool
from stillroom.workspace.recent_documents import RecentDocuments
from stillroom.workspace.row_files import RowFiles


class Busy:
    """Readers that a run keeps busy."""

    def read(self, path: Path, **_: Any) -> Document:
        raise AssertionError(f"{path} would have to wait")


def test_a_document_at_hand_does_not_wait_for_the_readers() -> None:
    recent = RecentDocuments()
    known = Document("a.txt", "txt", "ab" * 32, (Page(1, "text"),), 4)
    recent.add(known)
    busy = cast(ReaderPool, Busy())
    files = RowFiles(busy, lambda: busy, recent)
    assert files.read(Path("a.txt"), known.sha256) is known
    with pytest.raises(AssertionError, match="have to wait"):
        files.read(Path("b.txt"), "cd" * 32)


def test_what_was_recognised_for_a_run_is_not_recognised_again(tmp_path: Path) -> None:
    picture = tmp_path / "scan.png"
    picture.write_bytes(b"dots")
    sha256 = hashlib.sha256(b"dots").hexdigest()
    kept = Document(
        "scan.png", "png", sha256, (Page(1, "text", boxes=Boxes([Box(1, 2, 3, 4)] * 4), ocr_confidence=0.9),), 1
    )
    busy, asked = cast(ReaderPool, Busy()), list[tuple[int, int, str]]()

    def recognised(run: int, position: int, wanted: str) -> Document | None:
        asked.append((run, position, wanted))
        return kept

    recent = RecentDocuments()

    def files() -> RowFiles:
        return RowFiles(busy, lambda: busy, recent, recognised)

    assert files().read(picture, sha256, place=(3, 7)) is kept
    assert asked == [(3, 7, sha256)]
    with pytest.raises(AssertionError, match="have to wait"):
        files().read(picture, sha256)
    picture.write_bytes(b"other dots")
    with pytest.raises(AssertionError, match="have to wait"):
        files().read(picture, sha256, place=(3, 7))
