"""A filter of system calls (seccomp): a child is left what it needs, and nothing else.

Each need has its list: what children of its kind were seen to call (``tests/benchmarks/calls_used.py``), and what other C libraries and
kernels call in the place of it. Whatever is on no list of the child's is refused as unknown, so that a library that has another way takes
it; other programs, other processes, sockets, mounts and the large parts of the kernel are refused with an error whatever the needs are.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from enum import Flag, auto

from stillroom.child.kernel_filter import (
    ALLOW,
    ANY_BIT,
    ARCHITECTURE,
    AT_LEAST,
    DENIED,
    EQUAL,
    FIRST_ARGUMENT,
    LOAD,
    NUMBER,
    RETURN,
    SECOND_ARGUMENT,
    UNKNOWN,
    X32_BIT,
    Instruction,
    put,
)


class Need(Flag):
    """A purpose for which a child calls the kernel, beside reading what is open and computing.

    INFERENCE: what llama.cpp and the libraries that compute ask of memory and threads.
    WRITING: files and folders within its reach. PROGRAMS: those within its reach, and to wait for them.
    DRIVERS: what drives a graphics card. UNLISTED: every call that is not refused whatever the needs are.
    """

    NONE = 0
    INFERENCE = auto()
    WRITING = auto()
    PROGRAMS = auto()
    DRIVERS = auto()
    UNLISTED = auto()


_Calls = dict[str, tuple[int | None, int | None]]

# By machine: AUDIT_ARCH_*, and the column below.
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
_NEWEST = 470
"""Numbers from here on were given after this list was made (Linux 6.16)."""

# Numbers on x86-64, and on the machines that share the generic table (None: not there).
_REFUSED: _Calls = {
    # sockets: none is made, reached, or used to hand descriptors on
    "socket": (41, 198), "connect": (42, 203), "accept": (43, 202), "accept4": (288, 242), "bind": (49, 200),
    "listen": (50, 201), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "kcmp": (312, 272), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "execveat": (322, 281), "migrate_pages": (256, 238), "move_pages": (279, 239),
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
_PROGRAMS: _Calls = {
    "execve": (59, 221), "fork": (57, None), "vfork": (58, None),
}  # fmt: skip
_TIMES: _Calls = {
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
}  # fmt: skip
# What is left to every child: it reads what it is handed and computes. Beside what was seen: how other C libraries and machines do the
# same (open, stat, select, readlinkat …: older or newer forms of one call), how threads, signals and clocks are set up or restored on
# the way (rt_sigreturn, restart_syscall, set_tid_address, arch_prctl; clocks are calls only where the vDSO has none), what allocators and
# mathematical libraries ask on larger machines (mempolicy, mlock, getcpu, affinity, membarrier), what Python's own modules look up of
# the process (user, group, limits, usage, priority), and how it ends itself when it finds itself broken.
_OF_READING: _Calls = {
    # files that are open, or within its reach
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67), "preadv": (295, 69),
    "lseek": (8, 62), "open": (2, None), "openat": (257, 56), "openat2": (437, 437), "close": (3, 57), "close_range": (436, 436),
    "stat": (4, None), "fstat": (5, 80), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78), "getdents": (78, None),
    "getdents64": (217, 61), "getcwd": (79, 17), "fcntl": (72, 25), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    "flock": (73, 32), "fadvise64": (221, 223), "statfs": (137, 43), "fstatfs": (138, 44), "pipe": (22, None), "pipe2": (293, 59),
    "umask": (95, 166),
    # what it is handed
    "recvmsg": (47, 212), "getsockopt": (55, 209), "getsockname": (51, 204), "getpeername": (52, 205),
    # memory
    "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "madvise": (28, 233), "brk": (12, 214),
    "mincore": (27, 232), "membarrier": (324, 283), "mbind": (237, 235), "get_mempolicy": (239, 236), "mlock": (149, 228),
    "munlock": (150, 229),
    # waiting
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72), "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21), "epoll_wait": (232, None), "epoll_pwait": (281, 22), "eventfd2": (290, 19),
    "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "futex": (202, 98),
    "restart_syscall": (219, 128), "sched_yield": (24, 124),
    # threads, signals, itself
    "exit": (60, 93), "exit_group": (231, 94), "set_tid_address": (218, 96), "set_robust_list": (273, 99),
    "rseq": (334, 293), "gettid": (186, 178), "getpid": (39, 172), "getppid": (110, 173),
    "arch_prctl": (158, None), "prctl": (157, 167),
    "sched_getaffinity": (204, 123), "sched_setaffinity": (203, 122), "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120), "getpriority": (140, 141), "getcpu": (309, 168), "wait4": (61, 260), "waitid": (247, 95),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigtimedwait": (128, 137), "sigaltstack": (131, 132),
    "setitimer": (38, 103), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "getgroups": (115, 158), "getresuid": (118, 148), "getresgid": (120, 150), "capget": (125, 90),
    # the time and the machine
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153),
    "uname": (63, 160), "sysinfo": (99, 179), "getrusage": (98, 165), "getrlimit": (97, 163), "setrlimit": (160, 164),
    "getrandom": (318, 278),
}  # fmt: skip
_OF_INFERENCE: _Calls = {
    # memory on processors with memory of their own, and in pages of other sizes
    "set_mempolicy": (238, 237), "set_mempolicy_home_node": (450, 450), "mlock2": (325, 284),
    # threads on their places: OpenMP and ggml, where a person or the machine asks for it
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126), "sched_rr_get_interval": (148, 127), "setpriority": (141, 140),
}  # fmt: skip
# A folder of kept states, a model in another quantization: what C++ and Python write, copy, replace and make room by, older forms too.
_OF_WRITING: _Calls = {
    "creat": (85, None), "pwrite64": (18, 68), "pwritev": (296, 70), "preadv2": (327, 286), "pwritev2": (328, 287),
    "sendfile": (40, 71), "copy_file_range": (326, 285), "splice": (275, 76), "truncate": (76, 45), "ftruncate": (77, 46),
    "fallocate": (285, 47), "fsync": (74, 82), "fdatasync": (75, 83), "sync_file_range": (277, 84), "msync": (26, 227),
    "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276), "unlink": (87, None), "unlinkat": (263, 35),
    "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
}  # fmt: skip
# A Python of its own and its package installer: sessions, folders, attributes of copied files.
_OF_PROGRAMS: _Calls = {
    "setsid": (112, 157), "setpgid": (109, 154), "chdir": (80, 49), "fchdir": (81, 50), "getxattr": (191, 8),
    "lgetxattr": (192, 9), "fgetxattr": (193, 10), "listxattr": (194, 11), "llistxattr": (195, 12), "flistxattr": (196, 13),
}  # fmt: skip
# From what CUDA, ROCm, Level Zero and Mesa's Vulkan are known to call; nobody could try each card.
_OF_DRIVERS: _Calls = {
    # Never beside programs: a file in memory could be started, and Landlock has no say in that.
    "memfd_create": (319, 279), "ftruncate": (77, 46),
    "fallocate": (285, 47), "msync": (26, 227), "mlockall": (151, 230), "munlockall": (152, 231), "mseal": (462, 462),
    "pkey_alloc": (330, 289), "pkey_free": (331, 290), "pkey_mprotect": (329, 288), "map_shadow_stack": (453, 453),
    "mkdir": (83, None), "mkdirat": (258, 34), "unlink": (87, None), "unlinkat": (263, 35), "rename": (82, None),
    "renameat": (264, 38), "renameat2": (316, 276), "fsync": (74, 82), "fdatasync": (75, 83), "pwrite64": (18, 68),
    "pwritev": (296, 70), "preadv2": (327, 286), "pwritev2": (328, 287), "readahead": (187, 213), "socketpair": (53, 199),
    "eventfd": (284, None), "epoll_create": (213, None), "timerfd_create": (283, 85), "timerfd_settime": (286, 86),
    "timerfd_gettime": (287, 87), "signalfd": (282, None), "signalfd4": (289, 74), "timer_create": (222, 107),
    "timer_settime": (223, 110), "timer_gettime": (224, 108), "timer_getoverrun": (225, 109), "timer_delete": (226, 111),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27), "inotify_rm_watch": (255, 28),
    "sched_setattr": (314, 274), "sched_getattr": (315, 275), "ioprio_get": (252, 31), "ioprio_set": (251, 30),
    "getxattr": (191, 8), "fgetxattr": (193, 10), "futex_wake": (454, 454), "futex_wait": (455, 455), "futex_requeue": (456, 456),
}  # fmt: skip
_BY_NEED = {
    Need.INFERENCE: _OF_INFERENCE,
    Need.WRITING: {**_OF_WRITING, **_TIMES},
    Need.PROGRAMS: {**_PROGRAMS, **_OF_PROGRAMS},
    Need.DRIVERS: _OF_DRIVERS,
}
_KILL, _TGKILL = (62, 129), (234, 131)
_CLONE, _CLONE3 = (56, 220), 435
_PRLIMIT = (302, 261)
_IOCTL = (16, 29)
_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020000
_TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into a terminal
# TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: what is asked of a descriptor that is no device's.
_OF_DESCRIPTORS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)

_SYNC = (162, 81)
ON_NO_LIST = _SYNC[_MACHINES.get(platform.machine(), (0, 0))[1]]
"""A call of this machine's that is on no list and does no harm: with it a child tries whether its lists hold."""


def refuse(needs: Need = Need.NONE) -> bool:
    """Leave this process, and all that it starts, what reading and computing take and what it needs beside. Call it before any
    thread is started. Which programs it may start, and what it may write, is for others to limit.

    Returns false where this kernel or machine has no such filter, and nothing was refused.
    """
    known = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or known is None or sys.maxsize < 2**32:
        return False
    return put(_program(*known, needs=needs))


def lets(number: int, needs: Need) -> bool:
    """Whether the filter lets a call of this machine's through, at least with some arguments; for looking at it."""
    known = _MACHINES.get(platform.machine())
    if known is None:
        return True
    column = known[1]
    some = [_KILL[column], _TGKILL[column], _CLONE[column], _PRLIMIT[column], _IOCTL[column]]
    if number in _numbers(_refused(needs).values(), column) or number == _CLONE3 or number >= _NEWEST:
        return False
    return Need.UNLISTED in needs or number in some or number in _numbers(_left(needs).values(), column)


def _refused(needs: Need) -> _Calls:
    return {
        **_REFUSED,
        **({} if Need.PROGRAMS in needs else _PROGRAMS),
        **({} if Need.WRITING in needs else _TIMES),
    }


def _left(needs: Need) -> _Calls:
    left = dict(_OF_READING)
    for need, calls in _BY_NEED.items():
        if need in needs:
            left |= calls
    return left


def _program(arch: int, column: int, *, needs: Need) -> list[Instruction]:
    rows: list[Instruction] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, arch),
        (RETURN, 0, 0, DENIED),  # calls of another instruction set have other numbers
        (LOAD, 0, 0, NUMBER),
    ]
    if column == 0:
        rows += [(AT_LEAST, 0, 1, X32_BIT), (RETURN, 0, 0, DENIED)]
    rows += [(AT_LEAST, 0, 1, _NEWEST), (RETURN, 0, 0, UNKNOWN)]
    for number in _numbers(_refused(needs).values(), column):
        rows += [(EQUAL, 0, 1, number), (RETURN, 0, 0, DENIED)]
    own = os.getpid()
    # Threads only. What the newer call wants lies in memory, where a filter cannot look; the C library goes on without it.
    rows += [(EQUAL, 0, 1, _CLONE3), (RETURN, 0, 0, UNKNOWN)]
    rows += [(EQUAL, 0, 4, _CLONE[column]), (LOAD, 0, 0, FIRST_ARGUMENT)]
    if Need.PROGRAMS in needs:
        rows += [(ANY_BIT, 0, 1, _CLONE_NAMESPACES), (RETURN, 0, 0, DENIED), (RETURN, 0, 0, ALLOW)]
    else:
        rows += [(ANY_BIT, 0, 1, _CLONE_THREAD), (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, DENIED)]
    for call in (_KILL, _TGKILL):  # itself only: how a program ends that finds itself broken
        rows += [(EQUAL, 0, 4, call[column]), (LOAD, 0, 0, FIRST_ARGUMENT), (EQUAL, 0, 1, own)]
        rows += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, DENIED)]
    rows += [(EQUAL, 0, 5, _PRLIMIT[column]), (LOAD, 0, 0, FIRST_ARGUMENT), (EQUAL, 1, 0, 0), (EQUAL, 0, 1, own)]
    rows += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, DENIED)]
    rows += _device_requests(column, needs)
    if Need.UNLISTED in needs:
        return [*rows, (RETURN, 0, 0, ALLOW)]
    for number in _numbers(_left(needs).values(), column):
        rows += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    return [*rows, (RETURN, 0, 0, UNKNOWN)]


def _device_requests(column: int, needs: Need) -> list[Instruction]:
    """What may be asked of a device: of a card anything but to type; else what is asked of any descriptor."""
    requests: tuple[int, ...] = _OF_DESCRIPTORS
    listed, other = ALLOW, DENIED
    if needs & (Need.DRIVERS | Need.UNLISTED):
        requests, listed, other = _TERMINAL_INPUT, DENIED, ALLOW
    rows: list[Instruction] = [(EQUAL, 0, 2 * len(requests) + 2, _IOCTL[column]), (LOAD, 0, 0, SECOND_ARGUMENT)]
    for request in requests:
        rows += [(EQUAL, 0, 1, request), (RETURN, 0, 0, listed)]
    return [*rows, (RETURN, 0, 0, other)]


def _numbers(calls: Iterable[tuple[int | None, int | None]], column: int) -> list[int]:
    return sorted({number for call in calls if (number := call[column]) is not None})
