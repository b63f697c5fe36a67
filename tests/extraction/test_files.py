"""Folders become their files, in order, without what is no document."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import DocumentError
from stillroom.extraction.files import expand, file_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    for name in (
        "b.pdf",
        "A.txt",
        "sub/c.txt",
        ".hidden.txt",
        ".git/x",
        "Thumbs.db",
        "~$a.docx",
        "sub/empty/.keep",
        "z.xyz",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def names(paths: list[Path], root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in paths]


def test_a_folder_is_its_files_sorted(folder: Path) -> None:
    assert names(expand([folder]), folder) == ["A.txt", "b.pdf", "sub/c.txt", "z.xyz"]


def test_files_stay_as_given_and_twice_is_twice(folder: Path) -> None:
    given = [folder / "b.pdf", folder / "missing", folder / ".hidden.txt", folder / "b.pdf"]
    assert expand(given) == given
    assert len(expand([folder, folder])) == 8


def test_links_to_files_are_files_and_links_to_folders_elsewhere_become_rows(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").touch()
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "in.txt").symlink_to(folder / "A.txt")
    (folder / "broken.txt").symlink_to(folder / "nothing")
    (folder / "loop").symlink_to(folder)
    (folder / "up").symlink_to(tmp_path)
    expected = ["A.txt", "b.pdf", "broken.txt", "in.txt", "out.txt", "sub/c.txt", "up", "z.xyz"]
    assert names(expand([folder]), folder) == expected


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name are POSIX's")
def test_a_pipe_becomes_a_row_that_says_so(folder: Path) -> None:
    os.mkfifo(folder / "c.pdf")
    assert names(expand([folder]), folder) == ["A.txt", "b.pdf", "c.pdf", "sub/c.txt", "z.xyz"]
    with ReaderPool() as readers, pytest.raises(DocumentError, match="a pipe or a device, not a file"):
        readers.read(folder / "c.pdf")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may open every folder")
def test_a_folder_that_cannot_be_opened_stays_in_the_list(folder: Path) -> None:
    (folder / "sub").chmod(0)
    try:
        assert names(expand([folder]), folder) == ["A.txt", "b.pdf", "sub", "z.xyz"]
    finally:
        (folder / "sub").chmod(0o700)


def test_an_error_of_the_system_keeps_the_folder_in_the_list(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def scandir(path: str) -> object:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert names(expand([folder]), folder) == ["A.txt", "b.pdf", "sub", "z.xyz"]


def test_the_file_of_an_attachment_is_the_message(tmp_path: Path) -> None:
    (tmp_path / "odd › name.txt").touch()
    for name, file in (
        ("a.eml › b.pdf", "a.eml"),
        ("a.eml › b.eml › c.pdf", "a.eml"),
        ("a.eml", "a.eml"),
        ("odd › name.txt", "odd › name.txt"),
    ):
        assert file_of(tmp_path / name) == tmp_path / file
