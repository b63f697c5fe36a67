"""Files that are either the old one or the whole new one, whatever happens in between."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import psutil

from stillroom.errors import StillroomError

_LEFT_OVER = re.compile(r"\.stillroom-(?:(\d+)-)?[0-9a-f]{12}\.tmp")


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside ``target`` to write to. Leaving without an exception puts it in the target's place.

    The target's folder is made if it is missing. After an exception the target is as it was and nothing is left over.
    Raises StillroomError where the file system refuses (disk full, no permission, open in another program).
    """
    temporary = target.with_name(temporary_name())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Made first: a place that cannot be written is found before any work.
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield temporary
        if os.name == "posix" and target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        _sync(temporary, os.O_RDWR)
        os.replace(temporary, target)  # noqa: PTH105 - the path's own method is the same call
        if os.name == "posix":
            _sync(target.parent, os.O_RDONLY)
    except OSError as error:
        raise write_failure(target, error) from error
    finally:
        with contextlib.suppress(OSError):  # where it could not be made there is nothing to remove
            temporary.unlink(missing_ok=True)


def temporary_name() -> str:
    """A name for a file that is to take another's place: short, as that one's may be as long as names can be. It says which process
    writes it, so that what a killed one left is told from what is being written."""
    return f".stillroom-{os.getpid()}-{secrets.token_hex(6)}.tmp"


def remove_left_over(folder: Path) -> None:
    """Remove what processes that are gone were writing in a folder of this machine, and below it."""
    for path in folder.rglob(".stillroom-*.tmp"):
        found = _LEFT_OVER.fullmatch(path.name)
        if found is not None and not (found[1] and psutil.pid_exists(int(found[1]))):
            with contextlib.suppress(OSError):
                path.unlink()


def write_text(target: Path, text: str) -> None:
    """Replace a file's content by UTF-8 text. Raises StillroomError."""
    with replacing(target) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_failure(target: Path, error: OSError) -> StillroomError:
    """What to tell the person when ``target`` could not be written."""
    name = target.name or str(target)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        sentence = f"{name} was not written: the disk is full. Free some space, or choose another place."
    elif error.errno == errno.EROFS:
        sentence = f"{name} was not written: its folder can only be read. Choose another place."
    elif isinstance(error, PermissionError):
        sentence = (
            f"{name} was not written: it is not allowed there, or the file is open in another program. "
            "Close it, or choose another place."
        )
    elif isinstance(error, IsADirectoryError):
        sentence = f"{name} was not written: there is a folder of that name. Choose another name."
    elif isinstance(error, (NotADirectoryError, FileExistsError)):
        sentence = f"{name} was not written: part of its path is a file, not a folder. Choose another place."
    elif error.errno == errno.ENAMETOOLONG:
        sentence = "The file was not written: its name is too long. Choose a shorter one."
    else:
        sentence = f"{name} was not written: {error.strerror or type(error).__name__}. Choose another place."
    return StillroomError(sentence, details=f"{type(error).__name__} {error.errno}")


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
