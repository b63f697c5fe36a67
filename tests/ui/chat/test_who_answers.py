"""The model's name at the top of a chat, the meter while something is written, and what an answer has from its files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from tests.ui.chat.talking import say, send

from stillroom.chat.context import Budget
from stillroom.chat.conversation import Attachment, Facts, Role, Source, Turn
from stillroom.models.model_file import ModelFile
from stillroom.ui.chat.page import ChatPage
from stillroom.ui.chat.passage_dialog import PassageDialog
from stillroom.ui.chat.quotes import QuoteButton
from stillroom.ui.main_window import MainWindow

pytestmark = pytest.mark.window


def test_the_model_is_named_at_the_top_and_changed_there(
    window: MainWindow, page: ChatPage, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = window._parts.model
    other = first.with_name("other.gguf")
    shutil.copy(first, other)
    both = [ModelFile("fake", first, 8, "Q4_0", True), ModelFile("other", other, 8, "Q4_0", False)]
    monkeypatch.setattr("stillroom.models.library.installed_models", lambda: both)
    talk = page.chat.store.create("Ships")
    say(page, talk.id, None, Role.USER, "one")
    page.chat.open(talk.id)
    page._show_models()
    assert page.who.isVisibleTo(page)
    assert page.who.currentText() == "fake"
    place = page.who.findData("other")
    page.who.setCurrentIndex(place)
    page.who.activated.emit(place)
    qtbot.waitUntil(lambda: page._loading.model is not None and page._loading.model.name == "other", timeout=15_000)
    assert page.who.currentText() == "other"
    assert page.chat.store.conversation(talk.id).settings.model == "other"
    assert window.panel._name.text() == "other"
    send(page, qtbot, "two")
    assert page.transcript.turns()[-1].model == "other"


def test_more_models_are_a_choice_away(window: MainWindow, page: ChatPage) -> None:
    place = page.who.findText("More models…")
    page.who.activated.emit(place)
    assert window.pages.currentIndex() == [entry.icon_name for entry in window._entries()].index("models")
    assert page.who.currentText() == "fake", "the choice stays"


def test_the_meter_counts_what_is_pasted_at_once(page: ChatPage, qtbot) -> None:
    page.composer.show_budget(Budget(0, 100, 0, 0, 200, 1024))

    def tokens() -> int:
        return int(page.composer.used.full_text().split()[0])

    assert tokens() == 100
    page.composer.set_text("four letters " * 100)
    assert tokens() > 300, "a guess, before the model was asked"
    assert "tokens" in page.composer.used.full_text()
    page.composer.set_text("word " * 800)
    assert "you will be asked" in page.composer.used.full_text()
    page.composer.set_text("word " * 10)
    (counted,) = page.chat.asking.answerer().count_tokens([page.composer.text()])
    qtbot.waitUntil(lambda: page.composer._counted == (page.composer.text(), counted), timeout=10_000)
    page.composer.clear()
    page.composer.show_budget(Budget(0, 100, 0, 0, 200, 1024))
    assert tokens() == 100


def test_quotes_lead_to_their_page_and_doubtful_figures_are_marked(page: ChatPage, qtbot) -> None:
    talk = page.chat.store.create("Lease")
    text = "The mill is old.\nThe rent is 1,250.00 EUR a month."
    file = Attachment(0, "lease.txt", "lease.txt", (text,), 10)
    asked = page.chat.store.add(
        Turn(0, talk.id, None, Role.USER, "What is the rent?", datetime.now(UTC), attachments=(file,))
    )
    own = asked.attachments[0].id
    facts = Facts(quotes=(Source(own, "lease.txt", 1, 17, len(text)),), unfounded=("99",))
    answer = page.chat.store.add(
        Turn(0, talk.id, asked.id, Role.ASSISTANT, "It is 1250 EUR, and 99 more; 199 is none.", datetime.now(UTC))
    )
    page.chat.store.set_facts(answer.id, replace(facts, notes=()))
    page.chat.open(talk.id)
    view = page.transcript.view(answer.id)
    assert view is not None
    html = view.body.rendered.html
    assert html.count("text-decoration:underline") == 1
    assert ">99</span>" in html
    assert "Not in the files" in view._remarks.text()
    (button,) = view.findChildren(QuoteButton)
    assert "The rent is 1,250.00 EUR a month." in button.accessibleName()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = page.findChild(PassageDialog)
    assert dialog.list.currentItem().text().startswith("Quoted")
    assert dialog.page.textCursor().position() == 17
    dialog.reject()
