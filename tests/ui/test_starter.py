"""Without a model the pages that need one offer to fetch the starter, and say how far that is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from tests.gguf.make_gguf import gguf
from tests.models.hub_server import HubServer

from stillroom import paths
from stillroom.models.hub.catalog import load_catalog
from stillroom.models.model_file import ModelFile, model_file
from stillroom.ui.main_window import MainWindow
from stillroom.ui.starter import StarterOffer

pytestmark = pytest.mark.window


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    running = HubServer()
    monkeypatch.setenv("HF_ENDPOINT", running.address)
    (repository,) = (each.repository for each in load_catalog().models if each.name == "SmolLM2 135M Instruct")
    running.put(repository, "starter-F16.gguf", gguf(seed=2))
    running.put(repository, "starter-Q8_0.gguf", gguf(seed=1))
    yield running
    running.close()


@pytest.fixture
def bare(parts, qtbot, server: HubServer, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window of a person who has no model."""

    def here() -> list[ModelFile]:
        return [found for path in paths.models_dir().rglob("*.gguf") if (found := model_file(path)) is not None]

    monkeypatch.setattr("stillroom.models.library.installed_models", here)
    window = MainWindow(parts)
    qtbot.addWidget(window)
    window.show()
    window.start()
    qtbot.waitUntil(lambda: window.starter.needed, timeout=15_000)
    assert server.requests == [], "nothing is asked before a person asks"
    return window


def test_the_starter_is_fetched_and_loaded_from_where_it_is_missed(bare: MainWindow, server: HubServer, qtbot) -> None:
    extract, chat = bare.extract.starter, bare.show_named("chat").findChild(StarterOffer)
    bare.show_page(0)
    assert extract.isVisible()
    assert not bare.extract.banners.isVisible() or not bare.extract.banners._keyed, "one message, not two"
    assert "127.0.0.1" in extract.words.text()
    server.behaviour.pause = 0.05
    qtbot.mouseClick(extract.button, Qt.MouseButton.LeftButton)
    assert extract.stop.isVisible()
    assert chat.isVisibleTo(bare.show_named("chat")), "the same download, whichever page is shown"
    qtbot.waitUntil(lambda: bare.loading.model is not None, timeout=30_000)
    assert bare.loading.wanted == "starter-Q8_0"
    assert not extract.isVisibleTo(bare.extract)
    assert bare._parts.seal.holds


def test_what_goes_wrong_is_said_and_can_be_tried_again(bare: MainWindow, server: HubServer, qtbot) -> None:
    server.files.clear()
    offer = bare.extract.starter
    qtbot.mouseClick(offer.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(bare.starter.error), timeout=15_000)
    assert bare.starter.error in offer.words.text()
    assert offer.button.isVisible()


def test_a_message_waits_until_there_is_a_model(bare: MainWindow) -> None:
    page = bare.show_named("chat")
    page.composer.set_text("Hello")
    page.composer._send()
    assert page.composer.text() == "Hello"
    assert "starter" in page.banners._keyed["said"].message.text()
    assert Path(paths.models_dir()).name == "models"


def test_the_first_model_that_is_brought_here_is_loaded(bare: MainWindow, tmp_path: Path, qtbot) -> None:
    brought = tmp_path / "brought.gguf"
    brought.write_bytes(gguf(seed=3))
    assert bare.panel._state.text() == "None is here yet."
    bare.show_named("models").work.bring([brought])
    qtbot.waitUntil(lambda: bare.loading.model is not None, timeout=30_000)
    assert bare.loading.wanted == "brought"


def test_tables_that_wait_for_a_model_say_where_one_is_had(bare: MainWindow, qtbot, receipts) -> None:
    sheet = bare.extract.sheet
    sheet.add_files(receipts(1), start=True)
    qtbot.waitUntil(lambda: sheet.runs.running, timeout=15_000)
    assert sheet.status.text.text() == "Waits until a model is here"
    assert not sheet.status.bar.isVisible(), "nothing is going on"


def test_the_offer_takes_no_more_room_than_its_words(bare: MainWindow, qtbot) -> None:
    bare.resize(1366, 749)
    qtbot.waitUntil(lambda: bare.extract.starter.isVisible() and bare.extract.width() > 900)
    place = bare.pages.currentWidget()
    qtbot.waitUntil(lambda: place.verticalScrollBar().maximum() == 0, timeout=5_000)


def test_after_a_fetch_that_failed_the_keyboard_is_where_it_is_tried_again(bare, server, qtbot) -> None:
    server.files.clear()
    offer = bare.extract.starter
    offer.button.setFocus()
    qtbot.mouseClick(offer.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(bare.starter.error), timeout=15_000)
    qtbot.waitUntil(offer.button.hasFocus, timeout=5_000)
