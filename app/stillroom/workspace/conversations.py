"""Conversations: a turn put to the model here or to one behind an address, with the files it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine
from stillroom.errors import StillroomError

if TYPE_CHECKING:
    from stillroom.chat.answerer import Answerer
    from stillroom.chat.conversation import Attachment, Conversation, Turn
    from stillroom.chat.prompt_library import Prompt, PromptLibrary
    from stillroom.chat.session import ChatSession
    from stillroom.chat.store import ConversationStore
    from stillroom.documents.seeing import Picture
    from stillroom.engine.protocol import ModelInfo
    from stillroom.remote.engines import RemoteEngine
    from stillroom.templates.template import Template
    from stillroom.workspace.remote_models import RemoteModels

__all__ = [
    "Answerer",
    "ChatSession",
    "ConversationStore",
    "Conversations",
    "GiveWay",
    "Leaving",
    "Picture",
    "Prompt",
    "PromptLibrary",
    "WhenFull",
]


class WhenFull(StrEnum):
    """What is done where the files do not fit into the context: nothing but saying so, or one of these."""

    ASK = "ask"
    EVERY_PART = "every-part"
    PASSAGES = "passages"
    SUMMARIES = "summaries"


class GiveWay(StrEnum):
    """What gives way where a conversation does not fit: of its last pictures or files, or of its older turns."""

    TEXT_OF_PICTURES = "text"
    PASSAGES = "passages"
    SUMMARIES = "summaries"
    SUMMARISE_OLDER = "summarise"
    DROP_OLDER = "drop"


@dataclass(frozen=True, slots=True)
class Leaving:
    """What would leave for an answer, exactly. ``tokens``: about; ``answer_tokens``: at most."""

    text: str
    tokens: int
    answer_tokens: int


class Conversations:
    """The conversations of a workspace. Methods block; what is written is on disk while it is written."""

    def __init__(
        self, store: Callable[[], ConversationStore], engine: Engine, readers: ReaderPool, remote: RemoteModels
    ) -> None:
        self._store, self._engine, self._readers, self._remote = store, engine, readers, remote

    def answerer(self, engine: RemoteEngine | None = None) -> Answerer:
        """Who answers: the model in our worker, or a remote one to whose being asked the person has agreed. Connects to nothing."""
        if engine is None:
            from stillroom.chat.answerer import LocalAnswerer

            return LocalAnswerer(self._engine)
        from stillroom.chat.remote_answerer import RemoteAnswerer

        return RemoteAnswerer(
            engine, lambda: self._remote.client(engine), self._remote.log, lambda: self._remote.monthly_cap
        )

    def session(self, engine: RemoteEngine | None = None) -> ChatSession:
        """What works on the turns of conversations."""
        from stillroom.chat.session import ChatSession

        return ChatSession(self._store(), self.answerer(engine))

    def attachments(
        self,
        files: Sequence[Path],
        *,
        on_file: Callable[[Path], None] = lambda _file: None,
        cancellation: Cancellation | None = None,
    ) -> list[Attachment]:
        """Files, and the files in folders, as attachments. Raises DocumentError, PasswordNeeded, Cancelled."""
        from stillroom.chat.session import read_attachment
        from stillroom.extraction.files import expand

        found: list[Attachment] = []
        for file in expand(files):
            on_file(file)
            found += read_attachment(self._readers, file, self.answerer(), cancellation=cancellation)
        return found

    def turn(
        self,
        conversation: int,
        parent: int | None,
        text: str,
        attachments: Sequence[Attachment] = (),
        *,
        engine: RemoteEngine | None = None,
        when_full: WhenFull = WhenFull.ASK,
        on_piece: Callable[[str, str], None] = lambda _thinking, _said: None,
        on_part: Callable[[int, int], None] = lambda _done, _total: None,
        cancellation: Cancellation | None = None,
    ) -> Turn:
        """Store what the person said after ``parent``, and have it answered. Returns the answer: whole, stopped or failed.

        Args:
            engine: a remote model that the person has agreed to ask; None for the loaded one.
            on_piece: gets what is new of the thinking and of the answer. on_part: passages read, of how many, with EVERY_PART.

        Raises ContextFullError where it does not fit and nothing was chosen for that.
        """
        from stillroom.chat.context import ContextFullError

        session = self.session(engine)
        question = session.ask(conversation, parent, text, tuple(attachments)).id
        try:
            return session.answer(question, on_piece=on_piece, cancellation=cancellation)
        except ContextFullError:
            if when_full is WhenFull.ASK:
                raise
        # What is read to make room is not sent anywhere.
        if when_full is WhenFull.EVERY_PART:
            return self.session().read_every_part(
                question, on_piece=on_piece, on_progress=on_part, cancellation=cancellation
            )
        how = GiveWay.PASSAGES if when_full is WhenFull.PASSAGES else GiveWay.SUMMARIES
        moved = self.give_way(question, how, cancellation=cancellation)
        return session.answer(moved, on_piece=on_piece, cancellation=cancellation)

    def give_way(
        self,
        leaf: int,
        how: GiveWay,
        *,
        on_part: Callable[[float, int], None] = lambda _done, _total: None,
        cancellation: Cancellation | None = None,
    ) -> int:
        """Let something of a branch take less of the context. What is read for that is read here, whoever answers else.

        Args:
            leaf: the question that waits for its answer. on_part: gets how many parts were read, of how many.

        Returns the new end of the branch, which is to be answered. Raises EngineError, Cancelled.
        """
        from stillroom.chat import context

        store, answerer = self._store(), self.answerer()
        branch = store.branch(leaf)
        settings = store.conversation(branch[-1].conversation).settings
        if how is GiveWay.TEXT_OF_PICTURES:
            pictured = context.pictures_turn(branch)
            if pictured is not None:
                store.give_text(pictured.id)
            return leaf
        if how is GiveWay.PASSAGES:
            context.give_passages(store, branch, settings, answerer)
            return leaf
        if how is GiveWay.SUMMARIES:
            context.give_summaries(store, branch, settings, answerer, on_progress=on_part, cancellation=cancellation)
            return leaf
        # The last question is to be answered after the note, so it moves behind it.
        question = branch[-1]
        note = context.cover_older(
            store,
            branch[:-1],
            settings,
            answerer,
            summarise=how is GiveWay.SUMMARISE_OLDER,
            cancellation=cancellation,
        )
        moved = store.put_back([replace(question, parent=note.id)], question.id)
        if question.facts.passages:  # there is more room for them now
            context.give_passages(store, store.branch(moved), settings, answerer)
        return moved

    def is_small(self, model: ModelInfo) -> bool:
        """Whether a model is too small for questions about documents: it repeats well enough, and answers by chance."""
        from stillroom.chat.answerer import SMALL

        return 0 < model.parameters < SMALL

    def way_for(self, question: str) -> WhenFull:
        """What suits a question whose files do not fit: EVERY_PART for a count, a list or a sum over all of them, SUMMARIES for
        anything else about all of them, and PASSAGES for what stands in one place."""
        from stillroom.chat.every_part import Asks, asks_of

        asks = asks_of(question)
        if asks is None:
            return WhenFull.PASSAGES
        return WhenFull.SUMMARIES if asks is Asks.OTHER else WhenFull.EVERY_PART

    def template_of(self, turns: Sequence[Turn], title: str) -> Template:
        """A template of the fields of the last answer that is a JSON object, a table or a list; what is a text there has the type that its
        name has elsewhere. Raises StillroomError where none is.
        """
        from stillroom.chat.templating import template_of
        from stillroom.learning.asking import typed

        return typed(template_of(turns, title))

    def leaving(self, question: int) -> Leaving:
        """Exactly what would leave for the answer of a remote model to a question. Sends nothing."""
        from stillroom.chat.context import messages
        from stillroom.chat.remote_answerer import estimated_tokens, what_leaves

        branch = self._store().branch(question)
        settings = self._store().conversation(branch[-1].conversation).settings
        text = what_leaves(messages(branch, settings), settings)
        return Leaving(text, estimated_tokens(text), settings.max_tokens)

    def name(self, conversation: int, cancellation: Cancellation | None = None) -> str:
        """Let the model here name a conversation that nobody named. Returns its title; empty where that was not to be."""
        try:
            return self.session().retitle(conversation, cancellation=cancellation)
        except StillroomError:
            return ""  # deleted meanwhile, or the model was changed: its first words stay its title

    def export(self, conversation: int, target: Path) -> None:
        """Write a conversation to a file of the kind its name ends in. Raises StillroomError."""
        from stillroom.chat.transfer import export

        export(self._store(), conversation, target)

    def as_html(self, conversation: int) -> str:
        """The branch that is shown, as a page."""
        from stillroom.chat.transfer import to_html

        found = self._store().conversation(conversation)
        return to_html(found, self._store().branch(found.leaf))

    def bring(self, file: Path) -> Conversation:
        """A conversation out of a file; its pictures are read by the reader. Raises StillroomError."""
        from stillroom.chat.transfer import import_file

        return import_file(self._store(), file, self._readers)
