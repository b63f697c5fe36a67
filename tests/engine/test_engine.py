"""What every worker must do, the real one and the fake one alike: one suite over both."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from stillroom.cancellation import Cancellation
from stillroom.child import child_command
from stillroom.engine.engine import Engine, EngineState
from stillroom.engine.protocol import (
    EmbedRequest,
    GenerateRequest,
    LoadOptions,
    Message,
    Piece,
    Question,
    ScoreRequest,
    SpanQuestion,
    SpanRequest,
)
from stillroom.errors import Cancelled, EngineError

_FAKE = [sys.executable, str(Path(__file__).with_name("fake_worker.py"))]
_SCORE = ScoreRequest(
    prefix=(Piece("The capital of France is Paris.\n"),),
    questions=(Question("Capital:", (" Paris", " London", " a pear tree"), "\n"), Question("Country:", (" France",))),
)
_GENERATE = GenerateRequest(prompt=(Piece("Once upon a time"),), max_tokens=12)
_LONG = GenerateRequest(prompt=(Piece("Count for ever: 1, 2, 3, 4,"),), max_tokens=1500)


def _starter() -> Path | None:
    """The real model where there is one."""
    named = os.environ.get("STILLROOM_STARTER_MODEL")
    if named:
        return Path(named)
    if find_spec("stillroom.models.library") is None:
        return None
    from stillroom.models.library import starter_model

    found = starter_model()
    return found.path if found is not None else None


@pytest.fixture(scope="module", params=["fake", pytest.param("real", marks=pytest.mark.model)])
def worker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """The command of a worker, and a model for it."""
    if request.param == "fake":
        model = tmp_path_factory.mktemp("models") / "fake model.gguf"
        model.write_bytes(b"GGUF")
        return _FAKE, model
    starter = _starter()
    if starter is None or find_spec("llama_cpp") is None or find_spec("stillroom.worker.process") is None:
        pytest.skip("no starter model, or no llama.cpp")
    return child_command("worker"), starter


@pytest.fixture(scope="module")
def shared(worker: tuple[list[str], Path]) -> Iterator[Engine]:
    """One loaded engine for the tests that leave it as it was."""
    with Engine(worker[0]) as engine:
        engine.load(worker[1], LoadOptions(context_tokens=2048))
        yield engine


@pytest.fixture
def fresh(worker: tuple[list[str], Path]) -> Iterator[Engine]:
    with Engine(worker[0]) as engine:
        yield engine


def test_load_tells_progress_and_what_was_loaded(fresh: Engine, worker: tuple[list[str], Path]) -> None:
    assert fresh.status().state is EngineState.STOPPED
    progress: list[float] = []
    threads: set[str] = set()

    def on_progress(value: float) -> None:
        progress.append(value)
        threads.add(threading.current_thread().name)

    options = LoadOptions(context_tokens=1024)
    info = fresh.load(worker[1], options, on_progress=on_progress)
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert threads == {threading.current_thread().name}
    assert info.path == str(worker[1])
    status = fresh.status()
    assert (status.state, status.model, status.failure, status.restarts) == (EngineState.READY, info, "", 0)
    assert status.worker_pid is not None


def test_scores_have_the_shape_of_the_questions(shared: Engine) -> None:
    result = shared.score(_SCORE)
    assert [len(scores) for scores in result.scores] == [3, 1]
    assert all(math.isfinite(score) and score <= 0 for scores in result.scores for score in scores)
    assert all(length >= 1 for lengths in result.lengths for length in lengths)
    assert max(result.scores[0]) == result.scores[0][0]


def test_each_text_has_a_vector(shared: Engine) -> None:
    vectors = shared.embed(EmbedRequest(("a bank card", "jazz, please"))).vectors
    assert len(vectors) == 2
    assert len(vectors[0]) == len(vectors[1]) > 1
    assert vectors[0] != vectors[1]


def test_spans_are_parts_of_the_text(shared: Engine) -> None:
    text = "North Wind Trading Ltd sells green apples."
    questions = (SpanQuestion("\nWho sells? ", "\n", count=2), SpanQuestion("\nWhat? ", "\n", max_tokens=8))
    request = SpanRequest((Piece(text),), text, questions)
    result = shared.spans(request)
    assert len(result.spans) == 2
    for span in (span for spans in result.spans for span in spans):
        assert text[span.start : span.end].strip()
        assert span.log_probability <= 0
    assert shared.spans(request).spans == result.spans


def test_the_same_request_gives_the_same_answer(shared: Engine) -> None:
    assert shared.score(_SCORE).scores == shared.score(_SCORE).scores
    assert shared.generate(_GENERATE).text == shared.generate(_GENERATE).text


def test_text_comes_in_pieces_on_the_callers_thread(shared: Engine) -> None:
    pieces: list[tuple[str, int]] = []
    generation = shared.generate(_GENERATE, on_text=lambda text: pieces.append((text, threading.get_ident())))
    assert len(pieces) > 1
    assert "".join(text for text, _ in pieces) == generation.text
    assert {thread for _, thread in pieces} == {threading.get_ident()}


def test_tokens_are_counted(shared: Engine) -> None:
    counts = shared.count_tokens(["", "one", "one two three four five six seven"])
    assert counts[0] == 0
    assert 1 <= counts[1] < counts[2]
    assert shared.count_tokens([]) == []


def test_a_conversation_is_rendered(shared: Engine) -> None:
    turns = [Message("system", "Be kind."), Message("user", "How are you?")]
    text = shared.render(turns, add_generation_prompt=False)
    assert text.index("Be kind.") < text.index("How are you?")
    assert len(shared.render(turns)) > len(text)


def test_cancel_is_quick_and_leaves_the_worker_in_place(shared: Engine) -> None:
    pid = shared.status().worker_pid
    seconds: list[float] = []
    while min(seconds, default=1.0) > 0.3 and len(seconds) < 5:  # the machine may be busy with something else
        cancellation = Cancellation()
        asked: list[float] = []

        def on_text(_: str, cancellation: Cancellation = cancellation, asked: list[float] = asked) -> None:
            if not asked:
                asked.append(time.monotonic())
                cancellation.request()

        with pytest.raises(Cancelled):
            shared.generate(_LONG, on_text=on_text, cancellation=cancellation)
        seconds.append(time.monotonic() - asked[0])
    assert min(seconds) < 0.3
    assert shared.score(_SCORE).scores
    assert shared.status().worker_pid == pid


def test_cancelled_before_it_began(shared: Engine) -> None:
    cancellation = Cancellation()
    cancellation.request()
    with pytest.raises(Cancelled):
        shared.score(_SCORE, cancellation=cancellation)


def test_a_failing_callback_reaches_its_caller_and_stops_the_work(shared: Engine) -> None:
    pid = shared.status().worker_pid
    with pytest.raises(ZeroDivisionError):
        shared.generate(_LONG, on_text=lambda _: print(1 / 0))
    started = time.monotonic()
    shared.generate(_GENERATE)  # would wait for the long one if that still ran
    assert time.monotonic() - started < 15
    assert shared.status().worker_pid == pid


def test_several_callers_at_once(shared: Engine) -> None:
    expected = shared.score(_SCORE).scores
    seen: list[object] = []
    texts: list[str] = []

    def score() -> None:
        seen.extend(shared.score(_SCORE).scores for _ in range(3))

    def generate() -> None:
        texts.append(shared.generate(_GENERATE).text)

    callers = [threading.Thread(target=work) for work in (score, generate, score, generate)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert len(seen) == 6
    # Work done together may round differently in the last digits of a real model.
    for scores in seen:
        assert [[pytest.approx(score, abs=0.1) for score in row] for row in expected] == [list(row) for row in scores]  # type: ignore[attr-defined]
    assert len(texts) == 2


def test_a_file_that_is_no_model(fresh: Engine, worker: tuple[list[str], Path], tmp_path: Path) -> None:
    bad = tmp_path / "letter.gguf"
    bad.write_text("Dear Sir or Madam, " * 1000, encoding="utf-8")
    with pytest.raises(EngineError) as failure:
        fresh.load(bad)
    assert not failure.value.retryable
    assert failure.value.message.endswith(".")
    assert fresh.status().state is EngineState.FAILED
    assert fresh.status().failure == failure.value.message
    with pytest.raises(EngineError, match="No model is loaded"):
        fresh.score(_SCORE)
    fresh.load(worker[1])
    with pytest.raises(EngineError):
        fresh.load(bad)
    assert fresh.score(_SCORE).scores  # the earlier model stays the one in use
    assert fresh.status().failure == ""


def test_unload(fresh: Engine, worker: tuple[list[str], Path]) -> None:
    fresh.unload()
    fresh.load(worker[1])
    fresh.unload()
    assert fresh.status().model is None
    with pytest.raises(EngineError, match="No model is loaded"):
        fresh.count_tokens(["one"])


def test_a_worker_killed_between_requests_is_replaced(fresh: Engine, worker: tuple[list[str], Path]) -> None:
    options = LoadOptions(context_tokens=1024)
    info = fresh.load(worker[1], options, name="as a person knows it")
    first = fresh.status().worker_pid
    assert first is not None
    os.kill(first, 9)
    deadline = time.monotonic() + 20
    while fresh.status().worker_pid is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    status = fresh.status()
    assert status.state is EngineState.FAILED
    assert status.model == info
    assert "memory" in status.failure
    assert fresh.score(_SCORE).scores
    status = fresh.status()
    assert (status.restarts, status.failure, status.state) == (1, "", EngineState.READY)
    assert status.worker_pid not in (None, first)
    assert status.model is not None
    assert status.model.options == info.options
    assert status.model.name == info.name == "as a person knows it"


def test_a_worker_killed_in_a_request(fresh: Engine, worker: tuple[list[str], Path]) -> None:
    fresh.load(worker[1])
    pid = fresh.status().worker_pid
    assert pid is not None
    with pytest.raises(EngineError) as failure:
        fresh.generate(_LONG, on_text=lambda _: os.kill(pid, 9))
    assert failure.value.retryable
    assert "probably because memory ran out" in failure.value.message
    assert fresh.generate(_GENERATE).text


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors as Linux shows them")
def test_close_in_the_middle_leaves_nothing_behind(worker: tuple[list[str], Path]) -> None:
    before = (threading.active_count(), len(list(Path("/proc/self/fd").iterdir())))
    engine = Engine(worker[0])
    engine.load(worker[1])
    pid = engine.status().worker_pid
    began = threading.Event()
    outcome: list[BaseException] = []

    def generate() -> None:
        try:
            engine.generate(_LONG, on_text=lambda _: began.set())
        except (Cancelled, EngineError) as error:
            outcome.append(error)

    caller = threading.Thread(target=generate)
    caller.start()
    assert began.wait(30)
    engine.close()
    engine.close()
    caller.join(20)
    assert [type(error) for error in outcome] == [Cancelled]
    assert engine.status().state is EngineState.STOPPED
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(EngineError, match="closed"):
        engine.score(_SCORE)
    assert (threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))) == before
