"""installer/run.sh as a person's shell runs it, in a made checkout whose Python is a script that says what it was asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell script")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that is set up: its environment's Python prints its arguments, one a line."""
    root = tmp_path / "check out"
    (root / "app").mkdir(parents=True)
    shutil.copytree(_REPOSITORY / "installer", root / "installer", ignore=shutil.ignore_patterns("__pycache__"))
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit "${STATUS:-0}"\n')
    python.chmod(0o755)
    model = tmp_path / "model.gguf"
    model.touch()
    (root / ".venv" / "model").write_text(f"{tmp_path}||\n{model}\n")
    (root / ".venv" / "stamp").write_text(f"{_stamp(root)}\n\n")
    return root


def _stamp(root: Path) -> str:
    script = '. "$checkout/installer/setup.sh"; printf "run %s" "$(setup_stamp | tr -d \'\\n\')"'
    environment = {**os.environ, "checkout": str(root)}
    return subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True).stdout


def _run(
    checkout: Path, *arguments: str, path: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path or os.environ["PATH"], "HOME": str(checkout.parent), **variables}
    command = ["/bin/sh", str(checkout / "installer" / "run.sh"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)


def test_arguments_go_to_the_command_line_and_nothing_else_to_its_output(checkout: Path) -> None:
    outcome = _run(checkout, "extract", "two words.txt", "--json", STATUS="3")
    assert outcome.stdout == "-m\nstillroom\nextract\ntwo words.txt\n--json\n"
    assert outcome.stderr == ""
    assert outcome.returncode == 3


def test_a_second_start_costs_under_300_milliseconds(checkout: Path) -> None:
    durations = []
    for _ in range(3):
        started = time.monotonic()
        _run(checkout, "--version")
        durations.append(time.monotonic() - started)
    assert min(durations) < 0.3


def test_a_display_opens_the_window(checkout: Path) -> None:
    assert _run(checkout, DISPLAY=":1").stdout == "-m\nstillroom\n"
    assert _run(checkout, WAYLAND_DISPLAY="wayland-0").stdout == "-m\nstillroom\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux does without a display")
def test_without_a_display_the_samples_are_extracted_in_the_terminal(checkout: Path) -> None:
    outcome = _run(checkout)
    assert "no display" in outcome.stderr
    assert outcome.stdout.count("extract\n") == 3
    assert "resources/samples/invoice.pdf\n--template\ninvoice\n" in outcome.stdout
    assert outcome.returncode == 0
    assert _run(checkout, STATUS="3").returncode == 3


@pytest.mark.parametrize("change", ["requirements", "model", "home", "options"])
def test_a_change_that_matters_sets_up_again(checkout: Path, change: str, tmp_path: Path) -> None:
    variables = {"STILLROOM_PYTHON": "missing"}
    if change == "requirements":
        with (checkout / "installer" / "requirements" / "run.txt").open("a") as file:
            file.write("# renewed\n")
    elif change == "model":
        (tmp_path / "model.gguf").unlink()
    elif change == "home":
        variables["STILLROOM_HOME"] = str(tmp_path / "stick")
    else:
        variables["CMAKE_ARGS"] = "-DGGML_CUDA=ON"
    # Without any Python the set-up cannot begin, which shows that it was asked for.
    outcome = _run(checkout, "--version", path=str(_tools(tmp_path)), **variables)
    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("Python 3.11 or newer")
    assert outcome.stderr.count("\n") == 1


def _tools(tmp_path: Path) -> Path:
    """A folder with what the script itself needs, and no Python."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("cat", "cksum", "dirname", "tr", "uname"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder
