"""Every page in a window of 800 × 500, and in one that is smaller still: nothing lies over something else, nothing is out of reach."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QWidget

pytestmark = pytest.mark.window

PAGES = ("extract", "review", "templates", "chat", "models", "evaluate", "settings")


def cut(page: QWidget) -> list[str]:
    """Buttons whose words do not fit in them."""
    found = []
    for button in page.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and button.width() < button.minimumSizeHint().width():
            found.append(button.text())
    return found


def test_every_page_fits_into_800_by_500(window, qtbot, receipts):
    sheet = window.extract.sheet
    sheet.add_files(receipts(2), start=True)
    qtbot.waitUntil(lambda: sheet.model.finished == 2, timeout=20_000)
    window.resize(800, 500)
    for name in PAGES:
        page = window.show_named(name)
        if name == "review":
            qtbot.waitUntil(lambda page=page: page._document is not None, timeout=10_000)
        place = window.pages.currentWidget()
        qtbot.waitUntil(lambda place=place: place.viewport().width() > 700)
        # Not wider or higher than its place: nothing of it has to be moved into sight.
        qtbot.waitUntil(lambda page=page, place=place: page.size() == place.viewport().size(), timeout=5_000)
        least = page.minimumSizeHint()
        assert least.width() <= page.width(), name
        assert least.height() <= page.height(), name
        assert cut(page) == [], name


def test_in_a_smaller_window_a_page_is_moved_and_not_squeezed(window, qtbot):
    window.resize(640, 400)
    for name in PAGES:
        page = window.show_named(name)
        place = window.pages.currentWidget()
        qtbot.waitUntil(lambda place=place: place.viewport().height() <= 400)
        least = page.minimumSizeHint()
        assert page.width() >= least.width(), name
        assert page.height() >= least.height(), name


def test_in_a_narrow_window_a_template_is_chosen_from_a_box(window, qtbot):
    page = window.show_named("templates")
    window.resize(1280, 800)
    qtbot.waitUntil(page.list.isVisible)
    assert not page.chooser.isVisible()
    window.resize(800, 500)
    qtbot.waitUntil(lambda: page.chooser.isVisible() and not page.list.isVisible())
    page.list.setCurrentRow(2)
    assert page.chooser.currentText() == page.list.item(2).text()
    page.chooser.setCurrentIndex(1)
    page.chooser.activated.emit(1)
    assert page.title.text() == page.list.item(1).text()
    page.refresh(str(page.list.item(3).data(256)))
    assert page.chooser.currentText() == page.list.currentItem().text()
    window.resize(1280, 800)
    qtbot.waitUntil(page.list.isVisible)
    row = page.list.visualItemRect
    needed = page.list.fontMetrics().height() + 8
    qtbot.waitUntil(lambda: row(page.list.item(1)).height() >= needed)


def test_a_box_too_narrow_for_its_words_ends_in_dots(window):
    box = window.extract.sheet.bar.picker
    assert isinstance(box, QComboBox)
    assert box.shown_text() == box.currentText()
    box.setFixedWidth(80)
    assert box.shown_text().endswith("…")
