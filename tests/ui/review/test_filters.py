"""Who sent it, how sure it is, and its pages in small."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas
from tests.review.made import record_of, result_of, toml_of

from stillroom.documents.document import Span
from stillroom.documents.read_file import read_file
from stillroom.extraction.result import FieldState, FieldValue, result_to_json
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
        value = FieldValue(sender, sender, FieldState.FOUND, sure, span, tuple(document.boxes(span)))
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
