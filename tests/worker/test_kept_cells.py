"""States that are kept: within their budgets, for this user only, and restored to the very same scores."""

from __future__ import annotations

import logging
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("llama_cpp")

from stillroom import paths
from stillroom.engine.kept_files import KeptFiles, folder_for
from stillroom.engine.protocol import (
    GenerateRequest,
    Generation,
    LoadOptions,
    Piece,
    Question,
    ScoreRequest,
    ScoreResult,
)
from stillroom.worker.cells import Cells
from stillroom.worker.generation import generate
from stillroom.worker.kept_cells import KeptCells, kept_cells
from stillroom.worker.llama import LoadedModel
from stillroom.worker.scoring import hold_prefix, score
from stillroom.worker.worth_keeping import WorthKeeping

posix = pytest.mark.skipif(os.name != "posix", reason="access bits are POSIX's")


def made(content: bytes) -> mmap.mmap:
    state = mmap.mmap(-1, len(content))
    state[:] = content
    return state


def text(number: int, length: int = 40) -> list[int]:
    return [number, *range(length)]


@pytest.fixture
def files() -> Iterator[KeptFiles]:
    kept = KeptFiles(paths.cells_dir(), 1 << 20)
    yield kept
    kept.close()


NAMES = [f"{number:064x}" for number in range(6)]

# ---------------------------------------------------------------------------------------------------------- in memory


def test_memory_keeps_the_ones_used_last_within_its_budget() -> None:
    kept = KeptCells("model", 1000)
    for number in range(5):
        kept.keep(text(number), made(bytes([number]) * 300))
        assert kept.bytes <= 1000
    assert [kept.take(text(number)) is not None for number in range(5)] == [False, False, True, True, True]
    assert (kept.bytes, len(kept)) == (0, 0)


def test_a_state_that_comes_back_counts_as_used_last() -> None:
    kept = KeptCells("model", 1000)
    for number in range(3):
        kept.keep(text(number), made(b"x" * 300))
    state = kept.take(text(0))
    assert state is not None
    kept.keep(text(0), state)
    kept.keep(text(3), made(b"x" * 300))
    assert kept.take(text(1)) is None
    assert kept.take(text(0)) is not None


def test_only_the_same_tokens_find_it() -> None:
    kept = KeptCells("model", 1000)
    kept.keep(text(1), made(b"x" * 10))
    assert kept.take(text(1)[:-1]) is None
    assert kept.take([*text(1), 1]) is None


def test_nothing_is_kept_without_a_budget_or_of_a_short_text() -> None:
    assert not KeptCells("model", 0).wants(text(1))
    assert not KeptCells("model", 1000).wants(text(1, 5))


# ------------------------------------------------------------------------------------------------------------ on disk


def test_what_memory_has_no_room_for_is_on_disk_also_for_the_next_process() -> None:
    kept = KeptCells("model", 400, KeptFiles(paths.cells_dir(), 1 << 20))
    kept.keep(text(1), made(b"one" * 100))
    kept.keep(text(2), made(b"two" * 100))
    kept.close()
    later = KeptCells("model", 400, KeptFiles(paths.cells_dir(), 1 << 20))
    other_model = KeptCells("another", 400, KeptFiles(paths.cells_dir(), 1 << 20))
    try:
        state = later.take(text(1))
        assert state is not None
        assert state[:] == b"one" * 100
        assert later.take(text(2)) is None  # was in memory only
        assert other_model.take(text(1)) is None
    finally:
        later.close()
        other_model.close()


def test_the_folder_keeps_the_ones_used_last_within_its_budget() -> None:
    kept = KeptFiles(paths.cells_dir(), 3500)
    try:
        for number, name in enumerate(NAMES):
            kept.write(name, made(b"x" * 1000))
            kept.flush()
            os.utime(paths.cells_dir() / name, (number, number))
            if number == 2:
                assert kept.read(NAMES[0]) is not None  # used last now
            assert sum(each.stat().st_size for each in paths.cells_dir().iterdir()) <= 3500
        assert [name in {each.name for each in paths.cells_dir().iterdir()} for name in NAMES] == [
            True,
            False,
            False,
            False,
            True,
            True,
        ]
    finally:
        kept.close()


@posix
def test_only_the_user_can_open_folder_files_and_key(files: KeptFiles) -> None:
    files.write(NAMES[0], made(b"x" * 100))
    files.flush()
    modes = {
        each.name: stat.S_IMODE(each.stat().st_mode)
        for each in (paths.cells_dir(), paths.cells_dir() / NAMES[0], paths.config_dir() / "cells.key")
    }
    assert modes == {"cells": 0o700, NAMES[0]: 0o600, "cells.key": 0o600}


CHANGES: dict[str, Callable[[bytes, bytes], bytes]] = {
    "a byte of the state": lambda content, _: content[:60] + bytes([content[60] ^ 1]) + content[61:],
    "a byte of the checksum": lambda content, _: content[:10] + bytes([content[10] ^ 1]) + content[11:],
    "cut short": lambda content, _: content[:-1],
    "emptied": lambda content, _: content[:0],
    "another text's": lambda _, other: other,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_file_that_was_changed_is_not_used_and_removed(
    files: KeptFiles, change: Callable[[bytes, bytes], bytes]
) -> None:
    for name in NAMES[:2]:
        files.write(name, made(name[-1].encode() * 100))
    files.flush()
    assert files.read(NAMES[0]) is not None
    path = paths.cells_dir() / NAMES[0]
    path.write_bytes(change(path.read_bytes(), (paths.cells_dir() / NAMES[1]).read_bytes()))
    assert files.read(NAMES[0]) is None
    assert not path.exists()
    assert files.read(NAMES[1]) is not None


def test_files_of_another_key_are_not_used(files: KeptFiles) -> None:
    files.write(NAMES[0], made(b"x" * 100))
    files.flush()
    (paths.config_dir() / "cells.key").unlink()
    stranger = KeptFiles(paths.cells_dir(), 1 << 20)
    assert stranger.read(NAMES[0]) is None
    stranger.close()


@posix
@pytest.mark.usefixtures("files")
def test_a_key_that_others_could_read_is_replaced() -> None:
    key = paths.config_dir() / "cells.key"
    before = key.read_bytes()
    key.chmod(0o644)
    KeptFiles(paths.cells_dir(), 1 << 20).close()
    assert key.read_bytes() != before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@posix
def test_a_link_in_the_place_of_a_file_is_not_followed(files: KeptFiles, tmp_path: Path) -> None:
    files.write(NAMES[0], made(b"x" * 100))
    files.flush()
    path = paths.cells_dir() / NAMES[0]
    (tmp_path / "elsewhere").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    assert files.read(NAMES[0]) is None


def test_a_disk_that_refuses_is_no_error(
    files: KeptFiles, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    for name in NAMES[:2]:
        files.write(name, made(b"x" * 100))
        files.flush()
    assert files.read(NAMES[0]) is None
    assert list(paths.cells_dir().iterdir()) == []
    assert [record.getMessage() for record in caplog.records] == [
        "nothing more is kept on disk: No space left on device"
    ]


def test_without_a_folder_to_write_to_memory_is_used_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model, taken = tmp_path / "model.gguf", tmp_path / "cells"
    model.write_bytes(b"")
    taken.write_text("a file in the folder's place")
    with caplog.at_level(logging.WARNING):
        kept = kept_cells(model, LoadOptions(kept_bytes=1000, kept_folder=str(taken)))
    kept.keep(text(1), made(b"x" * 100))
    assert kept.take(text(1)) is not None
    assert len(caplog.records) == 1
    assert str(tmp_path) not in caplog.text
    assert taken.read_text() == "a file in the folder's place"


def test_who_wants_nothing_on_disk_has_nothing_there(files: KeptFiles) -> None:
    files.write(NAMES[0], made(b"x" * 100))
    files.flush()
    assert folder_for(keep=True) == str(paths.cells_dir())
    assert (paths.cells_dir() / NAMES[0]).exists()
    assert folder_for(keep=False) == ""
    assert not paths.cells_dir().exists()


# ------------------------------------------------------------------------------------------------------ with the model

BEFORE = Piece("<|im_start|>user\n", special=True)
QUESTION = Question("\nTotal: ", ("14.10", "20.00", "none"), "\n")


@pytest.fixture(autouse=True)
def _each_is_worth_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever reads here, and however fast."""
    monkeypatch.setattr(WorthKeeping, "is_worth", lambda *_: True)


@pytest.fixture(scope="module")
def model(starter_model: Path) -> Iterator[LoadedModel]:
    options = LoadOptions(context_tokens=512, ubatch=64, threads_prompt=1)
    loaded = LoadedModel(starter_model, options, lambda _: True)
    yield loaded
    loaded.close()


def passage(number: int) -> Piece:
    return Piece(
        f"Receipt {number}\n" + "".join(f"Goods {n + number}  {n}.{number:02d}\n" for n in range(6)) + "Total 14.10\n"
    )


def run(model: LoadedModel, cells: Cells, number: int) -> ScoreResult:
    *_, result = score(model, cells, ScoreRequest((BEFORE, passage(number)), (QUESTION,)))
    assert result is not None
    return result


def read_pieces(model: LoadedModel, cells: Cells, *pieces: Piece) -> int:
    """Tokens that had to be evaluated."""
    evaluated: list[int] = []
    steps = hold_prefix(model, cells, pieces, evaluated.append)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        cells.release(end.value)
    return sum(evaluated)


def read(model: LoadedModel, cells: Cells, number: int) -> int:
    return read_pieces(model, cells, BEFORE, passage(number))


@pytest.mark.model
def test_a_restored_text_gives_the_very_same_scores(model: LoadedModel, starter_model: Path) -> None:
    """Also from the disk, in a context that never saw the text."""
    model.clear()
    options = replace(model.options, kept_bytes=1 << 30, kept_folder=str(paths.cells_dir()))
    cells = Cells(model, kept_cells(starter_model, options))
    first = [run(model, cells, number) for number in range(8)]
    again = [run(model, cells, number) for number in range(8)]
    assert [each.scores for each in again] == [each.scores for each in first]
    assert all(each.evaluated_tokens * 4 < first[0].evaluated_tokens for each in again)
    cells.close()
    model.clear()
    later = Cells(model, kept_cells(starter_model, options))
    last = [run(model, later, number) for number in (7, 0)]
    assert [each.scores for each in last] == [first[7].scores, first[0].scores]
    assert all(each.evaluated_tokens * 2 < first[0].evaluated_tokens for each in last)
    later.close()


@pytest.mark.model
def test_many_texts_leave_no_cells_and_no_sequences_behind(model: LoadedModel) -> None:
    model.clear()
    cells = Cells(model, KeptCells("model", 32 << 20))
    sequences = cells.free_sequences
    assert cells.kept is not None
    evaluated = [read(model, cells, number % 10) for number in range(40)]
    assert max(evaluated[20:]) == 0
    assert cells.kept.bytes <= 32 << 20
    assert cells.used <= cells.capacity
    while cells._drop_oldest():
        pass
    assert (cells.used, cells.free_sequences) == (0, sequences)


@pytest.mark.model
def test_a_state_that_cannot_be_restored_is_read_again(model: LoadedModel) -> None:
    model.clear()
    kept = KeptCells("model", 1 << 30)
    cells = Cells(model, kept)
    whole = read(model, cells, 0)
    while cells._drop_oldest():
        pass
    (name, state), *_ = kept._states.items()
    kept._states[name] = made(state[: len(state) // 2])
    assert read(model, cells, 0) == whole
    assert read(model, cells, 0) == 0
    cells.close()


@pytest.mark.model
def test_what_leaves_the_cache_comes_back_without_being_read_again(model: LoadedModel) -> None:
    model.clear()
    cells = Cells(model, KeptCells("model", 1 << 30))
    long_frame = Piece("You extract data from documents. " * 8, special=True)

    def read(*pieces: Piece) -> int:
        return read_pieces(model, cells, *pieces)

    both = read(long_frame, passage(0))
    alone = read(long_frame, passage(1))
    assert alone < both  # the frame is shared
    assert cells.used < both + alone  # the first passage has left
    assert read(long_frame, passage(0)) == 0
    assert read(long_frame, passage(2)) < both
    cells.close()


def test_a_conversation_comes_back_after_a_batch(model: LoadedModel) -> None:
    model.clear()
    cells = Cells(model, KeptCells("model", 1 << 30))
    turn = "We spoke of the harbour, of ships, and of the wind that comes from the north in winter. " * 3

    def answer(prompt: str) -> Generation:
        request = GenerateRequest((Piece(prompt),), max_tokens=4, interactive=True)
        *_, result = generate(model, cells, request, lambda _text: None)
        assert result is not None
        return result

    first = answer(turn)
    read_pieces(model, cells, passage(0))
    assert not any(held.tokens[:8] == model.tokenize(turn, special=False)[:8] for held in cells._held)
    second = answer(turn + "And now of the stars.")
    assert second.cached_tokens >= first.prompt_tokens - 4
    cells.close()
