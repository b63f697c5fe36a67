"""Files inside a PDF: its attachments, those of a portfolio, and those pinned to a page."""

from __future__ import annotations

import ctypes
from ctypes import c_ulong
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from stillroom.documents.source import FILE_BYTES

_FILES = 1000
"""Looked at in one place."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file inside a PDF; without data where it is damaged or larger than a file may be."""

    name: str
    data: bytes


def attached_files(holder: pdfium.PdfDocument | pdfium.PdfPage) -> list[Attached]:
    """The files of a document, or of one of its pages."""
    if isinstance(holder, pdfium.PdfDocument):
        count = min(raw.FPDFDoc_GetAttachmentCount(holder), _FILES)
        found = [_attached(raw.FPDFDoc_GetAttachment(holder, index)) for index in range(count)]
        return [file for file in found if file is not None]
    files: list[Attached] = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(holder), _FILES)):
        note = raw.FPDFPage_GetAnnot(holder, index)
        if not note:
            continue
        try:
            if raw.FPDFAnnot_GetSubtype(note) == raw.FPDF_ANNOT_FILEATTACHMENT:
                file = _attached(raw.FPDFAnnot_GetFileAttachment(note))
                if file is not None:
                    files.append(file)
        finally:
            raw.FPDFPage_CloseAnnot(note)
    return files


def _attached(handle: Any) -> Attached | None:
    if not handle:
        return None
    length = raw.FPDFAttachment_GetName(handle, None, 0)
    name = ctypes.create_string_buffer(length)
    raw.FPDFAttachment_GetName(handle, ctypes.cast(name, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    said = name.raw.decode("utf-16-le", "replace").rstrip("\0")
    return Attached(said or "file", _content(handle))


def _content(handle: Any) -> bytes:
    size = c_ulong()
    if not raw.FPDFAttachment_GetFile(handle, None, 0, size) or not 0 < size.value <= FILE_BYTES:
        return b""
    buffer = ctypes.create_string_buffer(size.value)
    if not raw.FPDFAttachment_GetFile(handle, buffer, size.value, size):
        return b""
    return buffer.raw[: size.value]
