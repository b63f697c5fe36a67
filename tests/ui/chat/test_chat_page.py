"""The Chat page: what is said is stored and shown, branches are kept, files are attached, nothing is cut in silence."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication, QInputDialog, QWidget

from stillroom import paths
from stillroom.chat.answerer import LocalAnswerer
from stillroom.chat.conversation import Attachment, ChatSettings, Facts, Role, Source, Turn, TurnState
from stillroom.chat.prompts import prompts
from stillroom.chat.session import ChatSession
from stillroom.engine.protocol import Generation
from stillroom.engine.status import EngineState
from stillroom.engine.worker_status import WorkerStatus
from stillroom.ui.chat.conversation_list import CONVERSATION, ConversationListModel
from stillroom.ui.chat.files import write_pdf
from stillroom.ui.chat.page import ChatPage
from stillroom.ui.chat.prompt_menu import PromptMenu
from stillroom.ui.chat.settings_dialog import SettingsDialog
from stillroom.ui.main_window import MainWindow
from stillroom.ui.panel.details import DetailsDialog

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


class NobodyAskedAnswerer:
    """Stands for a remote model that must not be sent anything."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)


def long_file(tmp_path: Path) -> Path:
    file = tmp_path / "long.txt"
    file.write_text(
        "\n\n".join(f"Paragraph {n} about the harbour and its {n} ships. " + "word " * 150 for n in range(60))
    )
    return file


def test_a_count_that_does_not_fit_is_offered_to_be_read_whole(
    page: ChatPage, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Generation('{"found": ["harbour", "lighthouse"]}', "end", 9, 0, 9, 0.1, 0.1)
    monkeypatch.setattr(LocalAnswerer, "answer", lambda *_args, **_options: found)
    page.attach([long_file(tmp_path)])
    qtbot.waitUntil(lambda: len(page.composer.attachments) == 1, timeout=15_000)
    page._send("How many harbours are there?")
    qtbot.waitUntil(lambda: "full" in page.banners._keyed, timeout=15_000)
    banner = page.banners._keyed["full"]
    assert banner.buttons[0].text() == "Read every part"
    told: list[str] = []
    page.asking.told.connect(told.append)
    page.asking._answerer = NobodyAskedAnswerer()  # whoever answers, all of a file is read on this machine
    banner.buttons[0].click()
    qtbot.waitUntil(lambda: not page.asking.busy and len(page.transcript.turns()) == 2, timeout=60_000)
    answer = page.transcript.turns()[-1]
    total = answer.facts.passages
    assert total > 30
    assert answer.facts.passages_read == total
    assert f"All {total} of {total} passages were read" in answer.facts.notes[0]
    assert answer.content.startswith("**1** was found, named 60 times.")
    assert any(text.startswith(f"{total - 1} of {total} passages were read") for text in told)
    view = page.transcript.view(answer.id)
    assert not view._whole.isVisibleTo(view)
    assert not view._buttons["go on"].isVisibleTo(view)


def test_citations_in_an_answer_are_links_to_their_passages(page: ChatPage) -> None:
    talk = page._store.create("Cited")
    file = Attachment(0, "a.txt", "a.txt", ("The harbour opens at six.",))
    asked = page._store.add(Turn(0, talk.id, None, Role.USER, "When?", datetime.now(UTC), attachments=(file,)))
    source = Source(asked.attachments[0].id, "a.txt", 1, 4, 11)
    answer = page._store.add(
        Turn(
            0, talk.id, asked.id, Role.ASSISTANT, "At six [1], not [7].", datetime.now(UTC),
            facts=Facts(sources=(source,)),
        )
    )  # fmt: skip
    page.open(talk.id)
    view = page.transcript.view(answer.id)
    assert 'href="source:0"' in view.body.rendered.html
    assert "source:6" not in view.body.rendered.html
    view.body.anchorClicked.emit("source:0")
    dialog = next(each for each in page.children() if type(each).__name__ == "PassageDialog")
    assert "harbour" in dialog.page.toPlainText()
    dialog.close()


def test_what_the_model_said_is_put_right_in_another_branch(page: ChatPage, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = page._store.create("Edit")
    asked = say(page, talk.id, None, Role.USER, "When?")
    answer = say(page, talk.id, asked, Role.ASSISTANT, "At sevn")
    page.open(talk.id)
    monkeypatch.setattr(QInputDialog, "getMultiLineText", lambda *_args: ("At seven", True))
    page.transcript.view(answer).wanted.emit("edit")
    assert page.transcript.turns()[-1].content == "At seven"
    assert page._store.turn(answer).content == "At sevn"
    assert not page.asking.busy


def test_the_settings_tell_what_a_context_costs_and_keep_a_model(page: ChatPage, qtbot) -> None:
    dialog = SettingsDialog(page, ChatSettings(model="gone"), [], page._loading.model, ["one", "two"], "one")
    qtbot.addWidget(dialog)
    assert dialog.settings().model == "gone"
    now = page._loading.model.context_tokens
    dialog.use_memory(lambda tokens: tokens * 1_000_000)
    dialog.context.setValue(2 * now)
    assert "more" in dialog.context_words.text()
    dialog.model.setCurrentIndex(dialog.model.findData("two"))
    assert dialog.settings().model == "two"
    dialog._show(ChatSettings())
    assert dialog.settings() == ChatSettings()


def test_a_conversation_with_another_model_says_so(page: ChatPage) -> None:
    talk = page._store.create("Other", ChatSettings(model="another"))
    page.open(talk.id)
    assert "another" in page.banners._keyed["own model"].message.text()
    page.banners._keyed["own model"].buttons[0].click()
    assert "not on this machine any more" in page.banners._keyed["failed"].message.text()
    page.open(0)
    assert "own model" not in page.banners._keyed


def test_what_is_written_becomes_a_prompt(page: ChatPage, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    used: list[str] = []
    menu = PromptMenu(page, 'Say {{what}} "twice"\n\\ é', used.append, lambda text, _kind: said.append(text))
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args: ("Twice", True))
    menu._keep()
    kept = next(prompt for prompt in prompts() if prompt.title == "Twice")
    assert kept.own
    assert kept.text == 'Say {{what}} "twice"\n\\ é'
    assert kept.variables == ("what",)
    again = PromptMenu(page, "", used.append, lambda text, _kind: said.append(text))
    assert "Twice" in [action.text() for action in again.actions()]
    again._remove(kept)
    assert all(prompt.title != "Twice" for prompt in prompts())
    assert len(said) == 2


def test_the_panel_tells_what_the_model_does_and_more_on_a_click(window: MainWindow, qtbot) -> None:
    panel = window.panel
    qtbot.waitUntil(lambda: panel._measured is not None, timeout=5_000)
    busy = replace(
        panel._measured,
        engine=replace(
            panel._measured.engine,
            state=EngineState.BUSY,
            worker=WorkerStatus(reading=120.0, generate_speed=30.0, requests=2),
        ),
    )
    panel.show_measurement(busy)
    assert panel._running.text() == "The model is reading. 1 more request waits."
    assert "120" in panel._prompt.whole()
    assert panel._generate.whole().startswith("last ")
    assert panel._generate_plot._values[-1] == 0
    for show, words in ((panel._model_details, "Parameters"), (panel._memory_details, "of the machine")):
        show()
        dialog = panel.findChildren(DetailsDialog)[-1]
        assert words in dialog.text.toPlainText()
        dialog.close()


def wheel(widget: QWidget, notches: int) -> None:
    place = QPointF(20, 10)
    QApplication.sendEvent(
        widget,
        QWheelEvent(
            place, widget.mapToGlobal(place), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        ),
    )  # fmt: skip


def test_the_wheel_leaves_the_end_and_comes_back(page: ChatPage, qtbot) -> None:
    talk = page._store.create("Long")
    parent: int | None = None
    for number in range(40):
        parent = say(
            page, talk.id, parent, [Role.USER, Role.ASSISTANT][number % 2], f"Turn {number}\n\n" + "words " * 90
        )
    page.open(talk.id)
    qtbot.wait(50)
    bar, last = page.transcript.verticalScrollBar(), page.transcript.turns()[-1].id
    assert bar.value() == bar.maximum()
    wheel(page.transcript.viewport(), 3)
    qtbot.wait(50)
    left = bar.value()
    assert left < bar.maximum() - 30
    page.transcript.add(last, "", "more of it")
    qtbot.wait(200)
    assert abs(bar.value() - left) < 5, "what is written below does not pull a reader away"
    wheel(page.transcript.viewport(), -60)
    qtbot.wait(50)
    assert bar.value() == bar.maximum()
    page.transcript.add(last, "", "\n\nmore" * 30)
    qtbot.waitUntil(lambda: bar.value() == bar.maximum(), timeout=3000)


def test_a_question_that_was_left_can_still_be_answered(page: ChatPage, qtbot) -> None:
    talk = page._store.create("Left")
    asked = say(page, talk.id, None, Role.USER, "When?")
    page.open(talk.id)
    page.transcript.view(asked).wanted.emit("again")
    qtbot.waitUntil(lambda: not page.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    assert page.transcript.turns()[1].parent == asked


def test_choices_go_with_their_conversation_and_sending_twice_is_told(page: ChatPage, qtbot) -> None:
    page.banners.show_message("full", "warn", key="full")
    page.open(0)
    assert "full" not in page.banners._keyed
    page.composer.set_writing(True)
    page.composer.set_text("again")
    qtbot.keyClick(page.composer.editor, Qt.Key.Key_Return)
    assert "is being written" in page.banners._keyed["said"].message.text()
    assert page.composer.text() == "again"
    page.composer.set_writing(False)
