"""Letters that recognition and typing put for figures in amounts and dates: "1,O50.00", "l2 April 2O25"."""

from __future__ import annotations

import re

SENTENCE = "A letter stands for a figure in this value. Look whether it was read rightly."
_FIGURES = str.maketrans("OolI|", "00111")
_F = r"[\dOolI|]"
_NEAR = re.compile(r"\d[.,/\-]?[OolI|]|[OolI|][.,/\-]?\d")
_AMOUNT_OR_DATE = (
    rf"{_F}{{1,3}}(?:[.,]{_F}{{3}})*[.,]{_F}{{2}}"
    rf"|{_F}{{1,2}}(?P<mark>[./\-]){_F}{{1,2}}(?P=mark)(?:{_F}{{4}}|{_F}{{2}})|{_F}{{4}}-{_F}{{2}}-{_F}{{2}}"
    rf"|{_F}{{2}} {_F}{{2}} (?:[1lI|]9|2[0Oo]){_F}{{2}}"
)
# The day before the name of a month, and the year behind one; "2l Milk" is no amount.
_BESIDE_A_MONTH = rf"{_F}{{2}}(?=\.? ?[^\W\d_]{{3}})|(?<=[^\W\d_][ .,])2{_F}{{3}}"
_ALONE, _BESIDE = (
    re.compile(rf"(?<![\w.,/\-|])(?:{own})(?![\w|]|[.,/\-][\w|])")
    for own in (_AMOUNT_OR_DATE, f"{_AMOUNT_OR_DATE}|{_BESIDE_A_MONTH}")
)


def mended(text: str, *, months: bool = False) -> str:
    """The text with figures for the letters of amounts and dates, one character for one; most of such a value are figures already.

    ``months``: also of a day and a year beside a word, which may be a month.
    """
    return (_BESIDE if months else _ALONE).sub(_mended, text) if _NEAR.search(text) else text


def _mended(match: re.Match[str]) -> str:
    token = match.group()
    figures = sum(map(str.isdigit, token))
    letters = sum(character in "OolI|" for character in token)
    return token.translate(_FIGURES) if letters and figures >= letters else token
