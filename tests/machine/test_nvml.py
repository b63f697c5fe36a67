"""NVIDIA's cards as the driver tells of them, and what it keeps to itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pynvml
import pytest
from tests.models.fake_nvml import FakeCard, FakeNvml

from stillroom.machine.gpus import Gpu, MemoryKind, find_gpus
from stillroom.machine.nvml import Nvml, held_on_gpus

NOT_TOLD = pynvml.NVML_ERROR_NOT_SUPPORTED


def driver(monkeypatch: pytest.MonkeyPatch, *cards: FakeCard, error: int | None = None) -> FakeNvml:
    found = FakeNvml(*cards, error=error)
    monkeypatch.setitem(sys.modules, "pynvml", found)
    return found


def gpus(tmp_path: Path) -> tuple[Gpu, ...]:
    return find_gpus(64 << 30, 32 << 30, tmp_path)


def test_cards_with_their_memory_and_its_speed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hopper = FakeCard(b"NVIDIA H100 80GB HBM3", 80 << 30, 0, bus=5120, megahertz=2619)
    found = driver(monkeypatch, FakeCard(), hopper)
    first, second = gpus(tmp_path)
    speed = pytest.approx(1008e9, rel=1e-3)
    assert first == Gpu("NVIDIA RTX 4090", "NVIDIA", MemoryKind.OWN, 24 << 30, 21 << 30, speed, 16_384)
    assert (second.name, second.free) == ("NVIDIA H100 80GB HBM3", 80 << 30)
    assert second.bandwidth == pytest.approx(3.35e12, rel=1e-2)
    assert found.opened == 0, "it is let go"


def test_a_card_that_tells_less_hides_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that shares the machine's memory has no memory of its own to tell of; one may be another's, or fallen off its bus."""
    sharing = FakeCard(
        "NVIDIA GB10", refused={"nvmlDeviceGetMemoryInfo": NOT_TOLD, "nvmlDeviceGetMemoryBusWidth": NOT_TOLD}
    )
    lost = FakeCard(refused={"nvmlDeviceGetHandleByIndex": pynvml.NVML_ERROR_GPU_IS_LOST})
    driver(monkeypatch, sharing, lost, FakeCard())
    first, second = gpus(tmp_path)
    assert (first.name, first.total, first.free, first.bandwidth) == ("NVIDIA GB10", None, None, None)
    assert second.total == 24 << 30


@pytest.mark.parametrize("error", [pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH])
def test_without_a_driver_that_answers_there_is_no_card(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: int
) -> None:
    driver(monkeypatch, FakeCard(), error=error)
    assert gpus(tmp_path) == ()
    assert held_on_gpus(1) == 0


def test_what_a_process_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    both = FakeCard(computing={7: 5 << 30, 8: 1 << 30}, drawing={7: 5 << 30, 9: 2 << 30})
    quiet = FakeCard(computing={7: None}, refused={"nvmlDeviceGetGraphicsRunningProcesses": NOT_TOLD})
    found = driver(monkeypatch, both, quiet)
    with Nvml() as nvml:
        assert [nvml.held_by(card, 7) for card in nvml.cards] == [5 << 30, None], "computing and drawing is one process"
        assert [nvml.held_by(nvml.cards[0], process) for process in (8, 9, 10)] == [1 << 30, 2 << 30, None]
    assert held_on_gpus(7) == 5 << 30
    assert held_on_gpus(None) == 0
    assert found.opened == 0
