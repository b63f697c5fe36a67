"""Signals that ask the program to end, for a command that ends in an orderly way."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def gathered_signals() -> Iterator[list[int]]:
    """Signals that ask the program to end, gathered in the list instead; the second one ends it at once."""
    received: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
    for name in names:
        number = getattr(signal, name)
        before[number] = signal.signal(number, note)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
