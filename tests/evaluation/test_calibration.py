"""Confidence against what was right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.evaluation.calibration import Answer, calibration, coverage, reliability


def answers(*pairs: tuple[float, int]) -> list[Answer]:
    return [Answer(confidence, bool(right)) for confidence, right in pairs]


def test_nothing_has_no_calibration() -> None:
    assert calibration([]) is None


def test_the_error_is_the_distance_of_confidence_and_truth_by_weight() -> None:
    found = calibration(answers((0.95, 1), (0.95, 1), (0.85, 1), (0.85, 0)))
    assert found is not None
    assert found.error == pytest.approx((2 * 0.05 + 2 * 0.35) / 4)
    assert [(part.low, part.count, part.right) for part in found.bins] == [(0.8, 2, 0.5), (0.9, 2, 1.0)]


def test_full_confidence_belongs_to_the_last_bin() -> None:
    (part,) = reliability(answers((1.0, 1), (0.9, 0)))
    assert (part.low, part.count) == (0.9, 2)


def test_coverage_takes_as_many_as_stay_right() -> None:
    # Of the first 20 one is wrong (95 %); with the next one too many are.
    mixed = answers(*[(0.9, 1)] * 10, (0.8, 0), *[(0.7, 1)] * 9, (0.6, 0), (0.5, 1))
    assert coverage(mixed) == (20 / 22, 0.7)


def test_only_what_is_surer_than_nine_in_ten_is_sure_and_wrong() -> None:
    found = calibration(answers((0.95, 0), (0.9, 0), (0.3, 0), (0.99, 1)))
    assert found is not None
    assert found.sure_and_wrong == pytest.approx(1 / 4)


def test_a_higher_precision_is_reached_for_fewer() -> None:
    found = calibration(answers(*[(0.99, 1)] * 10, (0.8, 0), *[(0.7, 1)] * 9))
    assert found is not None
    assert (found.coverage, found.threshold) == (1.0, 0.7)
    assert (found.high_coverage, found.high_threshold) == (0.5, 0.99)


def test_answers_of_one_confidence_cannot_be_parted() -> None:
    assert coverage(answers((0.9, 1), (0.9, 0))) == (0.0, None)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_what_is_accepted_is_as_right_as_said(pairs: list[tuple[float, bool]]) -> None:
    made = [Answer(*pair) for pair in pairs]
    share, threshold = coverage(made)
    if threshold is None:
        assert share == 0
    else:
        taken = [answer for answer in made if answer.confidence >= threshold]
        assert len(taken) == pytest.approx(share * len(made))
        assert sum(answer.right for answer in taken) >= 0.95 * len(taken) - 1e-6
    found = calibration(made)
    assert found is not None
    assert 0 <= found.error <= 1
    assert sum(part.count for part in found.bins) == len(made)
