"""XLSX: every sheet a page, one row a line, values as the sheet shows them."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import cast

import openpyxl
from openpyxl.cell import Cell, MergedCell
from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet.worksheet import Worksheet

from stillroom.documents.document import Page
from stillroom.documents.source import CHARACTERS, Content, Source, clean
from stillroom.documents.table import grid_text
from stillroom.errors import DocumentError

CELLS = 2_000_000
"""Cells of a sheet, empty ones included; a larger sheet is left unread, and said to be."""

_Cell = Cell | MergedCell | ReadOnlyCell | EmptyCell
_NUMBER = re.compile(r"[#0?][#0?,]*(?:\.[#0?]*)?")
_NO_RESULT = re.compile(rb"</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>|<f[^>]*/>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")


def read(source: Source) -> Content:
    """One page for each sheet that holds anything. Its first line is the name of the sheet where there are several."""
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(source.data), read_only=True, data_only=True, keep_links=False)
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise DocumentError(
            "The Excel workbook is damaged. Open it in its program, save it again and add that.", type(error).__name__
        ) from error
    everything = cast(list[ReadOnlyWorksheet], workbook.worksheets)  # what read_only gives
    sheets = [sheet for sheet in everything if sheet.sheet_state == "visible"] or everything
    hidden = len(everything) - len(sheets)
    pages: list[Page] = []
    notes: list[str] = []
    characters = 0
    for number, sheet in enumerate(sheets, 1):
        rows = _rows(sheet)
        text = "" if rows is None else clean(grid_text(rows))
        characters += len(text)
        if rows is None or characters > CHARACTERS:
            notes.append(f"The sheet “{sheet.title}” is too large and was not read.")
            continue
        if len(sheets) > 1:
            text = f"{clean(sheet.title)}\n{text}" if text.strip() else ""
        pages.append(Page(number, text))
    workbook.close()
    if hidden:
        notes.append(f"{hidden} hidden sheet{'s were' if hidden > 1 else ' was'} not read.")
    missing = _formulas_without_result(source.data)
    if missing:
        notes.append(
            f"{missing} formula{'s have' if missing > 1 else ' has'} no stored result and count as empty. "
            "Open the workbook in its program, save it and add it again."
        )
    if not pages:
        raise DocumentError("The workbook's sheets are too large to be read. Split it into smaller ones.")
    return Content(tuple(pages), len(sheets), tuple(notes))


def _rows(sheet: ReadOnlyWorksheet) -> list[list[str]] | None:
    """The cells as text, or None where there are too many. The size a sheet claims is not believed: it may be the
    largest there is, for three cells."""
    sheet.reset_dimensions()
    rows: list[list[str]] = []
    cells = 0
    for row in cast(Worksheet, sheet).iter_rows():
        cells += max(len(row), 1)
        if cells > CELLS:
            return None
        rows.append([shown(cell) for cell in row])
    return rows


def shown(cell: _Cell) -> str:
    """A cell's value as the sheet shows it; dates and times in ISO 8601."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat(timespec="seconds")
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, int | float | Decimal):
        return _number(value, str(cell.number_format or "General"))
    return str(value)


def _number(value: int | float | Decimal, number_format: str) -> str:
    """A number in the sheet's own format; formats beyond digits, separators, signs and words are shown unformatted."""
    sections = number_format.split(";")
    own_sign = value < 0 and len(sections) > 1 and bool(sections[1])
    section = sections[1] if own_sign else sections[0]
    section = re.sub(r"\[\$([^\]-]*)(?:-[^\]]*)?\]", r"\1", section)  # [$€-407]: a currency and a locale
    section = re.sub(r"\[[^\]]*\]", "", section)  # colours and conditions
    section = re.sub(r"[_*].", "", section)  # padding
    section = re.sub(r'\\(.)|"([^"]*)"', lambda match: match[1] or match[2] or "", section)
    pattern = _NUMBER.search(section)
    digits = pattern[0].strip() if pattern else ""
    if not digits or "General" in section or digits.endswith(",") or re.search(r"/|[0#?]E[+-]", section):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    whole, _, fraction = digits.partition(".")
    places, required = len(fraction), fraction.count("0")
    amount = Decimal(repr(value) if isinstance(value, float) else value) * (100 if "%" in section else 1)
    head, _, tail = f"{abs(amount):{',' if ',' in whole else ''}.{places}f}".partition(".")
    tail = tail[:required] + tail[required:].rstrip("0")
    if "," not in whole:
        head = head.zfill(whole.count("0"))
    before, _, after = section.partition(digits)
    sign = "-" if value < 0 and not own_sign else ""
    return f"{sign}{before}{head}{'.' if tail else ''}{tail}{after}".strip()


def _formulas_without_result(data: bytes) -> int:
    """Formulas that no program has calculated yet (a workbook written by a script)."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return sum(
            len(_NO_RESULT.findall(archive.read(name)))
            for name in archive.namelist()
            if name.startswith("xl/worksheets/") and name.endswith(".xml")
        )
