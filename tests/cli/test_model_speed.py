"""``models tune``, ``bench`` and ``quantize``; the worker is a real process that speaks the real protocol without a model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from stillroom import paths
from stillroom.cli import main
from stillroom.engine import engine
from stillroom.models.library import find_model
from stillroom.models.model_file import STARTER_NAME
from stillroom.tuning import tuned
from stillroom.tuning.store import NO_COPY, copy_in_use, keep_copy, tuned_options
from stillroom.tuning.tuned import in_place_of, load_plan

FACTS = {"speed": 100, "Q4_0": {"speed": 250, "loss": 0.3}, "Q8_0": {"speed": 160}}
COPY = "SmolLM2-135M-Instruct-requantized.Q8_0"


@pytest.fixture(autouse=True)
def starter(monkeypatch: pytest.MonkeyPatch) -> Path:
    worker = Path(__file__).parents[1] / "engine" / "fake_worker.py"
    monkeypatch.setattr(engine, "child_command", lambda _: [sys.executable, str(worker)])
    # What the samples give needs a model that reads; the comparison has tests of its own.
    monkeypatch.setattr(tuned, "_SAMPLES", ())
    monkeypatch.setattr(tuned, "_BUSY_SECONDS", 0.01)
    paths.models_dir().mkdir(parents=True)
    model = paths.models_dir() / STARTER_NAME
    model.write_text("GGUF" + json.dumps(FACTS))
    return model


@pytest.fixture
def own_text(tmp_path: Path) -> Path:
    file = tmp_path / "mine.txt"
    file.write_text("Four boxes of copper fittings, two drums of lamp oil. " * 40, "utf-8")
    return file


def test_tune_makes_a_copy_that_is_loaded_from_then_on(
    capsys: pytest.CaptureFixture[str], starter: Path, own_text: Path
) -> None:
    assert main(["models", "tune", "--text", str(own_text)]) == 0
    out = capsys.readouterr().out
    assert "A copy in Q4_0: 2.5 × as fast, loses 0.300 nats a token on text (at most 0.02 is allowed): not kept." in out
    assert "A copy in Q8_0: 1.6 × as fast, loses 0.000 nats a token on text" in out
    assert f"{COPY} is loaded in the place of {STARTER_NAME[:-5]} from now on" in out
    assert "Reads 160 tokens a second, writes 160" in out
    plan = load_plan(find_model("smollm2-135m-instruct.q4_1"), context_tokens=1024)
    assert plan.model.name == COPY
    assert plan.notice.startswith(f"{COPY} is used in the place of {STARTER_NAME[:-5]}")
    assert (plan.options.context_tokens, plan.options.prompt_speed) == (1024, 160.0)
    assert plan.environment["OMP_WAIT_POLICY"] == "passive"
    assert load_plan(find_model(str(starter)), this_file=True).model.path == starter


def test_tune_without_a_copy_uses_none_any_more(
    capsys: pytest.CaptureFixture[str], starter: Path, own_text: Path
) -> None:
    assert main(["models", "tune", "--text", str(own_text)]) == 0
    assert copy_in_use(starter) is not None
    capsys.readouterr()
    assert main(["models", "tune", STARTER_NAME[:-5], "--no-requantize", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["copies"] == []
    assert data["used"]["name"] == STARTER_NAME[:-5]
    assert data["tuning"]["prompt_speed"] == 100
    assert in_place_of(find_model(str(starter))).path == starter
    assert tuned_options(starter) is not None


def test_a_copy_that_is_gone_is_not_missed(starter: Path, own_text: Path) -> None:
    assert main(["models", "tune", "--text", str(own_text)]) == 0
    (paths.models_dir() / f"{COPY}.gguf").unlink()
    plan = load_plan(find_model(str(starter)))
    assert (plan.model.path, plan.notice) == (starter, "")


def test_bench(capsys: pytest.CaptureFixture[str], starter: Path) -> None:
    keep_copy(starter, NO_COPY)
    assert main(["models", "bench"]) == 0
    assert "threads  reading  scoring  writing\n1        100" in capsys.readouterr().out
    assert main(["models", "bench", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["model"] == STARTER_NAME[:-5]
    assert data["speeds"][0] == {"threads": 1, "prompt": 100, "score": 100, "generate": 100}
