"""One SQLite file, durable and shared by the threads and processes of the application."""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from stillroom.errors import StillroomError
from stillroom.storage.encryption import connect, errors, in_use, note_opened, remove_half_made
from stillroom.storage.schema import MIGRATIONS

_LOG = logging.getLogger(__name__)
_APPLICATION_ID = 0x5354_4C52  # "STLR": tells our file from another program's
_BUSY_MILLISECONDS = 15_000
_CHECKED_WHOLE = 32 << 20  # bytes; a larger file is checked in its parts that are used, so that the start stays quick
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class StorageError(StillroomError):
    """The database cannot be used."""


class Database:
    """A SQLite file in WAL mode with ``synchronous=FULL``: what was committed is on disk.

    Each thread has its own connection; with a key the file is encrypted. A file made by a newer Stillroom or by another
    program is never written; a damaged one is moved aside, whole, and a new one begun.

    Attributes:
        path: of the file; made with its folder if missing.
        notice: a sentence for the person where a damaged file was moved aside; else empty.
    """

    def __init__(
        self,
        path: Path,
        migrations: Sequence[Sequence[str]] = MIGRATIONS,
        *,
        key: Callable[[], bytes | None] = lambda: None,
    ) -> None:
        """Opens the file and brings it to the newest form. Raises StorageError, and what ``key`` raises.

        ``key``: of an encrypted file, asked while no other process can write the file anew; None for a plain one.
        """
        self.path = path
        self.notice = ""
        self._migrations = migrations
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, sqlite3.Connection] = {}
        self._closed = False
        self._key: bytes | None = None
        self._held = contextlib.ExitStack()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The folder {path.parent} cannot be made: {error.strerror or type(error).__name__}. "
                "Look at its permissions, or set STILLROOM_HOME to another folder."
            ) from error
        try:
            self._held.enter_context(in_use(path))
            remove_half_made(path)
            self._key = key()
            self._prepare()
        except BaseException as error:
            self._let_connections_go()
            if not isinstance(error, errors()):
                self.close()
                raise
            if not _damaged(error):
                self.close()
                raise _sentence(path, error) from error
            self._begin_anew()

    def _begin_anew(self) -> None:
        """Set the damaged file aside."""
        try:
            self._move_aside()
            self._closed = False
            self._prepare()
        except errors() as again:
            self.close()
            raise _sentence(self.path, again) from again
        except StorageError:
            self.close()
            raise

    @property
    def encrypted(self) -> bool:
        return self._key is not None

    def connection(self) -> sqlite3.Connection:
        """This thread's connection (autocommit). Raises StorageError."""
        thread = threading.current_thread()
        with self._lock:
            if self._closed:
                raise StorageError("The database is closed.")
            connection = self._connections.get(thread)
            if connection is None:
                for other in [other for other in self._connections if not other.is_alive()]:
                    self._connections.pop(other).close()
                try:
                    connection = self._open()
                except errors() as error:
                    raise _sentence(self.path, error) from error
                self._connections[thread] = connection
            return connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection; an error of SQLite becomes a StorageError."""
        try:
            yield self.connection()
        except errors() as error:
            raise _sentence(self.path, error) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside or nothing; on disk when it leaves. Raises StorageError."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def shrink(self) -> None:
        """Give the room of what was erased back to the disk, so that nothing of it is left in the file. Raises StorageError."""
        with self.reading() as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connections of all threads; none of them may be in use."""
        self._let_connections_go()
        self._held.close()

    def _let_connections_go(self) -> None:
        with self._lock:
            self._closed = True
            connections, self._connections = list(self._connections.values()), {}
        for connection in connections:
            connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        _make_private(self.path)
        # Closed by close() and for threads that ended, hence from another thread.
        connection = connect(self.path, self._key)
        try:
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            # What is erased is overwritten; whether it would be else is luck of the build.
            connection.execute("PRAGMA secure_delete = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self) -> None:
        try:
            existed = self.path.stat().st_size > 0
        except FileNotFoundError:
            existed = False
        except OSError as error:
            raise StorageError(f"{self.path} cannot be opened: {error.strerror}. Look at its permissions.") from error
        connection = self._prepared_connection()
        if existed:
            self._refuse_foreign(connection)
            _check(connection, self.path)
        # Set only now: another program's file must not be changed. A file system without shared memory keeps its own
        # journal, which is as durable.
        connection.execute("PRAGMA journal_mode = WAL")
        self._migrate(connection)
        note_opened(self.path, encrypted=self._key is not None)

    def _prepared_connection(self) -> sqlite3.Connection:
        connection = self._open()
        with self._lock:
            self._connections[threading.current_thread()] = connection
        return connection

    def _refuse_foreign(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != _APPLICATION_ID:
            raise StorageError(
                f"{self.path} belongs to another program and was left as it is. Move it away and start Stillroom again."
            )
        if version > len(self._migrations):
            raise StorageError(
                f"{self.path} was written by a newer Stillroom and was left as it is. Update Stillroom, or move the file away."
            )

    def _migrate(self, connection: sqlite3.Connection) -> None:
        for number, statements in enumerate(self._migrations, start=1):
            connection.execute("BEGIN IMMEDIATE")
            try:
                # Read inside the transaction: another process may have been quicker.
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version < number:
                    for statement in statements:
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                    connection.execute(f"PRAGMA user_version = {number}")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _move_aside(self) -> None:
        name = f"{self.path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
        aside = self.path.with_name(name)
        number = 1
        while aside.exists():
            number += 1
            aside = self.path.with_name(f"{name}-{number}")
        try:
            for suffix in ("", "-wal", "-shm"):
                part = self.path.with_name(self.path.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
        except OSError as error:
            raise StorageError(
                f"{self.path} is damaged and cannot be moved aside: {error.strerror}. Move it away and start Stillroom again."
            ) from error
        _LOG.warning("a damaged database was moved aside")
        self.notice = f"The file with your runs was damaged. It was kept as {aside.name} in {self.path.parent}, and a new one begun."


def damaged_files(path: Path) -> list[Path]:
    """What was set aside of a database, the journals included."""
    return sorted(path.parent.glob(f"{glob.escape(path.name)}.damaged-*"))


def _make_private(path: Path) -> None:
    """Have a file that only the person can open, before anything is in it. SQLite makes its journals after its likeness.

    A file that is there is not opened: closing it again would let go of every lock that this process holds on it through SQLite
    (POSIX takes them from the process, not from the descriptor), and another process would take the journal away.
    """
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # what is wrong with it is said by SQLite
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            facts = path.stat()
            if facts.st_uid == os.geteuid() and facts.st_mode & 0o077:
                path.chmod(0o600)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if path.stat().st_size > _CHECKED_WHOLE:
        return
    (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        error = sqlite3.DatabaseError(answer)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _damaged(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _sentence(path: Path, error: Exception) -> StorageError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        text = f"The disk is full, so {path.name} could not be written. Free some space and try again; what was saved is kept."
    elif code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        text = f"{path.name} is in use by another program. Close the other Stillroom, or try again in a moment."
    elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH):
        text = f"{path} cannot be written. Look at its permissions, or set STILLROOM_HOME to another folder."
    elif _damaged(error):
        text = f"{path.name} is damaged. Start Stillroom again: the file will be kept aside and a new one begun."
    elif code == sqlite3.SQLITE_IOERR:
        text = f"The disk reported an error at {path.name}. Look at the disk; what was saved before is kept."
    else:
        text = f"{path.name} could not be used ({type(error).__name__}). Start Stillroom again; what was saved is kept."
    return StorageError(text, details=f"SQLite {getattr(error, 'sqlite_errorname', '')}: {error}")
