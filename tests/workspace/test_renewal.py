"""A table made anew with a changed template, stopped on the way: the rest is made as the beginning was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page
from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import Cancelled
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, FieldState, FieldValue
from stillroom.models.model_file import ModelFile
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.templates.template import Template
from stillroom.templates.toml_file import parse_template
from stillroom.workspace.recent_documents import RecentDocuments
from stillroom.workspace.runs import Runs

TOML = """
name = "note"
[[fields]]
name = "word"
type = "line"
[[fields]]
name = "other"
type = "line"
description = "{0}"
"""
OLD, NEW = (parse_template(TOML.format(text), "note.toml") for text in ("", "the other word"))


class Reader:
    """A reader of small texts."""

    def read(self, path: Path, *, password: str | None = None, cancellation: Cancellation | None = None) -> Document:
        assert password is None
        if cancellation is not None:
            cancellation.raise_if_requested()
        data = path.read_bytes()
        return Document(path.name, "txt", hashlib.sha256(data).hexdigest(), (Page(1, data.decode()),), len(data))


class Asked:
    """An extractor that remembers which fields of which file it was asked for."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, ...]] = []
        self.before: Callable[[], None] = lambda: None

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        assert cancellation is None
        self.before()
        self.fields.append((document.name, *(field.name for field in template.fields)))
        text = document.pages[0].text
        fields = {field.name: FieldValue(text, text, FieldState.FOUND, 0.9) for field in template.fields}
        return DocumentResult(
            file, DocumentStatus.DONE, Coverage(1, 1, 1, 1), fields, template.name, 1, sha256=document.sha256
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with Database(tmp_path / "s.sqlite") as database:
        yield RunStore(database)


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    return ModelFile("m", tmp_path / "m.gguf", 4, "", False)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name in "abc":
        (tmp_path / name).write_text(name)
    return [tmp_path / name for name in "abc"]


def room(store: RunStore, asked: Asked) -> Runs:
    """As after a start."""
    return Runs(lambda: store, lambda: asked, cast(ReaderPool, Reader()), RecentDocuments())


def stopped(store: RunStore, asked: Asked, files: list[Path], model: ModelFile) -> int:
    """A finished table, and the renewal of it that is stopped at its second document; the table's number."""
    runs = room(store, asked)
    first = runs.new(OLD, files, model)
    runs.do(first)
    asked.fields.clear()

    def stop() -> None:
        if asked.fields:
            raise Cancelled

    asked.before = stop
    with pytest.raises(Cancelled):
        runs.do(runs.renew(first, NEW, model))
    asked.before = lambda: None
    assert asked.fields == [("a", "other")]
    return first.run_id


def test_a_renewal_that_was_stopped_renews_the_rest_only(store: RunStore, files: list[Path], model: ModelFile) -> None:
    asked = Asked()
    first = stopped(store, asked, files, model)
    runs = room(store, asked)
    again = runs.renew(runs.resume(first), NEW, model)
    assert again.run_id == first + 1, "the one that was begun"
    runs.do(again)
    assert asked.fields == [(name, "other") for name in "abc"]
    rows = [row for row in again.results() if row is not None]
    assert [list(row.fields) for row in rows] == [["word", "other"]] * 3
    assert runs.renew(runs.resume(first), NEW, model).run_id == first + 2, "it was finished: another one"


def test_it_is_also_gone_on_with_as_any_table(store: RunStore, files: list[Path], model: ModelFile) -> None:
    asked = Asked()
    first = stopped(store, asked, files, model)
    runs = room(store, asked)
    runs.do(runs.resume(first + 1))
    assert asked.fields == [(name, "other") for name in "abc"]


def test_where_the_other_table_was_erased_the_rest_is_made_whole(
    store: RunStore, files: list[Path], model: ModelFile
) -> None:
    asked = Asked()
    first = stopped(store, asked, files, model)
    store.delete(first)
    runs = room(store, asked)
    runs.do(runs.resume(first + 1))
    assert asked.fields == [("a", "other"), ("b", "word", "other"), ("c", "word", "other")]
