"""The audit log: whatever is changed in it shows."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stillroom import cli, paths
from stillroom.engine import engine as engine_module
from stillroom.extraction.export import SUFFIXES, export
from stillroom.extraction.run import Batch
from stillroom.privacy.audit import AuditLog, Head, default_log, note
from stillroom.privacy.seal import Seal, SealedError, note_start
from stillroom.review.verdict import Given, VerdictKind
from stillroom.templates.library import TemplateLibrary
from stillroom.workspace import Workspace

_WORKER = Path(__file__).parents[1] / "engine" / "fake_worker.py"


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    made = AuditLog(tmp_path / "audit", file_bytes=2000)
    for number in range(40):
        made.record("run", files=number, template_sha256="ab" * 32)
    return made


def test_a_chain_goes_on_over_files_and_is_whole(log: AuditLog, tmp_path: Path) -> None:
    assert len(list((tmp_path / "audit").glob("*.jsonl"))) > 3
    found = log.verify()
    assert (found.lines, found.problems, found.head.number) == (40, (), 40)
    assert log.record("export").number == 41
    assert log.verify((found.head,)).problems == ()
    assert Head.parse(found.head.text) == found.head


@pytest.mark.usefixtures("log")
def test_every_edit_and_truncation_shows(tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = tmp_path / "audit"
    missed = []
    for attempt in range(1000):
        folder = tmp_path / "changed"
        shutil.copytree(whole, folder)
        files = [*sorted(folder.glob("audit-*.jsonl")), folder / "head"]
        path = chance.choice(files)
        data = bytearray(path.read_bytes())
        place = chance.randrange(len(data))
        lines = data.splitlines(keepends=True)
        kind = attempt % 8
        if kind == 0:
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[place:]
        elif kind == 2:
            data[place:place] = bytes([chance.randrange(256)])
        elif kind == 3:
            del lines[chance.randrange(len(lines))]
            data = bytearray(b"".join(lines))
        elif kind == 4:
            lines.insert(chance.randrange(len(lines)), chance.choice(lines))
            data = bytearray(b"".join(lines))
        elif kind == 5 and len(lines) > 1:
            lines.reverse()
            data = bytearray(b"".join(lines))
        elif kind == 6:
            path.unlink()
        else:
            del data[place : place + chance.randint(1, 200)]
        if kind != 6:
            path.write_bytes(data)
        if not AuditLog(folder).verify().problems:
            missed.append((attempt, kind, path.name))
        shutil.rmtree(folder)
    assert missed == []


def test_a_chain_forged_whole_does_not_hold_against_an_export(log: AuditLog, tmp_path: Path) -> None:
    anchor = log.head()
    forged = AuditLog(tmp_path / "forged")
    for number in range(45):
        forged.record("run", files=number)
    assert forged.verify().problems == ()
    assert "anchored" in forged.verify((anchor,)).problems[0]
    short = AuditLog(tmp_path / "short")
    short.record("run")
    assert short.verify((anchor,)).problems


def test_a_line_that_a_power_cut_tore_is_no_forgery(log: AuditLog, tmp_path: Path) -> None:
    last = sorted((tmp_path / "audit").glob("audit-*.jsonl"))[-1]
    with last.open("ab") as file:
        file.write(b'{"number":41,"mom')
    log.record("start")
    assert log.verify().problems == ()


def test_several_processes_write_one_chain(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from stillroom.privacy.audit import AuditLog\n"
        "for _ in range(20): AuditLog(Path(sys.argv[1])).record('start')"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "audit")]) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    found = AuditLog(tmp_path / "audit").verify()
    assert (found.lines, found.problems) == (60, ())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_export_shows_where_the_log_was_cut_or_forged(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    note("start")
    target = tmp_path / f"out{suffix}"
    export([], TemplateLibrary().find("receipt"), target)
    note("start")
    assert cli.main(["audit", "verify", "--export", str(target)]) == 0
    assert "4 lines, whole" in capsys.readouterr().out
    copy = tmp_path / "copy.jsonl"
    assert cli.main(["audit", "copy", "--out", str(copy)]) == 0
    lines = copy.read_bytes().splitlines(keepends=True)
    assert len(lines) == 4
    assert cli.main(["audit", "verify", "--log", str(copy), "--export", str(target)]) == 0
    # Cut before the export, together with the head: without the export nothing would show.
    capsys.readouterr()
    copy.write_bytes(lines[0])
    assert cli.main(["audit", "verify", "--log", str(copy)]) == 0
    assert cli.main(["audit", "verify", "--log", str(copy), "--export", str(target)]) != 0
    assert "no line says that it was exported" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "data" / "audit")
    for _ in range(5):
        note("start")
    assert default_log().verify().problems == ()
    assert cli.main(["audit", "verify", "--export", str(target)]) != 0
    said = capsys.readouterr().err
    assert "no line says that it was exported" in said
    assert ("anchored" in said) == (suffix in (".xlsx", ".sqlite"))


def test_an_export_that_was_changed_is_not_what_the_log_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    target = tmp_path / "out.csv"
    export([], TemplateLibrary().find("receipt"), target)
    target.write_text(target.read_text("utf-8") + "x", "utf-8")
    assert cli.main(["audit", "verify", "--export", str(target)]) == 1
    assert "It was changed" in capsys.readouterr().err


def events() -> list[dict[str, object]]:
    return [json.loads(line) for _, _, line in default_log().lines()]


def test_what_was_done_is_written_down_without_a_word_of_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    monkeypatch.setattr(engine_module, "child_command", lambda _: [sys.executable, str(_WORKER)])
    paths.models_dir().mkdir(parents=True)
    model = paths.models_dir() / "m.gguf"
    model.write_bytes(b"GGUF")
    file = tmp_path / "canary-name.txt"
    file.write_text("CORNER SHOP\nTotal: 12.50\ncanary-content")
    with Workspace(seal=Seal()) as workspace:
        note_start("window", workspace.seal)
        with pytest.raises(SealedError):
            workspace.seal.check("example.org")
        with pytest.raises(SealedError):
            workspace.seal.check("example.org")
        workspace.seal.close(workspace.seal.break_for(5, "by hand", "anywhere"))
        workspace.engine.load(model)
        template = workspace.templates.find("receipt")
        batch = Batch.create(workspace.store, template, [file], workspace.engine.status().model)
        workspace.runs.do(batch)
        (document,) = workspace.reviews.documents(batch.run_id)
        value = document.values[0]
        given = Given("canary-value", "canary-value", typed=True)
        workspace.reviews.save([document.verdict(VerdictKind.CORRECTED, value.subject, given)])
        workspace.runs.export([], template, tmp_path / "o.csv")
        workspace.erase()
    found = events()
    kinds = [str(each["event"]) for each in found]
    assert kinds == [
        "start", "refused by the seal", "seal opened", "seal closed", "model loaded", "run", "document", "verdict", "export",
        "exported", "erased",
    ]  # fmt: skip
    by = dict(zip(kinds, found, strict=True))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert by["model loaded"]["sha256"] == hashlib.sha256(b"GGUF").hexdigest()
    assert by["run"]["template_sha256"] == template.sha256
    assert (by["document"]["sha256"], by["document"]["status"]) == (digest, "done")
    assert (by["verdict"]["file_sha256"], by["verdict"]["kind"]) == (digest, "corrected")
    assert by["refused by the seal"]["host"] == "example.org"
    assert "canary" not in json.dumps(found)
    assert default_log().verify().problems == ()
