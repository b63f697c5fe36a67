"""The command over files: what it prints, writes and returns, and how it goes on after it was stopped.

The worker is a real process that speaks the real protocol without a model; the readers are the real ones.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from reportlab.pdfgen import canvas

import stillroom.extraction.export
import stillroom.extraction.extractor
from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.cli import main
from stillroom.documents.document import Document, Span
from stillroom.engine import engine
from stillroom.engine.engine import Engine
from stillroom.engine.protocol import Piece, Question, ScoreRequest
from stillroom.errors import EngineError, StillroomError
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, FieldState, FieldValue
from stillroom.models.model_file import STARTER_NAME
from stillroom.settings import MODEL, Settings
from stillroom.templates.template import Template
from stillroom.workspace import Workspace

TEMPLATE = 'name = "note"\n[[fields]]\nname = "word"\ntype = "line"\n'


class Extractor:
    """Asks the worker once for each document and takes its first line."""

    on_document: Callable[[str, Cancellation], None] = staticmethod(lambda *_: None)
    done: ClassVar[list[str]] = []

    def __init__(self, engine: Engine, **_: object) -> None:
        self._engine = engine

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        assert cancellation is not None
        self.on_document(document.name, cancellation)
        request = ScoreRequest((Piece("x"),), (Question("?", ("a", "b")),))
        self._engine.score(request, cancellation=cancellation)
        self.done.append(document.name)
        text = document.pages[0].text.split("\n")[0]
        value = FieldValue(text, text, FieldState.FOUND, 0.25, Span(1, 0, len(text)))
        coverage = Coverage(1, 1, len(text), len(text))
        return DocumentResult(file, DocumentStatus.DONE, coverage, {"word": value}, template.name, template.version)


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    worker = Path(__file__).parents[1] / "engine" / "fake_worker.py"

    def command(_: str) -> list[str]:
        """A child is not handed this process's environment: what a test wants of it goes along with the command."""
        wanted = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("FAKE_WORKER")]
        return ["env", *wanted, sys.executable, str(worker)]

    monkeypatch.setattr(engine, "child_command", command)
    monkeypatch.setattr(stillroom.extraction.extractor, "Extractor", Extractor)
    monkeypatch.setattr(Extractor, "done", [])
    paths.models_dir().mkdir(parents=True)
    (paths.models_dir() / STARTER_NAME).write_bytes(b"GGUF")
    (tmp_path / "note.toml").write_text(TEMPLATE, "utf-8")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "abcde":
        (folder / f"{name}.txt").write_text(f"={name}\nmore\n", "utf-8")


def extract(*arguments: str) -> int:
    return main(["extract", "--template", "note.toml", *arguments])


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_rows_are_written_to_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("in", "--out", "out.csv") == 0
    with Path("out.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["file"] for row in found] == [str(Path("in", f"{name}.txt")) for name in "abcde"]
    assert [row["word"] for row in found] == ["'=a", "'=b", "'=c", "'=d", "'=e"]
    out, err = capsys.readouterr()
    assert out == ""
    assert "5 documents: 5 done" in err
    assert "Written to out.csv" in err


def test_json_lines_go_to_standard_output_when_it_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("in/b.txt", "in/a.txt") == 0
    found = rows(capsys.readouterr().out)
    assert [row["file"] for row in found] == ["in/b.txt", "in/a.txt"]
    assert found[0]["fields"]["word"]["value"] == "=b"
    assert found[0]["model"]["name"] == "SmolLM2-135M-Instruct.Q4_1"
    assert len(found[0]["model"]["sha256"]) == 64


def test_json_can_be_asked_for_beside_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("in", "--out", "out.jsonl", "--json") == 0
    assert capsys.readouterr().out == Path("out.jsonl").read_text("utf-8")


def test_a_terminal_gets_a_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    Path("in/b.txt").write_bytes(b"")
    assert extract("in") == 3
    out, err = capsys.readouterr()
    assert "=a ?" in out
    assert "? confidence under 50%" in out
    assert "b.txt: " in out
    assert "5 documents: 4 done, 1 failed" in err
    assert "{" not in out


def test_files_that_fail_are_rows_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("in/a.txt", "in/gone.txt", "--out", "out.jsonl") == 3
    done, failed = rows(Path("out.jsonl").read_text("utf-8"))
    assert (done["status"], failed["status"], failed["fields"]) == ("done", "failed", {})
    assert f"gone.txt: {failed['error']}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["in", "--out", "out.txt"], "Write one of: .csv, .xlsx, .jsonl, .sqlite"),
        (["in", "--out", "missing/out.csv"], "There is no folder missing"),
        (["in", "--template", "reciept"], 'Did you mean "receipt"?'),
        (["in", "--template", "wrong.toml"], "wrong.toml line 3: type"),
        (["in", "--model", "phi"], 'There is no model "phi"'),
        (["empty"], "There is no file"),
    ],
)
def test_wrong_use_is_said_before_any_work(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    Path("wrong.toml").write_text('name = "w"\n[[fields]]\ntype = "x"\nname = "a"\n', "utf-8")
    assert extract(*arguments) == 2
    assert says in capsys.readouterr().err
    assert not paths.database_file().exists()


@pytest.mark.parametrize(
    "arguments", [["extract", "in"], ["extract", "--template", "t"], ["nonsense"], ["extract", "--x"]]
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_status:
        main(arguments)
    assert exit_status.value.code == 2
    assert "usage: stillroom" in capsys.readouterr().err


def test_a_model_that_cannot_be_loaded_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    (paths.models_dir() / STARTER_NAME).unlink()
    assert extract("in") == 1
    assert "No model is installed" in capsys.readouterr().err
    Path("bad.gguf").write_bytes(b"GGUF")
    Path("bad.gguf").chmod(0o600)
    with pytest.MonkeyPatch.context() as context:
        context.setenv("FAKE_WORKER", "load=SIGSEGV")
        assert extract("in", "--model", "./bad.gguf") == 1
    assert "stillroom: " in capsys.readouterr().err


def test_a_worker_that_dies_costs_no_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAKE_WORKER", "score=SIGKILL")
    monkeypatch.setenv("FAKE_WORKER_TIMES", "2")
    monkeypatch.setenv("FAKE_WORKER_COUNT", str(tmp_path / "count"))
    assert extract("in", "--out", "out.jsonl") == 0
    assert [row["status"] for row in rows(Path("out.jsonl").read_text("utf-8"))] == ["done"] * 5


def stop_at(file: str, number: int) -> Callable[[str, Cancellation], None]:
    def act(name: str, cancellation: Cancellation) -> None:
        if name == file:
            os.kill(os.getpid(), number)
            assert cancellation.wait(10), "never told to stop"

    return act


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopping_keeps_what_is_done_and_resume_goes_on(
    number: int, status: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = signal.getsignal(number)
    with monkeypatch.context() as context:
        context.setattr(Extractor, "on_document", staticmethod(stop_at("c.txt", number)))
        assert extract("in") == status
    out, err = capsys.readouterr()
    assert [row["file"] for row in rows(out)] == ["in/a.txt", "in/b.txt"]
    assert "2 of 5 documents are done and kept; the same command with --resume goes on" in err
    assert signal.getsignal(number) == handler

    assert extract("in", "--resume", "--out", "out.jsonl", "--json") == 0
    assert [row["file"][3] for row in rows(capsys.readouterr().out)] == list("abcde")
    assert [row["file"][3] for row in rows(Path("out.jsonl").read_text("utf-8"))] == list("abcde")
    assert Extractor.done == ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"], "nothing was done twice"


def test_resume_tries_what_failed_once_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ["in/late.txt", "in/a.txt", "in/b.txt"]
    with monkeypatch.context() as context:
        context.setattr(Extractor, "on_document", staticmethod(stop_at("b.txt", signal.SIGINT)))
        assert extract(*files) == 130
    assert [row["status"] for row in rows(capsys.readouterr().out)] == ["failed", "done"]
    Path("in/late.txt").write_text("=late\nmore\n", "utf-8")
    assert extract(*files, "--resume") == 0
    assert [row["status"] for row in rows(capsys.readouterr().out)] == ["done"] * 3
    assert Extractor.done == ["a.txt", "late.txt", "b.txt"], "what was done is not done again"


def test_resume_needs_the_same_files_and_template(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setattr(Extractor, "on_document", staticmethod(stop_at("b.txt", signal.SIGINT)))
        assert extract("in") == 130
    assert extract("in/a.txt", "--resume") == 0
    assert "no unfinished run of these files" in capsys.readouterr().err
    Path("note.toml").write_text(TEMPLATE + "required = true\n", "utf-8")
    assert extract("in", "--resume") == 0
    assert "no unfinished run of these files" in capsys.readouterr().err
    Path("note.toml").write_text(TEMPLATE, "utf-8")
    monkeypatch.setattr(Extractor, "done", [])
    assert extract("in", "--resume") == 0
    assert Extractor.done == ["b.txt", "c.txt", "d.txt", "e.txt"]


def test_resume_needs_the_model_of_the_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context:
        context.setattr(Extractor, "on_document", staticmethod(stop_at("b.txt", signal.SIGINT)))
        assert extract("in") == 130
    (paths.models_dir() / STARTER_NAME).write_bytes(b"GGUF another")
    assert extract("in", "--resume") == 1
    assert "is not the one the run was started with" in capsys.readouterr().err


def test_rows_survive_an_output_that_could_not_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StillroomError("out.csv was not written: the disk is full.")

    with monkeypatch.context() as context:
        context.setattr(stillroom.extraction.export, "export", full)
        assert extract("in", "--out", "out.csv") == 1
    assert "The rows are kept; the same command with --resume writes them" in capsys.readouterr().err
    monkeypatch.setenv("FAKE_WORKER", "start=exit1")
    assert extract("in", "--out", "out.csv", "--resume") == 0
    assert len(Path("out.csv").read_text("utf-8-sig").splitlines()) == 6
    assert Extractor.done == ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]


def test_a_reader_of_the_output_that_went_away_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    real = sys.stdout

    class Closed:
        encoding = "utf-8"

        def isatty(self) -> bool:
            return False

        def write(self, _: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert extract("in") == 1
    sys.stdout = real
    assert extract("in", "--resume", "--out", "out.csv") == 0
    assert sorted(Extractor.done) == ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]


def test_no_name_can_steer_the_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    Path("in/\x1b[2Jevil.txt").write_bytes(b"")
    Path("in/f.txt").write_text("[bold]x[/bold] \u202egnp.exe", "utf-8")
    assert extract("in") == 3
    out, err = capsys.readouterr()
    assert "\x1b[2J" not in out + err
    assert "\u202e" not in out
    assert "[bold]x[/bold]" in out.replace("\n", "")


def test_an_engine_error_of_one_document_is_its_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(name: str, _: Cancellation) -> None:
        if name == "b.txt":
            raise EngineError("The document is too long for the model.")

    monkeypatch.setattr(Extractor, "on_document", staticmethod(too_long))
    assert extract("in") == 3
    assert [row["error"] for row in rows(capsys.readouterr().out)][1] == "The document is too long for the model."


def test_the_usual_model_and_the_one_that_was_named(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        (paths.models_dir() / f"{name}.gguf").write_bytes(b"GGUF" + name.encode())
    Settings().set(MODEL, "one")
    assert extract("in/a.txt") == 0
    assert extract("in/a.txt", "--model", "two") == 0
    assert [row["model"]["name"] for row in rows(capsys.readouterr().out)] == ["one", "two"]


def test_a_template_with_a_model_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        (paths.models_dir() / f"{name}.gguf").write_bytes(b"GGUF" + name.encode())
    Settings().set(MODEL, "one")
    with Workspace() as workspace:
        template = workspace.templates.find("note.toml")
        workspace.models.use_for_template(template.name, workspace.models.find("two"))
    assert extract("in/a.txt") == 0
    assert extract("in/a.txt", "--model", "one") == 0
    assert [row["model"]["name"] for row in rows(capsys.readouterr().out)] == ["two", "one"]
    (paths.models_dir() / "two.gguf").unlink()
    assert extract("in/a.txt") == 0
    told = capsys.readouterr()
    assert [row["model"]["name"] for row in rows(told.out)] == ["one"]
    assert "two.gguf) is not here any more" in told.err


def test_encrypted_files_take_the_password_of_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    page = canvas.Canvas("in/locked.pdf", encrypt="s3cret")
    page.drawString(50, 700, "Unlocked")
    page.save()
    Path("pw.txt").write_text("s3cret\n", "utf-8")
    assert extract("in/locked.pdf", "--json") == 3
    assert "Enter the password" in rows(capsys.readouterr().out)[0]["error"]
    assert extract("in/locked.pdf", "--json", "--password-file", "pw.txt") == 0
    assert rows(capsys.readouterr().out)[0]["fields"]["word"]["value"] == "Unlocked"
    assert extract("in/locked.pdf", "--password-file", "gone.txt") == 2
    assert "gone.txt cannot be read" in capsys.readouterr().err


def test_files_are_added_to_a_table_that_is_finished(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("in/a.txt", "in/b.txt", "--out", "out.csv") == 0
    capsys.readouterr()
    assert main(["extract", "--add-to", "1", "in", "--out", "out.jsonl"]) == 0
    assert "2 files are in the table already." in capsys.readouterr().err
    assert [row["fields"]["word"]["value"] for row in rows(Path("out.jsonl").read_text("utf-8"))] == [
        f"={name}" for name in "abcde"
    ]
    assert Extractor.done == [f"{name}.txt" for name in "abcde"], "the first two were not read again"
    assert main(["review", "list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 1, "it is the same table"
    assert listed[0].endswith("Note  5 documents")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--add-to", "9", "in"], "There is no run 9"),
        (["--add-to", "1", "in", "--template", "note.toml"], "keeps its template"),
        (["--renew", "1", "in"], "keeps its files"),
    ],
)
def test_a_table_that_cannot_be_gone_on_with_is_said(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extract("in/a.txt", "--out", "out.csv") == 0
    assert main(["extract", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_a_table_is_made_anew_with_a_changed_template_and_compared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert extract("in", "--out", "out.csv") == 0
    Extractor.done.clear()
    (tmp_path / "note.toml").write_text(TEMPLATE + 'description = "the first word"\n', "utf-8")
    assert main(["extract", "--renew", "1", "--template", "note.toml", "--out", "new.csv"]) == 0
    assert "Asked again: Word." in capsys.readouterr().err
    assert len(Extractor.done) == 5
    assert main(["review", "compare", "1", "2"]) == 0
    out, err = capsys.readouterr()
    assert "word: 5 alike, 0 not" in out
    assert "5 documents in both" in err


def test_a_reviewed_table_is_added_to_a_sheet(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("in", "--out", "out.csv") == 0
    Path("book.csv").write_text("file,Word,mine\n", "utf-8")
    for added in (5, 0):
        assert main(["review", "export", "--append", "--out", "book.csv"]) == 0
        assert f"{added} rows were added" in capsys.readouterr().err
    with Path("book.csv").open(newline="") as file:
        assert [row["Word"] for row in csv.DictReader(file)] == [f"'={name}" for name in "abcde"]
