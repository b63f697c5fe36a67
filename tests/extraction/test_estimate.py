"""The time left is told once it can be, and one slow document does not upset it."""

from __future__ import annotations

import pytest

from stillroom.extraction.estimate import TimeLeft


def test_nothing_is_told_before_two_documents() -> None:
    left = TimeLeft()
    assert left.seconds(10) is None
    left.add(1.0)
    assert left.seconds(10) is None
    assert left.seconds(0) == 0.0


def test_the_mean_of_the_last_documents_times_the_rest() -> None:
    left = TimeLeft()
    for seconds in (1.0, 3.0):
        left.add(seconds)
    assert left.seconds(10) == pytest.approx(20.0)


def test_one_slow_document_counts_as_a_few_usual_ones() -> None:
    left = TimeLeft()
    for seconds in (1.0, 1.0, 1.0, 600.0):
        left.add(seconds)
    assert left.seconds(4) == pytest.approx(7.0)


def test_old_documents_are_forgotten() -> None:
    left = TimeLeft()
    for _ in range(50):
        left.add(100.0)
    for _ in range(30):
        left.add(2.0)
    assert left.seconds(3) == pytest.approx(6.0)
