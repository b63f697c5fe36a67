"""The command that measures: what it prints, writes and returns.

The worker is a real process that speaks the real protocol without a model; the readers are the real ones.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.remote.openai_server import OpenAiServer

import stillroom.evaluation.evaluate
from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.cli import main
from stillroom.documents.document import Document, Span
from stillroom.engine import engine
from stillroom.engine.protocol import Piece, Question, ScoreRequest
from stillroom.extraction.extractor import ScoringEngine
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, FieldState, FieldValue
from stillroom.models.model_file import STARTER_NAME
from stillroom.remote.engines import RemoteEngine, keep_remote_engine
from stillroom.settings import MONTHLY_CAP
from stillroom.templates.template import Template
from stillroom.workspace import Workspace

TEMPLATE = 'name = "note"\n[[fields]]\nname = "word"\ntype = "line"\n'


class Extractor:
    """Asks the worker once for each document and takes its first line."""

    on_document: Callable[[str], None] = staticmethod(lambda _: None)

    def __init__(
        self, engine: ScoringEngine, *, model_sha256: str = "", page_only: bool = False, embed: object = None
    ) -> None:
        assert embed is not None
        assert not page_only
        self._engine = engine
        self._sha256 = model_sha256

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        self.on_document(document.name)
        self._engine.score(ScoreRequest((Piece("x"),), (Question("?", ("a", "b")),)), cancellation=cancellation)
        text = document.pages[0].text.split("\n")[0]
        value = FieldValue(text, text, FieldState.FOUND, 0.25, Span(1, 0, len(text)))
        model = self._engine.status().model
        return DocumentResult(
            file,
            DocumentStatus.DONE,
            Coverage(1, 1, len(text), len(text)),
            {"word": value},
            template.name,
            template.version,
            model.name if model else "",
            self._sha256,
            document.sha256,
        )


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    worker = Path(__file__).parents[1] / "engine" / "fake_worker.py"
    monkeypatch.setattr(engine, "child_command", lambda _: [sys.executable, str(worker)])
    monkeypatch.setattr(stillroom.evaluation.evaluate, "Extractor", Extractor)
    paths.models_dir().mkdir(parents=True)
    for name in (STARTER_NAME, "Other-Q8_0.gguf"):
        (paths.models_dir() / name).write_bytes(b"GGUF" + name.encode())
    (tmp_path / "note.toml").write_text(TEMPLATE, "utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in "abc":
        (tmp_path / "in" / f"{name}.txt").write_text(f"{name}{name}\nmore\n", "utf-8")
    write_labels(("a", "aa"), ("b", "other"), ("c", "cc"))


def write_labels(*labels: tuple[str, str | None]) -> None:
    lines = [json.dumps({"file": f"in/{name}.txt", "fields": {"word": word}}) for name, word in labels]
    Path("labels.jsonl").write_text("\n".join(lines), "utf-8")


def evaluate(*arguments: str) -> int:
    return main(["evaluate", "--labels", "labels.jsonl", "--template", "note.toml", *arguments])


def report(text: str) -> list[dict[str, Any]]:
    return json.loads(text)["models"]


def test_models_stand_side_by_side(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert evaluate("--model", "smollm2", "--model", "other", "--model", "Other-Q8_0") == 0
    out, _ = capsys.readouterr()
    assert "SmolLM2-135M-Instruct.Q4_1" in out
    assert "Other-Q8_0: values by field" in out
    assert out.count("66.7%*") == 2
    assert "0 of 3 (0.0%)" in out


def test_the_figures_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("--json", "--limit", "2", "--save", "figures.json") == 0
    out, err = capsys.readouterr()
    (model,) = report(out)
    assert (model["documents"], model["score"], model["not_in_document"]) == (2, 0.5, 0)
    assert model["outcomes"]["wrong"] == 1
    assert model["memory"] > 1 << 20
    assert report(Path("figures.json").read_text("utf-8")) == [model]
    assert "Written to figures.json." in err


def test_saved_results_are_judged_again_without_a_model(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert evaluate("--json", "--save", "first.jsonl") == 0
    (before,) = report(capsys.readouterr().out)
    monkeypatch.setattr(engine, "child_command", lambda _: [sys.executable, "-c", "raise SystemExit(1)"])
    write_labels(("a", "aa"), ("b", "bb"), ("c", "cc"))
    assert evaluate("--json", "--results", "first.jsonl") == 0
    (after,) = report(capsys.readouterr().out)
    assert (before["score"], after["score"]) == (pytest.approx(2 / 3, abs=1e-4), 1.0)
    assert after["model"] == before["model"]
    Path("first.jsonl").write_text(Path("first.jsonl").read_text("utf-8").split("\n")[0], "utf-8")
    assert evaluate("--json", "--results", "first.jsonl") == 0
    assert "results for 1 of 3 labelled documents" in capsys.readouterr().err


def test_a_document_that_fails_is_told_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    write_labels(("a", "aa"), ("gone", "x"))
    assert evaluate("--json") == 3
    out, err = capsys.readouterr()
    assert "stillroom: in/gone.txt: " in err
    assert (report(out)[0]["failed"], report(out)[0]["score"]) == (1, 0.5)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "nobody"), 'There is no model "nobody"'),
        (("--model", "other", "--results", "x.jsonl"), "either --model"),
        (("--remote", "office", "--results", "x.jsonl"), "either --remote"),
        (("--remote", "nobody", "--yes-send"), "nobody"),
        (("--results", "x.jsonl"), "The results file x.jsonl cannot be read"),
        (("--results", "note.toml"), "note.toml line 1 is no result"),
        (("--save", "out.xlsx"), "--save writes a .json"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(*arguments) == 2
    assert said in capsys.readouterr().err


def test_wrong_labels_are_told_before_anything_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    Path("labels.jsonl").write_text('{"file": "a"', "utf-8")
    assert evaluate() == 2
    assert "labels.jsonl line 1: this is no JSON" in capsys.readouterr().err
    Path("labels.jsonl").write_text('{"file": "in/a.txt", "fields": {"word": "aa", "colour": "red"}}', "utf-8")
    assert evaluate("--json") == 0
    assert 'The template "note" has no colour; these labels are left out.' in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")
def test_ctrl_c_ends_it_in_an_orderly_way(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(name: str) -> None:
        if name == "b.txt":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)  # until the main thread has seen it

    monkeypatch.setattr(Extractor, "on_document", staticmethod(interrupt))
    assert evaluate() == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert "Stopped." in err


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(lambda body: json.dumps({"word": body["messages"][-1]["content"].split("\n")[0]})) as started:
        keep_remote_engine(
            RemoteEngine("office", started.address, "tiny", seconds=10, price_in=1000.0, price_out=4000.0)
        )
        yield started


def test_a_remote_model_is_asked_only_where_it_is_agreed_to(
    server: OpenAiServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("labels.jsonl").write_text(
        Path("labels.jsonl").read_text("utf-8").replace('"other"', '"secret label"'), "utf-8"
    )
    assert evaluate("--remote", "office", "--model", "other") == 0
    shown = capsys.readouterr()
    assert "Nothing was sent. Add --yes-send" in shown.err
    assert "127.0.0.1 (in the local network): 3 documents" in shown.err
    assert server.bytes == 0
    assert evaluate("--remote", "office", "--remote", "office", "--yes-send", "--json", "--save", "figures.json") == 0
    (model,) = report(capsys.readouterr().out)
    assert (model["model"]["name"], model["documents"], model["ended"]) == ("office: tiny", 3, "")
    assert (model["score"], model["memory"]) == (pytest.approx(2 / 3, abs=1e-4), None)
    assert model["cost"] > 0
    assert len(server.requests) == 3
    for request in server.requests:
        assert all(message["content"] in shown.out for message in request["messages"]), "what was shown is what left"
        assert "secret label" not in json.dumps(request), "labels never leave"
    assert "secret label" not in shown.out
    monkeypatch.setenv("COLUMNS", "120")
    assert evaluate("--remote", "office", "--model", "other", "--yes-send") == 0
    out = capsys.readouterr().out
    assert "Other-Q8_0" in out
    assert "office: tiny" in out
    assert "Cost of 1,000 such documents" in out


def test_answers_got_before_the_months_limit_are_kept(server: OpenAiServer, capsys: pytest.CaptureFixture[str]) -> None:
    with Workspace() as workspace:
        (engine,) = workspace.remote.engines()
        template = workspace.templates.find("note.toml")
        document = workspace.readers.read(Path("in/a.txt"))
        once = workspace.remote.preview(document, template, engine).cost
        workspace.settings.set(MONTHLY_CAP, round(100 * (once + 0.14)))  # the server counts 0.09 dollars an answer
    assert evaluate("--remote", "office") == 0
    assert "of this month's limit is left: what goes beyond it will not be sent." in capsys.readouterr().err
    assert evaluate("--remote", "office", "--yes-send", "--json") == 3
    out, err = capsys.readouterr()
    (model,) = report(out)
    asked = len(server.requests)
    assert asked == 2
    assert (model["documents"], model["failed"]) == (asked, 0)
    assert f"office: tiny: results for {asked} of 3 labelled documents. This month's limit of" in err
    assert "would be passed" in model["ended"]
    assert evaluate("--remote", "office", "--yes-send", "--json") == 1, "nothing is left"
    assert "This month's limit of" in capsys.readouterr().err
    assert evaluate("--remote", "office", "--model", "other", "--yes-send", "--json") == 3
    out, err = capsys.readouterr()
    assert [each["model"]["name"] for each in report(out)] == ["Other-Q8_0"], "it takes nothing from the others"
    assert "office: tiny was not compared: This month's limit of" in err
    assert len(server.requests) == asked


def test_what_cannot_be_read_is_said_before_anything_leaves(
    server: OpenAiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("in/b.txt").write_bytes(b"")
    assert evaluate("--remote", "office") == 0
    shown = capsys.readouterr()
    assert "b.txt cannot be read, so nothing of it would be sent: The file is empty" in shown.err
    assert ": 2 documents, about" in shown.err
    assert server.bytes == 0
