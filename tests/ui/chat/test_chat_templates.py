"""A template out of an answer, and answers that are held to fields."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QInputDialog
from tests.ui.chat.talking import say

from stillroom import paths
from stillroom.chat.conversation import Role
from stillroom.templates.versions import OwnTemplates
from stillroom.ui.chat.actions import ConversationAction
from stillroom.ui.chat.page import ChatPage
from stillroom.ui.main_window import MainWindow

pytestmark = pytest.mark.window


def test_a_template_made_of_an_answer_is_used_in_extract_at_once(
    page: ChatPage, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    page._parts.templates.own = OwnTemplates(own)
    monkeypatch.setattr(QInputDialog, "exec", lambda _dialog: 1)
    page._parts.templates._folders.append(own)
    talk = page.chat.store.create("Rope sales")
    asked = say(page, talk.id, None, Role.USER, "Who sold it?")
    plain = say(page, talk.id, asked, Role.ASSISTANT, "North Wind did.")
    answer = say(page, talk.id, plain, Role.ASSISTANT, '{"seller": "North Wind", "total": 14.1}')
    page.chat.open(talk.id)
    assert not page.transcript.view(plain)._template.isVisibleTo(page)
    view = page.transcript.view(answer)
    assert view._template.isVisibleTo(page)
    view._template.click()
    picker = window.extract.sheet.bar.picker
    assert picker.findText("Rope sales") >= 0
    assert window.pages.currentWidget().fill() is page
    banner = page.banners._keyed["template"]
    assert "2 fields" in banner.message.text()
    banner.buttons[0].click()
    assert window.pages.currentIndex() == 0
    assert [field.name for field in window.extract.sheet.template.fields] == ["seller", "total"]
    page.dialogs.act(talk.id, ConversationAction.TEMPLATE)
    assert window.extract.sheets[0].bar.picker.findText("Rope sales 2") >= 0
    assert paths.templates_dir() != own
