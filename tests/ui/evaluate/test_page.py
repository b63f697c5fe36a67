"""The Evaluate page: labels in, figures and plots out, each wrong value named."""

from __future__ import annotations

import dataclasses
import json

import pytest
from PySide6.QtCore import Qt

from stillroom.evaluation.calibration import Answer
from stillroom.evaluation.evaluate import Evaluator
from stillroom.evaluation.figures import passing, shares, sure_and_wrong, wrong_values
from stillroom.evaluation.labels import load_labels


@pytest.fixture
def labels_file(receipts, tmp_path):
    """Six receipts; the last one's date is labelled otherwise than it says."""
    lines = []
    for number, path in enumerate(receipts(6)):
        date = f"2024-03-{number % 28 + 1:02}" if number < 5 else "2020-01-01"
        lines.append(json.dumps({"file": str(path), "fields": {"date": date, "total": f"{number}.50"}}))
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(lines))
    return file


@pytest.fixture
def evaluation(parts, labels_file):
    template = parts.templates.find("receipt")
    made = Evaluator(load_labels(labels_file), template, parts.readers).run(parts.extractor)
    return dataclasses.replace(made, model_name="one")


@pytest.fixture
def page(window):
    titles = [entry.title for entry in window._entries()]
    return window.show_page(titles.index("Evaluate"))


@pytest.mark.window
def test_labels_and_one_to_three_models_are_needed(page, labels_file):
    assert not page.run_button.isEnabled()
    page.open(labels_file)
    assert "6 documents" in page.labels_text.full_text()
    assert page.models.count() >= 1
    page.models.item(0).setCheckState(Qt.CheckState.Checked)
    assert page.run_button.isEnabled()
    page.models.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert not page.run_button.isEnabled()
    assert "one to three" in page.run_button.toolTip()


@pytest.mark.window
def test_two_models_stand_side_by_side(page, parts, labels_file, evaluation):
    page.open(labels_file)
    page._template = parts.templates.find("receipt")
    page._done([evaluation, dataclasses.replace(evaluation, model_name="two")])
    headings = [page.table.horizontalHeaderItem(column).text() for column in range(page.table.columnCount())]
    assert headings == ["Right values", "one", "two"]
    assert page.table.item(0, 1).text().startswith("83%")
    assert page.wrong.rowCount() == 2 * len(wrong_values(evaluation, page._labels))
    opened = []
    page.document_wanted.connect(lambda path, field: opened.append((path.name, field)))
    page.wrong.cellActivated.emit(0, 0)
    assert opened == [("receipt-005.txt", "date")]
    assert "1,000 such documents cost nothing here" in page.cost.text()
    assert "%" not in page.cost.text()
    assert page.grab().width() > 0


@pytest.mark.window
def test_a_file_that_holds_no_labels_is_said(page, tmp_path):
    file = tmp_path / "no.jsonl"
    file.write_text("{")
    page.open(file)
    assert not page.run_button.isEnabled()


def test_figures(evaluation):
    found = shares(evaluation)
    assert found["date"].value == pytest.approx(5 / 6)
    assert found["date"].low < 5 / 6 < found["date"].high
    assert 0 <= sure_and_wrong(evaluation) <= 1


def test_what_passes_surest_first():
    given = [Answer(0.9, True), Answer(0.8, True), Answer(0.7, False), Answer(0.7, True)]
    assert passing(given) == ([0.25, 0.5, 1.0], [0.0, 0.0, 0.25])


@pytest.mark.window
def test_a_wrong_value_is_shown_beside_its_template(window, page, parts, labels_file, evaluation, qtbot):
    page.open(labels_file)
    page._template = parts.templates.find("receipt")
    page._done([evaluation])
    page.wrong.cellActivated.emit(0, 0)
    titles = [entry.title for entry in window._entries()]
    qtbot.waitUntil(lambda: window.pages.currentIndex() == titles.index("Templates"), timeout=10_000)
    shown = window.show_named("templates")
    qtbot.waitUntil(lambda: shown.preview.name.full_text() == "receipt-005.txt", timeout=10_000)
    assert shown._draft.template.name == "receipt"
    assert shown._current().name == "date"


@pytest.mark.window
def test_nothing_reviewed_is_said(page, qtbot):
    page.reviewed_button.click()
    qtbot.waitUntil(lambda: "labels" in page.banners._keyed, timeout=10_000)
    assert "has been reviewed yet" in page.banners._keyed["labels"].message.text()


@pytest.mark.window
def test_the_best_model_is_kept_for_the_template(page, parts, labels_file, evaluation):
    page.open(labels_file)
    page._template = parts.templates.find("receipt")
    page._done([dataclasses.replace(evaluation, model_name="fake")])
    assert parts.models.of_template("receipt") is None
    page.own_button.click()
    assert parts.models.of_template("receipt").name == "fake"
    rows = {page.table.item(row, 0).text(): page.table.item(row, 1).text() for row in range(page.table.rowCount())}
    assert rows["1,000 documents cost"] == "$0.00"


@pytest.mark.window
def test_three_models_are_suggested(page, qtbot):
    qtbot.waitUntil(lambda: bool(page.suggested.text()), timeout=10_000)
    first, *lines = page.suggested.text().splitlines()
    assert first == "Three to try on this machine:"
    assert len(lines) == 3
    assert all("(to be fetched)" in line and "parameters" in line for line in lines)
