"""What the side panel is told of graphics cards."""

from __future__ import annotations

import sys
from pathlib import Path

import pynvml
import pytest
from tests.models.fake_nvml import FakeCard, FakeNvml

from stillroom.workspace.machine_watch import GpuUse, MachineWatch


@pytest.fixture
def watch(tmp_path: Path) -> MachineWatch:
    return MachineWatch(tmp_path)


def test_memory_of_each_card_and_what_of_it_is_the_models(monkeypatch: pytest.MonkeyPatch, watch: MachineWatch) -> None:
    cards = FakeCard(computing={41: 2 << 30, 42: 5 << 30}, used=7 << 30), FakeCard("NVIDIA T4", 16 << 30, 1 << 30)
    driver = FakeNvml(*cards)
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    told = (GpuUse("NVIDIA RTX 4090", 7 << 30, 24 << 30, 5 << 30), GpuUse("NVIDIA T4", 1 << 30, 16 << 30))
    assert watch.take(42).gpus == told, "and none of them twice"
    cards[0].used, cards[0].computing[42] = 9 << 30, 7 << 30
    assert watch.take(42).gpus[0] == GpuUse("NVIDIA RTX 4090", 9 << 30, 24 << 30, 7 << 30)
    assert watch.take(None).gpus[0].worker is None
    watch.close()
    assert driver.opened == 0


def test_what_a_driver_does_not_tell_takes_nothing_else_away(
    monkeypatch: pytest.MonkeyPatch, watch: MachineWatch
) -> None:
    """Lists of processes are kept from those in a container at times; a card may be lost while the window is open."""
    refused = {"nvmlDeviceGetComputeRunningProcesses": pynvml.NVML_ERROR_NO_PERMISSION}
    cards = FakeCard(refused=refused), FakeCard("NVIDIA T4", 16 << 30, 1 << 30)
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(*cards))
    assert watch.take(42).gpus[0] == GpuUse("NVIDIA RTX 4090", 3 << 30, 24 << 30)
    cards[1].refused["nvmlDeviceGetMemoryInfo"] = pynvml.NVML_ERROR_GPU_IS_LOST
    assert watch.take(42).gpus[1] == GpuUse("NVIDIA T4", None, None)
    watch.close()


def test_cards_that_cannot_be_listed_are_no_failure(monkeypatch: pytest.MonkeyPatch, watch: MachineWatch) -> None:
    lost = FakeCard(refused={"nvmlDeviceGetHandleByIndex": pynvml.NVML_ERROR_GPU_IS_LOST})
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(lost))
    assert not [gpu for gpu in watch.take(42).gpus if "NVIDIA" in gpu.name]
    watch.close()
