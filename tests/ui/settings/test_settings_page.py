"""The Settings page: the seal, keys without a keyring, settings that are kept, and erasing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QInputDialog, QMessageBox

from stillroom.chat.conversation import Role, Turn
from stillroom.child import probe
from stillroom.paths import database_file
from stillroom.settings import CONTEXT_TOKENS, ENCRYPTED, KEEP_ON_DISK, SEALED, THREADS, Settings
from stillroom.ui.main_window import MainWindow
from stillroom.ui.seal_label import SealLabel
from stillroom.ui.settings.page import SettingsPage

pytestmark = pytest.mark.window


@pytest.fixture
def page(window: MainWindow) -> SettingsPage:
    found = window.show_named("settings")
    assert isinstance(found, SettingsPage)
    return found


def test_breaking_the_seal_is_asked_about_and_ends_by_itself(
    page: SettingsPage, window: MainWindow, qtbot, monkeypatch
) -> None:
    seal, answers = window._parts.seal, [False, True, True]
    monkeypatch.setattr("stillroom.ui.settings.privacy.agreed", lambda *_: answers.pop(0))
    box = page.privacy.sealed
    box.click()
    assert seal.holds
    assert box.isChecked()
    box.click()
    assert not seal.holds
    assert not box.isChecked()
    qtbot.waitUntil(lambda: "by hand until" in window.panel.seal.text())
    assert Settings().get(SEALED), "the next start is sealed"
    box.click()
    assert seal.holds
    assert box.isChecked()
    monkeypatch.setattr("stillroom.ui.settings.privacy._MINUTES", 0.002)
    box.click()
    assert not seal.holds
    qtbot.waitUntil(lambda: seal.holds)
    page.privacy.look()
    assert box.isChecked()


def test_whoever_only_presses_enter_keeps_the_seal(page: SettingsPage, window: MainWindow) -> None:
    pressed: list[str] = []

    def press(key: Qt.Key, choose: str = "") -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        if choose:
            next(button for button in box.buttons() if button.text() == choose).setFocus()
        pressed.append(box.text())
        QTest.keyClick(QApplication.focusWidget() or box, key)

    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        QTimer.singleShot(100, page, lambda key=key: press(key))
        page.privacy.sealed.click()
        assert window._parts.seal.holds
    QTimer.singleShot(100, page, lambda: press(Qt.Key.Key_Space, "Break the seal"))
    page.privacy.state.click()
    assert not window._parts.seal.holds
    assert len(pressed) == 3
    page.privacy.state.click()
    assert window._parts.seal.holds


def test_the_seal_is_in_sight_without_the_panel_and_leads_to_its_switch(
    page: SettingsPage, window: MainWindow, qtbot
) -> None:
    window.showNormal()
    window.resize(1280, 800)
    narrow = window.navigation.seal
    assert not narrow.isVisibleTo(window)
    window.navigation.panel_button.click()
    assert narrow.isVisibleTo(window)
    assert narrow.text() == "Sealed"
    assert "no connections" in narrow.accessibleName()
    page._area.verticalScrollBar().setValue(page._area.verticalScrollBar().maximum())
    window.show_page(0)
    narrow.click()
    assert window.pages.currentIndex() == window.pages.count() - 1
    assert page._area.verticalScrollBar().value() == 0
    assert window.focusWidget() is page.privacy.sealed
    with window._parts.seal.opened("download of a model", "example.org"):
        qtbot.waitUntil(lambda: narrow.text() == "Open")
        assert "download of a model" in narrow.toolTip()
    window.navigation.panel_button.click()


def test_a_card_is_as_high_as_its_words(page: SettingsPage, window: MainWindow, qtbot) -> None:
    for width in (1900, 1280, 900):
        window.resize(width, 800)
        qtbot.wait(50)
        for card in (page.privacy, page.keys, page.remote, page.general):
            assert card.height() >= card.layout().totalHeightForWidth(card.width()), (width, card.accessibleName())


def test_a_seal_that_was_off_is_put_on(page: SettingsPage, window: MainWindow) -> None:
    window._parts.seal.sealed = False
    page.privacy.look()
    page.privacy.sealed.click()
    assert window._parts.seal.holds
    assert Settings().get(SEALED)


def test_the_seal_is_told_whatever_thread_breaks_it(page: SettingsPage, window: MainWindow, qtbot) -> None:
    seal, shown = window._parts.seal, window.panel.seal
    assert isinstance(shown, SealLabel)
    assert "Sealed" in shown.text()
    with seal.opened("download of a model", "example.org"):
        qtbot.waitUntil(lambda: "download of a model" in shown.text())
        assert "example.org" in shown.toolTip()
    qtbot.waitUntil(lambda: "Sealed" in shown.text())
    assert page.privacy.state.text() == shown.text()
    window.show_page(0)
    shown.click()
    assert window.pages.currentIndex() == window.pages.count() - 1


def test_a_setting_is_kept_and_put_back(page: SettingsPage) -> None:
    control = page.general.controls[THREADS.name]
    control.setValue(3)
    control.editingFinished.emit()
    assert Settings().get(THREADS) == 3
    page.general._put(THREADS, THREADS.default)
    assert Settings().get(THREADS) == 0
    assert control.value() == 0
    page.general.controls[KEEP_ON_DISK.name].setChecked(True)
    assert Settings().get(KEEP_ON_DISK)


def test_a_context_between_none_and_the_least_becomes_the_nearer(page: SettingsPage) -> None:
    control = page.general.controls[CONTEXT_TOKENS.name]
    for given, kept in ((64, 0), (400, 512), (512, 512), (4096, 4096)):
        control.setValue(given)
        control.editingFinished.emit()
        assert (control.value(), Settings().get(CONTEXT_TOKENS)) == (kept, kept)


def test_what_is_kept_from_each_child_is_tried_and_told(page: SettingsPage, qtbot) -> None:
    shown = page.privacy.kept_from
    page.privacy.look()
    assert (
        shown["worker"].text().startswith("runs with nothing between it and the network")
    )  # the tests' own, which says no more
    assert shown["reader"].text() == shown["converter"].text() == "not running"
    found = {kind: probe(kind)[1] for kind in ("reader", "converter")}
    page.privacy._trial.click()
    qtbot.waitUntil(lambda: "started to try it" in shown["converter"].text(), timeout=30_000)
    for kind, layers in found.items():
        assert layers is not None
        assert layers.words in shown[kind].text()
    assert page.privacy.hosts.text() == "nothing"


def test_a_key_without_a_keyring_is_in_memory_and_that_is_said(
    page: SettingsPage, window: MainWindow, qtbot, monkeypatch
) -> None:
    import keyring
    from keyring.backends.fail import Keyring

    monkeypatch.setattr(keyring, "get_keyring", Keyring)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args: ("hf_secret_token", True))
    window._parts.secrets.try_again()
    page.keys._set()
    qtbot.waitUntil(lambda: "said" in page.banners._keyed, timeout=10_000)
    assert "in memory" in page.banners._keyed["said"].message.text()
    found = window._parts.secrets.get("hub")
    assert found is not None
    assert found.reveal() == "hf_secret_token"
    page.keys._remove()
    qtbot.waitUntil(lambda: window._parts.secrets.get("hub") is None, timeout=10_000)


def test_erasing_leaves_nothing_in_the_file(page: SettingsPage, window: MainWindow, qtbot, monkeypatch) -> None:
    chats = window._parts.chats
    talk = chats.create("t")
    chats.add(Turn(0, talk.id, None, Role.USER, "the secret of the lighthouse", datetime.now(UTC)))
    monkeypatch.setattr("stillroom.ui.settings.privacy.agreed", lambda *_: True)
    page.privacy._erase()
    qtbot.waitUntil(lambda: "said" in page.banners._keyed, timeout=10_000)
    assert chats.conversations() == []
    for suffix in ("", "-wal"):
        file = database_file().with_name(database_file().name + suffix)
        assert not file.exists() or b"lighthouse" not in file.read_bytes()


@pytest.mark.parametrize("notice", ["This system has no keyring.", ""])
def test_encryption_without_a_keyring_is_refused_when_it_is_ticked(
    parts, page, qtbot, monkeypatch: pytest.MonkeyPatch, notice: str
) -> None:
    monkeypatch.setattr(parts.secrets, "probe", lambda: "a keyring")
    monkeypatch.setattr(parts.secrets, "notice", notice)
    box = next(each for each in page.findChildren(QCheckBox) if each.text() == "Encrypted")
    box.click()
    assert parts.settings.get(ENCRYPTED)
    told = page.privacy._keyring_seen
    qtbot.waitUntil(lambda: box.isChecked() is (not notice), timeout=10_000)
    told(("a keyring", notice))
    assert box.isChecked() is (not notice)
    assert parts.settings.get(ENCRYPTED) is (not notice)
