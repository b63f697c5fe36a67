from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stillroom.documents.document import Box
from stillroom.documents.lines import Word, arrange, arrange_blocks


def word(text: str, x: float, y: float, size: float = 10.0, *, spaced: bool = True) -> Word:
    width = size / 2
    boxes = [Box(x + width * i, y - size, x + width * (i + 1), y) for i in range(len(text))]
    return Word(text, boxes, x, x + width * len(text), y, size, spaced)


def line(text: str, x: float, y: float) -> list[Word]:
    words = []
    for part in text.split():
        words.append(word(part, x, y))
        x = words[-1].x1 + 3
    return words


def text_of(*words: list[Word]) -> str:
    text, boxes = arrange([item for group in words for item in group])
    assert len(text) == len(boxes)
    return text


def test_label_and_value_stand_on_one_line_whatever_their_order_in_the_file() -> None:
    labels = [line("Invoice number", 50, 100), line("Total", 50, 115)]
    values = [line("INV-7", 300, 100.8), line("12.00 EUR", 280, 115)]
    assert text_of(*labels, *values) == "Invoice number  INV-7\nTotal  12.00 EUR"
    assert text_of(*reversed(values), *labels) == "Invoice number  INV-7\nTotal  12.00 EUR"


def test_a_value_in_larger_type_stays_on_the_line_of_its_label() -> None:
    assert text_of([word("Total", 50, 100), word("99.00", 200, 102, 16)]) == "Total  99.00"


def test_prose_in_two_columns_is_read_column_by_column() -> None:
    left = [line(f"left column line {n} with running words", 50, 100 + 12 * n) for n in range(8)]
    right = [line(f"right column line {n} with running words", 320, 104 + 12 * n) for n in range(8)]
    head = line("A heading over the whole width of the page, that goes on and on and on and on", 50, 70)
    text = text_of(head, *[item for pair in zip(left, right, strict=True) for item in pair])
    lines = [item for item in text.split("\n") if item]
    assert lines[0].startswith("A heading")
    assert [item.split()[0] for item in lines[1:]] == ["left"] * 8 + ["right"] * 8


def test_labels_and_values_below_two_columns_stay_together() -> None:
    left = [line(f"left column line {n} with running words", 50, 100 + 12 * n) for n in range(8)]
    right = [line(f"right column line {n} with running words", 320, 100 + 12 * n) for n in range(8)]
    text = text_of(*left, *right, line("Total", 50, 230), line("12.00", 320, 230))
    assert text.split("\n")[-1] == "Total  12.00"


def test_a_table_with_a_long_column_is_no_prose() -> None:
    rows = [
        [*line(f"Long description of the article number {n}", 50, 100 + 12 * n), *line("1 12.00", 400, 100 + 12 * n)]
        for n in range(9)
    ]
    assert text_of(*rows).split("\n")[4] == "Long description of the article number 4  1 12.00"


def test_a_raised_th_stays_in_its_line() -> None:
    words = [word("9", 50, 100), word("th", 55, 96.5, 6, spaced=False), word("May", 65, 100)]
    assert text_of(words) == "9th May"


def test_words_split_by_the_file_are_joined() -> None:
    assert text_of([word("In", 50, 100), word("voice", 60.2, 100, spaced=False), word("7", 90, 100)]) == "Invoice 7"


def test_a_wide_gap_between_lines_is_an_empty_line_but_not_in_a_list() -> None:
    paragraphs = [line("one two", 50, y) for y in (100, 112, 124, 150, 162, 174)]
    assert text_of(*paragraphs).split("\n").index("") == 3
    rows = [line("one two", 50, y) for y in (100, 130, 160, 190)]
    assert "\n\n" not in text_of(*rows)


coordinates = st.floats(-50, 900, allow_nan=False)


@given(
    st.lists(
        st.builds(word, st.text("ab1.é", min_size=1, max_size=8), coordinates, coordinates, st.floats(0.5, 80)),
        max_size=40,
    )
)
def test_every_character_comes_out_once_with_its_own_box(words: list[Word]) -> None:
    text, boxes = arrange(words)
    assert len(text) == len(boxes)
    given_ = sorted((char, box) for item in words for char, box in zip(item.text, item.boxes, strict=True))
    got = sorted((char, box) for char, box in zip(text, boxes, strict=True) if box is not None)
    assert got == given_
    assert all(char in " \n" for char, box in zip(text, boxes, strict=True) if box is None)


def test_how_sure_a_letter_is_goes_with_it() -> None:
    label, value, apart = word("Total", 50, 100), word("7.50", 120, 100), list("CODE-19")
    value.certainty = (0.99, 0.98, 0.415, 1.0)
    codes = [word(letter, 50 + 12 * at, 130) for at, letter in enumerate(apart)]
    codes[-1].certainty = (0.5,)
    text, boxes, certainty = arrange_blocks([[value, *codes, label], [word("of the file", 0, 0)]])
    assert len(text) == len(boxes) == len(certainty)
    start = text.index("7.50")
    assert list(certainty[start : start + 4]) == [99, 98, 42, 100]
    start = text.index("CODE-19")
    assert list(certainty[start : start + 7]) == [100] * 6 + [50]
    assert min(certainty[: text.index("7.50")]) == 100
    assert arrange_blocks([[label]])[2] == b""
