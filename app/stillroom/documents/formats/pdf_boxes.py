"""Boxes to tick on the pages of a PDF form: whether they are, which the page shows with a mark that is no text."""

from __future__ import annotations

import ctypes

import pypdfium2 as pdfium
import pypdfium2.raw as raw

Tick = tuple[str, tuple[float, float, float, float]]
"""A sign (☒, ☐), and its rectangle in the file: left, bottom, right, top."""
_BOXES = 1000
"""Looked at on one page."""
_KINDS = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
_NOT_SHOWN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW


def boxes(page: pdfium.PdfPage) -> list[Tick]:
    """What each box of the page shows. Empty where the file is no form."""
    form = page.formenv
    if form is None:
        return []
    found: list[Tick] = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _BOXES)):
        mark = raw.FPDFPage_GetAnnot(page, index)
        if not mark:
            continue
        try:
            if raw.FPDFAnnot_GetSubtype(mark) != raw.FPDF_ANNOT_WIDGET or raw.FPDFAnnot_GetFlags(mark) & _NOT_SHOWN:
                continue
            if raw.FPDFAnnot_GetFormFieldType(form, mark) not in _KINDS:
                continue
            place = raw.FS_RECTF()
            if raw.FPDFAnnot_GetRect(mark, ctypes.byref(place)):
                low, high = sorted((place.bottom, place.top))
                sign = "☒" if raw.FPDFAnnot_IsChecked(form, mark) else "☐"
                found.append((sign, (place.left, low, place.right, high)))
        finally:
            raw.FPDFPage_CloseAnnot(mark)
    return found
