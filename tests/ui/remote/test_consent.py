"""Asking a remote model from the window: offered, previewed exactly, refused without a byte, done with consent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from tests.remote.openai_server import OpenAiServer

from stillroom.engine.prices import Price, price_list, prices_file
from stillroom.engine.remote import RemoteEngine, keep_remote_engine, remote_engines
from stillroom.extraction.result import FieldValue
from stillroom.privacy.secrets import SecretText
from stillroom.privacy.sending import SendingLog
from stillroom.ui.banner import Banner
from stillroom.ui.chat.who_answers import ChatConsent
from stillroom.ui.main_window import MainWindow
from stillroom.ui.remote.consent import ConsentDialog, doubtful
from stillroom.ui.remote.engine_dialog import EngineDialog
from stillroom.ui.remote.price_dialog import PriceDialog
from stillroom.ui.remote.section import RemoteSection

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
    said: list[str] = []
    window.extract.sheet.said.connect(lambda text, _kind, _actions: said.append(text))
    window.extract.sheet.remote.offer()
    assert "ask a remote model?" in said[0]
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
    dialog._send()
    qtbot.waitUntil(lambda: first[0].result is not None and "office" in first[0].result.model_name, timeout=15_000)
    (request,) = server.requests
    contents = [message["content"] for message in request["messages"]]
    shape = request["response_format"]["json_schema"]["schema"]
    assert "\n\n".join([*contents, json.dumps(shape, ensure_ascii=False)]) == shown
    result = window._parts.stored_batch(first[0].run.batch.run_id).results()[first[0].position]
    assert result is not None
    assert result.model_name == "office: tiny"
    address = result.fields["address"]
    assert isinstance(address, FieldValue)
    assert "not found in the document" in address.failed_checks[0]
    assert window._parts.database is not None
    qtbot.waitUntil(lambda: len(SendingLog(window._parts.database).newest()) == 1)
    qtbot.waitUntil(lambda: window._parts.tasks.running == 0 or window._parts.seal.holds, timeout=5000)


def test_what_is_sent_can_be_stopped_and_what_became_of_it_is_told(
    dialog: ConsentDialog, window: MainWindow, server: OpenAiServer, qtbot
) -> None:
    answered: list[int] = []
    server.answer = lambda _body: answered.append(1) or ANSWER
    banners = window.extract.banners
    dialog._send()
    assert "3 documents are sent to 127.0.0.1" in banners._keyed["said"].message.text()
    assert [button.text() for button in banners._keyed["said"].buttons] == ["Stop"]
    qtbot.waitUntil(lambda: "for $" in banners._keyed["said"].message.text(), timeout=15_000)
    assert "3 documents were answered by office: tiny" in banners._keyed["said"].message.text()
    server.statuses = [401] * 3
    window.extract.sheet.remote._send(remote_engines()[0], window.extract.sheet.model.rows)

    def shown() -> list[str]:
        return [banner.message.text() for banner in banners.findChildren(Banner) if not banner.isHidden()]

    qtbot.waitUntil(lambda: any("refused the key" in text for text in shown()), timeout=30_000)
    assert "said" not in banners._keyed, "it is not being sent any more"
    assert len(answered) == 3
    qtbot.waitUntil(lambda: window._parts.tasks.running <= 1, timeout=30_000)


def test_a_higher_threshold_offers_more(dialog: ConsentDialog, qtbot) -> None:
    dialog.threshold.setValue(1)
    assert dialog.list.count() == 0
    assert not dialog.send.isEnabled()
    dialog.threshold.setValue(100)
    qtbot.waitUntil(dialog.send.isEnabled, timeout=15_000)
    assert dialog.list.count() == 3


def test_the_section_lists_tries_and_removes(window: MainWindow, server: OpenAiServer, qtbot) -> None:
    keep_remote_engine(RemoteEngine("office", server.address, "tiny", seconds=10))
    said: list[str] = []
    section = RemoteSection(window._parts, lambda text, _kind: said.append(text))
    qtbot.addWidget(section)
    section._test(remote_engines()[0])
    qtbot.waitUntil(lambda: any("answered in" in text and "tiny" in text for text in said), timeout=15_000)
    section._remove(remote_engines()[0])
    assert remote_engines() == []
    qtbot.waitUntil(lambda: window._parts.tasks.running <= 1, timeout=10_000)


def test_the_form_gives_an_engine(window: MainWindow, qtbot, tmp_path: Path) -> None:
    engine = RemoteEngine("office", "https://server/v1", "m", ca_file=str(tmp_path))
    dialog = EngineDialog(None, window._parts, engine)
    qtbot.addWidget(dialog)
    dialog.usual.setCurrentIndex(1)
    found = dialog.engine()
    assert (found.name, found.price_in, found.price_out, found.ca_file) == ("office", 2.5, 10.0, str(tmp_path))
    assert found.model == "m"


def test_the_form_says_what_is_wrong_and_loses_nothing(window: MainWindow, qtbot) -> None:
    keep_remote_engine(RemoteEngine("office", "https://server/v1"))
    dialog = EngineDialog(None, window._parts, None)
    qtbot.addWidget(dialog)
    dialog.open()
    for name, address, said in (
        ("new", "http://api.example.com/v1", "https://"), ("office", "https://other/v1", "is there already"),
        ("", "https://other/v1", "needs a name"),
    ):  # fmt: skip
        dialog.name.setText(name)
        dialog.address.setText(address)
        dialog.accept()
        assert dialog.isVisible()
        assert said in dialog.said.text()
    dialog.name.setText("new")
    dialog.accept()
    assert not dialog.isVisible()
    assert [each.name for each in remote_engines()] == ["new", "office"]


def test_the_models_of_a_server_are_listed_with_a_key_that_is_not_kept_yet(
    window: MainWindow, server: OpenAiServer, qtbot
) -> None:
    dialog = EngineDialog(None, window._parts, None)
    qtbot.addWidget(dialog)
    dialog.address.setText(server.address)
    dialog.key.setText("sk-typed")
    dialog.list_models()
    qtbot.waitUntil(lambda: dialog.model.currentText() == "tiny", timeout=15_000)
    assert server.listed_with == "sk-typed"
    assert window._parts.secrets().get("remote:") is None
    dialog.address.setText("http://127.0.0.1:9/v1")
    dialog.seconds.setValue(1)
    dialog.list_models()
    qtbot.waitUntil(lambda: "cannot be reached" in dialog.said.text(), timeout=30_000)
    assert window._parts.seal.holds


def test_a_new_name_takes_the_key_along(window: MainWindow, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    monkeypatch.setattr(keyring, "get_keyring", Keyring)
    secrets = window._parts.secrets()
    secrets.try_again()
    engine = RemoteEngine("office", "https://server/v1", "m")
    keep_remote_engine(engine)
    secrets.set(engine.key_name, SecretText("sk-office"))
    section = RemoteSection(window._parts, lambda _text, _kind: None)
    qtbot.addWidget(section)

    def rename(dialog: EngineDialog) -> int:
        dialog.name.setText("work")
        dialog.accept()
        return 1

    monkeypatch.setattr(EngineDialog, "exec", rename)
    section._edit(engine)
    qtbot.waitUntil(lambda: secrets.get("remote:office") is None and secrets.get("remote:work") is not None)
    assert secrets.get("remote:work").reveal() == "sk-office"
    assert [each.name for each in remote_engines()] == ["work"]


def test_the_price_list_is_edited_and_goes_back(window: MainWindow, qtbot) -> None:
    dialog = PriceDialog(None, price_list())
    qtbot.addWidget(dialog)
    shipped = price_list()
    assert shipped.date
    dialog._add()
    dialog.accept()
    assert "no name" in dialog.problem.text()
    row = dialog.table.rowCount() - 1
    dialog.table.item(row, 0).setText("Office")
    dialog.table.cellWidget(row, 1).setValue(1.25)
    dialog._today()
    dialog.accept()
    assert price_list().prices[-1] == Price("Office", 1.25, 0.0)
    assert price_list().date != shipped.date
    section = RemoteSection(window._parts, lambda _text, _kind: None)
    qtbot.addWidget(section)
    assert price_list().date in section.price_date.text()
    assert "GPT-4o" in section.saved.text()
    dialog._show(shipped)
    dialog.accept()
    assert not prices_file().exists()
    assert price_list() == shipped


def test_a_chat_sends_nothing_before_the_person_agrees(
    window: MainWindow, server: OpenAiServer, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_remote_engine(RemoteEngine("office", server.address, "tiny", seconds=10))
    server.answer = lambda _body: "It opens at **six**."
    page = window.show_page(1)
    page.who.look()
    assert page.who.isVisibleTo(page)
    page.who.setCurrentIndex(1)
    page.who.activated.emit(1)
    shown: list[str] = []
    answers = [0, 1]

    def answer(dialog: ChatConsent) -> int:
        shown.append(dialog.text.toPlainText())
        return answers.pop(0)

    monkeypatch.setattr(ChatConsent, "exec", answer)
    page._send("When does the harbour open?")
    assert server.bytes == 0
    assert len(page.transcript.turns()) == 1
    page.have_answered(page.transcript.turns()[0].id)
    qtbot.waitUntil(lambda: not page.asking.busy and len(page.transcript.turns()) == 2, timeout=15_000)
    (request,) = server.requests
    assert "\n\n".join(message["content"] for message in request["messages"]) == shown[1]
    answered = page.transcript.turns()[1]
    assert (answered.content, answered.model) == ("It opens at **six**.", "office: tiny")
    assert window._parts.database is not None
    assert [each.what for each in SendingLog(window._parts.database).newest()] == ["chat"]
    qtbot.waitUntil(lambda: window._parts.seal.holds, timeout=5000)
