"""A file is the old one or the whole new one."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.atomic import remove_left_over, replacing, temporary_name, write_text
from stillroom.errors import StillroomError


def test_the_folder_is_made_and_the_file_replaced(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file.txt"
    write_text(target, "one\n")
    write_text(target, "two ü\n")
    assert target.read_bytes() == "two ü\n".encode()
    assert [path.name for path in target.parent.iterdir()] == ["file.txt"]


def test_an_exception_leaves_everything_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    write_text(target, "old")

    def fail() -> None:
        with replacing(target) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_failures_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(StillroomError, match="part of its path is a file"):
        write_text(tmp_path / "file" / "x.txt", "")
    with pytest.raises(StillroomError, match="there is a folder of that name"):
        write_text(tmp_path / "folder", "")
    with pytest.raises(StillroomError, match="name is too long"):
        write_text(tmp_path / ("x" * 300), "")


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_the_mode_stays(tmp_path: Path) -> None:
    target = tmp_path / "file.txt"
    write_text(target, "")
    assert stat.S_IMODE(target.stat().st_mode) & 0o111 == 0
    target.chmod(0o600)
    write_text(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_what_a_killed_process_left_is_removed_and_what_is_being_written_stays(tmp_path: Path) -> None:
    inside = tmp_path / "below"
    inside.mkdir()
    killed = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    gone = [inside / f".stillroom-{int(killed.stdout)}-{'a' * 12}.tmp", tmp_path / f".stillroom-{'b' * 12}.tmp"]
    kept = [tmp_path / temporary_name(), tmp_path / ".stillroom-mine.tmp", tmp_path / "x.tmp"]
    for path in (*gone, *kept):
        path.touch()
    remove_left_over(tmp_path)
    assert [path.exists() for path in gone] == [False, False]
    assert all(path.exists() for path in kept)
