"""What is done with one turn: editing, answering again, going on, deleting."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from stillroom.chat.conversation import Facts, Role, Turn, TurnState
from stillroom.errors import StillroomError
from stillroom.ui.chat.edit_dialog import EditDialog
from stillroom.ui.chat.shown import ShownConversation
from stillroom.ui.chat.turn_view import TurnAction


class TurnActions(QObject):
    """The actions on the turns of the conversation that is shown."""

    def __init__(self, page: ShownConversation) -> None:
        super().__init__(page)
        self._page = page
        self._store = page.store

    def act(self, number: int, action: TurnAction) -> None:
        """Do it with the turn of this number."""
        page, turn = self._page, self._store.turn(number)
        if action is TurnAction.EDIT:
            self.edit(turn)
        elif action is TurnAction.TEMPLATE:
            page.make_template([turn])
        elif page.asking.busy:
            page.say(self.tr("An answer is being written. Stop it first (Esc), or wait for its end."), "info")
        elif action is TurnAction.DELETE:
            self._delete(turn)
        elif not page.ready():
            return
        elif action is TurnAction.AGAIN:
            question = turn.id if turn.role is Role.USER else turn.parent or 0
            self._store.switch(question)
            page.have_answered(question)
        elif action is TurnAction.EVERY_PART and turn.parent is not None:
            page.read_every_part(turn.parent)
        elif action is TurnAction.GO_ON:
            page.asking.go_on(page.number, number)
        if action not in (TurnAction.DELETE, TurnAction.TEMPLATE, TurnAction.EDIT):
            page.composer.editor.setFocus()  # the button that was pressed goes while an answer is written

    def edit(self, turn: Turn) -> None:
        """Say it differently: another branch beside what was said. What the model said is only put right, not answered."""
        page = self._page
        dialog = EditDialog(page, turn.content, answered=turn.role is Role.USER)
        good, text = dialog.exec(), dialog.text()
        dialog.deleteLater()
        if not good or not text or page.asking.busy:
            return
        if turn.role is Role.ASSISTANT:
            self._store.add(replace(turn, content=text, state=TurnState.COMPLETE, error="", facts=Facts()))
            page.show_branch()
        elif page.ready():
            question = page.asking.session().ask(page.number, turn.parent, text, turn.attachments)
            page.show_branch()
            page.have_answered(question.id)

    def edit_last(self) -> None:
        said = [turn for turn in self._page.transcript.turns() if turn.role is Role.USER]
        if said:
            self.edit(said[-1])

    def switch(self, turn: int) -> None:
        """Show the branch through a turn."""
        if not self._page.asking.busy:
            self._store.switch(turn)
            self._page.show_branch()

    def _delete(self, turn: Turn) -> None:
        """Erase it with what follows, and offer to undo that."""
        page, number = self._page, self._page.number
        leaf = page.conversation.leaf if page.conversation is not None else None
        erased = self._store.delete_turn(turn.id)
        page.banners.withdraw("full")  # its choices may be those of a question that is gone

        def undo() -> None:
            try:
                self._store.put_back(erased, leaf)
            except StillroomError as error:
                page.failed(error)
                return
            if page.number == number:
                page.show_branch()
            page.composer.editor.setFocus()

        more = len(erased) - 1
        text = self.tr("The turn was deleted.") if not more else self.tr("The turn and %1 after it were deleted.")
        page.banners.show_message(
            text.replace("%1", str(more)), "info", [(self.tr("Undo"), undo)], key="deleted", seconds=20
        )
        page.show_branch()
        page.composer.editor.setFocus()
