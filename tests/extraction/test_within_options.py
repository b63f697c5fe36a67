"""What texts of one option differ in counts less, for the model it was made for alone."""

from __future__ import annotations

import numpy as np
import pytest

from stillroom.extraction import subject
from stillroom.extraction.subject import Embedding, nearness
from stillroom.extraction.within_options import WithinOptions, within_options


def test_directions_in_which_texts_of_one_option_differ_count_less() -> None:
    made = np.random.default_rng(1)
    differ = made.normal(size=(300, 6)) * 0.1
    differ += made.normal(size=(300, 1)) * np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    within = WithinOptions.of("m", differ, 1)
    of_them, of_others = np.array([[1.0, 1.0, 0.0, 0.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.0, 1.0, 0.0, 0.0]])

    def length(rows: np.ndarray) -> float:
        return float(np.linalg.norm(within.evened(rows)) / np.linalg.norm(rows / within.spread))

    assert length(of_them) < 0.8
    assert length(of_others) == pytest.approx(1.0, abs=0.05)


def test_only_the_model_that_it_was_made_for_has_it() -> None:
    known = within_options("SmolLM2-135M-Instruct.Q4_1", 576)
    assert known is not None
    assert within_options("SmolLM2-135M-Instruct.Q4_0", 576) is known  # kept otherwise, it is the same model
    for name in ("smollm2-135m-instruct-q4_k_m", "SmolLM2-135M-Instruct-requantized.Q4_0", "SmolLM2-135M-Instruct-F16"):
        assert within_options(name, 576) is known
    assert within_options("SmolLM2-135M-Instruct-letters.Q4_1", 576) is None  # trained further, it is another one
    assert within_options("SmolLM2-135M-Instruct.Q4_1", 640) is None
    assert within_options("gemma-3-270m", 576) is None
    assert known.evened(np.ones((2, 576))).shape == (2, 576)
    assert (known.counts < 1.0).all()
    assert known.directions @ known.directions.T == pytest.approx(np.eye(len(known.counts)), abs=0.01)


def test_a_text_is_near_to_the_option_that_differs_from_it_as_its_own_texts_do(monkeypatch: pytest.MonkeyPatch) -> None:
    made = np.random.default_rng(2)
    # The first number is a matter of wording; the others tell the options apart.
    about = {"garden": (0.0, 1.0, 0.0), "boats": (4.0, 0.0, 1.0), "A rose, worded as boats are": (4.0, 1.0, 0.0)}
    plain = {text: tuple(made.normal(size=3) * 0.1) for text in subject.PLAIN}

    def embed(text: str, **_: object) -> Embedding:
        return Embedding("m", np.array((about | plain)[text]))

    text = embed("A rose, worded as boats are")
    as_it_is = nearness(text, ("garden", "boats"), embed)
    assert as_it_is is not None
    assert int(as_it_is.argmax()) == 1
    within = WithinOptions("m", np.ones(3), np.eye(3)[:1], np.array([0.05]), 1.3)
    monkeypatch.setattr(subject, "within_options", lambda model, width: within if (model, width) == ("m", 3) else None)
    evened = nearness(text, ("garden", "boats"), embed)
    assert evened is not None
    assert int(evened.argmax()) == 0
