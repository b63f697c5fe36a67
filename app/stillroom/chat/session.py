"""A turn of a conversation: puts it to whoever answers, and stores the answer while it is written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from stillroom.cancellation import Cancellation
from stillroom.chat import context, every_part
from stillroom.chat.answerer import Answerer
from stillroom.chat.conversation import MERGED, Attachment, ChatSettings, Conversation, Facts, Role, Turn, TurnState
from stillroom.chat.grounding import grounds_of
from stillroom.chat.keeping import Keeping
from stillroom.chat.passages import passages_of
from stillroom.chat.prompt import Thoughts
from stillroom.chat.store import ConversationStore
from stillroom.documents.formats import PICTURES
from stillroom.documents.reader_pool import ReaderPool
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
    """Work on conversations of a store. Methods block their thread; several may work on several conversations."""

    def __init__(self, store: ConversationStore, answerer: Answerer) -> None:
        self._store = store
        self._answerer = answerer

    def ask(self, conversation: int, parent: int | None, text: str, attachments: tuple[Attachment, ...] = ()) -> Turn:
        """Store what the person said after ``parent``; another child of the same parent is another branch.

        Files are given whole, also those of a question that is asked anew: what was chosen of them was chosen for the other one.
        """
        whole_files = tuple(replace(each, given="") for each in attachments)
        turn = self._store.add(
            Turn(0, conversation, parent, Role.USER, text, datetime.now(UTC), attachments=whole_files)
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

    def budget(self, conversation: Conversation | None, leaf: int | None) -> context.Budget:
        """What the next answer of a branch takes of the context; None for a conversation that is not begun."""
        settings = conversation.settings if conversation is not None else ChatSettings()
        return context.budget(self._store.branch(leaf), settings, self._answerer)

    def answer(
        self,
        question: int,
        *,
        on_begin: Callable[[Turn], None] = lambda _turn: None,
        on_piece: Callable[[str, str], None] = lambda _thinking, _text: None,
        on_read: Callable[[float], None] = lambda _share: None,
        cancellation: Cancellation | None = None,
    ) -> Turn:
        """Answer a turn; again, it becomes another branch.

        Args:
            on_begin: gets the stored, empty answer before its first piece.
            on_piece: gets what is new of the thinking and of the text.
            on_read: gets how much of the conversation the model has read before it writes, 0 to 1, where that takes a while.

        Returns the answer, whole, stopped or failed (its ``error`` says why).

        Raises:
            ContextFullError: nothing was put to the model; the person is to choose.
        """
        asked = self._store.turn(question)
        conversation = self._store.conversation(asked.conversation)
        branch = self._store.branch(question)
        if context.chosen_again(self._store, branch, conversation.settings, self._answerer):
            branch = self._store.branch(question)
        needed = context.budget(branch, conversation.settings, self._answerer)
        if needed.limit and needed.over > needed.answer // 2:
            raise context.ContextFullError(needed)
        given = branch[-1].facts
        facts = Facts(
            sources=given.sources,
            notes=(
                *context.notes_for(branch),
                *context.blind_notes(asked, sees=self._answerer.sees_pictures),
                *context.small_notes(branch, self._answerer),
            ),
            passages_read=given.passages_read,
            passages=given.passages,
            countable=context.is_countable(branch),
        )
        answer = self._begin(asked, facts)
        on_begin(answer)
        return self._write(conversation, branch, answer, on_piece, cancellation, on_read)

    def read_every_part(
        self,
        question: int,
        *,
        on_begin: Callable[[Turn], None] = lambda _turn: None,
        on_piece: Callable[[str, str], None] = lambda _thinking, _text: None,
        on_progress: Callable[[int, int], None] = lambda _done, _total: None,
        cancellation: Cancellation | None = None,
    ) -> Turn:
        """Answer a count, a list or a sum from every passage of the files before it; the model is asked for each, code merges.

        Args:
            on_progress: gets how many passages were read, of how many.

        Returns the answer; where it was stopped or failed it holds what was read until then, and says so.
        """
        asked = self._store.turn(question)
        settings = self._store.conversation(asked.conversation).settings
        files = [each for turn in context.visible(self._store.branch(question)) for each in turn.attachments]
        counted = every_part.counted_in_files(asked.content, [each for each in files if not each.seen])
        passages = [] if counted else [passage for each in files for passage in passages_of(each)]
        asks = every_part.asks_of(asked.content) or every_part.Asks.LIST
        reader = every_part.WholeReader(asked.content, asks, passages, self._answerer)
        pictures = "" if counted else ", ".join(each.name for each in files if each.seen)
        notes = (f"The text in {pictures} was read; the pictures were not looked at.",) if pictures else ()
        answer = self._begin(asked, Facts(notes=notes, passages=len(passages), stop_reason=MERGED))
        on_begin(answer)
        saved = time.monotonic()

        def tell(reading: every_part.PassagesRead, new: tuple[every_part.Found, ...]) -> None:
            nonlocal saved
            on_piece("", "".join(f"- {each.text} ({each.source.name}, page {each.source.page})\n" for each in new))
            on_progress(reading.read, reading.passages)
            if time.monotonic() - saved >= SAVE_SECONDS:
                saved = time.monotonic()
                self._keep(answer, asks, reading, TurnState.STREAMING)

        state, error = TurnState.COMPLETE, ""
        on_progress(0, len(passages))
        try:
            reader.read(settings, on_passage=tell, cancellation=cancellation)
        except Cancelled:
            state = TurnState.STOPPED
        except StillroomError as failure:
            state, error = TurnState.FAILED, failure.message
        if counted:
            self._store.save_answer(answer.id, counted, "", state, facts=answer.facts)
        else:
            self._keep(answer, asks, reader.reading, state, error)
        return self._store.turn(answer.id)

    def _keep(
        self, answer: Turn, asks: every_part.Asks, reading: every_part.PassagesRead, state: TurnState, error: str = ""
    ) -> None:
        text, sources = every_part.answer_of(asks, reading)
        facts = Facts(
            sources=sources,
            notes=every_part.notes_of(asks, reading) + answer.facts.notes,
            passages_read=reading.read,
            passages=reading.passages,
            stop_reason=MERGED,
        )
        self._store.save_answer(answer.id, text, "", state, error=error, facts=facts)

    def _begin(self, asked: Turn, facts: Facts) -> Turn:
        """A stored, empty answer that is being written."""
        now = datetime.now(UTC)
        state, model = TurnState.STREAMING, self._answerer.name
        turn = Turn(0, asked.conversation, asked.id, Role.ASSISTANT, "", now, state=state, model=model, facts=facts)
        return self._store.add(turn)

    def go_on(
        self,
        number: int,
        *,
        on_begin: Callable[[Turn], None] = lambda _turn: None,
        on_piece: Callable[[str, str], None] = lambda _thinking, _text: None,
        cancellation: Cancellation | None = None,
    ) -> Turn:
        """Go on with an answer that ended early. Raises StillroomError for one that is held to fields."""
        answer = self._store.turn(number)
        conversation = self._store.conversation(answer.conversation)
        if conversation.settings.schema and answer.content:  # the grammar knows beginnings only at its own
            raise StillroomError(
                "An answer that is held to fields cannot go on where it ended. Have it answered again; where it was too long, "
                "allow a longer answer in the settings of this conversation."
            )
        branch = self._store.branch(answer.parent)
        self._store.save_answer(number, answer.content, answer.thinking, TurnState.STREAMING)
        on_begin(replace(answer, state=TurnState.STREAMING))
        return self._write(conversation, branch, answer, on_piece, cancellation)

    def _write(
        self,
        conversation: Conversation,
        branch: list[Turn],
        answer: Turn,
        on_piece: Callable[[str, str], None],
        cancellation: Cancellation | None,
        on_read: Callable[[float], None] = lambda _share: None,
    ) -> Turn:
        thoughts = Thoughts()
        started = time.monotonic()
        first = 0.0

        def save() -> None:
            self._store.save_answer(
                answer.id, answer.content + thoughts.said, answer.thinking + thoughts.thinking, TurnState.STREAMING
            )

        state, error, done = TurnState.COMPLETE, "", None
        settings = self._settings_for(answer, conversation.settings)
        with Keeping(save, SAVE_SECONDS) as keeping:

            def show(thinking: str, said: str) -> None:
                nonlocal first
                first = first or time.monotonic() - started
                if thinking or said:
                    on_piece(thinking, said)
                keeping.changed()

            try:
                done = self._answerer.answer(
                    context.messages(branch, settings, sees=self._answerer.sees_pictures),
                    settings,
                    begun=answer.content,
                    on_text=lambda piece: show(*thoughts.add(piece)),
                    on_progress=on_read,
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
        content = answer.content + thoughts.said
        if state is not TurnState.FAILED:
            facts = _grounded(facts, content, branch)
        self._store.save_answer(
            answer.id,
            content,
            answer.thinking + thoughts.thinking,
            state,
            error=error,
            facts=facts,
        )
        return self._store.turn(answer.id)

    def _settings_for(self, answer: Turn, settings: ChatSettings) -> ChatSettings:
        """Another seed for each answer to one question: answered again with the same one, the words would be the same."""
        beside = self._store.siblings(answer.conversation).get(answer.id, [answer.id])
        seed = settings.sampling.seed + beside.index(answer.id)
        return replace(settings, sampling=replace(settings.sampling, seed=seed))


def _grounded(facts: Facts, content: str, branch: list[Turn]) -> Facts:
    """The facts of an answer, with where in the files it is from, and which of its figures are from nowhere."""
    shown = context.visible(branch)
    files = [each for turn in shown for each in turn.attachments]
    if not files:
        return facts
    given = [source for turn in shown if turn.role is Role.USER for source in turn.facts.sources]
    counted = every_part.counted_in_files(branch[-1].content, files)
    found = grounds_of(content, files, given, counted=[counted] if counted else [])
    return replace(facts, quotes=found.quotes, unfounded=found.unfounded)


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
    readers: ReaderPool,
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
