"""Ownership of a run, or of a window's data folder: one process at a time has it, and it ends with that process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import filelock

from stillroom.errors import StillroomError


class OwnedElsewhere(StillroomError):
    """Another process works on it."""


class Owned:
    """A thing that this process has until ``release``. A process that dies has nothing: the system lets go of its locks."""

    def __init__(self, file: Path, sentence: str, *, patience: float = 0.3) -> None:
        """``file``: stands for the thing; ``sentence``: what to say where another process has it. Raises StillroomError.

        ``patience``: seconds to wait for it, as who only looks whether somebody has it holds it for a moment.
        """
        # Not for each thread anew: a table is opened on one and its run ends on another.
        self._lock = filelock.FileLock(file, thread_local=False, mode=0o600)
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(timeout=patience, poll_interval=0.02)
        except filelock.Timeout as error:
            raise OwnedElsewhere(sentence) from error
        except (OSError, NotImplementedError) as error:
            raise StillroomError(
                f"The folder {file.parent} cannot be written. Look at its permissions, or set STILLROOM_HOME to another folder."
            ) from error

    def release(self) -> None:
        self._lock.release()


@contextlib.contextmanager
def owned(file: Path, sentence: str) -> Iterator[None]:
    """Own it while the block runs. Raises OwnedElsewhere, StillroomError."""
    mine = Owned(file, sentence)
    try:
        yield
    finally:
        mine.release()


def is_owned(file: Path) -> bool:
    """Whether some process has it now."""
    if not file.exists():
        return False
    try:
        Owned(file, "", patience=0).release()
    except StillroomError:
        return True
    return False
