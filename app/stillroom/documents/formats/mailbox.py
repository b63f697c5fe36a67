"""MBOX: a file of many messages, each a further document."""

from __future__ import annotations

import re

from stillroom.documents.document import Page
from stillroom.documents.formats.inside import Attachments
from stillroom.documents.source import Content, Source
from stillroom.errors import DocumentError

MESSAGES = 1000
"""Messages of a mailbox after this one are left unread, and said to be."""
_START = re.compile(rb"(?:\A|(?<=\n))From [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n(?=[A-Za-z][A-Za-z0-9-]*:)")
_QUOTED = re.compile(rb"(?m)^>(>*From )")


def read(source: Source) -> Content:
    """An empty page, and the messages as further documents. Raises DocumentError where none can be read."""
    inside = Attachments(source, most=MESSAGES, what="message")
    data = source.data.lstrip(b"\xef\xbb\xbf \t\r\n")
    starts = [*_START.finditer(data)]
    for number, start in enumerate(starts):
        if inside.full:
            break
        end = starts[number + 1].start() if number + 1 < len(starts) else len(data)
        inside.add(f"message {number + 1}.eml", _QUOTED.sub(rb"\1", data[start.end() : end]))
    if not inside.documents:
        raise DocumentError(
            f"No message of the mailbox could be read. {inside.notes[0] if inside.notes else ''}".rstrip()
        )
    count = len(inside.documents)
    rows = "messages in it have rows of their own" if count > 1 else "message in it has a row of its own"
    note = f"This is a mailbox; {count:,} {rows}."
    return Content((Page(1, ""),), 1, (note, *inside.notes), tuple(inside.documents))
