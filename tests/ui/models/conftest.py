"""The Models page of a window."""

from __future__ import annotations

import pytest

from stillroom.ui.main_window import MainWindow
from stillroom.ui.models.page import ModelsPage


@pytest.fixture
def page(window: MainWindow, qtbot) -> ModelsPage:
    found = window.show_named("models")
    assert isinstance(found, ModelsPage)
    qtbot.waitUntil(lambda: found.model.rowCount() > 0, timeout=15_000)
    return found
