"""A hub for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.models.hub_server import HubServer
from tests.models.proxy import Proxy

from stillroom.models.hub.access import HubAccess
from stillroom.models.hub.client import Hub


@pytest.fixture
def server() -> Iterator[HubServer]:
    running = HubServer()
    yield running
    running.close()


@pytest.fixture
def hub(server: HubServer) -> Iterator[Hub]:
    """The real client, connected to the server."""
    connection = Hub(HubAccess(endpoint=server.address))
    yield connection
    connection.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    running = Proxy()
    yield running
    running.close()
