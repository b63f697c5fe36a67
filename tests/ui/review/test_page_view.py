"""The page beside its values: what fits into which width."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal

from stillroom.ui.review.page_view import PageView

pytestmark = pytest.mark.window


class Pictures(QObject):
    """Notes what is to be drawn."""

    ready = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[list[tuple[int, int]]] = []

    def show(self, path: Path, sha256: str) -> None: ...

    def picture(self, _page: int) -> None:
        return None

    def want(self, pages: list[tuple[int, int]]) -> None:
        self.wanted.append(pages)


def test_a_page_about_as_high_as_the_view_is_drawn(qtbot):
    """Where it needs a scroll bar at the full width and none beside one, neither is taken in turn for ever."""
    pictures = Pictures()
    view = PageView(pictures)
    qtbot.addWidget(view)
    view.show()
    view.show_pages([(612, 792)])
    for height in range(640, 700, 2):
        view.resize(528, height)
        qtbot.wait(60)
        pictures.wanted.clear()
        view.show_pages([(612, 792)])
        qtbot.waitUntil(lambda: bool(pictures.wanted), timeout=2_000)
        settled = view.viewport().width()
        qtbot.wait(20)
        assert view.viewport().width() == settled
