"""What a repository behind a licence asks for: agreeing on its page, and the token that shows it."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from stillroom.ui.controls import Button, describe, label
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.theme import GRID


class LicenceStep(QWidget):
    """A step of its own, hidden until it is needed.

    Signals:
        kept(str): the token can be used now; a notice where it is kept only until the application ends, else empty.
    """

    kept = Signal(str)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._address = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        self.words = label("", "", wrap=True, selectable=True)
        column.addWidget(self.words)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self.page = Button(self.tr("1. Open the licence's page"), "", "", self._open)
        tip = self.tr("In your web browser, which connects by itself: sign in, and agree to the licence there")
        describe(self.page, self.tr("Open the licence's page"), tip)
        row.addWidget(self.page)
        self.token = QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(self.tr("2. Paste your access token (Settings, Access Tokens on the hub)"))
        describe(self.token, self.tr("Access token of the hub"), self.tr("It is kept in the system's keyring"))
        self.token.returnPressed.connect(self._keep)
        row.addWidget(self.token, 1)
        self.use = Button(self.tr("3. Use it"), "primary", "", self._keep)
        describe(self.use, self.tr("Use this token"), self.tr("Keep the token in the keyring, and look again"))
        self.use.setEnabled(False)
        self.token.textChanged.connect(lambda text: self.use.setEnabled(bool(text.strip())))
        for button in (self.page, self.use):
            button.setAutoDefault(False)
        row.addWidget(self.use)
        column.addLayout(row)
        self.setVisible(False)

    def ask(self, words: str, address: str) -> None:
        """Show the step. ``address``: where the licence is agreed to."""
        self._address = address
        self.words.setText(words)
        self.setVisible(True)

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl(self._address))

    def _keep(self) -> None:
        text = self.token.text().strip()
        if not text or not self.use.isEnabled():
            return
        self.use.setEnabled(False)
        self.token.textChanged.connect(lambda text: self.use.setEnabled(bool(text.strip())))

        self._parts.tasks.start(
            Operation(lambda _: self._parts.hub.keep_token(text), "keyring", owner=self).success(self._is_kept)
        )

    def _is_kept(self, notice: str) -> None:
        self.token.clear()
        self.setVisible(False)
        self.kept.emit(notice)
