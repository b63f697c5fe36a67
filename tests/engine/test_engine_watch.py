"""What others see of an engine while its worker comes and goes."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stillroom.engine.engine import Engine, EngineState, EngineStatus
from stillroom.engine.limits import Limits
from stillroom.engine.protocol import GenerateRequest, Piece, Question, ScoreRequest
from stillroom.errors import EngineError

_SCORE = ScoreRequest((Piece("text"),), (Question("?", ("yes", "no")),))
_NEEDS_SIGNALS = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

Start = Callable[..., Engine]


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_subscribers_hear_of_every_stage(start: Start, model: Path) -> None:
    engine = start("")
    seen: list[EngineStatus] = []
    threads: set[int] = set()

    def failing(_: EngineStatus) -> None:
        raise ZeroDivisionError

    def listen(status: EngineStatus) -> None:
        seen.append(status)
        threads.add(threading.get_ident())

    engine.subscribe(failing)
    engine.subscribe(listen)
    engine.load(model)
    engine.generate(GenerateRequest((Piece("text"),), max_tokens=50))
    _until(lambda: bool(seen) and seen[-1].state is EngineState.READY and seen[-1].worker.context_used == 7)
    states = [status.state for status in seen]
    for state in (EngineState.STARTING, EngineState.LOADING, EngineState.BUSY):
        assert state in states
    assert any(0 < status.load_progress < 1 for status in seen)
    assert threading.get_ident() not in threads
    engine.unsubscribe(listen)
    time.sleep(0.05)
    count = len(seen)
    engine.score(_SCORE)
    time.sleep(0.05)
    assert len(seen) == count


def test_a_subscriber_may_close_the_engine(start: Start, model: Path) -> None:
    engine = start("")
    engine.load(model)
    engine.subscribe(lambda _: engine.close())
    _until(lambda: engine.status().worker_pid is None)
    assert engine.status().state is EngineState.STOPPED


@_NEEDS_SIGNALS
def test_killed_at_any_moment_the_engine_goes_on(start: Start, model: Path) -> None:
    """Kills from outside, at moments nobody chose: in a start, in a load, between requests, in one."""
    engine = start("", limits=Limits(crashes=1000))
    began = time.monotonic()
    engine.load(model)
    longest = 4 * (time.monotonic() - began)  # so that some workers live to answer, on a busy machine, too
    done = threading.Event()

    def kill() -> None:
        pause = longest / 64
        while not done.wait(pause):
            pid = engine.status().worker_pid
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):  # gone meanwhile
                    os.kill(pid, 9)
            pause = pause * 2 if pause < longest else longest / 64

    killer = threading.Thread(target=kill)
    killer.start()
    good = 0
    deadline = time.monotonic() + 60
    try:
        while (good < 20 or engine.status().restarts < 6) and time.monotonic() < deadline:
            try:
                good += engine.score(_SCORE).scores == ((-3.0, -2.0),)
            except EngineError as error:
                assert error.retryable, error.message  # noqa: PT017 - most calls do not fail
    finally:
        done.set()
        killer.join()
    assert good >= 20
    assert engine.status().restarts >= 6
    assert engine.score(_SCORE).scores
