"""The audit log: what was done on this machine, as lines that are only added to, each sealed by the one before.

A line holds when, what, and facts such as digests, names of models and counts; never content, never a file's name. Each carries
the digest of the line before it, so that a changed, missing or added line shows; how far the chain had come is written beside it
and into every export, so that a chain cut at its end shows, too. Who may write the folder could forge all of it anew, but not
the exports that are elsewhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.codec import from_json

_log = logging.getLogger(__name__)

_FILE_BYTES = 8 << 20
"""A file that has grown past this is closed; the chain goes on in the next."""
_FACT_CHARACTERS = 200
_BEGINNING = "0" * 64
_NAME = re.compile(r"audit-(\d{6})\.jsonl\Z")

EXPORTED = "exported"
"""The event of a file that was written; its fact ``sha256`` says which."""

Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain has come: the number of its last line, and that line's digest."""

    number: int = 0
    digest: str = _BEGINNING

    @property
    def text(self) -> str:
        """As it is written into an export's metadata: ``17:0a1b…``."""
        return f"{self.number}:{self.digest}"

    @staticmethod
    def parse(text: str) -> Head:
        """Raises ValueError."""
        number, _, digest = text.partition(":")
        if not re.fullmatch(r"[0-9a-f]{64}", digest) or not re.fullmatch(r"\d{1,12}", number):
            raise ValueError("no head of an audit log")
        return Head(int(number), digest)


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of looking at every line.

    Attributes:
        lines: that are there. head: of the chain.
        problems: sentences, each with its file and line; empty where the chain is whole.
        exported: the SHA-256 of files that were exported.
    """

    lines: int
    head: Head
    problems: tuple[str, ...]
    exported: frozenset[str] = frozenset()


class AuditLog:
    """The chain in a folder, shared by the processes of the application. Safe from any thread."""

    def __init__(self, folder: Path, file_bytes: int = _FILE_BYTES) -> None:
        self._folder, self._file_bytes = folder, file_bytes
        self._lock = threading.Lock()

    def record(self, event: str, **facts: Fact) -> Head:
        """Add a line, and return how far the chain has come. Raises OSError, ValueError where the chain cannot be gone on with."""
        return self.record_all([(event, facts)])

    def record_all(self, events: Iterable[tuple[str, Mapping[str, Fact]]]) -> Head:
        """Add a line for each event, in one stroke. Raises as ``record``."""
        moment = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._lock, self._alone():
            head = self._last()
            lines = []
            for event, facts in events:
                entry = {
                    "number": head.number + 1,
                    "moment": moment,
                    "event": event,
                    **{
                        name: fact[:_FACT_CHARACTERS] if isinstance(fact, str) else fact for name, fact in facts.items()
                    },
                    "before": head.digest,
                }
                line, digest = _sealed(entry)
                lines.append(line)
                head = Head(head.number + 1, digest)
            with os.fdopen(os.open(self._file(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
                file.write(b"".join(lines))
                file.flush()
                os.fsync(file.fileno())
            write_text(self._folder / "head", head.text + "\n")
            return head

    def head(self) -> Head:
        """How far the chain has come. Raises OSError, ValueError."""
        with self._lock, self._alone():
            return self._last()

    def lines(self) -> Iterator[tuple[str, int, bytes]]:
        """Every line with its file's name and its number there."""
        for path in self._files():
            with path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    yield path.name, number, line

    def verify(self, anchors: tuple[Head, ...] = ()) -> Verified:
        """Look at every line, and at how far the chain had come when ``anchors`` were written. Raises OSError."""
        with self._lock, self._alone():
            chain = _Chain(anchors)
            for name, place, line in self.lines():
                chain.follow(name, place, line)
            try:
                last = self._written_head()
            except FileNotFoundError:
                last = chain.head
                if chain.lines:
                    chain.problems.append("head: it is missing, so lines may be missing at the end.")
            except ValueError:
                last = chain.head
                chain.problems.append("head: it is damaged or was changed.")
        if last != chain.head:
            chain.problems.append(
                f"The chain ends at {chain.head.number}, and had come to {last.number}, with other lines or more of them."
            )
        return chain.verified()

    def _written_head(self) -> Head:
        """Raises OSError, and ValueError where it is not, letter by letter, one that was written."""
        data = (self._folder / "head").read_bytes()
        head = Head.parse(data.decode("ascii").removesuffix("\n"))
        if data != f"{head.text}\n".encode("ascii"):
            raise ValueError("no head of an audit log")
        return head

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(path for path in self._folder.iterdir() if _NAME.match(path.name))

    def _file(self) -> Path:
        """The file to be written: the last, or the next where that has grown large."""
        files = self._files()
        if not files:
            return self._folder / "audit-000001.jsonl"
        last = files[-1]
        if last.stat().st_size < self._file_bytes:
            return last
        found = _NAME.match(last.name)
        assert found is not None
        return self._folder / f"audit-{int(found[1]) + 1:06}.jsonl"

    def _last(self) -> Head:
        """As it was written down. A line that a power cut left behind it is taken for what the next one follows."""
        try:
            head = self._written_head()
        except FileNotFoundError:
            head = Head()
        files = self._files()
        if not files:
            return head
        tail = files[-1].read_bytes()
        whole = tail[: tail.rfind(b"\n") + 1]
        if len(whole) < len(tail):  # torn: it was never said to be written
            os.truncate(files[-1], len(whole))
        entry = _read(whole[whole.rfind(b"\n", 0, -1) + 1 :]) if whole else None
        if entry is not None and int(str(entry["number"])) == head.number + 1 and entry["before"] == head.digest:
            return Head(head.number + 1, str(entry["digest"]))
        return head

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process writes meanwhile."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            if os.name == "posix":
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX)
            else:
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
            yield


class _Chain:
    """The lines of a log, followed one by one."""

    def __init__(self, anchors: Sequence[Head]) -> None:
        self.head, self.lines = Head(), 0
        self.problems: list[str] = []
        self._anchors, self._wanted = anchors, {anchor.number for anchor in anchors}
        self._known: dict[int, str] = {0: _BEGINNING}
        self._exported: set[str] = set()

    def follow(self, name: str, place: int, line: bytes) -> None:
        self.lines += 1
        entry = _read(line)
        if entry is None:
            self.problems.append(f"{name}, line {place}: it is damaged or was changed.")
            return
        number, digest, earlier = int(str(entry["number"])), str(entry["digest"]), str(entry["before"])
        if number != self.head.number + 1:
            self.problems.append(
                f"{name}, line {place}: it has the number {number}, and {self.head.number + 1} is due."
            )
        elif earlier != self.head.digest:
            self.problems.append(f"{name}, line {place}: it does not follow from the line before.")
        self.head = Head(number, digest)
        if number in self._wanted:
            self._known[number] = digest
        if entry.get("event") == EXPORTED:
            self._exported.add(str(entry.get("sha256")))

    def verified(self) -> Verified:
        missing = [
            f"Line {anchor.number} is not, or not any more, what an export was anchored in."
            for anchor in self._anchors
            if self._known.get(anchor.number) != anchor.digest
        ]
        return Verified(self.lines, self.head, (*self.problems, *missing), frozenset(self._exported))


def verify_copy(path: Path, anchors: tuple[Head, ...] = ()) -> Verified:
    """Look at every line of a copy, as an auditor was given it. Raises OSError.

    Where its end was cut off shows by the anchors alone: ask for an export that is younger.
    """
    chain = _Chain(anchors)
    with path.open("rb") as file:
        for place, line in enumerate(file, start=1):
            chain.follow(path.name, place, line)
    return chain.verified()


def default_log() -> AuditLog:
    """Of this person's Stillroom."""
    return AuditLog(paths.data_dir() / "audit")


def note(event: str, **facts: Fact) -> str:
    """Add a line to this person's log. Returns the head for an export's metadata; empty where the log could not be written,
    which is told in the other log: work goes on."""
    return note_all([(event, facts)])


def note_all(events: Iterable[tuple[str, Mapping[str, Fact]]]) -> str:
    """Add lines to this person's log in one stroke; as ``note``."""
    try:
        return default_log().record_all(events).text
    except Exception as error:  # noqa: BLE001 - a full disk, a folder that was taken away: whatever it is, it ends no work
        _log.warning("the audit log was not written: %s", type(error).__name__)
        return ""


def _sealed(entry: dict[str, Fact]) -> tuple[bytes, str]:
    """A line, and its digest."""
    digest = hashlib.sha256(_canonical(entry)).hexdigest()
    return _canonical({**entry, "digest": digest}) + b"\n", digest


def _read(line: bytes) -> dict[str, Fact] | None:
    """The entry of a line; None where it is not, letter by letter, what was sealed."""
    try:
        entry = from_json(dict[str, Fact], line)
    except (ValueError, RecursionError):
        return None
    if type(entry.get("number")) is not int or not isinstance(entry.get("before"), str):
        return None
    rest = {name: fact for name, fact in entry.items() if name != "digest"}
    whole, _ = _sealed(rest)
    return entry if whole == line else None


def _canonical(entry: dict[str, Fact]) -> bytes:
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=True).encode("ascii")
