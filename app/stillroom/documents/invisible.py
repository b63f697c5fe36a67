"""Characters that are not seen: taken out, so that no value holds one; what turns the order of letters is undone as it is shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import regex

from stillroom.documents.document import Box, Boxes, Page

_NEVER_SEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2060-\u2064\u2066-\u2069\u206a-\u206f"
    "\u202a-\u202c\ufeff\ufff9-\ufffb"
)
_JOINERS = "\u200c\u200d"
"""Change the form of letters in some scripts, and make one sign of several: they stay where they do something."""
_OVERRIDES = "\u202d\u202e"
_SMUGGLED = "\U000e0000-\U000e007f"
"""Letters that no program shows."""
_ANY = regex.compile(f"[{_NEVER_SEEN}{_JOINERS}{_OVERRIDES}{_SMUGGLED}]")
_OVERRIDDEN = regex.compile("([\u202d\u202e])([^\u202c\u202d\u202e\u2066-\u2069\n]*)\u202c?")
_JOINING = (
    "ARABIC", "SYRIAC", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA",
    "MALAYALAM", "SINHALA", "KHMER", "MYANMAR",
)  # fmt: skip
_FLAG = "\U0001f3f4"

TURNED = "Parts of the text are turned by hidden marks; they were read in the order in which they are shown."
HIDDEN_LETTERS = "The text holds letters that no program shows; they were left out."


def visible(page: Page) -> tuple[Page, tuple[str, ...]]:
    """The page with what is seen alone, and sentences for the reviewer. The page itself where nothing is to do."""
    if page.text.isascii() or not _ANY.search(page.text):
        return page, ()
    order, turned = _shown_order(page.text)
    text = page.text
    kept = [index for index in order if not _ANY.match(text[index]) or _does_something(text, index)]
    shown = "".join(text[index] for index in kept)
    boxes: Sequence[Box | None] | None = None
    if page.boxes is not None:
        boxes = Boxes([page.boxes[index] for index in kept])
    notes = (TURNED,) * turned + (HIDDEN_LETTERS,) * bool(
        regex.search(f"(?<![{_FLAG}{_SMUGGLED}])[{_SMUGGLED}]", page.text)
    )
    certainty = bytes(page.certainty[index] for index in kept) if page.certainty else b""
    return replace(page, text=shown, boxes=boxes, certainty=certainty), notes


def _shown_order(text: str) -> tuple[list[int], bool]:
    """The places of all characters in the order in which they are shown, and whether that is another one."""
    order = list(range(len(text)))
    turned = False
    for match in _OVERRIDDEN.finditer(text):
        start, end = match.span(2)
        backwards = match[1] == "\u202e"
        inner = text[start:end]
        right_to_left = any(unicodedata.bidirectional(character) in ("R", "AL") for character in inner)
        # An override of the direction that the letters have by themselves changes nothing.
        if backwards != right_to_left and len(inner.strip()) > 1:
            order[start:end] = reversed(range(start, end))
            turned = True
    return order, turned


def _does_something(text: str, index: int) -> bool:
    """Whether a joiner joins: it stands between letters of a script that knows it, or between pictures."""
    if text[index] not in _JOINERS or not 0 < index < len(text) - 1:
        return False
    before, after = text[index - 1], text[index + 1]
    if unicodedata.category(before) in ("So", "Sk") or before == "\ufe0f":
        return unicodedata.category(after) == "So"
    name = unicodedata.name(before, "")
    return name.startswith(_JOINING)
