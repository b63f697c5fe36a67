"""Results as a file: CSV, Excel workbook, JSON lines or SQLite. Whole or not at all, and without formulas."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from stillroom.atomic import replacing, temporary_name, write_failure
from stillroom.errors import StillroomError
from stillroom.extraction.columns import FIXED, cell, heading, json_line, numeric
from stillroom.extraction.result import DocumentResult
from stillroom.templates.template import Template

SUFFIXES = (".csv", ".xlsx", ".jsonl", ".sqlite")
# Excel and LibreOffice take a cell that begins so for a formula; the wide ones count in East Asian versions.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def check_target(target: Path) -> None:
    """Find out, before any work, whether a file can be written there. Leaves nothing behind.

    Raises StillroomError: the ending is not one of ``SUFFIXES``, or the file system refuses.
    """
    _check_suffix(target)
    try:
        if target.is_dir():
            raise IsADirectoryError(21, "is a folder")
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(13, "may not be written")
        if not target.parent.is_dir():
            raise StillroomError(
                f"There is no folder {target.parent}. Make it, or choose another place for {target.name}."
            )
        trial = target.with_name(temporary_name())
        os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        trial.unlink()
    except OSError as error:
        raise write_failure(target, error) from error


def export(results: Iterable[DocumentResult | None], template: Template, target: Path) -> None:
    """Write results, in order, in the form that the target's ending names; an older file is replaced.

    Raises StillroomError: the ending is not one of ``SUFFIXES``, or the file system refuses.
    """
    _check_suffix(target)
    rows = [result for result in results if result is not None]
    suffix = target.suffix.lower()
    with replacing(target) as temporary:
        if suffix == ".csv":
            _csv(rows, template, temporary)
        elif suffix == ".jsonl":
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{json_line(result)}\n" for result in rows)
        elif suffix == ".xlsx":
            from stillroom.extraction.export_workbook import write_workbook

            write_workbook(rows, template, temporary)
        else:
            from stillroom.extraction.export_database import write_database

            write_database(rows, template, temporary)


def _check_suffix(target: Path) -> None:
    if target.suffix.lower() not in SUFFIXES:
        raise StillroomError(
            f"{target.name or target} has no ending that says its form. Write one of: {', '.join(SUFFIXES)}."
        )


def _csv(rows: Sequence[DocumentResult], template: Template, path: Path) -> None:
    # The byte order mark tells Excel that it is UTF-8. What a file's name holds that is no UTF-8 is written as \udcXX.
    with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        # Everything is quoted: a semicolon in a text must not begin a cell where the list separator is one.
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        details = [
            f"{field.name} {what}" for field in template.fields for what in ("confidence", "state", "page", "checks")
        ]
        names = [heading(field) for field in template.fields]
        writer.writerow([*FIXED[:2], *names, *FIXED[2:], *details])
        for result in rows:
            cells = [(field, cell(result, field)) for field in template.fields]
            writer.writerow(
                [
                    _harmless(result.file),
                    str(result.status),
                    *(_harmless(shown.value, number=numeric(field)) for field, shown in cells),
                    _harmless(result.error),
                    _harmless(" ".join(result.notes)),
                    *(
                        value
                        for _, shown in cells
                        for value in (
                            "" if shown.confidence is None else f"{shown.confidence:.4f}",
                            shown.state,
                            "" if shown.page is None else shown.page,
                            _harmless(shown.checks),
                        )
                    ),
                ]
            )


def _harmless(text: str, *, number: bool = False) -> str:
    """The text as a cell that no spreadsheet runs. A plain number of a numeric field is left alone: it is no formula."""
    if not text.startswith(_FORMULA) or (number and _plain_number(text)):
        return text
    return f"'{text}"


def _plain_number(text: str) -> bool:
    digits = text[1:] if text[:1] in "+-" else text
    whole, _, decimals = digits.partition(".")
    return whole.isascii() and whole.isdecimal() and (decimals == "" or (decimals.isascii() and decimals.isdecimal()))
