"""The database is durable, shared, and never loses or overwrites a file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.storage.database import Database, StorageError
from stillroom.storage.schema import MIGRATIONS

ONE = ("CREATE TABLE a (x INTEGER)",)
TWO = ("ALTER TABLE a ADD COLUMN y INTEGER", "INSERT INTO a VALUES (1, 2)")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "stillroom.sqlite"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    with Database(file) as opened:
        yield opened


def pragma(database: Database, name: str) -> object:
    return database.connection().execute(f"PRAGMA {name}").fetchone()[0]


def test_what_is_committed_is_on_disk(database: Database) -> None:
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "synchronous") == 2  # FULL
    assert pragma(database, "foreign_keys") == 1
    assert pragma(database, "user_version") == len(MIGRATIONS)


def test_migrations_are_applied_once_and_whole(file: Path) -> None:
    with Database(file, [ONE]) as first:
        first.connection().execute("INSERT INTO a VALUES (7)")
    with pytest.raises(StorageError), Database(file, [ONE, (*TWO, "NONSENSE")]):
        pass
    for _ in range(2):
        with Database(file, [ONE, TWO]) as second:
            assert second.connection().execute("SELECT x, y FROM a ORDER BY x").fetchall() == [(1, 2), (7, None)]


def test_a_transaction_is_whole_or_nothing(database: Database) -> None:
    def stop_midway() -> None:
        with database.transaction() as connection:
            connection.execute("CREATE TABLE b (x)")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_midway()
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        database.connection().execute("SELECT * FROM b")


def test_each_thread_has_a_connection_and_an_ended_thread_none(database: Database) -> None:
    mine = database.connection()
    theirs: list[sqlite3.Connection] = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: theirs.append(database.connection()))
        thread.start()
        thread.join()
    assert database.connection() is mine
    assert len({id(connection) for connection in [mine, *theirs]}) == 4
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        theirs[0].execute("SELECT 1")


def test_threads_write_side_by_side(file: Path) -> None:
    with Database(file, [ONE]) as database:

        def write() -> None:
            for number in range(20):
                with database.transaction() as connection:
                    connection.execute("INSERT INTO a VALUES (?)", (number,))

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert database.connection().execute("SELECT count(*) FROM a").fetchone() == (80,)


def test_a_newer_file_is_left_as_it_is(file: Path) -> None:
    with Database(file, [ONE, TWO]):
        pass
    before = file.read_bytes()
    with pytest.raises(StorageError, match="newer Stillroom"), Database(file, [ONE]):
        pass
    assert file.read_bytes() == before


def test_another_programs_file_is_left_as_it_is(file: Path) -> None:
    file.parent.mkdir()
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StorageError, match="another program"), Database(file):
        pass
    assert file.read_bytes() == before


@pytest.mark.parametrize("damage", ["noise", "middle"])
def test_a_damaged_file_is_kept_aside(file: Path, damage: str) -> None:
    with Database(file, [ONE]) as database, database.transaction() as connection:
        connection.executemany("INSERT INTO a VALUES (?)", ((number,) for number in range(5000)))
    content = bytearray(file.read_bytes())
    start = 0 if damage == "noise" else 8192
    content[start : start + 4096] = b"\xa5" * 4096
    file.write_bytes(content)
    with Database(file, [ONE]) as database:
        assert database.connection().execute("SELECT count(*) FROM a").fetchone() == (0,)
        assert "was damaged" in database.notice
    (kept,) = (path for path in file.parent.iterdir() if ".damaged-" in path.name)
    assert kept.read_bytes() == bytes(content)
    assert kept.name in database.notice


def test_an_empty_file_is_a_new_database(file: Path) -> None:
    file.parent.mkdir()
    file.touch()
    with Database(file) as database:
        assert database.notice == ""


def test_failures_are_sentences(file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be made"), Database(tmp_path / "file" / "x.sqlite"):
        pass
    file.mkdir(parents=True)
    with pytest.raises(StorageError, match="cannot be written"), Database(file):
        pass
    with Database(tmp_path / "b.sqlite") as database:
        pass
    with pytest.raises(StorageError, match="closed"):
        database.connection()


def test_a_full_disk_is_a_sentence_and_keeps_what_was_saved(file: Path) -> None:
    with Database(file, [ONE]) as database:
        connection = database.connection()
        with database.transaction():
            connection.execute("INSERT INTO a VALUES (1)")
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StorageError, match="disk is full"), database.transaction():
            connection.execute("INSERT INTO a VALUES (zeroblob(100000))")
        assert connection.execute("SELECT * FROM a").fetchall() == [(1,)]


def test_another_process_that_comes_and_goes_takes_no_row_away(tmp_path: Path) -> None:
    """Its last connection takes the journal away unless this process holds its locks, whatever its threads open."""
    look = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "print(c.execute('SELECT count(*) FROM runs').fetchone()[0]); c.close()"
    )

    def seen_from_outside() -> int:
        return int(
            subprocess.run([sys.executable, "-c", look, str(path)], capture_output=True, check=True, text=True).stdout
        )

    path = tmp_path / "data.sqlite"
    columns = (
        "created, template_name, template_version, template_toml, template_sha256, model_name, model_path, model_sha256, "
        "seed, threads, engine, application, delivered"
    )
    with Database(path) as database:
        for number in range(3):
            thread = threading.Thread(target=lambda: database.connection().execute("SELECT 1").fetchone())
            thread.start()
            thread.join()
            assert seen_from_outside() == number
            with database.transaction() as connection:
                connection.execute(f"INSERT INTO runs ({columns}) VALUES ({', '.join(['0'] * 13)})")
            assert seen_from_outside() == number + 1
