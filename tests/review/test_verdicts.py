"""Verdicts: what follows from a log, whatever the order, and that nothing of it is lost."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.review.made import record_of, result_of, toml_of

from stillroom.documents.document import Box, Span
from stillroom.extraction.result import (
    DocumentResult,
    FieldResult,
    FieldState,
    FieldValue,
    RunnerUp,
)
from stillroom.review.document import ReviewedDocument
from stillroom.review.reviews import Reviews
from stillroom.review.verdict import (
    ADDED,
    Given,
    Subject,
    Verdict,
    VerdictKind,
    from_row,
    last_by_subject,
    live,
    to_row,
)
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.storage.verdicts import Promise, VerdictStore
from stillroom.templates.toml_file import parse_template

SENTENCE = "Net and tax are not the gross."
TOML = toml_of(
    "bill", rule=("net + tax = gross", SENTENCE), net="money", tax="money", gross="money required", tags="list of text",
    lines={"what": "line", "amount": "money"},
)  # fmt: skip
TEMPLATE = parse_template(TOML, "test")


def found(value: str, start: int, confidence: float = 0.9, *others: str) -> FieldValue:
    runners = tuple(RunnerUp(other, other, 0.05, Span(1, start + 50, start + 55)) for other in others)
    span = Span(1, start, start + len(value))
    return FieldValue(value, value, FieldState.FOUND, confidence, span, (Box(start, 1, start + 5, 9),), runners)


def result(fields: dict[str, FieldResult], sha256: str = "f" * 64) -> DocumentResult:
    return result_of(fields, "bill", sha256=sha256)


def bill(**changed: FieldResult) -> DocumentResult:
    fields: dict[str, FieldResult] = {
        "net": found("10.00", 1),
        "tax": found("2.00", 20),
        "gross": found("12.00", 40, 0.9, "13.00"),
        "tags": (found("red", 60), found("blue", 70)),
        "lines": (
            {"what": found("apples", 100), "amount": found("4.00", 110)},
            {"what": found("pears", 200), "amount": found("6.00", 210)},
        ),
    }
    return result(fields | changed)


def document(of: DocumentResult | None = None, entries: list[Verdict] | None = None) -> ReviewedDocument:
    return ReviewedDocument(1, 0, Path("/x/a.pdf"), TEMPLATE, of or bill(), list(entries or []))


def value_of(doc: ReviewedDocument, field: str, item: int = 0, column: str = "") -> str | None:
    return doc.value(Subject(field, item, column)).current.value


# ---- the log


@given(st.lists(st.tuples(st.sampled_from(["net", "tax", "gross", "undo"]), st.integers(0, 9)), max_size=40))
def test_the_state_is_that_of_a_stack(steps: list[tuple[str, int]]) -> None:
    """Whatever is done and taken back: what holds is what a plain stack of the verdicts says."""
    doc = document()
    stack: list[tuple[str, str]] = []
    for name, number in steps:
        if name == "undo":
            entries = doc.undo()
            assert bool(entries) is bool(stack)
            doc.add(*entries)
            if entries:
                stack.pop()
        else:
            doc.add(doc.verdict(VerdictKind.CORRECTED, Subject(name), Given(str(number), str(number), typed=True)))
            stack.append((name, str(number)))
    expected = dict(stack)
    for name, proposal in (("net", "10.00"), ("tax", "2.00"), ("gross", "12.00")):
        assert value_of(doc, name) == expected.get(name, proposal)
    assert len(doc.entries) >= len(stack), "nothing is taken out of the log"


def test_an_undo_of_an_undo_brings_back() -> None:
    doc = document()
    first = doc.verdict(VerdictKind.ABSENT, Subject("net"))
    chain = [first]
    for _ in range(4):
        chain.append(replace(doc.verdict(VerdictKind.UNDONE, Subject("net")), undoes=chain[-1].key))
    for length in range(1, len(chain) + 1):
        assert (live(chain[:length]) == [first]) is (length % 2 == 1)


def test_an_entry_that_is_there_twice_counts_once() -> None:
    doc = document()
    entry = doc.verdict(VerdictKind.ABSENT, Subject("net"))
    doc.add(entry, entry)
    doc.add(entry)
    assert doc.entries == [entry]
    assert live([entry, entry]) == [entry]


def test_an_entry_survives_its_row() -> None:
    doc = document()
    doc.add(
        doc.verdict(VerdictKind.CORRECTED, Subject("gross"), Given("13.00", "13,00", Span(2, 3, 8), (Box(1, 2, 3, 4),)))
    )
    entries = [*doc.entries, doc.document_verdict(VerdictKind.REJECTED, "blurred"), *doc.undo()]
    entries.append(
        replace(entries[0], key="k", group="row", after=Given("a", "a", parts=(Span(1, 2, 3), Span(1, 9, 12))))
    )
    assert [from_row(to_row(entry)) for entry in entries] == entries
    assert entries[0].before.value == "12.00"


# ---- what holds


def test_every_kind_of_verdict_changes_what_holds() -> None:
    doc = document()
    for kind, after in (
        (VerdictKind.ACCEPTED, "12.00"),
        (VerdictKind.ABSENT, None),
        (VerdictKind.UNREADABLE, None),
    ):
        doc.add(doc.verdict(VerdictKind.CORRECTED, Subject("gross"), Given("1.00")))
        doc.add(*doc.undo())
        doc.add(doc.verdict(kind, Subject("gross")))
        value = doc.value(Subject("gross"))
        if kind is VerdictKind.ACCEPTED:
            assert value.current.value == "12.00" == after
            assert value.current.span == Span(1, 40, 45)
        assert value.verdict is not None
        assert value.verdict.kind is kind
        assert doc.decided(value)
    effective = doc.effective()
    assert isinstance(effective.fields["gross"], FieldValue)
    assert effective.fields["gross"].state is FieldState.UNREAD


def test_a_correction_mends_and_breaks_the_rules() -> None:
    broken = replace(
        found("12.00", 40), value="13.00", state=FieldState.INVALID, confidence=0.4, failed_checks=(SENTENCE,)
    )
    net = replace(found("10.00", 1), state=FieldState.INVALID, confidence=0.45, failed_checks=(SENTENCE,))
    tax = replace(found("2.00", 20), state=FieldState.INVALID, confidence=0.45, failed_checks=(SENTENCE,))
    doc = document(bill(net=net, tax=tax, gross=broken))
    assert doc.value(Subject("net")).never_unseen
    doc.add(doc.verdict(VerdictKind.CORRECTED, Subject("gross"), Given("12.00", "12.00", Span(1, 300, 305))))
    mended = doc.value(Subject("net"))
    assert (mended.failed, mended.current.state, mended.current.confidence) == ((), FieldState.FOUND, 0.9)
    doc.add(doc.verdict(VerdictKind.CORRECTED, Subject("tax"), Given("3.00", typed=True)))
    for name in ("net", "tax", "gross"):
        assert doc.value(Subject(name)).failed == (SENTENCE,)
    assert doc.value(Subject("tax")).typed


def test_rows_and_items_are_removed_added_and_corrected() -> None:
    doc = document()
    doc.add(
        doc.verdict(VerdictKind.REMOVED, Subject("lines", 1)),
        doc.verdict(VerdictKind.CORRECTED, Subject("lines", 2, "amount"), Given("7.00", "7.00", Span(1, 400, 404))),
    )
    doc.add(doc.verdict(VerdictKind.CORRECTED, Subject("lines", ADDED + 1, "what"), Given("plums", typed=True)))
    doc.add(doc.verdict(VerdictKind.REMOVED, Subject("tags", 2)))
    fields = doc.effective().fields
    rows = fields["lines"]
    assert isinstance(rows, tuple)
    assert [{name: cell.value for name, cell in row.items()} for row in rows if isinstance(row, dict)] == [
        {"what": "pears", "amount": "7.00"},
        {"what": "plums", "amount": None},
    ]
    assert [item.value for item in fields["tags"] if isinstance(item, FieldValue)] == ["red"]
    doc.add(doc.verdict(VerdictKind.REMOVED, Subject("tags", 1)))
    assert doc.effective().fields["tags"] == ()


# ---- extracted again


def test_verdicts_are_carried_over_and_a_changed_proposal_is_shown() -> None:
    doc = document()
    doc.add(doc.verdict(VerdictKind.ACCEPTED, Subject("net")))
    doc.add(doc.verdict(VerdictKind.CORRECTED, Subject("gross"), Given("13.00", "13.00", Span(1, 90, 95))))
    same = document(bill(), doc.entries)
    assert not any(value.moved for value in same.values)
    other = document(bill(net=found("11.00", 5)), doc.entries)
    assert other.value(Subject("net")).moved
    assert value_of(other, "net") == "10.00"
    assert not other.decided(other.value(Subject("net")))
    agreeing = document(bill(gross=found("13.00", 95)), doc.entries)
    assert not agreeing.value(Subject("gross")).moved


def test_verdicts_on_rows_go_with_their_place_on_the_page() -> None:
    doc = document()
    doc.add(doc.verdict(VerdictKind.CORRECTED, Subject("lines", 2, "amount"), Given("7.00", "7.00", Span(1, 400, 404))))
    doc.add(doc.verdict(VerdictKind.REMOVED, Subject("lines", 1)))
    rows = bill().fields["lines"]
    assert isinstance(rows, tuple)
    first = {"what": found("bananas", 80), "amount": found("1.00", 85)}
    again = document(bill(lines=(first, *rows)), doc.entries)  # type: ignore[arg-type]
    fields = again.effective().fields["lines"]
    assert isinstance(fields, tuple)
    assert [[cell.value for cell in row.values()] for row in fields if isinstance(row, dict)] == [
        ["bananas", "1.00"],
        ["pears", "7.00"],
    ]
    # A further verdict on the row at its new number takes the old one's place.
    again.add(again.verdict(VerdictKind.CORRECTED, Subject("lines", 3, "amount"), Given("8.00", "8.00")))
    assert value_of(again, "lines", 3, "amount") == "8.00"
    assert sum(value.subject.column == "amount" for value in again.values) == 2


def test_an_approval_is_for_the_values_it_was_given_on() -> None:
    doc = document()
    doc.add(doc.document_verdict(VerdictKind.APPROVED))
    assert doc.approval is not None
    assert all(doc.decided(value) for value in doc.values)
    doc.add(doc.verdict(VerdictKind.CORRECTED, Subject("gross"), Given("13.00")))
    assert doc.approval is None
    assert doc.lapsed
    doc.add(*doc.undo())
    assert doc.approval is not None
    assert not doc.lapsed
    assert document(bill(net=found("99.00", 5)), doc.entries).lapsed
    doc.add(doc.document_verdict(VerdictKind.REJECTED, "blurred"))
    assert doc.approval is None
    assert doc.rejection is not None
    assert doc.rejection.reason == "blurred"


def test_two_likely_readings_of_one_place_are_ambiguous_until_somebody_says() -> None:
    other = RunnerUp("3/4", "2025-04-03", 0.4, Span(1, 40, 45))
    doc = document(bill(gross=replace(found("12.00", 40), candidates=(other,))))
    assert doc.value(Subject("gross")).ambiguous
    doc.add(doc.verdict(VerdictKind.ACCEPTED, Subject("gross")))
    assert not doc.value(Subject("gross")).ambiguous


# ---- on disk


@pytest.fixture
def reviews(tmp_path: Path):  # type: ignore[no-untyped-def]
    with Database(tmp_path / "s.sqlite") as database:
        yield Reviews(RunStore(database), VerdictStore(database))


def test_verdicts_are_kept_for_the_file_whatever_run_it_is_in(reviews: Reviews) -> None:
    (doc,) = reviews.review(TEMPLATE, [bill()])
    entry = doc.verdict(VerdictKind.ABSENT, Subject("net"))
    reviews.save([entry, entry])
    reviews.save([entry])
    again, other = reviews.review(TEMPLATE, [bill(), replace(bill(), sha256="0" * 64)])
    assert again.entries == [entry]
    assert other.entries == []
    assert reviews.earlier("bill", [again]) == []
    assert reviews.earlier("bill", [other]) == [entry]


def test_the_log_is_added_to_and_never_changed(tmp_path: Path) -> None:
    with Database(tmp_path / "s.sqlite") as database:
        store = VerdictStore(database)
        store.add([to_row(document().verdict(VerdictKind.ABSENT, Subject("net")))])
        for statement in ("DELETE FROM verdicts", "UPDATE verdicts SET kind = 'accepted'"):
            with pytest.raises(Exception, match="could not be used"), database.transaction() as connection:
                connection.execute(statement)
        assert len(store.of_template("bill")) == 1


def test_tables_are_renamed_put_aside_and_added_to(tmp_path: Path) -> None:
    with Database(tmp_path / "s.sqlite") as database:
        runs = RunStore(database)
        reviews = Reviews(runs, VerdictStore(database))
        record = record_of(TOML, "bill")
        run = runs.create_run(record, [("a.pdf", "/x/a.pdf")])
        runs.rename(run, "March")
        assert [(table.title, table.documents, table.finished) for table in reviews.tables()] == [("March", 1, 0)]
        added = runs.add_documents(run, [("b.pdf", "/x/b.pdf")])
        assert [new.position for new in added] == [1]
        assert runs.pending(run) == [0, 1]
        runs.set_deleted(run, True)
        assert reviews.tables() == []
        assert runs.unfinished() == []
        runs.set_deleted(run, False)
        assert len(reviews.tables()) == 1


def test_promises_are_kept(tmp_path: Path) -> None:
    with Database(tmp_path / "s.sqlite") as database:
        store = VerdictStore(database)
        assert store.promise("bill") is None
        store.set_promise("bill", Promise(0.01, 10))
        store.set_promise("bill", Promise(0.02, 20))
        assert store.promise("bill") == Promise(0.02, 20)
        store.set_promise("bill", None)
        assert store.promise("bill") is None


WRITER = """
import sys
from pathlib import Path
from stillroom.review.verdict import Subject, Verdict, VerdictKind, to_row
from stillroom.storage.database import Database
from stillroom.storage.verdicts import VerdictStore
store = VerdictStore(Database(Path(sys.argv[1])))
start = int(sys.argv[2])
for number in range(start, 1_000_000):
    kind = VerdictKind.ACCEPTED if number % 3 else VerdictKind.ABSENT
    verdict = Verdict(f"key-{number}", "2026-01-01", "me", kind, "f" * 64, "bill", Subject(f"field{number}"))
    store.add([to_row(verdict)])
    print(number, flush=True)
"""


def test_verdicts_survive_being_killed_at_random(tmp_path: Path) -> None:
    """Each that was told to be written is there once; the one in the middle of which it was killed is there or not, not twice."""
    file = tmp_path / "s.sqlite"
    told: list[int] = []
    generator = random.Random(7)
    for _ in range(6):
        start = max(told, default=-1) + 1
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(file), str(start)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            told.append(int(process.stdout.readline()))
            time.sleep(generator.random() * 0.05)
            process.kill()
            told += [int(line) for line in process.stdout if line.endswith("\n")]
    with Database(file) as database:
        rows = VerdictStore(database).of_template("bill")
        assert database.notice == ""
    keys = [row.entry for row in rows]
    assert len(keys) == len(set(keys))
    assert {f"key-{number}" for number in told} <= set(keys)
    assert len(keys) <= len(told) + 6
    assert len(last_by_subject(map(from_row, rows))) == len(keys)


# ---- copies


def test_copies_are_held_back_until_somebody_says_they_are_none() -> None:
    from stillroom.review.duplicates import mark_duplicates

    template = parse_template(
        'name = "i"\nfields = [{ name = "issuer", type = "organisation" }, { name = "number", type = "identifier" }]',
        "t",
    )

    def invoice(number: str, issuer: str, sha256: str) -> ReviewedDocument:
        fields: dict[str, FieldResult] = {"issuer": found(issuer, 1), "number": found(number, 30)}
        return ReviewedDocument(1, 0, Path(f"/x/{sha256[0]}.pdf"), template, replace(result(fields), sha256=sha256))

    first, scan, other, again = (
        invoice("R-1", "ACME Ltd", "a" * 64),
        invoice("R1", "Acme Ltd.", "b" * 64),
        invoice("R-2", "ACME Ltd", "c" * 64),
        invoice("R-9", "Other", "a" * 64),
    )
    documents = [first, scan, other, again]
    mark_duplicates(documents)
    assert [document.duplicate_of for document in documents] == [None, first, None, first]
    scan.add(scan.document_verdict(VerdictKind.KEPT))
    mark_duplicates(documents)
    assert [document.duplicate_of for document in documents] == [None, None, None, first]
