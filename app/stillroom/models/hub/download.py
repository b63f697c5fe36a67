"""Fetching a model: resumed where it stopped, checked against the hub's record, and named only when it is whole and right."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx2
from huggingface_hub.errors import HfHubHTTPError

from stillroom import paths
from stillroom.atomic import write_failure
from stillroom.cancellation import Cancellation
from stillroom.errors import StillroomError
from stillroom.gguf.checks import check_headers
from stillroom.gguf.header import GgufError, parse_header
from stillroom.models.file_names import inside, safe_name
from stillroom.models.hub.client import ByteSource, HubFile, Offer
from stillroom.models.hub.errors import HubBusy, explained
from stillroom.models.records import Record, keep_record
from stillroom.regular_file import open_regular
from stillroom.sizes import size_text

PARTIAL_FOLDER = ".downloads"
_SPARE_BYTES = 256 << 20
_TRIES = 6
_LONGEST_WAIT = 60.0
_HASH_BYTES = 4 << 20
_SPEED_SECONDS = 10.0
_PROGRESS_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far a download is. Bytes; ``speed`` in bytes a second over the last seconds, ``seconds_left`` None until it is known."""

    done: int
    total: int
    speed: float
    seconds_left: float | None
    waiting: str = ""


@dataclass(slots=True)
class Rate:
    """A limit on all downloads together that may be changed at any time. ``bytes_per_second``: 0 for none."""

    bytes_per_second: int = 0

    def wait(self, count: int, cancellation: Cancellation) -> None:
        """Take the time that this many bytes may take."""
        if self.bytes_per_second > 0:
            cancellation.wait(count / self.bytes_per_second)


def target_folder(offer: Offer, models: Path | None = None) -> Path:
    """Where an offer's files will be."""
    return inside(models or paths.models_dir(), offer.repository.replace("/", "--"))


def targets(offer: Offer, models: Path | None = None) -> list[Path]:
    """The files an offer will be, under safe names."""
    folder = target_folder(offer, models)
    names = [safe_name(file.path) for file in offer.files]
    names = [name if name.lower().endswith(".gguf") else f"{name}.gguf" for name in names]
    if len(set(names)) != len(names):
        raise StillroomError(
            f"{offer.repository} gives several files of {offer.name} one name, so they cannot be kept."
        )
    return [folder / name for name in names]


def is_there(offer: Offer, models: Path | None = None) -> bool:
    """Whether the offer's files are there with their sizes; what they hold was looked at when they got their names."""
    return all(
        path.is_file() and path.stat().st_size == file.size
        for path, file in zip(targets(offer, models), offer.files, strict=True)
    )


def partial_bytes(offer: Offer, models: Path | None = None) -> int:
    """Bytes of an offer that an earlier download left."""
    return sum(_Part(offer, file, models or paths.models_dir()).size for file in offer.files)


def discard(offer: Offer, models: Path | None = None) -> None:
    """Throw away what an earlier download left."""
    for file in offer.files:
        _Part(offer, file, models or paths.models_dir()).discard()


def download(
    hub: ByteSource,
    offer: Offer,
    *,
    address: str = "the hub",
    models: Path | None = None,
    on_progress: Callable[[DownloadProgress], None] = lambda _: None,
    cancellation: Cancellation | None = None,
    rate: Rate | None = None,
) -> list[Path]:
    """Fetch an offer's files into the models folder; the first one is the model's path.

    What arrived stays when this is cancelled or fails on the way, and the next call goes on from there.

    Raises:
        StillroomError: the disk is too full, the hub does not give the file, or what it gave is not what it has on record.
        Cancelled: stopping (or pausing) was asked for.
    """
    models = models or paths.models_dir()
    final = targets(offer, models)
    if is_there(offer, models):
        return final
    missing = next((file for file in offer.files if len(file.sha256) != 64), None)
    if missing is not None:
        raise StillroomError(
            f"{address} has no checksum of {Path(missing.path).name} on record, so it cannot be checked and is not fetched."
        )
    cancellation = cancellation or Cancellation()
    parts = [_Part(offer, file, models) for file in offer.files]
    _check_disk(parts, models, offer)
    meter = _Meter(offer.size, on_progress)
    for part in parts:
        _fetch(hub, address, part, meter, cancellation, rate or Rate())
    _check_content(parts, final)
    # The first file last: without it, nothing takes the others for a model.
    for part, path in reversed(list(zip(parts, final, strict=True))):
        part.become(path)
        source = f"{offer.repository} at {offer.revision[:12]}"
        keep_record(path, Record(part.file.sha256.lower(), part.file.size, source), models)
    return final


class _Part:
    """A file on its way: its bytes so far, and beside them what they are bytes of."""

    def __init__(self, offer: Offer, file: HubFile, models: Path) -> None:
        self.offer, self.file = offer, file
        key = hashlib.sha256(f"{offer.repository}\n{file.path}\n{file.sha256}\n{file.size}".encode()).hexdigest()[:32]
        self.path = models / PARTIAL_FOLDER / f"{key}.part"

    @property
    def size(self) -> int:
        try:
            return min(self.path.stat().st_size, self.file.size)
        except OSError:
            return 0

    def open(self) -> BinaryIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.open("r+b" if self.path.exists() else "w+b")

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def become(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.path.replace(path)
        except OSError as error:
            raise write_failure(path, error) from error


class _Meter:
    """A counter of bytes, which tells how fast they come, a few times a second."""

    def __init__(self, total: int, tell: Callable[[DownloadProgress], None]) -> None:
        self._total, self._tell = total, tell
        self._done = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._fetched = 0
        self._told = 0.0

    def has(self, count: int) -> None:
        """Bytes that were there already; negative where they had to be thrown away."""
        self._done += count
        self.tell(force=True)

    def got(self, count: int) -> None:
        self._done += count
        self._fetched += count
        now = time.monotonic()
        self._recent.append((now, self._fetched))
        while now - self._recent[0][0] > _SPEED_SECONDS:
            self._recent.popleft()
        self.tell()

    def tell(self, *, waiting: str = "", force: bool = False) -> None:
        now = time.monotonic()
        if not (force or waiting or self._done == self._total) and now - self._told < _PROGRESS_SECONDS:
            return
        self._told = now
        speed = 0.0
        if len(self._recent) > 1 and now > self._recent[0][0]:
            speed = (self._recent[-1][1] - self._recent[0][1]) / (now - self._recent[0][0])
        left = (self._total - self._done) / speed if speed > 0 else None
        self._tell(DownloadProgress(self._done, self._total, speed, left, waiting))


def _check_disk(parts: list[_Part], models: Path, offer: Offer) -> None:
    needed = sum(part.file.size - part.size for part in parts)
    folder = models
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed + _SPARE_BYTES > free:
        raise StillroomError(
            f"{offer.name} needs {size_text(needed)} on the disk, and {size_text(free)} are free. "
            "Free some space, or keep models on another disk."
        )


def _fetch(hub: ByteSource, address: str, part: _Part, meter: _Meter, cancellation: Cancellation, rate: Rate) -> None:
    try:
        with part.open() as target:
            _fetch_into(target, hub, address, part, meter, cancellation, rate)
    except OSError as error:
        raise write_failure(part.path, error) from error


def _fetch_into(
    target: BinaryIO, hub: ByteSource, address: str, part: _Part, meter: _Meter, cancellation: Cancellation, rate: Rate
) -> None:
    digest = hashlib.sha256()
    while chunk := target.read(_HASH_BYTES):  # what an earlier download left
        cancellation.raise_if_requested()
        digest.update(chunk)
    have = target.tell()
    if have > part.file.size:
        have, digest = _start_over(target), hashlib.sha256()
    meter.has(have)
    tries = 0
    while have < part.file.size:
        cancellation.raise_if_requested()
        before = have
        try:
            with hub.open(part.offer, part.file, have) as stream:
                if stream.start != have:  # the whole file again: the server gives no parts
                    meter.has(-have)
                    have, digest = _start_over(target), hashlib.sha256()
                for piece in stream.pieces:
                    cancellation.raise_if_requested()
                    if have + len(piece) > part.file.size:
                        raise _not_as_recorded(part, address, "is longer than it should be")
                    target.write(piece)
                    digest.update(piece)
                    have += len(piece)
                    meter.got(len(piece))
                    rate.wait(len(piece), cancellation)
            if have < part.file.size:
                raise httpx2.RemoteProtocolError("the connection ended early")
        except (httpx2.HTTPError, HfHubHTTPError) as error:
            target.flush()
            tries = 1 if have > before else tries + 1
            _wait_or_raise(error, address, part, tries, meter, cancellation)
    target.flush()
    if digest.hexdigest() != part.file.sha256.lower():
        raise _not_as_recorded(part, address, "does not have the content (SHA-256) that it should have")


def _start_over(target: BinaryIO) -> int:
    target.seek(0)
    target.truncate()
    return 0


def _not_as_recorded(part: _Part, address: str, how: str) -> StillroomError:
    # Going on from these bytes would only repeat the mistake.
    part.discard()
    return StillroomError(
        f"{Path(part.file.path).name} from {address} {how}, so it was thrown away. Try again; if it stays so, choose another source."
    )


def _wait_or_raise(
    error: Exception, address: str, part: _Part, tries: int, meter: _Meter, cancellation: Cancellation
) -> None:
    told = explained(error, address, part.offer.repository)
    passing = isinstance(told, HubBusy) or isinstance(error, httpx2.TransportError)
    if not passing or tries >= _TRIES:
        raise told from error
    seconds = min(_LONGEST_WAIT, 0.5 * 2**tries)
    if isinstance(told, HubBusy) and told.seconds is not None:
        seconds = min(_LONGEST_WAIT, told.seconds)
    meter.tell(waiting=told.message)
    cancellation.wait(seconds)


def _check_content(parts: list[_Part], final: list[Path]) -> None:
    """What is right byte for byte may still be no model that can be used."""
    headers = []
    try:
        for part, path in zip(parts, final, strict=True):
            with open_regular(part.path) as file:

                def read(offset: int, length: int, file: BinaryIO = file) -> bytes:
                    file.seek(offset)
                    return file.read(length)

                headers.append(parse_header(read, part.file.size, path.name))
        check_headers(headers)
    except GgufError:
        for part in parts:
            part.discard()
        raise
    except OSError as error:
        raise write_failure(final[0], error) from error
