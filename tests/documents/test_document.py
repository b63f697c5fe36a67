from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.documents.document import Box, Boxes, Document, Page, Span, from_json, to_json

numbers = st.integers(-(10**7), 10**7).map(lambda hundredths: hundredths / 100)
boxes = st.builds(Box, numbers, numbers, numbers, numbers)
texts = st.text(st.characters(codec="utf-8"), max_size=30)


@st.composite
def pages(draw: st.DrawFn, number: int) -> Page:
    text = draw(texts)
    places = draw(st.none() | st.lists(st.none() | boxes, min_size=len(text), max_size=len(text)).map(tuple))
    confidence = draw(st.none() | st.floats(0, 1))
    certainty = draw(st.just(b"") | st.binary(min_size=len(text), max_size=len(text)))
    return Page(number, text, draw(numbers), draw(numbers), places, confidence, certainty)


@st.composite
def documents(draw: st.DrawFn, depth: int = 0) -> Document:
    count = draw(st.integers(1, 3))
    return Document(
        draw(texts),
        draw(st.sampled_from(["txt", "pdf"])),
        "0" * 64,
        tuple(draw(pages(number)) for number in range(1, count + 1)),
        count + draw(st.integers(0, 2)),
        tuple(draw(st.lists(texts, max_size=2))),
        tuple(draw(st.lists(documents(depth + 1), max_size=1))) if depth == 0 else (),
    )


@given(documents())
def test_a_document_comes_out_of_the_pipe_as_it_went_in(document: Document) -> None:
    assert from_json(json.loads(json.dumps(to_json(document)))) == document


@given(st.lists(st.none() | boxes, max_size=20))
def test_packed_boxes_are_the_boxes(places: list[Box | None]) -> None:
    packed = Boxes(places)
    assert len(packed) == len(places)
    assert list(packed) == places
    assert packed == tuple(places)
    assert packed[1:] == tuple(places)[1:]
    assert Boxes.from_text(packed.to_text()) == packed
    if places:
        assert packed[-1] == places[-1]


def test_boxes_beyond_all_pages_are_cut_to_a_number_that_fits() -> None:
    assert Boxes([Box(-1e30, 0, 1e30, 1)])[0] == Box(-(2**30) / 100, 0, 2**30 / 100, 1)


@pytest.mark.parametrize("text", ["%", "AAAA", "AAAAAAAAAAA="])
def test_what_is_no_list_of_boxes_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Boxes.from_text(text)


def test_a_page_needs_a_box_for_each_character() -> None:
    with pytest.raises(ValueError, match="page 3"):
        Page(3, "ab", boxes=(None,))
    with pytest.raises(ValueError, match="page 3"):
        Page(3, "ab", certainty=b"d")


def test_one_letter_that_is_hard_to_read_makes_a_text_half_as_hard() -> None:
    recognised = Page(1, "ab cd", ocr_confidence=0.8, certainty=bytes([99, 40, 100, 97, 98]))
    assert recognised.legibility(0, 2) == pytest.approx((0.4 + 0.695) / 2)
    assert recognised.legibility(3, 5) == pytest.approx((0.97 + 0.975) / 2)
    assert recognised.legibility(2, 2) == 1.0
    assert Page(1, "ab", ocr_confidence=0.8).legibility(0, 2) == 0.8
    assert Page(1, "ab").legibility(0, 2) == 1.0


def test_words_that_were_hard_to_recognise_are_named() -> None:
    page = Page(1, "24.75", ocr_confidence=0.97, certainty=bytes([99, 60, 98, 99, 79]))
    document = Document("a.png", "png", "0" * 64, (page, Page(2, "24.75")), 2)
    assert document.hard_to_read(Span(1, 0, 5)) == (["24.75"], 0.4)
    assert document.hard_to_read(Span(1, 2, 4)) == document.hard_to_read(Span(2, 0, 5)) == ([], 0.0)


def test_a_span_over_two_lines_has_a_box_for_each() -> None:
    places = [Box(0, 0, 5, 10), Box(5, 1, 9, 10), None, Box(0, 20, 4, 30)]
    document = Document("x", "pdf", "", (Page(1, "ab\nc", boxes=Boxes(places)),), 1)
    assert document.boxes(Span(1, 0, 4)) == [Box(0, 0, 9, 10), Box(0, 20, 4, 30)]
