"""Questions about all of a document: recognised, answered from every passage, merged in code, and said to be so."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from tests.chat.scripted_answerer import ScriptedAnswerer

from stillroom.cancellation import Cancellation
from stillroom.chat import context
from stillroom.chat.conversation import Attachment, ChatSettings, Turn, TurnState
from stillroom.chat.every_part import Asks, asks_of, counted_in_files, items_of, located
from stillroom.chat.passages import Passage, halves, passages_of
from stillroom.chat.session import ChatSession
from stillroom.chat.store import ConversationStore


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How many invoices are there?", Asks.COUNT),
        ("how many rows does the table have", Asks.COUNT),
        ("What is the number of parties?", Asks.COUNT),
        ("Count the signatures.", Asks.COUNT),
        ("Wie viele Rechnungen sind es?", Asks.COUNT),
        ("Combien de factures ?", Asks.COUNT),
        ("List all parties.", Asks.LIST),
        ("Please list the suppliers", Asks.LIST),
        ("Give me a complete list of the dates", Asks.LIST),
        ("Name every person in this file", Asks.LIST),
        ("Which companies? All the companies mentioned.", Asks.LIST),
        ("What are the deadlines in this contract?", Asks.LIST),
        ("Nenne alle Firmen", Asks.LIST),
        ("What is the total of all invoices?", Asks.TOTAL),
        ("Add up the amounts, all of them together", Asks.TOTAL),
        ("Sum of the fees?", Asks.TOTAL),
        ("Was ist die Summe aller Beträge?", Asks.TOTAL),
        ("Summarise this contract", Asks.OTHER),
        ("What is the average price?", Asks.OTHER),
        ("Which is the largest amount in the file?", Asks.OTHER),
    ],
)
def test_questions_about_the_whole_are_recognised(question: str, asks: Asks) -> None:
    assert asks_of(question) is asks


@pytest.mark.parametrize(
    "question",
    [
        "When does the contract end?",
        "How many days' notice must be given?",
        "How many calendar months does it last?",
        "Who is the landlord?",
        "What does it say about the number 7?",
        "Is it allowed to sublet?",
        "What happens if the rent is late?",
        "What is the total?",  # of one receipt: it stands in one place
        "Is there a list price?",
        "Which law applies?",
    ],
)
def test_questions_about_one_place_are_not(question: str) -> None:
    assert asks_of(question) is None


def test_rows_pages_and_words_are_counted_in_the_file() -> None:
    file = Attachment(1, "a.csv", "a.csv", ("name,age\nAnn,3\n\nBob,4", "Cid,5"))
    assert "a.csv has 4 lines with text" in counted_in_files("How many rows are there?", [file])
    assert "a.csv has 2 pages" in counted_in_files("How many pages is it?", [file])
    assert "a.csv has 4 words" in counted_in_files("number of words?", [file])
    assert counted_in_files("How many people are there?", [file]) == ""
    assert counted_in_files("How many rows are there?", []) == ""


PAGES = tuple(
    f"The invoice INV-{n:03} of {name} is about {amount} EUR. " + "Nothing else is said here. " * 30
    for n, (name, amount) in enumerate(
        [("Acme Ltd", "100.00"), ("Blue Co", "1,250.50"), ("Acme Ltd", "100.00"), ("Cork & Sons", "9.50")]
    )
)


class ReadingAnswerer(ScriptedAnswerer):
    """Says of every part what a function finds in it."""

    def __init__(self, find: object) -> None:
        super().__init__(limit=500)
        self.find = find

    def answer(self, messages, settings: ChatSettings, **others):  # type: ignore[no-untyped-def]
        part = messages[-1].content.split("\n\nQuestion:")[0]
        self.texts = [json.dumps({"found": self.find(part)})]
        return super().answer(messages, settings, **others)


def asked(store: ConversationStore, session: ChatSession, question: str) -> Turn:
    talk = store.create(settings=ChatSettings(max_tokens=60))
    return session.ask(talk.id, None, question, (Attachment(0, "letters.pdf", "letters.pdf", PAGES),))


def companies(part: str) -> list[str]:
    return [name for name in ("Acme Ltd", "Blue Co", "Cork & Sons") if name in part]


def test_a_count_is_made_in_code_from_every_passage(store: ConversationStore) -> None:
    answerer = ReadingAnswerer(companies)
    session = ChatSession(store, answerer)
    question = asked(store, session, "How many companies are there?")
    told: list[tuple[int, int]] = []
    pieces: list[str] = []
    answer = session.read_every_part(
        question.id,
        on_piece=lambda _thinking, said: pieces.append(said),
        on_progress=lambda done, total: told.append((done, total)),
    )
    passages = passages_of(question.attachments[0])
    assert len(answerer.asked) == len(passages) == 4
    assert told == [(n, 4) for n in range(5)]
    assert answer.state is TurnState.COMPLETE
    assert answer.content.startswith("**3** different ones were found, named 4 times.")
    assert "| Acme Ltd | page 1, page 3 | [1] [2] |" in answer.content
    assert (answer.facts.passages_read, answer.facts.passages) == (4, 4)
    assert "All 4 of 4 passages were read" in answer.facts.notes[0]
    assert "- Blue Co (letters.pdf, page 2)\n" in pieces
    for source in answer.facts.sources:
        assert PAGES[source.page - 1][source.start : source.end] in ("Acme Ltd", "Blue Co", "Cork & Sons")


def test_a_sum_is_made_in_code_and_equal_amounts_are_not_one(store: ConversationStore) -> None:
    answerer = ReadingAnswerer(lambda part: [part.split(" about ")[1].split(" EUR")[0] + " EUR"])
    session = ChatSession(store, answerer)
    answer = session.read_every_part(asked(store, session, "What is the total of all invoices?").id)
    assert answer.content.startswith("**1,460.00 EUR**: the sum of 4 amounts.")


def test_what_does_not_stand_in_a_passage_is_left_out_and_said(store: ConversationStore) -> None:
    answerer = ReadingAnswerer(lambda part: [*companies(part), "Invented Inc", "Invented Inc"])
    session = ChatSession(store, answerer)
    answer = session.read_every_part(asked(store, session, "List all companies").id)
    assert "Invented" not in answer.content
    assert answer.content.startswith("3 things found, named 4 times:")
    assert any(note.startswith("8 things the model said") for note in answer.facts.notes)


def test_stopped_early_it_says_how_far_it_came(store: ConversationStore) -> None:
    answerer = ReadingAnswerer(companies)
    session = ChatSession(store, answerer)
    cancellation = Cancellation()

    def stop(done: int, _total: int) -> None:
        if done == 2:
            cancellation.request()

    question = asked(store, session, "How many companies?")
    answer = session.read_every_part(question.id, on_progress=stop, cancellation=cancellation)
    assert answer.state is TurnState.STOPPED
    assert answer.content.startswith("**2** different ones")
    assert answer.facts.notes[0].startswith("Only 2 of 4 passages were read")


def test_rows_need_no_model(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer()
    session = ChatSession(store, answerer)
    answer = session.read_every_part(asked(store, session, "How many pages are there?").id)
    assert "letters.pdf has 4 pages" in answer.content
    assert not answerer.asked


def test_an_answer_from_some_passages_says_that_the_whole_was_not_counted(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer(limit=500)
    session = ChatSession(store, answerer)
    question = asked(store, session, "How many companies are there?")
    settings = ChatSettings(max_tokens=60)
    context.give_passages(store, store.branch(question.id), settings, answerer)
    answer = session.answer(question.id)
    read = len(answer.facts.sources)
    assert 0 < read < 4
    assert f"Answered from {read} of 4 passages" in answer.facts.notes[0]
    assert "what needs the whole was not counted" in answer.facts.notes[0]


def test_a_question_that_is_edited_is_not_given_what_was_chosen_for_the_other_one(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer(limit=500)
    session = ChatSession(store, answerer)
    question = asked(store, session, "What about Blue?")
    context.give_passages(store, store.branch(question.id), ChatSettings(max_tokens=60), answerer)
    chosen = store.turn(question.id)
    assert chosen.attachments[0].given
    again = session.ask(chosen.conversation, chosen.parent, "And what about Cork?", chosen.attachments)
    assert store.turn(again.id).attachments[0].given == ""
    assert store.turn(question.id).attachments[0].given
    with pytest.raises(context.ContextFullError):
        ChatSession(store, ScriptedAnswerer(limit=330)).answer(again.id)


def test_what_was_left_out_is_known_passage_by_passage(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer(limit=500)
    session = ChatSession(store, answerer)
    question = asked(store, session, "What about Blue?")
    context.give_passages(store, store.branch(question.id), ChatSettings(max_tokens=60), answerer)
    answer = session.answer(question.id)
    out = context.left_out(store.branch(answer.id), answer.id)
    assert len(out) == answer.facts.passages - answer.facts.passages_read > 0
    assert not set(out) & set(answer.facts.sources)
    assert f"{len(out)} were left out" in answer.facts.notes[0]
    every = session.read_every_part(question.id)
    assert context.left_out(store.branch(every.id), every.id) == ()


def test_the_beginning_of_a_file_is_among_what_is_given(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer(limit=500)
    session = ChatSession(store, answerer)
    question = asked(store, session, "What about Cork then?")
    context.give_passages(store, store.branch(question.id), ChatSettings(max_tokens=60), answerer)
    pages = [source.page for source in session.answer(question.id).facts.sources]
    assert pages[0] == 1
    assert 4 in pages


def test_the_next_question_gets_passages_of_its_own(store: ConversationStore) -> None:
    answerer = ScriptedAnswerer(limit=330)
    session = ChatSession(store, answerer)
    question = asked(store, session, "What about Blue?")
    context.give_passages(store, store.branch(question.id), ChatSettings(max_tokens=60), answerer)
    first = session.answer(question.id)
    assert [source.page for source in first.facts.sources] == [2]
    second = session.answer(session.ask(first.conversation, first.id, "And what is said about Cork then?").id)
    assert 4 in [source.page for source in second.facts.sources]
    assert "Cork & Sons" in " ".join(message.content for message in answerer.asked[-1])
    assert second.facts.notes[0].startswith("Answered from")


def test_items_of_an_answer_that_was_cut() -> None:
    assert items_of('{"found": ["one", "two \\"x\\"", "thr') == ["one", 'two "x"']
    assert items_of('{"found": ["one", " ", 3]}') == ["one"]
    assert items_of("no JSON") == items_of("[1, 2]") == []


def test_the_same_text_twice_is_found_at_two_places() -> None:
    page = "Fee 5.00, fee  5.00 and\n5.00 EUR"
    passage = passages_of(Attachment(1, "x", "x", (page,)))[0]
    found = located(["fee 5.00", "Fee 5.00", "fee 5.00", "15"], passage, amounts_only=True)
    assert [(each.source.start, each.amount) for each in found] == [(0, Decimal("5.00")), (10, Decimal("5.00"))]


def test_a_long_passage_is_halved_between_words() -> None:
    text = "word " * 200
    passage = Passage(passages_of(Attachment(1, "x", "x", (text,)))[0].source, text.strip())
    left, right = halves(passage)
    assert text[left.source.start : left.source.end] == left.text
    assert text[right.source.start : right.source.end] == right.text
    assert left.text.split() + right.text.split() == text.split()
    assert halves(left)[0].text
    assert halves(Passage(passage.source, "short")) == ()
