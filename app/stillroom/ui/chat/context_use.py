"""How much of the context a conversation takes, and the person's choice of what gives way when it does not suffice."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from stillroom.chat.context import Budget, ContextFullError, files_turn, pictures_turn
from stillroom.chat.conversation import Role
from stillroom.ui.chat.controller import ChatController
from stillroom.ui.chat.notices import Choice, Notice, Subject, Weight
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import sentence, size_text
from stillroom.workspace.conversations import GiveWay, WhenFull

if TYPE_CHECKING:
    from stillroom.ui.parts import Parts

_COUNT_MILLISECONDS = 250


class ContextUse(QObject):
    """The use of the context by the conversation that is shown.

    Signals:
        known(Budget): how much it takes. unknown: nobody can tell now.
        counted(str, int): a text that is being written, and its tokens.
    """

    known = Signal(Budget)
    unknown = Signal()
    counted = Signal(str, int)

    def __init__(self, chat: ChatController, parts: Parts, loading: ModelLoading) -> None:
        super().__init__(chat)
        self._chat, self._parts, self._loading = chat, parts, loading
        self._told = -1  # the conversation whose figures are shown
        self._written = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_COUNT_MILLISECONDS)
        self._soon.timeout.connect(self._count_written)
        chat.branch_changed.connect(self.count)
        chat.asking.full.connect(self.offer)
        loading.changed.connect(self._model_changed)

    def write(self, text: str) -> None:
        """What is being written now: the model counts it as soon as that rests."""
        self._written = text
        self._soon.start()

    def _count_written(self) -> None:
        text = self._written
        if self._loading.model is None or not text:
            self.counted.emit("", 0)
            return
        answerer = self._chat.asking.answerer()
        self._parts.tasks.start(
            Operation(lambda _: answerer.count_tokens([text])[0], "count", owner=self)
            .success(lambda tokens: self.counted.emit(text, tokens))
            .failure(lambda _error: None)  # the guess stands
        )

    def _model_changed(self) -> None:
        if self._loading.state is LoadState.READY:
            self.count()

    def count(self) -> None:
        """Count on a thread, and tell."""
        chat = self._chat
        if self._loading.model is None:
            self.unknown.emit()
            return
        session, conversation, number = chat.asking.session(), chat.conversation, chat.number
        if number != self._told:
            self.unknown.emit()  # while the model is busy the figures of the one before would stand there
        leaf = conversation.leaf if conversation is not None else None
        self._parts.tasks.start(
            Operation(lambda _: session.budget(conversation, leaf), "budget", owner=self)
            .success(lambda found: self._tell(number, found))
            .failure(lambda _error: self.unknown.emit())
        )

    def _tell(self, number: int, found: Budget) -> None:
        if self._chat.number == number:
            self._told = number
            self.known.emit(found)

    def offer(self, error: ContextFullError) -> None:
        """Say what does not fit and what can be done; nothing is done by itself."""
        self._chat.look()
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
        options, number = loaded.options, self._chat.number

        def costs(_operation: Operation[str]) -> str:
            memory = self._parts.models.memory_by_context(model, options)
            return size_text(max(0, memory(longer) - memory(options.context_tokens)))

        self._parts.tasks.start(
            Operation(costs, "memory", owner=self)
            .success(lambda more: self._choose(error, longer, more) if self._chat.number == number else None)
            .failure(lambda _error: self._choose(error, longer, ""))
        )

    def _choose(self, error: ContextFullError, longer: int, more: str) -> None:
        """The choices. ``longer``: a context that would do, 0 where the model has none; ``more``: the memory it takes."""
        turns = self._chat.turns
        leaf = turns[-1].id if turns else 0

        def giving_way(title: str, how: GiveWay) -> Choice:
            return Choice(title, partial(self._chat.give_way, leaf, how))

        choices: list[Choice] = []
        text = sentence(error)
        sees = self._loading.model is not None and self._loading.model.sees_pictures
        if sees and pictures_turn(turns) is not None:
            choices.append(giving_way(self.tr("Give the text of its pictures"), GiveWay.TEXT_OF_PICTURES))
        if files_turn(turns, sees=sees) is not None:
            way = self._parts.conversations.way_for(turns[-1].content)
            if way is not WhenFull.PASSAGES:
                text += " " + self.tr("The question seems to be about all of them.")
            if way is WhenFull.EVERY_PART:
                choices.append(Choice(self.tr("Read every part"), partial(self._chat.read_every_part, leaf)))
            choices.append(giving_way(self.tr("Give the passages it is about"), GiveWay.PASSAGES))
            summaries = giving_way(self.tr("Summarise all parts"), GiveWay.SUMMARIES)
            choices.insert(0 if way is WhenFull.SUMMARIES else len(choices), summaries)
        if len(turns) > 2:
            choices.append(giving_way(self.tr("Summarise older turns"), GiveWay.SUMMARISE_OLDER))
            choices.append(giving_way(self.tr("Leave older turns out"), GiveWay.DROP_OLDER))
        made_for = self._loading.model.trained_context_tokens if self._loading.model else 0
        if not longer and made_for:
            text += " " + self.tr("A longer context is no way here: this model was made for %1 tokens.").replace(
                "%1", f"{made_for:,}"
            )
        if longer:
            cost = self.tr(", %1 more memory").replace("%1", more) if more else ""
            offered = self.tr("Longer context (%1 tokens%2)").replace("%1", f"{longer:,}").replace("%2", cost)
            choices.append(Choice(offered, partial(self._lengthen, longer)))
        self._chat.noticed.emit(Notice(Subject.FULL, text, Weight.WARN, tuple(choices)))

    def _lengthen(self, tokens: int) -> None:
        """Load with a longer context, and answer the question that waits."""
        chat = self._chat
        waiting, number = chat.turns[-1] if chat.turns else None, chat.number
        chat.say(self.tr("The model is loaded again with a longer context; then the answer is written."))

        def loaded() -> None:
            if self._loading.model is None or self._loading.state is LoadState.LOADING:
                return
            self._loading.changed.disconnect(loaded)
            asked = waiting is not None and waiting.role is Role.USER and chat.number == number
            if waiting is not None and asked and self._loading.error is None and not chat.asking.busy:
                chat.have_answered(waiting.id)

        own = chat.store.conversation(number).settings
        chat.store.set_settings(number, replace(own, context_tokens=tokens))  # for the next start, too
        self._loading.with_context(tokens)
        self._loading.changed.connect(loaded)
