"""Runs one step of the set-up and shows what it does: one live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from set_up.failure import SetUpError, error_of_step, tail

_FILES_DONE = re.compile(r"^\s*\[(\d+)/(\d+)\] ")
_PACKAGE = re.compile(r"^\s*(Collecting|Downloading|Installing collected packages:)\s+(\S+)")
_QUIET_SECONDS = 20.0


def say(sentence: str) -> None:
    """Writes one line for the person at the terminal; never to standard output, which belongs to the application."""
    print(sentence, file=sys.stderr, flush=True)


def to_its_end(work: Callable[[], None]) -> int:
    """Does the work; the exit status. What stops it is told in a sentence."""
    started = time.monotonic()
    try:
        work()
    except SetUpError as failure:
        say(f"\n{failure.sentence}")
        if failure.log:
            say(f"{tail(failure.log)}\nThe whole log: {failure.log}")
        return 1
    except OSError as error:
        say(f"\nThe set-up could not write or read a file: {error.strerror}: {error.filename}.")
        return 1
    except KeyboardInterrupt:
        say("\nThe set-up was stopped. Run the same command again; it goes on where it stopped.")
        return 130
    say(f"Set up in {time.monotonic() - started:.0f} s.")
    return 0


@contextlib.contextmanager
def alone(environment: Path) -> Iterator[int | None]:
    """Waits until no other set-up works on this environment; the lock ends with the last process that holds it."""
    if sys.platform == "win32":
        yield None
        return
    import fcntl

    environment.parent.mkdir(parents=True, exist_ok=True)
    with (environment.parent / f"{environment.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this checkout is running; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def package_stage(line: str) -> str | None:
    """What a line of pip's output says about its progress."""
    found = _PACKAGE.match(line)
    if not found:
        return None
    if found[1].startswith("Installing"):
        return "unpacking"
    return re.split(r"[=<>;~!\[(]|-\d", found[2].rsplit("/", 1)[-1])[0]


def compile_stage(line: str) -> str | None:
    """What a line of the compiler's output says about its progress."""
    found = _FILES_DONE.match(line)
    return f"file {found[1]} of {found[2]}" if found else package_stage(line)


class Steps:
    """Runs steps one after the other, their output going to one log.

    Attributes:
        log: the file that holds the steps' whole output.
    """

    def __init__(self, log: Path, lock: int | None = None) -> None:
        """``lock``: the descriptor of a lock that a step keeps holding when the set-up itself is killed."""
        self.log = log
        self._inherited = () if lock is None else (lock,)
        self._terminal = sys.stderr.isatty()

    def run(
        self,
        title: str,
        command: Sequence[str | os.PathLike[str]],
        *,
        stage: Callable[[str], str | None] = package_stage,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Runs a command to its end.

        Raises:
            SetUpError: it could not be started or ended with a status other than 0.
        """
        started = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        output: list[str] = []
        latest = [""]
        with self.log.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"\n== {title}\n")
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    env={**os.environ, **(environment or {})},
                    start_new_session=True,
                    pass_fds=self._inherited,
                )
            except OSError as error:
                log.write(f"{error}\n")
                log.flush()
                raise error_of_step(title, "", self.log) from error

            def follow() -> None:
                assert process.stdout is not None
                with process.stdout:
                    for line in process.stdout:
                        log.write(line)
                        log.flush()
                        output.append(line)
                        latest[0] = stage(line) or latest[0]

            reader = threading.Thread(target=follow, daemon=True)
            reader.start()
            try:
                self._show_until_done(title, process, started, latest)
                reader.join(5)
                if reader.is_alive():
                    # Something the step started still holds its output.
                    _end(process)
                    reader.join()
            except BaseException:
                _end(process)
                raise
        seconds = time.monotonic() - started
        if process.returncode != 0:
            self._line("", end="")
            raise error_of_step(title, "".join(output), self.log)
        self._line(f"  {title}: done in {seconds:.0f} s", end="\n")

    def _show_until_done(self, title: str, process: subprocess.Popen[str], started: float, latest: list[str]) -> None:
        told = started
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
                return
            now = time.monotonic()
            if self._terminal or now - told >= _QUIET_SECONDS:
                told = now
                what = f" · {latest[0]}" if latest[0] else ""
                self._line(f"  {title}: {now - started:.0f} s{what}", end="" if self._terminal else "\n")

    def _line(self, text: str, *, end: str) -> None:
        if self._terminal:
            sys.stderr.write(f"\r\033[K{text[:100]}{end}")
        elif text:
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a step and everything it started (compilers outlive the pip that started them)."""
    if sys.platform == "win32":
        process.kill()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
