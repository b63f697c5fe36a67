"""The table as an item model, without a window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QUndoStack
from PySide6.QtTest import QAbstractItemModelTester

from stillroom.documents.document import Span
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, FieldState, FieldValue
from stillroom.templates.template import Field, FieldType, Template
from stillroom.ui.extract.cell import Level
from stillroom.ui.extract.copying import as_text
from stillroom.ui.extract.result_model import FIRST_FIELD, Column, ResultModel, Role
from stillroom.ui.extract.row import Row, RowState
from stillroom.ui.extract.undo import RemoveRows

TEMPLATE = Template(
    "receipt",
    1,
    "Receipt",
    "",
    (Field("company", FieldType.ORGANISATION), Field("total", FieldType.MONEY, "what was paid", required=True)),
)
SPOKEN = Qt.ItemDataRole.AccessibleTextRole


def value(text, confidence=0.95):
    return FieldValue(text, text, FieldState.FOUND, confidence, Span(1, 0, len(text)))


def done(company="Shop", total="5.00", confidence=0.95):
    fields = {"company": value(company), "total": value(total, confidence)}
    return DocumentResult("f", DocumentStatus.DONE, Coverage(1, 1, 9, 9), fields, "receipt", 1)


def failed(sentence="The file is empty."):
    return DocumentResult("f", DocumentStatus.FAILED, Coverage(0, 0, 0, 0), {}, "receipt", 1, error=sentence)


@pytest.fixture
def model(qapp):  # noqa: ARG001
    made = ResultModel(TEMPLATE)
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    del tester


def rows(count):
    return [Row(Path(f"/d/{number}.txt")) for number in range(count)]


def shown(model, row, column, role=Qt.ItemDataRole.DisplayRole):
    return model.index(row, column).data(role)


def test_a_row_a_document_and_a_column_a_field(model):
    model.add(rows(3))
    assert (model.rowCount(), model.columnCount()) == (3, 4)
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(4)]
    assert titles == ["Document", "State", "Company", "Total"]
    assert shown(model, 1, Column.DOCUMENT) == "1.txt"
    assert shown(model, 1, Column.STATE) == "Ready"
    assert shown(model, 1, FIRST_FIELD, Role.CELL).level is Level.NOTHING


def test_a_result_fills_its_row_alone(model, qtbot):
    added = rows(3)
    model.add(added)
    with qtbot.waitSignal(model.dataChanged) as changed:
        model.set_results([(added[1], done(total="7.20", confidence=0.3))])
    first, last, *_ = changed.args
    assert (first.row(), last.row()) == (1, 1)
    assert shown(model, 1, FIRST_FIELD + 1) == "7.20"
    assert shown(model, 1, Column.STATE) == "1 to check"
    assert (model.finished, model.need_look) == (1, 1)
    assert shown(model, 0, FIRST_FIELD + 1) == ""


def test_state_and_confidence_are_said_in_words(model):
    added = rows(2)
    model.add(added)
    model.set_results([(added[0], done(confidence=0.3)), (added[1], failed())])
    assert shown(model, 0, FIRST_FIELD, SPOKEN) == "Company: Shop, Sure, 95 %"
    assert shown(model, 0, FIRST_FIELD + 1, SPOKEN) == "Total: 5.00, Unsure, 30 %"
    assert shown(model, 1, Column.STATE, SPOKEN) == "State: The file is empty."


def test_a_failed_document_says_its_sentence(model):
    added = rows(1)
    model.add(added)
    model.set_results([(added[0], failed())])
    assert added[0].state is RowState.FAILED
    assert shown(model, 0, FIRST_FIELD) == "The file is empty."
    assert shown(model, 0, Column.STATE) == "Failed"


def test_rows_that_are_removed_come_back_where_they_were(model):
    added = rows(6)
    model.add(added)
    stack = QUndoStack()
    stack.push(RemoveRows(model, [added[0], added[3], added[4]], lambda *_: None))
    assert [row.path.stem for row in model.rows] == ["1", "2", "5"]
    model.set_results([(added[3], done())])  # the run goes on behind the removed row
    stack.undo()
    assert [row.path.stem for row in model.rows] == ["0", "1", "2", "3", "4", "5"]
    assert added[3].state is RowState.DONE
    stack.redo()
    assert len(model.rows) == 3


def test_starting_again_forgets_the_old_values(model):
    added = rows(1)
    model.add(added)
    model.set_results([(added[0], done(confidence=0.1))])
    model.set_state(added, RowState.WAITING)
    assert (model.finished, model.need_look) == (0, 0)
    assert shown(model, 0, FIRST_FIELD) == ""


def test_worst_rows_sort_first(model):
    added = rows(3)
    model.add(added)
    model.set_results([(added[0], done()), (added[1], done(confidence=0.1)), (added[2], failed())])
    keys = [shown(model, row, Column.STATE, Role.SORT) for row in range(3)]
    assert sorted(keys) == [keys[1], keys[2], keys[0]]


def test_copied_cells_cannot_become_formulas(model):
    added = rows(2)
    model.add(added)
    model.set_results([(added[0], done("=SUM(A1)", "-5.00")), (added[1], done("a\tb", "@x"))])
    indexes = [model.index(row, column) for row in range(2) for column in (0, 2, 3)]
    assert as_text(indexes, headings=True).split("\n") == [
        "Document\tCompany\tTotal",
        "0.txt\t'=SUM(A1)\t-5.00",
        "1.txt\ta b\t'@x",
    ]
    assert as_text([model.index(0, 2)]) == "=SUM(A1)"
