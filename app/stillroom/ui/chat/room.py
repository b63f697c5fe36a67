"""How much room the context has left, and the person's choice of what gives way when it does not suffice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from stillroom.chat.context import ContextFullError
from stillroom.ui.failures import sentence
from stillroom.ui.model_loading import ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation

if TYPE_CHECKING:
    from stillroom.ui.chat.page import ChatPage


class Room(QObject):
    """Of the conversation that is shown."""

    def __init__(self, page: ChatPage, parts: Parts, loading: ModelLoading) -> None:
        super().__init__(page)
        self._page, self._parts, self._loading = page, parts, loading

    def show_budget(self) -> None:
        """Count on a thread, and show it in the meter."""
        conversation, composer = self._page.conversation, self._page.composer
        if conversation is None or self._loading.model is None or conversation.leaf is None:
            composer.show_budget(None)
            return
        session, leaf = self._page.asking.session(), conversation.leaf
        self._parts.tasks.start(
            Operation(lambda _: session.budget(conversation, leaf), "budget", owner=self)
            .success(lambda found: composer.show_budget(found) if self._page.number == conversation.id else None)
            .failure(lambda _error: composer.show_budget(None))
        )

    def offer(self, error: ContextFullError) -> None:
        """Say what does not fit and what can be done; nothing is done by itself."""
        number, turns = self._page.number, self._page.transcript.turns()
        leaf = turns[-1].id if turns else 0

        def make(how: str) -> None:
            self._page.asking.make_room(number, leaf, how, lambda end: self._answer(number, end))

        needed = error.budget.used + error.budget.answer
        trained = self._loading.model.trained_context_tokens if self._loading.model else 0
        actions = []
        sees = self._loading.model is not None and self._loading.model.sees_pictures
        last = turns[-1].attachments if turns else ()
        if sees and any(each.seen for each in last):
            actions.append((self.tr("Give the text of its pictures"), lambda: make("text")))
        if any(not (sees and each.seen) for each in last):
            actions.append((self.tr("Give the passages it is about"), lambda: make("passages")))
            actions.append((self.tr("Summarise all parts"), lambda: make("summaries")))
        if len(turns) > 2:
            actions.append((self.tr("Summarise older turns"), lambda: make("summarise")))
            actions.append((self.tr("Leave older turns out"), lambda: make("drop")))
        if needed <= trained:
            longer = -(-needed // 1024) * 1024
            text = self.tr("Longer context (%1 tokens)").replace("%1", f"{longer:,}")
            actions.append((text, lambda: self._longer(longer)))
        self._page.banners.show_message(sentence(error), "warn", actions, key="full")
        self._page.show_branch()

    def _answer(self, number: int, end: int) -> None:
        if number == self._page.number:
            self._page.show_branch()
        self._page.have_answered(end)

    def _longer(self, tokens: int) -> None:
        words = self.tr("The model is loaded again with a longer context. Then choose “Answer again”, or send again.")
        self._page.say(words, "info")
        self._loading.with_context(tokens)
