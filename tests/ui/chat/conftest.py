"""The page that the tests of Chat work on."""

from __future__ import annotations

import pytest

from stillroom.ui.chat.page import ChatPage
from stillroom.ui.main_window import MainWindow


@pytest.fixture
def page(window: MainWindow) -> ChatPage:
    found = window.show_named("chat")
    assert isinstance(found, ChatPage)
    return found
