"""What counts as the same, and which items belong together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.evaluation.matching import aligned, f1, folded, likeness, same_value
from stillroom.templates.template import FieldType


@pytest.mark.parametrize(
    ("kind", "value", "label", "same"),
    [
        (FieldType.MONEY, "9.0", "9.00", True),
        (FieldType.MONEY, "-9", "9", False),
        (FieldType.MONEY, "1e3", "1000", True),
        (FieldType.MONEY, "nine", "9", False),
        (FieldType.MONEY, "NaN", "NaN", False),
        (FieldType.INTEGER, "007", "7", True),
        (FieldType.DATE, "2020-05-31", "2020-05-31", True),
        (FieldType.DATE, "2020-05-31", "2020-05-30", False),
        (FieldType.DATE, "20200531", "2020-05-31", False),
        (FieldType.DURATION, "7 years", "7 Years", True),
        (FieldType.DURATION, "P7Y", "7 years", True),
        (FieldType.DURATION, "24 months", "2 years", True),
        (FieldType.DURATION, "2 weeks", "14 days", True),
        (FieldType.DURATION, "24 hours", "1 day", False),
        (FieldType.DURATION, "perpetual", "Perpetual.", True),
        (FieldType.EMAIL, "A.B@c.org", "a.b@c.org", True),
        (FieldType.EMAIL, "ab@c.org", "a.b@c.org", False),
        (FieldType.ORGANISATION, "NIKE, Inc.", "Nike Inc", True),
        (FieldType.ORGANISATION, "Nike Incorporated", "Nike Inc", False),
        (FieldType.ORGANISATION, "Oﬃce Ｌｔｄ", "Office Ltd", True),
        (FieldType.ADDRESS, "12 Harbour\nRoad", "12 Harbour Road", True),
        (FieldType.IDENTIFIER, "#A-1", "A1", True),
        (FieldType.TEXT, "***", "---", False),
        (FieldType.TEXT, "***", " *** ", True),
        (FieldType.TEXT, "漢字", "漢字。", True),
    ],
)
def test_same_value(kind: FieldType, value: str, label: str, same: bool) -> None:
    assert same_value(kind, value, label) is same


def test_likeness_is_anls() -> None:
    assert likeness("Nike  inc", "NIKE Inc") == 1.0
    assert likeness("Nike Inc.", "Nike Inc") == pytest.approx(8 / 9)
    assert likeness("Acme", "Nike Inc") == 0.0  # less than half agrees


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_items_are_aligned_for_the_most_likeness_in_all() -> None:
    # The first would take the best for itself and leave the second nothing.
    gains = {("a", "x"): 0.9, ("a", "y"): 0.8, ("b", "x"): 0.7, ("b", "y"): 0.0, ("c", "x"): 0.0, ("c", "y"): 0.0}
    assert sorted(aligned("abc", "xy", lambda left, right: gains[left, right])) == [(0, 1), (1, 0)]
    assert aligned("", "xy", lambda *_: 1.0) == []


def test_f1() -> None:
    assert f1(0, 0, 0) == 1.0
    assert f1(1, 2, 1) == pytest.approx(2 / 3)
    assert f1(0, 2, 0) == 0.0
