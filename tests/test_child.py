"""A child that misbehaves in every way a real process can."""

from __future__ import annotations

import io
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from stillroom.child import BadMessageError, Child, ChildOutcome, MessageWriter, child_command
from stillroom.errors import StillroomError

_ECHO = """
import json, sys
from stillroom.child import MessageWriter, die_with_parent, private_stdout
die_with_parent()
writer = MessageWriter(private_stdout())
print("noise of a library")
writer.send({"ready": True})
for line in sys.stdin.buffer:
    writer.send(json.loads(line))
"""
_NEEDS_SIGNALS = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
_NEEDS_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="as Linux does it")


class _Owner:
    """Starts children from a source text and collects what comes of them."""

    def __init__(self) -> None:
        self.messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.outcomes: queue.SimpleQueue[ChildOutcome] = queue.SimpleQueue()
        self.children: list[Child] = []

    def start(self, source: str, **options: Any) -> Child:
        options.setdefault("on_message", self.messages.put)
        command = [sys.executable, "-c", source]
        child = Child(command, on_exit=self.outcomes.put, name="reader", **options)
        self.children.append(child)
        return child

    def message(self) -> dict[str, Any]:
        return self.messages.get(timeout=10)

    def outcome(self) -> ChildOutcome:
        return self.outcomes.get(timeout=10)


@pytest.fixture
def owner() -> Iterator[_Owner]:
    owner = _Owner()
    yield owner
    for child in owner.children:
        child.stop(0.5)


def _gone(pid: int) -> bool:
    """True if there is no such process, not even a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_messages_go_both_ways(owner: _Owner) -> None:
    child = owner.start(_ECHO)
    assert owner.message() == {"ready": True}
    for message in ({"text": "zwölf\nlines \u2028 \udcff"}, {"long": "x" * 3_000_000}, {"n": [1, 2.5, None]}):
        child.send(message)
        assert owner.message() == message
    assert child.alive


def test_what_a_library_prints_is_no_message(owner: _Owner) -> None:
    child = owner.start(_ECHO)
    assert owner.message() == {"ready": True}
    child.stop()
    assert "noise of a library" in child.stderr_tail


def test_stop_asks_first(owner: _Owner) -> None:
    child = owner.start(_ECHO)
    owner.message()
    outcome = child.stop()
    assert (outcome.code, outcome.ended_by_us) == (0, True)
    assert owner.outcome() == outcome
    assert child.stop() == outcome
    assert not child.alive
    with pytest.raises(StillroomError, match="not running"):
        child.send({})


@_NEEDS_SIGNALS
@pytest.mark.parametrize(
    ("deafness", "ended_with"),
    [("", "SIGTERM"), ("signal.signal(signal.SIGTERM, signal.SIG_IGN);", "SIGKILL")],
)
def test_stop_grows_more_insistent(owner: _Owner, deafness: str, ended_with: str) -> None:
    child = owner.start(f"import signal, time; {deafness} print('{{}}', flush=True); time.sleep(60)")
    owner.message()
    outcome = child.stop(0.1)
    assert outcome.signal == ended_with
    assert outcome.sentence() == "The reader was ended by Stillroom."
    assert _gone(child.pid)


@_NEEDS_SIGNALS
def test_stop_while_a_sender_is_blocked(owner: _Owner) -> None:
    child = owner.start("import time; print('{}', flush=True); time.sleep(60)")
    owner.message()
    failures: list[StillroomError] = []

    def send() -> None:
        try:
            child.send({"large": "x" * 5_000_000})
        except StillroomError as error:
            failures.append(error)

    sender = threading.Thread(target=send)
    sender.start()
    time.sleep(0.1)
    child.stop(0.1)
    sender.join(5)
    assert not sender.is_alive()
    assert len(failures) == 1


@_NEEDS_SIGNALS
@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import sys; sys.exit(3)", "The reader stopped with exit code 3."),
        ("", "The reader stopped by itself."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "The reader crashed (SIGSEGV)."),
        ("import os; os.abort()", "The reader crashed (SIGABRT)."),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "The reader was killed by the operating system, probably because memory ran out.",
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "The reader was ended from outside (SIGTERM)."),
        ("print('no message')", "The reader was ended by Stillroom: it wrote a line that is no message."),
        ("print('[1]')", "The reader was ended by Stillroom: it wrote a line that is no message."),
        ("print('[' * 100000)", "The reader was ended by Stillroom: it wrote a line that is no message."),
        ("print('9' * 100000)", "The reader was ended by Stillroom: it wrote a line that is no message."),
    ],
)
def test_the_end_says_itself_in_a_sentence(owner: _Owner, source: str, sentence: str) -> None:
    # The sleep keeps a child that talks nonsense alive: it has to be ended by its owner.
    child = owner.start(
        f"{source}\nimport sys, time; sys.stdout.flush(); {'time.sleep(60)' if 'print' in source else ''}"
    )
    outcome = owner.outcome()
    assert outcome.sentence() == sentence
    assert outcome.crashed == (" crashed" in sentence or " stopped" in sentence)
    assert child.stop() == outcome
    assert _gone(child.pid)


def test_an_endless_line_ends_the_child(owner: _Owner) -> None:
    owner.start("import sys\nwhile True: sys.stdout.write('x' * 100000)", max_line_bytes=1_000_000)
    assert owner.outcome().sentence() == "The reader was ended by Stillroom: it wrote a line longer than 1000000 bytes."


def test_half_a_line_is_no_message(owner: _Owner) -> None:
    owner.start("print('{}'); print('{\"cut\": 1}', end='')")
    assert owner.message() == {}
    owner.outcome()
    assert owner.messages.empty()


def test_the_tail_of_stderr_is_kept_and_bounded(owner: _Owner) -> None:
    owner.start("import sys\nfor n in range(100000): print('line', n, file=sys.stderr)")
    tail = owner.outcome().stderr_tail
    assert tail.endswith("line 99999" + os.linesep)
    assert len(tail) == 64 << 10


@_NEEDS_LINUX
def test_memory_is_limited_and_the_sentence_says_so(owner: _Owner) -> None:
    owner.start("x = bytearray(2 << 30)", memory_bytes=512 << 20)
    outcome = owner.outcome()
    assert "MemoryError" in outcome.stderr_tail
    assert outcome.sentence() == (
        "The reader stopped with exit code 1; it may have needed more than the 512 MiB of memory it is allowed."
    )


@_NEEDS_SIGNALS
def test_a_child_that_closes_its_stdout_does_not_stay(owner: _Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillroom.child.owner._MUTE_SECONDS", 0.2)
    owner.start("import os, time; os.close(1); time.sleep(60)")
    assert "closed its standard output" in owner.outcome().sentence()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failing_callback_does_not_leave_the_child_behind(owner: _Owner) -> None:
    def fail(_: dict[str, Any]) -> None:
        raise ZeroDivisionError

    child = owner.start(_ECHO, on_message=fail)
    assert "could not handle" in owner.outcome().sentence()
    child.stop()
    assert _gone(child.pid)


def test_a_message_may_be_refused(owner: _Owner) -> None:
    def refuse(_: dict[str, Any]) -> None:
        raise BadMessageError("reported nonsense")

    owner.start(_ECHO, on_message=refuse)
    assert owner.outcome().sentence() == "The reader was ended by Stillroom: it reported nonsense."


def test_a_callback_may_kill_but_not_stop(owner: _Owner) -> None:
    refused: list[str] = []

    def callback(_: dict[str, Any]) -> None:
        child = owner.children[0]
        try:
            child.stop()
        except RuntimeError as error:
            refused.append(str(error))
        child.kill("said enough")

    child = owner.start(
        _ECHO.replace("writer.send({", "import time; time.sleep(0.2); writer.send({"), on_message=callback
    )
    assert owner.outcome().sentence() == "The reader was ended by Stillroom: it said enough."
    assert len(refused) == 1
    assert child.stop().reason == "said enough"


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StillroomError, match="The engine could not be started: No such file"):
        Child([str(tmp_path / "none")], on_message=print, on_exit=print, name="engine")


@_NEEDS_LINUX
def test_the_child_outlives_the_thread_that_asked_for_it(owner: _Owner) -> None:
    """PR_SET_PDEATHSIG fires when the starting thread ends, not only the process."""
    received: list[dict[str, Any]] = []

    def begin() -> None:
        owner.start(_ECHO)
        received.append(owner.message())  # by now the child has asked to die with its parent

    starter = threading.Thread(target=begin)
    starter.start()
    starter.join()
    assert received == [{"ready": True}]
    time.sleep(0.1)
    owner.children[0].send({"still": "here"})
    assert owner.message() == {"still": "here"}


@_NEEDS_LINUX
def test_the_child_dies_with_its_owner(owner: _Owner) -> None:
    """Killed outright, and although the child never reads its standard input."""
    child = _ECHO.split("for line")[0].replace('{"ready": True}', '{"pid": __import__("os").getpid()}')
    child += "import time; time.sleep(60)"
    source = f"""
import sys, threading
from stillroom.child import Child
from stillroom.codec import to_line
def pass_on(message):
    sys.stdout.buffer.write(to_line(message)); sys.stdout.buffer.flush()
Child([sys.executable, "-c", {child!r}], on_message=pass_on, on_exit=print)
threading.Event().wait()
"""
    middle = owner.start(source)
    grandchild = owner.message()["pid"]
    assert not _gone(grandchild)
    os.kill(middle.pid, signal.SIGKILL)
    owner.outcome()
    # Who adopts it may be slow to reap it.
    _until(lambda: _gone(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@_NEEDS_LINUX
def test_nothing_is_left_behind() -> None:
    before = (threading.active_count(), len(list(Path("/proc/self/fd").iterdir())))
    for n in range(10):
        owner = _Owner()
        child = owner.start("import os; os.abort()" if n % 2 else _ECHO)
        if n % 2:
            owner.outcome()
        child.stop()
        assert _gone(child.pid)
    assert (threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))) == before


def test_children_hold_no_pipe_of_each_other(owner: _Owner) -> None:
    first, second = owner.start(_ECHO), owner.start(_ECHO)
    owner.message(), owner.message()
    started = time.monotonic()
    assert first.stop(5).code == 0
    assert time.monotonic() - started < 4  # it saw its standard input close although the other one lives
    assert second.alive


def test_a_folder_of_downloads_is_not_searched_for_modules(
    owner: _Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('somebody else’s code')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    owner.start(_ECHO)
    assert owner.message() == {"ready": True}


def test_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    assert child_command("reader") == [sys.executable, "-m", "stillroom", "reader"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert child_command("worker") == [sys.executable, "worker"]


def test_the_writer_refuses_what_the_owner_would_not_take() -> None:
    stream = io.BytesIO()
    writer = MessageWriter(stream, max_line_bytes=30)
    with pytest.raises(StillroomError, match="too large"):
        writer.send({"text": "x" * 30})
    writer.send({"a": 1})
    assert stream.getvalue() == b'{"a":1}\n'


def test_windows_crash_codes_are_said() -> None:
    assert ChildOutcome("engine", code=0xC0000005).sentence() == "The engine crashed (an access violation)."
