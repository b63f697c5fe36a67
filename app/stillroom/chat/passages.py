"""Passages of attachments, and which of them a question is about."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stillroom.chat.conversation import Attachment, Source

PASSAGE_CHARACTERS = 1200

_LEAST_HALVED = 400  # characters of a passage that is worth halving


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a page of an attachment, with its place: ``text`` is what stands from the source's start to its end."""

    source: Source
    text: str


def passages_of(attachment: Attachment) -> list[Passage]:
    """All of an attachment, cut at paragraphs, else at lines, else at words."""
    found = []
    for number, page in enumerate(attachment.pages, 1):
        start = 0
        while start < len(page):
            end = _end(page, start)
            text = page[start:end].strip()
            if text:
                first = page.index(text, start)
                found.append(Passage(Source(attachment.id, attachment.name, number, first, first + len(text)), text))
            start = end
    return found


def halves(passage: Passage) -> tuple[Passage, ...]:
    """A passage as two, cut between words; none where it is too short for that."""
    text, source = passage.text, passage.source
    middle = max(text.rfind("\n", 0, 2 * len(text) // 3), text.rfind(" ", 0, len(text) // 2))
    if len(text) < _LEAST_HALVED or middle <= 0:
        return ()
    first, second = text[:middle].rstrip(), text[middle:].lstrip()
    return (
        Passage(replace(source, end=source.start + len(first)), first),
        Passage(replace(source, start=source.end - len(second)), second),
    )


def _end(page: str, start: int) -> int:
    limit = start + PASSAGE_CHARACTERS
    if limit >= len(page):
        return len(page)
    for mark in ("\n\n", "\n", ". ", " "):
        at = page.rfind(mark, start + PASSAGE_CHARACTERS // 3, limit)
        if at > 0:
            return at + len(mark)
    return limit


def ranked(passages: Sequence[Passage], question: str) -> list[int]:
    """The passages by how much of the question they hold (BM25), best first; those with none of its words come last, in order."""
    words = list(dict.fromkeys(re.findall(r"\w{2,}|\d", question.casefold())))
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text, tokenize='porter unicode61')")
        connection.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)", enumerate((p.text for p in passages), 1)
        )
        query = " OR ".join(f'"{word}"' for word in words)
        rows = (
            connection.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank", (query,)) if words else ()
        )
        found = [row[0] - 1 for row in rows]
    connection.close()
    return found + [place for place in range(len(passages)) if place not in set(found)]
