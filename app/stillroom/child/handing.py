"""Open files on their way from owner to child: the child reads what it is handed and needs no path that it could open."""

from __future__ import annotations

import os
import socket

FILES = "STILLROOM_FILES"
"""The variable of the environment in which a child is told the descriptor of its end."""

POSSIBLE = hasattr(socket, "send_fds")


class Hand:
    """The owner's end. Made before the child is started."""

    def __init__(self) -> None:
        self._socket, self._other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)

    @property
    def other_end(self) -> int:
        """The descriptor for the child."""
        return self._other.fileno()

    def started(self) -> None:
        """The child has its end."""
        self._other.close()

    def give(self, descriptor: int) -> None:
        """Hand an open file over. It stays open here. Raises OSError where the child is gone."""
        socket.send_fds(self._socket, [b"f"], [descriptor], getattr(socket, "MSG_NOSIGNAL", 0))

    def close(self) -> None:
        self._socket.close()
        self._other.close()


class Taker:
    """The child's end."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)

    @staticmethod
    def from_environment() -> Taker | None:
        """None where this child is handed nothing."""
        named = os.environ.pop(FILES, "")
        return Taker(int(named)) if named else None

    def take(self) -> int:
        """The descriptor of the next file; whoever takes it closes it. Raises OSError where the owner is gone."""
        data, descriptors, _flags, _address = socket.recv_fds(self._socket, 1, 1)
        if not data or not descriptors:
            raise OSError("nothing was handed over")
        os.set_inheritable(descriptors[0], False)
        return descriptors[0]
