"""Conversations: a turn put to the model here or to one behind an address, with the files it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.documents.readers import Readers
from stillroom.engine.engine import Engine
from stillroom.workspace.remote_models import RemoteModels

if TYPE_CHECKING:
    from stillroom.chat.answerer import Answerer
    from stillroom.chat.conversation import Attachment, Turn
    from stillroom.chat.session import ChatSession
    from stillroom.chat.store import ConversationStore
    from stillroom.remote.engines import RemoteEngine


class WhenFull(StrEnum):
    """What is done where the files do not fit into the context: nothing but saying so, or one of these."""

    ASK = "ask"
    EVERY_PART = "every-part"
    PASSAGES = "passages"
    SUMMARIES = "summaries"


class Conversations:
    """The conversations of a workspace. Methods block; what is written is on disk while it is written."""

    def __init__(
        self, store: Callable[[], ConversationStore], engine: Engine, readers: Readers, remote: RemoteModels
    ) -> None:
        self._store, self._engine, self._readers, self._remote = store, engine, readers, remote

    def answerer(self, engine: RemoteEngine | None = None) -> Answerer:
        """Who answers: the model in our worker, or a remote one to whose being asked the person has agreed. Connects to nothing."""
        if engine is None:
            from stillroom.chat.answerer import LocalAnswerer

            return LocalAnswerer(self._engine)
        from stillroom.chat.remote import RemoteAnswerer

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
        self._make_room(question, when_full, cancellation)
        return session.answer(question, on_piece=on_piece, cancellation=cancellation)

    def _make_room(self, question: int, how: WhenFull, cancellation: Cancellation | None) -> None:
        from stillroom.chat.context import give_passages, give_summaries

        store = self._store()
        branch = store.branch(question)
        settings = store.conversation(branch[-1].conversation).settings
        if how is WhenFull.PASSAGES:
            give_passages(store, branch, settings, self.answerer())
        else:
            give_summaries(store, branch, settings, self.answerer(), cancellation=cancellation)
