"""One piece of work of a command: on a thread of its own, with a bar, until it is done or Ctrl-C comes."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from stillroom.cancellation import Cancellation
from stillroom.cli import DONE, STOPPED
from stillroom.cli.progress import work_display
from stillroom.cli.signals import gathered_signals
from stillroom.errors import Cancelled

_POLL_SECONDS = 0.1

T = TypeVar("T")
Tell = Callable[[float, str], None]


def stoppable(work: Callable[[Tell, Cancellation], T], what: str) -> tuple[T | None, int]:
    """The result and the exit status; None where it was stopped. Raises what the work raises."""
    cancellation, finished = Cancellation(), threading.Event()
    results: list[T] = []
    errors: list[BaseException] = []

    def run(tell: Tell) -> None:
        try:
            results.append(work(tell, cancellation))
        except BaseException as error:  # noqa: BLE001 - raised again on the main thread
            errors.append(error)
        finally:
            finished.set()

    with gathered_signals() as received, work_display(what, bar=sys.stderr.isatty()) as tell:
        thread = threading.Thread(target=run, args=(tell,), name="work", daemon=True)
        thread.start()
        while not finished.wait(_POLL_SECONDS):
            if received:
                cancellation.request()
        thread.join()
    if errors and isinstance(errors[0], Cancelled):
        return None, 128 + (received[0] if received else signal.SIGINT) if received else STOPPED
    if errors:
        raise errors[0]
    return results[0], DONE
