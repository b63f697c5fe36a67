"""Where the page alone is sure of a value, or a model's word is worth nothing, the model is not asked; and what a confidence is made of."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.extraction.scripted_engine import INFO, LARGE, ScriptedEngine

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction import choosing, deciding, layout, ranking
from stillroom.extraction.assignment import Place
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.extraction.signs import sign_names
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import Field, FieldType, Option, Template

BILL = "North Wind Ltd\nNet 10.00\nTax 2.00\nTotal 12.00\nCash 20.00\nChange 8.00"
MONEY = Template("t", 1, "T", "", (Field("sum", FieldType.MONEY, near=("total",)),))
LIKES_LAST = "20.00"  # what the scripted model prefers


def prefers(_question: str, candidate: str) -> float:
    return 0.0 if candidate == LIKES_LAST else -50.0


def weights(label: float, *, absent: float = 0.0, model: float = 0.0) -> ranking.Weights:
    """Weights by which only a label beside the value counts, and the model's word."""
    features = np.zeros(len(ranking.MODEL_FEATURES) + len(sign_names()))
    features[0] = model
    features[len(ranking.MODEL_FEATURES) + sign_names().index("own_inline")] = label
    return ranking.Weights(features, absent)


def extract(
    monkeypatch: pytest.MonkeyPatch, given: ranking.Weights, *, text: str = BILL
) -> tuple[FieldValue, ScriptedEngine]:
    monkeypatch.setattr(ranking, "weights_for", lambda *_, **__: given)
    engine = ScriptedEngine(prefers)
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    value = Extractor(engine).extract(document, MONEY, file="made.txt").fields["sum"]
    assert isinstance(value, FieldValue)
    return value, engine


def test_a_page_that_is_sure_decides_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    value, engine = extract(monkeypatch, weights(20.0, model=1.0))
    assert (value.value, value.state) == ("12.00", FieldState.FOUND)
    assert value.span is not None
    assert not engine.requests  # the document was not read by the model at all


def test_a_page_that_is_not_sure_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    value, engine = extract(monkeypatch, weights(1.0, model=1.0))
    assert engine.requests
    assert value.value == LIKES_LAST


def test_that_there_is_nothing_is_for_the_model_to_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    value, engine = extract(monkeypatch, weights(1.0, absent=40.0, model=1.0))
    assert engine.requests
    assert value.value == LIKES_LAST


def test_a_model_whose_word_is_worth_nothing_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    value, engine = extract(monkeypatch, weights(1.0))
    assert not engine.requests
    assert value.value == "12.00"


def test_the_word_of_a_larger_model_than_was_measured_counts() -> None:
    count = len(ranking.MODEL_FEATURES)
    for kind in (FieldType.MONEY, FieldType.ADDRESS, FieldType.TEXT):
        assert all(ranking.weights_for(kind, parameters=LARGE.parameters).features[:count] > 0)
    assert not ranking.weights_for(FieldType.MONEY, parameters=INFO.parameters).features[:count].any()
    assert ranking.weights_for(FieldType.TEXT, parameters=INFO.parameters).features[:count].any()  # is quoted


def test_a_template_has_its_own_weights_only_as_it_was_fitted() -> None:
    receipt = TemplateLibrary().find("receipt")
    assert ranking.has_own(receipt)
    fields = tuple(dataclasses.replace(field, near=(*field.near, "a word")) for field in receipt.fields)
    assert not ranking.has_own(dataclasses.replace(receipt, fields=fields))
    renamed = dataclasses.replace(receipt, title="Another title")
    assert ranking.has_own(renamed)  # nothing that is looked for is another
    own = ranking.weights_for(FieldType.MONEY, template=receipt, field="total")
    assert (own.features != ranking.weights_for(FieldType.MONEY).features).any()
    assert (
        ranking.weights_for(FieldType.MONEY, field="total").features == ranking.weights_for(FieldType.MONEY).features
    ).all()


def test_a_type_that_was_never_fitted_has_the_weights_of_its_family() -> None:
    percent, time = ranking.weights_for(FieldType.PERCENT), ranking.weights_for(FieldType.URL)
    assert percent.features.any()
    assert time.features.any()
    assert (percent.features != time.features).any()


def grounds(**changes: object) -> ranking.Grounds:
    usual = ranking.Grounds(share=0.9, second=0.05, label=1.0, rival=0.0, candidates=10)
    return dataclasses.replace(usual, **changes)  # type: ignore[arg-type]


def test_a_confidence_follows_what_it_is_reckoned_from() -> None:
    usual = ranking.confidence(grounds(), "numbers")
    assert 0.0 < usual < 1.0
    assert ranking.confidence(grounds(share=0.5, second=0.4), "numbers") < usual
    assert (
        ranking.confidence(grounds(likelihood=0.5), "numbers") <= 0.52
    )  # without evidence no reading gets more than about half
    assert ranking.confidence(grounds(legible=0.5), "numbers") == pytest.approx(usual / 2)


LETTER = "Holm Glassworks Ltd\n4 Kiln Yard, Marfield\n{}desk@holm.example\n\nDear Ms Aske,\nthank you for your order."


@pytest.mark.parametrize(("before", "bare"), [("", True), ("T. 0131 5550123   ", True), ("Your e-mail: ", False)])
def test_an_address_that_only_its_form_speaks_for_is_bare(before: str, bare: bool) -> None:
    template = Template("t", 1, "T", "", (Field("email", FieldType.EMAIL), Field("day", FieldType.DATE)))
    document = Document("made.txt", "txt", "", (Page(1, LETTER.format(before)),), 1)
    asked = choosing.prepare(template.fields[0], document, (), template=template)
    places = choosing._places(asked, document)
    found = choosing.grounds_of(asked, places[0], places[:-1], document, choosing.other_readings(asked))
    assert found.bare is bare
    assert found.columns()["bare"] == bare


def test_a_value_of_another_form_is_never_bare() -> None:
    template = Template("t", 1, "T", "", (Field("day", FieldType.DATE),))
    document = Document("made.txt", "txt", "", (Page(1, "Marfield\n2021-03-14\n"),), 1)
    asked = choosing.prepare(template.fields[0], document, (), template=template)
    places = choosing._places(asked, document)
    assert not choosing.grounds_of(asked, places[0], places[:-1], document, choosing.other_readings(asked)).bare


def test_every_weight_of_the_confidence_is_of_a_ground_or_a_family() -> None:
    table = ranking._data()["confidence"]
    families = {f"family {ranking.family(kind)}" for kind in FieldType}
    assert set(table) <= {*ranking.CONFIDENCE, *families}
    assert set(ranking.CONFIDENCE) <= set(table)


def test_two_more_readings_are_made_in_other_ways() -> None:
    by_label, by_place = ranking.second_weights(FieldType.DATE)
    label, place = (len(ranking.MODEL_FEATURES) + sign_names().index(name) for name in ("own_left", "top"))
    assert by_label.features[label] > 0
    assert by_place.features[label] == 0
    assert by_place.features[place] != 0
    assert by_label.features[place] == 0


def test_what_the_other_readings_give_a_value_is_a_ground_of_its_confidence() -> None:
    template = Template("t", 1, "T", "", (Field("due_date", FieldType.DATE),))
    text = "Date 03/14/2019\nDue date: 04/28/2019\n"
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    asked = choosing.prepare(template.fields[0], document, (), template=template)
    for shares in choosing.other_readings(asked):
        assert set(shares) == {"2019-03-14", "2019-04-28", None}
        assert sum(shares.values()) == pytest.approx(1.0)
    by_label, _ = choosing.other_readings(asked)
    assert max(by_label, key=by_label.__getitem__) == "2019-04-28"


def test_absent_is_no_surer_than_what_was_rejected_leaves_nor_than_the_pages_that_were_read() -> None:
    template = Template("t", 1, "T", "", (Field("due_date", FieldType.DATE),))

    def absent(*pages: str) -> FieldValue:
        document = Document("a.txt", "txt", "", tuple(Page(n, text) for n, text in enumerate(pages, 1)), len(pages))
        asked = choosing.prepare(template.fields[0], document, (), template=template)
        value = choosing.choose_all([asked], document, complete=True)["due_date"]
        assert isinstance(value, FieldValue)
        assert value.state is FieldState.ABSENT
        return value

    nothing = absent("A letter about nothing in particular.")
    assert absent("A letter about nothing in particular.", "").confidence == pytest.approx(nothing.confidence / 2)
    rejected = absent("Printed on 03/14/2019 by the system. Version of 11/30/2018")
    assert rejected.candidates
    assert rejected.confidence <= 1 - max(runner.confidence for runner in rejected.candidates) + 1e-9


@pytest.mark.parametrize(
    ("amount", "feature", "expected"),
    [
        ("12.00", "sum", 1),  # net and tax
        ("20.00", "sum", 1),  # total and change
        ("10.00", "sum", 1),  # tax and change
        ("2.00", "sum", 0),
        ("8.00", "rest", 1),
        ("20.00", "rest", 0),
    ],
)
def test_amounts_that_add_up_are_seen(amount: str, feature: str, expected: int) -> None:
    assert signs_of(BILL, amount)[feature] == expected


@pytest.mark.parametrize(("amount", "expected"), [("41.45", 1), ("41.43", -1), ("50.00", 0), ("0.02", 0)])
def test_an_amount_that_another_one_was_rounded_to_is_seen(amount: str, expected: int) -> None:
    text = "Total 41.43\nRounding 0.02\nTo pay 41.45\nCash 50.00"
    assert signs_of(text, amount)["rounded"] == expected


def signs_of(text: str, amount: str) -> dict[str, float]:
    from stillroom.extraction.candidates.propose import propose
    from stillroom.extraction.concepts import Meaning

    field = MONEY.fields[0]
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    candidates = propose(field, document, kind=FieldType.MONEY)
    rows = layout.Layout(document, Meaning(MONEY)).signs(field, field.type, candidates)
    number = next(index for index, candidate in enumerate(candidates) if candidate.text == amount)
    return dict(zip(sign_names(), rows[number], strict=True))


def test_an_account_in_wide_groups_is_one_value() -> None:
    template = TemplateLibrary().find("bank-statement")
    text = "Maple Bank\nIBAN: GB29   NWBK   6016   1331   9268   19\nAccount holder: Ada Byron\n"
    document = Document("a.txt", "txt", "0" * 64, (Page(1, text),), 1)
    asked = choosing.prepare(template.field("iban"), document, (), template=template)
    value = choosing.choose_all([asked], document, complete=True)["iban"]
    assert isinstance(value, FieldValue)
    assert value.value == "GB29NWBK60161331926819"


def test_that_there_is_no_value_is_no_surer_than_that_all_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "weights_for", lambda *_, **__: weights(1.0, absent=40.0))
    monkeypatch.setattr(deciding, "_NOT_ALL_SAID", 0.5)
    currency = Field(
        "currency", FieldType.CHOICE, options=(Option("EUR", synonyms=("€",)), Option("USD", synonyms=("$",)))
    )
    template = Template("t", 1, "T", "", (*MONEY.fields, currency))
    sure = []
    for notes in ((), ("2 pictures were not read.",)):
        document = Document("made.txt", "txt", "", (Page(1, "Nothing of the kind."),), 1, notes)
        values = Extractor(ScriptedEngine(prefers)).extract(document, template, file="made.txt").fields.values()
        assert all(isinstance(value, FieldValue) and value.state is FieldState.ABSENT for value in values)
        sure.append(max(value.confidence for value in values if isinstance(value, FieldValue)))
    assert sure[0] > 0.7
    assert sure[1] == 0.5


def test_a_code_that_its_check_digits_prove_needs_no_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "weights_for", lambda *_, **__: weights(1.0, absent=2.0))
    template = Template("t", 1, "T", "", (Field("iban", FieldType.IBAN),))

    def iban(text: str) -> str | None:
        document = Document("made.txt", "txt", "", (Page(1, text),), 1)
        value = Extractor(ScriptedEngine(prefers)).extract(document, template, file="made.txt").fields["iban"]
        assert isinstance(value, FieldValue)
        return value.value

    assert iban("Please pay to NL91ABNA0417164300 before the end of the month.") == "NL91ABNA0417164300"
    assert iban("Please pay to NL91ABNA0417164301 before the end of the month.") is None
    assert iban("To NL91ABNA0417164300 or DE89370400440532013000, as you like.") is None


@pytest.mark.parametrize("required", [True, False])
def test_of_a_required_field_a_value_half_as_likely_as_none_is_offered(required: bool) -> None:
    field = Field("amount", FieldType.MONEY, required=required)
    document = Document("a.txt", "txt", "", (Page(1, "We met for lunch, 12.50 each."),), 1)
    asked = choosing.prepare(field, document, (), template=Template("t", 1, "T", "", (field,)))
    absent = asked.absent_strength()
    likely = next(iter(asked.weighed([0])))
    asked.moves = (np.zeros(len(asked.candidates)), float(likely - absent + np.log(1.6)))  # none is 1.6 times as likely
    value = choosing.choose_all([asked], document, complete=True)["amount"]
    assert isinstance(value, FieldValue)
    assert (value.state, value.value) == ((FieldState.FOUND, "12.50") if required else (FieldState.ABSENT, None))
    assert value.confidence < 0.7  # it is looked at


@pytest.mark.parametrize("required", [True, False])
def test_what_was_rejected_is_never_surer_than_that_there_is_none(required: bool) -> None:
    """As its own documents showed, a share of a fifth was worth .6, and none never more than that leaves."""

    class Known:
        def moves(self, *_: object) -> tuple[np.ndarray, float]:
            return np.zeros(len(asked.candidates)), 0.0

        def confidence(self, _name: str, share: float) -> float:
            return 0.6 if share < 0.5 else 0.9

        def option(self, *_: object) -> None: ...

    field = Field("amount", FieldType.MONEY, required=required)
    document = Document("a.txt", "txt", "", (Page(1, "We met for lunch, 12.50 each."),), 1)
    asked = choosing.prepare(field, document, (), template=Template("t", 1, "T", "", (field,)))
    likely = next(iter(asked.weighed([0])))
    # None is four times as likely.
    asked.learned, asked.moves = Known(), (np.zeros(1), float(likely - asked.absent_strength() + np.log(4.0)))
    value = choosing.choose_all([asked], document, complete=True)["amount"]
    assert isinstance(value, FieldValue)
    if required:
        assert (value.state, value.value, value.confidence) == (FieldState.FOUND, "12.50", 0.6)
    else:
        assert value.state is FieldState.ABSENT
        assert [each.value for each in value.candidates] == ["12.50"]
        assert value.candidates[0].confidence <= value.confidence <= 0.4


def test_that_there_is_none_is_held_against_all_that_may_be_meant_at_a_place() -> None:
    """One line of an address, or two: each is less likely than none, and that one of them is meant is likelier."""
    field = Field("address", FieldType.ADDRESS)
    document = Document("a.txt", "txt", "", (Page(1, "14 Harbour Street\nWexcombe WX4 7DP\n"),), 1)
    asked = choosing.prepare(field, document, (), template=Template("t", 1, "T", "", (field,)))
    spans = (Span(1, 0, 17), Span(1, 0, 34), Span(1, 60, 70))
    places = [Place(str(span.start + span.end), -1, span, 0.3, FieldType.ADDRESS, "") for span in spans]
    assert not choosing.is_absent(asked, 0.4, places[:2])
    assert choosing.is_absent(asked, 0.4, [places[0], places[2]])
