"""An office's policy: each key keeps to what it says, and a wrong file stops everything with its line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from stillroom import cli
from stillroom.documents.reader_pool import ReaderPool
from stillroom.engine.engine import Engine
from stillroom.errors import DocumentError, EngineError
from stillroom.extraction.export import export
from stillroom.privacy import policy as policies
from stillroom.privacy.policy import Policy, PolicyError, current, read_policy
from stillroom.privacy.seal import Seal
from stillroom.templates.library import TemplateLibrary


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    return file


def test_without_a_file_everything_is_allowed() -> None:
    policy = Policy()
    seal = Seal(sealed=True, policy=policy)
    with seal.opened("a question", "example.org", only=["example.org"]):
        pass
    with seal.opened("a download", "hub"):
        pass
    seal.close(seal.break_for(5, "by hand", "anywhere"))
    assert not policy.managed
    assert policy.sentences == []


def test_the_seal_keeps_to_it(tmp_path: Path) -> None:
    policy = read_policy(
        written(tmp_path, '[network]\nsealed = true\ncloud = false\nhub = false\nhosts = ["llm.lan"]\n')
    )
    seal = Seal(sealed=False, policy=policy)
    assert seal.sealed, "the person's setting does not count"
    with pytest.raises(PolicyError):
        seal.sealed = False
    with pytest.raises(PolicyError):
        seal.break_for(5, "by hand", "anywhere")
    with pytest.raises(PolicyError), seal.opened("a question", "api.example.org", only=["api.example.org"]):
        pass
    with pytest.raises(PolicyError), seal.opened("a download", "hub"):
        pass
    assert seal.holds
    with seal.opened("a question", "llm.lan", only=["llm.lan"]):
        assert not seal.holds
    assert len(policy.sentences) == 3


def test_models_and_folders_keep_to_it(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.txt").write_text("Total 5.00")
    (inside / "link.txt").symlink_to(outside / "a.txt")
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    text = f'[models]\nsha256 = ["{"0" * 64}"]\n[folders]\ninput = ["{inside}"]\nexport = ["{inside}"]\n'
    policy = read_policy(written(tmp_path, text))
    with Engine(policy=policy) as engine, pytest.raises(EngineError, match="does not allow the model"):
        engine.load(tmp_path / "m.gguf")
    with ReaderPool(policy=policy) as readers:
        assert readers.read(inside / "a.txt").pages[0].text == "Total 5.00"
        for file in (outside / "a.txt", inside / "link.txt", inside / ".." / "out" / "a.txt"):
            with pytest.raises(DocumentError, match="allows files in"):
                readers.read(file)
    template = TemplateLibrary().find("receipt")
    export([], template, inside / "o.csv", policy=policy)
    with pytest.raises(PolicyError):
        export([], template, outside / "o.csv", policy=policy)
    assert not (outside / "o.csv").exists()


WRONG: dict[str, Any] = {
    "[network]\nsealed = 1\n": "line 2",
    "[network]\nsealed = true\n\nclowd = false\n": "line 4",
    "[netwrok]\nsealed = true\n": "line 1",
    "sealed = true\n": "line 1",
    '[models]\nsha256 = "x"\n': "line 2",
    '[models]\nsha256 = ["xyz"]\n': "line 2",
    '[folders]\ninput = ["in"]\n': "line 2",
    "[folders]\ninput = [5]\n": "line 2",
    "[network\n": "line 1",
    "[retention]\ndays = " + "9" * 5000 + "\n": "line 2",
    "a = " + "[" * 5000: "line 1",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_policy_stops_everything_with_its_line(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(PolicyError, match=WRONG[text]):
        read_policy(file)
    assert cli.main(["policy", "check", str(file)]) == 1
    assert WRONG[text] in capsys.readouterr().err
    monkeypatch.setattr(policies, "policy_files", lambda: (file,))
    monkeypatch.setattr(policies, "_check_owner", lambda _file: None)
    current.cache_clear()
    try:
        assert cli.main(["template", "list"]) == 1
        assert "does nothing" in capsys.readouterr().err
    finally:
        current.cache_clear()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere access lists close the folder")
def test_a_policy_that_others_can_write_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "[network]\nsealed = true\n")
    file.chmod(0o666)
    monkeypatch.setattr(policies, "policy_files", lambda: (file,))
    monkeypatch.setenv("STILLROOM_POLICY", "/dev/null")
    current.cache_clear()
    try:
        with pytest.raises(PolicyError, match="others than the administrator"):
            Seal()
    finally:
        current.cache_clear()
