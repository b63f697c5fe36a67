"""Measuring in the worker, and what threads may change, on the real model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("llama_cpp")

from stillroom.engine.protocol import LoadOptions, Measurement, MeasureRequest, Piece, Question, ScoreRequest
from stillroom.errors import EngineError
from stillroom.worker.cells import Cells
from stillroom.worker.llama import Entry, LoadedModel
from stillroom.worker.measuring import measure
from stillroom.worker.scoring import score

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def model(starter_model: Path) -> Iterator[LoadedModel]:
    options = LoadOptions(context_tokens=1024, ubatch=64, threads_prompt=2, threads_generate=2)
    loaded = LoadedModel(starter_model, options, lambda _: True)
    yield loaded
    loaded.close()


def run(model: LoadedModel, cells: Cells, request: MeasureRequest) -> Measurement:
    *_, result = measure(model, cells, request)
    assert result is not None
    return result


def test_each_kind_is_measured_and_leaves_nothing(model: LoadedModel) -> None:
    cells = Cells(model)
    free = cells.free_sequences
    for kind in ("prompt", "score", "generate"):
        found = run(model, cells, MeasureRequest(kind, 1, 0.01))
        assert found.speed > 0
        assert found.speed * found.step_seconds == pytest.approx(1 if kind == "generate" else model.options.ubatch)
    # What stands before the measured answer is kept for the next measurement, like any text that was read.
    assert cells.free_sequences == free - 1
    assert model.threads == (2, 2)
    with pytest.raises(EngineError, match="does not know"):
        run(model, cells, MeasureRequest("typing"))
    model.clear()


def test_a_step_longer_than_the_text_is_counted_as_long_as_it_is(model: LoadedModel) -> None:
    cells, options = Cells(model), model.options
    model.options = replace(options, ubatch=4096)
    evaluated: list[int] = []
    model.evaluate, evaluate = lambda entries, **_: evaluated.append(len(entries)) or [], model.evaluate  # type: ignore
    try:
        found = run(model, cells, MeasureRequest("prompt", 1, 0.0001))
    finally:
        model.options, model.evaluate = options, evaluate  # type: ignore[method-assign]
    assert set(evaluated) == {model.longest_sequence - 1}
    assert found.speed * found.step_seconds == pytest.approx(model.longest_sequence - 1)
    model.clear()


def test_scores_do_not_depend_on_the_number_of_threads(model: LoadedModel) -> None:
    text = "".join(f"Item {number}: copper fittings, 18.{number:02}\n" for number in range(25))
    request = ScoreRequest((Piece(text),), (Question("\nThe total is ", ("14.10", "374.97", "none"), "\n"),))
    found = []
    for threads in (1, 2):
        model.clear()
        model.use_threads(threads)
        *_, result = score(model, Cells(model), request)
        assert result is not None
        found.append(result.scores)
    model.use_threads(None)
    model.clear()
    assert found[0] == found[1]


def test_only_a_chat_gets_fewer_threads_for_a_single_token(model: LoadedModel) -> None:
    lib = pytest.importorskip("llama_cpp.llama_cpp")
    model._generate_pace.threads = model._prompt_pace.threads = 1
    used = []
    for position, (count, interactive) in enumerate([(1, True), (1, False), (2, False)]):
        entries = [Entry(5, 10 * position + step, (position,)) for step in range(count)]
        model.evaluate(entries, interactive=interactive)
        used.append(lib.llama_n_threads(model.context) if count == 1 else lib.llama_n_threads_batch(model.context))
    model._generate_pace.threads = model._prompt_pace.threads = 2
    model.clear()
    assert used == [1, 2, 1]
