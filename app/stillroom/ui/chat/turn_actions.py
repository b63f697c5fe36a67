"""What is done with one turn: editing, answering again, going on, deleting."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from stillroom.chat.conversation import Facts, Role, Turn, TurnState
from stillroom.errors import StillroomError
from stillroom.ui.chat.actions import TurnAction
from stillroom.ui.chat.controller import ChatController
from stillroom.ui.chat.notices import Choice, Notice, Subject


class TurnActions(QObject):
    """The actions on the turns of the conversation that is shown.

    Signals:
        edit_wanted(Turn): the person is to be asked what to say in its place, for ``say_instead``.
        template_wanted(list): of the fields of the answers among these turns.
    """

    edit_wanted = Signal(Turn)
    template_wanted = Signal(list)

    def __init__(self, chat: ChatController) -> None:
        super().__init__(chat)
        self._chat, self._store = chat, chat.store

    def act(self, number: int, action: TurnAction) -> None:
        """Do it with the turn of this number."""
        chat, turn = self._chat, self._store.turn(number)
        if action is TurnAction.EDIT:
            self.edit_wanted.emit(turn)
            return
        if action is TurnAction.TEMPLATE:
            self.template_wanted.emit([turn])
            return
        if chat.asking.busy:
            chat.say(self.tr("An answer is being written. Stop it first (Esc), or wait for its end."))
        elif action is TurnAction.DELETE:
            self._delete(turn)
            return
        elif not chat.ready():
            return
        elif action is TurnAction.AGAIN:
            question = turn.id if turn.role is Role.USER else turn.parent or 0
            self._store.switch(question)
            chat.have_answered(question)
        elif action is TurnAction.EVERY_PART and turn.parent is not None:
            chat.read_every_part(turn.parent)
        elif action is TurnAction.GO_ON:
            chat.asking.go_on(chat.number, number)
        chat.keyboard_wanted.emit()  # the button that was pressed goes while an answer is written

    def say_instead(self, turn: Turn, text: str) -> None:
        """Say it differently: another branch beside what was said. What the model said is only put right, not answered."""
        chat = self._chat
        if not text or chat.asking.busy:
            return
        if turn.role is Role.ASSISTANT:
            self._store.add(replace(turn, content=text, state=TurnState.COMPLETE, error="", facts=Facts()))
            chat.look()
        elif chat.ready():
            question = chat.asking.session().ask(chat.number, turn.parent, text, turn.attachments)
            chat.look()
            chat.have_answered(question.id)

    def edit_last(self) -> None:
        """What the person said last, to be said differently."""
        said = [turn for turn in self._chat.turns if turn.role is Role.USER]
        if said:
            self.edit_wanted.emit(said[-1])

    def switch(self, turn: int) -> None:
        """Show the branch through a turn."""
        if not self._chat.asking.busy:
            self._store.switch(turn)
            self._chat.look()

    def _delete(self, turn: Turn) -> None:
        """Erase it with what follows, and offer to undo that."""
        chat, number = self._chat, self._chat.number
        leaf = chat.conversation.leaf if chat.conversation is not None else None
        erased = self._store.delete_turn(turn.id)
        chat.withdrawn.emit(Subject.FULL)  # its choices may be those of a question that is gone

        def undo() -> None:
            try:
                self._store.put_back(erased, leaf)
            except StillroomError as error:
                chat.fail(error)
                return
            if chat.number == number:
                chat.look()
            chat.keyboard_wanted.emit()

        more = len(erased) - 1
        text = self.tr("The turn was deleted.") if not more else self.tr("The turn and %1 after it were deleted.")
        text = text.replace("%1", str(more))
        chat.noticed.emit(Notice(Subject.DELETED, text, choices=(Choice(self.tr("Undo"), undo),), seconds=20))
        chat.look()
        chat.keyboard_wanted.emit()
