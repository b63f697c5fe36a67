"""What NVIDIA's driver tells of its GPUs, through its own library (NVML)."""

from __future__ import annotations

import importlib
import logging
from dataclasses import dataclass
from typing import Any, Self

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Card:
    """One GPU as NVML knows it. ``handle``: NVML's own."""

    name: str
    handle: Any


class Nvml:
    """The driver, opened; a context manager. Every question may go unanswered: a driver does not know everything of every card.

    Attributes:
        installed: whether there is nvidia-ml-py to ask with.
        cards: those that this process may look at; empty where there is no driver, or no card.
    """

    def __init__(self) -> None:
        """Opens it where it is there; raises nothing."""
        self.installed = True
        self.cards: tuple[Card, ...] = ()
        self._library: Any = None
        try:
            found: Any = importlib.import_module("pynvml")
        except ImportError:
            self.installed = False
            return
        try:
            found.nvmlInit()
        except found.NVMLError as error:
            _LOG.info("NVML: %s", type(error).__name__)  # no driver: no GPU of this kind
            return
        self._library = found
        cards = (self._card(number) for number in range(self._ask("nvmlDeviceGetCount") or 0))
        self.cards = tuple(card for card in cards if card is not None)

    def close(self) -> None:
        """Let the driver go."""
        if self._library is not None:
            self._ask("nvmlShutdown")
            self._library, self.cards = None, ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def memory(self, card: Card) -> tuple[int, int, int] | None:
        """Bytes in total, used and free; None where the card has no memory of its own, or the driver does not say."""
        found = self._ask("nvmlDeviceGetMemoryInfo", card.handle)
        return None if found is None else (int(found.total), int(found.used), int(found.free))

    def bandwidth(self, card: Card) -> float | None:
        """Bytes a second between the card and its memory at its highest clock, two transfers a clock; None where not told."""
        bits = self._ask("nvmlDeviceGetMemoryBusWidth", card.handle)
        megahertz = self._ask("nvmlDeviceGetMaxClockInfo", card.handle, getattr(self._library, "NVML_CLOCK_MEM", 2))
        return 2.0 * megahertz * 1e6 * bits / 8 if bits and megahertz else None

    def cores(self, card: Card) -> int | None:
        """As NVIDIA counts them; None where not told."""
        return self._ask("nvmlDeviceGetNumGpuCores", card.handle) or None

    def held_by(self, card: Card, process: int) -> int | None:
        """Bytes that a process holds on a card; None where it holds none, or the driver does not say."""
        most = None
        for question in ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"):
            for found in self._ask(question, card.handle) or ():
                # One that computes and draws is in both lists, with the same figure.
                if found.pid == process and found.usedGpuMemory:
                    most = max(most or 0, int(found.usedGpuMemory))
        return most

    def _card(self, number: int) -> Card | None:
        handle = self._ask("nvmlDeviceGetHandleByIndex", number)
        if handle is None:
            return None
        name = self._ask("nvmlDeviceGetName", handle)
        return Card("NVIDIA GPU" if name is None else name.decode() if isinstance(name, bytes) else str(name), handle)

    def _ask(self, question: str, *arguments: Any) -> Any:
        try:
            return getattr(self._library, question)(*arguments)
        except self._library.NVMLError as error:
            _LOG.debug("NVML: %s: %s", question, type(error).__name__)
            return None


def held_on_gpus(process: int | None) -> int:
    """Bytes that a process holds on all NVIDIA GPUs together; 0 where nothing is told."""
    if process is None:
        return 0
    with Nvml() as nvml:
        return sum(nvml.held_by(card, process) or 0 for card in nvml.cards)


def gpu_names() -> tuple[str, ...]:
    """Of all NVIDIA GPUs."""
    with Nvml() as nvml:
        return tuple(card.name for card in nvml.cards)
