"""Copies in fewer bits, written and compared by the real engine."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from tests.gguf.make_gguf import write_tiny

from stillroom import paths
from stillroom.cancellation import Cancellation
from stillroom.errors import Cancelled, StillroomError
from stillroom.gguf.header import read_header
from stillroom.models.fit.estimate import Machine
from stillroom.models.library import find_model, installed_models
from stillroom.models.local_files import verify
from stillroom.models.model_file import ModelFile
from stillroom.tuning import smaller as module
from stillroom.tuning.smaller import QUANTIZATIONS, Smaller, copy_name, make_smaller, smaller_than

pytestmark = pytest.mark.model


@pytest.fixture
def model() -> ModelFile:
    return find_model(str(write_tiny(paths.models_dir() / "tiny-Q8_0.gguf")))


def test_a_copy_is_made_and_compared(model: ModelFile) -> None:
    told: list[tuple[float, str]] = []
    made = make_smaller(model, "Q4_0", on_progress=lambda share, what: told.append((share, what)))
    assert made.model.path == paths.models_dir() / "tiny-requantized.Q4_0.gguf"
    assert made.model.quantization == "Q4_0"
    assert made.size < made.source_size
    assert made.memory < made.source_memory
    assert made.loss is not None
    assert abs(made.loss) < 1
    assert verify(made.model).right
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1][1].startswith("Comparing")
    with pytest.raises(StillroomError, match="is there already"):
        make_smaller(model, "Q4_0")


def test_what_does_not_fit_is_made_but_not_compared(model: ModelFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "this_machine", lambda: Machine(free_ram=1 << 20))
    made = make_smaller(model, "Q4_0")
    assert made.loss is None
    assert "was not compared" in made.verdict


def test_stopping_leaves_nothing(model: ModelFile) -> None:
    for moment in ("Writing", "Comparing"):
        cancellation = Cancellation()

        def stop(_share: float, what: str, moment: str = moment, cancellation: Cancellation = cancellation) -> None:
            if what.startswith(moment):
                cancellation.request()

        with pytest.raises(Cancelled):
            make_smaller(model, "Q4_0", on_progress=stop, cancellation=cancellation)
        assert [found.name for found in installed_models() if not found.starter] == ["tiny-Q8_0"]


def test_an_unknown_quantization_is_named(model: ModelFile, tmp_path: Path) -> None:
    with pytest.raises(StillroomError, match="is no quantization this engine can write"):
        make_smaller(model, "Q9_X", target=tmp_path / "x.gguf")
    assert not (tmp_path / "x.gguf").exists()


def test_what_is_smaller(model: ModelFile) -> None:
    elements = sum(each.elements for each in read_header(model.path).tensors)
    assert smaller_than(replace(model, size=2 * elements)) == list(QUANTIZATIONS)
    assert smaller_than(replace(model, size=int(8.5 / 8 * elements)))[0].name == "Q6_K"
    assert copy_name(replace(model, name="a.F16", quantization="F16"), "q4_k_m") == "a-requantized.Q4_K_M.gguf"


@pytest.mark.parametrize(
    ("perplexity", "words"),
    [
        (0.001, "no loss that"),
        (-0.01, "lower: no loss"),
        (0.02, "a small loss"),
        (0.05, "may be noticed"),
        (0.4, "large"),
    ],
)
def test_what_a_loss_means(perplexity: float, words: str, model: ModelFile) -> None:
    made = Smaller(model, 1, 2, 3, 4, math.log(1 + perplexity))
    assert words in made.verdict
