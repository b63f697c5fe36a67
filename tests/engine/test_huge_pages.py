"""Huge pages are asked for in the worker, and what the user said is left alone."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from stillroom.engine.engine import Engine
from stillroom.engine.huge_pages import with_huge_pages


def test_the_users_own_words_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.check=1")
    with_others = with_huge_pages({"A": "1"})
    assert with_others["A"] == "1"
    assert with_others["GLIBC_TUNABLES"].startswith("glibc.malloc.check=1:glibc.malloc.hugetlb=1:")
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=99")
    assert with_huge_pages({})["GLIBC_TUNABLES"].count("mmap_threshold") == 1
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=0")
    assert "GLIBC_TUNABLES" not in with_huge_pages({})
    assert with_huge_pages({"GLIBC_TUNABLES": "glibc.malloc.hugetlb=2"}) == {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=2"}


@pytest.mark.model
@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own")
def test_the_weights_lie_in_huge_pages(starter_model: Path) -> None:
    enabled = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not enabled.exists() or "[never]" in enabled.read_text():
        pytest.skip("this system has no transparent huge pages")
    with Engine() as engine:
        info = engine.load(starter_model)
        pid = engine.status().worker_pid
        assert pid
        maps = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        huge = next(int(line.split()[1]) * 1024 for line in maps if line.startswith("AnonHugePages"))
        assert psutil.Process(pid).memory_info().rss > huge > 0.5 * info.size


_BLOCKS = """
import ctypes, resource
library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
library.free.argtypes, library.memset.argtypes = [ctypes.c_void_p], [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
def faults(times):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        block = library.malloc(12 * 128_256)
        library.memset(block, 1, 12 * 128_256)
        library.free(block)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults(5)
print(faults(100))
"""


@pytest.mark.skipif(not platform.libc_ver()[0], reason="glibc's own")
def test_the_candidates_of_a_token_stay_where_they_are() -> None:
    """Given back and fetched anew with each token, they cost a fast machine a quarter of its speed."""
    environment = with_huge_pages(dict(os.environ))
    found = subprocess.run([sys.executable, "-c", _BLOCKS], env=environment, capture_output=True, text=True, check=True)
    assert int(found.stdout) < 50
