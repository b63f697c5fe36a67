"""The choice of who answers a conversation, and the person's consent before a remote model is sent anything."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from stillroom.errors import StillroomError
from stillroom.remote.engines import RemoteEngine, remote_engines
from stillroom.ui.controls import Button, ComboBox, describe, label
from stillroom.ui.remote.destination import where_text
from stillroom.workspace.conversations import Leaving


class WhoAnswers(ComboBox):
    """The model on this machine, or one of the remote engines; hidden while there are none.

    Signals:
        chosen(object): a RemoteEngine, or None for the model here.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        describe(
            self,
            self.tr("Who answers"),
            self.tr("The model on this machine, or a remote one that you added in Settings"),
        )
        self._engines: list[RemoteEngine] = []
        self.look()
        self.activated.connect(lambda place: self.chosen.emit(self.engine(place)))

    def look(self) -> None:
        """Show the engines there are; the choice stays where it can."""
        before = self.engine(self.currentIndex())
        try:
            self._engines = remote_engines()
        except StillroomError:
            self._engines = []  # Settings tells why
        self.clear()
        self.addItem(self.tr("this machine"))
        for engine in self._engines:
            where = self.tr("local network") if engine.is_local else self.tr("cloud")
            self.addItem(f"{engine.name} ({where})")
        place = next(
            (place for place, engine in enumerate(self._engines, 1) if before and engine.name == before.name), 0
        )
        self.setCurrentIndex(place)
        self.setVisible(bool(self._engines))
        if before is not None and not place:
            self.chosen.emit(None)

    def engine(self, place: int | None = None) -> RemoteEngine | None:
        """The engine at a place, or the chosen one; None for this machine."""
        place = self.currentIndex() if place is None else place
        return self._engines[place - 1] if 0 < place <= len(self._engines) else None


class ChatConsent(QDialog):
    """Exactly what would be sent for the next answer. ``for_all``: the person agrees for the rest of this conversation."""

    def __init__(self, parent: QWidget, engine: RemoteEngine, leaving: Leaving) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Send to a remote model?"))
        self.resize(720, 480)
        column = QVBoxLayout(self)
        text, tokens = leaving.text, leaving.tokens
        words = self.tr("This would leave for %6 at %1 (%2): %3 characters, about %4 tokens, at most about $%5.")
        for mark, word in (
            ("%6", f"{engine.name}: {engine.model}"), ("%1", engine.host), ("%2", where_text(engine)),
            ("%3", f"{len(text):,}"), ("%4", f"{tokens:,}"),
            ("%5", f"{engine.cost(tokens, leaving.answer_tokens):.4f}"),
        ):  # fmt: skip
            words = words.replace(mark, word)
        column.addWidget(label(words, wrap=True))
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        describe(self.text, self.tr("Exactly what would be sent"))
        column.addWidget(self.text, 1)
        self.for_all = QCheckBox(self.tr("Also send what follows in this conversation, until Stillroom ends"))
        describe(self.for_all, self.for_all.text())
        column.addWidget(self.for_all)
        buttons = QDialogButtonBox()
        keep = Button(self.tr("Send nothing"), "primary", action=self.reject)
        keep.setDefault(True)
        send = Button(self.tr("Send to %1").replace("%1", engine.host), action=self.accept)
        send.setAutoDefault(False)
        buttons.addButton(keep, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(send, QDialogButtonBox.ButtonRole.AcceptRole)
        column.addWidget(buttons)
        keep.setFocus(Qt.FocusReason.OtherFocusReason)
