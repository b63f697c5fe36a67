"""An engine for a graphics card: what its compiler is, where that lies, and what decides what comes out of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from set_up.failure import SetUpError


@dataclass(frozen=True)
class _Kind:
    """A way to use cards.

    Attributes:
        option: of CMake. source: what brings the compiler.
        minutes: of one core that its part takes to compile. folders: where the compiler lies off the search path.
    """

    option: str
    compiler: str
    source: str
    minutes: int = 0
    folders: tuple[str, ...] = ()


_KINDS = (
    _Kind("GGML_CUDA", "nvcc", "NVIDIA's CUDA toolkit", 48, ("/usr/local/cuda/bin", "/opt/cuda/bin")),
    _Kind("GGML_VULKAN", "glslc", "the Vulkan SDK (on Debian: glslc libvulkan-dev spirv-headers)"),
)
_CORE_MINUTES = 7  # for the processor
# Both decide what CUDA's compiler makes: its own release, and the generation of the cards that are there.
_QUESTIONS = (
    ("nvcc", "--version"),
    ("nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"),
)


def core_minutes(arguments: str) -> int:
    """What compiling the engine takes on one core."""
    return _CORE_MINUTES + sum(kind.minutes for kind in _wanted(arguments))


def search_path(arguments: str, path: str) -> str:
    """``path`` with the folders of the compilers that are wanted and not on it. ``arguments``: CMake's.

    Raises:
        SetUpError: there is none.
    """
    for kind in _wanted(arguments):
        if shutil.which(kind.compiler, path=path) or (kind.compiler == "nvcc" and _named(arguments)):
            continue
        folder = next((folder for folder in kind.folders if shutil.which(kind.compiler, path=folder)), "")
        if not folder:
            raise SetUpError(
                f"The engine cannot be compiled for a graphics card: {kind.compiler} is missing. Install {kind.source}, or run "
                f"the same command with CMAKE_ARGS=-D{kind.option}=OFF to work on the processor."
            )
        path = f"{path}{os.pathsep}{folder}"
    return path


def identity(arguments: str) -> str:
    """Names the compiler and the cards that an engine is made with and for; empty where it is for the processor alone."""
    if not any(kind.option == "GGML_CUDA" for kind in _wanted(arguments)):
        return ""
    try:
        path = search_path(arguments, os.environ.get("PATH", ""))
    except SetUpError:
        return ""  # told when it is compiled
    told = []
    for program, *options in _QUESTIONS:
        found = shutil.which(program, path=path)
        try:
            outcome = subprocess.run(
                [found or program, *options], capture_output=True, text=True, timeout=20, check=False
            )
        except (OSError, subprocess.SubprocessError):
            continue
        told.append(" ".join(sorted(set(outcome.stdout.split("\n")))))
    return "\n".join(told)


def _wanted(arguments: str) -> list[_Kind]:
    """The last word on an option counts."""
    said = dict(re.findall(r"-D(GGML_\w+)(?::\w+)?=(\S+)", arguments))
    return [kind for kind in _KINDS if said.get(kind.option, "").upper() in ("ON", "1", "TRUE", "YES", "Y")]


def _named(arguments: str) -> bool:
    return "CMAKE_CUDA_COMPILER" in arguments or bool(os.environ.get("CUDACXX"))
