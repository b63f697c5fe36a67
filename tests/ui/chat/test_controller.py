"""The controller of Chat, worked without a window: what it tells is heard as any view would hear it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from stillroom.chat.conversation import ChatSettings, Role, TurnState
from stillroom.remote.engines import RemoteEngine
from stillroom.ui.chat.actions import TurnAction
from stillroom.ui.chat.context_use import ContextUse
from stillroom.ui.chat.controller import ChatController, Sending
from stillroom.ui.chat.conversation_actions import ConversationActions
from stillroom.ui.chat.drafts import Drafts
from stillroom.ui.chat.notices import Notice, Subject
from stillroom.ui.chat.own_settings import OwnSettings
from stillroom.ui.chat.turn_actions import TurnActions
from stillroom.ui.model_loading import ModelLoading
from stillroom.ui.parts import Parts

pytestmark = pytest.mark.window


@pytest.fixture
def loading(parts: Parts, qtbot) -> ModelLoading:
    made = ModelLoading(parts)
    made.start()
    qtbot.waitUntil(lambda: made.model is not None, timeout=15_000)
    return made


@pytest.fixture
def chat(parts: Parts, loading: ModelLoading) -> ChatController:
    made = ChatController(parts, loading, lambda: False)
    made.open_latest()
    return made


@pytest.fixture
def notices(chat: ChatController) -> dict[str, Notice]:
    """What is told now, by its subject."""
    told: dict[str, Notice] = {}
    chat.noticed.connect(lambda notice: told.update({notice.subject: notice}))
    chat.withdrawn.connect(lambda subject: told.pop(subject, None))
    return told


def said(chat: ChatController) -> list[str]:
    return [turn.content for turn in chat.turns]


def wait(chat: ChatController, qtbot, turns: int) -> None:
    qtbot.waitUntil(lambda: not chat.asking.busy and len(chat.turns) == turns, timeout=15_000)


def test_it_needs_no_widgets_and_no_window() -> None:
    names = (
        "controller",
        "asking",
        "titles",
        "context_use",
        "own_settings",
        "drafts",
        "turn_actions",
        "conversation_actions",
    )
    code = f"""
import sys
class NoWidgets:
    def find_spec(self, name, path=None, target=None):
        if name in ("PySide6.QtWidgets", "PySide6.QtGui") or name.endswith(("chat.page", ".main_window")):
            raise ImportError(f"{{name}} is blocked")
sys.meta_path.insert(0, NoWidgets())
for name in {names!r}:
    __import__("stillroom.ui.chat." + name)
"""
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert outcome.returncode == 0, outcome.stderr


def test_the_views_do_not_know_the_page() -> None:
    folder = Path(sys.modules[ChatController.__module__].__file__ or "").parent
    knowing = [
        file.name
        for file in folder.glob("*.py")
        if file.name != "page.py" and ("chat.page" in (text := file.read_text(encoding="utf-8")) or "ChatPage" in text)
    ]
    assert knowing == []


def test_a_message_is_stored_answered_and_told(chat: ChatController, qtbot) -> None:
    widgets = set(QApplication.topLevelWidgets())
    begun: list[int] = []
    chat.sent.connect(begun.append)
    with qtbot.waitSignal(chat.answered, timeout=15_000):
        assert chat.write("Hello there")
        assert not chat.write("Again")  # one at a time
    assert begun == [0]
    assert [turn.role for turn in chat.turns] == [Role.USER, Role.ASSISTANT]
    assert chat.turns[1].state is TurnState.COMPLETE
    assert chat.title == "Hello there"
    again = ChatController(chat._parts, chat._loading, lambda: False)
    again.open_latest()
    assert said(again) == said(chat)
    assert set(QApplication.topLevelWidgets()) == widgets


def test_turns_are_answered_again_said_differently_and_deleted(
    chat: ChatController, notices: dict[str, Notice], qtbot
) -> None:
    actions = TurnActions(chat)
    asked: list[str] = []
    actions.edit_wanted.connect(lambda turn: asked.append(turn.content))
    chat.write("One")
    wait(chat, qtbot, 2)
    question, answer = chat.turns
    actions.act(answer.id, TurnAction.AGAIN)
    wait(chat, qtbot, 2)
    assert chat.siblings[chat.turns[1].id] == [answer.id, chat.turns[1].id]
    actions.switch(answer.id)
    assert chat.turns[1].id == answer.id
    actions.edit_last()
    assert asked == ["One"]
    actions.say_instead(question, "Uno")
    wait(chat, qtbot, 2)
    assert said(chat)[0] == "Uno"
    actions.act(chat.turns[0].id, TurnAction.DELETE)
    assert said(chat)[:1] == ["One"]
    notices[Subject.DELETED].choices[0].act()
    assert said(chat)[0] == "Uno"


def test_a_remote_model_is_sent_nothing_before_the_person_agreed(
    chat: ChatController, notices: dict[str, Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[Sending] = []
    chat.consent_wanted.connect(wanted.append)
    asked: list[int] = []
    monkeypatch.setattr(chat.asking, "answer", lambda _conversation, question: asked.append(question))
    engine = RemoteEngine("office", "http://localhost:1/v1", "tiny")
    chat.use(engine)
    chat.write("A secret")
    assert asked == []
    (sending,) = wanted
    assert "A secret" in sending.leaving.text
    chat.send_nothing()
    assert "Nothing was sent" in notices[Subject.SAID].text
    chat.have_answered(sending.question)
    chat.send(wanted[1], for_all=True)
    chat.have_answered(sending.question)
    assert len(wanted) == 2  # agreed for all
    assert asked == [sending.question] * 2
    chat.open(0)
    chat.write("Another conversation")
    assert len(wanted) == 3


def test_conversations_are_pinned_deleted_and_brought_back(chat: ChatController, notices: dict[str, Notice]) -> None:
    actions = ConversationActions(chat, chat._parts)
    first, second = chat.store.create("Ships"), chat.store.create("Harbours")
    chat.open(first.id)
    actions.pin(first.id)
    actions.rename(first.id, "Boats")
    assert (chat.title, chat.store.conversations()[0].id) == ("Boats", first.id)
    actions.delete(first.id)
    assert chat.number == 0
    assert [each.id for each in chat.store.conversations()] == [second.id]
    notices[Subject.DELETED].choices[0].act()
    assert chat.number == first.id


def test_what_is_written_waits_for_its_conversation(chat: ChatController) -> None:
    written = ["", []]
    drafts = Drafts(chat, chat._parts, lambda: (written[0], written[1]))
    drafts.restored.connect(lambda text, files: written.__setitem__(slice(None), [text, files]))
    talk = chat.store.create("Draft")
    chat.open(talk.id)
    written[0] = "half a thought"
    chat.open(0)
    assert written[0] == ""
    chat.open(talk.id)
    assert written[0] == "half a thought"
    assert chat.store.conversation(talk.id).draft == "half a thought"


def test_a_conversation_that_another_model_holds_says_so(
    chat: ChatController, loading: ModelLoading, notices: dict[str, Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    OwnSettings(chat, chat._parts, loading)
    failed: list[Exception] = []
    chat.failed.connect(failed.append)
    chat.open(chat.store.create("Other", ChatSettings(model="another")).id)
    notices[Subject.OWN_MODEL].choices[0].act()
    assert "not on this machine any more" in str(failed[0])
    assert loading.model is not None
    there, longer = loading.model.context_tokens, list[int]()
    monkeypatch.setattr(loading, "with_context", longer.append)
    chat.open(chat.store.create("Long", ChatSettings(context_tokens=2 * there)).id)
    notices[Subject.OWN_MODEL].choices[0].act()
    assert longer == [2 * there]
    chat.open(0)
    assert Subject.OWN_MODEL not in notices


def test_what_does_not_fit_is_offered_to_give_way(
    chat: ChatController, loading: ModelLoading, notices: dict[str, Notice], tmp_path: Path, qtbot
) -> None:
    used = ContextUse(chat, chat._parts, loading)
    with qtbot.waitSignal(used.known, timeout=15_000):
        chat.look()
    file = tmp_path / "long.txt"
    file.write_text("\n\n".join(f"Paragraph {n} about {n} ships. " + "word " * 150 for n in range(60)))
    with qtbot.waitSignal(chat.attached, timeout=15_000) as read:
        chat.attach([file])
    chat.write("What about paragraph 7?", read.args[0])
    qtbot.waitUntil(lambda: Subject.FULL in notices, timeout=15_000)
    assert len(chat.turns) == 1
    choices = {choice.title: choice for choice in notices[Subject.FULL].choices}
    choices["Give the passages it is about"].act()
    wait(chat, qtbot, 2)
    assert chat.turns[1].facts.sources
