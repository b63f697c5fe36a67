"""The bin: conversations that were deleted, to bring back or to erase."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from stillroom.chat.conversation import BIN_DAYS, Conversation
from stillroom.errors import StillroomError
from stillroom.ui.controls import Button, describe, label
from stillroom.ui.questions import agreed
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, when_text

if TYPE_CHECKING:
    from stillroom.workspace.conversations import ConversationStore

_NUMBER = Qt.ItemDataRole.UserRole


def days_left(deleted: datetime) -> int:
    """Until it is erased at a start, at least 0."""
    left = deleted + timedelta(days=BIN_DAYS) - datetime.now(deleted.tzinfo)
    return max(0, round(left / timedelta(days=1)))


class BinDialog(QDialog):
    """The bin as a dialog.

    Signals:
        restored(int): a conversation is in the list again. erased: one or more are gone for good.
    """

    restored = Signal(int)
    erased = Signal()

    def __init__(self, parent: QWidget, store: ConversationStore) -> None:
        super().__init__(parent)
        self._store = store
        self.setWindowTitle(self.tr("Bin"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(620, 380)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        words = self.tr("Deleted conversations stay here for %1 days. Then their texts and pasted pictures are erased.")
        self.words = label(words.replace("%1", str(BIN_DAYS)), "muted", wrap=True)
        column.addWidget(self.words)
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderLabels([self.tr("Conversation"), self.tr("Deleted"), self.tr("Erased in")])
        self.list.setRootIsDecorated(False)
        self.list.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, header.ResizeMode.Stretch)
        for place in (1, 2):
            header.setSectionResizeMode(place, header.ResizeMode.ResizeToContents)
        describe(self.list, self.tr("Deleted conversations"))
        self.list.itemSelectionChanged.connect(self._show_choice)
        self.list.itemActivated.connect(lambda _item, _column: self.restore())
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self.bring_back = Button(self.tr("Restore"), "primary", "retry", self.restore)
        self.for_good = Button(self.tr("Delete for good…"), "", "remove", self.erase)
        self.empty = Button(self.tr("Empty the bin…"), "link", action=self.erase_all)
        close = Button(self.tr("Close"), action=self.reject)
        for button in (self.bring_back, self.for_good, self.empty, close):
            button.setAutoDefault(False)
        row.addWidget(self.bring_back)
        row.addWidget(self.for_good)
        row.addWidget(self.empty)
        row.addStretch(1)
        row.addWidget(close)
        column.addLayout(row)
        delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.erase)
        self.look()

    def look(self) -> None:
        """Show what is in the bin."""
        self.list.clear()
        for each in self._store.bin():
            self.list.addTopLevelItem(self._item(each))
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)
            self.list.setFocus()
        self._show_choice()

    def restore(self) -> None:
        """Bring the chosen ones back into the list."""
        numbers = self._chosen()
        for number in numbers:
            self._store.restore(number)
        self.look()
        if numbers:
            self.restored.emit(numbers[-1])

    def erase(self) -> None:
        """Erase the chosen ones, after a question."""
        numbers = self._chosen()
        question = counted(
            len(numbers), self.tr("Delete this conversation for good?"), self.tr("Delete %1 conversations for good?")
        )
        self._erase(numbers, question)

    def erase_all(self) -> None:
        """Erase all that is in the bin, after a question."""
        numbers = [each.id for each in self._store.bin()]
        question = counted(
            len(numbers),
            self.tr("Delete the conversation in the bin for good?"),
            self.tr("Delete the %1 conversations in the bin for good?"),
        )
        self._erase(numbers, question)

    def _erase(self, numbers: list[int], question: str) -> None:
        what = self.tr("Texts and pasted pictures are erased. This cannot be undone.")
        if not numbers or not agreed(
            self, self.tr("Bin"), f"{question} {what}", self.tr("Delete for good"), self.tr("Keep")
        ):
            return
        try:
            for number in numbers:
                self._store.erase(number)
        except StillroomError as error:
            self.words.setText(error.message)
        self.look()
        self.erased.emit()

    def _chosen(self) -> list[int]:
        return [item.data(0, _NUMBER) for item in self.list.selectedItems()]

    def _item(self, each: Conversation) -> QTreeWidgetItem:
        deleted = each.deleted or each.changed
        left = counted(days_left(deleted), self.tr("1 day"), self.tr("%1 days"))
        title = each.title or self.tr("New conversation")
        item = QTreeWidgetItem([title, when_text(deleted.astimezone()), left])
        item.setData(0, _NUMBER, each.id)
        item.setToolTip(0, title)
        return item

    def _show_choice(self) -> None:
        some = bool(self.list.selectedItems())
        self.bring_back.setEnabled(some)
        self.for_good.setEnabled(some)
        self.empty.setEnabled(self.list.topLevelItemCount() > 0)
