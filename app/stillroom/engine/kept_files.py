"""States of read documents as files in a folder that only the user can open.

llama.cpp reads a state without doubting it, so a forged file could run code. Each file therefore carries an HMAC-SHA256
of its name and content, with a key that lies in the user's configuration, and is checked in the memory it is restored
from. Files hold what documents say, in another form: they are written only where the person asked for it.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import logging
import mmap
import os
import queue
import re
import secrets
import shutil
import stat
import threading
from pathlib import Path

from stillroom import paths

_MAGIC = b"SRCELLS1"
_DIGEST = "sha256"
_HEADER = len(_MAGIC) + 32
_KEY_BYTES = 32
_NAME = re.compile(r"[0-9a-f]{64}\Z")
_WAITING = 2  # states on their way to the disk; more are not kept where the disk is slower than reading anew
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)

_log = logging.getLogger(__name__)


def folder_for(*, keep: bool) -> str:
    """The folder for LoadOptions.kept_folder where the person wants files kept; else empty, and earlier files are removed."""
    folder = paths.cells_dir()
    if keep:
        # The worker can read the key, and write nothing beside the folder.
        with contextlib.suppress(OSError):  # told by the worker, which then keeps none
            _make_private(folder)
            _key()
        return str(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return ""


class KeptFiles:
    """States in files, written on a thread of its own. Least recently used first out; other processes may use the folder too."""

    def __init__(self, folder: Path, budget: int) -> None:
        """Make or check folder and key. Raises OSError where either cannot be had, or others could open them."""
        _make_private(folder)
        self._key = _key()
        self._folder = folder
        self._budget = budget
        self._given_up = False
        self._waiting: queue.Queue[tuple[str, mmap.mmap] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._work, name="kept cells", daemon=True)
        self._thread.start()

    def write(self, name: str, state: mmap.mmap) -> None:
        """Write a state soon, unless it is there already or the disk is behind. ``name``: 64 hexadecimal digits."""
        if self._given_up or len(state) + _HEADER > self._budget:
            return
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait((name, state))

    def read(self, name: str) -> mmap.mmap | None:
        """A state that was written under this name and not changed since, or None."""
        path = self._folder / name
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | _NO_LINKS), "rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size - _HEADER
                header = file.read(_HEADER)
                if size <= 0 or len(header) != _HEADER or size > self._budget:
                    raise ValueError
                state = mmap.mmap(-1, size)
                view = memoryview(state)
                done = 0
                while done < size and (count := file.readinto(view[done:])):
                    done += count
                view.release()
            if done != size or not hmac.compare_digest(header, self._header(name, state)):
                raise ValueError
            os.utime(path)  # used last
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.warning("a kept state was not read: %s", error.strerror or type(error).__name__)
            return None
        except ValueError:
            _log.warning("a kept state was damaged or is not ours; it is removed")
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        return state

    def flush(self) -> None:
        """Wait until everything is written."""
        self._waiting.join()

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            name, state = item
            try:
                self._write(name, state)
            except OSError as error:
                # A full disk, or a folder that was taken away: not tried again for every document.
                self._given_up = True
                _log.warning("nothing more is kept on disk: %s", error.strerror or type(error).__name__)
            finally:
                del item, state
                self._waiting.task_done()
        self._waiting.task_done()

    def _write(self, name: str, state: mmap.mmap) -> None:
        path = self._folder / name
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)
            return  # the name says what is in it
        self._make_room(len(state) + _HEADER)
        temporary = self._folder / f".{secrets.token_hex(8)}.tmp"
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600), "wb") as file:
                file.write(self._header(name, state))
                file.write(state)
            # Not synchronized: after a power cut the checksum tells a torn file.
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise

    def _make_room(self, size: int) -> None:
        """Remove the files used longest ago, and what a crash left, until there is room."""
        found: list[tuple[float, int, Path]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    facts = entry.stat(follow_symlinks=False)
                    found.append((facts.st_mtime, facts.st_size, self._folder / entry.name))
        total = sum(each for _, each, _ in found)
        for _, each, path in sorted(found):
            if total + size <= self._budget:
                return
            if _NAME.match(path.name) or path.suffix == ".tmp":
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()
                total -= each

    def _header(self, name: str, state: mmap.mmap) -> bytes:
        code = hmac.new(self._key, _MAGIC + name.encode("ascii"), _DIGEST)
        code.update(state)
        return _MAGIC + code.digest()


def _make_private(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if os.name == "posix" and stat.S_ISDIR(folder.lstat().st_mode) and folder.lstat().st_mode & 0o077:
        folder.chmod(0o700)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or not _only_ours(facts):
        raise PermissionError(errno.EACCES, "others could open the folder")


def _only_ours(facts: os.stat_result) -> bool:
    # On Windows the folders of a user's profile are closed to others by their access lists.
    return os.name != "posix" or (facts.st_uid == os.geteuid() and not facts.st_mode & 0o077)


def _key() -> bytes:
    """The key of this user's files; made where there is none. Raises OSError."""
    path = paths.config_dir() / "cells.key"
    with contextlib.suppress(FileNotFoundError):
        if (key := _read_key(path)) is not None:
            return key
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    key = _read_key(path)  # perhaps another process's, made at the same time
    if key is None:
        raise PermissionError(errno.EACCES, "others could open the key")
    return key


def _read_key(path: Path) -> bytes | None:
    """None where it is no key, or one that others could know."""
    with os.fdopen(os.open(path, os.O_RDONLY | _NO_LINKS), "rb") as file:
        facts = os.fstat(file.fileno())
        key = file.read(_KEY_BYTES + 1)
    return key if len(key) == _KEY_BYTES and stat.S_ISREG(facts.st_mode) and _only_ours(facts) else None
