"""A server that means harm, or has gone mad: where it sends on to, how much it says, how slowly, and what it counts."""

from __future__ import annotations

import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.remote.office import TEXT, ask, document, fields_of
from tests.remote.openai_server import OpenAiServer, completion

from stillroom.cancellation import Cancellation
from stillroom.errors import Cancelled, EngineError
from stillroom.extraction.remote_extractor import RemoteExtractor
from stillroom.privacy.seal import Seal, SealedError
from stillroom.privacy.secrets import Secrets
from stillroom.privacy.sending import SendingLog
from stillroom.remote.client import RemoteClient
from stillroom.remote.engines import RemoteEngine
from stillroom.remote.network import ANSWER_BYTES
from stillroom.storage.database import Database
from stillroom.templates.library import TemplateLibrary

Behaviour = Callable[[socket.socket], None]


class RawServer:
    """A server that reads one request a connection and then does as it is told."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.requests = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._over = False
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self._over:
                connection.close()
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            head, body = data.split(b"\r\n\r\n", 1)
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            while len(body) < length:
                body += connection.recv(65536)
            self.requests += 1
            try:
                self.behave(connection)
            except OSError:
                """The client has had enough."""

    def stop(self) -> None:
        self._over = True
        socket.create_connection(self._socket.getsockname()).close()
        self._thread.join(5)
        self._socket.close()


@pytest.fixture
def raw() -> Iterator[RawServer]:
    server = RawServer(lambda _connection: None)
    yield server
    server.stop()


@pytest.fixture
def asking(raw: RawServer, engine: RemoteEngine, secrets: Secrets, client: RemoteClient) -> Iterator[RemoteClient]:
    del client  # for its short pauses
    with RemoteClient(replace(engine, address=raw.address, seconds=3), secrets, Seal()) as made:
        yield made


def answer(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_is_sent_to_where_a_server_sends_on(
    asking: RemoteClient, raw: RawServer, server: OpenAiServer, database: Database, status: int
) -> None:
    elsewhere = f"HTTP/1.1 {status} Moved\r\nLocation: {server.address}/chat/completions\r\nContent-Length: 0\r\n\r\n"
    raw.behave = lambda connection: connection.sendall(elsewhere.encode())
    log = SendingLog(database)
    with pytest.raises(EngineError, match=r"another address, which was not done"):
        RemoteExtractor(asking, log).extract(document(), TemplateLibrary().find("receipt"), file="r.txt")
    assert (server.seen, raw.requests, log.count()) == (0, 1, 1)


def test_an_opening_for_a_host_lets_no_other_address_through() -> None:
    seal = Seal()
    with seal.opened("a question", "example.org", only=["example.org"]) as opening:
        seal.check("example.org")
        for address in ("192.0.2.7", "2001:db8::7", "127.0.0.1"):
            with pytest.raises(SealedError):
                seal.check(address)
        seal.reach(opening, "192.0.2.7")
        seal.check("192.0.2.7")
        with pytest.raises(SealedError):
            seal.check("192.0.2.8")
    seal.reach(opening, "192.0.2.7")
    with seal.opened("another", "example.net", only=["example.net"]), pytest.raises(SealedError):
        seal.check("192.0.2.7")


def test_a_name_is_looked_up_once_and_that_address_is_reached(
    server: OpenAiServer, engine: RemoteEngine, secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, *rest: Any, **more: Any) -> Any:
        looked_up.append(host)
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    server.answer = lambda _body: "Yes."
    seal = Seal()
    with RemoteClient(replace(engine, address=f"http://models.lan:{server.port}/v1"), secrets, seal) as client:
        assert ask(client) == "Yes."
    assert looked_up == ["models.lan"]


def test_an_answer_without_an_end_is_not_read_on(asking: RemoteClient, raw: RawServer) -> None:
    sent = 0

    def pour(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            sent += connection.send(b" " * 65536)

    raw.behave = pour
    with pytest.raises(EngineError, match="without an end"):
        ask(asking)
    assert (raw.requests, sent < 2 * ANSWER_BYTES) == (1, True)
    with pytest.raises(EngineError, match="without an end"):
        ask(asking, on_text=lambda _: None)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NO_ANSWERS = {
    **{
        name: answer(zlib.compress(b" " * (1 << 20), 9), f"Content-Encoding: {name}")
        for name in ("gzip", "br", "zstd", "deflate", "identity, gzip")
    },
    "packed on the way": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "a size of 5,000 digits": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 5000 + b"\r\n",
    "a negative length": HEAD + b"Content-Length: -5\r\n\r\n{}",
    "a length of 5,000 digits": HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "one header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000,
}


@pytest.mark.parametrize("kind", NO_ANSWERS)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_no_answer_is_said_and_not_paid_for_again(
    asking: RemoteClient, raw: RawServer, kind: str, *, streamed: bool
) -> None:
    raw.behave = lambda connection: connection.sendall(NO_ANSWERS[kind])
    with pytest.raises(EngineError, match="makes no sense"):
        ask(asking, on_text=(lambda _: None) if streamed else None)
    assert raw.requests == 1


def test_a_server_that_hung_up_is_asked_again(asking: RemoteClient, raw: RawServer) -> None:
    raw.behave = lambda _connection: None
    with pytest.raises(EngineError):
        ask(asking)
    assert raw.requests == 4


@pytest.mark.parametrize("codec", ["zip", "bz2", "punycode", "idna", "unicode_escape", "utf-7", "nothing"])
@pytest.mark.parametrize("status", [b"200 OK", b"400 Bad"])
def test_a_server_does_not_choose_the_codec(asking: RemoteClient, raw: RawServer, codec: str, status: bytes) -> None:
    body = b"a" * 100_000 + b"-" + b"z" * 100_000
    reply = answer(body, "Connection: close").replace(b"200 OK", status)
    raw.behave = lambda connection: connection.sendall(
        reply.replace(b"application/json", f"text/plain; charset={codec}".encode())
    )
    began = time.process_time()
    with pytest.raises(EngineError):
        ask(asking)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_that_drips_ends_in_time(asking: RemoteClient, raw: RawServer, *, streamed: bool) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while True:
            connection.sendall(b":\n\n" if streamed else b" ")
            time.sleep(0.1)

    raw.behave = drip
    began = time.monotonic()
    with pytest.raises(EngineError, match="did not answer within 3 seconds"):
        ask(asking, on_text=(lambda _: None) if streamed else None)
    assert time.monotonic() - began < 6
    assert raw.requests == 1, "what left and may be answered yet is not sent again"


@pytest.mark.parametrize("streamed", [False, True])
def test_who_stops_is_heard_at_once(asking: RemoteClient, raw: RawServer, *, streamed: bool) -> None:
    asked, cancellation = threading.Event(), Cancellation()
    raw.behave = lambda _connection: (asked.set(), time.sleep(2.5))[0]

    def stop() -> None:
        asked.wait(5)
        cancellation.request()

    threading.Thread(target=stop).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        ask(asking, on_text=(lambda _: None) if streamed else None, cancellation=cancellation)
    assert time.monotonic() - began < 2


def test_who_stops_is_heard_while_a_server_asks_to_wait(asking: RemoteClient, raw: RawServer) -> None:
    cancellation = Cancellation()
    raw.behave = lambda connection: connection.sendall(
        b"HTTP/1.1 429 Later\r\nRetry-After: 50\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    threading.Timer(0.3, cancellation.request).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        ask(asking, cancellation=cancellation)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("counted", [-(10**9), 10**12, True, "many", None, 1.5, {"x": 1}])
def test_what_a_server_counts_cannot_move_the_cap(
    asking: RemoteClient, raw: RawServer, database: Database, counted: object
) -> None:
    said = completion(fields_of({"messages": [{"content": TEXT}]}))
    said["usage"] = {"prompt_tokens": counted, "completion_tokens": counted, "total_tokens": counted}
    raw.behave = lambda connection: connection.sendall(answer(json.dumps(said).encode(), "Connection: close"))
    log = SendingLog(database)
    RemoteExtractor(asking, log).extract(document(), TemplateLibrary().find("receipt"), file="r.txt")
    (sending,) = log.newest()
    assert 0 < sending.cost < 0.05
    assert 0 < sending.tokens_in < 2000
    assert 0 < sending.tokens_out <= 1200


def test_every_request_that_leaves_is_written_down(
    client: RemoteClient, server: OpenAiServer, database: Database
) -> None:
    server.statuses = [500, 429, 400, 400]  # two that pass, then two ways to ask that this server does not know
    log = SendingLog(database)
    extractor = RemoteExtractor(client, log)
    result = extractor.extract(document(), TemplateLibrary().find("receipt"), file="r.txt")
    assert len(server.requests) == log.count() == 5
    assert [sending.cost > 0 for sending in log.newest()] == [True, False, False, False, False]
    assert ", 5 times" in result.notes[-1]
    assert extractor.sent == 5 * log.newest()[0].characters


NONSENSE: dict[str, Any] = {
    "choices of one letter": {**completion("x"), "choices": "x"},
    "choices of letters": {**completion("x"), "choices": ["x"]},
    "choices of numbers": {**completion("x"), "choices": [5]},
    "choices in an object": {**completion("x"), "choices": {"0": 1}},
    "no message": {**completion("x"), "choices": [{"index": 0}]},
    "a message of a number": {**completion("x"), "choices": [{"index": 0, "message": 7, "finish_reason": "stop"}]},
    "content of a list": {
        **completion("x"),
        "choices": [{"index": 0, "message": {"role": "assistant", "content": [1]}, "finish_reason": "stop"}],
    },
    "a list": [1, 2],
    "null": None,
    "a text": "hello",
}


@pytest.mark.parametrize("kind", [*NONSENSE, "an integer of 5,000 digits", "nested", "not UTF-8", "nothing"])
@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_of_any_shape_is_a_sentence(
    asking: RemoteClient, raw: RawServer, kind: str, *, streamed: bool
) -> None:
    if kind in NONSENSE:
        body = json.dumps(NONSENSE[kind]).encode()
    else:
        body = {
            "an integer of 5,000 digits": b'{"choices": [{"index": ' + b"9" * 5000 + b"}]}",
            "nested": b"[" * 100_000 + b"]" * 100_000,
            "not UTF-8": b'{"choices": "\xff\xfe"}',
            "nothing": b"",
        }[kind]
    if streamed:
        body = b"data: " + body.replace(b'"message"', b'"delta"') + b"\n\ndata: [DONE]\n\n"
    kinds = "text/event-stream" if streamed else "application/json"
    reply = answer(body, "Connection: close").replace(b"application/json", kinds.encode())
    raw.behave = lambda connection: connection.sendall(reply)
    with pytest.raises(EngineError):
        ask(asking, on_text=(lambda _: None) if streamed else None)
