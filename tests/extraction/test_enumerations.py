"""What is listed under a name is what it is called; what a mail says of itself is not of what it tells; a role stands behind its name."""

from __future__ import annotations

import time

import pytest

from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.enumerations import ELSEWHERE, Enumerations
from stillroom.extraction.mail_moments import MailMoments
from stillroom.extraction.told import Told
from stillroom.templates.template import Field, FieldType, Template

PRESENT = Field("present", FieldType.LIST, of=FieldType.NAME)
APOLOGIES = Field("apologies", FieldType.LIST, of=FieldType.NAME)
CHAIR = Field("chair", FieldType.NAME)
HELD = Field("meeting_date", FieldType.DATE)
DATE = Field("date", FieldType.DATE)
MINUTES = Template("minutes", 1, "Minutes", "", (PRESENT, APOLOGIES, CHAIR, HELD, DATE))


def document(text: str) -> Document:
    return Document("made.txt", "txt", "", (Page(1, text),), 1)


def listed(field: Field, text: str) -> set[str]:
    """What is as a whole an item of what is listed under a field's name."""
    candidates = propose(field, document(text), kind=FieldType.NAME)
    shares = Enumerations(document(text), Meaning(MINUTES)).of(field, candidates)
    return {candidates[at].value for at, share in shares.items() if share >= 1}


@pytest.mark.parametrize(
    ("text", "present", "away"),
    [
        ("Present: Anna Holt (Chair), Ole Brandt and Jan Lund\nApologies: Mia Berg\n", {"Anna Holt", "Jan Lund"}, {"Mia Berg"}),
        ("Anwesend: Anna Holt, Ole\nBrandt, Jan Lund\nEntschuldigt: Mia Berg", {"Anna Holt", "Ole Brandt"}, {"Mia Berg"}),
        ("> Présents : Anna Holt, Ole\n> Brandt et Jan Lund.\n> Absente excusée : Mia Berg", {"Ole Brandt", "Jan Lund"}, {"Mia Berg"}),
        ("Estuvimos Anna Holt, Ole Brandt y Rosa Ruiz. Faltó Mia Berg.", {"Anna Holt", "Ole Brandt", "Rosa Ruiz"}, {"Mia Berg"}),
        ("Directors present\nAnna Holt, Secretary\nOle Brandt\nDirector absent\nMia Berg\n", {"Anna Holt", "Ole Brandt"}, {"Mia Berg"}),
        ("Anwesend waren die Herren Jan Berg und Ole Brandt. Es fehlte: Mia Berg.", {"Jan Berg", "Ole Brandt"}, {"Mia Berg"}),
    ],
)  # fmt: skip
def test_items_stand_behind_what_they_are_called(text: str, present: set[str], away: set[str]) -> None:
    assert listed(PRESENT, text) >= present
    assert not listed(PRESENT, text) & away
    assert listed(APOLOGIES, text) >= away
    assert not listed(APOLOGIES, text) & present


def shares(field: Field, text: str) -> dict[str, float]:
    candidates = propose(field, document(text), kind=FieldType.NAME)
    found = Enumerations(document(text), Meaning(MINUTES)).of(field, candidates)
    return {candidates[at].value: share for at, share in found.items()}


def test_a_piece_of_an_item_and_several_of_them_are_none() -> None:
    found = shares(PRESENT, "Present: Anna Holt, Ole Brandt\n\nJan Lund wrote this down.")
    assert found["Anna"] < 0
    assert found.get("Anna Holt, Ole Brandt", -1.0) < 0
    assert found["Jan Lund"] == ELSEWHERE


@pytest.mark.parametrize("text", ["User: Anna Holt\n\nOle Brandt called.", "Name: Anna Holt\n\nOle Brandt called."])
def test_a_label_of_anybody_says_nothing_of_the_others(text: str) -> None:
    template = Template(
        "t", 1, "", "", (Field("persons", FieldType.LIST, of=FieldType.NAME, description="a person who is named"),)
    )
    candidates = propose(template.fields[0], document(text), kind=FieldType.NAME)
    assert Enumerations(document(text), Meaning(template)).of(template.fields[0], candidates) == {}


def test_where_nothing_is_listed_under_its_name_nothing_is_said() -> None:
    assert shares(PRESENT, "Anna Holt met Ole Brandt.\nApologies: Mia Berg") == pytest.approx(
        {"Mia Berg": -1.0, "Mia": -1.0, "Berg": -1.0}
    )


def test_a_sentence_says_it_of_whom_it_is_about() -> None:
    assert shares(APOLOGIES, "We met at noon. Mia Berg sent her apologies.")["Mia Berg"] > 0


def test_a_long_list_takes_a_time_that_grows_with_it() -> None:
    text = (
        "Present: "
        + ", ".join(f"Anna Holt{number}" for number in range(3_000))
        + "\n"
        + "Apologies: Mia Berg\n" * 3_000
    )
    candidates = propose(PRESENT, document("Anna Holt"), kind=FieldType.NAME)
    began = time.perf_counter()
    Enumerations(document(text), Meaning(MINUTES)).of(PRESENT, candidates)
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("From: Anna Holt\nDate: 3 March 2031\nSubject: Lunch\n\nWe eat on 9 March 2031.", "2031-03-03"),
        (
            "Von: Anna Holt\nGesendet: Montag, 3. März 2031 09:15\nBetreff: Essen\n\nEssen am 9. März 2031.",
            "2031-03-03",
        ),
        ("Danke!\n\nAm 3. März 2031 schrieb Anna Holt:\n> Essen am 9. März 2031.\n> Gruß", "2031-03-03"),
        ("Merci\n\nLe 3 mars 2031, Anna Holt a écrit :\n> Repas le 9 mars 2031.\n> Anna", "2031-03-03"),
        (
            "> De: Anna Holt\n> Enviado el: 3 de marzo de 2031\n> Asunto: Comida\n> Será el 9 de marzo de 2031.",
            "2031-03-03",
        ),
    ],
)
def test_when_a_mail_was_sent_is_not_when_something_takes_place(text: str, day: str) -> None:
    candidates = propose(HELD, document(text))
    moments = MailMoments(document(text))
    assert {each.value for each in candidates if moments.hold(each.span)} == {day}
    told = Told(document(text), Meaning(MINUTES))
    said = told.of(HELD, FieldType.DATE, candidates)
    assert {candidates[at].value for at, strength in said.items() if strength < 0} == {day}
    assert not any(strength < 0 for strength in told.of(DATE, FieldType.DATE, candidates).values())


def test_one_line_with_a_label_is_no_head_of_a_mail() -> None:
    text = "Minutes\nDate: 3 March 2031\nAll were there."
    assert not any(MailMoments(document(text)).hold(each.span) for each in propose(HELD, document(text)))


@pytest.mark.parametrize(
    "text",
    ["Anna Holt (Chair) and Ole Brandt", "Anna Holt, Chairperson\nOle Brandt", "Anna Holt (Vorsitz), Ole Brandt"],
)
def test_a_role_behind_a_name_says_whose_it_is(text: str) -> None:
    candidates = propose(CHAIR, document(text))
    said = Told(document(text), Meaning(MINUTES)).of(CHAIR, FieldType.NAME, candidates)
    raised = {candidates[at].value for at, strength in said.items() if strength > 0}
    assert "Anna Holt" in raised
    assert not any("Brandt" in value for value in raised)


CASE = Template(
    "case",
    1,
    "Case",
    "",
    tuple(Field(name, FieldType.ORGANISATION) for name in ("claimant", "defendant", "court", "organiser", "supplier")),
)


def raised(name: str, text: str) -> set[str]:
    """The values that the text plainly says are a field's."""
    field = CASE.field(name)
    candidates = propose(field, document(text))
    said = Told(document(text), Meaning(CASE)).of(field, FieldType.ORGANISATION, candidates)
    return {candidates[at].value for at, strength in said.items() if strength > 0}


@pytest.mark.parametrize(
    "text",
    [
        "in the matter of Tarvo Foods Ltd v. Lund Timber Ltd, listed",
        "In dem Rechtsstreit\nTarvo Foods Ltd ./. Lund Timber Ltd\nwerden Sie",
        "> the case of Tarvo Foods Ltd against\n> Lund Timber Ltd, which",
        "Tarvo Foods Ltd, Plaintiff\nand\nLund Timber Ltd, Defendant\n",
        "Tarvo Foods Ltd         Claimant\nLund Timber Ltd         Defendant\n",
    ],
)
def test_who_sues_stands_before_who_is_sued(text: str) -> None:
    assert "Tarvo Foods Ltd" in raised("claimant", text)
    assert "Lund Timber Ltd" not in raised("claimant", text)
    assert "Lund Timber Ltd" in raised("defendant", text)
    assert "Tarvo Foods Ltd" not in raised("defendant", text)


def test_what_stands_between_two_says_nothing_of_other_fields() -> None:
    assert raised("supplier", "Tarvo Foods Ltd v. Lund Timber Ltd") == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("heard at Lund Crown Court by Tarvo Ltd", "Lund Crown Court"),
        ("vor dem Landgericht Lund gegen die Tarvo GmbH", "Landgericht Lund"),
        ("devant le tribunal de police de Tarvo, contre Lund SARL", "tribunal de police de Tarvo"),
    ],
)
def test_a_name_may_say_itself_that_it_is_a_court(text: str, expected: str) -> None:
    assert expected in raised("court", text)
    assert not raised("court", text) & {"Tarvo Ltd", "Tarvo GmbH", "Lund SARL"}
    assert raised("supplier", text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "The Tarvo Rowing Club invites you to Lund Hall.",
        "Der Tarvo Rowing Club lädt Sie ein.",
        "Le Tarvo Rowing Club vous invite à Lund.",
    ],
)
def test_who_does_it_stands_before_the_verb(text: str) -> None:
    assert "Tarvo Rowing Club" in raised("organiser", text)
    assert not any("Lund" in value for value in raised("organiser", text))


def test_a_noun_may_go_on_with_a_name() -> None:
    template = Template("t", 1, "", "", (Field("speaker", FieldType.NAME),))
    candidates = propose(template.fields[0], document("a list of Tarvo Seminar speakers."))
    assert not Told(document("a list of Tarvo Seminar speakers."), Meaning(template)).of(
        template.fields[0], FieldType.NAME, candidates
    )


def test_a_label_of_the_next_value_is_no_verb() -> None:
    assert raised("organiser", "Tarvo Rowing Club organiser: Lund Timber Ltd") == set()


def test_what_takes_place_is_no_place() -> None:
    template = Template("t", 1, "", "", (Field("occasion", FieldType.LINE, description="what takes place"),))
    assert Meaning(template).affinity("occasion", "location") == 0


@pytest.mark.parametrize("kind", [FieldType.NAME, FieldType.ORGANISATION])
def test_an_address_of_mail_is_nobodys_name(kind: FieldType) -> None:
    field = Field("f", kind)
    assert not any(
        "@" in each.value
        for each in propose(field, document("To: help@tarvo.example\nFrom: Anna Holt <a@lund.example>"))
    )


LETTER = Template(
    "letter", 1, "Letter", "", (Field("sender", FieldType.NAME), Field("recipient", FieldType.ORGANISATION))
)


@pytest.mark.parametrize(
    "text",
    [
        "I wish to end this.\n\nYours faithfully,\n\nAnna Holt\n3 May 2031, Ole Brandt",
        "> Ich kündige.\n>\n> Mit freundlichen Grüßen\n>\n> Anna Holt\n> Anlage: Ole Brandt",
        "Herzliche Grüße, Anna Holt\n",
        "From: Anna Holt\n\nOle Brandt is ill.\n\nThanks\nAnna\n",
        "Merci, Ole Brandt attend.\n\nCordialement,\nAnna Holt",
    ],
)
def test_who_wrote_a_letter_signs_below_its_closing(text: str) -> None:
    field = LETTER.field("sender")
    candidates = propose(field, document(text))
    said = Told(document(text), Meaning(LETTER)).of(field, FieldType.NAME, candidates)
    found = {candidates[at].value for at, strength in said.items() if strength > 0}
    assert "Anna Holt" in found
    assert "Ole Brandt" not in found


def test_a_greeting_is_no_part_of_whom_it_greets() -> None:
    text = "Hello Tarvo Foods,\n\nplease send it to Lund Timber."
    field = LETTER.field("recipient")
    candidates = propose(field, document(text))
    said = {
        candidates[at].value: strength
        for at, strength in Told(document(text), Meaning(LETTER)).of(field, FieldType.ORGANISATION, candidates).items()
    }
    assert said["Tarvo Foods"] > 0 > said["Hello Tarvo Foods"]
    assert "Lund Timber" not in said


def test_a_month_in_a_date_is_nobody() -> None:
    found = {
        each.value
        for each in propose(Field("f", FieldType.NAME), document("On 9 June and on May 4, 2031 June Holt rang."))
    }
    assert "June Holt" in found
    assert "May" not in found


@pytest.mark.parametrize(
    "text",
    [
        "Tarvo SARL, représentée par son gérant, M. Jan Brandt, et la Lund SA, d'autre part,",
        "Tarvo SARL, vertreten durch Jan Brandt, und die Lund SA,",
        "Tarvo SARL, represented by its manager Jan Brandt, and Lund SA,",
    ],
)
def test_who_acts_for_a_party_is_none(text: str) -> None:
    template = Template("t", 1, "", "", (Field("parties", FieldType.LIST, of=FieldType.ORGANISATION),))
    field = template.fields[0]
    candidates = propose(field, document(text), kind=FieldType.ORGANISATION)
    lowered = {
        candidates[at].value
        for at, told in Told(document(text), Meaning(template)).of(field, FieldType.ORGANISATION, candidates).items()
        if told < 0
    }
    assert "Jan Brandt" in lowered
    assert not {"Tarvo SARL", "Lund SA"} & lowered
