"""The SQLite file: a table of documents, a table of every value with its place, a table of the runners-up."""

from __future__ import annotations

import contextlib
import errno
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from stillroom.extraction.columns import cell, fields_of, heading
from stillroom.extraction.result import DocumentResult
from stillroom.extraction.signed import SignedDocument, SignedValue
from stillroom.templates.template import Template

_BEFORE = ("id", "file", "status")
_AFTER = (
    "error", "notes", "pages_read", "pages", "chars_read", "chars", "seconds", "file_sha256", "model_name", "model_sha256",
    "template_name", "template_version",
)  # fmt: skip
_VALUES = """
    CREATE TABLE field_values (
        id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES documents (id), field TEXT NOT NULL,
        item INTEGER NOT NULL, table_column TEXT NOT NULL, value TEXT, text TEXT NOT NULL, state TEXT NOT NULL,
        confidence REAL NOT NULL, page INTEGER, start INTEGER, "end" INTEGER, boxes TEXT NOT NULL, checks TEXT NOT NULL,
        verdict TEXT, person TEXT, moment TEXT
    )
"""
_REVIEWS = """
    CREATE TABLE reviews (
        document INTEGER NOT NULL REFERENCES documents (id), state TEXT NOT NULL, to_check INTEGER NOT NULL,
        person TEXT NOT NULL, moment TEXT NOT NULL, reason TEXT NOT NULL
    )
"""
_CANDIDATES = """
    CREATE TABLE candidates (
        field_value INTEGER NOT NULL REFERENCES field_values (id), rank INTEGER NOT NULL, value TEXT NOT NULL,
        text TEXT NOT NULL, confidence REAL NOT NULL, page INTEGER, start INTEGER, "end" INTEGER
    )
"""


def write_database(
    rows: Sequence[DocumentResult],
    template: Template,
    path: Path,
    signed: Sequence[SignedDocument] | None = None,
    *,
    anchor: str = "",
) -> None:
    """Write ``path``, an empty file. ``anchor``: how far the audit log has come. Raises OSError."""
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")  # the file is thrown away unless it is whole
            connection.execute("BEGIN")
            _write(connection, rows, template, signed)
            connection.execute("CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
            if anchor:
                connection.execute("INSERT INTO about VALUES ('audit', ?)", (anchor,))
            connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise OSError(
            errno.ENOSPC if code == sqlite3.SQLITE_FULL else errno.EIO, "SQLite could not write it"
        ) from error


def _write(
    connection: sqlite3.Connection,
    rows: Sequence[DocumentResult],
    template: Template,
    signed: Sequence[SignedDocument] | None,
) -> None:
    taken = {*_BEFORE, *_AFTER}
    names = [f"field {field.name}" if field.name in taken else heading(field) for field in template.fields]
    columns = ['"id" INTEGER PRIMARY KEY', *(f'"{name}"' for name in [*_BEFORE[1:], *names, *_AFTER])]
    connection.execute(f"CREATE TABLE documents ({', '.join(columns)})")
    connection.execute(_VALUES)
    connection.execute(_CANDIDATES)
    connection.execute(_REVIEWS)
    marks = ", ".join("?" * len(columns))
    for number, result in enumerate(rows, start=1):
        coverage = result.coverage
        shown = [cell(result, field).value or None for field in template.fields]
        connection.execute(
            f"INSERT INTO documents VALUES ({marks})",
            (
                number, _text(result.file), str(result.status), *map(_text, shown), result.error or None,
                _text("\n".join(result.notes)) or None, coverage.pages_read, coverage.pages, coverage.chars_read,
                coverage.chars, result.seconds, result.sha256 or None, _text(result.model_name), result.model_sha256,
                result.template_name, result.template_version,
            ),
        )  # fmt: skip
        said = None if signed is None else signed[number - 1]
        if said is not None:
            facts = (said.state, said.to_check, _text(said.person), said.moment, _text(said.reason))
            connection.execute("INSERT INTO reviews VALUES (?, ?, ?, ?, ?, ?)", (number, *facts))
        _write_values(connection, number, result, template, said)


def _write_values(
    connection: sqlite3.Connection,
    document: int,
    result: DocumentResult,
    template: Template,
    said: SignedDocument | None,
) -> None:
    for field, item, column, value in fields_of(result, template):
        span = value.span
        verdict = said.value(field.name, item, column) if said is not None else SignedValue()
        row = connection.execute(
            "INSERT INTO field_values VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document, field.name, item, column, _text(value.value), _text(value.text), str(value.state),
                value.confidence, span and span.page, span and span.start, span and span.end,
                json.dumps([list(box) for box in value.boxes]), _text("\n".join(value.failed_checks)),
                verdict.verdict or None, _text(verdict.person) or None, verdict.moment or None,
            ),
        ).lastrowid  # fmt: skip
        connection.executemany(
            "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    row, rank, _text(other.value), _text(other.text), other.confidence, other.span and other.span.page,
                    other.span and other.span.start, other.span and other.span.end,
                )
                for rank, other in enumerate(value.candidates, start=1)
            ),
        )  # fmt: skip


def _text(text: str | None) -> str | None:
    """What SQLite can store: half a character pair, as in a file name that is no UTF-8, is written as ``\\udcXX``."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode("utf-8")
