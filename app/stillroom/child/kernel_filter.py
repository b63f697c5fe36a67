"""Filters of the kernel's (seccomp): what their programs are made of, and how one is put before this process."""

from __future__ import annotations

import ctypes
import errno
import logging
import struct
from collections.abc import Iterable

_log = logging.getLogger(__name__)

MODE_FILTER = 2
_NO_NEW_PRIVILEGES, _SECCOMP = 38, 22

X32_BIT = 0x40000000
"""Of calls on x86-64 that go by another table."""

# Of the classic BPF machine: load a word; jump if it is equal, greater or equal, has any of these bits; return.
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# Offsets into struct seccomp_data; of arguments the lower half.
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24
# What is returned.
ALLOW, DENIED, UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x00050000 | errno.ENOSYS

Instruction = tuple[int, int, int, int]


def put(program: Iterable[Instruction]) -> bool:
    """Put a filter before this process and all that it starts. Returns false where the kernel has none, and nothing was changed."""
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    instructions = ctypes.create_string_buffer(packed, len(packed))

    class Program(ctypes.Structure):
        """A program of the kernel's filter, as ``prctl`` takes it."""

        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

    described = Program(len(packed) // 8, ctypes.addressof(instructions))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    if library.prctl(_SECCOMP, MODE_FILTER, ctypes.byref(described), 0, 0):
        _log.info("no system call filter: %s", errno.errorcode.get(ctypes.get_errno(), "?"))
        return False
    return True
