"""What stands in a document is shown as it is, never as markup: Qt would fetch the pictures that markup names, from shares too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6 import QtGui
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QPushButton, QTextBrowser
from tests.remote.openai_server import OpenAiServer

from stillroom.errors import StillroomError
from stillroom.ui.chat.turn_view import Body
from stillroom.ui.controls import ElidedLabel, describe, plain_tip
from stillroom.ui.extract.result_model import FIRST_FIELD
from stillroom.ui.failures import show_failure
from stillroom.ui.main_window import MainWindow

pytestmark = pytest.mark.window


@pytest.fixture
def watcher() -> Iterator[OpenAiServer]:
    with OpenAiServer(lambda _body: "") as started:
        yield started


def shown_text(tip: str) -> str:
    """What a tooltip shows of a text."""
    label = QLabel(tip)
    if not QtGui.Qt.mightBeRichText(tip):
        return tip
    browser = QTextBrowser()
    browser.setHtml(label.text())
    assert "<img" not in browser.toHtml().lower()
    return browser.toPlainText()


@pytest.mark.parametrize(
    "text", ["a < b", "<img src='//127.0.0.1/share/x.png'>", "<b>bold</b>\nand more & more", "<qt><img src=x></qt>"]
)
def test_a_tooltip_shows_markup_as_text(qapp, qtbot, text: str) -> None:
    assert qapp
    assert shown_text(plain_tip(text)) == text
    button, elided = QPushButton(), ElidedLabel(text)
    for widget in (button, elided):
        qtbot.addWidget(widget)
    describe(button, "Name", text)
    assert shown_text(button.toolTip()) == text
    assert shown_text(elided.toolTip()) == text


def test_the_table_and_failures_show_a_documents_markup_as_text(window: MainWindow, qtbot, tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    image = QImage(20, 20, QImage.Format.Format_RGB32)
    image.save(str(picture))
    file = tmp_path / "r.txt"
    file.write_text(f"SHOP <img src='{picture}'>\nDate 2024-03-02\nTotal 1.50\n")
    sheet = window.extract.sheet
    sheet.add_files([file], start=True)
    qtbot.waitUntil(lambda: sheet.model.finished == 1 and not sheet.runs.running, timeout=15_000)
    tip = sheet.model.data(sheet.model.index(0, FIRST_FIELD), Qt.ItemDataRole.ToolTipRole)
    assert "<img" in shown_text(tip)
    box = show_failure(window, StillroomError("<img src=x> cannot be read"))
    assert box.textFormat() is Qt.TextFormat.PlainText
    box.close()


def test_an_answer_fetches_nothing(qapp, qtbot, watcher: OpenAiServer) -> None:
    assert qapp
    body, clicked = Body("answer"), []
    qtbot.addWidget(body)
    body.link.connect(clicked.append)
    address = watcher.address
    body.show_text(f"![a]({address}/a.png) <img src='{address}/b.png'> [c]({address}/c) [d](smb://127.0.0.1/d)")
    body.resize(400, 300)
    body.show()
    qtbot.wait(200)
    body.anchorClicked.emit(QUrl(f"{address}/c"))
    qtbot.wait(200)
    assert clicked == [f"{address}/c"]
    assert watcher.listed_with == ""
    assert watcher.seen == 0
