"""The seal: while it holds, this process opens no connection; breaking it is deliberate, has a reason, and ends by itself."""

from __future__ import annotations

import contextlib
import errno
import functools
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stillroom.errors import StillroomError

_INTERNET_FAMILIES = frozenset({2, 10, 23, 30})  # AF_INET, and AF_INET6 on Linux, Windows and macOS
_MOST_HOSTS = 50


class SealedError(StillroomError, OSError):
    """A connection was refused because the application is sealed. An OSError, too, so that libraries take it for one that failed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.errno, self.strerror = errno.EACCES, message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Opening:
    """A deliberate break of the seal that is still going on.

    Attributes:
        reason: what for, in a few words: "download of a model".
        destination: the host it is meant for.
        since: UTC.
    """

    number: int
    reason: str
    destination: str
    since: datetime = field(default_factory=lambda: datetime.now(UTC))


class Seal:
    """Whether connections are let through. Safe from any thread.

    Attributes:
        sealed: whether the seal holds when nothing breaks it. Off, connections are never refused.
    """

    def __init__(self, *, sealed: bool = True) -> None:
        self._sealed = sealed
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._openings: dict[int, Opening] = {}
        self._hosts: list[str] = []
        self._callbacks: list[Callable[[], None]] = []

    @property
    def sealed(self) -> bool:
        return self._sealed

    @sealed.setter
    def sealed(self, sealed: bool) -> None:
        self._sealed = sealed
        self._tell()

    @property
    def openings(self) -> tuple[Opening, ...]:
        """What is breaking the seal now, the oldest first."""
        with self._lock:
            return tuple(self._openings.values())

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts looked up or connected to since the start, the newest last."""
        with self._lock:
            return tuple(self._hosts)

    @property
    def holds(self) -> bool:
        """Whether a connection would be refused now."""
        return self._sealed and not self._openings

    @contextlib.contextmanager
    def opened(self, reason: str, destination: str) -> Iterator[Opening]:
        """Let connections through while inside. The seal closes again at the end, whatever happens."""
        with self._lock:
            opening = Opening(next(self._numbers), reason, destination)
            self._openings[opening.number] = opening
        self._tell()
        try:
            yield opening
        finally:
            with self._lock:
                del self._openings[opening.number]
            self._tell()

    def check(self, host: str) -> None:
        """Note a connection that is about to be made. Raises SealedError where the seal holds."""
        if self.holds:
            raise SealedError(
                f"Stillroom is sealed, so no connection to {host} was made. Break the seal in Settings, Privacy, if you want it."
            )
        with self._lock:
            known = host in self._hosts
            if not known:
                self._hosts = [*self._hosts[1 - _MOST_HOSTS :], host]
        if not known:
            self._tell()

    def subscribe(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` after every change, on the thread that made it. Be short."""
        self._callbacks.append(callback)

    def unsubscribe(self, callback: Callable[[], None]) -> None:
        if callback in self._callbacks:
            self._callbacks.remove(callback)

    def _tell(self) -> None:
        for callback in tuple(self._callbacks):
            callback()


class Guard:
    """Puts a seal before every connection that Python makes in this process, until it is released.

    It sees Python's own sockets only; native code that opens some is kept in children, which have no network at all.
    """

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        # What libraries would send or fetch by themselves. Read when they are imported, which is later.
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("DO_NOT_TRACK", "1")
        _watch()
        _guards.append(self)

    def release(self) -> None:
        if self in _guards:
            _guards.remove(self)

    def check(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises SealedError where a socket is about to reach a host that the seal does not let it reach."""
        if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"):
            target, address = arguments[0], arguments[1]
            if getattr(target, "family", None) in _INTERNET_FAMILIES and address is not None:
                self._seal.check(str(address[0]) if isinstance(address, tuple) else "an address")
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
            host = arguments[0]
            if host is not None:
                self._seal.check(host.decode("ascii", "replace") if isinstance(host, bytes) else str(host))


# An audit hook is the process's, cannot be taken out again, and is called for everything that Python does: there is one.
_guards: list[Guard] = []


@functools.cache
def _watch() -> None:
    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if _guards and event.startswith("socket."):
            for guard in tuple(_guards):
                guard.check(event, arguments)

    sys.addaudithook(audit)
