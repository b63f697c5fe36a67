"""What an earlier Stillroom wrote opens with everything in it.

The files in ``older`` were written by the code of commit ae4f51f: a home with runs, conversations, settings and remote engines, a
conversation that was exported, and what that code read back of all of it.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from stillroom.chat.conversation import Role, TurnState
from stillroom.chat.prompt_library import PromptLibrary
from stillroom.codec import from_plain, to_plain
from stillroom.documents.document import Box
from stillroom.engine.protocol import Adapter
from stillroom.extraction.result import DocumentStatus, FieldState, FieldValue, result_to_json
from stillroom.settings import (
    CONTEXT_TOKENS,
    KEEP_ON_DISK,
    MODEL,
    MONTHLY_CAP,
    READER_MEMORY,
    READER_SECONDS,
    SEALED,
    THREADS,
    Settings,
)
from stillroom.tuning.search import Tuning
from stillroom.workspace import Workspace

_OLDER = Path(__file__).parent / "older"
EXPECTED: dict[str, Any] = json.loads((_OLDER / "expected.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(_OLDER / "home", tmp_path / "older")
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "older"))


def as_then(found: Sequence[Any], then: list[dict[str, Any]]) -> list[Any]:
    """What was found as plain data, of the names there were then: a later Stillroom may know more."""
    data = json.loads(json.dumps([dataclasses.asdict(each) for each in found], default=_plain))
    return [_like(mine, theirs) for mine, theirs in zip(data, then, strict=True)]


def _like(mine: Any, theirs: Any) -> Any:
    if isinstance(theirs, dict) and isinstance(mine, dict):
        return {name: _like(mine[name], value) for name, value in theirs.items()}
    if isinstance(theirs, list) and isinstance(mine, list):
        return [_like(one, other) for one, other in zip(mine, theirs, strict=True)]
    return mine


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else value.hex() if isinstance(value, bytes) else str(value)


def test_settings_and_remote_engines() -> None:
    settings = Settings()
    assert settings.problems == []
    wanted = {
        MODEL: "some-model", THREADS: 3, CONTEXT_TOKENS: 4096, READER_SECONDS: 90, READER_MEMORY: 1024,
        KEEP_ON_DISK: True, SEALED: False, MONTHLY_CAP: 1250,
    }  # fmt: skip
    assert {setting.name: settings.get(setting) for setting in wanted} == {
        setting.name: value for setting, value in wanted.items()
    }
    with Workspace() as workspace:
        desk, office = workspace.remote.engines()
        assert (desk.title, desk.is_local) == ("desk: small", True)
        assert (office.host, office.seconds, office.in_flight, office.price_out) == ("models.example.org", 30, 2, 6.0)
        assert workspace.remote.monthly_cap == 12.5
    assert ("Letter", "Write a letter to {{name}} about {{what}}.") in [
        (each.title, each.text) for each in PromptLibrary().prompts()
    ]


def test_runs_with_every_value() -> None:
    with Workspace() as workspace:
        assert workspace.notices == ()
        records = workspace.store.runs()
        assert as_then(records, EXPECTED["runs"]) == EXPECTED["runs"]
        batch = workspace.runs.resume(records[0].id)
        documents = workspace.store.documents(batch.run_id)
        assert as_then(documents, EXPECTED["documents"]) == EXPECTED["documents"]
        assert batch.pending() == [2, 3]
        assert batch.template.fields
        first, failed, *_ = batch.results()
        assert first is not None
        assert failed is not None
        for result, position in ((first, "0"), (failed, "1")):
            then = EXPECTED["results"][position]
            assert _like(json.loads(json.dumps(result_to_json(result))), then) == then
        assert (first.status, failed.status) == (DocumentStatus.PARTIAL, DocumentStatus.FAILED)
        date = first.fields["date"]
        assert isinstance(date, FieldValue)
        assert (date.state, date.candidates[0].value, date.boxes[0]) == (
            FieldState.FOUND,
            "2024-05-03",
            Box(10.0, 20.0, 110.5, 32.25),
        )
        assert [each.characters for each in workspace.remote.log.newest()] == [420]
        assert as_then(workspace.remote.log.newest(), EXPECTED["sendings"]) == EXPECTED["sendings"]


def test_conversations_with_their_branches_and_files() -> None:
    with Workspace() as workspace:
        chats = workspace.chats
        found = chats.conversations()
        assert as_then(found, EXPECTED["conversations"]) == EXPECTED["conversations"]
        turns = chats.all_turns(found[0].id)
        assert as_then(turns, EXPECTED["turns"]) == EXPECTED["turns"]
        assert {str(turn): others for turn, others in chats.siblings(found[0].id).items()} == EXPECTED["siblings"]
        assert [hit.turn for hit in chats.search("total")] == EXPECTED["hits"]


def test_a_conversation_that_was_exported() -> None:
    with Workspace() as workspace:
        made = workspace.conversations.bring(_OLDER / "chat.json")
        turns = workspace.chats.all_turns(made.id)
        assert [turn.role for turn in turns] == [Role.USER, Role.ASSISTANT, Role.ASSISTANT, Role.NOTE]
        assert [turn.state for turn in turns[1:3]] == [TurnState.STOPPED, TurnState.FAILED]
        assert (made.title, made.settings.system, made.settings.sampling.top_k) == ("Bills", "Be brief.", 30)
        bill, shot = turns[0].attachments
        assert (bill.pages, bill.given) == (("Page one", "Page two"), "A summary.")
        assert shot.picture is not None
        assert (shot.picture.width, shot.picture.height) == (20, 10)
        assert turns[1].facts.notes == ("One page was left out.",)


def test_a_tuning_as_the_pipe_and_the_settings_write_it() -> None:
    tuning = from_plain(Tuning, EXPECTED["tuning"])
    assert tuning.options.adapters == (Adapter("/a.gguf", 0.5),)
    assert tuning.environment == (("OMP_WAIT_POLICY", "passive"),)
    assert _like(json.loads(json.dumps(to_plain(tuning))), EXPECTED["tuning"]) == EXPECTED["tuning"]
