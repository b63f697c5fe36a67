"""What of a conversation the model is given, how many tokens that takes, and what to do when they are too many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stillroom.cancellation import Cancellation
from stillroom.chat.answerer import SMALL, Answerer
from stillroom.chat.conversation import MERGED, Attachment, ChatSettings, Facts, Role, Source, Turn
from stillroom.chat.every_part import Asks, asks_of, counted_in_files
from stillroom.chat.passages import Passage, passages_of, ranked
from stillroom.chat.prompt import messages_of
from stillroom.chat.store import ConversationStore
from stillroom.documents.seeing import Picture
from stillroom.engine.protocol import Message
from stillroom.errors import StillroomError

# Marks of a chat template around a message, and some to spare.
_TOKENS_A_MESSAGE = 8
_KEPT_TURNS = 4  # at the end of a conversation whose older turns are summarised or left out
_SUMMARY_TOKENS = 220
_READING = 0.8  # of a part is reading, the rest writing about it
_CITE = "(Name the passages you use by their numbers, as in [1].)"
_FEW_WORDS = 3
_UNSEEN = "(a picture in which no text was found; you cannot see it)"


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens of a conversation, by what they are for. ``limit``: 0 where it is not known."""

    system: int
    history: int
    attachments: int
    question: int
    answer: int
    limit: int

    @property
    def used(self) -> int:
        return self.system + self.history + self.attachments + self.question

    @property
    def over(self) -> int:
        """Tokens too many, an answer of full length included."""
        return max(0, self.used + self.answer - self.limit) if self.limit else 0


class ContextFullError(StillroomError):
    """A conversation does not fit. ``budget`` says why; the person chooses what to do."""

    def __init__(self, budget: Budget) -> None:
        what = "The files of this conversation" if budget.attachments > budget.history else "This conversation"
        super().__init__(
            f"{what} and an answer take {budget.used + budget.answer:,} tokens; the model's context has {budget.limit:,}. "
            "Nothing was left out: choose what to do."
        )
        self.budget = budget


def visible(branch: Sequence[Turn]) -> list[Turn]:
    """The turns of a branch that the model is given: the newest note stands for what it covers."""
    last = next((turn for turn in reversed(branch) if turn.role is Role.NOTE and turn.facts.covers), None)
    if last is None:
        return list(branch)
    covered = next((place for place, turn in enumerate(branch) if turn.id == last.facts.covers), -1)
    return [
        turn for place, turn in enumerate(branch) if place > covered and (turn.role is not Role.NOTE or turn is last)
    ]


def read_files(turn: Turn, *, sees: bool) -> list[Attachment]:
    """The files of a turn whose text the model is given: all but the pictures it ``sees``."""
    return [each for each in turn.attachments if not (sees and each.seen)]


def files_turn(branch: Sequence[Turn], *, sees: bool) -> Turn | None:
    """The last turn with such files, of those the model is given."""
    return next((turn for turn in reversed(visible(branch)) if read_files(turn, sees=sees)), None)


def left_out(branch: Sequence[Turn], answer: int) -> tuple[Source, ...]:
    """The passages of files that were not given for an answer of a branch, in their order."""
    before = list(branch)[: next((place for place, turn in enumerate(branch) if turn.id == answer), 0) + 1]
    facts = before[-1].facts if before else Facts()
    files = files_turn(before, sees=True)
    if facts.stop_reason == MERGED or facts.passages_read >= facts.passages or files is None:
        return ()
    given = set(facts.sources)
    passages = [passage.source for each in read_files(files, sees=True) for passage in passages_of(each)]
    return tuple(source for source in passages if source not in given)


def pictures_turn(branch: Sequence[Turn]) -> Turn | None:
    """The last turn with pictures that are to be seen, of those the model is given."""
    return next((turn for turn in reversed(visible(branch)) if any(each.seen for each in turn.attachments)), None)


def content_of(turn: Turn, *, sees: bool = False) -> str:
    """What a turn says to the model: its files first, each under its name. ``sees``: pictures are shown, not read to it."""
    files = "".join(f"File: {each.name}\n{each.text.strip() or _UNSEEN}\n\n" for each in read_files(turn, sees=sees))
    return f"{files}{turn.content}" if files else turn.content


def messages(branch: Sequence[Turn], settings: ChatSettings, *, sees: bool = False) -> list[Message]:
    """What is put to the model for the next turn of a branch; with pictures where it ``sees`` them."""
    shown = visible(branch)
    pictures = [tuple(each.base64 for each in _pictures(turn, sees=sees)) for turn in shown]
    return messages_of(shown, settings.system, [content_of(turn, sees=sees) for turn in shown], pictures)


def blind_notes(turn: Turn, *, sees: bool) -> tuple[str, ...]:
    """Sentences about pictures of a turn that a model which does not see is given otherwise."""
    told = []
    for given, words in ((True, "it was given the text in"), (False, "it was given nothing of")):
        names = [each.name for each in turn.attachments if each.seen and not sees and bool(each.text.strip()) is given]
        if names:
            told.append(f"The model that answers does not see pictures: {words} {', '.join(names)}.")
    return tuple(told)


def _pictures(turn: Turn, *, sees: bool) -> list[Picture]:
    return [each.picture for each in turn.attachments if each.picture is not None and each.seen and sees]


def budget(branch: Sequence[Turn], settings: ChatSettings, answerer: Answerer) -> Budget:
    """What the next answer of a branch takes of the context."""
    shown, sees = visible(branch), answerer.sees_pictures
    texts = [
        settings.system,
        *(turn.content for turn in shown),
        *(each.text for turn in shown for each in read_files(turn, sees=sees)),
    ]
    pictures = [(each.width, each.height) for turn in shown for each in _pictures(turn, sees=sees)]
    counts = answerer.count_tokens(texts, pictures)
    turns = [count + _TOKENS_A_MESSAGE for count in counts[1 : len(shown) + 1]]
    limit = answerer.context_tokens
    question = turns[-1] if shown and shown[-1].role is Role.USER else 0
    return Budget(
        system=counts[0] + _TOKENS_A_MESSAGE,
        history=sum(turns) - question,
        attachments=sum(counts[len(shown) + 1 :]),
        question=question,
        answer=min(settings.max_tokens, limit // 2) if limit else settings.max_tokens,
        limit=limit,
    )


def give_passages(
    store: ConversationStore, branch: Sequence[Turn], settings: ChatSettings, answerer: Answerer
) -> tuple[Source, ...]:
    """Give the model those passages of the last files that the last turn's question is about, as many as fit, in their order.

    What was left out is noted on the turn that asks. Returns the passages given.
    """
    asked = branch[-1]
    turn = files_turn(branch, sees=answerer.sees_pictures)
    if turn is None:
        return ()
    now = budget(branch, settings, answerer)
    read = read_files(turn, sees=answerer.sees_pictures)
    own = sum(answerer.count_tokens([each.text for each in read]))
    space = now.limit - (now.used - own) - now.answer - answerer.count_tokens([_CITE])[0]
    passages = [passage for each in read for passage in passages_of(each)]
    if not passages:
        return ()
    counts = answerer.count_tokens([_written(passage, place) for place, passage in enumerate(passages)])
    chosen: list[int] = []
    best = ranked(passages, _sought(branch))
    begins = [
        place
        for place, each in enumerate(passages)
        if not place or each.source.attachment != passages[place - 1].source.attachment
    ]
    for place in dict.fromkeys([*best[:1], *begins, *best]):  # how a file begins says what it is, and between whom
        if counts[place] + 2 <= space:
            space -= counts[place] + 2
            chosen.append(place)
    chosen.sort()
    for each in read:
        mine = [number for number, place in enumerate(chosen) if passages[place].source.attachment == each.id]
        text = "\n\n".join(_written(passages[chosen[number]], number) for number in mine)
        store.give(each.id, f"{text}\n{_CITE}" if text else "(nothing of this file fitted)")
    sources = tuple(passages[place].source for place in chosen)
    facts = Facts(sources=sources, passages_read=len(chosen), passages=len(passages))
    store.set_facts(turn.id, facts)
    if asked.id != turn.id:
        store.set_facts(asked.id, facts)
    return sources


def chosen_again(store: ConversationStore, branch: Sequence[Turn], settings: ChatSettings, answerer: Answerer) -> bool:
    """Choose passages for the last question too, where those of an earlier file were chosen for an earlier one. Whether it was so."""
    files = files_turn(branch, sees=answerer.sees_pictures)
    if files is None or files.id == branch[-1].id or not files.facts.sources:
        return False
    give_passages(store, branch, settings, answerer)
    return True


def is_countable(branch: Sequence[Turn]) -> bool:
    """Whether the last question wants a count, a list or a sum of files that every passage can be asked for."""
    shown = visible(branch)
    asks = asks_of(shown[-1].content)
    files = [each for turn in shown for each in turn.attachments if not each.seen]
    return asks not in (None, Asks.OTHER) and bool(files) and not counted_in_files(shown[-1].content, files)


def notes_for(branch: Sequence[Turn]) -> tuple[str, ...]:
    """What a person has to know of the answer to the last turn of a branch: what of the files the model was not given."""
    shown = visible(branch)
    asked = shown[-1]
    files = [each for turn in shown for each in turn.attachments if not each.seen]
    notes = [counted] if (counted := counted_in_files(asked.content, files)) else []
    whole = asks_of(asked.content) is not None
    facts = next((turn.facts for turn in reversed(shown) if turn.attachments and turn.facts.passages), None)
    if facts is not None and facts.passages_read < facts.passages:
        left = facts.passages - facts.passages_read
        said = f"Answered from {facts.passages_read} of {facts.passages} passages of the files; {left} were left out."
        notes.append(
            f"{said} The question seems to need all of them: what needs the whole was not counted."
            if whole
            else f"{said} They were chosen by the words of the question."
        )
    elif is_countable(branch):
        notes.append("The model was given all of the files, but models miscount: have every part read to be surer.")
    notes += [note for turn in shown if turn.role is Role.USER and turn.attachments for note in turn.facts.notes]
    return tuple(notes)


def small_notes(branch: Sequence[Turn], answerer: Answerer) -> tuple[str, ...]:
    """That the model is too small to be believed about the files of a branch, where it is."""
    if not 0 < answerer.parameters < SMALL or not any(turn.attachments for turn in visible(branch)):
        return ()
    return (
        f"{answerer.name} is too small for questions about documents ({answerer.parameters / 1e6:.0f} million parameters): "
        "believe what is quoted, not what it says. A model from 1 billion on does better.",
    )


def give_summaries(
    store: ConversationStore,
    branch: Sequence[Turn],
    settings: ChatSettings,
    answerer: Answerer,
    *,
    on_progress: Callable[[float, int], None] = lambda _done, _total: None,
    cancellation: Cancellation | None = None,
) -> None:
    """Give the model, in the place of the last files, what it wrote about each part of them. Every part is read.

    Args:
        on_progress: gets how many parts were read, the share of the one under way with them, of how many.
    """
    asked = branch[-1].content
    turn = files_turn(branch, sees=answerer.sees_pictures)
    if turn is None:
        return
    read = read_files(turn, sees=answerer.sees_pictures)
    parts = [(each, part) for each in read for part in _parts(each, answerer)]
    written: dict[int, list[str]] = {}
    for done, (each, part) in enumerate(parts):
        on_progress(done, len(parts))

        def under_way(share: float, done: int = done) -> None:
            on_progress(done + _READING * share, len(parts))

        wanted = (
            f"{part}\n\nSay in a few sentences what this part of {each.name} says about: {asked}"
            if asked.strip()
            else f"{part}\n\nSummarise this part of {each.name} in a few sentences."
        )
        said = answerer.answer(
            [Message("user", wanted)],
            replace(settings, max_tokens=_SUMMARY_TOKENS, schema=""),
            on_text=lambda _text: None,
            on_progress=under_way,
            cancellation=cancellation,
        )
        written.setdefault(each.id, []).append(said.text.strip())
    on_progress(len(parts), len(parts))
    for each in read:
        texts = written.get(each.id, [])
        store.give(each.id, "\n".join(f"Part {number} of {len(texts)}: {text}" for number, text in enumerate(texts, 1)))
    note = f"The model was given summaries of {len(parts)} parts of the files, written by itself, not the files."
    store.set_facts(turn.id, Facts(notes=(note,)))


def cover_older(
    store: ConversationStore,
    branch: Sequence[Turn],
    settings: ChatSettings,
    answerer: Answerer,
    *,
    summarise: bool,
    cancellation: Cancellation | None = None,
) -> Turn:
    """Let a note stand for the older turns of a branch: a summary that the model writes, or that they were left out.

    Returns the note, the new end of the branch. The turns themselves stay and can be read. Raises StillroomError where
    there is nothing old enough.
    """
    shown = [turn for turn in visible(branch) if turn.role is not Role.NOTE]
    old = shown[:-_KEPT_TURNS] if len(shown) > _KEPT_TURNS else shown[:-1]
    if not old:
        raise StillroomError(
            "There are no older turns to leave out. Shorten what you wrote, or choose a longer context."
        )
    text = f"{len(old)} earlier turns of this conversation are not given to the model any more."
    if summarise:
        text = next((turn.content for turn in reversed(branch) if turn.role is Role.NOTE), "")
        space = max(300, (answerer.context_tokens or 4096) - 2 * _SUMMARY_TOKENS - 100)
        # Part by part, each with the summary of those before it, so that every turn is read.
        for part in _joined([f"{turn.role}: {turn.content}" for turn in old], answerer, space):
            asked = f"{text}\n{part}\n\nSummarise this conversation so far in a few sentences, with every name, number and decision."
            said = answerer.answer(
                [Message("user", asked.strip())],
                replace(settings, max_tokens=_SUMMARY_TOKENS, schema=""),
                on_text=lambda _text: None,
                cancellation=cancellation,
            )
            text = f"Summary of {len(old)} earlier turns: {said.text.strip()}"
    files = ", ".join(each.name for turn in old for each in turn.attachments)
    if files:
        text += f"\n\nThe files of those turns are not given to the model any more: {files}."
    return store.add(
        Turn(
            id=0,
            conversation=branch[-1].conversation,
            parent=branch[-1].id,
            role=Role.NOTE,
            content=text,
            created=branch[-1].created,
            model=answerer.name if summarise else "",
            facts=Facts(covers=old[-1].id),
        )
    )


def _sought(branch: Sequence[Turn]) -> str:
    """The last question; one of few words ("and why?") with the one before it."""
    said = [turn.content for turn in branch if turn.role is Role.USER]
    few = sum(len(word) > _FEW_WORDS for word in said[-1].split()) < _FEW_WORDS
    return " ".join(said[-2:] if few else said[-1:])


def _written(passage: Passage, place: int) -> str:
    return f"[{place + 1}, page {passage.source.page}] {passage.text}"


def _parts(attachment: Attachment, answerer: Answerer) -> list[str]:
    """All of an attachment, in parts that fit into half of the context."""
    space = max(300, (answerer.context_tokens or 4096) // 2 - _SUMMARY_TOKENS)
    return _joined([passage.text for passage in passages_of(attachment)], answerer, space)


def _joined(texts: Sequence[str], answerer: Answerer, space: int) -> list[str]:
    """Texts in order, as few parts of at most ``room`` tokens as they make; a longer one is cut into several."""
    parts: list[str] = []
    size = 0
    waiting = list(texts)
    while waiting:
        text = waiting.pop(0)
        count = answerer.count_tokens([text])[0]
        if count > space and len(text) > 1:
            half = len(text) // 2
            waiting[:0] = [text[:half], text[half:]]
        elif parts and size + count <= space:
            parts[-1] += f"\n{text}"
            size += count
        else:
            parts.append(text)
            size = count
    return parts
