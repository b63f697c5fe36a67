"""XLS, XLSB, and workbooks that nothing else opens: every sheet a page, values without their formats."""

from __future__ import annotations

import io

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from stillroom.documents.document import Page
from stillroom.documents.formats.cell_values import value_text
from stillroom.documents.source import CHARACTERS, Content, Source, clean
from stillroom.documents.table import grid_text
from stillroom.errors import DocumentError

_SAID = {
    "xls": "This is an old Excel workbook (.xls): numbers are shown without their formats, hidden rows and columns like others; "
    "pictures, text boxes and comments were not read. Save it as XLSX to have all of it.",
    "xlsb": "This is a binary Excel workbook (.xlsb): numbers are shown without their formats, hidden rows and columns like "
    "others; pictures, text boxes and comments were not read. Save it as XLSX to have all of it.",
    "xlsx": "The workbook is partly damaged: numbers are shown without their formats, hidden rows and columns like others; "
    "pictures, text boxes and comments were not read. Open it in its program and save it again to have all of it.",
}
CELLS = 2_000_000
"""Cells of a sheet, empty ones included; a larger sheet is left unread, and said to be."""


def read(source: Source) -> Content:
    """One page for each sheet that is shown. Raises DocumentError."""
    kind = "xlsb" if source.data.startswith(b"PK") else "xls"
    pages, count, notes = pages_of(source.data, kind)
    return Content(pages, count, notes)


def pages_of(data: bytes, kind: str) -> tuple[tuple[Page, ...], int, tuple[str, ...]]:
    """The pages, how many there are, and notes; ``kind`` is ``xls``, ``xlsb`` or ``xlsx``. Raises DocumentError."""
    notes = [_SAID[kind]]
    pages: list[Page] = []
    characters = 0
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        listed = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        sheets = [sheet for sheet in listed if sheet.visible == SheetVisibleEnum.Visible] or listed
        for number, entry in enumerate(sheets, 1):
            sheet = workbook.get_sheet_by_name(entry.name)
            if sheet.width * sheet.height > CELLS:
                notes.append(f"The sheet “{entry.name}” is too large and was not read.")
                continue
            rows = sheet.to_python(skip_empty_area=True)
            text = clean(grid_text([[value_text(value) for value in row] for row in rows]))
            characters += len(text)
            if characters > CHARACTERS:
                notes.append(f"The sheet “{entry.name}” is too large and was not read.")
                continue
            if len(sheets) > 1 and text.strip():
                text = f"{clean(entry.name)}\n{text}"
            pages.append(Page(number, text))
    except PasswordError as error:
        raise DocumentError(
            "The workbook is protected with a password. Open it in its program, remove the password, save a copy and add that."
        ) from error
    except (CalamineError, ValueError, KeyError, OSError, IndexError) as error:
        raise DocumentError(
            f"The Excel workbook (.{kind}) is damaged. Open it in its program, save it as XLSX and add that.",
            type(error).__name__,
        ) from error
    hidden = len(listed) - len(sheets)
    if hidden:
        notes.append(f"{hidden} hidden sheet{'s were' if hidden > 1 else ' was'} not read.")
    if not pages:
        raise DocumentError("The workbook's sheets are too large to be read. Split it into smaller ones.")
    return tuple(pages), len(sheets), tuple(notes)
