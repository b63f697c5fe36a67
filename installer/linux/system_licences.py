"""What PyInstaller takes from the system that builds (shared libraries, Python, its own start program): its licences.

``resources/licences/packages`` has a page for everything that is installed by pip. What the package holds beside that
depends on the machine it is made on, so these pages are found when it is made.
"""

from __future__ import annotations

import importlib.metadata
import re
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
    for file in sorted({Path(binary).resolve() for binary in binaries}):
        if not _of_the_system(file, environment):
            continue
        owner = _owner(file)
        licence = _DOCUMENTS / owner / "copyright"
        if not owner or not licence.is_file():
            raise SystemExit(f"{file} goes into the package, and its licence was not found.")
        found[owner] = licence
    return found


def needed(entries: list[tuple[str, str, str]], environment: Path) -> list[tuple[str, str, str]]:
    """The entries (name in the package, file, kind) without libraries of the system that nothing else in them asks for.

    PyInstaller takes along what a plug-in needs that is then left out: the whole of GTK, where a system has it.
    """
    libraries = {
        Path(name).name: file for name, file, _ in entries if _of_the_system(Path(file).resolve(), environment)
    }
    asked = [file for name, file, kind in entries if Path(name).name not in libraries and kind != "SYMLINK"]
    kept: set[str] = set()
    while asked:
        done = subprocess.run(["objdump", "-p", *asked], capture_output=True, text=True, check=False)
        names = set(re.findall(r"(?m)^ +NEEDED +(\S+)", done.stdout)) & libraries.keys() - kept
        kept |= names
        asked = [libraries[name] for name in sorted(names)]
    return [entry for entry in entries if Path(entry[0]).name not in libraries or Path(entry[0]).name in kept]


def _of_the_system(file: Path, environment: Path) -> bool:
    python = Path(sys.base_prefix).resolve()
    ours = file.is_relative_to(environment.resolve()) or (python != Path("/usr") and file.is_relative_to(python))
    # With the system's own Python its modules lie there too, and nobody asks for them by name.
    return not ours and "lib-dynload" not in file.parts


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
