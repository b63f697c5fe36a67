"""What the side panel shows, measured twice a second on a thread of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil
from PySide6.QtCore import QObject

from stillroom.ui.tasks import Operation, Tasks
from stillroom.workspace.machine_watch import MachineState, MachineWatch

if TYPE_CHECKING:
    from stillroom.engine.engine import Engine, EngineStatus

SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Measurement:
    """One moment. Memory is what is resident, in bytes; a reader that is not running counts 0."""

    engine: EngineStatus
    application: int
    worker: int
    readers: int
    machine_used: int
    machine_total: int
    machine: MachineState = field(default_factory=MachineState)


class Measuring:
    """A thread that measures until the tasks are closed; ``show`` gets each measurement on the window's thread."""

    def __init__(self, engine: Engine, tasks: Tasks, show: Callable[[Measurement], None], owner: QObject) -> None:
        self._owner = owner
        self._engine = engine
        self._show = show
        self._tasks = tasks
        self._process = psutil.Process()
        self._machine = MachineWatch()

    def start(self) -> None:
        self._tasks.start(Operation(self._measure, "measure", owner=self._owner))

    def _measure(self, operation: Operation[None]) -> None:
        tell = operation.to_window(self._show)
        try:
            while not operation.cancellation.requested:
                with contextlib.suppress(psutil.Error):  # a child that was just counted may be gone
                    tell(self.take())
                operation.cancellation.wait(SECONDS)
        finally:
            self._machine.close()

    def take(self) -> Measurement:
        """Measure now. Costs about a millisecond."""
        status = self._engine.status()
        worker = readers = 0
        for child in self._children():
            resident = _resident(child)
            if child.pid == status.worker_pid:
                worker += resident
            else:
                readers += resident
        machine = psutil.virtual_memory()
        return Measurement(
            status,
            _resident(self._process),
            worker,
            readers,
            machine.total - machine.available,
            machine.total,
            self._machine.take(status.worker_pid),
        )

    def _children(self) -> list[psutil.Process]:
        """Our own children. Linux keeps a list; asking psutil would go through every process of the machine."""
        try:
            pids: set[int] = set()
            for task in os.listdir("/proc/self/task"):  # noqa: PTH208 - a name is enough
                with open(f"/proc/self/task/{task}/children", encoding="ascii") as file:  # noqa: PTH123
                    pids.update(int(pid) for pid in file.read().split())
        except OSError:
            return self._process.children(recursive=True)
        children = []
        for pid in pids:
            try:
                children.append(psutil.Process(pid))
            except psutil.Error:
                continue
        return children


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0
