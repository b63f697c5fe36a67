"""Asking a remote model from the window: offered, previewed exactly, refused without a byte, done with consent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from tests.remote.openai_server import OpenAiServer

from stillroom.extraction.result import FieldValue
from stillroom.privacy.sending import SendingLog
from stillroom.remote.engines import RemoteEngine, keep_remote_engine, remote_engines
from stillroom.settings import MONTHLY_CAP
from stillroom.ui.banner import Banner
from stillroom.ui.chat.who_answers import ChatConsent
from stillroom.ui.main_window import MainWindow
from stillroom.ui.remote.consent import ConsentDialog, doubtful

pytestmark = pytest.mark.window
ANSWER = '{"company": "CORNER SHOP 1", "date": "2024-03-02", "address": "nowhere", "total": "1.50"}'


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(lambda _body: ANSWER) as started:
        yield started


@pytest.fixture
def dialog(window: MainWindow, server: OpenAiServer, receipts, qtbot) -> ConsentDialog:
    keep_remote_engine(RemoteEngine("office", server.address, "tiny", seconds=10, price_in=1.0))
    sheet = window.extract.sheet
    sheet.add_files(receipts(3), start=True)
    qtbot.waitUntil(lambda: sheet.model.finished == 3 and not sheet.runs.running, timeout=15_000)
    assert doubtful(sheet.model.rows), "the fake extractor is unsure of some"
    found = sheet.remote.show()
    assert found is not None
    qtbot.waitUntil(found.send.isEnabled, timeout=15_000)
    return found


def test_it_is_offered_after_a_run_and_refusing_sends_nothing(
    dialog: ConsentDialog, window: MainWindow, server: OpenAiServer, qtbot
) -> None:
    sheet = window.extract.sheet
    sheet.remote.offer()
    assert "ask a remote model?" in sheet.remote.banners._keyed["said"].message.text()
    window.extract.new_sheet()
    assert not sheet.remote.banners.isVisibleTo(window), "what is offered of one table is not shown above another"
    window.extract.tabs.setCurrentIndex(0)
    assert sheet.remote.banners.isVisibleTo(window)
    assert "Date 2024-03" in dialog.text.toPlainText()
    assert "127.0.0.1 (in the local network)" in dialog.sum.text()
    dialog.reject()
    qtbot.wait(100)
    assert server.bytes == 0
    assert window._parts.seal.hosts == ()


def test_what_was_shown_is_what_leaves_and_only_what_is_ticked(
    dialog: ConsentDialog, window: MainWindow, server: OpenAiServer, qtbot
) -> None:
    rows = dialog.chosen()
    for place in range(1, dialog.list.count()):
        dialog.list.item(place).setCheckState(Qt.CheckState.Unchecked)
    dialog.list.setCurrentRow(0)
    shown, first = dialog.text.toPlainText(), dialog.chosen()
    assert first == rows[:1]
    before = first[0].result.fields["address"]
    dialog._send()
    qtbot.waitUntil(lambda: first[0].result is not None and "office" in first[0].result.model_name, timeout=15_000)
    (request,) = server.requests
    contents = [message["content"] for message in request["messages"]]
    shape = request["response_format"]["json_schema"]["schema"]
    assert "\n\n".join([*contents, json.dumps(shape, ensure_ascii=False)]) == shown
    result = window._parts.runs.resume(first[0].run.batch.run_id).results()[first[0].position]
    assert result is not None
    assert result.model_name == "office: tiny"
    address = result.fields["address"]
    assert isinstance(address, FieldValue)
    assert (address.value, address.span) == (before.value, before.span), (
        "a value of the document is not given up for one that is not there"
    )
    assert "address" in result.notes[-1]
    assert window._parts.database is not None
    qtbot.waitUntil(lambda: len(SendingLog(window._parts.database).newest()) == 1)
    qtbot.waitUntil(lambda: window._parts.tasks.running == 0 or window._parts.seal.holds, timeout=5000)


def test_what_is_sent_can_be_stopped_and_what_became_of_it_is_told(
    dialog: ConsentDialog, window: MainWindow, server: OpenAiServer, qtbot
) -> None:
    answered: list[int] = []
    server.answer = lambda _body: answered.append(1) or ANSWER
    banners = window.extract.sheet.remote.banners
    dialog._send()
    assert "3 documents are sent to 127.0.0.1" in banners._keyed["said"].message.text()
    assert [button.text() for button in banners._keyed["said"].buttons] == ["Stop"]
    qtbot.waitUntil(lambda: "for $" in banners._keyed["said"].message.text(), timeout=15_000)
    assert "3 documents were answered by office: tiny" in banners._keyed["said"].message.text()
    server.statuses = [401] * 3
    window.extract.sheet.remote._send(remote_engines()[0], window.extract.sheet.model.rows)

    def shown() -> list[str]:
        return [banner.message.text() for banner in banners.findChildren(Banner) if not banner.isHidden()]

    qtbot.waitUntil(lambda: any("wants a key" in text for text in shown()), timeout=30_000)
    assert len(shown()) == 1, "it is not being sent any more"
    assert "What the table says stays as it was." in shown()[0]
    names = ", ".join(row.path.name for row in window.extract.sheet.model.rows)
    assert f"{names}: office wants a key" in shown()[0], "documents with one reason are told together"
    assert len(answered) == 3
    qtbot.waitUntil(lambda: window._parts.tasks.running <= 1, timeout=30_000)


def test_a_higher_threshold_offers_more(dialog: ConsentDialog, qtbot) -> None:
    dialog.threshold.setValue(1)
    assert dialog.list.count() == 0
    assert not dialog.send.isEnabled()
    dialog.threshold.setValue(100)
    qtbot.waitUntil(dialog.send.isEnabled, timeout=15_000)
    assert dialog.list.count() == 3


def test_the_rows_a_person_chose_are_offered_however_sure_they_are(
    dialog: ConsentDialog, window: MainWindow, qtbot
) -> None:
    dialog.reject()
    rows = window.extract.sheet.model.rows
    surest = max(rows, key=lambda row: doubtful([row], 1)[0].confidence)
    found = window.extract.sheet.remote.show([surest])
    assert found is not None
    qtbot.waitUntil(found.send.isEnabled, timeout=15_000)
    assert found.chosen() == [surest]
    found.reject()


def test_what_the_months_limit_keeps_back_is_told_before(dialog: ConsentDialog, window: MainWindow) -> None:
    assert "limit" not in dialog.sum.text()
    window._parts.settings.set(MONTHLY_CAP, 1)
    dialog.send_to(replace(dialog._engines[0], price_in=100.0))
    assert "Only $0.0100 of this month's limit is left" in dialog.sum.text()


def test_a_proxy_on_the_way_is_told_before(dialog: ConsentDialog, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://proxy.example.org:3128")
    dialog._show_sum()
    assert "proxy" not in dialog.sum.text()
    dialog.send_to(replace(dialog._engines[0], address="https://api.example.com/v1"))
    assert "api.example.com (in the cloud, through the proxy proxy.example.org)" in dialog.sum.text()
    for row in range(dialog.list.count()):
        dialog.list.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert "nothing would leave" in dialog.sum.text()


def test_a_chat_sends_nothing_before_the_person_agrees(
    window: MainWindow, server: OpenAiServer, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_remote_engine(RemoteEngine("office", server.address, "tiny", seconds=10))
    server.answer = lambda _body: "It opens at **six**."
    page = window.show_named("chat")
    page._show_models()
    assert page.who.isVisibleTo(page)
    page.who.setCurrentIndex(1)
    page.who.activated.emit(1)
    shown: list[str] = []
    answers = [0, 1]

    def answer(dialog: ChatConsent) -> int:
        shown.append(dialog.text.toPlainText())
        return answers.pop(0)

    monkeypatch.setattr(ChatConsent, "exec", answer)
    page.composer.send.emit("When does the harbour open?")
    assert server.bytes == 0
    assert len(page.transcript.turns()) == 1
    page.chat.have_answered(page.transcript.turns()[0].id)
    qtbot.waitUntil(lambda: not page.chat.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    (request,) = server.requests
    assert "\n\n".join(message["content"] for message in request["messages"]) == shown[1]
    answered = page.transcript.turns()[1]
    assert (answered.content, answered.model) == ("It opens at **six**.", "office: tiny")
    assert window._parts.database is not None
    assert [each.what for each in SendingLog(window._parts.database).newest()] == ["chat"]
    qtbot.waitUntil(lambda: window._parts.seal.holds, timeout=5000)
