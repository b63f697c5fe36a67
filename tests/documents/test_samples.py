from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from stillroom.documents.read_file import read_file

KINDS = {"receipt.txt": "txt", "invoice.pdf": "pdf", "contract.docx": "docx"}


@pytest.fixture
def folder(repository: Path) -> Path:
    return repository / "resources" / "samples"


def test_the_samples_are_all_there_is(folder: Path) -> None:
    assert {path.name: read_file(path).kind for path in folder.iterdir()} == KINDS


def test_the_samples_hold_what_the_templates_ask_for(folder: Path) -> None:
    texts = {name: read_file(folder / name).pages[0].text.split("\n") for name in KINDS}
    assert "TOTAL GBP                       74.15" in texts["receipt.txt"]
    assert "Total amount due  EUR 715.20" in texts["invoice.pdf"]
    assert "Bill to  Invoice number:  2025-0318" in texts["invoice.pdf"]
    assert "IBAN: DE02 1203 0000 0000 2020 51" in texts["invoice.pdf"]
    assert any("laws of the State of Delaware" in line for line in texts["contract.docx"])
    assert "Marlow Fenn Instruments Ltd.\tTidewater Analytics Inc." in texts["contract.docx"]


def test_the_samples_are_what_the_script_makes(folder: Path, repository: Path) -> None:
    script = runpy.run_path(str(repository / "tests" / "documents" / "make_samples.py"))
    assert (folder / "receipt.txt").read_text(encoding="utf-8") == script["RECEIPT"]
    for sentence in (text for _, text in script["CLAUSES"]):
        assert any(sentence in line for line in read_file(folder / "contract.docx").pages[0].text.split("\n"))
