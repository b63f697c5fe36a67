"""Files that are named on the command line: documents, folders of them, and a password's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stillroom.errors import StillroomError
from stillroom.workspace import Workspace


def named_files(workspace: Workspace, paths: Sequence[Path]) -> list[Path]:
    """The files to read. Raises StillroomError where there are none."""
    files = workspace.runs.files(paths)
    if not files:
        raise StillroomError("There is no file in what was named. Name files, or a folder with files in it.")
    return files


def password_in(file: Path) -> str:
    """The first line of a file: a password on the command line would be seen by everybody on the machine."""
    try:
        return next(iter(file.read_text(encoding="utf-8").splitlines()), "")
    except (OSError, UnicodeDecodeError) as error:
        raise StillroomError(
            f"The password file {file} cannot be read. Write the password in its first line."
        ) from error
