"""The Review page: every verdict by key and mouse, on disk before it is shown, and no stall."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QPushButton
from reportlab.pdfgen.canvas import Canvas
from tests.review.made import record_of, result_of, toml_of

from stillroom.documents.document import Span
from stillroom.documents.read_file import read_file
from stillroom.extraction.result import (
    Coverage,
    DocumentResult,
    DocumentStatus,
    FieldState,
    FieldValue,
    RunnerUp,
    result_to_json,
)
from stillroom.review.verdict import Subject, VerdictKind, from_row
from stillroom.storage.verdicts import VerdictStore
from stillroom.ui.banner import BannerArea
from stillroom.ui.review import filters
from stillroom.workspace.runs import DecidedAgain

TOML = toml_of("slip", date="date", total="money required", shop="line", lines={"what": "line", "price": "money"})


def value(text: str, word: str, canonical: str, confidence: float, *others: str) -> FieldValue:
    start = text.index(word)
    runners = tuple(
        RunnerUp(other, other, 0.1, Span(1, text.index(other), text.index(other) + len(other))) for other in others
    )
    return FieldValue(canonical, word, FieldState.FOUND, confidence, Span(1, start, start + len(word)), (), runners)


def take(page, key: str, title: str) -> None:
    """Press a button of the banner with this key."""
    next(button for button in page.banners._keyed[key].findChildren(QPushButton) if button.text() == title).click()


def slip(file: Path, number: int) -> DocumentResult:
    document = read_file(file)
    text = document.pages[0].text
    fields = {
        "date": value(text, "31.12.2024", "2024-12-31", 0.9),
        "total": value(text, f"{number}.50", f"{number}.50", 0.3, "7.00", "9.00"),
        "shop": value(text, f"Corner Shop {number}", f"Corner Shop {number}", 0.5),
    }
    boxed: dict = {
        name: replace(each, boxes=tuple(document.boxes(each.span)) if each.span else ())
        for name, each in fields.items()
    }
    boxed["lines"] = (
        {"what": value(text, "Cash", "Cash", 0.9), "price": value(text, "7.00", "7.00", 0.9)},
        {"what": value(text, "Back", "Back", 0.9), "price": value(text, "9.00", "9.00", 0.9)},
    )
    return result_of(boxed, "slip", file, document.sha256)


@pytest.fixture
def make_run(parts, tmp_path):
    """A run over text files, or over PDF files."""

    def make(count: int, kind: str = "txt") -> int:
        files = []
        for number in range(count):
            file = tmp_path / f"slip-{number:03}.{kind}"
            lines = [f"Corner Shop {number}", "Date 31.12.2024", f"Total {number}.50", "Cash 7.00", "Back 9.00"]
            if kind == "pdf":
                canvas = Canvas(str(file), pagesize=(300, 300))
                for place, line in enumerate(lines):
                    canvas.drawString(40, 250 - 30 * place, line)
                canvas.save()
            else:
                file.write_text("\n".join(lines) + "\n")
            files.append(file)
        record = record_of(TOML, "slip")
        run = parts.store.create_run(record, [(str(file), str(file)) for file in files])
        for position, file in enumerate(files):
            parts.store.save(run, position, result_to_json(slip(file, position)))
        return run

    return make


@pytest.fixture
def open_page(window, qtbot):
    def opened():
        page = window.show_named("review")
        qtbot.waitUntil(lambda: bool(page.desk.documents), timeout=10_000)
        window.activateWindow()
        page.list.setFocus()
        return page

    return opened


@pytest.mark.window
def test_without_a_table_it_leads_to_where_one_is_made(window, make_run, qtbot):
    page = window.show_named("review")
    qtbot.wait(200)
    assert page.extract_button.isVisibleTo(page)
    assert not any(box.isVisibleTo(page) for box in (page.tables, page.which, page.fields, page.dial))
    assert window.focusWidget() is page.extract_button
    page.extract_button.click()
    assert window.pages.currentIndex() == 0
    make_run(1)
    window.show_named("review")
    qtbot.waitUntil(lambda: bool(page.desk.documents), timeout=10_000)
    assert all(box.isVisibleTo(page) for box in (page.tables, page.which, page.fields, page.dial))
    assert not page.extract_button.isVisibleTo(page)
    assert window.focusWidget() is page.list


def saved(parts):
    return [from_row(row) for row in VerdictStore(parts.database).of_template("slip")]


def settled(page, qtbot) -> None:
    qtbot.waitUntil(lambda: not page.desk.saving, timeout=10_000)


def press(page, qtbot, *keys) -> None:
    for key in keys:
        qtbot.keyClick(page.list, key)


def test_that_nothing_is_left_stays_said_until_all_is_shown(make_run, open_page, monkeypatch):
    seconds = []
    show = BannerArea.show_message

    def shown(self, *args, **more):
        seconds.append(more.get("seconds", 0.0))
        return show(self, *args, **more)

    make_run(1)
    page = open_page()
    monkeypatch.setattr(BannerArea, "show_message", shown)
    page.which.setCurrentIndex(page.which.findData("rejected"))
    page._filter()
    assert page._document is None
    assert seconds == [0.0], "the page would be empty and say nothing"
    take(page, "left", "Show all documents")
    assert page._document is not None
    assert "left" not in page.banners


def test_a_table_that_is_done_with_is_shown_whole_when_it_is_asked_for(qtbot, make_run, open_page):
    run = make_run(1)
    page = open_page()
    press(page, qtbot, Qt.Key.Key_A)
    settled(page, qtbot)
    page._filter()
    assert page._document is None
    page.show_run(run)
    qtbot.waitUntil(lambda: page._document is not None, timeout=10_000)


def test_letters_that_were_hard_to_recognise_are_named(qtbot, make_run, open_page):
    make_run(1)
    page = open_page()
    qtbot.waitUntil(lambda: page._text is not None, timeout=10_000)
    assert page.list.value.subject.field == "total"
    assert "Hard to read" not in page.card._said.text()
    (written,) = page._text.pages
    place = page.list.value.current.span
    certainty = bytearray([100] * len(written.text))
    certainty[place.start] = 45  # of "0.50"
    recognised = replace(page._text, pages=(replace(written, ocr_confidence=0.98, certainty=bytes(certainty)),))
    page._text_ready(page._document.path, page._document.result.sha256, recognised)
    assert "Hard to read here: " in page.card._said.text()
    qtbot.keyClick(page.list, Qt.Key.Key_Return)  # a person said what it is
    settled(page, qtbot)
    page._choose(page._document.values[[each.subject.field for each in page._document.values].index("total")].subject)
    assert "Hard to read" not in page.card._said.text()


def test_worst_comes_first_and_every_key_does_what_the_card_says(parts, qtbot, make_run, open_page, monkeypatch):
    make_run(3)
    page = open_page()
    key = Qt.Key
    assert [each.subject.field for each in page.model.values] == ["total", "shop", "date"] + ["lines"] * 4
    first = page._document
    press(page, qtbot, key.Key_2)  # the second candidate
    assert page.list.value.subject.field == "shop", "the next that is to be looked at"
    press(page, qtbot, key.Key_N)
    assert page._document is first, "nothing is left to look at, but it is still to be approved"
    press(page, qtbot, key.Key_Return)
    assert page._document is not first, "the next document, without a verdict"
    press(page, qtbot, key.Key_Return, key.Key_X)
    press(page, qtbot, key.Key_K, key.Key_K)
    assert page._document is first
    press(page, qtbot, key.Key_A)
    settled(page, qtbot)
    assert first.approval is not None
    assert first.value(Subject("total")).current.value == "9.00"
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("blurred", True))
    press(page, qtbot, key.Key_R)
    settled(page, qtbot)
    kinds = [entry.kind for entry in saved(parts)]
    assert kinds == ["corrected", "absent", "accepted", "unreadable", "approved", "rejected"]
    qtbot.keyClick(page.list, key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert not page.list.hasFocus(), "there is a way out"
    page.list.setFocus()
    press(page, qtbot, key.Key_U, key.Key_U)
    settled(page, qtbot)
    assert [entry.kind for entry in saved(parts)][-2:] == [VerdictKind.UNDONE] * 2
    assert first.approval is None
    assert page._document is first, "undo goes to where it was"


def test_the_key_that_approves_means_the_document_that_was_looked_at(qtbot, make_run, open_page):
    make_run(3)
    page = open_page()
    key = Qt.Key
    first, second = page._shown[:2]
    press(page, qtbot, key.Key_Return, key.Key_Return)
    assert "A approves it" in page.banners._keyed["left"].message.text()
    press(page, qtbot, key.Key_A)
    settled(page, qtbot)
    assert first.approval is not None
    assert second.approval is None
    assert page._document is second
    assert "left" not in page.banners._keyed
    press(page, qtbot, key.Key_Return, key.Key_Return, key.Key_U, key.Key_Return)
    settled(page, qtbot)
    assert [entry.kind for entry in second.entries] == ["accepted", "accepted", "undone", "accepted"]
    assert page._document is second
    press(page, qtbot, key.Key_Tab)
    assert page._document is page._shown[2]


def test_a_value_is_typed_and_suggested_from_the_page(qtbot, make_run, open_page):
    make_run(1)
    page = open_page()
    qtbot.waitUntil(lambda: page._reader is not None, timeout=10_000)
    press(page, qtbot, Qt.Key.Key_E)
    page.card.line.setText("")
    qtbot.keyClicks(page.card.line, "7")
    qtbot.waitUntil(lambda: page.card.list.count() > 0, timeout=10_000)
    qtbot.keyClick(page.card.line, Qt.Key.Key_Down)
    qtbot.keyClick(page.card.line, Qt.Key.Key_Return)
    settled(page, qtbot)
    total = page._document.value(Subject("total"))
    assert (total.current.value, total.current.text, total.typed) == ("7.00", "7.00", False)
    qtbot.waitUntil(page.list.hasFocus)
    page.list.choose(1)
    page.begin_edit("")
    page.card.line.setText("Shop of mine")
    qtbot.keyClick(page.card.line, Qt.Key.Key_Return)
    settled(page, qtbot)
    shop = page._document.value(Subject("shop"))
    assert (shop.current.value, shop.typed, shop.current.span) == ("Shop of mine", True, None)
    assert "not on the page" in page.model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)


def test_words_of_a_pdf_are_clicked_and_dragged_over(qtbot, make_run, open_page):
    make_run(1, "pdf")
    page = open_page()
    view = page.view
    qtbot.waitUntil(lambda: page._reader is not None and view._pictures.picture(1) is not None, timeout=15_000)
    document = page._text
    text = document.pages[0].text

    def centre(word: str) -> QPoint:
        box = document.boxes(Span(1, text.index(word), text.index(word) + len(word)))[0]
        return view._on_screen(1, box).center().toPoint()

    assert len(view._lights) == 3, "the table's cells have no boxes here"
    assert [light.name for light in view._lights if light.strong] == ["Total"]
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=centre("9.00"))
    qtbot.waitUntil(lambda: page._document.value(Subject("total")).verdict is not None)
    total = page._document.value(Subject("total")).current
    assert (total.value, bool(total.boxes)) == ("9.00", True)
    assert page.list.value.subject.field == "shop"
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=centre("Date"))
    qtbot.mouseMove(view.viewport(), centre("31.12.2024"))
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=centre("31.12.2024"))
    qtbot.waitUntil(lambda: page._document.value(Subject("shop")).verdict is not None)
    assert page._document.value(Subject("shop")).current.value == "Date 31.12.2024"
    settled(page, qtbot)


def test_a_mark_that_is_no_value_of_the_field_is_not_taken(qtbot, make_run, open_page):
    make_run(1, "pdf")
    page = open_page()
    view = page.view
    qtbot.waitUntil(lambda: page._reader is not None and view._pictures.picture(1) is not None, timeout=15_000)
    word = page._text.pages[0].text.index("Corner")
    page.take_span(Span(1, word, word + 6))
    qtbot.waitUntil(lambda: "reading" in page.banners._keyed, timeout=5_000)
    assert page.banners._keyed["reading"].message.text().startswith("“Corner” was not taken. This cannot be read as")
    assert page._document.entries == []
    assert page.list.value.subject.field == "total", "the value meant is still the current one"
    page.show_document(page._document)
    assert "reading" in page.banners._keyed
    page.show_document(None)
    assert "reading" not in page.banners._keyed, "it was said of the document before"


def test_a_click_where_no_words_are_says_so(qtbot, make_run, open_page):
    make_run(1, "pdf")
    page = open_page()
    view = page.view
    qtbot.waitUntil(lambda: page._reader is not None and view._pictures.picture(1) is not None, timeout=15_000)
    empty = view._rect(1).bottomRight() - view._offset()
    view._pressed, view._selection = (1, empty), None
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton)
    assert "no text to take" in page.banners._keyed["span"].message.text()
    assert page._document.entries == []


def test_a_verdict_that_cannot_be_written_is_not_shown_as_given(parts, qtbot, make_run, open_page, monkeypatch):
    make_run(1)
    page = open_page()

    def fail(_entries) -> None:
        raise OSError("disk")

    monkeypatch.setattr(page.desk._reviews, "save", fail)
    press(page, qtbot, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "failed" in page.banners._keyed)
    assert page._document.entries == []
    monkeypatch.undo()
    press(page, qtbot, Qt.Key.Key_Return)
    settled(page, qtbot)
    assert len(saved(parts)) == 1


def test_400_verdicts_in_a_row_do_not_stall(parts, qtbot, make_run, open_page):
    make_run(200)
    page = open_page()
    page.which.setCurrentIndex(1)
    page._filter()
    gc.collect()
    gc.freeze()
    worst, given = 0.0, 0
    while given < 400:
        leaves = page._nothing_left
        started = time.thread_time()
        qtbot.keyClick(page.list, Qt.Key.Key_Return)
        QApplication.processEvents()
        worst = max(worst, time.thread_time() - started)
        given += not leaves
    gc.unfreeze()
    settled(page, qtbot)
    assert len(saved(parts)) == 400
    assert worst <= 0.050


def test_the_filter_shows_what_is_asked_for(make_run, open_page):
    make_run(2)
    page = open_page()
    page.fields.setCurrentIndex(page.fields.findData("date"))
    page._filter()
    assert page._shown == [], "no date is doubtful"
    page.fields.setCurrentIndex(page.fields.findData("shop"))
    page._filter()
    assert len(page._shown) == 2
    assert page.list.value.subject.field == "shop"
    page.which.setCurrentIndex(page.which.findData("missing"))
    page._filter()
    assert page._shown == []


def test_a_promise_is_kept_and_changes_what_is_shown(parts, qtbot, make_run, open_page):
    from stillroom.storage.verdicts import Promise

    make_run(2)
    page = open_page()
    before = page.desk.count(page.desk.documents[0])
    with qtbot.waitSignal(page.desk.weighed, timeout=5000):
        page.desk.promise("slip", Promise(0.01, 10))
    assert page.desk.count(page.desk.documents[0]) == before + 5, "0.9 is not sure enough for 1 in 100"
    assert page.dial.text() == "At most 1 in 100 wrong"
    assert parts.reviews.promise("slip") == Promise(0.01, 10)


def test_approving_teaches_the_template_and_taking_it_back_is_forgotten(make_run, open_page, parts, qtbot):
    make_run(2)
    page = open_page()
    document = page._document
    page.approve_document()
    memory = parts.learning.memory(document.template)
    qtbot.waitUntil(lambda: memory.documents() == [document.result.sha256], timeout=15_000)
    qtbot.waitUntil(lambda: "lesson" in page.banners._keyed, timeout=15_000)
    assert "learned from 1 document" in page.banners._keyed["lesson"].message.text()
    page.take_back()
    qtbot.waitUntil(lambda: memory.documents() == [], timeout=15_000)
    page.approve_document()
    qtbot.waitUntil(lambda: bool(memory.documents()), timeout=15_000)
    dialog = page._lessons.dialog(document.template, page)
    qtbot.waitUntil(lambda: dialog.documents.topLevelItemCount() == 1, timeout=15_000)
    assert dialog.documents.topLevelItem(0).text(0) == document.path.name
    dialog.documents.setCurrentItem(dialog.documents.topLevelItem(0))
    dialog.forget_one.click()
    qtbot.waitUntil(lambda: "has forgotten" in page.banners._keyed["lesson"].message.text(), timeout=15_000)
    dialog.close()
    assert memory.documents() == []
    assert document.approval is not None


def test_what_was_learned_is_used_on_the_rest(make_run, open_page, parts, qtbot, monkeypatch):
    run = make_run(5)
    page = open_page()
    looked = []
    monkeypatch.setattr(parts.runs, "do", lambda batch, *, again, **_: looked.append((batch.run_id, list(again))))
    for _ in range(3):
        page.approve_document()
    settled(page, qtbot)
    template = page.desk.documents[0].template
    qtbot.waitUntil(lambda: len(parts.learning.memory(template).documents()) == 3, timeout=15_000)
    page._look_again(template, {(run, 3), (run, 4)})
    qtbot.waitUntil(lambda: bool(looked), timeout=5_000)
    assert looked == [(run, [3, 4])]


def test_rows_nobody_looked_at_are_decided_again_and_put_back(make_run, open_page, parts, qtbot, monkeypatch):
    run = make_run(5)
    page = open_page()
    before = dict(enumerate(parts.runs.resume(run).results()))

    def decided(run, positions, _cancellation):
        """All totals are others, also of those whose verdicts are given meanwhile."""
        after = {}
        for place in range(1, 5):
            total = replace(before[place].fields["total"], value="9.00", confidence=0.8)
            after[place] = replace(before[place], fields={**before[place].fields, "total": total})
        assert 0 not in positions
        return DecidedAgain(run, {place: before[place] for place in after}, after, {}, ())

    monkeypatch.setattr(parts.runs, "decide_again", decided)
    judged = page.desk.documents[4]
    page.desk.give(judged, judged.verdict(VerdictKind.ACCEPTED, Subject("total")))
    with qtbot.waitSignal(page._lessons.put_down, timeout=15_000):
        page.approve_document()
    assert (
        "3 values of the documents that nobody looked at changed (Total)"
        in page.banners._keyed["lesson"].message.text()
    )
    shown = {each.position: each.value(Subject("total")).current.value for each in page.desk.documents}
    assert shown == {0: "0.50", 1: "9.00", 2: "9.00", 3: "9.00", 4: "4.50"}
    on_disk = parts.runs.resume(run).results()
    assert [row.fields["total"].value for row in on_disk] == ["0.50", "9.00", "9.00", "9.00", "4.50"]
    page.which.setCurrentIndex(page.which.findData("approved"))
    page._filter()
    QTimer.singleShot(0, page, lambda: QApplication.activeModalWidget().show_button.click())
    take(page, "lesson", "Show them…")
    assert page._document is page.desk.documents[1]
    assert page.documents.currentIndex() == page._shown.index(page._document)
    assert page.list.value.subject == Subject("total")
    judged = page.desk.documents[2]
    page.desk.give(judged, judged.verdict(VerdictKind.ACCEPTED, Subject("total")))
    with qtbot.waitSignal(page._lessons.put_down, timeout=15_000):
        take(page, "lesson", "Undo")
    on_disk = parts.runs.resume(run).results()
    assert [row.fields["total"].value for row in on_disk] == ["0.50", "1.50", "9.00", "3.50", "4.50"]


def test_whole_documents_are_approved_one_after_the_other(make_run, open_page, qtbot):
    make_run(4)
    page = open_page()
    for document in page.desk.documents:
        for each in document.values:
            page.desk.give(document, document.verdict(VerdictKind.ACCEPTED, each.subject))
    settled(page, qtbot)
    page._filter()
    assert page._document is None, "nothing is left to check"
    page.which.setFocus()
    page.which.showPopup()
    popup = page.which.view()
    qtbot.waitUntil(popup.isVisible, timeout=5_000)
    place = page.which.findData(filters.WHOLE[1])
    qtbot.mouseMove(popup.viewport(), popup.visualRect(popup.model().index(place, 0)).center())
    popup.setCurrentIndex(popup.model().index(place, 0))
    qtbot.wait(QApplication.doubleClickInterval() + 50)  # a press sooner is the one that opened the list
    qtbot.mouseClick(
        popup.viewport(), Qt.MouseButton.LeftButton, pos=popup.visualRect(popup.model().index(place, 0)).center()
    )
    qtbot.waitUntil(page.list.hasFocus, timeout=5_000)
    assert page.which.currentData() == filters.WHOLE[1]
    assert "left" not in page.banners._keyed, "what was said of another list"
    seen = []
    for _ in range(4):
        seen.append(page._document)
        press(page, qtbot, Qt.Key.Key_A)
    settled(page, qtbot)
    assert len({each.position for each in seen}) == 4
    assert all(each.approval for each in page.desk.documents)


def test_the_table_worked_with_is_the_one_reviewed(window, make_run, open_page, qtbot, receipts):
    made = make_run(2)
    page = open_page()
    assert page.tables.currentData() == made
    window.show_named("extract")
    sheet = window.extract.sheet
    sheet.add_files(receipts(2), start=True)
    qtbot.waitUntil(lambda: bool(sheet.model.rows) and not sheet.runs.running, timeout=20_000)
    window.show_named("review")
    (run,) = sheet.runs.stored()
    qtbot.waitUntil(lambda: {each.run for each in page.desk.documents} == {run}, timeout=10_000)
    assert page.tables.currentData() == run
    page.tables.setCurrentIndex(page.tables.findData(made))
    page._open_table()
    window.show_named("extract")
    window.show_named("review")
    qtbot.wait(200)
    assert page.tables.currentData() == made, "the same table as before is no reason to leave the chosen one"


def test_a_table_that_is_asked_for_comes_before_one_that_is_offered(make_run, open_page, qtbot):
    asked, offered = make_run(2), make_run(2)
    page = open_page()
    page.offer_run(offered)
    page.desk.look()  # as when the page is shown
    page.show_run(asked)
    qtbot.waitUntil(lambda: page.tables.currentData() == asked, timeout=10_000)
    qtbot.wait(300)
    settled(page, qtbot)
    assert page.tables.currentData() == asked


def test_what_came_since_a_table_is_reviewed_is_offered(window, parts, qtbot, receipts, make_run):
    make_run(1)
    sheet = window.extract.sheet
    sheet.add_files(receipts(3), start=True)
    qtbot.waitUntil(lambda: bool(sheet.model.rows) and not sheet.runs.running, timeout=20_000)
    (run,) = sheet.runs.stored()
    ended = sheet.model.rows[0].run
    parts.runs.set_removed(run, [2], True)
    page = window.show_named("review")
    qtbot.waitUntil(lambda: len(page.desk.documents) == 2, timeout=10_000)
    parts.runs.set_removed(run, [2], False)
    window.queue.ended.emit(ended)
    with qtbot.waitSignal(page.desk.opened, timeout=10_000):
        take(page, "ended", "Show them")
    assert len(page.desk.documents) == 3
    assert "ended" not in page.banners
    page.run_ended(run + 100)
    assert "ended" not in page.banners, "it is another table's"


def test_what_changed_when_it_was_looked_at_again_is_said(make_run, open_page, parts, qtbot):
    run = make_run(3)
    page = open_page()
    for document in page.desk.documents[1:]:
        page._before_again[run, document.position] = document.result
    settled(page, qtbot)
    kept = page.desk.documents[2]
    other = next(name for name, value in kept.result.fields.items() if isinstance(value, FieldValue))
    fields = {**kept.result.fields, other: replace(kept.result.fields[other], value="something else")}
    parts.runs.keep(run, kept.position, replace(kept.result, fields=fields))
    with qtbot.waitSignal(page.desk.opened, timeout=10_000):
        page._looked_again()
    assert "1 value of the documents that nobody looked at changed" in page.banners._keyed["again"].message.text()
    assert page._before_again == {}
    page.show_document(page.desk.documents[0])
    take(page, "again", "Show it")
    assert page._document.position == kept.position
    assert page.list.value.subject == Subject(other)


def test_a_value_of_a_document_is_turned_to_and_reviewed_ones_are_labels(make_run, open_page, parts, qtbot):
    run = make_run(3)
    page = open_page()
    wanted = page.desk.documents[2]
    name = wanted.values[1].subject.field
    assert parts.runs.with_file(wanted.path) == run
    assert parts.runs.with_file(wanted.path.with_name("none.txt")) is None
    known = [wanted.result.sha256, "0" * 64]
    assert parts.runs.names_of(known) == {wanted.result.sha256: wanted.path.name}
    with qtbot.waitSignal(page.desk.opened, timeout=10_000):
        page.show_value(run, wanted.path, name)
    qtbot.waitUntil(lambda: page._document is not None and page._document.path == wanted.path, timeout=10_000)
    assert page.list.value.subject.field == name
    page.list.choose(len(page.model.values) - 1)
    last = page.list.value.subject
    with qtbot.waitSignal(page.desk.opened, timeout=10_000):  # the page asks for it, and so does what leads there
        page._open_table()
    assert page.list.value.subject == last, "it stays where it was when the table is read again"
    page.approve_document()
    settled(page, qtbot)
    labels = parts.review_exports.labelled(wanted.template.name)
    assert [each.path for each in labels] == [wanted.path]
    assert name in labels[0].fields


def test_rows_are_taken_out_and_put_in(parts, qtbot, make_run, open_page):
    make_run(1)
    page = open_page()
    document = page._document

    def rows() -> list[list[str | None]]:
        return [[cell.value for cell in row.values()] for row in document.effective().fields["lines"]]

    assert rows() == [["Cash", "7.00"], ["Back", "9.00"]]
    page.list.choose([value.subject for value in page.model.values].index(Subject("lines", 1, "price")))
    press(page, qtbot, Qt.Key.Key_Delete)
    settled(page, qtbot)
    assert rows() == [["Back", "9.00"]]
    page.list.choose([value.subject for value in page.model.values].index(Subject("lines", 2, "what")))
    press(page, qtbot, Qt.Key.Key_Plus)
    page.card.line.setText("Tip")
    qtbot.keyClick(page.card.line, Qt.Key.Key_Return)
    settled(page, qtbot)
    assert rows() == [["Back", "9.00"], ["Tip", None]]
    assert page.list.value.current.value == "Tip"
    press(page, qtbot, Qt.Key.Key_Down, Qt.Key.Key_E)
    page.card.line.setText("1.20")
    qtbot.keyClick(page.card.line, Qt.Key.Key_Return)
    settled(page, qtbot)
    assert rows() == [["Back", "9.00"], ["Tip", "1.20"]]
    press(page, qtbot, Qt.Key.Key_U, Qt.Key.Key_U, Qt.Key.Key_U)
    settled(page, qtbot)
    assert rows() == [["Cash", "7.00"], ["Back", "9.00"]]
    assert len(saved(parts)) == 6


def test_a_copy_is_said_and_kept_by_one_click(qtbot, make_run, open_page, parts, tmp_path):
    run = make_run(2)
    twin = tmp_path / "slip-000.txt"
    (document,) = parts.store.add_documents(run, [(str(twin), str(twin))])
    parts.store.save(run, document.position, result_to_json(slip(twin, 0)))
    page = open_page()
    copy = page.desk.documents[2]
    assert copy.duplicate_of is page.desk.documents[0]
    page.show_document(copy)
    assert page.state.full_text() == "Looks like a copy of slip-000.txt"
    qtbot.mouseClick(page.other, Qt.MouseButton.LeftButton)
    assert page._document is page.desk.documents[0]
    page.show_document(copy)
    qtbot.mouseClick(page.no_copy, Qt.MouseButton.LeftButton)
    settled(page, qtbot)
    assert copy.duplicate_of is None
    assert page.no_copy.isHidden()
    assert page.other.isHidden()


def test_a_document_that_failed_says_what_to_do_and_is_gone_on_from_by_key(parts, qtbot, make_run, window):
    run = make_run(2)
    file = parts.store.documents(run)[0].file
    failed = DocumentResult(file, DocumentStatus.FAILED, Coverage(0, 0, 0, 0), {}, "slip", 1, error="It is damaged.")
    parts.store.save(run, 0, result_to_json(failed))
    page = window.show_named("review")
    qtbot.waitUntil(lambda: page._document is not None, timeout=10_000)
    assert page._document.position == 0
    assert not page.model.values
    assert "Reject it (R)" in page.card._said.text()
    assert page.card._said.isVisibleTo(page)
    assert page.notes.isVisibleTo(page)
    assert page.notes.text() == "It is damaged.", "the whole sentence, not the part of it that fits one line"
    assert window.focusWidget() is page.list, "not a control beside it"
    press(page, qtbot, Qt.Key.Key_J)
    assert page._document.position == 1


def test_a_press_that_ends_an_approval_is_said_and_taken_back(qtbot, make_run, open_page):
    make_run(1)
    page = open_page()
    document = page._document
    press(page, qtbot, Qt.Key.Key_A)
    settled(page, qtbot)
    assert document.approval is not None
    page.show_document(document)
    press(page, qtbot, Qt.Key.Key_N)
    assert document.approval is None
    take(page, "unapproved", "Undo")
    settled(page, qtbot)
    assert document.approval is not None
    assert "unapproved" not in page.banners


def test_runners_up_are_seen_whole(make_run, open_page):
    make_run(1)
    page = open_page()
    page._choose(Subject("total"))
    QApplication.processEvents()
    candidates = page.card.list
    assert candidates.count() == 2
    last = candidates.visualItemRect(candidates.item(1))
    assert candidates.viewport().rect().contains(last), "the last one is cut, or has to be scrolled to"
