"""Messages between owner and child: one JSON object a line."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, BinaryIO

from stillroom.codec import to_line
from stillroom.errors import StillroomError

MAX_LINE_BYTES = 512 << 20


class MessageWriter:
    """The child's way to its owner: writes messages; safe from any thread."""

    def __init__(self, stream: BinaryIO, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._stream = stream
        self._max_line_bytes = max_line_bytes
        self._lock = threading.Lock()

    def send(self, message: Mapping[str, Any]) -> None:
        """Write one message.

        Raises:
            StillroomError: it is longer than the owner would accept; nothing was written.
            OSError: the owner is gone.
        """
        line = to_line(message)
        if len(line) > self._max_line_bytes:
            raise StillroomError(
                "The result is too large to be handed over. Try a smaller part of the document.",
                details=f"{len(line)} of {self._max_line_bytes} bytes",
            )
        with self._lock:
            self._stream.write(line)
            self._stream.flush()
