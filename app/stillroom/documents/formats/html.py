"""HTML: the visible text, blocks as lines, rows of tables as lines with their cells apart."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag
from bs4.element import CData, NavigableString

from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.table import row_text
from stillroom.documents.text import decode, marked_encoding

_UNSEEN = frozenset(
    (
        "script",
        "style",
        "head",
        "title",
        "meta",
        "link",
        "noscript",
        "template",
        "svg",
        "math",
        "object",
        "iframe",
        "select",
    )
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "caption",
    ]
)
_APART = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "blockquote", "pre"])
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f\xa0\u200b]+")
_MOST_COLUMNS = 100


def read(source: Source) -> Content:
    """One page."""
    if marked_encoding(source.data):
        text, notes = decode(source.data)
        return one_page(html_text(text), notes)
    return one_page(html_text(source.data))


def html_text(markup: str | bytes) -> str:
    """What a reader of the page sees, as lines. Bytes are decoded as the page itself says."""
    soup = BeautifulSoup(markup, "lxml")
    writer = _Writer()
    try:
        writer.children(soup)
    except RecursionError:  # nested deeper than any page a person made: the words still count
        return "\n".join(soup.stripped_strings)
    return writer.text()


class _Writer:
    """Collects inline text to lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._inline: list[str] = []

    def text(self) -> str:
        self.end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def end_line(self, *, apart: bool = False) -> None:
        line = _SPACE.sub(" ", "".join(self._inline)).strip()
        self._inline.clear()
        if line:
            self._lines.append(line)
        if apart and self._lines and self._lines[-1]:
            self._lines.append("")

    def children(self, tag: Tag) -> None:
        for child in tag.children:
            if isinstance(child, Tag):
                self._tag(child)
            elif type(child) in (NavigableString, CData):  # not comments and declarations
                self._inline.append(str(child))

    def _tag(self, tag: Tag) -> None:
        name = tag.name
        if name in _UNSEEN or tag.has_attr("hidden") or _HIDDEN.search(str(tag.get("style") or "")):
            return
        if name == "br":
            self.end_line()
        elif name == "input" and tag.get("type", "text") in ("text", "email", "tel", "number", "date", "url"):
            self._inline.append(f" {tag.get('value') or ''} ")
        elif name == "tr":
            self.end_line()
            self._row(tag)
        elif name == "pre":
            self.end_line(apart=True)
            self._lines.extend(line.rstrip() for line in tag.get_text().strip("\n").split("\n"))
            self.end_line(apart=True)
        elif name in _BLOCKS:
            self.end_line(apart=name in _APART)
            if name == "li":
                self._inline.append("- ")
            self.children(tag)
            self.end_line(apart=name in _APART)
        else:
            self.children(tag)

    def _row(self, row: Tag) -> None:
        cells = []
        nested = False
        for cell in row.find_all(["td", "th"], recursive=False):
            nested = nested or cell.find("table") is not None
            inner = _Writer()
            inner._tag(cell)
            span = str(cell.get("colspan", ""))
            covered = min(int(span), _MOST_COLUMNS) - 1 if span.isascii() and span.isdecimal() and len(span) < 5 else 0
            cells += [inner.text(), *[""] * max(0, covered)]
        text = "\n".join(cell for cell in cells if cell) if nested else row_text(cells)
        self._lines.extend(text.split("\n") if text else ())
