"""What a reader met in a file and did not read, counted, so that the row says it: one sentence for each kind."""

from __future__ import annotations

from typing import NamedTuple

_PLACES = 4
"""Places named in one sentence; for more the count alone is said."""


class Kind(NamedTuple):
    """A kind of thing that a file holds.

    Attributes:
        one, many: what it is called.
        fate: what became of it, after *was* or *were*; a full sentence without its end.
        advice: a sentence that says what to do; may be empty.
    """

    one: str
    many: str
    fate: str = "not read"
    advice: str = ""


_UNSEEN = "left out: the file does not show it"

PICTURE = Kind("picture", "pictures")
PICTURE_WITHOUT_TEXT = Kind("picture", "pictures", "looked at and no text was recognised")
PICTURE_ELSEWHERE = Kind(
    "picture that lies outside of the file", "pictures that lie outside of the file", "not fetched and not read"
)
DRAWING = Kind("drawing (a vector picture)", "drawings (vector pictures)")
EMBEDDED_FILE = Kind("embedded file", "embedded files")
FRAME = Kind("frame with another page", "frames with other pages")
SCRIPTED = Kind("part that only a running script fills", "parts that only running scripts fill")
CHART = Kind("chart", "charts")
DIAGRAM = Kind("diagram", "diagrams")
LINKED_TEXT = Kind("text that lies in another file", "texts that lie in other files")
DELETED_TEXT = Kind("passage that is marked as deleted", "passages that are marked as deleted", "left out")
STRUCK_TEXT = Kind("struck-out passage", "struck-out passages", "left out")
HIDDEN_TEXT = Kind("hidden passage", "hidden passages", _UNSEEN)
HIDDEN_ROW = Kind("hidden row", "hidden rows", _UNSEEN)
HIDDEN_COLUMN = Kind("hidden column", "hidden columns", _UNSEEN)
HIDDEN_CELL = Kind("cell whose content is hidden", "cells whose content is hidden", _UNSEEN)
HIDDEN_SLIDE = Kind("hidden slide", "hidden slides", _UNSEEN)
HIDDEN_SHEET = Kind("hidden sheet", "hidden sheets", "not read")
SIGNATURE = Kind("digital signature", "digital signatures", "not checked")


class LeftOut:
    """A count of what a reader met and did not read."""

    def __init__(self) -> None:
        self._counts: dict[Kind, int] = {}
        self._places: dict[Kind, dict[str, None]] = {}

    def add(self, kind: Kind, count: int = 1, place: str = "") -> None:
        """Count so many more of a kind; ``place`` says where (``slide 3``)."""
        if count <= 0:
            return
        self._counts[kind] = self._counts.get(kind, 0) + count
        if place:
            self._places.setdefault(kind, {})[place] = None

    def notes(self) -> tuple[str, ...]:
        """A sentence for each kind, in the order in which they were met."""
        return tuple(self._sentence(kind, count) for kind, count in self._counts.items())

    def _sentence(self, kind: Kind, count: int) -> str:
        places = list(self._places.get(kind, ()))
        where = f" ({', '.join(places)})" if 0 < len(places) <= _PLACES else ""
        fate = kind.fate if count == 1 else kind.fate.removesuffix(" it") + " them" * kind.fate.endswith(" it")
        sentence = f"{count:,} {kind.one if count == 1 else kind.many}{where} {'was' if count == 1 else 'were'} {fate}."
        return f"{sentence} {kind.advice}".rstrip()
