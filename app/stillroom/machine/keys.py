"""Keys of a model file and of this machine: what was measured with one holds for that one alone."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import sys
from pathlib import Path


def file_key(model: Path) -> str:
    """What tells a model file from another; empty where it cannot be read."""
    try:
        facts = model.stat()
    except OSError:
        return ""
    return f"{model.name}|{facts.st_size}|{facts.st_mtime_ns}"


def machine_key() -> str:
    """What makes a measurement of one machine true for another: processor, cores, and the engine's version."""
    version = ""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        version = importlib.metadata.version("llama-cpp-python")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{_processor()}|{cores}|{version}"


def _processor() -> str:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
                if line.startswith(("model name", "Model")):
                    return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
