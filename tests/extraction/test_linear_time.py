"""No text, however odd, takes a proposer more than a time that grows with its length."""

from __future__ import annotations

import time

import numpy as np
import pytest

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page, Span
from stillroom.errors import Cancelled
from stillroom.extraction import choosing, concepts, ranking, signs
from stillroom.extraction.candidates import propose as proposing
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.percent_labels import named_percentages
from stillroom.extraction.candidates.propose import MOST_CANDIDATES, proposal, proposes
from stillroom.extraction.choices import Look
from stillroom.extraction.choosing import passages_of
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.layout import Layout
from stillroom.extraction.passages import Passage, split
from stillroom.extraction.several import several_documents
from stillroom.templates.template import Field, FieldType, Option, Template

PATTERNS = (
    "Acme Widgets Ltd and Foo Bar GmbH, ", "Acme ", "A ", "Inc, ", "Foo and ", "+49 30 1234567 ", "12 ", "1,234.56 EUR ", "3 April 2025, ",
    "1", "a", "a.", "a-", "a@b.", "one hundred and ", "DE89 3704 ", "(", "a: ", "12 Main Street\n", "\u200b",
    "-", "1-2-", "a\t", "a | ", "a  ", "Tel. 1  ", "\u202eabc\u202c ", "a\u0301",
)  # fmt: skip
LENGTH = 800
DOLLARS = (Option("USD"), Option("CAD"), Option("AUD"))


def document(text: str) -> Document:
    return Document("a.txt", "txt", "", (Page(1, text),), 1)


def seconds(kind: FieldType, pattern: str, length: int) -> float:
    made = document(pattern * (length // len(pattern)))
    field = Field("f", kind)
    proposing.evidence(made)
    started = time.process_time()
    proposal(field, made)
    return time.process_time() - started


@pytest.mark.parametrize("kind", [kind for kind in FieldType if proposes(kind)])
def test_four_times_the_text_takes_about_four_times_as_long(kind: FieldType) -> None:
    seconds(kind, "warm up 12 ", 100)
    for pattern in PATTERNS:
        # A square would be sixteen times. A busy machine spoils one measurement, hardly three.
        assert any(seconds(kind, pattern, 4 * LENGTH) < 9 * seconds(kind, pattern, LENGTH) + 0.03 for _ in range(3)), (
            pattern
        )


def test_a_long_page_is_cut_into_pieces_and_its_spans_stay_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "_PIECE", 200)
    text = "".join(f"Line {number}: paid {number}.50 EUR on {number % 28 + 1} May 2024\n" for number in range(1, 60))
    made = document(text)
    found = proposal(Field("f", FieldType.DATE), made).candidates
    assert len(found) == 59
    assert all(made.text(candidate.span) == candidate.text for candidate in found)


def test_what_is_left_out_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "MOST_CANDIDATES", 10)
    made = document("paid 1.50 and " * 30)
    proposed = proposal(Field("f", FieldType.MONEY), made)
    assert len(proposed.candidates) == 10
    assert proposed.left_out
    assert not proposal(Field("f", FieldType.MONEY), document("paid 1.50")).left_out
    assert MOST_CANDIDATES > 10_000


def layout_seconds(pattern: str, length: int) -> float:
    """To look at amounts and dates, to choose a currency, and to see whether the page holds several documents."""
    made = document(pattern * (length // len(pattern)))
    template = Template(
        "t", 1, "", "",
        (Field("total", FieldType.MONEY), Field("day", FieldType.DATE), Field("currency", FieldType.CHOICE, options=DOLLARS)),
    )  # fmt: skip
    proposing.evidence(made)
    started = time.process_time()
    layout = Layout(made, Meaning(template))
    asked = [choosing.prepare(each, made, (), template=template, layout=layout) for each in template.fields]
    Look.at(template.fields[-1], made)
    several_documents(asked, made)
    return time.process_time() - started


@pytest.mark.parametrize("pattern", ["Total: 12.50 Date: 2024-03-04 ", "Total 12.50 and then more, ", "Paid $12.50\n"])
def test_a_line_as_long_as_a_book_takes_a_time_that_grows_with_it(pattern: str) -> None:
    layout_seconds(pattern, 400)
    assert any(layout_seconds(pattern, 32_000) < 7 * layout_seconds(pattern, 8_000) + 0.03 for _ in range(3))


@pytest.mark.parametrize(("row", "below"), [("% | ", "1 | "), ("% | 1 | ", "")])
def test_a_table_of_any_width_takes_a_time_that_grows_with_it(row: str, below: str) -> None:
    def seconds(columns: int) -> float:
        page = Page(1, row * columns + "\n" + below * columns)
        started = time.process_time()
        assert named_percentages(page)
        return time.process_time() - started

    # A square would be sixty-four times.
    assert any(seconds(16_000) < 24 * seconds(2000) + 0.03 for _ in range(3))


@pytest.mark.parametrize("kind", [FieldType.EMAIL, FieldType.ORGANISATION, FieldType.NAME])
def test_items_of_a_list_are_told_apart_in_a_time_that_grows_with_them(kind: FieldType) -> None:
    field = Field("all", FieldType.LIST, of=kind)

    def seconds(count: int) -> float:
        said = {FieldType.EMAIL: "a{}@b.org", FieldType.ORGANISATION: "Firm{} Ltd", FieldType.NAME: "Anna Q{}"}[kind]
        texts = [said.format(number) for number in range(count)]
        found = [Candidate(Span(1, 20 * at, 20 * at + len(text)), text, text) for at, text in enumerate(texts)]
        everything = list(range(count))
        asked = choosing.Asked(
            field, kind, found, np.zeros((count, 1)), everything, everything, ranking.weights_for(kind)
        )
        started = time.process_time()
        assert len(choosing._items(asked, np.ones(count))) == count
        return time.process_time() - started

    # A square would be sixty-four times.
    assert any(seconds(16_000) < 32 * seconds(2000) + 0.03 for _ in range(3))


def test_of_items_that_overlap_or_are_one_organisation_the_best_is_taken() -> None:
    texts = ["North Wind Ltd", "Wind Ltd", "North Wind", "South Sea Inc", "North Wind Ltd II", "Sea"]
    starts = [10, 16, 50, 80, 120, 86]
    found = [Candidate(Span(1, at, at + len(text)), text, text) for at, text in zip(starts, texts, strict=True)]
    kind, everything = FieldType.ORGANISATION, list(range(len(found)))
    field = Field("all", FieldType.LIST, of=kind)
    asked = choosing.Asked(
        field, kind, found, np.zeros((len(found), 1)), everything, everything, ranking.weights_for(kind)
    )
    shares = np.array([0.9, 0.8, 0.85, 0.7, 0.75, 0.95])
    assert [texts[index] for _, index in choosing._items(asked, shares)] == [
        "Sea",
        "North Wind Ltd",
        "North Wind Ltd II",
    ]


def items(*said: tuple[str, int, float], kind: FieldType = FieldType.NAME) -> list[tuple[float, str]]:
    """The items of a list of persons or firms, of texts, their places and shares."""
    found = [Candidate(Span(1, at, at + len(text)), text, text) for text, at, _ in said]
    everything = list(range(len(found)))
    field = Field("all", FieldType.LIST, of=kind)
    asked = choosing.Asked(
        field, kind, found, np.zeros((len(found), 1)), everything, everything, ranking.weights_for(kind)
    )
    shares = np.array([share for *_, share in said])
    return [(share, found[index].text) for share, index in choosing._items(asked, shares)]


def test_a_person_is_one_item_under_the_whole_name() -> None:
    assert items(
        ("Holt", 20, 0.9),
        ("Anna Holt", 15, 0.6),
        ("Treasurer Anna Holt", 5, 0.5),
        ("Holt", 50, 0.7),
        ("Holt, Anna", 60, 0.8),
        ("Anna", 15, 0.6),
    ) == [(0.9, "Anna Holt")]
    assert items(("Otto Berg", 80, 0.1), ("Berg", 85, 0.75)) == [(0.75, "Berg")]  # too little speaks for the whole


@pytest.mark.parametrize("whole", ["Holt Foods\nIncorporated", "Holt Foods, Inc.", "Holt Foods Co., Ltd."])
def test_a_firm_is_taken_with_its_legal_form(whole: str) -> None:
    said = [("Holt Foods", 20, 0.9), (whole, 20, 0.1), ("Berg", 90, 0.8)]
    assert items(*said, kind=FieldType.ORGANISATION) == [(0.9, whole), (0.8, "Berg")]


def test_what_a_line_s_end_leaves_of_a_firm_is_no_other() -> None:
    firms = [("Holt Foods, Inc.", 20, 0.9), ("HOLT\nFOODS, INC.", 120, 0.1), ("FOODS, INC.", 125, 0.5)]
    assert items(*firms, kind=FieldType.ORGANISATION) == [(0.9, "Holt Foods, Inc.")]
    other = [("NORTH\nHOLT FOODS, INC.", 20, 0.1), ("HOLT FOODS, INC.", 26, 0.5)]  # nothing speaks for the longer
    assert items(*other, kind=FieldType.ORGANISATION) == [(0.5, "HOLT FOODS, INC.")]
    two = [("NORTH INC.\nHOLT INC.", 20, 0.4), ("HOLT INC.", 31, 0.6)]
    assert items(*two, kind=FieldType.ORGANISATION) == [(0.6, "HOLT INC.")]
    board = [("Board of Holt Foods", 20, 0.4), ("Holt Foods", 29, 0.6), ("Board of Holt Foods", 120, 0.4)]
    assert items(*board, kind=FieldType.ORGANISATION)[0] == (0.6, "Holt Foods")


@pytest.mark.parametrize("longer", ["HOLT BANK AS", "HOLT BANK Ltd and Berg Ltd", "HOLT BANK Berg"])
def test_what_is_more_than_a_firm_with_its_legal_form_is_not_taken_for_it(longer: str) -> None:
    said = [("HOLT BANK", 20, 0.9), (longer, 20, 0.1)]
    assert items(*said, kind=FieldType.ORGANISATION) == [(0.9, "HOLT BANK")]


def test_a_longer_name_is_taken_where_a_part_of_it_is_hardly_surer() -> None:
    assert items(("J. Holt", 26, 0.6), ("Tarvo J. Holt", 20, 0.5)) == [(0.6, "Tarvo J. Holt")]
    assert items(("Holt", 26, 0.6), ("Tarvo Holt", 20, 0.4)) == [(0.6, "Holt")]
    assert items(("Holt", 26, 0.6), ("Holt GmbH", 26, 0.5)) == [(0.6, "Holt")]


def test_a_person_is_taken_without_the_title() -> None:
    assert items(("Dr. Tarvo", 20, 0.8), ("Tarvo", 24, 0.7)) == [(0.8, "Tarvo")]
    assert items(("Dr. Tarvo", 20, 0.8), ("Tarvo", 24, 0.1)) == [(0.8, "Dr. Tarvo")]


def test_signs_stop_when_asked_to() -> None:
    cancellation = Cancellation()
    made, field = document("paid 1.50\n" * 3000), Field("f", FieldType.MONEY)
    layout = Layout(made, Meaning(Template("t", 1, "", "", (field,))), cancellation)
    candidates = layout.proposals.of(field, FieldType.MONEY).candidates
    assert len(layout.signs(field, FieldType.MONEY, candidates)) == 3000
    cancellation.request()
    with pytest.raises(Cancelled):
        layout.signs(field, FieldType.MONEY, candidates)
    with pytest.raises(Cancelled):
        Layout(made, Meaning(Template("t", 1, "", "", (field,))), cancellation)


class LateCancellation(Cancellation):
    """Stopping is asked for after some looks at whether it is."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def raise_if_requested(self) -> None:
        self.looks -= 1
        if self.looks < 0:
            self.request()
        super().raise_if_requested()


@pytest.mark.parametrize("looks", range(4))
def test_currencies_and_labels_of_a_long_text_stop_when_asked_to(looks: int) -> None:
    made = document(f"paid {looks}.50 here\n" * 3000)
    with pytest.raises(Cancelled):
        Look.at(Field("currency", FieldType.CHOICE, options=DOLLARS), made, None, LateCancellation(looks))
    with pytest.raises(Cancelled):
        concepts.labels(made.pages[0].text * 2, (), LateCancellation(looks).raise_if_requested)


def test_many_candidates_are_held_in_half_of_the_memory_and_weighed_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    made, field = document("Total: 1.50\nTax 3.25\n" * 60), Field("total", FieldType.MONEY)
    template = Template("t", 1, "", "", (field,))
    few = choosing.prepare(field, made, (), template=template)
    for module in (signs, ranking):
        monkeypatch.setattr(module, "_AT_ONCE", 50)
    many = choosing.prepare(field, made, (), template=template)
    assert (few.signs.dtype, many.signs.dtype, many.signs.shape) == (np.float64, np.float32, few.signs.shape)
    assert np.allclose(few.signs, many.signs)
    assert np.allclose(few.weighed(few.chosen), many.weighed(many.chosen), atol=1e-4)


def test_it_stops_when_asked_to() -> None:
    cancellation = Cancellation()
    cancellation.request()
    with pytest.raises(Cancelled):
        proposal(Field("f", FieldType.MONEY), document("paid 1.50"), cancellation=cancellation)


def test_the_passage_of_a_candidate_is_the_one_that_has_its_beginning() -> None:
    pages = tuple(Page(number, f"paid {number}.50 EUR\n" * 40) for number in (1, 2, 3))
    made = Document("a.txt", "txt", "", pages, 3)
    parts = split(made, 10, lambda texts: [len(text) for text in texts])
    assert len(parts) > 100
    candidates = proposal(Field("f", FieldType.MONEY), made).candidates
    at = passages_of(candidates, parts)
    for candidate, number in zip(candidates, at, strict=True):
        begin = Span(candidate.span.page, candidate.span.start, candidate.span.start + 1)
        assert [part for part, each in enumerate(parts) if each.holds(begin)] == [number]
    some = parts[5:50]
    begins = [Span(each.span.page, each.span.start, each.span.start + 1) for each in candidates]
    wanted = [next((part for part, one in enumerate(some) if one.holds(begin)), -1) for begin in begins]
    assert passages_of(candidates, some) == wanted
    assert -1 in wanted


def test_passages_of_candidates_are_found_in_a_time_that_grows_with_their_number() -> None:
    def seconds(lines: int) -> float:
        parts = [Passage((Span(1, 100 * at, 100 * at + 100),), "", 1) for at in range(lines)]
        candidates = [Candidate(Span(1, 100 * at, 100 * at + 4), "1.50", "1.50") for at in range(lines)]
        started = time.process_time()
        assert passages_of(candidates, parts) == list(range(lines))
        return time.process_time() - started

    assert any(seconds(8000) < 9 * seconds(2000) + 0.03 for _ in range(3))


def test_a_row_of_legal_forms_is_not_told_apart_in_every_way() -> None:
    behind = choosing._form_behind()
    assert behind.fullmatch(", Pty Ltd Inc.")
    started = time.process_time()
    assert behind.fullmatch(" Pty Ltd" * 24 + " x") is None
    assert time.process_time() - started < 1
