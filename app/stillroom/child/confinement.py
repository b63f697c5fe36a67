"""Confines a child from inside, before it sees anything of a file: what it may open, call and use up; and tells what holds.

A layer that this system lacks is not pretended: each one is tried after it was put up, and reported as it was found.
"""

from __future__ import annotations

import ctypes
import errno
import json
import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stillroom.child import landlock, namespaces, system_calls
from stillroom.child.system_calls import Need
from stillroom.codec import from_child

_log = logging.getLogger(__name__)

REACH = "STILLROOM_REACH"
"""The variable of the environment in which a child is told its reach."""
UNLISTED = "STILLROOM_UNLISTED_CALLS"
"""The variable with which a person lets the driver of a graphics card use system calls that are on no list: 1."""

_PR_SET_DUMPABLE, _PR_GET_NO_NEW_PRIVS = 4, 39
_OPEN_FILES = 1024

# Of the system: its libraries and fonts, what they are found by, and what is known of the machine. No one's documents.
_SYSTEM = (
    "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/local/lib", "/usr/local/lib64", "/usr/share", "/usr/local/share/fonts",
    "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store", "/app/lib", "/opt/rocm", "/opt/intel",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/fonts", "/etc/mime.types", "/etc/passwd",
    "/etc/nsswitch.conf", "/etc/vulkan", "/etc/OpenCL", "/etc/os-release", "/etc/locale.alias", "/etc/nvidia",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems", "/proc/version", "/proc/devices", "/proc/modules",
    "/proc/sys/kernel", "/proc/sys/vm", "/proc/driver", "/proc/uptime", "/proc/loadavg",
    "/sys/devices", "/sys/class", "/sys/bus", "/sys/dev", "/sys/module", "/sys/fs/cgroup", "/sys/kernel/mm",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_GRAPHICS = (
    "/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset", "/dev/nvidia-caps",
    "/dev/dri", "/dev/kfd", "/dev/dxg", "/dev/udmabuf",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reach:
    """What a child may open beside its own code and the system's libraries. Names of files and folders, whole.

    Attributes:
        read: to be read. write: files and folders to be written, too; folders are made if missing.
        graphics: whether it may use the graphics cards.
        programs: files that it may start; they are held to the same.
    """

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    graphics: bool = False
    programs: tuple[str, ...] = ()

    def covers(self, other: Reach) -> bool:
        """Whether a child of this reach can do what needs the other."""
        return (
            set(other.read) <= set(self.read)
            and set(other.write) <= set(self.write)
            and set(other.programs) <= set(self.programs)
            and self.graphics >= other.graphics
        )

    def to_environment(self) -> dict[str, str]:
        """As the child is told. ASCII, whatever bytes a name has."""
        return {REACH: json.dumps(asdict(self))}

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> Reach:
        """What this child was told; nothing where it was told nothing."""
        data = json.loads(environment.get(REACH, "{}"))
        several = {name: tuple(map(str, data.get(name, ()))) for name in ("read", "write", "programs")}
        return Reach(**several, graphics=bool(data.get("graphics")))


@dataclass(frozen=True, slots=True)
class Layers:
    """What was found to hold in a child.

    Attributes:
        files: it opens nothing but what is within its reach; ``files_version`` of Landlock's interface, 0 for none.
        calls: it makes no socket and uses no rare part of the kernel. listed: nor any call that is not on its list.
        programs: it starts nothing and signals nobody; ``own_program``: but its own Python, held to the same.
        privileges: it gains no rights from what it starts. memory: nobody else of the same person looks into it.
        written: no file grows by what it writes.
        namespaces: it has a network and a memory between processes of its own, both empty.
    """

    files: bool = False
    files_version: int = 0
    calls: bool = False
    listed: bool = False
    programs: bool = False
    own_program: bool = False
    privileges: bool = False
    memory: bool = False
    written: bool = False
    namespaces: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: object) -> Layers:
        """What a child said of itself. Raises ValueError where that makes no sense."""
        if not isinstance(data, dict):
            raise ValueError("no layers")
        return from_child(Layers, data)

    @property
    def held(self) -> tuple[str, ...]:
        """What holds, for a person: each to be read after the name of the child."""
        return tuple(words for words, holds in self._told().items() if holds)

    @property
    def missing(self) -> tuple[str, ...]:
        """What does not hold here."""
        return tuple(words for words, holds in self._told().items() if not holds)

    @property
    def words(self) -> str:
        """What holds, and what does not, for a person."""
        not_there = ["not on this system: " + ", ".join(self.missing)] if self.missing else []
        return "; ".join([*self.held, *not_there])

    def _told(self) -> dict[str, bool]:
        programs = "starts no program but its own Python" if self.own_program else "starts no program"
        return {
            "opens no file but its own": self.files,
            "makes no connection": self.calls,
            "asks nothing of the system that is not on its list": self.listed,
            f"{programs} and touches no other": self.programs,
            "gains no rights": self.privileges,
            "cannot be looked into": self.memory,
            "has an empty network of its own": self.namespaces,
        }


def confine(reach: Reach, *, written_bytes: int | None = None, needs: Need = Need.NONE) -> Layers:
    """Confine this process and all it starts. Call it before any thread is started, and before any file is looked at.

    ``written_bytes``: that a file may grow to; None for no limit. ``needs``: beside reading and computing, and what follows of its reach.
    Nothing is raised: what could not be had is told.
    """
    if sys.platform != "linux":
        return Layers()
    _limit(written_bytes)
    # What drives a graphics card looks for more than one's own person there; nobody could try it here.
    drives_a_card = reach.graphics and any(os.path.lexists(place) for place in _graphics())
    own_namespaces = not drives_a_card and namespaces.enter()
    library = ctypes.CDLL(None, use_errno=True)
    memory = library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
    version = 0
    try:
        for place in reach.write:
            if not os.path.lexists(place):
                Path(place).mkdir(mode=0o700, parents=True, exist_ok=True)
        devices = _DEVICES + (_graphics() if reach.graphics else ())
        version = landlock.restrict((*_SYSTEM, *own_code(), *reach.read), reach.write, devices, reach.programs)
    except OSError as error:
        _log.warning("files are not out of reach: %s", error.strerror or type(error).__name__)
    needs |= _needs(reach, drives_a_card=drives_a_card)
    filtered = False
    try:
        filtered = system_calls.refuse(needs)
    except OSError as error:
        _log.warning("system calls are not filtered: %s", error.strerror or type(error).__name__)
    return Layers(
        files=version > 0 and _refused(lambda: os.close(os.open("/", os.O_RDONLY | os.O_DIRECTORY))),
        files_version=version,
        calls=filtered and _refused(lambda: socket.socket(socket.AF_UNIX).close()),
        listed=filtered and _unknown(library, system_calls.ON_NO_LIST),
        programs=filtered and _refused(lambda: os.kill(os.getppid(), 0)),
        own_program=bool(reach.programs),
        privileges=library.prctl(_PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
        memory=memory,
        written=written_bytes == 0,
        namespaces=own_namespaces,
    )


def _needs(reach: Reach, *, drives_a_card: bool) -> Need:
    """What a child calls the kernel for because of its reach."""
    needs = Need.NONE
    if reach.write:
        needs |= Need.WRITING
    if reach.programs:
        needs |= Need.PROGRAMS
    if drives_a_card:
        # A driver that nobody tried may need what is on no list: whoever has such a card can let it, and it is told.
        needs |= Need.UNLISTED if os.environ.get(UNLISTED) == "1" else Need.DRIVERS
    return needs


def own_code() -> tuple[str, ...]:
    """Where the modules and data of this program and of its Python lie."""
    found = [*sys.path, str(Path(__file__).resolve().parents[2])]
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        found += [f"{prefix}/{name}" for name in ("lib", "lib64", "pyvenv.cfg", "share/fonts")]
    if getattr(sys, "frozen", False):
        found += [str(Path(sys.executable).parent), str(getattr(sys, "_MEIPASS", ""))]
    else:
        found.append(str(Path(__file__).resolve().parents[3] / "resources"))
    home = str(Path.home())
    # A folder that holds more than code is not opened by being on the path.
    return tuple(
        dict.fromkeys(path for path in found if path.startswith("/") and path not in ("/", home, "/home", "/tmp"))
    )


def _graphics() -> tuple[str, ...]:
    cards = tuple(str(path) for path in Path("/dev").glob("nvidia[0-9]*"))
    return _GRAPHICS + cards


def _limit(written_bytes: int | None) -> None:
    import resource

    wanted = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, _OPEN_FILES)]
    if written_bytes is not None:
        wanted.append((resource.RLIMIT_FSIZE, written_bytes))
    for kind, most in wanted:
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):
            _log.warning("a limit could not be set")


def _unknown(library: ctypes.CDLL, number: int) -> bool:
    """Whether a call that every kernel has is answered as if there were none of its number."""
    return bool(library.syscall(ctypes.c_long(number), 0, 0, 0, 0) < 0 and ctypes.get_errno() == errno.ENOSYS)


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except PermissionError:
        return True
    except OSError:
        return False
    return False
