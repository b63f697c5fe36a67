"""A reader process that speaks the real protocol and misbehaves as the name of the file it is asked for says."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from stillroom.child import Layers, MessageWriter, die_with_parent, private_stdout
from stillroom.documents.document import Document, Page, to_json


def main() -> None:
    die_with_parent()
    writer = MessageWriter(private_stdout())
    if "--never-starts" in sys.argv:
        time.sleep(600)
    if "--slow-start" in sys.argv:
        time.sleep(1.5)
    writer.send({"id": 0, "event": "confined", "layers": Layers().to_json()})

    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["op"] == "limit":
            continue
        name, identity = Path(request["path"]).stem, request["id"]
        if name == "hang":
            time.sleep(600)
        elif name == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif name == "leave":
            sys.exit(7)
        elif name == "garble":
            print("this goes to standard error")
            os.write(2, b"noise\n")
        elif name == "half":
            writer.send({"id": identity, "event": "result", "data": {"name": "no document"}})
            continue
        elif name == "late":
            writer.send({"id": identity - 1, "event": "error", "message": "Of another file.", "details": ""})
        elif name == "steady":
            for _ in range(6):
                time.sleep(0.3)
                writer.send({"id": identity, "event": "progress"})
        elif name == "pages":
            for number in range(1, 5):
                writer.send({"id": identity, "event": "progress", "page": number, "pages": 4})
                time.sleep(0.5)
        elif name.startswith("slow"):
            time.sleep(0.4)
        page = Page(1, f"{name} by {os.getpid()}")
        writer.send({"id": identity, "event": "result", "data": to_json(Document(name, "txt", "", (page,), 1))})


main()
