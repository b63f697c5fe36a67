"""Each proposer finds what its type looks like, reads it rightly, and offers nothing that is not on the page."""

from __future__ import annotations

import datetime
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.documents.aside import comment
from stillroom.documents.document import Box, Document, Page
from stillroom.extraction.candidates.numbers import decimal
from stillroom.extraction.candidates.propose import propose, proposes
from stillroom.extraction.candidates.text import address_shape
from stillroom.templates.template import Field, FieldType

VERBATIM = [kind for kind in FieldType if proposes(kind)]


def document(*texts: str) -> Document:
    return Document(
        "made.txt", "txt", "", tuple(Page(number, text) for number, text in enumerate(texts, 1)), len(texts)
    )


def values(kind: FieldType, text: str, **more: object) -> list[str]:
    return [candidate.value for candidate in propose(Field("f", kind, **more), document(text))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total 1,234.50", "1234.50"),
        ("Totaal € 2.321,00", "2321.00"),
        ("Summe 1 234,50 €", "1234.50"),
        ("RM9.00", "9.00"),
        ("Rs 1939", "1939"),
        ("CHF 12'500.00", "12500.00"),
        ("Rounding -0.02", "-0.02"),
        ("Credit (15.00)", "-15.00"),
        ("¥ 12,000", "12000"),
        ("Betrag ,50", "0.50"),
    ],
)
def test_amounts_are_read_in_any_notation(text: str, expected: str) -> None:
    assert expected in values(FieldType.MONEY, text)


@pytest.mark.parametrize("text", ["25/12/2018", "20:17", "9556939040116", "A12.50B", "001728", "1.2.3"])
def test_what_is_no_amount_is_not_offered(text: str) -> None:
    assert values(FieldType.MONEY, text) == []


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("1.234", None, "1234"),
        ("1.234", ".", "1.234"),
        ("0,125", None, "0.125"),
        ("1,5", None, "1.5"),
        ("12", None, "12"),
    ],
)
def test_a_single_separator_is_read_by_its_place(text: str, mark: str | None, expected: str) -> None:
    assert str(decimal(text, mark)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DATE: 25/12/2018 8:13", "2018-12-25"),
        ("12/25/2018", "2018-12-25"),
        ("2022-01-01", "2022-01-01"),
        ("29-12-17", "2017-12-29"),
        ("DATE:  -27-02-2014", "2014-02-27"),
        ("29 maart 2014", "2014-03-29"),
        ("August 3 , 2014", "2014-08-03"),
        ("Jan 1, 2022", "2022-01-01"),
        ("as of the 18th day of April, 2001", "2001-04-18"),
        ("3. Oktober 2021", "2021-10-03"),
        ("1er février 2020", "2020-02-01"),
        ("12-MAR-2018", "2018-03-12"),
        ("Feb15/20 - Feb21/20", "2020-02-21"),
        ("Jan14,2016", "2016-01-14"),
        ("Printed May 142020", "2020-05-14"),
        ("June1 2019", "2019-06-01"),
        ("2021年3月5日", "2021-03-05"),
    ],
)
def test_dates_are_read_in_many_forms(text: str, expected: str) -> None:
    assert expected in values(FieldType.DATE, text)


def test_a_price_before_a_month_is_no_day() -> None:
    assert values(FieldType.DATE, "30S  $5 Feb19/20  Feb21/20") == ["2020-02-19", "2020-02-21"]


def test_the_other_dates_of_a_page_tell_which_number_is_the_month() -> None:
    assert values(FieldType.DATE, "03/04/2020 and 12/25/2020") == ["2020-03-04", "2020-12-25"]
    assert sorted(values(FieldType.DATE, "03/04/2020")) == ["2020-03-04", "2020-04-03"]
    assert values(FieldType.DATE, "03/04/2020", day_first=False) == ["2020-03-04"]


@pytest.mark.parametrize("text", ["31/02/2020", "45/13/2020", "1.2.3.4", "version 10.11"])
def test_what_is_no_date_is_not_offered(text: str) -> None:
    assert values(FieldType.DATE, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for a period of two (2) years from", "2 years"),
        ("a term of 18 months", "18 months"),
        ("a one-year period", "1 year"),
        ("within thirty (30) days", "30 days"),
        ("shall terminate on the second\nanniversary of the date hereof", "2 years"),
        ("until the third (3rd) anniversary of", "3 years"),
        ("bis zum fünften Jahrestag der Unterzeichnung", "5 years"),
    ],
)
def test_durations_are_read(text: str, expected: str) -> None:
    assert expected in values(FieldType.DURATION, text)


@pytest.mark.parametrize(
    "text",
    ["shall be entitled to an injunction", "eine Rechnung ist ein an den Kunden gerichtetes Schreiben", "rooms to let"],
)
def test_words_of_two_languages_are_no_duration(text: str) -> None:
    assert not values(FieldType.DURATION, text)


def test_a_year_of_the_same_language_is() -> None:
    assert values(FieldType.DURATION, "pour une durée de un an") == ["1 year"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8:13:39 PM", "20:13:39"),
        ("TIME : 20:17", "20:17"),
        ("12:05 am", "00:05"),
        ("Boarding:09:15", "09:15"),
        ("Time:10:02PM", "22:02"),
    ],
)
def test_times_are_read(text: str, expected: str) -> None:
    assert expected in values(FieldType.TIME, text)


@pytest.mark.parametrize("text", ["00:11:22:33:44:55", "fe:12:34:56"])
def test_groups_of_an_address_of_a_machine_are_no_times(text: str) -> None:
    assert values(FieldType.TIME, text) == []


def test_codes_are_checked_and_made_canonical() -> None:
    text = "IBAN NL91 ABNA 0417 1643 00 or NL91 ABNA 0417 1643 01, mail Info@Example.org, www.example.org, +44 20 7946 0958"
    right, wrong = propose(Field("f", FieldType.IBAN), document(text))
    assert (right.value, wrong.value) == ("NL91ABNA0417164300", "NL91ABNA0417164301")
    assert wrong.failed
    assert not right.failed
    assert values(FieldType.EMAIL, text) == ["info@example.org"]
    assert values(FieldType.URL, text) == ["www.example.org"]
    assert "+442079460958" in values(FieldType.PHONE, text)


def test_identifiers_are_words_with_digits_or_match_the_pattern() -> None:
    text = "Invoice No: INV-2024/0042 of 3 May"
    assert "INV-2024/0042" in values(FieldType.IDENTIFIER, text)
    assert values(FieldType.IDENTIFIER, "Invoice No: # B_W2015100") == ["B_W2015100"]
    assert values(FieldType.IDENTIFIER, text, pattern=r"INV-\d{4}/\d{4}") == ["INV-2024/0042"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NORTH WIND TRADING SDN BHD (789417-W)\n12 Road", "NORTH WIND TRADING SDN BHD"),
        ("between Harbour Biotech, Inc., a Delaware corporation", "Harbour Biotech, Inc."),
        ("and Glühwein & Söhne GmbH (“Supplier”)", "Glühwein & Söhne GmbH"),
        ("THE BLUE DOOR\nCAFE & BAKERY", "THE BLUE DOOR"),
    ],
)
def test_organisations_are_found_in_letterheads_and_sentences(text: str, expected: str) -> None:
    assert expected in values(FieldType.ORGANISATION, text)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("governed by the laws of the State of Iowa. Employee agrees", "Iowa"),
        ("under the laws of OHIO. Employee agrees", "OHIO"),
        ("under the laws of New York. Tarvo shall", "New York"),
        ("by the law of the State of New York. Upon notice", "New York"),
        ("under the laws of Missouri. Tarvo shall", "Missouri"),
    ],
)
def test_a_state_ends_with_its_sentence(text: str, state: str) -> None:
    found = values(FieldType.NAME, text)
    assert state in found
    assert not any(". " in value for value in found if len(value) < len(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "made by and between High Lake Solutions and R. J. Holt Enterprises. Collectively, they",
            "R. J. Holt Enterprises",
        ),
        ("of Corbin Gold Mines, Inc. Aldon Silver Mining Company signs", "Corbin Gold Mines, Inc."),
        ("of Corbin Gold Mines, Inc. Aldon Silver Mining Company signs", "Aldon Silver Mining Company"),
        ("by Holt and The Lund Banking Company as", "The Lund Banking Company"),
        ("counsel Berg, Holt & Kloz LLP has", "Berg, Holt & Kloz LLP"),
        ("in order for Berg, Holt and Co., including its", "Berg, Holt and Co."),
        ("gestern die Berg und Söhne GmbH in", "Berg und Söhne GmbH"),
        ("igår Berg och Söner AB i", "Berg och Söner AB"),
        ("door Berg en Zonen B.V. te", "Berg en Zonen B.V."),
        ("oraz Berg i Synowie S.A. w", "Berg i Synowie S.A."),
        ("by Anna Berg, Area 7 Imports, Inc. and", "Area 7 Imports, Inc."),
        ("on the Board of Directors of Lund Data Corporation, as", "Lund Data Corporation"),
        ("and Lund Real Estate Co., Ltd., a limited company", "Lund Real Estate Co., Ltd."),
        ("owned by Lund Foods Group. It", "Lund Foods Group"),
        ("as Acme Trading Corp. Ltd. has", "Acme Trading Corp. Ltd."),
    ],
)
def test_a_firm_is_offered_whole_and_alone(text: str, expected: str) -> None:
    assert expected in values(FieldType.ORGANISATION, text)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (
            "of Corbin Gold Mines, Inc. Aldon Silver Mining Company signs",
            "Corbin Gold Mines, Inc. Aldon Silver Mining Company",
        ),
        ("by Holt and The Lund Banking Company as", "Holt and The Lund Banking Company"),
        ("where Counterparty and the Company agree", "Counterparty and the Company"),
        ("and Lund Real Estate Co., Ltd., a limited company", "Ltd."),
        ("Tarvo Foods, a Delaware Corporation, and", "Delaware Corporation"),
        ("under Section 3 Holt Inc. has", "Section 3 Holt Inc."),
        ("by Holt, Inc., Berg & Sons Ltd and", "Holt, Inc., Berg & Sons Ltd"),
    ],
)
def test_what_is_more_or_less_than_a_firm_is_not_offered(text: str, refused: str) -> None:
    assert refused not in values(FieldType.ORGANISATION, text)


def test_an_address_may_span_lines_and_leaves_the_telephone_out() -> None:
    text = "SHOP LTD\nNO 8, JALAN KENARI 27,\nTAMAN LAMA,\n81100 JOHOR BAHRU\nTEL: 07-555 0162\nTotal 5.00"
    found = values(FieldType.ADDRESS, text)
    assert "NO 8, JALAN KENARI 27, TAMAN LAMA, 81100 JOHOR BAHRU" in found
    assert not any("TEL" in value for value in found)


@pytest.mark.parametrize(
    "text",
    [
        "The property      42 Harbour Street\n                  Wexcombe WX4 2PL\nFixed period      24 months",
        "Let as home: 42 Harbour Street\n             Wexcombe WX4 2PL\nTerm: 24 months",
        "The property      42 Harbour Street\n                  Wexcombe WX4 2PL    A whole flat\nTerm      24 months",
        "42 Harbour Street\nWexcombe WX4 2PL    A whole flat\nTerm      24 months",
        "Theproperty      42 Harbour Street\n                  Wexcombe WX4 2PL\nFixed period      24 months",
    ],
)
def test_an_address_goes_on_below_in_its_own_column(text: str) -> None:
    found = values(FieldType.ADDRESS, text)
    assert "42 Harbour Street Wexcombe WX4 2PL" in found
    assert not any(re.match("42 .* (?:Term|Let|Fixed period)$", value) for value in found)
    assert "42 Harbour Street Brown door" not in values(FieldType.ADDRESS, "Home    42 Harbour Street\nBrown door\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "the dwelling at\n52 Mill Blvd, Fairmont, OH 44121 for a term of two years",
            "52 Mill Blvd, Fairmont, OH 44121",
        ),
        ("Home: 12 Mill Lane, Holtby for the period from 1 June", "12 Mill Lane, Holtby"),
        ("of 12 Mill Lane, Holtby HB2 8TT, which is let", "12 Mill Lane, Holtby HB2 8TT"),
        ("au 12 rue de la Paix, 75002 Paris pour une durée de trois ans", "12 rue de la Paix, 75002 Paris"),
        ("lets the home at 52 Mill Blvd,\nFairmont, OH 44121 for a term", "52 Mill Blvd, Fairmont, OH 44121"),
        ("lets the home at 52 Mill\nBlvd, Fairmont, OH 44121. This is", "52 Mill Blvd, Fairmont, OH 44121"),
        ("die Wohnung in der Hauptstraße 12,\n53113 Bonn wird vermietet", "Hauptstraße 12, 53113 Bonn"),
    ],
)
def test_an_address_in_a_sentence_ends_where_the_sentence_goes_on(text: str, expected: str) -> None:
    found = values(FieldType.ADDRESS, text)
    assert max(found, key=len) == expected


@pytest.mark.parametrize(
    "text", ["12 Mill Lane at the bridge, Holtby HB2 8TT", "12 rue du centre 320", "12 Mill Rd    for the period"]
)
def test_an_address_goes_on_behind_a_small_word_that_is_of_it(text: str) -> None:
    expected = text.partition("    ")[0]
    assert expected in values(FieldType.ADDRESS, f"North Wind Ltd\n{text}\nTel. 206 555 0102")


def test_an_address_does_not_go_on_in_a_name_on_the_next_line() -> None:
    found = values(FieldType.ADDRESS, "we moved to 12 Mill Lane\nAnna Berg will call")
    assert "12 Mill Lane" in found
    assert "12 Mill Lane Anna Berg" not in found


def test_the_column_of_an_address_is_seen_by_its_boxes() -> None:
    text = "Property  42 Harbour Street\nWexcombe WX4 2PL\nTerm  24 months"
    starts = (10, text.index("Wexcombe"))
    for left, offered in ((150.0, True), (20.0, False)):
        x0 = {starts[0]: 150.0, starts[1]: left}
        boxes = [Box(x0.get(place, 20.0), 0.0, x0.get(place, 20.0) + 5, 10.0) for place in range(len(text))]
        made = Document("made.pdf", "pdf", "", (Page(1, text, 600.0, 800.0, boxes),), 1)
        found = [candidate.value for candidate in propose(Field("f", FieldType.ADDRESS), made)]
        assert ("42 Harbour Street Wexcombe WX4 2PL" in found) is offered


@pytest.mark.parametrize("kind", VERBATIM)
@given(
    text=st.text(alphabet=st.sampled_from("aZé漢ب \n\t.,:/-()€$%@0123456789\u00ad\u2028"), max_size=200)
    | st.text(max_size=80)
)
def test_every_candidate_is_a_span_of_the_page(kind: FieldType, text: str) -> None:
    made = document(text, "Page two, 5 May 2020, Acme Ltd, 12.00")
    for candidate in propose(Field("f", kind), made):
        assert candidate.text == made.text(candidate.span)
        assert candidate.text.strip()
        assert candidate.value


@pytest.mark.parametrize(
    ("text", "expected", "refused"),
    [
        ("KING'S BAKERY S/B 273500-U (KSB)\nNo. 20, Main Road", "KING'S BAKERY S/B", None),
        ("TAX INVOICE\nNORTH WIND", "NORTH WIND", "TAX INVOICE"),
        ("GOODS SOLD ARE NOT RETURNABLE\nSOUTH SEA STORE", "SOUTH SEA STORE", "GOODS SOLD ARE NOT RETURNABLE"),
    ],
)
def test_a_letterhead_is_told_from_the_lines_of_a_bill(text: str, expected: str, refused: str | None) -> None:
    found = values(FieldType.ORGANISATION, text)
    assert expected in found
    assert refused not in found


@pytest.mark.parametrize(
    ("text", "expected", "refused"),
    [
        ("Store#1291\nMill Road 5\nEverett, WA 98201\nTHANKYOU", "Mill Road 5 Everett, WA 98201", "Store#1291"),
        ("NOODLES\n901 Bedok Road\nSingapore 819642   Tel. 65424709", "901 Bedok Road Singapore 819642", "Tel."),
        ("<484297-M>\n320CanbridgeSt.\nBoston,Ma02114\n1 Tea 3.00", "320CanbridgeSt. Boston,Ma02114", "484297"),
        ("Postage\n0lbs.\nBROOKLYN,NY11239", "BROOKLYN,NY11239", "lbs"),
        ("Bread & Co\nCafe2263\nSeattle,WA98122\nTel 206", "Seattle,WA98122", "2263"),
        ("12 Mill Rd\nPORTLAND,OR97205\nTP29616377-001", "12 Mill Rd PORTLAND,OR97205", "2961"),
        ("2417Alder.Dr\nDayton.OH45402\nDescription1  Qty  Price", "2417Alder.Dr Dayton.OH45402", "Descr"),
        ("12 Mill Rd\nPort Town 98201\nAuthNo.0102", "12 Mill Rd Port Town 98201", "Auth"),
        ("Fit\nSerious since 1987\n12 Mill Rd\nEverett, WA 98201", "12 Mill Rd Everett, WA 98201", "since"),
        ("Jl.Raya 2\nJakarta 10110\nNo.Meja:A-08", "Jl.Raya 2 Jakarta 10110", "Meja"),
    ],
)
def test_an_address_on_a_slip_leaves_out_what_stands_around_it(text: str, expected: str, refused: str) -> None:
    found = values(FieldType.ADDRESS, text)
    assert expected in found
    assert not any(refused in value for value in found)


def test_the_second_day_of_a_range_is_a_date_as_well() -> None:
    assert "2020-06-13" in values(FieldType.DATE, "Schedule 06/08/20-06/13/20")


@pytest.mark.parametrize(
    "text", ["MillRd.\nHoltby,MI", "BROOKLYN,Florida", "5108SW41st", "#02-011ELudbrook", "CikiniRayaNo.2-4"]
)
def test_an_address_without_spaces_is_one(text: str) -> None:
    assert " ".join(text.split()) in values(FieldType.ADDRESS, f"NOODLES\n{text}\nThank you")


@pytest.mark.parametrize("line", ["A place to rest", "The best way to shop", "on the way to you"])
def test_a_small_word_of_streets_without_figure_or_name_is_of_no_address(line: str) -> None:
    assert address_shape(line) == 0
    for street in ("12 place Royale", "rue de la Paix", "ul. Długa", "Mill street", "Lower Road", "Kerkstraat"):
        assert address_shape(street) > 0.2


def test_behind_a_state_and_its_postcode_nothing_but_the_country_is_of_an_address() -> None:
    found = values(FieldType.ADDRESS, "12 Mill Rd\nEverett,WA98201\n56 STEVEN\n")
    assert "12 Mill Rd Everett,WA98201" in found
    assert not any(each.endswith("STEVEN") for each in found)
    assert "12 Mill Rd Everett, WA 98201 USA" in values(FieldType.ADDRESS, "12 Mill Rd\nEverett, WA 98201\nUSA\n")
    assert "LOT NO 20431 JALAN KENARI" in values(FieldType.ADDRESS, "LOT NO 20431\nJALAN KENARI\n")


@pytest.mark.parametrize(
    "line", ["CASHBILL", "1:59PM", "Table: 7", "TAXINVOICE", "Phone  555-010-0147", "1/22/2016  1:59PM\nSeat:1"]
)
def test_lines_of_a_bill_are_no_names(line: str) -> None:
    assert " ".join(line.split()) not in values(FieldType.ORGANISATION, f"{line}\nNORTH WIND")


def test_an_address_ends_before_another_label_and_begins_with_its_number() -> None:
    text = "Shop\nNo: 28, Main Street\n41050 Port Town\nServed by: Someone 27/02/2018"
    found = values(FieldType.ADDRESS, text)
    assert "No: 28, Main Street 41050 Port Town" in found
    assert not any("Served" in value for value in found)


def test_what_a_reviewer_wrote_beside_the_text_counts_where_the_text_is_silent() -> None:
    remark = comment("Total amount due 9999.99", "B2")
    assert values(FieldType.MONEY, f"Total amount due 1050.00\n\n{remark}") == ["1050.00"]
    assert values(FieldType.MONEY, f"Total amount due as agreed\n\n{remark}") == ["9999.99"]
    assert values(FieldType.MONEY, "Total amount due 1050.00\n[Comment] of 9999.99\n") == ["1050.00"]


def test_a_year_far_ahead_is_doubted_where_it_was_recognised() -> None:
    text = f"Date 11.07.{datetime.date.today().year + 52}, due 11.08.{datetime.date.today().year + 9}"

    def failed(recognised: float | None) -> list[int]:
        document = Document("a.png", "png", "0", (Page(1, text, ocr_confidence=recognised),), 1)
        return [len(each.failed) for each in propose(Field("day", FieldType.DATE), document)]

    assert failed(0.9) == [1, 0]
    assert failed(None) == [0, 0]  # what is written so is meant so


def test_a_venue_is_not_offered_without_the_name_in_front_of_its_word() -> None:
    text = "Aldon Hall 5214\nthen in AlH 4617\nRoom 123\n"
    values = [each.value for each in propose(Field("f", FieldType.LINE), document(text))]
    assert {"Aldon Hall 5214", "AlH 4617", "Room 123"} <= set(values)
    assert "Hall 5214" not in values


def test_the_point_of_a_sentence_is_no_part_of_a_venue() -> None:
    found = values(FieldType.LINE, "Place: Lund Building.\nLund Building.\nOld Bldg.")
    assert {"Lund Building", "Old Bldg."} <= set(found)
    assert "Lund Building." not in found


def test_a_venue_goes_on_in_the_next_line_and_begins_behind_the_time() -> None:
    text = "Place:  3rd Floor Conference Room\n        Lund Building\nto 3:30 PM, Ludbrook Hall 214\nWhen: Friday\n"
    values = [each.value for each in propose(Field("f", FieldType.LINE), document(text))]
    assert "3rd Floor Conference Room Lund Building" in values
    assert "Ludbrook Hall 214" in values
    assert "PM, Ludbrook Hall 214" not in values
    assert not [value for value in values if "Building to" in value]


def test_a_venue_goes_on_behind_its_comma_in_the_next_line() -> None:
    text = "Wednesday, 2:00 PM, Holt Conference Room,\nRiverside\nDiscussions are rich,\nRiverside\n"
    values = [each.value for each in propose(Field("f", FieldType.LINE), document(text))]
    assert "Holt Conference Room, Riverside" in values
    assert "Discussions are rich, Riverside" not in values


def test_the_half_behind_a_comma_begins_with_a_word() -> None:
    texts = [each.text for each in propose(Field("f", FieldType.LINE), document("Friday,    Lund Building\n"))]
    assert "Lund Building" in texts
    assert not [text for text in texts if text != text.strip()]


def test_a_venue_begins_behind_what_takes_place_in_it() -> None:
    text = "will give a talk on The Future of Rail in Hörsaal 9A, and speaks on New Craft in the Lund Building.\n"
    values = [each.value for each in propose(Field("f", FieldType.LINE), document(text))]
    assert {"Hörsaal 9A", "Lund Building"} <= set(values)


def test_a_venue_may_begin_with_a_small_letter() -> None:
    text = "mardi à 14h30, salle 212, bâtiment B. Nos vemos en el aula 3 a las 18:00.\n"
    values = [each.value for each in propose(Field("f", FieldType.LINE), document(text))]
    assert {"salle 212, bâtiment B", "aula 3"} <= set(values)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SPEAKER:  Ivo L. Holm, Jr.\n  Harbour Corp", "Ivo L. Holm, Jr."),
        ("given by Henry Berg III, who", "Henry Berg III"),
        ("João Silva, Filho\n", "João Silva, Filho"),
        ("Who:  Dr.Anna Berg-Associate Professor of Law\n", "Dr.Anna Berg"),
        ("Who:  Dr.Anna Berg-Associate Professor of Law\n", "Anna Berg"),
        ('a talk by Dr. William "Bill" L. Holt- Director', 'Dr. William "Bill" L. Holt'),
        ('a talk by Dr. William "Bill" L. Holt- Director', 'William "Bill" L. Holt'),
        ("written by Anna (Anni) Berg today", "Anna (Anni) Berg"),
        ("ein Vortrag von Wilhelm „Willi“ Berg heute", "Wilhelm „Willi“ Berg"),
        ("PROFESSOR DR. ANNA MARIA ELISA BERG\nHolt University\n", "ANNA MARIA ELISA BERG"),
        ("by Ana Tarvik Lommo Vexel- Director of the Water Board", "Ana Tarvik Lommo Vexel"),
    ],
)
def test_a_persons_name_ends_where_it_ends(text: str, value: str) -> None:
    assert value in [each.value for each in propose(Field("f", FieldType.NAME), document(text))]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (
            "A window was broken at 95 Market Square, Dunmore 66841 on 22-Apr-1994.",
            FieldType.ADDRESS,
            "95 Market Square, Dunmore 66841",
        ),
        (
            "A window was broken at 95 Market Square, Dunmore 66841 on 22-Apr-1994.",
            FieldType.ADDRESS,
            "95 Market Square",
        ),
        (
            "Wir ziehen um in die Hauptstraße 12, 10115 Berlin, am Montag.",
            FieldType.ADDRESS,
            "Hauptstraße 12, 10115 Berlin",
        ),
        (
            "the office at 10 Downing St., London SW1A 2AA is closed",
            FieldType.ADDRESS,
            "10 Downing St., London SW1A 2AA",
        ),
        ("95 Market Square, Dunmore is for sale", FieldType.ADDRESS, "95 Market Square, Dunmore"),
        ("Emery Kristers of the Lund police attended", FieldType.NAME, "Emery Kristers"),
        ("heard by Judge M. Berg on Friday", FieldType.NAME, "M. Berg"),
        ("heard by The Hon. Justice Dr. Ola Berg Holt on Friday", FieldType.NAME, "Ola Berg Holt"),
        ("signed by Herr Prof. Dr. Max Otto Ivo Kloz today", FieldType.NAME, "Max Otto Ivo Kloz"),
        ("held in Gallery 2, Museum of Trade. Arrangements by the town", FieldType.LINE, "Gallery 2, Museum of Trade"),
        ("come to Lecture Theatre 3. It begins", FieldType.LINE, "Lecture Theatre 3"),
        ("in Old Library, Room 12, 208 Elm Drive", FieldType.LINE, "Old Library, Room 12"),
        ("at Marlow Auditorium.", FieldType.LINE, "Marlow Auditorium"),
        ("We met Maria de la Cruz and Otto van der Berg there", FieldType.NAME, "Maria de la Cruz"),
        ("We met Maria de la Cruz and Otto van der Berg there", FieldType.NAME, "Otto van der Berg"),
        ("then Producer Otto van der Berg left", FieldType.NAME, "Otto van der Berg"),
        ("there Fatima el-Sayed spoke", FieldType.NAME, "Fatima el-Sayed"),
        ("there Dr. Mary-Ann Holt spoke", FieldType.NAME, "Mary-Ann Holt"),
        ("there Producer J. Berg spoke", FieldType.NAME, "J. Berg"),
        ("dort sprach Otto von und zu Berg lange", FieldType.NAME, "Otto von und zu Berg"),
        ("paid by Fondation de la Mer today", FieldType.ORGANISATION, "Fondation de la Mer"),
        ("paid by Bank of the West today", FieldType.ORGANISATION, "Bank of the West"),
        ("depuis au 12 rue de la Paix, 75002 Paris, près du parc", FieldType.ADDRESS, "12 rue de la Paix, 75002 Paris"),
        ("abita in via Roma 3, 20121 Milano da anni", FieldType.ADDRESS, "via Roma 3, 20121 Milano"),
        ("abita in Via Roma, 3 da anni", FieldType.ADDRESS, "Via Roma, 3"),
        (
            "vive en la calle de los Reyes 5, 28013 Madrid desde mayo",
            FieldType.ADDRESS,
            "calle de los Reyes 5, 28013 Madrid",
        ),
        ("fica na rua da Prata 12, Lisboa desde maio", FieldType.ADDRESS, "rua da Prata 12, Lisboa"),
        ("paid at 12 Mill Lane 3 EUR for it", FieldType.ADDRESS, "12 Mill Lane"),
    ],
)
def test_what_is_asked_for_is_found_in_a_sentence(text: str, kind: FieldType, value: str) -> None:
    assert value in [each.value for each in propose(Field("f", kind), document(f"First, a line.\n{text}\n"))]


@pytest.mark.parametrize(
    "text", ["He walked 5 miles to Park Lane", "on 12 March, Mill Lane was flooded", "see page 7 of the Street Act"]
)
def test_a_street_without_its_number_is_no_address_of_a_sentence(text: str) -> None:
    assert not [each for each in propose(Field("f", FieldType.ADDRESS), document(text)) if each.value != text]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Present: Rahul Kloz, Anna Maria Berg and Jan Peter Holt.", "Anna Maria Berg"),
        ("Present: Rahul Kloz, Anna Maria Berg and Jan Peter Holt.", "Jan Peter Holt"),
        ("the verses from Yuri Kloz's Winter Tales", "Yuri Kloz"),
        ("To Rahul Deshpande I leave the house.", "Rahul Deshpande"),
        ("Charla de Ana Lund de Tarvo Foods en Madrid", "Ana Lund"),
        ("ein Vortrag von Jan Holt von Tarvo Foods", "Jan Holt"),
    ],
)
def test_a_person_among_other_capitalised_words_is_offered(text: str, value: str) -> None:
    assert value in [each.value for each in propose(Field("f", FieldType.NAME), document(text))]


def test_the_titles_of_two_stand_before_the_name_of_both() -> None:
    for text, name in (("Mr. and Mrs. Holt came", "Holt"), ("Herr und Frau Anna Berg kamen", "Anna Berg")):
        found = values(FieldType.NAME, text)
        assert name in found
        assert not [value for value in found if value.startswith(("and ", "und ")) or value in ("Mr", "Herr")]


def test_no_name_ends_or_begins_with_what_joins_it() -> None:
    found = values(FieldType.NAME, "We met Otto van der Berg, and Producer Maria de la Cruz and Jan Holt.")
    assert not [value for value in found if value.split()[0] == "and" or value.split()[-1] in ("van", "de", "and")]


def test_no_name_is_cut_at_its_initial_or_in_a_double_given_name() -> None:
    assert {"Anna N", "N. Berg"}.isdisjoint(values(FieldType.NAME, "We met Anna N. Berg there"))
    assert "Mary" not in values(FieldType.NAME, "We met Mary-Ann Holt there")


def test_a_name_in_small_letters_is_one() -> None:
    found = values(FieldType.NAME, "yesterday maria j. lopez wrote to us, will page three")
    assert "maria j. lopez" in found
    assert not [value for value in found if value.startswith("will")]


def test_an_amount_is_no_part_of_an_address() -> None:
    assert not [
        value
        for value in values(FieldType.ADDRESS, "First\nHe paid at 12 Mill Lane 3 EUR for it")
        if value.endswith("EUR")
    ]


def test_two_names_with_a_dash_are_one() -> None:
    values = [each.value for each in propose(Field("f", FieldType.NAME), document("by Anna Berg-Smith today"))]
    assert "Anna Berg-Smith" in values
    assert "Anna Berg" not in values


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("SPONSOR Capitol Counsel Partners", FieldType.ORGANISATION, "Capitol Counsel Partners"),
        ("REPORT   APPROVED BY Susan J. Okafor", FieldType.NAME, "Susan J. Okafor"),
        ("APPRVEc BY Carlos J. Tanaka", FieldType.NAME, "Carlos J. Tanaka"),  # as it was recognised
        ("Seller Cornelia Berg", FieldType.NAME, "Cornelia Berg"),
        ("APPROVED BY Cornelia Maria Berg Lund", FieldType.NAME, "Cornelia Maria Berg Lund"),
        ("To be.... or not to be", FieldType.LINE, "To be.... or not to be"),
        ("see https://x.org/wiki/Foo___Bar", FieldType.URL, "https://x.org/wiki/Foo___Bar"),
        ("ANTRAGSTELLER Grüne Wiese eG", FieldType.ORGANISATION, "Grüne Wiese eG"),
        ("Vehicle (Year, Make, Model):2016 Honda Civic", FieldType.LINE, "2016 Honda Civic"),
        ("Model:2016 Honda Civic", FieldType.LINE, "2016 Honda Civic"),
        ("January 27, 2020   Ann Stryker, Treasurer/s/ Ann Stryker", FieldType.LINE, "Treasurer"),
        ("By: Treasurer /s/ Ann Stryker", FieldType.NAME, "Ann Stryker"),
        ("Jo Site Addres ____ 12 Harbor Street, Ely, VA 22201", FieldType.ADDRESS, "12 Harbor Street, Ely, VA 22201"),
        ("Job Site Address: 17 Rhode Island Avenue, Ely, IL 60601", FieldType.ADDRESS, "17 Rhode Island Avenue, Ely, IL 60601"),
        ("12 Harbor Street, Chicago, IL 60601Holt & Knightley LLP", FieldType.ADDRESS, "12 Harbor Street, Chicago, IL 60601"),
        ("12 Harbor Street, Chicago, IL 60601Holt & Knightley LLP", FieldType.ORGANISATION, "Holt & Knightley LLP"),
        ("Indirizzo della sede: Via Roma 12, 00184 Roma", FieldType.ADDRESS, "Via Roma 12, 00184 Roma"),
    ],
)  # fmt: skip
def test_what_is_filled_into_a_form_is_offered_without_its_label(text: str, kind: FieldType, value: str) -> None:
    assert value in values(kind, text)


FILLED = {
    FieldType.NAME: "John Smith",
    FieldType.ORGANISATION: "Blue Lake Partners",
    FieldType.LINE: "minutes of the meeting",
    FieldType.ADDRESS: "12 Harbor Street, Arlington, VA 22201",
    FieldType.IDENTIFIER: "AB-1234",
    FieldType.MONEY: "12.50",
    FieldType.INTEGER: "12",
}


@pytest.mark.parametrize("kind", list(FILLED))
@pytest.mark.parametrize(
    "form",
    [
        "Topic: ___{}___", "Topic ____ {}", "Topic ........ {}", "Topic . . . . . {}", "Topic - {}", "Topic – {}", "Topic = {}",
        "Topic → {}", "[Topic] {}", "1) Topic: {}", "Topic|{}", "Topic (print): {}", "**Topic:** {}", "- Topic: {}", "Topic：{}",
        "Topic :{}", "Topic #: {}", "Topic: [{}]", "Topic: «{}»", '"Topic": "{}"', "☒ Topic: {}", "Topic: {} .", "topic={}",
        "Topic: {}; Age: 12", "Topic: {} Age: 12", "Topic: {} | Age: 12", "Subject {}", "SUBJECT {}",
    ],
)  # fmt: skip
def test_a_value_is_offered_whatever_sign_stands_between_it_and_its_label(form: str, kind: FieldType) -> None:
    text, value = form.format(FILLED[kind]), FILLED[kind]
    offered = propose(Field("matter", kind, label="Subject"), document(text))
    assert value in [candidate.value for candidate in offered]
    for candidate in offered:
        assert candidate.text == text[candidate.span.start : candidate.span.end]
        assert "____" not in candidate.text


def test_a_long_run_of_leaders_or_spaces_takes_no_time() -> None:
    started = time.perf_counter()
    for text in (
        "_" * 20_000,
        "Total " + "." * 20_000 + " 12",
        "a" + " " * 20_000 + "b ;",
        "*" * 20_000 + "x",
        "- " * 10_000,
    ):
        values(FieldType.LINE, text)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("text", "kind", "part"),
    [
        ("IBM Deutschland GmbH", FieldType.LINE, "Deutschland GmbH"),
        ("BERG Anna", FieldType.LINE, "Anna"),
        ("McKinsey Company House", FieldType.LINE, "Company House"),
        ("Starts at 10:30", FieldType.LINE, "30"),
        ("see https://x.org/wiki/Foo___Bar", FieldType.URL, "https://x.org/wiki/Foo"),
        ("Seller GmbH", FieldType.ORGANISATION, "GmbH"),
        ("ACME HOLDINGS Inc.", FieldType.LINE, "Inc."),
    ],
)
def test_the_beginning_of_a_name_is_no_label(text: str, kind: FieldType, part: str) -> None:
    assert part not in values(kind, text, label="Seller")


def test_whose_the_form_is_counts_for_less_than_who_filled_it() -> None:
    text = "Corner Shop Ltd.\nSample invoice, Copyright Forms and Papers Inc. 2014\n"
    offered = propose(Field("issuer", FieldType.ORGANISATION), document(text))
    shapes = {candidate.value: candidate.shape for candidate in offered}
    assert shapes["Forms and Papers Inc."] < 0.5 < shapes["Corner Shop Ltd."]
    assert not any(value.startswith("Copyright") for value in shapes)


def test_a_letter_in_brackets_is_not_whose_the_form_is() -> None:
    offered = propose(Field("party", FieldType.ORGANISATION), document("between (a) Smith Ltd and (c) Jones Ltd"))
    assert max(each.shape for each in offered if each.value == "Jones Ltd") > 0.5
    alone = {each.value for each in propose(Field("f", FieldType.ORGANISATION), document("(c) 2014 Jones Ltd"))}
    assert "Jones Ltd" in alone
    assert not any("2014" in value for value in alone)


@pytest.mark.parametrize(
    "said", ["© Forms Inc.", "(c) 2014 Forms Inc.", "- Copyright Forms Inc.", "Copyright 2014 Forms Inc."]
)
def test_no_name_goes_on_with_whose_the_form_is(said: str) -> None:
    offered = {each.value for each in propose(Field("f", FieldType.ORGANISATION), document(f"Sample bill {said}"))}
    assert "Forms Inc." in offered
    assert not [value for value in offered if "©" in value or "(c)" in value or "opyright" in value]


def test_a_name_may_hold_the_word_copyright() -> None:
    offered = {
        each.value for each in propose(Field("f", FieldType.ORGANISATION), document("Australian Copyright Council"))
    }
    assert "Australian Copyright Council" in offered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Policy KH 12.345.678", "KH 12.345.678"),
        ("Kennzeichen GÖ-AB 1234", "GÖ-AB 1234"),
        ("plate HH-AB 123E", "HH-AB 123E"),
        ("NO. 2:21-cv-01234-ABC", "2:21-cv-01234-ABC"),
        ("Case:21-cv-01234", "21-cv-01234"),
    ],
)
def test_codes_of_policies_plates_and_courts_are_whole(text: str, expected: str) -> None:
    assert expected in values(FieldType.IDENTIFIER, text)


def test_what_is_shorter_than_a_number_plate_is_none() -> None:
    assert "C-D 3" not in values(FieldType.IDENTIFIER, "Take Vitamin C-D 3 daily")


def test_an_amount_behind_its_currency_is_no_code() -> None:
    assert "EUR 1.234" not in values(FieldType.IDENTIFIER, "Summe EUR 1.234")


def test_a_name_ends_with_its_sentence() -> None:
    text = "It will be held at Grace Chapel. Berg Mortuary is in charge. She married Otto Berg. They farmed."
    assert {"Berg Mortuary", "Grace Chapel"} <= set(values(FieldType.ORGANISATION, text))
    assert "Otto Berg" in values(FieldType.NAME, text)
    assert "Prof. Anna Berg" in values(FieldType.NAME, "Prof. Anna Berg")


def test_the_number_of_a_part_of_a_form_is_no_amount() -> None:
    assert values(FieldType.MONEY, "Damage\n3. Bank details\n6.TOTAL") == []
    assert values(FieldType.MONEY, "Damage: 3\nFee 12. Paid") == ["3", "12"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("We owe you\n50. Thank you", ["50"]), ("the sum of\n 25. Please", ["25"]), ("Damage\n99. Thank you", ["99"])],
)
def test_a_sentence_may_end_with_an_amount_at_the_start_of_a_line(text: str, expected: list[str]) -> None:
    assert values(FieldType.MONEY, text) == expected


def test_the_half_of_the_day_may_stand_on_the_next_line() -> None:
    assert values(FieldType.TIME, "Service 1:30\np.m. 12/21/2013") == ["13:30"]


def test_who_sues_and_who_is_sued_are_offered_each() -> None:
    for text in ("Anna Berg v. Holt Works LLC", "Anna Berg ./. Holt Works LLC"):
        assert {"Anna Berg", "Holt Works LLC"} <= set(values(FieldType.LINE, text))
    assert "12" not in values(FieldType.LINE, "Volume V 12")


def test_what_an_organisation_is_may_go_before_what_it_is_called() -> None:
    field = Field("f", FieldType.ORGANISATION)
    text = "Account at the Sparkasse Holstein, since May of this year\nTrading Sdn Bhd"
    shapes = {each.value: (each.shape, each.above) for each in propose(field, document(text))}
    assert shapes["Sparkasse Holstein"] == (0.7, 0.0)
    assert shapes["Trading Sdn Bhd"] == (0.0, 1.0)


def test_a_line_that_is_a_number_of_registration_ends_a_name() -> None:
    for number in ("001234567-K", "(71234-B)"):
        found = set(values(FieldType.ORGANISATION, f"KEDAI BUKIT LIMA\n{number}\nNO 3, JALAN LAMA"))
        assert "KEDAI BUKIT LIMA" in found
        assert f"KEDAI BUKIT LIMA {number}" not in found
    assert "KEDAI BUKIT LIMA TRADING" in values(FieldType.ORGANISATION, "KEDAI BUKIT LIMA\nTRADING")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("emesso alle ore 14.30 un avviso", ["14:30"]),
        ("Ora di emissione  14.30", ["14:30"]),
        ("Uhrzeit: 8.15", ["08:15"]),
        ("Total 14.30", []),
        ("Time  5", []),
        ("Time $ 12.30", []),
        ("Time spent: EUR 12.30", []),
        ("Time: 12.30 EUR", []),
    ],
)
def test_a_time_with_a_point_is_one_where_the_form_says_so(text: str, expected: list[str]) -> None:
    assert values(FieldType.TIME, text) == expected


def test_a_code_of_letters_and_figures_may_end_with_its_clause() -> None:
    assert "ABC 1234" in values(FieldType.IDENTIFIER, "A sedan, plate ABC 1234, was seen")
    assert "EUR 1234" not in values(FieldType.IDENTIFIER, "Summe EUR 1234,50")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("play for us\nin Corn Exchange, Ludbrook. The programme holds songs", "Corn Exchange, Ludbrook"),
        ("The recital is\nin Corn Exchange, Ludbrook and begins at 7.30 pm", "Corn Exchange, Ludbrook"),
        ("at St. Bride's Church, Priory Lane, on Friday", "St. Bride's Church, Priory Lane"),
    ],
)
def test_where_something_takes_place_goes_on_behind_its_comma(text: str, expected: str) -> None:
    assert expected in values(FieldType.LINE, text)


@pytest.mark.parametrize(
    "text",
    [
        "signed in New South Wales, Australia and",
        "at Holt, Berg and",
        "on it in May Week, June and",
        "am 3. Mai, Dienstag um",
    ],
)
def test_a_country_a_month_and_a_single_name_are_no_place_of_an_event(text: str) -> None:
    known = {text, *text.split(", ")}
    assert set(values(FieldType.LINE, text)) <= known


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vehicle registration mark: VA40 GJS\nMake: Ford", "VA40 GJS"),
        ("our cameras saw that vehicle VA40 GJS entered the land", "VA40 GJS"),
        ("Plate: AB 12 CDE, Make: Ford", "AB 12 CDE"),
        ("Licence      Issued\nKX 9027 B    3 May 2021", "KX 9027 B"),
        ("Machine: 7F-22 QX", "7F-22 QX"),
    ],
)
def test_a_code_of_a_few_short_groups_is_offered_whole(text: str, expected: str) -> None:
    assert expected in values(FieldType.IDENTIFIER, text)


@pytest.mark.parametrize("text", ["PAGE 12", "MAY 21", "10 30 AM", "USD 12", "2 ARNR2", "we took 7F 22 QX with us"])
def test_words_amounts_and_running_text_are_no_code_of_groups(text: str) -> None:
    assert not any(" " in value for value in values(FieldType.IDENTIFIER, f"{text}\nThank you"))


def test_a_person_is_told_from_where_they_live() -> None:
    assert "Otto van Berg" in values(FieldType.NAME, "Theft. Otto van Berg of Oak Street told police")
    assert "Anna Berg" in values(FieldType.NAME, "Anna Berg of Oak Street told police")


def test_debit_and_credit_of_a_german_account_are_told_by_their_letters() -> None:
    statement = "Kontoauszug\n02.05.2024 Miete 850,00 S\n04.05.2024 Gehalt 2.400,00 H\nNeuer Saldo 1.550,00 H"
    assert values(FieldType.MONEY, statement)[-3:] == ["-850.00", "2400.00", "1550.00"]
    assert values(FieldType.MONEY, "Saldo 850,00 S") == ["850.00"]  # one letter alone may be a code
    assert values(FieldType.MONEY, "Rice 5.30 S\nOil 8.00 H") == ["5.30", "8.00"]
    receipt = "Brot 1,29 S\nMilch 0,99 H\nWir haben geöffnet"
    assert values(FieldType.MONEY, receipt) == ["1.29", "0.99"]
    assert values(FieldType.MONEY, f"KONTOAUSZUG\n{receipt}")[0] == "-1.29"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Weight 2.55kg", ["2.55"]),
        ("Weight2.55kg", ["2.55"]),
        ("Weight1.3kg", ["1.3"]),
        ("net 450g", ["450"]),
        ("Distance: 12,5km", ["12.5"]),
        ("Labour 2h", ["2"]),
        ("12KG, 60g/m²", ["12"]),
        ("Screws (50PCS)", ["50"]),
    ],
)
def test_a_number_is_offered_with_its_unit_close_behind(text: str, expected: list[str]) -> None:
    assert values(FieldType.NUMBER, text) == expected
    assert values(FieldType.MONEY, text) == []


@pytest.mark.parametrize(
    "text",
    ["A4paper", "3D", "B2B", "5th", "1.0.2beta", "x86", "H2O", "the 4K one", "5G", "ISO450g", "WY14KKN", "0.8kgx"],
)
def test_a_figure_of_a_code_or_a_word_is_no_value(text: str) -> None:
    for kind in (FieldType.NUMBER, FieldType.MONEY, FieldType.DATE, FieldType.DURATION, FieldType.TIME):
        assert values(kind, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thursday,17 March 2022", "2022-03-17"),
        ("When: Thursday,17March2022, 6:15pm", "2022-03-17"),
        ("Thursday,27 January2022,2:30pm", "2022-01-27"),
        ("am Mittwoch,19.Juni2024,um 16:00", "2024-06-19"),
        ("on August26,2021between the walls", "2021-08-26"),
        ("Aug 26,2021,4pm", "2021-08-26"),
        ("Aug26,2021,4pm", "2021-08-26"),
    ],
)
def test_a_date_without_spaces_around_its_commas_is_one(text: str, expected: str) -> None:
    assert values(FieldType.DATE, text) == [expected]


@pytest.mark.parametrize(
    "text", ["items 1,2 May 2020", "$1,27 March 2022", "5 May 2022,50", "Feb14,2023A", "3 May 2022,5"]
)
def test_a_figure_at_the_comma_of_another_is_of_no_date(text: str) -> None:
    assert values(FieldType.DATE, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thursday,27 January2022,2:30pm", ["14:30"]),
        ("Monday,14:30 Room 5", ["14:30"]),
        ("26August2022at4.00pmthe harpist", ["16:00"]),
        ("at 2:30pmin the hall", ["14:30"]),
        ("shelf 1,2:30", []),
        ("12,30 h", []),
        ("lot 2 030,4:30", []),
        ("um 12:30amMittwoch", ["12:30"]),  # "on Wednesday"
    ],
)
def test_a_time_without_a_space_before_or_behind_it_is_one(text: str, expected: list[str]) -> None:
    assert values(FieldType.TIME, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rent: $1,150.00permonth, due", ["1150.00"]),
        ("a charge of £110.00isnow payable", ["110.00"]),
        ("EUR12,00pro Stück", ["12.00"]),
        ("$2.50million", ["2500000"]),
        ("$1.50millionper year", []),  # more than its figures say
        ("$A1", []),
        ("$1.50M3", []),
        ("code 1,150.00permonth", []),
    ],
)
def test_an_amount_behind_its_currency_ends_with_its_cents(text: str, expected: list[str]) -> None:
    assert values(FieldType.MONEY, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fixed period   18 monthsfrom 17 September 2023", ["18 months"]),
        ("a term of three(3)yearsbeginning on", ["3 years"]),
        ("30daysafter receipt", ["30 days"]),
        ("24 Monateab Beginn", ["24 months"]),
        ("2 mesesdesde la firma", ["2 months"]),
    ],
)
def test_a_length_of_time_ends_where_the_next_word_is_glued_to_it(text: str, expected: list[str]) -> None:
    assert values(FieldType.DURATION, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2 monthly",
        "three daylight lamps",
        "3 Jahresabschlüsse",
        "5 yearlings",
        "2 Tagesnachweise",
        "1 weekend",
        "3 Wochenenden",
    ],
)
def test_a_word_that_begins_like_a_unit_is_no_length_of_time(text: str) -> None:
    assert values(FieldType.DURATION, text) == []


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("Date: 25/12/201820:17", "2018-12-25", "20:17"),
        ("25.12.201820:17:33", "2018-12-25", "20:17:33"),
        ("December20,20194:03p.m.", "2019-12-20", "16:03"),
        ("December 20, 20194:03 pm", "2019-12-20", "16:03"),
        ("17 March 20229:30am", "2022-03-17", "09:30"),
    ],
)
def test_a_time_that_touches_the_year_of_its_date_is_told_from_it(text: str, day: str, clock: str) -> None:
    assert (values(FieldType.DATE, text), values(FieldType.TIME, text)) == ([day], [clock])
    assert values(FieldType.MONEY, text) == []


@pytest.mark.parametrize(
    "text", ["12/04/20241", "12/04/2024123", "1/2/20195:99", "20194:03", "no 120194:03", "5 Mai 2022123:45"]
)
def test_more_figures_than_a_year_and_a_time_have_are_neither(text: str) -> None:
    assert values(FieldType.DATE, text) == values(FieldType.TIME, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Date of birth  0 3 0 5 1 9 8 4  Clinic", "1984-05-03"),
        ("born 1 9 8 4 - 0 5 - 2 3", "1984-05-23"),
        ("given 0 3 | 0 5 | 1 9 8 4", "1984-05-03"),
        ("8. Given on 23 06 2022 9. Next visit", "2022-06-23"),
        ("born 1O 10 1984", "1984-10-10"),
    ],
)
def test_a_day_is_read_from_the_boxes_of_a_form(text: str, expected: str) -> None:
    assert expected in values(FieldType.DATE, text)


@pytest.mark.parametrize("text", ["Qty 1 2 3 4 5 6 7 8", "0 3 0 5 1 9 8 4 7", "23 06 2022 9 4", "3 1 1 3 2 0 2 5"])
def test_other_figures_in_a_row_are_no_day(text: str) -> None:
    assert values(FieldType.DATE, text) == []


def test_a_number_is_a_percentage_where_its_label_says_so() -> None:
    assert values(FieldType.PERCENT, "Rate (%): 3.5\nFee 12.00") == ["3.5"]
    assert values(FieldType.PERCENT, "Zins %  2,75\nSumme  8,00") == ["2.75"]
    assert values(FieldType.PERCENT, "Base  Rate (%)  Sum\n5 472  38,23  2 092\n810  4,10  33") == ["38.23", "4.10"]
    assert values(FieldType.PERCENT, "VAT 20 %  17.50\nTotal  8.00") == ["20"]


def test_the_head_of_a_column_in_percent_is_found_by_its_place() -> None:
    rows = ["Item  Share %", "Oak panels  12"]
    text = "\n".join(rows)
    places = {0: 0.0, 6: 100.0, 14: 0.0, 26: 100.0}

    def boxes(under: float) -> list[Box | None]:
        found: list[Box | None] = []
        x = y = 0.0
        for at, character in enumerate(text):
            x, y = (places[at] if at != 26 else under, 20.0 * (at >= 14)) if at in places else (x + 5.0, y)
            found.append(None if character.isspace() else Box(x, y, x + 5.0, y + 10.0))
        return found

    field = Field("f", FieldType.PERCENT)
    for under, expected in ((110.0, ["12"]), (300.0, [])):
        page = Page(1, text, 600, 800, boxes(under))
        assert [each.value for each in propose(field, Document("a.pdf", "pdf", "", (page,), 1))] == expected


def test_a_telephone_number_ends_with_its_column() -> None:
    assert values(FieldType.PHONE, "Former chief  (689) 555-0199  10") == ["6895550199"]
    assert values(FieldType.PHONE, "Former chief (340) 555-0199 12") == ["3405550199"]
    assert values(FieldType.PHONE, "Tel. 030 5550199  2024 71") == ["0305550199"]
    assert values(FieldType.PHONE, "Tel.  0421  55 01 66 77") == ["042155016677"]  # wide type


def test_a_code_in_groups_is_one() -> None:
    shapes = {}
    for text in ("XK51 BVD  Estate car", "ZD 0668\nHall", "Plate XY-ZW 3584 of a car", "PO 4711"):
        shapes[text] = {each.value: each.shape for each in propose(Field("f", FieldType.IDENTIFIER), document(text))}
    assert shapes["XK51 BVD  Estate car"] == {"XK51": 0.0, "XK51 BVD": 1.0}
    assert shapes["ZD 0668\nHall"] == {"0668": 0.0, "ZD 0668": 0.5}
    assert shapes["Plate XY-ZW 3584 of a car"]["3584"] == 0.0
    assert shapes["PO 4711"]["4711"] == 1.0  # a label and its number


def test_a_firm_ends_at_the_point_between_it_and_its_address() -> None:
    found = values(FieldType.ORGANISATION, "Kettle Works Ltd · Unit 3, Canal Yard · Stoneford")
    assert "Kettle Works Ltd" in found


def test_a_value_follows_a_known_label_without_a_mark() -> None:
    assert "Berg" in values(FieldType.LINE, "2. Surname Berg 3. First name Anna")
    assert "Holt Yard" in values(FieldType.LINE, "Customer Holt Yard")
    found = values(FieldType.LINE, "Position applied for Clerk")
    assert "Clerk" in found
    assert "applied for Clerk" not in found
    assert "the price" not in values(FieldType.LINE, "customer the price")


def test_working_days_are_days() -> None:
    assert values(FieldType.DURATION, "Dauer 3 Arbeitstage") == ["3 days"]


def test_a_name_in_a_cell_is_offered_without_the_number_in_brackets_behind_it() -> None:
    found = values(FieldType.ORGANISATION, "Client  Holt Festival 2031 Inc (71604)  Entered by  Anna Berg\n")
    assert {"Holt Festival 2031 Inc", "Holt Festival 2031 Inc (71604)"} <= set(found)
