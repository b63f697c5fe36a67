"""The commands that search, fit, fetch, import, verify and remove models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gguf.make_gguf import gguf, write_tiny
from tests.models.hub_server import HubServer

from stillroom import paths
from stillroom.cli import main
from stillroom.models import local_files
from stillroom.models.fit import assess

REPOSITORY = "maker/tiny-GGUF"


@pytest.fixture
def server() -> Iterator[HubServer]:
    running = HubServer()
    running.put(REPOSITORY, "tiny-Q8_0.gguf", gguf(seed=1))
    yield running
    running.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assess, "memory_bandwidth", lambda: 20e9)


def test_search(server: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "search", "tiny", "--endpoint", server.address]) == 0
    assert capsys.readouterr().out.startswith("maker/tiny-GGUF  7 downloads")
    assert main(["models", "search", "tiny", "--json", "--endpoint", server.address]) == 0
    assert json.loads(capsys.readouterr().out)[0]["licence"] == "apache-2.0"
    assert main(["models", "search", "nothing", "--endpoint", server.address]) == 0
    assert main(["models", "search"]) == 2


def test_what_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["models", "search", "--for", "extract", "--json"]) == 0
    assert 1 <= len(json.loads(capsys.readouterr().out)) <= 3
    catalog = tmp_path / "catalog.toml"
    shutil.copy(paths.resources_dir() / "catalog.toml", catalog)
    assert main(["models", "search", "--for", "classify", "--catalog", str(catalog)]) == 0
    assert "GB of memory" in capsys.readouterr().out
    assert (paths.data_dir() / "catalog.toml").exists()


def test_fit_of_what_is_on_the_hub(server: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fit", REPOSITORY, "--context", "1024", "--json", "--endpoint", server.address]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["quantization"], found["verdict"], found["context_tokens"]) == ("Q8_0", "runs well", 1024)
    assert found["needed"] == sum(found["parts"].values())
    assert not found["exact"]
    assert main(["models", "fit", REPOSITORY, "--endpoint", server.address]) == 0
    assert "runs well" in capsys.readouterr().out


@pytest.mark.model
def test_fit_of_what_is_here(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="the engine is not installed")
    path = write_tiny(tmp_path / "m.gguf")
    assert main(["models", "fit", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["exact"]
    assert found["verdict"] == "runs well"
    bad = write_tiny(tmp_path / "bad.gguf", llama__block_count=0)
    assert main(["models", "fit", str(bad)]) == 1
    assert "its block_count is 0" in capsys.readouterr().err


def test_getting_verifying_and_removing(
    server: HubServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    where = ["--endpoint", server.address]
    assert main(["models", "get", REPOSITORY, "--dry-run", *where]) == 0
    assert "licence apache-2.0" in capsys.readouterr().err
    assert not paths.models_dir().exists()
    assert main(["models", "get", REPOSITORY, *where]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.read_bytes() == gguf(seed=1)
    assert main(["models", "get", REPOSITORY, "Q8_0", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(path)
    assert main(["models", "get", REPOSITORY, "Q2_K", *where]) == 1
    assert "has no Q2_K" in capsys.readouterr().err
    assert main(["models", "verify"]) == 0
    assert "byte for byte" in capsys.readouterr().out
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert main(["models", "verify", "tiny-Q8_0", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)[0]["right"] is False
    trash = tmp_path / "trash"
    monkeypatch.setattr(local_files, "send2trash", lambda file: file.rename(trash))
    assert main(["models", "remove", "tiny-Q8_0"]) == 0
    assert trash.exists()
    assert not path.exists()


def test_importing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = write_tiny(tmp_path / "usb" / "m.gguf")
    assert main(["models", "import", str(source), "--sha256", "0" * 64]) == 1
    assert "not what its checksum says" in capsys.readouterr().err
    assert main(["models", "import", str(source), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(paths.models_dir() / "m.gguf")
    assert main(["models", "remove", "m", "--permanently", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == "m"
    assert main(["models", "import", str(tmp_path / "gone.gguf")]) == 1


def test_a_list_of_all(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    write_tiny(tmp_path / ".lmstudio" / "models" / "x" / "other.gguf")
    assert main(["models", "list", "--all", "--json"]) == 0
    assert {"name": "other", "program": "LM Studio"}.items() <= json.loads(capsys.readouterr().out)[-1].items()
    assert main(["models", "list", "--json"]) == 0
    assert "other" not in capsys.readouterr().out
