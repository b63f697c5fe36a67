"""How pip is called: quietly, without questions, and never resolving what is pinned."""

from __future__ import annotations

import os
from pathlib import Path

Command = list[str | os.PathLike[str]]


def pip(python: Path, action: str, *arguments: str | os.PathLike[str], cached: bool = True) -> Command:
    """The command line of one of pip's actions, in the environment of a Python.

    Args:
        cached: false where a file that pip kept from elsewhere must not be used, or is not worth keeping.
    """
    command: Command = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "3"]
    if not cached:
        command.append("--no-cache-dir")
    return [*command, action, "--no-deps", "--progress-bar", "off", *arguments]
