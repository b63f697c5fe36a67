"""The conversations, and a search through everything that was said in them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListView, QMenu, QVBoxLayout, QWidget

from stillroom.chat.conversation import Conversation, Hit
from stillroom.ui.chat.actions import ConversationAction
from stillroom.ui.controls import Button, describe, label, plain_tip
from stillroom.ui.theme import GRID
from stillroom.ui.wording import when_text

CONVERSATION = Qt.ItemDataRole.UserRole
TURN = Qt.ItemDataRole.UserRole + 1
PINNED = Qt.ItemDataRole.UserRole + 2
_PIN = "● "
_WORDS_BEFORE = 2  # of a word found


class ConversationListModel(QAbstractListModel):
    """Conversations, or the turns that a search found. CONVERSATION and TURN are their numbers (0: no turn)."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[int, int, str, str]] = []  # conversation, turn, text, tooltip

    def show_conversations(self, found: Sequence[Conversation]) -> None:
        new = self.tr("New conversation")
        self._put(
            [
                (each.id, 0, (_PIN if each.pinned else "") + (each.title or new), when_text(each.changed.astimezone()))
                for each in found
            ]
        )

    def show_hits(self, hits: Sequence[Hit]) -> None:
        self._put(
            [
                (
                    hit.conversation,
                    hit.turn,
                    f"{hit.title or self.tr('New conversation')}\n{near(hit.snippet)}",
                    plain(hit.snippet),
                )
                for hit in hits
            ]
        )

    def _put(self, rows: list[tuple[int, int, str, str]]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row_of(self, conversation: int) -> int:
        """The first row of a conversation; -1 where there is none."""
        return next((place for place, row in enumerate(self._rows) if row[0] == conversation), -1)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        conversation, turn, text, tip = self._rows[index.row()]
        return {
            Qt.ItemDataRole.DisplayRole: text,
            Qt.ItemDataRole.AccessibleTextRole: text.removeprefix(_PIN),
            Qt.ItemDataRole.ToolTipRole: plain_tip(tip),
            CONVERSATION: conversation,
            TURN: turn,
            PINNED: text.startswith(_PIN),
        }.get(role)


def near(snippet: str) -> str:
    """A snippet that begins shortly before the first word found, so that this is seen in a narrow list."""
    before, mark, after = snippet.partition("\x02")
    words = before.split()
    short = " ".join(words[-_WORDS_BEFORE:])
    left_out = "… " if len(words) > _WORDS_BEFORE else ""
    return plain(f"{left_out}{short} {mark}{after}" if mark else snippet)


def plain(snippet: str) -> str:
    """A snippet on one line, the words found in brackets."""
    return " ".join(snippet.replace("\x02", "[").replace("\x03", "]").split())


class ConversationList(QWidget):
    """The list of conversations, and the search in them.

    Signals:
        chosen(int, int): conversation and turn (0: its end).
        new_wanted: another conversation.
        search_wanted(str): words to look for; empty for the list.
        wanted(int, ConversationAction): is to be done with a conversation.
        import_wanted: a conversation from a file. bin_wanted: what was deleted.
    """

    chosen = Signal(int, int)
    new_wanted = Signal()
    search_wanted = Signal(str)
    wanted = Signal(int, ConversationAction)
    import_wanted = Signal()
    bin_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(232)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self.new = Button(self.tr("New chat"), "", "plus", self.new_wanted.emit)
        describe(self.new, self.tr("New chat"), self.tr("Start another conversation"), QKeySequence("Ctrl+N"))
        row.addWidget(self.new, 1)
        bring = Button(self.tr("Import"), "link", action=self.import_wanted.emit)
        describe(bring, self.tr("Import"), self.tr("Bring a conversation back from a JSON file"))
        row.addWidget(bring)
        column.addLayout(row)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search all conversations"))
        self.search.setClearButtonEnabled(True)
        describe(self.search, self.tr("Search all conversations"))
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(150)
        self._typed.timeout.connect(lambda: self.search_wanted.emit(self.search.text().strip()))
        self.search.textChanged.connect(lambda _text: self._typed.start())
        column.addWidget(self.search)
        self.model = ConversationListModel()
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setUniformItemSizes(False)
        self.view.setWordWrap(False)
        self.view.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setAccessibleName(self.tr("Conversations"))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.clicked.connect(self._choose)
        self.view.activated.connect(self._choose)
        for key, action in (("F2", ConversationAction.RENAME), ("Del", ConversationAction.DELETE)):
            shortcut = QShortcut(QKeySequence(key), self.view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda action=action: self._act(action))
        column.addWidget(self.view, 1)
        self.empty = label("", "muted", wrap=True)
        column.addWidget(self.empty)
        self.bin = Button("", "link", "remove", self.bin_wanted.emit)
        column.addWidget(self.bin, 0, Qt.AlignmentFlag.AlignLeft)
        self.show_bin(0)

    def stop_searching(self) -> None:
        """What was typed last is not looked for any more: the window closes."""
        self._typed.stop()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.view.doItemsLayout()  # rows that were measured before the style was known are too low

    def show_conversations(self, found: Sequence[Conversation], current: int) -> None:
        self.model.show_conversations(found)
        self.mark(current)
        self.empty.setText("" if found else self.tr("No conversations yet."))
        self.empty.setVisible(not found)

    def show_bin(self, deleted: int) -> None:
        """How many conversations can be brought back; the place is always there, so that one knows of it."""
        self.bin.setText(self.tr("Bin (%1)").replace("%1", str(deleted)) if deleted else self.tr("Bin"))
        describe(self.bin, self.bin.text(), self.tr("Bring deleted conversations back, or erase them for good"))

    def show_hits(self, hits: Sequence[Hit]) -> None:
        self.model.show_hits(hits)
        self.empty.setText("" if hits else self.tr("Nothing was found."))
        self.empty.setVisible(not hits)

    def mark(self, conversation: int) -> None:
        row = self.model.row_of(conversation)
        if row >= 0:
            self.view.setCurrentIndex(self.model.index(row))
        else:
            self.view.clearSelection()

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(CONVERSATION), index.data(TURN))

    def _act(self, action: ConversationAction) -> None:
        index = self.view.currentIndex()
        if index.isValid():
            self.wanted.emit(index.data(CONVERSATION), action)

    def _menu(self, place: QPoint) -> None:
        index = self.view.indexAt(place)
        if not index.isValid():  # the menu key asks for the middle of the list
            index = self.view.currentIndex()
        if not index.isValid():
            return
        self.view.setCurrentIndex(index)
        menu = QMenu(self)
        for action, text in (
            (ConversationAction.RENAME, self.tr("Rename…")),
            (ConversationAction.PIN, self.tr("Unpin") if index.data(PINNED) else self.tr("Pin to the top")),
            (ConversationAction.DUPLICATE, self.tr("Duplicate")),
            (ConversationAction.EXPORT, self.tr("Export…")),
            (ConversationAction.TEMPLATE, self.tr("Make a template of its last JSON answer")),
            (ConversationAction.DELETE, self.tr("Move to the bin")),
        ):
            menu.addAction(text).triggered.connect(lambda _checked=False, action=action: self._act(action))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.view.viewport().mapToGlobal(place))
