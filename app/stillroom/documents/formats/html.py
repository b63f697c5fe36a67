"""HTML: the visible text, blocks as lines, rows of tables as lines with their cells apart."""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from collections.abc import Iterator, Mapping

from bs4 import BeautifulSoup, Tag
from bs4.element import CData, NavigableString, PageElement, RubyTextString

from stillroom.documents import left_out, raised
from stillroom.documents.formats.inside import Inside
from stillroom.documents.formats.styles import Look, Styles, is_gone, is_raised, look_of
from stillroom.documents.source import Content, Source
from stillroom.documents.table import row_text
from stillroom.documents.text import decode, decode_as, marked_encoding

_UNSEEN = frozenset(
    ("script", "style", "head", "title", "meta", "link", "noscript", "template", "datalist", "audio", "video", "source", "param")
)  # fmt: skip
_STRUCK = ("del", "s", "strike")
_BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html",
        "legend", "li", "main", "nav", "ol", "p", "pre", "search", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
    )
)  # fmt: skip
_APART = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "blockquote", "pre"])
_TYPED = (
    "text",
    "email",
    "tel",
    "number",
    "date",
    "url",
    "time",
    "datetime-local",
    "month",
    "week",
    "search",
    "submit",
    "button",
    "reset",
)
_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_DATA = re.compile(r"\s*data:image/([\w.+-]+)[^,]*?(;base64)?,", re.IGNORECASE)
_MOST_COLUMNS = 100
_TINY = re.compile(r"0*[01](?:px)?")
_SMALL_CENTS = re.compile(r"\s*\d\d\s*")
_BEHIND_A_NUMBER = re.compile(r"\d\s*$")
_ICONS = re.compile("[\ue000-\uf8ff]")
"""Letters of the fonts of signs, which mean nothing elsewhere."""
_ADDRESS = re.compile(r"url\(\s*[\"']?([^\"')]+)", re.IGNORECASE)


def read(source: Source) -> Content:
    """One page."""
    inside = Inside(source)
    text, notes = page_text(source.data)
    return inside.one_page(html_text(text, inside), notes)


def page_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The page, decoded as it says itself, and notes on that."""
    if marked_encoding(data):
        return decode(data)
    said = _CHARSET.search(data[:4096])
    label = (said[1] or said[2]).decode("ascii", "replace") if said else None
    # A page that could be searched for its encoding is not in UTF-16, whatever it says.
    return decode_as(data, "utf-8" if label and label.lower().startswith("utf-16") else label)


def html_text(markup: str, inside: Inside | None = None) -> str:
    """What a reader of the page sees, as lines. What it holds besides is read or counted where ``inside`` is given."""
    soup = BeautifulSoup(markup, "lxml")
    writer = _Writer(Styles(soup), inside)
    try:
        writer.children(soup, Look())
    except RecursionError:  # nested deeper than any page a person made: the words still count
        return "\n".join(soup.stripped_strings)
    return writer.text()


class _Writer:
    """A collector of inline text, which becomes lines."""

    def __init__(self, styles: Styles, inside: Inside | None) -> None:
        self._styles = styles
        self._inside = inside
        self._lines: list[str] = []
        self._inline: list[str] = []
        self._above: list[str] = []  # how letters of the line are read

    def text(self) -> str:
        self.end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def end_line(self, *, apart: bool = False) -> None:
        line = raised.settled(_SPACE.sub(" ", "".join(self._inline))).strip()
        self._inline.clear()
        if line:
            self._lines.append(line)
        if self._above:
            self._lines.append(" ".join(self._above))
            self._above.clear()
        if apart and self._lines and self._lines[-1]:
            self._lines.append("")

    def children(self, tag: Tag, look: Look) -> None:
        for child in tag.children:
            self.child(child, look)

    def child(self, child: PageElement, look: Look) -> None:
        if isinstance(child, Tag):
            self._tag(child, look)
        elif type(child) in (NavigableString, CData):  # not comments and declarations
            if look.seen or not str(child).strip():
                self._inline.append(str(child))
            else:
                self._count(left_out.HIDDEN_TEXT)

    def _count(self, kind: left_out.Kind) -> None:
        if self._inside is not None:
            self._inside.left_out.add(kind)

    def _tag(self, tag: Tag, around: Look) -> None:
        name = tag.name
        if name in _UNSEEN:
            if name == "noscript" and tag.get_text(strip=True):
                self._count(left_out.HIDDEN_TEXT)
            return
        if name in ("rt", "rp"):
            self._reading(tag, around)
            return
        style = self._styles.of(tag)
        closed = tag.has_attr("hidden") or (name == "dialog" and not tag.has_attr("open"))
        if is_gone(style) or (closed and style.get("display", "none") == "none"):
            if tag.get_text(strip=True) and name not in _UNSEEN:
                self._count(left_out.HIDDEN_TEXT)
            return
        if name in _STRUCK or "line-through" in style.get("text-decoration", style.get("text-decoration-line", "")):
            if tag.get_text(strip=True):
                self._count(left_out.STRUCK_TEXT)
            return
        look = look_of(tag, style, around)
        if self._replaced(tag, name, look):
            return
        self._ground(style)
        if name == "br":
            self.end_line()
        elif name == "tr":
            self.end_line()
            self._row(tag, look)
        elif name == "pre" and look.seen:
            self.end_line(apart=True)
            self._lines.extend(line.rstrip() for line in tag.get_text().strip("\n").split("\n"))
            self.end_line(apart=True)
        elif name in _BLOCKS:
            self.end_line(apart=name in _APART)
            if name == "li":
                self._inline.append("- ")
            self._inner(tag, look)
            self.end_line(apart=name in _APART)
        elif name in ("sup", "sub") or is_raised(style) or self._are_cents(tag, name):
            self._inline.append(raised.START)
            self._inner(tag, look)
            self._inline.append(raised.END)
        else:
            self._inner(tag, look)

    def _inner(self, tag: Tag, look: Look) -> None:
        """What an element shows: its own text, and what style sheets set before and behind it."""
        self._set(tag, "before", look)
        self.children(tag, look)
        self._set(tag, "after", look)

    def _set(self, tag: Tag, side: str, look: Look) -> None:
        text, style = self._styles.beside(tag, side)
        text = _ICONS.sub("", text)
        if not text.strip():
            return
        if is_gone(style) or not look_of(tag, style, look).seen:
            self._count(left_out.HIDDEN_TEXT)
        elif style.get("display") in ("block", "table", "flex"):
            self.end_line()
            self._inline.append(text)
            self.end_line()
        else:
            self._inline.append(text)

    def _are_cents(self, tag: Tag, name: str) -> bool:
        """Two small figures that touch a number: set small, they are no digits of it."""
        return (
            name == "small"
            and bool(_SMALL_CENTS.fullmatch(tag.get_text()))
            and bool(self._inline and _BEHIND_A_NUMBER.search(self._inline[-1]))
        )

    def _ground(self, style: Mapping[str, str]) -> None:
        """A picture behind an element, as style sheets set it, may be all that the element shows."""
        if self._inside is None:
            return
        for key in ("background-image", "background"):
            found = _ADDRESS.search(style.get(key, ""))
            if found:  # style sheets are kept in small letters, which is the end of what is packed into one
                self._count(left_out.PICTURE if found[1].startswith("data:") else left_out.PICTURE_ELSEWHERE)

    def _reading(self, tag: Tag, look: Look) -> None:
        """How letters are read, which stands above them: below their line, so that they stay one word."""
        text = " ".join(tag.get_text(" ", strip=True, types=(RubyTextString, NavigableString)).split())
        if tag.name == "rt" and text:
            if look.seen:
                self._above.append(text)
            else:
                self._count(left_out.HIDDEN_TEXT)

    def _replaced(self, tag: Tag, name: str, look: Look) -> bool:
        """What is not shown as the text between its marks. Returns whether the element is one of those."""
        if name == "img":
            self._picture(tag)
        elif name == "input":
            self._inline.append(_input(tag))
        elif name == "select":
            options = [option for option in tag.find_all("option") if isinstance(option, Tag)]
            chosen = [option for option in options if option.has_attr("selected")] or (
                [] if tag.has_attr("multiple") else options[:1]
            )
            self._inline.append(" " + ", ".join(option.get_text(" ", strip=True) for option in chosen) + " ")
        elif name in ("iframe", "frame", "object", "embed"):
            if name == "object" and tag.get_text(strip=True):
                return False
            self._count(left_out.FRAME if "frame" in name else left_out.EMBEDDED_FILE)
        elif name == "canvas":
            self._count(left_out.SCRIPTED)
        elif name == "svg":
            self.end_line()
            words = [text.get_text(" ", strip=True) for text in tag.find_all("text")]
            self._lines.extend(word for word in words if word and look.seen)
        else:
            return False
        return True

    def _picture(self, tag: Tag) -> None:
        if self._inside is None:
            return
        source = str(tag.get("src") or "")
        data = _DATA.match(source)
        if data is not None:
            try:
                content = urllib.parse.unquote_to_bytes(source[data.end() :])
                self._inside.picture(base64.b64decode(content) if data[2] else content)
            except (binascii.Error, ValueError):
                self._count(left_out.PICTURE)
        elif (
            source
            and not source.lower().startswith("cid:")
            and not any(_TINY.fullmatch(str(tag.get(side) or "")) for side in ("width", "height"))
        ):
            self._count(left_out.PICTURE_ELSEWHERE)

    def _row(self, row: Tag, look: Look) -> None:
        cells: list[str] = []
        nested = False
        beside = _Writer(self._styles, self._inside)
        for child in _cells(row):
            if not isinstance(child, Tag) or child.name not in ("td", "th"):
                beside.child(child, look)  # a browser shows what stands between cells before the table
                continue
            nested = nested or child.find("table") is not None
            inner = _Writer(self._styles, self._inside)
            inner.child(child, look)
            span = str(child.get("colspan", ""))
            covered = min(int(span), _MOST_COLUMNS) - 1 if span.isascii() and span.isdecimal() and len(span) < 5 else 0
            cells += [inner.text(), *[""] * max(0, covered)]
        if between := beside.text():
            self._lines.extend(between.split("\n"))
        text = "\n".join(cell for cell in cells if cell) if nested else row_text(cells)
        self._lines.extend(text.split("\n") if text else ())


def _cells(row: Tag) -> Iterator[PageElement]:
    """What stands in a row; a form or another element around its cells makes no difference to a browser."""
    for child in row.children:
        if isinstance(child, Tag) and child.name not in ("td", "th", "table") and child.find(["td", "th"]):
            yield from _cells(child)
        else:
            yield child


def _input(tag: Tag) -> str:
    kind = str(tag.get("type") or "text").lower()
    if kind in ("checkbox", "radio"):
        return " ☒ " if tag.has_attr("checked") else " ☐ "
    return f" {tag.get('value') or ''} " if kind in _TYPED else ""
