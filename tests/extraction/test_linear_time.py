"""No text, however odd, takes a proposer more than a time that grows with its length."""

from __future__ import annotations

import time

import pytest

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page, Span
from stillroom.errors import Cancelled
from stillroom.extraction.candidates import propose as proposing
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.propose import MOST_CANDIDATES, proposal, proposes
from stillroom.extraction.choosing import passages_of
from stillroom.extraction.passages import Passage, split
from stillroom.templates.template import Field, FieldType

PATTERNS = (
    "Acme Widgets Ltd and Foo Bar GmbH, ", "Acme ", "A ", "Inc, ", "Foo and ", "+49 30 1234567 ", "12 ", "1,234.56 EUR ", "3 April 2025, ",
    "1", "a", "a.", "a-", "a@b.", "one hundred and ", "DE89 3704 ", "(", "a: ", "12 Main Street\n", "\u200b",
    "-", "1-2-", "a\t", "a | ", "a  ", "Tel. 1  ", "\u202eabc\u202c ", "a\u0301",
)  # fmt: skip
LENGTH = 800


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
