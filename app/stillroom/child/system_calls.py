"""A filter of system calls (seccomp): what a child that computes and reads what it is handed never needs.

Whatever a hostile file makes of the child, the kernel refuses it here: other programs, other processes, sockets, mounts, the
large and rarely used parts of the kernel. A call that is newer than this list is refused as unknown.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable

# By machine: AUDIT_ARCH_*, and the column below.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
_X32_BIT = 0x40000000
_NEWEST = 470
"""Numbers from here on were given after this list was made (Linux 6.16)."""

# Numbers on x86-64, and on the machines that share the generic table (None: not there).
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # sockets: none is made, reached, or used to hand descriptors on
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "accept4": (288, 242), "bind": (49, 200),
    "listen": (50, 201), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "kcmp": (312, 272), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    # memory and queues shared by name
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190), "semctl": (66, 191), "semop": (65, 193),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    # places
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "open_tree_attr": (467, 467), "unshare": (272, 97), "setns": (308, 268),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262), "fanotify_mark": (301, 263),
    # what a file system's rules do not cover: whose a file is, and who may open it
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "setxattrat": (463, 463), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16), "removexattrat": (466, 466), "file_setattr": (469, 469),
    # large parts of the kernel, and its keys
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "userfaultfd": (323, 282),
    "bpf": (321, 280), "perf_event_open": (298, 241), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "modify_ldt": (154, None), "personality": (135, 92), "lookup_dcookie": (212, 18), "uselib": (134, None),
    # the machine
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "syslog": (103, 116), "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, None), "ioperm": (173, None),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "vhangup": (153, 58), "nfsservctl": (180, 42),
}  # fmt: skip
_PROGRAMS: dict[str, tuple[int | None, int | None]] = {
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
}  # fmt: skip
_TIMES: dict[str, tuple[int | None, int | None]] = {
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
}  # fmt: skip
_KILL, _TGKILL = (62, 129), (234, 131)
_CLONE, _CLONE3 = (56, 220), 435
_PRLIMIT = (302, 261)
_IOCTL = (16, 29)
_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020000
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into a terminal

# Of the classic BPF machine.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW = 0x7FFF0000
_DENIED, _UNKNOWN = 0x00050000 | errno.EACCES, 0x00050000 | errno.ENOSYS
# Offsets into struct seccomp_data; of arguments the lower half.
_NUMBER, _ARCH, _FIRST, _SECOND = 0, 4, 16, 24

_NO_NEW_PRIVILEGES, _SECCOMP, _MODE_FILTER = 38, 22, 2

_Row = tuple[int, int, int, int]


def refuse(*, times: bool = True, programs: bool = True) -> bool:
    """Refuse this process, and all that it starts, what it never needs. Call it before any thread is started.

    ``times``: refuse to change the times of files, too. ``programs``: refuse to start programs; what may be started is else for
    others to limit.

    Returns false where this kernel or machine has no such filter, and nothing was refused.
    """
    known = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or known is None or sys.maxsize < 2**32:
        return False
    program = b"".join(struct.pack("=HBBI", *row) for row in _program(*known, times=times, programs=programs))
    instructions = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        """A program of the kernel's filter, as ``prctl`` takes it."""

        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

    described = Program(len(program) // 8, ctypes.addressof(instructions))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not library.prctl(_SECCOMP, _MODE_FILTER, ctypes.byref(described), 0, 0)


def _program(arch: int, column: int, *, times: bool, programs: bool) -> list[_Row]:
    rows: list[_Row] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _DENIED),  # calls of another instruction set have other numbers
        (_LOAD, 0, 0, _NUMBER),
    ]
    if column == 0:
        rows += [(_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _DENIED)]
    rows += [(_AT_LEAST, 0, 1, _NEWEST), (_RETURN, 0, 0, _UNKNOWN)]
    refused = {**_REFUSED, **(_PROGRAMS if programs else {}), **(_TIMES if times else {})}
    for number in _numbers(refused.values(), column):
        rows += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _DENIED)]
    own = os.getpid()
    # Threads only. What the newer call wants lies in memory, where a filter cannot look; the C library goes on without it.
    rows += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _UNKNOWN)]
    rows += [(_EQUAL, 0, 4, _CLONE[column]), (_LOAD, 0, 0, _FIRST)]
    if programs:
        rows += [(_ANY_BIT, 0, 1, _CLONE_THREAD), (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _DENIED)]
    else:
        rows += [(_ANY_BIT, 0, 1, _CLONE_NAMESPACES), (_RETURN, 0, 0, _DENIED), (_RETURN, 0, 0, _ALLOW)]
    for call in (_KILL, _TGKILL):  # itself only: how a program ends that finds itself broken
        rows += [(_EQUAL, 0, 4, call[column]), (_LOAD, 0, 0, _FIRST), (_EQUAL, 0, 1, own)]
        rows += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _DENIED)]
    rows += [(_EQUAL, 0, 5, _PRLIMIT[column]), (_LOAD, 0, 0, _FIRST), (_EQUAL, 1, 0, 0), (_EQUAL, 0, 1, own)]
    rows += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _DENIED)]
    rows += [(_EQUAL, 0, 5, _IOCTL[column]), (_LOAD, 0, 0, _SECOND)]
    rows += [
        (_EQUAL, 2, 0, request) if place == 0 else (_EQUAL, 1, 0, request)
        for place, request in enumerate(_TERMINAL_INPUT)
    ]
    rows += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _DENIED), (_RETURN, 0, 0, _ALLOW)]
    return rows


def _numbers(calls: Iterable[tuple[int | None, int | None]], column: int) -> list[int]:
    return sorted({number for call in calls if (number := call[column]) is not None})
