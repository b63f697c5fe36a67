"""Banners: over the page, which stays where it is, and each thing said once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QWidget

from stillroom.ui import banner as banner_module
from stillroom.ui.banner import Banner
from stillroom.ui.main_window import MainWindow

pytestmark = pytest.mark.window

PAGES = ("extract", "review", "templates", "chat", "models", "evaluate", "settings")


def places(page: QWidget, banners: QWidget) -> dict[int, QRect]:
    own = [each for each in page.findChildren(QWidget) if not banners.isAncestorOf(each) and each is not banners]
    return {id(each): QRect(each.mapTo(page, QPoint(0, 0)), each.size()) for each in own if each.isVisibleTo(page)}


def settled(page, qtbot) -> dict[int, QRect]:
    """The places once nothing has moved for a while: what is told of models comes a moment after the page."""
    quiet, before = 0, places(page, page.banners)
    while quiet < 5:
        qtbot.wait(60)
        after = places(page, page.banners)
        quiet, before = (quiet + 1 if after == before else 0), after
    return before


@pytest.mark.parametrize("name", PAGES)
def test_a_banner_moves_nothing_and_is_seen_whole(window: MainWindow, qtbot, name: str) -> None:
    page = window.show_named(name)
    if name == "models":  # what is found of this machine comes a moment later, and does move the page
        qtbot.waitUntil(lambda: page.model.rowCount() > 0, timeout=15_000)
    before = settled(page, qtbot)
    banner = page.banners.show_message("Something was done, and can be undone. " * 4, "info", [("Undo", lambda: None)])
    QApplication.processEvents()
    after = places(page, page.banners)
    assert {each: place for each, place in after.items() if each in before} == before
    assert page.rect().contains(QRect(banner.mapTo(page, QPoint(0, 0)), banner.size()))
    assert banner.height() >= banner.layout().totalHeightForWidth(banner.width()) > 20
    top = page.childAt(banner.mapTo(page, banner.rect().center()))
    assert top is banner or banner.isAncestorOf(top), "nothing of the page is above it"
    banner._go()
    assert not page.banners.isVisible()


def test_one_thing_is_said_once(window: MainWindow) -> None:
    banners = window.extract.banners
    for _ in range(3):
        banners.show_message("1 file is in the table already.", "warn")
    banners.show_message("Another thing.", "warn")
    shown = [each for each in banners.findChildren(Banner) if not each.isHidden()]
    assert [each.message.text() for each in shown] == ["1 file is in the table already.", "Another thing."]


def test_a_banner_stays_above_when_another_table_is_shown(window: MainWindow) -> None:
    extract = window.extract
    banner = extract.banners.show_message("Stay", "warn")
    extract.new_sheet()
    QApplication.processEvents()
    top = extract.childAt(banner.mapTo(extract, banner.rect().center()))
    assert top is banner or banner.isAncestorOf(top)


def test_a_banner_does_not_go_from_under_the_pointer(window: MainWindow, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(banner_module, "_POINTED_AT", 0.05)
    pointed_at = [True]
    monkeypatch.setattr(Banner, "underMouse", lambda _self: pointed_at[0])
    banners = window.extract.banners
    banners.show_message("It can be undone.", "info", [("Undo", lambda: None)], key="one", seconds=0.05)
    qtbot.wait(200)
    assert "one" in banners
    pointed_at[0] = False
    qtbot.waitUntil(lambda: "one" not in banners, timeout=2_000)
