"""A template that has a model of its own is extracted with that one; the usual one stays the usual one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from stillroom.errors import StillroomError
from stillroom.models.model_file import ModelFile


@pytest.fixture(name="two_models")
def make_two_models(parts, monkeypatch):
    """The usual model, and another one."""
    other = parts.model.with_name("other.gguf")
    other.write_bytes(b"GGUF5678")
    found = [ModelFile("fake", parts.model, 8, "Q4_0", True), ModelFile("other", other, 8, "Q4_0", False)]
    here = lambda: [each for each in found if each.path.is_file()]  # noqa: E731
    monkeypatch.setattr("stillroom.models.library.installed_models", here)
    return found


def choices(sheet):
    sheet.bar.model.menu().aboutToShow.emit()
    return {action.text(): action for action in sheet.bar.model.menu().actions()}


def extract(sheet, files, qtbot):
    sheet.add_files(files, start=True)
    qtbot.waitUntil(lambda: sheet.runs.started, timeout=10_000)
    qtbot.waitUntil(lambda: not sheet.runs.running and not sheet.runs.current, timeout=20_000)


@pytest.mark.usefixtures("two_models")
def test_a_template_is_extracted_with_its_own_model(window, parts, qtbot, receipts):
    first, second = receipts(2)
    sheet = window.extract.sheet
    assert {text: action.isChecked() for text, action in choices(sheet).items()} == {
        "The usual model (fake)": True, "fake": False, "other": False,
    }  # fmt: skip
    choices(sheet)["other"].trigger()
    assert choices(sheet)["other"].isChecked()
    extract(sheet, [first], qtbot)
    assert parts.store.runs()[0].model_name == "other"
    assert parts.models.usual().name == "fake"
    another = next(each for each in window.extract.templates if each.name != sheet.template.name)
    fresh = window.extract.new_sheet(another)
    extract(fresh, [second], qtbot)
    assert parts.store.runs()[0].model_name == "fake", "the template that has none of its own gets the usual one"


def test_a_model_that_is_gone_is_said_and_the_usual_one_serves(window, parts, two_models, qtbot, receipts):
    sheet = window.extract.sheet
    parts.models.use_for_template(sheet.template.name, two_models[1])
    two_models[1].path.unlink()
    with pytest.raises(StillroomError, match=r"other\.gguf.* is not here any more"):
        parts.models.of_template(sheet.template.name)
    extract(sheet, receipts(1), qtbot)
    assert parts.store.runs()[0].model_name == "fake"
    assert "is not here any more" in window.extract.banners._keyed["stand-in"].message.text()
    choices(sheet)["The usual model (fake)"].trigger()
    assert parts.models.of_template(sheet.template.name) is None


def test_a_table_that_is_not_begun_has_the_template_as_it_is_now(window, parts):
    sheet = window.extract.sheet
    old = sheet.template
    draft = parts.templates.find(old.name)
    parts.templates.own.save(parts.templates.text(replace(draft, description="As it is now.")))
    window.extract.offer_template(old.name, use=False)
    assert sheet.template.description == "As it is now."
    assert sheet.bar.picker.currentData().description == "As it is now."
    names = [sheet.bar.picker.itemData(place).name for place in range(sheet.bar.picker.count())]
    assert names.count(old.name) == 1


def test_a_template_that_is_in_no_list_is_named(window):
    sheet = window.extract.sheet
    strange = replace(sheet.template, name="of-a-file", title="Of a file")
    sheet.set_template(strange)
    assert sheet.bar.picker.currentText() == "Of a file"
    assert sheet.template is strange


def test_one_key_begins_the_run_wherever_the_keyboard_is(window, qtbot, receipts):
    for place in ("table", "picker"):
        sheet = window.extract.new_sheet()
        window.activateWindow()
        sheet.add_files(receipts(2))
        qtbot.waitUntil(lambda sheet=sheet: len(sheet.model.rows) == 2)
        widget = sheet.table if place == "table" else sheet.bar.picker
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda sheet=sheet: sheet.runs.started, timeout=5_000)
        qtbot.waitUntil(lambda sheet=sheet: not sheet.runs.running, timeout=20_000)


def test_a_template_that_was_deleted_is_offered_no_more(window, parts):
    sheet = window.extract.sheet
    own = replace(sheet.template, name="of-mine", title="Of mine")
    parts.templates.own.save(parts.templates.text(own))
    window.extract.offer_template("of-mine", use=False)
    assert sheet.bar.picker.findText("Of mine") >= 0
    parts.templates.own.remove("of-mine")
    window.extract.offer_template("of-mine", use=False)
    assert sheet.bar.picker.findText("Of mine") < 0


def test_a_new_table_has_the_template_that_was_chosen_last_by_a_person(window, parts):
    extract = window.extract
    chosen = next(each for each in extract.templates if each.name == "invoice")
    extract.sheet.bar.picker.activated.emit([each.name for each in extract.templates].index("invoice"))
    assert parts.memory.text("template") == "invoice"
    extract.sheet.set_template(next(each for each in extract.templates if each.name == "contract"))
    assert extract.new_sheet().template.name == chosen.name
