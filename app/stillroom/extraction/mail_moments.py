"""When a mail was sent: the days and hours of its head ("Sent: …") and of what stands above the mail that it answers ("On … wrote:")."""

from __future__ import annotations

import bisect
import functools
import re
import tomllib

from stillroom import paths
from stillroom.documents.document import Document, Span
from stillroom.extraction.candidates.quoted_mail import without_quote_marks

_FEWEST = 2  # lines of a head
_LONGEST_LINE = 300


class MailMoments:
    """Where they stand in a document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def hold(self, span: Span) -> bool:
        """Whether a day or an hour is that of a mail."""
        zones = self._zones.get(span.page, [])
        at = bisect.bisect_right(zones, (span.start, 1 << 60)) - 1
        return at >= 0 and span.end <= zones[at][1]

    @functools.cached_property
    def _zones(self) -> dict[int, list[tuple[int, int]]]:
        return {page.number: _of(without_quote_marks(page.text)) for page in self._document.pages}


def _of(text: str) -> list[tuple[int, int]]:
    """Lines that say when a mail was sent: one with its label among lines with those of a mail's head, and one that says who wrote when."""
    found: list[tuple[int, int]] = []
    head: list[tuple[int, int, bool]] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        plain = line.strip()[:_LONGEST_LINE]
        if said := _patterns().head.match(plain):
            head.append((start, end, bool(said["sent"])))
        else:
            found += _sent(head)
            head = []
            if _patterns().wrote.fullmatch(plain):
                found.append((start, end))
        start = end + 1
    return sorted(found + _sent(head))


def _sent(head: list[tuple[int, int, bool]]) -> list[tuple[int, int]]:
    return [(start, end) for start, end, sent in head if sent] if len(head) >= _FEWEST else []


class _Patterns:
    """The lines of a mail, as resources/mail_heads.toml has their words.

    Attributes:
        head: a line of a mail's head. wrote: a line that says who wrote when.
    """

    def __init__(self) -> None:
        data = tomllib.loads((paths.resources_dir() / "mail_heads.toml").read_text(encoding="utf-8"))
        words = {
            kind: "|".join(re.escape(word) for own in table.values() for word in own.split("; "))
            for kind, table in data.items()
        }
        self.head = re.compile(
            rf"[*_]{{0,2}}(?:(?P<sent>{words['sent']})|{words['others']})[*_]{{0,2}}\s?:", re.IGNORECASE
        )
        self.wrote = re.compile(
            rf"(?:{words['on']})\s.{{4,200}}(?<!\w)(?:{words['wrote']})(?!\w).{{0,120}}:", re.IGNORECASE
        )


@functools.cache
def _patterns() -> _Patterns:
    return _Patterns()
