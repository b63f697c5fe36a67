"""Edits of a template's TOML text: each gives another text, in which everything that was not edited stays as it was written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, cast

import tomlkit
import tomlkit.items

from stillroom.errors import TemplateError
from stillroom.templates.template import Field, Rule, Template
from stillroom.templates.toml_file import check_template
from stillroom.templates.toml_writing import field_to_table, rule_to_table, template_to_toml, to_item

_NOT_A_NAME = re.compile(r"[^a-z0-9]+")


def check(text: str, source: str) -> tuple[Template | None, tuple[str, ...]]:
    """The template a text gives, or None, and a sentence for each thing that is wrong with it. ``source`` names it in them."""
    template, problems = check_template(text.encode("utf-8"), source)
    return template, tuple(problem.sentence for problem in problems)


def set_value(text: str, key: str, value: str | int) -> str:
    """With another ``title``, ``description``, ``name`` or ``version``; an empty description is left out."""
    document = _parsed(text)
    if value == "" and key in document:
        del document[key]
    elif value != "":
        document[key] = to_item(value)
    return tomlkit.dumps(document)


def add_field(text: str, field: Field) -> str:
    """With one more field, behind the others."""
    document = _parsed(text)
    fields = document.get("fields")
    if fields is None:
        fields = tomlkit.aot()
        document["fields"] = fields
    fields.append(field_to_table(field))
    return tomlkit.dumps(document)


def set_field(text: str, name: str, field: Field) -> str:
    """With the field of this name as given. What it says already keeps its place and its comments. Raises TemplateError."""
    document = _parsed(text)
    table = _field(document, name)
    wanted = field_to_table(field)
    for key in [key for key in table if key not in wanted]:
        del table[key]
    for key, value in wanted.items():
        if key not in table or _plain(table[key]) != _plain(value):
            table[key] = value
    if name != field.name:
        for rule in document.get("rules", ()):
            rule["check"] = re.sub(rf"\b{re.escape(name)}\b", field.name, str(rule["check"]))
    return tomlkit.dumps(document)


def remove_field(text: str, name: str) -> str:
    """Without the field of this name, and without rules that speak of it. Raises TemplateError."""
    document = _parsed(text)
    _field(document, name)
    _keep(document, "fields", [table for table in document["fields"] if table["name"] != name])
    rules = document.get("rules", ())
    _keep(document, "rules", [rule for rule in rules if not re.search(rf"\b{re.escape(name)}\b", str(rule["check"]))])
    return tomlkit.dumps(document)


def move_field(text: str, name: str, place: int) -> str:
    """With the field of this name at a place, from 0, among the fields. Raises TemplateError."""
    document = _parsed(text)
    moved = _field(document, name)
    others = [table for table in document["fields"] if table["name"] != name]
    others.insert(max(0, min(place, len(others))), moved)
    _keep(document, "fields", others)
    return tomlkit.dumps(document)


def set_rules(text: str, rules: Sequence[Rule]) -> str:
    """With these rules instead of its own."""
    document = _parsed(text)
    _keep(document, "rules", [rule_to_table(rule) for rule in rules])
    return tomlkit.dumps(document)


def new_template(name: str, title: str, description: str = "") -> str:
    """The text of a template without fields."""
    text = template_to_toml(Template(name, 1, title, description, ()))
    document = _parsed(text)
    del document["fields"]  # an empty list, where tables are to come
    return tomlkit.dumps(document)


def name_from(words: str, taken: Sequence[str] = (), *, separator: str = "_") -> str:
    """A name for a field (``separator`` "-": for a template) made of words in any writing: "N° de facture" is ``n_de_facture``.

    Words of which nothing is left give *field* (*template*). Another number behind it makes it differ from those ``taken``.
    """
    letters = unicodedata.normalize("NFKD", words.casefold()).encode("ascii", "ignore").decode()
    name = _NOT_A_NAME.sub(separator, letters).strip(separator)[:48].strip(separator)
    if not name or not name[0].isalpha():
        name = f"{'template' if separator == '-' else 'field'}{separator}{name}".strip(separator)
    found, number = name, 2
    while found in taken:
        found, number = f"{name}{separator}{number}", number + 1
    return found


def _parsed(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except (ValueError, RecursionError) as error:  # not TOML; a number of thousands of digits; nested too deeply
        raise TemplateError(f"The template's text cannot be read: {error}. Mend the text first.") from error


def _field(document: tomlkit.TOMLDocument, name: str) -> tomlkit.items.Table:
    for table in document.get("fields", ()):
        if table.get("name") == name:
            return cast("tomlkit.items.Table", table)
    raise TemplateError(f"The template has no field {name}.")


def _keep(document: tomlkit.TOMLDocument, key: str, tables: Sequence[Any]) -> None:
    """Replace a list of tables in its place; an empty one goes."""
    if not tables:
        document.pop(key, None)
        return
    kept = tomlkit.aot()
    for table in tables:
        kept.append(table)
    document[key] = kept


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value
