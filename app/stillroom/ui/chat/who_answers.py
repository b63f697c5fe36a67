"""The choice of who answers a conversation, and the person's consent before a remote model is sent anything."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from stillroom.errors import StillroomError
from stillroom.remote.engines import RemoteEngine, remote_engines
from stillroom.ui.controls import Button, ComboBox, describe, label, plain_tip
from stillroom.ui.remote.destination import where_text
from stillroom.workspace.conversations import Leaving

_LETTERS = 22  # of a name that are seen
_MORE = "more models"


class WhoAnswers(ComboBox):
    """The name of the model that answers, to be changed here: one of this machine, or a remote engine.

    Signals:
        chosen(object): a RemoteEngine, or None for the model here.
        model_chosen(str): the name of another model of this machine, to be loaded.
        more_wanted: models that are not here yet.
    """

    chosen = Signal(object)
    model_chosen = Signal(str)
    more_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        describe(self, self.tr("The model that answers"), self.tr("The model that answers; choose another one here"))
        self.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_LETTERS)
        self.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._engine: RemoteEngine | None = None
        self._models: list[str] = []
        self._loaded = ""
        self.look([], "")
        self.activated.connect(self._choose)

    def look(self, models: Sequence[str], loaded: str) -> None:
        """Show what there is: models of this machine by name, and the engines; the choice stays where it can."""
        try:
            engines = remote_engines()
        except StillroomError:
            engines = []  # Settings tells why
        before = self._engine
        self._engine = next((each for each in engines if before is not None and each.name == before.name), None)
        self._models, self._loaded = list(dict.fromkeys([*models, *([loaded] if loaded else [])])), loaded
        self.clear()
        for name in self._models or [""]:
            self.addItem(name or self.tr("No model"), name)
        for engine in engines:
            where = self.tr("local network") if engine.is_local else self.tr("cloud")
            self.addItem(f"{engine.name} ({where})", engine)
        self.insertSeparator(self.count())
        self.addItem(self.tr("More models…"), _MORE)
        self._show_choice()
        if before is not None and self._engine is None:
            self.chosen.emit(None)

    def engine(self) -> RemoteEngine | None:
        """The engine that is chosen; None for this machine."""
        return self._engine

    def _show_choice(self) -> None:
        wanted = self._engine if self._engine is not None else self._loaded
        place = next((place for place in range(self.count()) if self.itemData(place) == wanted), 0)
        self.setCurrentIndex(place)
        self.setToolTip(plain_tip(self.currentText()))

    def _choose(self, place: int) -> None:
        picked = self.itemData(place)
        if picked == _MORE:
            self._show_choice()
            self.more_wanted.emit()
            return
        engine = picked if isinstance(picked, RemoteEngine) else None
        if engine != self._engine:
            self._engine = engine
            self.chosen.emit(engine)
        if engine is None and picked and picked != self._loaded:
            self.model_chosen.emit(picked)


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
