"""GPUs, power and heat, as the system tells them; what it does not tell is said to be unknown, never guessed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from stillroom.machine.gpus import MemoryKind, find_gpus
from stillroom.machine.nvml import Card, Nvml

_OTHERS_SECONDS = 5.0  # between looks at what has to be asked for in files


@dataclass(frozen=True, slots=True)
class GpuUse:
    """Bytes; None where the driver does not say. ``worker``: of the process that runs the model."""

    name: str
    used: int | None
    total: int | None
    worker: int | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class MachineState:
    """One look.

    Attributes:
        on_battery: None where there is no battery. battery: its charge, 0 to 1.
        throttled: whether the processor was slowed down because of heat since the last look; None where that is not told.
    """

    gpus: tuple[GpuUse, ...] = ()
    on_battery: bool | None = None
    battery: float = 0.0
    throttled: bool | None = None


class MachineWatch:
    """A watch on the machine; used by one thread. Costs well under a millisecond most times."""

    def __init__(self, system: Path = Path("/sys/devices/system/cpu")) -> None:
        self._system = system
        self._nvml: Nvml | None = None
        self._others: tuple[GpuUse, ...] = ()
        self._battery: tuple[bool | None, float] = (None, 0.0)
        self._looked = 0.0
        self._throttles: int | None = None
        self._throttled: bool | None = None

    def take(self, worker: int | None) -> MachineState:
        """Look now. ``worker``: the process that runs the model."""
        if self._nvml is None:
            self._nvml = Nvml()
        now = time.monotonic()
        if not self._looked or now - self._looked >= _OTHERS_SECONDS:
            self._looked = now
            self._look_at_files()
        own = tuple(_use(self._nvml, card, worker) for card in self._nvml.cards)
        return MachineState((*own, *self._others), *self._battery, self._throttled)

    def close(self) -> None:
        """Let the driver go."""
        if self._nvml is not None:
            self._nvml.close()
            self._nvml = None

    def _look_at_files(self) -> None:
        machine = psutil.virtual_memory()
        self._others = tuple(
            GpuUse(
                gpu.name,
                None if gpu.total is None or gpu.free is None else gpu.total - gpu.free,
                gpu.total,
                shared=gpu.memory is not MemoryKind.OWN,
            )
            for gpu in find_gpus(machine.total, machine.available)
            if not (gpu.vendor == "NVIDIA" and self._nvml is not None and self._nvml.cards)
        )
        battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
        self._battery = (None, 0.0) if battery is None else (not battery.power_plugged, battery.percent / 100)
        counts = [_count(file) for file in self._system.glob("cpu[0-9]*/thermal_throttle/*_throttle_count")]
        known = [count for count in counts if count is not None]
        total = sum(known) if known else None
        if total is not None and self._throttles is not None:
            self._throttled = total > self._throttles
        self._throttles = total


def _use(nvml: Nvml, card: Card, worker: int | None) -> GpuUse:
    total, used, _ = nvml.memory(card) or (None, None, None)
    return GpuUse(card.name, used, total, None if worker is None else nvml.held_by(card, worker))


def _count(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
