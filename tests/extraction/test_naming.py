"""What a text shows of the names in it."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates.persons import name_signs
from stillroom.extraction.candidates.towns import is_town, names_a_town
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.layout import Layout
from stillroom.extraction.naming import employed, no_person
from stillroom.extraction.signs import sign_names
from stillroom.templates.template import Field, FieldType, Template

AGREEMENT = """CONSULTING AGREEMENT
THIS AGREEMENT is made by and between Tarvo Foods, Inc. (the “Company”) and Anna Berg (the “Consultant”). The Company keeps its
Confidential Information confidential, and no information leaves the house. Holt Bank GmbH is no party. Differences between Old Trade
and New Craft do not matter.

Tarvo Foods, Inc.
By: Jan Kloz
Name: Jan Kloz
"""


def signs(text: str, kind: FieldType) -> dict[str, dict[str, float]]:
    """By value those of its first candidate."""
    field = Field("people", FieldType.LIST, of=kind)
    document = Document("a.txt", "txt", "", (Page(1, text),), 1)
    layout = Layout(document, Meaning(Template("t", 1, "t", "", (field,))))
    candidates = layout.proposals.of(field, kind).candidates
    found: dict[str, dict[str, float]] = {}
    for candidate, row in zip(candidates, layout.signs(field, kind, candidates), strict=True):
        found.setdefault(candidate.value, dict(zip(sign_names(), row.tolist(), strict=True)))
    return found


def test_parties_are_introduced_and_called_something() -> None:
    found = signs(AGREEMENT, FieldType.ORGANISATION)
    for party in ("Tarvo Foods, Inc.", "Anna Berg"):
        assert (found[party]["introduced"], found[party]["called"]) == (1, 1)
    assert (found["Holt Bank GmbH"]["introduced"], found["Holt Bank GmbH"]["called"]) == (0, 0)
    assert found["Confidential Information"]["introduced"] == 0
    assert 0 < found["New Craft"]["introduced"] < 1  # by a later "between"


def test_a_defined_term_stands_in_quotes_and_a_word_of_every_day_elsewhere() -> None:
    found = signs(AGREEMENT, FieldType.NAME)
    assert found["Consultant"]["quoted"] == 1
    assert found["Anna Berg"]["quoted"] == 0
    assert found["Confidential Information"]["everyday"] == 1
    assert found["Anna Berg"]["everyday"] == 0


def test_who_signs_stands_behind_a_word_for_it_and_below_the_party() -> None:
    found = signs(AGREEMENT, FieldType.NAME)
    assert found["Jan Kloz"]["signed"] == 1
    assert found["Anna Berg"]["signed"] == 0
    below = signs("Tarvo Foods, Inc.\nBy: Jan Kloz\n", FieldType.ORGANISATION)
    assert below["Tarvo Foods, Inc."]["signed_below"] == 1


@pytest.mark.parametrize(
    ("text", "name", "sign"),
    [
        ("We saw Mr. Kloz today.", "Kloz", "titled"),
        ("Hansen is ill. The song by Anna Hansen is old.", "Hansen", "named_whole"),
        ("Today. Kloz is ill.", "Kloz", "begins"),
    ],
)
def test_a_part_of_a_name_is_told_from_other_words(text: str, name: str, sign: str) -> None:
    found = signs(text, FieldType.NAME)
    assert found[name][sign] == 1


def test_a_name_that_is_a_part_of_a_whole_one_is_held() -> None:
    found = signs("by Tarvo Foods, Inc. and Holt Bank GmbH today", FieldType.ORGANISATION)
    assert (found["Tarvo Foods, Inc."]["held"], found["Tarvo Foods, Inc."]["legal"]) == (0, 1)
    joined = signs("Tarvo Foods, Inc. and Holt Bank", FieldType.ORGANISATION)
    assert joined["Tarvo Foods, Inc. and Holt Bank"]["legal_inside"] == 1
    assert found["Holt Bank GmbH"]["legal_inside"] == 0
    persons = signs("We thank Anna Berg for it.", FieldType.NAME)
    assert [persons[name]["held"] for name in ("Anna Berg", "Anna", "Berg")] == [0, 1, 1]


NOTICE = """Topic: Holt talk moved
From: jberg+@tarvo.example (Jan Berg)

                 Shape of Things to Come

                     MIRA HOLT
              Kloz Research Laboratory

Ivo Kloz, Tarvo Foods, Inc., and Ada Lund from the Water Office answer questions; Tom Busk and Ben Orel listen. Ask Dr. Rea Tamm
about Tom, and write to kloz@tarvo.example. The Head of Water is away.


2:30 PM Una Kern

Peter
"""


def person_signs(text: str) -> dict[str, dict[str, float]]:
    """By value those of its last candidate, as of a field that asks for a single person."""
    field = Field("speaker", FieldType.NAME)
    layout = Layout(Document("a.txt", "txt", "", (Page(1, text),), 1), Meaning(Template("t", 1, "t", "", (field,))))
    candidates = layout.proposals.of(field, field.type).candidates
    rows = layout.signs(field, field.type, candidates)
    return {
        candidate.value: {
            name.removeprefix("person:"): value
            for name, value in zip(sign_names(), row.tolist(), strict=True)
            if name.startswith("person:")
        }
        for candidate, row in zip(candidates, rows, strict=True)
    }


@pytest.mark.parametrize(
    ("sign", "those", "others"),
    [
        ("employed", ["MIRA HOLT", "Ivo Kloz", "Ada Lund"], ["Tom Busk", "Jan Berg", "Peter"]),
        ("in_subject", ["MIRA HOLT"], ["Ivo Kloz", "Tom Busk"]),
        ("said_again", ["MIRA HOLT", "Tom Busk"], ["Ada Lund", "Jan Berg", "Ben Orel", "Dr. Rea Tamm"]),
        ("name_titled", ["Dr. Rea Tamm"], ["MIRA HOLT", "Rea Tamm"]),
        ("titled", ["Rea Tamm"], ["MIRA HOLT", "Dr. Rea Tamm"]),
        ("single", ["Peter"], ["MIRA HOLT"]),
        ("employer", ["Kloz Research Laboratory", "Tarvo Foods, Inc.", "Head of Water"], ["MIRA HOLT", "Ivo Kloz"]),
        ("at_time", ["Una Kern"], ["MIRA HOLT", "Tom Busk"]),
    ],
)
def test_a_person_is_told_by_what_is_said_of_them(sign: str, those: list[str], others: list[str]) -> None:
    found = person_signs(NOTICE)
    assert [found[name][sign] for name in those] == [1.0] * len(those)
    assert [found[name][sign] for name in others] == [0.0] * len(others)


def test_a_name_with_its_title_is_as_whole_as_the_name() -> None:
    found = signs("DR. ANNA BERG speaks. Berg is a chemist.", FieldType.NAME)
    assert (found["DR. ANNA BERG"]["named_whole"], found["ANNA BERG"]["named_whole"], found["Berg"]["named_whole"]) == (
        0,
        0,
        1,
    )


def test_a_name_with_a_nickname_is_whole() -> None:
    found = person_signs('a talk by William "Bill" Hansen today')
    assert found['William "Bill" Hansen']["name_whole"] == 1


def test_a_title_with_a_name_is_told_from_one_with_an_office() -> None:
    found = person_signs("Who: Dr. Ada Lund-Associate Professor of Physics\n")
    assert (found["Dr. Ada Lund"]["name_titled"], found["Dr. Ada Lund"]["employer"]) == (1, 0)
    whole = found["Dr. Ada Lund-Associate Professor of Physics"]
    assert (whole["name_titled"], whole["employer"]) == (0, 1)
    assert person_signs("Who: Dr. Dean Lund\n")["Dr. Dean Lund"]["employer"] == 0


def test_what_begins_or_ends_with_a_small_word_is_no_name() -> None:
    found = person_signs("Speech: Behaviour Control of\nMira Holt of Tarvo\n")
    assert found["Behaviour Control of"]["small"] == 1.0
    assert 0.0 < found["Mira Holt of Tarvo"]["small"] < 0.5
    assert found["Mira Holt"]["small"] == 0.0


@pytest.mark.parametrize(
    ("behind", "says"),
    [
        (" vom Lehrstuhl für Physik spricht", 1.0),
        (", directrice du laboratoire", 1.0),
        ("\n   Departamento de Historia\n", 1.0),
        ("\n\n   University Professor\n", 1.0),
        (" of JPL under the programme", 0.5),
        ("\n   DIKU, Copenhagen\n", 0.5),
        (" of the house", 0.0),
        ("\n   We wrote to the bank and the office of the town.\n", 0.0),
        ("\n\n\n   Holt University\n", 0.0),
        ("\n   Anna Berg, Tarvo Research, Inc.\n", 0.0),
        ("\n   Tarvo Foods, Inc., Cork\n", 1.0),
    ],
)
def test_where_somebody_works_stands_behind_or_below(behind: str, says: float) -> None:
    assert employed(behind) == says


def test_an_address_of_the_web_is_no_word_of_every_day() -> None:
    found = signs("Mira Holt, mira@tarvo.example, speaks of shapes. Shapes are round.", FieldType.NAME)
    assert found["Mira Holt"]["everyday"] == 0
    assert found["Shapes"]["everyday"] == 1


def test_a_single_name_is_not_told_by_what_tells_items() -> None:
    field, listed = Field("person", FieldType.NAME), Field("people", FieldType.LIST, of=FieldType.NAME)
    document = Document("a.txt", "txt", "", (Page(1, AGREEMENT),), 1)
    layout = Layout(document, Meaning(Template("t", 1, "t", "", (field, listed))))
    candidates = layout.proposals.of(field, FieldType.NAME).candidates
    place = sign_names().index("quoted")
    assert layout.signs(listed, FieldType.NAME, candidates)[:, place].any()
    assert not layout.signs(field, FieldType.NAME, candidates)[:, place].any()


def test_small_words_in_a_persons_name_do_not_count() -> None:
    assert name_signs("Maria de la Cruz") == (1, 1)
    assert name_signs("Anna Maria van der Berg Holt") == (1, 1)
    assert name_signs("Anna the Berg")[0] < 1


@pytest.mark.parametrize(
    "text",
    [
        "Tarvo Foods Ltd",
        "Chief Financial Officer",
        "Wednesday",
        "Wednesday, October 17, 2019",
        "October",
        "Delaware",
        "South Korea",
        "Springfield",
        "Church Street",
    ],
)
def test_firms_offices_days_and_places_are_no_persons(text: str) -> None:
    assert no_person(text)


@pytest.mark.parametrize(
    "text", ["Anna Berg", "Kloz", "President Anna Berg", "Mary Lane", "Holt", "Jordan", "Anna Chicago"]
)
def test_a_persons_name_is_not_held_for_something_else(text: str) -> None:
    assert not no_person(text)


def test_a_persons_name_is_no_town_of_that_name() -> None:
    found = signs("We met Anna. Springfield is far.", FieldType.NAME)
    for sign in ("town", "no_person"):
        assert {name: found[name][sign] for name in ("Anna", "Springfield")} == {"Anna": 0, "Springfield": 1}


@pytest.mark.parametrize("word", ["Date", "Same", "March"])
def test_a_word_is_a_town_where_something_of_an_address_stands_beside_it(word: str) -> None:
    assert not is_town(word)
    assert not names_a_town(word)
    assert is_town(f"85630 {word}")
    assert names_a_town(f"{word}, TX")
    assert is_town("Springfield")


def test_a_name_in_small_letters_is_known() -> None:
    assert name_signs("maria lopez") == (1, 1)
    assert name_signs("maria wrote") == name_signs("will page") == (0, 0)
