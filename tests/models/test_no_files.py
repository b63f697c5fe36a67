"""What is called a model and is no file: nothing waits for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.errors import StillroomError
from stillroom.gguf.header import GgufError, read_header
from stillroom.models.library import installed_models
from stillroom.models.local_files import import_model
from stillroom.models.model_file import is_projector, model_file
from stillroom.regular_file import open_regular
from stillroom.storage.checksums import file_sha256

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files"),
    pytest.mark.timeout(20),
]


@pytest.fixture(params=["pipe", "socket", "folder", "device", "link to a pipe"])
def no_file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    path = tmp_path / "data" / "models" / "x.gguf"
    path.parent.mkdir(parents=True)
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "socket":
        monkeypatch.chdir(path.parent)  # the name of a socket is short
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    elif request.param == "folder":
        path.mkdir()
    elif request.param == "device":
        path.symlink_to("/dev/zero")
    else:
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to(tmp_path / "pipe")
    return path


def test_nothing_waits_for_what_is_no_file(no_file: Path) -> None:
    with pytest.raises(OSError):
        open_regular(no_file)
    with pytest.raises(GgufError):
        read_header(no_file)
    with pytest.raises(StillroomError):
        file_sha256(no_file)
    with pytest.raises(StillroomError):
        import_model(no_file)
    assert model_file(no_file) is None
    assert not is_projector(no_file)
    assert no_file not in {model.path for model in installed_models()}


def test_the_list_of_models_comes_although_one_is_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "data" / "models").mkdir(parents=True)
    os.mkfifo(tmp_path / "data" / "models" / "x.gguf")
    done = subprocess.run(
        [sys.executable, "-m", "stillroom", "models", "list"],
        env={**os.environ, "STILLROOM_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
