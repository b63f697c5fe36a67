"""A template out of a conversation: the fields of the last answer that is a JSON object."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from stillroom.chat.conversation import Turn
from stillroom.errors import StillroomError
from stillroom.templates.json_schema import template_from
from stillroom.templates.template import Template

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")


def template_of(turns: Sequence[Turn], title: str) -> Template:
    """The template. Raises StillroomError where no answer holds an object with fields."""
    for turn in reversed(turns):
        value = turn.json_object
        if value:
            schema = _schema(value) | {"title": title, "description": title}
            return template_from(schema, title)
    raise StillroomError(
        "No answer of this conversation is a JSON object, so there are no fields to take. Hold the answers to a JSON Schema in the "
        "settings of the conversation, or ask for JSON."
    )


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
