"""No file of this process's memory is left behind when it crashes: it would hold keys and what documents say."""

from __future__ import annotations

import contextlib


def leave_none() -> None:
    """For this process and those it starts. Where the system hands the memory to a program instead, that program decides."""
    try:
        import resource
    except ImportError:  # Windows writes none unless it is told to
        return
    with contextlib.suppress(OSError, ValueError):
        _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
