"""Results as a file: CSV, Excel workbook, JSON lines or SQLite. Whole or not at all, and without formulas."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stillroom.atomic import replacing, temporary_name, write_failure
from stillroom.errors import StillroomError
from stillroom.extraction.columns import FIXED, cell, heading, json_line, numeric
from stillroom.extraction.result import DocumentResult
from stillroom.extraction.signed import SignedDocument, signed_to_json
from stillroom.privacy import audit
from stillroom.privacy.policy import Policy, current
from stillroom.templates.template import Template

SUFFIXES = (".csv", ".xlsx", ".jsonl", ".sqlite")
# Excel and LibreOffice take a cell that begins so for a formula; the wide ones count in East Asian versions.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def check_target(target: Path) -> None:
    """Find out, before any work, whether a file can be written there. Leaves nothing behind.

    Raises StillroomError: the ending is not one of ``SUFFIXES``, or the file system refuses.
    """
    _check_suffix(target)
    current().check_export(target)
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


@dataclass(frozen=True, slots=True)
class Notation:
    """How a CSV file is written: spreadsheets of a country with a decimal comma want ``;`` between cells."""

    delimiter: str = ","
    decimal_mark: str = "."


def export(
    results: Iterable[DocumentResult | None],
    template: Template,
    target: Path,
    *,
    signed: Sequence[SignedDocument] | None = None,
    notation: Notation = Notation(),
    policy: Policy | None = None,
) -> None:
    """Write results, in order, in the form that the target's ending names; an older file is replaced.

    Args:
        signed: what persons said of each result, in the same order; None where nobody was asked.
        notation: of a CSV file.
        policy: None for that of this machine.

    Raises StillroomError: the ending is not one of ``SUFFIXES``, or the file system refuses.
    """
    _check_suffix(target)
    (policy if policy is not None else current()).check_export(target)
    rows = [result for result in results if result is not None]
    suffix = target.suffix.lower()
    # Where the form has room for it, the file says how far the audit log had come: a log that was cut later shows by it.
    anchor = audit.note("export", form=suffix, rows=len(rows), template=template.name, template_sha256=template.sha256)
    with replacing(target) as temporary:
        if suffix == ".csv":
            _csv(rows, template, temporary, signed, notation)
        elif suffix == ".jsonl":
            with temporary.open("w", encoding="utf-8", newline="\n") as file:
                for place, result in enumerate(rows):
                    review = None if signed is None else signed_to_json(signed[place])
                    file.write(f"{json_line(result, review)}\n")
        elif suffix == ".xlsx":
            from stillroom.extraction.export_workbook import write_workbook

            write_workbook(rows, template, temporary, signed, anchor=anchor)
        else:
            from stillroom.extraction.export_database import write_database

            write_database(rows, template, temporary, signed, anchor=anchor)
        with temporary.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
    # A form that has no room for it is found in the log by its digest: a log that was cut before this line does not know it.
    audit.note(audit.EXPORTED, sha256=digest, form=suffix, rows=len(rows))


def _check_suffix(target: Path) -> None:
    if target.suffix.lower() not in SUFFIXES:
        raise StillroomError(
            f"{target.name or target} has no ending that says its form. Write one of: {', '.join(SUFFIXES)}."
        )


def _csv(
    rows: Sequence[DocumentResult],
    template: Template,
    path: Path,
    signed: Sequence[SignedDocument] | None,
    notation: Notation,
) -> None:
    # The byte order mark tells Excel that it is UTF-8. What a file's name holds that is no UTF-8 is written as \udcXX.
    with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        # Everything is quoted: a semicolon in a text must not begin a cell where the list separator is one.
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, delimiter=notation.delimiter)
        details = [
            f"{field.name} {what}" for field in template.fields for what in ("confidence", "state", "page", "checks")
        ]
        names = [heading(field) for field in template.fields]
        review = [] if signed is None else ["review", "to check", "reviewed by", "reviewed at"]
        writer.writerow([*FIXED[:2], *names, *FIXED[2:], *review, *details])
        for place, result in enumerate(rows):
            cells = [(field, cell(result, field)) for field in template.fields]
            said: list[str | int] = []
            if signed is not None:
                each = signed[place]
                said = [each.state, each.to_check, harmless(each.person), each.moment]
            writer.writerow(
                [
                    harmless(result.file),
                    str(result.status),
                    *(written(shown.value, notation.decimal_mark, number=numeric(field)) for field, shown in cells),
                    harmless(result.error),
                    harmless(" ".join(result.notes)),
                    *said,
                    *(
                        value
                        for _, shown in cells
                        for value in (
                            ""
                            if shown.confidence is None
                            else written(f"{shown.confidence:.4f}", notation.decimal_mark, number=True),
                            shown.state,
                            "" if shown.page is None else shown.page,
                            harmless(shown.checks),
                        )
                    ),
                ]
            )


def written(text: str, decimal_mark: str, *, number: bool) -> str:
    """A value as a cell of a CSV file, a plain number with this mark."""
    if number and _plain_number(text):
        return text.replace(".", decimal_mark)
    return harmless(text, number=number)


def harmless(text: str, *, number: bool = False) -> str:
    """The text as a cell that no spreadsheet runs. A plain number of a numeric field is left alone: it is no formula."""
    if not text.startswith(_FORMULA) or (number and _plain_number(text)):
        return text
    return f"'{text}"


def _plain_number(text: str) -> bool:
    digits = text[1:] if text[:1] in "+-" else text
    whole, _, decimals = digits.partition(".")
    return whole.isascii() and whole.isdecimal() and (decimals == "" or (decimals.isascii() and decimals.isdecimal()))
