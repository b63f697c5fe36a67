"""Workers that crash, hang, talk nonsense or do not listen; all of them real processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stillroom.cancellation import Cancellation
from stillroom.engine import connection
from stillroom.engine.engine import Engine, EngineState
from stillroom.engine.limits import Limits
from stillroom.engine.protocol import (
    ENDLESS_TEMPLATE,
    EmbedRequest,
    GenerateRequest,
    LoadOptions,
    Message,
    Piece,
    QuantizeRequest,
    Question,
    ScoreRequest,
    SpanQuestion,
    SpanRequest,
)
from stillroom.errors import Cancelled, EngineError

_FAKE = [sys.executable, str(Path(__file__).with_name("fake_worker.py"))]
_SCORE = ScoreRequest((Piece("text"),), (Question("?", ("yes", "no")),))
_LONG = GenerateRequest((Piece("text"),), max_tokens=1000)
_LIMITS = Limits(cancel_grace=0.3, silence=1.0, load_silence=1.0, stop_grace=0.5, line_bytes=1 << 20)
_NEEDS_SIGNALS = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

Start = Callable[..., Engine]


def _failure(call: Callable[[], object]) -> EngineError:
    with pytest.raises(EngineError) as failure:
        call()
    return failure.value


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        pytest.param("SIGSEGV", "The engine crashed (SIGSEGV).", marks=_NEEDS_SIGNALS),
        pytest.param("SIGABRT", "The engine crashed (SIGABRT).", marks=_NEEDS_SIGNALS),
        pytest.param("SIGTERM", "The engine was ended from outside (SIGTERM).", marks=_NEEDS_SIGNALS),
        pytest.param("freeze", "it did not answer for 1 seconds.", marks=_NEEDS_SIGNALS),
        ("exit3", "The engine stopped with exit code 3."),
        ("exit0", "The engine stopped by itself."),
        ("hang", "The engine was ended by Stillroom: it did not answer for 1 seconds."),
        ("garbage", "it wrote a line that is no message."),
        ("endless", "it wrote a line longer than 1048576 bytes."),
        ("status", "it reported a status that makes no sense."),
        ("list", "it said something that makes no sense."),
        ("unknown", "it said something that makes no sense."),
        ("nonsense", "The engine gave an answer that makes no sense and was ended."),
    ],
)
def test_a_worker_that_fails_in_a_request(start: Start, model: Path, behaviour: str, sentence: str) -> None:
    engine = start(f"score={behaviour}", times=1)
    engine.load(model)
    pid = engine.status().worker_pid
    started = time.monotonic()
    error = _failure(lambda: engine.score(_SCORE))
    assert time.monotonic() - started < 20
    assert sentence in error.message
    assert error.message.endswith("It starts again with the next request.")
    assert error.retryable
    assert engine.score(_SCORE).scores == ((-3.0, -2.0),)  # a fresh worker, and the model loaded again
    status = engine.status()
    assert status.worker_pid != pid
    assert (status.restarts, status.failure, status.state) == (1, "", EngineState.READY)


def test_details_hold_what_was_written_last(start: Start, model: Path) -> None:
    engine = start("score=exit3")
    engine.load(model)
    details = _failure(lambda: engine.score(_SCORE)).details
    assert "the last words" in details
    assert "build: fake" in details
    assert list(engine._worker_log) == ["build: fake", "ready", "load 0"]


def test_a_slow_request_with_a_beating_heart_is_no_hang(start: Start, model: Path) -> None:
    engine = start("score=slow")
    engine.load(model)
    assert engine.score(_SCORE).scores
    assert engine.status().restarts == 0
    assert engine.status().worker.context_tokens == 100


def test_time_that_this_program_slept_is_no_silence(start: Start, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = start("score=silent", limits=Limits(silence=30))
    engine.load(model)
    ahead = 0.0
    monkeypatch.setattr(connection.time, "monotonic", lambda real=time.monotonic: real() + ahead)
    results: list[object] = []
    caller = threading.Thread(target=lambda: results.append(engine.score(_SCORE)))
    caller.start()
    time.sleep(0.4)
    ahead = 1000.0
    caller.join(30)
    assert len(results) == 1


@_NEEDS_SIGNALS
def test_a_caller_blocked_in_sending_is_freed(start: Start, model: Path) -> None:
    engine = start("score=freeze", times=1)
    engine.load(model)
    large = ScoreRequest((Piece("x" * 3_000_000),), _SCORE.questions)
    errors: list[EngineError] = []
    callers = [threading.Thread(target=lambda: errors.append(_failure(lambda: engine.score(large)))) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(30)
    assert [error.retryable for error in errors] == [True] * 3
    assert engine.score(_SCORE).scores


@pytest.mark.parametrize("behaviour", ["deaf", "hang", pytest.param("freeze", marks=_NEEDS_SIGNALS)])
def test_a_cancel_that_is_not_answered(start: Start, model: Path, behaviour: str) -> None:
    engine = start(f"generate={behaviour}", times=1, limits=Limits(cancel_grace=0.3, silence=30))
    engine.load(model)
    pid = engine.status().worker_pid
    cancellation = Cancellation()
    timer = threading.Timer(0.2, cancellation.request)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        engine.generate(_LONG, cancellation=cancellation)
    assert time.monotonic() - started < 15
    timer.join()
    assert engine.score(_SCORE).scores
    assert engine.status().worker_pid != pid
    assert engine.status().failure == ""


def test_what_else_was_under_way_may_be_tried_again(start: Start, model: Path) -> None:
    engine = start("generate=deaf", times=1, limits=Limits(cancel_grace=0.3))
    engine.load(model)
    cancellation = Cancellation()
    began = threading.Event()
    errors: list[EngineError] = []

    def score() -> None:
        assert began.wait(30)
        errors.append(_failure(lambda: engine.score(_SCORE)))

    caller = threading.Thread(target=score)
    caller.start()

    def on_text(_: str) -> None:
        began.set()
        time.sleep(0.05)
        cancellation.request()

    with pytest.raises(Cancelled):
        engine.generate(_LONG, on_text=on_text, cancellation=cancellation)
    caller.join(30)
    assert errors[0].retryable
    assert "did not stop when it was asked to" in errors[0].message


@_NEEDS_SIGNALS
def test_a_chat_template_that_only_the_system_could_stop_is_said_to_be_one(start: Start, model: Path) -> None:
    engine = start("render=SIGPROF", times=1)
    engine.load(model)
    error = _failure(lambda: engine.render([Message("user", "Hello")]))
    assert error.message == ENDLESS_TEMPLATE
    assert not error.retryable
    assert engine.render([Message("user", "Hello")])


@_NEEDS_SIGNALS
@pytest.mark.parametrize("behaviour", ["SIGSEGV", "exit1", "hang", "garbage"])
def test_a_model_file_that_stops_the_worker(start: Start, model: Path, behaviour: str) -> None:
    engine = start(f"load={behaviour}", times=1)
    error = _failure(lambda: engine.load(model))
    assert not error.retryable
    assert "damaged, or this version does not support it" in error.message
    assert engine.status().state is EngineState.FAILED
    assert engine.status().failure == error.message
    engine.load(model)
    assert engine.status().state is EngineState.READY


@_NEEDS_SIGNALS
def test_a_kill_while_loading_is_not_the_files_fault(start: Start, model: Path) -> None:
    engine = start("load=SIGKILL", times=1)
    error = _failure(lambda: engine.load(model))
    assert error.retryable
    assert "memory ran out" in error.message
    assert "choose a smaller model" in error.message


@_NEEDS_SIGNALS
@pytest.mark.parametrize("lives", [1, 2, 9])
@pytest.mark.parametrize("work", ["load", "dry_load", "quantize"])
def test_a_worker_killed_between_its_start_and_the_request_is_started_again_or_said(
    start: Start, model: Path, work: str, lives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, died = connection.WorkerConnection.wait_until_ready, []

    def killed(worker: connection.WorkerConnection, cancellation: Cancellation | None) -> None:
        ready(worker, cancellation)
        if len(died) < lives:
            died.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)
            while worker.alive:
                time.sleep(0.01)

    monkeypatch.setattr(connection.WorkerConnection, "wait_until_ready", killed)
    model.write_text('GGUF{"Q8_0": {"size": 900}}', "utf-8")
    engine = start("")
    do: dict[str, Callable[[], object]] = {
        "load": lambda: engine.load(model),
        "dry_load": lambda: engine.dry_load(model),
        "quantize": lambda: engine.quantize(QuantizeRequest(str(model), str(model.with_name("small.gguf")), "Q8_0")),
    }
    if lives < _LIMITS.crashes:
        assert do[work]()
    else:
        assert "stops by itself again and again" in _failure(do[work]).message


def test_loading_has_a_patience_of_its_own(start: Start, model: Path) -> None:
    engine = start("load=silent", times=1, limits=Limits(silence=0.5, load_silence=30))
    engine.load(model)
    assert engine.status().restarts == 0


def test_cancelling_a_load(start: Start, model: Path) -> None:
    engine = start("")
    cancellation = Cancellation()
    with pytest.raises(Cancelled):
        engine.load(model, on_progress=lambda _: cancellation.request(), cancellation=cancellation)
    assert engine.status().model is None
    assert engine.status().state is EngineState.READY
    assert _failure(lambda: engine.score(_SCORE)).message == "No model is loaded. Choose one first."
    engine.load(model)
    cancellation = Cancellation()
    other = LoadOptions(context_tokens=4096)
    with pytest.raises(Cancelled):
        engine.load(model, other, on_progress=lambda _: cancellation.request(), cancellation=cancellation)
    engine.score(_SCORE)
    status = engine.status()
    assert status.model is not None
    assert status.model.options.context_tokens == 0
    assert list(engine._worker_log)[-2:] == ["load 4096", "load 0"]  # the earlier one was loaded again


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ("exit1", "The engine stopped with exit code 1. It could not even start: install Stillroom again."),
        ("version", "it is of another version than the window."),
        ("hang", "it did not answer for 0.5 seconds."),
    ],
)
def test_a_worker_that_does_not_start(start: Start, model: Path, behaviour: str, sentence: str) -> None:
    # On a busy machine the interpreter alone takes longer than this to start.
    engine = start(f"start={behaviour}", limits=Limits(start=0.5 if behaviour == "hang" else 60))
    error = _failure(lambda: engine.load(model))
    assert sentence in error.message
    assert not error.retryable


def test_a_program_that_is_not_there(model: Path, tmp_path: Path) -> None:
    with Engine([str(tmp_path / "none")]) as engine:
        assert "could not be started" in _failure(lambda: engine.load(model)).message


def test_cancel_and_close_do_not_wait_for_a_start(start: Start, model: Path) -> None:
    engine = start("start=hang", limits=Limits(stop_grace=0.2))
    cancellation = Cancellation()
    timer = threading.Timer(0.2, cancellation.request)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        engine.load(model, cancellation=cancellation)
    timer = threading.Timer(0.2, engine.close)
    timer.start()
    with pytest.raises(Cancelled):
        engine.load(model)
    assert time.monotonic() - started < 20
    timer.join()


def test_a_request_waiting_for_a_load_can_be_cancelled(start: Start, model: Path) -> None:
    engine = start("load=slow")
    loader = threading.Thread(target=engine.load, args=(model,))
    loader.start()
    while engine.status().state is not EngineState.LOADING:
        time.sleep(0.01)
    cancellation = Cancellation()
    timer = threading.Timer(0.1, cancellation.request)
    timer.start()
    with pytest.raises(Cancelled):
        engine.score(_SCORE, cancellation=cancellation)
    assert loader.is_alive()
    assert engine.score(_SCORE).scores  # waits for it
    loader.join()
    timer.join()


def test_a_worker_that_keeps_crashing_is_not_started_for_ever(start: Start, model: Path) -> None:
    engine = start("score=exit3")
    engine.load(model)
    assert [_failure(lambda: engine.score(_SCORE)).retryable for _ in range(3)] == [True] * 3
    error = _failure(lambda: engine.score(_SCORE))
    assert not error.retryable
    assert "stopped 3 times" in error.message
    status = engine.status()
    assert (status.worker_pid, status.restarts, status.state) == (None, 2, EngineState.FAILED)
    assert engine.count_tokens(["other work goes on"]) == [4]
    engine.load(model, LoadOptions(context_tokens=512))  # a person's choice: another try
    assert _failure(lambda: engine.score(_SCORE)).retryable


@_NEEDS_SIGNALS
def test_crashes_with_work_done_between_are_forgiven(start: Start, model: Path) -> None:
    engine = start("")
    engine.load(model)
    short = GenerateRequest((Piece("text"),), max_tokens=1)
    for _ in range(3):
        for _ in range(2):
            pid = engine.count_tokens([""]) and engine.status().worker_pid
            assert pid
            error = _failure(lambda pid=pid: engine.generate(_LONG, on_text=lambda _: os.kill(pid, 9)))
            assert error.retryable
        assert engine.generate(short).tokens == 1


def test_a_model_that_keeps_crashing_is_not_loaded_for_ever(start: Start, model: Path) -> None:
    engine = start("load=exit3")
    messages = [_failure(lambda: engine.load(model)).message for _ in range(4)]
    assert ["stopped 3 times" in message for message in messages] == [False, False, False, True]
    other = LoadOptions(context_tokens=512)  # a person's choice: another try
    assert "exit code 3" in _failure(lambda: engine.load(model, other)).message


def test_embeddings_of_fewer_texts_are_refused(start: Start, model: Path) -> None:
    engine = start("")
    engine.load(model)
    error = _failure(lambda: engine.embed(EmbedRequest(("one text", "fewer"))))  # the fake worker's cue
    assert "makes no sense" in error.message


def test_a_span_that_is_not_in_the_text_is_refused(start: Start, model: Path) -> None:
    engine = start("")
    engine.load(model)
    request = SpanRequest((Piece("x"),), "beyond", (SpanQuestion("?", "\n"),))  # the fake worker's cue
    error = _failure(lambda: engine.spans(request))
    assert "makes no sense" in error.message
    assert error.retryable
