"""Templates as JSON Schemas and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillroom.cli import main
from stillroom.errors import TemplateError
from stillroom.templates.json_schema import schema_of, template_from
from stillroom.templates.library import TemplateLibrary
from stillroom.templates.template import FieldType
from stillroom.templates.toml_file import check_file


@pytest.mark.parametrize("name", [template.name for template in TemplateLibrary().templates()])
def test_every_built_in_template_survives_the_way_there_and_back(name: str, tmp_path: Path) -> None:
    template = TemplateLibrary().find(name)
    schema = schema_of(template)
    assert json.loads(json.dumps(schema)) == schema
    back = template_from(schema, name)
    assert [field.name for field in back.fields] == [field.name for field in template.fields]
    assert {field.name: field.options for field in back.fields if field.options}.keys() == {
        field.name: field.options for field in template.fields if field.options
    }.keys()
    (tmp_path / "s.json").write_text(json.dumps(schema))
    assert main(["template", "from-schema", str(tmp_path / "s.json"), "--out", str(tmp_path / "t.toml")]) == 0
    assert check_file(tmp_path / "t.toml") == []


def test_types_come_from_the_schema() -> None:
    template = template_from(
        {
            "title": "Order",
            "properties": {
                "orderNumber": {"type": "string"},
                "placed": {"type": "string", "format": "date"},
                "mail": {"type": ["string", "null"], "format": "email"},
                "price": {"type": "number"},
                "paid": {"type": "boolean"},
                "lines": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"what": {}, "count": {"type": "integer"}}},
                },
                "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 5},
            },
            "required": ["orderNumber"],
        },
        "order",
    )
    kinds = {field.name: field.type for field in template.fields}
    assert kinds == {
        "order_number": FieldType.LINE,
        "placed": FieldType.DATE,
        "mail": FieldType.EMAIL,
        "price": FieldType.NUMBER,
        "paid": FieldType.YES_NO,
        "lines": FieldType.TABLE,
        "tags": FieldType.LIST,
    }
    assert template.field("order_number").required
    assert [column.type for column in template.field("lines").columns] == [FieldType.LINE, FieldType.INTEGER]
    assert template.field("tags").max_items == 5


def test_parts_that_are_named_and_objects_within_become_fields() -> None:
    party = {"type": "object", "properties": {"name": {"type": "string", "title": "Name"}, "vatId": {"type": "string"}}}
    line = {"type": "object", "properties": {"what": {"type": "string"}, "price": {"$ref": "#/$defs/Price"}}}
    template = template_from(
        {
            "type": "object",
            "properties": {
                "due": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "title": "Due date"},
                "seller": {"$ref": "#/$defs/Party"},
                "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
                "mails": {"type": "array", "items": {"oneOf": [{"type": "string", "format": "email"}]}},
                "state": {"allOf": [{"$ref": "#/$defs/State"}]},
            },
            "required": ["due", "seller", "state"],
            "$defs": {
                "Party": party,
                "Line": line,
                "State": {"enum": ["open", "paid"]},
                "Price": {"type": "object", "properties": {"net": {"type": "number"}, "vat": {"type": "number"}}},
            },
        },
        "order",
    )
    kinds = {field.name: str(field.type) for field in template.fields}
    assert kinds == {
        "due": "date", "seller_name": "line", "seller_vat_id": "line", "lines": "table", "mails": "list", "state": "choice",
    }  # fmt: skip
    assert template.field("due").heading == "Due date"
    assert template.field("seller_name").heading == "Seller name"
    assert [field.name for field in template.fields if field.required] == ["state"]
    columns = {column.name: str(column.type) for column in template.field("lines").columns}
    assert columns == {"what": "line", "price_net": "number", "price_vat": "number"}
    assert template.field("mails").of is FieldType.EMAIL


PARTS = {
    "Base": {
        "title": "Paper",
        "properties": {"id": {"type": "string"}, "date": {"type": "string"}},
        "required": ["id"],
    },
    "Dated": {"properties": {"date": {"format": "date"}}, "required": ["date"]},
    "Priced": {"allOf": [{"$ref": "#/$defs/Base"}, {"properties": {"price": {"type": "number"}}}]},
    "Deep": {"$ref": "#/$defs/Deep1"},
    **{f"Deep{at}": {"$ref": f"#/$defs/Deep{at + 1}"} for at in range(1, 9)},
    "Deep9": {"$ref": "#/$defs/Base"},
}


@pytest.mark.parametrize(
    ("root", "wanted"),
    [
        ({"$ref": "#/$defs/Base"}, {"id": "line!", "date": "line"}),
        ({"$ref": "#/$defs/Deep"}, {"id": "line!", "date": "line"}),
        ({"$ref": "#/$defs/Base", "properties": {"more": {}}, "required": ["more"]}, {"id": "line!", "date": "line", "more": "line!"}),
        ({"allOf": [{"$ref": "#/$defs/Priced"}, {"$ref": "#/$defs/Dated"}]}, {"id": "line!", "date": "date!", "price": "number"}),
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}}, {"a": "line", "b": "line"}),
        (
            {"properties": {"item": {"allOf": [{"$ref": "#/$defs/Priced"}, {"$ref": "#/$defs/Dated"}]}}},
            {"item_id": "line", "item_date": "date", "item_price": "number"},
        ),
        (
            {"properties": {"when": {"allOf": [{"format": "date"}, {"description": "the day"}], "type": "string"}}},
            {"when": "date"},
        ),
    ],
)  # fmt: skip
def test_parts_together_are_one(root: dict[str, object], wanted: dict[str, str]) -> None:
    template = template_from({"$defs": PARTS, **root}, "x")
    assert {field.name: f"{field.type}{'!' * field.required}" for field in template.fields} == wanted


@pytest.mark.parametrize(
    "parts",
    [
        {"A": {"$ref": "#/$defs/A"}},
        {"A": {"allOf": [{"$ref": "#/$defs/B"}] * 50}, "B": {"allOf": [{"$ref": "#/$defs/A"}] * 50}},
        {"A": {"allOf": [{"$ref": "#/$defs/B"}] * 999}, "B": {"allOf": [{"$ref": "#/$defs/C"}] * 999}, "C": {}},
    ],
)
def test_parts_that_lead_to_each_other_end_in_a_sentence(parts: dict[str, object]) -> None:
    with pytest.raises(TemplateError, match="each other"):
        template_from({"$ref": "#/$defs/A", "$defs": parts}, "x")
    with pytest.raises(TemplateError, match="each other"):
        template_from({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": parts}, "x")


def test_names_come_once_and_are_readable() -> None:
    inner = {"properties": {"b_c": {}, "d": {}}}
    columns = {"数量": {}, "价格": {}, "цена": {"properties": {"нетто": {}}}}
    template = template_from(
        {
            "properties": {
                "a": inner, "a_b": {"properties": {"c": {}}}, "aB": {"properties": {"C": {}}}, "númeroDeFactura": {},
                "供应商": {"properties": {"名称": {}}}, "日期": {}, "VAT %": {},
                "lines": {"type": "array", "items": {"properties": columns}},
            }
        },
        "счёт",
    )  # fmt: skip
    assert template.name == "template"
    assert [field.name for field in template.fields] == [
        "a_b_c", "a_d", "a_b_c_2", "a_b_c_3", "numero_de_factura", "field", "field_2", "vat", "lines",
    ]  # fmt: skip
    assert [field.heading for field in template.fields[3:8]] == [
        "A b c 3", "Número De Factura", "供应商 名称", "日期", "VAT %",
    ]  # fmt: skip
    columns = template.field("lines").columns
    assert [(column.name, column.heading) for column in columns] == [
        ("field", "数量"), ("field_2", "价格"), ("field_3", "Цена нетто"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "part", [{"$ref": "other.json#/x"}, {"$ref": "#/$defs/None"}, {"$ref": "#"}, {"type": "array", "items": {"type": "array"}}]
)  # fmt: skip
def test_what_leads_nowhere_or_never_ends_is_a_sentence(part: object) -> None:
    with pytest.raises(TemplateError):
        template_from({"type": "object", "properties": {"a": part}}, "x")


@pytest.mark.parametrize("schema", [[], {}, {"properties": {}}, {"properties": {"a": {"type": "object"}}}])
def test_what_cannot_be_a_template_is_a_sentence(schema: object) -> None:
    with pytest.raises(TemplateError):
        template_from(schema, "x")


def test_a_new_template_is_right_and_nothing_is_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine.toml"
    assert main(["template", "new", "My papers", "--out", str(target)]) == 0
    assert check_file(target) == []
    assert main(["template", "new", "My papers", "--out", str(target)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["template", "to-schema", "receipt"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["total"]["type"] == ["number", "null"]
