"""The Chat page: what is said is stored and shown, branches are kept, nobody is pulled away from what they read."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QInputDialog, QWidget
from tests.ui.chat.talking import say, send

from stillroom.chat.context import Budget
from stillroom.chat.conversation import Attachment, ChatSettings, Role, TurnState
from stillroom.chat.prompt_library import PromptLibrary
from stillroom.chat.session import ChatSession
from stillroom.engine.status import EngineState
from stillroom.engine.worker_status import WorkerStatus
from stillroom.ui.chat.actions import ConversationAction, TurnAction
from stillroom.ui.chat.conversation_list import CONVERSATION, ConversationListModel, near
from stillroom.ui.chat.edit_dialog import EditDialog
from stillroom.ui.chat.files import write_pdf
from stillroom.ui.chat.page import ChatPage
from stillroom.ui.chat.prompt_menu import PromptMenu
from stillroom.ui.chat.settings_dialog import SettingsDialog
from stillroom.ui.main_window import MainWindow
from stillroom.ui.panel.details import DetailsDialog

pytestmark = pytest.mark.window


def test_enter_sends_and_the_answer_is_shown_and_stored(page: ChatPage, qtbot) -> None:
    assert page.stack.currentWidget() is page.starting
    assert not page.composer.send_button.isEnabled()
    send(page, qtbot, "Hello there")
    turns = page.transcript.turns()
    assert [turn.role for turn in turns] == [Role.USER, Role.ASSISTANT]
    assert turns[1].state is TurnState.COMPLETE
    assert turns[1].content
    assert page.title.full_text() == "Hello there"
    assert page.composer.text() == ""
    view = page.transcript.view(turns[1].id)
    assert view is not None
    assert view.body.toPlainText().strip() == turns[1].content.strip()
    assert page.list.model.index(0).data(CONVERSATION) == page.chat.number
    again = ChatPage(page._parts, page._loading, page._starter)
    qtbot.addWidget(again)
    assert [turn.content for turn in again.transcript.turns()] == [turn.content for turn in turns]


def test_answering_again_and_editing_make_branches(page: ChatPage, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    send(page, qtbot, "One")
    first, answer = page.transcript.turns()
    page.transcript.view(answer.id).wanted.emit(TurnAction.AGAIN)
    qtbot.waitUntil(lambda: not page.chat.asking.busy and page.transcript.turns()[-1].id != answer.id, timeout=15_000)
    second = page.transcript.turns()[-1]
    view = page.transcript.view(second.id)
    assert view._place.text() == "2/2"
    view._step(-1)
    assert page.transcript.turns()[-1].id == answer.id
    monkeypatch.setattr(EditDialog, "exec", lambda dialog: dialog.editor.setPlainText("Uno") or True)
    page.transcript.view(first.id).wanted.emit(TurnAction.EDIT)
    qtbot.waitUntil(lambda: not page.chat.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    assert page.transcript.turns()[0].content == "Uno"
    page.turn_actions.switch(first.id)
    assert page.transcript.turns()[0].content == "One"


def test_search_delete_and_undo(page: ChatPage, qtbot) -> None:
    talk = page.chat.store.create("About ships")
    turn = say(page, talk.id, None, Role.USER, "The lighthouse keeper counts the ships")
    page.chat.conversations_changed.emit()
    page.chat.open(talk.id)
    page.list.search.setText("lighthouse")
    qtbot.waitUntil(lambda: page.list.model.rowCount() == 1 and "[" in page.list.model.index(0).data(), timeout=5000)
    page.list.view.activated.emit(page.list.model.index(0))
    assert page.transcript.turns()[-1].id == turn
    page.list.search.clear()
    qtbot.waitUntil(lambda: not page.list._typed.isActive(), timeout=5000)
    page.dialogs.act(talk.id, ConversationAction.DELETE)
    assert page.chat.store.conversations() == []
    page.banners._keyed["deleted"].buttons[0].click()
    assert [each.title for each in page.chat.store.conversations()] == ["About ships"]
    assert page.chat.number == talk.id


def test_a_draft_survives(page: ChatPage) -> None:
    talk = page.chat.store.create("Draft")
    page.chat.open(talk.id)
    page.composer.set_text("half a thought")
    page.composer.add_attachments([Attachment(0, "a.txt", "a.txt", ("A harbour.",), 3)])
    page.chat.open(0)
    assert page.composer.text() == ""
    assert page.composer.attachments == []
    page.chat.open(talk.id)
    assert page.composer.text() == "half a thought"
    assert [each.name for each in page.composer.attachments] == ["a.txt"]


def test_a_search_does_not_come_after_the_end(page: ChatPage, qtbot) -> None:
    sought: list[str] = []
    page.list.search_wanted.connect(sought.append)
    page.list.search.setText("ships")
    for end in page._parts.at_end:
        end()
    qtbot.wait(300)
    assert not sought


def test_a_draft_of_a_new_conversation_is_there_after_the_next_start(page: ChatPage, qtbot) -> None:
    page.chat.open(0)
    page.composer.set_text("not sent")
    for end in page._parts.at_end[:1]:  # as when the window closes at once
        end()
    again = ChatPage(page._parts, page._loading, page._starter)
    qtbot.addWidget(again)
    assert again.composer.text() == "not sent"
    send(page, qtbot, "sent")
    page.chat.open(0)
    assert page.composer.text() == ""


def test_deleting_a_turn_is_undone(page: ChatPage) -> None:
    talk = page.chat.store.create("Ships")
    one = say(page, talk.id, None, Role.USER, "one")
    two = say(page, talk.id, one, Role.ASSISTANT, "two")
    say(page, talk.id, two, Role.USER, "three")
    page.chat.open(talk.id)
    page.transcript.view(two).wanted.emit(TurnAction.DELETE)
    assert [turn.content for turn in page.transcript.turns()] == ["one"]
    banner = page.banners._keyed["deleted"]
    assert "1 after it" in banner.message.text()
    banner.buttons[0].click()
    assert [turn.content for turn in page.transcript.turns()] == ["one", "two", "three"]
    view = page.transcript.view(page.transcript.turns()[1].id)
    assert view is not None
    assert view.body.toPlainText().strip() == "two"


def test_a_long_conversation_makes_few_widgets(page: ChatPage) -> None:
    talk = page.chat.store.create("Long")
    parent: int | None = None
    for number in range(300):
        parent = say(
            page, talk.id, parent, [Role.USER, Role.ASSISTANT][number % 2], f"Turn {number}\n\n" + "words " * 200
        )
    page.chat.open(talk.id)
    assert len(page.transcript._views) < 25
    bar = page.transcript.verticalScrollBar()
    assert bar.value() == bar.maximum()
    page.transcript.show_turn(page.transcript.turns()[10].id)
    assert page.transcript.view(page.transcript.turns()[10].id) is not None
    assert len(page.transcript._views) < 25
    for before, after in itertools.pairwise(sorted(page.transcript._views.values(), key=lambda view: view.y())):
        assert before.geometry().bottom() < after.y() + 2, "turns do not overlap"


def test_code_is_copied_and_links_are_not_followed(page: ChatPage, qtbot) -> None:
    talk = page.chat.store.create("Code")
    asked = say(page, talk.id, None, Role.USER, "?")
    answer = say(page, talk.id, asked, Role.ASSISTANT, "```python\nx = 1\n```\n[away](http://example.org)")
    page.chat.open(talk.id)
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
    talk = page.chat.store.create("Paper")
    say(page, talk.id, None, Role.USER, "On **paper**, please")
    write_pdf(page._parts, page.chat.store.conversation(talk.id), tmp_path / "talk.pdf")
    document = PdfDocument(tmp_path / "talk.pdf")
    text = document[0].get_textpage()
    at = text.get_text_range().index("paper")
    left, bottom, right, top = text.get_charbox(at, loose=True)
    assert 8 < top - bottom < 20  # points: to be read on paper, also where the writer has 1200 dots an inch
    assert left < right
    document.close()


@pytest.mark.usefixtures("qapp")
def test_what_a_search_found_is_seen_in_a_narrow_list() -> None:
    assert near("…one two three four five \x02rope\x03 and more") == "… four five [rope] and more"
    assert near("\x02rope\x03 and") == "[rope] and"
    assert near("nothing") == "nothing"


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
    page.chat.titles._timer.setInterval(50)
    send(page, qtbot, "Hello there")
    qtbot.waitUntil(lambda: page.title.full_text() == "A better name", timeout=5_000)
    assert page.list.model.index(0).data().startswith("A better name")


def test_what_the_model_said_is_put_right_in_another_branch(page: ChatPage, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = page.chat.store.create("Edit")
    asked = say(page, talk.id, None, Role.USER, "When?")
    answer = say(page, talk.id, asked, Role.ASSISTANT, "At sevn")
    page.chat.open(talk.id)
    monkeypatch.setattr(EditDialog, "exec", lambda dialog: dialog.editor.setPlainText("At seven") or True)
    page.transcript.view(answer).wanted.emit(TurnAction.EDIT)
    assert page.transcript.turns()[-1].content == "At seven"
    assert page.chat.store.turn(answer).content == "At sevn"
    assert not page.chat.asking.busy


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
    talk = page.chat.store.create("Other", ChatSettings(model="another"))
    page.chat.open(talk.id)
    assert "another" in page.banners._keyed["own model"].message.text()
    page.banners._keyed["own model"].buttons[0].click()
    assert "not on this machine any more" in page.banners._keyed["failed"].message.text()
    page.chat.open(0)
    assert "own model" not in page.banners._keyed


def test_a_conversation_that_needs_a_longer_context_offers_it(page: ChatPage, monkeypatch: pytest.MonkeyPatch) -> None:
    there = page._loading.model.context_tokens
    talk = page.chat.store.create("Long", ChatSettings(context_tokens=2 * there))
    page.chat.open(talk.id)
    assert f"{2 * there:,}" in page.banners._keyed["own model"].message.text()
    wanted: list[int] = []
    monkeypatch.setattr(page._loading, "with_context", wanted.append)
    page.banners._keyed["own model"].buttons[0].click()
    assert wanted == [2 * there]
    assert page._loading.loaded_file().path == Path(page._loading.model.path)
    page.chat.open(page.chat.store.create("Short", ChatSettings(context_tokens=there)).id)
    assert "own model" not in page.banners._keyed


def test_what_is_written_becomes_a_prompt(page: ChatPage, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    used: list[str] = []
    menu = PromptMenu(
        page, PromptLibrary(), 'Say {{what}} "twice"\n\\ é', used.append, lambda text, _kind: said.append(text)
    )
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args: ("Twice", True))
    menu._keep()
    kept = next(prompt for prompt in PromptLibrary().prompts() if prompt.title == "Twice")
    assert kept.own
    assert kept.text == 'Say {{what}} "twice"\n\\ é'
    assert kept.variables == ("what",)
    again = PromptMenu(page, PromptLibrary(), "", used.append, lambda text, _kind: said.append(text))
    assert "Twice" in [action.text() for action in again.actions()]
    again._remove(kept)
    assert all(prompt.title != "Twice" for prompt in PromptLibrary().prompts())
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
    assert "120" in panel._prompt.full_text()
    assert panel._generate.full_text().startswith("last ")
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
    talk = page.chat.store.create("Long")
    parent: int | None = None
    for number in range(40):
        parent = say(
            page, talk.id, parent, [Role.USER, Role.ASSISTANT][number % 2], f"Turn {number}\n\n" + "words " * 90
        )
    page.chat.open(talk.id)
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
    talk = page.chat.store.create("Left")
    asked = say(page, talk.id, None, Role.USER, "When?")
    page.chat.open(talk.id)
    page.transcript.view(asked).wanted.emit(TurnAction.AGAIN)
    qtbot.waitUntil(lambda: not page.chat.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    assert page.transcript.turns()[1].parent == asked


def test_choices_go_with_their_conversation_and_sending_twice_is_told(page: ChatPage, qtbot) -> None:
    page.banners.show_message("full", "warn", key="full")
    page.chat.open(0)
    assert "full" not in page.banners._keyed
    page.composer.set_writing(True)
    page.composer.set_text("again")
    qtbot.keyClick(page.composer.editor, Qt.Key.Key_Return)
    assert "is being written" in page.banners._keyed["said"].message.text()
    assert page.composer.text() == "again"
    page.composer.set_writing(False)


def test_going_on_is_shown_as_writing(page: ChatPage, qtbot) -> None:
    talk = page.chat.store.create("Ships")
    asked = say(page, talk.id, None, Role.USER, "Say something.")
    answer = say(page, talk.id, asked, Role.ASSISTANT, "It was")
    page.chat.store.save_answer(answer, "It was", "", TurnState.STOPPED)
    page.chat.open(talk.id)
    view = page.transcript.view(answer)
    assert view is not None
    states = []
    page.chat.asking.begun.connect(lambda turn: states.append((turn.id, turn.state, view._state.text())))
    view.wanted.emit(TurnAction.GO_ON)
    qtbot.waitUntil(lambda: bool(states) and not page.chat.asking.busy, timeout=15_000)
    assert states[0] == (answer, TurnState.STREAMING, "writing…")
    assert page.transcript.turns()[-1].content.startswith("It was")


def test_the_meter_tells_before_the_context_is_full(page: ChatPage) -> None:
    def words(used: int) -> str:
        page.composer.show_budget(Budget(0, used, 0, 0, 200, 1024))
        return page.composer.used.full_text()

    assert words(600).endswith("tokens")
    assert "nearly full" in words(850)  # fits, but not with an answer of full length
    assert "you will be asked" in words(950)
