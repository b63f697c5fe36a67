"""A crash leaves no file of the memory behind, of Stillroom or of what it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="Windows writes none unless it is told to")
def test_no_core_file_is_written() -> None:
    code = (
        "import resource, subprocess, sys; from stillroom import __main__; sys.argv = ['stillroom', 'template', 'list'];"
        "resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2); __main__.main();"
        "child = 'import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])';"
        "print('limit', subprocess.check_output([sys.executable, '-c', child], text=True))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split("limit")[-1].split() == ["0"], done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's own protection")
def test_another_process_cannot_look_into_it() -> None:
    code = (
        "import sys; from stillroom import __main__; sys.argv = ['stillroom', 'template', 'list']; __main__.main();"
        "import ctypes; print('dumpable', ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split("dumpable")[-1].split() == ["0"], done.stderr


def test_temporary_files_are_ours_and_gone_even_after_a_kill(tmp_path: Path) -> None:
    script = (
        "import os, sys, tempfile\n"
        "from stillroom.privacy.closed import keep_temporary_files\n"
        "keep_temporary_files()\n"
        "open(tempfile.mkstemp()[1], 'w').write('canary')\n"
        "print(tempfile.gettempdir(), flush=True)\n"
        "if sys.argv[1] == 'kill': os.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "STILLROOM_HOME": str(tmp_path)}
    folders = []
    for how in ("kill", "end"):
        done = subprocess.run(
            [sys.executable, "-c", script, how], capture_output=True, text=True, env=environment, check=False
        )
        folders.append(Path(done.stdout.strip()))
        assert folders[-1].is_relative_to(tmp_path)
    assert [folder.exists() for folder in folders] == [False, False], "the next start cleared up after the kill"
