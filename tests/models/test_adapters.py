"""Adapters: which are taken, what they change in the model, and that a run says they were there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.gguf.make_gguf import gguf, write_adapter, write_tiny

from stillroom import paths
from stillroom.cli import main
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import Adapter, LoadOptions, Piece, Question, ScoreRequest
from stillroom.errors import EngineError, StillroomError
from stillroom.models.adapters import attach, attached, detach, model_sha256, name_with_adapters
from stillroom.models.library import find_model, installed_models
from stillroom.models.local_files import import_model
from stillroom.models.model_file import ModelFile
from stillroom.tuning.tuned import load_plan

REQUEST = ScoreRequest((Piece("Total 14.10 paid."),), (Question("\nTotal: ", ("14.10", "12.00", "none"), "\n"),))


@pytest.fixture
def tiny() -> ModelFile:
    write_tiny(paths.models_dir() / "tiny.gguf")
    return find_model("tiny")


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as running:
        yield running


def test_an_adapter_is_kept_and_detached(tiny: ModelFile, tmp_path: Path) -> None:
    source = write_adapter(tmp_path / "stick" / "invoices.gguf")
    plain = model_sha256(tiny)
    adapter = attach(tiny, source, 0.5)
    source.unlink()
    assert attached(tiny.path) == (adapter,)
    assert load_plan(tiny).options.adapters == (adapter,)
    assert adapter.scale == 0.5
    # It is no model of its own, and a run with it is another run.
    assert "invoices" not in [model.name for model in installed_models()]
    half = model_sha256(tiny)
    assert half.startswith(plain)
    assert half != plain
    assert name_with_adapters(tiny.name, (adapter,)) == "tiny + invoices"
    attach(tiny, Path(adapter.path), 1.0)
    assert [each.scale for each in attached(tiny.path)] == [1.0]
    assert model_sha256(tiny) not in (plain, half)
    detach(tiny, "Invoices")
    assert attached(tiny.path) == ()
    assert model_sha256(tiny) == plain
    assert Path(adapter.path).is_file()
    with pytest.raises(StillroomError, match="has no adapter"):
        detach(tiny, "invoices")


def test_an_adapter_whose_file_has_gone_is_left_out(tiny: ModelFile, tmp_path: Path) -> None:
    adapter = attach(tiny, write_adapter(tmp_path / "a.gguf"))
    Path(adapter.path).unlink()
    assert attached(tiny.path) == ()
    assert load_plan(tiny).options.adapters == ()


def test_what_is_no_adapter_for_the_model_is_refused_with_a_reason(tiny: ModelFile, tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF nothing")
    half = tmp_path / "half.gguf"
    half.write_bytes(
        gguf(
            {"general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora"},
            {"blk.0.attn_q.weight.lora_a": ((64, 4), 0)},
        )
    )
    for file, reason in (
        (write_tiny(tmp_path / "model.gguf"), "a model of its own"),
        (write_adapter(tmp_path / "other.gguf", arch="gemma3"), "of the kind gemma3"),
        (tmp_path / "broken.gguf", "broken"),
        (half, "do not come in pairs"),
    ):
        with pytest.raises(StillroomError, match=reason):
            attach(tiny, file)
    with pytest.raises(StillroomError, match="above 0"):
        attach(tiny, write_adapter(tmp_path / "good.gguf"), float("nan"))
    with pytest.raises(StillroomError, match="is an adapter for a model"):
        import_model(tmp_path / "good.gguf")
    assert attached(tiny.path) == ()


@pytest.mark.model
def test_an_adapter_changes_what_the_model_says_by_its_scale(
    engine: Engine, starter_model: Path, tmp_path: Path
) -> None:

    def scores(*adapters: Adapter) -> list[float]:
        engine.load(starter_model, LoadOptions(context_tokens=512, adapters=adapters))
        return list(engine.score(REQUEST).scores[0])

    noise = str(write_adapter(tmp_path / "noise.gguf", width=576, layers=30))
    nothing = str(write_adapter(tmp_path / "nothing.gguf", width=576, layers=30, seed=0))
    plain = scores()
    assert scores(Adapter(nothing)) == pytest.approx(plain, abs=1e-3)
    whole, part = scores(Adapter(noise)), scores(Adapter(noise, 0.01))
    assert whole != pytest.approx(plain, abs=0.1)
    difference = [sum(abs(a - b) for a, b in zip(each, plain, strict=True)) for each in (whole, part)]
    assert difference[1] < difference[0]
    assert scores() == plain


@pytest.mark.model
def test_an_adapter_of_another_width_is_said_and_the_model_before_stays(
    engine: Engine, starter_model: Path, tmp_path: Path
) -> None:
    engine.load(starter_model, LoadOptions(context_tokens=512))
    wide = str(write_adapter(tmp_path / "wide.gguf", width=64))
    with pytest.raises(EngineError, match="other layers or widths"):
        engine.load(starter_model, LoadOptions(context_tokens=512, adapters=(Adapter(wide),)))
    assert engine.score(REQUEST).scores


@pytest.mark.usefixtures("tiny")
def test_attach_and_detach_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_adapter(tmp_path / "letters.gguf")
    assert main(["models", "attach", "tiny", str(file), "--scale", "0.8"]) == 0
    assert "letters is attached to tiny" in capsys.readouterr().err
    assert main(["models", "attach", "tiny", str(tmp_path / "missing.gguf")]) != 0
    assert main(["models", "detach", "tiny", "letters", "--json"]) == 0
    assert '"adapters": []' in capsys.readouterr().out
