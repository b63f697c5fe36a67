"""How far the audit log had come when an export was written, as the export itself says it."""

from __future__ import annotations

import contextlib
import sqlite3
import zipfile
from pathlib import Path

from stillroom.errors import StillroomError
from stillroom.privacy.audit import Head

PREFIX = "audit "
"""What stands before it among an export's words about itself."""


def anchored(path: Path) -> bool:
    """Whether its form has room for an anchor; tables of text have none."""
    return path.suffix.lower() in (".xlsx", ".sqlite")


def anchor_of(path: Path) -> Head:
    """Of a workbook (.xlsx) or database (.sqlite). Raises StillroomError where there is none."""
    try:
        if path.suffix.lower() == ".sqlite":
            with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                (text,) = connection.execute("SELECT value FROM about WHERE name = 'audit'").fetchone()
        else:
            from openpyxl import load_workbook

            with contextlib.closing(load_workbook(path, read_only=True)) as book:
                text = (book.properties.description or "").removeprefix(PREFIX)
        return Head.parse(str(text))
    except (OSError, ValueError, TypeError, KeyError, sqlite3.Error, zipfile.BadZipFile) as error:
        raise StillroomError(
            f"{path.name} does not say how far the audit log had come. Name an .xlsx or .sqlite that Stillroom wrote."
        ) from error
