"""A document that no person reads is looked at up to a bound, and the rest is said to be unread."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Document, Page
from stillroom.extraction import bounds
from stillroom.extraction.bounds import bounded


def document(*texts: str) -> Document:
    return Document("a.txt", "txt", "0" * 64, tuple(Page(n, text) for n, text in enumerate(texts, 1)), len(texts))


def test_what_is_not_too_long_is_left_as_it_is() -> None:
    whole = document("Total 5.00\n" * 40_000, "x\ty")
    assert bounded(whole) == (whole, "")


@pytest.mark.parametrize("text", ["a: 1\n" * 500_000, "x;" * 2_000_000, "x\t" * 900_000, "9" * 5_000_000])
def test_what_is_too_long_is_cut_and_said(text: str) -> None:
    whole = document("first page", text, "last page")
    cut, said = bounded(whole)
    assert cut.pages[0].text == "first page"
    assert text.startswith(cut.pages[1].text)
    assert len(cut.pages) == 2
    assert cut.characters <= bounds.MOST_CHARACTERS
    assert sum(page.text.count("\n") + page.text.count("\t") for page in cut.pages) <= bounds.MOST_PIECES
    assert "the rest is unread" in said


def test_boxes_are_cut_with_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_CHARACTERS", 8)
    text = "one two\nthree"
    page = Page(1, text, 100, 100, [None] * len(text))
    cut, _ = bounded(Document("a.pdf", "pdf", "0" * 64, (page,), 1))
    assert cut.pages[0].text == "one two"
    assert cut.pages[0].boxes == [None] * 7


def test_how_sure_each_letter_is_is_cut_with_the_text() -> None:
    text = "paid 10\n" * (bounds.MOST_CHARACTERS // 8 + 10)
    whole = Document("a.png", "png", "0" * 64, (Page(1, text, ocr_confidence=0.9, certainty=b"Z" * len(text)),), 1)
    (page,) = bounded(whole)[0].pages
    assert len(page.certainty) == len(page.text) < len(text)
