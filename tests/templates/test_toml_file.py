"""A template is read as written; a wrong one names the line and what to write."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.errors import TemplateError
from stillroom.templates.template import Example, Field, FieldType, Option, Rule, Template, label_of
from stillroom.templates.toml_file import check_file, load_template, parse_template, title_of
from stillroom.templates.toml_writing import template_to_toml

GOOD = """\
name = "order"            # 1
version = 3
title = "Order"
description = '''
A text
name = "not a key"
'''

[[fields]]                # 9
name = "number"
type = "identifier"
pattern = 'PO-\\d+'
near = [
    "order number",       # 14
    "[[fields]]",
]

[[fields]]                # 18
name = "paid"
type = "choice"
options = ["yes", { value = "no", synonyms = ["open"] }]

[[fields]]                # 23
name = "items"
type = "table"

  [[fields.columns]]      # 27
  name = "text"
  type = "line"

  [[fields.columns]]      # 31
  name = "amount"
  type = "money"

[[fields]]                # 35
name = "people"
type = "list"
of = "name"
"""


def wrong(text: str) -> str:
    with pytest.raises(TemplateError) as caught:
        parse_template(text, "order.toml")
    return caught.value.message


def test_a_template_is_read_as_written() -> None:
    template = parse_template(GOOD, "order.toml")
    assert (template.name, template.version, template.title) == ("order", 3, "Order")
    assert [field.name for field in template.fields] == ["number", "paid", "items", "people"]
    number, paid, items, people = template.fields
    assert number.pattern == "PO-\\d+"
    assert number.near == ("order number", "[[fields]]")
    assert number.label == "Number"
    assert paid.options == (Option("yes"), Option("no", "", ("open",)))
    assert [(column.name, column.type) for column in items.columns] == [("text", "line"), ("amount", "money")]
    assert people.of is FieldType.NAME
    assert len(template.sha256) == 64


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        (
            'type = "identifier"',
            'type = "mony"',
            11,
            'type "mony" is not known; did you mean "money"? write one of: line,',
        ),
        ('type = "identifier"', "type = 3", 11, "type is one of these words, in quotation marks: line,"),
        ('type = "identifier"\n', "", 9, 'type is missing; write type = "line" or one of: line,'),
        ("near = [", "naer = [", 13, '"naer" is not known here; did you mean "near"?'),
        ("version = 3", "version = 0", 2, "version is a whole number from 1 to"),
        ("version = 3", "version = true", 2, "version is a whole number"),
        ("version = 3", 'verson = "3"', 2, 'did you mean "version"?'),
        ('name = "order" ', 'name = "My order" ', 1, 'the name "My order" must be lower case letters, digits and -'),
        ('name = "paid"', 'name = "number"', 19, 'the name "number" is used already in line 10; choose another'),
        ('name = "paid"', 'name = "Paid?"', 19, "must be lower case letters, digits and _, a letter first"),
        (
            'options = ["yes", { value = "no", synonyms = ["open"] }]\n',
            "",
            18,
            "a choice needs its options; write options = [",
        ),
        ('["yes", { value = "no", synonyms = ["open"] }]', '["yes"]', 21, "at least two options"),
        ('["yes", { value = "no", synonyms = ["open"] }]', '["yes", "yes"]', 21, 'the option "yes" is there twice'),
        ('["yes", { value = "no", synonyms = ["open"] }]', '"yes"', 21, "options is a list; write options = ["),
        ('type = "choice"', 'type = "line"', 21, 'only a choice has options, and this is "line"'),
        ("'PO-\\d+'", "'PO-(\\d+'", 12, "the pattern is no regular expression ("),
        ('type = "identifier"', 'type = "line"', 12, 'a pattern is for identifiers, and this is "line"'),
        ('of = "name"\n', "", 35, 'a list needs the type of its items; write of = "name"'),
        ('of = "name"', 'of = "list"', 38, 'of "list" is not known;'),
        ('type = "money"', 'type = "tabel"', 33, 'type "tabel" is not known;'),
        ('of = "name"', 'of = "name"\nday_first = true', 39, "day_first is for dates"),
        ('of = "name"', 'of = "name"\nmax_words = 9', 39, "max_words is for generated text"),
        ('of = "name"', 'of = "name"\nmax_items = 0', 39, "max_items is a whole number from 1 to 1000"),
        ('of = "name"', 'of = "name"\nrequired = "yes"', 39, "required is true or false, without quotation marks"),
        ('    "order number",', "    7,", 13, "near is a list of texts"),
        (
            'of = "name"',
            'of = "name"\n[[rules]]\ncheck = "numbr = 1"',
            40,
            'there is no field "numbr"; did you mean "number"?',
        ),
        ('of = "name"', 'of = "name"\n[[rules]]\ncheck = "sum(items.price) = 1"', 40, 'has no column "price"'),
        ('of = "name"', 'of = "name"\n[[examples]]\ntext = "x"\nvalues = { paid = 1 }', 41, "values are texts"),
        # mistakes of TOML itself
        ('type = "identifier"', "type = identifier", 11, 'text stands in quotation marks: type = "identifier"'),
        ('type = "identifier"', 'type = "identifier', 11, "a text is not closed"),
        ('type = "identifier"', 'type = "identifier"\ntype = "line"', 12, "this is written twice; keep one of the two"),
        ('type = "identifier"', "type", 11, 'a line is a name, "=" and a value'),
        ("'PO-\\d+'", '"PO-\\d+"', 12, "put the text between apostrophes"),
    ],
)
def test_a_mistake_names_its_line_and_what_to_write(old: str, new: str, line: int, says: str) -> None:
    assert GOOD.count(old) >= 1
    message = wrong(GOOD.replace(old, new, 1))
    assert message.startswith(f"order.toml line {line}: "), message
    assert says in message


def test_a_template_without_fields_says_how_to_write_one() -> None:
    assert '[[fields]], then name = "total"' in wrong('name = "x"\n')
    assert "headed [[fields]]" in wrong('name = "x"\n[fields]\ntotal = "money"\n')


def test_every_mistake_is_listed(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"
    file.write_text(
        GOOD.replace('"identifier"', '"mony"').replace('of = "name"', "").replace("version", "verzion"), "utf-8"
    )
    sentences = check_file(file)
    assert [sentence.split(":")[0] for sentence in sentences] == [
        "order.toml line 2",
        "order.toml line 11",
        "order.toml line 35",
    ]
    with pytest.raises(TemplateError, match=r"\(and 2 more\)"):
        load_template(file)


def test_files_that_are_no_templates(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'name = "x"\ntitle = "caf\xe9"\n')
    assert check_file(latin) == ["latin.toml line 2: is not UTF-8 text; save the file with the encoding UTF-8."]
    assert "no template file" in check_file(tmp_path / "missing.toml")[0]
    assert "is a folder" in check_file(tmp_path)[0]
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (1 << 20) + b"\n")
    assert "larger than 1 MiB" in check_file(huge)[0]
    deep = tmp_path / "deep.toml"
    deep.write_text("a = " + "[" * 100_000)
    assert check_file(deep)[0].startswith("deep.toml line 1: ")
    long = tmp_path / "long.toml"
    long.write_text('name = "a"\nversion = ' + "9" * 5000 + "\n")
    assert check_file(long) == ["long.toml line 2: holds a number that is too long to be meant."]
    assert title_of(long.read_text(), "long") == "Long"


def test_line_ends_of_windows_and_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "order.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_template(file).field("people").of is FieldType.NAME
    file.write_bytes(GOOD.replace("\n", "\r\n").replace('of = "name"', 'of = "nmae"').encode())
    assert check_file(file)[0].startswith('order.toml line 38: of "nmae" is not known; did you mean "name"?')


words = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r"), max_size=12)
filled = words.filter(lambda text: bool(text.strip()))
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
plain = [kind for kind in FieldType if kind not in (FieldType.CHOICE, FieldType.LIST, FieldType.TABLE)]


@st.composite
def fields(draw: st.DrawFn) -> Field:
    name = draw(names)
    common = {
        "name": name,
        "description": draw(words),
        "label": draw(words) or label_of(name),
        "required": draw(st.booleans()),
        "near": tuple(draw(st.lists(filled, max_size=3))),
        "avoid": tuple(draw(st.lists(filled, max_size=3))),
    }
    kind = draw(st.sampled_from([*plain, FieldType.CHOICE, FieldType.LIST, FieldType.TABLE]))
    if kind is FieldType.CHOICE:
        values = draw(st.lists(filled.map(str.strip), min_size=2, max_size=4, unique=True))
        options = tuple(Option(value, draw(words), tuple(draw(st.lists(filled, max_size=2)))) for value in values)
        return Field(type=kind, options=options, **common)
    if kind is FieldType.LIST:
        return Field(
            type=kind,
            of=draw(st.sampled_from([FieldType.NAME, FieldType.MONEY])),
            max_items=draw(st.integers(1, 9)),
            **common,
        )
    if kind is FieldType.TABLE:
        columns = draw(st.lists(names, min_size=1, max_size=3, unique=True))
        return Field(type=kind, columns=tuple(Field(c, FieldType.MONEY, label=label_of(c)) for c in columns), **common)
    if kind is FieldType.DATE:
        return Field(type=kind, day_first=draw(st.sampled_from([None, True, False])), **common)
    return Field(type=kind, **common)


@given(
    st.lists(fields(), min_size=1, max_size=5, unique_by=lambda field: field.name),
    filled,
    words,
    words.filter(lambda text: bool(text.strip())),
)
def test_writing_and_reading_gives_the_same_template(
    made: list[Field], title: str, description: str, text: str
) -> None:
    examples = (Example(text, {made[0].name: "a", made[-1].name: None}),)
    template = Template("made", 2, title, description, tuple(made), examples, (Rule(f"{made[0].name} > 0", "no"),))
    again = parse_template(template_to_toml(template), "made.toml")
    assert dataclasses.replace(again, sha256="") == template


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("invoice_number", "Invoice number"),
        ("iban", "IBAN"),
        ("ibans", "IBANs"),
        ("seller_vat_id", "Seller VAT ID"),
        ("idea", "Idea"),
    ],
)
def test_the_heading_of_a_field_without_a_label(name: str, heading: str) -> None:
    assert label_of(name) == heading
