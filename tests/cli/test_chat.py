"""``stillroom chat`` with files that do not fit: nothing is done unasked, and what was chosen is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.chat.scripted_answerer import ScriptedAnswerer

from stillroom.chat.conversation import Attachment, ChatSettings
from stillroom.cli import DONE
from stillroom.cli.chat import _turn
from stillroom.errors import StillroomError
from stillroom.workspace import Workspace
from stillroom.workspace.conversations import WhenFull

PAGES = tuple(f"Letter {n} is from Acme Ltd about goods. " + "word " * 150 for n in range(6))


def ask(folder: Path, choice: str, *texts: str) -> tuple[int, ScriptedAnswerer]:
    with Workspace(database=folder / "chats.sqlite") as workspace:
        answerer = ScriptedAnswerer(*texts, limit=500)
        workspace.conversations.answerer = lambda _engine=None: answerer  # type: ignore[method-assign]
        talk = workspace.chats.create(settings=ChatSettings(max_tokens=60))
        file = Attachment(0, "letters.txt", "letters.txt", PAGES)
        return _turn(workspace, talk.id, None, "How many companies are there?", (file,), WhenFull(choice))[0], answerer


def test_nothing_is_done_unasked(tmp_path: Path) -> None:
    with pytest.raises(StillroomError, match="--when-full"):
        ask(tmp_path, "ask")


def test_every_part_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, answerer = ask(tmp_path, "every-part", *[json.dumps({"found": ["Acme Ltd"]})] * 6)
    assert status == DONE
    assert len(answerer.asked) == 6
    said = capsys.readouterr()
    assert "**1** was found, named 6 times." in said.out
    assert "All 6 of 6 passages were read" in said.err
    assert "3 of 6 passages were read" in said.err


@pytest.mark.parametrize(("choice", "note"), [("passages", "passages of the files"), ("summaries", "summaries of")])
def test_passages_and_summaries(tmp_path: Path, capsys: pytest.CaptureFixture[str], choice: str, note: str) -> None:
    assert ask(tmp_path, choice)[0] == DONE
    assert note in capsys.readouterr().err
