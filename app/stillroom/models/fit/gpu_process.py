"""What a GPU's driver takes for a process before any model: seen when a load is planned, and kept for this machine.

It is as much as a small model (half a gigabyte on large cards, less on others), so an estimate without it would be far off.
"""

from __future__ import annotations

import logging
from pathlib import Path

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.codec import json_text, read_json
from stillroom.errors import StillroomError
from stillroom.models.fit.estimate import GPU_PROCESS_BYTES

_LOG = logging.getLogger(__name__)


def gpu_process_bytes(names: tuple[str, ...]) -> int:
    """Bytes on all GPUs of these names together; a large card's where it was not seen here yet."""
    found = _load().get("|".join(names), 0)
    return found or GPU_PROCESS_BYTES * max(1, len(names))


def keep_gpu_process_bytes(names: tuple[str, ...], size: int) -> None:
    """Keep what was seen; nothing where nothing was told."""
    known = _load()
    if not size or not names or known.get("|".join(names)) == size:
        return
    try:
        write_text(_file(), json_text(known | {"|".join(names): size}))
    except StillroomError as error:
        _LOG.warning("what a process takes on the GPU was not kept (%s)", error.details)


def _file() -> Path:
    return paths.cache_dir() / "gpu-process.json"


def _load() -> dict[str, int]:
    try:
        kept = read_json(dict[str, int], _file())
    except (OSError, ValueError):
        return {}
    return {name: size for name, size in kept.items() if size > 0}
