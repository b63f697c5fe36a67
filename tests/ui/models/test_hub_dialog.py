"""Fetching in the window: a keyring that never answers and a licence to agree to stop nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from tests.gguf.make_gguf import gguf
from tests.models.hub_server import HubServer

from stillroom.privacy.secrets import HUB_TOKEN, Secrets
from stillroom.ui.main_window import MainWindow
from stillroom.ui.models.hub_dialog import HubDialog
from stillroom.ui.parts import Parts

pytestmark = pytest.mark.window

REPOSITORY = "maker/tiny-GGUF"


class SilentKeyring:
    """A locked keyring: it waits for a person, and nobody comes."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def get_password(self, *_: str) -> str | None:
        self.released.wait()
        return None

    def set_password(self, *_: str) -> None:
        self.released.wait()

    def delete_password(self, *_: str) -> None:
        self.released.wait()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    running = HubServer()
    monkeypatch.setenv("HF_ENDPOINT", running.address)
    running.put(REPOSITORY, "tiny-Q8_0.gguf", gguf(seed=1))
    yield running
    running.close()


@pytest.fixture
def dialog(window: MainWindow, parts: Parts, server: HubServer, qtbot) -> Iterator[HubDialog]:
    keyring = SilentKeyring()
    parts._made["secrets"] = Secrets(lambda: keyring, seconds=0.2)
    assert server.requests == [], "nothing is asked before a person asks"
    shown = HubDialog(window, parts)
    qtbot.addWidget(shown)
    shown.open()
    yield shown
    keyring.released.set()


def test_enter_searches_and_does_not_close(dialog: HubDialog, server: HubServer, qtbot) -> None:
    dialog.words.setText("tiny")
    qtbot.keyClick(dialog.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.found.count() == 1, timeout=15_000)
    assert dialog.isVisible()
    assert len(server.requests) == 1
    assert dialog.found.item(0).text().startswith(f"{REPOSITORY}\n7 downloads")


def test_a_licence_is_agreed_to_where_the_keyring_does_not_answer(
    dialog: HubDialog, server: HubServer, parts: Parts, qtbot
) -> None:
    server.behaviour.gated.add(REPOSITORY)
    dialog.words.setText(REPOSITORY)
    qtbot.keyClick(dialog.words, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.licence.isVisible, timeout=15_000)
    assert f"Agree at {server.address}/{REPOSITORY}" in dialog.licence.words.text()
    assert dialog.state.text() == ""
    assert not dialog.licence.use.isEnabled()
    dialog.licence.token.setText(server.behaviour.token)
    qtbot.keyClick(dialog.licence.token, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.fetch.isEnabled, timeout=15_000)  # once all are there, the best is chosen
    assert dialog.files.topLevelItemCount() == 1
    assert dialog.isVisible()
    assert not dialog.licence.isVisible()
    assert dialog.licence.token.text() == ""
    assert parts.secrets.in_memory(HUB_TOKEN)
    notice = parts.secrets.notice
    assert "did not answer" in notice
    assert notice in dialog.state.text(), "it stays said beside what is chosen"


def test_a_wrong_token_is_asked_for_again(dialog: HubDialog, server: HubServer, qtbot) -> None:
    server.behaviour.gated.add(REPOSITORY)
    dialog.look(REPOSITORY)
    qtbot.waitUntil(dialog.licence.isVisible, timeout=15_000)
    asked = len(server.requests)
    dialog.licence.token.setText("hf_wrong")
    dialog.licence.use.click()
    qtbot.waitUntil(lambda: len(server.requests) >= asked + 2 and dialog.licence.isVisible(), timeout=15_000)
    assert dialog.files.topLevelItemCount() == 0
    assert "Bearer hf_wrong" in server.tokens


def test_closing_stops_what_is_asked(dialog: HubDialog, server: HubServer) -> None:
    server.behaviour.pause = 0.5
    dialog.look(REPOSITORY)
    operation = dialog._operation
    assert operation is not None
    assert not operation.cancellation.requested
    dialog.reject()
    assert operation.cancellation.requested
