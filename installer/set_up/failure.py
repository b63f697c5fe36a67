"""What the set-up says when it cannot go on."""

from __future__ import annotations

import re
from pathlib import Path

_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|name resolution|ConnectTimeout|ReadTimeout|Network is unreachable|"
    r"No route to host|Max retries exceeded|ProxyError|Connection refused|nodename nor servname|getaddrinfo failed"
)
_DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded")


class SetUpError(Exception):
    """The set-up stopped.

    Attributes:
        sentence: what happened and what to do, for a person.
        log: the file whose end is worth showing, or None.
    """

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.log = log


def error_of_step(title: str, output: str, log: Path) -> SetUpError:
    """The failure of a step, by what its output shows."""
    if _DISK_FULL.search(output):
        return SetUpError(f"{title}: the disk is full. Free some space (about 3 GB) and run the same command again.")
    if _NO_NETWORK.search(output):
        return SetUpError(
            f"{title}: no connection. The set-up needs the network once: connect (or set the proxy or mirror "
            "pip should use) and run the same command again; it goes on where it stopped."
        )
    return SetUpError(f"{title}: this step failed. Its last lines:", log)


def tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log, each cut to a line's width."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(f"    {line[:200]}" for line in text.rstrip().splitlines()[-lines:])
