"""Rows put at the end of a sheet that is there, each value under the heading that names it; what else the sheet holds stays."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from stillroom.atomic import replacing
from stillroom.errors import StillroomError
from stillroom.extraction.columns import cell
from stillroom.extraction.export import harmless, written
from stillroom.extraction.export_workbook import text_cell, typed_cell
from stillroom.extraction.result import DocumentResult, FieldValue
from stillroom.extraction.signed import SignedDocument
from stillroom.privacy import audit
from stillroom.privacy.policy import current
from stillroom.templates.template import Field, FieldType, Template

_LOOKED_AT = 30  # rows of a sheet in which its headings are looked for
# What would not survive: openpyxl reads the cells of a workbook, and leaves these out when it writes them again.
_LOST = re.compile(
    r"xl/(charts|pivot|slicers|ctrlProps|embeddings|diagrams|activeX)|vbaProject|xl/media/|xl/drawings/drawing"
)
_TEXT = Field("text", FieldType.LINE)


@dataclass(frozen=True, slots=True)
class Appended:
    """What was put into a sheet.

    Attributes:
        rows: that were added. known: documents that were in the sheet already, and were left out.
        unplaced: headings of fields that the sheet has no column for.
    """

    rows: int
    known: int
    unplaced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One row to write: what belongs under each heading, with the field that says how it is written."""

    file: str
    cells: dict[str, tuple[str, Field]]


def append(
    results: Sequence[DocumentResult],
    template: Template,
    target: Path,
    signed: Sequence[SignedDocument] | None = None,
) -> Appended:
    """Put results at the end of a CSV file or of the first sheet of a workbook. Where the headings name columns of a table of the
    template rather than its fields, each of its rows is one. Raises StillroomError: no heading is known, or something would be lost.
    """
    suffix = target.suffix.lower()
    current().check_export(target)
    if suffix not in (".csv", ".xlsx"):
        raise StillroomError(f"Rows can be added to .csv and .xlsx files. {target.name} is neither: export it anew.")
    try:
        work = _to_workbook if suffix == ".xlsx" else _to_csv
        done = work(results, template, target, signed)
        audit.note(
            "export",
            form=suffix,
            rows=done.rows,
            template=template.name,
            template_sha256=template.sha256,
            appended=True,
        )
        return done
    except OSError as error:
        raise StillroomError(
            f"{target.name} cannot be read: {error.strerror or type(error).__name__}. Close it where it is open, or choose another."
        ) from error


# ---- what is written


def _names(template: Template) -> dict[str, str]:
    """The key of what belongs under a heading, by the heading as it is compared."""
    names: dict[str, str] = {}
    for key in ("file", "status", "error", "notes", "review", "to check", "by", "reviewed by", "at", "reviewed at"):
        names[_plain(key)] = {"reviewed by": "by", "reviewed at": "at"}.get(key, key)
    for field in template.fields:
        for column in field.columns:
            for text in (column.name, column.heading):
                names.setdefault(_plain(text), f"{field.name}.{column.name}")
    for field in template.fields:  # a field before a column of a table that is called the same
        for text in (field.name, field.heading, f"field {field.name}"):
            names[_plain(text)] = field.name
    return names


def _plain(text: object) -> str:
    plain = unicodedata.normalize("NFKD", str(text or "").casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def _lines(
    results: Sequence[DocumentResult], template: Template, signed: Sequence[SignedDocument] | None, keys: set[str]
) -> Iterator[_Line]:
    """The rows for these keys: one a document, or one a row of the table whose columns are asked for."""
    tables = {key.split(".")[0] for key in keys if "." in key}
    table = max(tables, key=lambda name: sum(key.startswith(f"{name}.") for key in keys), default="")
    for place, result in enumerate(results):
        said = None if signed is None else signed[place]
        common: dict[str, tuple[str, Field]] = {
            "file": (result.file, _TEXT),
            "status": (str(result.status), _TEXT),
            "error": (result.error, _TEXT),
            "notes": (" ".join(result.notes), _TEXT),
        }
        if said is not None:
            common |= {"review": (said.state, _TEXT), "by": (said.person, _TEXT), "at": (said.moment, _TEXT)}
            common["to check"] = (str(said.to_check), Field("to_check", FieldType.INTEGER))
        for field in template.fields:
            if field.name in keys:
                common[field.name] = cell(result, field).value, field
        rows = result.fields.get(table, ()) if table else ()
        own = [row for row in rows if isinstance(row, dict)] if not isinstance(rows, FieldValue) else []
        if not table:
            yield _Line(result.file, common)
            continue
        columns = {column.name: column for column in template.field(table).columns}
        for row in own:
            values = {
                f"{table}.{name}": (value.value or "", columns[name]) for name, value in row.items() if name in columns
            }
            yield _Line(result.file, common | values)


def _match(rows: Sequence[Sequence[object]], template: Template) -> tuple[int, dict[int, str]]:
    """The row of headings (from 0), and the key of each column that one of them names. Raises StillroomError."""
    names = _names(template)
    best: tuple[int, dict[int, str]] = 0, {}
    for number, row in enumerate(rows):
        found: dict[int, str] = {}
        for place, text in enumerate(row):
            key = names.get(_plain(text)) if _plain(text) else None
            if key is not None and key not in found.values():
                found[place] = key
        if len(found) > len(best[1]):
            best = number, found
    fixed = {"file", "status", "error", "notes", "review", "to check", "by", "at"}
    if not set(best[1].values()) - fixed:
        wanted = ", ".join(field.heading for field in template.fields[:6])
        raise StillroomError(f"No heading of the sheet names a field of this table. It would need some of: {wanted}.")
    return best


def _outcome(
    results: Sequence[DocumentResult], template: Template, keys: set[str], known: set[str], rows: int
) -> Appended:
    placed = {key.split(".")[0] for key in keys}
    unplaced = tuple(field.heading for field in template.fields if field.name not in placed)
    return Appended(rows, sum(result.file in known for result in results), unplaced)


def _fresh(
    results: Sequence[DocumentResult], signed: Sequence[SignedDocument] | None, known: set[str]
) -> tuple[list[DocumentResult], list[SignedDocument] | None]:
    places = [place for place, result in enumerate(results) if result.file not in known]
    return [results[place] for place in places], None if signed is None else [signed[place] for place in places]


# ---- a workbook


def _to_workbook(
    results: Sequence[DocumentResult], template: Template, target: Path, signed: Sequence[SignedDocument] | None
) -> Appended:
    try:
        with zipfile.ZipFile(target) as archive:
            lost = sorted({match[0] for name in archive.namelist() if (match := _LOST.search(name))})
        if lost:
            raise StillroomError(
                f"{target.name} holds charts, pictures, macros or pivot tables, which would be lost. Add to a workbook without them."
            )
        book = load_workbook(target)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise StillroomError(
            f"{target.name} is no Excel workbook that can be read. Choose another, or export anew."
        ) from error
    sheet: Any = book.worksheets[0]
    if sheet.protection.sheet:
        raise StillroomError(f"The first sheet of {target.name} is protected. Take the protection off, then add to it.")
    head = [[each.value for each in row] for row in sheet.iter_rows(max_row=_LOOKED_AT)]
    heading, columns = _match(head, template)
    keys = set(columns.values())
    last = heading + 1
    for number in range(sheet.max_row, heading + 1, -1):  # below what is filled, not below what is only formatted
        if any(sheet.cell(number, place + 1).value not in (None, "") for place in columns):
            last = number
            break
    named = next((place for place, key in columns.items() if key == "file"), None)
    known = set()
    if named is not None:
        known = {str(sheet.cell(number, named + 1).value or "") for number in range(heading + 2, last + 1)}
    fresh, said = _fresh(results, signed, known)
    lines = list(_lines(fresh, template, said, keys))
    for offset, line in enumerate(lines, 1):
        for place, key in columns.items():
            text, field = line.cells.get(key, ("", _TEXT))
            above = sheet.cell(last, place + 1) if last > heading + 1 else None
            _fill(sheet.cell(last + offset, place + 1), text, field, above)
    _stretch(sheet, heading + 1, last, len(lines))
    if lines:
        with replacing(target) as temporary:
            book.save(temporary)
    return _outcome(results, template, keys, known, len(lines))


def _fill(place: Any, text: str, field: Field, above: Any) -> None:
    """A value in a cell, typed, never as a formula, in the look of the row above."""
    made = typed_cell(place.parent, text, field) if text else text_cell(place.parent, "")
    if text:
        place.value = made.value
        if made.data_type == "s":
            place.data_type = "s"  # a text that begins with = is no formula
        place.number_format = made.number_format
    if above is not None and above.has_style:
        form = above.number_format
        place._style = copy(above._style)
        if form == "General" and text:
            place.number_format = made.number_format


def _stretch(sheet: Any, heading: int, last: int, rows: int) -> None:
    """Tables of the sheet and its filter reach over what was added."""
    for table in sheet.tables.values():
        left, top, right, bottom = _corners(table.ref)
        if top == heading and bottom == last:
            table.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom + rows}"
            if table.autoFilter is not None:
                table.autoFilter.ref = table.ref
    if sheet.auto_filter.ref:
        left, top, right, bottom = _corners(sheet.auto_filter.ref)
        if top == heading and bottom >= last:
            end = max(bottom, last + rows)
            sheet.auto_filter.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{end}"


def _corners(reference: str) -> tuple[int, int, int, int]:
    """First column and row, last column and row of a range."""
    left, top, right, bottom = range_boundaries(reference)
    return left or 1, top or 1, right or 1, bottom or 1


# ---- a CSV file


def _to_csv(
    results: Sequence[DocumentResult], template: Template, target: Path, signed: Sequence[SignedDocument] | None
) -> Appended:
    data = target.read_bytes()
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise StillroomError(f"{target.name} is no UTF-8 text. Save it as CSV UTF-8, then add to it.") from error
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    heading, columns = _match(rows[:_LOOKED_AT], template)
    keys = set(columns.values())
    width = len(rows[heading])
    named = next((place for place, key in columns.items() if key == "file"), None)
    known = {row[named] for row in rows[heading + 1 :] if named is not None and len(row) > named}
    fresh, said = _fresh(results, signed, {*known, *(name[1:] for name in known if name.startswith("'"))})
    mark = _decimal_mark(rows[heading + 1 :], delimiter)
    end = "\r\n" if "\r\n" in text else "\n"
    added = io.StringIO(newline="")
    writer = csv.writer(added, quoting=csv.QUOTE_ALL, delimiter=delimiter, lineterminator=end)
    count = 0
    for line in _lines(fresh, template, said, keys):
        row = [""] * width
        for place, key in columns.items():
            value, field = line.cells.get(key, ("", _TEXT))
            row[place] = written(value, mark, number=field.type in _NUMBERS) if field is not _TEXT else harmless(value)
        writer.writerow(row)
        count += 1
    if count:
        before = text if text.endswith(("\n", "\r")) or not text else text + end
        with (
            replacing(target) as temporary,
            temporary.open("w", encoding=encoding, errors="backslashreplace", newline="") as file,
        ):
            file.write(before + added.getvalue())
    return _outcome(results, template, keys, known, count)


_NUMBERS = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)


def _decimal_mark(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    """The mark that the numbers of the file have; of a file without numbers what goes with its delimiter."""
    count: Callable[[str], int] = lambda mark: sum(  # noqa: E731
        re.fullmatch(rf"-?\d+{re.escape(mark)}\d+", text.strip()) is not None for row in rows for text in row
    )
    commas, points = count(","), count(".")
    if commas == points:
        return "," if delimiter == ";" else "."
    return "," if commas > points else "."
