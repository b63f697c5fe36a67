"""Candidate: a span with the value it would give."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from stillroom.documents.document import Span

_SPACE = re.compile(r"\s+")
_SOFT_HYPHEN = re.compile(r"(?<=\S)\u00ad+(?:[^\S\n]*\n[^\S\n]*(?=\S))?|\u00ad")

_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span of the document and the canonical value it stands for.

    Attributes:
        text: the characters of the span.
        value: canonical: ISO date, plain decimal, checked identifier; for verbatim text the text with single spaces.
        above, below: how much the line before and the line behind look as if they belonged to the value too, 0 to 1.
        first, last: how much its own first and last line look like the type, where it has several lines, 0 to 1; else 0.
        failed: a sentence for each check that the value does not pass (check digits); it is offered all the same, for a value
            that is dropped in silence helps nobody.
        shape: how much the text looks like its type, by the proposer's own knowledge, 0 to 1 ("Acme Ltd" against "Acme").
        reading: how the text is read, where it can be read in several ways: ``day_first`` and ``month_first`` of 03/04/2025 are
            two candidates over one span. Empty where there is one way only.
        likelihood: of this reading among those of its span, 0 to 1, by what the document says of its habits (see ``readings``).
        currencies: ISO codes that the sign or word beside an amount may stand for; empty where none stands there.
    """

    span: Span
    text: str
    value: str
    shape: float = 0.0
    above: float = 0.0
    below: float = 0.0
    first: float = 0.0
    last: float = 0.0
    failed: tuple[str, ...] = ()
    reading: str = ""
    likelihood: float = 1.0
    currencies: tuple[str, ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Whether the text has another reading."""
        return bool(self.reading)


def single_spaced(text: str) -> str:
    """White space and line ends as single spaces; soft hyphens gone, and with them the line's end that they stand at.

    What only typesetting joined (ﬁ, ﬂ) is letters again, so that a value is found where it is looked for.
    """
    return _SPACE.sub(" ", _SOFT_HYPHEN.sub("", text).translate(_LIGATURES)).strip()
