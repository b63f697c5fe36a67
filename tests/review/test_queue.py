"""What is to be looked at, and why; what verdicts elsewhere under the template say of it; what the sample measures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stillroom.documents.document import Span
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, FieldState, FieldValue, RunnerUp
from stillroom.review.acceptance import is_sampled
from stillroom.review.document import ReviewedDocument
from stillroom.review.queue import Doubt, Queue, judged_of
from stillroom.review.verdict import Given, Subject, Verdict, VerdictKind
from stillroom.storage.verdicts import Promise
from stillroom.templates.toml_file import parse_template

TEMPLATE = parse_template(
    'name = "t"\nfields = [{ name = "a", type = "money", required = true }, { name = "b", type = "money" }, '
    '{ name = "c", type = "money" }]',
    "t",
)
TWO = Promise(0.02, 10)


def document(number: int, **values: FieldValue) -> ReviewedDocument:
    fields = {name: FieldValue("1.00", "1.00", FieldState.FOUND, 0.97) for name in "abc"} | values
    result = DocumentResult(
        f"{number}.txt", DocumentStatus.DONE, Coverage(1, 1, 9, 9), fields, "t", 1, "m", "d", f"{number:064x}"
    )
    return ReviewedDocument(1, number, Path(f"/x/{number}.txt"), TEMPLATE, result)


def said(number: int, *, right: bool = True, passed: bool = False) -> Verdict:
    proposed = Given("1.00", "1.00", state="found", confidence=0.97, passed=passed)
    after = proposed if right else Given("2.00")
    kind = VerdictKind.ACCEPTED if right else VerdictKind.CORRECTED
    return Verdict(f"k{number}", "", "", kind, f"{number:064x}", "t", Subject("a"), proposed, proposed, after)


def test_worst_comes_first() -> None:
    missing = FieldValue(None, "", FieldState.ABSENT, 0.9)
    failing = FieldValue("1.00", "1.00", FieldState.INVALID, 0.9, failed_checks=("No.",))
    unread = FieldValue(None, "", FieldState.UNREAD, 0.0)
    doc = document(1, a=missing, b=failing, c=unread)
    queue = Queue([doc])
    assert [doubt for doubt, _ in queue.to_check(doc)] == [Doubt.CHECK, Doubt.MISSING, Doubt.UNREAD]
    easy, hard = document(2), document(3, b=FieldValue("1.00", "1.00", FieldState.FOUND, 0.2))
    queue = Queue([easy, hard])
    assert queue.worst_first([easy, hard]) == [hard, easy]
    assert [queue.count(each) for each in (easy, hard)] == [0, 1]
    hard.add(hard.document_verdict(VerdictKind.REJECTED))
    assert queue.count(hard) == 0


def test_that_there_is_none_is_looked_at_where_a_rejected_value_may_be_right() -> None:
    weak, strong = (RunnerUp("three (3) years", "P3Y", sure, Span(1, 0, 15)) for sure in (0.1, 0.31))
    easy = document(1, c=FieldValue(None, "", FieldState.ABSENT, 0.6, candidates=(weak,)))
    hard = document(2, c=FieldValue(None, "", FieldState.ABSENT, 0.6, candidates=(strong,)))
    queue = Queue([easy, hard])
    assert [queue.count(each) for each in (easy, hard)] == [0, 1]
    assert [doubt for doubt, _ in queue.to_check(hard)] == [Doubt.UNSURE]


def test_what_was_said_elsewhere_under_the_template_lets_values_pass() -> None:
    documents = [document(number) for number in range(40)]
    alone, taught = Queue(documents, TWO), Queue(documents, TWO, [said(number) for number in range(100, 700)])
    assert alone.passing.share == 0
    assert taught.passing.share > 0.3
    shown = [value for each in documents for _, value in taught.to_check(each)]
    passing = [each for each in documents if taught.passes(each, Subject("a"))]
    sampled = [each for each in passing if is_sampled(each.result.sha256, ("a", 0, ""), 10)]
    assert sampled
    assert all(any(value.subject == Subject("a") for _, value in taught.to_check(each)) for each in sampled)
    assert len(shown) < 120


def test_only_what_would_have_passed_is_measured() -> None:
    number = next(number for number in range(1000) if is_sampled(f"{number:064x}", ("a", 0, ""), 10))
    assert judged_of(said(number, passed=True), TWO).sampled
    assert not judged_of(said(number), TWO).sampled
    assert not judged_of(replace(said(number, passed=True), file_sha256="x"), TWO).sampled or is_sampled(
        "x", ("a", 0, ""), 10
    )
    assert not judged_of(said(number, right=False), TWO).right
