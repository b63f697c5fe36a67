"""What is done with whole conversations: the list, the search, renaming, deleting, files."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

from stillroom.chat.conversation import BIN_DAYS, Conversation, Turn
from stillroom.errors import StillroomError
from stillroom.ui.banner import BannerArea
from stillroom.ui.chat.bin_dialog import BinDialog
from stillroom.ui.chat.conversation_list import ConversationAction, ConversationList
from stillroom.ui.chat.files import bring, write
from stillroom.ui.chat.shown import ShownConversation
from stillroom.ui.parts import Parts
from stillroom.ui.wording import counted

_DIALOG_WIDTH = 440  # as wide as titles are


class ConversationActions(QObject):
    """The list of conversations as the store is, and what is done with its entries."""

    def __init__(self, page: ShownConversation, parts: Parts, shown: ConversationList, banners: BannerArea) -> None:
        super().__init__(page)
        self._page, self._parts, self._list, self._banners = page, parts, shown, banners
        self._store = parts.chats
        parts.at_end.append(shown.stop_searching)

    def refresh(self) -> None:
        """The list, unless what a search found is shown."""
        if not self._list.search.text().strip():
            self._list.show_conversations(self._store.conversations(), self._page.number)
        self._list.show_bin(len(self._store.bin()))

    def search(self, words: str) -> None:
        if words:
            self._list.show_hits(self._store.search(words))
        else:
            self.refresh()

    def act(self, number: int, action: ConversationAction) -> None:
        """Do it with the conversation of this number."""
        if not number:
            return
        found = self._store.conversation(number)
        if action is ConversationAction.RENAME:
            title = self._ask(self.tr("Rename"), self.tr("Title"), found.title)
            if title:
                self._store.rename(number, title)
        elif action is ConversationAction.PIN:
            self._store.pin(number, not found.pinned)
        elif action is ConversationAction.DUPLICATE:
            self._page.open(self._store.duplicate(number).id)
        elif action is ConversationAction.EXPORT:
            write(self._page, self._parts, found, self._say)
            return
        elif action is ConversationAction.TEMPLATE:
            self.make_template(self._store.branch(found.leaf), found.title)
            return
        elif action is ConversationAction.DELETE:
            self._delete(found)
        self.refresh()
        if number == self._page.number:
            self._page.show_branch()

    def _ask(self, heading: str, what: str, text: str) -> str:
        """A line of text; empty where the person left it."""
        dialog = QInputDialog(self._page)
        dialog.setWindowTitle(heading)
        dialog.setLabelText(what)
        dialog.setTextValue(text)
        dialog.resize(_DIALOG_WIDTH, dialog.sizeHint().height())
        return dialog.textValue().strip() if dialog.exec() else ""

    def bring(self) -> None:
        """A conversation from a file."""

        def show(made: Conversation) -> None:
            self.refresh()
            self._page.open(made.id)

        bring(self._page, self._parts, self._say, show)

    def make_template(self, turns: list[Turn], title: str = "") -> None:
        """A template file of the fields of the last JSON answer among turns; it is offered in Extract at once."""
        title = (title or self._page.title.whole() or self.tr("My template")).strip(" …")
        try:
            self._parts.conversations.template_of(turns, title)  # says what is missing before a name is asked for
            title = self._ask(self.tr("Make a template"), self.tr("Its name, as it is shown in Extract"), title)
            if not title:
                return
            template = self._parts.conversations.template_of(turns, title)
            template, target = self._parts.templates.keep_new(template)
        except StillroomError as error:
            self._say(error.message, "warn")
            return
        self._page.template_made.emit(template.name, False)
        words = self.tr("The template “%1” with %2 is among those of Extract. Its file: %3")
        words = words.replace("%1", template.title or template.name)
        words = words.replace("%2", counted(len(template.fields), self.tr("1 field"), self.tr("%1 fields")))
        use = (self.tr("Use it in Extract"), lambda: self._page.template_made.emit(template.name, True))
        self._banners.show_message(words.replace("%3", str(target)), "info", [use], key="template")

    def show_bin(self) -> BinDialog:
        """What was deleted, to bring back or to erase."""
        dialog = BinDialog(self._page, self._store)

        def restored(number: int) -> None:
            self.refresh()
            self._page.open(number)

        dialog.restored.connect(restored)
        dialog.erased.connect(self.refresh)
        dialog.open()
        return dialog

    def _delete(self, found: Conversation) -> None:
        if self._page.asking.conversation == found.id:
            self._page.asking.stop()
        self._store.delete(found.id)
        shown = found.id == self._page.number

        def undo() -> None:
            self._store.restore(found.id)
            if shown:
                self._page.open(found.id)
            self.refresh()
            self._page.composer.editor.setFocus()  # the button that was pressed is gone

        text = self.tr("“%1” is in the bin for %2 days.").replace("%2", str(BIN_DAYS))
        text = text.replace("%1", found.title or self.tr("New conversation"))
        self._banners.show_message(text, "info", [(self.tr("Undo"), undo)], key="deleted", seconds=20)
        if shown:
            self._page.open(0)

    def _say(self, text: str, kind: str) -> None:
        self._banners.show_message(text, kind, key="said", seconds=8.0 if kind == "info" else 0.0)
