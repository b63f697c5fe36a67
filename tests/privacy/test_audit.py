"""The audit log: whatever is changed in it shows."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.privacy.audit import AuditLog, Head


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


@pytest.mark.parametrize("suffix", [".xlsx", ".sqlite"])
def test_an_export_says_how_far_the_log_had_come(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from stillroom import cli
    from stillroom.extraction.export import export
    from stillroom.privacy.audit import default_log, note
    from stillroom.templates.library import TemplateLibrary

    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    note("start")
    target = tmp_path / f"out{suffix}"
    export([], TemplateLibrary().find("receipt"), target)
    note("start")
    assert cli.main(["audit", "verify", "--export", str(target)]) == 0
    assert "3 lines, whole" in capsys.readouterr().out
    assert cli.main(["audit", "copy", "--out", str(tmp_path / "copy.jsonl")]) == 0
    assert len((tmp_path / "copy.jsonl").read_text().splitlines()) == 3
    shutil.rmtree(tmp_path / "data" / "audit")
    note("start")
    assert default_log().verify().problems == ()
    assert cli.main(["audit", "verify", "--export", str(target)]) != 0
    assert "anchored" in capsys.readouterr().err
