"""The converter: a child process that runs llama.cpp's own scripts, or trains an adapter, with the network taken away, and tells
how far it is.

What it may open is its own Python, the model's files and a folder of its own; it may start that Python and nothing else, and
all of that holds for the Python, too.

The script writes for a terminal, so its lines are read here and passed on as messages:
    {"event": "progress", "share": 0.42}    of the file, from 0 to 1
    {"event": "confined", "layers": LAYERS}    what keeps it from everything else
    {"event": "ended", "status": 1, "lines": [TEXT, …]}    the last lines of what it said
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from stillroom.child import MessageWriter, Need, Reach, confine, die_with_parent, private_stdout, shut_off_network

_LINES = 40
_LINE_BYTES = 2000
_DONE = re.compile(rb"(?:Writing|Training):\s+(\d+(?:\.\d+)?)%\|")
# Nothing may be looked up, and nothing that lies in the folder may be run.
_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "PYTHONSAFEPATH": "1",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUNBUFFERED": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def main() -> int:
    """Run the command of the arguments to its end; without one only say what holds."""
    die_with_parent()
    shut_off_network()
    reach = Reach.from_environment()
    layers = confine(reach, needs=Need.INFERENCE)
    writer = MessageWriter(private_stdout())
    writer.send({"event": "confined", "layers": layers.to_json()})
    command = sys.argv[2:]
    if not command:
        return 0
    environment = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
    for folder in reach.write:  # what libraries keep for later goes the way of the folder
        environment |= dict.fromkeys(("TMPDIR", "HF_HOME", "XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR"), folder)
    # The script's own modules lie beside it, where a safe path does not look.
    environment |= _ENVIRONMENT | {"PYTHONPATH": str(Path(command[1]).parent)}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        preexec_fn=die_with_parent if os.name == "posix" else None,
    )
    assert process.stdout is not None
    last: deque[str] = deque(maxlen=_LINES)
    with process.stdout as output:
        for line in lines(output):
            found = _DONE.search(line)
            if found is not None:
                writer.send({"event": "progress", "share": float(found[1]) / 100})
            elif line.strip():
                last.append(line.decode("utf-8", "replace"))
    writer.send({"event": "ended", "status": process.wait(), "lines": list(last)})
    return 0


def lines(stream: IO[bytes]) -> Iterator[bytes]:
    """What ends with a line's end or goes back to its beginning, as a terminal's bars do; long ones are cut."""
    rest = b""
    while chunk := os.read(stream.fileno(), 65_536):
        *whole, rest = re.split(rb"[\r\n]", rest + chunk)
        yield from (line[:_LINE_BYTES] for line in whole)
        rest = rest[-_LINE_BYTES:]
    yield rest
