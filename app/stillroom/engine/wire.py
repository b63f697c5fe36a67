"""Payloads of the engine's messages as plain data, and back. What comes back is checked: a child is not trusted."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")


def to_wire(payload: Any) -> Any:
    """A payload as plain data for json.dumps."""
    return dataclasses.asdict(payload)


def from_wire(kind: type[T], data: dict[str, Any]) -> T:
    """Plain data as a payload. Raises TypeError, KeyError or ValueError where the data does not fit: what a child says is not trusted."""
    hints = typing.get_type_hints(kind)
    known = {item.name for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = set(data) - known
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**{name: _convert(hints[name], value) for name, value in data.items()})


def _convert(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin is tuple:
        return tuple(_convert(typing.get_args(hint)[0], item) for item in value)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _convert(next(arm for arm in typing.get_args(hint) if arm is not type(None)), value)
    if dataclasses.is_dataclass(hint):
        return from_wire(typing.cast(type[Any], hint), value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and not isinstance(value, hint):
        raise TypeError(f"{value!r} is not a {hint.__name__}")
    return value
