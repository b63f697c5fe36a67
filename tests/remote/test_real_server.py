"""Remote extraction against llama-cpp-python's own OpenAI-compatible server with the starter model, on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.documents.document import Document, Page
from stillroom.engine.protocol import Message
from stillroom.extraction.remote_extractor import RemoteExtractor
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.privacy.seal import Seal
from stillroom.privacy.secrets import Secrets
from stillroom.privacy.sending import SendingLog
from stillroom.remote.client import RemoteClient
from stillroom.remote.engines import RemoteEngine
from stillroom.storage.database import Database
from stillroom.templates.library import TemplateLibrary

pytestmark = pytest.mark.model
pytest.importorskip("llama_cpp.server.app", reason="the server's own packages are not installed")

TEXT = "North Wind Trading Ltd\n12 Harbour Road, Dover\nDate 2024-05-03\nTotal EUR 14.10\n"


@pytest.fixture(scope="module")
def address(starter_model: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "llama_cpp.server",
        "--model",
        str(starter_model),
        "--port",
        str(port),
        "--n_ctx",
        "2048",
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < end, "the server did not start"
                assert server.poll() is None, "the server ended"
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(10)


def test_a_real_server_is_listed_asked_and_its_values_are_placed_or_marked(address: str, tmp_path: Path) -> None:
    def none() -> None:
        raise OSError

    secrets = Secrets(none, seconds=1)  # type: ignore[arg-type]
    seal = Seal()
    with RemoteClient(RemoteEngine("here", address, "starter", seconds=100), secrets, seal) as client:
        assert len(client.models()) == 1
        pieces: list[str] = []
        answer = client.complete([Message("user", "Say hello.")], max_tokens=8, on_text=pieces.append)
        assert "".join(pieces) == answer.text
        assert len(pieces) > 1
        with Database(tmp_path / "s.sqlite") as database:
            document = Document("r.txt", "txt", "0" * 64, (Page(1, TEXT),), 1)
            result = RemoteExtractor(client, SendingLog(database)).extract(
                document, TemplateLibrary().find("receipt"), file="r.txt"
            )
            assert SendingLog(database).newest()[0].tokens_in > 20, "as the server counted"
    assert seal.holds
    for value in result.fields.values():
        assert isinstance(value, FieldValue)
        placed = value.state is FieldState.FOUND and value.span is not None and document.text(value.span) == value.text
        marked = value.state is FieldState.INVALID and bool(value.failed_checks)
        assert placed or marked or value.state is FieldState.ABSENT
