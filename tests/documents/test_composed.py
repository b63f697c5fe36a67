"""Accents written apart become one letter, and its box is around both."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from stillroom.documents.composed import composed
from stillroom.documents.document import Box, Boxes, Page
from stillroom.documents.invisible import visible
from stillroom.documents.read_file import read_file


def test_a_letter_and_its_accent_share_a_box() -> None:
    page = Page(1, "ae\u0301b", 10.0, 10.0, Boxes([Box(0, 0, 1, 1), Box(1, 0, 2, 1), Box(1, -1, 2, 0), None]))
    whole = composed(page)
    assert whole.text == "aéb"
    assert list(whole.boxes or ()) == [Box(0, 0, 1, 1), Box(1, -1, 2, 1), None]


def test_a_letter_is_as_sure_as_the_less_sure_of_its_parts() -> None:
    assert composed(Page(1, "ae\u0301b", certainty=bytes([90, 80, 30, 70]))).certainty == bytes([90, 30, 70])


def test_what_is_not_seen_is_taken_out_with_how_sure_it_was() -> None:
    page, _ = visible(Page(1, "4\u200b2", certainty=bytes([90, 20, 70])))
    assert (page.text, page.certainty) == ("42", bytes([90, 70]))


@given(st.text())
def test_it_is_the_composed_form_and_keeps_boxes_and_characters_together(text: str) -> None:
    page = composed(Page(1, text, 1.0, 1.0, Boxes([Box(0, 0, 1, 1)] * len(text))))
    assert unicodedata.normalize("NFD", page.text) == unicodedata.normalize("NFD", text)
    assert page.boxes is not None
    assert len(page.boxes) == len(page.text)


def test_a_file_is_read_composed(tmp_path: Path) -> None:
    path = tmp_path / "decomposed.txt"
    path.write_text(unicodedata.normalize("NFD", "Café Zürich 가나"), encoding="utf-8")
    assert read_file(path).pages[0].text == "Café Zürich 가나"
