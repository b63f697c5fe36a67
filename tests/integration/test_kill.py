"""A run that is killed at random moments is whole after it is resumed: every file one row, nothing done twice.

``STILLROOM_TEST_DOCUMENTS``, ``STILLROOM_TEST_KILLS`` and ``STILLROOM_TEST_SEED`` choose how many, how often and when:
40 documents and 20 kills are what the application promises to survive.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from stillroom import paths
from stillroom.chat.conversation import TurnState
from stillroom.chat.store import ConversationStore
from stillroom.storage.database import Database

DOCUMENTS = int(os.environ.get("STILLROOM_TEST_DOCUMENTS", "16"))
# With a field that the model is asked of: what the page alone decides is done before a kill could meet it.
TEMPLATE = """
name = "t"
[[fields]]
name = "sum"
type = "money"
[[fields]]
name = "gist"
type = "summary"
max_words = 8
"""
KILLS = int(os.environ.get("STILLROOM_TEST_KILLS", "5"))
SEED = int(os.environ.get("STILLROOM_TEST_SEED", "1"))


def make_files(folder: Path) -> None:
    folder.mkdir()
    for number in range(DOCUMENTS):
        text = (
            f"CORNER SHOP {number}\n{number + 1} High Street\nDate: {number % 28 + 1:02}/03/2024\nTotal: {number}.50\n"
        )
        (folder / f"{number:02}.txt").write_text(text, "utf-8")


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "stillroom", "extract", str(folder), "--template", str(folder.parent / "t.toml")]
    return subprocess.Popen([*command, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the application alone: its children have to notice by themselves."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:  # a child's child ended while it was looked at
        children = psutil.Process(process.pid).children()
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


def rows() -> dict[tuple[int, int], tuple[str, ...]]:
    """What is on disk, by run and position: what a row holds that stays when the documents of a run are decided together."""
    if not paths.database_file().exists():
        return {}
    with closing(sqlite3.connect(paths.database_file())) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'results'").fetchone():
            return {}
        kept = connection.execute("SELECT run, position, result FROM results")
        return {(run, position): made_once(json.loads(row)) for run, position, row in kept}


def made_once(row: dict[str, object]) -> tuple[str, ...]:
    """Of a row what no other extraction of the file would give: how long it took, to the millisecond."""
    return tuple(str(row[name]) for name in ("file", "file_sha256", "status", "seconds"))


@pytest.mark.model
@pytest.mark.timeout(900)
def test_every_file_is_one_row_after_kills(tmp_path: Path, starter_model: Path) -> None:
    paths.models_dir().mkdir(parents=True)
    shutil.copy(starter_model, paths.models_dir() / starter_model.name)
    folder = tmp_path / "in"
    make_files(folder)
    (tmp_path / "t.toml").write_text(TEMPLATE, "utf-8")
    out = tmp_path / "out.jsonl"
    moments = random.Random(SEED)
    before = rows()
    kills = 0
    finished = False
    while not finished:
        process = start(folder, "--resume", "--out", str(out))
        if kills < KILLS:
            # Counted from the first new row, so that most kills fall into the work and not into the start.
            deadline = time.monotonic() + moments.choice([0.2, 60, 60, 60])
            while len(rows()) == len(before) and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(moments.uniform(0, 0.5))
        finished = kills == KILLS or process.poll() is not None
        if finished:
            _, errors = process.communicate(timeout=600)
            assert process.returncode == 0, errors.decode()
        else:
            kill(process)
            kills += 1
            assert not out.exists()
        after = rows()
        assert before.items() <= after.items(), "a row that was saved is there, and was not made again"
        before = after
    assert kills > 1
    assert list(before) == [(1, position) for position in range(DOCUMENTS)]
    results = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [Path(result["file"]).name for result in results] == [f"{number:02}.txt" for number in range(DOCUMENTS)]
    assert {result["status"] for result in results} == {"done"}


@pytest.mark.model
@pytest.mark.window
def test_an_answer_that_was_being_written_when_the_window_was_killed_is_there_and_marked(starter_model: Path) -> None:
    paths.models_dir().mkdir(parents=True)
    shutil.copy(starter_model, paths.models_dir() / starter_model.name)
    window = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("window_run.py")), "chat"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 90
        written = ""
        while len(written) < 80:
            assert window.poll() is None, "the answer ended before the window could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
            written = streaming()
    finally:
        kill(window)
    with Database(paths.database_file()) as database:
        store = ConversationStore(database)
        (talk,) = store.conversations()
        question, answer = store.branch(talk.leaf)
        assert question.content.startswith("Write a very long story")
        assert answer.state is TurnState.INTERRUPTED
        assert answer.content.startswith(written)


def streaming() -> str:
    """What of the answer is on disk while it is written."""
    if not paths.database_file().exists():
        return ""
    with closing(sqlite3.connect(paths.database_file())) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'turns'").fetchone():
            return ""
        found = connection.execute("SELECT content FROM turns WHERE state = 'streaming'").fetchone()
        return found[0] if found else ""
