"""Downloads from a hub that cuts, lies, refuses and loses: nothing wrong is kept, nothing that arrived is fetched again."""

from __future__ import annotations

import hashlib
import random
import shutil
import socket
import time
from collections import namedtuple
from pathlib import Path

import httpx2
import pytest
from tests.gguf.make_gguf import gguf, write_split
from tests.models.hub_server import HubServer
from tests.models.proxy import Proxy

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.errors import Cancelled, LicenceNeeded, StillroomError
from stillroom.models.hub import client as hub_module
from stillroom.models.hub import download as module
from stillroom.models.hub.access import HubAccess
from stillroom.models.hub.client import Hub, Offer
from stillroom.models.hub.download import (
    PARTIAL_FOLDER,
    DownloadProgress,
    Rate,
    discard,
    download,
    is_there,
    partial_bytes,
    targets,
)
from stillroom.models.library import installed_models

REPOSITORY, FILE = "maker/tiny-GGUF", "tiny-Q8_0.gguf"
CONTENT = gguf(seed=1)


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_WAIT", 0.0)


@pytest.fixture
def offer(server: HubServer, hub: Hub) -> Offer:
    server.put(REPOSITORY, FILE, CONTENT)
    return hub.repository(REPOSITORY).offer("Q8_0")


def leftovers() -> list[Path]:
    return [path for path in paths.models_dir().rglob("*") if path.is_file() and path.name != ".records.json"]


def test_a_download(server: HubServer, hub: Hub, offer: Offer) -> None:
    told: list[DownloadProgress] = []
    (path,) = download(hub, offer, on_progress=told.append)
    assert path == paths.models_dir() / "maker--tiny-GGUF" / FILE
    assert path.read_bytes() == CONTENT
    assert (told[-1].done, told[-1].total) == (len(CONTENT), len(CONTENT))
    assert [told_.done for told_ in told] == sorted(told_.done for told_ in told)
    assert leftovers() == [path]
    assert [model.path for model in installed_models()] == [path]
    before = len(server.requests)
    assert download(hub, offer) == [path], "what is there is not fetched again"
    assert len(server.requests) == before


def test_it_goes_on_after_every_cut(server: HubServer, hub: Hub, offer: Offer) -> None:
    draw = random.Random(7)
    server.behaviour.cuts = [draw.randrange(1, len(CONTENT) // 50) for _ in range(50)]
    cuts = list(server.behaviour.cuts)
    (path,) = download(hub, offer)
    assert path.read_bytes() == CONTENT
    starts = server.starts(FILE)
    assert starts == [sum(cuts[:n]) for n in range(51)], "each request begins where the last one broke off"
    assert server.sent == len(CONTENT), "no byte twice"


def test_it_goes_on_after_being_stopped(server: HubServer, hub: Hub, offer: Offer) -> None:
    draw = random.Random(8)
    fetched = 0
    for _ in range(10):
        cancellation = Cancellation()
        server.behaviour.cuts = [draw.randrange(2000, 8000)]

        def stop(progress: DownloadProgress, cancellation: Cancellation = cancellation) -> None:
            if progress.waiting:  # after the cut: all that was sent has arrived
                cancellation.request()

        with pytest.raises(Cancelled):
            download(hub, offer, on_progress=stop, cancellation=cancellation)
        assert partial_bytes(offer) == server.sent > fetched
        fetched = server.sent
        assert installed_models() == []
    with Hub(HubAccess(endpoint=server.address)) as another:
        (path,) = download(another, offer)
    assert path.read_bytes() == CONTENT
    assert server.sent == len(CONTENT), "no byte twice"


def test_a_server_without_ranges_is_asked_for_the_whole(server: HubServer, hub: Hub, offer: Offer) -> None:
    server.behaviour.ranges = False
    server.behaviour.cuts = [5000]
    (path,) = download(hub, offer)
    assert path.read_bytes() == CONTENT
    assert server.sent == 5000 + len(CONTENT)


@pytest.mark.parametrize("lie", ["wrong", "longer"])
def test_what_is_not_on_record_is_refused(lie: str, server: HubServer, hub: Hub, offer: Offer) -> None:
    getattr(server.behaviour, lie).add(FILE)
    with pytest.raises(StillroomError, match="so it was thrown away"):
        download(hub, offer)
    assert leftovers() == []
    getattr(server.behaviour, lie).clear()
    assert download(hub, offer)[0].read_bytes() == CONTENT


def test_bytes_changed_on_the_disk_meanwhile_are_noticed(server: HubServer, hub: Hub, offer: Offer) -> None:
    server.behaviour.cuts = [6000]
    cancellation = Cancellation()
    with pytest.raises(Cancelled):
        download(
            hub, offer, on_progress=lambda p: cancellation.request() if p.waiting else None, cancellation=cancellation
        )
    (part,) = (paths.models_dir() / PARTIAL_FOLDER).glob("*.part")
    data = bytearray(part.read_bytes())
    data[100] ^= 1
    part.write_bytes(data)
    with pytest.raises(StillroomError, match="SHA-256"):
        download(hub, offer)
    assert leftovers() == []


def test_a_right_file_that_is_no_model_is_refused(server: HubServer, hub: Hub) -> None:
    server.put(REPOSITORY, "web-Q4_0.gguf", b"<!DOCTYPE html><p>This is not a model.</p>")
    with pytest.raises(StillroomError, match="not in the GGUF format"):
        download(hub, hub.repository(REPOSITORY).offer("Q4_0"))
    assert leftovers() == []


def test_busy_servers_are_waited_for(server: HubServer, hub: Hub, offer: Offer) -> None:
    server.behaviour.busy, server.behaviour.failing = 2, 2
    waits: list[str] = []
    assert download(hub, offer, on_progress=lambda p: waits.append(p.waiting) if p.waiting else None)
    assert len(waits) == 4
    assert "asks to wait" in waits[0]
    server.behaviour.busy = 1000
    discard(offer)
    targets(offer)[0].unlink()
    with pytest.raises(StillroomError, match="too many requests"):
        download(hub, offer)


def test_a_hub_that_is_gone_is_said(offer: Offer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    gone = Hub(HubAccess(endpoint=address))
    began = time.monotonic()
    for ask in (lambda: download(gone, offer, address=address), lambda: gone.search("x"), lambda: gone.headers(offer)):
        with pytest.raises(StillroomError, match=f"{address} cannot be reached. Look at the connection"):
            ask()
    gone.close()
    assert time.monotonic() - began < 5, "the person is told, and not made to wait"


def test_gated_repositories(server: HubServer, hub: Hub, offer: Offer) -> None:
    server.behaviour.gated.add(REPOSITORY)
    assert hub.repository(REPOSITORY).gated
    with pytest.raises(LicenceNeeded, match="agreed to its licence") as raised:
        download(hub, offer, address=server.address)
    assert raised.value.address == f"{server.address}/{REPOSITORY}"
    assert set(server.tokens) == {""}, "no token was sent that was not given"
    with Hub(HubAccess(endpoint=server.address, token="hf_right")) as with_token:
        assert download(with_token, offer)
        assert "hf_right" not in repr(with_token.access)
        server.behaviour.forbidden.add(REPOSITORY)
        targets(offer)[0].unlink()
        with pytest.raises(LicenceNeeded):
            download(with_token, offer)


def test_a_full_disk_is_said_before(server: HubServer, hub: Hub, offer: Offer, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 1000))
    before = len(server.requests)
    with pytest.raises(StillroomError, match="Free some space"):
        download(hub, offer)
    assert len(server.requests) == before
    assert leftovers() == []


def test_a_file_without_a_checksum_is_not_fetched(hub: Hub, offer: Offer) -> None:
    from dataclasses import replace

    bare = replace(offer, files=(replace(offer.files[0], sha256=""),))
    with pytest.raises(StillroomError, match="no checksum"):
        download(hub, bare)


def test_split_files_never_look_whole_before_they_are(
    server: HubServer, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = write_split(tmp_path, "big-Q8_0")
    for part in parts:
        server.put(REPOSITORY, f"Q8_0/{part.name}", part.read_bytes())
    offer = hub.repository(REPOSITORY).offer("Q8_0")
    assert [Path(file.path).name for file in offer.files] == [part.name for part in parts]
    named: list[str] = []
    become = module._Part.become

    def watched(part: module._Part, path: Path) -> None:
        assert installed_models() == []
        assert not (paths.models_dir() / "maker--tiny-GGUF" / parts[0].name).exists()
        become(part, path)
        named.append(path.name)

    monkeypatch.setattr(module._Part, "become", watched)
    server.behaviour.cuts = [3000, 2000, 10**9, 1000]
    files = download(hub, offer)
    assert [path.read_bytes() for path in files] == [part.read_bytes() for part in parts]
    assert named[-1] == parts[0].name, "the first part last"
    assert [model.path for model in installed_models()] == [files[0]]


def test_a_missing_part_is_not_offered(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    for part in write_split(tmp_path, "big-Q8_0")[:2]:
        server.put(REPOSITORY, part.name, part.read_bytes())
    assert hub.repository(REPOSITORY).offers == ()


def test_the_rate_is_held(server: HubServer, hub: Hub, offer: Offer) -> None:
    began = time.monotonic()
    download(hub, offer, rate=Rate(len(CONTENT) * 4))
    assert time.monotonic() - began >= 0.24
    assert server.sent == len(CONTENT)


def test_a_slow_server_is_waited_for_as_long_as_bytes_come(
    server: HubServer, hub: Hub, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole takes several times as long as a silence may last, and its rest is foretold."""
    monkeypatch.setattr(hub_module, "_TIMEOUT", httpx2.Timeout(0.3))
    monkeypatch.setattr(module, "_PROGRESS_SECONDS", 0.0)
    server.behaviour.piece, server.behaviour.pause = len(CONTENT) // 12, 0.1
    told: list[tuple[float, DownloadProgress]] = []
    began = time.monotonic()
    download(hub, offer, on_progress=lambda progress: told.append((time.monotonic(), progress)))
    ended = time.monotonic()
    assert ended - began > 3 * 0.3
    assert server.starts(FILE) == [0], "it was never given up and asked again"
    halfway = [(when, each) for when, each in told if 0.4 < each.done / each.total < 0.7]
    assert halfway
    for when, each in halfway:
        assert each.seconds_left is not None
        assert 0.5 < each.seconds_left / (ended - when) < 2
    server.behaviour.pause = 1.0  # now it falls silent
    targets(offer)[0].unlink()
    with pytest.raises(StillroomError, match="does not answer"):
        download(hub, offer)


def test_a_download_through_a_proxy(server: HubServer, proxy: Proxy) -> None:
    server.put(REPOSITORY, FILE, CONTENT)
    with Hub(HubAccess(endpoint=server.address, proxy=proxy.address)) as hub:
        offer = hub.repository(REPOSITORY).offer("Q8_0")
        server.behaviour.cuts = [5000]
        assert download(hub, offer)[0].read_bytes() == CONTENT
    assert server.starts(FILE) == [0, 5000], "parts of files come through it, too"
    assert len(proxy.asked) == len(server.requests) == 3, "nothing went past it"
    assert all(address.startswith(server.address) for address in proxy.asked)
    proxy.refuses = True
    targets(offer)[0].unlink()
    with (
        Hub(HubAccess(endpoint=server.address, proxy=proxy.address)) as hub,
        pytest.raises(StillroomError, match="refused the request"),
    ):
        download(hub, offer)


def test_a_search_leaves_a_download_alone(server: HubServer, hub: Hub, offer: Offer) -> None:
    searched: list[str] = []

    def search(progress: DownloadProgress) -> None:
        if progress.done and not searched:
            with Hub(HubAccess(endpoint=server.address)) as other:
                searched.extend(found.repository for found in other.search("tiny"))

    server.behaviour.piece, server.behaviour.pause = 10_000, 0.01
    download(hub, offer, on_progress=search)
    assert searched == [REPOSITORY]
    assert server.starts(FILE) == [0]


def test_parts_of_another_revision_are_not_gone_on_with(server: HubServer, hub: Hub, offer: Offer) -> None:
    server.behaviour.cuts = [6000]
    cancellation = Cancellation()
    with pytest.raises(Cancelled):
        download(
            hub, offer, on_progress=lambda p: cancellation.request() if p.waiting else None, cancellation=cancellation
        )
    other = gguf(seed=2)
    server.put(REPOSITORY, FILE, other)
    newer = hub.repository(REPOSITORY).offer("Q8_0")
    assert partial_bytes(newer) == 0
    assert hashlib.sha256(download(hub, newer)[0].read_bytes()).hexdigest() == newer.files[0].sha256
    assert not is_there(offer) or len(other) == len(CONTENT)
