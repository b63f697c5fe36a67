"""A table made anew with a changed template asks what changed, and two runs are held beside each other."""

from __future__ import annotations

from dataclasses import replace

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.comparison import compare
from stillroom.extraction.renewal import ChangedFields
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, FieldResult, FieldState, FieldValue
from stillroom.templates.template import Template
from stillroom.templates.toml_file import parse_template

TOML = """
name = "bill"
version = {version}
title = "Bill"
description = "A bill."
[[fields]]
name = "net"
type = "money"
[[fields]]
name = "gross"
type = "money"
description = "{gross}"
[[rules]]
check = "net = gross"
message = "{message}"
"""
OLD = parse_template(TOML.format(version=1, gross="all", message="Old rule."), "old")
NEW = parse_template(TOML.format(version=2, gross="all of it", message="New rule."), "new")
DOCUMENT = Document("bill.txt", "txt", "ab" * 32, (Page(1, "10.00 12.00 15.00"),), 1)


def money(text: str, start: int, confidence: float = 0.8) -> FieldValue:
    return FieldValue(text, text, FieldState.FOUND, confidence, Span(1, start, start + len(text)))


class Asked:
    """An extractor that says 15.00 to everything and remembers what it was asked for."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, ...]] = []

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        assert document is DOCUMENT
        assert cancellation is None
        self.fields.append(tuple(field.name for field in template.fields))
        fields: dict[str, FieldResult] = {field.name: money("15.00", 12) for field in template.fields}
        return row(fields, version=template.version, file=file)


def row(
    fields: dict[str, FieldResult], version: int = 1, file: str = "bill.txt", sha256: str = "ab" * 32
) -> DocumentResult:
    return DocumentResult(file, DocumentStatus.DONE, Coverage(1, 1, 17, 17), fields, "bill", version, "m", "", sha256)


def test_only_the_field_that_changed_is_asked_and_the_rules_are_those_of_now() -> None:
    asked = Asked()
    broken = replace(money("10.00", 0, 0.4), state=FieldState.INVALID, failed_checks=("Old rule.",))
    earlier = row({"net": broken, "gross": money("12.00", 6)})
    found = ChangedFields(asked, {DOCUMENT.sha256: earlier}, OLD, ("gross",)).extract(DOCUMENT, NEW, file="bill.txt")
    assert asked.fields == [("gross",)]
    net, gross = found.fields["net"], found.fields["gross"]
    assert isinstance(net, FieldValue)
    assert isinstance(gross, FieldValue)
    assert (net.value, gross.value) == ("10.00", "15.00")
    assert net.failed_checks == ("New rule.",), "what the old rule said is gone, what the new one says is there"
    assert net.confidence == 0.4, "0.8, and once halved"
    assert found.template_version == 2


def test_nothing_is_asked_where_nothing_changed_and_all_where_there_is_no_whole_row() -> None:
    asked = Asked()
    earlier = row({"net": money("10.00", 0), "gross": money("12.00", 6)})
    found = ChangedFields(asked, {DOCUMENT.sha256: earlier}, OLD, ()).extract(DOCUMENT, OLD, file="bill.txt")
    assert asked.fields == []
    assert list(found.fields) == ["net", "gross"]
    for partial in ({}, {DOCUMENT.sha256: replace(earlier, status=DocumentStatus.PARTIAL)}):
        ChangedFields(asked, partial, OLD, ("gross",)).extract(DOCUMENT, NEW, file="bill.txt")
    assert asked.fields == [("net", "gross")] * 2


def test_two_runs_are_compared_value_by_value() -> None:
    items = ({"price": money("1.00", 0)}, {"price": money("2.00", 4)})
    left = [row({"net": money("10.00", 0), "items": items}), row({"net": money("1.00", 0)}, sha256="cd" * 32)]
    right = [row({"net": money("12.00", 6), "items": items[:1], "more": money("3.00", 0)})]
    found = compare(left, [None, *right])
    assert (found.documents, found.same, len(found.differences)) == (1, 1, 2)
    assert [(each.field, each.item, each.column, each.left, each.right) for each in found.differences] == [
        ("net", 1, "", "10.00", "12.00"),
        ("items", 2, "price", "2.00", None),
    ]
    assert {(each.left_row, each.right_row) for each in found.differences} == {(0, 1)}
    assert found.missing == ("more",)
    assert len(found.only_left) == 1
    assert found.only_right == ()
