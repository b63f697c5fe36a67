"""Where labels stand: beside a value, above it by their boxes, at the head of its column or its block."""

from __future__ import annotations

import time

import pytest

from stillroom.documents.document import Box, Document, Page, Span
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.layout import Layout
from stillroom.extraction.signs import sign_names
from stillroom.templates.template import Field, FieldType, Template

PAPER = Template(
    "made",
    1,
    "Made",
    "a bill",
    (
        Field("net", FieldType.MONEY),
        Field("tax", FieldType.MONEY),
        Field("total", FieldType.MONEY),
        Field("seller", FieldType.ORGANISATION),
        Field("buyer", FieldType.ORGANISATION),
        Field("start", FieldType.DATE),
        Field("end", FieldType.DATE),
        Field("location", FieldType.LINE),
        Field("person", FieldType.NAME),
    ),
)


def boxed(*rows: list[tuple[float, str]]) -> Page:
    """A page of rows of cells, each at its x; five points a character, as a PDF would give them."""
    text, boxes = "", list[Box | None]()
    for number, row in enumerate(rows):
        for order, (x, cell) in enumerate(row):
            if order:
                text, boxes = text + "  ", [*boxes, None, None]
            text += cell
            boxes += [Box(x + 5.0 * at, 20.0 * number, x + 5.0 * at + 5, 20.0 * number + 10) for at in range(len(cell))]
        text, boxes = text + "\n", [*boxes, None]
    return Page(1, text, 600, 800, boxes)


NOTICE = Template("notice", 1, "Notice", "a talk", (Field("speaker", FieldType.NAME),))


def signs(page: Page, name: str, value: str, *, template: Template = PAPER) -> dict[str, float]:
    document = Document("made.pdf", "pdf", "", (page,), 1)
    field = template.field(name)
    candidates: list[Candidate] = propose(field, document)
    rows = Layout(document, Meaning(template)).signs(field, field.type, candidates)
    number = next(index for index, candidate in enumerate(candidates) if candidate.text == value)
    return dict(zip(sign_names(), rows[number], strict=True))


def test_the_head_of_a_column_is_found_by_boxes_not_by_characters() -> None:
    page = boxed([(50, "Net"), (200, "Tax"), (400, "Total")], [(45, "10.00"), (205, "2.00"), (395, "12.00")])
    for name, value in (("net", "10.00"), ("tax", "2.00"), ("total", "12.00")):
        found = signs(page, name, value)
        assert found["own_column"] > 0.9
        assert found["own_above"] > 0.9
    assert signs(page, "total", "10.00")["rival_column"] > 0.5
    assert signs(page, "total", "10.00")["own_column"] == 0.0


def test_a_label_with_its_value_beside_it_heads_no_column() -> None:
    page = Page(1, "Start 14-03-2025\nExpiry 13-04-2025")
    assert signs(page, "start", "14-03-2025")["own_inline"] > 0.9
    assert signs(page, "start", "13-04-2025")["own_column"] == 0.0


def test_a_block_belongs_to_what_heads_it() -> None:
    page = boxed(
        [(50, "Bill to"), (300, "Seller")],
        [(50, "Number"), (120, ": 17"), (300, "Number"), (370, ": 4")],
        [(50, "Glade GmbH"), (300, "Harbour Ltd")],
    )
    assert signs(page, "buyer", "Glade GmbH")["own_block"] > 0.7
    assert signs(page, "seller", "Harbour Ltd")["own_block"] > 0.7
    assert signs(page, "seller", "Glade GmbH")["rival_block"] > 0.5


def test_the_label_beside_a_value_counts_most_where_nothing_stands_between() -> None:
    page = Page(1, "Total due 12.00\nTotal 17 x 51.00")
    assert signs(page, "total", "12.00")["own_inline"] > signs(page, "total", "51.00")["own_inline"] > 0.0


def test_the_ends_of_a_range_are_told_apart() -> None:
    page = Page(1, "Flight 9 Dec 2019 - 15 Dec 2019")
    assert signs(page, "start", "9 Dec 2019")["range_first"] == 1.0
    assert signs(page, "end", "15 Dec 2019")["range_second"] == 1.0
    assert signs(page, "start", "9 Dec 2019")["order_first"] > 0.0
    assert signs(page, "end", "9 Dec 2019")["order_first"] < 0.0


def test_a_label_is_no_value() -> None:
    page = Page(1, "Bill to  Seller\nGlade GmbH  Harbour Ltd")
    assert signs(page, "buyer", "Seller")["label"] == 1.0
    assert signs(page, "buyer", "Glade GmbH")["label"] < 0.5


def written(text: str, name: str, value: str) -> dict[str, float]:
    return signs(Page(1, text), name, value)


def test_a_name_that_goes_on_is_cut_off() -> None:
    page = "SYARIKAT PERNIAGAAN GIN KEE\n(81109-A)\nTel 03-4021\n"
    assert written(page, "seller", "SYARIKAT PERNIAGAAN")["cut_behind"] == 1.0
    whole = written(page, "seller", "SYARIKAT PERNIAGAAN GIN KEE")
    assert (whole["cut_behind"], whole["cut_before"]) == (0.0, 0.0)


def test_two_readings_of_one_date_are_not_before_each_other() -> None:
    page = Page(1, "DATE: 04/05/2018\n")
    document = Document("made.txt", "txt", "", (page,), 1)
    field = PAPER.field("start")
    candidates = propose(field, document)
    rows = Layout(document, Meaning(PAPER)).signs(field, field.type, candidates)
    assert len(candidates) == 2
    assert list(rows[:, sign_names().index("earliest")]) == [1.0, 1.0]


def test_a_page_of_short_lines_that_end_with_amounts_is_a_tills_slip() -> None:
    slip = "BIG SKY DINER\n1200 W Main St\n2 Burger 23.90\n1 Coffee 3.50\nSubtotal 27.40\nTax 0.00\nTotal 27.40\n"
    assert written(slip, "total", "3.50")["slip:place"] == written(slip, "total", "3.50")["place"] > 0.0
    letter = (
        "Dear Sirs, we thank you for your order of last week, which we have passed on to our warehouse at Leeds.\n" * 3
    )
    assert written(letter + "It comes to 27.40 in all.", "total", "27.40")["slip:place"] == 0.0


def test_an_amount_that_holds_the_column_beside_it_is_not_the_largest() -> None:
    page = "1 Papier 100 450,00\nnetto 450,00\nMwSt 85,50\nbrutto 535,50\n"
    assert written(page, "total", "100 450,00")["joined"] == 1.0
    assert written(page, "total", "535,50")["largest"] == 1.0
    grouped = "Netto 1 000,00\nMoms 250,00\nAtt betala 1 250,00\n"
    assert written(grouped, "total", "1 250,00")["joined"] == 0.0
    spaced = "netto 100 450,00\nbrutto 119 535,50\n"
    assert written(spaced, "total", "119 535,50")["joined"] == 0.0


def test_what_a_contract_says_its_words_stand_for_is_told() -> None:
    page = "“End Date” means March 3, 2023. Notice is given by March 9, 2022.\n"
    assert written(page, "end", "March 3, 2023")["defined"] == 1.0
    assert written(page, "end", "March 9, 2022")["defined"] == 0.0


def slip(text: str, name: str, value: str, *, template: Template = PAPER) -> dict[str, float]:
    return signs(Page(1, text), name, value, template=template)


def test_where_amounts_stand_above_their_labels_the_label_below_is_theirs() -> None:
    slip_text = "Table 7  Guests 2\n27.98\nFood\n2.03\nTax\n30.01\nTotal\nThank you!"
    assert slip(slip_text, "tax", "2.03")["own_left"] > 0.5
    assert slip(slip_text, "tax", "30.01")["own_above"] == 0.0
    assert slip(slip_text, "total", "30.01")["own_left"] > 0.5
    assert slip(slip_text, "total", "30.01")["rival_above"] == 0.0


def test_where_labels_stand_above_their_amounts_it_stays_so() -> None:
    slip_text = "Food\n27.98\nTax\n2.03\nTotal\n30.01\nThank you!"
    assert slip(slip_text, "tax", "2.03")["own_above"] > 0.5
    assert slip(slip_text, "tax", "30.01")["own_left"] == 0.0


def test_what_was_handed_over_is_told_from_what_was_to_pay_by_the_change_behind_it() -> None:
    slip_text = "Tape  15.90\nSUMA  15.90\nGEGEBEN  50.00\nZURÜCK  34.10\n"
    assert slip(slip_text, "total", "50.00")["paid"] == 1.0
    assert slip(slip_text, "total", "15.90")["due"] == 1.0
    bill = "Net  15.00\nTax  0.90\nTotal  15.90\n"
    assert slip(bill, "total", "15.90")["paid"] == 0.0


def test_change_that_was_rounded_to_a_coin_tells_it_too() -> None:
    slip_text = "DISCO  58.14\nTOTAL\n327.96\nEFECTIVO  328.00\nCAMBIO  0.05\n"
    assert slip(slip_text, "total", "328.00")["paid"] == 1.0
    assert slip(slip_text, "total", "327.96")["due"] == 1.0
    rounded = "Total  327.96\nRounding  0.04\nTo pay  328.00\n"
    assert slip(rounded, "total", "328.00")["paid"] == 0.0


def test_a_day_of_another_paper_is_told() -> None:
    text = "made on May 9, 2019. Under that certain Plan and Agreement of Merger, dated April 3, 2019 (the “Merger Agreement”)"
    assert slip(text, "start", "April 3, 2019")["cited"] == 1.0
    assert slip(text, "start", "May 9, 2019")["cited"] == 0.0


def test_a_room_in_running_text_is_offered_and_told_from_other_words() -> None:
    text = "The lecture on Knowledge\nwill be in Aldon Hall 5214, at 3:30 pm.\nFriday, June 5\nin AlH 4117, please\n"
    assert slip(text, "location", "Aldon Hall 5214")["venue:venue"] == 1.0
    assert slip(text, "location", "AlH 4117")["venue:venue"] > 0.5
    assert slip(text, "location", "Friday, June 5")["venue:venue"] == 0.0


def test_what_is_left_of_a_venue_is_a_part_and_has_no_label() -> None:
    text = "Friday, 4 p.m., 3rd Floor Conference Room, Lund Institute Building\n"
    whole = slip(text, "location", "3rd Floor Conference Room, Lund Institute Building")
    rest = slip(text, "location", "Lund Institute Building")
    assert (whole["part"], rest["part"]) == (0.0, 1.0)
    assert rest["own_inline"] == rest["like_beside"] == 0.0  # "Room" is of the venue
    alone = slip("Location: Lund Institute Building\n", "location", "Lund Institute Building")
    assert alone["part"] == 0.0
    assert alone["own_inline"] > 0.5


def test_words_of_a_venue_that_the_field_is_called_by_are_no_label_of_what_is_left_of_it() -> None:
    field = Field("conference_room", FieldType.LINE)
    document = Document("made.txt", "txt", "", (Page(1, "Friday, 3rd Floor Conference Room, Lund Building\n"),), 1)
    candidates = propose(field, document)
    rows = Layout(document, Meaning(Template("t", 1, "t", "", (field,)))).signs(field, field.type, candidates)
    row = next(row for row, each in zip(rows, candidates, strict=True) if each.text == "Lund Building")
    assert dict(zip(sign_names(), row, strict=True))["like_beside"] == 0.0


def test_a_name_that_is_a_towns_is_told() -> None:
    text = "Seller: Otto Kloz\nPerson: Lund\n"
    assert slip(text, "person", "Lund")["person:town"] == 1.0
    assert slip(text, "person", "Otto Kloz")["person:town"] == 0.0


def test_a_venue_of_two_lines_is_as_whole_as_one_of_one() -> None:
    text = "Location:   3rd Floor Conference Room\n            Lund Building\n"
    both = slip(text, "location", "3rd Floor Conference Room\n            Lund Building")
    assert both["venue:venue"] == 1.0
    assert both["gaps"] == both["loose_first"] == 0.0


def test_lines_that_no_address_begins_with_are_counted() -> None:
    field = Field("address", FieldType.ADDRESS)
    text = "GRILL\nYou decide\n132 North Glendale Ave\nGlendale, CA 91206\n"
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    candidates = propose(field, document)
    rows = Layout(document, Meaning(Template("t", 1, "t", "", (field,)))).signs(field, field.type, candidates)
    loose = dict(zip([each.text for each in candidates], rows[:, sign_names().index("loose_first")], strict=True))
    address = "132 North Glendale Ave\nGlendale, CA 91206"
    assert [loose[before + address] for before in ("GRILL\nYou decide\n", "You decide\n", "")] == [2.0, 1.0, 0.0]


def test_a_name_with_what_belongs_to_it_is_the_whole() -> None:
    text = "Seller: Ivo Holm, Jr.\n"
    assert slip(text, "person", "Ivo Holm")["part"] == 1.0
    assert slip(text, "person", "Ivo Holm")["cut_behind"] == 1.0
    assert slip(text, "person", "Ivo Holm, Jr.")["part"] == 0.0
    assert slip(text, "person", "Ivo Holm, Jr.")["name_whole"] == 1.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Everett,WA", 1.0),
        ("85630 Grünberg", 0.0),
        ("Harbour\n40210 Düsseldorf", 1.0),
        ("SANDIEGO,CA", 1.0),
        ("12 Mill Lane", 0.0),
    ],
)
def test_an_address_that_names_a_town_is_told(text: str, told: float) -> None:
    page = Page(1, f"Thank you\n{text}\n")
    field = Field("where", FieldType.ADDRESS)
    document = Document("made.pdf", "pdf", "", (page,), 1)
    candidate = Candidate(Span(1, 10, 10 + len(text)), text, text)
    template = Template("t", 1, "t", "", (field,))
    row = Layout(document, Meaning(template)).signs(field, field.type, [candidate])[0]
    assert dict(zip(sign_names(), row, strict=True))["town"] == told


def test_a_countrys_name_says_nothing_but_of_a_place_and_a_person() -> None:
    text = "Seller: Germany\nPerson: Germany\n"
    assert slip(text, "person", "Germany")["person:place_known"] == 1.0
    assert slip(text, "seller", "Germany")["place_known"] == 0.0


def test_a_longer_value_at_the_same_place_is_as_much_the_first_and_the_only_one() -> None:
    text = "Thank you\nLocation: Corbin Hall (upstairs)\n"
    for value in ("Corbin Hall (upstairs)", "Corbin Hall"):
        found = slip(text, "location", value)
        assert (found["first_own"], found["last_own"], found["only_own"]) == (1.0, 1.0, 1.0)
    two = "Location: Corbin Hall\n\n\nThank you\n\nLocation: Aldon Hall\n"
    assert slip(two, "location", "Corbin Hall")["only_own"] == 0.0
    assert (slip(two, "location", "Corbin Hall")["first_own"], slip(two, "location", "Aldon Hall")["first_own"]) == (
        1.0,
        0.0,
    )


def test_a_name_over_two_short_lines_is_told() -> None:
    text = "RITE\nAID\n1324 N. State St.\nTel. 801 374\n"
    assert slip(text, "seller", "RITE")["cut_below"] == 1.0
    assert slip(text, "seller", "RITE\nAID")["plain_below"] == 1.0
    assert slip(text, "seller", "RITE\nAID")["cut_below"] == 0.0


def test_a_line_of_very_many_cells_takes_a_time_that_grows_with_it() -> None:
    def seconds(cells: int) -> float:
        document = Document("a.txt", "txt", "", (Page(1, "12.00\t" * cells),), 1)
        candidates = propose(PAPER.fields[0], document)
        layout = Layout(document, Meaning(PAPER))
        began = time.process_time()
        layout.signs(PAPER.fields[0], FieldType.MONEY, candidates)
        return time.process_time() - began

    seconds(100)
    # A square would be sixteen times. A busy machine spoils one measurement, hardly two.
    assert any(seconds(12_000) < 8 * seconds(3_000) for _ in range(2))


def test_net_tax_and_gross_show_each_other() -> None:
    text = (
        "TOTAL QTY: 3  174.90\nTOTAL GST : 9.90\nTO PAY : 174.90\nCASH : 200.00\nGST SUMMARY\nTOTAL :  165.00  9.90\n"
    )
    page = Page(1, text, 0, 0, None)
    gross, net, tax = (signs(page, "total", value) for value in ("174.90", "165.00", "9.90"))
    assert [gross["total:taxed"], net["total:taxed"], tax["total:taxed"]] == [1.0, 0.0, 0.0]
    assert [gross["total:untaxed"], net["total:untaxed"], tax["total:untaxed"]] == [0.0, 1.0, 0.0]
    assert [gross["levied"], net["levied"], tax["levied"]] == [0.0, 0.0, 1.0]


def test_what_is_paid_holds_the_tax_though_it_was_rounded() -> None:
    page = Page(1, "SUB-TOTAL : 4.60\nTOTAL TAX : 0.28\nROUNDING : 0.02\nTOTAL : 4.90\n", 0, 0, None)
    assert signs(page, "total", "4.90")["taxed"] == 1.0
    assert signs(page, "total", "4.60")["untaxed"] == 1.0


def test_amounts_that_add_up_without_a_tax_are_neither() -> None:
    page = Page(1, "Coffee 4.00\nCake 0.80\nTOTAL : 4.80\n", 0, 0, None)
    assert signs(page, "total", "4.80")["taxed"] == signs(page, "total", "4.00")["untaxed"] == 0.0


def test_what_names_a_range_names_its_end_as_well() -> None:
    page = Page(1, "Printed 2025-06-30\nEnd of the run  2025-05-07 - 2025-05-13\n", 0, 0, None)
    assert signs(page, "end", "2025-05-13")["like_beside"] == signs(page, "end", "2025-05-07")["like_beside"] > 0.3


def test_a_room_heads_nothing_though_it_holds_a_word_of_one() -> None:
    page = Page(1, "Wednesday\nAldon Hall 7300\nWHY CLOCKS DRIFT\n\nHall\nSomewhere else\n", 0, 0, None)
    assert signs(page, "location", "WHY CLOCKS DRIFT")["own_above"] == 0.0
    assert signs(page, "location", "Aldon Hall 7300")["label_like"] == 0.0
    assert signs(page, "location", "Somewhere else")["label_like"] == 0.0


def test_the_day_of_a_heading_is_called_what_its_paper_is() -> None:
    page = Page(
        1, "Version: 2.0 vom 18.10.2018\nRechnung Nr. 17 vom 5.6.2018\nzu Bestellung Nr. 9 vom 1.3.2018\n", 0, 0, None
    )
    bill = Template(
        "bill",
        1,
        "Bill",
        "a bill",
        (Field("invoice_number", FieldType.IDENTIFIER), Field("invoice_date", FieldType.DATE)),
    )
    document = Document("made.pdf", "pdf", "", (page,), 1)
    found = propose(bill.fields[1], document)
    rows = Layout(document, Meaning(bill)).signs(bill.fields[1], FieldType.DATE, found)
    beside = dict(zip([each.text for each in found], rows[:, sign_names().index("like_beside")], strict=True))
    assert beside["5.6.2018"] > 0.9
    assert max(beside["18.10.2018"], beside["1.3.2018"]) < 0.5


def test_a_street_with_its_number_is_no_organisation() -> None:
    page = Page(1, "Lieferant GmbH\nLieferantenstraße 20\n80333 München\nStudio 54\n12 High Street\n", 0, 0, None)
    streets = {
        name: signs(page, "seller", name)["street"] for name in ("Lieferantenstraße 20", "12 High Street", "Studio 54")
    }
    assert streets == {"Lieferantenstraße 20": 1.0, "12 High Street": 1.0, "Studio 54": 0.0}


def test_a_value_that_goes_on_into_the_next_label_of_a_form_holds_a_label() -> None:
    page = boxed([(50, "Seller")], [(50, "Glade & Sons")], [(50, "Total amount")], [(50, "12.00")])
    assert signs(page, "buyer", "Glade & Sons\nTotal amount")["label"] == 1.0
    assert signs(page, "buyer", "Glade & Sons")["label"] == 0.0
    wrapped = boxed([(50, "Seller")], [(50, "Glade & Sons")], [(50, "Ltd of Total House")])
    assert signs(wrapped, "buyer", "Glade & Sons\nLtd of Total House")["label"] < 0.5


def test_a_rule_parts_what_is_above_from_what_is_below_and_leaders_do_not() -> None:
    ruled = boxed([(50, "Buyer")], [(50, "----------------")], [(50, "Glade GmbH")])
    assert signs(ruled, "buyer", "Glade GmbH")["own_above"] == 0.0
    led = boxed([(50, "Buyer ........ Glade GmbH")])
    assert signs(led, "buyer", "Glade GmbH")["own_left"] > 0.9


def test_a_caption_in_brackets_names_what_was_written_above_it_and_nothing_below() -> None:
    page = boxed(
        [(50, "Harbour Trading"), (300, "4048")],
        [(50, "(Name of the seller)"), (300, "(Number)")],
        [(50, "Glade Works")],
        [(50, "(Buyer represented)")],
    )
    assert signs(page, "seller", "Harbour Trading")["own_left"] > 0.5
    assert signs(page, "seller", "Harbour Trading")["like_beside"] > 0.5
    assert signs(page, "seller", "Glade Works")["own_above"] == 0.0
    assert signs(page, "seller", "Glade Works")["like_over"] == 0.0
    assert signs(page, "buyer", "Glade Works")["own_left"] > 0.5


def test_a_remark_in_brackets_below_a_label_is_no_caption_of_it() -> None:
    page = boxed([(50, "Seller")], [(50, "(Name of the seller)")], [(50, "Glade Works")])
    assert signs(page, "seller", "Seller")["own_left"] == 0.0
    assert signs(page, "seller", "Glade Works")["own_above"] > 0.0


def test_what_a_number_before_it_counts_names_no_other_number() -> None:
    template = Template("flat", 1, "Flat", "", (Field("rooms", FieldType.INTEGER, near=("rooms",)),))

    def told(text: str, value: str) -> dict[str, float]:
        found = Document("made.txt", "txt", "", (Page(1, text),), 1)
        candidates = propose(template.fields[0], found)
        rows = Layout(found, Meaning(template)).signs(template.fields[0], FieldType.INTEGER, candidates)
        number = next(index for index, each in enumerate(candidates) if each.text == value)
        return dict(zip(sign_names(), rows[number], strict=True))

    counted = told("with 3 rooms, 2 baths", "2")
    assert counted["own_inline"] == counted["own_prose"] == counted["like_beside"] == 0.0
    assert told("with 3 rooms, 2 baths", "3")["own_behind"] > 0.5
    assert told("3 rooms\n1986 built", "1986")["own_above"] == 0.0
    assert told("Rooms\n1986 built", "1986")["own_above"] > 0.0  # as the head of a column would
    assert told("for 2 rooms 5", "5")["own_inline"] > 0.0


def test_a_piece_of_a_sentence_names_nothing_below_it() -> None:
    said = slip(
        "Please write if you want to talk to the\nspeaker,\n\nAnna Berg\n", "speaker", "Anna Berg", template=NOTICE
    )
    assert said["own_above"] == said["like_over"] == 0.0
    said = slip(
        "See the notice board of the house for the list of all\nlater speakers.\nAnna Berg\n",
        "speaker",
        "Anna Berg",
        template=NOTICE,
    )
    assert said["own_above"] == said["like_over"] == 0.0
    said = slip("Later speakers.\nAnna Berg\n", "speaker", "Anna Berg", template=NOTICE)
    assert said["own_above"] > 0.0
    said = slip("Speaker\nAnna Berg\n", "speaker", "Anna Berg", template=NOTICE)
    assert said["own_above"] > 0.5


def test_the_word_for_a_venue_is_none_by_itself() -> None:
    text = "Location: Center\nLocation: Lund Center\nLocation: In this talk,\nPerson: Will Lund\n"
    assert slip(text, "location", "Lund Center")["venue:venue"] == 1.0
    assert slip(text, "location", "Center")["venue:venue"] == 0.5
    assert slip(text, "location", "In this talk,")["venue:small"] == 1.0
    assert slip(text, "person", "Will Lund")["person:small"] == 0.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1:30 PM in Ludbrook Hall\n", 1.0),
        ("Freitag um 14 Uhr, Ludbrook Hall\n", 1.0),
        ("jeudi 14h30, Ludbrook Hall\n", 1.0),
        ("9:15\nLudbrook Hall\n", 0.5),
        ("9:15\nDoors open\nLudbrook Hall\n", 0.0),
        ("12.30 in Ludbrook Hall\n", 0.0),
    ],
)
def test_a_venue_stands_beside_its_time(text: str, told: float) -> None:
    assert slip(text, "location", "Ludbrook Hall")["venue:at_time"] == told


FORM = Template(
    "form",
    1,
    "Form",
    "",
    (
        Field("applicant", FieldType.NAME),
        Field("phone", FieldType.PHONE),
        Field("start_date", FieldType.DATE),
        Field("position", FieldType.LINE),
    ),
)


def test_labels_under_the_line_name_what_is_written_on_it() -> None:
    page = boxed(
        [(0, "Anna Berg"), (200, "04/03/2024")],
        [(0, "Full name"), (200, "Start date")],
        [(0, "Clerk"), (200, "030 5550142")],
        [(0, "Position applied for"), (200, "Phone")],
    )
    for name, value in (("applicant", "Anna Berg"), ("start_date", "04/03/2024"), ("position", "Clerk")):
        found = signs(page, name, value, template=FORM)
        assert found["own_left"] > 0.4, name
        assert found["own_above"] == 0.0, name
    # "Full name" stands above the clerk, and is the label of what is above it.
    assert signs(page, "position", "Clerk", template=FORM)["rival_above"] == 0.0


def test_labels_over_the_line_stay_those_of_what_is_below() -> None:
    page = boxed(
        [(0, "Full name"), (200, "Start date")],
        [(0, "Anna Berg"), (200, "04/03/2024")],
        [(0, "Position applied for"), (200, "Phone")],
        [(0, "Clerk"), (200, "030 5550142")],
    )
    for name, value in (("applicant", "Anna Berg"), ("start_date", "04/03/2024"), ("position", "Clerk")):
        found = signs(page, name, value, template=FORM)
        assert found["own_above"] > 0.4, name
        assert found["own_left"] == 0.0, name


def test_a_part_of_a_label_is_one() -> None:
    page = Page(1, "Position applied for\nBaker\n")
    template = Template("form", 1, "Form", "", (Field("position", FieldType.LINE, near=("position",)),))
    document = Document("made.txt", "txt", "", (page,), 1)
    field = template.field("position")
    inside = [Candidate(Span(1, 9, 20), "applied for", "applied for"), Candidate(Span(1, 21, 26), "Baker", "Baker")]
    rows = Layout(document, Meaning(template)).signs(field, field.type, inside)
    label = [dict(zip(sign_names(), row, strict=True))["label"] for row in rows]
    assert label == [1.0, 0.0]


@pytest.mark.parametrize(
    ("line", "value", "told"),
    [
        ("Total for 7 nights:  $165", "7", 1.0),
        ("Subtotal (3 items):  41.50", "3", 1.0),
        ("Total for 7 nights:  $165", "165", 0.0),
        ("Total: 165 paid by:  Anna", "165", 0.0),  # a value of its own, and the next label
        ("Total 165", "165", 0.0),
    ],
)
def test_a_number_among_the_words_of_a_label_is_one_of_them(line: str, value: str, told: float) -> None:
    assert signs(Page(1, line + "\n"), "total", value)["label"] == told


def test_the_year_of_a_name_belongs_to_it() -> None:
    page = Page(1, "Seller:  Holt Festival 2020\nBuyer:  Berg Festival 2020-1\n")
    assert signs(page, "seller", "Holt Festival")["cut_behind"] == 1
    assert signs(page, "seller", "Holt Festival 2020")["cut_behind"] == 0
    assert signs(page, "seller", "Berg Festival")["cut_behind"] == 0


def test_a_small_word_within_a_name_labels_nothing() -> None:
    page = Page(1, "Buyer:  Road to Tarvo Foods\n\nSold to Lund Traders\n")
    assert signs(page, "buyer", "Tarvo Foods")["own_inline"] == 0
    assert signs(page, "buyer", "Lund Traders")["own_inline"] > 0.3
