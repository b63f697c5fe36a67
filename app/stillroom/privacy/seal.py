"""The seal: while it holds, this process opens no connection; breaking it is deliberate, has a reason, and ends by itself."""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from stillroom import __version__
from stillroom.errors import StillroomError
from stillroom.privacy import audit
from stillroom.privacy.policy import Policy, current

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
        only: the hosts that may be reached meanwhile, and the addresses they were looked up as (see Seal.reach); empty
            where the hosts are not known before (a hub sends on).
        until: UTC, where it was broken by hand: it closes then at the latest; else None.
    """

    number: int
    reason: str
    destination: str
    only: frozenset[str] = frozenset()
    until: datetime | None = None


class Seal:
    """The rule whether connections are let through. Safe from any thread.

    Attributes:
        policy: what an office allows here.
        sealed: whether the seal holds when nothing breaks it. Off, connections are never refused.
    """

    def __init__(self, *, sealed: bool = True, policy: Policy | None = None) -> None:
        """``policy``: None for that of this machine. Raises PolicyError where that is wrong."""
        self.policy = policy if policy is not None else current()
        self._sealed = sealed or self.policy.sealed
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._openings: dict[int, Opening] = {}
        self._reached: dict[int, set[str]] = {}  # by opening: addresses that its hosts were looked up as
        self._timers: dict[int, threading.Timer] = {}
        self._hosts: list[str] = []
        self._refused: set[str] = set()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def sealed(self) -> bool:
        return self._sealed

    @sealed.setter
    def sealed(self, sealed: bool) -> None:
        if not sealed:
            self.policy.check_by_hand()
        if sealed != self._sealed:
            audit.note("seal set", sealed=sealed)
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
    def opened(self, reason: str, destination: str, only: Collection[str] = ()) -> Iterator[Opening]:
        """Let connections through while inside, to ``only`` these hosts if they are named.

        The seal closes again at the end, whatever happens. Raises PolicyError where the office does not allow it.
        """
        if only:
            self.policy.check_host(destination)
        else:
            self.policy.check_hub()
        opening = self._open(reason, destination, only=frozenset(only))
        try:
            yield opening
        finally:
            self.close(opening)

    def break_for(self, seconds: float, reason: str, destination: str) -> Opening:
        """Let connections through until ``close``, or for so long: what a person opens by hand closes by itself, too."""
        self.policy.check_by_hand()
        opening = self._open(reason, destination, until=datetime.now(UTC) + timedelta(seconds=seconds))
        timer = threading.Timer(seconds, self.close, (opening,))
        timer.daemon = True
        with self._lock:
            self._timers[opening.number] = timer
        timer.start()
        return opening

    def close(self, opening: Opening) -> None:
        """End an opening; one that has ended already is left as it is."""
        with self._lock:
            ended = self._openings.pop(opening.number, None)
            self._reached.pop(opening.number, None)
            timer = self._timers.pop(opening.number, None)
        if timer is not None:
            timer.cancel()
        if ended is not None:
            if not ended.only:
                audit.note("seal closed", reason=ended.reason, destination=ended.destination)
            self._tell()

    def _open(
        self, reason: str, destination: str, *, only: frozenset[str] = frozenset(), until: datetime | None = None
    ) -> Opening:
        with self._lock:
            opening = Opening(next(self._numbers), reason, destination, only, until)
            self._openings[opening.number] = opening
        if not only:  # what is sent to a host that was named before is a line of its own
            audit.note("seal opened", reason=reason, destination=destination, by_hand=until is not None)
        self._tell()
        return opening

    def reach(self, opening: Opening, address: str) -> None:
        """Let connections through to an address that one of the hosts of an opening was looked up as, while it lasts."""
        with self._lock:
            if opening.number in self._openings:
                self._reached.setdefault(opening.number, set()).add(address)

    def _lets(self, host: str) -> bool:
        with self._lock:
            return any(
                not opening.only or host in opening.only or host in self._reached.get(number, ())
                for number, opening in self._openings.items()
            )

    def check(self, host: str) -> None:
        """Note a connection that is about to be made. Raises SealedError where the seal holds, or is open for others only."""
        if self._sealed and not self._lets(host):
            with self._lock:
                first = host not in self._refused
                self._refused.add(host)
            if first:  # a library may try for ever
                audit.note("refused by the seal", host=host)
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


def note_start(what: str, seal: Seal) -> None:
    """Write down that something was started: ``window``, or the name of a command; and what the office says."""
    facts: dict[str, audit.Fact] = {"what": what, "version": __version__, "sealed": seal.sealed}
    if seal.policy.file is not None:
        with contextlib.suppress(OSError):
            facts["policy_sha256"] = hashlib.sha256(seal.policy.file.read_bytes()).hexdigest()
    audit.note("start", **facts)


class Guard:
    """A seal put before every connection that Python makes in this process, until it is released.

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
        elif event == "socket.__new__":
            # Listening is no event, and without bind the system chooses a port on every address.
            if arguments[1] in _INTERNET_FAMILIES and self._seal.holds:
                self._seal.check("any address")
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
