"""A file is the old one or the whole new one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from stillroom.atomic import replacing, write_text
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
