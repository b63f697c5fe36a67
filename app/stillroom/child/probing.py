"""What holds in each kind of child on this system: one of each is started, says what it found when it tried, and is ended."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping

from stillroom.child.confinement import Layers, Reach
from stillroom.child.no_network import Isolation, isolation_of
from stillroom.child.owner import child_command, child_environment

CHILDREN: Mapping[str, str] = {"reader": "reads files", "worker": "runs the model", "converter": "makes model files"}
"""The kinds by the argument that starts them, and what each is for."""
_SECONDS = 20.0  # a child may take so long to start
_LINE_BYTES = 10_000


def probe(kind: str) -> tuple[Isolation, Layers | None]:
    """What keeps such a child from the network, as the kernel tells it, and from everything else, as it found it; None where none
    could be started."""
    # With what such a child usually has: a graphics card where there is one, the Python that it may start.
    reaches = {
        "worker": Reach(graphics=True),
        "converter": Reach(programs=(os.path.realpath(sys.executable),)),
    }
    environment = child_environment(reaches.get(kind, Reach()).to_environment())
    try:
        with subprocess.Popen(
            child_command(kind),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as child:
            assert child.stdout is not None
            too_slow = threading.Timer(_SECONDS, child.kill)
            too_slow.start()
            try:
                said = json.loads(child.stdout.readline(_LINE_BYTES))
                return isolation_of(child.pid), Layers.from_json(said.get("layers"))
            finally:
                too_slow.cancel()
                with contextlib.suppress(OSError):
                    child.kill()
    except (OSError, ValueError, AttributeError):
        return Isolation.UNKNOWN, None


def probe_all() -> dict[str, tuple[Isolation, Layers | None]]:
    """Of each kind. Takes as long as a child takes to start."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(CHILDREN), thread_name_prefix="probe") as pool:
        return dict(zip(CHILDREN, pool.map(probe, CHILDREN), strict=True))
