"""What is handed on: values as they hold, who answers for them, nothing that runs; labels, and back."""

from __future__ import annotations

import csv
import datetime
import json
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from tests.review.made import record_of, result_of, toml_of

from stillroom import cli
from stillroom.evaluation.labels import check_labels, load_labels
from stillroom.extraction.export import Notation
from stillroom.extraction.result import (
    DocumentResult,
    FieldState,
    FieldValue,
    RunnerUp,
    result_to_json,
)
from stillroom.paths import database_file
from stillroom.review.document import ReviewedDocument
from stillroom.review.queue import Queue
from stillroom.review.reviews import Reviews
from stillroom.review.signing import export_reviewed, verdicts_from_labels, write_labels
from stillroom.review.verdict import Given, Subject, VerdictKind
from stillroom.storage.database import Database
from stillroom.storage.runs import RunStore
from stillroom.storage.verdicts import VerdictStore
from stillroom.templates.toml_file import parse_template

TOML = toml_of("slip", shop="line", date="date", total="money")
TEMPLATE = parse_template(TOML, "test")
PAYLOADS = [
    *(f"{sign}{body}" for sign in ("=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＋", "＠") for body in (
        "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x","y")', "WEBSERVICE(\"http://x\")", "SUM(1;2)",
    )),
]  # fmt: skip


def found(value: str | None, confidence: float = 0.9, *others: str) -> FieldValue:
    state = FieldState.FOUND if value is not None else FieldState.ABSENT
    runners = tuple(RunnerUp(other, other, 0.1) for other in others)
    return FieldValue(value, value or "", state, confidence, candidates=runners)


def slip(file: Path, shop: str = "Corner", number: int = 0, confidence: float = 0.9) -> DocumentResult:
    fields = {"shop": found(shop), "date": found("2024-12-31"), "total": found("-12.50", confidence, "13.00")}
    return result_of(fields, "slip", file, f"{number:064x}", characters=10)


@pytest.fixture
def documents(tmp_path: Path) -> list[ReviewedDocument]:
    made = []
    for number in range(3):
        file = tmp_path / f"slip {number}.txt"
        file.write_text("slip")
        made.append(ReviewedDocument(1, number, file, TEMPLATE, slip(file, number=number, confidence=0.3)))
    return made


def reviewed(documents: list[ReviewedDocument]) -> Queue:
    """The first corrected and approved, the second rejected, the third left."""
    first, second, _ = documents
    first.add(first.verdict(VerdictKind.CORRECTED, Subject("total"), Given("99.00", "99,00", typed=True)))
    first.add(first.document_verdict(VerdictKind.APPROVED))
    second.add(second.document_verdict(VerdictKind.REJECTED, "blurred"))
    return Queue(documents)


def test_a_workbook_says_who_answers_for_what(documents: list[ReviewedDocument], tmp_path: Path) -> None:
    target = tmp_path / "out.xlsx"
    assert export_reviewed(reviewed(documents), target, TEMPLATE) == 3
    book = openpyxl.load_workbook(target)
    sheet, evidence = book.worksheets
    names = [cell.value for cell in sheet[1]]
    rows = [dict(zip(names, row, strict=True)) for row in sheet.iter_rows(min_row=2)]
    assert [row["to check"].value for row in rows] == [0, 0, 1]
    assert [row["review"].value for row in rows] == ["approved", "rejected: blurred", "open"]
    assert rows[0]["total"].value == 99
    assert rows[0]["total"].data_type == "n"
    assert rows[0]["date"].value == datetime.datetime(2024, 12, 31)
    assert rows[0]["by"].value
    assert [row["total"].fill.fgColor.rgb for row in rows] == ["00000000", "00000000", "00FFF2CC"]
    assert rows[0]["file"].hyperlink.target == documents[0].path.as_uri()
    assert sheet.auto_filter.ref == "A1:L4"
    names = [cell.value for cell in evidence[1]]
    lines = [dict(zip(names, row, strict=True)) for row in evidence.iter_rows(min_row=2, values_only=True)]
    totals = [line for line in lines if line["field"] == "total"]
    assert totals[0]["verdict"] == "corrected (not on the page)"
    assert totals[0]["at"]
    assert totals[2]["verdict"] is None


def test_only_what_was_approved_is_written_where_that_is_asked_for(
    documents: list[ReviewedDocument], tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    assert export_reviewed(reviewed(documents), target, TEMPLATE, only_approved=True, notation=Notation(";", ",")) == 1
    with target.open(encoding="utf-8-sig", newline="") as file:
        head, row = csv.reader(file, delimiter=";")
    line = dict(zip(head, row, strict=True))
    assert (line["total"], line["review"], line["to check"]) == ("99,00", "approved", "0")
    lapsed = documents[0]
    lapsed.add(lapsed.verdict(VerdictKind.ABSENT, Subject("shop")))
    assert export_reviewed(Queue(documents), target, TEMPLATE, only_approved=True) == 0, "changed after it was approved"


def test_no_payload_is_a_formula(tmp_path: Path) -> None:
    assert len(PAYLOADS) == 50
    made = []
    for number, payload in enumerate(PAYLOADS):
        document = ReviewedDocument(
            1, number, tmp_path / "x", TEMPLATE, slip(tmp_path / payload[:3].strip(), number=number)
        )
        document.add(document.verdict(VerdictKind.CORRECTED, Subject("shop"), Given(payload, payload, typed=True)))
        document.add(document.document_verdict(VerdictKind.REJECTED, payload))
        made.append(document)
    queue = Queue(made)
    book, plain = tmp_path / "out.xlsx", tmp_path / "out.csv"
    export_reviewed(queue, book, TEMPLATE)
    export_reviewed(queue, plain, TEMPLATE, notation=Notation(";", ","))
    with zipfile.ZipFile(book) as parts:
        assert all(b"<f>" not in parts.read(name) and b"<f " not in parts.read(name) for name in parts.namelist())
    with plain.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in list(csv.reader(file, delimiter=";"))[1:] for cell in row]
    risky = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "＠"))]
    assert set(risky) == {"-12,50"}, "a number is none"


def test_labels_go_out_and_come_back(documents: list[ReviewedDocument], tmp_path: Path) -> None:
    reviewed(documents)
    third = documents[2]
    third.add(third.verdict(VerdictKind.ABSENT, Subject("shop")))
    target = tmp_path / "labels" / "labels.jsonl"
    target.parent.mkdir()
    assert write_labels(documents, target) == 2
    labels = load_labels(target)
    assert check_labels(labels, TEMPLATE, "labels") == []
    assert [label.path.resolve() for label in labels] == [documents[0].path, documents[2].path]
    assert labels[0].fields == {"shop": "Corner", "date": "2024-12-31", "total": "99.00"}
    assert labels[1].fields == {"shop": None}
    (tmp_path / "back.jsonl").write_text(
        json.dumps({"file": "slip 0.txt", "fields": {"shop": "Corner", "date": None, "total": "13.00"}})
    )
    fresh = replace(documents[0], entries=[])
    back = verdicts_from_labels([fresh], load_labels(tmp_path / "back.jsonl"))
    assert [entry.kind for entry in back] == [VerdictKind.ACCEPTED, VerdictKind.ABSENT, VerdictKind.CORRECTED]
    fresh.add(*back)
    assert fresh.value(Subject("total")).current.value == "13.00"
    assert verdicts_from_labels([fresh], load_labels(tmp_path / "back.jsonl")) == [], "what was said stays"


def test_the_command_line_exports_and_imports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "slip.txt"
    file.write_text("slip")
    with closing(Database(database_file())) as database:
        runs = RunStore(database)
        run = runs.create_run(record_of(TOML, "slip"), [(str(file), str(file))])
        runs.save(run, 0, result_to_json(slip(file)))
    labels, out, table = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "out.xlsx"
    labels.write_text(json.dumps({"file": "slip.txt", "fields": {"total": "13.00"}}) + "\n")
    assert cli.main(["review", "import", str(labels), "--template", "slip"]) == 0
    assert cli.main(["review", "export", "--out", str(out)]) == 0
    assert cli.main(["review", "export", "--out", str(table)]) == 0
    assert json.loads(out.read_text()) == {"file": "slip.txt", "fields": {"total": "13.00"}}
    assert table.exists()
    assert "1 verdict was taken" in capsys.readouterr().err
    assert cli.main(["review", "export", "--out", str(out), "--run", "99"]) == 1
    with closing(Database(database_file())) as database:
        reviews = Reviews(RunStore(database), VerdictStore(database))
        assert reviews.documents(run)[0].value(Subject("total")).current.value == "13.00"
