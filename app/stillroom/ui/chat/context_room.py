"""How much room the context has left, and the person's choice of what gives way when it does not suffice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from stillroom.chat.context import Budget, ContextFullError, files_turn, pictures_turn
from stillroom.chat.conversation import Role
from stillroom.ui.chat.shown import ShownConversation
from stillroom.ui.failures import sentence
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import size_text
from stillroom.workspace.conversations import MakeRoom, WhenFull

if TYPE_CHECKING:
    from collections.abc import Callable


_COUNT_MILLISECONDS = 250


class ContextRoom(QObject):
    """The room in the context for the conversation that is shown."""

    def __init__(self, page: ShownConversation, parts: Parts, loading: ModelLoading) -> None:
        super().__init__(page)
        self._page, self._parts, self._loading = page, parts, loading
        self._counted = -1  # the conversation whose figures are shown
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_COUNT_MILLISECONDS)
        self._soon.timeout.connect(self._count_written)
        page.composer.changed.connect(self._soon.start)

    def _count_written(self) -> None:
        """Have the model count what is being written; until then the meter guesses."""
        composer, text = self._page.composer, self._page.composer.text()
        if self._loading.model is None or not text:
            composer.show_counted("", 0)
            return
        answerer = self._page.asking.answerer()
        self._parts.tasks.start(
            Operation(lambda _: answerer.count_tokens([text])[0], "count", owner=self)
            .success(lambda tokens: composer.show_counted(text, tokens))
            .failure(lambda _error: None)  # the guess stands
        )

    def show_budget(self) -> None:
        """Count on a thread, and show it in the meter."""
        conversation, composer = self._page.conversation, self._page.composer
        if self._loading.model is None:
            composer.show_budget(None)
            return
        session = self._page.asking.session()
        if self._page.number != self._counted:
            composer.show_budget(None)  # while the model is busy the figures of the one before would stand there
        shown, leaf = self._page.number, conversation.leaf if conversation is not None else None
        self._parts.tasks.start(
            Operation(lambda _: session.budget(conversation, leaf), "budget", owner=self)
            .success(lambda found: self._show(shown, found))
            .failure(lambda _error: composer.show_budget(None))
        )

    def _show(self, number: int, found: Budget) -> None:
        if self._page.number == number:
            self._counted = number
            self._page.composer.show_budget(found)

    def offer(self, error: ContextFullError) -> None:
        """Say what does not fit and what can be done; nothing is done by itself."""
        self._page.show_branch()
        needed = error.budget.used + error.budget.answer
        trained = self._loading.model.trained_context_tokens if self._loading.model else 0
        longer = min(-(-needed // 1024) * 1024, max(needed, trained))
        if longer > trained:
            self._choose(error, 0, "")
            return
        model, loaded = self._loading.loaded_file(), self._loading.model
        if model is None or loaded is None:
            self._choose(error, longer, "")
            return
        options = loaded.options
        number = self._page.number

        def costs(_operation: Operation[str]) -> str:
            memory = self._parts.models.memory_by_context(model, options)
            return size_text(max(0, memory(longer) - memory(options.context_tokens)))

        self._parts.tasks.start(
            Operation(costs, "memory", owner=self)
            .success(lambda more: self._choose(error, longer, more) if self._page.number == number else None)
            .failure(lambda _error: self._choose(error, longer, ""))
        )

    def _choose(self, error: ContextFullError, longer: int, more: str) -> None:
        """The choices. ``longer``: a context that would do, 0 where the model has none; ``more``: the memory it takes."""
        number, turns = self._page.number, self._page.transcript.turns()
        leaf = turns[-1].id if turns else 0

        def make(how: MakeRoom) -> None:
            self._page.asking.make_room(number, leaf, how, lambda end: self._answer(number, end))

        actions: list[tuple[str, Callable[[], None]]] = []
        text = sentence(error)
        sees = self._loading.model is not None and self._loading.model.sees_pictures
        if sees and pictures_turn(turns) is not None:
            actions.append((self.tr("Give the text of its pictures"), lambda: make(MakeRoom.TEXT_OF_PICTURES)))
        if files_turn(turns, sees=sees) is not None:
            way = self._parts.conversations.way_for(turns[-1].content)
            if way is not WhenFull.PASSAGES:
                text += " " + self.tr("The question seems to be about all of them.")
            if way is WhenFull.EVERY_PART:
                actions.append((self.tr("Read every part"), lambda: self.read_every_part(leaf)))
            actions.append((self.tr("Give the passages it is about"), lambda: make(MakeRoom.PASSAGES)))
            summaries = (self.tr("Summarise all parts"), lambda: make(MakeRoom.SUMMARIES))
            actions.insert(0 if way is WhenFull.SUMMARIES else len(actions), summaries)
        if len(turns) > 2:
            actions.append((self.tr("Summarise older turns"), lambda: make(MakeRoom.SUMMARISE_OLDER)))
            actions.append((self.tr("Leave older turns out"), lambda: make(MakeRoom.DROP_OLDER)))
        made_for = self._loading.model.trained_context_tokens if self._loading.model else 0
        if not longer and made_for:
            text += " " + self.tr("A longer context is no way here: this model was made for %1 tokens.").replace(
                "%1", f"{made_for:,}"
            )
        if longer:
            cost = self.tr(", %1 more memory").replace("%1", more) if more else ""
            offered = self.tr("Longer context (%1 tokens%2)").replace("%1", f"{longer:,}").replace("%2", cost)
            actions.append((offered, lambda: self._longer(longer)))
        editor = self._page.composer.editor  # a banner that goes leaves the keyboard nowhere

        def then_write(action: Callable[[], None]) -> Callable[[], None]:
            def write() -> None:
                editor.setFocus()
                action()

            return write

        shown = [(title, then_write(action)) for title, action in actions]
        banner = self._page.banners.show_message(text, "warn", shown, key="full")
        if banner.buttons and editor.hasFocus() and not editor.toPlainText():
            banner.buttons[0].setFocus()  # nothing goes on without a choice, and the way there is long by key

    def read_every_part(self, question: int) -> None:
        """Answer from every passage: a count, a list or a sum merged in code, anything else from what is said of each part."""
        way = self._parts.conversations.way_for(self._page.store.turn(question).content)
        number = self._page.number
        self._page.store.switch(question)
        if way is WhenFull.SUMMARIES:
            self._page.asking.make_room(number, question, MakeRoom.SUMMARIES, lambda end: self._answer(number, end))
        else:
            self._page.asking.read_every_part(number, question)

    def _answer(self, number: int, end: int) -> None:
        if number == self._page.number:
            self._page.show_branch()
        self._page.have_answered(end)

    def _longer(self, tokens: int) -> None:
        """Load with a longer context, and answer the question that waits."""
        turns = self._page.transcript.turns()
        waiting, number = turns[-1] if turns else None, self._page.number
        self._page.say(self.tr("The model is loaded again with a longer context; then the answer is written."), "info")

        def loaded() -> None:
            if self._loading.model is None or self._loading.state is LoadState.LOADING:
                return
            self._loading.changed.disconnect(loaded)
            asked = waiting is not None and waiting.role is Role.USER and self._page.number == number
            if waiting is not None and asked and self._loading.error is None and not self._page.asking.busy:
                self._page.have_answered(waiting.id)

        store = self._parts.chats
        own = store.conversation(number).settings
        store.set_settings(number, replace(own, context_tokens=tokens))  # for the next start, too
        self._loading.with_context(tokens)
        self._loading.changed.connect(loaded)
