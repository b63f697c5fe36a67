"""The Evaluate page: labels in, figures and plots out, each wrong value named."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from tests.remote.openai_server import OpenAiServer

from stillroom.evaluation.calibration import Answer
from stillroom.evaluation.evaluate import Evaluator
from stillroom.evaluation.figures import passing, shares, sure_and_wrong, wrong_values
from stillroom.evaluation.judging import FieldJudgement, Outcome
from stillroom.evaluation.labels import load_labels
from stillroom.models.model_file import ModelFile
from stillroom.privacy.sending import Sending, SendingLog
from stillroom.remote.engines import RemoteEngine, keep_remote_engine
from stillroom.settings import MONTHLY_CAP
from stillroom.templates import editing
from stillroom.templates.template import Field, FieldType
from stillroom.ui.evaluate.consent import EvaluationConsentDialog
from stillroom.ui.evaluate.page import EvaluatePage
from stillroom.ui.evaluate.plots import Plots
from stillroom.workspace.evaluations import EvaluationConsent


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
    assert page.table.item(1, 1).text().startswith("83%")
    assert page.wrong.rowCount() == 2 * len(wrong_values(evaluation, page._labels))
    opened = []
    page.document_wanted.connect(lambda path, field: opened.append((path.name, field)))
    page.wrong.cellActivated.emit(0, 0)
    assert opened == [("receipt-005.txt", "date")]
    place = page.wrong.visualItemRect(page.wrong.item(0, 2)).center()
    QTest.mouseClick(page.wrong.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened == 2 * [("receipt-005.txt", "date")], "one click"
    assert "1,000 such documents cost nothing here" in page.cost.text()
    assert "%" not in page.cost.text()
    assert page.grab().width() > 0


@pytest.mark.window
def test_where_nothing_is_wrong_that_is_said_and_the_plot_has_a_scale(page, window, parts, labels_file, evaluation):
    page.open(labels_file)
    page._template = parts.templates.find("receipt")
    page._done([evaluation])
    assert page.all_right.isHidden()
    assert not page.wrong.isHidden()
    field = FieldJudgement(
        Counter({Outcome.RIGHT: 1}), 1.0, 1.0, 1, 0, (Answer(0.9, right=True), Answer(0.7, right=True))
    )
    right = [dataclasses.replace(each, fields={"date": field, "total": field}) for each in evaluation.documents]
    page._done([dataclasses.replace(evaluation, documents=tuple(right))])
    assert not page.all_right.isHidden()
    assert page.wrong.isHidden()
    for mode in ("dark", "light"):
        parts.theme.set_mode(mode)
        window.grab()
        low, high = page.plots.pass_.getPlotItem().getViewBox().viewRange()[1]
        assert -0.05 < low <= 0
        assert 0.1 <= high < 0.2
        assert page.plots.pass_.getAxis("left").autoSIPrefixScale == 1, "shares, in any theme"


@pytest.mark.window
def test_models_that_cannot_be_told_apart_are_said_to_be(page, parts, labels_file, evaluation, monkeypatch):
    page.open(labels_file)
    template = page._template = parts.templates.find("receipt")
    slower = dataclasses.replace(
        evaluation,
        model_name="fake",
        metrics=dataclasses.replace(evaluation.metrics, seconds=evaluation.metrics.seconds + 1),
    )
    page._done([slower, dataclasses.replace(evaluation, model_name="two")])
    assert page.cost.text().startswith("The models gave the same values")
    assert "learned" not in page.cost.text()
    assert "fake" in page.own_button.toolTip(), "the other one is not here"
    one, *others = evaluation.documents
    other = dataclasses.replace(
        one, fields={**one.fields, "total": dataclasses.replace(one.fields["total"], score=0.5)}
    )
    monkeypatch.setattr(parts.learning.memory(template), "documents", lambda: ["a"])
    page._done([evaluation, dataclasses.replace(evaluation, model_name="two", documents=(other, *others))])
    assert "same values" not in page.cost.text()
    assert page.cost.text().startswith("Compared without what Receipt learned")


@pytest.mark.window
def test_templates_made_since_are_there_and_the_one_used_last_is_chosen(page, window, parts):
    parts.memory.set("template", "invoice")
    assert EvaluatePage(parts, window.loading).template.currentData().name == "invoice"
    page.template.setCurrentIndex(page.template.findText("Contract"))
    window.show_named("extract")
    text = editing.add_field(editing.new_template("talk", "Talk"), Field("who", FieldType.NAME))
    parts.templates.own.save(text)
    window.show_named("evaluate")
    assert page.template.itemText(0) == "Talk"
    assert page.template.currentData().name == "contract", "what was chosen stays"


@pytest.mark.window
def test_labels_template_and_models_are_there_again_at_the_next_start(page, window, parts, labels_file, qtbot):
    model = parts.model.with_name("other.gguf")
    parts.models.installed = lambda: [ModelFile(each.stem, each, 8, "Q4_0", True) for each in (parts.model, model)]
    page._list_models()
    page.template.setCurrentIndex(page.template.findText("Receipt"))
    page.open(labels_file)
    page.models.item(0).setCheckState(Qt.CheckState.Unchecked)
    page.models.item(1).setCheckState(Qt.CheckState.Checked)
    parts.memory.set("template", "invoice")  # Extract's own
    again = EvaluatePage(parts, window.loading)
    qtbot.addWidget(again)
    qtbot.waitUntil(lambda: "6 documents" in again.labels_text.full_text(), timeout=10_000)
    assert again.template.currentData().name == "receipt"
    assert [each.name for each in again.chosen()] == ["other"]
    assert again.run_button.isEnabled()
    labels_file.unlink()
    parts.models.installed = lambda: [ModelFile("fake", parts.model, 8, "Q4_0", True)]
    without = EvaluatePage(parts, window.loading)
    qtbot.addWidget(without)
    qtbot.wait(200)
    assert without.labels_text.full_text() == "No labels yet"
    assert [each.name for each in without.chosen()] == ["fake"], "the usual one, as the other is gone"
    assert not without.banners._keyed


@pytest.mark.window
def test_what_was_reviewed_is_there_again_at_the_next_start(page, window, parts, labels_file, qtbot, monkeypatch):
    labels = load_labels(labels_file)
    monkeypatch.setattr(parts.review_exports, "labelled", lambda name: labels[:3] if name == "receipt" else [])
    page.template.setCurrentIndex(page.template.findText("Receipt"))
    page.take_reviewed()
    qtbot.waitUntil(lambda: "3 documents" in page.labels_text.full_text(), timeout=10_000)
    again = EvaluatePage(parts, window.loading)
    qtbot.addWidget(again)
    qtbot.waitUntil(lambda: again.labels_text.full_text() == "Reviewed · 3 documents", timeout=10_000)


@pytest.mark.window
def test_plots_are_made_when_there_is_something_to_plot(page, parts, labels_file, evaluation):
    assert page.stack.count() == 1
    page.open(labels_file)
    page._template = parts.templates.find("receipt")
    page._done([evaluation])
    assert page.stack.currentIndex() == 1
    page._done([evaluation])
    assert page.stack.count() == 2


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
def test_what_was_reviewed_of_another_template_is_offered(page, window, qtbot, receipts):
    sheet = window.extract.sheet
    assert sheet.template.name == "receipt"
    sheet.add_files(receipts(3), start=True)
    qtbot.waitUntil(lambda: bool(sheet.model.rows) and not sheet.runs.running and sheet.runs.started, timeout=20_000)
    qtbot.waitUntil(lambda: all(row.state == "done" for row in sheet.model.rows), timeout=20_000)
    sheet.verdicts.approve(sheet.model.rows[:2])
    qtbot.waitUntil(lambda: not sheet.verdicts.saving, timeout=10_000)
    page.template.setCurrentIndex(page.template.findText("Contract"))
    page.reviewed_button.click()
    qtbot.waitUntil(lambda: "labels" in page.banners._keyed, timeout=15_000)
    banner = page.banners._keyed["labels"]
    assert banner.message.text() == "No document of Contract has been reviewed yet."
    (button,) = banner.buttons
    assert button.text() == "Use the 2 reviewed documents of Receipt"
    button.click()
    qtbot.waitUntil(lambda: "2 documents" in page.labels_text.full_text(), timeout=15_000)
    assert page.template.currentText() == "Receipt"


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


# ---- a model behind an address among those that are compared


def answered(body):
    """What a model that reads well would answer."""
    text = body["messages"][-1]["content"]
    date, total = re.search(r"\d{4}-\d\d-\d\d", text), re.search(r"\d+\.50", text)
    return json.dumps({"date": date and date[0], "total": total and total[0], "company": None, "address": None})


@pytest.fixture
def server():
    with OpenAiServer(answered) as started:
        yield started


@pytest.fixture
def office(server):
    """An engine of the own network, at a price."""
    engine = RemoteEngine("office", server.address, "tiny", seconds=10, price_in=1.0, price_out=4.0)
    keep_remote_engine(engine)
    return engine


@pytest.fixture
def compared(office, page, labels_file):
    """The page with the labels of six receipts, and the office's model ticked alone."""
    page.open(labels_file)
    assert page.template.currentText() == "Receipt", "the one that has the fields that are labelled"
    for row in range(page.models.count()):
        item = page.models.item(row)
        ticked = item.data(Qt.ItemDataRole.UserRole) == office
        item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
    assert [model.name for model in page.chosen()] == ["office"]
    assert not page.teach_button.isEnabled(), "what runs elsewhere is not taught here"
    return page


def consent(page, qtbot):
    page.run_button.click()
    (dialog,) = page.findChildren(EvaluationConsentDialog)
    qtbot.waitUntil(dialog.send.isEnabled, timeout=20_000)
    return dialog


@pytest.mark.window
def test_an_office_model_is_asked_only_after_consent(compared, server, parts, qtbot):
    dialog = consent(compared, qtbot)
    assert "127.0.0.1 (in the local network)" in dialog.sum.text()
    assert dialog.list.count() == 6
    dialog.reject()
    qtbot.wait(100)
    assert server.bytes == 0
    assert parts.seal.hosts == ()
    assert compared.evaluations == []
    assert compared.status.full_text() == "Nothing was sent."
    assert compared.run_button.isVisibleTo(compared)


@pytest.mark.window
def test_an_office_model_is_compared_with_what_it_costs(compared, server, parts, qtbot):
    dialog = consent(compared, qtbot)
    told = []
    compared.working.connect(told.append)
    shown = dialog.text.toPlainText()
    dialog.list.item(5).setCheckState(Qt.CheckState.Unchecked)
    dialog.send.click()
    qtbot.waitUntil(lambda: bool(compared.evaluations), timeout=30_000)
    assert len(server.requests) == 5, "the one that was kept back did not leave"
    sent = [message["content"] for message in server.requests[0]["messages"]]
    assert shown.startswith("\n\n".join(sent)), "what was shown is what left"
    assert not any("2020-01-01" in json.dumps(request) for request in server.requests), "labels never leave"
    assert len(SendingLog(parts.database).newest()) == 5
    qtbot.waitUntil(lambda: parts.seal.holds, timeout=5_000)
    assert told[0].startswith("Evaluation: office: tiny: 0 of 5")
    assert told[-1] == ""
    (made,) = compared.evaluations
    assert made.model_name == "office: tiny"
    assert len(made.documents) == 5
    assert made.metrics.fields["date"].score == 1.0
    assert made.cost > 0
    rows = {
        compared.table.item(row, 0).text(): compared.table.item(row, 1).text()
        for row in range(compared.table.rowCount())
    }
    assert rows["1,000 documents cost"] == f"${made.thousand_cost:,.2f}"
    assert rows["Documents"] == "5 of 6", "one was kept back"
    assert rows["Memory"] == "–"
    assert not compared.plots.cost.isHidden()
    assert compared.own_button.isHidden(), "it is not one that is here"


@pytest.mark.window
def test_an_office_model_is_held_against_the_price_of_its_name(compared, parts, qtbot):
    parts.remote.keep_prices("2026-11", [("Ti ny", 2.0, 8.0), ("other", 100.0, 100.0)])
    consent(compared, qtbot).send.click()
    qtbot.waitUntil(lambda: bool(compared.evaluations), timeout=30_000)
    rows = {
        compared.table.item(row, 0).text(): compared.table.item(row, 1).text()
        for row in range(compared.table.rowCount())
    }
    _date, costs = compared._would_cost(compared._template)
    assert rows["The same by the price list"] == f"${dict(costs)['Ti ny']:,.2f}"


@pytest.mark.window
@pytest.mark.parametrize("what", ["refused", "cap"])
def test_figures_of_a_model_that_did_not_answer_are_none(compared, server, parts, qtbot, what):
    dialog = consent(compared, qtbot)
    if what == "refused":
        server.statuses = [401] * 20
    else:
        parts.settings.set(MONTHLY_CAP, 1)
        before = Sending(datetime.now(UTC), "office", "127.0.0.1", "extraction", "0" * 64, 1, 1, cost=0.01)
        parts.remote.log.on_its_way(before, 0).leave()
    dialog.send.click()
    qtbot.waitUntil(lambda: "failed" in compared.banners._keyed, timeout=30_000)
    assert compared.evaluations == []
    assert compared.stack.currentIndex() == 0
    said = compared.banners._keyed["failed"].message.text()
    assert ("key" if what == "refused" else "limit") in said, said
    if what == "cap":
        assert server.requests == []


@pytest.mark.window
def test_what_was_answered_before_the_limit_is_shown_with_how_many(compared, server, parts, qtbot):
    dialog = consent(compared, qtbot)
    parts.settings.set(MONTHLY_CAP, 1)
    estimated = max(preview.cost for preview in dialog._previews.values())
    before = Sending(
        datetime.now(UTC), "office", "127.0.0.1", "extraction", "0" * 64, 1, 1, cost=0.01 - estimated - 0.00012
    )
    parts.remote.log.on_its_way(before, 0).leave()
    dialog.send.click()
    qtbot.waitUntil(lambda: "ended" in compared.banners._keyed, timeout=30_000)
    (made,) = compared.evaluations
    asked = len(server.requests)
    assert asked == len(made.documents) == 2, "the server counts 0.00009 dollars an answer"
    assert made.metrics.failed == 0
    said = compared.banners._keyed["ended"].message.text()
    assert said.startswith(f"office: tiny was compared on {asked} of 6 documents: This month's limit of $0.01"), said


@pytest.mark.window
def test_the_keyboard_goes_from_evaluate_to_cancel_and_back(compared, qtbot):
    dialog = consent(compared, qtbot)
    compared.run_button.setFocus()
    dialog.send.click()
    qtbot.waitUntil(lambda: compared.cancel_button.isVisibleTo(compared), timeout=10_000)
    compared.window().activateWindow()
    assert compared.window().focusWidget() is compared.cancel_button
    qtbot.waitUntil(lambda: bool(compared.evaluations), timeout=30_000)
    assert compared.window().focusWidget() is compared.run_button


@pytest.mark.window
def test_a_model_that_did_not_answer_takes_nothing_from_the_others(compared, office, parts, qtbot):
    template = compared._template = compared.template.currentData()
    labels = tuple(compared._labels)
    with OpenAiServer(answered) as deaf:
        deaf.statuses = [401] * 20
        other = dataclasses.replace(office, name="house", address=deaf.address)
        asked = [EvaluationConsent(each, template, labels) for each in (other, office)]
        compared._begin(template, parts.models.installed(), asked)
        qtbot.waitUntil(lambda: compared.run_button.isVisibleTo(compared), timeout=30_000)
    assert [each.model_name for each in compared.evaluations] == ["office: tiny"]
    assert compared.table.columnCount() == 2
    here, elsewhere = compared.banners._keyed["failed"].message.text().splitlines()
    assert here.startswith("fake was not compared: "), here
    assert elsewhere.startswith("house: tiny was not compared: house wants a key"), elsewhere


@pytest.mark.window
def test_a_file_that_cannot_be_read_does_not_hold_up_the_others(compared, labels_file, qtbot):
    empty = labels_file.with_name("empty.pdf")
    empty.write_bytes(b"")
    line = json.dumps({"file": str(empty), "fields": {"date": None}})
    labels_file.write_text(f"{labels_file.read_text()}\n{line}")
    compared.open(labels_file)
    dialog = consent(compared, qtbot)
    assert dialog.list.item(6).text() == "empty.pdf · cannot be read"
    assert dialog.chosen() == [0, 1, 2, 3, 4, 5]
    dialog.list.setCurrentRow(6)
    assert dialog.text.toPlainText() == "The file is empty (0 bytes). Perhaps its download or copy did not finish."
    dialog.reject()


@pytest.mark.window
def test_an_engine_that_was_added_meanwhile_is_offered(window, page, server):
    before = page.models.count()
    keep_remote_engine(RemoteEngine("house", server.address, "small"))
    window.show_page(0)
    window.show_named("evaluate")
    assert page.models.count() == before + 1
    assert page.models.item(before).text() == "house: small  (local network)"
    assert len(page.chosen()) == 1, "what was ticked stays ticked"


@pytest.mark.window
@pytest.mark.parametrize(("width", "across"), [(980, 4), (640, 2)])
def test_plots_stand_where_their_words_have_room(qtbot, evaluation, width, across):
    plots = Plots()
    qtbot.addWidget(plots)
    plots.resize(width, 400)
    plots.show()
    plots.show_evaluations([evaluation, dataclasses.replace(evaluation, cost=0.02)], {"date": "Date"}, (0.1, 2.9))

    def placed() -> tuple[int, int]:
        return len({(plot.x(), plot.y()) for plot in plots._all}), len({plot.x() for plot in plots._all})

    qtbot.waitUntil(lambda: placed() == (4, across), timeout=5_000)
    assert all(plot.isVisible() for plot in plots._all)


@pytest.mark.window
def test_names_below_bars_do_not_run_into_each_other(qtbot, evaluation):
    plots = Plots()
    qtbot.addWidget(plots)
    plots.resize(660, 300)
    plots.show()
    names = {"date": "The day of the purchase", "total": "What was paid for all of it"}
    plots.show_evaluations([evaluation], names)

    def shown() -> list[str]:
        return [text for _, text in plots.right.getAxis("bottom")._tickLevels[0]]

    def widest() -> int:
        return max(plots.fontMetrics().horizontalAdvance(text) for text in shown())

    qtbot.waitUntil(lambda: plots.right.width() > 100 and widest() <= plots.right.width() / 2, timeout=5_000)
    assert all(text.endswith("…") for text in shown())
    assert "The day of the purchase" in plots.right.toolTip()
    plots.resize(2400, 300)
    qtbot.waitUntil(lambda: shown() == list(names.values()), timeout=5_000)
    assert plots.right.toolTip() == ""


@pytest.mark.window
def test_what_nobody_foresaw_can_be_looked_into(page):
    page._failed(KeyError("x"))
    assert [button.text() for button in page.banners._keyed["failed"].buttons] == ["Details"]
