"""Templates as JSON Schemas, for models that write JSON (every field required, every one may be null), and from them."""

from __future__ import annotations

import re
from typing import Any

from stillroom.errors import TemplateError
from stillroom.templates.template import Field, FieldType, Option, Template

_NUMBERS = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)


def schema_of(template: Template) -> dict[str, Any]:
    """The schema of an answer that fills the template."""
    properties = {field.name: _property(field, field.type) for field in template.fields}
    return {
        "title": template.title or template.name,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _property(field: Field, kind: FieldType) -> dict[str, Any]:
    described: dict[str, Any] = {"description": field.description} if field.description else {}
    if kind is FieldType.LIST:
        return {**described, "type": "array", "items": {"type": "string"}, "maxItems": field.max_items}
    if kind is FieldType.TABLE:
        row = {column.name: _property(column, column.type) for column in field.columns}
        items = {"type": "object", "properties": row, "required": list(row), "additionalProperties": False}
        return {**described, "type": "array", "items": items, "maxItems": field.max_items}
    if kind is FieldType.CHOICE:
        return {**described, "enum": [*(option.value for option in field.options), None]}
    if kind is FieldType.YES_NO:
        return {**described, "enum": ["yes", "no", None]}
    return {**described, "type": ["number" if kind in _NUMBERS else "string", "null"]}


def template_from(schema: Any, name: str) -> Template:
    """A template from the JSON Schema of an object. Raises TemplateError, naming what cannot be one."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not properties:
        raise TemplateError("The schema has no properties. A template is made from the schema of an object with some.")
    required = schema.get("required") or []
    fields = tuple(
        _field(key, value if isinstance(value, dict) else {}, required=key in required)
        for key, value in properties.items()
    )
    return Template(
        name=_name(name, "-") or "template",
        version=1,
        title=str(schema.get("title") or name),
        description=str(schema.get("description") or ""),
        fields=fields,
    )


_FORMATS = {
    "date": FieldType.DATE,
    "date-time": FieldType.DATE,
    "time": FieldType.TIME,
    "duration": FieldType.DURATION,
    "email": FieldType.EMAIL,
    "uri": FieldType.URL,
}


def _field(key: str, schema: dict[str, Any], *, required: bool, inner: bool = False) -> Field:
    kinds = schema.get("type")
    names = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind and kind != "null"]
    kind = names[0] if names else "string"
    described: dict[str, Any] = {
        "name": _name(key, "_") or "field",
        "description": str(schema.get("description") or ""),
        "label": str(schema.get("title") or ""),
        "required": required and not (isinstance(kinds, list) and "null" in kinds),
    }
    if "enum" in schema:
        values = [str(value) for value in schema["enum"] if value is not None]
        if sorted(values) == ["no", "yes"]:
            return Field(type=FieldType.YES_NO, **described)
        return Field(type=FieldType.CHOICE, options=tuple(Option(value) for value in values), **described)
    if kind == "array" and not inner:
        items = schema.get("items")
        items = items if isinstance(items, dict) else {}
        most: dict[str, Any] = {"max_items": schema["maxItems"]} if isinstance(schema.get("maxItems"), int) else {}
        if items.get("type") == "object" and items.get("properties"):
            columns = tuple(
                _field(name, value if isinstance(value, dict) else {}, required=False, inner=True)
                for name, value in items["properties"].items()
            )
            return Field(type=FieldType.TABLE, columns=columns, **described, **most)
        return Field(
            type=FieldType.LIST, of=_field("item", items, required=False, inner=True).type, **described, **most
        )
    if kind in ("object", "array"):
        raise TemplateError(f"{key} is an object or a list within another, which a template cannot hold. Make it flat.")
    plain = {"number": FieldType.NUMBER, "integer": FieldType.INTEGER, "boolean": FieldType.YES_NO}
    return Field(type=plain.get(kind) or _FORMATS.get(str(schema.get("format")), FieldType.LINE), **described)


def _name(text: str, between: str) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).lower())
    name = between.join(words)
    return name if not name[:1].isdigit() else f"f{between}{name}"
