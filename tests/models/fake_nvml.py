"""A driver of our own making behind nvidia-ml-py's functions: its types, its errors, its way of counting references."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pynvml


@dataclass
class FakeCard:
    """A card. A question named in ``refused`` is answered with that error of NVML.

    Attributes:
        computing, drawing: bytes by process; None where the driver does not know how many.
    """

    name: str | bytes = "NVIDIA RTX 4090"
    total: int = 24 << 30
    used: int = 3 << 30
    bus: int = 384
    megahertz: int = 10_501
    cores: int = 16_384
    computing: dict[int, int | None] = field(default_factory=dict)
    drawing: dict[int, int | None] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)


class FakeNvml:
    """Takes the place of the module ``pynvml``. ``opened``: how often it was opened and not closed again."""

    NVMLError = pynvml.NVMLError
    NVML_CLOCK_MEM = pynvml.NVML_CLOCK_MEM

    def __init__(self, *cards: FakeCard, error: int | None = None) -> None:
        self.cards = cards
        self.opened = 0
        self._error = error

    def nvmlInit(self) -> None:  # noqa: N802 - as NVML names it
        if self._error is not None:
            raise pynvml.NVMLError(self._error)
        self.opened += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        if not self.opened:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)
        self.opened -= 1

    def __getattr__(self, name: str) -> Any:
        answers = {
            "nvmlDeviceGetName": lambda card: card.name,
            "nvmlDeviceGetMemoryInfo": self._memory,
            "nvmlDeviceGetMemoryBusWidth": lambda card: card.bus,
            "nvmlDeviceGetMaxClockInfo": self._clock,
            "nvmlDeviceGetNumGpuCores": lambda card: card.cores,
            "nvmlDeviceGetComputeRunningProcesses": lambda card: _processes(card.computing),
            "nvmlDeviceGetGraphicsRunningProcesses": lambda card: _processes(card.drawing),
        }
        if name == "nvmlDeviceGetCount":
            return lambda: len(self.cards)
        if name == "nvmlDeviceGetHandleByIndex":
            return self._handle
        if name not in answers or not hasattr(pynvml, name):
            raise AttributeError(name)

        def ask(card: FakeCard, *arguments: Any) -> Any:
            self._refuse(card, name)
            return answers[name](card, *arguments)

        return ask

    def _refuse(self, card: FakeCard, name: str) -> None:
        if not self.opened:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNINITIALIZED)
        if name in card.refused:
            raise pynvml.NVMLError(card.refused[name])

    def _handle(self, number: int) -> FakeCard:
        card = self.cards[number]
        self._refuse(card, "nvmlDeviceGetHandleByIndex")
        return card

    @staticmethod
    def _memory(card: FakeCard) -> Any:
        memory = pynvml.c_nvmlMemory_t()
        memory.total, memory.used, memory.free = card.total, card.used, card.total - card.used
        return memory

    @staticmethod
    def _clock(card: FakeCard, kind: int) -> int:
        assert kind == pynvml.NVML_CLOCK_MEM
        return card.megahertz


def _processes(found: dict[int, int | None]) -> list[Any]:
    rows = []
    for pid, size in found.items():
        row = pynvml.nvmlStructToFriendlyObject(pynvml.c_nvmlProcessInfo_v2_t())
        row.pid, row.usedGpuMemory = pid, size
        rows.append(row)
    return rows
