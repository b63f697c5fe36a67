"""What the machine has, from made-up systems and from the one the tests run on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psutil
import pynvml
import pytest
from tests.models.fake_nvml import FakeNvml

from stillroom import paths
from stillroom.machine import hardware, memory_speed
from stillroom.machine.cpu import linux_flags, performance_cores
from stillroom.machine.gpus import Gpu, MemoryKind, find_gpus, smi_gpus
from stillroom.machine.hardware import Hardware


def put(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n", "ascii")
    return root


@pytest.fixture
def no_nvidia(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(error=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND))


@pytest.mark.usefixtures("no_nvidia")
@pytest.mark.skipif("__import__('platform').system() != 'Linux'", reason="cards are looked for in Linux's own folders")
def test_graphics_cards_of_linux(tmp_path: Path) -> None:
    drm = put(
        tmp_path,
        {
            "card0/device/vendor": "0x1002",
            "card0/device/product_name": "Radeon RX 7900",
            "card0/device/mem_info_vram_total": str(24 << 30),
            "card0/device/mem_info_vram_used": str(1 << 30),
            "card0/device/mem_info_gtt_total": str(16 << 30),
            "card0-DP-1/device/vendor": "0x1002",
            "card1/device/vendor": "0x8086",
            "card1/device/device": "0x9a49",
            "card2/device/vendor": "0x1002",
            "card2/device/mem_info_vram_total": str(512 << 20),
            "card2/device/mem_info_gtt_total": str(16 << 30),
            "card3/device/vendor": "0x1af4",
        },
    )
    assert find_gpus(32 << 30, 16 << 30, drm) == (
        Gpu("Radeon RX 7900", "AMD", MemoryKind.OWN, 24 << 30, 23 << 30),
        Gpu("Intel GPU 0x9a49", "Intel", MemoryKind.SHARED, None, None),
        Gpu("AMD GPU", "AMD", MemoryKind.SHARED, 512 << 20, None),
    )
    assert find_gpus(1, 1, tmp_path / "gone") == ()


def test_the_table_of_nvidia_smi() -> None:
    text = "NVIDIA H200, 143771, 143000\nNVIDIA T4, [N/A], 100\nnonsense\n"
    assert smi_gpus(text) == (
        Gpu("NVIDIA H200", "NVIDIA", MemoryKind.OWN, 143_771 << 20, 143_000 << 20),
        Gpu("NVIDIA T4", "NVIDIA", MemoryKind.OWN, None, 100 << 20),
    )


def test_what_the_engine_was_built_for() -> None:
    names = (
        "libggml-cpu-haswell.so",
        "libggml-cpu.so",
        "ggml-cuda.dll",
        "libggml-base.so.0",
        "libggml.so",
        "libllama.so",
    )
    assert hardware.engine_backends(names) == ("CPU", "CUDA")
    assert hardware.engine_backends(()) == ()
    assert "CPU" in hardware.engine_backends()


def test_only_a_gpu_the_engine_can_use_counts() -> None:
    def machine(*backends: str) -> Hardware:
        gpus = (
            Gpu("a", "NVIDIA", MemoryKind.OWN, 8 << 30, 6 << 30),
            Gpu("b", "AMD", MemoryKind.OWN, 24 << 30, 20 << 30),
            Gpu("c", "Intel", MemoryKind.SHARED, None, None),
        )
        return Hardware("", 1, 1, 1, None, 1, (), gpus, backends, 1)

    assert machine("CPU").usable_gpus() == ()
    assert machine("CPU", "CUDA").usable_gpus() == machine().gpus[:1]
    assert machine("CPU", "Vulkan").usable_gpus() == machine().gpus[:2]
    assert machine("CPU", "SYCL").usable_gpus() == (), "how much memory it has is not known"
    assert [gpu["usable"] for gpu in machine("CUDA").to_json()["gpus"]] == [True, False, False]


def test_a_container_has_less_memory_than_its_machine(tmp_path: Path) -> None:
    assert hardware._container(put(tmp_path / "a", {"memory.max": "4096", "memory.current": "1024"})) == (4096, 1024)
    assert hardware._container(put(tmp_path / "b", {"memory.max": "max", "memory.current": "1024"})) == (None, 0)
    old = {"memory/memory.limit_in_bytes": "4096", "memory/memory.usage_in_bytes": "5"}
    assert hardware._container(put(tmp_path / "c", old)) == (4096, 5)
    assert hardware._container(tmp_path / "gone") == (None, 0)


def test_instructions_and_kinds_of_cores(tmp_path: Path) -> None:
    put(tmp_path, {"cpuinfo": "processor : 0\nflags\t: fpu AVX2 avx512f\nflags : none"})
    assert linux_flags(tmp_path / "cpuinfo") == {"fpu", "avx2", "avx512f"}
    assert linux_flags(tmp_path / "gone") == set()
    rates = {f"system/cpu/cpu{n}/cpufreq/cpuinfo_max_freq": "5000000" if n < 4 else "3000000" for n in range(8)}
    twins = {f"system/cpu/cpu{n}/topology/thread_siblings_list": f"{n // 2 * 2}-{n // 2 * 2 + 1}" for n in range(4)}
    assert performance_cores(put(tmp_path / "two", rates | twins)) == 2
    assert performance_cores(put(tmp_path / "named", {"cpu_core/cpus": "0-1,4"})) == 3
    assert performance_cores(put(tmp_path / "same", dict.fromkeys(rates, "3000000"))) is None
    assert performance_cores(tmp_path / "gone") is None


def test_this_machine() -> None:
    found = hardware.look()
    assert 0 < found.memory_free <= found.memory <= psutil.virtual_memory().total
    assert found.disk_free > 0
    assert found.threads >= 1
    assert json.dumps(found.to_json())


def test_the_speed_of_memory_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory_speed.measure_bandwidth(1 << 20, 1) > 1e8
    measured: list[float] = []
    monkeypatch.setattr(memory_speed, "measure_bandwidth", lambda: measured.append(1) or 5e9)
    monkeypatch.setattr(memory_speed, "_measured", {})
    monkeypatch.setattr(psutil, "getloadavg", lambda: (9000.0, 0.0, 0.0))
    assert memory_speed.memory_bandwidth() == memory_speed.memory_bandwidth() == 5e9
    assert len(measured) == 1, "nobody waits for it twice"
    monkeypatch.setattr(memory_speed, "_measured", {})
    assert memory_speed.memory_bandwidth() == 5e9
    assert len(measured) == 2, "a busy machine says nothing about the machine: another start measures anew"
    monkeypatch.setattr(memory_speed, "_measured", {})
    monkeypatch.setattr(psutil, "getloadavg", lambda: (0.0, 0.0, 0.0))
    assert memory_speed.memory_bandwidth() == memory_speed.memory_bandwidth() == 5e9
    assert len(measured) == 3
    monkeypatch.setattr(memory_speed, "_measured", {})
    (paths.cache_dir() / "memory-speed.json").write_text("[]")
    assert memory_speed.memory_bandwidth() == 5e9
