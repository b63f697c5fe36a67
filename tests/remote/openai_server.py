"""A server on loopback that speaks OpenAI's protocol, and does as a test says: refuse, fail, break off, talk nonsense."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from tests.loopback import LoopbackServer, QuietHandler

Answer = Callable[[dict[str, Any]], str]


class OpenAiServer:
    """Attributes:
    requests: bodies of what was asked, in order. keys: the keys that came with them.
    seen: connections that were made. listed_with: the key of whoever asked for the models last.
    answer: what the model says to a request. statuses: to be given before answers, one a request.
    refused: names in a request that the model does not take.
    broken: ``nonsense``, ``cut`` or ``slow``; empty for an answer as it should be.
    """

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.listed_with = ""
        self.bytes = 0
        self.answer = answer
        self.statuses: list[int] = []
        self.refused: tuple[str, ...] = ()
        self.broken = ""
        self._lock = threading.Lock()
        outer = self

        class Handler(QuietHandler):
            def answer(self) -> None:
                self._complete() if self.command == "POST" else self._list()

            def _list(self) -> None:
                outer.listed_with = self.headers.get("Authorization", "").removeprefix("Bearer ")
                self._json(
                    {"object": "list", "data": [{"id": "tiny", "object": "model", "created": 1, "owned_by": "x"}]}
                )

            def _complete(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(raw)
                with outer._lock:
                    outer.bytes += len(raw)
                    outer.requests.append(body)
                    outer.keys.append(self.headers.get("Authorization", "").removeprefix("Bearer "))
                    status = outer.statuses.pop(0) if outer.statuses else 200
                refused = next((name for name in outer.refused if name in body), "")
                if refused:
                    words = f"Unsupported parameter: '{refused}' is not supported with this model."
                    self._json({"error": {"message": words, "param": refused, "code": "unsupported_parameter"}}, 400)
                elif status != 200:
                    self._json({"error": {"message": "no"}}, status)
                elif outer.broken == "nonsense":
                    self._send(b"<html>hello</html>", "text/html")
                elif outer.broken == "slow":
                    time.sleep(3)
                    self.close_connection = True
                else:
                    text = outer.answer(body)
                    self._stream(text) if body.get("stream") else self._json(completion(text))

            def _stream(self, text: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                parts: list[Any] = [{"delta": {"content": letter}, "finish_reason": None} for letter in text]
                if outer.broken == "cut":
                    parts = parts[: len(parts) // 2]
                else:
                    parts.append({"delta": {}, "finish_reason": "stop"})
                for part in parts:
                    chunk = {
                        "id": "1",
                        "object": "chat.completion.chunk",
                        "created": 1,
                        "model": "tiny",
                        "choices": [{"index": 0, **part}],
                    }
                    self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                if outer.broken != "cut":
                    self.wfile.write(b"data: [DONE]\n\n")

            def _json(self, data: dict[str, Any], status: int = 200) -> None:
                self._send(json.dumps(data).encode(), "application/json", status)

            def _send(self, data: bytes, kind: str, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                if status == 429:
                    self.send_header("Retry-After", "0")
                self.end_headers()
                self.wfile.write(data)

        self._server = LoopbackServer(Handler, port)
        self.port, self.stop = self._server.port, self._server.stop
        self.address = f"{self._server.address}/v1"

    @property
    def seen(self) -> int:
        return self._server.seen

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def completion(text: str) -> dict[str, Any]:
    return {
        "id": "1", "object": "chat.completion", "created": 1, "model": "tiny",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 50, "completion_tokens": 10, "total_tokens": 60},
    }  # fmt: skip
