"""llama-cpp-python's source, and what its build needs: fetched by what is pinned, and unpacked."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tarfile
from pathlib import Path

from set_up.failure import SetUpError
from set_up.pip_command import pip
from set_up.progress import Steps

ENGINE = "llama-cpp-python"


def requirement(text: str) -> str:
    """The engine's pinned requirement, with its hashes, in the text of a requirements file."""
    found = re.search(rf"(?m)^{ENGINE}==\S+.*(?:\\\n.*)+\n", text)
    if not found:
        raise SetUpError("installer/requirements/run.txt does not pin the engine. Get the file again with git.")
    return found[0]


def tools(steps: Steps, *, requirements: Path, work: Path) -> Path:
    """An environment with what builds the engine, made where it is missing; its Python. Raises SetUpError."""
    folder = work / "tools"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        steps.run("Compiler's tools", [sys.executable, "-m", "venv", folder])
        pinned = requirements / "build.txt"
        command = pip(python, "install", "--require-hashes", "--only-binary", ":all:", "-r", pinned)
        steps.run("Compiler's tools", command)
        (folder / "complete").touch()
    return python


def search_path(python: Path, path: str | None = None) -> str:
    """``PATH`` (or another) with the tools of an environment in front."""
    return f"{python.parent}{os.pathsep}{os.environ.get('PATH', '') if path is None else path}"


def unpacked(steps: Steps, *, requirement: str, python: Path, work: Path) -> Path:
    """The folder of the source, fetched where it is missing. ``python``: of the tools. Raises SetUpError."""
    source = work / "source"
    if not (source / "complete").is_file():
        shutil.rmtree(source, ignore_errors=True)
        archives = work / "archive"
        shutil.rmtree(archives, ignore_errors=True)
        pinned = work / "engine.txt"
        pinned.write_text(requirement, encoding="utf-8")
        command = pip(python, "download", "--require-hashes", "-r", pinned, "-d", archives, cached=False)
        command += ["--no-build-isolation", "--no-binary", ":all:"]
        environment = {"PATH": search_path(python), "PYTHONNOUSERSITE": "1"}
        steps.run("Engine's source", command, environment=environment)
        with tarfile.open(next(archives.glob("*.tar.gz"))) as archive:
            if hasattr(tarfile, "data_filter"):
                archive.extractall(source, filter="data")
            else:  # Python 3.11.0 to 3.11.3; the archive's hash was checked
                archive.extractall(source)
        (source / "complete").touch()
        shutil.rmtree(archives)
    return next(path for path in source.iterdir() if path.is_dir())
