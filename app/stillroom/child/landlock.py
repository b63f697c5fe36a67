"""Landlock: the files a process may still open, taken away from inside and without rights (Linux 5.13 and later)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every machine
_VERSION_OF_ABI = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
# Rights that a kernel of so high a version of the interface knows; what it does not know it would refuse.
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP = 0b11  # to bind, to connect
_SCOPES = 0b11  # abstract Unix sockets, signals
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

_READ = _READ_FILE | _READ_DIR
_WRITE = _READ | _WRITE_FILE | _TRUNCATE | _REMOVE_FILE | _REMOVE_DIR | _MAKE_REG | _MAKE_DIR
_DEVICE = _READ | _WRITE_FILE | _IOCTL_DEV


def version() -> int:
    """Of the interface that this kernel has; 0 where it has none, or it is switched off."""
    try:
        found: int = ctypes.CDLL(None, use_errno=True).syscall(_CREATE_RULESET, None, 0, _VERSION_OF_ABI)
    except (OSError, AttributeError):
        return 0
    return max(0, found)


def restrict(
    read: Iterable[str], write: Iterable[str] = (), devices: Iterable[str] = (), programs: Iterable[str] = ()
) -> int:
    """Leave this thread, and all that it starts, these files and folders alone. What is missing is passed over.

    ``programs``: files that may be started.

    Returns the version of the interface in use; 0 where there is none, and nothing was restricted. Raises OSError.
    """
    abi = version()
    if not abi:
        return 0
    library = ctypes.CDLL(None, use_errno=True)
    known = _KNOWN[min(abi, max(_KNOWN))]
    attributes = struct.pack("=QQQ", known, _TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = library.syscall(_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "no ruleset")
    try:
        for rights, paths in (
            (_READ, read), (_WRITE, write), (_DEVICE, devices), (_READ_FILE | _EXECUTE, programs),
        ):  # fmt: skip
            for path in paths:
                _allow(library, ruleset, path, rights & known)
        if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or library.syscall(_RESTRICT_SELF, ruleset, 0):
            raise OSError(ctypes.get_errno(), "not restricted")
    finally:
        os.close(ruleset)
    return abi


def _allow(library: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    with contextlib.suppress(OSError):  # it is not there
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(place).st_mode):
                rights &= _FOR_FILES
            rule = struct.pack("=Qi", rights, place)
            if library.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0):
                raise OSError(ctypes.get_errno(), "no rule")
        finally:
            os.close(place)
