"""A template as a JSON Schema, for models that write JSON: every field required, every one may be null."""

from __future__ import annotations

from typing import Any

from stillroom.templates.template import Field, FieldType, Template

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
