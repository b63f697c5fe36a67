"""DOCX: paragraphs and tables in the order of the document, headers first, notes and footers last.

python-docx opens the package and finds its parts. Its ``Paragraph.text`` leaves out what stands in tracked insertions,
content controls, fields and text boxes, so the text is taken from the elements themselves.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from docx.opc.exceptions import PackageNotFoundError
from docx.opc.package import OpcPackage
from docx.opc.part import Part
from lxml import etree

from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.table import row_text
from stillroom.errors import DocumentError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_TRANSITIONAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SYMBOLS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-", f"{_W}ptab": "\t"}
_SKIPPED = frozenset(
    (
        f"{_W}del",  # tracked deletions and moves away are not part of the text any more
        f"{_W}moveFrom",
        f"{_W}pPr",
        f"{_W}rPr",
        f"{_W}sectPr",
        f"{_W}sdtPr",
        "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",  # says again what Choice says
    )
)
_NOTE_MARKS = ("separator", "continuationSeparator", "continuationNotice")

_MOST_COLUMNS = 63  # of a Word table


def read(source: Source) -> Content:
    """One page."""
    try:
        package = OpcPackage.open(io.BytesIO(source.data))
        main = package.main_document_part
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise DocumentError(
            "The Word document is damaged: its main part is missing. Open it in Word, save it again and add that."
        ) from error
    sections: list[str] = []
    for kind in ("header", "document", "footnotes", "endnotes", "footer"):
        parts = [main] if kind == "document" else _related(main, kind)
        texts = ["\n".join(_blocks(_root(part))).strip("\n") for part in parts]
        sections.extend(text for text in dict.fromkeys(texts) if text.strip())
    return one_page("\n\n".join(sections))


def _related(main: Part, kind: str) -> list[Part]:
    return [
        relation.target_part
        for relation in main.rels.values()
        if not relation.is_external and relation.reltype.endswith(f"/{kind}")
    ]


def _root(part: Part) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(part.blob.replace(_STRICT, _TRANSITIONAL), parser)


def _blocks(parent: etree._Element) -> Iterator[str]:
    """The lines of everything in an element, in order."""
    for element in parent:
        tag = element.tag
        if tag in _SKIPPED:
            continue
        if tag == f"{_W}p":
            yield from _paragraph(element)
        elif tag == f"{_W}tbl":
            for row in _rows(element):
                cells = ["" if cell is None else "\n".join(_blocks(cell)) for cell in row]
                text = row_text(cells)
                if text:
                    yield text
            yield ""
        elif tag in (f"{_W}footnote", f"{_W}endnote") and element.get(f"{_W}type") in _NOTE_MARKS:
            continue
        else:  # body, content controls, alternate content, custom XML
            yield from _blocks(element)


def _rows(table: etree._Element) -> Iterator[list[etree._Element | None]]:
    """The cells of each row, and None where one that began to the left or above goes on."""
    for row in table.iter(f"{_W}tr"):
        if _owner(row, f"{_W}tbl") is not table:
            continue  # of a table inside a cell: read with the cell
        cells: list[etree._Element | None] = []
        for cell in row.iter(f"{_W}tc"):
            if _owner(cell, f"{_W}tr") is row:
                cells += [None if _continues(cell) else cell, *[None] * (_width(cell) - 1)]
        yield cells


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


def _paragraph(paragraph: etree._Element) -> Iterator[str]:
    inline: list[str] = []
    boxes: list[etree._Element] = []
    _inline(paragraph, inline, boxes)
    text = "".join(inline)
    # An empty paragraph is how most people make space; only Word's own spacing is invisible here.
    yield text.rstrip()
    for box in boxes:
        yield from _blocks(box)


def _inline(parent: etree._Element, text: list[str], boxes: list[etree._Element]) -> None:
    for element in parent:
        tag = element.tag
        if tag in _SKIPPED:
            continue
        if tag == f"{_W}t":
            text.append(element.text or "")
        elif tag in _SYMBOLS:
            text.append(_SYMBOLS[tag])
        elif tag == f"{_W}sym":
            text.append(_symbol(element))
        elif tag == f"{_W}txbxContent":
            boxes.append(element)
        else:
            _inline(element, text, boxes)


def _symbol(element: etree._Element) -> str:
    try:
        code = int(element.get(f"{_W}char", ""), 16)
    except ValueError:
        return ""
    wingdings = {0xF0FE: "☒", 0xF0A8: "☐", 0xF06F: "☐", 0xF0FC: "✓", 0xF0B7: "•", 0xF0A7: "•"}
    return wingdings.get(code, "" if 0xE000 <= code < 0xF900 else chr(code))
