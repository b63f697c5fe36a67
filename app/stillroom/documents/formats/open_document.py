"""OpenDocument (ODT, ODS, ODP): a text is one page, a sheet or a slide a page each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from stillroom.documents import left_out, raised
from stillroom.documents.aside import comment
from stillroom.documents.document import Page
from stillroom.documents.formats.inside import Inside
from stillroom.documents.formats.office_package import parsed
from stillroom.documents.source import CHARACTERS, Content, Source, clean
from stillroom.documents.table import grid_text, row_text
from stillroom.errors import DocumentError

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
_SHOW = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_LINK = "{http://www.w3.org/1999/xlink}href"

_BLOCKS = (f"{_TEXT}p", f"{_TEXT}h")
_MARKS = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_MOST_REPEATED = 1000
"""A row or cell that is repeated more often fills the sheet, as an empty one does."""
_CELLS = 2_000_000
_SMALLEST = 3.0


def read(source: Source) -> Content:
    """The pages of the document. Raises DocumentError."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist() if name.endswith((".xml", "mimetype"))}
            if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
                raise DocumentError(
                    "The file is protected with a password. Open it in its program, save it without a password and add that."
                )
            return _Reader(source, archive, parts).content()
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DocumentError(
            "The OpenDocument file is damaged. Open it in its program, save it again and add that.",
            type(error).__name__,
        ) from error


@dataclass(frozen=True, slots=True)
class _Style:
    hidden: bool = False
    raised: bool = False
    struck: bool = False


class _Reader:
    def __init__(self, source: Source, archive: zipfile.ZipFile, parts: dict[str, bytes]) -> None:
        self._inside = Inside(source)
        self._archive = archive
        self._names = frozenset(archive.namelist())
        self._body = parsed(parts["content.xml"])
        self._masters = parsed(parts["styles.xml"]) if "styles.xml" in parts else None
        self._styles: dict[str, _Style] = {}
        for root in (self._masters, self._body):
            for style in () if root is None else root.iter(f"{_STYLE}style"):
                self._styles[style.get(f"{_STYLE}name", "")] = _style(style)
        self._notes: list[str] = []
        self._comments: list[str] = []

    def content(self) -> Content:
        body = self._body.find(f"{_OFFICE}body")
        main = None if body is None else next(iter(body), None)
        if main is None:
            raise ValueError("no body")
        kind = main.tag.removeprefix(_OFFICE)
        if kind == "spreadsheet":
            return self._sheets(main)
        if kind == "presentation":
            return self._slides(main)
        headers, footers = self._printed()
        text = "\n".join(self._blocks(main))
        return self._inside.one_page(
            "\n\n".join(filter(str.strip, [*headers, text, *self._notes, *footers, *self._comments]))
        )

    def _printed(self) -> tuple[list[str], list[str]]:
        """Headers and footers of all kinds of pages."""
        found: tuple[dict[str, None], dict[str, None]] = ({}, {})
        for place, names in zip(
            found, (("header", "header-left", "header-first"), ("footer", "footer-left", "footer-first")), strict=True
        ):
            for element in () if self._masters is None else self._masters.iter(*(f"{_STYLE}{name}" for name in names)):
                if element.get(f"{_STYLE}display") != "false":
                    place["\n".join(self._blocks(element))] = None
        return list(found[0]), list(found[1])

    def _sheets(self, main: etree._Element) -> Content:
        tables = main.findall(f"{_TABLE}table")
        shown = [table for table in tables if not self._is_hidden(table.get(f"{_TABLE}style-name"))] or tables
        self._inside.left_out.add(left_out.HIDDEN_SHEET, len(tables) - len(shown))
        pages: list[Page] = []
        characters = 0
        said: list[str] = []
        for number, table in enumerate(shown, 1):
            self._comments.clear()
            below: list[str] = []
            rows = self._grid(table, below)
            title = clean(table.get(f"{_TABLE}name", ""))
            text = (
                ""
                if rows is None
                else clean("\n\n".join(filter(str.strip, [grid_text(rows), *below, *self._comments])))
            )
            characters += len(text)
            if rows is None or characters > CHARACTERS:
                said.append(f"The sheet “{title}” is too large and was not read.")
                continue
            pages.append(Page(number, f"{title}\n{text}" if len(shown) > 1 and text.strip() else text))
        return self._inside.content(pages, len(shown), said)

    def _slides(self, main: etree._Element) -> Content:
        slides = main.findall(f"{_DRAW}page")
        shown = [slide for slide in slides if not self._is_hidden(slide.get(f"{_DRAW}style-name"))] or slides
        self._inside.left_out.add(left_out.HIDDEN_SLIDE, len(slides) - len(shown))
        pages: list[Page] = []
        for number, slide in enumerate(shown, 1):
            self._comments.clear()
            notes = slide.find(f"{_SHOW}notes")
            blocks = ["\n".join(self._blocks(slide)).strip()]
            if notes is not None:
                spoken = "\n".join(self._blocks(notes)).strip()
                blocks += [f"Notes:\n{spoken}"] if spoken else []
            pages.append(Page(number, clean("\n\n".join(filter(str.strip, [*blocks, *self._comments])))))
        return self._inside.content(pages, len(shown))

    def _is_hidden(self, name: str | None) -> bool:
        return name is not None and self._styles.get(name, _Style()).hidden

    def _blocks(self, parent: etree._Element) -> Iterator[str]:
        for element in parent:
            tag = element.tag
            if tag in _BLOCKS:
                yield from self._paragraph(element)
            elif tag == f"{_TEXT}tracked-changes":
                self._inside.left_out.add(left_out.DELETED_TEXT, len(list(element.iter(f"{_TEXT}deletion"))))
            elif tag == f"{_TABLE}table":
                yield from self._table(element)
            elif tag == f"{_TEXT}section" and element.get(f"{_TEXT}display") == "none":
                self._inside.left_out.add(left_out.HIDDEN_TEXT)
            elif tag == f"{_TEXT}list-item":
                lines = [*self._blocks(element)]
                yield from (f"- {lines[0]}", *lines[1:]) if lines else ()
            elif tag == f"{_OFFICE}annotation":
                self._comment(element)
            elif tag in (f"{_SHOW}notes", f"{_OFFICE}forms") or self._drawn(element):
                continue
            else:
                yield from self._blocks(element)

    def _paragraph(self, paragraph: etree._Element) -> Iterator[str]:
        below: list[str] = []
        style = self._styles.get(paragraph.get(f"{_TEXT}style-name", ""), _Style())
        if style.hidden or (style.struck and "".join(paragraph.itertext()).strip()):
            self._inside.left_out.add(left_out.HIDDEN_TEXT if style.hidden else left_out.STRUCK_TEXT)
            return
        yield raised.settled("".join(self._inline(paragraph, below))).rstrip()
        yield from below

    def _inline(self, parent: etree._Element, below: list[str]) -> Iterator[str]:
        """The text of a paragraph; ``below`` are the lines of what is anchored in it."""
        yield parent.text or ""
        for element in parent:
            tag = element.tag
            if tag in _MARKS:
                yield _MARKS[tag]
            elif tag == f"{_TEXT}s":
                yield " " * _number(element, f"{_TEXT}c", 200)
            elif tag == f"{_TEXT}note":
                citation, body = element.find(f"{_TEXT}note-citation"), element.find(f"{_TEXT}note-body")
                mark = "" if citation is None else "".join(citation.itertext())
                yield f"{raised.START}{mark}{raised.END}"
                if body is not None:
                    self._notes.append(f"{mark} " + "\n".join(self._blocks(body)))
            elif tag == f"{_OFFICE}annotation":
                self._comment(element)
            elif tag in (f"{_TEXT}hidden-text", f"{_TEXT}hidden-paragraph"):
                self._inside.left_out.add(left_out.HIDDEN_TEXT)
            elif tag == f"{_DRAW}text-box":
                below.extend(self._blocks(element))
            elif tag == f"{_TEXT}ruby-text":  # how letters are read, above them: they stay one word
                below.append("".join(self._inline(element, below)))
            elif tag in _BLOCKS:
                below.extend(self._paragraph(element))
            elif not self._drawn(element):
                style = self._styles.get(element.get(f"{_TEXT}style-name", ""), _Style())
                inner = "".join(self._inline(element, below))
                if style.hidden and inner.strip():
                    self._inside.left_out.add(left_out.HIDDEN_TEXT)
                elif style.struck and inner.strip():
                    self._inside.left_out.add(left_out.STRUCK_TEXT)
                else:
                    yield f"{raised.START}{inner}{raised.END}" if style.raised else inner
            yield element.tail or ""

    def _comment(self, element: etree._Element) -> None:
        text = " ".join(" ".join(self._blocks(element)).split())
        if text:
            self._comments.append(comment(text))

    def _drawn(self, element: etree._Element) -> bool:
        """A picture or an object. Returns whether the element is one."""
        place = element.get(_LINK, "").removeprefix("./")
        if element.tag == f"{_DRAW}image":
            if place in self._names:
                if not self._is_replacement(element):
                    self._inside.picture(self._archive.read(place))
            elif element.find(f"{_OFFICE}binary-data") is not None:
                self._inside.left_out.add(left_out.PICTURE)
            else:
                self._inside.left_out.add(left_out.PICTURE_ELSEWHERE)
        elif element.tag == f"{_DRAW}object-ole" or (
            element.tag == f"{_DRAW}object" and f"{place}/content.xml" not in self._names
        ):
            self._inside.left_out.add(left_out.EMBEDDED_FILE)
        elif element.tag == f"{_DRAW}object":
            self._object(parsed(self._archive.read(f"{place}/content.xml")))
        else:
            return False
        return True

    def _is_replacement(self, image: etree._Element) -> bool:
        """Whether the picture shows an object for programs that do not know it."""
        frame = image.getparent()
        return frame is not None and any(child.tag in (f"{_DRAW}object", f"{_DRAW}object-ole") for child in frame)

    def _object(self, root: etree._Element) -> None:
        """A chart or a formula in a part of its own."""
        lines = [line for table in root.iter(f"{_TABLE}table") for line in self._table(table) if line]
        lines += [
            text
            for element in root.iter(*_BLOCKS)
            if not list(element.iterancestors(f"{_TABLE}table")) and (text := "".join(element.itertext()))
        ]
        if lines:
            self._notes.append("\n".join(lines))
        else:
            self._inside.left_out.add(left_out.CHART)

    def _table(self, table: etree._Element) -> Iterator[str]:
        for _, cells in self._rows(table):
            text = row_text(["" if cell is None else "\n".join(self._blocks(cell)) for cell in cells])
            if text:
                yield text
        yield ""

    def _grid(self, table: etree._Element, below: list[str]) -> list[list[str]] | None:
        """The cells of a sheet as text, or None where there are too many; ``below``: what lies on the sheet."""
        for shapes in table.findall(f"{_TABLE}shapes"):
            below.extend(self._blocks(shapes))
        rows: list[list[str]] = []
        cells = 0
        for times, found in self._rows(table):
            row: list[str] = []
            for cell in found:
                lines = [] if cell is None else [*self._blocks(cell)]
                row.append(" ".join(line for line in lines if line))
            rows += [row] * (times if any(row) else 1)
            cells += max(len(row), 1) * (times if any(row) else 1)
            if cells > _CELLS:
                return None
        return rows

    def _rows(self, table: etree._Element) -> Iterator[tuple[int, list[etree._Element | None]]]:
        """How often each row stands there, and its cells; None is one that is covered, hidden or empty."""
        hidden = self._hidden_columns(table)
        counted = False
        for row in table.iter(f"{_TABLE}table-row"):
            if next(row.iterancestors(f"{_TABLE}table"), None) is not table:
                continue
            times = min(_number(row, f"{_TABLE}number-rows-repeated"), _MOST_REPEATED)
            if row.get(f"{_TABLE}visibility") in ("collapse", "filter"):
                self._inside.left_out.add(left_out.HIDDEN_ROW, times if "".join(row.itertext()).strip() else 0)
                continue
            cells: list[etree._Element | None] = []
            for cell in row:
                if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                    continue
                covered = cell.tag.endswith("}covered-table-cell")
                filled = len(cell) > 0
                repeated = _number(cell, f"{_TABLE}number-columns-repeated")
                for _ in range(min(repeated, _MOST_REPEATED)):
                    unseen = len(cells) in hidden and filled
                    if unseen and not counted:
                        self._inside.left_out.add(left_out.HIDDEN_COLUMN, len(hidden))
                        counted = True
                    cells.append(None if covered or unseen else cell)
            yield times, cells

    def _hidden_columns(self, table: etree._Element) -> set[int]:
        found: set[int] = set()
        position = 0
        for column in table.iter(f"{_TABLE}table-column"):
            if next(column.iterancestors(f"{_TABLE}table"), None) is not table:
                continue
            times = _number(column, f"{_TABLE}number-columns-repeated")
            if column.get(f"{_TABLE}visibility") in ("collapse", "filter"):
                found.update(range(position, position + min(times, _MOST_REPEATED)))
            position += times
        return found


def _style(style: etree._Element) -> _Style:
    hidden = lifted = struck = False
    for properties in style:
        struck = struck or any(
            properties.get(f"{_STYLE}text-line-through-{name}", "none") != "none" for name in ("style", "type")
        )
        if properties.get(f"{_TEXT}display") in ("none", "true-none") or properties.get(f"{_TABLE}display") == "false":
            hidden = True
        if properties.get(f"{_SHOW}visibility") == "hidden":
            hidden = True
        size = properties.get(f"{_FO}font-size", "")
        if size.endswith("pt"):
            try:
                hidden = hidden or float(size[:-2]) < _SMALLEST
            except ValueError:
                continue
        lifted = lifted or properties.get(f"{_STYLE}text-position", "").startswith(("super", "sub"))
    return _Style(hidden, lifted, struck)


def _number(element: etree._Element, name: str, most: int = 1 << 20) -> int:
    digits = element.get(name, "1")
    return max(1, min(int(digits), most)) if digits.isascii() and digits.isdecimal() and len(digits) < 9 else 1
