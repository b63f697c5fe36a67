"""Labels: for each document what its fields are, one JSON object a line, checked before anything is run."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from stillroom.errors import StillroomError
from stillroom.templates.template import Field, FieldType, Template

Row = dict[str, str | None]
# None: not in the document. A tuple of strings for a list, of rows for a table.
Label = str | tuple[str, ...] | tuple[Row, ...] | None

_PLAIN = re.compile(r"-?\d+(\.\d+)?")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_NUMBERS = (FieldType.MONEY, FieldType.NUMBER, FieldType.PERCENT)


class LabelError(StillroomError):
    """A labels file is wrong; the message names the line and what to write instead."""


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """One line of a labels file.

    Attributes:
        line: in the labels file, from 1.
        file: as written there.
        path: of the document.
        fields: what is right, by field name, in canonical form (ISO dates, plain decimals).
    """

    line: int
    file: str
    path: Path
    fields: dict[str, Label]


def load_labels(path: Path) -> list[LabelledDocument]:
    """The lines of a labels file, in order; empty lines are skipped. Raises LabelError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LabelError(
            f"The labels file {path.name} cannot be read: {error.strerror}. Look at its path and spelling."
        ) from error
    except UnicodeDecodeError as error:
        raise LabelError(f"The labels file {path.name} is no UTF-8 text. Save it as UTF-8.") from error
    documents: list[LabelledDocument] = []
    lines: dict[Path, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        document = _document(path, number, line)
        if document.path in lines:
            _wrong(path.name, number, f'"{document.file}" has its labels in line {lines[document.path]}; keep one.')
        lines[document.path] = number
        documents.append(document)
    if not documents:
        raise LabelError(
            f'{path.name} holds no labels. Write a line for each document: {{"file": "a.pdf", "fields": {{"total": "9.00"}}}}.'
        )
    return documents


def check_labels(documents: Sequence[LabelledDocument], template: Template, source: str) -> list[str]:
    """Sees that the labels fit the template's types; gives the names of labelled fields the template does not have.

    Raises LabelError: a value is not in canonical form, a list stands where one value is due, or the template has none of the fields.
    """
    known = {field.name: field for field in template.fields}
    unknown: dict[str, None] = {}
    for document in documents:
        for name, label in document.fields.items():
            if name not in known:
                unknown[name] = None
            elif advice := _misfit(known[name], label):
                _wrong(source, document.line, advice)
    if not any(name in known for document in documents for name in document.fields):
        raise LabelError(
            f'{source} has labels for {", ".join(unknown) or "no field"}; the template "{template.name}" has '
            f"{', '.join(known)}. Choose the template the labels were made for."
        )
    return list(unknown)


def _document(path: Path, number: int, line: str) -> LabelledDocument:
    try:
        # Numbers keep the digits they were written with: 9.00 is not 9.0.
        data = json.loads(line, parse_float=str, parse_int=str)
    except json.JSONDecodeError as error:
        _wrong(path.name, number, f"this is no JSON ({error.msg}, column {error.colno}).")
    except RecursionError:
        _wrong(path.name, number, "lists and objects are nested too deep.")
    if not isinstance(data, dict) or not isinstance(data.get("file"), str) or not data["file"].strip():
        _wrong(path.name, number, 'write {"file": "NAME", "fields": {…}} with the document\'s path.')
    fields = data.get("fields")
    if not isinstance(fields, dict):
        _wrong(path.name, number, 'write "fields": {"NAME": value} with what the document says.')
    labels = {name: _label(path, number, name, value) for name, value in fields.items()}
    return LabelledDocument(number, data["file"], (path.parent / data["file"]).absolute(), labels)


def _label(path: Path, number: int, name: str, value: Any) -> Label:
    if isinstance(value, list):
        if all(isinstance(item, dict) for item in value):
            return tuple(
                {key: _single(path, number, f"{name}.{key}", cell) for key, cell in row.items()} for row in value
            )
        items = [_single(path, number, name, item) for item in value]
        return tuple(item for item in items if item is not None)
    return _single(path, number, name, value)


def _single(path: Path, number: int, name: str, value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is not None and not isinstance(value, str):
        _wrong(path.name, number, f'"{name}" must be a text, a number, null or a list of these.')
    return value.strip() or None if value else None


def _misfit(field: Field, label: Label) -> str:
    """What is wrong with a label for this field; empty where nothing is."""
    if field.type is FieldType.TABLE:
        if isinstance(label, str) or (label and isinstance(label[0], str)):
            return f'"{field.name}" is a table; write a list of rows: [{{"COLUMN": value}}].'
        columns = {column.name: column for column in field.columns}
        for row in label or ():
            assert isinstance(row, dict)
            for name, cell in row.items():
                if name not in columns:
                    return f'"{field.name}" has no column "{name}"; its columns are {", ".join(columns)}.'
                if advice := _misread(columns[name].type, f"{field.name}.{name}", cell):
                    return advice
        return ""
    if isinstance(label, tuple):
        if any(isinstance(item, dict) for item in label):
            return f'"{field.name}" is no table; write a text, a number or null.'
        if field.type is not FieldType.LIST and label:
            return f'"{field.name}" has one value; write it without brackets, or null.'
    kind = field.of if field.type is FieldType.LIST and field.of else field.type
    for item in label if isinstance(label, tuple) else (label,):
        assert not isinstance(item, dict)
        if advice := _misread(kind, field.name, item):
            return advice
    return ""


def _misread(kind: FieldType, name: str, value: str | None) -> str:
    if value is None:
        return ""
    if kind is FieldType.DATE and not _is_date(value):
        return f'"{name}" must be a date like 2020-05-31, not "{_short(value)}".'
    if kind is FieldType.TIME and not _TIME.fullmatch(value):
        return f'"{name}" must be a time like 17:05, not "{_short(value)}".'
    if kind in _NUMBERS and not _PLAIN.fullmatch(value):
        return f'"{name}" must be a plain number like 1234.50, not "{_short(value)}".'
    if kind is FieldType.INTEGER and not re.fullmatch(r"-?\d+", value):
        return f'"{name}" must be a whole number like 12, not "{_short(value)}".'
    if kind is FieldType.YES_NO and value not in ("yes", "no"):
        return f'"{name}" must be yes or no, not "{_short(value)}".'
    return ""


def _is_date(value: str) -> bool:
    try:
        return datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _wrong(source: str, line: int, advice: str) -> NoReturn:
    raise LabelError(f"{source} line {line}: {advice}")
