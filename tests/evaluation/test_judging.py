"""What becomes of a value: right, wrong, invented, missed or correctly absent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from stillroom.documents.document import Document, Page, Span
from stillroom.evaluation.calibration import Answer
from stillroom.evaluation.grounding import DocumentText
from stillroom.evaluation.judging import FieldJudgement, Outcome, judge
from stillroom.evaluation.labels import Label, LabelledDocument
from stillroom.evaluation.metrics import metrics
from stillroom.extraction.result import (
    Coverage,
    DocumentResult,
    DocumentStatus,
    FieldResult,
    FieldState,
    FieldValue,
)
from stillroom.templates.template import Field, FieldType, Option, Template

TEXT = "ACME LTD and Glade GmbH\nDate 31/05/2020\nTotal 14.10\nCash 20.00\nBread 2 4.00\nTea 1 10.10"
TEMPLATE = Template(
    "t",
    1,
    "T",
    "",
    (
        Field("company", FieldType.ORGANISATION),
        Field("total", FieldType.MONEY),
        Field("currency", FieldType.CHOICE, options=(Option("EUR"), Option("USD"))),
        Field("gist", FieldType.SUMMARY),
        Field("party", FieldType.LIST, of=FieldType.ORGANISATION),
        Field("lines", FieldType.TABLE, columns=(Field("what", FieldType.TEXT), Field("price", FieldType.MONEY))),
    ),
)
DOCUMENT = DocumentText(Document("a", "txt", "", (Page(1, TEXT),), 1))


def found(
    value: str, text: str | None = None, confidence: float = 0.9, state: FieldState = FieldState.FOUND
) -> FieldValue:
    return FieldValue(value, value if text is None else text, state, confidence)


def nothing(state: FieldState = FieldState.ABSENT, confidence: float = 0.7) -> FieldValue:
    return FieldValue(None, "", state, confidence)


def result(fields: dict[str, FieldResult], error: str = "") -> DocumentResult:
    status = DocumentStatus.FAILED if error else DocumentStatus.DONE
    return DocumentResult("a", status, Coverage(1, 1, 9, 9), fields, "t", 1, error=error, seconds=2.0)


def judged(name: str, given: FieldResult, label: Label, text: DocumentText | None = DOCUMENT) -> FieldJudgement:
    labelled = LabelledDocument(1, "a", Path("a"), {name: label})
    return judge(labelled, result({name: given}), text, TEMPLATE).fields[name]


@pytest.mark.parametrize(
    ("name", "given", "label", "outcome"),
    [
        ("company", found("ACME LTD"), "Acme Ltd.", Outcome.RIGHT),
        ("company", found("Glade GmbH"), "Acme Ltd.", Outcome.WRONG),
        ("company", found("Glade GmbH"), None, Outcome.WRONG),
        ("company", found("Zebra Inc"), "Acme Ltd.", Outcome.INVENTED),
        ("company", found("Zebra Inc"), None, Outcome.INVENTED),
        ("company", nothing(), "Acme Ltd.", Outcome.MISSED),
        ("company", nothing(), None, Outcome.CORRECTLY_ABSENT),
        ("company", nothing(FieldState.UNREAD, 0.0), None, Outcome.MISSED),
        ("total", found("14.1", "14.10"), "14.10", Outcome.RIGHT),
        ("total", found("20.00"), "14.10", Outcome.WRONG),
        ("total", found("20.00", state=FieldState.INVALID), "20", Outcome.RIGHT),
        ("total", found("99.00"), "14.10", Outcome.INVENTED),
        ("currency", found("USD", ""), "EUR", Outcome.WRONG),  # an option need not stand in the document
        ("gist", found("A receipt.", "", state=FieldState.GENERATED), "Something else", Outcome.WRONG),
    ],
)
def test_one_value(name: str, given: FieldValue, label: Label, outcome: Outcome) -> None:
    judgement = judged(name, given, label)
    assert judgement.outcomes == Counter({outcome: 1})
    assert judgement.score == float(outcome in (Outcome.RIGHT, Outcome.CORRECTLY_ABSENT))
    assert judgement.not_in_document == int(outcome is Outcome.INVENTED)


def test_a_right_value_that_stands_nowhere_is_right_and_counted() -> None:
    judgement = judged("company", found("Zebra Inc"), "Zebra Inc.")
    assert judgement.outcomes == Counter({Outcome.RIGHT: 1})
    assert (judgement.verbatim, judgement.not_in_document) == (1, 1)


def test_without_the_text_nothing_is_called_invented() -> None:
    judgement = judged("company", found("Zebra Inc"), "Acme Ltd.", text=None)
    assert judgement.outcomes == Counter({Outcome.WRONG: 1})
    assert judgement.not_in_document is None


def test_confidences_of_values_and_of_absent_are_answers() -> None:
    assert judged("total", found("14.10"), "14.10").answers == (Answer(0.9, True),)
    assert judged("total", nothing(), "14.10").answers == (Answer(0.7, False),)
    assert judged("total", nothing(FieldState.UNREAD, 0.0), "14.10").answers == ()
    assert judged("gist", found("A.", "", state=FieldState.GENERATED), "A.").answers == ()


def test_a_list_is_aligned_with_its_label() -> None:
    given = (found("Glade GmbH", confidence=0.8), found("Zebra Inc", confidence=0.6), found("ACME LTD"))
    judgement = judged("party", given, ("Acme Ltd", "Glade GmbH", "Third AG"))
    assert judgement.outcomes == Counter({Outcome.RIGHT: 2, Outcome.INVENTED: 1, Outcome.MISSED: 1})
    assert judgement.score == pytest.approx(2 / 3)
    assert judgement.anls == pytest.approx(2 / 3)
    assert judgement.answers == (Answer(0.8, True), Answer(0.6, False), Answer(0.9, True))


def test_an_item_given_twice_is_right_once() -> None:
    judgement = judged("party", (found("ACME LTD"), found("ACME LTD")), ("Acme Ltd",))
    assert judgement.outcomes == Counter({Outcome.RIGHT: 1, Outcome.WRONG: 1})
    assert judgement.score == pytest.approx(2 / 3)


def test_the_same_is_preferred_to_the_merely_alike() -> None:
    judgement = judged("party", (found("ACME LTD"),), ("ACME LTDA", "A.C.M.E. LTD"))
    assert judgement.outcomes == Counter({Outcome.RIGHT: 1, Outcome.MISSED: 1})


@pytest.mark.parametrize("label", [None, ()])
def test_an_empty_list_is_right_where_there_is_nothing(label: Label) -> None:
    assert judged("party", (), label).outcomes == Counter({Outcome.CORRECTLY_ABSENT: 1})
    assert judged("party", (), label).score == 1.0
    assert judged("party", (found("ACME LTD"),), label).score == 0.0


def test_a_list_with_one_label_needs_no_brackets() -> None:
    assert judged("party", (found("ACME LTD"),), "Acme Ltd").score == 1.0


def test_a_table_is_judged_by_its_cells_row_against_row() -> None:
    given = (
        {"what": found("Tea"), "price": found("10.10")},
        {"what": found("Bread"), "price": found("20.00")},
    )
    label = ({"what": "Bread", "price": "4.00"}, {"what": "tea", "price": "10.1"}, {"what": "Soap", "price": None})
    judgement = judged("lines", given, label)
    assert judgement.outcomes == Counter({Outcome.RIGHT: 3, Outcome.WRONG: 1, Outcome.MISSED: 2})
    assert judgement.score == pytest.approx(2 * 3 / (4 + 5))
    assert judged("lines", (), ()).score == 1.0


def test_cells_are_looked_for_where_the_words_of_their_labels_stand() -> None:
    bread, tea = TEXT.index("Bread"), TEXT.index("Tea")
    rows = (
        {"what": replace(found("Bread"), span=Span(1, bread, bread + 5)), "price": nothing()},
        {"what": replace(found("Tea"), span=Span(1, bread, bread + 5)), "price": nothing()},
    )
    judgement = judged("lines", rows, ({"what": "Bread", "price": None}, {"what": "Tea", "price": None}))
    assert (judgement.placed, judgement.rightly_placed) == (2, 1)  # "Tea" is not given where it stands
    rightly = {"what": replace(found("Tea"), span=Span(1, tea, tea + 3)), "price": nothing()}
    assert judged("lines", (rightly,), ({"what": "Tea", "price": None},)).rightly_placed == 1


def test_a_document_that_failed_missed_everything() -> None:
    labels: dict[str, Label] = {
        "company": "Acme",
        "total": None,
        "party": ("A", "B"),
        "lines": ({"what": "x", "price": "1"},),
    }
    document = judge(LabelledDocument(1, "a", Path("a"), labels), result({}, "It is damaged."), None, TEMPLATE)
    assert document.error == "It is damaged."
    assert {name: field.outcomes[Outcome.MISSED] for name, field in document.fields.items()} == {
        "company": 1, "total": 1, "party": 2, "lines": 2,
    }  # fmt: skip
    assert all(field.score == 0 for field in document.fields.values())


def test_fields_without_a_label_are_not_judged() -> None:
    labelled = LabelledDocument(1, "a", Path("a"), {"total": "14.10"})
    document = judge(labelled, result({"company": found("Zebra"), "total": found("14.10")}), DOCUMENT, TEMPLATE)
    assert list(document.fields) == ["total"]


def test_figures_are_means_of_fields_not_of_values() -> None:
    labels: list[dict[str, Label]] = [{"company": "Acme Ltd", "total": "14.10"}, {"total": "14.10"}, {"total": "14.10"}]
    given: list[dict[str, FieldResult]] = [
        {"company": found("Zebra"), "total": found("14.10")},
        {"total": found("20.00", confidence=0.2)},
        {"total": found("14.10")},
    ]
    documents = [
        judge(
            LabelledDocument(1, str(number), Path("a"), label),
            result(fields),
            DOCUMENT,
            TEMPLATE,
            prompt_tokens=10 * number,
        )
        for number, (label, fields) in enumerate(zip(labels, given, strict=True))
    ]
    figures = metrics(documents, [field.name for field in TEMPLATE.fields])
    assert list(figures.fields) == ["company", "total"]
    assert figures.fields["total"].score == pytest.approx(2 / 3)
    assert figures.score == pytest.approx((0 + 2 / 3) / 2)
    assert figures.outcomes == Counter({Outcome.RIGHT: 2, Outcome.WRONG: 1, Outcome.INVENTED: 1})
    assert (figures.verbatim, figures.not_in_document, figures.unchecked, figures.failed) == (4, 1, 0, 0)
    assert (figures.seconds, figures.documents_per_minute, figures.prompt_tokens) == (2.0, 30.0, 10.0)
    assert figures.calibration is not None
    assert figures.calibration.count == 4
