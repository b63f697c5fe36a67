"""The bin: what was deleted is seen there, brought back, or erased after a question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from tests.ui.chat.talking import say

from stillroom.chat.conversation import Role
from stillroom.ui.chat.actions import ConversationAction
from stillroom.ui.chat.bin_dialog import BinDialog, days_left
from stillroom.ui.chat.notices import Subject
from stillroom.ui.chat.page import ChatPage

pytestmark = pytest.mark.window


def deleted(page: ChatPage, *titles: str) -> list[int]:
    numbers = []
    for title in titles:
        talk = page.chat.store.create(title)
        say(page, talk.id, None, Role.USER, f"about {title}")
        page.dialogs.act(talk.id, ConversationAction.DELETE)
        numbers.append(talk.id)
    return numbers


def test_a_deleted_conversation_is_brought_back_from_the_bin(page: ChatPage, qtbot) -> None:
    number, _other = deleted(page, "Ships", "Harbours")
    assert "2" in page.list.bin.text()
    qtbot.mouseClick(page.list.bin, Qt.MouseButton.LeftButton)
    dialog = page.findChild(BinDialog)
    assert [dialog.list.topLevelItem(place).text(0) for place in range(2)] == ["Harbours", "Ships"]
    assert dialog.list.topLevelItem(0).text(2) == "30 days"
    dialog.list.setCurrentItem(dialog.list.topLevelItem(1))
    qtbot.mouseClick(dialog.bring_back, Qt.MouseButton.LeftButton)
    assert page.chat.number == number
    assert [turn.content for turn in page.transcript.turns()] == ["about Ships"]
    assert page.list.bin.text() == "Bin (1)"
    assert Subject.DELETED not in page.banners._keyed, "it is not in the bin any more"
    dialog.reject()


@pytest.mark.parametrize("sure", [True, False])
def test_nothing_is_erased_without_a_question(page: ChatPage, monkeypatch: pytest.MonkeyPatch, sure: bool) -> None:
    deleted(page, "Ships", "Harbours")
    monkeypatch.setattr("stillroom.ui.chat.bin_dialog.agreed", lambda *_: sure)
    dialog = page.dialogs.show_bin()
    dialog.for_good.click()
    assert len(page.chat.store.bin()) == (1 if sure else 2)
    dialog.empty.click()
    assert len(page.chat.store.bin()) == (0 if sure else 2)
    assert dialog.empty.isEnabled() is not sure
    dialog.reject()


def test_the_days_left_are_those_until_it_is_swept() -> None:
    now = datetime.now(UTC)
    assert days_left(now) == 30
    assert days_left(now - timedelta(days=29)) == 1
    assert days_left(now - timedelta(days=40)) == 0
