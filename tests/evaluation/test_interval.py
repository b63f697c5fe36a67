"""Intervals of shares."""

from __future__ import annotations

import pytest

from stillroom.evaluation.interval import wilson


def test_known_values() -> None:
    low, high = wilson(0.5, 10)  # Newcombe, 1998, gives 0.237 to 0.763
    assert (low, high) == (pytest.approx(0.237, abs=0.001), pytest.approx(0.763, abs=0.001))
    assert wilson(1.0, 20)[0] == pytest.approx(0.839, abs=0.001)


def test_nothing_is_known_of_none() -> None:
    assert wilson(0.3, 0) == (0.0, 1.0)


def test_more_documents_say_more() -> None:
    assert wilson(0.8, 1000)[1] - wilson(0.8, 1000)[0] < wilson(0.8, 20)[1] - wilson(0.8, 20)[0]
