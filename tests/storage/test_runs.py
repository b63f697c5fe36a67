"""Runs keep what they were started with and every row that was saved, also through a kill."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stillroom.storage.database import Database, StorageError
from stillroom.storage.runs import RunRecord, RunStore

RECORD = RunRecord(
    "receipt", 2, 'name = "receipt"', "ab" * 32, "m", "/models/m.gguf", "cd" * 32, 7, 2, "0.3.36", "0.1.0"
)
FILES = [("a.txt", "/x/a.txt"), ("a.txt", "/x/a.txt"), ("b\udcff.txt", "/x/b\udcff.txt")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with Database(tmp_path / "s.sqlite") as database:
        yield RunStore(database)


def test_a_run_keeps_what_it_was_started_with(store: RunStore) -> None:
    run = store.create_run(RECORD, FILES)
    kept = store.run(run)
    assert kept.created.year > 2000
    for name in (
        "template_toml",
        "template_sha256",
        "model_path",
        "model_sha256",
        "seed",
        "threads",
        "engine",
        "application",
    ):
        assert getattr(kept, name) == getattr(RECORD, name)
    assert [(document.file, document.path) for document in store.documents(run)] == FILES
    with pytest.raises(StorageError, match="no run 99"):
        store.run(99)


def test_rows_are_saved_by_position_and_can_be_forgotten(store: RunStore) -> None:
    run, other = store.create_run(RECORD, FILES), store.create_run(RECORD, FILES)
    assert store.pending(run) == [0, 1, 2]
    store.save(run, 1, {"file": "b\udcff", "n": 1})
    store.save(run, 1, {"file": "b\udcff", "n": 2})
    store.save(run, 0, {"n": 0})
    assert store.results(run) == {0: {"n": 0}, 1: {"file": "b\udcff", "n": 2}}
    assert store.pending(run) == [2]
    store.reset(run, [0])
    assert store.pending(run) == [0, 2]
    assert store.pending(other) == [0, 1, 2]
    with pytest.raises(StorageError):
        store.save(run, 3, {})
    store.delete(run)
    assert store.results(run) == {}
    assert [record.id for record in store.runs()] == [other]


def test_unfinished_runs(store: RunStore) -> None:
    run = store.create_run(RECORD, FILES[:1])
    assert [record.id for record in store.unfinished()] == [run]
    store.save(run, 0, {})
    assert store.unfinished() == []
    store.set_delivered(run, False)
    assert [record.id for record in store.unfinished()] == [run]
    store.set_delivered(run, True)
    assert store.unfinished() == []


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
store = RunStore(Database(Path(sys.argv[1])))
for position in store.pending(1):
    store.save(1, position, {"position": position})
    print(position, flush=True)
"""


def test_a_row_that_was_saved_survives_a_kill(tmp_path: Path) -> None:
    file = tmp_path / "s.sqlite"
    with Database(file) as database:
        RunStore(database).create_run(RECORD, [("f", "/f")] * 400)
    told: list[int] = []
    for kills_after in (3, 50, 1):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told += [int(process.stdout.readline()) for _ in range(kills_after)]
            process.kill()
            told += [int(line) for line in process.stdout if line.endswith("\n")]
    assert len(told) == len(set(told)), "no position is done twice"
    with Database(file) as database:
        rows = RunStore(database).results(1)
        assert database.notice == ""
    assert set(told) <= set(rows)
    assert len(rows) <= len(told) + 3, "at most one saved row a kill was not told any more"


def test_what_was_read_here_is_counted_and_remote_runs_are_not(store: RunStore) -> None:
    here, away = store.create_run(RECORD, FILES), store.create_run(replace(RECORD, model_sha256="remote:host"), FILES)
    for run in (here, away):
        store.save(run, 0, {"coverage": {"chars_read": 120}})
        store.save(run, 1, {"coverage": {"chars_read": 30}})
    assert store.read_here_since("2000-01") == (2, 150)
    assert store.read_here_since("9999-01") == (0, 0)
