"""What may pass unseen: within the promise, learned from verdicts, measured on a sample."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.review.acceptance import (
    ENOUGH,
    Judged,
    Waiting,
    Worth,
    decide,
    interval,
    is_sampled,
    measure,
)
from stillroom.storage.verdicts import Promise

ONE_PERCENT = Promise(0.01, 10)


def test_without_a_promise_nothing_passes() -> None:
    assert decide([Waiting("a", 1.0)], [], None).passes == (False,)


def test_the_surest_pass_as_far_as_the_promise_goes() -> None:
    waiting = [Waiting("a", confidence) for confidence in (0.5, 0.999, 0.98, 0.995, 0.9)]
    judged = [
        Judged("a", confidence, number % 100 < 100 * confidence)
        for confidence in (0.5, 0.9, 0.99)
        for number in range(600)
    ]
    passing = decide(waiting, judged, ONE_PERCENT)
    assert passing.passes == (False, True, False, True, False), (
        "0.98 is within the mean, but not with what is not known"
    )
    assert passing.expected <= 0.01
    assert decide(waiting, judged, Promise(0.05, 10)).passes == (False, True, True, True, True)


def test_at_first_less_passes_than_the_confidences_say() -> None:
    """How far a template is from the general is not known before somebody looked."""
    waiting = [Waiting("a", 0.985)] * 10
    assert decide(waiting, [], Promise(0.02, 10)).share == 0
    assert decide([Waiting("a", 0.999)] * 10, [], Promise(0.02, 10)).share == 1
    assert (
        decide(waiting, [Judged("a", 0.985, number % 100 > 0) for number in range(400)], Promise(0.02, 10)).share == 1
    )


def test_what_a_person_has_to_see_never_passes() -> None:
    assert decide([Waiting("a", 1.0, open=False)], [], Promise(0.05, 10)).passes == (False,)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1), st.booleans()), max_size=30),
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1), st.booleans(), st.booleans()), max_size=60),
)
def test_whatever_the_verdicts_the_expected_error_is_within_the_promise(waiting, judged) -> None:  # type: ignore[no-untyped-def]
    passing = decide([Waiting(*each) for each in waiting], [Judged(*each) for each in judged], ONE_PERCENT)
    assert len(passing.passes) == len(waiting)
    assert not any(passed and not each[2] for passed, each in zip(passing.passes, waiting, strict=True))
    assert passing.expected <= 0.01
    assert passing.expected <= passing.worst <= 1


def test_a_field_that_is_often_wrong_passes_no_more_however_sure_it_is() -> None:
    generator = random.Random(1)
    judged = [Judged("good", 0.9 + 0.09 * generator.random(), True) for _ in range(200)]
    judged += [Judged("bad", 0.9 + 0.09 * generator.random(), generator.random() < 0.3) for _ in range(60)]
    waiting = [Waiting("good", 0.985), Waiting("bad", 0.985)]
    passing = decide(waiting, judged, Promise(0.02, 10))
    assert passing.passes == (True, False)
    assert passing.learned == 260


def test_confidences_that_promise_too_little_are_raised_by_verdicts() -> None:
    waiting = [Waiting("a", 0.9)] * 20
    assert decide(waiting, [], ONE_PERCENT).share == 0
    assert decide(waiting, [Judged("a", 0.9, True)] * 600, ONE_PERCENT).share == 1
    assert decide(waiting, [Judged("a", 0.9, True)] * ENOUGH, ONE_PERCENT).share == 0


def test_only_doubtful_values_being_judged_does_no_harm() -> None:
    """The curve is learned over the confidence, so that a bad low end says little of the high end's level."""
    judged = [Judged("a", 0.3, number % 10 < 3) for number in range(100)]
    wrong, _ = Worth(judged).wrong([Waiting("a", 0.99)])
    assert wrong[0] < 0.03


def test_a_broken_promise_is_seen_and_tightens() -> None:
    good = [Judged("a", 0.99, True) for _ in range(300)]
    bad = [Judged("a", 0.99, False, sampled=True) for _ in range(6)]
    sample = bad + [Judged("a", 0.99, True, sampled=True) for _ in range(40)]
    passing = decide([Waiting("a", 0.999)] * 5, good + sample, ONE_PERCENT)
    assert passing.broken
    assert (passing.measured.looked, passing.measured.wrong) == (46, 6)
    assert not measure(good).looked


@pytest.mark.parametrize(
    ("wrong", "looked", "low", "high"), [(0, 0, 0, 1), (0, 50, 0, 0.06), (5, 50, 0.05, 0.2), (50, 50, 0.9, 1)]
)
def test_the_interval(wrong: int, looked: int, low: float, high: float) -> None:
    found = interval(wrong, looked)
    assert found[0] == pytest.approx(low, abs=0.05)
    assert found[1] == pytest.approx(high, abs=0.03)


def test_the_sample_is_the_same_always_and_one_in_so_many() -> None:
    places = [(f"{number:064x}", ("total", 0, "")) for number in range(5000)]
    sampled = [place for place in places if is_sampled(*place, 10)]
    assert 400 < len(sampled) < 600
    assert sampled == [place for place in places if is_sampled(*place, 10)]
