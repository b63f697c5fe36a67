"""A store, and an answerer without a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chat.scripted_answerer import ScriptedAnswerer

from stillroom.chat.store import ConversationStore
from stillroom.documents.reader_pool import ReaderPool
from stillroom.storage.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "stillroom.sqlite") as found:
        yield found


@pytest.fixture
def store(database: Database) -> ConversationStore:
    return ConversationStore(database)


@pytest.fixture
def readers() -> Iterator[ReaderPool]:
    with ReaderPool() as running:
        yield running


@pytest.fixture
def answerer() -> ScriptedAnswerer:
    return ScriptedAnswerer()
