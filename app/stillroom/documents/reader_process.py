"""The reader: a child process that turns files into documents. Whatever a file does to a library, it does here.

Requests and answers are one JSON object a line:
    {"id": n, "op": "read", "path": P, "password": W or null}  →  {"id": n, "event": "result", "data": DOCUMENT}
                                                              or {"id": n, "event": "error", "message": SENTENCE, "details": TEXT,
                                                                  "password_needed": true or false,
                                                                  "leaving": true where no further request is answered}
    {"id": n, "op": "picture", "path": P, "side": n}          →  the same with PICTURE as the data
                                                       before:   {"id": n, "event": "progress"} while pictures are recognised;
                                                               before each page with its number "page" and their count "pages"
    {"id": n, "op": "pages", "path": P, "password": W, "sha256": S}                       →  the same with PAGE SIZES as the data
    {"id": n, "op": "render", "path": P, "password": W, "sha256": S, "page": n, "width": n}  →  the same with PICTURE as the data
    {"op": "limit", "memory_bytes": n}                        →  nothing; to be sent first
Where a request says "handed": true the file is not opened by its path: its open descriptor was handed over before.
The first word is {"id": 0, "event": "confined", "layers": LAYERS}: what keeps the reader from everything else.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

from stillroom.child import MessageWriter, Reach, Taker, confine, die_with_parent, private_stdout, shut_off_network
from stillroom.codec import from_line
from stillroom.documents.document import to_json
from stillroom.documents.read_file import read_file, see_file
from stillroom.documents.rendering import Rendering
from stillroom.documents.seeing import picture_to_json
from stillroom.documents.source import Effort, handed_over
from stillroom.errors import NotNowError, PasswordNeeded, StillroomError

_LINE_BYTES = 1 << 20


def main() -> int:
    """Answer requests until standard input ends."""
    die_with_parent()
    shut_off_network()
    taker = Taker.from_environment()
    # What it reads it is handed; what it makes of it is a message. A system without descriptors to hand over has no such layers.
    layers = confine(Reach.from_environment(), written_bytes=0)
    writer = MessageWriter(private_stdout())
    writer.send({"id": 0, "event": "confined", "layers": layers.to_json()})
    rendering = Rendering()
    while line := sys.stdin.buffer.readline(_LINE_BYTES):
        request = from_line(line)
        try:
            if request["op"] == "limit":
                _limit_memory(request["memory_bytes"])
                continue
            with contextlib.ExitStack() as stack:
                if request.get("handed") and taker is not None:
                    stack.enter_context(handed_over(Path(request["path"]), taker.take()))
                if not _answer(request, writer, rendering):
                    return 0
        except OSError:
            return 1  # the owner is gone
    return 0


def _answer(request: dict[str, Any], writer: MessageWriter, rendering: Rendering) -> bool:
    """Read the file and say what is in it. Returns false where this process had better end: what ran out of memory
    half way may be left half made."""
    identity = request["id"]
    effort = Effort(
        progress=lambda: writer.send({"id": identity, "event": "progress"}),
        page=lambda number, count: writer.send({"id": identity, "event": "progress", "page": number, "pages": count}),
    )
    try:
        if request["op"] == "picture":
            data = picture_to_json(see_file(Path(request["path"]), int(request["side"])))
        elif request["op"] in ("pages", "render"):
            data = rendering.answer(request)
        else:
            rendering.close()  # its memory may be needed
            data = to_json(read_file(Path(request["path"]), request.get("password"), effort))
        writer.send({"id": identity, "event": "result", "data": data})
        return True
    except StillroomError as error:
        failure = error
    except MemoryError as error:
        failure = NotNowError("The file needs more memory than a document may take. Split it into smaller files.")
        failure.__cause__ = error
    spent = isinstance(failure.__cause__, MemoryError)
    writer.send(
        {
            "id": identity,
            "event": "error",
            "message": failure.message,
            "details": failure.details,
            "password_needed": isinstance(failure, PasswordNeeded),
            "lasting": not isinstance(failure, NotNowError | PasswordNeeded),
            "leaving": spent,
        }
    )
    return not spent


def _limit_memory(size: int) -> None:
    """Limit the address space of this process, where the system can; the owner of the process cannot everywhere."""
    if size <= 0 or sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    try:
        resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
    except (OSError, ValueError):
        print("the memory of the reader could not be limited", file=sys.stderr)
