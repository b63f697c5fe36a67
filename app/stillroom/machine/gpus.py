"""The graphics processors of this machine and their memory, from the system and the drivers' own tools."""

from __future__ import annotations

import csv
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stillroom.machine.nvml import Nvml

_VENDORS = {"0x1002": "AMD", "0x8086": "Intel", "0x10de": "NVIDIA"}
_SECONDS = 10.0


class MemoryKind(StrEnum):
    """The memory a GPU uses: its own, the machine's which it shares, or one memory for both as on Apple's chips."""

    OWN = "own"
    SHARED = "shared"
    UNIFIED = "unified"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU. Shared memory is RAM, not more of it.

    Attributes:
        total, free: bytes it can use; None where the driver does not say.
        bandwidth: bytes a second of its own memory; None where the driver does not say.
        cores: as its maker counts them; None where the driver does not say.
    """

    name: str
    vendor: str
    memory: MemoryKind
    total: int | None
    free: int | None
    bandwidth: float | None = None
    cores: int | None = None


def find_gpus(ram: int, ram_free: int, drm: Path = Path("/sys/class/drm")) -> tuple[Gpu, ...]:
    """Those that are found. ``ram``, ``ram_free``: of the machine, which some of them share. Raises nothing: none found is none."""
    if platform.system() == "Darwin":
        return _apple(ram, ram_free)
    nvidia = _nvidia()
    others = _windows() if platform.system() == "Windows" else _linux(drm)
    # The driver's own answer has more to say than the system's about the same card.
    return (*nvidia, *(gpu for gpu in others if not (nvidia and gpu.vendor == "NVIDIA")))


def _apple(ram: int, ram_free: int) -> tuple[Gpu, ...]:
    if platform.machine() != "arm64":
        return ()
    # What the system lets a GPU hold of the memory both share.
    most = ram * (2 if ram <= 36 << 30 else 3) // (3 if ram <= 36 << 30 else 4)
    return (Gpu("Apple GPU", "Apple", MemoryKind.UNIFIED, most, min(most, ram_free)),)


def _nvidia() -> tuple[Gpu, ...]:
    gpus = []
    with Nvml() as nvml:
        if not nvml.installed:  # it is not needed
            return _nvidia_smi()
        for card in nvml.cards:
            total, _, free = nvml.memory(card) or (None, None, None)
            figures = nvml.bandwidth(card), nvml.cores(card)
            gpus.append(Gpu(card.name, "NVIDIA", MemoryKind.OWN, total, free, *figures))
    return tuple(gpus)


def _nvidia_smi() -> tuple[Gpu, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        outcome = subprocess.run(
            [program, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return smi_gpus(outcome.stdout) if outcome.returncode == 0 else ()


def smi_gpus(text: str) -> tuple[Gpu, ...]:
    """The GPUs in the table that nvidia-smi prints, sizes in MiB."""
    gpus = []
    for row in csv.reader(text.splitlines(), skipinitialspace=True):
        if len(row) == 3:
            total, free = (int(cell) << 20 if cell.strip().isdecimal() else None for cell in row[1:])
            gpus.append(Gpu(row[0].strip(), "NVIDIA", MemoryKind.OWN, total, free))
    return tuple(gpus)


def _linux(drm: Path) -> tuple[Gpu, ...]:
    gpus = []
    for card in sorted(drm.glob("card[0-9]*")):
        if "-" in card.name:  # a connector, not a card
            continue
        vendor = _VENDORS.get(_text(card / "device/vendor"))
        if vendor is None:
            continue
        total, used = (_number(card / f"device/mem_info_vram_{what}") for what in ("total", "used"))
        name = _text(card / "device/product_name") or f"{vendor} GPU {_text(card / 'device/device')}".strip()
        if vendor == "AMD" and total is not None:
            # A processor's own graphics have a small piece of RAM set aside and borrow the rest (GTT).
            borrowed = _number(card / "device/mem_info_gtt_total") or 0
            kind = MemoryKind.SHARED if total <= 4 << 30 and borrowed > total else MemoryKind.OWN
            gpus.append(Gpu(name, vendor, kind, total, None if used is None else max(0, total - used)))
        else:
            kind = MemoryKind.SHARED if vendor == "Intel" else MemoryKind.OWN
            gpus.append(Gpu(name, vendor, kind, None, None))
    return tuple(gpus)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdecimal() else None


def _windows() -> tuple[Gpu, ...]:
    """From the registry, where every display driver writes the size of its memory; how much is free it does not say."""
    gpus: list[Gpu] = []
    if sys.platform == "win32":
        import winreg

        path = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
        for number in range(32):
            try:
                with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{path}\{number:04}") as key:
                    name = str(winreg.QueryValueEx(key, "DriverDesc")[0])
                    try:
                        total = int(winreg.QueryValueEx(key, "HardwareInformation.qwMemorySize")[0])
                    except (OSError, ValueError, TypeError):
                        total = None
            except OSError:
                continue
            vendor = next((vendor for vendor in ("NVIDIA", "AMD", "Intel") if vendor.lower() in name.lower()), "")
            if vendor:
                kind = MemoryKind.SHARED if vendor == "Intel" and "arc" not in name.lower() else MemoryKind.OWN
                gpus.append(Gpu(name, vendor, kind, total, None))
    return tuple(gpus)
