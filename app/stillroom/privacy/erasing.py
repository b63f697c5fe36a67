"""Erasing what the application kept of documents in files, beside the tables of the database."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from stillroom import paths
from stillroom.storage.database import damaged_files


def erase_files(database: Path) -> None:
    """Erase states of read documents, pasted pictures, and damaged databases that were set aside. Raises OSError."""
    for folder in (paths.cells_dir(), paths.pasted_dir()):
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)
    for path in damaged_files(database):
        path.unlink(missing_ok=True)


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
