"""A choice is what the document's words speak for; a model's habit decides nothing, and nothing is chosen for nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.extraction.scripted_engine import INFO, ScriptedEngine

from stillroom.documents.document import Document, Page
from stillroom.extraction import choices
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Field, FieldType, Option, Template

TEAM = Field(
    "team",
    FieldType.CHOICE,
    options=(
        Option("deliveries", "a parcel that is late, lost or damaged on its way"),
        Option("garden", "plants, seeds, tools for the soil"),
        Option("other", "anything else"),
    ),
)
CURRENCY = Field(
    "currency",
    FieldType.CHOICE,
    options=(Option("EUR", "euro", ("€", "euros")), Option("USD", "US dollar", ("$",)), Option("CHF", "Swiss franc")),
)
LARGE = replace(INFO, parameters=2_000_000_000)


def made(text: str) -> Document:
    return Document("made.txt", "txt", "", (Page(1, text),), 1)


def chosen(field: Field, text: str, engine: ScriptedEngine | None = None) -> FieldValue:
    template = Template("t", 1, "T", "any message", (field,))
    value = Extractor(engine or ScriptedEngine()).extract(made(text), template, file="made.txt").fields[field.name]
    assert isinstance(value, FieldValue)
    return value


def test_words_like_those_of_the_description_speak_for_an_option() -> None:
    value = chosen(TEAM, "My parcels were damaged when they came.")
    assert value.value == "deliveries"
    assert value.span is not None
    assert value.text in ("parcels", "damaged")
    assert chosen(TEAM, "Which seed tolerates wet soils?").value == "garden"


def test_what_nothing_speaks_for_is_other_or_absent() -> None:
    assert chosen(TEAM, "Hum bzz fff.").value == "other"
    without = replace(TEAM, options=TEAM.options[:2])
    value = chosen(without, "Hum bzz fff.")
    assert (value.value, value.state) == (None, FieldState.ABSENT)
    assert len(value.candidates) == 2
    assert value.confidence < 0.7


def test_a_required_choice_that_nothing_speaks_for_is_put_to_the_model() -> None:
    engine = ScriptedEngine(lambda question, answer: -1.0 if answer == "garden" and "fff" in question else -5.0)
    required = replace(TEAM, options=TEAM.options[:2], required=True)
    assert chosen(required, "Hum bzz fff.", engine).value is not None
    assert engine.requests


def test_a_small_model_is_not_asked_where_words_tell() -> None:
    engine = ScriptedEngine(lambda _, answer: 0.0 if answer == "garden" else -50.0)
    assert chosen(TEAM, "My parcels were damaged.", engine).value == "deliveries"
    assert not engine.requests


def test_a_larger_models_habit_is_taken_out() -> None:
    """It says "garden" with and without a document; what a document changes is what counts."""
    habit = ScriptedEngine(lambda _, answer: 0.0 if answer == "garden" else -50.0, info=LARGE)
    assert chosen(TEAM, "My parcel is late.", habit).value == "deliveries"
    assert len(habit.requests) == 2
    assert [request.prefix[-1].text.endswith("late.") for request in habit.requests] == [True, False]


def test_the_habit_is_asked_for_once_a_template() -> None:
    engine = ScriptedEngine(info=LARGE)
    extractor = Extractor(engine)
    template = Template("t", 1, "T", "any message", (TEAM,))
    for text in ("My parcel is late.", "The parcel is lost."):
        extractor.extract(made(text), template, file="made.txt")
    assert len(engine.requests) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total 12.00 €", "EUR"),
        ("Total USD12.00", "USD"),
        ("CHF 12.00\nprices are in EUR elsewhere", "CHF"),
        ("Dollar Street 7\nTotal 12.00", None),
        ("Total 12.00\nEUROPE", None),
    ],
)
def test_a_currency_is_a_sign_beside_an_amount_or_absent(text: str, expected: str | None) -> None:
    value = chosen(CURRENCY, text)
    assert value.value == expected
    assert value.state is (FieldState.FOUND if expected else FieldState.ABSENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("合計金額: 12万円", "JPY"), ("Do zapłaty: 1250 zl", "PLN"), ("Total: 12.500 BHD", None), ("To pay", None)],
)
def test_a_currency_is_told_by_the_amounts_where_the_options_words_do_not_stand(
    text: str, expected: str | None
) -> None:
    """One that is no option is none of them."""
    value = chosen(TemplateLibrary().find("invoice").field("currency"), text)
    assert value.value == expected
    if expected:
        assert value.span is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We turn your dollars into quality.\nTotal ₺1.250,00", None),
        ("We turn your dollars into quality.\nTotal 1250 zł", "PLN"),
        ("Prices in US dollars.\nTotal $ 1,250.00", "USD"),
        ("Payable in dollars.\nTotal 1,250.00", "USD"),
    ],
)
def test_a_word_of_the_text_yields_to_the_signs_beside_the_amounts(text: str, expected: str | None) -> None:
    assert chosen(TemplateLibrary().find("invoice").field("currency"), text).value == expected


CROWNS = replace(
    CURRENCY, options=(Option("EUR"), Option("USD"), Option("SEK"), Option("NOK"), Option("DKK"), Option("GBP"))
)


@pytest.mark.parametrize("field", [CURRENCY, CROWNS, TemplateLibrary().find("invoice").field("currency")])
def test_that_none_is_said_is_surer_where_another_is(field: Field) -> None:
    """A template with more options makes it no surer."""
    silent, other = chosen(field, "Total 12.00"), chosen(field, "Total 12,000 ₩")
    assert (silent.value, other.value) == (None, None)
    assert 0.5 <= silent.confidence < 0.7 < other.confidence <= 0.9
    for value in (silent, other):
        assert value.confidence + sum(each.confidence for each in value.candidates) <= 1.0001


def test_a_sign_of_several_options_offers_those() -> None:
    value = chosen(CROWNS, "Total 1200 kr")
    assert value.value is None
    assert value.confidence < 0.7
    assert {each.value for each in value.candidates[:3]} == {"SEK", "NOK", "DKK"}


def test_two_currencies_are_no_certain_one() -> None:
    assert chosen(CURRENCY, "Total € 12.00").confidence > 0.9
    assert chosen(CURRENCY, "Total € 12.00, or $ 13.00").confidence < 0.6


def test_a_topic_that_an_option_names_brings_its_words() -> None:
    field = Field("section", FieldType.CHOICE, options=(Option("Sport"), Option("Wirtschaft"), Option("Kultur")))
    assert chosen(field, "Der Trainer freute sich über den Sieg im letzten Spiel der Saison.").value == "Sport"
    assert chosen(field, "Der Konzern meldet weniger Gewinn, die Aktie fällt an der Börse.").value == "Wirtschaft"


@pytest.mark.parametrize(
    ("name", "field", "text", "expected"),
    [
        ("email-triage", "topic", "I was charged twice, please refund the payment.", "billing"),
        ("email-triage", "topic", "The program crashes with an error when I save.", "technical"),
        ("email-triage", "urgency", "Please answer as soon as possible, it is urgent.", "high"),
        ("support-routing", "team", "I cannot log in, my password is not accepted.", "accounts"),
        ("support-routing", "team", "The printer in the hall prints nothing.", "hardware"),
        ("support-routing", "severity", "There is an outage, nobody can work.", "critical"),
    ],
)
def test_the_templates_that_ship_route_plain_messages(name: str, field: str, text: str, expected: str) -> None:
    assert chosen(TemplateLibrary().find(name).field(field), text).value == expected


@pytest.mark.parametrize(
    ("names", "text", "expected"),
    [
        (("Billing", "Login", "Shipping"), "The courier left my package in the rain.", "Shipping"),
        (("Billing", "Login", "Shipping"), "I cannot get a new passcode, the captcha fails.", "Login"),
        (("Umweltamt", "Standesamt", "Schulamt"), "Wann wird der Sperrmüll abgeholt?", "Umweltamt"),
        (("Umweltamt", "Standesamt", "Schulamt"), "Für unsere Trauung fehlt noch die Urkunde.", "Standesamt"),
        (("sinistres", "recrutement", "résiliation"), "La grêle a percé le toit.", "sinistres"),
        (("reservas", "mantenimiento", "eventos"), "El grifo no cierra.", "mantenimiento"),
        (("prenotazioni", "manutenzione", "eventi"), "Cerchiamo una camera per due notti.", "prenotazioni"),
    ],
)
def test_departments_are_told_by_the_words_of_their_topics(names: tuple[str, ...], text: str, expected: str) -> None:
    field = Field("desk", FieldType.CHOICE, options=tuple(map(Option, names)))
    assert chosen(field, text).value == expected


def test_yes_or_no_is_the_models_to_say() -> None:
    field = Field("paid", FieldType.YES_NO, description="whether the bill was paid")
    for answer in ("yes", "no"):
        engine = ScriptedEngine(lambda _, candidate, answer=answer: 0.0 if candidate == answer else -50.0)
        assert chosen(field, "It was settled in cash.", engine).value == answer


def test_shares_are_probabilities_and_the_first_is_the_best() -> None:
    for text in ("My parcel is late.", "Hum", "seeds and parcels and tools"):
        look = choices.Look.at(TEAM, made(text))
        shares = look.shares(look.literal * 0)
        assert shares.min() >= 0
        assert shares.sum() <= 1.0001
        strengths = look.signs(look.literal * 0) @ choices.weights().worth()
        assert shares.argmax() == strengths.argmax()


@pytest.mark.parametrize(
    ("name", "field", "text"),
    [
        ("email-triage", "urgency", "Hello, please find the minutes of our meeting attached. Kind regards"),
        ("medical-referral", "urgency", "Dear colleague, thank you for seeing Mr Smith with knee pain."),
        ("support-routing", "severity", "I would like a second one of these."),
    ],
)
def test_letters_that_many_words_share_speak_for_nothing(name: str, field: str, text: str) -> None:
    assert chosen(TemplateLibrary().find(name).field(field), text).state is FieldState.ABSENT
