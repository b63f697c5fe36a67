"""Review in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.review.made import result_of, toml_of

from stillroom.extraction.result import FieldResult, FieldState, FieldValue
from stillroom.review.document import ReviewedDocument
from stillroom.review.duplicates import mark_duplicates
from stillroom.templates.toml_file import parse_template
from stillroom.ui.review.wording import document_state

TEMPLATE = parse_template(toml_of("bill", issuer="organisation", number="identifier", date="date", total="money"), "b")


def bill(place: int, **values: str) -> ReviewedDocument:
    said = {"issuer": "Acme", "number": "R-1", "date": "2025-01-02", "total": "100.00", **values}
    fields: dict[str, FieldResult] = {
        name: FieldValue(value, value, FieldState.FOUND, 0.9) for name, value in said.items()
    }
    result = result_of(fields, "bill", sha256=str(place) * 64)
    return ReviewedDocument(1, place, Path(f"/x/bill {place}.pdf"), TEMPLATE, result)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "looks like a copy of bill 1.pdf"),
        ({"total": "120.00"}, "differs in Total from bill 1.pdf, which has its sender and number"),
        (
            {"total": "120.00", "date": "2025-02-02"},
            "differs in Date, Total from bill 1.pdf, which has its sender and number",
        ),
    ],
)
def test_a_copy_is_told_from_another_of_the_same_number(values, said) -> None:
    first, second = bill(1), bill(2, **values)
    mark_duplicates([first, second])
    assert document_state(second, 1) == (said, "warn")
    assert document_state(first, 1)[0] == "1 to check"
