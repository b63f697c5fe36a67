"""Labels that no list has: told by the words a field is called and described with."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates.persons import name_signs
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.layout import Layout
from stillroom.extraction.likeness import Likeness, differ_in_one
from stillroom.extraction.signs import sign_names
from stillroom.templates.template import Field, FieldType, Template

FORM = Template(
    "form",
    1,
    "Form",
    "",
    (
        Field("report_date", FieldType.DATE, description="when the damage was reported"),
        Field("date_of_loss", FieldType.DATE, description="when it happened; not the day of the report"),
        Field("registrant_name", FieldType.ORGANISATION, description="the firm that registers"),
        Field("registration_num", FieldType.IDENTIFIER, description="the registration number"),
        Field("signer", FieldType.NAME, description="who signed the form"),
    ),
)
LIKE = Likeness(FORM.fields)


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("Date Reported", "report_date"),
        ("Date of Loss", "date_of_loss"),
        ("Dote of Loss:", "date_of_loss"),  # as recognition has it
        ("1. Name of Registrant", "registrant_name"),
        ("Nameof Reglstrant", "registrant_name"),
        ("2. Registration No.", "registration_num"),
        ("NameofRegistrant", "registrant_name"),
        ("Signed by", "signer"),
        ("Signature", "signer"),
    ],
)
def test_a_label_is_like_the_field_it_names(label: str, field: str) -> None:
    own, rival = LIKE.of_cell(field, label)
    assert own > 0.4
    assert rival == 0.0
    for other in FORM.fields:
        if other.name != field:
            assert LIKE.of_cell(other.name, label)[1] > 0.0


def test_words_that_say_nothing_of_a_field_are_like_none() -> None:
    for text in ("", "12345", "the and of", "Deductible", "Zoning District"):
        assert all(LIKE.of_cell(field.name, text) == (0.0, 0.0) for field in FORM.fields)


def test_only_the_end_of_what_stands_before_a_value_counts() -> None:
    assert LIKE.before("date_of_loss", "Adjuster Anna Berg   Date of Loss: ")[0] > 0.9
    assert LIKE.before("date_of_loss", "Date of Loss unknown, please ask our office again ")[0] < 0.5


def test_a_name_that_holds_a_label_is_none() -> None:
    assert LIKE.label("Date of Loss") > 0.9
    assert LIKE.label("Registrantia Holdings Ltd") < 0.2


@pytest.mark.parametrize(
    ("left", "right", "one"),
    [("total", "totai", True), ("total", "tota", True), ("total", "totals", True), ("total", "tonal", True),
     ("total", "toil", False), ("total", "tables", False), ("net", "tax", False)],
)  # fmt: skip
def test_a_letter_taken_for_another(left: str, right: str, one: bool) -> None:
    assert differ_in_one(left, right) is one
    assert differ_in_one(right, left) is one


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("{label}: 03/14/2019", "like_beside"),
        ("{label}   03/14/2019", "like_beside"),
        ("{label}\n03/14/2019", "like_over"),
    ],
)
def test_what_is_like_a_label_speaks_for_the_value_beside_and_below_it(text: str, sign: str) -> None:
    page = text.format(label="Date Reported") + "\n\n" + text.format(label="Valid").replace("03/14", "05/17")
    document = Document("made.txt", "txt", "", (Page(1, page),), 1)
    field = FORM.fields[0]
    candidates = propose(field, document)
    signs = Layout(document, Meaning(FORM)).signs(field, field.type, candidates)
    told = {candidate.value: signs[row, sign_names().index(sign)] for row, candidate in enumerate(candidates)}
    assert told["2019-03-14"] > 0.7
    assert told["2019-05-17"] < 0.3


@pytest.mark.parametrize("text", ["Anna Berg", "Berg, Anna", "María José García", "Jana Holubová", "Robert A. Morales"])
def test_given_name_and_surname_are_a_person(text: str) -> None:
    assert name_signs(text) == (1.0, 1.0)


@pytest.mark.parametrize(
    "text", ["Permit Fee", "Total Due", "Anna\nBerg", "12 Main Street", "General Terms Of Sale And Delivery"]
)
def test_other_words_are_no_person(text: str) -> None:
    assert name_signs(text)[1] == 0.0


def test_what_follows_a_label_is_a_name_and_a_line() -> None:
    page = (
        "Foreign Principal: Embassy of the Republic\nCar (Year, Make) ____ 2016 Honda Civic\nAnna Berg, Treasurer\n"
        "Signed Anna Berg\nDate of Issue"
    )
    document = Document("made.txt", "txt", "", (Page(1, page),), 1)
    found = {
        kind: {each.value for each in propose(Field("f", kind), document)}
        for kind in (FieldType.ORGANISATION, FieldType.LINE, FieldType.NAME)
    }
    assert "Embassy of the Republic" in found[FieldType.ORGANISATION]
    assert {"2016 Honda Civic", "Treasurer"} <= found[FieldType.LINE]
    assert "Anna Berg" in found[FieldType.NAME]


def test_an_address_holds_no_line_of_a_phone_or_a_time() -> None:
    page = "7377 S. Jones Blvd, #116\nLas Vegas, NV 89139\n(702)776-7778\n3/16/2013 3:41:24PM\n12 High Street\nEverett, WA 98201"
    document = Document("made.txt", "txt", "", (Page(1, page),), 1)
    found = {candidate.value for candidate in propose(Field("f", FieldType.ADDRESS), document)}
    assert {"7377 S. Jones Blvd, #116 Las Vegas, NV 89139", "12 High Street Everett, WA 98201"} <= found
    assert not any("776" in each or "3:41" in each for each in found)


def test_a_word_that_is_cut_short_is_like_the_whole() -> None:
    fields = (Field("maximum_load", FieldType.NUMBER), Field("income", FieldType.MONEY))
    like = Likeness(fields)
    assert like.of_cell("maximum_load", "Max. load")[0] > like.of_cell("maximum_load", "Max load")[0]
    assert like.of_cell("maximum_load", "Max. load")[0] > 0.8
    assert like.of_cell("income", "Holt Inc.")[0] == 0.0
    assert like.of_cell("income", "Income.") == like.of_cell("income", "Income")
