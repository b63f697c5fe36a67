"""Scores of the tree against scores of one candidate at a time, on the real model."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

lib = pytest.importorskip("llama_cpp.llama_cpp")

from stillroom.engine.protocol import (
    GenerateRequest,
    Generation,
    LoadOptions,
    Piece,
    Question,
    ScoreRequest,
    ScoreResult,
)
from stillroom.errors import EngineError
from stillroom.worker import generation, scoring
from stillroom.worker.cells import Cells
from stillroom.worker.generation import generate
from stillroom.worker.llama import Entry, LoadedModel
from stillroom.worker.scoring import score

pytestmark = pytest.mark.model

BEFORE = Piece("<|im_start|>user\n", special=True)
TEXT = Piece("North Wind Trading Ltd\n12 Harbour Road\nTotal 14.10\nCash 20.00\nChange 5.90\n")
TOTAL = Question("\nThe total is ", ("14.10", "14.1", "20.00", "5.90", "1"), "\n")
SELLER = Question("\nThe seller is ", ("North Wind Trading Ltd", "North Wind", "Harbour Road", "none"), "\n")


@pytest.fixture(scope="module")
def model(starter_model: Path) -> Iterator[LoadedModel]:
    loaded = LoadedModel(starter_model, LoadOptions(context_tokens=768, ubatch=64), lambda _: True)
    yield loaded
    loaded.close()


@pytest.fixture
def cells(model: LoadedModel) -> Iterator[Cells]:
    model.clear()
    yield Cells(model)
    model.clear()


def run(
    model: LoadedModel, cells: Cells, *questions: Question, prefix: tuple[Piece, ...] = (BEFORE, TEXT)
) -> ScoreResult:
    *_, result = score(model, cells, ScoreRequest(prefix, questions))
    assert result is not None
    return result


def one_by_one(model: LoadedModel, question: Question, candidate: str) -> float:
    """The candidate's log probability, evaluated as one plain sequence."""
    tokens = [
        *model.tokenize(BEFORE.text, special=True, first=True),
        *model.tokenize(TEXT.text, special=False),
        *model.tokenize(question.suffix, special=True),
    ]
    answer = model.tokenize(candidate, special=False) + model.tokenize(question.end, special=True)
    model.clear()
    everything = tokens + answer
    total = 0.0
    for start in range(0, len(everything), 64):
        chunk = everything[start : start + 64]
        entries = [Entry(token, start + step, (0,), True) for step, token in enumerate(chunk)]
        for step, logits in enumerate(model.evaluate(entries)):
            following = start + step + 1
            if len(tokens) <= following < len(everything):
                total += float(logits[everything[following]]) - float(np.logaddexp.reduce(logits.astype(np.float64)))
    model.clear()
    return total


def test_the_tree_gives_each_candidate_the_score_it_has_alone(model: LoadedModel, cells: Cells) -> None:
    result = run(model, cells, TOTAL, SELLER)
    for question, scores in zip((TOTAL, SELLER), result.scores, strict=True):
        for candidate, found in zip(question.candidates, scores, strict=True):
            # Batches of another shape round differently; a wrong token or a wrong neighbour is off by far more.
            assert found == pytest.approx(one_by_one(model, question, candidate), abs=0.35, rel=0.04)


def test_the_model_prefers_what_the_text_says(model: LoadedModel, cells: Cells) -> None:
    result = run(model, cells, TOTAL, SELLER)
    assert TOTAL.candidates[int(np.argmax(result.scores[0]))] == "14.10"
    assert SELLER.candidates[int(np.argmax(result.scores[1]))] == "North Wind Trading Ltd"


def test_the_same_request_gives_the_same_scores_whatever_was_cached(model: LoadedModel, cells: Cells) -> None:
    first = run(model, cells, TOTAL, SELLER)
    again = run(model, cells, TOTAL, SELLER)
    assert again.evaluated_tokens < first.evaluated_tokens
    model.clear()
    fresh = Cells(model)
    run(model, fresh, TOTAL, prefix=(BEFORE, Piece("Another text stood here before.\n")))
    other_order = run(model, fresh, TOTAL, SELLER)
    assert first.scores == again.scores == other_order.scores


def test_more_candidates_than_sequences_are_scored_in_groups(model: LoadedModel, cells: Cells) -> None:
    questions = [Question(f"\nNumber {n}: ", tuple(f"{k} {n}" for k in range(10, 58)), "\n") for n in range(5)]
    result = run(model, cells, *questions)
    assert [len(scores) for scores in result.scores] == [48] * 5
    assert all(math.isfinite(value) and value < 0 for scores in result.scores for value in scores)


def test_many_documents_leave_no_cells_behind(model: LoadedModel, cells: Cells) -> None:
    sequences = cells.free_sequences
    for number in range(40):
        run(
            model,
            cells,
            Question("\nNumber: ", (str(number), "none"), "\n"),
            prefix=(BEFORE, Piece(f"Page {number}. " * 6)),
        )
        assert cells.used <= cells.capacity
    while cells._drop_oldest():
        pass
    assert cells.used == 0
    assert cells.free_sequences == sequences


def test_a_text_that_does_not_fit_is_refused_and_leaves_nothing(model: LoadedModel, cells: Cells) -> None:
    with pytest.raises(EngineError, match="does not fit"):
        run(model, cells, TOTAL, prefix=(BEFORE, Piece("word " * 1000)))
    assert run(model, cells, TOTAL).scores
    assert cells.free_sequences > 200


def test_a_prefix_in_use_survives_a_request_that_is_given_up(model: LoadedModel, cells: Cells) -> None:
    steps = score(model, cells, ScoreRequest((BEFORE, TEXT), (TOTAL, SELLER)))
    next(steps)
    steps.close()
    while cells._drop_oldest():
        pass
    assert cells.used == 0


@pytest.mark.parametrize("prompt", [(BEFORE, TEXT), (BEFORE, TEXT, Piece("word " * 100))])
def test_what_is_given_up_is_cleared_away_at_once(
    model: LoadedModel, cells: Cells, monkeypatch: pytest.MonkeyPatch, prompt: tuple[Piece, ...]
) -> None:
    """Not when the last part of it happens to be collected: that may be after the model is gone."""
    parts: list[Generator[None, None, Any]] = []

    def watched(made: Callable[..., Generator[None, None, Any]]) -> Callable[..., Generator[None, None, Any]]:
        def make(*arguments: Any) -> Generator[None, None, Any]:
            parts.append(made(*arguments))
            return parts[-1]

        return make

    for module, name in (
        (scoring, "hold_prefix"), (scoring, "_evaluate"), (generation, "hold_prefix"), (generation, "fill")
    ):  # fmt: skip
        monkeypatch.setattr(module, name, watched(getattr(module, name)))
    request = GenerateRequest(prompt, max_tokens=2, interactive=len(prompt) > 2)
    for count in range(1, 5):
        for steps in (score(model, cells, ScoreRequest(prompt[:2], (TOTAL,))), generate(model, cells, request, print)):
            for _ in range(count):
                next(steps, None)
            steps.close()
            assert all(part.gi_frame is None for part in parts)
            assert not any(held.users for held in cells._held)
    assert len(parts) >= 8


def test_what_is_cleared_away_after_the_model_harms_nothing(
    starter_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_lived = LoadedModel(starter_model, LoadOptions(context_tokens=512), lambda _: True)
    steps = score(short_lived, Cells(short_lived), ScoreRequest((BEFORE, TEXT), (TOTAL,)))
    next(steps)
    short_lived.close()
    asked: list[object] = []
    monkeypatch.setattr(lib, "llama_memory_seq_rm", lambda *arguments: asked.append(arguments))
    steps.close()
    assert asked == [], "of memory that is freed"


@pytest.mark.parametrize("question", [Question("", ("a",)), Question("x", ()), Question("x", ("",))])
def test_a_question_without_text_or_answers_is_refused(model: LoadedModel, cells: Cells, question: Question) -> None:
    with pytest.raises(EngineError):
        run(model, cells, question)


def answer(model: LoadedModel, cells: Cells, request: GenerateRequest) -> tuple[Generation, list[str]]:
    heard: list[str] = []
    *_, result = generate(model, cells, request, heard.append)
    assert result is not None
    return result, heard


PROMPT = (BEFORE, Piece("What is the capital of France?"), Piece("<|im_end|>\n<|im_start|>assistant\n", special=True))


def test_what_is_streamed_is_what_is_answered(model: LoadedModel, cells: Cells) -> None:
    result, heard = answer(model, cells, GenerateRequest(PROMPT, 40, interactive=True))
    assert "".join(heard) == result.text
    assert "Paris" in result.text
    assert result.stop_reason == "end"


def test_a_conversation_reuses_its_cells(model: LoadedModel, cells: Cells) -> None:
    first, _ = answer(model, cells, GenerateRequest(PROMPT, 20, interactive=True))
    longer = (*PROMPT, Piece(first.text), Piece("<|im_end|>\n<|im_start|>user\n", special=True), Piece("And of Italy?"))
    second, _ = answer(model, cells, GenerateRequest(longer, 10, interactive=True))
    assert second.cached_tokens >= first.prompt_tokens


def test_a_stop_text_is_not_part_of_the_answer(model: LoadedModel, cells: Cells) -> None:
    whole, _ = answer(model, cells, GenerateRequest(PROMPT, 40))
    stop = whole.text[8:14]
    result, heard = answer(model, cells, GenerateRequest(PROMPT, 40, stop=(stop,)))
    assert result.stop_reason == "stop"
    assert "".join(heard) == result.text == whole.text[: whole.text.index(stop)]


def test_a_batch_answer_does_not_depend_on_the_cache_and_keeps_nothing(model: LoadedModel, cells: Cells) -> None:
    request = GenerateRequest(
        (BEFORE, TEXT, Piece("\nSay what was bought.<|im_end|>\n<|im_start|>assistant\n", special=True)), 24
    )
    first, _ = answer(model, cells, request)
    used = cells.used
    again, _ = answer(model, cells, request)
    assert first.text == again.text
    assert cells.used == used


def test_a_prompt_longer_than_the_context_is_refused(model: LoadedModel, cells: Cells) -> None:
    with pytest.raises(EngineError, match="tokens"):
        answer(model, cells, GenerateRequest((Piece("word " * 1000),), 10, interactive=True))
