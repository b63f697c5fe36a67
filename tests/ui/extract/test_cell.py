"""What a cell says of a value, without a window."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Span
from stillroom.extraction.result import (
    NOT_IN_DOCUMENT,
    Coverage,
    DocumentResult,
    DocumentStatus,
    FieldState,
    FieldValue,
    RunnerUp,
)
from stillroom.templates.template import Field, FieldType, Template
from stillroom.ui.extract.cell import Level, cell_of, cells_of, looks_needed

DATE = Field("due_date", FieldType.DATE)
REQUIRED = Field("total", FieldType.MONEY, required=True)

REJECTED = RunnerUp("three (3) years", "P3Y", 0.31, Span(1, 0, 15))


def found(value="1", confidence=0.9, **named):
    return FieldValue(value, value, FieldState.FOUND, confidence, Span(1, 0, len(value)), **named)


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (found(confidence=0.9), Level.SURE),
        (found(confidence=0.7), Level.LIKELY),
        (found(confidence=0.3), Level.UNSURE),
        (found(failed_checks=("The sum is wrong.",)), Level.PROBLEM),
        (FieldValue("1", "1", FieldState.INVALID, 0.9), Level.PROBLEM),
        (FieldValue("1", "", FieldState.INVALID, 0.0, failed_checks=(NOT_IN_DOCUMENT,)), Level.FOREIGN),
        (FieldValue(None, "", FieldState.ABSENT, 0.9), Level.ABSENT),
        # A rejected value that may well be right: nobody may say that the document does not say it.
        (FieldValue(None, "", FieldState.ABSENT, 0.6, candidates=(REJECTED,)), Level.UNSURE),
        (FieldValue(None, "", FieldState.UNREAD, 0.9), Level.UNREAD),
        (FieldValue("a text", "", FieldState.GENERATED, 0.2), Level.GENERATED),
    ],
)
def test_each_state_has_its_level(value, level):
    assert cell_of(DATE, value).level is level


def test_a_required_value_that_is_absent_needs_a_look():
    assert cell_of(REQUIRED, FieldValue(None, "", FieldState.ABSENT, 0.9)).level is Level.MISSING
    told = FieldValue(
        None, "", FieldState.ABSENT, 0.9, failed_checks=("This field is required, and no value was found.",)
    )
    assert cell_of(REQUIRED, told).level is Level.MISSING
    assert cell_of(REQUIRED, ()).level is Level.MISSING
    assert cell_of(DATE, ()).level is Level.ABSENT


def test_a_list_is_as_good_as_its_worst_value():
    cell = cell_of(DATE, (found("one\ntwo"), found("three", 0.4)))
    assert (cell.text, cell.level, cell.count, cell.confidence) == ("one two; three", Level.UNSURE, 2, 0.4)


def test_a_table_shows_its_rows():
    cell = cell_of(
        DATE, ({"name": found("Tea"), "price": found("2.00")}, {"name": found("Milk"), "price": found("1.00")})
    )
    assert (cell.text, cell.count) == ("Tea 2.00; Milk 1.00", 2)


def test_looks_are_counted_for_the_document_too():
    template = Template("t", 1, "T", "", (DATE, REQUIRED))
    values = {"due_date": found(), "total": found(confidence=0.2)}
    whole = DocumentResult("f", DocumentStatus.DONE, Coverage(1, 1, 5, 5), values, "t", 1)
    assert looks_needed(whole, cells_of(template, whole)) == 1
    values = {"due_date": found(), "total": found()}
    partial = DocumentResult("f", DocumentStatus.PARTIAL, Coverage(1, 2, 5, 5), values, "t", 1)
    assert looks_needed(partial, cells_of(template, partial)) == 1
    failed = DocumentResult("f", DocumentStatus.FAILED, Coverage(0, 0, 0, 0), {}, "t", 1, error="No.")
    assert looks_needed(failed, []) == 1


def test_headings_come_from_names():
    assert DATE.heading == "Due date"
    assert Field("x", FieldType.LINE, label="Übergabe").heading == "Übergabe"
