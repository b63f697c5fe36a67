"""Fields decided together: places are not shared, sums add up, a beginning comes before its end, and nobody sends a bill to himself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction import choosing
from stillroom.extraction.assignment import Place, decided_together
from stillroom.templates.template import FieldType


def field(kind: FieldType, role: str, *values: tuple[str | None, float], at: int = 0) -> list[Place]:
    """The values of a field with their shares; equal texts stand in equal places."""
    return [
        Place(None, -1, None, share, kind, role)
        if value is None
        else Place(value, number, Span(1, start := 100 * _place(value) + at, start + 5), share, kind, role)
        for number, (value, share) in enumerate(values)
    ]


def _place(value: str) -> int:
    return sum(value.encode()) % 997


def best(places: list[Place]) -> str | None:
    return max(places, key=lambda place: place.share).value


def test_shares_stay_shares() -> None:
    alone = field(FieldType.MONEY, "total", ("12.00", 0.6), ("10.00", 0.3), (None, 0.1))
    (decided,) = decided_together([alone])
    assert [round(place.share, 3) for place in decided] == [0.6, 0.3, 0.1]


def test_two_fields_do_not_take_one_place() -> None:
    sure = field(FieldType.IDENTIFIER, "number", ("A-17", 0.9), ("B-4", 0.05), (None, 0.05))
    unsure = field(FieldType.IDENTIFIER, "", ("A-17", 0.5), ("B-4", 0.45), (None, 0.05))
    one, other = decided_together([sure, unsure])
    assert (best(one), best(other)) == ("A-17", "B-4")


def test_what_adds_up_is_likelier() -> None:
    net = field(FieldType.MONEY, "net", ("12.00", 0.5), ("10.00", 0.4), (None, 0.1))
    tax = field(FieldType.MONEY, "tax", ("2.00", 0.8), (None, 0.2))
    total = field(FieldType.MONEY, "total", ("12.00", 0.5), ("20.00", 0.45), (None, 0.05))
    assert [best(places) for places in decided_together([net, tax, total])] == ["10.00", "2.00", "12.00"]


def test_what_begins_does_so_before_it_ends() -> None:
    start = field(FieldType.DATE, "first", ("2019-12-15", 0.5), ("2019-12-09", 0.45), (None, 0.05))
    end = field(FieldType.DATE, "second", ("2019-12-09", 0.5), ("2019-12-15", 0.45), (None, 0.05))
    assert [best(places) for places in decided_together([start, end])] == ["2019-12-09", "2019-12-15"]


def test_the_issuer_is_not_the_buyer_wherever_the_name_stands() -> None:
    issuer = field(FieldType.ORGANISATION, "issuer", ("Harbour Ltd", 0.9), ("Glade GmbH", 0.1))
    buyer = field(
        FieldType.ORGANISATION, "counterpart", ("Harbour Ltd", 0.5), ("Glade GmbH", 0.45), (None, 0.05), at=50
    )
    assert [best(places) for places in decided_together([issuer, buyer])] == ["Harbour Ltd", "Glade GmbH"]


def test_where_there_is_one_time_it_is_the_beginning() -> None:
    start = field(FieldType.TIME, "first", ("16:00", 0.8), (None, 0.2))
    end = field(FieldType.TIME, "second", ("16:00", 0.8), (None, 0.2), at=50)
    assert [best(places) for places in decided_together([start, end])] == ["16:00", None]


def test_an_address_begins_behind_the_name_above_it() -> None:
    name, whole, rest = Span(1, 0, 20), Span(1, 0, 60), Span(1, 21, 60)
    company = [
        Place("Artie's Delicatessen", 0, name, 0.9, FieldType.ORGANISATION, ""),
        Place(None, -1, None, 0.1, FieldType.ORGANISATION, ""),
    ]
    address = [
        Place("Artie's Delicatessen 2290 Broadway", 0, whole, 0.5, FieldType.ADDRESS, ""),
        Place("2290 Broadway", 1, rest, 0.4, FieldType.ADDRESS, ""),
        Place(None, -1, None, 0.1, FieldType.ADDRESS, ""),
    ]
    assert [best(places) for places in decided_together([company, address])] == [
        "Artie's Delicatessen",
        "2290 Broadway",
    ]


def test_between_a_name_and_its_address_stands_nothing() -> None:
    """Rite / Aid / 12 Elm Street: the address begins behind the second line, so the name has both."""
    both, first = (
        Place(text, 0, Span(1, 0, end), 0.5, FieldType.ORGANISATION, "") for text, end in (("Rite Aid", 8), ("Rite", 4))
    )
    who = [
        replace(first, share=0.5),
        replace(both, share=0.45),
        Place(None, -1, None, 0.05, FieldType.ORGANISATION, ""),
    ]
    where = [
        Place("12 Elm Street", 0, Span(1, 9, 22), 0.7, FieldType.ADDRESS, "", behind=8),
        Place("Aid 12 Elm Street", 1, Span(1, 5, 22), 0.2, FieldType.ADDRESS, "", behind=4),
        Place(None, -1, None, 0.1, FieldType.ADDRESS, ""),
    ]  # fmt: skip
    assert [best(places) for places in decided_together([who, where])] == ["Rite Aid", "12 Elm Street"]
    # Where something else stands between, it says nothing.
    where[0] = replace(where[0], behind=30)
    assert best(decided_together([who, where])[0]) == "Rite"


def test_numbers_between_a_name_and_its_address_are_passed_over() -> None:
    text = "Harbour Sdn Bhd\n(789417-W)\nTel: 07-3554521\n\n12 Jalan Besar\n"
    document = Document("a.txt", "txt", "0", (Page(1, text),), 1)
    start = text.index("12 Jalan")
    assert choosing._ends_before(Span(1, start, start + 14), document) == text.index("\n")
    assert choosing._ends_before(Span(1, 0, 7), document) == 0


def test_a_field_that_nothing_is_said_of_keeps_its_shares_however_many_are_unsure() -> None:
    lines = [
        [Place(f"{kind.value} {number}", number, Span(number, at, at + 1), 0.16, kind, "") for number in range(1, 7)]
        for at, kind in enumerate((FieldType.DATE, FieldType.TIME, FieldType.PHONE, FieldType.EMAIL, FieldType.URL, FieldType.IBAN))
    ]  # fmt: skip
    unsure = [
        Place("12", 0, Span(9, 0, 2), 0.5, FieldType.DURATION, ""),
        Place(None, -1, None, 0.3, FieldType.DURATION, ""),
        Place("14", 1, Span(9, 4, 6), 0.2, FieldType.DURATION, ""),
    ]
    assert decided_together([*lines, unsure])[-1] == unsure


@pytest.mark.parametrize(
    ("kind", "other"),
    [(FieldType.INTEGER, FieldType.MONEY), (FieldType.NAME, FieldType.LINE), (FieldType.NUMBER, FieldType.IDENTIFIER)],
)
def test_one_text_is_seldom_two_fields_of_different_types(kind: FieldType, other: FieldType) -> None:
    span, elsewhere = Span(1, 0, 4), Span(1, 9, 13)
    sure = [Place("2002", 0, span, 0.95, kind, ""), Place(None, -1, None, 0.05, kind, "")]
    unsure = [
        Place("2002", 0, span, 0.5, other, ""),
        Place("1200", 1, elsewhere, 0.3, other, ""),
        Place(None, -1, None, 0.2, other, ""),
    ]
    found = decided_together([sure, unsure])
    assert found[1][1].share > found[1][0].share
    # A part of it may be a value of its own: a year in the number of a paper.
    part = [Place("2002", 0, Span(1, 0, 3), 0.5, other, ""), *unsure[1:]]
    assert [each.share for each in decided_together([sure, part])[1]] == [each.share for each in part]
