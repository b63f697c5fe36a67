"""Projectors: found beside their model, attached, detached, counted, and no model of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.gguf.make_gguf import gguf, write_projector, write_tiny
from tests.models.hub_server import HubServer

from stillroom import paths
from stillroom.cli import main
from stillroom.errors import StillroomError
from stillroom.extraction.provenance import record
from stillroom.models.adapters import model_sha256
from stillroom.models.elsewhere import models_elsewhere
from stillroom.models.fit.assess import assess, assess_file
from stillroom.models.fit.estimate import Machine, Use
from stillroom.models.hub.client import Hub
from stillroom.models.library import find_model, installed_models
from stillroom.models.local_files import import_model
from stillroom.models.model_file import ModelFile
from stillroom.models.projectors import (
    attach_projector,
    detach_projector,
    projector_bytes,
    projector_of,
    projectors_beside,
)
from stillroom.templates.template import Field, FieldType, Template
from stillroom.tuning.tuned import load_plan


@pytest.fixture
def tiny() -> ModelFile:
    write_tiny(paths.models_dir() / "tiny-Q8_0.gguf")
    return find_model("tiny-Q8_0")


def test_what_came_with_a_model_is_used(tmp_path: Path) -> None:
    folder = paths.models_dir() / "maker--tiny-vl-GGUF"
    model = write_tiny(folder / "tiny-vl-Q8_0.gguf")
    assert projector_of(model) is None
    write_projector(folder / "mmproj-tiny-vl-Q8_0.gguf")
    usual = write_projector(folder / "mmproj-model-f16.gguf")
    write_projector(folder / "mmproj-wide.gguf", width=96)  # of another model
    (folder / "mmproj-torn.gguf").write_bytes(usual.read_bytes()[:300])
    assert {path.name for path in projectors_beside(model)} == {"mmproj-tiny-vl-Q8_0.gguf"}, "the name tells"
    (folder / "mmproj-tiny-vl-Q8_0.gguf").unlink()
    assert projector_of(model) == usual
    assert load_plan(find_model("tiny-vl-Q8_0")).options.projector == str(usual)
    assert [found.name for found in installed_models()] == ["tiny-vl-Q8_0"]
    assert tmp_path.is_dir()


def test_in_the_folder_of_all_models_the_name_must_tell(tiny: ModelFile) -> None:
    write_projector(paths.models_dir() / "mmproj-other-f16.gguf")
    assert projector_of(tiny.path) is None
    own = write_projector(paths.models_dir() / "mmproj-Tiny-F16.gguf")
    assert projector_of(tiny.path) == own


def test_it_is_attached_and_detached_and_a_run_says_so(tiny: ModelFile, tmp_path: Path) -> None:
    plain = model_sha256(tiny)
    source = write_projector(tmp_path / "stick" / "eyes.gguf")
    kept = attach_projector(tiny, source)
    source.unlink()
    assert projector_of(tiny.path) == kept
    assert load_plan(tiny).options.projector == str(kept)
    assert "eyes" not in [model.name for model in installed_models()]
    assert model_sha256(tiny).startswith(f"{plain}+")
    template = Template("t", 1, "T", "", (Field("a", FieldType.LINE),))
    assert record(template, tiny).model_sha256 == model_sha256(tiny)
    assert detach_projector(tiny) == kept
    assert load_plan(tiny).options.projector == ""
    assert model_sha256(tiny) == plain
    assert kept.is_file()
    with pytest.raises(StillroomError, match="has no projector"):
        detach_projector(tiny)
    # Detached stays detached, even where one lies beside the model.
    write_projector(paths.models_dir() / "mmproj-tiny.gguf")
    assert projector_of(tiny.path) is None
    attach_projector(tiny, kept)
    kept.unlink()
    assert projector_of(tiny.path) is None
    with pytest.raises(StillroomError, match="width 96"):
        attach_projector(tiny, write_projector(tmp_path / "wide.gguf", width=96))
    with pytest.raises(StillroomError, match="is no projector"):
        attach_projector(tiny, tiny.path)


def test_it_is_never_listed_or_imported_as_a_model(tiny: ModelFile, tmp_path: Path) -> None:
    plain_name = write_projector(paths.models_dir() / "siglip.gguf")
    write_projector(tmp_path / ".lmstudio/models/maker/tiny/siglip.gguf")
    assert [model.path for model in installed_models()] == [tiny.path]
    assert models_elsewhere(tmp_path, {}) == []
    with pytest.raises(StillroomError, match="no complete GGUF model"):
        find_model(str(plain_name))
    with pytest.raises(StillroomError, match=r"is a projector.*attach-projector"):
        import_model(write_projector(tmp_path / "eyes.gguf"))


def test_its_memory_is_counted(tiny: ModelFile) -> None:
    projector = write_projector(paths.models_dir() / "mmproj-tiny.gguf")
    size = projector_bytes(projector)
    assert size > projector.stat().st_size // 2
    assert projector_bytes(None) == projector_bytes(tiny.path) == 0
    machine = Machine(free_ram=4 << 30)
    shape, blind = assess_file(tiny, machine, Use(512))
    _, sees = assess_file(tiny, machine, Use(512), projector=projector)
    assert sees.estimate.measured
    assert sees.needed - blind.needed == size
    assert assess(shape, machine, Use(512), beside=size).needed - assess(shape, machine, Use(512)).needed == size
    tight = Machine(free_ram=assess(shape, machine, Use(512)).needed + (1 << 30) + size // 2)
    assert assess(shape, tight, Use(512)).missing == 0
    assert assess(shape, tight, Use(512), beside=size).missing > 0


@pytest.mark.usefixtures("tiny")
def test_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_projector(tmp_path / "eyes.gguf")
    assert main(["models", "attach-projector", "tiny-Q8_0", str(file)]) == 0
    assert "tiny-Q8_0 sees pictures with eyes" in capsys.readouterr().err
    assert main(["models", "fit", "tiny-Q8_0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parts"]["projector"] > 0
    assert main(["models", "detach-projector", "tiny-Q8_0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["projector"] is None
    assert main(["models", "detach-projector", "tiny-Q8_0"]) != 0


def test_it_is_fetched_with_its_model(
    server: HubServer, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    repository, eyes = "maker/tiny-vl-GGUF", projector_file()
    server.put(repository, "tiny-vl-Q8_0.gguf", gguf())
    for name in ("mmproj-tiny-vl-Q8_0.gguf", "mmproj-tiny-vl-f16.gguf"):
        server.put(repository, name, eyes)
    offered = hub.repository(repository).projector()
    assert offered is not None
    assert offered.name == "mmproj-tiny-vl-f16"
    assert main(["models", "get", repository, "Q8_0"]) == 0
    assert "the projector with which it sees pictures" in capsys.readouterr().err
    (model,) = installed_models()
    found = projector_of(model.path)
    assert found is not None
    assert found.name == "mmproj-tiny-vl-f16.gguf"
    assert found.read_bytes() == eyes
    found.unlink()
    assert main(["models", "get", repository, "Q8_0", "--without-projector"]) == 0
    assert projector_of(model.path) is None


def projector_file() -> bytes:
    return write_projector(paths.models_dir().parent / "made.gguf").read_bytes()
