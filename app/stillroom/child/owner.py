"""The owner's side of a child process."""

from __future__ import annotations

import io
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from stillroom.child.handing import FILES, POSSIBLE, Hand
from stillroom.child.messages import MAX_LINE_BYTES
from stillroom.child.outcome import ChildOutcome
from stillroom.codec import from_line, to_line
from stillroom.errors import StillroomError

STDERR_TAIL_BYTES = 64 << 10
_CHUNK_BYTES = 256 << 10
_MUTE_SECONDS = 5.0
"""How long a child that closed its standard output may go on living."""

_log = logging.getLogger(__name__)


class BadMessageError(Exception):
    """A message that makes no sense, raised by ``on_message``. Its text, the reason the child is ended for, is read after "it"."""


class Child:
    """An owner of one child process that speaks JSON lines. Every method is safe from any thread.

    Two threads live as long as the process. The one that reads messages also starts the process: on Linux a child
    that asked to die with its parent dies with the *thread* that started it, and the caller's may end at any time.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        on_message: Callable[[dict[str, Any]], None],
        on_exit: Callable[[ChildOutcome], None],
        environment: Mapping[str, str] | None = None,
        memory_bytes: int = 0,
        hands_files: bool = False,
        max_line_bytes: int = MAX_LINE_BYTES,
        name: str = "helper program",
    ) -> None:
        """Start the process.

        Args:
            command: program and arguments.
            on_message: called with every message, in order, on the reading thread, perhaps before the constructor has
                returned. It must not block, and not call `stop` (`kill` it may). What makes no sense it refuses with
                BadMessageError.
            on_exit: called once, after the last message, on the reading thread, when the process is gone. The same
                holds for it. Whoever calls `stop` must hold no lock that these two need.
            environment: added to what a child needs of this process's own; keys and passwords in it are not among that.
            memory_bytes: address space the child may use (Linux; not limited elsewhere); 0 for no limit.
            hands_files: whether it is given open files, where the system can: see ``give``.
            max_line_bytes: of one message.
            name: of the child in sentences, in mid-sentence: ``engine``.

        Raises:
            StillroomError: the process could not be started.
        """
        self._on_message = on_message
        self._on_exit = on_exit
        self._memory_bytes = memory_bytes
        self._max_line_bytes = max_line_bytes
        self._name = name
        self._tail = bytearray()
        self._hand = Hand() if hands_files and POSSIBLE else None
        self._write_lock = threading.Lock()
        self._signal_lock = threading.Lock()  # between signalling and reaping, so that no other process is ever hit
        self._process: subprocess.Popen[bytes]
        self._stopping = False
        self._reason = ""
        self._outcome: ChildOutcome | None = None
        self._ended = threading.Event()
        started: queue.SimpleQueue[OSError | int] = queue.SimpleQueue()

        def live() -> None:
            try:
                self._process = self._start(command, environment)
            except OSError as error:
                if self._hand is not None:
                    self._hand.close()
                started.put(error)
                return
            started.put(self._process.pid)
            self._live(self._process)

        self._reader = threading.Thread(target=live, name=f"{name} messages", daemon=True)
        self._reader.start()
        pid = started.get()
        if isinstance(pid, OSError):
            self._reader.join()
            raise StillroomError(
                f"The {name} could not be started: {pid.strerror}. Install Stillroom again if this stays so.",
                details=repr(pid),
            )
        self.pid = pid

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    @property
    def stderr_tail(self) -> str:
        """The last 64 KiB of what the child wrote to its standard error."""
        return bytes(self._tail).decode("utf-8", "replace")

    def send(self, message: Mapping[str, Any]) -> None:
        """Write one message; blocks while the child does not read.

        Raises:
            StillroomError: the child is gone.
        """
        line = to_line(message)
        with self._write_lock:
            stdin = self._stdin()
            if stdin.closed:
                raise StillroomError(f"The {self._name} is not running.")
            try:
                view = memoryview(line)
                while view:
                    view = view[stdin.write(view) or 0 :]
            except OSError as error:
                raise StillroomError(f"The {self._name} is not running.", details=repr(error)) from error

    @property
    def takes_files(self) -> bool:
        """Whether open files can be handed over to it."""
        return self._hand is not None

    def give(self, descriptor: int) -> None:
        """Hand an open file over, before the message that says what to do with it. It stays open here.

        Raises:
            StillroomError: the child is gone.
        """
        assert self._hand is not None
        try:
            self._hand.give(descriptor)
        except OSError as error:
            raise StillroomError(f"The {self._name} is not running.", details=repr(error)) from error

    def stop(self, grace_seconds: float = 2.0) -> ChildOutcome:
        """Close its standard input, wait, terminate, wait, kill. Returns when it is gone.

        Args:
            grace_seconds: of each wait.
        """
        if threading.current_thread() is self._reader:
            raise RuntimeError("a child cannot be stopped from its own callback")
        with self._signal_lock:
            self._stopping = self._stopping or self._process.poll() is None
        # A sender blocked on a child that does not read holds the lock: then there is nothing to ask politely.
        if self._write_lock.acquire(timeout=grace_seconds):
            try:
                self._stdin().close()
            finally:
                self._write_lock.release()
            self._ended.wait(grace_seconds)
        if not self._ended.is_set():
            self._signal(terminate=True)
            if not self._ended.wait(grace_seconds):
                self._signal(terminate=False)
                self._ended.wait()
        self._reader.join(max(grace_seconds, 1.0))
        assert self._outcome is not None
        return self._outcome

    def kill(self, reason: str = "") -> None:
        """End it now; returns at once, ``on_exit`` follows. Safe in callbacks.

        Args:
            reason: for the outcome's sentence, to be read after "it": ``did not answer for 30 seconds``.
        """
        self._signal(terminate=False, reason=reason)

    def _start(self, command: Sequence[str], environment: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
        # A group of its own: Ctrl-C in a terminal reaches the owner only, and what the child started ends with it.
        windows = sys.platform == "win32"
        handed = {FILES: str(self._hand.other_end)} if self._hand is not None else {}
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            close_fds=True,
            pass_fds=() if self._hand is None else (self._hand.other_end,),
            env=child_environment({**(environment or {}), **handed}),
            start_new_session=not windows,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0) if windows else 0,
        )
        if self._hand is not None:
            self._hand.started()
        if self._memory_bytes and sys.platform == "linux":
            import resource

            try:
                resource.prlimit(process.pid, resource.RLIMIT_AS, (self._memory_bytes, self._memory_bytes))
            except (OSError, ValueError):
                _log.warning("the memory of child %d could not be limited", process.pid)
        return process

    def _stdin(self) -> io.FileIO:
        assert isinstance(self._process.stdin, io.FileIO)
        return self._process.stdin

    def _live(self, process: subprocess.Popen[bytes]) -> None:
        assert isinstance(process.stdout, io.FileIO)
        errors = threading.Thread(target=self._read_errors, args=(process,), name=f"{self._name} errors", daemon=True)
        errors.start()
        try:
            with io.BufferedReader(process.stdout, _CHUNK_BYTES) as stdout:
                self._read_messages(stdout)
        finally:
            # Also when a callback failed: the process must not outlive the thread that listens to it.
            if sys.exception() is not None:
                self._signal(terminate=False, reason="said something that Stillroom could not handle")
            code = self._reap(process)
            errors.join(_MUTE_SECONDS)
            if self._write_lock.acquire(timeout=_MUTE_SECONDS):
                try:
                    self._stdin().close()
                finally:
                    self._write_lock.release()
            if self._hand is not None:
                self._hand.close()
            self._outcome = self._describe(code)
            self._ended.set()
            self._on_exit(self._outcome)

    def _read_messages(self, stdout: BinaryIO) -> None:
        while line := stdout.readline(self._max_line_bytes + 1):
            if len(line) > self._max_line_bytes:
                self.kill(f"wrote a line longer than {self._max_line_bytes} bytes")
                return
            if not line.endswith(b"\n"):
                return  # it died in the middle of a line; what is missing is told by its outcome
            try:
                message = from_line(line)
            except (ValueError, RecursionError):
                message = None
            if not isinstance(message, dict):
                self.kill("wrote a line that is no message")
                return
            try:
                self._on_message(message)
            except BadMessageError as bad:
                self.kill(str(bad))
                return

    def _read_errors(self, process: subprocess.Popen[bytes]) -> None:
        assert isinstance(process.stderr, io.FileIO)
        with process.stderr as stderr:
            while chunk := stderr.read(STDERR_TAIL_BYTES):
                tail = self._tail + chunk
                self._tail = tail[-STDERR_TAIL_BYTES:]

    def _reap(self, process: subprocess.Popen[bytes]) -> int:
        patience = time.monotonic() + _MUTE_SECONDS
        pause = 0.001
        while True:
            with self._signal_lock:
                code = process.poll()
            if code is not None:
                return code
            if time.monotonic() > patience and not self._stopping:
                self._signal(terminate=False, reason="closed its standard output")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)

    def _signal(self, *, terminate: bool, reason: str = "") -> None:
        process = self._process
        with self._signal_lock:
            if process.poll() is not None:
                return
            if not self._stopping:
                self._stopping = True
                self._reason = reason
            if sys.platform == "win32":
                process.terminate() if terminate else process.kill()
            else:
                os.killpg(process.pid, signal.SIGTERM if terminate else signal.SIGKILL)

    def _describe(self, code: int) -> ChildOutcome:
        name = ""
        if code < 0 and sys.platform != "win32":
            try:
                name = signal.Signals(-code).name
            except ValueError:
                name = f"signal {-code}"
        return ChildOutcome(
            name=self._name,
            code=None if name else code,
            signal=name,
            ended_by_us=self._stopping,
            reason=self._reason,
            memory_bytes=self._memory_bytes,
            stderr_tail=self.stderr_tail,
        )


def child_command(role: str) -> list[str]:
    """The command that starts this application as ``worker`` or ``reader``."""
    if getattr(sys, "frozen", False):
        return [sys.executable, role]
    return [sys.executable, "-m", "stillroom", role]


_NEEDED = frozenset(
    {
        "HOME", "LANG", "LANGUAGE", "TZ", "TZDIR", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "STILLROOM_HOME",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "GLIBC_TUNABLES", "PYTHONHOME", "PYTHONPATH", "PYTHONHASHSEED",
        "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONFAULTHANDLER",
        # Windows
        "SYSTEMROOT", "WINDIR", "SYSTEMDRIVE", "PATH", "PATHEXT", "TEMP", "TMP", "APPDATA", "LOCALAPPDATA", "USERPROFILE",
        "PROGRAMDATA", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "COMSPEC",
    }
)  # fmt: skip
# Of the libraries that compute: threads, devices, memory.
_NEEDED_BEGINNINGS = (
    "LC_", "OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "MALLOC_", "GGML_", "LLAMA_", "CUDA_", "NVIDIA_", "HIP_", "HSA_", "ROCR_",
    "ROCM_", "GPU_", "VK_", "MESA_", "ONEAPI_", "SYCL_", "ZE_", "DYLD_", "METAL_", "STILLROOM_STARTER", "STILLROOM_UNLISTED",
)  # fmt: skip


def child_environment(overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child is started with: how to find its code, language and devices. Addresses of the session, of agents and
    proxies, and whatever keys lie in the environment are not handed on."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _NEEDED or name.startswith(_NEEDED_BEGINNINGS)
    }
    environment = {**kept, **(overrides or {})}
    if getattr(sys, "frozen", False):
        return environment
    # The current folder is not searched for modules: it may be full of downloads.
    environment["PYTHONSAFEPATH"] = "1"
    root = Path(__file__).resolve().parents[2]
    if root.name not in {"site-packages", "dist-packages"}:  # a checkout; installed packages are found anyway
        rest = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{root}{os.pathsep}{rest}" if rest else str(root)
    return environment
