"""The Templates page, worked by mouse and keyboard: fields by marking, edits, undo, versions."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from stillroom.documents.document import Document, Page, Span
from stillroom.evaluation.labels import LabelledDocument
from stillroom.templates import editing
from stillroom.templates.template import Field, FieldType, Rule, Template
from stillroom.templates.toml_writing import template_to_toml
from stillroom.templates.versions import OwnTemplates
from stillroom.ui.learned_dialog import LearnedDialog
from stillroom.ui.templates.draft import Draft
from stillroom.ui.templates.page import TemplatesPage
from stillroom.ui.templates.preview import PageTexts
from stillroom.ui.templates.rules_dialog import RulesDialog
from stillroom.ui.templates.versions_dialog import VersionsDialog
from stillroom.ui.theme import DARK, LIGHT

TALK = "Talk\nSpeaker: Ada Byron\nDate: 2025-03-14\nPlace: Aldon Hall 5214\nFee: 12.50 EUR\n"


@pytest.fixture
def page(window):
    titles = [entry.title for entry in window._entries()]
    return window.show_page(titles.index("Templates"))


@pytest.fixture
def talk(tmp_path):
    path = tmp_path / "talk.txt"
    path.write_text(TALK)
    return path


def choose(page, name):
    for row in range(page.list.count()):
        if page.list.item(row).data(Qt.ItemDataRole.UserRole) == name:
            page.list.setCurrentRow(row)
            return
    raise AssertionError(f"{name} is not listed")


def mark(page, words):
    start = page.preview.view.toPlainText().index(words)
    cursor = page.preview.view.textCursor()
    cursor.setPosition(start)
    cursor.setPosition(start + len(words), cursor.MoveMode.KeepAnchor)
    page.preview.view.setTextCursor(cursor)


def begin(page, qtbot, talk):
    page._begin(editing.new_template("talk", "Talk"))
    page.preview.open(talk)
    qtbot.waitUntil(lambda: "Ada" in page.preview.view.toPlainText(), timeout=15_000)


def make(page, qtbot, words, name):
    count = len(page._draft.fields)
    mark(page, words)
    page.preview.called.setFocus()
    QTest.keyClicks(page.preview.called, name)
    QTest.keyClick(page.preview.called, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(page._draft.fields) == count + 1, timeout=15_000)


@pytest.mark.window
def test_marks_make_a_template_that_is_saved_and_used(page, window, qtbot, talk):
    begin(page, qtbot, talk)
    make(page, qtbot, "2025-03-14", "when")
    make(page, qtbot, "12.50", "")
    assert [(field.name, field.type) for field in page._draft.fields] == [
        ("when", FieldType.DATE),
        ("fee", FieldType.MONEY),
    ]
    assert page._draft.fields[0].near == ("date",)
    qtbot.waitUntil(lambda: len(page.preview.values) == 2, timeout=15_000)
    assert page.preview.values["when"].value == "2025-03-14"
    page.save_button.click()
    assert OwnTemplates().versions("talk") == [1]
    used = []
    page.use_wanted.connect(used.append)
    page._use()
    assert used == ["talk"]
    assert window.extract.sheet.template.name == "talk"


@pytest.mark.window
def test_a_changed_field_alone_is_asked_again(page, qtbot, talk, parts):
    begin(page, qtbot, talk)
    make(page, qtbot, "2025-03-14", "when")
    make(page, qtbot, "12.50", "fee")
    qtbot.waitUntil(lambda: len(page.preview._asked) == 2, timeout=15_000)
    asked = []
    extract = parts.extractor.extract
    parts.extractor.extract = lambda document, template, **rest: (
        asked.append([field.name for field in template.fields]),
        extract(document, template, **rest),
    )[1]
    page.fields.setCurrentCell(1, 0)
    page.form.description.setText("what it costs")
    page.form.description.editingFinished.emit()
    qtbot.waitUntil(lambda: asked == [["fee"]], timeout=15_000)
    assert page._draft.template.field("fee").description == "what it costs"
    page._undo.trigger()
    assert page._draft.template.field("fee").description != "what it costs"


@pytest.mark.window
def test_a_built_in_one_becomes_ones_own_and_is_had_back(page):
    choose(page, "receipt")
    assert not page.built_in.isHidden()
    assert not page.save_button.isEnabled()
    page.title.setText("Our receipts")
    page.title.editingFinished.emit()
    page.save_button.click()
    own = OwnTemplates()
    assert own.names() == ["receipt"]
    choose(page, "receipt")
    field = page._draft.fields[0].name
    page.fields.setCurrentCell(0, 0)
    page.remove_button.click()
    page.save_button.click()
    assert own.versions("receipt")[-1] == own.versions("receipt")[0] + 1
    assert field not in [each.name for each in own.version("receipt", own.versions("receipt")[-1]).fields]
    page.delete()
    assert own.names() == []
    page._restore("receipt")
    assert own.names() == ["receipt"]


@pytest.mark.window
def test_what_is_being_typed_is_saved_without_leaving_the_entry(page):
    choose(page, "receipt")
    page.fields.setCurrentCell(0, 0)
    page.form.near.setFocus()
    QTest.keyClicks(page.form.near, "sold by")
    assert page.save_button.isEnabled()
    page.save_button.click()
    own = OwnTemplates()
    newest = own.version("receipt", own.versions("receipt")[-1])
    assert "sold by" in newest.fields[0].near
    QTest.keyClicks(page.title, "s")
    QTest.keyClick(page.title, Qt.Key.Key_Backspace)
    page.save()
    assert own.versions("receipt")[-1] == newest.version, "nothing was changed"
    assert not page.save_button.isEnabled()


@pytest.mark.window
def test_the_text_is_edited_with_the_checkers_sentences(page):
    choose(page, "receipt")
    page._as_text.setChecked(True)
    page.text.setPlainText(page.text.toPlainText().replace('"money"', '"mony"', 1))
    assert "mony" in page.problem.text()
    assert not page.save_button.isEnabled()
    page._undo.trigger()
    assert page.problem.text() == ""


@pytest.mark.window
def test_from_a_heading_and_from_a_schema(page, qtbot, tmp_path):
    table = tmp_path / "bills.csv"
    table.write_text(
        "Bills of March;;;\nSupplier;Invoice no;Due date;Total\nMüller;1;02.01.2025;3,50\n", encoding="cp1252"
    )
    page.from_heading(table)
    assert page._draft.template.name != "bills", "the window does not wait for the table"
    qtbot.waitUntil(lambda: page.title.text() == "bills", timeout=15_000)
    assert [field.type for field in page._draft.fields] == [
        FieldType.ORGANISATION, FieldType.IDENTIFIER, FieldType.DATE, FieldType.MONEY,
    ]  # fmt: skip
    schema = tmp_path / "talks.json"
    schema.write_text(json.dumps({"type": "object", "properties": {"speaker": {"type": "string"}}}))
    page.from_schema(schema)
    assert [(field.name, field.type) for field in page._draft.fields] == [("speaker", FieldType.NAME)]
    schema.write_text("{")
    page.from_schema(schema)
    assert [field.name for field in page._draft.fields] == ["speaker"]


@pytest.mark.window
def test_columns_are_shown_as_they_were_understood(page):
    page._begin(editing.new_template("order", "Order"))
    page.add_field()
    form = page.form
    form.label.setText("Items")
    form.kind.setCurrentIndex(form.kind.findData(FieldType.TABLE))
    form.take_typed()
    assert form.columns.toPlainText() == "Item = A few words", "a table has a column, and it is seen"
    form.columns.setPlainText("Description\nQty = whole number\nPrice = money\nAmount\nState = colour")
    form.take_typed()
    assert form.columns.toPlainText().splitlines() == [
        "Description = Text on one line", "Qty = Whole number", "Price = Amount of money", "Amount = Amount of money",
        "State = A few words",
    ]  # fmt: skip
    columns = page._draft.fields[0].columns
    assert [(column.name, str(column.type)) for column in columns] == [
        ("description", "line"), ("qty", "integer"), ("price", "money"), ("amount", "money"), ("state", "text"),
    ]  # fmt: skip
    page.refresh("invoice")
    columns = (Field("qty", FieldType.INTEGER), Field("unit", FieldType.LINE, "kg or piece", label="Unit of it"))
    table = Field("items", FieldType.TABLE, "what was bought", columns=columns)
    edited = []
    form.edited.connect(lambda *told: edited.append(told))
    form.show_field(table)
    form.take_typed()
    assert form.value() == table, "what is only looked at does not change"
    assert not edited


@pytest.mark.window
def test_checks_are_built_from_a_menu_and_checked_as_typed(page, qtbot):
    items = Field("items", FieldType.TABLE, columns=(Field("what", FieldType.LINE), Field("price", FieldType.MONEY)))
    kinds = {"net": FieldType.MONEY, "tax": FieldType.MONEY, "who": FieldType.NAME, "total": FieldType.MONEY}
    fields = (items, *(Field(name, kind) for name, kind in kinds.items()))
    template = Template("order", 1, "Order", "", fields, rules=(Rule("net <= total", "Too much."),))
    text = template_to_toml(template)

    def problems(rules):
        return Draft(editing.set_rules(text, rules)).problems

    dialog = RulesDialog(template, problems, page)
    qtbot.addWidget(dialog)
    assert [dialog.first.itemData(place) for place in range(dialog.first.count())] == [
        "sum(items.price)", "count(items)", "net", "tax", "total",
    ]  # fmt: skip
    assert dialog.first.itemText(0) == "sum of Items: Price"
    dialog.add.click()
    assert not dialog.second.isEnabled()
    dialog.first.setCurrentIndex(dialog.first.findData("net"))
    dialog.sign.setCurrentIndex(1)
    dialog.second.setCurrentIndex(dialog.second.findData("tax"))
    dialog.add.click()
    assert [rule.check for rule in dialog.rules()] == ["net <= total", "sum(items.price) = total", "net + tax = total"]
    assert dialog.rules()[0].message == "Too much.", "its own sentence stays"
    assert dialog.problem.text() == ""
    dialog.entry.setPlainText("net + rest = total")
    assert "rest" in dialog.problem.text()
    assert not dialog.buttons.button(dialog.buttons.StandardButton.Ok).isEnabled()


def test_a_day_is_held_against_days_alone(page, qtbot):
    kinds = {"day": FieldType.DATE, "fee": FieldType.MONEY, "tip": FieldType.MONEY}
    template = Template("bill", 1, "Bill", "", tuple(Field(name, kind) for name, kind in kinds.items()))
    dialog = RulesDialog(template, lambda _: (), page)
    qtbot.addWidget(dialog)
    assert (dialog.first.currentData(), dialog.against.currentData()) == ("fee", "tip"), "of the day there is but one"
    assert dialog.add.isEnabled()
    dialog.sign.setCurrentIndex(1)
    dialog.first.setCurrentIndex(dialog.first.findData("day"))
    assert [dialog.against.itemData(place) for place in range(dialog.against.count())] == ["day"]
    assert not dialog.add.isEnabled()
    assert not dialog.sign.isEnabled()
    assert dialog.sign.currentData() == ""


def test_what_is_typed_after_a_save_is_undone_alone(qapp):  # noqa: ARG001
    draft = Draft(editing.add_field(editing.new_template("t", "T"), Field("a", FieldType.DATE)))
    typed = draft.text + "# one\n"
    draft.type(typed)
    draft.mark_saved(typed)
    draft.type(typed + "# two\n")
    draft.undo.undo()
    assert draft.text == typed


def test_a_draft_is_undone_step_by_step(qapp):  # noqa: ARG001
    draft = Draft(editing.new_template("t", "T"))
    assert draft.template is None
    assert draft.problems
    from stillroom.templates.template import Field

    draft.add_field(Field("a", FieldType.DATE))
    draft.add_field(Field("b", FieldType.MONEY))
    draft.move_field("b", 0)
    assert [field.name for field in draft.fields] == ["b", "a"]
    for _ in range(2):
        draft.undo.undo()
    assert [field.name for field in draft.fields] == ["a"]
    assert draft.unsaved


def test_positions_of_a_view_and_spans_of_pages():
    document = Document("d", "txt", "0" * 64, (Page(1, "a 😀 b\nc"), Page(2, "second")), 2)
    texts = PageTexts(document)
    span = Span(1, 4, 5)
    first, last = texts.positions(span)
    assert (first, last) == (5, 6)  # the picture is two units of a view
    assert texts.span(first, last) == span
    second = Span(2, 0, 6)
    assert texts.span(*texts.positions(second)) == second
    assert texts.span(first, texts.positions(second)[1]) is None


@pytest.mark.window
def test_a_template_is_shared_and_taken_in_with_what_it_learned(page, qtbot, parts, tmp_path):
    page._begin(editing.new_template("talk", "Talk"))
    page._draft.add_field(Field("place", FieldType.LINE, "where it is"))
    page.save()
    template = page._draft.template
    for number in range(5):
        text = f"Talk {number}\n{300 + number} Hall\nThanks {number}\n"
        document = Document("t.txt", "txt", f"{number:064}", (Page(1, text),), 1)
        parts.learning.memory(template).take(document, {"place": f"{300 + number} Hall"})
    target = tmp_path / "talk.stillroom"
    page.share_to(target, with_text=False)
    qtbot.waitUntil(lambda: "shared" in page.banners._keyed and target.exists(), timeout=15_000)
    page.from_shared(target)
    qtbot.waitUntil(lambda: "talk-2" in OwnTemplates().names(), timeout=15_000)
    qtbot.waitUntil(lambda: page._draft.template.name == "talk-2", timeout=15_000)
    assert len(parts.learning.memory(page._draft.template).documents()) == 5
    (tmp_path / "other.stillroom").write_bytes(b"none")
    page.from_shared(tmp_path / "other.stillroom")
    qtbot.waitUntil(lambda: "no shared template" in page.banners._keyed["shared"].message.text(), timeout=15_000)


@pytest.mark.window
def test_what_it_learned_is_told_in_figures_and_forgotten(page, qtbot, parts, monkeypatch):
    page._begin(editing.new_template("talk", "Talk"))
    page._draft.add_field(Field("place", FieldType.LINE, "where it is"))
    template = page._draft.template
    for number in range(6):
        text = f"Talk {number}\n{300 + number} Hall\nThanks {number}\n"
        document = Document("t.txt", "txt", f"{number:064}", (Page(1, text),), 1)
        parts.learning.memory(template).take(document, {"place": f"{300 + number} Hall"})
    names = {f"{5:064}": "five.txt"}
    dialog = LearnedDialog(lambda: parts.learning, template, parts.tasks, page, names=lambda _: names)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.documents.topLevelItemCount() == 6, timeout=15_000)
    assert dialog.fields.rowCount() == 1
    assert "of 6 values right before" in dialog.said.text()
    qtbot.waitUntil(dialog.plot.isVisible, timeout=15_000)
    newest = dialog.documents.topLevelItem(0)
    assert (newest.text(0), dialog.documents.topLevelItem(1).text(0)) == ("five.txt", "not in any table")
    assert not dialog.forget_one.isEnabled()
    dialog.documents.setCurrentItem(newest)
    with qtbot.waitSignal(dialog.forgot, timeout=15_000):
        dialog.forget_one.click()
    qtbot.waitUntil(lambda: dialog.documents.topLevelItemCount() == 5, timeout=15_000)
    assert f"{5:064}" not in parts.learning.memory(template).documents()
    monkeypatch.setattr("stillroom.ui.learned_dialog.agreed", lambda *_: False)
    dialog.forget_button.click()
    assert len(parts.learning.memory(template).documents()) == 5, "nothing without a question"
    monkeypatch.setattr("stillroom.ui.learned_dialog.agreed", lambda *_: True)
    dialog.forget_button.click()
    qtbot.waitUntil(lambda: not parts.learning.memory(template).documents(), timeout=15_000)
    qtbot.waitUntil(lambda: dialog.said.text().startswith("Nothing yet"), timeout=15_000)
    assert dialog.documents.topLevelItemCount() == 0
    dialog.close()


@pytest.mark.window
def test_what_an_earlier_version_learned_is_said_and_learned_anew(page, qtbot, parts, tmp_path, monkeypatch):
    page._begin(editing.new_template("talk", "Talk"))
    page._draft.add_field(Field("place", FieldType.LINE, "where it is"))
    template = page._draft.template
    file = tmp_path / "talk.txt"
    file.write_text("Talk 7\n307 Hall\nThanks 7\n")
    truth = {"place": "307 Hall"}
    memory = parts.learning.memory(template)
    with monkeypatch.context() as earlier:
        earlier.setattr("stillroom.learning.memory.sign_names", lambda: ("another",))
        memory.take(parts.readers.read(file), truth)
    reviewed = lambda name: [LabelledDocument(1, file.name, file, truth)] if name == template.name else []  # noqa: E731
    dialog = LearnedDialog(lambda: parts.learning, template, parts.tasks, page, reviewed)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.again_button.isVisible, timeout=15_000)
    assert "1 document was learned with an earlier version" in dialog.said.text()
    dialog.again_button.click()
    qtbot.waitUntil(lambda: not dialog.again_button.isVisible(), timeout=15_000)
    assert "earlier version" not in dialog.said.text()
    assert memory.learned().outdated == 0
    dialog.close()


@pytest.mark.window
def test_a_mark_with_the_name_of_a_field_is_its_value_and_is_learned(page, qtbot, talk, parts, tmp_path):
    begin(page, qtbot, talk)
    make(page, qtbot, "Ada Byron", "who")
    qtbot.waitUntil(lambda: "who" in page.preview._told, timeout=15_000)
    qtbot.waitUntil(lambda: not page.preview._waits(), timeout=15_000)
    assert page._draft.new
    page.preview.right_button.click()
    assert not page._draft.new, "what is learned of a template that was never saved would belong to nothing"
    memory = parts.learning.memory(page._draft.template)
    qtbot.waitUntil(lambda: len(memory.documents()) == 1, timeout=15_000)
    other = tmp_path / "other.txt"
    other.write_text("Talk\nGrace Hopper\nspeaks on 2025-03-15\nafter Alan Turing\n")
    page.preview.open(other)
    qtbot.waitUntil(lambda: "Grace" in page.preview.view.toPlainText(), timeout=15_000)
    mark(page, "Alan Turing")
    page.preview.called.setFocus()
    assert page.preview.make_button.text() == "Make a field"
    QTest.keyClicks(page.preview.called, "Who")
    assert page.preview.make_button.text() == "It is this", "the name is that of a field"
    QTest.keyClick(page.preview.called, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "who" in page.preview._told, timeout=15_000)
    qtbot.waitUntil(lambda: not page.preview._waits(), timeout=15_000)
    assert page.preview.make_button.text() == "Make a field"
    assert len(page._draft.fields) == 1
    assert page.preview.values["who"].value == "Alan Turing"
    (lit,) = page.preview.view.extraSelections()
    assert lit.cursor.selectedText() == "Alan Turing", "what was marked is shown as the value"
    for mode, shown in (("dark", DARK), ("light", LIGHT)):
        parts.theme.set_mode(mode)
        (lit,) = page.preview.view.extraSelections()
        assert lit.format.background().color() == QColor(shown.mark)
        assert lit.format.foreground().color() == QColor(shown.text), "it can be read in another theme, too"
    page.preview.right_button.click()
    qtbot.waitUntil(lambda: len(memory.documents()) == 2, timeout=15_000)


@pytest.mark.window
def test_what_a_document_does_not_say_is_told_and_learned(page, qtbot, talk, parts):
    begin(page, qtbot, talk)
    make(page, qtbot, "2025-03-14", "when")
    qtbot.waitUntil(lambda: not page.preview._waits(), timeout=15_000)
    page.fields.setCurrentCell(0, 0)
    qtbot.waitUntil(lambda: page.preview.status.full_text().startswith("Found in"), timeout=15_000)
    assert page.preview.absent_button.isEnabled()
    page.preview.absent_button.click()
    assert page.preview.values["when"].value is None
    assert page.fields.item(0, 2).text() == "not found"
    assert not page.preview.absent_button.isEnabled()
    page.preview.right_button.click()
    memory = parts.learning.memory(page._draft.template)
    qtbot.waitUntil(lambda: len(memory.documents()) == 1, timeout=15_000)
    (known,) = (memory.rows(sha256) for sha256 in memory.documents())
    assert not known.fields["when"].missing
    assert not any(known.fields["when"].right)


@pytest.mark.window
def test_the_page_stays_where_the_value_is_seen(page, qtbot, talk):
    talk.write_text(TALK + "line\n" * 300)
    begin(page, qtbot, talk)
    bar = page.preview.view.verticalScrollBar()
    bar.setValue(1)
    make(page, qtbot, "12.50", "fee")
    qtbot.waitUntil(lambda: not page.preview._waits(), timeout=15_000)
    assert bar.value() == 1


@pytest.mark.window
def test_a_sentence_begins_a_template(page):
    page.from_sentence("who spoke, where and when")
    assert [(field.name, field.type) for field in page._draft.fields] == [
        ("speaker", FieldType.NAME),
        ("location", FieldType.LINE),
        ("date", FieldType.DATE),
        ("time", FieldType.TIME),
    ]
    assert page.save_button.isEnabled()
    page.from_sentence(", ;")
    assert len(page._draft.fields) == 4


@pytest.mark.window
def test_a_new_template_begins_with_nothing_of_the_one_before(page, qtbot, talk):
    choose(page, "bank-statement")
    assert page.description.text()
    page._begin(editing.new_template("talk", "Talk"))
    assert (page.title.text(), page.description.text()) == ("Talk", "")
    assert not page.preview.right_button.isEnabled(), "there is no document to learn from"
    page.preview.open(talk)
    qtbot.waitUntil(lambda: "Ada" in page.preview.view.toPlainText(), timeout=15_000)
    make(page, qtbot, "2025-03-14", "when")
    assert page.preview.right_button.isEnabled()


@pytest.mark.window
def test_what_is_typed_after_a_mark_is_its_name(page, qtbot, talk):
    begin(page, qtbot, talk)
    mark(page, "2025-03-14")
    page.preview.view.setFocus()
    QTest.keyClicks(page.preview.view, "when")
    assert page.preview.called.text() == "when"
    assert page.preview.called.hasFocus()
    QTest.keyClick(page.preview.called, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [field.name for field in page._draft.fields] == ["when"], timeout=15_000)


@pytest.mark.window
@pytest.mark.parametrize(
    ("marked", "taken"),
    [("da Byro", "Ada Byron"), ("025-03-14", "2025-03-14"), ("ldon Hall 52", "Aldon Hall 5214"), ("EUR", "EUR")],
)
def test_a_mark_that_begins_or_ends_within_a_word_takes_the_whole_word(page, qtbot, talk, marked, taken):
    begin(page, qtbot, talk)
    mark(page, marked)
    span = page.preview._marked()
    assert TALK[span.start : span.end] == taken


def test_figures_marked_beside_letters_stay_alone():
    texts = PageTexts(Document("d", "txt", "0" * 64, (Page(1, "Total EUR100 net"),), 1))
    span = texts.span(9, 12)
    assert texts.whole_words(span) == span


@pytest.mark.parametrize(
    ("text", "marked", "taken"),
    [
        ("合同当事人张伟与公司签订", "张伟", "张伟"),
        ("ご担当者やまだたろう様", "やまだ", "やまだ"),
        ("ユーザーデータ", "ユーザー", "ユーザー"),
        ("ผู้ขายสมชายใจดี", "สมชาย", "สมชาย"),
        ("株式会社Stillroom東京", "tillroo", "Stillroom"),
        ("๑๒๓๔ บาท", "๒๓", "๑๒๓๔"),
        ("담당자 김철수 귀하", "김철", "김철수"),
    ],
)
def test_a_mark_stays_as_it_is_where_words_are_not_parted_by_spaces(text, marked, taken):
    texts = PageTexts(Document("d", "txt", "0" * 64, (Page(1, text),), 1))
    start = text.index(marked)
    span = texts.whole_words(texts.span(start, start + len(marked)))
    assert text[span.start : span.end] == taken


@pytest.mark.window
def test_after_saving_and_learning_the_keyboard_stays_on_the_page(page, window, qtbot, talk):
    begin(page, qtbot, talk)
    make(page, qtbot, "2025-03-14", "when")
    qtbot.waitUntil(lambda: not page.preview._waits(), timeout=15_000)
    for button in (page.save_button, page.preview.right_button):
        button.setFocus()
        button.click()
        qtbot.waitUntil(lambda: page.isAncestorOf(window.focusWidget()), timeout=5_000)
        qtbot.waitUntil(page.preview.right_button.isEnabled, timeout=15_000)
        assert page.isAncestorOf(window.focusWidget())


@pytest.mark.window
def test_what_is_said_never_lies_over_what_is_pressed_next(page, window, qtbot, talk):
    window.resize(1280, 760)
    page._begin(editing.new_template("talk", "Talk"))
    page.preview.open(talk)
    qtbot.waitUntil(lambda: "Ada" in page.preview.view.toPlainText(), timeout=15_000)
    assert not page.preview.right_button.isEnabled(), "there is nothing to learn yet"
    make(page, qtbot, "2025-03-14", "when")
    make(page, qtbot, "Ada Byron", "who")
    qtbot.waitUntil(lambda: not page.preview._waits(), timeout=15_000)
    page.fields.setCurrentCell(0, 0)
    mark(page, "Ada Byron")
    page.preview.called.setText("who")
    page.preview.make_field()
    qtbot.waitUntil(lambda: page.fields.currentRow() == 1, timeout=15_000)
    page.preview.right_button.click()
    assert page.fields.currentRow() == 1, "what was worked on stays chosen"
    qtbot.waitUntil(lambda: {"save", "preview"} <= page.banners._keyed.keys(), timeout=15_000)
    qtbot.waitUntil(lambda: page.banners.height() > 60, timeout=5_000)
    for each in (page.preview, page.save_button, page.more, page.new_button):
        place = QRect(each.mapTo(page, QPoint(0, 0)), each.size())
        assert not place.intersects(page.banners.geometry())


@pytest.mark.window
def test_what_was_saved_is_undone_and_done_again(page):
    page._begin(editing.new_template("talk", "Talk"))
    page._draft.add_field(Field("who", FieldType.NAME, "who spoke"))
    page.save()
    assert not page.save_button.isEnabled()
    page._draft.add_field(Field("fee", FieldType.MONEY, "what it costs"))
    page.fields.setCurrentCell(1, 0)
    page.save()
    assert page.fields.currentRow() == 1
    assert page.list.currentItem().text() == "Talk"
    page._undo.trigger()
    assert [field.name for field in page._draft.fields] == ["who"]
    assert page.save_button.isEnabled()
    page._redo.trigger()
    assert not page.save_button.isEnabled(), "it is what is on disk, whatever the number of the version"
    page._undo.trigger()
    page.save()
    assert OwnTemplates().versions("talk") == [1, 2, 3]
    assert [field.name for field in OwnTemplates().version("talk", 3).fields] == ["who"]


@pytest.mark.window
def test_versions_say_what_changed_between_any_two_and_which_tables_that_touches(page, window, qtbot, receipts):
    sheet = window.extract.sheet
    sheet.add_files(receipts(2), start=True)
    qtbot.waitUntil(lambda: bool(sheet.model.rows) and not sheet.runs.running, timeout=20_000)
    page.refresh("receipt")
    page._draft.add_field(Field("tip", FieldType.MONEY, "what was given besides"))
    page.save()
    page._draft.set_field("tip", Field("tip", FieldType.NUMBER, "what was given besides"))
    page.save()
    page._draft.remove_field("tip")
    page._draft.add_field(Field("till", FieldType.IDENTIFIER, "the number of the till"))
    page.save()
    own = OwnTemplates()
    wanted = []
    dialog = VersionsDialog([own.version("receipt", number) for number in own.versions("receipt")], page._parts, page)
    qtbot.addWidget(dialog)
    dialog.show()
    lines = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert lines[1].endswith("Tip: Amount of money → Number.")
    dialog.list.clearSelection()
    for row in (1, 2):
        dialog.list.item(row).setSelected(True)
    assert dialog.said.text().endswith("Tip: Amount of money → Number.")
    assert not dialog.take_button.isEnabled()
    dialog.list.item(1).setSelected(False)
    assert "Tip was removed. Till is new." in dialog.said.text(), "one alone is held against the newest"
    qtbot.waitUntil(lambda: dialog.tables.count() == 1, timeout=10_000)
    assert dialog.tables_said.text().startswith("1 table (2 documents)")
    assert dialog.tables.item(0).text().endswith(": Till")
    taken = []
    dialog.taken.connect(taken.append)
    dialog.take_button.click()
    assert [field.name for field in taken[0].fields][-1] == "tip"
    dialog.table_wanted.connect(wanted.append)
    dialog.open_button.click()
    assert wanted == sheet.runs.stored()


@pytest.mark.window
@pytest.mark.parametrize("name", ["talk", "receipt"])
def test_what_was_not_saved_is_offered_at_the_next_start(page, window, parts, qtbot, name):
    if name == "talk":
        page._begin(editing.new_template("talk", "Talk"))
    else:
        page.refresh(name)
    page._draft.add_field(Field("fee", FieldType.MONEY, "what it costs"))
    text = page._draft.text
    parts.memory.save()
    again = TemplatesPage(parts, window.loading)
    qtbot.addWidget(again)
    banner = again.banners._keyed["left"]
    assert "was not saved when Stillroom was closed" in banner.message.text()
    assert again._draft.text != text
    again.refresh("invoice")
    third = TemplatesPage(parts, window.loading)
    qtbot.addWidget(third)
    third.banners._keyed["left"].buttons[0].click()
    assert third._draft.text == text
    assert third.save_button.isEnabled()
    third.save()
    fourth = TemplatesPage(parts, window.loading)
    qtbot.addWidget(fourth)
    assert "left" not in fourth.banners, "it is saved"


@pytest.mark.window
def test_what_was_left_for_another_template_is_offered_at_the_next_start(page, window, parts, qtbot):
    page.refresh("receipt")
    page._draft.add_field(Field("fee", FieldType.MONEY, "what it costs"))
    text = page._draft.text
    choose(page, "invoice")
    assert "unsaved" in page.banners
    again = TemplatesPage(parts, window.loading)
    qtbot.addWidget(again)
    again.banners._keyed["left"].buttons[0].click()
    assert again._draft.text == text
    page.banners._keyed["unsaved"]._go()
    third = TemplatesPage(parts, window.loading)
    qtbot.addWidget(third)
    assert "left" not in third.banners, "it was closed"


@pytest.mark.window
def test_a_new_template_does_not_take_over_what_is_kept_of_one_that_was_deleted(page):
    name = page._free_name("Talk")
    page._begin(editing.add_field(editing.new_template(name, "Talk"), Field("who", FieldType.NAME)))
    page.save()
    page.delete()
    assert page._free_name("Talk") == "talk-2"
    kept, _ = page._parts.templates.keep_new(Template("talk", 1, "Talk", "", (Field("fee", FieldType.MONEY),)))
    assert kept.name == "talk-2"
    page._restore("talk")
    assert [field.name for field in page._draft.fields] == ["who"]


@pytest.mark.window
def test_another_one_is_saved_where_it_is_said_and_what_is_shown_stays(page):
    page.from_sentence("the colour of the door")
    page._begin(editing.new_template("talk", "Talk"))
    page._draft.add_field(Field("who", FieldType.NAME, "who spoke"))
    page.banners._keyed["unsaved"].buttons[0].click()
    wanted = []
    page.use_wanted.connect(wanted.append)
    next(button for button in page.banners._keyed["save"].buttons if "new table" in button.text()).click()
    assert wanted == ["the-colour-of-the-door"], "the one that was saved, not the one that is shown"
    assert OwnTemplates().names() == ["the-colour-of-the-door"]
    assert [field.name for field in page._draft.fields] == ["who"]
    assert "unsaved" not in page.banners._keyed


@pytest.mark.window
def test_what_is_not_saved_is_had_back_when_another_one_is_begun(page):
    page.from_sentence("who spoke, where and when")
    assert "unsaved" not in page.banners._keyed, "nothing was changed before"
    page._begin(editing.new_template("talk", "Talk"))
    banner = page.banners._keyed["unsaved"]
    assert banner.message.text() == "What you changed in Who spoke, where and when is not saved."
    assert [button.text() for button in banner.buttons] == ["Save it", "Go back to it"]
    banner.buttons[1].click()
    assert [field.name for field in page._draft.fields] == ["speaker", "location", "date", "time"]
    page.text.setPlainText(page._draft.text.replace("date", "dat"))
    assert page._draft.problems
    choose(page, "invoice")
    banner = page.banners._keyed["unsaved"]
    assert [button.text() for button in banner.buttons] == ["Go back to it"], "it cannot be saved as it is"
    banner.buttons[0].click()
    assert '"dat"' in page._draft.text
    page._begin(editing.new_template("other", "Other"))
    page.add_field()
    page.banners._keyed["unsaved"].buttons[0].click()
    assert '"dat"' in page._draft.text
    assert "What you changed in Other is not saved." in page.banners._keyed["unsaved"].message.text()
    page.banners._keyed["unsaved"].buttons[1].click()
    assert page.title.text() == "Other"
