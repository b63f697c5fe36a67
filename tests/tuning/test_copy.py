"""Copies in another quantization: made by a fake worker (a real process), and once by the real one."""

from __future__ import annotations

import json
import shutil
import sys
from collections import namedtuple
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stillroom.cancellation import Cancellation
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import MeasureRequest
from stillroom.errors import Cancelled, EngineError, StillroomError
from stillroom.tuning.copy import agreement_of, faster_copies, may_gain, quantize
from stillroom.tuning.store import Copy

FAKE = [sys.executable, str(Path(__file__).parents[1] / "engine" / "fake_worker.py")]
TEXTS = ["North Wind Trading sells apples. " * 60, "A short one."]
GOOD, FAST_BUT_WORSE, NO_FASTER = {"speed": 180}, {"speed": 300, "loss": 0.2}, {"speed": 120}


def write(path: Path, **facts: Any) -> Path:
    path.write_text("GGUF" + json.dumps({"speed": 100, **facts}))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def make(folder: Path, values: Any = None, **facts: Any) -> list[Copy]:
    model = write(folder / "small.Q4_1.gguf", **facts)
    return faster_copies(model, folder / "models", TEXTS, values, command=FAKE)


def test_a_faster_copy_of_the_same_quality_is_kept(tmp_path: Path) -> None:
    copies = make(tmp_path, Q4_0=GOOD, Q8_0=GOOD)
    assert [(copy.quantization, copy.speedup, copy.loss) for copy in copies] == [("Q4_0", 1.8, 0.0)]
    assert copies[0].path == str(tmp_path / "models" / "small-requantized.Q4_0.gguf")
    assert names(tmp_path / "models") == ["small-requantized.Q4_0.gguf"]


def test_a_copy_that_lost_accuracy_is_removed_and_the_next_tried(tmp_path: Path) -> None:
    copies = make(tmp_path, Q4_0=FAST_BUT_WORSE, Q8_0=GOOD)
    assert [(copy.quantization, bool(copy.path), copy.loss) for copy in copies] == [
        ("Q4_0", False, 0.2),
        ("Q8_0", True, 0),
    ]
    assert names(tmp_path / "models") == ["small-requantized.Q8_0.gguf"]


def test_a_copy_that_is_no_faster_is_not_even_compared(tmp_path: Path) -> None:
    copies = make(tmp_path, Q4_0=NO_FASTER, Q8_0=NO_FASTER)
    assert [(copy.path, copy.loss, copy.agreement) for copy in copies] == [("", None, None)] * 2
    assert names(tmp_path / "models") == []


def test_a_copy_must_extract_the_same_values(tmp_path: Path) -> None:
    asked: list[float] = []

    def values(engine: Engine) -> Mapping[str, str]:
        asked.append(engine.measure(MeasureRequest("prompt")).speed)
        changed = "9.99" if asked[-1] == 150 else "14.10"
        return {"total": changed, **{f"field {n}": "same" for n in range(4)}}

    copies = make(tmp_path, values, Q4_0={"speed": 150}, Q8_0=GOOD)
    assert [(copy.agreement, bool(copy.path)) for copy in copies] == [(0.8, False), (1.0, True)]
    assert asked == [100, 150, 180]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def values(engine: Engine) -> Mapping[str, str]:
        if engine.measure(MeasureRequest("prompt")).speed > 100:
            raise EngineError("It broke.")
        return {"total": "1"}

    with pytest.raises(EngineError, match="It broke"):
        make(tmp_path, values, Q4_0=GOOD)
    assert names(tmp_path / "models") == []


def test_a_stop_while_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    model, cancellation = write(tmp_path / "small.gguf", Q4_0=GOOD), Cancellation()
    with pytest.raises(Cancelled):
        quantize(
            model,
            tmp_path / "out.gguf",
            "Q4_0",
            on_progress=lambda _: cancellation.request(),
            cancellation=cancellation,
            command=FAKE,
        )
    assert names(tmp_path) == ["small.gguf"]


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = write(tmp_path / "small.gguf", Q4_0={"speed": 1, "size": 5_000_000_000})
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(9, 9, 1_000_000_000))
    with pytest.raises(StillroomError, match=r"needs 4\.7 GB on the disk; 954 MB are free"):
        quantize(model, tmp_path / "out.gguf", "Q4_0", command=FAKE)
    assert names(tmp_path) == ["small.gguf"]


def test_a_model_is_not_written_over_itself(tmp_path: Path) -> None:
    model = write(tmp_path / "small.gguf", Q4_0=GOOD)
    before = model.read_text()
    with pytest.raises(StillroomError, match="over itself"):
        quantize(model, tmp_path / "." / "small.gguf", "Q4_0", command=FAKE)
    assert model.read_text() == before


def test_a_file_that_cannot_be_written_that_way_is_said(tmp_path: Path) -> None:
    target = write(tmp_path / "out.gguf")
    with pytest.raises(EngineError, match="could not be written"):
        quantize(write(tmp_path / "small.gguf"), target, "Q4_0", command=FAKE)
    assert names(tmp_path) == ["out.gguf", "small.gguf"]  # what was there stays


def test_which_quantizations_may_gain() -> None:
    assert all(map(may_gain, ("Q4_1", "Q5_0", "Q5_K_M", "Q6_K", "Q3_K_S", "IQ4_XS")))
    assert not any(map(may_gain, ("Q4_0", "Q8_0", "Q4_K_M", "IQ4_NL", "F16", "BF16", "")))


def test_agreement() -> None:
    assert agreement_of({"a": "1", "b": "2"}, {"a": "1", "b": "3"}) == 0.5
    assert agreement_of({"a": "1"}, {}) == 0.0
    assert agreement_of({}, {}) == 1.0


@pytest.mark.model
def test_the_real_worker_writes_a_model_that_loads(starter_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp")
    shares: list[float] = []
    done = quantize(starter_model, tmp_path / "copy.gguf", "q8_0", on_progress=shares.append)
    assert abs((tmp_path / "copy.gguf").stat().st_size - done.size) < 4_000_000  # the header holds the vocabulary
    assert shares == sorted(shares)
    assert shares[-1] > 0.9
    with Engine() as engine:
        assert engine.load(tmp_path / "copy.gguf").quantization == "Q8_0"
    with pytest.raises(EngineError, match="could not be written"):
        quantize(Path(__file__), tmp_path / "no.gguf", "Q8_0")
    with pytest.raises(EngineError, match="no quantization"):
        quantize(starter_model, tmp_path / "no.gguf", "Q9_9")
    assert names(tmp_path) == ["copy.gguf"]
