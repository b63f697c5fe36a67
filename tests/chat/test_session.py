"""Turns put to an answerer: stored while they are written, stopped, failed, continued; and what does not fit."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from tests.chat.scripted_answerer import ScriptedAnswerer

from stillroom.cancellation import Cancellation
from stillroom.chat import context
from stillroom.chat.conversation import Attachment, ChatSettings, Role, Turn, TurnState
from stillroom.chat.session import ChatSession, title_of, usable_title
from stillroom.chat.store import ConversationStore
from stillroom.errors import StillroomError


def test_a_turn_is_answered_and_stored(store: ConversationStore, answerer: ScriptedAnswerer) -> None:
    answerer.texts = ["<think>hm</think>It is **blue**."]
    session, pieces = ChatSession(store, answerer), []
    talk = store.create(settings=ChatSettings(system="Be short."))
    question = session.ask(talk.id, None, "What colour is the sky over the harbour at noon in June?")
    answer = session.answer(question.id, on_piece=lambda thinking, said: pieces.append((thinking, said)))
    assert (answer.content, answer.thinking, answer.state) == ("It is **blue**.", "hm", TurnState.COMPLETE)
    assert "".join(said for _, said in pieces) == answer.content
    assert answer.facts.tokens == 3
    assert store.conversation(talk.id).title == "What colour is the sky over the…"
    again = session.answer(question.id)
    assert store.siblings(talk.id)[again.id] == [answer.id, again.id]
    session.answer(session.ask(talk.id, answer.id, "Sure?").id)
    assert [message.content for message in answerer.asked[-1]] == [
        "Be short.", question.content, "It is **blue**.", "Sure?",
    ]  # fmt: skip


def test_answered_again_the_words_may_be_others(store: ConversationStore, answerer: ScriptedAnswerer) -> None:
    session = ChatSession(store, answerer)
    question = session.ask(store.create().id, None, "Name a colour.")
    first = session.answer(question.id)
    session.answer(question.id)
    session.go_on(first.id)
    assert [settings.sampling.seed for settings in answerer.settings] == [0, 1, 0]


def test_a_stopped_answer_is_kept_and_can_go_on(store: ConversationStore, answerer: ScriptedAnswerer) -> None:
    answerer.texts = ["One two three", " four"]
    session, cancellation, written = ChatSession(store, answerer), Cancellation(), []

    def note(_thinking: str, said: str) -> None:
        written.append(said)
        if len(written) == 7:
            cancellation.request()

    talk = store.create()
    question = session.ask(talk.id, None, "Count.")
    answer = session.answer(question.id, on_piece=note, cancellation=cancellation)
    assert (answer.content, answer.state) == ("One two", TurnState.STOPPED)
    whole = session.go_on(answer.id)
    assert (whole.content, whole.state) == ("One two four", TurnState.COMPLETE)
    assert answerer.begun == ["", "One two"]


def test_an_answer_held_to_fields_does_not_go_on_without_them(
    store: ConversationStore, answerer: ScriptedAnswerer
) -> None:
    session = ChatSession(store, answerer)
    talk = store.create(settings=ChatSettings(schema='{"type": "object"}'))
    answerer.texts = ['{"seller": "Nor']
    answer = session.answer(session.ask(talk.id, None, "Who sold it?").id)
    with pytest.raises(StillroomError, match="held to fields"):
        session.go_on(answer.id)
    assert store.turn(answer.id) == answer


def test_a_failure_is_on_the_turn_with_what_there_was(store: ConversationStore, answerer: ScriptedAnswerer) -> None:
    answerer.texts, answerer.fails = ["Half"], "The engine crashed."
    session = ChatSession(store, answerer)
    answer = session.answer(session.ask(store.create().id, None, "Go.").id)
    assert (answer.content, answer.state, answer.error) == ("Half", TurnState.FAILED, "The engine crashed.")


def test_what_is_written_is_on_disk_meanwhile(
    store: ConversationStore, answerer: ScriptedAnswerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.chat.session.SAVE_SECONDS", 0.0)
    answerer.texts = ["abcdef"]
    session = ChatSession(store, answerer)
    talk = store.create()
    question = session.ask(talk.id, None, "Go.")
    seen: list[str] = []

    def stored() -> str:
        return store.branch(store.conversation(talk.id).leaf)[-1].content

    def wait(_thinking: str, _said: str) -> None:
        deadline = time.monotonic() + 5
        while len(stored()) < len(seen) and time.monotonic() < deadline:
            time.sleep(0.005)
        seen.append(stored())

    session.answer(question.id, on_piece=wait)
    assert all(len(there) >= place and "abcdef".startswith(there) for place, there in enumerate(seen)), seen


def attached(store: ConversationStore, session: ChatSession, question: str, pages: tuple[str, ...]) -> Turn:
    return session.ask(store.create().id, None, question, (Attachment(0, "file.txt", "file.txt", pages),))


PAGES = tuple(
    f"Page {n}. The contract of number {n} concerns goods of kind {n * 7}. " + "word " * 120 for n in range(12)
)


def test_what_does_not_fit_is_never_cut(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer(limit=700)
    session = ChatSession(store, answerer)
    turn = attached(store, session, "What is number 5 about?", PAGES)
    store.set_settings(turn.conversation, ChatSettings(max_tokens=100))
    with pytest.raises(context.ContextFullError, match="Nothing was left out") as failure:
        session.answer(turn.id)
    assert failure.value.budget.attachments > 1500
    assert answerer.asked == []
    settings = store.conversation(turn.conversation).settings
    sources = context.give_passages(store, store.branch(turn.id), settings, answerer)
    assert 0 < len(sources) < 12
    assert any(source.page == 6 for source in sources), "the page that holds the words of the question"
    answer = session.answer(turn.id)
    sent = answerer.asked[-1][-1].content
    assert "number 5 concerns" in sent
    assert answer.facts.sources == sources
    assert "left out" in answer.facts.notes[0]
    page = PAGES[sources[0].page - 1]
    assert page[sources[0].start : sources[0].end].strip() in sent


def test_summaries_read_every_part(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer(*(f"Said {n}." for n in range(30)), limit=900)
    session = ChatSession(store, answerer)
    turn = attached(store, session, "", PAGES)
    told: list[tuple[int, int]] = []
    context.give_summaries(
        store,
        store.branch(turn.id),
        ChatSettings(),
        answerer,
        on_progress=lambda done, total: told.append((done, total)),
    )
    read = "".join(messages[0].content for messages in answerer.asked)
    assert all(f"The contract of number {n} concerns" in read for n in range(12))
    assert told[-1][0] == told[-1][1] == len(answerer.asked)
    assert 0 < told[1][0] < 1  # of the first part
    given = store.turn(turn.id).attachments[0].given
    assert f"Part {len(answerer.asked)} of {len(answerer.asked)}: Said" in given


@pytest.mark.parametrize("summarise", [True, False])
def test_older_turns_give_way_to_a_note_and_stay_readable(store: ConversationStore, summarise: bool) -> None:
    answerer = ScriptedAnswerer(limit=5000)
    session = ChatSession(store, answerer)
    talk = store.create()
    leaf: int | None = None
    for number in range(8):
        answerer.texts = [f"answer {number}"]
        file = (Attachment(0, "plan.pdf", "plan.pdf", ("The harbour.",)),) if number == 1 else ()
        leaf = session.answer(session.ask(talk.id, leaf, f"question {number}", file).id).id
    answerer.texts = ["They counted."]
    asked = len(answerer.asked)
    note = context.cover_older(store, store.branch(leaf), talk.settings, answerer, summarise=summarise)
    assert note.role is Role.NOTE
    assert ("They counted." in note.content) is summarise
    assert "not given to the model any more: plan.pdf" in note.content
    if summarise:
        assert "question 0" in answerer.asked[asked][0].content
    last = session.ask(talk.id, note.id, "And now?")
    session.answer(last.id)
    sent = " ".join(message.content for message in answerer.asked[-1])
    assert "question 0" not in sent
    assert "question 7" in sent
    assert note.content in sent
    assert len(store.branch(last.id)) == 18


def test_the_meter_counts_what_is_sent(answerer: ScriptedAnswerer) -> None:
    settings = ChatSettings(system="one two", max_tokens=10)
    branch = [
        Turn(1, 1, None, Role.USER, "a b c", datetime.now(UTC)),
        Turn(2, 1, 1, Role.ASSISTANT, "d e", datetime.now(UTC)),
        Turn(3, 1, 2, Role.USER, "f", datetime.now(UTC), attachments=(Attachment(1, "x", "x", ("g h i j",)),)),
    ]
    found = context.budget(branch, settings, answerer)
    assert (found.system, found.history, found.attachments, found.question) == (10, 21, 4, 9)
    assert found.over == 0


def test_the_model_names_a_conversation_once(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer("Rent is due on the first.", '"Rent and its due date."', "Something else")
    session = ChatSession(store, answerer)
    talk = store.create()
    question = session.ask(talk.id, None, "When is the rent due, and what happens when it is late by a week?")
    assert session.retitle(talk.id) == title_of(question)  # nothing was answered yet
    assert not answerer.asked
    session.answer(question.id)
    assert session.retitle(talk.id) == "Rent and its due date"
    assert store.conversation(talk.id).title == "Rent and its due date"
    assert session.retitle(talk.id) == "Rent and its due date"
    assert len(answerer.asked) == 2


def test_a_title_a_person_gave_stays(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer("Yes.", "Rent due date")
    session = ChatSession(store, answerer)
    talk = store.create()
    session.answer(session.ask(talk.id, None, "Is the rent due?").id)
    store.rename(talk.id, "Mine")
    assert session.retitle(talk.id) == "Mine"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Title: Rent due date", "Rent due date"),
        ("<think>hm</think>\n**Rent due date**", "Rent due date"),
        ("The quick brown fox", ""),  # says nothing of what was written
        ("I", ""),
        ("rent due date and a great many more words than a title has", ""),
        ("", ""),
    ],
)
def test_only_a_title_that_says_something_of_the_text_is_taken(written: str, title: str) -> None:
    assert usable_title(written, "When is the rent due? The due date of the rent is the first.") == title


def test_a_slow_disk_does_not_hold_up_what_is_read(store: ConversationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ChatSession(store, ScriptedAnswerer("ten words"))
    asked = session.ask(store.create().id, None, "?")
    real, saving, read = store.save_answer, threading.Event(), threading.Event()

    def slow(number: int, content: str, thinking: str, state: TurnState, **others: object) -> None:
        if state is TurnState.STREAMING:
            saving.set()
            assert read.wait(30), "the answer was held up by the disk"
        real(number, content, thinking, state, **others)

    monkeypatch.setattr(store, "save_answer", slow)
    pieces: list[str] = []

    def show(_thinking: str, said: str) -> None:
        pieces.append(said)
        if len(pieces) == 2:
            assert saving.wait(30), "what was written is saved while the rest is written"
        if "".join(pieces) == "ten words":
            read.set()

    answer = session.answer(asked.id, on_piece=show)
    assert answer.state is TurnState.COMPLETE
    assert store.turn(answer.id).content == "ten words"


def test_an_answer_about_files_is_held_against_them(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer("The rent is 1250 EUR a month, and 99 EUR for water.", "It is 1250.")
    session = ChatSession(store, answerer)
    pages = ("The rent is 1,250.00 EUR a month.\nWater is included.", "Signed by Anna Berg.")
    turn = attached(store, session, "What is the rent?", pages)
    answer = session.answer(turn.id)
    assert answer.facts.unfounded == ("99",)
    assert "99" in answer.facts.remarks[0]
    (quote,) = answer.facts.quotes
    assert pages[quote.page - 1][quote.start : quote.end] == "The rent is 1,250.00 EUR a month."
    copied = store.branch(store.duplicate(turn.conversation).leaf)
    assert copied[1].facts.quotes[0].attachment == copied[0].attachments[0].id, "a copy quotes its own files"
    again = session.ask(turn.conversation, answer.id, "And again?")
    assert session.answer(again.id).facts.unfounded == (), "files of earlier turns count"


def test_a_small_model_says_so_where_files_are_asked_about(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer(*["Yes."] * 3)
    session = ChatSession(store, answerer)
    turn = attached(store, session, "What is the rent?", ("The rent is high.",))
    for parameters, small in ((135_000_000, True), (3_000_000_000, False), (0, False)):
        answerer.parameters = parameters
        assert any("too small" in note for note in session.answer(turn.id).facts.notes) is small
