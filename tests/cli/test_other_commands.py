"""Lists, checks and the look at the machine."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from stillroom import doctor, paths
from stillroom.cli import main
from stillroom.cli.text import aligned, duration, printable, size
from stillroom.models.model_file import STARTER_NAME


def test_template_list(capsys: pytest.CaptureFixture[str]) -> None:
    paths.templates_dir().mkdir(parents=True)
    (paths.templates_dir() / "bad.toml").write_text("name =", "utf-8")
    assert main(["template", "list"]) == 0
    out, err = capsys.readouterr()
    assert re.search(r"(?m)^receipt +company, date, address, total$", out)
    assert "stillroom: bad.toml line 1: " in err
    assert main(["template", "list", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {"name": "total", "type": "money"} in next(t for t in data["templates"] if t["name"] == "receipt")["fields"]
    assert len(data["problems"]) == 1


def test_template_check(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\n[[fields]]\nname = "a"\ntype = "dat"\n[[fields]]\nname = "b"\n', "utf-8")
    assert main(["template", "check", str(file)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith('stillroom: mine.toml line 4: type "dat" is not known; did you mean "date"?')
    assert second.startswith("stillroom: mine.toml line 5: type is missing; write type = ")
    file.write_text('name = "mine"\n[[fields]]\nname = "a"\ntype = "date"\n', "utf-8")
    assert main(["template", "check", str(file)]) == 0
    assert capsys.readouterr().out == "mine.toml is right: mine, version 1, 1 field.\n"
    assert main(["template", "check", str(tmp_path / "gone.toml")]) == 2


def test_models_list(capsys: pytest.CaptureFixture[str]) -> None:
    paths.models_dir().mkdir(parents=True)
    (paths.models_dir() / STARTER_NAME).write_bytes(b"GGUF")
    assert main(["models", "list", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert (first["name"], first["quantization"], first["size"], first["starter"]) == (
        STARTER_NAME[:-5],
        "Q4_1",
        4,
        True,
    )
    assert main(["models", "list"]) == 0
    assert "starter" in capsys.readouterr().out


def test_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["memory"] > 1 << 28
    assert found["threads"] >= 1
    assert "receipt" in found["templates"]
    assert found["paths"]["data"] == str(paths.data_dir())
    assert not paths.data_dir().exists(), "it changes nothing"
    assert main(["doctor"]) == 0
    assert "Keyring" in capsys.readouterr().out


def test_a_keyring_that_hangs_does_not_hang_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    from stillroom.privacy import secrets

    monkeypatch.setattr(secrets, "SECONDS", 0.05)
    monkeypatch.setattr(keyring, "get_keyring", lambda: time.sleep(0.5))
    assert "did not answer within 0.05 seconds" in doctor.diagnose().keyring

    def broken() -> None:
        raise OSError

    monkeypatch.setattr(keyring, "get_keyring", broken)
    assert "(OSError)" in doctor.diagnose().keyring


@pytest.mark.parametrize("group", ["template", "models"])
def test_a_group_without_a_command_says_which_there_are(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([group]) == 2
    assert "list" in capsys.readouterr().err


def test_wordings() -> None:
    spans = [duration(seconds) for seconds in (0.2, 59.4, 60, 200, 599, 700, 3600, 7500)]
    assert spans == ["0 s", "59 s", "1 min", "3 min 20 s", "9 min 59 s", "11 min", "1 h", "2 h 5 min"]
    assert [size(n) for n in (5, 98_000_000, 20 << 30)] == ["5 bytes", "93 MiB", "20.0 GiB"]
    assert aligned([("a", "b"), ("long", "")]) == "a     b\nlong"
    assert aligned([]) == ""
    assert printable("a\x1bb\u202ec\nd\udcffé漢") == "a·b·c d·é漢"


def test_a_template_learns_by_labels_and_says_what_it_gained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "shift.toml"
    template.write_text('name = "shift"\nversion = 1\ntitle = "Shift"\n[[fields]]\nname = "handover"\ntype = "time"\n')
    lines = []
    for number in range(4):
        file = tmp_path / f"{number}.txt"
        file.write_text(f"Zorble {6 + number}:15\nQuendle {14 + number}:40\nFrimmet 20:0{number}\n")
        lines.append(json.dumps({"file": file.name, "fields": {"handover": f"{14 + number}:40"}}))
    labels = tmp_path / "labels.jsonl"
    labels.write_text("\n".join([*lines, json.dumps({"file": "gone.txt", "fields": {"handover": None}})]))
    assert main(["template", "learn", str(template), "--labels", str(labels)]) == 0
    said = capsys.readouterr()
    assert "shift knows 4 documents" in said.out
    assert "of 4 right before" in said.out
    assert "gone.txt" in said.err
    assert main(["template", "learn", str(template), "--forget"]) == 0
    assert "shift knows 0 documents" in capsys.readouterr().out


def test_what_changed_between_two_templates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "a.toml", tmp_path / "b.toml"
    old.write_text('name = "a"\nversion = 1\n[[fields]]\nname = "day"\ntype = "date"\n')
    new.write_text('name = "a"\nversion = 2\n[[fields]]\nname = "day"\ntype = "date"\nrequired = true\n')
    assert main(["template", "diff", str(old), str(new)]) == 0
    assert capsys.readouterr().out == "Day: every document has it.\nFields to ask again: day\n"
    assert main(["template", "diff", str(old), str(old)]) == 0
    assert "same values" in capsys.readouterr().out
