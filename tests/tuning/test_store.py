"""Tunings and copies on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stillroom import paths
from stillroom.engine.protocol import LoadOptions
from stillroom.machine.keys import file_key
from stillroom.tuning import store as tuning_store
from stillroom.tuning.search import Trial, Tuning
from stillroom.tuning.store import Copy, copy_in_use, keep_copy, keep_tuning, known_copy, tuned_options

OPTIONS = LoadOptions(threads_prompt=2, threads_generate=1, ubatch=64, prompt_speed=900.5)
WAIT = (("GOMP_SPINCOUNT", "2000"), ("OMP_WAIT_POLICY", "passive"))
TUNING = Tuning(
    OPTIONS, WAIT, 900.5, 100.0, 0.07, 20.1, (Trial("plain", OPTIONS, WAIT, 900.5, 100.0, 0.07),), ("late",)
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.Q4_1.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_a_tuning_comes_back_as_it_was(model: Path) -> None:
    assert tuned_options(model) is None
    keep_tuning(model, TUNING)
    assert tuned_options(model) == TUNING


def test_another_file_of_that_name_is_not_tuned(model: Path) -> None:
    keep_tuning(model, TUNING)
    model.write_bytes(b"GGUF and more")
    assert tuned_options(model) is None
    model.unlink()
    assert tuned_options(model) is None


def test_another_machine_or_engine_is_not_tuned(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_tuning(model, TUNING)
    here = tuning_store.machine_key()
    monkeypatch.setattr(tuning_store, "machine_key", lambda: here + "1")
    assert tuned_options(model) is None
    keep_copy(model, Copy("", "", "Q4_0", 1.0))
    monkeypatch.undo()
    assert known_copy(model) is None


def test_each_model_keeps_its_own(model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    keep_tuning(model, TUNING)
    keep_copy(model, Copy("x", "y", "Q4_0", 2.0, 0.01, 0.95))
    assert tuned_options(other) is None
    assert tuned_options(model) == TUNING
    assert known_copy(model) == Copy("x", "y", "Q4_0", 2.0, 0.01, 0.95)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": 99}', '{"version": 1, "machines": []}'])
def test_a_file_that_makes_no_sense_is_no_tuning(model: Path, content: str) -> None:
    file = paths.config_dir() / "tuning.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    assert tuned_options(model) is None
    keep_tuning(model, TUNING)
    assert tuned_options(model) == TUNING


def test_a_tuning_of_another_version_is_not_used(model: Path) -> None:
    keep_tuning(model, TUNING)
    file = paths.config_dir() / "tuning.json"
    file.write_text(file.read_text().replace('"ubatch"', '"microbatch"'))
    assert tuned_options(model) is None


def test_a_copy_is_used_while_it_is_the_file_it_was(model: Path, tmp_path: Path) -> None:
    made = tmp_path / "m.Q8_0.gguf"
    made.write_bytes(b"GGUF")
    keep_copy(model, Copy(str(made), file_key(made), "Q8_0", 1.8, 0.002, 1.0))
    assert copy_in_use(model) == made
    facts = made.stat()
    os.utime(made, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1_000_000_000))
    assert copy_in_use(model) is None
    made.unlink()
    assert copy_in_use(model) is None


def test_a_copy_that_was_not_good_enough_is_remembered_but_not_used(model: Path) -> None:
    keep_copy(model, Copy("", "", "Q4_0", 1.1))
    assert copy_in_use(model) is None
    assert known_copy(model) is not None
    keep_copy(model, None)
    assert known_copy(model) is None
