"""Takes the network away from a child, from inside, before it does anything else; and tells from outside whether it has any.

On Linux a system call filter (seccomp) refuses sockets of the internet families, for native code too; where the kernel has
no such filters, an empty network namespace serves. Elsewhere nothing of the kind can be had without rights: that is said.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import platform
import socket
import struct
import sys
from enum import StrEnum
from pathlib import Path

_log = logging.getLogger(__name__)

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

# By machine: the AUDIT_ARCH_* constant, and the numbers of socket and socketpair; io_uring_setup (it makes sockets, too)
# is 425 everywhere.
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198), "riscv64": (0xC00000F3, 198)}
_IO_URING_SETUP = 425
_X32_BIT = 0x40000000
# AF_INET, AF_INET6, AF_PACKET, AF_VSOCK, AF_BLUETOOTH: whatever could reach another machine.
_REFUSED_FAMILIES = (2, 10, 17, 40, 31)

# Of the classic BPF machine: load a word, jump if equal, jump if greater or equal, return.
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
# Offsets into struct seccomp_data.
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16


class Isolation(StrEnum):
    """What keeps a process from the network."""

    FILTER = "a system call filter"
    NAMESPACE = "an empty network of its own"
    NONE = "nothing"
    UNKNOWN = "not known"


def shut_off_network() -> Isolation:
    """Take the network away from this process and all it starts. Call it before any thread is started."""
    if sys.platform != "linux":
        return Isolation.NONE
    try:
        if _filter():
            return Isolation.FILTER
        if _namespace():
            return Isolation.NAMESPACE
    except (OSError, AttributeError) as error:
        _log.warning("the network could not be taken away: %s", type(error).__name__)
    return Isolation.NONE


def isolation_of(process: int) -> Isolation:
    """What keeps another process from the network, as the kernel tells it."""
    if sys.platform != "linux":
        return Isolation.NONE
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        if fields.get("Seccomp", "").strip() == str(_SECCOMP_MODE_FILTER):
            return Isolation.FILTER
        own = os.readlink("/proc/self/ns/net")  # noqa: PTH115 - no path, a name
        return Isolation.NAMESPACE if os.readlink(f"/proc/{process}/ns/net") != own else Isolation.NONE  # noqa: PTH115
    except OSError:
        return Isolation.UNKNOWN


def _filter() -> bool:
    known = _MACHINES.get(platform.machine())
    if known is None or sys.maxsize < 2**32:
        return False
    program = _program(*known)
    instructions = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        """A program of the kernel's filter, as ``prctl`` takes it."""

        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

    described = Program(len(program) // 8, ctypes.addressof(instructions))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    if library.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(described), 0, 0):
        _log.info("no system call filter: %s", errno.errorcode.get(ctypes.get_errno(), "?"))
        return False
    return not _can_make_socket()


def _program(arch: int, socket_number: int) -> bytes:
    """The filter: another instruction set, internet sockets and io_uring get EACCES, everything else goes through."""
    refuse = _REFUSE | errno.EACCES
    families = len(_REFUSED_FAMILIES)
    # Jumps count instructions; the last two are "allow" and "refuse".
    rows = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), (_RETURN, 0, 0, refuse), (_LOAD, 0, 0, _NUMBER)]
    if platform.machine() == "x86_64":
        rows += [(_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, refuse)]
    rows += [(_EQUAL, 0, 1, _IO_URING_SETUP), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]
    rows += [(_EQUAL, 1, 0, socket_number), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, _FIRST_ARGUMENT)]
    rows += [(_EQUAL, families - place, 0, family) for place, family in enumerate(_REFUSED_FAMILIES)]
    rows += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, refuse)]
    return b"".join(struct.pack("=HBBI", *row) for row in rows)


def _namespace() -> bool:
    library = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
        _log.info("no namespace: %s", errno.errorcode.get(ctypes.get_errno(), "?"))
        return False
    # The same person as before, who may open the same files.
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    return True


def _can_make_socket() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except PermissionError:
        return False
    return True
