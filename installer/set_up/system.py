"""The operating system's libraries and tools that the application needs: which are missing, and how to get them."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from set_up.failure import SetUpError
from set_up.progress import Steps, say

# Qt loads these when it opens a window; none of them comes with PySide6. Library file -> Debian package.
_WINDOW_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
_ENGINE_LIBRARIES = {"libgomp.so.1": "libgomp1", "libstdc++.so.6": "libstdc++6"}
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")


@dataclass(frozen=True)
class Missing:
    """Something the operating system lacks.

    Attributes:
        thing: what is missing, as a person would look for it (a library file, a command).
        package: the Debian package that brings it.
        needed: true where nothing works without it, false where only the window (or a test) needs it.
    """

    thing: str
    package: str
    needed: bool


def has_compiler() -> bool:
    return any(shutil.which(name) for name in ("c++", "g++", "clang++"))


def missing_things(*, compiler: bool, tests: bool) -> list[Missing]:
    """What this machine lacks. ``compiler``: the engine has to be compiled; ``tests``: the tests will run."""
    missing: list[Missing] = []
    if not (importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv")):
        missing.append(Missing("venv", f"python3.{sys.version_info.minor}-venv", needed=True))
    if compiler and not has_compiler():
        missing.append(Missing("a C++ compiler", "g++", needed=True))
    if not sys.platform.startswith("linux"):
        return missing
    for library, package in _ENGINE_LIBRARIES.items():
        if not _loads(library):
            missing.append(Missing(library, package, needed=True))
    for library, package in _WINDOW_LIBRARIES.items():
        if not _loads(library):
            missing.append(Missing(library, package, needed=False))
    if not any(_has_font(Path(folder).expanduser()) for folder in _FONT_FOLDERS):
        missing.append(Missing("a font", "fonts-dejavu-core", needed=False))
    if tests and not shutil.which("Xvfb"):
        missing.append(Missing("Xvfb", "xvfb", needed=False))
    return missing


def provide(missing: list[Missing], steps: Steps) -> list[Missing]:
    """Installs what is missing where that is allowed; otherwise names it in one line. Returns what is still missing.

    Raises:
        SetUpError: something is missing that nothing works without.
    """
    if not missing:
        return []
    packages = [thing.package for thing in missing]
    prefix = _installer_prefix()
    if prefix is not None:
        say(f"Installing what the system lacks: {' '.join(packages)}")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        wait = ["-o", "DPkg::Lock::Timeout=300"]
        try:
            steps.run("Package lists", [*prefix, "apt-get", *wait, "update"], environment=quiet)
            command = [*prefix, "apt-get", *wait, "install", "--yes", "--no-install-recommends", *packages]
            steps.run("System libraries", command, environment=quiet)
            return []
        except SetUpError as failure:
            if any(thing.needed for thing in missing):
                raise
            say(failure.sentence)
    sentence = f"Missing on this system: {', '.join(thing.thing for thing in missing)}. {_advice(packages)}"
    if any(thing.needed for thing in missing):
        raise SetUpError(sentence)
    say(sentence)
    return missing


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _has_font(folder: Path) -> bool:
    return any(name.endswith((".ttf", ".otf", ".ttc")) for _, _, names in os.walk(folder) for name in names)


def _installer_prefix() -> list[str] | None:
    """What goes before ``apt-get`` so that it may install without asking; None where it may not."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if asked.returncode == 0 else None


def _advice(packages: list[str]) -> str:
    if sys.platform == "darwin":
        return "Type: xcode-select --install"
    if shutil.which("apt-get"):
        return f"Type: sudo apt-get install {' '.join(packages)}"
    return f"Install them with the system's package manager (on Debian they are: {' '.join(packages)})."
