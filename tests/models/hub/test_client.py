"""Searching, what a repository offers, headers by ranges, and what is said when it does not work."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from tests.gguf.make_gguf import gguf, write_split
from tests.models.hub_server import COMMIT, HubServer
from tests.models.proxy import Proxy

from stillroom.errors import LicenceNeeded, StillroomError
from stillroom.gguf.checks import check_headers
from stillroom.models.fit.estimate import Use, estimate
from stillroom.models.fit.shape import shape_of
from stillroom.models.hub.access import DEFAULT_ENDPOINT, HubAccess
from stillroom.models.hub.client import Hub
from stillroom.models.hub.errors import HubBusy

REPOSITORY = "maker/tiny-GGUF"


def test_search(server: HubServer, hub: Hub) -> None:
    server.put(REPOSITORY, "a-Q8_0.gguf", b"x")
    server.put("other/big", "b.gguf", b"x")
    (found,) = hub.search("TINY")
    assert (found.repository, found.downloads, found.licence, found.gated) == (REPOSITORY, 7, "apache-2.0", False)
    assert found.changed == "2026-10-01"
    assert hub.search("nothing") == []


def test_what_a_repository_offers(server: HubServer, hub: Hub) -> None:
    checksum = server.put(REPOSITORY, "tiny-Q4_K_M.gguf", b"x" * 50)
    for name, size in (
        ("tiny-Q8_0.gguf", 90),
        ("mmproj-tiny-f16.gguf", 20),
        ("README.md", 5),
        ("tiny-F16-00001-of-00002.gguf", 9),
    ):
        server.put(REPOSITORY, name, b"y" * size)
    found = hub.repository(REPOSITORY)
    assert (found.revision, found.licence, found.gated) == (COMMIT, "apache-2.0", False)
    assert [(offer.name, offer.quantization, offer.size, offer.projector) for offer in found.offers] == [
        ("tiny-Q4_K_M", "Q4_K_M", 50, False),
        ("tiny-Q8_0", "Q8_0", 90, False),
        ("mmproj-tiny-f16", "F16", 20, True),
    ]
    assert found.offer("q4_k_m").files[0].sha256 == checksum
    assert found.offer("tiny-Q8_0.gguf").quantization == "Q8_0"
    with pytest.raises(StillroomError, match=r"has no Q5_0\. It has: Q4_K_M, Q8_0"):
        found.offer("Q5_0")
    server.put(REPOSITORY, "other-Q8_0.gguf", b"z")
    with pytest.raises(StillroomError, match=r"more than one model in Q8_0\. It has: other-Q8_0, tiny-Q8_0"):
        hub.repository(REPOSITORY).offer("Q8_0")


def test_the_fit_of_a_model_that_is_not_here(server: HubServer, hub: Hub, tmp_path: Path) -> None:
    whole = gguf()
    server.put(REPOSITORY, "tiny-Q8_0.gguf", whole + bytes(8 << 20))
    headers = hub.headers(hub.repository(REPOSITORY).offer("Q8_0"))
    check_headers(headers)
    assert server.sent <= 2 << 20, "no more than the beginning was fetched"
    one = estimate(shape_of(headers), Use(512))
    for part in write_split(tmp_path, "tiny-F16"):
        server.put(REPOSITORY, part.name, part.read_bytes())
    headers = hub.headers(hub.repository(REPOSITORY).offer("F16"))
    check_headers(headers)
    assert len(headers) == 3
    assert estimate(shape_of(headers), Use(512)) == one
    server.behaviour.ranges = False
    with pytest.raises(StillroomError, match="only after the download"):
        hub.headers(hub.repository(REPOSITORY).offer("F16"))


def test_what_is_wrong_is_said(server: HubServer, hub: Hub) -> None:
    with pytest.raises(StillroomError, match="There is no maker/gone on http"):
        hub.repository("maker/gone")
    with pytest.raises(StillroomError, match="is no name of a repository"):
        hub.repository("../../etc/passwd")
    server.put(REPOSITORY, "a.gguf", b"x")
    with pytest.raises(StillroomError, match="no such revision"):
        hub.repository(REPOSITORY, "gone")
    server.behaviour.gated.add(REPOSITORY)
    with pytest.raises(LicenceNeeded, match="agreed to its licence"):
        hub.headers(hub.repository(REPOSITORY).offers[0])


@pytest.mark.parametrize("trouble", ["busy", "failing"])
def test_a_busy_hub_is_said_at_once(trouble: str, server: HubServer, hub: Hub) -> None:
    setattr(server.behaviour, f"{trouble}_api", True)
    began = time.monotonic()
    with pytest.raises(HubBusy, match="Try again later"):
        hub.search("tiny")
    assert time.monotonic() - began < 1.5
    assert len(server.requests) == 1


def test_how_a_hub_is_reached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert HubAccess().address == DEFAULT_ENDPOINT
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert HubAccess().address == "https://mirror.example"
    assert HubAccess(endpoint="https://own.example").address == "https://own.example"
    (tmp_path / "ca.pem").write_text("not a certificate")
    hub = Hub(HubAccess(endpoint="http://127.0.0.1:9", ca_file=tmp_path / "ca.pem"))
    with pytest.raises(StillroomError, match=r"ca\.pem cannot be used"):
        hub.search("x")


def test_a_proxy_is_used(server: HubServer, proxy: Proxy) -> None:
    server.put(REPOSITORY, "a.gguf", b"x")
    hub = Hub(HubAccess(endpoint=server.address, proxy=proxy.address))
    assert [model.repository for model in hub.search("tiny")] == [REPOSITORY]
    assert len(proxy.asked) == 1
    assert proxy.asked[0].startswith(f"{server.address}/api/models")


def test_no_connection_is_left(server: HubServer, hub: Hub) -> None:
    server.put(REPOSITORY, "a.gguf", gguf())
    with hub:
        hub.headers(hub.repository(REPOSITORY).offers[0])
    port = int(server.address.rpartition(":")[2])
    left = [each for each in psutil.Process().net_connections("tcp") if each.raddr and each.raddr.port == port]
    assert [each.status for each in left if each.status == psutil.CONN_ESTABLISHED] == []
