"""Letters, mails and contracts: what is offered of their sentences, however a mail program or a line's end cuts them."""

from __future__ import annotations

import time

import pytest

from stillroom.documents.document import Document, Page
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.candidates.quoted_mail import quote_marks, without_quote_marks
from stillroom.templates.template import Field, FieldType


def values(kind: FieldType, text: str) -> set[str]:
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    return {candidate.value for candidate in propose(Field("f", kind), document)}


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (FieldType.DURATION, "> with a notice of three\n> months, to\n> the end of June.", "3 months"),
        (FieldType.NAME, "> were there: Tarja\n> Lindqvist and Ole Brandt.", "Tarja Lindqvist"),
        (FieldType.ORGANISATION, "> the Tarvo Foods\n> Ltd. supplies what is ordered.", "Tarvo Foods Ltd."),
        (FieldType.LINE, ">> Place: Lund Hall\n>>\n>> Bring a chair.", "Lund Hall"),
    ],
)
def test_a_value_goes_on_behind_the_mark_of_a_quoted_line(kind: FieldType, text: str, expected: str) -> None:
    assert expected in values(kind, text)


def test_the_mark_of_a_quoted_line_is_no_value() -> None:
    assert ">" not in values(FieldType.LINE, "> Dear Anna,\n>\n> see you soon.")


def test_what_stands_before_one_line_alone_is_no_mark() -> None:
    assert without_quote_marks("Menu:\n> File > Open\nand so on") == "Menu:\n> File > Open\nand so on"
    assert without_quote_marks("> a\n> > b > c\n") == "  a\n    b > c\n"


@pytest.mark.parametrize("text", [">" * 200_000, "> " * 100_000, ">\n" * 100_000, "a\n> " * 100_000])
def test_marks_are_found_in_a_time_that_grows_with_the_text(text: str) -> None:
    began = time.perf_counter()
    list(quote_marks(f"{text}\n{text}"))
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zwischen Tarvo Werkzeugbau GmbH und der Gemeinde Lund wird", "Tarvo Werkzeugbau GmbH"),
        ("L'Amicale des Boulistes de Tarvo vous convie", "Amicale des Boulistes de Tarvo"),
        ("L'association Les Amis du Rail, d'une part", "Les Amis du Rail"),
        ("La Clinique du Parc Lund vous invite", "Clinique du Parc Lund"),
        ("La Asociación de Padres El Roble le invita", "Asociación de Padres El Roble"),
        ("devant le tribunal de police de Tarvo le jeudi", "tribunal de police de Tarvo"),
        ("devant le conseil de prud'hommes de Lund.", "conseil de prud'hommes de Lund"),
        ("por el Juzgado de lo Social n.º 4 de Tarvo, que", "Juzgado de lo Social n.º 4 de Tarvo"),
        ("IN THE COUNTY COURT AT TARVO      Claim No. 17", "COUNTY COURT AT TARVO"),
        ("Herr Jan Holt, Grafiker, und die Lund AG", "Jan Holt"),
        ("in der Sache Anna Holt gegen die Stadt", "Anna Holt"),
        ("in dem Rechtsstreit\nAutohaus Tarvo GmbH ./. Jan Holt", "Autohaus Tarvo GmbH"),
        ("at the works of Tarvo\nLund-Brandt since March", "Tarvo Lund-Brandt"),
    ],
)
def test_an_organisation_is_offered_without_what_a_sentence_has_before_it(text: str, expected: str) -> None:
    assert expected in values(FieldType.ORGANISATION, text)


@pytest.mark.parametrize(
    ("text", "expected", "none"),
    [
        ("at Lund Hall, Mill Lane, Tarvo. Doors open at 2 pm", "Lund Hall, Mill Lane, Tarvo", "Lund Hall, Mill Lane, Tarvo. Doors"),
        ("im Sitzungssaal II. Das Erscheinen ist", "Sitzungssaal II", "Sitzungssaal II. Das"),
        ("Bildungszentrum Tarvo, Raum 3.12", "Bildungszentrum Tarvo, Raum 3.12", "Bildungszentrum Tarvo, Raum"),
        ("im Saal 14.30 Uhr", "Saal", "Saal 14.30"),
        ("a las 9 horas en la Sala de vistas 6. Tarvo, a 3", "Sala de vistas 6", "Sala de vistas 6. Tarvo"),
        ("réunis à la salle paroissiale.", "salle paroissiale", "salle"),
        ("dans le hall de l'immeuble.", "hall de l'immeuble", "hall"),
        ("im Musikraum der Grundschule Herr Holt", "Musikraum der Grundschule", "Musikraum der"),
    ],
)  # fmt: skip
def test_a_venue_ends_with_its_sentence(text: str, expected: str, none: str) -> None:
    found = values(FieldType.LINE, text)
    assert expected in found
    assert none not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Geschäftsnummer: 17 C 204/23\n", "17 C 204/23"),
        ("das Aktenzeichen 41 Ds 207 Js 88/23.", "41 Ds 207 Js 88/23"),
        ("Geschäftszahl 6 C 31/24 w", "6 C 31/24 w"),
        ("Objet : RG F 23/00417, renvoi", "F 23/00417"),
        ("du contrat n° KS 30 2244 D, souscrit", "KS 30 2244 D"),
        ("Kündigung Abo Nr. B 441 803\n", "B 441 803"),
    ],
)
def test_a_number_in_groups_is_offered_whole(text: str, expected: str) -> None:
    assert expected in values(FieldType.IDENTIFIER, text)


def test_a_number_in_groups_takes_no_word_in() -> None:
    assert not {"12 AN 4711", "12 AN"} & values(FieldType.IDENTIFIER, "Haus Nr. 12 AN 4711 Leute")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("de 20 heures à 21 heures 30.", "21:30"),
        ("um 18 Uhr 15 im Saal", "18:15"),
        ("à 8 heures 30 par-devant", "08:30"),
    ],
)
def test_minutes_stand_behind_the_word_for_an_hour(text: str, expected: str) -> None:
    assert expected in values(FieldType.TIME, text)
