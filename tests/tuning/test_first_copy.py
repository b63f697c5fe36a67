"""A small model is written anew when it is first loaded, where that is sure to gain, and only then."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.gguf.make_gguf import write_tiny

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.engine.protocol import Quantized
from stillroom.errors import Cancelled
from stillroom.machine.gpus import Gpu, MemoryKind
from stillroom.machine.hardware import Hardware
from stillroom.models.library import find_model
from stillroom.models.model_file import ModelFile
from stillroom.storage.ownership import owned
from stillroom.tuning import first_copy
from stillroom.tuning.copy import LOSS, quantize, text_loss
from stillroom.tuning.store import NO_COPY, Copy, keep_copy, known_copy
from stillroom.tuning.tuned import in_place_of, load_plan, sample_texts

pytestmark = pytest.mark.model


@pytest.fixture
def model() -> ModelFile:
    """Named as what it is not, so that a copy may gain; nothing is known of a copy."""
    return find_model(str(write_tiny(paths.models_dir() / "tiny.Q5_1.gguf")))


def made() -> list[str]:
    return sorted(str(file.relative_to(paths.copies_dir())) for file in paths.copies_dir().rglob("*") if file.is_file())


def test_the_first_load_makes_a_copy_and_every_load_uses_it(model: ModelFile) -> None:
    plan = load_plan(model)
    assert plan.model.path == paths.copies_dir() / "tiny.Q5_1" / "tiny.Q8_0.gguf"
    assert plan.notice == "tiny.Q8_0 is used in the place of tiny.Q5_1: the same model, faster here."
    written = plan.model.path.stat().st_mtime_ns
    assert load_plan(model).model.path.stat().st_mtime_ns == written
    assert load_plan(model, this_file=True).model == model


def test_two_that_start_at_once_write_one_copy(model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the other one has loaded must not be replaced: its worker may open that file only, by what it was when it was started."""
    written: list[Path] = []

    def slowly(source: Path, target: Path, *arguments: Any, **named: Any) -> Quantized:
        written.append(target)
        time.sleep(1)
        return quantize(source, target, *arguments, **named)

    monkeypatch.setattr(first_copy, "quantize", slowly)
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(load_plan, (model, model))
    assert first.model.path == second.model.path == written[0]
    assert len(written) == 1


def test_who_waits_in_vain_for_another_takes_the_model_itself(
    model: ModelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_copy, "_PATIENCE_SECONDS", 0.1)
    with owned(paths.cache_dir() / "first-copies.lock", ""):
        assert load_plan(model).model == model
    assert load_plan(model).model != model


def test_a_copy_that_was_lost_is_made_again(model: ModelFile) -> None:
    load_plan(model)
    shutil.rmtree(paths.cache_dir())
    assert load_plan(model).model.path.is_file()


@pytest.mark.parametrize(
    "known", [NO_COPY, Copy("", "", "Q8_0", 1.1), Copy("gone-requantized.Q8_0.gguf", "x", "Q8_0", 2.0)]
)
def test_what_tuning_found_stands(model: ModelFile, known: Copy) -> None:
    keep_copy(model.path, known)
    assert load_plan(model).model == model
    assert known_copy(model.path) == known
    assert not made()


def test_none_where_it_may_not_gain(model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = find_model(str(write_tiny(paths.models_dir() / "tiny.Q8_0.gguf")))
    assert load_plan(fast).model == fast
    gpu = Gpu("A", "NVIDIA", MemoryKind.OWN, 8 << 30, 7 << 30)
    with monkeypatch.context() as patched:
        patched.setattr(Hardware, "usable_gpus", lambda _self: (gpu,))
        assert load_plan(model).model == model
    monkeypatch.setattr(first_copy, "_LARGEST_BYTES", model.size - 1)
    assert load_plan(model).model == model
    assert not made()


def test_without_room_the_model_itself_is_loaded(model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        free = 1000

    monkeypatch.setattr("stillroom.tuning.copy.shutil.disk_usage", lambda _path: Full)
    assert load_plan(model).model == model
    assert not made()
    assert known_copy(model.path) is None  # tried again when there is room


def test_it_can_be_stopped(model: ModelFile) -> None:
    cancellation = Cancellation()
    cancellation.request()
    with pytest.raises(Cancelled):
        load_plan(model, cancellation=cancellation)
    assert not made()


def test_the_copy_of_the_starter_finds_text_as_probable(starter_model: Path) -> None:
    keep_copy(starter_model, None)
    starter = find_model(str(starter_model))
    load_plan(starter)
    copy = in_place_of(starter)
    assert copy != starter
    loss = text_loss(starter.path, copy.path, sample_texts())
    assert loss is not None
    assert abs(loss) < LOSS / 4
