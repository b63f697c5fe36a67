"""Values of a header that must be what they say, and the sentence for one that is not."""

from __future__ import annotations

from collections.abc import Iterable

from stillroom.gguf.header import GgufError, Header


def number(header: Header, key: str, least: int, most: int, *, required: bool = True) -> int | None:
    """A whole number between two others; None where it is missing and need not be there. Raises GgufError."""
    value = header.metadata.get(key)
    if value is None and not required:
        return None
    if type(value) is not int or not least <= value <= most:
        shown = f"{value}" if isinstance(value, (int, float)) else "missing" if value is None else "of the wrong kind"
        raise wrong(header, f"its {key.rpartition('.')[2]} is {shown}")
    return value


def check_numbers_are_finite(header: Header) -> None:
    """Raises GgufError."""
    for key, value in header.metadata.items():
        values: Iterable[object] = value if isinstance(value, tuple) else (value,)
        if any(isinstance(item, float) and not abs(item) < 1e30 for item in values):
            raise wrong(header, f'its setting "{key[:60]}" is no number')


def wrong(header: Header, reason: str) -> GgufError:
    """The sentence."""
    what = "projector" if header.architecture == "clip" else "model"
    return GgufError(f"{header.name} is no usable {what}: {reason}. Fetch it again, or choose another file.")
