"""A process that others on the machine cannot look into: its memory, the files it makes, and what a crash would leave."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from stillroom import paths

_PR_SET_DUMPABLE = 4


def close_to_others() -> None:
    """For this process; what it starts inherits all but the second. Call it first.

    - No file of its memory is left where it crashes: it would hold keys and what documents say. (Where the system hands the
      memory to a program instead, that program decides.)
    - Another process of the same person cannot trace it or read its memory, environment and descriptors (Linux).
    - Files and folders that it makes are the person's alone, whatever the umask was.
    """
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows writes no memory unless it is told to
        import resource

        _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    os.umask(0o077)


def keep_temporary_files() -> None:
    """What libraries write for a moment goes into a folder of this process among our caches, and is gone when it ends; what a killed
    one left goes now. Where there can be no such folder it is that of the system."""
    ours = paths.cache_dir() / "temporary"
    own = ours / str(os.getpid())
    try:
        for left in ours.glob("*"):
            if left.name.isdigit() and not _running(int(left.name)):
                shutil.rmtree(left, ignore_errors=True)
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return
    tempfile.tempdir = str(own)
    atexit.register(shutil.rmtree, own, ignore_errors=True)


def _running(process: int) -> bool:
    import psutil

    return psutil.pid_exists(process)


def close_folders() -> None:
    """Take from others what an earlier version let them open: the folders of settings, data and caches, where they are ours."""
    if os.name != "posix":
        return
    for folder in (paths.config_dir(), paths.data_dir(), paths.cache_dir()):
        _make_private(folder)


def _make_private(path: Path) -> None:
    with contextlib.suppress(OSError):
        facts = path.lstat()
        if stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid() and facts.st_mode & 0o077:
            path.chmod(0o700)
