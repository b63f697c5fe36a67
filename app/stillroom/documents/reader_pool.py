"""The pool of reader processes that turn files into documents."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from stillroom.cancellation import Cancellation
from stillroom.child import BadMessageError, Child, ChildOutcome, Layers, child_command
from stillroom.documents.document import Document, from_json
from stillroom.documents.seeing import PageSizes, Picture, picture_from_json, sizes_from_json
from stillroom.errors import Cancelled, DocumentError, PasswordNeeded, StillroomError
from stillroom.privacy.policy import Policy, PolicyError, current

T = TypeVar("T")

_ATTEMPTS = 2
"""A reader that died before it took the request, or was killed from outside while it read, is replaced once without a word."""
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
"""Each thread of a library takes its share of the address space, on a large machine more than a document may."""
_START_SECONDS = 60.0
"""Until a reader says that it is confined: a cold disk or a busy machine is no fault of the document that waits for it."""


@dataclass(frozen=True, slots=True)
class PagesRead:
    """How far a reader is in one document: the page it reads, of how many, and the seconds that are likely left."""

    page: int
    pages: int
    seconds_left: float | None


class ReaderPool:
    """A pool of child processes that read files, so that no file can crash, hang or fill the application.

    ``read`` may be called from several threads; as many files are read at once as there are processes. A reader that
    crashes, hangs or grows too large is replaced; its file gets a sentence, the others do not notice.
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        *,
        processes: int = 1,
        seconds: float = 60.0,
        memory_bytes: int = 2 << 30,
        policy: Policy | None = None,
    ) -> None:
        """No process is started before the first file.

        Args:
            command: program and arguments of a reader; None for this application's own.
            processes: at most this many at once, and one more for what a person waits for.
            seconds: one document may take; where pages are recognised in pictures (OCR), each few lines of a page.
            policy: None for that of this machine.
            memory_bytes: address space a reader may use, where the system can limit it; 0 for no limit.
        """
        self._command = list(command) if command is not None else child_command("reader")
        self._seconds = seconds
        self._policy = policy
        self._memory_bytes = memory_bytes
        self._numbers = itertools.count(1)
        self._condition = threading.Condition()
        self._idle: list[_Reader] = []
        self._busy: set[_Reader] = set()
        self._free = max(1, processes)
        self._closed = False
        self._passwords: dict[Path, str] = {}
        self._usual_password: str | None = None

    def read(
        self,
        path: Path,
        *,
        password: str | None = None,
        urgent: bool = False,
        cancellation: Cancellation | None = None,
    ) -> Document:
        """The document in a file. Blocks until it is read, at most the time limit (after its turn has come).

        ``urgent``: a person waits for it. Where all readers are at work one more is started for it, so that it does not wait behind a
        run of scans.

        Raises:
            DocumentError: it cannot be read; the message says why and what to do.
            PasswordNeeded: it is encrypted, and ``password`` and what is remembered are None or wrong.
            Cancelled: cancellation was requested.
        """
        whole = path.absolute()
        known = password or self._passwords.get(whole, self._usual_password)
        fields = {"op": "read", "path": str(whole), "password": known}
        return self._ask(fields, from_json, cancellation, urgent=urgent)

    def pages_read(self, path: Path) -> PagesRead | None:
        """How far the reading of a file is that goes on now; None where that is not known."""
        whole = str(path.absolute())
        with self._condition:
            busy = [reader for reader in self._busy if reader.path == whole]
        return next((pages for reader in busy if (pages := reader.pages_read()) is not None), None)

    def remember_password(self, password: str, path: Path | None = None) -> None:
        """Use a password for a file, or without ``path`` for every encrypted one, until the program ends. It is never written down."""
        if path is None:
            self._usual_password = password
        else:
            self._passwords[path.absolute()] = password

    def picture(self, path: Path, side: int, *, cancellation: Cancellation | None = None) -> Picture:
        """The picture in a file, its longer side at most ``side`` pixels. Blocks and raises as ``read``."""
        fields = {"op": "picture", "path": str(path.absolute()), "side": side}
        return self._ask(fields, picture_from_json, cancellation)

    def page_sizes(
        self, path: Path, sha256: str, *, password: str | None = None, cancellation: Cancellation | None = None
    ) -> PageSizes:
        """What there is to see of a file, or of the attachment with this digest. Blocks and raises as ``read``."""
        return self._ask(self._seeing("pages", path, sha256, password), sizes_from_json, cancellation)

    def render(
        self,
        path: Path,
        sha256: str,
        page: int,
        width: int,
        *,
        password: str | None = None,
        cancellation: Cancellation | None = None,
    ) -> Picture:
        """A page, from 1, as a picture of about so many pixels' width. Blocks and raises as ``read``."""
        fields = self._seeing("render", path, sha256, password) | {"page": page, "width": width}
        return self._ask(fields, picture_from_json, cancellation)

    def _seeing(self, operation: str, path: Path, sha256: str, password: str | None) -> dict[str, Any]:
        whole = path.absolute()
        known = password or self._passwords.get(whole, self._usual_password)
        return {"op": operation, "path": str(whole), "password": known, "sha256": sha256}

    def _ask(
        self,
        fields: Mapping[str, Any],
        convert: Callable[[dict[str, Any]], T],
        cancellation: Cancellation | None,
        *,
        urgent: bool = False,
    ) -> T:
        try:
            (self._policy if self._policy is not None else current()).check_input(Path(fields["path"]))
        except PolicyError as error:
            raise DocumentError(error.message) from error
        for attempt in range(1, _ATTEMPTS + 1):
            reader = self._take(cancellation, urgent)
            try:
                return reader.ask(next(self._numbers), fields, convert, self._seconds, cancellation)
            except _NotTakenError as error:
                reader.kill()  # it may be dead without being known to be
                if attempt == _ATTEMPTS:
                    raise DocumentError(
                        "The process that reads documents cannot be kept running. Restart Stillroom and try again.",
                        error.details,
                    ) from error
            except _KilledError as error:
                if attempt == _ATTEMPTS:
                    raise DocumentError(error.message, error.details) from error
            finally:
                self._give_back(reader)
        raise AssertionError("unreachable")

    @property
    def layers(self) -> Layers | None:
        """What keeps the readers that run now from everything but what they are handed; None while none has said."""
        with self._condition:
            return next((reader.layers for reader in (*self._idle, *self._busy) if reader.layers is not None), None)

    @property
    def process_ids(self) -> list[int]:
        """Of the readers that run now."""
        with self._condition:
            return [reader.pid for reader in (*self._idle, *self._busy) if reader.alive]

    def close(self) -> None:
        """End all readers; a read that is going on raises DocumentError."""
        with self._condition:
            self._closed = True
            readers = [*self._idle, *self._busy]
            busy = set(self._busy)
            self._idle.clear()
            self._condition.notify_all()
        for reader in readers:
            if reader in busy:
                reader.kill()
        for reader in readers:
            reader.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _take(self, cancellation: Cancellation | None, urgent: bool) -> _Reader:
        def wake() -> None:
            with self._condition:
                self._condition.notify_all()

        forget = cancellation.when_requested(wake) if cancellation else lambda: None
        try:
            with self._condition:
                while True:
                    if cancellation:
                        cancellation.raise_if_requested()
                    if self._closed:
                        raise DocumentError("Stillroom is closing; the file was not read.")
                    if self._free > (-1 if urgent else 0):
                        break
                    self._condition.wait()
                self._free -= 1
                while self._idle:
                    reader = self._idle.pop()
                    if reader.alive:
                        self._busy.add(reader)
                        return reader
        finally:
            forget()
        try:
            reader = _Reader(self._command, self._memory_bytes)
        except StillroomError as error:
            with self._condition:
                self._free += 1
                self._condition.notify_all()
            raise DocumentError(error.message, error.details) from error
        self._enlist(reader)
        return reader

    def _enlist(self, reader: _Reader) -> None:
        with self._condition:
            self._busy.add(reader)
            closed = self._closed
        if closed:  # while it was started
            reader.kill()

    def _give_back(self, reader: _Reader) -> None:
        with self._condition:
            self._busy.discard(reader)
            self._free += 1
            if reader.alive and not self._closed:
                self._idle.append(reader)
            self._condition.notify_all()  # who may go on is not who waits longest


def _opened(path: Path, seconds: float, cancellation: Cancellation | None) -> int:
    """A descriptor of a file. A folder of the network may never answer: then the thread that waits for it is left behind.

    Raises DocumentError, Cancelled.
    """
    from stillroom.documents.source import open_file  # with the first file: a pool is made at every start

    found: queue.SimpleQueue[int | DocumentError | None] = queue.SimpleQueue()
    given_up = threading.Event()

    def work() -> None:
        try:
            descriptor = open_file(path)
        except DocumentError as error:
            found.put(error)
            return
        found.put(descriptor)
        if given_up.is_set():
            with contextlib.suppress(queue.Empty, OSError):
                late = found.get_nowait()
                if isinstance(late, int):
                    os.close(late)

    threading.Thread(target=work, name="opening a file", daemon=True).start()
    forget = cancellation.when_requested(lambda: found.put(None)) if cancellation else lambda: None
    try:
        answer = found.get(timeout=seconds)
    except queue.Empty:
        answer = None
    finally:
        forget()
    if isinstance(answer, int):
        return answer
    given_up.set()
    if isinstance(answer, DocumentError):
        raise answer
    if cancellation:
        cancellation.raise_if_requested()
    raise DocumentError(
        f"The folder with the file did not answer within {_in_words(seconds)}. Look at the network or the disk it is on."
    )


def _in_words(seconds: float) -> str:
    return "1 second" if seconds == 1 else f"{seconds:g} seconds"


class _NotTakenError(StillroomError):
    """The reader was gone before it could take the request."""


class _KilledError(StillroomError):
    """An end of the reader that somebody else made, perhaps for want of memory; the file need not be to blame."""


class _Reader:
    """One reader process, for one request at a time."""

    def __init__(self, command: Sequence[str], memory_bytes: int) -> None:
        self._changed = threading.Condition()
        self._answer: dict[str, Any] | None = None
        self._waiting_for = 0
        self._begun = False
        self._heard = 0.0
        self._pages = (0, 0, 0.0)
        self.path = ""
        self._outcome: ChildOutcome | None = None
        self._killed = False
        self.layers: Layers | None = None
        self._child = Child(
            command,
            on_message=self._on_message,
            on_exit=self._on_exit,
            environment=_ENVIRONMENT,
            memory_bytes=memory_bytes,
            hands_files=True,
            name="document reader",
        )
        if memory_bytes:
            with contextlib.suppress(StillroomError):  # gone already: told at the first request
                self._child.send({"op": "limit", "memory_bytes": memory_bytes})

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._outcome is None and not self._killed and self._child.alive

    def kill(self, reason: str = "") -> None:
        self._killed = True
        self._child.kill(reason)
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        self._child.stop(grace_seconds=1.0)

    def ask(
        self,
        number: int,
        fields: Mapping[str, Any],
        convert: Callable[[dict[str, Any]], T],
        seconds: float,
        cancellation: Cancellation | None,
    ) -> T:
        with self._changed:
            self._answer = None
            self._waiting_for = number
            self._heard = time.monotonic()
            self._pages = (0, 0, 0.0)
            self.path = str(fields.get("path", ""))
        try:
            self._hand_over(number, fields, seconds, cancellation)
        except DocumentError:
            raise
        except StillroomError as error:
            if self._killed:
                raise self._lost(cancellation) from error
            raise _NotTakenError(error.message, self._child.stderr_tail) from error
        forget = cancellation.when_requested(self.kill) if cancellation else lambda: None
        try:
            answer = self._wait(seconds)
        finally:
            forget()
        if cancellation:
            cancellation.raise_if_requested()
        if answer is None:
            raise self._lost(cancellation)
        return self._converted(answer, convert)

    def pages_read(self) -> PagesRead | None:
        """How far it is in a document of several pages."""
        with self._changed:
            page, pages, began = self._pages
        if pages < 2:
            return None
        spent = time.monotonic() - began
        return PagesRead(page, pages, spent / (page - 1) * (pages - page + 1) if page > 1 and spent > 1 else None)

    def _hand_over(
        self, number: int, fields: Mapping[str, Any], seconds: float, cancellation: Cancellation | None
    ) -> None:
        """Send the request, with its file open where the system can. Raises DocumentError where it cannot be opened."""
        if not self._child.takes_files:
            self._child.send({"id": number, **fields})
            return
        descriptor = _opened(Path(fields["path"]), seconds, cancellation)
        try:
            self._child.give(descriptor)
            self._child.send({"id": number, **fields, "handed": True})
        finally:
            os.close(descriptor)

    def _wait(self, seconds: float) -> dict[str, Any] | None:
        """The answer, or None where the process ended without one."""
        with self._changed:
            while self._answer is None and self._outcome is None and not self._killed:
                left = self._heard + (seconds if self._begun else max(seconds, _START_SECONDS)) - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            if self._answer is not None:
                return self._answer
            if self._outcome is not None or self._killed:
                return None
            begun = self._begun
        self.kill(f"took longer than {seconds:g} seconds for a document" if begun else "did not start")
        if not begun:
            raise _NotTakenError("The process that reads documents did not start.", self._child.stderr_tail)
        raise DocumentError(
            f"The file took longer than {_in_words(seconds)} to read, and reading was stopped. "
            "It may be damaged, or very large: try it again, or split it into smaller files."
        )

    def _lost(self, cancellation: Cancellation | None) -> Exception:
        """Why there is no answer."""
        if cancellation and cancellation.requested:
            return Cancelled()
        if self._killed:
            return DocumentError("Reading was stopped before the file was done. Add it again.")
        outcome = self._outcome
        assert outcome is not None
        kind = DocumentError if outcome.crashed or outcome.ended_by_us else _KilledError
        return kind(
            f"{outcome.sentence()} It was reading this file, which may be damaged; try it again, or save it anew and add that.",
            outcome.stderr_tail,
        )

    def _converted(self, answer: dict[str, Any], convert: Callable[[dict[str, Any]], T]) -> T:
        try:
            if answer["event"] == "result":
                return convert(answer["data"])
            message, details = str(answer["message"]), str(answer["details"])
            if answer.get("leaving"):
                self.kill()
            locked, lasting = bool(answer.get("password_needed")), bool(answer.get("lasting"))
        except (KeyError, TypeError, ValueError) as error:
            self.kill("sent a document that is none")
            raise DocumentError(
                "The file could not be read: what the reader made of it is no document. Save it anew and add that.",
                repr(error),
            ) from error
        raise PasswordNeeded(message, details) if locked else DocumentError(message, details, lasting=lasting)

    def _on_message(self, message: dict[str, Any]) -> None:
        if message.get("event") == "confined":
            try:
                self.layers = Layers.from_json(message.get("layers"))
            except ValueError as error:
                raise BadMessageError("said nonsense about itself") from error
            with self._changed:  # the time of the document that waits begins here
                self._begun, self._heard = True, time.monotonic()
                self._changed.notify_all()
            return
        with self._changed:
            if message.get("id") != self._waiting_for:
                return
            if message.get("event") == "progress":
                self._heard = time.monotonic()
                page, pages = message.get("page"), message.get("pages")
                if isinstance(page, int) and isinstance(pages, int) and 0 < page <= pages:
                    _, known, began = self._pages
                    self._pages = (page, pages, began if known == pages and page > 1 else self._heard)
                return
            self._answer = message
            self._changed.notify_all()

    def _on_exit(self, outcome: ChildOutcome) -> None:
        with self._changed:
            self._outcome = outcome
            self._changed.notify_all()
