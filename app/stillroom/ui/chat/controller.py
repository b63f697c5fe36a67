"""The conversation that is shown and what is done with it, without a widget: views show what it tells, and ask it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from stillroom.chat.conversation import Attachment, Conversation, Turn, TurnState
from stillroom.remote.engines import RemoteEngine
from stillroom.ui.chat.asking import Asking
from stillroom.ui.chat.notices import Choice, Notice, Subject, Weight, saying
from stillroom.ui.chat.titles import Titles
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.wording import sentence
from stillroom.workspace.conversations import GiveWay, Leaving, WhenFull

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stillroom.ui.parts import Parts


@dataclass(frozen=True, slots=True)
class Sending:
    """A question that a remote model would answer, and what would leave for it: the person is asked first."""

    question: int
    engine: RemoteEngine
    leaving: Leaving


class ChatController(QObject):
    """The conversation that is shown. What is asked of the store takes milliseconds; everything longer is an operation.

    Attributes:
        conversation: None for one that is not begun. turns: its branch. siblings: of each turn, those it may be changed for.
        asking: the answer that is being written.

    Signals:
        left: another conversation is about to be shown. opened: it is; ``conversation`` tells which.
        branch_changed: conversation, turns, siblings. turn_wanted(int): a turn to be brought into sight.
        conversations_changed: the list of conversations, or a title. titled: the title of the one that is shown.
        sent(int): a message was stored in the conversation that had this number when it was written; 0 for a new one.
        attached(list): files were read, to be put beside what is being written.
        consent_wanted(Sending): to be answered with ``send`` or ``send_nothing``.
        answered: an answer is there whole.
        noticed(Notice), withdrawn(str): what is to be told, and a Subject about which there is nothing to tell any more.
        failed(Exception): something went wrong.
        keyboard_wanted: the person goes on writing.
    """

    left = Signal()
    opened = Signal()
    branch_changed = Signal()
    turn_wanted = Signal(int)
    conversations_changed = Signal()
    titled = Signal()
    sent = Signal(int)
    attached = Signal(list)
    consent_wanted = Signal(Sending)
    answered = Signal()
    noticed = Signal(Notice)
    withdrawn = Signal(str)
    failed = Signal(Exception)
    keyboard_wanted = Signal()

    def __init__(self, parts: Parts, loading: ModelLoading, starter_needed: Callable[[], bool]) -> None:
        """``starter_needed``: whether there is a starter model to be fetched, and nobody has."""
        super().__init__()
        self._parts, self._loading, self._starter_needed = parts, loading, starter_needed
        self.store = parts.chats
        self.conversation: Conversation | None = None
        self.turns: list[Turn] = []
        self.siblings: dict[int, list[int]] = {}
        self._engine: RemoteEngine | None = None
        self._agreed: set[tuple[int, str]] = set()  # conversation and engine
        self.asking = Asking(parts, self)
        self.asking.changed.connect(self._wait_with_titles)
        self.asking.begun.connect(self._begun)
        self.asking.done.connect(self._answered)
        self.asking.failed.connect(self.fail)
        self.asking.given_up.connect(self._gave_up)
        self.titles = Titles(parts, self)
        self.titles.named.connect(self._named)
        loading.changed.connect(self._model_changed)

    @property
    def number(self) -> int:
        """Of the conversation that is shown; 0 for a new one."""
        return self.conversation.id if self.conversation is not None else 0

    @property
    def title(self) -> str:
        return self.conversation.title if self.conversation is not None else ""

    # ---- what is shown

    def open(self, number: int, turn: int = 0) -> None:
        """Show a conversation; 0 for a new one, which is stored when something is said."""
        self.left.emit()
        self.withdrawn.emit(Subject.FULL)  # its choices are those of the conversation that was shown
        if turn:
            self.store.switch(turn)
        self.conversation = self.store.conversation(number) if number else None
        self.opened.emit()
        self.look()
        if turn:
            self.turn_wanted.emit(turn)
        self.keyboard_wanted.emit()

    def open_latest(self) -> None:
        """Show the conversation that was changed last; a new one where there is none."""
        found = self.store.conversations()
        self.open(found[0].id if found else 0)

    def look(self) -> None:
        """Show what is stored of the conversation that is shown."""
        if self.conversation is not None:
            self.conversation = self.store.conversation(self.conversation.id)
        self.turns = self.store.branch(self.conversation.leaf) if self.conversation else []
        self.siblings = self.store.siblings(self.number) if self.conversation else {}
        self.branch_changed.emit()

    def begin(self) -> Conversation:
        """The conversation that is shown, stored where it was not yet."""
        if self.conversation is None:
            self.conversation = self.store.create()
        return self.conversation

    # ---- asking

    def engine(self) -> RemoteEngine | None:
        """The remote engine that answers; None for the model here."""
        return self._engine

    def use(self, engine: RemoteEngine | None) -> None:
        """Let this one answer from now on. Connects to nothing yet."""
        self._engine = engine
        self.asking.use(engine)

    def ready(self) -> bool:
        """Whether there is somebody to answer; if not, that is said, and the model loaded where there is one."""
        if self._loading.model is not None or self._engine is not None:
            return True
        if self._starter_needed() and not self._parts.models.installed():
            self.say(self.tr("No model is here yet. Your message stays here; fetch the starter above."))
            return False
        self._loading.start()
        self.say(self.tr("The model is still being loaded. Your message stays here; send it in a moment."))
        return False

    def write(self, text: str, attachments: Sequence[Attachment] = ()) -> bool:
        """Store what the person says, and have it answered. False where nobody can answer: then nothing is stored."""
        if self.asking.busy or not self.ready():
            return False
        begun = self.number
        conversation = self.begin()
        question = self.asking.session().ask(conversation.id, conversation.leaf, text, tuple(attachments))
        self.sent.emit(begun)
        self.look()
        self.conversations_changed.emit()
        self.have_answered(question.id)
        return True

    def have_answered(self, question: int) -> None:
        """Have a turn answered; a remote model is sent nothing that the person has not agreed to."""
        engine = self._engine
        if engine is not None and (self.number, engine.name) not in self._agreed:
            self.consent_wanted.emit(Sending(question, engine, self._parts.conversations.leaving(question)))
            return
        self.asking.answer(self.number, question)

    def send(self, sending: Sending, *, for_all: bool) -> None:
        """The person agreed. ``for_all``: also to what follows in this conversation, until Stillroom ends."""
        if for_all:
            self._agreed.add((self.number, sending.engine.name))
        self.asking.answer(self.number, sending.question)

    def send_nothing(self) -> None:
        """The person did not agree."""
        self.say(self.tr("Nothing was sent. Your message is kept; choose “this machine” to have it answered here."))

    def give_way(self, question: int, how: GiveWay) -> None:
        """Let something of the branch up to a question take less of the context, and have it answered then."""
        number = self.number

        def answer(end: int) -> None:
            if number == self.number:
                self.look()
            self.have_answered(end)

        self.asking.give_way(number, question, how, answer)

    def read_every_part(self, question: int) -> None:
        """Answer from every passage: a count, a list or a sum merged in code, anything else from what is said of each part."""
        way = self._parts.conversations.way_for(self.store.turn(question).content)
        self.store.switch(question)
        if way is WhenFull.SUMMARIES:
            self.give_way(question, GiveWay.SUMMARIES)
        else:
            self.asking.read_every_part(self.number, question)

    def attach(self, paths: Sequence[Path]) -> None:
        """Read files, to be put beside what is being written."""
        if self.ready():
            self.asking.read(list(paths), self._attached)

    def _attached(self, found: list[Attachment]) -> None:
        self.attached.emit(found)
        if any(each.picture is not None and not each.seen for each in found):
            words = self.tr("The text in the picture was read. The model gets that text; it does not see pictures.")
            self.say(f"{words} " + self.tr("A projector lets it see: Models, Pictures…"))
        notes = [each.picture.note for each in found if each.picture is not None and each.picture.note]
        if notes:
            self.say(" ".join(notes))

    # ---- what became of it

    def _begun(self, turn: Turn) -> None:
        if turn.conversation == self.number:
            self.look()

    def _answered(self, turn: Turn) -> None:
        if turn.conversation == self.number:
            self.look()
        self.conversations_changed.emit()
        if turn.state is TurnState.COMPLETE:
            self.titles.want(turn.conversation)
            self.answered.emit()

    def _gave_up(self) -> None:
        self.say(
            self.tr(
                "Stopped: nothing was asked or left out. “Have this answered”, below your message, offers the choice again."
            )
        )

    def _wait_with_titles(self) -> None:
        self.titles.wait()

    def _named(self, conversation: int) -> None:
        self.conversations_changed.emit()
        if conversation == self.number:
            self.conversation = self.store.conversation(conversation)
            self.titled.emit()

    def _model_changed(self) -> None:
        loading = self._loading
        if loading.state is LoadState.FAILED and loading.error is not None and not loading.none_there:
            again = Choice(self.tr("Try again"), loading.start)
            self.noticed.emit(Notice(Subject.MODEL, sentence(loading.error), Weight.BAD, (again,), closable=False))
        else:
            self.withdrawn.emit(Subject.MODEL)

    # ---- telling

    def say(self, text: str, weight: Weight = Weight.INFO) -> None:
        """``weight``: INFO goes by itself; the others stay."""
        self.noticed.emit(saying(text, weight))

    def fail(self, error: Exception) -> None:
        """Say what went wrong, and show what is stored."""
        self.failed.emit(error)
        self.look()
