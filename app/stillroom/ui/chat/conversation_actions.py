"""What is done with whole conversations: renaming, deleting, making templates of them, bringing them back from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stillroom.chat.conversation import BIN_DAYS, Conversation, Turn
from stillroom.errors import StillroomError
from stillroom.ui.chat.controller import ChatController
from stillroom.ui.chat.notices import Choice, Notice, Subject, Weight
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import counted, sentence

if TYPE_CHECKING:
    from stillroom.ui.parts import Parts


class ConversationActions(QObject):
    """The actions on conversations that need nothing more to be asked.

    Signals:
        template_made(str, bool): the name of a template that is there now, and whether it is wanted in Extract.
    """

    template_made = Signal(str, bool)

    def __init__(self, chat: ChatController, parts: Parts) -> None:
        super().__init__(chat)
        self._chat, self._parts, self._store = chat, parts, chat.store

    def rename(self, number: int, title: str) -> None:
        self._store.rename(number, title)
        self._changed(number)

    def pin(self, number: int) -> None:
        """Keep it at the top of the list, or no longer."""
        self._store.pin(number, not self._store.conversation(number).pinned)
        self._changed(number)

    def duplicate(self, number: int) -> None:
        """Show a copy of it."""
        self._chat.open(self._store.duplicate(number).id)
        self._changed(number)

    def delete(self, number: int) -> None:
        """Put it into the bin, and offer to undo that."""
        chat, found = self._chat, self._store.conversation(number)
        if chat.asking.conversation == number:
            chat.asking.stop()
        self._store.delete(number)
        shown = number == chat.number

        def undo() -> None:
            self._store.restore(number)
            if shown:
                chat.open(number)
            chat.conversations_changed.emit()
            chat.keyboard_wanted.emit()  # the button that was pressed is gone

        text = self.tr("“%1” is in the bin for %2 days.").replace("%2", str(BIN_DAYS))
        text = text.replace("%1", found.title or self.tr("New conversation"))
        chat.noticed.emit(Notice(Subject.DELETED, text, choices=(Choice(self.tr("Undo"), undo),), seconds=20))
        if shown:
            chat.open(0)
        chat.conversations_changed.emit()

    def bring(self, file: Path) -> None:
        """A conversation from a file, read beside anything else, and shown."""

        def show(made: Conversation) -> None:
            self._chat.conversations_changed.emit()
            self._chat.open(made.id)

        self._parts.tasks.start(
            Operation(lambda _: self._parts.conversations.bring(file), "import", owner=self)
            .success(show)
            .failure(lambda error: self._chat.say(sentence(error), Weight.BAD))
        )

    def template_problem(self, turns: list[Turn]) -> str:
        """Why no template can be made of the last JSON answer among turns; empty where one can."""
        try:
            self._parts.conversations.template_of(turns, self.tr("My template"))
        except StillroomError as error:
            return error.message
        return ""

    def make_template(self, turns: list[Turn], title: str) -> None:
        """A template file of the fields of the last JSON answer among turns; it is offered in Extract at once."""
        try:
            template = self._parts.conversations.template_of(turns, title)
            template, target = self._parts.templates.keep_new(template)
        except StillroomError as error:
            self._chat.say(error.message, Weight.WARN)
            return
        name = template.name
        self.template_made.emit(name, False)
        words = self.tr("The template “%1” with %2 is among those of Extract. Its file: %3")
        words = words.replace("%1", template.title or name)
        words = words.replace("%2", counted(len(template.fields), self.tr("1 field"), self.tr("%1 fields")))
        use = Choice(self.tr("Use it in Extract"), lambda: self.template_made.emit(name, True))
        self._chat.noticed.emit(Notice(Subject.TEMPLATE, words.replace("%3", str(target)), choices=(use,)))

    def _changed(self, number: int) -> None:
        self._chat.conversations_changed.emit()
        if number == self._chat.number:
            self._chat.look()
