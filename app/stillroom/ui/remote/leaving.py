"""What would leave for a remote model: each document with exactly its text, and what that costs; any can be kept back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.errors import StillroomError
from stillroom.remote.engines import RemoteEngine
from stillroom.templates.template import Template
from stillroom.ui.controls import Button, describe, label, plain_tip
from stillroom.ui.parts import Parts
from stillroom.ui.remote.destination import where_text
from stillroom.ui.tasks import BackgroundWork, Operation
from stillroom.ui.wording import counted

if TYPE_CHECKING:
    from stillroom.workspace.remote_models import Preview

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Leaver(Generic[Key]):
    """A document that may leave.

    Attributes:
        key: what it is to whoever asks. title: as it is listed.
        read: its pages; blocks, connects to nothing, and raises StillroomError.
    """

    key: Key
    title: str
    read: Callable[[Cancellation], Document]


class LeavingDialog(QDialog, Generic[Key]):
    """The question whether exactly this may be sent. Who asks says above it what is offered, and takes what was agreed to.

    Attributes:
        head: what stands above the documents. list, text, sum: the documents, what of the current one would be sent, and all of it in
            figures. send: enabled once everything that is ticked was read.

    Signals:
        agreed(RemoteEngine, list): a person has seen what would leave for the engine, and agreed; the keys of what may be sent.
    """

    agreed = Signal(RemoteEngine, list)

    def __init__(self, parent: QWidget, parts: Parts, template: Template) -> None:
        super().__init__(parent)
        self._parts, self._template = parts, template
        self._shown: Sequence[Leaver[Key]] = ()
        self._engine: RemoteEngine | None = None
        self._documents: dict[Key, Document] = {}
        self._refused: dict[Key, str] = {}  # why a document could not be read
        self._previews: dict[tuple[Key, RemoteEngine], Preview] = {}
        self._reading: BackgroundWork | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(980, 620)
        column = QVBoxLayout(self)
        self.head = QHBoxLayout()
        column.addLayout(self.head)
        middle = QHBoxLayout()
        self.list = QListWidget()
        self.list.setFixedWidth(320)
        describe(self.list, self.tr("Documents to send"), self.tr("Only those that are ticked leave this machine"))
        self.list.currentRowChanged.connect(self._show_text)
        self.list.itemChanged.connect(lambda _item: self._show_sum())
        middle.addWidget(self.list)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        describe(self.text, self.tr("Exactly what would be sent"))
        middle.addWidget(self.text, 1)
        column.addLayout(middle, 1)
        self.sum = label("", "", wrap=True)
        column.addWidget(self.sum)
        buttons = QDialogButtonBox()
        keep = Button(self.tr("Send nothing"), "primary", action=self.reject)
        keep.setDefault(True)
        self.send = Button("", action=self._send)
        self.send.setAutoDefault(False)
        buttons.addButton(keep, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.send, QDialogButtonBox.ButtonRole.AcceptRole)
        column.addWidget(buttons)

    def offer(self, documents: Sequence[Leaver[Key]], engine: RemoteEngine) -> None:
        """List these, ticked, for this engine, and read what is not read yet."""
        self._shown, self._engine = list(documents), engine
        self.list.blockSignals(True)
        self.list.clear()
        for each in self._shown:
            item = QListWidgetItem(each.title)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._show_sum()
        self._read()

    def send_to(self, engine: RemoteEngine) -> None:
        """Another engine for the same documents."""
        self._engine = engine
        self._show_sum()
        self._show_text(self.list.currentRow())

    def chosen(self) -> list[Key]:
        """Those that are ticked."""
        return [
            self._shown[place].key
            for place in range(self.list.count())
            if self.list.item(place).checkState() is Qt.CheckState.Checked
        ]

    def _read(self) -> None:
        """Read what is not read yet, for the preview; this connects to nothing."""
        missing = [each for each in self._shown if each.key not in self._documents]
        if self._reading is not None:
            self._reading.cancellation.request()

        def work(operation: Operation[None]) -> None:
            tell, tell_not = operation.to_window(read), operation.to_window(refused)
            for each in missing:
                try:
                    document = each.read(operation.cancellation)
                except StillroomError as error:
                    tell_not(each, error.message)
                else:
                    tell(each, document)

        def read(leaver: Leaver[Key], document: Document) -> None:
            self._documents[leaver.key] = document
            if self.list.currentRow() < 0:
                self.list.setCurrentRow(0)
            self._show_text(self.list.currentRow())
            self._show_sum()

        def refused(leaver: Leaver[Key], why: str) -> None:
            self._refused[leaver.key] = why
            if leaver not in self._shown:
                return
            item = self.list.item(list(self._shown).index(leaver))
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)
            item.setText(self.tr("%1 · cannot be read").replace("%1", leaver.title))
            item.setToolTip(plain_tip(why))
            item.setCheckState(Qt.CheckState.Unchecked)
            self._show_text(self.list.currentRow())

        self._reading = self._parts.tasks.start(
            Operation(work, "preview", owner=self).failure(lambda error: self.sum.setText(str(error)))
        )

    def _preview(self, key: Key) -> Preview | None:
        document, engine = self._documents.get(key), self._engine
        if document is None or engine is None:
            return None
        found = self._previews.get((key, engine))
        if found is None:
            found = self._previews[key, engine] = self._parts.remote.preview(document, self._template, engine)
        return found

    def _show_text(self, place: int) -> None:
        if 0 <= place < len(self._shown):
            key = self._shown[place].key
            found = self._preview(key)
            self.text.setPlainText(found.text if found is not None else self._refused.get(key, self.tr("Reading…")))

    def _show_sum(self) -> None:
        engine = self._engine
        if engine is None:
            return
        previews = [self._preview(key) for key in self.chosen()]
        ready = [found for found in previews if found is not None]
        tokens, cost = sum(found.tokens for found in ready), sum(found.cost for found in ready)
        characters = sum(len(found.text) for found in ready)
        number = QLocale().toString
        documents = counted(len(previews), self.tr("1 document"), self.tr("%1 documents"))
        text = self.tr("%1, %2 characters, about %3 tokens, about $%4, would leave for %5 (%6).")
        for mark, word in zip(
            ("%1", "%2", "%3", "%4", "%5", "%6"),
            (documents, number(characters), number(tokens), f"{cost:.4f}", engine.host, where_text(engine)),
            strict=True,
        ):
            text = text.replace(mark, word)
        waiting = "" if len(ready) == len(previews) else " " + self.tr("Some are still being read.")
        text += waiting + self._beyond_the_limit(cost)
        self.sum.setText(text if previews else self.tr("No document is ticked, so nothing would leave."))
        self.send.setText(self.tr("Send %1 to %2").replace("%1", documents).replace("%2", engine.host))
        self.send.setAccessibleName(self.send.text())
        self.send.setEnabled(bool(previews) and len(ready) == len(previews))

    def _beyond_the_limit(self, cost: float) -> str:
        """A sentence where the month's limit will keep some of it back."""
        left = self._parts.remote.left_this_month()
        if left is None or cost <= left:
            return ""
        text = self.tr("Only $%1 of this month's limit is left: what goes beyond it will not be sent.")
        return " " + text.replace("%1", QLocale().toString(left, "f", 4))

    def _send(self) -> None:
        if self._engine is not None:
            self.agreed.emit(self._engine, self.chosen())
        self.accept()

    def done(self, result: int) -> None:
        if self._reading is not None:
            self._reading.cancellation.request()
        super().done(result)
