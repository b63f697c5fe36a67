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


def test_dates_and_times_are_compared() -> None:
    early, late = value("2024-01-05"), value("2024-03-01")
    assert states(checked("date <= due_date", date=early, due_date=late)) == {FieldState.FOUND}
    assert states(checked("date <= due_date", date=late, due_date=early)) == {FieldState.INVALID}
    assert states(checked("due_date - date <= 60", date=early, due_date=late)) == {FieldState.FOUND}
    assert states(checked("start < end", start=value("17:00"), end=value("09:30"))) == {FieldState.INVALID}


def test_rows_are_counted() -> None:
    rows = ({"total": value("1.50")}, {"total": value("2.50")})
    assert states(checked("count(lines) = items", lines=rows, items=value("2"))) == {FieldState.FOUND}
    assert states(checked("count(lines) = items", lines=rows, items=value("3"))) == {FieldState.INVALID}


def test_a_broken_sum_is_named_on_the_cells_that_were_added() -> None:
    rows = ({"item": value("Tea"), "total": value("1.50")}, {"item": value("Post"), "total": value(None)})
    result = checked("sum(lines.total) = net", lines=rows, net=value("5.00"))["lines"]
    assert isinstance(result, tuple)
    first, second = result
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["total"].failed_checks == ("This does not hold: sum(lines.total) = net.",)
    assert first["item"] == value("Tea")
    assert second["total"] == value(None)


def test_the_items_of_a_list_are_named_too() -> None:
    result = checked("sum(parts) = whole", parts=(value("1"), value("2")), whole=value("4"))["parts"]
    assert isinstance(result, tuple)
    assert all(isinstance(item, FieldValue) and item.state is FieldState.INVALID for item in result)
