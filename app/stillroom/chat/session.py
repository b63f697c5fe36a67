"""A turn of a conversation: puts it to whoever answers, and stores the answer while it is written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stillroom.cancellation import Cancellation
from stillroom.chat import context
from stillroom.chat.answerer import Answerer
from stillroom.chat.conversation import Attachment, ChatSettings, Conversation, Facts, Role, Turn, TurnState
from stillroom.chat.prompt import Thoughts
from stillroom.chat.store import ConversationStore
from stillroom.documents.formats import PICTURES
from stillroom.documents.readers import Readers
from stillroom.documents.seeing import Picture
from stillroom.engine.limits import LARGEST_PICTURE_SIDE
from stillroom.engine.protocol import Generation, Message, Sampling
from stillroom.errors import Cancelled, DocumentError, StillroomError

# What was written is on disk this soon: a power cut costs no more.
SAVE_SECONDS = 0.5
_TITLE_WORDS = 7
_TITLE_TOKENS = 24
_TITLE_READS = 120  # words of the question and of the answer
_TITLE_QUESTION = "Write a title of two to six words for the text above. Write only the title."


class ChatSession:
    """Works on conversations of a store. Methods block their thread; several may work on several conversations."""

    def __init__(self, store: ConversationStore, answerer: Answerer) -> None:
        self._store = store
        self._answerer = answerer

    def ask(self, conversation: int, parent: int | None, text: str, attachments: tuple[Attachment, ...] = ()) -> Turn:
        """Store what the person said after ``parent``; another child of the same parent is another branch."""
        turn = self._store.add(
            Turn(0, conversation, parent, Role.USER, text, datetime.now(UTC), attachments=attachments)
        )
        if not self._store.conversation(conversation).title:
            self._store.rename(conversation, title_of(turn))
        return turn

    def retitle(self, number: int, *, cancellation: Cancellation | None = None) -> str:
        """Let the model name a conversation that still has the title of its first words. The title it has then.

        A title is only taken where it says something of what was written: a small model invents easily.
        Raises EngineError, Cancelled.
        """
        conversation = self._store.conversation(number)
        branch = [turn for turn in self._store.branch(conversation.leaf) if turn.role is not Role.NOTE]
        if len(branch) < 2 or conversation.title != title_of(branch[0]):
            return conversation.title  # nothing was answered yet, or a person named it
        said = "\n\n".join(_shortened(turn.content) for turn in branch[:2])
        done = self._answerer.answer(
            [Message("user", f"{said}\n\n{_TITLE_QUESTION}")],
            ChatSettings(sampling=Sampling(), max_tokens=_TITLE_TOKENS),
            on_text=lambda _piece: None,
            cancellation=cancellation,
        )
        title = usable_title(done.text, said)
        if title and self._store.conversation(number).title == conversation.title:
            self._store.rename(number, title)
            return title
        return conversation.title

    def budget(self, conversation: Conversation, leaf: int | None) -> context.Budget:
        """What the next answer of a branch takes of the context."""
        return context.budget(self._store.branch(leaf), conversation.settings, self._answerer)

    def answer(
        self,
        question: int,
        *,
        on_begin: Callable[[Turn], None] = lambda _turn: None,
        on_piece: Callable[[str, str], None] = lambda _thinking, _text: None,
        cancellation: Cancellation | None = None,
    ) -> Turn:
        """Answer a turn; again, it becomes another branch.

        Args:
            on_begin: gets the stored, empty answer before its first piece.
            on_piece: gets what is new of the thinking and of the text.

        Returns the answer, whole, stopped or failed (its ``error`` says why).

        Raises:
            ContextFullError: nothing was put to the model; the person is to choose.
        """
        asked = self._store.turn(question)
        conversation = self._store.conversation(asked.conversation)
        branch = self._store.branch(question)
        needed = context.budget(branch, conversation.settings, self._answerer)
        if needed.limit and needed.over > needed.answer // 2:
            raise context.ContextFullError(needed)
        answer = self._store.add(
            Turn(
                0,
                conversation.id,
                question,
                Role.ASSISTANT,
                "",
                datetime.now(UTC),
                state=TurnState.STREAMING,
                model=self._answerer.name,
                facts=Facts(
                    sources=asked.facts.sources,
                    notes=asked.facts.notes + context.blind_notes(asked, sees=self._answerer.sees_pictures),
                ),
            )
        )
        on_begin(answer)
        return self._write(conversation, branch, answer, on_piece, cancellation)

    def go_on(
        self,
        number: int,
        *,
        on_piece: Callable[[str, str], None] = lambda _thinking, _text: None,
        cancellation: Cancellation | None = None,
    ) -> Turn:
        """Go on with an answer that ended early."""
        answer = self._store.turn(number)
        conversation = self._store.conversation(answer.conversation)
        branch = self._store.branch(answer.parent)
        self._store.save_answer(number, answer.content, answer.thinking, TurnState.STREAMING)
        return self._write(conversation, branch, answer, on_piece, cancellation)

    def _write(
        self,
        conversation: Conversation,
        branch: list[Turn],
        answer: Turn,
        on_piece: Callable[[str, str], None],
        cancellation: Cancellation | None,
    ) -> Turn:
        thoughts = Thoughts()
        started = time.monotonic()
        saved = first = 0.0

        def show(thinking: str, said: str) -> None:
            nonlocal saved, first
            now = time.monotonic()
            first = first or now - started
            if thinking or said:
                on_piece(thinking, said)
            if now - saved >= SAVE_SECONDS:
                saved = now
                self._store.save_answer(
                    answer.id, answer.content + thoughts.said, answer.thinking + thoughts.thinking, TurnState.STREAMING
                )

        state, error, done = TurnState.COMPLETE, "", None
        try:
            done = self._answerer.answer(
                context.messages(branch, conversation.settings, sees=self._answerer.sees_pictures),
                conversation.settings,
                begun=answer.content,
                on_text=lambda piece: show(*thoughts.add(piece)),
                cancellation=cancellation,
            )
        except Cancelled:
            state = TurnState.STOPPED
        except StillroomError as failure:
            state, error = TurnState.FAILED, failure.message
        thinking, said = thoughts.finish()
        if thinking or said:
            on_piece(thinking, said)
        facts = _facts(answer.facts, done, first) if done is not None else answer.facts
        self._store.save_answer(
            answer.id,
            answer.content + thoughts.said,
            answer.thinking + thoughts.thinking,
            state,
            error=error,
            facts=facts,
        )
        return self._store.turn(answer.id)


def _facts(before: Facts, done: Generation, first: float) -> Facts:
    writing = done.seconds - done.prompt_seconds
    return replace(
        before,
        prompt_tokens=done.prompt_tokens,
        cached_tokens=done.cached_tokens,
        tokens=before.tokens + done.tokens,
        speed=round(done.tokens / writing, 1) if writing > 0 else 0.0,
        first_token_seconds=round(first, 3),
        stop_reason=done.stop_reason,
    )


def title_of(turn: Turn) -> str:
    """A title from the first words of a question, or the name of its file."""
    words = turn.content.split()
    if not words:
        return turn.attachments[0].name if turn.attachments else ""
    title = " ".join(words[:_TITLE_WORDS])
    return (title[:60].rstrip(" ,.;:") + ("…" if len(words) > _TITLE_WORDS or len(title) > 60 else "")).strip()


def usable_title(written: str, about: str) -> str:
    """A title as a model wrote it, tidied; empty where it is none: too long, or of words that ``about`` does not have."""
    thoughts = Thoughts()
    thoughts.add(written)
    thoughts.finish()
    line = next((line for line in thoughts.said.splitlines() if line.strip()), "")
    title = re.sub(r"^(?:title|titel|titre)\s*:\s*", "", line.strip(" \t\"'*#“”."), flags=re.IGNORECASE).strip(
        " \"'*“”."
    )
    words = re.findall(r"[^\W_]+", title)
    long = {word.casefold() for word in words if len(word) > 3}
    there = {word.casefold() for word in re.findall(r"[^\W_]+", about)}
    good = 2 <= len(words) <= _TITLE_WORDS and len(title) <= 60 and long and 2 * len(long & there) >= len(long)
    return title if good else ""


def _shortened(text: str) -> str:
    return " ".join(text.split()[:_TITLE_READS])


def read_attachment(
    readers: Readers,
    path: Path,
    answerer: Answerer,
    *,
    password: str | None = None,
    cancellation: Cancellation | None = None,
) -> tuple[Attachment, ...]:
    """A file as attachments: itself, and what is attached to it. A picture is to be seen where the model can; its text is
    read all the same, for a model that cannot. Raises DocumentError, PasswordNeeded, Cancelled.
    """
    picture: Picture | None = None
    if path.suffix.lower().removeprefix(".") in PICTURES:
        picture = readers.picture(path, LARGEST_PICTURE_SIDE, cancellation=cancellation)
    seen = picture is not None and answerer.sees_pictures
    size = answerer.count_tokens((), [(picture.width, picture.height)])[0] if picture is not None and seen else 0
    try:
        document = readers.read(path, password=password, cancellation=cancellation)
    except DocumentError:
        if not seen:
            raise
        return (Attachment(0, path.name, str(path), (), picture=picture, seen=True, picture_tokens=size),)
    found = []
    for part in document.walk():
        pages = tuple(page.text for page in part.pages)
        tokens = sum(answerer.count_tokens(list(pages))) if any(pages) else 0
        own = picture if part is document else None
        found.append(
            Attachment(
                0, part.name, str(path), pages, tokens, picture=own, seen=seen, picture_tokens=size if own else 0
            )
        )
    return tuple(found)
