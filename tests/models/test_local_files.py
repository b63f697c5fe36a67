"""Models of other programs, importing, verifying and removing."""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path

import pytest
from tests.gguf.make_gguf import gguf, write_split, write_tiny
from tests.models.hub_server import HubServer

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.errors import Cancelled, StillroomError
from stillroom.models import local_files
from stillroom.models.elsewhere import models_elsewhere, recorded_checksum
from stillroom.models.hub.client import Hub
from stillroom.models.hub.download import download
from stillroom.models.library import find_model, installed_models
from stillroom.models.local_files import import_model, remove, verify
from stillroom.models.model_file import ModelFile


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trash of the test's own."""
    folder = tmp_path / "trash"
    folder.mkdir()
    monkeypatch.setattr(local_files, "send2trash", lambda path: path.rename(folder / path.name))
    return folder


# -- elsewhere


def ollama(home: Path, name: str, tag: str, content: bytes, digest: str | None = None) -> Path:
    digest = digest or hashlib.sha256(content).hexdigest()
    folder = home / ".ollama" / "models"
    manifest = folder / "manifests" / "registry.ollama.ai" / "library" / name / tag
    manifest.parent.mkdir(parents=True, exist_ok=True)
    layers = [
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": len(content)},
        {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:" + "0" * 64, "size": 4},
    ]
    manifest.write_text(json.dumps({"schemaVersion": 2, "layers": layers}))
    (folder / "blobs").mkdir(exist_ok=True)
    blob = folder / "blobs" / f"sha256-{hashlib.sha256(content).hexdigest()}"
    blob.write_bytes(content)
    return blob


def test_models_of_other_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = ollama(tmp_path, "llama3.2", "1b-q4_K_M", gguf())
    ollama(tmp_path, "web", "latest", b"<html>")
    ollama(tmp_path, "evil", "latest", gguf(seed=1), digest="../../../../etc/passwd")
    (tmp_path / ".ollama/models/manifests/broken").write_bytes(b"\xff{")
    cache = tmp_path / ".cache/huggingface/hub/models--maker--tiny/"
    write_tiny(cache / "blobs" / "abc")
    (cache / "snapshots/123").mkdir(parents=True)
    (cache / "snapshots/123/tiny-Q8_0.gguf").symlink_to(cache / "blobs" / "abc")
    studio = write_split(tmp_path / ".lmstudio/models/maker/big", "big-Q4_0")
    write_tiny(tmp_path / ".lmstudio/models/maker/big/mmproj-big.gguf")
    write_tiny(tmp_path / "data/Jan/data/llamacpp/models/small/model.gguf")
    found = models_elsewhere(tmp_path, {"XDG_DATA_HOME": str(tmp_path / "data")})
    assert [(item.program, item.model.name, item.model.quantization) for item in found] == [
        ("Ollama", "llama3.2:1b-q4_K_M", "Q4_K_M"),
        ("Hugging Face", "tiny-Q8_0", "Q8_0"),
        ("LM Studio", "big-Q4_0", "Q4_0"),
        *([("Jan", "model", "")] if platform.system() == "Linux" else []),
    ]
    assert found[0].model.path == blob
    assert found[2].model.path == studio[0]
    assert recorded_checksum(blob) == sha256(blob)
    assert models_elsewhere(tmp_path / "nobody", {}) == []
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert find_model("LLAMA3.2:1b-q4_k_m").path == blob
    assert find_model(str(blob)).path == blob, "a file of another program has no ending"


# -- importing


def test_importing(tmp_path: Path) -> None:
    source = write_tiny(tmp_path / "usb" / "my model Q8_0.gguf")
    told: list[tuple[int, int]] = []
    model = import_model(source, on_progress=lambda *done: told.append(done))
    assert model.path == paths.models_dir() / source.name
    assert model.path.read_bytes() == source.read_bytes()
    assert told[-1] == (source.stat().st_size,) * 2
    assert [found.path for found in installed_models()] == [model.path]
    assert import_model(model.path).path == model.path, "one that is there is left as it is"
    assert import_model(source).path == model.path, "the same again"
    other = tmp_path / "other" / source.name
    other.parent.mkdir()
    other.write_bytes(gguf(seed=3) + bytes(64))
    with pytest.raises(StillroomError, match="Another model of the name"):
        import_model(other)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("SHA256SUMS", "{sum}  {name}"),
        ("SHA256SUMS", "{sum} *folder/{name}"),
        ("checksums.txt", "SHA256 ({name}) = {sum}"),
        ("m.gguf.sha256", "{sum}"),
    ],
)
def test_a_list_of_checksums_is_held_against_it(name: str, line: str, tmp_path: Path) -> None:
    source = write_tiny(tmp_path / "m.gguf")
    text = "0" * 64 + "  other.gguf\n" if "{name}" in line else ""
    (tmp_path / name).write_text(text + line.format(sum="1" * 64, name="m.gguf") + "\n")
    with pytest.raises(StillroomError, match="not what its checksum says"):
        import_model(source)
    assert not list(paths.models_dir().rglob("*.gguf"))
    (tmp_path / name).write_text(text + line.format(sum=sha256(source).upper(), name="m.gguf") + "\n")
    assert import_model(source)
    with pytest.raises(StillroomError, match="not what its checksum says"):
        import_model(source, sha256="2" * 64)


def test_importing_what_is_no_model_or_stops(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(StillroomError, match="no usable model"):
        import_model(tmp_path / "bad.gguf")
    cancellation = Cancellation()
    cancellation.request()
    with pytest.raises(Cancelled):
        import_model(write_tiny(tmp_path / "m.gguf"), cancellation=cancellation)
    assert not paths.models_dir().exists() or not [p for p in paths.models_dir().rglob("*") if p.is_file()]


def test_importing_several_files(tmp_path: Path) -> None:
    parts = write_split(tmp_path, "big-Q8_0")
    model = import_model(parts[1])
    assert model.path.name == parts[0].name
    assert [path.name for path in sorted(paths.models_dir().glob("*.gguf"))] == [part.name for part in parts]


# -- verifying and removing


def test_verifying(tmp_path: Path, server: HubServer, hub: Hub) -> None:
    model = import_model(write_tiny(tmp_path / "m.gguf"))
    assert verify(model).right is True
    data = bytearray(model.path.read_bytes())
    data[-1] ^= 1
    model.path.write_bytes(data)
    found = verify(model)
    assert (found.right, "its SHA-256 is another" in found.sentence) == (False, True)
    loose = find_model(str(write_tiny(paths.models_dir() / "loose.gguf")))
    assert verify(loose).right is None
    server.put("maker/tiny", "t-Q8_0.gguf", gguf(seed=5))
    (path,) = download(hub, hub.repository("maker/tiny").offers[0])
    assert verify(find_model(str(path))).right is True
    blob = ollama(tmp_path, "x", "latest", gguf(seed=9))
    assert verify(find_model(str(blob))).right is True


def test_removing(tmp_path: Path, trash: Path) -> None:
    parts = write_split(tmp_path, "big-Q8_0")
    remove(import_model(parts[0]))
    assert installed_models() == []
    assert len(list(trash.iterdir())) == 3
    model = import_model(write_tiny(tmp_path / "m.gguf"))
    remove(model, permanently=True)
    assert not model.path.exists()
    assert len(list(trash.iterdir())) == 3
    mine = find_model(str(tmp_path / "m.gguf"))
    with pytest.raises(StillroomError, match="belongs to another program or folder"):
        remove(mine)
    with pytest.raises(StillroomError, match="comes with Stillroom"):
        remove(ModelFile(mine.name, mine.path, mine.size, "", True))
    assert mine.path.exists()


def test_a_trash_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = import_model(write_tiny(tmp_path / "m.gguf"))

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(local_files, "send2trash", refuse)
    with pytest.raises(StillroomError, match="could not be put into the trash: Permission denied"):
        remove(model)
    assert model.path.exists()


def test_a_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StillroomError, match="is a folder"):
        import_model(tmp_path)
