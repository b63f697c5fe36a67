"""A hub on loopback that speaks the protocol of the real one, and misbehaves when it is told to."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback import LoopbackServer, QuietHandler

COMMIT = "5" * 40


@dataclass
class Behaviour:
    """What the server does besides answering.

    Attributes:
        cuts: after how many bytes of a file each next answer breaks off.
        gated: repositories that ask for ``token``; forbidden: those whose licence was not agreed to.
        busy: answers with status 429 before it serves files again; failing: the same with 503.
        busy_api, failing_api: the same of every question that is not for a file.
        ranges: false where it ignores them.
        wrong: files it sends with other content of the same size; longer: with more.
        pause: seconds before every piece of a file. piece: its bytes.
    """

    cuts: list[int] = field(default_factory=list)
    gated: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    token: str = "hf_right"
    busy: int = 0
    failing: int = 0
    busy_api: bool = False
    failing_api: bool = False
    ranges: bool = True
    wrong: set[str] = field(default_factory=set)
    longer: set[str] = field(default_factory=set)
    pause: float = 0.0
    piece: int = 65_536


class HubServer:
    """Serves repositories from memory.

    Attributes:
        files: by repository and path.
        requests: what was asked for: method, path, first byte.
        sent: bytes of files, over all answers.
    """

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.behaviour = Behaviour()
        self.requests: list[tuple[str, str, int]] = []
        self.tokens: list[str] = []
        self.sent = 0
        self.lock = threading.Lock()
        server = self

        class Handler(QuietHandler):
            def answer(self) -> None:
                server.answer(self)

        self._http = LoopbackServer(Handler)
        self.address = self._http.address
        self.close = self._http.stop

    def put(self, repository: str, path: str, content: bytes) -> str:
        """Add a file; its checksum."""
        self.files.setdefault(repository, {})[path] = content
        return hashlib.sha256(content).hexdigest()

    def starts(self, path: str) -> list[int]:
        """The first byte of every request for a file."""
        return [start for _, asked, start in self.requests if asked.endswith("/" + path)]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        path = unquote(parts.path).lstrip("/")
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        with self.lock:
            self.requests.append((request.command, path, int(asked[1]) if asked else 0))
            self.tokens.append(request.headers.get("Authorization", ""))
        if path.startswith("api/models") and (self.behaviour.busy_api or self.behaviour.failing_api):
            _json(request, 429 if self.behaviour.busy_api else 503, {"error": "Busy"}, {"Retry-After": "1"})
        elif path.startswith("api/models"):
            self._api(request, path.removeprefix("api/models").lstrip("/"), parse_qs(parts.query))
        elif match := re.fullmatch(r"([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._file(request, *match.groups(), asked)
        else:
            _json(request, 404, {"error": "Not found"})

    def _api(self, request: BaseHTTPRequestHandler, rest: str, query: dict[str, list[str]]) -> None:
        if not rest:
            words = query.get("search", [""])[0].lower()
            names = [name for name in self.files if words in name.lower()]
            _json(request, 200, [self._info(name, blobs=False) for name in names])
            return
        name = "/".join(rest.split("/")[:2])
        if name not in self.files:
            _json(request, 401, {"error": "Invalid username or password."}, {"X-Error-Code": "RepoNotFound"})
        elif "/revision/" in rest and rest.rpartition("/")[2] not in ("main", COMMIT):
            _json(request, 404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
        else:
            _json(request, 200, self._info(name, blobs=True))

    def _info(self, name: str, *, blobs: bool) -> dict[str, Any]:
        siblings: list[dict[str, Any]] = []
        for path, content in self.files[name].items():
            sibling: dict[str, Any] = {"rfilename": path}
            if blobs:
                sibling |= {"size": len(content), "blobId": "0" * 40}
                if path.endswith(".gguf"):
                    sibling["lfs"] = {
                        "sha256": hashlib.sha256(content).hexdigest(),
                        "size": len(content),
                        "pointerSize": 130,
                    }
            siblings.append(sibling)
        return {
            "_id": "1",
            "id": name,
            "modelId": name,
            "sha": COMMIT,
            "private": False,
            "gated": "manual" if name in self.behaviour.gated | self.behaviour.forbidden else False,
            "downloads": 7,
            "likes": 3,
            "tags": ["gguf", "license:apache-2.0"],
            "lastModified": "2026-10-01T00:00:00.000Z",
            "siblings": siblings,
        }

    def _file(
        self, request: BaseHTTPRequestHandler, repository: str, revision: str, path: str, asked: re.Match[str] | None
    ) -> None:
        content = self.files.get(repository, {}).get(path)
        behaviour = self.behaviour
        allowed = request.headers.get("Authorization") == f"Bearer {behaviour.token}"
        if repository in behaviour.forbidden:
            _json(request, 403, {"error": "Access denied"}, {"X-Error-Code": "GatedRepo"})
        elif repository in behaviour.gated and not allowed:
            _json(request, 401, {"error": "Access is restricted"}, {"X-Error-Code": "GatedRepo"})
        elif content is None or revision != COMMIT:
            _json(request, 404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        elif self._once("busy"):
            _json(request, 429, {"error": "Too many requests"}, {"Retry-After": "0"})
        elif self._once("failing"):
            _json(request, 503, {"error": "Busy"}, {"Retry-After": "0"})
        else:
            if path in behaviour.wrong:
                content = content[:-1] + bytes([content[-1] ^ 1])
            if path in behaviour.longer:
                content += b"more"
            self._send(request, content, asked if behaviour.ranges else None)

    def _once(self, what: str) -> bool:
        with self.lock:
            left = getattr(self.behaviour, what)
            setattr(self.behaviour, what, max(0, left - 1))
            return bool(left)

    def _send(self, request: BaseHTTPRequestHandler, content: bytes, asked: re.Match[str] | None) -> None:
        first = int(asked[1]) if asked else 0
        last = min(int(asked[2]), len(content) - 1) if asked and asked[2] else len(content) - 1
        if first >= len(content):
            _json(request, 416, {"error": "range"})
            return
        request.send_response(206 if asked else 200)
        request.send_header("Content-Length", str(last + 1 - first))
        request.send_header("X-Repo-Commit", COMMIT)
        if asked:
            request.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        request.end_headers()
        if request.command == "HEAD":
            return
        with self.lock:
            end = first + self.behaviour.cuts.pop(0) if self.behaviour.cuts else last + 1
        size = self.behaviour.piece
        for start in range(first, min(end, last + 1), size):
            piece = content[start : min(start + size, end, last + 1)]
            if self.behaviour.pause:
                time.sleep(self.behaviour.pause)
            try:
                request.wfile.write(piece)
            except OSError:
                return  # the client has left
            with self.lock:
                self.sent += len(piece)
        if end <= last:
            request.close_connection = True


def _json(request: BaseHTTPRequestHandler, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
    body = json.dumps(data).encode()
    request.send_response(status)
    for name, value in {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }.items():
        request.send_header(name, value)
    if status >= 400 and isinstance(data, dict):
        request.send_header("X-Error-Message", str(data["error"]))
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)
