"""Labels are checked before anything is run, and a mistake is told with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stillroom.evaluation.labels import LabelError, check_labels, load_labels
from stillroom.templates.template import Field, FieldType, Template

TEMPLATE = Template(
    "t",
    1,
    "T",
    "",
    (
        Field("company", FieldType.ORGANISATION),
        Field("date", FieldType.DATE),
        Field("total", FieldType.MONEY),
        Field("pieces", FieldType.INTEGER),
        Field("at", FieldType.TIME),
        Field("paid", FieldType.YES_NO),
        Field("party", FieldType.LIST, of=FieldType.ORGANISATION),
        Field("days", FieldType.LIST, of=FieldType.DATE),
        Field("lines", FieldType.TABLE, columns=(Field("what", FieldType.TEXT), Field("price", FieldType.MONEY))),
    ),
)


def write(folder: Path, *lines: str | dict[str, Any]) -> Path:
    path = folder / "labels.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return path


def test_labels_are_read_with_paths_beside_the_file(tmp_path: Path) -> None:
    fields = {
        "company": " Acme ",
        "date": None,
        "total": "9.00",
        "party": ["A", None, "B"],
        "paid": True,
        "lines": [{"what": "x"}],
    }
    first, second = load_labels(
        write(
            tmp_path,
            {"file": "in/a.txt", "image": "a.jpg", "fields": fields},
            "",
            {"file": "b.txt", "fields": {"company": ""}},
        )
    )
    assert first.path == tmp_path / "in" / "a.txt"
    assert (first.line, second.line) == (1, 3)
    assert first.fields == {
        "company": "Acme", "date": None, "total": "9.00", "party": ("A", "B"), "paid": "yes", "lines": ({"what": "x"},),
    }  # fmt: skip
    assert second.fields == {"company": None}
    assert check_labels([first, second], TEMPLATE, "labels.jsonl") == []


def test_a_number_keeps_the_digits_it_was_written_with(tmp_path: Path) -> None:
    (document,) = load_labels(
        write(tmp_path, '{"file": "a", "fields": {"total": 9.00, "pieces": 12345678901234567890}}')
    )
    assert document.fields == {"total": "9.00", "pieces": "12345678901234567890"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "labels.jsonl line 2: this is no JSON"),
        ("[" * 100_000, "labels.jsonl line 2: "),
        ("[]", 'labels.jsonl line 2: write {"file"'),
        ('{"file": "", "fields": {}}', 'labels.jsonl line 2: write {"file"'),
        ('{"file": "b"}', 'labels.jsonl line 2: write "fields"'),
        ('{"file": "b", "fields": {"total": {"a": 1}}}', 'labels.jsonl line 2: "total" must be'),
        ('{"file": "b", "fields": {"total": NaN}}', 'labels.jsonl line 2: "total" must be'),
        ('{"file": "./a", "fields": {}}', "labels.jsonl line 2: "),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(LabelError) as caught:
        load_labels(write(tmp_path, {"file": "a", "fields": {}}, line))
    assert caught.value.message.startswith(said)


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    for content, said in ((None, "cannot be read"), (b"\xff\xfe\x00", "UTF-8"), (b"\n\n", "holds no labels")):
        path = tmp_path / "labels.jsonl"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(LabelError, match=said):
            load_labels(path)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"date": "31/05/2020"}, 'line 1: "date" must be a date like 2020-05-31, not "31/05/2020".'),
        ({"date": "2020-02-30"}, "must be a date"),
        ({"date": "20200531"}, "must be a date"),
        ({"total": "RM 9.00"}, 'line 1: "total" must be a plain number like 1234.50, not "RM 9.00".'),
        ({"total": "1,234.50"}, "must be a plain number"),
        ({"pieces": "1.5"}, "must be a whole number"),
        ({"at": "25:00"}, "must be a time"),
        ({"paid": "maybe"}, "must be yes or no"),
        ({"company": ["A", "B"]}, "has one value; write it without brackets"),
        ({"days": ["2020-05-31", "May"]}, '"days" must be a date'),
        ({"party": [{"a": "b"}]}, "is no table"),
        ({"lines": "bread"}, "is a table; write a list of rows"),
        ({"lines": ["bread"]}, "is a table; write a list of rows"),
        ({"lines": [{"what": "x", "prize": "1"}]}, 'has no column "prize"; its columns are what, price.'),
        ({"lines": [{"price": "one"}]}, '"lines.price" must be a plain number'),
        ({"colour": "red"}, "has labels for colour; the template \"t\" has company, date"),
    ],
)  # fmt: skip
def test_a_label_that_does_not_fit_the_template_is_told(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    documents = load_labels(write(tmp_path, {"file": "a", "fields": fields}))
    with pytest.raises(LabelError) as caught:
        check_labels(documents, TEMPLATE, "labels.jsonl")
    assert said in caught.value.message


def test_fields_the_template_does_not_have_are_named_once(tmp_path: Path) -> None:
    lines = [{"file": name, "fields": {"colour": "red", "company": "A", "party": "one", "date": []}} for name in "ab"]
    assert check_labels(load_labels(write(tmp_path, *lines)), TEMPLATE, "labels.jsonl") == ["colour"]
