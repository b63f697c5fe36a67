"""The proof of the seal: what the kernel saw of a whole run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stillroom.paths import resources_dir

pytestmark = pytest.mark.model


def rows(out: Path) -> list[dict[str, Any]]:
    """The rows without what a clock decides."""
    found = []
    for line in out.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row.pop("seconds")
        found.append(row)
    return found


def extract(out: Path, model: Path, *before: str) -> subprocess.CompletedProcess[str]:
    samples = resources_dir() / "samples"
    files = [str(samples / name) for name in ("receipt.txt", "invoice.pdf")]
    command = [sys.executable, "-m", "stillroom", "extract", *files, "--template", "receipt", "--model", str(model)]
    environment = {**os.environ, "STILLROOM_HOME": str(out.parent / f"home-{out.stem}")}
    return subprocess.run(
        [*before, *command, "--out", str(out)],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env=environment,
    )


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed here")
def test_a_run_makes_no_internet_connection_and_is_the_same_without_any_network(
    tmp_path: Path, starter_model: Path
) -> None:
    trace = tmp_path / "trace"
    watched = extract(
        tmp_path / "watched.jsonl", starter_model, "strace", "-f", "-e", "trace=%network", "-o", str(trace)
    )
    if "ptrace" in watched.stderr and not trace.exists():
        pytest.skip("this system does not let a process be watched")
    assert watched.returncode == 0, watched.stderr
    calls = [
        line for line in trace.read_text(errors="replace").splitlines() if re.search(r"\b(connect|sendto|bind)\(", line)
    ]
    assert [line for line in calls if "AF_INET" in line] == []
    made = [line for line in trace.read_text(errors="replace").splitlines() if "socket(AF_INET" in line]
    assert all(re.search(r"= -1 E(ACCES|PERM)", line) for line in made), "a socket is refused before it is made"
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        return
    alone = extract(tmp_path / "alone.jsonl", starter_model, "unshare", "-rn")
    assert alone.returncode == 0, alone.stderr
    assert rows(tmp_path / "alone.jsonl") == rows(tmp_path / "watched.jsonl")


@pytest.mark.window
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed here")
def test_the_window_makes_no_internet_connection_from_its_start_to_its_end(tmp_path: Path, starter_model: Path) -> None:
    assert starter_model.is_file()
    trace, driver = tmp_path / "trace", Path(__file__).with_name("window_run.py")
    environment = {**os.environ, "STILLROOM_HOME": str(tmp_path / "home"), "QT_QPA_PLATFORM": "offscreen"}
    models = tmp_path / "home" / "data" / "models"
    models.mkdir(parents=True)
    (models / starter_model.name).symlink_to(starter_model)
    command = [
        "strace",
        "-f",
        "-e",
        "trace=connect,sendto,bind",
        "-o",
        str(trace),
        sys.executable,
        str(driver),
        str(tmp_path / "out.csv"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=115, check=False, env=environment)
    if "ptrace" in done.stderr and not trace.exists():
        pytest.skip("this system does not let a process be watched")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("3 ")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").count("\n") == 2
    assert [line for line in trace.read_text(errors="replace").splitlines() if "AF_INET" in line] == []
