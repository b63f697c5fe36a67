"""Letters that recognition and typing put for figures in amounts and dates: "1,O50.00", "l2 April 2O25"."""

from __future__ import annotations

import re

SENTENCE = "A letter stands for a figure in this value. Look whether it was read rightly."
_FIGURES = str.maketrans("OolI|", "00111")
_F = r"[\dOolI|]"
_NEAR = re.compile(r"\d[.,/\-]?[OolI|]|[OolI|][.,/\-]?\d")
_TOKEN = re.compile(
    rf"(?<![\w.,/\-|])(?:{_F}{{1,3}}(?:[.,]{_F}{{3}})*[.,]{_F}{{2}}"
    rf"|{_F}{{1,2}}(?P<mark>[./\-]){_F}{{1,2}}(?P=mark)(?:{_F}{{4}}|{_F}{{2}})|{_F}{{4}}-{_F}{{2}}-{_F}{{2}}"
    # the day before the name of a month, and the year behind one
    rf"|{_F}{{2}}(?=\.? ?[^\W\d_]{{3}})|(?<=[^\W\d_][ .,])2{_F}{{3}})(?![\w|]|[.,/\-][\w|])"
)


def mended(text: str) -> str:
    """The text with figures for the letters of amounts and dates, one character for one; most of such a value are figures already."""
    return _TOKEN.sub(_mended, text) if _NEAR.search(text) else text


def _mended(match: re.Match[str]) -> str:
    token = match.group()
    figures = sum(map(str.isdigit, token))
    letters = sum(character in "OolI|" for character in token)
    return token.translate(_FIGURES) if letters and figures >= letters else token
