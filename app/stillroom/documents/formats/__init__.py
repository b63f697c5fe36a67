"""One module a format, each with one function ``read(source) -> Content``; imported when the first such file is read."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from stillroom.documents.source import Content, Source

_MODULES = {
    "txt": "plain_text",
    "md": "plain_text",
    "csv": "delimited",
    "html": "html",
    "eml": "email_message",
    "docx": "docx_document",
    "xlsx": "xlsx_workbook",
    "pdf": "pdf",
    "e-invoice": "e_invoice_data",
    "pptx": "pptx_presentation",
    "rtf": "rtf",
    "msg": "outlook_message",
    "json": "json_data",
    "jsonl": "json_data",
    "xml": "xml_data",
    "png": "picture",
    "jpeg": "picture",
    "tiff": "picture",
    "webp": "picture",
    "bmp": "picture",
    "gif": "picture",
    "avif": "picture",
    "heic": "picture",
    "zip": "zip_archive",
    "mbox": "mailbox",
    "p7m": "signed_data",
    "tnef": "tnef",
    "ics": "calendar",
    "xls": "calamine_workbook",
    "xlsb": "calamine_workbook",
    "odt": "open_document",
    "ods": "open_document",
    "odp": "open_document",
}

"""Formats that can be read, by the name that Document.kind carries."""

HOLDERS = ("eml", "msg", "mbox", "p7m", "tnef", "zip", "pdf", "docx", "xlsx", "pptx")
"""Formats in which further files may lie."""

PICTURES = (*(name for name, module in _MODULES.items() if module == "picture"), "jpg", "tif", "heif")
"""Endings of files whose text is recognised."""


def reader_of(kind: str) -> Callable[[Source], Content]:
    """The function that reads a format. Raises KeyError."""
    module = import_module(f"{__name__}.{_MODULES[kind]}")
    return cast(Callable[[Source], Content], module.read)
