"""RTF: the text that it shows."""

from __future__ import annotations

import re
from collections.abc import Callable

from striprtf import striprtf

from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.table import CELL_SEPARATOR
from stillroom.errors import DocumentError

_FURTHER_LINES = re.compile(r"\n{3,}")
_LEFT_OUT = (
    (re.compile(rb"\\(?:header|footer)[lrf]?\b"), "headers and footers"),
    (re.compile(rb"\\footnote\b"), "footnotes"),
    (re.compile(rb"\\(?:shptxt|dptxbxtext)\b"), "text boxes"),
    (re.compile(rb"\\pict\b"), "pictures"),
)
"""What striprtf leaves out."""


_to_text: Callable[..., str] = striprtf.rtf_to_text


def read(source: Source) -> Content:
    """One page; cells of a table stand beside each other."""
    notes: tuple[str, ...] = ()
    left_out = [what for pattern, what in _LEFT_OUT if pattern.search(source.data)]
    if left_out:
        notes = (f"Not read: {', '.join(left_out)} of the file. Save it as DOCX or PDF if they matter.",)
    if not source.data.rstrip(b"\0 \t\r\n").endswith(b"}"):
        notes = (*notes, "The end of the file is missing; what is there was read.")
    try:
        # Bytes above 127 are not RTF, but some programs write them; a wrong letter is better than none.
        text: str = _to_text(source.data.decode("latin-1"), errors="replace")
    except (ValueError, KeyError, IndexError, LookupError) as error:
        raise DocumentError(
            "The RTF text is damaged. Open it in the program it was made with and save it again.", type(error).__name__
        ) from error
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # what was written as two halves
    lines = (_row(line) if line.endswith("|") else line for line in text.split("\n"))
    return one_page(_FURTHER_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n"), notes)


def _row(line: str) -> str:
    return re.sub(r"\s*\|\s*", CELL_SEPARATOR, line).strip(" ").rstrip()
