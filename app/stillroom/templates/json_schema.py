"""Templates as JSON Schemas, for models that write JSON (every field required, every one may be null), and from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import regex

from stillroom.errors import TemplateError
from stillroom.templates.editing import name_from
from stillroom.templates.template import Field, FieldType, Option, Template, label_of

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
    """A template from the JSON Schema of an object; an object within it becomes fields beside the others, one in a list the rows of a
    table. Raises TemplateError, naming what cannot be one.
    """
    whole = _Schema(schema)
    root = whole.resolved()
    if not whole.properties(root):
        raise TemplateError("The schema has no properties. A template is made from the schema of an object with some.")
    fields = whole.fields(root)
    return Template(
        name=name_from(_words(name), separator="-"),
        version=1,
        title=str(root.get("title") or name),
        description=str(root.get("description") or ""),
        fields=tuple(fields),
    )


_FORMATS = {
    "date": FieldType.DATE,
    "date-time": FieldType.DATE,
    "time": FieldType.TIME,
    "duration": FieldType.DURATION,
    "email": FieldType.EMAIL,
    "uri": FieldType.URL,
}
_PLAIN = {"number": FieldType.NUMBER, "integer": FieldType.INTEGER, "boolean": FieldType.YES_NO}
_DEEPEST = 6  # objects within each other; a schema may name itself
_LONGEST_WAY = 20  # of parts that name others, or have others within them
_MOST_PARTS = 20_000
_JOINED = ("$ref", "allOf", "anyOf", "oneOf")
_MOST_FIELDS = 200  # of a template's file
_NAMED_WHOLE = regex.compile(r"[A-Za-z0-9_\s.-]*")  # a name has plain letters only: of "VAT %" the sign would be lost
_CAPITAL = regex.compile(r"(?<=[\p{Ll}\d])(?=\p{Lu})")


class _Schema:
    """A schema whose parts may name others of its parts."""

    def __init__(self, whole: Any) -> None:
        self._whole = whole
        self._parts = 0

    def resolved(self) -> dict[str, Any]:
        """The whole with what it is made of in its place. Raises TemplateError."""
        return self._one(self._whole)[0]

    def properties(self, schema: Any) -> dict[str, Any]:
        found = schema.get("properties") if isinstance(schema, dict) else None
        return found if isinstance(found, dict) else {}

    def fields(
        self,
        schema: dict[str, Any],
        before: tuple[str, ...] = (),
        *,
        inner: bool = False,
        taken: Sequence[str] = (),
    ) -> list[Field]:
        """The fields of an object; ``before``: the names of those it is within; ``inner``: the columns of a table; ``taken``: names that
        fields beside it have.
        """
        if len(before) > _DEEPEST:
            raise TemplateError(f"{before[0]} has objects within each other without end. Make it flat.")
        required = schema.get("required")
        wanted = required if isinstance(required, list) else []
        found: list[Field] = []
        for key, value in self.properties(schema).items():
            own, may_be_null = self._one(value)
            names = [*taken, *(field.name for field in found)]
            if self.properties(own) and _kind(own)[0] in ("object", ""):
                found += self.fields(own, (*before, key), inner=inner, taken=names)
            else:
                needed = key in wanted and not before and not may_be_null
                found.append(self._field((*before, key), own, required=needed, inner=inner, taken=names))
            if len(taken) + len(found) > _MOST_FIELDS:
                raise TemplateError(
                    f"The schema has more than {_MOST_FIELDS} values. Leave out those that are not needed."
                )
        return found

    def _one(self, schema: Any, way: int = 0) -> tuple[dict[str, Any], bool]:
        """What a part says once names are followed, what holds together is one, and alternatives are decided for the first that is a
        value; whether it may be null. Raises TemplateError.
        """
        self._parts += 1
        if way > _LONGEST_WAY or self._parts > _MOST_PARTS:
            raise TemplateError("The schema has parts that name each other without end. Make it flat.")
        own = schema if isinstance(schema, dict) else {}
        parts = [self._named(str(own["$ref"]))] if "$ref" in own else []
        found = [self._one(part, way + 1) for part in (*parts, *_parts(own, "allOf"))]
        null = any(may_be for _, may_be in found)
        for several in (_parts(own, "anyOf"), _parts(own, "oneOf")):
            values = [each for each in several if each.get("type") != "null"]
            null = null or len(values) < len(several)
            if values:
                value, may_be = self._one(values[0], way + 1)
                null = null or may_be
                if len(values) > 1:  # what one of several wants is not always wanted
                    value = {key: said for key, said in value.items() if key != "required"}
                found.append((value, may_be))
        one: dict[str, Any] = {}
        for part in (*(part for part, _ in found), {key: said for key, said in own.items() if key not in _JOINED}):
            one = _both(one, part)
        return one, null or "null" in _kinds(one)

    def _named(self, name: str) -> dict[str, Any]:
        found: Any = self._whole
        for step in name.removeprefix("#").split("/")[1:]:
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        if not name.startswith("#") or not isinstance(found, dict):
            raise TemplateError(f"The schema names {name}, which is not in this file. Put it in, and try again.")
        return found

    def _field(
        self,
        path: tuple[str, ...],
        schema: dict[str, Any],
        *,
        required: bool = False,
        inner: bool,
        taken: Sequence[str] = (),
    ) -> Field:
        kind, key, words = _kind(schema)[0] or "string", path[-1], _words(" ".join(path))
        # Within another its title may be another's, too: "Name" of the supplier and of the customer.
        title = str(schema.get("title") or "") if len(path) == 1 else ""
        described: dict[str, Any] = {
            "name": name_from(words, taken),
            "description": str(schema.get("description") or ""),
            "label": title or ("" if _NAMED_WHOLE.fullmatch(words) else label_of(words)),
            "required": required,
        }
        if isinstance(schema.get("enum"), list):
            values = [str(value) for value in schema["enum"] if value is not None]
            if sorted(values) == ["no", "yes"]:
                return Field(type=FieldType.YES_NO, **described)
            return Field(type=FieldType.CHOICE, options=tuple(Option(value) for value in values), **described)
        if kind == "array" and not inner:
            items, _ = self._one(schema.get("items"))
            most: dict[str, Any] = {"max_items": schema["maxItems"]} if isinstance(schema.get("maxItems"), int) else {}
            if self.properties(items):
                columns = tuple(self.fields(items, inner=True))
                return Field(type=FieldType.TABLE, columns=columns, **described, **most)
            of = self._field(("item",), items, inner=True).type
            return Field(type=FieldType.LIST, of=of, **described, **most)
        if kind in ("object", "array"):
            raise TemplateError(f"{key} is an object without properties, or a list within another. Make it flat.")
        return Field(type=_PLAIN.get(kind) or _FORMATS.get(str(schema.get("format")), FieldType.LINE), **described)


def _parts(schema: dict[str, Any], key: str) -> list[dict[str, Any]]:
    several = schema.get(key)
    return [each for each in several if isinstance(each, dict)] if isinstance(several, list) else []


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What holds together: the properties of both, what either wants, and of everything else what the other says."""
    both = {**one, **other}
    if isinstance(one.get("properties"), dict) and isinstance(other.get("properties"), dict):
        properties = dict(one["properties"])
        for key, value in other["properties"].items():
            known = properties.get(key, value)
            properties[key] = value if known == value else {"allOf": [known, value]}
        both["properties"] = properties
    if isinstance(one.get("required"), list) and isinstance(other.get("required"), list):
        both["required"] = [*one["required"], *other["required"]]
    return both


def _kinds(schema: dict[str, Any]) -> list[str]:
    kinds = schema.get("type")
    return [str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind]


def _kind(schema: dict[str, Any]) -> list[str]:
    """The types but *null*; an empty one where none is said."""
    return [kind for kind in _kinds(schema) if kind != "null"] or [""]


def _words(text: str) -> str:
    """With spaces where capitals within a word begin another: "unitPrice" is "unit Price"."""
    return str(_CAPITAL.sub(" ", text))
