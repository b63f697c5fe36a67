"""Connections to a remote model: a name looked up once, answers bounded in bytes and in time, ended at once on request.

Imported only where a client is made: it pulls in the whole of httpx.
"""

from __future__ import annotations

import contextlib
import functools
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore2
import httpx2

from stillroom.cancellation import Cancellation
from stillroom.privacy.seal import Opening, Seal

ANSWER_BYTES = 16 << 20
"""Of one answer; what a server sends beyond it is not read."""


class TooLongError(httpx2.ReadError):
    """The answer has more bytes than any that makes sense."""


class NonsenseError(httpx2.ReadError):
    """What came is no answer: not HTTP, or packed, which was not asked for. Asked again, it would be the same."""


class Patience:
    """How long one question may go on. It belongs to the thread that asks.

    Attributes:
        opening: of the seal, through which it leaves.
        left: whether anything of it left this machine.
        bytes_out, bytes_in: of the bodies of the last request and its answer.
        hung_up: whether the server closed the connection that was last read from.
    """

    def __init__(self, opening: Opening, seconds: float, cancellation: Cancellation | None) -> None:
        self.opening = opening
        self.left = self.hung_up = False
        self.bytes_out = self.bytes_in = 0
        self._seconds = seconds
        self._cancellation = cancellation
        self._end = time.monotonic() + seconds

    def begin_anew(self) -> None:
        """The time begins anew: a piece of the answer came, or another try begins."""
        self._end = time.monotonic() + self._seconds

    def remaining(self, timeout: float | None = None) -> float:
        """Seconds that the next step may take, never quite 0, which would mean not to wait."""
        if self._cancellation is not None and self._cancellation.requested:
            return 0.001
        left = max(0.001, self._end - time.monotonic())
        return left if timeout is None else min(left, timeout)

    @property
    def over(self) -> bool:
        return self._end <= time.monotonic() or (self._cancellation is not None and self._cancellation.requested)

    @contextlib.contextmanager
    def ending(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call ``stop`` when whoever asked gives up while inside."""
        forget = self._cancellation.when_requested(stop) if self._cancellation is not None else lambda: None
        try:
            yield
        finally:
            forget()


class Network(httpcore2.NetworkBackend):
    """The network of one client: each connection goes to an address that the seal was opened for."""

    def __init__(self, seal: Seal, patience: Callable[[], Patience]) -> None:
        """``patience``: that of the thread which asks."""
        self._seal, self._patience = seal, patience

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - never asked for
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        patience = self._patience()
        failure: Exception = httpcore2.ConnectError("no address")
        for family, address in _looked_up(host, port, patience):
            self._seal.reach(patience.opening, str(address[0]))
            made = socket.socket(family, socket.SOCK_STREAM)
            try:
                for option in (*(socket_options or ()), (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)):
                    made.setsockopt(*option)
                made.settimeout(patience.remaining(timeout))
                with patience.ending(functools.partial(_shut, made)):
                    made.connect(address)
            except TimeoutError as error:
                made.close()
                failure = httpcore2.ConnectTimeout(str(error))
            except OSError as error:
                made.close()
                failure = httpcore2.ConnectError(str(error))
            except BaseException:
                made.close()
                raise
            else:
                return _Stream(_Plain(made), self._patience)
            if patience.over:
                break
        raise failure

    def sleep(self, seconds: float) -> None:
        time.sleep(self._patience().remaining(seconds))


class Transport(httpx2.HTTPTransport):
    """The way of requests over a network of ours. No answer is unpacked, and none is longer than ANSWER_BYTES."""

    def __init__(self, context: ssl.SSLContext, proxy: str, network: Network) -> None:
        """Raises httpx2's errors, ValueError, TypeError and ImportError for a proxy that cannot be used."""
        super().__init__(verify=context, proxy=proxy or None, trust_env=False)
        # The one thing that httpx does not hand on to the layer below it.
        self._pool._network_backend = network

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        # A few packed bytes unpack to gigabytes.
        request.headers["Accept-Encoding"] = "identity"
        patience: Patience | None = request.extensions.get("patience")
        with _understood(patience):
            answer = super().handle_request(request)
        if answer.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            answer.close()
            raise NonsenseError("a packed answer was not asked for", request=request)
        # JSON is UTF-8. Other codecs unpack, or take a time that grows with the square of the length.
        if kind := answer.headers.get("Content-Type"):
            answer.headers["Content-Type"] = kind.partition(";")[0].strip()
        assert isinstance(answer.stream, httpx2.SyncByteStream)
        return httpx2.Response(
            status_code=answer.status_code,
            headers=answer.headers,
            stream=_Bounded(answer.stream, patience),
            extensions=answer.extensions,
        )


class _Bounded(httpx2.SyncByteStream):
    """The bytes of an answer, up to as many as may be read."""

    def __init__(self, stream: httpx2.SyncByteStream, patience: Patience | None) -> None:
        self._stream, self._patience = stream, patience

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        chunks = iter(self._stream)
        while True:
            with _understood(self._patience):
                chunk = next(chunks, None)
            if chunk is None:
                return
            read += len(chunk)
            if self._patience is not None:
                self._patience.bytes_in = read
            if read > ANSWER_BYTES:
                self.close()
                raise TooLongError(f"more than {ANSWER_BYTES} bytes")
            yield chunk

    def close(self) -> None:
        self._stream.close()


@contextlib.contextmanager
def _understood(patience: Patience | None) -> Iterator[None]:
    """Raises NonsenseError for what is no HTTP, unless the server hung up in the middle of it."""
    try:
        yield
    except httpx2.RemoteProtocolError as error:
        if patience is None or patience.hung_up:
            raise
        raise NonsenseError(str(error)) from error


class _Plain(httpcore2.NetworkStream):
    """A connected socket."""

    def __init__(self, made: socket.socket) -> None:
        self.socket = made

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.socket.settimeout(timeout)
        return self.socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.socket.settimeout(timeout)  # for all of it
        self.socket.sendall(buffer)

    def close(self) -> None:
        self.socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self.socket.settimeout(timeout)
        return _Plain(ssl_context.wrap_socket(self.socket, server_hostname=server_hostname))

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self.socket if isinstance(self.socket, ssl.SSLSocket) else None
        if info == "is_readable":
            return _readable(self.socket)
        return self.socket if info == "socket" else None


class _Stream(httpcore2.NetworkStream):
    """A connection that heeds the patience of whoever asks over it."""

    def __init__(self, stream: _Plain, patience: Callable[[], Patience]) -> None:
        self._stream, self._patience = stream, patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with self._heeding(timeout, httpcore2.ReadTimeout, httpcore2.ReadError) as seconds:
            data = self._stream.read(max_bytes, seconds)
        self._patience().hung_up = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with self._heeding(timeout, httpcore2.WriteTimeout, httpcore2.WriteError) as seconds:
            self._stream.write(buffer, seconds)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        with self._heeding(timeout, httpcore2.ConnectTimeout, httpcore2.ConnectError) as seconds:
            inner = self._stream.start_tls(ssl_context, server_hostname, seconds)
            assert isinstance(inner, _Plain)
            return _Stream(inner, self._patience)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    @contextlib.contextmanager
    def _heeding(self, timeout: float | None, late: type[Exception], broken: type[Exception]) -> Iterator[float]:
        patience = self._patience()
        if patience.over:
            raise late("the time is over")
        try:
            with patience.ending(lambda: _shut(self._stream.socket)):
                yield patience.remaining(timeout)
        except TimeoutError as error:
            raise late(str(error)) from error
        except OSError as error:
            raise broken(str(error)) from error


def _looked_up(host: str, port: int, patience: Patience) -> list[tuple[socket.AddressFamily, Any]]:
    """The addresses of a host. The system's own looking up cannot be stopped, so it is left behind where it takes too long."""
    found: queue.SimpleQueue[list[Any] | BaseException] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            found.put(error)

    threading.Thread(target=look_up, name="looking up a name", daemon=True).start()
    with patience.ending(lambda: found.put(TimeoutError())):
        try:
            answer = found.get(timeout=patience.remaining())
        except queue.Empty:
            answer = TimeoutError()
    if isinstance(answer, TimeoutError):
        raise httpcore2.ConnectTimeout("the name was not looked up in time")
    if isinstance(answer, OSError):
        raise httpcore2.ConnectError(str(answer)) from answer
    if isinstance(answer, BaseException):
        raise answer
    return [(family, address) for family, _, _, _, address in answer]


def _shut(made: socket.socket) -> None:
    """Wake up whoever waits for a socket. Not by its own method: that would take TLS away under the reader's feet."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(made, socket.SHUT_RDWR)


def _readable(made: socket.socket) -> bool:
    """Whether a connection that nobody uses has something to read: it was closed, then."""
    import select

    if made.fileno() < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(made, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([made], [], [], 0)[0])
