"""Comments pinned to the pages of a PDF: what people wrote beside the text, which the page itself does not show."""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

_COMMENTS = 1000
"""Looked at on one page."""
_LONGEST = 4096
_OTHERS = (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_FILEATTACHMENT)
"""Links, the fields of forms, windows that repeat a comment, and files: no comments of their own."""


def comments(page: pdfium.PdfPage) -> list[str]:
    """What the comments of a page say, without those that are drawn on it (those are read like all that it shows)."""
    found: list[str] = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _COMMENTS)):
        note = raw.FPDFPage_GetAnnot(page, index)
        if not note:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(note)
            drawn = kind == raw.FPDF_ANNOT_FREETEXT and raw.FPDFAnnot_HasKey(note, b"AP")
            text = "" if kind in _OTHERS or drawn else _text(note)
        finally:
            raw.FPDFPage_CloseAnnot(note)
        if text:
            found.append(text)
    return found


def _text(note: Any) -> str:
    size = min(raw.FPDFAnnot_GetStringValue(note, b"Contents", None, 0), _LONGEST)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAnnot_GetStringValue(note, b"Contents", ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return " ".join(buffer.raw.decode("utf-16-le", "replace").split("\0")[0].split())
