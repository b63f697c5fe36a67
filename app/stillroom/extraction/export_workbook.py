"""The Excel workbook: a sheet of values, a sheet of evidence."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from stillroom.errors import StillroomError
from stillroom.extraction.anchors import PREFIX
from stillroom.extraction.columns import FIXED, cell, fields_of, heading, numeric
from stillroom.extraction.result import DocumentResult, FieldValue
from stillroom.extraction.signed import SignedDocument
from stillroom.templates.template import Field, FieldType, Template

_MOST_CHARACTERS = 32_767  # of a cell, and
_MOST_ROWS = 1_048_576  # of a sheet, in Excel
_MOST_DIGITS = 15  # of a number; Excel rounds longer ones
_CUT = " … (cut: a cell of Excel holds no more; the whole text is in the other forms of export)"
_LONGEST_LINK = 2079  # in Excel
_TINT = PatternFill("solid", start_color="FFF2CC")  # of a cell that is to be looked at
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EVIDENCE = (
    "file",
    "field",
    "item",
    "column",
    "value",
    "text",
    "page",
    "start",
    "end",
    "state",
    "confidence",
    "checks",
)


def write_workbook(
    rows: Sequence[DocumentResult],
    template: Template,
    path: Path,
    signed: Sequence[SignedDocument] | None = None,
    *,
    anchor: str = "",
) -> None:
    """Write ``path``. Raises StillroomError where a sheet would have too many rows, OSError.

    With ``signed`` the first sheet says what is to check and who answers for a row, doubtful cells are tinted, and the file's name
    leads to the file; the second says what became of each value. ``anchor``: how far the audit log has come.
    """
    evidence = [(place, *item) for place, result in enumerate(rows) for item in fields_of(result, template)]
    if max(len(rows), len(evidence)) >= _MOST_ROWS:
        raise StillroomError("There are more rows than a sheet of Excel holds. Export to .csv, .jsonl or .sqlite.")
    book = Workbook(write_only=True)
    book.properties.title = template.title
    if anchor:
        book.properties.description = PREFIX + anchor
    # Packed in memory: an archive that a full disk broke off says so once more, when it is thrown away.
    packed = io.BytesIO()
    try:
        _fill(book, rows, template, signed, evidence)
        book.save(packed)
    except BaseException as error:
        _let_go(book)
        if type(error).__name__ == "SerialisationError":  # how lxml says that the system did not let it write: IO_EFBIG
            number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)
            raise OSError(number, os.strerror(number)) from error
        raise
    path.write_bytes(packed.getbuffer())


def _let_go(book: Workbook) -> None:
    """End what openpyxl was writing. It would fail once more where nobody listens, and leave its files until the program ends."""
    for sheet in book.worksheets:
        writer: Any = getattr(sheet, "_writer", None)
        streams: list[Any] = [getattr(sheet, "_rows", None), getattr(writer, "xf", None)]
        for stream in streams:
            with contextlib.suppress(Exception):
                stream.close()
        with contextlib.suppress(Exception):
            writer.cleanup()


def _fill(
    book: Workbook,
    rows: Sequence[DocumentResult],
    template: Template,
    signed: Sequence[SignedDocument] | None,
    evidence: Sequence[tuple[int, Field, int, str, FieldValue]],
) -> None:
    review = [] if signed is None else ["to check", "review", "by", "at"]
    names = [*FIXED[:2], *review, *(heading(field) for field in template.fields), "lowest confidence", *FIXED[2:]]
    widths = [32, 9, *((9, 10, 14, 20) if review else ()), *(_width(field) for field in template.fields), 12, 40, 40]
    sheet = _sheet(book, "Results", names, widths, len(rows))
    for place, result in enumerate(rows):
        said = None if signed is None else signed[place]
        shown = [cell(result, field) for field in template.fields]
        confidences = [item.confidence for item in shown if item.confidence is not None]
        cells = [typed_cell(sheet, item.value, field) for item, field in zip(shown, template.fields, strict=True)]
        if said is not None:
            for item, field in zip(cells, template.fields, strict=True):
                if said.doubtful(field.name):
                    item.fill = _TINT
        sheet.append(
            [
                _file(sheet, result.file, said, place + 2),
                text_cell(sheet, str(result.status)),
                *(() if said is None else (said.to_check, *(text_cell(sheet, text) for text in _signature(said)))),
                *cells,
                _number(sheet, min(confidences), "0.00") if confidences else None,
                text_cell(sheet, result.error),
                text_cell(sheet, " ".join(result.notes)),
            ]
        )
    names = [*_EVIDENCE, *(() if signed is None else ("verdict", "by", "at"))]
    sheet = _sheet(book, "Evidence", names, (32, 18, 6, 14, 28, 40, 6, 8, 8, 10, 11, 40, 16, 14, 20), len(evidence))
    for place, field, number, column, value in evidence:
        span = value.span
        verdict = None if signed is None else signed[place].value(field.name, number, column)
        line = [
            text_cell(sheet, rows[place].file),
            text_cell(sheet, field.name),
            number,
            text_cell(sheet, column),
            text_cell(sheet, value.value or ""),
            text_cell(sheet, value.text),
            span.page if span else None,
            span.start if span else None,
            span.end if span else None,
            text_cell(sheet, str(value.state)),
            _number(sheet, value.confidence, "0.00"),
            text_cell(sheet, " ".join(value.failed_checks)),
        ]
        if verdict is not None:
            line += [text_cell(sheet, text) for text in (verdict.verdict, verdict.person, verdict.moment)]
        sheet.append(line)


def _signature(said: SignedDocument) -> tuple[str, str, str]:
    state = f"{said.state}: {said.reason}" if said.reason else said.state
    return state, said.person, said.moment


def _file(sheet: Any, name: str, said: SignedDocument | None, row: int) -> Any:
    """The file's name, which leads to the file where its address is known. No formula: those are run."""
    item = text_cell(sheet, name)
    if said is not None and said.address and len(said.address) <= _LONGEST_LINK:
        sheet._hyperlinks.append(Hyperlink(ref=f"A{row}", target=said.address))
        item.font = Font(color="0563C1", underline="single")
    return item


def _sheet(book: Workbook, title: str, names: Sequence[str], widths: Sequence[int], rows: int) -> Any:
    sheet: Any = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(names))}{rows + 1}"
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    header = []
    for name in names:
        item = text_cell(sheet, name)
        item.font = Font(bold=True)
        header.append(item)
    sheet.append(header)
    return sheet


def _width(field: Field) -> int:
    if field.type in (FieldType.DATE, FieldType.TIME) or numeric(field):
        return 13
    return 40 if field.type in (FieldType.ADDRESS, FieldType.BLOCK, FieldType.SUMMARY, FieldType.LIST) else 24


def typed_cell(sheet: Any, value: str, field: Field) -> Any:
    """A date or number as one where the value is in canonical form, so that Excel can sort and add; else its text."""
    if field.type is FieldType.DATE:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return text_cell(sheet, value)
        if day < date(1900, 3, 1):  # Excel knows no day before 1900 and takes 1900 for a leap year
            return text_cell(sheet, value)
        item = WriteOnlyCell(sheet, datetime(day.year, day.month, day.day))
        item.number_format = "yyyy-mm-dd"
        return item
    if numeric(field):
        try:
            amount = Decimal(value)
        except InvalidOperation:
            return text_cell(sheet, value)
        if amount.is_finite() and len(amount.as_tuple().digits) <= _MOST_DIGITS:
            decimals = max(0, -int(amount.as_tuple().exponent))
            return _number(sheet, amount, "0." + "0" * decimals if decimals else "0")
    return text_cell(sheet, value)


def _number(sheet: Any, value: Any, form: str) -> Any:
    item = WriteOnlyCell(sheet, value)
    item.number_format = form
    return item


def text_cell(sheet: Any, text: str) -> Any:
    text = _CONTROL.sub("�", text)
    if len(text) > _MOST_CHARACTERS:
        text = text[: _MOST_CHARACTERS - len(_CUT)] + _CUT
    item = WriteOnlyCell(sheet, text)
    item.data_type = "s"  # a text that begins with = is no formula
    if "\n" in text:
        item.alignment = Alignment(wrap_text=True, vertical="top")
    return item
