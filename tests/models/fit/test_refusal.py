"""A model larger than the memory is refused before anything of it is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.benchmarks.made_shapes import Case, write
from tests.gguf.make_gguf import write_tiny

from stillroom import paths
from stillroom.cli import main
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import DryLoad, LoadOptions
from stillroom.errors import EngineError, StillroomError
from stillroom.models.fit import assess, dry_load_fit
from stillroom.models.fit.assess import options_that_fit
from stillroom.models.fit.estimate import Machine
from stillroom.models.library import find_model
from stillroom.models.model_file import ModelFile


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ModelFile:
    """A small one on a machine whose memory is all but full; loading anything for real fails the test."""
    monkeypatch.setattr(assess, "this_machine", lambda **_: Machine(free_ram=1 << 30))

    def load(*_: object, **__: object) -> None:
        raise AssertionError("it was loaded")

    monkeypatch.setattr(Engine, "load", load)
    return find_model(str(write_tiny(paths.models_dir() / "tiny-Q8_0.gguf")))


@pytest.mark.model
def test_what_does_not_fit_is_refused(model: ModelFile) -> None:
    with pytest.raises(StillroomError, match=r"tiny-Q8_0 does not fit\. It needs .* stay free for other programs"):
        options_that_fit(model, LoadOptions())


@pytest.mark.model
@pytest.mark.parametrize("command", [["chat", "hello"], ["models", "bench"], ["models", "tune", "--no-requantize"]])
def test_no_command_loads_it(command: list[str], model: ModelFile, capsys: pytest.CaptureFixture[str]) -> None:
    named = ["--model", str(model.path)] if command[0] == "chat" else [str(model.path)]
    assert main([*command, *named]) == 1
    assert "does not fit" in capsys.readouterr().err


_IN_A_PROCESS = """
import json, resource, sys
from stillroom.cli import main
code = main(["chat", "hello", "--model", sys.argv[1]])
kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
print(json.dumps([code, *(resource.getrusage(kind).ru_maxrss << 10 for kind in kinds)]))
"""


@pytest.mark.model
@pytest.mark.skipif(sys.platform != "linux", reason="counts memory in the units of Linux")
def test_one_larger_than_this_machine_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    """Its header is true, its weights are a hole in the file; neither this process nor a worker grows by them."""
    total = psutil.virtual_memory().total
    a_layer = Case("", 1, 8192, 28_672, 64, 8, 0, "F16", 2048).weights * 2
    case = Case("large", 1 + total // a_layer, 8192, 28_672, 64, 8, 1000, "F16", 2048)
    path = tmp_path / "large-F16.gguf"
    write(case, path)
    assert path.stat().st_size > total
    outcome = subprocess.run(
        [sys.executable, "-c", _IN_A_PROCESS, str(path)], capture_output=True, text=True, timeout=120, check=True
    )
    code, own, worker = json.loads(outcome.stdout.splitlines()[-1])
    assert code == 1
    assert "large-F16 does not fit. It needs" in outcome.stderr
    assert worker < 400 << 20
    assert own < total // 2, "which it may read to measure the memory's speed"


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were planned to load, on a machine with room; each in an engine of its own that was closed again."""
    planned: list[Path] = []
    plan = Engine.dry_load

    def watched(engine: Engine, path: Path, options: LoadOptions) -> DryLoad:
        planned.append(path)
        return plan(engine, path, options)

    monkeypatch.setattr(Engine, "dry_load", watched)
    monkeypatch.setattr(assess, "this_machine", lambda **_: Machine(free_ram=64 << 30))
    return planned


@pytest.mark.model
def test_a_file_is_tried_in_a_throwaway_worker_before_its_first_load(model: ModelFile, plans: list[Path]) -> None:
    options_that_fit(model, LoadOptions())
    assert plans == [model.path]
    options_that_fit(model, LoadOptions())
    assert plans == [model.path], "it is known now"
    stat = model.path.stat()
    os.utime(model.path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))
    options_that_fit(model, LoadOptions())
    assert plans == [model.path] * 2, "another file may be behind the name"


def test_a_file_that_ends_the_worker_is_not_loaded_and_not_forgiven(
    model: ModelFile, plans: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The throwaway worker dies, as of a file that the checks let through and llama.cpp does not survive."""
    worker = [sys.executable, str(Path(__file__).parents[2] / "engine" / "fake_worker.py")]
    dying = {"FAKE_WORKER": "dry_load=SIGABRT"}
    monkeypatch.setattr(dry_load_fit.fit_by_dry_load, "__kwdefaults__", {"engine": lambda: Engine(worker, dying)})
    for number in (1, 2):
        with pytest.raises(EngineError, match="is not loaded: The engine crashed"):
            options_that_fit(model, LoadOptions())
        assert len(plans) == number, "it is tried again each time"


def test_the_starter_is_let_through_without_a_dry_load(model: ModelFile, plans: list[Path]) -> None:
    options_that_fit(replace(model, starter=True), LoadOptions())
    assert plans == []
