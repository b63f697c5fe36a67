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
import sys
from enum import StrEnum
from pathlib import Path

from stillroom.child.kernel_filter import (
    ALLOW,
    ARCHITECTURE,
    AT_LEAST,
    DENIED,
    EQUAL,
    FIRST_ARGUMENT,
    LOAD,
    MODE_FILTER,
    NUMBER,
    RETURN,
    UNKNOWN,
    X32_BIT,
    Instruction,
    put,
)

_log = logging.getLogger(__name__)

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

# By machine: the AUDIT_ARCH_* constant, and the numbers of socket and socketpair; io_uring_setup (it makes sockets, too)
# is 425 everywhere.
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198), "riscv64": (0xC00000F3, 198)}
_IO_URING_SETUP = 425
# AF_INET, AF_INET6, AF_PACKET, AF_VSOCK, AF_BLUETOOTH: whatever could reach another machine.
_REFUSED_FAMILIES = (2, 10, 17, 40, 31)


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
        if fields.get("Seccomp", "").strip() == str(MODE_FILTER):
            return Isolation.FILTER
        own = os.readlink("/proc/self/ns/net")  # noqa: PTH115 - no path, a name
        return Isolation.NAMESPACE if os.readlink(f"/proc/{process}/ns/net") != own else Isolation.NONE  # noqa: PTH115
    except OSError:
        return Isolation.UNKNOWN


def _filter() -> bool:
    known = _MACHINES.get(platform.machine())
    if known is None or sys.maxsize < 2**32:
        return False
    return put(_program(*known)) and not _can_make_socket()


def _program(arch: int, socket_number: int) -> list[Instruction]:
    """The filter: another instruction set, internet sockets and io_uring get EACCES, everything else goes through."""
    families = len(_REFUSED_FAMILIES)
    # Jumps count instructions; the last two are "allow" and "refuse".
    rows = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, arch), (RETURN, 0, 0, DENIED), (LOAD, 0, 0, NUMBER)]
    if platform.machine() == "x86_64":
        rows += [(AT_LEAST, 0, 1, X32_BIT), (RETURN, 0, 0, DENIED)]
    rows += [(EQUAL, 0, 1, _IO_URING_SETUP), (RETURN, 0, 0, UNKNOWN)]
    rows += [(EQUAL, 1, 0, socket_number), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, FIRST_ARGUMENT)]
    rows += [(EQUAL, families - place, 0, family) for place, family in enumerate(_REFUSED_FAMILIES)]
    return [*rows, (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, DENIED)]


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
