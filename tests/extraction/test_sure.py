"""Where the page alone is sure of a value the model is not asked; where it is not, or finds nothing, it is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.extraction.scripted_engine import INFO, ScriptedEngine

from stillroom.documents.document import Document, Page
from stillroom.extraction import layout, ranking
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.templates.template import Field, FieldType, Template

BILL = "North Wind Ltd\nNet 10.00\nTax 2.00\nTotal 12.00\nCash 20.00\nChange 8.00"
MONEY = Template("t", 1, "T", "", (Field("sum", FieldType.MONEY, near=("total",)),))
LIKES_LAST = "20.00"  # what the scripted model prefers


def prefers(_question: str, candidate: str) -> float:
    return 0.0 if candidate == LIKES_LAST else -50.0


def page_weights(weight: float, *, absent: float = 0.0, enough: bool = False) -> ranking.Weights:
    """Weights by which only a word beside the value counts."""
    features = np.zeros(len(ranking.MODEL_FEATURES) + len(layout.NAMES))
    features[len(ranking.MODEL_FEATURES) + layout.NAMES.index("near_same_line")] = weight
    return ranking.Weights(features, absent, enough)


def extract(
    monkeypatch: pytest.MonkeyPatch, weights: ranking.Weights | None, *, parameters: int = 1, text: str = BILL
) -> tuple[FieldValue, ScriptedEngine]:
    monkeypatch.setattr(ranking, "page_weights_for", lambda *_, **__: weights)
    engine = ScriptedEngine(prefers, info=dataclasses.replace(INFO, parameters=parameters))
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    value = Extractor(engine).extract(document, MONEY, file="made.txt").fields["sum"]
    assert isinstance(value, FieldValue)
    return value, engine


def test_a_page_that_is_sure_decides_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    value, engine = extract(monkeypatch, page_weights(20.0))
    assert (value.value, value.state) == ("12.00", FieldState.FOUND)
    assert value.confidence >= ranking.SURE
    assert value.span is not None
    assert not engine.requests  # the document was not read by the model at all


def test_a_page_that_is_not_sure_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    value, engine = extract(monkeypatch, page_weights(1.0))
    assert engine.requests
    assert value.value == LIKES_LAST


def test_that_there_is_nothing_is_for_the_model_to_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    value, engine = extract(monkeypatch, page_weights(1.0, absent=60.0, enough=True))
    assert engine.requests
    assert value.value == LIKES_LAST


def test_where_a_small_model_adds_nothing_a_larger_one_is_still_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = page_weights(1.0, enough=True)
    value, engine = extract(monkeypatch, weights)
    assert not engine.requests
    assert value.value == "12.00"
    value, engine = extract(monkeypatch, weights, parameters=4_000_000_000)
    assert engine.requests
    assert value.value == LIKES_LAST


def test_a_field_that_was_never_fitted_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    _, engine = extract(monkeypatch, None)
    assert engine.requests


def test_a_larger_model_counts_for_at_least_the_defaults() -> None:
    small = page_weights(1.0)
    large = ranking.for_larger_models(small)
    count = len(ranking.MODEL_FEATURES)
    assert list(large.features[:count]) == list(ranking.default_weights().features[:count])
    assert list(large.features[count:]) == list(small.features[count:])
    assert large.absent == small.absent


def test_the_shipped_weights_name_fields_of_shipped_templates() -> None:
    assert ranking.page_weights_for(FieldType.MONEY, field="total") is not None
    assert ranking.page_weights_for(FieldType.ORGANISATION, several=True, field="company") is None  # no list was fitted
    assert ranking.page_weights_for(FieldType.MONEY, field="a field nobody fitted") is None
    table = ranking._tables()
    page = [weights for name, weights in table.items() if name.startswith("page.")]
    assert page
    assert all(not weights.features[: len(ranking.MODEL_FEATURES)].any() for weights in page)


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
    assert features_of(BILL, amount)[feature] == expected


@pytest.mark.parametrize(("amount", "expected"), [("41.45", 1), ("41.43", -1), ("50.00", 0), ("0.02", 0)])
def test_an_amount_that_another_one_was_rounded_to_is_seen(amount: str, expected: int) -> None:
    text = "Total 41.43\nRounding 0.02\nTo pay 41.45\nCash 50.00"
    assert features_of(text, amount)["rounded"] == expected


def features_of(text: str, amount: str) -> dict[str, float]:
    from stillroom.extraction.candidates.propose import propose

    field = MONEY.fields[0]
    document = Document("made.txt", "txt", "", (Page(1, text),), 1)
    candidates = propose(field, document, kind=FieldType.MONEY)
    rows = layout.layout_features(field, document, candidates)
    number = next(index for index, candidate in enumerate(candidates) if candidate.text == amount)
    return dict(zip(layout.NAMES, rows[number], strict=True))
