"""Rules over fields name what does not add up, and are silent where a value is missing."""

from __future__ import annotations

import pytest

from stillroom.errors import TemplateError
from stillroom.extraction.result import FieldResult, FieldState, FieldValue
from stillroom.extraction.rules import apply_rules, parse
from stillroom.templates.template import Rule, Template


def value(text: str | None) -> FieldValue:
    return FieldValue(text, text or "", FieldState.FOUND if text else FieldState.ABSENT, 0.9)


def checked(check: str, **fields: FieldResult) -> dict[str, FieldResult]:
    return apply_rules(Template("t", 1, "T", "", (), rules=(Rule(check),)), fields)


def states(fields: dict[str, FieldResult]) -> set[FieldState]:
    return {each.state for each in fields.values() if isinstance(each, FieldValue)}


@pytest.mark.parametrize(
    "check", ["net + tax = gross", "gross - tax == net", "gross >= net", "net * 1.2 = gross", "-net < gross"]
)
def test_what_adds_up_is_left_alone(check: str) -> None:
    assert states(checked(check, net=value("100.00"), tax=value("20"), gross=value("120.01"))) == {FieldState.FOUND}


def test_what_does_not_add_up_is_named_on_every_value_that_took_part() -> None:
    result = checked(
        "net + tax = gross", net=value("100"), tax=value("20"), gross=value("121"), date=value("2020-01-01")
    )
    for name in ("net", "tax", "gross"):
        each = result[name]
        assert isinstance(each, FieldValue)
        assert each.state is FieldState.INVALID
        assert each.confidence == pytest.approx(0.45)
        assert "net + tax = gross" in each.failed_checks[0]
    assert result["date"] == value("2020-01-01")


def test_a_missing_value_says_nothing() -> None:
    assert checked("net + tax = gross", net=value("1"), tax=value(None), gross=value("9"))["net"] == value("1")


def test_a_column_of_a_table_is_added_up() -> None:
    rows = ({"total": value("1.50")}, {"total": value("2.50")})
    assert states(checked("sum(lines.total) = net", lines=rows, net=value("4.00"))) == {FieldState.FOUND}
    assert states(checked("sum(lines.total) = net", lines=rows, net=value("5.00"))) == {FieldState.INVALID}


@pytest.mark.parametrize("check", ["net +", "net", "__import__('os')", "net = [1]", "a = b = c", "(lambda: 1)() = 2"])
def test_anything_else_is_refused(check: str) -> None:
    with pytest.raises(TemplateError):
        parse(Rule(check))
