"""Files as an attacker would hand them in: each is a document or a sentence. Two thousand: tests/benchmarks/hostile_documents.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.documents.hostile_files import CRAFTED, SEEDS, hostile_files

from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import DocumentError

# Of those made on purpose, what is quick to make and to read or refuse.
QUICK = (
    "climbing.zip", "same-name.zip", "laughs.xml", "outside.xml", "laughs.docx", "laughs.odt", "deep.json", "surrogates.json",
    "bin.rtf", "wrong-cells.xlsx", "repeats.ics", "loop.msg", "huge.png", "thin.png", "loop.tiff", "wrong.bmp",
    "loop.pdf", "count.pdf", "self-page.pdf", "huge-page.pdf", "form-in-itself.pdf", "empty.txt", "wrong-utf8.txt",
)  # fmt: skip


def outcome(readers: ReaderPool, name: str, data: bytes, folder: Path) -> None:
    path = folder / name
    path.write_bytes(data)
    try:
        document = readers.read(path)
    except DocumentError as error:
        said = error.message
        assert said[0].isupper(), name
        assert said.endswith("."), (name, said)
        assert "Traceback" not in said
        assert "process" not in said, (name, said)  # no reader was lost by it
    else:
        assert "root:" not in "".join(page.text for part in document.walk() for page in part.pages), name


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReaderPool]:
    """One reader for all: none of the files may cost it its life."""
    file = tmp_path_factory.mktemp("first") / "a.txt"
    file.write_text("Total 5.00")
    with ReaderPool(seconds=30, memory_bytes=1 << 30) as started:
        started.read(file)
        (process,) = started.process_ids
        yield started
        assert started.process_ids == [process]


@pytest.mark.parametrize("name", QUICK)
def test_what_is_made_to_do_harm(name: str, readers: ReaderPool, tmp_path: Path) -> None:
    outcome(readers, name, CRAFTED[name](), tmp_path)


def test_what_was_changed_at_random(readers: ReaderPool, tmp_path: Path) -> None:
    for name, data in hostile_files(len(SEEDS), seed=7, first=len(CRAFTED)):
        outcome(readers, name, data, tmp_path)
    assert not Path("/tmp/stillroom-hostile.txt").exists()
