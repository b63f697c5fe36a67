"""Remote models in Settings: the section, the form of an engine, the price list, and the log of what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from tests.remote.openai_server import OpenAiServer

from stillroom.privacy.secrets import SecretText
from stillroom.privacy.sending import Sending, SendingLog
from stillroom.remote.engines import RemoteEngine, keep_remote_engine, remote_engines
from stillroom.remote.prices import Price, price_list, prices_file
from stillroom.settings import MONTHLY_CAP, Settings
from stillroom.ui.controls import Button
from stillroom.ui.main_window import MainWindow
from stillroom.ui.remote.engine_dialog import EngineDialog
from stillroom.ui.remote.log_dialog import LogDialog
from stillroom.ui.remote.price_dialog import PriceDialog
from stillroom.ui.remote.section import RemoteSection

pytestmark = pytest.mark.window


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(lambda _body: "Yes.") as started:
        yield started


def test_the_section_lists_tries_and_removes(
    window: MainWindow, server: OpenAiServer, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_remote_engine(RemoteEngine("office", server.address, "tiny", seconds=10))
    said: list[str] = []
    section = RemoteSection(window._parts, lambda text, _kind: said.append(text))
    qtbot.addWidget(section)
    section._test(remote_engines()[0])
    qtbot.waitUntil(lambda: any("answered in" in text and "tiny" in text for text in said), timeout=15_000)
    answers = [False, True]
    monkeypatch.setattr("stillroom.ui.remote.section.agreed", lambda *_: answers.pop(0))
    section._remove(remote_engines()[0])
    assert len(remote_engines()) == 1
    section._remove(remote_engines()[0])
    qtbot.waitUntil(lambda: remote_engines() == [])
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
    assert window._parts.secrets.get("remote:") is None
    dialog.address.setText("http://127.0.0.1:9/v1")
    dialog.seconds.setValue(1)
    dialog.list_models()
    qtbot.waitUntil(lambda: "cannot be reached" in dialog.said.text(), timeout=30_000)
    assert window._parts.seal.holds


def test_a_new_name_takes_the_key_along(window: MainWindow, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    monkeypatch.setattr(keyring, "get_keyring", Keyring)
    secrets = window._parts.secrets
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
    dialog = PriceDialog(None, window._parts.remote, price_list())
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


def test_a_try_is_written_down_and_counted(window: MainWindow, server: OpenAiServer, qtbot) -> None:
    keep_remote_engine(RemoteEngine("office", server.address, "tiny", seconds=10, price_in=1000.0))
    section = RemoteSection(window._parts, lambda _text, _kind: None)
    qtbot.addWidget(section)
    assert section.spent.text() == "$0.0000 of $5.00"
    section._test(remote_engines()[0])
    qtbot.waitUntil(lambda: section.spent.text() == "$0.0500 of $5.00", timeout=15_000)
    assert window._parts.database is not None
    (sending,) = SendingLog(window._parts.database).newest()
    assert (sending.what, sending.characters, sending.tokens_in) == ("test", len("Say yes."), 50)
    window._parts.settings.set(MONTHLY_CAP, 0)
    section.look()
    assert section.spent.text() == "$0.0500"
    assert not section.meter.isVisibleTo(section)


def test_the_wheel_scrolls_the_page_and_changes_no_setting(window: MainWindow) -> None:
    page = window.show_named("settings")
    for control in (page.remote.cap, *page.general.controls.values()):
        control.setFocus()
        middle = QPointF(control.rect().center())
        event = QWheelEvent(
            middle, QPointF(control.mapToGlobal(middle.toPoint())), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(control, event)
    page.remote.cap.clearFocus()
    assert page.remote.cap.value() == 5
    assert Settings().get(MONTHLY_CAP) == 500
    assert all(page.general.controls[each].value() == 0 for each in ("engine.threads", "engine.context_tokens"))


def test_a_click_that_ends_an_edit_is_not_lost(window: MainWindow, server: OpenAiServer, qtbot) -> None:
    keep_remote_engine(RemoteEngine("office", server.address, "tiny", seconds=10))
    page = window.show_named("settings")
    page.remote.look()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=5000)
    page.remote.cap.setFocus()
    page.remote.cap.setValue(7)
    (button,) = (each for each in page.remote.findChildren(Button) if each.accessibleName() == "Try office")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    page.remote.cap.clearFocus()
    assert button.isVisibleTo(page)
    assert Settings().get(MONTHLY_CAP) == 700
    qtbot.waitUntil(lambda: len(server.requests) == 1, timeout=15_000)
    qtbot.waitUntil(lambda: window._parts.seal.holds, timeout=5000)


def test_tab_goes_through_the_engines_in_their_place(window: MainWindow, qtbot) -> None:
    page = window.show_named("settings")
    section = page.remote
    keep_remote_engine(RemoteEngine("office", "https://server/v1", "m"))
    keep_remote_engine(RemoteEngine("other", "https://server/v1", "m"))
    section.look()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window, timeout=5000)
    qtbot.wait(50)  # the rows are shown
    section.add.setFocus()
    names = []
    for _ in range(6):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        names.append(QApplication.focusWidget().accessibleName())
    assert names == ["Try office", "Edit office", "Remove office", "Try other", "Edit other", "Remove other"]


def test_enter_presses_the_button_that_has_the_keyboard(
    window: MainWindow, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(EngineDialog, "exec", lambda dialog: opened.append(dialog) or 0)
    add = window.show_named("settings").remote.add
    QTest.keyClick(add, Qt.Key.Key_Return)
    assert len(opened) == 1
    qtbot.addWidget(opened[0])


def test_the_log_shows_each_request_and_copies_all(window: MainWindow, qtbot) -> None:
    assert window._parts.database is not None
    log = SendingLog(window._parts.database)
    nothing = LogDialog(None, log)
    qtbot.addWidget(nothing)
    assert nothing.words.text() == "Nothing was ever sent."
    assert not nothing.copy.isEnabled()
    for number, tokens_out in ((1, 10), (2, 0)):
        sending = Sending(
            datetime.now(UTC), "office", "llm.lan", "chat", f"{number}" * 64, 100 + number, 300, cost=0.01
        )
        way = log.on_its_way(sending, 0.0)
        way.leave()
        if tokens_out:
            way.answered(301, tokens_out, 0.002)
    dialog = LogDialog(None, log)
    qtbot.addWidget(dialog)
    rows = [[dialog.table.item(row, column).text() for column in range(1, 7)] for row in range(2)]
    assert rows == [
        ["office (llm.lan)", "a chat", "102", "300", "no answer", "≤ $0.0100"],
        ["office (llm.lan)", "a chat", "101", "301", "10", "$0.0020"],
    ]
    dialog.copy.click()
    copied = QApplication.clipboard().text().splitlines()
    assert len(copied) == 3
    assert copied[2].split("\t")[1:] == ["office (llm.lan)", "chat", "101", "301", "10", "0.002000", "1" * 64]
