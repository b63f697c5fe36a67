"""Copies: the same file or the same sender and number, in a table and in those before it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.review.made import BILL, record_of, result_of, toml_of

from stillroom.documents.document import Span
from stillroom.extraction.result import FieldResult, FieldState, FieldValue, result_to_json
from stillroom.review.document import ReviewedDocument
from stillroom.review.duplicates import differences, mark_duplicates, sender_of
from stillroom.review.reviews import Reviews
from stillroom.review.verdict import Given, Subject, VerdictKind
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.storage.verdicts import VerdictStore
from stillroom.templates.toml_file import parse_template

TOML = toml_of("bill", issuer="organisation", number="identifier")


@pytest.fixture
def store(tmp_path: Path):
    database = Database(tmp_path / "d.sqlite")
    yield RunStore(database), Reviews(RunStore(database), VerdictStore(database))
    database.close()


def table(runs: RunStore, *documents: tuple[str, str, str], title: str = "") -> int:
    """A run over documents: file name (its digest too), sender, number."""
    run = runs.create_run(record_of(TOML, "bill"), [(d[0], f"/x/{d[0]}") for d in documents])
    for place, (name, issuer, number) in enumerate(documents):
        fields = {
            key: FieldValue(text, text, FieldState.FOUND, 0.9, Span(1, 0, 1))
            for key, text in (("issuer", issuer), ("number", number))
        }
        sha256 = name.encode().hex().ljust(64, "0")
        row = result_of(fields, "bill", name, sha256, characters=9)
        runs.save(run, place, result_to_json(row))
    if title:
        runs.rename(run, title)
    return run


def test_a_copy_in_an_earlier_table_is_said_with_its_table(store) -> None:
    runs, reviews = store
    table(runs, ("a", "Acme", "1"), ("b", "Acme", "2"), ("c", "Acme", "3"), title="January")
    second = table(runs, ("b", "Acme", "2"), ("scan of c", "ACME", "3"), ("d", "Acme", "4"))
    documents = reviews.documents(second)
    reviews.mark_duplicates(documents)
    assert [document.duplicate_in for document in documents] == ["January", "January", ""]
    assert [document.duplicate_of.path.name if document.duplicate_of else "" for document in documents] == [
        "b",
        "c",
        "",
    ]
    documents[0].add(documents[0].document_verdict(VerdictKind.KEPT))
    reviews.mark_duplicates(documents)
    assert documents[0].duplicate_of is None


def test_the_same_table_once_more_and_a_later_one_are_no_copies(store) -> None:
    runs, reviews = store
    first = table(runs, ("a", "Acme", "1"), ("b", "Acme", "2"))
    second = table(runs, ("a", "Acme", "1"), ("b", "Acme", "2"))
    for run in (first, second):
        documents = reviews.documents(run)
        reviews.mark_duplicates(documents)
        assert [document.duplicate_of for document in documents] == [None, None]


def test_a_document_has_a_sender(store) -> None:
    runs, reviews = store
    (document,) = reviews.documents(table(runs, ("a", "Acme", "1")))
    assert sender_of(document) == "Acme"


def invoice(place: int, **values: str | None) -> ReviewedDocument:
    template = parse_template(
        toml_of("bill", issuer="organisation", number="identifier", date="date", total="money", lines=BILL), "bill"
    )
    fields: dict[str, FieldResult] = {}
    for name, kind in (("issuer", "Acme"), ("number", "R-1"), ("date", "2025-01-02"), ("total", "100.00")):
        given = values.get(name, kind)
        fields[name] = FieldValue(given, given or "", FieldState.FOUND if given else FieldState.ABSENT, 0.9)
    amount = values.get("amount", "100.00")
    fields["lines"] = (
        {
            "description": FieldValue("Tea", "Tea", FieldState.FOUND, 0.9),
            "amount": FieldValue(amount, "", FieldState.FOUND, 0.9),
        },
    )
    return ReviewedDocument(
        1, place, Path(f"/x/{place}.pdf"), template, result_of(fields, "bill", sha256=str(place) * 64)
    )


@pytest.mark.parametrize(
    ("values", "differing"),
    [
        ({}, []),
        ({"issuer": "ACME", "number": "R1", "total": "100.0"}, []),
        ({"total": "120.00"}, [("total", "120.00", "100.00")]),
        ({"date": "2025-02-02", "total": None}, [("date", "2025-02-02", "2025-01-02"), ("total", None, "100.00")]),
        ({"amount": "90.00"}, [("lines", None, None)]),
    ],
)
def test_what_differs_between_two_with_the_same_number_is_known(values, differing) -> None:
    first, second = invoice(1), invoice(2, **values)
    mark_duplicates([first, second])
    assert second.duplicate_of is first
    assert [(each.field.name, each.own, each.other) for each in differences(second)] == differing
    second.result = replace(second.result, sha256=first.result.sha256)
    assert differences(second) == [], "it is the same file"


def test_a_correction_by_a_person_is_what_counts() -> None:
    first, second = invoice(1), invoice(2, total="120.00")
    mark_duplicates([first, second])
    second.add(second.verdict(VerdictKind.CORRECTED, Subject("total"), Given("100.00", "100.00")))
    assert differences(second) == []
