"""The pane below the table: where other candidates stand, nothing said twice, and how much a search found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from stillroom.extraction.result import FieldState
from stillroom.templates.template import FieldType
from stillroom.ui.extract.row import RowState

pytestmark = pytest.mark.window


@pytest.fixture
def sheet(window, qtbot, receipts):
    sheet = window.extract.sheet
    sheet.add_files(receipts(4), start=True)
    qtbot.waitUntil(lambda: sheet.model.count(RowState.DONE) == 4 and not sheet.runs.running, timeout=30_000)
    return sheet


def test_a_candidate_that_is_clicked_is_shown_where_it_stands(sheet, qtbot) -> None:
    row = sheet.model.rows[0]
    number, name = next(
        (at, field.name) for at, field in enumerate(sheet.template.fields) if row.result.fields[field.name].candidates
    )
    value = row.result.fields[name]
    sheet.table.choose(row, number)
    others = sheet.details._others
    item = others.topLevelItem(0)
    assert item.text(0).startswith("1  ")
    qtbot.mouseClick(others.viewport(), Qt.MouseButton.LeftButton, pos=others.visualItemRect(item).center())
    cursor = sheet.details._quote.textCursor()
    text = sheet.details._quote.toPlainText()
    assert text[cursor.position() :].startswith(value.candidates[0].text)
    assert value.text != value.candidates[0].text


def test_a_missing_value_is_told_once(sheet) -> None:
    row = sheet.model.rows[0]
    number, field = next((at, field) for at, field in enumerate(sheet.template.fields) if field.required)
    found = row.result.fields[field.name]
    gone = replace(
        found, value=None, text="", state=FieldState.ABSENT, span=None, failed_checks=("This field is required.",)
    )
    sheet.model.set_results([(row, replace(row.result, fields={**row.result.fields, field.name: gone}))])
    sheet.table.choose(row, number)
    assert "requires this value" in sheet.details._meaning.text()
    assert not sheet.details._checks.isVisibleTo(sheet.details)


def test_a_search_says_how_much_it_found(sheet) -> None:
    sheet.status.finder.setText("receipt-002")
    assert sheet.status.text.full_text().startswith("found in 1 of 4 documents")
    sheet.status.finder.clear()
    assert sheet.status.text.full_text().startswith("4 documents")


def test_a_value_that_was_typed_is_told_from_an_option(sheet, qtbot) -> None:
    row = sheet.model.rows[0]
    number = next(at for at, field in enumerate(sheet.template.fields) if field.type is FieldType.MONEY)
    sheet.verdicts.write(row, number, "987.65")
    name = sheet.template.fields[number].name
    qtbot.waitUntil(lambda: row.result.fields[name].value == "987.65", timeout=10_000)
    sheet.table.choose(row, number)
    assert sheet.details._quote.toPlainText() == "It was typed; it does not stand in the document like this."
