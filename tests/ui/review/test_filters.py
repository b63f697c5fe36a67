"""Who sent it, how sure it is, and its pages in small."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas
from tests.review.made import record_of, result_of, toml_of

from stillroom.documents.document import Span
from stillroom.documents.read_file import read_file
from stillroom.extraction.result import FieldState, FieldValue, result_to_json
from stillroom.review.verdict import VerdictKind
from stillroom.storage.runs import RunStore

TOML = toml_of("letter", issuer="organisation")


@pytest.fixture
def page(parts, window, qtbot, tmp_path: Path):
    """Three letters of two senders; the last has five pages."""
    store = RunStore(parts.database)
    files = [tmp_path / f"letter-{number}.pdf" for number in range(3)]
    run = store.create_run(record_of(TOML, "letter"), [(str(file), str(file)) for file in files])
    for number, (file, sender, sure) in enumerate(zip(files, ("Acme", "Bolt", "Acme"), (0.5, 0.8, 0.95), strict=True)):
        canvas = Canvas(str(file), pagesize=(200, 200))
        for sheet in range(5 if number == 2 else 1):
            canvas.drawString(30, 150, f"{sender} {number} {sheet}")
            canvas.showPage()
        canvas.save()
        document = read_file(file)
        span = Span(1, 0, len(sender))
        checks = ("Not a company of the register.",) if sender == "Bolt" else ()
        value = FieldValue(sender, sender, FieldState.FOUND, sure, span, tuple(document.boxes(span)), (), checks)
        row = result_of({"issuer": value}, "letter", file, document.sha256)
        store.save(run, number, result_to_json(row))
    shown = window.show_named("review")
    qtbot.waitUntil(lambda: len(shown.desk.documents) == 3, timeout=10_000)
    return shown


def names(page) -> list[str]:
    return sorted(document.path.stem[-1] for document in page._shown)


def choose(box, data) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_documents_are_filtered_by_sender_and_by_how_sure_they_are(page):
    choose(page.which, "everything")
    assert names(page) == ["0", "1", "2"]
    assert not page.senders.isHidden()
    choose(page.senders, "Acme")
    assert names(page) == ["0", "2"]
    choose(page.which, 0.9)
    assert names(page) == ["0"]
    choose(page.senders, "")
    assert names(page) == ["0", "1"]
    choose(page.which, 0.75)
    assert names(page) == ["0"]


def test_pages_are_shown_in_small_and_lead_there(page, qtbot):
    choose(page.which, "everything")
    document = next(each for each in page.desk.documents if each.path.stem == "letter-2")
    page.show_document(document)
    thumbs = page.thumbnails
    qtbot.waitUntil(lambda: thumbs.count() == 5 and thumbs.isVisible(), timeout=15_000)
    white = thumbs.item(1).icon().pixmap(64, 88).toImage()
    qtbot.waitUntil(lambda: thumbs.item(1).icon().pixmap(64, 88).toImage() != white, timeout=15_000)
    thumbs.setCurrentRow(3)
    assert page.view.verticalScrollBar().value() > 0
    page.view.verticalScrollBar().setValue(0)
    assert thumbs.currentRow() == 0, "the small ones follow"
    page.show_document(next(each for each in page.desk.documents if each.path.stem == "letter-0"))
    qtbot.waitUntil(lambda: not thumbs.isVisible(), timeout=15_000)


def test_documents_are_filtered_by_what_was_said_of_them_and_by_the_rule_that_failed(page, qtbot):
    by_name = {each.path.stem: each for each in page.desk.documents}
    page.desk.approve(by_name["letter-2"])
    page.desk.reject(by_name["letter-1"], "an advertisement")
    qtbot.waitUntil(lambda: not page.desk.saving, timeout=10_000)
    for which, wanted in (("approved", ["2"]), ("rejected", ["1"]), ("open", ["0"]), ("failed", []), ("corrected", [])):
        choose(page.which, which)
        assert names(page) == wanted, which
    entries = [page.which.itemText(place) for place in range(page.which.count())]
    assert "Fails: Not a company of the register." in entries
    choose(page.which, "rule:Not a company of the register.")
    assert names(page) == ["1"]
    page.show_document(by_name["letter-0"])
    page.say(VerdictKind.ABSENT)
    qtbot.waitUntil(lambda: not page.desk.saving, timeout=10_000)
    choose(page.which, "absent")
    assert names(page) == ["0"]


def test_the_tables_of_one_template_are_gone_through_together(page, parts, tmp_path: Path, qtbot):
    store = RunStore(parts.database)
    for number, (name, toml) in enumerate((("letter", TOML), ("memo", toml_of("memo", issuer="organisation")))):
        file = tmp_path / f"later-{number}.txt"
        file.write_text("Acme")
        run = store.create_run(record_of(toml, name), [(str(file), str(file))])
        value = FieldValue("Acme", "Acme", FieldState.FOUND, 0.5, Span(1, 0, 4))
        store.save(run, 0, result_to_json(result_of({"issuer": value}, name, file, "ab" * 32)))
    page.desk.look()
    qtbot.waitUntil(lambda: page.tables.count() == 5, timeout=30_000)
    assert page.tables.itemText(1) == "All tables of Letter"
    choose(page.tables, "template:letter")
    qtbot.waitUntil(lambda: len(page.desk.documents) == 4, timeout=30_000)
    assert {each.template.name for each in page.desk.documents} == {"letter"}
    choose(page.tables, 0)
    qtbot.waitUntil(lambda: len(page.desk.documents) == 5, timeout=30_000)


def test_what_was_said_when_a_document_was_read_is_seen_by_who_approves_it(page, parts, tmp_path: Path, qtbot):
    store, file = RunStore(parts.database), tmp_path / "march.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letter.txt", "Acme")
    run = store.create_run(record_of(TOML, "letter"), [(str(file), str(file))])
    note = "This is an archive; 1 file in it has a row of its own."
    row = replace(result_of({}, "letter", file, read_file(file).sha256), notes=(note,))
    store.save(run, 0, result_to_json(row))
    assert page.notes.isHidden()
    choose(page.which, "everything")
    page.show_run(run)
    qtbot.waitUntil(lambda: page._document is not None and page._document.run == run, timeout=10_000)
    assert page.notes.text() == note
    assert "no values of its own" in page.card._said.text()
    qtbot.waitUntil(lambda: page._text is not None, timeout=10_000)
    assert page.views.currentIndex() == 0
    assert "archive" in page.view._said
