"""The page that the tests of Chat work on."""

from __future__ import annotations

import pytest
from tests.ui.pages import show

from stillroom.ui.chat.page import ChatPage
from stillroom.ui.main_window import MainWindow


@pytest.fixture
def page(window: MainWindow) -> ChatPage:
    found = show(window, "Chat")
    assert isinstance(found, ChatPage)
    return found
