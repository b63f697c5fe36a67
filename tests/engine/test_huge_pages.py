"""Huge pages are asked for in the worker, and what the user said is left alone."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from stillroom.engine.engine import Engine
from stillroom.engine.huge_pages import with_huge_pages


def test_the_users_own_words_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.check=1")
    assert with_huge_pages({"A": "1"}) == {"A": "1", "GLIBC_TUNABLES": "glibc.malloc.check=1:glibc.malloc.hugetlb=1"}
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
