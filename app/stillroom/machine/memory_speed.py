"""How fast this machine's memory is read: what limits how fast a model writes. Measured once and kept."""

from __future__ import annotations

import logging
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.codec import json_text, read_json
from stillroom.errors import StillroomError
from stillroom.machine.hardware import processor

if TYPE_CHECKING:
    import numpy.typing as npt

_BYTES = 128 << 20  # for each thread: more than any cache holds
_ROUNDS = 4
_LOG = logging.getLogger(__name__)
_MEASURING = threading.Lock()
_measured: dict[str, float] = {}  # by machine, in this process


def memory_bandwidth() -> float:
    """Bytes a second, all cores reading at once. Takes about a second (more on a busy machine) the first time, and none later.

    What was measured while the machine was busy holds for this process only.
    """
    machine = f"{processor()}|{psutil.cpu_count()}|{psutil.virtual_memory().total >> 30}"
    known = _load()
    if machine in known:
        return known[machine]
    with _MEASURING:  # two at once would halve each other
        if machine not in _measured:
            _measured[machine] = _measure_and_keep(machine, known)
        return _measured[machine]


def _measure_and_keep(machine: str, known: dict[str, float]) -> float:
    busy = psutil.getloadavg()[0] > 0.5 * (psutil.cpu_count() or 1)
    known[machine] = measure_bandwidth()
    if not busy:  # else what other programs left over would be taken for the machine
        try:
            write_text(_file_path(), json_text(known))
        except StillroomError as error:
            _LOG.warning("the memory's speed was not kept (%s)", error.details)
    return known[machine]


def measure_bandwidth(size: int = _BYTES, rounds: int = _ROUNDS) -> float:
    """The best of some rounds, as another program may be busy in any of them."""
    import numpy as np  # 15 MB that a window does without once the speed is known

    threads = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    size = max(1 << 20, min(size, psutil.virtual_memory().available // (4 * threads)))
    # Written once, so that every page is there.
    blocks = [np.ones(size // 8, dtype=np.uint64) for _ in range(threads)]
    # Where the system counts it finely, the time a thread ran, not the time it had to wait for another program.
    clock = time.thread_time if sys.platform != "win32" else time.perf_counter
    best = 0.0
    for _ in range(rounds):
        barrier = threading.Barrier(threads)
        rates: list[float] = []

        def read(block: npt.NDArray[np.uint64], barrier: threading.Barrier, rates: list[float]) -> None:
            barrier.wait()
            began = clock()
            np.bitwise_or.reduce(block)  # numpy lets go of the interpreter meanwhile
            rates.append(block.nbytes / max(clock() - began, 1e-6))

        workers = [threading.Thread(target=read, args=(block, barrier, rates), daemon=True) for block in blocks]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        best = max(best, sum(rates))
    return best


def _file_path() -> Path:
    return paths.cache_dir() / "memory-speed.json"


def _load() -> dict[str, float]:
    try:
        kept = read_json(dict[str, float], _file_path())
    except (OSError, ValueError):
        return {}  # measured anew
    return {key: value for key, value in kept.items() if value > 0}
