"""Values as plain data and back, checked against their types: what goes through a pipe between processes, and JSON that is kept.

What a child says, and what lies in a file, is not trusted: ``from_plain`` refuses what is not of the type.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """A value (a dataclass, or of such) as plain data."""
    return msgspec.to_builtins(value)


def from_plain(kind: type[T], data: Any) -> T:
    """Plain data as a value. Names that the type does not have are passed over, as of a newer version.

    Raises ValueError, naming the place, where something is missing or is of another type.
    """
    return msgspec.convert(data, kind)


def from_json(kind: type[T], text: bytes | str) -> T:
    """JSON as a value. Raises ValueError as ``from_plain`` does, and where it is no JSON."""
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(text, parse_constant=_no_number), kind)  # takes what is not Unicode, too


def read_json(kind: type[T], file: Path) -> T:
    """What a file of JSON holds. Raises OSError, ValueError as ``from_json``."""
    return from_json(kind, file.read_bytes())


def json_text(value: Any) -> str:
    """A value as JSON that a person can read, for ``read_json``."""
    return json.dumps(to_plain(value), indent=1)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def to_json(value: Any) -> bytes:
    """A value as JSON, for ``from_json``."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # a file's name that is not Unicode: JSON's escapes take it through
        return json.dumps(to_plain(value), separators=(",", ":")).encode("ascii")


def from_child(kind: type[T], data: Mapping[str, Any]) -> T:
    """What a child said, as a dataclass. Raises ValueError also for a name that it does not have: both are of one version."""
    unknown = data.keys() - {item.name for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return msgspec.convert(data, kind)


def to_line(message: Mapping[str, Any]) -> bytes:
    """A message as one line of JSON."""
    return to_json(message) + b"\n"


def from_line(line: bytes | str) -> Any:
    """What a line of JSON says. Raises ValueError, RecursionError where it is none."""
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return json.loads(line)  # takes what is not Unicode, too
