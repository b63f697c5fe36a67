"""DOCX: paragraphs and tables in the order of the document, headers first; notes, footers and comments last.

The text is taken from the elements themselves: libraries leave out what stands in tracked insertions, content controls,
fields, text boxes and embedded parts.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from lxml import etree

from stillroom.documents import left_out, raised
from stillroom.documents.aside import comment
from stillroom.documents.formats.embedded import add_embedded
from stillroom.documents.formats.inside import Inside
from stillroom.documents.formats.office_package import (
    CHART,
    DIAGRAM,
    DRAWING,
    RELATION,
    OfficePackage,
    chart_lines,
    diagram_lines,
)
from stillroom.documents.formats.word_numbers import WordNumbers
from stillroom.documents.formats.word_styles import WordStyles, is_on
from stillroom.documents.read_file import DEPTH, read_source
from stillroom.documents.source import Content, Source
from stillroom.documents.table import row_text
from stillroom.errors import DocumentError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_V = "{urn:schemas-microsoft-com:vml}"
_O = "{urn:schemas-microsoft-com:office:office}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SYMBOLS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-", f"{_W}ptab": "\t"}
_SKIPPED = frozenset(
    (
        f"{_W}pPr",
        f"{_W}rPr",
        f"{_W}sectPr",
        f"{_W}sdtPr",
        f"{_W}moveFrom",  # stands where it was moved to
        f"{_W}instrText",
        f"{_W}delText",
        _FALLBACK,  # says again what Choice says
    )
)
_NOTE_MARKS = ("separator", "continuationSeparator", "continuationNotice")
_ALT_CHUNK = left_out.Kind("part in another format", "parts in other formats")

_MOST_COLUMNS = 63  # of a Word table


def read(source: Source) -> Content:
    """One page, behind it the pictures in which text was recognised."""
    try:
        package = OfficePackage(source.data)
        main = package.main()
        root = package.root(main)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DocumentError(
            "The Word document is damaged: its main part is missing. Open it in Word, save it again and add that.",
            type(error).__name__,
        ) from error
    inside = Inside(source)
    styles = WordStyles(package, main)
    numbers = WordNumbers(package, main)
    sections: list[str] = []
    for kind in ("header", "document", "footnotes", "endnotes", "footer", "comments"):
        texts: list[str] = []
        for part in [main] if kind == "document" else package.related(main, kind):
            try:
                body = root if kind == "document" else package.root(part)
            except ValueError:
                inside.notes.append(f"The {kind} of the document are damaged and were not read.")
                continue
            texts.append("\n".join(_Reader(package, part, inside, styles, numbers, body).blocks(body)).strip("\n"))
        sections.extend(text for text in dict.fromkeys(texts) if text.strip())
    return inside.one_page("\n\n".join(sections))


class _Reader:
    """A reader of one part of the package."""

    def __init__(
        self,
        package: OfficePackage,
        part: str,
        inside: Inside,
        styles: WordStyles,
        numbers: WordNumbers,
        root: etree._Element,
    ) -> None:
        self._package = package
        self._part = part
        self._inside = inside
        self._styles = styles
        self._numbers = numbers
        # White letters may stand on a picture or a coloured shape behind them.
        self._backed = next(root.iter(f"{_W}drawing", f"{_V}shape", f"{_V}rect"), None) is not None

    def blocks(self, parent: etree._Element) -> Iterator[str]:
        """The lines of everything in an element, in order."""
        for element in parent:
            tag = element.tag
            if tag in _SKIPPED:
                continue
            if tag == f"{_W}p":
                yield from self._paragraph(element)
            elif tag == f"{_W}tbl":
                yield from self._table(element)
            elif tag == f"{_W}altChunk":
                yield from self._chunk(element)
            elif tag == f"{_W}comment":
                yield comment(" ".join(line for line in self.blocks(element) if line))
            elif tag in (f"{_W}footnote", f"{_W}endnote") and element.get(f"{_W}type") in _NOTE_MARKS:
                continue
            else:  # body, content controls, alternate content, custom XML
                yield from self.blocks(element)

    def _table(self, table: etree._Element) -> Iterator[str]:
        for row, cells in _rows(table):
            if is_on(row.find(f"{_W}trPr/{_W}hidden")):
                self._inside.left_out.add(left_out.HIDDEN_ROW)
                continue
            text = row_text(["" if cell is None else "\n".join(self.blocks(cell)) for cell in cells])
            if text:
                yield text
        yield ""

    def _paragraph(self, paragraph: etree._Element) -> Iterator[str]:
        inline: list[str] = []
        below: list[str] = []
        self._inline(paragraph, inline, below)
        # An empty paragraph is how most people make space; only Word's own spacing is invisible here.
        text = raised.settled("".join(inline)).rstrip()
        number = self._numbers.of(paragraph)
        yield number + text if text else text
        yield from below

    def _inline(self, parent: etree._Element, text: list[str], below: list[str]) -> None:
        """The text of a paragraph; ``below`` are the lines of what is anchored in it."""
        for element in parent:
            tag = element.tag
            if tag in _SKIPPED:
                continue
            if tag == f"{_W}r":
                self._run(element, text, below)
            elif tag == f"{_W}t":
                text.append(element.text or "")
            elif tag in _SYMBOLS:
                text.append(_SYMBOLS[tag])
            elif tag == f"{_W}sym":
                text.append(_symbol(element))
            elif tag == f"{_W}del":
                self._inside.left_out.add(left_out.DELETED_TEXT)
            elif tag == f"{_W}txbxContent":
                below.extend(self.blocks(element))
            elif tag == f"{_V}textpath":  # letters as a drawing, as watermarks are
                below.append(element.get("string", ""))
            elif tag == f"{_W}rt":  # how letters are read, above them: they stay one word
                above: list[str] = []
                self._inline(element, above, below)
                below.append("".join(above))
            elif tag == f"{_W}checkBox":
                text.append("☒" if is_on(element.find(f"{_W}checked")) else "☐")
            elif tag == f"{_W}ddList":
                text.append(_chosen(element))
            elif tag in (f"{_M}oMath", f"{_M}oMathPara"):
                text.append(_formula(element))
            elif not self._reference(element, below):
                self._inline(element, text, below)

    def _run(self, run: etree._Element, text: list[str], below: list[str]) -> None:
        inline: list[str] = []
        self._inline(run, inline, below)
        found = "".join(inline)
        if found.strip() and self._styles.hides(run, backed=self._backed):
            self._inside.left_out.add(left_out.HIDDEN_TEXT)
        elif found.strip() and self._styles.strikes(run):
            self._inside.left_out.add(left_out.STRUCK_TEXT)
        elif found and self._styles.raises(run):
            text.append(raised.START + found + raised.END)
        else:
            text.append(found)

    def _reference(self, element: etree._Element, below: list[str]) -> bool:
        """What stands in another part. Returns whether the element is such a reference, with nothing further inside."""
        tag = element.tag
        if tag == f"{DRAWING}blip":
            self._picture(element.get(f"{RELATION}embed", ""), element.get(f"{RELATION}link", ""))
        elif tag == f"{_V}imagedata":
            self._picture(element.get(f"{RELATION}id", ""), "")
        elif tag == f"{_O}OLEObject":
            part = self._target(element.get(f"{RELATION}id", ""))
            if part:
                add_embedded(self._package, part, self._inside)
            else:
                self._inside.left_out.add(left_out.EMBEDDED_FILE)
        elif tag == f"{CHART}chart":
            self._part_lines(element.get(f"{RELATION}id", ""), chart_lines, left_out.CHART, below)
        elif tag == f"{DIAGRAM}relIds":
            self._part_lines(element.get(f"{RELATION}dm", ""), diagram_lines, left_out.DIAGRAM, below)
        elif tag == f"{_W}subDoc":
            self._inside.left_out.add(left_out.LINKED_TEXT)
        else:
            return False
        return True

    def _target(self, name: str) -> str:
        relation = self._package.relations(self._part).get(name)
        return relation.part if relation else ""

    def _picture(self, embedded: str, linked: str) -> None:
        part = self._target(embedded)
        if part:
            self._inside.picture(self._package.read(part))
        else:
            self._inside.left_out.add(left_out.PICTURE_ELSEWHERE if linked else left_out.PICTURE)

    def _part_lines(self, name: str, lines: object, kind: left_out.Kind, below: list[str]) -> None:
        part = self._target(name)
        try:
            found = [*lines(self._package.root(part))] if part else []  # type: ignore[operator]
        except ValueError:
            found = []
        if not found:
            self._inside.left_out.add(kind)
        below.extend(found)

    def _chunk(self, element: etree._Element) -> Iterator[str]:
        """A part in another format (HTML, RTF, another Word document) that Word shows at this place."""
        part = self._target(element.get(f"{RELATION}id", ""))
        source = self._inside.source
        if not part or source.depth + 1 >= DEPTH:
            self._inside.left_out.add(_ALT_CHUNK)
            return
        try:
            document = read_source(source.attached(part.rsplit("/", 1)[-1], self._package.read(part)))
        except DocumentError:
            self._inside.left_out.add(_ALT_CHUNK)
            return
        for page in document.pages:
            yield from page.text.split("\n")
        self._inside.notes.extend(document.notes)
        self._inside.attachments.documents.extend(document.attachments)


def _rows(table: etree._Element) -> Iterator[tuple[etree._Element, list[etree._Element | None]]]:
    """Each row with its cells, and None where one that began to the left or above goes on."""
    for row in table.iter(f"{_W}tr"):
        if _owner(row, f"{_W}tbl") is not table:
            continue  # of a table inside a cell: read with the cell
        cells: list[etree._Element | None] = []
        for cell in row.iter(f"{_W}tc"):
            if _owner(cell, f"{_W}tr") is row:
                cells += [None if _continues(cell) else cell, *[None] * (_width(cell) - 1)]
        yield row, cells


def _owner(element: etree._Element, tag: str) -> etree._Element | None:
    return next(element.iterancestors(tag), None)


def _width(cell: etree._Element) -> int:
    """How many columns the cell covers."""
    span = cell.find(f"{_W}tcPr/{_W}gridSpan")
    digits = "" if span is None else span.get(f"{_W}val", "")
    return max(1, min(int(digits), _MOST_COLUMNS)) if digits.isascii() and digits.isdecimal() and len(digits) < 5 else 1


def _continues(cell: etree._Element) -> bool:
    """Whether the cell is the lower part of one that spans several rows."""
    merge = cell.find(f"{_W}tcPr/{_W}vMerge")
    return merge is not None and merge.get(f"{_W}val", "continue") == "continue"


def _symbol(element: etree._Element) -> str:
    try:
        code = int(element.get(f"{_W}char", ""), 16)
    except ValueError:
        return ""
    wingdings = {0xF0FE: "☒", 0xF0A8: "☐", 0xF06F: "☐", 0xF0FC: "✓", 0xF0B7: "•", 0xF0A7: "•"}
    return wingdings.get(code, "" if 0xE000 <= code < 0xF900 else chr(code))


def _chosen(choices: etree._Element) -> str:
    """The entry of a form's list that is chosen: the first where none is said to be."""
    entries = [entry.get(f"{_W}val", "") for entry in choices.findall(f"{_W}listEntry")]
    result = choices.find(f"{_W}result")
    digits = "0" if result is None else result.get(f"{_W}val", "0")
    index = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 5 else 0
    return entries[index] if index < len(entries) else ""


def _formula(element: etree._Element) -> str:
    """A formula on one line: fractions with a stroke, exponents raised."""
    tag = element.tag
    if tag == f"{_M}t":
        return element.text or ""
    if tag == f"{_M}f":
        over, under = (_part(element, name) for name in ("num", "den"))
        return f"{_bound(over)}/{_bound(under)}"
    if tag == f"{_M}rad":
        return f"√{_bound(_part(element, 'e'))}"
    if tag == f"{_M}sSup":
        return f"{_part(element, 'e')}{raised.START}{_part(element, 'sup')}{raised.END}"
    if tag == f"{_M}oMathPara":
        return "\n".join(map(_formula, element))
    return "".join(map(_formula, element))


def _part(element: etree._Element, name: str) -> str:
    found = element.find(f"{_M}{name}")
    return "" if found is None else _formula(found)


def _bound(text: str) -> str:
    return text if text.isalnum() else f"({text})"
