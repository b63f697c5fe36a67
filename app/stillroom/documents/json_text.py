"""JSON as lines of text: ``key: value``, what belongs to a key below it, two spaces deeper."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from stillroom.documents.text import decode

INDENT = "  "
_BARE = re.compile(rb"\s*[\[{]")
_SNIFFED_BYTES = 20 * 1024 * 1024


class Pairs(NamedTuple):
    """A JSON object with its keys in order, each as often as it stands there."""

    items: list[tuple[str, Any]]


class Literal(NamedTuple):
    """A number, true or false as it is written in the file: 12.50 stays 12.50."""

    text: str


def parse(text: str) -> Any:
    """The data in a JSON text: Pairs, lists, strings, Literals, None. Raises ValueError where it is no JSON."""
    return json.loads(
        text, object_pairs_hook=Pairs, parse_float=Literal, parse_int=Literal, parse_constant=Literal, strict=False
    )


def json_kind(data: bytes) -> str:
    """``json`` or ``jsonl`` where these bytes are an object, a list or lines of such; empty where they are not."""
    if len(data) > _SNIFFED_BYTES or not _BARE.match(data.lstrip(b"\xef\xbb\xbf")):
        return ""
    text = decode(data)[0].removeprefix("\ufeff")
    for kind, whole in (("json", lambda: parse(text)), ("jsonl", lambda: [*records(text)])):
        try:
            whole()
        except (ValueError, RecursionError):
            continue
        return kind
    return ""


def records(text: str) -> Iterator[Any]:
    """The data of each line of a JSONL text. Raises ValueError at the first line that is no JSON."""
    for line in text.split("\n"):
        if line.strip():
            yield parse(line)


def lines_of(value: Any, depth: int = 0) -> Iterator[str]:
    """Lines of text that say the data."""
    indent = INDENT * depth
    if isinstance(value, Pairs):
        for key, inner in value.items:
            yield from _entry(f"{indent}{_flat(key)}:", inner, depth)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, Pairs | list):
                for number, line in enumerate(lines_of(inner, depth + 1)):
                    yield f"{indent}- {line[len(indent) + len(INDENT) :]}" if number == 0 else line
            else:
                yield from _entry(f"{indent}-", inner, depth)
    else:
        yield from (indent + line for line in _scalar(value))


def _entry(head: str, value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, Pairs | list):
        yield head
        yield from lines_of(value, depth + 1)
        return
    first, *further = _scalar(value)
    yield f"{head} {first}" if first else head
    yield from (f"{INDENT * (depth + 1)}{line}" if line else "" for line in further)


def _scalar(value: Any) -> list[str]:
    if value is None:
        return [""]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return str(value.text if isinstance(value, Literal) else value).splitlines() or [""]


def _flat(key: str) -> str:
    return " ".join(key.split())
