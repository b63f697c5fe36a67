"""The processor's kinds of cores and instructions, where the system tells."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_FLAGS = {  # as /proc/cpuinfo and sysctl write them
    "sse4_2": "SSE4.2",
    "avx": "AVX",
    "avx2": "AVX2",
    "f16c": "F16C",
    "fma": "FMA",
    "avx_vnni": "AVX-VNNI",
    "avx512f": "AVX-512",
    "avx512_vnni": "AVX-512 VNNI",
    "avx512_bf16": "AVX-512 BF16",
    "amx_int8": "AMX",
    "asimd": "NEON",
    "neon": "NEON",
    "asimddp": "dot product",
    "feat_dotprod": "dot product",
    "i8mm": "I8MM",
    "feat_i8mm": "I8MM",
    "sve": "SVE",
    "sme": "SME",
    "feat_sme": "SME",
}
# IsProcessorFeaturePresent
_WINDOWS_FEATURES = {38: "SSE4.2", 39: "AVX", 40: "AVX2", 41: "AVX-512", 19: "NEON", 43: "dot product"}


def instruction_sets() -> tuple[str, ...]:
    """Of the sets that make models faster, those the processor has; empty where the system does not say."""
    if sys.platform == "win32":
        import ctypes

        present: Callable[[int], int] = ctypes.windll.kernel32.IsProcessorFeaturePresent
        return tuple(name for number, name in _WINDOWS_FEATURES.items() if present(number))
    flags = _darwin_flags() if platform.system() == "Darwin" else linux_flags(Path("/proc/cpuinfo"))
    return tuple(dict.fromkeys(name for flag, name in _FLAGS.items() if flag in flags))


def linux_flags(cpuinfo: Path) -> set[str]:
    """Flags of the first processor."""
    try:
        for line in cpuinfo.read_text("utf-8", "replace").splitlines():
            if line.startswith(("flags", "Features")):
                return set(line.partition(":")[2].lower().split())
    except OSError:
        pass  # not Linux
    return set()


def _darwin_flags() -> set[str]:
    flags = set()
    for line in _sysctl("-a").splitlines():
        name, _, value = line.partition(":")
        if name.startswith("hw.optional.") and value.strip() == "1":
            flags.add(name.removeprefix("hw.optional.").removeprefix("arm.").lower())
    flags |= set(_sysctl("-n", "machdep.cpu.features", "machdep.cpu.leaf7_features").lower().replace(".", "_").split())
    return flags


def _sysctl(*arguments: str) -> str:
    try:
        outcome = subprocess.run(["sysctl", *arguments], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return outcome.stdout


def performance_cores(system: Path = Path("/sys/devices")) -> int | None:
    """Cores of the fast kind, on a processor that has two kinds; None where there is one kind or the system does not say."""
    if platform.system() == "Darwin":
        text = _sysctl("-n", "hw.perflevel0.physicalcpu").strip()
        return int(text) if text.isdecimal() and _sysctl("-n", "hw.nperflevels").strip() not in ("", "1") else None
    try:
        # Intel names its two kinds; elsewhere the fast ones are those that may run at the highest rate.
        fast = _cpu_list((system / "cpu_core" / "cpus").read_text("ascii"))
    except (OSError, ValueError):
        fast = _fastest(system)
    if not fast:
        return None
    cores = set()
    for number in fast:
        try:
            siblings = (system / f"system/cpu/cpu{number}/topology/thread_siblings_list").read_text("ascii")
        except OSError:
            siblings = str(number)
        cores.add(siblings.strip())
    return len(cores)


def _fastest(system: Path) -> set[int]:
    rates: dict[int, int] = {}
    for path in (system / "system/cpu").glob("cpu[0-9]*/cpufreq/cpuinfo_max_freq"):
        try:
            rates[int(path.parts[-3].removeprefix("cpu"))] = int(path.read_text("ascii"))
        except (OSError, ValueError):
            continue
    if not rates or min(rates.values()) > 0.8 * max(rates.values()):
        return set()
    return {number for number, rate in rates.items() if rate > 0.8 * max(rates.values())}


def _cpu_list(text: str) -> set[int]:
    """``0-3,8`` as numbers."""
    numbers: set[int] = set()
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers
