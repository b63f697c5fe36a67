"""llama-cpp-python for this machine: compiled once, then kept in the user's cache folder.

It comes as source and is compiled for the processor at hand (an engine for any processor is several times slower), so a
wheel is kept under a key of everything that decides what comes out of the compiler.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from set_up import engine_source, graphics
from set_up.failure import SetUpError
from set_up.pip_command import pip
from set_up.progress import Steps, compile_stage, say

_CMAKE_ARGUMENTS = "-DGGML_NATIVE=ON"
# GCC 12 drops the initialisation of the tiles' layout, so that what it compiles for these units ends with a protection
# fault at the first matrix; the AVX-512 units of the same processors serve instead.
_WITHOUT_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
# One compiler of this code base takes up to about this much memory.
_BYTES_A_COMPILER = 1 << 30


def cmake_arguments() -> str:
    """The compiler's options; ``CMAKE_ARGS`` adds to ours (for example ``-DGGML_CUDA=ON``)."""
    return f"{_CMAKE_ARGUMENTS} {os.environ.get('CMAKE_ARGS', '')}".strip()


def compiler_flags() -> str:
    """Flags for the C and C++ compilers, beside those of the environment."""
    if not re.search(r"(?m)^flags\s*:.*\bamx_tile\b", _processor()):
        return ""
    command = [os.environ.get("CXX", "c++"), *_WITHOUT_AMX.split(), "-x", "c++", "-E", os.devnull]
    try:
        known = (
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0
        )
    except OSError:
        return ""  # what is missing is told when it is needed
    return _WITHOUT_AMX if known else ""


def wheel_key(version: str) -> str:
    """Names the folder of the wheel for this version, processor, system and these options."""
    options = [cmake_arguments(), compiler_flags(), *filter(None, [graphics.identity(cmake_arguments())])]
    text = "\n".join([version, sys.platform, platform.machine(), _processor(), _system(), *options])
    return f"{version}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def cached_wheel(folder: Path) -> Path | None:
    """The wheel in a folder, if it is whole (its checksum file is written last)."""
    for checksum in sorted(folder.glob("*.whl.sha256")):
        wheel = checksum.with_suffix("")
        if wheel.is_file() and file_sha256(wheel) == checksum.read_text(encoding="ascii").strip():
            return wheel
        say("The compiled engine in the cache is damaged and is made again.")
    return None


def keep_wheel(wheel: Path, folder: Path) -> Path:
    """Moves a wheel into its folder so that an interruption leaves either nothing or a whole one."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / wheel.name
    checksum = folder / f"{wheel.name}.sha256"
    checksum.unlink(missing_ok=True)
    shutil.move(wheel, target)
    part = checksum.with_suffix(".part")
    part.write_text(f"{file_sha256(target)}\n", encoding="ascii")
    part.replace(checksum)
    return target


def compile_wheel(steps: Steps, *, requirements: Path, requirement: str, work: Path, folder: Path) -> Path:
    """Compiles the engine.

    Args:
        requirements: the folder of the pinned requirements.
        requirement: the pinned requirement of llama-cpp-python, with its hashes.
        work: a folder that stays after an interruption, so that the compiler goes on where it stopped.
        folder: where the wheel is kept.

    Raises:
        SetUpError: no compiler, no network, or the compiler failed.
    """
    path = graphics.search_path(cmake_arguments(), os.environ.get("PATH", ""))
    processors = _processors()
    minutes = max(1, round(graphics.core_minutes(cmake_arguments()) / processors))
    say(f"Compiling the engine for this machine, once: about {minutes} minutes with {processors} cores.")
    work.mkdir(parents=True, exist_ok=True)
    python = engine_source.tools(steps, requirements=requirements, work=work)
    environment = {
        "PATH": engine_source.search_path(python, path),
        "CMAKE_ARGS": cmake_arguments(),
        "CMAKE_GENERATOR": "Ninja",
        "CMAKE_BUILD_PARALLEL_LEVEL": str(processors),
        **{
            name: f"{os.environ.get(name, '')} {compiler_flags()} {_without_folders(work)}".strip()
            for name in ("CFLAGS", "CXXFLAGS")
        },
        "PYTHONNOUSERSITE": "1",
    }
    tree = engine_source.unpacked(steps, requirement=requirement, python=python, work=work)
    _leave_out_common(tree / "CMakeLists.txt")
    made = work / "wheel"
    shutil.rmtree(made, ignore_errors=True)
    # Not from pip's cache: a wheel it kept from elsewhere was compiled with unknown options.
    command = pip(python, "wheel", "--verbose", "--no-build-isolation", "-w", made, tree, cached=False)
    command += ["--config-settings", f"build-dir={work / 'build'}"]
    try:
        steps.run("Compiling", command, stage=compile_stage, environment=environment)
    except SetUpError:
        # What a failed configuration left behind must not decide the next try.
        shutil.rmtree(work / "build", ignore_errors=True)
        raise
    wheel = keep_wheel(next(made.glob("*.whl")), folder)
    shutil.rmtree(work, ignore_errors=True)
    return wheel


def _without_folders(work: Path) -> str:
    """The flag that keeps the folders of this machine out of the engine's messages, which the package passes on.

    No part of the wheel's key: nothing runs otherwise for it. A folder with a space in it cannot be said in a flag.
    """
    return "" if sys.platform == "win32" or " " in str(work) else f"-ffile-prefix-map={work}=."


def _leave_out_common(cmake_lists: Path) -> None:
    """Leaves out llama.cpp's library for command line programs: the bindings never load it, and it is almost half the work.

    They offer no option for it, but leave it out themselves where they compile for WebAssembly.
    """
    text = cmake_lists.read_text(encoding="utf-8")
    cmake_lists.write_text(text.replace("set(LLAMA_BUILD_COMMON ON ", "set(LLAMA_BUILD_COMMON OFF "), encoding="utf-8")


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _processors() -> int:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        count = min(count, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // _BYTES_A_COMPILER)
    return max(1, count)


def _processor() -> str:
    """The processor's name and abilities."""
    if platform.system() == "Darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor()
    return "\n".join(re.findall(r"(?m)^(?:model name|flags|Features|CPU part)\s*:.*$", text.split("\n\n", 1)[0]))


def _system() -> str:
    """The system whose C++ and C libraries the engine is linked to."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.mac_ver()[0].split(".")[0] or platform.version()
    return " ".join([release.get("ID", ""), release.get("VERSION_ID", ""), *platform.libc_ver()])
