"""A workspace without a front end: what it opens, which model it takes, and a whole session, also through the command line."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest
from tests.remote.openai_server import OpenAiServer

from stillroom import paths
from stillroom.chat.conversation import TurnState
from stillroom.cli import main
from stillroom.engine import engine as engine_module
from stillroom.engine.protocol import LEAST_CONTEXT_TOKENS, LoadOptions
from stillroom.errors import EngineError, StillroomError
from stillroom.extraction.result import DocumentStatus, FieldState, FieldValue
from stillroom.models.model_file import STARTER_NAME
from stillroom.remote.engines import RemoteEngine
from stillroom.settings import CONTEXT_TOKENS, MODEL, READER_MEMORY, READER_SECONDS, THREADS, Settings
from stillroom.workspace import Workspace
from stillroom.workspace.remote_models import Consent, RowToSend

_WORKER = Path(__file__).parents[1] / "engine" / "fake_worker.py"
_TEMPLATE = """
name = "note"
version = 1
title = "Note"
description = "A note."
[[fields]]
name = "day"
type = "date"
description = "the day"
[[fields]]
name = "total"
type = "money"
description = "the sum"
"""


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two models of the fake worker's, and a folder to work in."""
    monkeypatch.setattr(engine_module, "child_command", lambda _: [sys.executable, str(_WORKER)])
    paths.models_dir().mkdir(parents=True)
    for name in (STARTER_NAME, "other.gguf"):
        (paths.models_dir() / name).write_bytes(b"GGUF")
    (tmp_path / "note.toml").write_text(_TEMPLATE, "utf-8")
    monkeypatch.chdir(tmp_path)
    return paths.models_dir()


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace() as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(lambda _body: '{"day": "2024-03-02", "total": "7.50"}') as started:
        yield started


def note(name: str, day: int) -> Path:
    file = Path(name)
    file.write_text(f"Corner shop\nDate 2024-03-{day:02}\nTotal {day}.50 EUR\n", "utf-8")
    return file


def letter_with_a_bill() -> Path:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Our bill", "a@example.org", "b@example.org"
    message.set_content("See what is attached.")
    message.add_attachment("Date 2024-03-02\nTotal 7.50 EUR\n", filename="bill.txt")
    Path("letter.eml").write_bytes(message.as_bytes())
    return Path("letter.eml")


# ---- what is opened


def test_opening_starts_nothing_and_closing_leaves_nothing() -> None:
    order: list[str] = []
    with Workspace() as opened:
        assert not paths.database_file().exists()
        opened.at_end.append(lambda: order.append("kept" if opened.database.path.exists() else "too late"))
        opened.models.load(opened.models.plan())
        opened.readers.read(note("a.txt", 1))
        children = [psutil.Process(number) for number in opened.readers.process_ids]
    assert order == ["kept"]
    psutil.wait_procs(children, timeout=5)
    assert not any(child.is_running() for child in children)
    with pytest.raises(StillroomError):
        opened.models.load(opened.models.plan())
    opened.close()


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process can be read there")
def test_readers_are_held_to_the_limits_of_the_settings() -> None:
    settings = Settings()
    settings.set(READER_MEMORY, 700)
    settings.set(READER_SECONDS, 7)
    with Workspace(settings) as opened:
        opened.readers.read(note("a.txt", 1))
        (number,) = opened.readers.process_ids
        assert psutil.Process(number).rlimit(psutil.RLIMIT_AS)[0] == 700 << 20
        assert opened.readers._seconds == 7


def test_what_a_killed_process_was_writing_is_cleared_away_at_the_next_start() -> None:
    killed = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = [
        folder / "inside" / f".stillroom-{int(killed.stdout)}-{'a' * 12}.tmp"
        for folder in (paths.data_dir(), paths.config_dir(), paths.cache_dir())
    ]
    for path in left:
        path.parent.mkdir(parents=True)
        path.touch()
    with Workspace() as opened:
        assert opened.database
    assert [path for path in left if path.exists()] == []


# ---- which model


def test_one_plan_says_all_of_a_model(workspace: Workspace) -> None:
    workspace.settings.set(CONTEXT_TOKENS, 1024)
    workspace.settings.set(THREADS, 2)
    for name in ("other", "OTHER.gguf", str(paths.models_dir() / "other.gguf")):
        plan = workspace.models.plan(name)
        assert (plan.asked.name, plan.model.name) == ("other", "other")
        assert (plan.adapters, plan.projector, plan.notices) == ((), None, ())
        assert (plan.options.context_tokens, plan.options.threads_prompt) == (1024, 2)
    assert workspace.models.plan("other", context_tokens=512).options.context_tokens == 512
    assert workspace.models.load(plan).options.context_tokens == 1024


def test_a_context_too_short_to_work_with_is_a_sentence_and_no_crash(workspace: Workspace) -> None:
    """llama.cpp ends the process where a context has fewer cells than sequences, and the file was blamed for it."""
    for tokens in (1, LEAST_CONTEXT_TOKENS - 1, -1):
        with pytest.raises(EngineError, match=rf"A context of {tokens} tokens is too short .* at least 512"):
            workspace.models.plan("other", context_tokens=tokens)


def test_the_usual_model_is_the_chosen_one_else_the_starter(workspace: Workspace) -> None:
    assert workspace.models.plan().asked.starter
    workspace.models.use_as_usual(workspace.models.find("other"))
    assert workspace.models.plan().asked.name == "other"
    (paths.models_dir() / "other.gguf").unlink()
    plan = workspace.models.plan()
    assert plan.asked.starter
    assert "is not here any more" in plan.missing
    with pytest.raises(StillroomError, match="There is no model"):
        workspace.models.plan("other")  # who names one does not get another


def test_a_usual_model_that_is_gone_is_said_by_every_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    Settings().set(MODEL, "gone.gguf")
    for command in (
        ["extract", "--template", "note.toml", str(note("a.txt", 1))],
        ["chat", "Hello"],
        ["models", "bench"],
    ):
        assert main(command) == 0
        assert "The usual model (gone.gguf) is not here any more" in capsys.readouterr().err


def test_a_chat_keeps_to_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[LoadOptions] = []
    settings = Settings()
    settings.set(CONTEXT_TOKENS, 1536)
    settings.set(THREADS, 2)
    load = engine_module.Engine.load

    def noted(engine: engine_module.Engine, *arguments: object, **named: object) -> object:
        info = load(engine, *arguments, **named)  # type: ignore[arg-type]
        loaded.append(info.options)
        return info

    monkeypatch.setattr(engine_module.Engine, "load", noted)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["chat", "Hello"]) == 0
    assert [(options.context_tokens, options.threads_prompt) for options in loaded] == [(1536, 2)]


# ---- asking a remote model


def test_a_remote_model_is_asked_about_an_attachment_as_about_a_file(
    workspace: Workspace, server: OpenAiServer
) -> None:
    template = workspace.templates.find("note.toml")
    office = RemoteEngine("office", server.address, "tiny", seconds=10)
    workspace.remote.add(office)
    workspace.models.load(workspace.models.plan())
    batch = workspace.runs.new(template, [letter_with_a_bill()], workspace.engine.status().model)
    workspace.runs.do(batch)
    assert [file.name for file in batch.files] == ["letter.eml", "letter.eml › bill.txt"]
    before = batch.results()[1]
    document = workspace.runs.document(batch.run_id, 1)
    shown = workspace.remote.preview(document, template, office)
    assert "Total 7.50 EUR" in shown.text
    assert "See what is attached" not in shown.text
    row = RowToSend(batch.run_id, 1, str(batch.files[1]), before)
    sent = workspace.remote.send(Consent(office, template, (row,)))
    assert (sent.answered, sent.failures) == (1, ())
    asked = [message["content"] for message in server.requests[0]["messages"]]
    assert asked == [message.content for message in shown.messages]
    kept = workspace.runs.resume(batch.run_id).results()[1]
    assert kept is not None
    assert kept.model_name == "office: tiny"
    total = kept.fields["total"]
    assert isinstance(total, FieldValue)
    assert total.state is FieldState.FOUND
    assert [each.what for each in workspace.remote.log.newest()] == ["extraction"]


def test_a_row_that_was_not_answered_stays_and_the_limit_holds(workspace: Workspace, server: OpenAiServer) -> None:
    template = workspace.templates.find("note.toml")
    dear = RemoteEngine("dear", server.address, "tiny", seconds=10, in_flight=1, price_in=1e9)
    batch = workspace.runs.new_remote(template, [note("a.txt", 1)], dear)
    sent = workspace.remote.send(Consent(dear, template, (RowToSend(batch.run_id, 0, "a.txt"),)))
    ((place, sentence),) = sent.failures
    assert (sent.answered, place) == (0, 0)
    assert "limit" in sentence
    assert server.requests == []
    assert batch.pending() == [0]


# ---- a whole session


def test_a_session_without_a_window(workspace: Workspace, server: OpenAiServer) -> None:
    template = workspace.templates.find("note.toml")
    files = [note("a.txt", 1), note("b.txt", 2)]
    shares: list[float] = []
    info = workspace.models.load(workspace.models.plan("other"), on_progress=shares.append)
    assert (info.name, shares[-1]) == ("other", 1.0)

    batch = workspace.runs.new(template, files, info)
    workspace.runs.set_delivered(batch, False)
    told: list[int] = []
    workspace.runs.do(batch, on_result=lambda position, _result: told.append(position))
    assert told == [0, 1]
    workspace.runs.do(batch, again=[1], on_result=lambda position, _result: told.append(position))
    assert told == [0, 1, 1]
    again = workspace.runs.unfinished(template, files, workspace.models.find("other"))
    assert again is not None
    assert again.run_id == batch.run_id
    workspace.runs.set_delivered(batch, True)
    assert workspace.runs.unfinished(template, files) is None
    assert [(run.total, run.done) for run in workspace.runs.stored()] == [(2, 2)]
    results = [result for result in batch.results() if result is not None]
    assert all(result.status is DocumentStatus.DONE for result in results)
    workspace.runs.export(results, template, Path("out.csv"))
    assert len(Path("out.csv").read_text("utf-8-sig").splitlines()) == 3

    office = RemoteEngine("office", server.address, "tiny", seconds=10)
    workspace.remote.add(office)
    remote = workspace.runs.new_remote(template, files, workspace.remote.engine("office"))
    sent = workspace.remote.do(remote, office)
    assert (sent.answered, remote.pending()) == (2, [])
    assert sent.characters == sum(each.characters for each in workspace.remote.log.newest())

    attachments = workspace.conversations.attachments([files[0]])
    talk = workspace.chats.create()
    said: list[str] = []
    answer = workspace.conversations.turn(
        talk.id, None, "What is the total?", attachments, on_piece=lambda _thinking, text: said.append(text)
    )
    assert answer.state is TurnState.COMPLETE
    assert answer.content == "".join(said)
    assert [turn.id for turn in workspace.chats.branch(answer.id)][-1] == answer.id
    workspace.models.unload()
    assert workspace.engine.status().model is None


def test_the_same_session_through_the_command_line(
    server: OpenAiServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [str(note("a.txt", 1)), str(note("b.txt", 2))]
    extract = ["extract", *files, "--template", "note.toml"]
    assert main([*extract, "--model", "other", "--out", "out.csv"]) == 0
    assert len(Path("out.csv").read_text("utf-8-sig").splitlines()) == 3
    assert main([*extract, "--resume", "--json"]) == 0
    captured = capsys.readouterr()
    assert "no unfinished run" in captured.err
    assert [json.loads(line)["status"] for line in captured.out.splitlines()] == ["done", "done"]
    assert main(["remote", "add", "office", server.address, "--model", "tiny", "--seconds", "10"]) == 0
    assert main([*extract, "--remote", "office"]) == 0
    assert server.requests == []
    assert "Nothing was sent" in capsys.readouterr().err
    assert main([*extract, "--remote", "office", "--yes-send", "--json"]) == 0
    assert len(server.requests) == 2
    captured = capsys.readouterr()
    assert [json.loads(line)["model"]["name"] for line in captured.out.splitlines()] == ["office: tiny"] * 2
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["chat", "--file", files[0], "What is the total?"]) == 0
    assert "word0" in capsys.readouterr().out
    with Workspace() as opened:
        assert len(opened.runs.stored()) == 3
        assert len(opened.remote.log.newest()) == 2
        assert len(opened.chats.conversations()) == 1
