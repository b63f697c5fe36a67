"""A proxy on loopback that notes what it is asked for, and passes it on as it comes."""

from __future__ import annotations

import http.client
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.loopback import LoopbackServer, QuietHandler

_OWN = ("connection", "proxy-connection", "keep-alive", "transfer-encoding")


class Proxy:
    """For plain HTTP.

    Attributes:
        asked: the addresses. refuses: whether it lets nothing through.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = False
        proxy = self

        class Handler(QuietHandler):
            protocol_version = "HTTP/1.0"

            def answer(self) -> None:
                proxy.pass_on(self)

        self._http = LoopbackServer(Handler)
        self.address = self._http.address
        self.close = self._http.stop

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        if self.refuses:
            request.send_error(407)
            return
        parts = urlsplit(request.path)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}
        inner = http.client.HTTPConnection(parts.netloc)
        try:
            inner.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers)
            answer = inner.getresponse()
            request.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in (*_OWN, "date", "server"):
                    request.send_header(name, value)
            request.end_headers()
            while piece := answer.read1(65_536):
                request.wfile.write(piece)
        except (OSError, http.client.HTTPException):
            request.close_connection = True  # as the other side did
        finally:
            inner.close()
