"""Templates written as TOML text, so that reading it gives the same template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tomlkit
import tomlkit.items

from stillroom.templates.template import Example, Field, FieldType, Option, Rule, Template, label_of

_DEFAULTS = Field(name="x", type=FieldType.LINE)


def template_to_toml(template: Template) -> str:
    """The template as TOML text; reading it gives the same template but for ``sha256``."""
    document = tomlkit.document()
    document.add("name", tomlkit.item(template.name))
    document.add("version", tomlkit.item(template.version))
    document.add("title", _text(template.title))
    if template.description:
        document.add("description", _text(template.description))
    document.add("fields", _array(map(field_to_table, template.fields)))
    if template.rules:
        document.add("rules", _array(map(rule_to_table, template.rules)))
    if template.examples:
        document.add("examples", _array(map(_example_table, template.examples)))
    return tomlkit.dumps(document)


def rule_to_table(rule: Rule) -> tomlkit.items.Table:
    """A rule as it stands in a template's file."""
    return _table({"check": rule.check, **({"message": rule.message} if rule.message else {})})


def field_to_table(field: Field) -> tomlkit.items.Table:
    """A field as it stands in a template's file; what is as it is by itself is left out."""
    table = _table({"name": field.name, "type": str(field.type)})
    if field.of is not None:
        table.add("of", str(field.of))
    for name in ("description", "label", "required", "near", "avoid", "pattern", "day_first", "max_items", "max_words"):
        value = getattr(field, name)
        if value == getattr(_DEFAULTS, name) or (name == "label" and value == label_of(field.name)):
            continue
        table.add(name, to_item(value))
    if field.options:
        options = tomlkit.array()
        options.multiline(True)
        for option in field.options:
            options.append(_option(option))
        table.add("options", options)
    if field.columns:
        table.add("columns", _array(map(field_to_table, field.columns)))
    return table


def _array(tables: Iterable[tomlkit.items.Table]) -> tomlkit.items.AoT:
    array = tomlkit.aot()
    for table in tables:
        array.append(table)
    return array


def _option(option: Option) -> Any:
    if not option.description and not option.synonyms:
        return _text(option.value)
    table = tomlkit.inline_table()
    table.add("value", _text(option.value))
    if option.description:
        table.add("description", _text(option.description))
    if option.synonyms:
        table.add("synonyms", to_item(option.synonyms))
    return table


def _example_table(example: Example) -> tomlkit.items.Table:
    table = tomlkit.table()
    table.add("text", tomlkit.string(example.text, multiline="\r" not in example.text))
    values = tomlkit.table()
    absent = [name for name, value in example.values.items() if value is None]
    for name, value in example.values.items():
        if value is not None:
            values.add(name, to_item(tuple(value)) if isinstance(value, list) else _text(value))
    if absent:
        table.add("absent", to_item(tuple(absent)))
    table.add("values", values)
    return table


def _table(values: dict[str, str]) -> tomlkit.items.Table:
    table = tomlkit.table()
    for name, value in values.items():
        table.add(name, _text(value))
    return table


def _text(value: str) -> tomlkit.items.String:
    return tomlkit.string(value, literal="\\" in value and "'" not in value and value.isprintable())


def to_item(value: Any) -> Any:
    """A value as TOML: texts between the quotation marks that need no escapes, tuples as lists."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        array = tomlkit.array()
        for item in value:
            array.append(_text(item))
        return array
    return value
