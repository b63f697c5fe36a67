"""Erasing what the application kept of documents in files, beside the tables of the database."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from stillroom import paths
from stillroom.storage.database import damaged_files


def erase_files(database: Path, before: datetime | None = None) -> None:
    """Erase states of read documents, what templates learned of them, what models made of options, pasted pictures, and damaged
    databases that were set aside.

    ``before``: only what is older; pictures then go with their conversations. Raises OSError.
    """
    if before is None:
        for folder in (paths.cells_dir(), paths.learned_dir(), paths.options_dir(), paths.pasted_dir()):
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)
    files = [
        path for folder in (paths.cells_dir(), paths.learned_dir(), paths.options_dir()) for path in folder.rglob("*")
    ]
    for path in (*files, *damaged_files(database)):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and (before is None or path.stat().st_mtime < before.timestamp()):
                path.unlink()


def erase_pasted(named: Collection[str]) -> None:
    """Erase those of these files that were pasted into a conversation; others are the person's own, and stay. Raises OSError."""
    folder = paths.pasted_dir().absolute()
    for name in named:
        if Path(name).absolute().parent == folder:
            Path(name).unlink(missing_ok=True)


def erase_forgotten(named: Collection[str], older_than: timedelta) -> None:
    """Erase pasted pictures of that age that are not among these: those of turns that were deleted, or that were never sent."""
    folder = paths.pasted_dir().absolute()
    kept = {Path(name).absolute() for name in named}
    before = time.time() - older_than.total_seconds()
    for path in folder.glob("*"):
        if path not in kept and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
