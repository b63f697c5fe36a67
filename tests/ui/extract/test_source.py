"""The quote of a span."""

from __future__ import annotations

from stillroom.ui.extract.source import Quote, quote

TEXT = "first\n\nsecond line\nDate: 2024-03-01 (Friday)\nthird\n\nfourth\nfifth"


def marked(word):
    start = TEXT.index(word)
    return quote(TEXT, start, start + len(word))


def test_whole_lines_stand_around_the_span_and_empty_ones_are_left_out():
    assert marked("2024-03-01") == Quote("first\nsecond line\nDate: ", "2024-03-01", " (Friday)\nthird\nfourth")


def test_at_the_edges_of_the_page():
    assert marked("first") == Quote("", "first", "\nsecond line\nDate: 2024-03-01 (Friday)")
    assert marked("fifth") == Quote("third\nfourth\n", "fifth", "")


def test_a_span_over_two_lines_is_marked_whole():
    start, end = TEXT.index("line"), TEXT.index("2024")
    assert quote(TEXT, start, end).marked == "line\nDate: "
