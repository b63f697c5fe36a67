"""Work of a command: on a thread of its own, so that the main thread sees Ctrl-C at any time."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from stillroom.cancellation import Cancellation
from stillroom.cli.progress import work_display
from stillroom.cli.signals import gathered_signals
from stillroom.cli.status import DONE, STOPPED
from stillroom.errors import Cancelled

_POLL_SECONDS = 0.1

T = TypeVar("T")
Tell = Callable[[float, str], None]


def until_stopped(work: Callable[[Cancellation], T]) -> tuple[T | None, int]:
    """The result and the exit status; None where a signal stopped it. Raises what the work raises."""
    cancellation, finished = Cancellation(), threading.Event()
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work(cancellation))
        except BaseException as error:  # noqa: BLE001 - raised again on the main thread
            errors.append(error)
        finally:
            finished.set()

    with gathered_signals() as received:
        thread = threading.Thread(target=run, name="work", daemon=True)
        thread.start()
        while not finished.wait(_POLL_SECONDS):
            if received:
                cancellation.request()
        thread.join()
    if errors and isinstance(errors[0], Cancelled):
        return None, 128 + received[0] if received else STOPPED
    if errors:
        raise errors[0]
    return results[0], DONE


def stoppable(work: Callable[[Tell, Cancellation], T], what: str) -> tuple[T | None, int]:
    """As ``until_stopped``, with a bar."""
    with work_display(what, bar=sys.stderr.isatty()) as tell:
        return until_stopped(lambda cancellation: work(tell, cancellation))
