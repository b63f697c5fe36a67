"""From what a person named or dropped to the list of files to read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

ATTACHED = " › "
"""Between a message and what is attached to it."""

# Left in folders by the system and by office programs; never a person's document.
_LITTER = ("thumbs.db", "desktop.ini", "ehthumbs.db")
_LOCK_FILES = ("~$", ".~lock.")


def expand(paths: Sequence[Path]) -> list[Path]:
    """Files as they are; in the place of a folder its files and those of its folders, sorted.

    Hidden files and the system's own litter are left out. A link to a file is that file, wherever it lies. A file that does
    not exist, a folder that cannot be opened, a link to a folder elsewhere and what is no file (a pipe) stay in the list: each becomes
    a row that says so.
    """
    return [file for path in paths for file in (_files(path) if path.is_dir() else [path])]


def file_of(row: Path) -> Path:
    """The file on disk that a row of a run is about: of an attachment (``message.eml › invoice.pdf``) the message."""
    message, mark, _ = row.name.partition(ATTACHED)
    return row.with_name(message) if mark and message and not row.exists() else row


def _files(folder: Path) -> Iterator[Path]:
    closed: list[Path] = []

    def note(error: OSError) -> None:
        closed.append(Path(error.filename))

    root = folder.resolve()
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=note):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # Links to folders are not followed: they may lead in circles. What lies in the same folder is read at its place.
        closed += [path for path in (Path(place, name) for name in folders) if _leads_out(path, root)]
        found += [Path(place, name) for name in names if _wanted(name)]
    yield from sorted(found + closed, key=lambda path: [_sortable(part) for part in path.parts])


def _leads_out(path: Path, root: Path) -> bool:
    if not path.is_symlink():
        return False
    try:
        return not path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return True


def _wanted(name: str) -> bool:
    return not name.startswith((".", *_LOCK_FILES)) and name.lower() not in _LITTER


def _sortable(part: str) -> tuple[str, str]:
    return part.casefold(), part
