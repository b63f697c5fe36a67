"""XLSX: every sheet a page, one row a line, values as the sheet shows them; below them its text boxes, charts and comments."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import openpyxl
from lxml import etree
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

from stillroom.documents import left_out, raised
from stillroom.documents.aside import comment
from stillroom.documents.document import Page
from stillroom.documents.formats.calamine_workbook import pages_of
from stillroom.documents.formats.cell_values import value_text
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
    paragraphs,
    parsed,
)
from stillroom.documents.source import CHARACTERS, Content, Source, clean
from stillroom.documents.table import grid_text
from stillroom.errors import DocumentError

CELLS = 2_000_000
"""Cells of a sheet, empty ones included; a larger sheet is left unread, and said to be."""

_Cell = Cell | MergedCell | ReadOnlyCell | EmptyCell
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_EMPTY_VALUE = rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
_NO_RESULT = re.compile(rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^>]*/>)" + _EMPTY_VALUE)
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_CONDITIONAL = re.compile(rb"<(?:\w+:)?conditionalFormatting\b")
_HEADER = re.compile(rb"<(?:\w+:)?((?:odd|even|first)(?:Header|Footer))>(.*?)</", re.DOTALL)
_HEADER_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|K\d\d[+-]\d{3}|\d+|[A-Za-z])')
_SMALLEST = 3.0
_ONE_CELL = '<xf numFmtId="0"/>'
_LAST_COLUMN = 16_384
_NO_HEIGHT = re.compile(rb"\bht\s*=\s*[\"'][012]?(?:\.\d*)?[\"']")  # in points: nobody reads what is lower than 3
_NO_WIDTH = re.compile(rb"\bwidth\s*=\s*[\"']0?(?:\.[0-4]\d*)?[\"']")  # in letters


def read(source: Source) -> Content:
    """One page for each sheet that holds anything. Its first line is the name of the sheet where there are several."""
    try:
        package = OfficePackage(source.data)
        workbook = _opened(package, source.data)
    except zipfile.BadZipFile as error:
        raise _damaged(error) from error
    if workbook is None:
        return _values_alone(source, package)
    try:
        return _content(source, package, workbook)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        try:
            return _values_alone(source, package)
        except DocumentError:
            raise _damaged(error) from error
    finally:
        workbook.close()


def _damaged(error: Exception) -> DocumentError:
    return DocumentError(
        "The Excel workbook is damaged. Open it in its program, save it again and add that.", type(error).__name__
    )


def _opened(package: OfficePackage, data: bytes) -> openpyxl.Workbook | None:
    """The workbook; where something that no value needs is odd (a style, a date of its properties), without that. None
    where it cannot be opened so either."""
    for rewritten in (None, lambda: package.rewritten(), lambda: _plain(package)):
        if rewritten is None and not package.is_sound:
            continue
        try:
            return openpyxl.load_workbook(
                io.BytesIO(rewritten() if rewritten else data),
                read_only=True,
                data_only=True,
                keep_links=False,
                rich_text=True,
            )
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, etree.LxmlError, SyntaxError):
            continue
    return None


def _plain(package: OfficePackage) -> bytes:
    """The workbook with no more of its styles than how numbers are shown, and without its properties."""
    name = next(package.related(package.main(), "styles"), "xl/styles.xml")
    formats, cells = "", ""
    root = _root_or_none(package, name)
    if root is not None:
        formats = "".join(
            etree.tostring(element, encoding="unicode")
            for element in root.iter(f"{_S}numFmt")
            if element.get("formatCode")
        )
        cells = "".join(
            f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0"/>'
            for element in root.iterfind(f"{_S}cellXfs/{_S}xf")
            if (number := element.get("numFmtId", "0")).isdecimal()
        )
    styles = (
        f'<styleSheet xmlns="{_S[1:-1]}"><numFmts>{formats}</numFmts><fonts><font/></fonts>'
        "<fills><fill><patternFill/></fill></fills><borders><border/></borders>"
        '<cellStyleXfs><xf numFmtId="0"/></cellStyleXfs>'
        f"<cellXfs>{cells or _ONE_CELL}</cellXfs></styleSheet>"
    )
    return package.rewritten(
        without=("docProps/core.xml", "docProps/app.xml", "docProps/custom.xml"), instead={name: styles.encode()}
    )


def _root_or_none(package: OfficePackage, part: str) -> etree._Element | None:
    try:
        return package.root(part)
    except (KeyError, ValueError):
        return None


def _values_alone(source: Source, package: OfficePackage) -> Content:
    """The values of a workbook that cannot be opened otherwise."""
    inside = Inside(source)
    pages, count, notes = pages_of(_plain(package), "xlsx")
    return inside.content(pages, count, notes)


def _content(source: Source, package: OfficePackage, workbook: openpyxl.Workbook) -> Content:
    everything = cast(list[ReadOnlyWorksheet], workbook.worksheets)  # what read_only gives
    sheets = [sheet for sheet in everything if sheet.sheet_state == "visible"] or everything
    inside = Inside(source)
    inside.left_out.add(left_out.HIDDEN_SHEET, len(everything) - len(sheets))
    inside.left_out.add(left_out.CHART, len(list(package.related(package.main(), "chartsheet"))))
    pages: list[Page] = []
    notes: list[str] = []
    characters = 0
    for number, sheet in enumerate(sheets, 1):
        part = _part_of(sheet)
        form = _Form.of(package.read(part)) if part in package else _Form()
        rows = _rows(sheet, form, inside.left_out)
        blocks = (
            []
            if rows is None
            else [form.header, grid_text(rows), *_drawn(package, part, inside, sheet.title), form.footer]
        )
        text = clean("\n\n".join(block for block in blocks if block.strip()))
        characters += len(text)
        if rows is None or characters > CHARACTERS:
            notes.append(f"The sheet “{sheet.title}” is too large and was not read.")
            continue
        if len(sheets) > 1:
            text = f"{clean(sheet.title)}\n{text}" if text.strip() else ""
        pages.append(Page(number, text))
    missing = _formulas_without_result(package)
    if missing:
        notes.append(
            f"{missing} formula{'s have' if missing > 1 else ' has'} no stored result and count as empty. "
            "Open the workbook in its program, save it and add it again."
        )
    if not pages:
        raise DocumentError("The workbook's sheets are too large to be read. Split it into smaller ones.")
    return inside.content(pages, len(sheets), notes)


def _part_of(sheet: ReadOnlyWorksheet) -> str:
    return str(getattr(sheet, "_worksheet_path", "")).lstrip("/")


@dataclass(frozen=True, slots=True)
class _Form:
    """What a sheet says besides its values.

    Attributes:
        rows, columns: numbers of those that are hidden, from 1. header, footer: what stands on its printed pages.
        conditional: colours may depend on values.
    """

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    header: str = ""
    footer: str = ""
    conditional: bool = False

    @classmethod
    def of(cls, data: bytes) -> _Form:
        rows: set[int] = set()
        number = 0
        for match in _ROW.finditer(data):
            number = _attribute(match[1], b"r") or number + 1
            if _is_hidden(match[1]) or _NO_HEIGHT.search(match[1]):
                rows.add(number)
        columns: set[int] = set()
        for match in _COLUMN.finditer(data):
            if _is_hidden(match[1]) or _NO_WIDTH.search(match[1]):
                first = _attribute(match[1], b"min") or 1
                columns.update(range(first, min(_attribute(match[1], b"max") or first, _LAST_COLUMN) + 1))
        texts: dict[str, dict[str, None]] = {"Header": {}, "Footer": {}}
        for match in _HEADER.finditer(data):
            text = _printed(match[2])
            if text:
                texts[match[1].decode()[-6:]][text] = None
        header, footer = ("\n".join(found) for found in texts.values())
        return cls(frozenset(rows), frozenset(columns), header, footer, bool(_CONDITIONAL.search(data)))


def _is_hidden(attributes: bytes) -> bool:
    return bool(re.search(rb"\bhidden\s*=\s*[\"'](?:1|true)[\"']", attributes))


def _attribute(attributes: bytes, name: bytes) -> int:
    found = re.search(rb"\b" + name + rb"\s*=\s*[\"'](\d{1,7})[\"']", attributes)
    return int(found[1]) if found else 0


def _printed(data: bytes) -> str:
    """A header or footer without its codes: the parts to the left, in the middle and to the right, tabs between them."""
    text = parsed(b"<t>" + data + b"</t>").text or ""
    parts = re.split(r"&[LCR](?![a-z])", text)
    return "\t".join(filter(None, (_HEADER_CODE.sub("", part).replace("&&", "&").strip() for part in parts)))


def _rows(sheet: ReadOnlyWorksheet, form: _Form, count: left_out.LeftOut) -> list[list[str]] | None:
    """The cells as text, or None where there are too many. The size a sheet claims is not believed: it may be the
    largest there is, for three cells."""
    sheet.reset_dimensions()
    rows: list[list[str]] = []
    cells = 0
    unseen: dict[int, bool] = {}
    struck: dict[int, bool] = {}
    columns: set[int] = set()
    for number, row in enumerate(cast(Worksheet, sheet).iter_rows(), 1):
        cells += max(len(row), 1)
        if cells > CELLS:
            return None
        if number in form.rows:
            if any(cell.value is not None for cell in row):
                count.add(left_out.HIDDEN_ROW, place=f"sheet “{sheet.title}”")
            continue
        texts: list[str] = []
        for index, cell in enumerate(row, 1):
            if cell.value is None:
                texts.append("")
                continue
            if index in form.columns:
                columns.add(index)
                texts.append("")
                continue
            text = shown(cell)
            if text and not form.conditional and _is_unseen(cell, unseen):
                text = ""
                count.add(left_out.HIDDEN_CELL, place=f"sheet “{sheet.title}”")
            elif isinstance(cell.value, CellRichText) and any(map(_is_struck_part, cell.value)):
                count.add(left_out.STRUCK_TEXT, place=f"sheet “{sheet.title}”")
            elif text and _is_struck(cell, struck):
                text = ""
                count.add(left_out.STRUCK_TEXT, place=f"sheet “{sheet.title}”")
            elif not text and cell.value != "" and _hides_all(str(cell.number_format or "")):
                count.add(left_out.HIDDEN_CELL, place=f"sheet “{sheet.title}”")
            texts.append(text)
        rows.append(texts)
    count.add(left_out.HIDDEN_COLUMN, len(columns), f"sheet “{sheet.title}”")
    return rows


def _hides_all(number_format: str) -> bool:
    """``;;;``: nothing is shown, whatever the cell holds."""
    return number_format.count(";") >= 2 and not number_format.replace(";", "").strip()


def _is_unseen(cell: Any, known: dict[int, bool]) -> bool:
    """Whether a cell's letters have the colour of what is behind them, or are too small to be read."""
    style = getattr(cell, "_style_id", None)
    if style is None:
        return False
    if style not in known:
        try:
            font, fill = cell.font, cell.fill
            behind = _colour(fill.fgColor) if fill.fill_type == "solid" else "FFFFFF" if fill.fill_type is None else ""
            known[style] = bool((font.sz or 11) < _SMALLEST or (font.color and _colour(font.color) == behind))
        except (AttributeError, IndexError, TypeError):
            known[style] = False
    return known[style]


def _is_struck(cell: Any, known: dict[int, bool]) -> bool:
    """Whether a line is drawn through what a cell holds."""
    style = getattr(cell, "_style_id", None)
    if style is None:
        return False
    if style not in known:
        try:
            known[style] = bool(cell.font.strike)
        except (AttributeError, IndexError, TypeError):
            known[style] = False
    return known[style]


def _colour(colour: Any) -> str | None:
    """Red, green and blue; of a theme only the first, which is white in every theme that Excel brings."""
    if colour.type == "rgb" and isinstance(colour.rgb, str):
        return colour.rgb[-6:].upper()
    if colour.type == "theme" and colour.theme == 0 and not colour.tint:
        return "FFFFFF"
    if colour.type == "indexed":
        return {1: "FFFFFF", 9: "FFFFFF", 65: "FFFFFF"}.get(colour.indexed)
    return None


def _drawn(package: OfficePackage, part: str, inside: Inside, title: str) -> Iterator[str]:
    """What lies on the sheet: text boxes, charts, diagrams, comments; pictures and files go to ``inside``."""
    if not part:
        return
    for drawing in package.related(part, "drawing"):
        yield from _shapes(package, drawing, inside, f"sheet “{title}”")
    for old in package.related(part, "vmlDrawing"):
        yield "\n".join(_old_boxes(package.read(old)))
    for file in package.related(part, "oleObject", "package"):
        add_embedded(package, file, inside)
    threads = [*package.related(part, "threadedComment")]
    for comments in threads or package.related(part, "comments"):
        yield "\n".join(_comments(package.root(comments)))


def _shapes(package: OfficePackage, part: str, inside: Inside, place: str) -> Iterator[str]:
    try:
        root = package.root(part)
    except ValueError:
        inside.left_out.add(left_out.DRAWING, place=place)
        return
    yield "\n".join(paragraphs(root))
    relations = package.relations(part)
    for element in root.iter(f"{DRAWING}blip", f"{CHART}chart", f"{DIAGRAM}relIds"):
        relation = relations.get(element.get(f"{RELATION}{'embed' if element.tag == f'{DRAWING}blip' else 'id'}", ""))
        if element.tag == f"{DIAGRAM}relIds":
            relation = relations.get(element.get(f"{RELATION}dm", ""))
        if element.tag == f"{DRAWING}blip":
            if relation and relation.part:
                inside.picture(package.read(relation.part), place)
            else:
                inside.left_out.add(left_out.PICTURE_ELSEWHERE, place=place)
            continue
        kind, lines = (
            (left_out.CHART, chart_lines) if element.tag == f"{CHART}chart" else (left_out.DIAGRAM, diagram_lines)
        )
        found = [*lines(package.root(relation.part))] if relation and relation.part else []
        if not found:
            inside.left_out.add(kind, place=place)
        yield "\n".join(found)


def _old_boxes(data: bytes) -> Iterator[str]:
    """The texts of boxes and buttons in the drawing format before 2007, in which comments have frames, too."""
    root = parsed(re.sub(rb"<br\s*/?>", b"\n", data))
    for shape in root.iter("{urn:schemas-microsoft-com:vml}shape"):
        note = shape.find("{urn:schemas-microsoft-com:office:excel}ClientData")
        if note is not None and note.get("ObjectType") == "Note":
            continue
        for box in shape.iter("{urn:schemas-microsoft-com:vml}textbox"):
            text = " ".join("".join(box.itertext()).split())
            if text:
                yield text


def _comments(root: etree._Element) -> Iterator[str]:
    for entry in root:
        for element in entry if entry.tag == f"{_S}commentList" else [entry]:
            if not isinstance(element.tag, str) or element.get("ref") is None:
                continue
            text = "".join(
                part.text or ""
                for part in element.iter()
                if isinstance(part.tag, str) and part.tag.endswith(("}t", "}text"))
            )
            if text.strip():
                yield comment(text, str(element.get("ref")))


def _is_struck_part(part: str | TextBlock) -> bool:
    return isinstance(part, TextBlock) and bool(part.font is not None and part.font.strike) and bool(part.text.strip())


def _formatted(part: str | TextBlock) -> str:
    """A part of a cell's text, which may be raised."""
    if isinstance(part, str):
        return part
    if _is_struck_part(part):
        return ""
    lifted = part.font is not None and part.font.vertAlign in ("superscript", "subscript")
    return f"{raised.START}{part.text}{raised.END}" if lifted else str(part.text)


def shown(cell: _Cell) -> str:
    """A cell's value as the sheet shows it; dates and times in ISO 8601."""
    value: object = cell.value
    if isinstance(value, CellRichText):
        value = raised.settled("".join(map(_formatted, value)))
    number_format = str(getattr(cell, "number_format", None) or "General")
    if isinstance(value, str):
        parts = number_format.split(";")
        return "" if len(parts) >= 4 and not parts[3].strip() else value
    return value_text(value, number_format)


def _formulas_without_result(package: OfficePackage) -> int:
    """Formulas that no program has calculated yet (a workbook written by a script)."""
    return sum(
        len(_NO_RESULT.findall(package.read(name)))
        for name in package.names()
        if name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml")
    )
