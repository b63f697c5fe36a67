"""A program in a child's place, turned by a hostile file: tries everything and says what came of it.

Called with the child whose place it takes (``reader``, ``worker``, ``converter``), the layers that are put up (``files``, ``calls``,
``namespaces``, ``all``) and a folder of the person; the owner's other child is told by its number. Writes one JSON object: by try,
``refused`` or what it got.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from stillroom.child import Layers, Need, Reach, confine, confinement, landlock, namespaces, system_calls

LIBC = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"


OF_NAMESPACES = (
    "connect by IPv4", "reach another machine", "see a network card", "connect to an abstract socket", "make a raw socket",
    "make a packet socket", "be root over its namespaces", "mount", "change its root",
)  # fmt: skip


def main() -> None:
    child, layers, folder, sibling = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[5])
    if layers in ("calls", "namespaces"):
        landlock.restrict = lambda *_args, **_more: 0  # type: ignore[assignment]
    if layers in ("files", "namespaces"):
        system_calls.refuse = lambda *_args: False  # type: ignore[assignment]
    if layers in ("calls", "files"):
        namespaces.enter = lambda: False
    found = confined(child, folder)
    tried = attempts(folder, sibling)
    if layers == "namespaces":  # all else is let through by them, and would be done
        tried = {name: attempt for name, attempt in tried.items() if name in OF_NAMESPACES}
    if (child, layers) == (
        "converter",
        "calls",
    ):  # which programs it may start is said by the layer of files; it would become one
        del tried["become another program"]
    said = {name: outcome(attempt) for name, attempt in tried.items()}
    print(json.dumps({"layers": found.to_json(), "tries": said}))


def confined(child: str, folder: Path) -> Layers:
    """As the child confines itself, with a place to write for those that have one."""
    model = (str(folder / "model.gguf"),)
    if child == "reader":
        return confine(Reach(), written_bytes=0)
    if child == "worker":
        return confine(Reach(read=model), written_bytes=0, needs=Need.INFERENCE)
    if child == "keeping worker":
        return confine(Reach(read=model, write=(str(folder / "cells"),)), needs=Need.INFERENCE)
    if child == "card worker":  # as if there were a graphics card
        confinement._GRAPHICS = ("/dev/null",)
        return confine(Reach(read=model, graphics=True), written_bytes=0, needs=Need.INFERENCE)
    program = os.path.realpath(sys.executable)
    return confine(Reach(model, (str(folder / "work"),), programs=(program,)), needs=Need.INFERENCE)


def outcome(attempt: Callable[[], object]) -> str:
    try:
        got = attempt()
    except (PermissionError, ProcessLookupError) as error:
        return "refused" if isinstance(error, PermissionError) else "nobody there"
    except OSError as error:
        return f"failed: {error.strerror}"
    except MemoryError:
        return "failed: memory"
    return f"got {got!r}"


def call(number: int, *arguments: object) -> int:
    result: int = LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def attempts(folder: Path, sibling: int) -> dict[str, Callable[[], object]]:
    key, parent = folder / "id_ed25519", os.getppid()
    code = Path(os.__file__).with_name("stolen.py")
    page = ctypes.create_string_buffer(4096)
    vector = struct.pack("=QQ", ctypes.addressof(page), 8)
    tries: dict[str, Callable[[], object]] = {
        # the person's files
        "read a key": key.read_text,
        "read a key through /proc": Path(f"/proc/self/root{key}").read_text,
        "list the folder": lambda: list(folder.iterdir()),
        "change a key": lambda: key.open("r+"),
        "empty a key": lambda: os.truncate(key, 0),
        "remove a key": key.unlink,
        "rename a key": lambda: key.rename(folder / "x"),
        "link a key": lambda: os.link(key, folder / "y"),
        "write a file": lambda: (folder / "autostart").write_text("x"),
        "write to /tmp": lambda: Path("/tmp/stillroom-attack").write_text("x"),
        "write shared memory": lambda: Path("/dev/shm/stillroom-attack").write_text("x"),
        "write into its own code": lambda: code.write_text("x"),
        "make a folder": (folder / "z").mkdir,
        "make a pipe": lambda: os.mkfifo(folder / "p"),
        "make a link": lambda: (folder / "l").symlink_to("/"),
        "change the model": lambda: (folder / "model.gguf").open("r+"),
        "open a key to all": lambda: key.chmod(0o777),
        "mark a key": lambda: os.setxattr(key, "user.x", b"x"),
        "read the owner's environment": Path(f"/proc/{parent}/environ").read_bytes,
        "read the owner's memory by file": Path(f"/proc/{parent}/mem").open,
        "read the owner's maps": Path(f"/proc/{parent}/maps").read_text,
        "read the list of users' programs": lambda: list(Path("/proc").iterdir()),
        # other programs
        "start a shell": lambda: os.posix_spawn("/bin/sh", ["sh", "-c", "true"], {}),
        "become another program": lambda: os.execv("/bin/true", ["true"]),
        "become one that lies in memory": in_memory,
        "fork": fork,
        # other processes
        "signal the owner": lambda: os.kill(parent, 0),
        "signal the other child": lambda: os.kill(sibling, 0),
        "signal everyone": lambda: os.kill(-1, 0),
        "signal the group": lambda: os.kill(0, 0),
        "queue a signal": lambda: call(129 if X86 else 138, parent, 0, page),
        "trace the owner": lambda: trace(parent),
        "trace the other child": lambda: trace(sibling),
        "read the owner's memory": lambda: call(310 if X86 else 270, parent, vector, 1, vector, 1, 0),
        "write the owner's memory": lambda: call(311 if X86 else 271, parent, vector, 1, vector, 1, 0),
        "hold the owner": lambda: call(434, parent, 0),
        "take the owner's descriptor": lambda: call(438, 3, 0, 0),
        "set the owner's limits": lambda: call(302 if X86 else 261, parent, 7, 0, page),
        # the network and other ways to talk
        "connect by IPv4": lambda: socket.create_connection(("127.0.0.1", int(sys.argv[5])), 2),
        "reach another machine": lambda: socket.create_connection(("192.0.2.1", 80), 1),
        "see a network card": lambda: cards(),
        "be root over its namespaces": lambda: socket.sethostname(socket.gethostname()),
        "make an IPv6 socket": lambda: socket.socket(socket.AF_INET6),
        "make a datagram socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "make a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW),
        "connect to a Unix socket": lambda: unix(str(folder / "listening")),
        "connect to an abstract socket": lambda: unix("\0stillroom-attack-" + sys.argv[5]),
        "make a netlink socket": lambda: socket.socket(16, socket.SOCK_RAW),
        "make a vsock": lambda: socket.socket(40, socket.SOCK_STREAM),
        "make a packet socket": lambda: socket.socket(17, socket.SOCK_RAW),
        "make an AF_XDP socket": lambda: socket.socket(44, socket.SOCK_RAW),
        "make a Bluetooth socket": lambda: socket.socket(31, socket.SOCK_RAW),
        "make an AF_ALG socket": lambda: socket.socket(38, socket.SOCK_SEQPACKET),
        "make an io_uring": lambda: call(425, 4, page),
        "share memory by name": lambda: call(29 if X86 else 194, 0, 4096, 0o1600),
        "make a message queue": lambda: call(240 if X86 else 180, b"stillroom", 0o102, 0o600, None),
        # the kernel
        "mount": lambda: call(165 if X86 else 40, b"none", b"/tmp", b"tmpfs", 0, None),
        "open a tree": lambda: call(428, -100, b"/", 1),
        "have namespaces of its own": lambda: call(272 if X86 else 97, 0x10000000),
        "enter a namespace": lambda: call(308 if X86 else 268, 0, 0),
        "change its root": lambda: os.chroot(folder),
        "load a BPF program": lambda: call(321 if X86 else 280, 5, page, 48),
        "handle page faults": lambda: call(323 if X86 else 282, 1),
        "count events": lambda: call(298 if X86 else 241, page, 0, -1, -1, 0),
        "use the keyring": lambda: call(250 if X86 else 219, 0, -3, 0),
        "open by handle": lambda: call(304 if X86 else 265, -100, page, 0),
        "read the kernel's log": lambda: call(103 if X86 else 116, 10, None, 0),
        "use a call that is not known": lambda: call(900),
        "use a call that is on no list": lambda: call(162 if X86 else 81),
        "be told of what happens to a key": lambda: call(294 if X86 else 26, 0),
        "read and write beside the threads": lambda: call(206 if X86 else 0, 8, page),
        "have memory that nobody sees": lambda: call(447, 0),
        "put a filter of its own before itself": lambda: call(317 if X86 else 277, 2, 0, page),
        "be somebody else": lambda: call(105 if X86 else 146, 12345),
        "ask a file system what is rarely asked": lambda: call(16 if X86 else 29, 0, ctypes.c_ulong(0x80086601), page),
        "type into the terminal": lambda: call(16 if X86 else 29, 0, 0x5412, page),
        # its limits
        "raise its limits": raise_limits,
        "fill the disk by what it has open": lambda: os.write(os.memfd_create("x"), b"x" * 4096),
    }
    if X86:
        tries["use another instruction set's numbers"] = lambda: call(0x40000000 | 39)
    return tries


def in_memory() -> None:
    made = os.memfd_create("program", 0)  # empty, so it is no program; whether it may be tried is asked before
    call(322 if X86 else 281, made, b"", None, None, 0x1000)


def cards() -> list[str]:
    found = [name for _, name in socket.if_nameindex() if name != "lo"]
    if not found:
        raise PermissionError
    return found


def fork() -> int:
    made = os.fork()
    if not made:
        os._exit(0)
    return made


def trace(process: int) -> int:
    result: int = LIBC.ptrace(16, process, 0, 0)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def unix(address: str) -> str:
    made = socket.socket(socket.AF_UNIX)
    made.connect(address)
    return "connected"


def raise_limits() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert soft == hard
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    except ValueError as error:  # how Python says that it may not
        raise PermissionError from error


if __name__ == "__main__":
    main()
