"""``stillroom chat --file picture.png``, with and without a projector; the real reader, worker and starter model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("llama_cpp")
pytest.importorskip("rapidocr")

from tests.documents.make_pictures import draw, encoded
from tests.gguf.make_gguf import write_projector

from stillroom import paths
from stillroom.chat.store import ConversationStore
from stillroom.cli import main
from stillroom.storage.database import Database

pytestmark = pytest.mark.model


def test_a_picture_on_the_command_line(starter_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "receipt.png"
    file.write_bytes(encoded(draw()))

    def chat(question: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "stillroom", "chat", question, "--file", str(file)]
        command += ["--model", str(starter_model), "--max-tokens", "8"]
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=110, check=False
        )

    blind = chat("What is due?")
    assert blind.returncode == 0, blind.stderr
    assert "does not see pictures: it is given the text in receipt.png" in blind.stderr
    projector = write_projector(tmp_path / "mmproj.gguf", width=576)
    assert main(["models", "attach-projector", str(starter_model), str(projector)]) == 0
    capsys.readouterr()
    sees = chat("What is due?")
    assert sees.returncode == 0, sees.stderr
    assert "does not see" not in sees.stderr
    with Database(paths.database_file()) as database:
        store = ConversationStore(database)
        talks = [store.branch(each.leaf) for each in store.conversations()]
    seen = next(talk for talk in talks if talk[0].attachments[0].seen)
    read = next(talk for talk in talks if not talk[0].attachments[0].seen)
    assert seen[0].attachments[0].picture_tokens == 16
    assert read[1].facts.prompt_tokens > seen[1].facts.prompt_tokens > 16
    assert seen[1].content
