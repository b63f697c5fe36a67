"""A model on a machine with a graphics card: what is planned for it, how many layers go there, what is kept of the card."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.gguf.make_gguf import write_tiny
from tests.models.fake_nvml import FakeCard, FakeNvml

from stillroom import paths
from stillroom.engine.protocol import DeviceMemory, DryLoad, LoadOptions, ModelInfo
from stillroom.engine.status import EngineState, EngineStatus
from stillroom.engine.worker_status import WorkerStatus
from stillroom.errors import StillroomError
from stillroom.gguf.header import read_header
from stillroom.machine.gpus import Gpu, MemoryKind
from stillroom.machine.hardware import Hardware
from stillroom.models.fit import assess
from stillroom.models.fit.assess import options_that_fit, this_machine
from stillroom.models.fit.dry_load_fit import fit_by_dry_load
from stillroom.models.fit.estimate import GPU_PROCESS_BYTES, MIB, SPARE_BYTES, Machine, Use, estimate
from stillroom.models.fit.gpu_process import gpu_process_bytes, keep_gpu_process_bytes
from stillroom.models.fit.shape import shape_of
from stillroom.models.library import find_model
from stillroom.models.model_file import ModelFile
from stillroom.tuning.tuned import LoadPlan, that_fits

WORKER = 4711


class PlanningEngine:
    """Plans as llama.cpp does with a card: the cache as if it were all in RAM, nothing of the weights."""

    def __enter__(self) -> PlanningEngine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def dry_load(self, _: Path, options: LoadOptions) -> DryLoad:
        cpu = DeviceMemory("CPU", weights=0, cache=3_000_000, compute=7_000, output=900)
        card = DeviceMemory("CUDA0", weights=0, cache=0, compute=50_000, output=0)
        return DryLoad((cpu, card), options)

    def status(self) -> PlanningEngine:
        return self

    worker_pid = WORKER


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ModelFile:
    monkeypatch.setattr(assess, "fit_by_dry_load", lambda *_, **__: pytest.fail("it was loaded"))
    monkeypatch.setattr(assess, "is_tried", lambda _: True)
    return find_model(str(write_tiny(paths.models_dir() / "tiny-Q8_0.gguf")))


def test_the_plan_is_divided_between_card_and_ram(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    card = FakeCard("NVIDIA RTX 4060", computing={WORKER: 300 * MIB})
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(card))
    path, use = write_tiny(tmp_path / "m.gguf"), Use(1024, gpu_layers=2)
    planned = fit_by_dry_load(path, use, engine=PlanningEngine)  # type: ignore[arg-type]
    guess = estimate(shape_of([read_header(path)]), use)
    assert (planned.ram.cache, planned.vram.cache) == (1_500_000, 1_500_000), "one of the two layers is on the card"
    assert (planned.ram.weights, planned.vram.weights) == (guess.ram.weights, guess.vram.weights)
    assert (planned.ram.compute, planned.vram.compute) == (7_000, 50_000)
    assert planned.vram.process == guess.vram.process - GPU_PROCESS_BYTES + 300 * MIB, "as this card's driver has it"
    assert gpu_process_bytes(("NVIDIA RTX 4060",)) == 300 * MIB, "and for what is only estimated from now on"


def test_what_a_card_takes_for_a_process_is_kept_by_card() -> None:
    assert gpu_process_bytes(()) == gpu_process_bytes(("A",)) == GPU_PROCESS_BYTES
    assert gpu_process_bytes(("A", "A")) == 2 * GPU_PROCESS_BYTES
    keep_gpu_process_bytes(("A",), 200 * MIB)
    keep_gpu_process_bytes(("A", "B"), 600 * MIB)
    keep_gpu_process_bytes(("A",), 0)
    assert [gpu_process_bytes(names) for names in (("A",), ("A", "B"), ("B",))] == [
        200 * MIB,
        600 * MIB,
        GPU_PROCESS_BYTES,
    ]
    file = paths.cache_dir() / "gpu-process.json"
    for damaged in ("[]", "{", json.dumps({"A": "200"})):
        file.write_text(damaged)
        assert gpu_process_bytes(("A",)) == GPU_PROCESS_BYTES


def hardware(*gpus: Gpu) -> Hardware:
    return Hardware("", 64 << 30, 32 << 30, 8, None, 16, (), gpus, ("CPU", "CUDA"), 1 << 40)


def test_what_a_machine_with_cards_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assess, "memory_bandwidth", lambda: 40e9)
    card = Gpu("A", "NVIDIA", MemoryKind.OWN, 24 << 30, 20 << 30, 1e12, 16_384)
    one = this_machine(hardware(card), own_bytes=1 << 30, own_gpu_bytes=2 << 30)
    assert (one.free_ram, one.free_vram, one.vram_bandwidth, one.gpu_cores) == (33 << 30, 22 << 30, 1e12, 16_384)
    two = this_machine(hardware(card, replace(card, name="B", free=10 << 30, bandwidth=5e11)))
    assert (two.free_vram, two.vram_bandwidth) == ((30 << 30) - SPARE_BYTES, 5e11), "a model is spread over both"
    assert two.gpu_process == 2 * GPU_PROCESS_BYTES
    none = this_machine(hardware(replace(card, free=None)), own_gpu_bytes=2 << 30)
    assert (none.free_vram, none.vram_bandwidth) == (0, 0), "what is free there is not known"


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch, model: ModelFile) -> Callable[[int], None]:
    """Sets what is free on the card beside the spare and what the driver takes."""
    big = assess.shape_of_file(model)
    big = replace(big, layers=tuple(replace(layer, weights=100 * MIB) for layer in big.layers))
    monkeypatch.setattr(assess, "shape_of_file", lambda _: big)

    def set_room(size: int) -> None:
        base = estimate(big, Use(8192, gpu_layers=1)).vram.total + SPARE_BYTES
        machine = Machine(64 << 30, free_vram=base + size if size >= 0 else 0)
        monkeypatch.setattr(assess, "this_machine", lambda **_: machine)

    return set_room


def test_layers_stay_away_from_a_card_without_room(model: ModelFile, room: Callable[[int], None]) -> None:
    def layers(wanted: int | None = None) -> int | None:
        return options_that_fit(model, LoadOptions(context_tokens=8192, gpu_layers=wanted)).gpu_layers

    room(1 << 30)
    assert (layers(), layers(2), layers(0)) == (None, 2, 0), "there is room: as it was asked for"
    room(110 * MIB)
    assert (layers(), layers(2), layers(1), layers(0)) == (2, 2, 1, 0)
    room(0)
    assert (layers(), layers(2)) == (1, 1)
    room(-1)
    assert (layers(), layers(2)) == (None, 2), "what is free is not known: the worker's choice"


def test_without_the_card_it_must_fit_into_ram(
    monkeypatch: pytest.MonkeyPatch, model: ModelFile, room: Callable[[int], None]
) -> None:
    room(1 << 30)
    monkeypatch.setattr(assess, "fit_by_dry_load", lambda _, use, **__: estimate(assess.shape_of_file(model), use))
    machine = replace(assess.this_machine(), free_ram=SPARE_BYTES + 520 * MIB)
    monkeypatch.setattr(assess, "this_machine", lambda **_: machine)
    assert options_that_fit(model, LoadOptions(context_tokens=8192)).gpu_layers is None
    monkeypatch.setattr(assess, "this_machine", lambda **_: replace(machine, free_ram=SPARE_BYTES + 100 * MIB))
    with pytest.raises(StillroomError, match="does not fit"):
        options_that_fit(model, LoadOptions(context_tokens=8192, gpu_layers=0))


def test_what_the_loaded_model_holds_is_given_back(
    monkeypatch: pytest.MonkeyPatch, model: ModelFile, room: Callable[[int], None]
) -> None:
    """The next one is loaded in its place: on the card it holds what the driver says, in RAM its weights."""
    room(1 << 30)
    machine, asked = assess.this_machine(), []
    monkeypatch.setattr(assess, "this_machine", lambda **own: asked.append(own) or machine)
    card = FakeCard(computing={WORKER: 5 << 30})
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(card))
    info = ModelInfo("m", "m.gguf", "llama", "Q4_0", 1, 4 << 30, 2048, 2048, 10, True, 33, "CUDA", 0.1, LoadOptions())
    ready = EngineStatus(EngineState.READY, info, WorkerStatus(), WORKER, 0, "", 1.0)
    plan = LoadPlan(model, model, LoadOptions(context_tokens=8192), {})
    for status in (None, ready, replace(ready, model=replace(info, gpu_layers=0)), replace(ready, model=None)):
        assert that_fits(plan, status) == plan
    assert asked == [
        {"own_bytes": 0, "own_gpu_bytes": 0},
        {"own_bytes": 0, "own_gpu_bytes": 5 << 30},
        {"own_bytes": 4 << 30, "own_gpu_bytes": 0},
        {"own_bytes": 0, "own_gpu_bytes": 0},
    ]
    room(110 * MIB)
    assert that_fits(plan).options == replace(plan.options, gpu_layers=2)
