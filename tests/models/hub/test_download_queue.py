"""The queue: one after another, paused, gone on with, removed, and there again after a restart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from tests.gguf.make_gguf import gguf
from tests.models.hub_server import HubServer

from stillroom import paths
from stillroom.models.hub import download as module
from stillroom.models.hub.client import Hub, Offer
from stillroom.models.hub.download_queue import Download, DownloadQueue, DownloadState

REPOSITORY = "maker/tiny-GGUF"


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_WAIT", 0.0)
    monkeypatch.setattr(module, "_PROGRESS_SECONDS", 0.0)


@pytest.fixture
def offers(server: HubServer, hub: Hub) -> list[Offer]:
    for number, name in enumerate(("a-Q8_0", "b-Q8_0")):
        server.put(REPOSITORY, f"{name}.gguf", gguf(seed=number))
    return [hub.repository(REPOSITORY).offer(name) for name in ("a-Q8_0", "b-Q8_0")]


@pytest.fixture
def queue(hub: Hub) -> Iterator[DownloadQueue]:
    made = DownloadQueue(lambda: hub)
    yield made
    made.close()


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def states(queue: DownloadQueue) -> list[str]:
    return [entry.state.value for entry in queue.entries()]


def test_one_after_another(queue: DownloadQueue, offers: list[Offer]) -> None:
    seen: list[Download] = []
    queue._on_change = seen.append
    for offer in offers:
        queue.add(offer)
    wait_for(lambda: states(queue) == ["done", "done"])
    assert [entry.path.name for entry in queue.entries() if entry.path] == ["a-Q8_0.gguf", "b-Q8_0.gguf"]
    running = [entry.number for entry in seen if entry.state is DownloadState.RUNNING]
    assert running == sorted(running)
    assert queue.add(offers[0]).number == 1, "not twice in the queue"


def test_pausing_and_going_on(server: HubServer, queue: DownloadQueue, offers: list[Offer]) -> None:
    server.behaviour.pause = 0.05
    queue.rate.bytes_per_second = 200_000
    number = queue.add(offers[0]).number
    wait_for(lambda: queue.entries()[0].progress.done > 0)
    queue.pause(number)
    wait_for(lambda: queue._running is None)
    assert states(queue) == ["paused"]
    part = module.partial_bytes(offers[0])
    assert 0 < part < offers[0].size
    queue.rate.bytes_per_second = 0
    queue.resume(number)
    wait_for(lambda: states(queue) == ["done"])
    assert server.starts("a-Q8_0.gguf")[-1] == part


def test_a_restart_finds_what_was_there(server: HubServer, hub: Hub, offers: list[Offer]) -> None:
    server.behaviour.pause = 0.05
    first = DownloadQueue(lambda: hub)
    first.rate.bytes_per_second = 200_000
    for offer in offers:
        first.add(offer)
    wait_for(lambda: first.entries()[0].progress.done > 0)
    first.close()
    part = module.partial_bytes(offers[0])
    asked = len(server.requests)
    second = DownloadQueue(lambda: hub)
    try:
        assert states(second) == ["paused", "paused"]
        assert [entry.offer for entry in second.entries()] == offers
        assert second.entries()[0].progress.done == part > 0
        time.sleep(0.05)
        assert len(server.requests) == asked, "nothing is fetched before a person says so"
        second.resume(1)
        wait_for(lambda: states(second) == ["done", "paused"])
        assert server.starts("a-Q8_0.gguf")[-1] == part
    finally:
        second.close()


def test_removing(server: HubServer, queue: DownloadQueue, offers: list[Offer]) -> None:
    server.behaviour.pause = 0.05
    queue.rate.bytes_per_second = 200_000
    queue.add(offers[0])
    wait_for(lambda: queue.entries()[0].progress.done > 0)
    queue.remove(1)
    assert queue.entries() == []
    assert module.partial_bytes(offers[0]) == 0
    assert not list(paths.models_dir().rglob("*.part"))
    queue.remove(7)


def test_a_failure_is_said_and_can_be_tried_again(server: HubServer, queue: DownloadQueue, offers: list[Offer]) -> None:
    server.behaviour.wrong.add("a-Q8_0.gguf")
    queue.add(offers[0])
    queue.add(offers[1])
    wait_for(lambda: states(queue) == ["failed", "done"])
    assert "thrown away" in queue.entries()[0].failure
    server.behaviour.wrong.clear()
    queue.resume(1)
    wait_for(lambda: states(queue) == ["done", "done"])
    assert queue.entries()[0].failure == ""
