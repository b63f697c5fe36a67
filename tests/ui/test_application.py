"""Starting and ending the application as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from stillroom.errors import StillroomError
from stillroom.privacy.seal import Seal
from stillroom.settings import Settings
from stillroom.storage.ownership import is_owned
from stillroom.ui.application import build_parts
from stillroom.ui.tasks import Tasks

pytestmark = pytest.mark.window


def start(**environment):
    env = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env.pop("QT_QPA_PLATFORM", None)
    return subprocess.Popen(
        [sys.executable, "-m", "stillroom"], env={**env, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_without_a_display_a_sentence_says_so():
    process = start()
    _out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"There is no display" in err
    assert b"Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to ask with")
def test_asked_to_end_it_ends_with_all_its_children():
    process = start(QT_QPA_PLATFORM="offscreen")
    database = Path(os.environ["STILLROOM_HOME"]) / "data" / "stillroom.sqlite"
    deadline = time.monotonic() + 30
    while not database.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    _out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    _gone, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to ask with")
def test_a_second_start_shows_the_window_that_is_there():
    first = start(QT_QPA_PLATFORM="offscreen")
    try:
        lock = Path(os.environ["STILLROOM_HOME"]) / "data" / "locks" / "window"
        database = lock.parents[1] / "stillroom.sqlite"
        deadline = time.monotonic() + 30
        while not (database.exists() and lock.exists()) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        second = start(QT_QPA_PLATFORM="offscreen")
        second.communicate(timeout=30)
        assert second.returncode == 0
        assert first.poll() is None
        # The first one takes the wish away when it has shown itself.
        wish = lock.with_suffix(".show")
        while wish.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not wish.exists()
    finally:
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=30)
    assert start_and_end() == 0


def start_and_end():
    """Status of one that is asked to end as soon as it has the window."""
    process = start(QT_QPA_PLATFORM="offscreen")
    lock = Path(os.environ["STILLROOM_HOME"]) / "data" / "locks" / "window"
    deadline = time.monotonic() + 30
    while not is_owned(lock) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    return process.returncode


def test_a_home_that_cannot_be_used_is_a_sentence(qapp, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("STILLROOM_HOME", str(blocked / "home"))
    tasks = Tasks(pytest.fail)
    with pytest.raises(StillroomError, match="cannot be made"):
        build_parts(qapp, tasks, Settings(), Seal())
    assert tasks.close()
