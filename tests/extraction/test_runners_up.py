"""Runners-up are other values than the one that was chosen, each once."""

from __future__ import annotations

import pytest

from stillroom.extraction import choosing
from stillroom.extraction.choosing import same_name
from stillroom.extraction.result import FieldState, FieldValue, RunnerUp, one_number, other_values
from stillroom.review.verdict import Given, Subject, Verdict, VerdictKind, as_value


def runners(*values: str) -> list[RunnerUp]:
    return [RunnerUp(value, value, 0.5 / (number + 1)) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("chosen", "offered", "left"),
    [
        ("12.50", ["12.5", "12.50", "1.25", "1.250"], ["1.25"]),
        ("2024-03-05", ["2024-03-05", "2024-05-03", "2024-05-03"], ["2024-05-03"]),
        ("007", ["7", "07", "007"], ["7", "07"]),
        (
            "12345678901234567890123456789012",
            ["12345678901234567890123456789013"],
            ["12345678901234567890123456789013"],
        ),
        (None, ["a", "A", "b"], ["a", "b"]),
        ("ab@x.org", ["a.b@x.org", "AB@x.org"], ["a.b@x.org"]),
    ],
)
def test_a_value_is_offered_once_and_never_the_chosen_one(
    chosen: str | None, offered: list[str], left: list[str]
) -> None:
    assert [each.value for each in other_values(runners(*offered), chosen)] == left


def test_names_are_one_in_several_spellings() -> None:
    found = other_values(runners("Nike Incorporated", "NIKE, INC.", "Adidas"), "Nike, Inc.", spelling=same_name)
    assert [each.value for each in found] == ["Adidas"]
    assert one_number("Nike, Inc.") != one_number("Nike Incorporated")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Berg & Holt Ltd", "Berg and Holt, Limited"),
        ("Berg & Söhne GmbH", "Berg und Söhne Gesellschaft mit beschränkter Haftung"),
        ("Lavern & Fils S.A.", "LAVERN ET FILS SOCIÉTÉ ANONYME"),
        ("Holt L.P.", "Holt Limited Partnership"),
        ("Hijos & Cía", "Hijos y Cía"),
    ],
)
def test_a_firm_is_one_whatever_joins_its_names_and_however_its_legal_form_is_written(one: str, other: str) -> None:
    assert same_name(one) == same_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna E. Berg", "Anna & Berg"),
        ("Anna E Berg", "Anna and Berg"),
        ("Chor e.V.", "Chor & V."),
        ("Holt I", "Holt &"),
    ],
)
def test_an_initial_joins_no_names(one: str, other: str) -> None:
    assert same_name(one) != same_name(other)


def test_a_runner_up_that_was_taken_is_not_offered_any_more() -> None:
    proposal = FieldValue("1", "1", FieldState.FOUND, 0.6, candidates=tuple(runners("2", "3")))
    verdict = Verdict("k", "", "anna", VerdictKind.CORRECTED, "", "t", Subject("total"), after=Given("2", "2"))
    assert [each.value for each in as_value(verdict, proposal).candidates] == ["3"]


def test_the_surest_is_the_first_and_none_is_surer_than_what_was_chosen() -> None:
    offered = (RunnerUp("a", "a", 0.1), RunnerUp("b", "b", 0.7), RunnerUp("c", "c", 0.2))
    found = choosing._below(offered, 0.6, 0.4)
    assert [(each.value, each.confidence) for each in found] == [("b", 0.4), ("c", 0.2), ("a", 0.1)]
