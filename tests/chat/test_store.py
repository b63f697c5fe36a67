"""Conversations on disk: branches, search, undo, and what a kill leaves."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stillroom.chat.conversation import Attachment, ChatSettings, Facts, Role, Source, Turn, TurnState
from stillroom.chat.store import ConversationStore
from stillroom.chat.transfer import export, import_file
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.protocol import Sampling
from stillroom.errors import StillroomError
from stillroom.storage.database import Database
from stillroom.workspace import Workspace


def say(store: ConversationStore, conversation: int, parent: int | None, role: Role, text: str) -> int:
    return store.add(Turn(0, conversation, parent, role, text, datetime.now(UTC))).id


def test_branches_and_their_switch(store: ConversationStore) -> None:
    talk = store.create("Talk").id
    one = say(store, talk, None, Role.USER, "one")
    two = say(store, talk, one, Role.ASSISTANT, "two")
    other = say(store, talk, one, Role.ASSISTANT, "another two")
    three = say(store, talk, other, Role.USER, "three")
    assert [turn.content for turn in store.branch(store.conversation(talk).leaf)] == ["one", "another two", "three"]
    assert store.siblings(talk) == {two: [two, other], other: [two, other]}
    assert store.switch(two) == two
    assert store.switch(other) == three
    assert store.conversation(talk).leaf == three
    erased = store.delete_turn(other)
    assert [turn.content for turn in erased] == ["another two", "three"]
    assert [turn.content for turn in store.branch(store.conversation(talk).leaf)] == ["one", "two"]


def test_a_deleted_turn_comes_back_with_all_that_followed(store: ConversationStore) -> None:
    talk = store.create("Talk").id
    one = say(store, talk, None, Role.USER, "one")
    file = Attachment(0, "a.txt", "a.txt", ("a harbour",), 2, "the harbour")
    two = store.add(Turn(0, talk, one, Role.USER, "two", datetime.now(UTC), attachments=(file,)))
    source = Source(two.attachments[0].id, "a.txt", 1, 2, 9)
    facts = Facts(sources=(source,), passages_read=1, passages=3)
    three = store.add(Turn(0, talk, two.id, Role.ASSISTANT, "three", two.created, facts=facts))
    other = say(store, talk, two.id, Role.ASSISTANT, "three again")
    note = store.add(Turn(0, talk, other, Role.NOTE, "before", two.created, facts=Facts(covers=two.id)))
    shown = store.branch(note.id)
    erased = store.delete_turn(two.id)
    assert [turn.content for turn in store.branch(store.conversation(talk).leaf)] == ["one"]
    assert store.search("harbour") == store.search("three") == []
    say(store, talk, one, Role.USER, "meanwhile")  # takes a number that is free now
    end = store.put_back(erased, note.id)
    assert store.conversation(talk).leaf == end
    back = store.branch(end)
    assert [(turn.content, turn.created) for turn in back] == [(turn.content, turn.created) for turn in shown]
    assert back[1].attachments[0].given == "the harbour"
    assert back[3].facts.covers == back[1].id
    cited = next(turn for turn in store.all_turns(talk) if turn.content == three.content)
    assert cited.facts.sources[0].attachment == back[1].attachments[0].id
    assert cited.facts.passages == 3
    assert {hit.turn for hit in store.search("three")} == {cited.id, back[2].id}
    assert len(store.siblings(talk)[back[1].id]) == 2


@pytest.mark.parametrize("how", ["duplicate", "file"])
def test_a_copy_cites_its_own_files(store: ConversationStore, readers: ReaderPool, tmp_path: Path, how: str) -> None:
    talk = store.create("Talk").id
    file = Attachment(0, "a.txt", "a.txt", ("a harbour",), 2)
    one = store.add(Turn(0, talk, None, Role.USER, "one", datetime(2020, 1, 1, tzinfo=UTC), attachments=(file,)))
    source = Source(one.attachments[0].id, "a.txt", 1, 2, 9)
    two = store.add(Turn(0, talk, one.id, Role.ASSISTANT, "two", one.created, facts=Facts(sources=(source,))))
    store.add(Turn(0, talk, two.id, Role.NOTE, "earlier", one.created, facts=Facts(covers=one.id)))
    if how == "file":
        export(store, talk, tmp_path / "talk.json")
        copy = import_file(store, tmp_path / "talk.json", readers)
    else:
        copy = store.duplicate(talk)
    first, second, note = store.branch(copy.leaf)
    assert first.id != one.id
    assert second.facts.sources[0].attachment == first.attachments[0].id
    assert note.facts.covers == first.id
    assert first.created == one.created


def test_the_list_is_ordered_and_deleting_can_be_undone(store: ConversationStore) -> None:
    numbers = [store.create(title).id for title in ("a", "b", "c")]
    store.pin(numbers[0], True)
    store.rename(numbers[1], "bee")
    time.sleep(0.002)  # the store counts in milliseconds
    say(store, numbers[1], None, Role.USER, "words of bee")
    assert [talk.title for talk in store.conversations()] == ["a", "bee", "c"]
    store.delete(numbers[1])
    assert [talk.title for talk in store.conversations()] == ["a", "c"]
    assert store.search("bee") == []
    store.restore(numbers[1])
    assert len(store.search("bee")) == 1
    store.delete(numbers[1])
    store.erase_deleted()
    assert store.search("words") == []
    with pytest.raises(StillroomError, match="not there"):
        store.conversation(numbers[1])


def test_search_finds_all_words_the_last_as_a_beginning(store: ConversationStore) -> None:
    talk = store.create("Harbour").id
    turn = say(store, talk, None, Role.USER, "The harbour master signs Ümlaut forms on Monday")
    say(store, talk, turn, Role.ASSISTANT, "nothing to do with it")
    (hit,) = store.search("harb mast".replace("harb", "harbour"))
    assert (hit.turn, hit.title) == (turn, "Harbour")
    assert "\x02harbour\x03" in hit.snippet
    assert store.search("master tuesday") == []
    assert store.search('"; DROP') == []
    store.save_answer(turn, "quite another text", "", TurnState.COMPLETE)
    assert store.search("harbour") == []


def test_settings_and_drafts_are_kept(store: ConversationStore) -> None:
    talk = store.create().id
    settings = ChatSettings(system="Be short.", sampling=Sampling(temperature=0.1, seed=7), schema='{"type":"object"}')
    store.set_settings(talk, settings)
    store.set_draft(talk, "half a sent")
    found = store.conversation(talk)
    assert found.settings == settings
    assert found.draft == "half a sent"


def test_what_a_killed_process_was_writing_is_there_and_marked(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from datetime import UTC, datetime;"
        "from stillroom.storage.database import Database; from stillroom.chat.store import ConversationStore;"
        "from stillroom.chat.conversation import *;"
        "store = ConversationStore(Database(Path(sys.argv[1]))); talk = store.create('t').id;"
        "turn = store.add(Turn(0, talk, None, Role.ASSISTANT, '', datetime.now(UTC), state=TurnState.STREAMING));"
        "store.save_answer(turn.id, 'half an ans', 'hm', TurnState.STREAMING); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "s.sqlite")], timeout=60, check=False)
    assert done.returncode != 0
    with Database(tmp_path / "s.sqlite") as database:
        store = ConversationStore(database)
        (talk,) = store.conversations()
        (turn,) = store.branch(talk.leaf)
        assert (turn.content, turn.thinking, turn.state) == ("half an ans", "hm", TurnState.INTERRUPTED)


def test_an_answer_of_a_living_process_is_left_alone(store: ConversationStore, database: Database) -> None:
    talk = store.create().id
    turn = store.add(Turn(0, talk, None, Role.ASSISTANT, "", datetime.now(UTC), state=TurnState.STREAMING)).id
    with database.transaction() as connection:
        connection.execute("UPDATE turns SET process = 1 WHERE id = ?", (turn,))
    assert ConversationStore(database).turn(turn).state is TurnState.STREAMING


def test_json_brings_everything_back(store: ConversationStore, readers: ReaderPool, tmp_path: Path) -> None:
    talk = store.create("Sums | of *things*", ChatSettings(system="Count.")).id
    file = Attachment(0, "a.txt", "a.txt", ("page one", "page two"), 4)
    one = store.add(Turn(0, talk, None, Role.USER, "How many?", datetime.now(UTC), attachments=(file,))).id
    two = say(store, talk, one, Role.ASSISTANT, "| a | b |\n|---|---|\n| 1 | <b>2</b> |")
    say(store, talk, one, Role.ASSISTANT, "Three.")
    store.switch(two)
    for name in ("talk.json", "talk.md", "talk.html"):
        export(store, talk, tmp_path / name)
    copy = import_file(store, tmp_path / "talk.json", readers)
    assert copy.id != talk
    assert copy.settings.system == "Count."
    assert [(t.role, t.content) for t in store.branch(copy.leaf)] == [(t.role, t.content) for t in store.branch(two)]
    assert store.branch(copy.leaf)[0].attachments[0].pages == ("page one", "page two")
    assert len(store.all_turns(copy.id)) == 3
    assert "How many?" in (tmp_path / "talk.md").read_text()
    page = (tmp_path / "talk.html").read_text()
    assert "<table>" in page
    assert "<b>2</b>" not in page
    assert len(store.all_turns(store.duplicate(talk).id)) == 3
    before = len(store.conversations())
    (tmp_path / "no.json").write_text('{"format": "something else"}')
    with pytest.raises(StillroomError, match="no conversation"):
        import_file(store, tmp_path / "no.json", readers)
    with pytest.raises(StillroomError, match="endings"):
        export(store, talk, tmp_path / "talk.docx")
    assert len(store.conversations()) == before


def test_the_bin_holds_what_was_deleted_until_it_is_erased(store: ConversationStore) -> None:
    kept, gone, other = (store.create(title).id for title in ("kept", "gone", "other"))
    say(store, gone, None, Role.USER, "a harbour")
    for number in (gone, other):
        store.delete(number)
    assert {talk.title for talk in store.bin()} == {"gone", "other"}
    assert all(talk.deleted is not None for talk in store.bin())
    store.erase(kept)
    assert [talk.id for talk in store.conversations()] == [kept], "only what is in the bin is erased"
    store.restore(gone)
    assert [turn.content for turn in store.all_turns(gone)] == ["a harbour"]
    store.erase(other)
    assert store.bin() == []


def test_what_was_deleted_is_kept_for_thirty_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    with Workspace() as workspace:
        ages = {workspace.chats.create(str(days)).id: days for days in (29, 31)}
        with workspace.database.transaction() as connection:
            for number, days in ages.items():
                moment = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")
                connection.execute("UPDATE conversations SET deleted = ? WHERE id = ?", (moment, number))
    with Workspace() as workspace:
        assert [talk.title for talk in workspace.chats.bin()] == ["29"]
