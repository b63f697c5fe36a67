"""Exports hold what was found, run nothing, and replace the old file whole or not at all."""

from __future__ import annotations

import csv
import datetime
import errno
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from stillroom import atomic
from stillroom.documents.document import Box, Span
from stillroom.errors import StillroomError
from stillroom.extraction.export import check_target, export
from stillroom.extraction.result import (
    Coverage,
    DocumentResult,
    DocumentStatus,
    FieldState,
    FieldValue,
    RunnerUp,
    result_from_json,
)
from stillroom.templates.toml_file import parse_template

TEMPLATE = parse_template(
    """
name = "t"
fields = [
    { name = "company", type = "organisation" },
    { name = "date", type = "date" },
    { name = "total", type = "money" },
    { name = "status", type = "line" },
    { name = "people", type = "list", of = "name" },
    { name = "lines", type = "table", columns = [{ name = "state", type = "line" }, { name = "price", type = "money" }] },
]
""",
    "t.toml",
)
DANGEROUS = ["=1+1", "+1", "-1-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", '=HYPERLINK("http://x","y")', "+49 30 12"]


def found(value: str, confidence: float = 0.5, state: FieldState = FieldState.FOUND, page: int = 2) -> FieldValue:
    box = (Box(1, 2, 3, 4),)
    others = (RunnerUp("8", "8.00", 0.1, Span(1, 0, 1)),)
    return FieldValue(value, f"«{value}»", state, confidence, Span(page, 3, 9), box, others, ("Not a total.",))


ABSENT = FieldValue(None, "", FieldState.ABSENT, 0.75)


def row(file: str = "a.txt", **fields: Any) -> DocumentResult:
    values: dict[str, Any] = {
        "company": found("Ünïcode 株式会社"),
        "date": found("2024-02-29"),
        "total": found("-5.00"),
        "status": ABSENT,
        "people": (found("Ann", 0.9), found("Bob; Co", 0.4, FieldState.INVALID)),
        "lines": ({"state": found("new"), "price": found("1.5")}, {"state": found("old"), "price": ABSENT}),
    }
    values.update(fields)
    coverage = Coverage(1, 2, 10, 20)
    return DocumentResult(
        file,
        DocumentStatus.PARTIAL,
        coverage,
        values,
        "t",
        1,
        "m",
        "ab",
        "cd",
        notes=("Page 2 was not read.",),
        seconds=1.5,
    )


FAILED = DocumentResult("b\udcff.pdf", DocumentStatus.FAILED, Coverage(0, 0, 0, 0), {}, "t", 1, error="It is damaged.")


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_csv(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    export([row(), None, FAILED], TEMPLATE, target)
    assert target.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel takes it for UTF-8"
    first, second = read_csv(target)
    assert list(first)[:10] == [
        "file", "status", "company", "date", "total", "field status", "people", "lines", "error", "notes",
    ]  # fmt: skip
    assert first["company"] == "Ünïcode 株式会社"
    assert first["total"] == "-5.00", "a plain number is data"
    assert (first["field status"], first["status state"], first["status confidence"]) == ("", "absent", "0.7500")
    assert first["people"] == "Ann; Bob; Co"
    assert (first["people state"], first["people confidence"], first["people page"]) == ("invalid", "0.4000", "2")
    assert json.loads(first["lines"]) == [{"state": "new", "price": "1.5"}, {"state": "old", "price": None}]
    assert first["notes"] == "Page 2 was not read."
    assert (second["file"], second["status"], second["error"]) == ("b\\udcff.pdf", "failed", "It is damaged.")
    assert second["total state"] == ""


def test_csv_names_the_checks_that_failed(tmp_path: Path) -> None:
    wrong = replace(found("DE00"), state=FieldState.INVALID, failed_checks=("=The check digits are wrong.",))
    export([row(people=(wrong, wrong), company=ABSENT)], TEMPLATE, tmp_path / "out.csv")
    (line,) = read_csv(tmp_path / "out.csv")
    assert line["people checks"] == "'=The check digits are wrong."
    assert line["company checks"] == ""


def test_an_empty_list_says_why_it_is_empty(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    whole = DocumentResult("a", DocumentStatus.DONE, Coverage(1, 1, 1, 1), {"people": ()}, "t", 1)
    export([whole, row(people=())], TEMPLATE, target)
    assert [line["people state"] for line in read_csv(target)] == ["absent", "unread"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_is_a_formula(tmp_path: Path, text: str) -> None:
    result = row(file=text, company=found(text), total=found(text), people=(found(text), found("x")))
    export([result], TEMPLATE, tmp_path / "out.csv")
    (line,) = read_csv(tmp_path / "out.csv")
    for name in ("file", "company", "people"):
        assert line[name].startswith(f"'{text[0]}"), name
    if text != "+1":
        assert line["total"] == f"'{text}"
    export([result], TEMPLATE, tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert all(item.data_type != "f" for sheet in book for cells in sheet.iter_rows() for item in cells)
    assert book["Results"]["C2"].value.strip() == text.strip()


@pytest.mark.parametrize("number", ["-5.00", "+3", "-0.5", "-1000000"])
def test_plain_numbers_stay_numbers_only_in_numeric_fields(tmp_path: Path, number: str) -> None:
    export([row(company=found(number), total=found(number))], TEMPLATE, tmp_path / "out.csv")
    (line,) = read_csv(tmp_path / "out.csv")
    assert (line["total"], line["company"]) == (number, f"'{number}")


@pytest.mark.parametrize("text", ["-5.00-1", "-", "+", "--5", "-5.0.0", "-５"])
def test_what_only_looks_like_a_number_is_no_number(tmp_path: Path, text: str) -> None:
    export([row(total=found(text))], TEMPLATE, tmp_path / "out.csv")
    assert read_csv(tmp_path / "out.csv")[0]["total"] == f"'{text}"


def test_workbook(tmp_path: Path) -> None:
    target = tmp_path / "out.xlsx"
    export([row(), FAILED], TEMPLATE, target)
    book = openpyxl.load_workbook(target)
    sheet = book["Results"]
    header = [item.value for item in sheet[1]]
    assert header == [
        "file", "status", "company", "date", "total", "field status", "people", "lines", "lowest confidence", "error", "notes",
    ]  # fmt: skip
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert sheet["D2"].value == datetime.datetime(2024, 2, 29)
    assert sheet["D2"].number_format == "yyyy-mm-dd"
    assert (sheet["E2"].value, sheet["E2"].data_type, sheet["E2"].number_format) == (-5, "n", "0.00")
    assert sheet["I2"].value == 0.4
    assert (sheet["B3"].value, sheet["J3"].value) == ("failed", "It is damaged.")
    assert sheet["A3"].value == "b�.pdf"
    evidence = list(book["Evidence"].iter_rows(min_row=2, values_only=True))
    assert evidence[0] == (
        "a.txt",
        "company",
        1,
        None,
        "Ünïcode 株式会社",
        "«Ünïcode 株式会社»",
        2,
        3,
        9,
        "found",
        0.5,
        "Not a total.",
    )
    assert [line[1:4] for line in evidence] == [
        ("company", 1, None), ("date", 1, None), ("total", 1, None), ("status", 1, None), ("people", 1, None),
        ("people", 2, None), ("lines", 1, "state"), ("lines", 1, "price"), ("lines", 2, "state"), ("lines", 2, "price"),
    ]  # fmt: skip


def test_a_workbook_holds_what_excel_cannot(tmp_path: Path) -> None:
    target = tmp_path / "out.xlsx"
    result = row(
        company=found("x" * 40_000),
        date=found("1850-01-01"),
        total=found("12345678901234567.89"),
        status=found("a\x00\x1bb"),
    )
    export([result], TEMPLATE, target)
    sheet = openpyxl.load_workbook(target)["Results"]
    assert len(sheet["C2"].value) == 32_767
    assert "cut: a cell of Excel holds no more" in sheet["C2"].value
    assert [sheet[place].value for place in ("D2", "E2", "F2")] == ["1850-01-01", "12345678901234567.89", "a��b"]
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None


def test_json_lines(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    results = [row(), FAILED]
    export(results, TEMPLATE, target)
    lines = target.read_text("utf-8").splitlines()
    assert [result_from_json(json.loads(line)) for line in lines] == results
    assert "株式会社" in lines[0]


def test_database(tmp_path: Path) -> None:
    target = tmp_path / "out.sqlite"
    export([row(), FAILED], TEMPLATE, target)
    with closing(sqlite3.connect(target)) as connection:
        connection.row_factory = sqlite3.Row
        first, second = connection.execute("SELECT * FROM documents ORDER BY id").fetchall()
        assert (first["file"], first["status"], first["company"], first["total"]) == (
            "a.txt",
            "partial",
            "Ünïcode 株式会社",
            "-5.00",
        )
        assert (first["field status"], first["chars_read"], first["template_name"]) == (None, 10, "t")
        assert (second["file"], second["error"], second["total"]) == ("b\\udcff.pdf", "It is damaged.", None)
        values = connection.execute("SELECT * FROM field_values WHERE document = 1 ORDER BY id").fetchall()
        assert len(values) == 10
        assert (values[2]["text"], values[2]["page"], values[2]["start"], values[2]["end"]) == ("«-5.00»", 2, 3, 9)
        assert json.loads(values[2]["boxes"]) == [[1, 2, 3, 4]]
        assert connection.execute("SELECT count(*), min(text), min(rank) FROM candidates").fetchone()[:] == (8, "8", 1)
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl", ".sqlite"])
def test_nothing_is_a_right_file_too_and_an_older_one_is_replaced(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    target.write_text("old")
    target.chmod(0o640)
    export([], TEMPLATE, target)
    assert target.read_bytes() != b"old"
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl", ".sqlite"])
def test_a_failure_keeps_the_old_file_and_leaves_nothing_over(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / f"out{suffix}"
    target.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic, "_sync", full)
    with pytest.raises(StillroomError, match=f"out{suffix} was not written: the disk is full"):
        export([row()], TEMPLATE, target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_that_fills_while_writing_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def on_full_disk(self: Path, *arguments: Any, **options: Any) -> Any:
        return real(Path("/dev/full") if self.name.endswith(".tmp") else self, *arguments, **options)

    monkeypatch.setattr(Path, "open", on_full_disk)
    with pytest.raises(StillroomError, match="disk is full"):
        export([row()], TEMPLATE, tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_the_target_is_checked_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_target(tmp_path / "OUT.CSV")
    assert list(tmp_path.iterdir()) == []
    for name in ("out.txt", "out", ".csv"):
        with pytest.raises(StillroomError, match=r"Write one of: \.csv, \.xlsx, \.jsonl, \.sqlite"):
            check_target(tmp_path / name)
    with pytest.raises(StillroomError, match="There is no folder"):
        check_target(tmp_path / "missing" / "out.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(StillroomError, match="there is a folder of that name"):
        check_target(tmp_path / "folder.csv")

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StillroomError, match="not allowed there, or the file is open in another program"):
        check_target(tmp_path / "out.csv")


_FULL = """
import gc, resource, signal, sys, tempfile
from pathlib import Path
from stillroom.errors import StillroomError
from stillroom.extraction.export import export
from tests.extraction.test_export import TEMPLATE, found, row
folder, after = Path(sys.argv[1]), int(sys.argv[2])
tempfile.tempdir = str(folder)
rows = [row(total=found(str(number))) for number in range(3000)]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (after, after))
for suffix in (".xlsx", ".csv", ".jsonl", ".sqlite"):
    try:
        export(rows, TEMPLATE, folder / f"o{suffix}")
    except StillroomError as error:
        print(error.message)
    gc.collect()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit of a file's size")
@pytest.mark.parametrize("after", [0, 4_000, 60_000])
def test_a_full_disk_is_a_sentence_and_no_traceback(after: int, tmp_path: Path) -> None:
    """No file may grow beyond so many bytes, which is how a disk fills up in the middle of a table."""
    folder = tmp_path / "out"
    folder.mkdir()
    paths = os.pathsep.join([*sys.path, str(Path(__file__).parents[2])])
    environment = {**os.environ, "PYTHONPATH": paths, "STILLROOM_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", _FULL, str(folder), str(after)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "Traceback" not in done.stderr
    assert done.stdout.count("was not written") == 4
    assert list(folder.iterdir()) == []
