"""An encrypted database: how it is opened (SQLCipher), and how a file is written anew with a key or without one.

SQLCipher encrypts every page, the journals included, with AES-256 and signs it; a key is 32 bytes. The file tells by its first bytes
what it is, so that nothing else has to say so: a conversion that was cut off leaves a file that is wholly one or wholly the other.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stillroom.errors import StillroomError

KEY_BYTES = 32
_PLAIN = b"SQLite format 3\x00"
_CACHE_KIB = 2000  # as SQLite has it; SQLCipher would take four times that a connection
_CONVERTING = ".converting"
_PATIENCE_SECONDS = 15.0
_LOOKED_AT: dict[tuple[int, int], bool] = {}


class EncryptionError(StillroomError):
    """A database that cannot be encrypted, decrypted or opened with its key."""


def available() -> bool:
    """Whether this installation can have an encrypted database."""
    return importlib.util.find_spec("sqlcipher3") is not None


def is_encrypted(path: Path) -> bool:
    """Whether a file that is there is no plain database. Raises OSError.

    A file is looked into once: closing it again would let go of every lock that this process holds on it through SQLite.
    """
    try:
        facts = path.stat()
    except FileNotFoundError:
        return False
    if not facts.st_size:
        return False
    which = (facts.st_dev, facts.st_ino)
    if which not in _LOOKED_AT:
        with path.open("rb") as file:
            _LOOKED_AT[which] = file.read(len(_PLAIN)) != _PLAIN
    return _LOOKED_AT[which]


def note_opened(path: Path, *, encrypted: bool) -> None:
    """A file was opened so, and need not be looked into."""
    with contextlib.suppress(OSError):
        facts = path.stat()
        _LOOKED_AT[facts.st_dev, facts.st_ino] = encrypted


def errors() -> tuple[type[Exception], ...]:
    """What SQLite raises, by whichever library."""
    if "sqlcipher3" not in sys.modules:
        return (sqlite3.Error,)
    return (sqlite3.Error, _library().Error)


def connect(path: Path, key: bytes | None) -> sqlite3.Connection:
    """A connection (autocommit) that any thread may close; ``key`` of an encrypted file. Raises what ``errors`` names."""
    if key is None:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection: sqlite3.Connection = _library().connect(path, isolation_level=None, check_same_thread=False)
    try:
        _unlock(connection, key)
        # As SQLite has them, which is what the tables were made for.
        connection.execute("PRAGMA recursive_triggers = OFF")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def in_use(path: Path, *, alone: bool = False) -> Iterator[None]:
    """Hold the file while it is used; with ``alone`` nobody else uses it. Ends with the process.

    Raises EncryptionError where another process has it otherwise. (Windows replaces no file that is open, and needs no lock.)
    """
    if os.name != "posix":
        yield
        return
    import fcntl

    lock = path.parent / "locks" / "database"
    try:
        lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        if alone:
            raise
        yield  # a folder that cannot be written: nobody converts anything there
        return
    try:
        until = time.monotonic() + (0.5 if alone else _PATIENCE_SECONDS)
        while True:
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > until:
                    raise EncryptionError(
                        "Another Stillroom is open and uses the database. Close it, and start again."
                        if alone
                        else "Another Stillroom is writing the database anew. Start again when it is done."
                    ) from error
                time.sleep(0.05)
            except OSError:  # a file system without locks
                break
        yield
    finally:
        os.close(descriptor)


def remove_half_made(path: Path) -> None:
    """Remove what a conversion that was cut off had written. To be called while the file is held."""
    for part in path.parent.glob(f"{path.name}{_CONVERTING}*"):
        part.unlink(missing_ok=True)


def convert(path: Path, key: bytes | None, new_key: bytes | None) -> None:
    """Write the file anew with another key, or with none, and put it in the place of the old one when it was compared row by row.

    Cut off at any moment, the file is as it was or as it is to be. To be called while nobody else uses it. The old file's
    content is overwritten where the file system writes in place.

    Raises EncryptionError, OSError, what ``errors`` names.
    """
    half = path.with_name(path.name + _CONVERTING)
    remove_half_made(path)
    os.close(os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with contextlib.closing(_opened(path, key)) as source:
            source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if source.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                raise EncryptionError("Another program uses the database. Close it, and try again.")
            source.execute("ATTACH DATABASE ? AS target KEY " + _literal(new_key), (str(half),))
            source.execute("SELECT sqlcipher_export('target')")
            for fact in ("application_id", "user_version"):
                (value,) = source.execute(f"PRAGMA main.{fact}").fetchone()
                source.execute(f"PRAGMA target.{fact} = {int(value)}")
            source.execute("DETACH DATABASE target")
            expected = _digests(source)
        with contextlib.closing(_opened(half, new_key)) as made:
            (verdict,) = made.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict != "ok" or _digests(made) != expected:
                raise EncryptionError(
                    "The database could not be written anew: the copy is not the same. It was left as it was."
                )
        _sync(half)
        with path.open("r+b") as old:
            for suffix in (
                "-journal",
                "-wal",
                "-shm",
            ):  # of the old file; a killed process may have left one that says nothing
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            half.replace(path)
            note_opened(path, encrypted=new_key is not None)
            _sync(path.parent)
            if key is None:
                _overwrite(old)
    finally:
        remove_half_made(path)


def _library() -> Any:
    from sqlcipher3 import dbapi2

    return dbapi2


def _opened(path: Path, key: bytes | None) -> sqlite3.Connection:
    """By SQLCipher, which writes plain files too."""
    connection: sqlite3.Connection = _library().connect(path, isolation_level=None)
    if key is not None:
        _unlock(connection, key)
    return connection


def _unlock(connection: sqlite3.Connection, key: bytes) -> None:
    connection.execute("PRAGMA cipher_log_level = NONE")  # it would write to standard error
    connection.execute(f"PRAGMA key = {_literal(key)}")


def _literal(key: bytes | None) -> str:
    if key is None:
        return "''"
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return f"\"x'{key.hex()}'\""


def _digests(connection: sqlite3.Connection) -> dict[str, str]:
    """Of every table's rows, whatever their order, and of the statements that made everything."""
    found = {}
    statements = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    ).fetchall()
    found[""] = hashlib.sha256(repr(statements).encode()).hexdigest()
    for kind, name, _, sql in statements:
        if kind == "table" and not str(sql).upper().startswith("CREATE VIRTUAL"):
            rows, total = 0, 0
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                rows += 1
                total ^= int.from_bytes(hashlib.sha256(repr(row).encode("utf-8", "surrogatepass")).digest(), "big")
            found[str(name)] = f"{rows} {total:x}"
    return found


def _sync(path: Path) -> None:
    if os.name != "posix" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _overwrite(file: Any) -> None:
    left = file.seek(0, os.SEEK_END)
    file.seek(0)
    while left > 0:
        left -= file.write(bytes(min(left, 1 << 20)))
    file.flush()
    os.fsync(file.fileno())
