"""What this machine has to run models with. Only looked at, never guessed: what is not known is None or said in words."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from stillroom import paths
from stillroom.machine.cpu import instruction_sets, performance_cores
from stillroom.machine.gpus import Gpu, MemoryKind, find_gpus

_LIBRARY = re.compile(r"ggml-(cpu|cuda|vulkan|metal|hip|sycl|opencl|musa|cann|blas)\b")
_BACKENDS = {
    "cpu": "CPU",
    "cuda": "CUDA",
    "vulkan": "Vulkan",
    "metal": "Metal",
    "hip": "ROCm",
    "sycl": "SYCL",
    "opencl": "OpenCL",
    "musa": "MUSA",
    "cann": "CANN",
    "blas": "BLAS",
}
_FOR_VENDOR = {
    "NVIDIA": ("CUDA", "Vulkan"),
    "AMD": ("ROCm", "Vulkan"),
    "Intel": ("SYCL", "Vulkan"),
    "Apple": ("Metal",),
}


@dataclass(frozen=True, slots=True)
class Hardware:
    """One look. Sizes in bytes.

    Attributes:
        memory, memory_free: RAM of the machine, or of the container this runs in where that is less.
        cores: physical; performance_cores: the fast ones where there are two kinds; None where the system does not say.
        threads: logical.
        instruction_sets: of those that make a difference, the ones the processor has; empty where not known.
        gpus: that were found; ``backends``: what the installed engine was built for (``CPU`` …); empty if none is installed.
        disk_free: where models are kept.
    """

    processor: str
    memory: int
    memory_free: int
    cores: int | None
    performance_cores: int | None
    threads: int
    instruction_sets: tuple[str, ...]
    gpus: tuple[Gpu, ...]
    backends: tuple[str, ...]
    disk_free: int

    def usable_gpus(self) -> tuple[Gpu, ...]:
        """All that the engine spreads a model over: those with memory of their own, or else those that share the machine's."""
        usable = [gpu for gpu in self.gpus if self.can_use(gpu) and gpu.free]
        own = [gpu for gpu in usable if gpu.memory is MemoryKind.OWN]
        return tuple(own or usable)

    def can_use(self, gpu: Gpu) -> bool:
        """Whether the installed engine was built for this GPU."""
        return any(backend in self.backends for backend in _FOR_VENDOR.get(gpu.vendor, ()))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"gpus": [asdict(gpu) | {"usable": self.can_use(gpu)} for gpu in self.gpus]}


def look() -> Hardware:
    """Look at the machine; takes up to a few seconds where a GPU's driver is slow."""
    total, free = memory()
    return Hardware(
        processor=processor(),
        memory=total,
        memory_free=free,
        cores=psutil.cpu_count(logical=False),
        performance_cores=performance_cores(),
        threads=psutil.cpu_count() or 1,
        instruction_sets=instruction_sets(),
        gpus=find_gpus(total, free),
        backends=engine_backends(),
        disk_free=disk_free(paths.models_dir()),
    )


def memory() -> tuple[int, int]:
    """RAM in total and free, of the machine or of the container where that is less."""
    machine = psutil.virtual_memory()
    limit, used = _container()
    if limit is None:
        return machine.total, machine.available
    return min(machine.total, limit), max(0, min(machine.available, limit - used))


def _container(root: Path = Path("/sys/fs/cgroup")) -> tuple[int | None, int]:
    """Limit and use of the control group, which count for us and are not in the machine's own figures."""
    for limit_name, used_name in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        limit = _number(root / limit_name)
        if limit is not None:
            return limit, _number(root / used_name) or 0
    return None, 0


def _number(path: Path) -> int | None:
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if text.isdecimal() else None


def processor() -> str:
    """Its name."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux: the general answer below
    return platform.processor() or platform.machine()


def engine_backends(names: Iterable[str] | None = None) -> tuple[str, ...]:
    """What the installed llama.cpp can compute with, by the libraries it came with (``names``: of these files instead).

    They are listed, not loaded: native code belongs in the worker.
    """
    if names is None:
        try:
            names = [file.name for file in importlib.metadata.files("llama-cpp-python") or ()]
        except importlib.metadata.PackageNotFoundError:
            return ()
    found = {match[1] for name in names if (match := _LIBRARY.search(name.replace("_", "-")))}
    return tuple(name for key, name in _BACKENDS.items() if key in found)


def disk_free(folder: Path) -> int:
    """Bytes free where a folder is or will be; 0 where that cannot be found out."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
