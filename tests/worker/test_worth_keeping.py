"""What a fast machine does not keep, and a slow one does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("llama_cpp")

from stillroom.engine.protocol import GenerateRequest, LoadOptions, Piece, Question, ScoreRequest
from stillroom.worker.cells import Cells
from stillroom.worker.generation import generate
from stillroom.worker.kept_cells import KeptCells
from stillroom.worker.llama import LoadedModel
from stillroom.worker.scoring import score
from stillroom.worker.worth_keeping import WorthKeeping

MIB = 1 << 20


def test_what_is_read_as_fast_as_it_is_copied_is_not_kept() -> None:
    worth = WorthKeeping()
    assert worth.is_worth(512, 64 * MIB), "nothing is known yet"
    worth.has_copied(64 * MIB, 0.03)
    worth.has_read(512, 0.07)
    assert not worth.is_worth(512, 64 * MIB)
    worth.has_read(512, 0.3)
    assert worth.is_worth(512, 64 * MIB)
    worth.has_copied(64 * MIB, 0.2)
    assert not worth.is_worth(512, 64 * MIB)
    worth.has_read(10, 9.0)
    assert not worth.is_worth(512, 64 * MIB), "a few tokens say nothing"


@pytest.mark.model
@pytest.mark.parametrize("seconds", [1e-9, 1e9])
def test_cells_of_a_gpu_are_kept_where_that_is_worth_it(starter_model: Path, seconds: float) -> None:
    model = LoadedModel(starter_model, LoadOptions(context_tokens=512, gpu_layers=0), lambda _: True)
    try:
        assert Cells(model).worth is None, "a processor keeps each"
        model.info = replace(model.info, gpu_layers=31)
        kept = KeptCells("model", 64 * MIB)
        cells = Cells(model, kept)
        worth = cells.worth
        assert worth is not None
        text = Piece("Four boxes of copper fittings at 18.40, two drums of lamp oil. " * 8)
        list(score(model, cells, ScoreRequest((text,), (Question("\nTotal: ", ("1", "2")),))))
        assert worth._token_seconds > 0
        worth._token_seconds = 0.0
        list(generate(model, cells, GenerateRequest((Piece("Another one. " * 30),), 1, interactive=True), print))
        assert len(kept) == 1, "the text that left"
        assert worth._token_seconds > 0
        worth._token_seconds = seconds
        list(generate(model, cells, GenerateRequest((Piece("Third one. " * 30),), 1, interactive=True), print))
        assert len(kept) == (2 if seconds > 1 else 1)
    finally:
        model.close()
