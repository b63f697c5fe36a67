"""What lies on the disk: the person's alone, and gone once it is erased."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.chat.conversation import Attachment, Role, Turn
from stillroom.chat.store import ConversationStore
from stillroom.privacy.erasing import erase_files
from stillroom.storage.database import Database

posix = pytest.mark.skipif(os.name != "posix", reason="elsewhere access lists close the person's folder")


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0o000)
    yield
    os.umask(before)


@posix
@pytest.mark.usefixtures("_open_umask")
def test_database_and_settings_are_the_persons_alone_whatever_the_umask(tmp_path: Path) -> None:
    with Database(tmp_path / "data" / "s.sqlite") as database:
        with database.transaction() as connection:
            connection.execute("CREATE TABLE x (y)")
        write_text(tmp_path / "data" / "settings.toml", "x = 1")
        found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert found.pop("locks") == 0o700
    assert set(found) == {"s.sqlite", "s.sqlite-wal", "s.sqlite-shm", "settings.toml"}
    assert set(found.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@posix
def test_what_an_earlier_version_left_open_is_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name in ("data", "config", "cache"):
        (home / name).mkdir(parents=True)
        (home / name).chmod(0o755)
    with Database(home / "data" / "stillroom.sqlite"):
        pass
    (home / "data" / "stillroom.sqlite").chmod(0o644)
    command = f"umask 000; exec {sys.executable} -m stillroom template new own --out {home}/data/own.toml"
    environment = {**os.environ, "STILLROOM_HOME": str(home)}
    subprocess.run(["/bin/sh", "-c", command], env=environment, timeout=120, capture_output=True, check=False)
    with Database(home / "data" / "stillroom.sqlite"):
        pass
    modes = {str(path.relative_to(home)): stat.S_IMODE(path.lstat().st_mode) for path in home.rglob("*")}
    assert {name: mode for name, mode in modes.items() if "/" not in name} == dict.fromkeys(
        ("data", "config", "cache"), 0o700
    )
    assert modes["data/stillroom.sqlite"] == 0o600
    assert [name for name, mode in modes.items() if mode & 0o077] == []


def test_what_is_deleted_is_overwritten(tmp_path: Path) -> None:
    with Database(tmp_path / "s.sqlite") as database:
        (on,) = database.connection().execute("PRAGMA secure_delete").fetchone()
    assert on == 1


def say(store: ConversationStore, talk: int, text: str, attached: tuple[Attachment, ...] = ()) -> None:
    store.add(Turn(0, talk, None, Role.USER, text, datetime.now(UTC), attachments=attached))


def canary_files(folder: Path, canary: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()]


def test_erasing_leaves_no_word_of_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    canary = "canary-5c1e7"
    file = paths.database_file()
    for folder, name in ((paths.pasted_dir(), "p.png"), (paths.cells_dir(), "0" * 64)):
        folder.mkdir(parents=True)
        (folder / name).write_text(canary)
    file.write_bytes(b"SQLite format 3\0" + canary.encode() * 1000)
    with Database(file) as database:
        assert database.notice, "set aside"
        store = ConversationStore(database)
        talk = store.create(f"about {canary}")
        for number in range(20):
            say(store, talk.id, f"{canary} {number}")
        assert canary_files(tmp_path, canary)
        store.delete(talk.id)
        store.erase_deleted()
        erase_files(file)
        database.shrink()
        assert canary_files(tmp_path, canary) == []
    assert canary_files(tmp_path, canary) == []


def test_a_deleted_conversation_goes_with_its_pasted_pictures_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    paths.pasted_dir().mkdir(parents=True)
    mine, pasted, kept = tmp_path / "mine.png", paths.pasted_dir() / "a.png", paths.pasted_dir() / "b.png"
    for path in (mine, pasted, kept):
        path.write_text("x")
    with Database(paths.database_file()) as database:
        store = ConversationStore(database)
        gone, stays = store.create(), store.create()
        for talk, files in ((gone, (mine, pasted, kept)), (stays, (kept,))):
            attached = tuple(Attachment(0, path.name, str(path), ("x",), 1) for path in files)
            say(store, talk.id, "look", attached)
        store.delete(gone.id)
        store.erase_deleted(timedelta(hours=1))
        assert pasted.exists(), "it may be taken back yet"
        store.restore(gone.id)
        store.delete(gone.id)
        store.erase_deleted()
        assert [path.exists() for path in (mine, pasted, kept)] == [True, False, True]
        with pytest.raises(Exception, match=r"."):
            store.conversation(gone.id)


def test_deleting_for_good_leaves_no_word_and_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    canary = "canary-77aa1"
    pasted = paths.pasted_dir() / "a.png"
    pasted.parent.mkdir(parents=True)
    pasted.write_text(canary)
    with Database(paths.database_file()) as database:
        store = ConversationStore(database)
        gone, stays = store.create(canary), store.create("stays")
        say(store, gone.id, canary * 500, (Attachment(0, "a.png", str(pasted), (canary,), 1),))
        say(store, stays.id, "words")
        store.delete(gone.id)
        store.erase(gone.id)
        assert canary_files(tmp_path, canary) == []
        assert [talk.title for talk in store.conversations()] == ["stays"]


def test_pasted_pictures_that_no_turn_has_are_swept_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    paths.pasted_dir().mkdir(parents=True)
    named, forgotten, new = (paths.pasted_dir() / name for name in ("named.png", "forgotten.png", "new.png"))
    for path, age in ((named, 90_000), (forgotten, 90_000), (new, 10)):
        path.write_text("x")
        os.utime(path, (time.time() - age,) * 2)
    with Database(paths.database_file()) as database:
        store = ConversationStore(database)
        say(store, store.create().id, "look", (Attachment(0, "named.png", str(named), ("x",), 1),))
        store.erase_deleted(timedelta(days=30))
    assert [path.exists() for path in (named, forgotten, new)] == [True, False, True]
