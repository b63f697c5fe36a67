"""Edits of a template's text keep what was not edited, comments with it; versions keep what was."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from stillroom.errors import TemplateError
from stillroom.templates import editing
from stillroom.templates.template import Field, FieldType, Option, Rule, Template
from stillroom.templates.toml_file import parse_template
from stillroom.templates.versions import OwnTemplates, differences

TEXT = """# made by hand
name = "bill"
version = 1
title = "Bill"

# the day on the paper
[[fields]]
name = "date"
type = "date"  # never the due date
description = "the day of the bill"

[[fields]]
name = "total"
type = "money"
near = ["total"]

[[fields]]
name = "net"
type = "money"

[[rules]]
check = "net <= total"
"""


def read(text: str) -> Template:
    return parse_template(text, "t.toml")


def test_an_edited_field_changes_alone_and_comments_stay() -> None:
    field = dataclasses.replace(read(TEXT).field("total"), required=True, near=("total", "sum"))
    edited = editing.set_field(TEXT, "total", field)
    assert read(edited).field("total") == field
    assert "# made by hand" in edited
    assert "# the day on the paper" in edited
    assert "# never the due date" in edited
    assert read(edited).field("date") == read(TEXT).field("date")


def test_a_renamed_field_is_renamed_in_the_rules() -> None:
    edited = editing.set_field(TEXT, "net", dataclasses.replace(read(TEXT).field("net"), name="before_tax"))
    assert read(edited).rules == (Rule("before_tax <= total"),)


def test_fields_are_added_moved_and_removed() -> None:
    field = Field(
        "kind", FieldType.CHOICE, "what it is", "Kind", options=(Option("a", "the first", ("x",)), Option("b"))
    )
    edited = editing.add_field(TEXT, field)
    assert read(edited).fields[-1] == field
    edited = editing.move_field(edited, "kind", 0)
    assert [each.name for each in read(edited).fields] == ["kind", "date", "total", "net"]
    edited = editing.remove_field(edited, "net")
    assert [each.name for each in read(edited).fields] == ["kind", "date", "total"]
    assert read(edited).rules == ()
    assert "# never the due date" in edited
    with pytest.raises(TemplateError, match="no field net"):
        editing.remove_field(edited, "net")


def test_values_and_rules_are_set() -> None:
    edited = editing.set_value(editing.set_value(TEXT, "description", "A bill."), "title", 'The "Bill"')
    assert (read(edited).title, read(edited).description) == ('The "Bill"', "A bill.")
    edited = editing.set_rules(edited, [Rule("total = net", "They differ.")])
    assert read(edited).rules == (Rule("total = net", "They differ."),)
    assert "description" not in editing.set_value(edited, "description", "").split("[[", 1)[0]


def test_a_new_template_takes_fields() -> None:
    text = editing.add_field(editing.new_template("talks", "Talks"), Field("speaker", FieldType.NAME))
    assert [field.name for field in read(text).fields] == ["speaker"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Invoice No.", "invoice_no"),
        ("N° de facture", "n_de_facture"),
        ("Größe", "groe"),
        ("2nd", "field_2nd"),
        ("合計", "field"),
    ],
)
def test_names_from_words(words: str, name: str) -> None:
    assert editing.name_from(words) in (name, name.replace("groe", "grosse"))


def test_a_name_is_taken_once() -> None:
    assert editing.name_from("Date", ["date", "date_2"]) == "date_3"
    assert editing.name_from("合計", ["template"], separator="-") == "template-2"


def test_every_save_that_changes_the_work_is_a_version(tmp_path: Path) -> None:
    own = OwnTemplates(tmp_path)
    assert own.save(TEXT).version == 1
    assert own.save(editing.set_value(TEXT, "title", "Paper")).version == 1
    wanted = dataclasses.replace(read(TEXT).field("total"), required=True)
    saved = own.save(editing.set_field(own.text("bill"), "total", wanted))
    assert saved.version == 2
    assert own.versions("bill") == [1, 2]
    assert own.version("bill", 1).field("total").required is False
    assert own.version("bill", 1).title == "Paper"
    changed = differences(own.version("bill", 1), saved)
    assert changed.fields == ("total",)
    assert changed.sentences == ("Total: every document has it.",)
    own.remove("bill")
    assert own.names() == []
    assert own.restore("bill").version == 2
    assert own.names() == ["bill"]


def test_one_that_was_made_by_hand_has_its_first_version_kept(tmp_path: Path) -> None:
    (tmp_path / "bill.toml").write_text(TEXT)
    own = OwnTemplates(tmp_path)
    assert own.save(editing.remove_field(TEXT, "net")).version == 2
    assert own.version("bill", 1).field("net").type is FieldType.MONEY


@pytest.mark.parametrize("text", ["version = " + "9" * 5000, "a = " + "[" * 100_000, "[["])
def test_what_is_no_toml_is_not_edited(text: str) -> None:
    with pytest.raises(TemplateError, match="cannot be read"):
        editing.add_field(text, Field("a", FieldType.LINE))


def test_nothing_wrong_is_saved(tmp_path: Path) -> None:
    with pytest.raises(TemplateError):
        OwnTemplates(tmp_path).save(TEXT.replace('"money"', '"mony"'))
    assert OwnTemplates(tmp_path).names() == []


def test_what_changed_of_a_field_is_said_as_it_was_and_is() -> None:
    old = Field("place", FieldType.ADDRESS, "where", near=("place", "room"))
    new = dataclasses.replace(old, type=FieldType.LINE, label="Hall", near=("place", "where"))
    one, other = (Template("t", 1, "", "", (field,)) for field in (old, new))
    assert differences(one, other, lambda kind: kind.upper()).sentences == (
        "Hall: ADDRESS → LINE, called Place before, words beside it (+ where, − room).",
    )
    assert differences(one, dataclasses.replace(one, fields=(dataclasses.replace(old, label="Hall"),))).fields == ()


def test_differences_are_said() -> None:
    new = editing.set_rules(editing.add_field(editing.remove_field(TEXT, "date"), Field("due", FieldType.DATE)), [])
    assert differences(read(TEXT), read(new)).sentences == (
        "Date was removed.",
        "Due is new.",
        "The rule net <= total was removed.",
    )
