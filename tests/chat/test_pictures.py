"""Pictures in conversations: seen where the model sees, else read to it and said; kept, exported and brought back."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from tests.chat.scripted_answerer import ScriptedAnswerer
from tests.documents.make_pictures import draw, encoded

from stillroom.chat import context
from stillroom.chat.conversation import Attachment, ChatSettings, Role, Turn
from stillroom.chat.session import ChatSession, read_attachment
from stillroom.chat.store import ConversationStore
from stillroom.chat.transfer import export, import_file
from stillroom.documents.reader_pool import ReaderPool
from stillroom.documents.seeing import Picture
from stillroom.engine.limits import LARGEST_PICTURE_SIDE
from stillroom.errors import DocumentError, StillroomError
from stillroom.storage.database import Database


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    file = tmp_path / "receipt.png"
    file.write_bytes(encoded(draw()))
    return file


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A picture without any text."""
    file = tmp_path / "sky.jpeg"
    file.write_bytes(encoded(Image.new("RGB", (400, 300), "skyblue"), "JPEG"))
    return file


def shown(
    readers: ReaderPool, path: Path, *, seen: bool = True, pages: tuple[str, ...] = ("Total 24.75",)
) -> Attachment:
    picture = readers.picture(path, LARGEST_PICTURE_SIDE)
    return Attachment(0, path.name, str(path), pages, 2, picture=picture, seen=seen, picture_tokens=picture.width // 10)


def test_a_picture_is_attached_to_be_seen_or_read(readers: ReaderPool, receipt: Path, plain: Path) -> None:
    pytest.importorskip("rapidocr")
    answerer = ScriptedAnswerer()
    (blind,) = read_attachment(readers, receipt, answerer)
    assert not blind.seen
    assert "24.75" in blind.text
    assert blind.picture is not None, "it can be shown all the same"
    with pytest.raises(DocumentError, match="No text was found"):
        read_attachment(readers, plain, answerer)
    answerer.sees_pictures = True
    (seen,) = read_attachment(readers, receipt, answerer)
    assert (seen.seen, seen.picture_tokens, seen.given_tokens) == (True, 64, 64)
    assert seen.text == blind.text, "a person may choose its text instead"
    (sky,) = read_attachment(readers, plain, answerer)
    assert sky.seen
    assert sky.pages == ()
    assert sky.picture is not None
    assert (sky.picture.width, sky.picture.height) == (400, 300)


def test_the_model_is_given_the_picture_or_its_text(
    store: ConversationStore, readers: ReaderPool, receipt: Path, answerer: ScriptedAnswerer
) -> None:
    file = shown(readers, receipt)
    assert file.picture is not None
    session = ChatSession(store, answerer)
    talk = store.create().id
    answerer.sees_pictures = True
    question = session.ask(talk, None, "What is due?", (file,))
    first = session.answer(question.id)
    (told,) = answerer.asked[-1]
    assert told.pictures == (file.picture.base64,)
    assert told.content == "What is due?"
    assert first.facts.notes == ()
    sees = session.budget(store.conversation(talk), question.id)
    assert sees.attachments == 64
    # Another model answers, which does not see: it gets the text, and the answer says so.
    answerer.sees_pictures = False
    again = session.answer(question.id)
    (told,) = answerer.asked[-1]
    assert told.pictures == ()
    assert "File: receipt.png\nTotal 24.75" in told.content
    assert "does not see pictures: it was given the text in receipt.png" in again.facts.notes[0]
    assert session.budget(store.conversation(talk), question.id).attachments == 2
    # The person chose the text.
    answerer.sees_pictures = True
    other = session.ask(talk, None, "And?", (replace(file, seen=False),))
    session.answer(other.id)
    assert answerer.asked[-1][0].pictures == ()
    store.give_text(question.id)
    assert not store.turn(question.id).attachments[0].seen


def test_a_picture_that_nobody_could_read_is_named_to_a_blind_model(
    store: ConversationStore, readers: ReaderPool, plain: Path, answerer: ScriptedAnswerer
) -> None:
    session = ChatSession(store, answerer)
    question = session.ask(store.create().id, None, "?", (shown(readers, plain, pages=()),))
    answer = session.answer(question.id)
    assert answer.facts.notes == ("The model that answers does not see pictures: it was given nothing of sky.jpeg.",)
    assert "sky.jpeg\n(a picture in which no text was found" in answerer.asked[-1][0].content


def test_too_many_pictures_are_said_and_nothing_is_left_out(
    store: ConversationStore, readers: ReaderPool, receipt: Path
) -> None:
    answerer = ScriptedAnswerer(limit=60)
    answerer.sees_pictures = True
    session = ChatSession(store, answerer)
    question = session.ask(store.create().id, None, "?", (shown(readers, receipt),))
    with pytest.raises(context.ContextFullError) as caught:
        session.answer(question.id)
    assert caught.value.budget.attachments == 64
    assert answerer.asked == []


def test_a_picture_is_there_after_a_restart_and_gone_with_its_turn(
    store: ConversationStore, database: Database, readers: ReaderPool, receipt: Path, tmp_path: Path
) -> None:
    file = shown(readers, receipt)
    talk = store.create("Pictures").id
    turn = store.add(Turn(0, talk, None, Role.USER, "Look", datetime.now(UTC), attachments=(file,)))
    receipt.unlink()
    with Database(tmp_path / "stillroom.sqlite") as again:
        (kept,) = ConversationStore(again).turn(turn.id).attachments
    assert kept.picture == file.picture
    assert kept.picture is not None
    assert file.picture is not None
    assert kept.picture.data == file.picture.data
    assert (kept.seen, kept.picture_tokens) == (True, 64)
    (copied,) = store.all_turns(store.duplicate(talk).id)[0].attachments
    assert copied.picture == file.picture
    store.delete_turn(turn.id)
    with database.reading() as connection:
        left = connection.execute("SELECT count(*) FROM attachments WHERE picture IS NOT NULL").fetchone()
    assert left == (1,)


def test_pictures_go_into_files_and_come_back(
    store: ConversationStore, readers: ReaderPool, receipt: Path, tmp_path: Path
) -> None:
    file = replace(shown(readers, receipt), name="a [receipt].png")
    assert file.picture is not None
    talk = store.create("Pictures").id
    store.add(Turn(0, talk, None, Role.USER, "Look", datetime.now(UTC), attachments=(file,)))
    for name in ("talk.json", "talk.md", "talk.html"):
        export(store, talk, tmp_path / name)
    address = f"data:image/png;base64,{file.picture.base64}"
    assert f"![a  receipt .png]({address})" in (tmp_path / "talk.md").read_text()
    assert f'src="{address}"' in (tmp_path / "talk.html").read_text()
    copy = import_file(store, tmp_path / "talk.json", readers)
    (back,) = store.branch(copy.leaf)[0].attachments
    assert back.picture is not None
    assert _pixels(back.picture) == _pixels(file.picture)
    assert (back.seen, back.picture_tokens, back.pages) == (True, 64, file.pages)


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"rubbish" * 9).decode(), "damaged"),
        (base64.b64encode(b"%PDF-1.4 no picture").decode(), "no picture"),
        ("no base64!", "no conversation"),
        (["a list"], "no conversation"),
    ],
    ids=["broken", "pdf", "no base64", "list"],
)
def test_a_hostile_picture_in_a_file_is_refused_and_nothing_stored(
    picture: object, sentence: str, store: ConversationStore, readers: ReaderPool, receipt: Path, tmp_path: Path
) -> None:
    talk = store.create("Pictures").id
    store.add(Turn(0, talk, None, Role.USER, "Look", datetime.now(UTC), attachments=(shown(readers, receipt),)))
    export(store, talk, tmp_path / "talk.json")
    data = json.loads((tmp_path / "talk.json").read_text())
    data["turns"][0]["attachments"][0]["picture"] = picture
    (tmp_path / "talk.json").write_text(json.dumps(data))
    with pytest.raises(StillroomError, match=sentence):
        import_file(store, tmp_path / "talk.json", readers)
    assert len(store.conversations()) == 1


def _pixels(picture: Picture) -> bytes:
    return Image.open(io.BytesIO(picture.data)).tobytes()


def test_passages_are_chosen_from_the_last_file_that_is_read_though_a_picture_came_after_it(
    store: ConversationStore, readers: ReaderPool, receipt: Path
) -> None:
    answerer = ScriptedAnswerer(limit=700)
    answerer.sees_pictures = True
    session = ChatSession(store, answerer)
    settings = ChatSettings(max_tokens=60)
    pages = tuple(f"Ship {number} lies in the harbour. " + "word " * 120 for number in range(8))
    talk = store.create(settings=settings)
    asked = session.ask(talk.id, None, "Where is ship 3?", (Attachment(0, "ships.txt", "", pages, 1_000),))
    looked = session.ask(talk.id, asked.id, "Where is ship 5, and what is due?", (shown(readers, receipt),))
    branch = store.branch(looked.id)
    sources = context.give_passages(store, branch, settings, answerer)
    assert {source.name for source in sources} == {"ships.txt"}
    assert 6 in {source.page for source in sources}
    assert store.turn(asked.id).attachments[0].given
    assert store.turn(looked.id).attachments[0].given == "", "what is seen is not cut"
    answer = session.answer(looked.id)
    assert answer.facts.sources == sources
    assert answerer.asked[-1][-1].pictures
    found = context.pictures_turn(branch)
    assert found is not None
    assert found.id == looked.id


def test_every_part_is_read_of_texts_and_it_is_said_that_pictures_were_not_looked_at(
    store: ConversationStore, readers: ReaderPool, receipt: Path
) -> None:
    answerer = ScriptedAnswerer('{"found": ["24.75"]}')
    answerer.sees_pictures = True
    session = ChatSession(store, answerer)
    question = session.ask(store.create().id, None, "List all amounts", (shown(readers, receipt),))
    assert not context.is_countable([question]), "it is seen at once"
    answer = session.read_every_part(question.id)
    assert "24.75" in answer.content
    assert answer.facts.notes[-1] == "The text in receipt.png was read; the pictures were not looked at."
    assert not any(message.pictures for asked in answerer.asked for message in asked)
