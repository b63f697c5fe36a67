"""The downloads of a person: one after another, kept over a restart, each of which can be paused, gone on with or removed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.cancellation import Cancellation
from stillroom.codec import json_text, read_json
from stillroom.errors import Cancelled, StillroomError
from stillroom.models.hub.client import Hub, Offer
from stillroom.models.hub.download import PARTIAL_FOLDER, DownloadProgress, Rate, discard, download, partial_bytes

_SECONDS_TO_CLOSE = 5.0
_LOG = logging.getLogger(__name__)


class DownloadState(StrEnum):
    """Where a download is."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Download:
    """One entry of the queue. ``failure``: a sentence, where it failed. ``path``: of the model, where it is done."""

    number: int
    offer: Offer
    state: DownloadState
    progress: DownloadProgress
    failure: str = ""
    path: Path | None = None


class DownloadQueue:
    """A queue of offers, fetched on a thread of its own, one at a time. Safe from any thread.

    Attributes:
        rate: a limit for all of them, to be changed at any time.
    """

    def __init__(
        self,
        hub: Callable[[], Hub],
        *,
        address: str = "the hub",
        models: Path | None = None,
        on_change: Callable[[Download], None] = lambda _: None,
    ) -> None:
        """Entries of an earlier session are there again, paused. No connection is made until one is to go on.

        Args:
            hub: makes the connection; it is closed after each download.
            on_change: told of every change of an entry, on the queue's thread or the caller's. Be short.
        """
        self.rate = Rate()
        self._hub = hub
        self._address = address
        self._models = models or paths.models_dir()
        self._on_change = on_change
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._entries: dict[int, Download] = {}
        self._running: tuple[int, Cancellation] | None = None
        self._closed = False
        for offer in self._load():
            self._new(offer, DownloadState.PAUSED)
        self._thread = threading.Thread(target=self._work, name="downloads", daemon=True)
        self._thread.start()

    def entries(self) -> list[Download]:
        """All of them, in the order they were added."""
        with self._lock:
            return list(self._entries.values())

    def add(self, offer: Offer) -> Download:
        """Put an offer at the end; one that is there already goes on instead."""
        with self._lock:
            known = next((entry for entry in self._entries.values() if entry.offer == offer), None)
            entry = known or self._new(offer, DownloadState.WAITING)
        if known is not None and known.state in (DownloadState.PAUSED, DownloadState.FAILED, DownloadState.DONE):
            self.resume(known.number)
            return known
        self._changed(entry)
        return entry

    def pause(self, number: int) -> None:
        """Stop a download; what arrived stays. Does nothing where it is not under way."""
        self._stop(number, DownloadState.PAUSED)

    def resume(self, number: int) -> None:
        """Go on with a download that is paused or failed."""
        self._set(number, state=DownloadState.WAITING, failure="")

    def remove(self, number: int) -> None:
        """Take an entry away, and what arrived of it unless it is done."""
        self._stop(number, DownloadState.PAUSED)
        with self._wake:
            self._wake.wait_for(lambda: self._running is None or self._running[0] != number, timeout=30)
            entry = self._entries.pop(number, None)
        if entry is not None:
            if entry.state is not DownloadState.DONE:
                discard(entry.offer, self._models)
            self._save()

    def close(self) -> None:
        """Stop, keeping everything for the next session."""
        with self._wake:
            self._closed = True
            if self._running is not None:
                self._running[1].request()
            self._wake.notify_all()
        # A server that says nothing may hold the thread for a while; it writes nothing more.
        self._thread.join(_SECONDS_TO_CLOSE)

    # ---------------------------------------------------------------------------------------------------------- entries

    def _new(self, offer: Offer, state: DownloadState) -> Download:
        number = max(self._entries, default=0) + 1
        done = partial_bytes(offer, self._models)
        entry = Download(number, offer, state, DownloadProgress(done, offer.size, 0.0, None))
        self._entries[number] = entry
        return entry

    def _set(self, number: int, **changes: Any) -> None:
        with self._lock:
            entry = self._entries.get(number)
            if entry is None:
                return
            entry = self._entries[number] = replace(entry, **changes)
        self._changed(entry, save="state" in changes)

    def _stop(self, number: int, state: DownloadState) -> None:
        with self._lock:
            entry = self._entries.get(number)
            running = self._running is not None and self._running[0] == number
            if running and self._running is not None:
                self._running[1].request()
        if entry is not None and (running or entry.state is DownloadState.WAITING):
            self._set(number, state=state)

    def _changed(self, entry: Download, *, save: bool = True) -> None:
        if save:
            self._save()
        with self._wake:
            self._wake.notify_all()
        self._on_change(entry)

    # ------------------------------------------------------------------------------------------------------ on the thread

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._next() is not None)
                if self._closed:
                    return
                entry = self._next()
                assert entry is not None
                cancellation = Cancellation()
                self._running = (entry.number, cancellation)
            self._fetch(entry, cancellation)
            with self._wake:
                self._running = None
                self._wake.notify_all()

    def _next(self) -> Download | None:
        return next((entry for entry in self._entries.values() if entry.state is DownloadState.WAITING), None)

    def _fetch(self, entry: Download, cancellation: Cancellation) -> None:
        self._set(entry.number, state=DownloadState.RUNNING)
        try:
            with self._hub() as hub:
                files = download(
                    hub,
                    entry.offer,
                    address=self._address,
                    models=self._models,
                    on_progress=lambda progress: self._set(entry.number, progress=progress),
                    cancellation=cancellation,
                    rate=self.rate,
                )
        except Cancelled:
            with self._lock:
                now = self._entries.get(entry.number)
            if now is not None and now.state is DownloadState.RUNNING:  # closed, or paused before it had begun
                self._set(entry.number, state=DownloadState.PAUSED)
        except StillroomError as error:
            self._set(entry.number, state=DownloadState.FAILED, failure=error.message)
        except Exception:  # noqa: BLE001 - the queue must outlive any one download
            _LOG.exception("a download failed")
            self._set(
                entry.number,
                state=DownloadState.FAILED,
                failure="The download failed for a reason that is not known. Try again.",
            )
        else:
            self._set(entry.number, state=DownloadState.DONE, path=files[0])

    # ---------------------------------------------------------------------------------------------------------- on disk

    @property
    def _file(self) -> Path:
        return self._models / PARTIAL_FOLDER / "queue.json"

    def _save(self) -> None:
        unfinished = [entry.offer for entry in self.entries() if entry.state is not DownloadState.DONE]
        try:
            write_text(self._file, json_text(unfinished))
        except StillroomError as error:
            _LOG.warning("the list of downloads was not kept (%s)", error.details)

    def _load(self) -> list[Offer]:
        try:
            return read_json(list[Offer], self._file)
        except (OSError, ValueError):
            return []  # none yet, or not ours: what arrived is found again when the download is asked for
