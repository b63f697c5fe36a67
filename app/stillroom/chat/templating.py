"""A template out of a conversation: the fields of the last answer that is a JSON object, a table, or a list of short lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from stillroom.chat.conversation import Role, Turn
from stillroom.errors import StillroomError
from stillroom.templates.json_schema import template_from
from stillroom.templates.template import Template

_TABLE = re.compile(r"^[ \t]*(\|?[^\n|]+(?:\|[^\n|]*)+)\n[ \t]*\|?[ \t]*:?-{2,}", re.MULTILINE)
_POINT = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+(\S.*)")
_BESIDE = re.compile(r"\s*\(.*?\)|\s+[-–—]\s.*")  # what is said of a name behind it
_LEAST_LISTED = 2
_LONGEST_NAME = 5  # words
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")


def template_of(turns: Sequence[Turn], title: str) -> Template:
    """The template. Raises StillroomError where no answer names fields."""
    for turn in reversed(turns):
        value = turn.json_object
        if value:
            schema = _schema(value) | {"title": title, "description": title}
            return template_from(schema, title)
        names = _listed(turn.content) if turn.role is Role.ASSISTANT else []
        if names:
            properties = {name: {"type": "string", "title": name, "description": said} for name, said in names}
            return template_from({"properties": properties, "title": title, "description": title}, title)
    raise StillroomError(
        "No answer of this conversation is a JSON object, a table, or a list of short lines, so there are no fields to take. Ask for one "
        "of them, or hold the answers to a JSON Schema in the settings of the conversation."
    )


def _listed(text: str) -> list[tuple[str, str]]:
    """What an answer lists: the headings of its first table, else the points of its first list, each with what is said of it."""
    table = _TABLE.search(text)
    if table is not None:
        cells = [_plain(cell) for cell in table.group(1).strip().strip("|").split("|")]
        names = [(cell, "") for cell in cells if cell]
    else:
        points = [_POINT.match(line) for line in text.splitlines()]
        pairs = [_plain(point.group(1)).partition(":") for point in points if point is not None]
        names = [(_BESIDE.sub("", name).strip(" -–—."), said.strip()) for name, _, said in pairs]
    known = [(name, said) for name, said in names if re.search(r"[^\W_]", name)]
    # Sentences are no names.
    fits = len(known) >= _LEAST_LISTED and all(len(name.split()) <= _LONGEST_NAME for name, _ in known)
    return known if fits else []


def _plain(text: str) -> str:
    return text.replace("*", "").replace("`", "").replace("__", "").strip()


def _schema(value: Any) -> dict[str, Any]:
    """The JSON Schema that a value suggests."""
    if isinstance(value, dict):
        return {"type": "object", "properties": {str(key): _schema(item) for key, item in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": _schema(value[0]) if value else {"type": "string"}}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "integer" if isinstance(value, int) else "number"}
    text = str(value or "")
    if _MAIL.fullmatch(text):
        return {"type": "string", "format": "email"}
    try:
        date.fromisoformat(text)
    except ValueError:
        return {"type": "string"}
    return {"type": "string", "format": "date"}
