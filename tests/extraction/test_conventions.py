"""What can be read in two ways is offered in both, and the document's own habits say which is meant."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.conventions import evidence
from stillroom.templates.template import Field, FieldType


def document(*texts: str) -> Document:
    return Document("a.txt", "txt", "", tuple(Page(number, text) for number, text in enumerate(texts, 1)), len(texts))


def offered(text: str, kind: FieldType = FieldType.DATE, **more: object) -> list[Candidate]:
    return propose(Field("f", kind, **more), document(text))  # type: ignore[arg-type]


def test_without_evidence_both_readings_are_as_likely() -> None:
    first, second = offered("Due 03/04/2025")
    assert {first.value, second.value} == {"2025-04-03", "2025-03-04"}
    assert {first.reading, second.reading} == {"day_first", "month_first"}
    assert first.likelihood == second.likelihood == 0.5
    assert first.ambiguous
    assert first.span == second.span


def test_what_can_be_read_in_one_way_is_not_ambiguous() -> None:
    for text in ("25/12/2025", "3 April 2025", "2025-04-03", "04/04/2025"):
        (candidate,) = offered(text)
        assert not candidate.ambiguous
        assert candidate.likelihood == 1.0


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ("Paid 12/25/2024", "2025-03-04"),
        ("Paid 25/12/2024", "2025-04-03"),
        ("Springfield, IL 62704, $5.00", "2025-03-04"),
        ("HarvardGardens\nBoston,Ma02114", "2025-03-04"),
        ("SalesTax 2.14\nTip Guide 15%", "2025-03-04"),
        ("P.IVA 01234567890, documento commerciale", "2025-04-03"),
        ("EFTPOS 12.00", "2025-04-03"),
        ("Rechnung für die Lieferung, bitte bis zum Monatsende auf das Konto", "2025-04-03"),
        ("VAT ID DE123456789, 12 €", "2025-04-03"),
        ("IBAN FR76 3000 6000 0112 3456 7890 189", "2025-04-03"),
        ("Tel. +44 20 7946 0958", "2025-04-03"),
        ("Tel. (202) 555-0143, USD", "2025-03-04"),
        ("www.example.co.uk, £ 12.00", "2025-04-03"),
        ("Green Leaf Sdn Bhd, RM 12.00", "2025-04-03"),
        ("53200 KUALA LUMPUR, TAX(RM)", "2025-04-03"),
        ("Deutschland, Hafen von Kiel; 20095 Hamburg, Deutschland. GmbH", "2025-04-03"),
    ],
)
def test_places_and_other_dates_decide(beside: str, expected: str) -> None:
    first = offered(f"Due 03/04/2025\n{beside}")[0]
    assert first.value == expected
    assert first.likelihood > 0.7


def test_numbers_of_a_bill_speak_for_no_country() -> None:
    first = offered("DOC NO CS00011983, GST ID 001650123456\nDATE 03/04/2025")[0]
    assert first.likelihood == 0.5


def test_a_template_says_which_number_is_the_month() -> None:
    for setting, expected in ((True, "2025-04-03"), (False, "2025-03-04")):
        (candidate,) = offered("Paid 12/25/2024. Due 03/04/2025.", day_first=setting)[1:]
        assert candidate.value == expected


def test_points_stand_between_days_and_months() -> None:
    (candidate,) = offered("03.04.2025")
    assert candidate.value == "2025-04-03"


def test_two_figures_may_be_a_year_in_front_where_dates_begin_with_it() -> None:
    likelihoods = {candidate.value: candidate.likelihood for candidate in offered("03/04/25")}
    assert likelihoods["2003-04-25"] < 0.1
    best = offered("発行日 25/04/03 お買い上げありがとうございます ¥1,200")[0]
    assert best.value == "2025-04-03"


def test_a_year_of_two_figures_may_lie_in_either_century() -> None:
    assert {"1945-05-22", "2045-05-22"} <= {candidate.value for candidate in offered("22.05.45")}


@pytest.mark.parametrize(
    "text",
    [
        "発行日: R7.04.03", "令和7年4月3日", "令和７年４月３日", "2025 年 04 月 03 日", "二〇二五年四月三日", "民國114年4月3日",
        "中華民國 114 年 4 月 3 日",

        "民國 114/04/03", "3 เมษายน 2568", "3 เม.ย. 2568", "2025年4月3日", "٣ أبريل ٢٠٢٥", "3 अप्रैल 2025", "Ngày 03 tháng 04 năm 2025",
        "3 de abril de 2025", "3 d'abril de 2025", "3. Apr. 25", "3rd of April, 2025", "April 3rd, 2025", "3 kwietnia 2025 r.",
        "2025. április 3.",
        "3. huhtikuuta 2025", "2025. gada 3. aprīlis", "3 квітня 2025", "3 Nisan 2025", "le 3 avril 2025",
        "3 ապրիլի, 2025",
    ],
)  # fmt: skip
def test_calendars_and_languages(text: str) -> None:
    assert [candidate.value for candidate in offered(text)] == ["2025-04-03"]


def test_a_letter_in_front_is_never_left_out() -> None:
    assert offered("Version R7.04.03") == []


def test_a_month_that_is_another_one_elsewhere_is_read_by_the_language() -> None:
    polish = offered(
        "Data wystawienia: 3 listopada 2025 r. Zapłata na rachunek nr 1 w banku, do dnia, od firmy, oraz dla się"
    )
    croatian = offered("Datum: 3. listopada 2025. Račun broj 1 na ime, za uslugu u gradu, ili od dana kada je se")
    assert polish[0].value == "2025-11-03"
    assert croatian[0].value == "2025-10-03"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3:30-4:30 p.m.", ["15:30", "16:30"]),
        ("11-1 pm", ["11:00", "13:00"]),
        ("10:30 to noon", ["10:30", "12:00"]),
        ("15h30, 3.30 Uhr, kl. 9.15", ["15:30", "03:30", "09:15"]),
        ("下午3时30分", ["15:30"]),
        ("오후 3시 30분", ["15:30"]),
        ("7:30 PM - 9:00 PM", ["19:30", "21:00"]),
        ("12.50 EUR am 1.2.2024", []),
    ],
)
def test_times(text: str, expected: list[str]) -> None:
    assert [candidate.value for candidate in offered(text, FieldType.TIME)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1:30 - 3:00 PM", ["13:30", "15:00"]),
        ("from 1:30 PM to 3:00", ["13:30", "15:00"]),
        ("11:00 AM - 1:00", ["11:00", "13:00"]),
        ("11:00 PM - 1:00", ["23:00", "01:00"]),
        # The same time, or one close to it, is said with its half elsewhere.
        ("Talk today @ 4:00\nTime: 4:00 PM", ["16:00", "16:00"]),
        ("The talk is at 3:30 PM. Coffee from 3:15-3:30.", ["15:30", "15:15", "15:30"]),
        ("Gates open at 9:30 AM. Coffee at 9:00.", ["09:30", "09:00"]),
        ("at 3:30 AM and at 3:30 PM, or 3:30", ["03:30", "15:30", "03:30"]),
        # Nothing near it, and clocks of twenty-four hours, stay as they are.
        ("3:30 PM\nPosted at 11:29, sent 03:31, received 3:32:10", ["15:30", "11:29", "03:31", "03:32:10"]),
        ("13:30 and 1:30", ["13:30", "01:30"]),
        # The part of the day beside it.
        ("this afternoon at 1:30", ["13:30"]),
        ("Thursday afternoon, June 5, 1:30 - 3:00", ["13:30", "15:00"]),
        ("1:30 Friday afternoon", ["13:30"]),
        ("um 3:30 Uhr nachmittags", ["15:30"]),
        ("8 Uhr abends", ["20:00"]),
        ("ce soir à 8h30", ["20:30"]),
        ("a las 3:30 de la tarde", ["15:30"]),
        ("今天晚上8点30分", ["20:30"]),
        ("afternoon session, coffee 10:30", ["10:30"]),
        ("Afternoon talks\n9:15 and 9:45", ["09:15", "09:45"]),
    ],
)
def test_the_half_of_the_day_is_taken_from_what_stands_around(text: str, expected: list[str]) -> None:
    assert [candidate.value for candidate in offered(text, FieldType.TIME)] == expected


def test_the_half_of_the_day_may_be_said_on_another_page() -> None:
    found = propose(Field("f", FieldType.TIME), document("Invitation. We meet at 3:30 PM.", "Programme\n3:30 Welcome"))
    assert [candidate.value for candidate in found] == ["15:30", "15:30"]


def test_the_evidence_names_places_and_currencies() -> None:
    known = evidence(document("Alpenholz AG, CHE-123.456.789 MWST, +41 44 668 18 00, CHF 12.00"))
    assert max(known.places, key=lambda place: known.places[place]) == "CH"
    assert max(known.currencies, key=lambda code: known.currencies[code]) == "CHF"
    assert evidence(document("12.00")).currencies == {}


def test_numbers_with_three_figures_behind_every_mark_have_no_decimals() -> None:
    def likeliest(text: str) -> list[str]:
        document = Document("made.txt", "txt", "", (Page(1, text),), 1)
        found: dict[Span, Candidate] = {}
        for each in propose(Field("f", FieldType.NUMBER), document):
            best = found.get(each.span)
            if best is None or each.likelihood > best.likelihood:
                found[each.span] = each
        return [each.value for each in found.values()]

    assert likeliest("OLD 33.478\nNEW 34.762\nUSED 1.284") == ["33478", "34762", "1284"]
    assert likeliest("OLD 33,478\nNEW 34,762\nUSED 1,284") == ["33478", "34762", "1284"]
    assert likeliest("A 1.25\nB 3.478\nC 4.1")[1] == "3.478"
