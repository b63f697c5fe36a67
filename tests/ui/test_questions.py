"""Where a file is written: as it was named, and over nothing unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget

from stillroom.ui import questions

KINDS = {".md": "Markdown", ".pdf": "PDF"}


@pytest.fixture
def ask(qtbot, monkeypatch, tmp_path):
    parent = QWidget()
    qtbot.addWidget(parent)

    def asked(name: str, picked: str = "", *, agrees: bool | None = None) -> Path | None:
        def agreed(*_args: object) -> bool:
            assert agrees is not None, "asked for no reason"
            return agrees

        chosen = str(tmp_path / name) if name else ""
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (chosen, picked))
        monkeypatch.setattr(questions, "agreed", agreed)
        return questions.file_to_write(parent, "Export", tmp_path / "it.md", KINDS, [".json"])

    return asked


def test_a_name_gets_the_ending_of_the_kind_that_was_picked(ask, tmp_path):
    assert ask("") is None
    assert ask("a.PDF") == tmp_path / "a.PDF"
    assert ask("a.json") == tmp_path / "a.json"
    assert ask("a", "PDF (*.pdf)") == tmp_path / "a.pdf"
    assert ask("version 2.1") == tmp_path / "version 2.1.md"


def test_what_an_ending_leads_to_is_not_written_over_unasked(ask, tmp_path):
    (tmp_path / "a.md").write_text("what was written before")
    assert ask("a", agrees=False) is None
    assert ask("a", agrees=True) == tmp_path / "a.md"
    assert ask("a.md") == tmp_path / "a.md", "the dialog has asked for it already"
