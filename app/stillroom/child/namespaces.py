"""Namespaces: a network, a memory between processes and a host name of its own for a child, taken from inside and without rights.

Not a process tree of its own: that takes a further process between owner and child, which would have to pass on limits, signals
and the end, and would hide only what Landlock (/proc) and the filter of calls (signals, tracing) keep from the child; and not a root
of its own: Landlock leaves what is read, and nothing is mounted. A system that lets ordinary users have no
namespaces of users refuses all of them.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import struct
from pathlib import Path

_log = logging.getLogger(__name__)

_NEW_CGROUP, _NEW_HOST, _NEW_IPC, _NEW_USER, _NEW_NETWORK = 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x40000000
_KINDS = ("user", "net", "ipc", "uts", "cgroup")
_CAPABILITY_VERSION = 0x20080522
_PR_CAPBSET_DROP, _PR_SET_SECUREBITS = 24, 28
_LAST_CAPABILITY = 63
_SECURE = 0x2F  # root's user number is worth nothing, and that stays so


def enter() -> bool:
    """Take them for this process and all that it starts. Call it before any thread is started. Tells whether it has them all.

    In a namespace of users a process has every right over what is in it; they are given up at once.
    """
    user, group = os.getuid(), os.getgid()
    before = _own()
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.unshare(_NEW_USER | _NEW_NETWORK | _NEW_IPC | _NEW_HOST | _NEW_CGROUP):
            _log.info("no namespaces: %s", errno.errorcode.get(ctypes.get_errno(), "?"))
            return False
        # The same person as before, who may read the same files.
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
        _give_up_rights(library)
    except (OSError, AttributeError) as error:
        _log.warning("namespaces were not set up: %s", type(error).__name__)
        return False
    return all(now and now != then for now, then in zip(_own(), before, strict=True))


def _give_up_rights(library: ctypes.CDLL) -> None:
    library.prctl(_PR_SET_SECUREBITS, _SECURE, 0, 0, 0)
    for capability in range(_LAST_CAPABILITY + 1):
        library.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    if library.capset(header, bytes(24)):
        raise OSError(ctypes.get_errno(), "rights were not given up")


def _own() -> list[str]:
    """The namespaces of this process, as the kernel names them."""
    found = []
    for kind in _KINDS:
        try:
            found.append(os.readlink(f"/proc/self/ns/{kind}"))  # noqa: PTH115 - no path, a name
        except OSError:
            found.append("")
    return found
