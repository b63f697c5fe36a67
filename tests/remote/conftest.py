"""A server on loopback, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.remote.office import KEY, NoKeyring, fields_of
from tests.remote.openai_server import OpenAiServer

from stillroom.privacy.seal import Seal
from stillroom.privacy.secrets import Secrets, SecretText
from stillroom.remote.client import RemoteClient
from stillroom.remote.engines import RemoteEngine
from stillroom.storage.database import Database


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(fields_of) as started:
        yield started


@pytest.fixture
def secrets() -> Secrets:
    found = Secrets(NoKeyring, seconds=1)
    found.set("remote:office", SecretText(KEY))
    return found


@pytest.fixture
def engine(server: OpenAiServer) -> RemoteEngine:
    return RemoteEngine("office", server.address, "tiny", seconds=10, price_in=2.5, price_out=10.0)


@pytest.fixture
def client(engine: RemoteEngine, secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteClient]:
    monkeypatch.setattr("stillroom.remote.client._FIRST_PAUSE", 0.01)
    with RemoteClient(engine, secrets, Seal()) as made:
        yield made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "s.sqlite") as made:
        yield made
