"""The report of a document: its pages with every value boxed, and who said what of it, when."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PySide6.QtCore import Qt
from tests.review.made import record_of, toml_of

from stillroom import cli
from stillroom.documents.document import Span
from stillroom.documents.read_file import read_file
from stillroom.extraction.result import (
    Coverage,
    DocumentResult,
    DocumentStatus,
    FieldState,
    FieldValue,
    result_to_json,
)
from stillroom.storage.runs import RunStore
from stillroom.ui.review.report import write_report

TOML = toml_of("note", version=3, shop="line", place="line")
TEXT = "Żółw & Söhne <Ltd>\nΑθήνα\n"


def text_of(file: Path) -> list[str]:
    pdf = pypdfium2.PdfDocument(str(file))
    try:
        texts = []
        for page in pdf:
            held = page.get_textpage()
            texts.append(held.get_text_range())
            held.close()
            page.close()
        return texts
    finally:
        pdf.close()


def dots_of(file: Path, colour: tuple[int, int, int]) -> int:
    """How many dots of a page are of a colour."""
    pdf = pypdfium2.PdfDocument(str(file))
    try:
        page = pdf[0]
        picture = page.render(scale=1.5).to_pil().convert("RGB")
        page.close()
        return int((np.abs(np.asarray(picture).astype(int) - colour).sum(axis=2) < 40).sum())
    finally:
        pdf.close()


@pytest.fixture
def opened(parts, window, qtbot, tmp_path):
    """The Review page on one document of a kind."""

    def do(kind: str):
        file = tmp_path / f"note.{kind}"
        if kind == "pdf":
            from reportlab.pdfgen.canvas import Canvas

            canvas = Canvas(str(file), pagesize=(300, 300))
            canvas.drawString(40, 250, "Corner Shop")
            canvas.drawString(40, 200, "Leeds")
            canvas.save()
        else:
            file.write_text(TEXT, "utf-8")
        document = read_file(file)
        text = document.pages[0].text
        fields = {}
        for name, line in zip(("shop", "place"), text.splitlines(), strict=False):
            span = Span(1, text.index(line), text.index(line) + len(line))
            fields[name] = FieldValue(line, line, FieldState.FOUND, 0.3, span, tuple(document.boxes(span)))
        result = DocumentResult(
            file.name,
            DocumentStatus.DONE,
            Coverage(1, 1, 9, 9),
            fields,
            "note",
            3,
            "a-model",
            "d" * 64,
            document.sha256,
        )
        store = RunStore(parts.database)
        run = store.create_run(record_of(TOML, "note", 3), [(file.name, str(file))])
        store.save(run, 0, result_to_json(result))
        page = window.show_named("review")
        qtbot.waitUntil(lambda: page._text is not None, timeout=15_000)
        return page

    return do


def written(page, qtbot, target: Path) -> Path:
    page.write_report(target)
    qtbot.waitUntil(target.exists, timeout=20_000)
    return target


def test_a_pdf_has_its_values_boxed_in_the_colour_of_what_was_said(opened, qtbot, tmp_path):
    page = opened("pdf")
    before = written(page, qtbot, tmp_path / "open.pdf")
    assert dots_of(before, (0xB9, 0x89, 0x00)) > 100, "both are open"
    assert dots_of(before, (0x16, 0x69, 0x5A)) == 0
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not page.desk.saving, timeout=10_000)
    report = written(page, qtbot, tmp_path / "one.pdf")
    assert dots_of(report, (0x16, 0x69, 0x5A)) > 100, "one was accepted"
    texts = text_of(report)
    assert len(texts) == 2
    assert all(
        word in texts[1] for word in ("Corner Shop", "Leeds", "accepted", "not looked at", "a-model", "note.pdf")
    )
    page.desk.reject(page.desk.documents[0], "sent twice")
    qtbot.waitUntil(lambda: not page.desk.saving, timeout=10_000)
    said = text_of(written(page, qtbot, tmp_path / "rejected.pdf"))[1]
    assert "rejected by" in said
    assert "sent twice" in said


def test_a_text_is_marked_and_no_markup_of_it_is_believed(opened, qtbot, tmp_path):
    page = opened("txt")
    report = written(page, qtbot, tmp_path / "text.pdf")
    texts = ["".join(text.split()) for text in text_of(report)]  # pdfium takes two short lines for columns
    assert "Söhne<Ltd>" in texts[0]
    assert "Αθήνα" in texts[0]
    assert "<Ltd>" in texts[1]


def test_the_command_line_writes_the_same(opened, qtbot, tmp_path, capsys):
    page = opened("pdf")
    qtbot.keyClick(page.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not page.desk.saving, timeout=10_000)
    report = ["review", "report", "--out"]
    assert cli.main([*report, str(tmp_path / "one.pdf")], reports=lambda: write_report) == 0
    assert "1 report was written to one.pdf" in capsys.readouterr().err
    assert dots_of(tmp_path / "one.pdf", (0x16, 0x69, 0x5A)) > 100, "one was accepted"
    assert "Corner Shop" in text_of(tmp_path / "one.pdf")[1]
    assert cli.main([*report, str(tmp_path / "out"), "note.pdf"], reports=lambda: write_report) == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["note.pdf-review.pdf"]
    for arguments, says in (
        ([str(tmp_path / "out"), "other.pdf"], "other.pdf is not among"),
        ([str(tmp_path / "out"), "--approved"], "No document was approved yet"),
        ([str(tmp_path / "gone" / "out")], "cannot be made"),
    ):
        assert cli.main([*report, *arguments], reports=lambda: write_report) == 1
        assert says in capsys.readouterr().err


def test_a_report_needs_no_window_and_a_file_that_is_gone_is_said(opened, tmp_path):
    """As from a shell: a process of its own, without a display."""
    opened("txt")
    command = [sys.executable, "-m", "stillroom", "review", "report", "--out", str(tmp_path / "out")]
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "QT_QPA_PLATFORM")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Söhne<Ltd>" in "".join(text_of(tmp_path / "out" / "note.txt-review.pdf")[0].split())
    (tmp_path / "note.txt").write_text("another text", "utf-8")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 3
    assert "note.txt: " in done.stderr
    assert "0 reports were written" in done.stderr
