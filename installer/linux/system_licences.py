"""The licences of what PyInstaller takes from the system that builds: shared libraries, Python itself, its own start program.

``resources/licences/packages`` has a page for everything that is installed by pip. What the package holds beside that
depends on the machine it is made on, so these pages are found when it is made.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

_DOCUMENTS = Path("/usr/share/doc")


def pages(binaries: Iterable[str], environment: Path) -> dict[str, Path]:
    """The page of each foreign part of a package: its name -> the file with its licence.

    Args:
        binaries: the files that are collected.
        environment: the folder of the virtual environment; what comes from there has its page already.

    Raises:
        SystemExit: a library belongs to nothing whose licence is known.
    """
    found = {"python": _python(), "pyinstaller": _pyinstaller()}
    within = (environment.resolve(), Path(sys.base_prefix).resolve())
    for file in sorted({Path(binary).resolve() for binary in binaries}):
        if file.is_relative_to(within[0]) or (within[1] != Path("/usr") and file.is_relative_to(within[1])):
            continue
        owner = _owner(file)
        licence = _DOCUMENTS / owner / "copyright"
        if not owner or not licence.is_file():
            raise SystemExit(f"{file} goes into the package, and its licence was not found.")
        found[owner] = licence
    return found


def _owner(file: Path) -> str:
    """The Debian package that a file belongs to. Its list may name the file as it was before /lib became /usr/lib."""
    for name in (file, Path("/", *file.parts[2:])):
        asked = subprocess.run(["dpkg-query", "--search", str(name)], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            return asked.stdout.split(":", 1)[0]
    return ""


def _python() -> Path:
    licence = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if licence.is_file():
        return licence
    return _DOCUMENTS / f"python3.{sys.version_info.minor}" / "copyright"


def _pyinstaller() -> Path:
    for file in importlib.metadata.files("pyinstaller") or ():
        if file.name == "COPYING.txt":
            return Path(str(file.locate()))
    raise SystemExit("PyInstaller's licence was not found.")
