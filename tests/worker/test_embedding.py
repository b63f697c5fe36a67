"""Embeddings of texts, on the real model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("llama_cpp.llama_cpp")

from stillroom.engine.protocol import Embeddings, EmbedRequest, LoadOptions, Piece, Question, ScoreRequest
from stillroom.errors import EngineError
from stillroom.worker.cells import Cells
from stillroom.worker.embedding import embed
from stillroom.worker.llama import LoadedModel
from stillroom.worker.scoring import score

pytestmark = pytest.mark.model

TEXTS = (
    "My bank card was declined at the shop.",
    "Why was my credit card refused when I paid?",
    "Play some slow jazz in the kitchen, please.",
)


@pytest.fixture(scope="module")
def model(starter_model: Path) -> Iterator[LoadedModel]:
    loaded = LoadedModel(starter_model, LoadOptions(context_tokens=768, ubatch=16), lambda _: True)
    yield loaded
    loaded.close()


@pytest.fixture
def cells(model: LoadedModel) -> Iterator[Cells]:
    model.clear()
    yield Cells(model)
    model.clear()


def vectors(model: LoadedModel, cells: Cells, *texts: str, most: int = 512) -> npt.NDArray[np.float64]:
    *_, result = embed(model, cells, EmbedRequest(texts, most))
    assert result is not None
    return np.array(result.vectors)


def test_like_texts_are_nearer_to_each_other_than_to_another(model: LoadedModel, cells: Cells) -> None:
    rows = vectors(model, cells, *TEXTS)
    rows -= rows.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert rows.shape == (3, model.width)
    assert rows[0] @ rows[1] > max(rows[0] @ rows[2], rows[1] @ rows[2])


def test_a_text_has_the_same_vector_beside_others_and_alone(model: LoadedModel, cells: Cells) -> None:
    assert np.array_equal(vectors(model, cells, *TEXTS)[1], vectors(model, cells, TEXTS[1])[0])


def test_a_long_text_is_read_as_far_as_asked_and_leaves_no_cells(model: LoadedModel, cells: Cells) -> None:
    text = " ".join(TEXTS) * 200
    *_, result = embed(model, cells, EmbedRequest((text,), 40))
    assert result is not None
    assert result.evaluated_tokens == 40
    assert cells.used == 0


def test_what_is_scored_after_it_is_what_it_was_before(model: LoadedModel, cells: Cells) -> None:
    request = ScoreRequest((Piece("Total 14.10\n"),), (Question("The total is ", ("14.10", "15.20"), "\n"),))
    *_, before = score(model, cells, request)
    vectors(model, cells, *TEXTS)
    model.clear()
    *_, after = score(model, Cells(model), request)
    assert before is not None
    assert after is not None
    assert before.scores == after.scores


def test_a_frame_gives_its_last_token(model: LoadedModel, cells: Cells) -> None:
    def framed(
        *texts: str, most: int = 512, before: str = 'This text: "', after: str = '" means in one word: "'
    ) -> Embeddings:
        *_, result = embed(model, cells, EmbedRequest(texts, most, before, after))
        assert result is not None
        return result

    rows = np.array(framed(*TEXTS).vectors)
    rows -= rows.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert rows[0] @ rows[1] > max(rows[0] @ rows[2], rows[1] @ rows[2])
    # What stands in the frame counts, and the frame is read whole however long the text.
    short = framed(TEXTS[0], most=5)
    assert short.vectors != framed(TEXTS[0], most=5, after='" is about: "').vectors
    assert framed(" ".join(TEXTS) * 3, most=30).evaluated_tokens == short.evaluated_tokens + 25
    assert cells.used == 0


def test_a_frame_leaves_the_mean_over_the_text_in_it(model: LoadedModel, cells: Cells) -> None:
    *_, framed = embed(model, cells, EmbedRequest(TEXTS, 512, 'This text: "', '" means in one word: "'))
    *_, longer = embed(model, cells, EmbedRequest(TEXTS, 512, 'This text: "', '" is about something else: "'))
    *_, plain = embed(model, cells, EmbedRequest(TEXTS, 512))
    assert framed is not None
    assert longer is not None
    assert plain is not None
    assert plain.means == ()
    # What follows the text is not in it; what comes before it is read, but not counted.
    assert np.array(framed.means) == pytest.approx(np.array(longer.means), abs=1e-3)
    assert framed.means != framed.vectors
    for one, other in zip(framed.means, plain.vectors, strict=True):
        assert np.corrcoef(one, other)[0, 1] > 0.8


def test_what_stands_before_many_texts_is_read_once(model: LoadedModel, cells: Cells) -> None:
    before = (
        "".join(f'This text: "{text}" means in one word: "{text.split()[0]}".\n' for text in TEXTS) + 'This text: "'
    )
    after = '" means in one word: "'
    *_, first = embed(model, cells, EmbedRequest(TEXTS, 512, before, after))
    *_, again = embed(model, cells, EmbedRequest(TEXTS, 512, before, after))
    *_, plain = embed(model, cells, EmbedRequest(TEXTS, 512, 'This text: "', after))
    assert first is not None
    assert again is not None
    assert plain is not None
    assert again.vectors == first.vectors
    assert again.evaluated_tokens < first.evaluated_tokens - 40
    assert again.evaluated_tokens < plain.evaluated_tokens
    assert np.abs(np.array(first.vectors) - np.array(plain.vectors)).max() > 0.1
    # The same as where all of it is read at once.
    *_, alone = embed(model, cells, EmbedRequest((before + TEXTS[0] + after,)))
    assert alone is not None
    own = np.array(first.means[0])
    assert np.corrcoef(own, np.array(alone.vectors[0]))[0, 1] > 0.5
    assert all(held.users == 0 for held in cells._held)


def test_a_language_that_is_not_known_takes_more_tokens(model: LoadedModel, cells: Cells) -> None:
    *_, result = embed(model, cells, EmbedRequest((TEXTS[0], "Ich möchte meine verlorene Karte sperren lassen."), 512))
    assert result is not None
    assert result.token_bytes[0] > 4 > 3 > result.token_bytes[1]


def test_nothing_is_no_text(model: LoadedModel, cells: Cells) -> None:
    with pytest.raises(EngineError, match="no text"):
        list(embed(model, cells, EmbedRequest(("",))))
