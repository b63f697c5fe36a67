"""The Chat page: what is said is stored and shown, branches are kept, files are attached, nothing is cut in silence."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QDialog, QInputDialog, QLabel, QPushButton
from tests.documents.make_pictures import draw, encoded

from stillroom import paths
from stillroom.chat.conversation import Attachment, Role, Turn, TurnState
from stillroom.chat.session import ChatSession
from stillroom.engine.protocol import LoadOptions
from stillroom.ui.chat.conversation_list import CONVERSATION, ConversationListModel
from stillroom.ui.chat.files import write_pdf
from stillroom.ui.chat.page import ChatPage
from stillroom.ui.chat.thumbnail import Thumbnail
from stillroom.ui.controls import ComboBox, ElidedLabel
from stillroom.ui.main_window import MainWindow

pytestmark = pytest.mark.window


@pytest.fixture
def page(window: MainWindow) -> ChatPage:
    found = window.show_page(1)
    assert isinstance(found, ChatPage)
    return found


def send(page: ChatPage, qtbot, text: str) -> None:
    page.composer.set_text(text)
    qtbot.keyClick(page.composer.editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not page.asking.busy and bool(page.transcript.turns()), timeout=15_000)


def say(page: ChatPage, conversation: int, parent: int | None, role: Role, text: str) -> int:
    return page._store.add(Turn(0, conversation, parent, role, text, datetime.now(UTC))).id


def test_enter_sends_and_the_answer_is_shown_and_stored(page: ChatPage, qtbot) -> None:
    assert page.stack.currentWidget() is page.starting
    assert not page.composer.send_button.isEnabled()
    send(page, qtbot, "Hello there")
    turns = page.transcript.turns()
    assert [turn.role for turn in turns] == [Role.USER, Role.ASSISTANT]
    assert turns[1].state is TurnState.COMPLETE
    assert turns[1].content
    assert page.title.whole() == "Hello there"
    assert page.composer.text() == ""
    view = page.transcript.view(turns[1].id)
    assert view is not None
    assert view.body.toPlainText().strip() == turns[1].content.strip()
    assert page.list.model.index(0).data(CONVERSATION) == page.number
    again = ChatPage(page._parts, page._loading)
    qtbot.addWidget(again)
    assert [turn.content for turn in again.transcript.turns()] == [turn.content for turn in turns]


def test_answering_again_and_editing_make_branches(page: ChatPage, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    send(page, qtbot, "One")
    first, answer = page.transcript.turns()
    page.transcript.view(answer.id).wanted.emit("again")
    qtbot.waitUntil(lambda: not page.asking.busy and page.transcript.turns()[-1].id != answer.id, timeout=15_000)
    second = page.transcript.turns()[-1]
    view = page.transcript.view(second.id)
    assert view._place.text() == "2/2"
    view._step(-1)
    assert page.transcript.turns()[-1].id == answer.id
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *_args: ("Uno", True))
    page.transcript.view(first.id).wanted.emit("edit")
    qtbot.waitUntil(lambda: not page.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    assert page.transcript.turns()[0].content == "Uno"
    page._switch(first.id)
    assert page.transcript.turns()[0].content == "One"


def test_files_are_attached_with_their_tokens(page: ChatPage, qtbot, tmp_path: Path, drop) -> None:
    file = tmp_path / "note.txt"
    file.write_text("The harbour opens at six. " * 5)
    drop(page.composer, [file])
    qtbot.waitUntil(lambda: len(page.composer.attachments) == 1, timeout=15_000)
    assert page.composer.attachments[0].tokens > 10
    send(page, qtbot, "When?")
    asked = page.transcript.turns()[0]
    assert asked.attachments[0].pages == (file.read_text(),)
    assert page.composer.attachments == []


def test_what_does_not_fit_is_asked_about_and_nothing_is_sent(page: ChatPage, qtbot, tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text(
        "\n\n".join(f"Paragraph {n} about the harbour and its {n} ships. " + "word " * 150 for n in range(60))
    )
    page.attach([file])
    qtbot.waitUntil(lambda: len(page.composer.attachments) == 1, timeout=15_000)
    page.composer.set_text("What about paragraph 7?")
    page._send("What about paragraph 7?")
    qtbot.waitUntil(lambda: "full" in page.banners._keyed, timeout=15_000)
    banner = page.banners._keyed["full"]
    assert "Nothing was left out" in banner.message.text()
    assert len(page.transcript.turns()) == 1
    next(button for button in banner.buttons if "passages" in button.text()).click()
    qtbot.waitUntil(lambda: not page.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    answer = page.transcript.turns()[-1]
    assert answer.facts.sources
    assert "left out" in answer.facts.notes[0]
    page._show_source(answer.id, 0)
    dialog = next(each for each in page.children() if type(each).__name__ == "PassageDialog")
    assert dialog.page.toPlainText()
    dialog.close()


def test_search_delete_and_undo(page: ChatPage, qtbot) -> None:
    talk = page._store.create("About ships")
    turn = say(page, talk.id, None, Role.USER, "The lighthouse keeper counts the ships")
    page.talks.refresh()
    page.open(talk.id)
    page.list.search.setText("lighthouse")
    qtbot.waitUntil(lambda: page.list.model.rowCount() == 1 and "[" in page.list.model.index(0).data(), timeout=5000)
    page.list.view.activated.emit(page.list.model.index(0))
    assert page.transcript.turns()[-1].id == turn
    page.list.search.clear()
    page.talks.act(talk.id, "delete")
    assert page._store.conversations() == []
    page.banners._keyed["deleted"].buttons[0].click()
    assert [each.title for each in page._store.conversations()] == ["About ships"]


def test_a_draft_survives(page: ChatPage) -> None:
    talk = page._store.create("Draft")
    page.open(talk.id)
    page.composer.set_text("half a thought")
    page.open(0)
    assert page.composer.text() == ""
    page.open(talk.id)
    assert page.composer.text() == "half a thought"


def test_a_long_conversation_makes_few_widgets(page: ChatPage) -> None:
    talk = page._store.create("Long")
    parent: int | None = None
    for number in range(300):
        parent = say(
            page, talk.id, parent, [Role.USER, Role.ASSISTANT][number % 2], f"Turn {number}\n\n" + "words " * 200
        )
    page.open(talk.id)
    assert len(page.transcript._views) < 25
    bar = page.transcript.verticalScrollBar()
    assert bar.value() == bar.maximum()
    page.transcript.show_turn(page.transcript.turns()[10].id)
    assert page.transcript.view(page.transcript.turns()[10].id) is not None
    assert len(page.transcript._views) < 25
    for before, after in itertools.pairwise(sorted(page.transcript._views.values(), key=lambda view: view.y())):
        assert before.geometry().bottom() < after.y() + 2, "turns do not overlap"


def test_code_is_copied_and_links_are_not_followed(page: ChatPage, qtbot) -> None:
    talk = page._store.create("Code")
    asked = say(page, talk.id, None, Role.USER, "?")
    answer = say(page, talk.id, asked, Role.ASSISTANT, "```python\nx = 1\n```\n[away](http://example.org)")
    page.open(talk.id)
    view = page.transcript.view(answer)
    view.body.anchorClicked.emit("copy:0")
    assert QApplication.clipboard().text() == "x = 1"
    with qtbot.waitSignal(page.transcript.link) as caught:
        view.body.anchorClicked.emit("http://example.org")
    assert caught.args == ["http://example.org"]
    for box in page.children():
        if type(box).__name__ == "QMessageBox":
            box.close()


def test_a_conversation_as_pdf(page: ChatPage, tmp_path: Path) -> None:
    talk = page._store.create("Paper")
    say(page, talk.id, None, Role.USER, "On **paper**, please")
    write_pdf(page._store, page._store.conversation(talk.id), tmp_path / "talk.pdf")
    assert (tmp_path / "talk.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("qapp")
def test_the_list_model_without_a_window() -> None:
    model = ConversationListModel()
    assert model.rowCount() == 0
    assert model.data(model.index(0)) is None
    assert model.row_of(3) == -1


def test_a_title_comes_while_the_model_is_idle(page: ChatPage, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    def retitle(self: ChatSession, number: int, **_: object) -> str:
        self._store.rename(number, "A better name")
        return "A better name"

    monkeypatch.setattr(ChatSession, "retitle", retitle)
    page.titles._timer.setInterval(50)
    send(page, qtbot, "Hello there")
    qtbot.waitUntil(lambda: page.title.whole() == "A better name", timeout=5_000)
    assert page.list.model.index(0).data().startswith("A better name")


def test_a_pasted_picture_is_kept_and_its_text_attached(page: ChatPage, qtbot) -> None:
    picture = QImage(900, 160, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    font = painter.font()
    font.setPixelSize(64)
    painter.setFont(font)
    painter.drawText(30, 105, "Total 14.10 EUR")
    painter.end()
    data = QMimeData()
    data.setImageData(picture)
    assert page.composer.editor.canInsertFromMimeData(data)
    page.composer.editor.insertFromMimeData(data)
    qtbot.waitUntil(lambda: bool(page.composer.attachments), timeout=60_000)
    attachment = page.composer.attachments[0]
    assert "14.10" in attachment.text
    assert Path(attachment.path).is_file()
    assert Path(attachment.path).parent == paths.pasted_dir()
    assert any("does not see pictures" in banner.message.text() for banner in page.banners._keyed.values())


def test_a_picture_is_seen_where_the_model_can_and_its_text_given_by_choice(
    page: ChatPage, qtbot, tmp_path: Path, drop
) -> None:
    options = LoadOptions(projector=str(tmp_path / "mmproj.gguf"))
    page._loading.model = page._parts.engine.load(page._parts.model, options)
    file = tmp_path / "receipt.png"
    file.write_bytes(encoded(draw()))
    drop(page.composer, [file])
    qtbot.waitUntil(lambda: bool(page.composer.attachments), timeout=60_000)
    assert page.composer.attachments[0].seen
    assert not any("does not see" in banner.message.text() for banner in page.banners._keyed.values())
    thumbnail = page.composer.findChild(Thumbnail)
    assert "receipt.png, 640 × 320 pixels" in thumbnail.accessibleName()
    assert "64 tokens" in page.composer.findChild(ElidedLabel).whole()
    choice = page.composer.findChild(ComboBox)
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    assert not page.composer.attachments[0].seen
    assert "64 tokens" not in page.composer.findChildren(ElidedLabel)[-1].whole()
    choice = page.composer.findChildren(ComboBox)[-1]
    choice.setCurrentIndex(0)
    choice.activated.emit(0)
    told: list[str] = []
    page.asking.told.connect(told.append)
    send(page, qtbot, "What is due?")
    assert told[0] == "The model looks at the picture…"
    assert told[-1] == ""
    question = page.transcript.turns()[0]
    view = page.transcript.view(question.id)
    shown = view.findChild(Thumbnail)
    assert shown.iconSize().width() == 160
    assert any("given as a picture" in each.text() for each in view.findChildren(QLabel))
    shown.click()
    whole = page.window().findChild(QDialog)
    assert whole.windowTitle() == "receipt.png"
    whole.reject()
    write_pdf(page._store, page.conversation, tmp_path / "talk.pdf")
    assert b"/Image" in (tmp_path / "talk.pdf").read_bytes()


def test_a_full_context_offers_the_text_of_pictures(page: ChatPage, qtbot, tmp_path: Path) -> None:
    options = LoadOptions(context_tokens=256, projector=str(tmp_path / "mmproj.gguf"))
    page._loading.model = page._parts.engine.load(page._parts.model, options)
    file = tmp_path / "wide.png"
    file.write_bytes(encoded(draw(size=(1500, 200))))
    picture = page._parts.readers.picture(file, 1568)
    attachments = [
        Attachment(0, f"{number}.png", "", ("Total 14.10",), 2, picture=picture, seen=True, picture_tokens=150)
        for number in range(3)
    ]
    page.composer.add_attachments(attachments)
    page.composer.set_text("Sum?")
    page.composer.send_button.click()
    qtbot.waitUntil(lambda: "full" in page.banners._keyed, timeout=15_000)
    banner = page.banners._keyed["full"]
    buttons = {each.text(): each for each in banner.findChildren(QPushButton)}
    assert "Give the passages it is about" not in buttons, "there is nothing but pictures"
    buttons["Give the text of its pictures"].click()
    qtbot.waitUntil(lambda: not page.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    assert not any(each.seen for each in page.transcript.turns()[0].attachments)
