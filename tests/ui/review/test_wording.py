"""Review in words."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from tests.review.made import result_of, toml_of

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.result import FieldResult, FieldState, FieldValue
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.duplicates import mark_duplicates
from stillroom.templates.toml_file import parse_template
from stillroom.ui.review.wording import document_state, document_word, hard_to_read

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
    assert document_word(second, 1) == ("differs" if said.startswith("differs") else "a copy?")
    assert [document_word(first, count) for count in (2, 0)] == ["2 to check", "done"]


def test_the_name_of_a_copy_is_said_as_it_is() -> None:
    first, second = bill(1), bill(2)
    first.path = Path("/x/my%20file.pdf")
    mark_duplicates([first, second])
    second.duplicate_in = "March"
    assert document_state(second, 1)[0] == "looks like a copy of my%20file.pdf, in March"


@pytest.mark.parametrize(
    ("text", "hard", "said"),
    [
        ("Great Oak Ltd", "      x", "Hard to read here: Oak"),
        ("Great Oak Ltd", "x     x", "Hard to read here: Great, Oak"),
        ("one two one", "x       x", "Hard to read here: one"),
        ("aaaa bbbb cccc dddd eeee ffff", "x    x    x    x    x    x", "Hard to read here: aaaa, bbbb, cccc, dddd, eeee and more"),
        ("Oak Ltd", "xxxxx", "Most of this value was hard to read."),
        ("Oak Ltd", "", ""),
    ],
)  # fmt: skip
def test_words_that_are_hard_to_read_are_named(text: str, hard: str, said: str) -> None:
    document = bill(1)
    value = document.values[0]
    certainty = bytes(40 if mark == "x" else 99 for mark in hard.ljust(len(text)))
    read = Document("a.png", "png", "0" * 64, (Page(1, text, ocr_confidence=0.9, certainty=certainty),), 1)
    current = dataclasses.replace(value.current, span=Span(1, 0, len(text)))
    shown = SimpleNamespace(current=current, verdict=None)
    assert hard_to_read(cast(ReviewedValue, shown), read) == said
