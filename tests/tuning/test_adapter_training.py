"""Training in a child: what it is given, what becomes of its failures, going on after a stop. The scripts here speak as the real ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.gguf.make_gguf import write_tiny

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.errors import Cancelled, StillroomError
from stillroom.models.model_file import ModelFile, model_file
from stillroom.tuning import adapter_training
from stillroom.tuning.adapter_training import (
    TrainingExample,
    TrainingQuestion,
    TrainingSettings,
    cost_of,
    settings_for,
    train_adapter,
)

EXAMPLES = [TrainingExample((1, 2, 3), (TrainingQuestion((4, 5), (6, 7)),))]

_TRAIN = """
import json, pathlib, sys, time
examples, model, made, checkpoint = map(pathlib.Path, sys.argv[1:5])
told = json.loads(examples.read_text())
assert told["examples"] == [{"prefix": [1, 2, 3], "branches": [{"suffix": [4, 5], "answer": [6, 7]}]}], told
assert told["settings"]["rank"] == 16
assert model.read_bytes().startswith(b"GGUF")
begun = int(checkpoint.read_text()) if checkpoint.exists() else 0
for step in range(begun, 10):
    checkpoint.write_text(str(step))
    print(f"Training: {10 * step}.00%|", flush=True)
    time.sleep(PAUSE)
FAILS
(made / "adapter").write_text(f"trained from step {begun}")
"""
_CONVERT = """
import pathlib, sys
assert sys.argv[2] == "--base" and sys.argv[4] == "--outfile" and sys.argv[6:] == ["--outtype", "f16"], sys.argv
pathlib.Path(sys.argv[5]).write_text((pathlib.Path(sys.argv[1]) / "adapter").read_text())
"""


@pytest.fixture
def tiny(tmp_path: Path) -> ModelFile:
    model = model_file(write_tiny(tmp_path / "tiny.gguf"))
    assert model is not None
    return model


def scripts(folder: Path, *, pause: float = 0.0, fails: str = "") -> tuple[list[str], list[str]]:
    folder.mkdir(exist_ok=True)
    last = f"sys.exit({fails!r})" if fails else ""
    (folder / "train.py").write_text(_TRAIN.replace("PAUSE", str(pause)).replace("FAILS", last))
    (folder / "convert.py").write_text(_CONVERT)
    return [sys.executable, str(folder / "train.py")], [sys.executable, str(folder / "convert.py")]


def left() -> list[str]:
    return sorted(path.name for path in (paths.learned_dir() / ".training").glob("*"))


def test_from_examples_to_an_adapter(tiny: ModelFile, tmp_path: Path) -> None:
    shares: list[float] = []
    target = tmp_path / "adapter.gguf"
    train_adapter(
        tiny, 100_000, EXAMPLES, target, commands=scripts(tmp_path / "own", pause=0.06),
        on_progress=lambda share, _what: shares.append(share),
    )  # fmt: skip
    assert target.read_text() == "trained from step 0"
    assert shares == sorted(shares)
    assert any(0.2 < share < 0.9 for share in shares)
    assert shares[-1] == 1.0
    assert left() == []


def test_what_was_stopped_goes_on_where_it_was(tiny: ModelFile, tmp_path: Path) -> None:
    cancellation, target = Cancellation(), tmp_path / "adapter.gguf"

    def stop(share: float, _what: str) -> None:
        if share > 0.25:
            cancellation.request()

    slow = scripts(tmp_path / "own", pause=0.1)
    with pytest.raises(Cancelled):
        train_adapter(tiny, 100_000, EXAMPLES, target, commands=slow, on_progress=stop, cancellation=cancellation)
    assert not target.exists()
    assert len(left()) == 1
    other = TrainingSettings(seed=2)
    train_adapter(tiny, 100_000, EXAMPLES, target, commands=slow, settings=other)
    assert target.read_text() == "trained from step 0", "with other settings it begins anew"
    shares: list[float] = []
    train_adapter(tiny, 100_000, EXAMPLES, target, commands=slow, on_progress=lambda share, _what: shares.append(share))
    assert target.read_text() in {f"trained from step {step}" for step in range(2, 6)}
    assert any(0 < share < 0.25 for share in shares), "the time left is told of what is left"
    assert left() == []


@pytest.mark.parametrize(
    ("fails", "sentence"),
    [
        (
            "ValueError: GGUF model with architecture mamba3 is not supported yet.",
            "models of the kind mamba3 cannot be",
        ),
        ("ModuleNotFoundError: No module named 'peft'", "the extra has no peft"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("something else", "the training failed"),
    ],
)
def test_a_failure_becomes_a_sentence(fails: str, sentence: str, tiny: ModelFile, tmp_path: Path) -> None:
    with pytest.raises(StillroomError, match=sentence) as raised:
        train_adapter(
            tiny, 100_000, EXAMPLES, tmp_path / "adapter.gguf", commands=scripts(tmp_path / "own", fails=fails)
        )
    assert fails in raised.value.details


def test_memory_is_looked_for_first(tiny: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter_training, "_LIBRARIES_HOLD", 1 << 50)
    with pytest.raises(StillroomError, match="of memory, and"):
        train_adapter(tiny, 100_000, EXAMPLES, tmp_path / "adapter.gguf", commands=scripts(tmp_path / "own"))


def test_few_examples_are_seen_more_often_and_larger_models_cost_more() -> None:
    assert settings_for(135_000_000, EXAMPLES * 30).epochs == 5
    assert settings_for(135_000_000, EXAMPLES * 200).epochs == 2
    small = cost_of(135_000_000, EXAMPLES * 30, settings_for(135_000_000, EXAMPLES * 30))
    large = cost_of(1_000_000_000, EXAMPLES * 30, settings_for(1_000_000_000, EXAMPLES * 30))
    assert large.seconds > 7 * small.seconds
    assert large.memory > 3 * small.memory
