"""Files of rows: what was read a moment ago is there at once, whatever the readers are busy with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from stillroom.documents.document import Document, Page
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
