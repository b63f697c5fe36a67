"""What draws a PDF page: its text, its pictures, and what is nested in forms (PDF's word for a part that is drawn as one)."""

from __future__ import annotations

import ctypes
from ctypes import c_float, c_int, c_ulong, c_void_p
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from stillroom.documents.formats.pdf_characters import bound

_DEPTH = 8
"""Forms in forms are followed this far."""
_THIN = 3.0
"""In points; what is thicker is no line."""
_OBJECTS = 200_000
"""Of one page; a page of more is a map or a plan."""

Matrix = tuple[float, float, float, float, float, float]
_UNTURNED: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_count = bound(raw.FPDFPage_CountObjects, c_int, c_void_p)
_object = bound(raw.FPDFPage_GetObject, c_void_p, c_void_p, c_int)
_kind = bound(raw.FPDFPageObj_GetType, c_int, c_void_p)
_count_in = bound(raw.FPDFFormObj_CountObjects, c_int, c_void_p)
_object_in = bound(raw.FPDFFormObj_GetObject, c_void_p, c_void_p, c_ulong)
_bounds = bound(raw.FPDFPageObj_GetBounds, c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
_matrix = bound(raw.FPDFPageObj_GetMatrix, c_int, c_void_p, c_void_p)


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture: its address, and where its unit square lies in the coordinates of the file: left, bottom, right, top."""

    address: int
    rectangle: tuple[float, float, float, float]


@dataclass(slots=True)
class PageObjects:
    """Addresses of what draws the text of a page, and its pictures; both in the order in which they are drawn; and the rectangles
    that its thin lines fill, in the coordinates of the file: left, bottom, right, top."""

    texts: list[int] = field(default_factory=list)
    pictures: list[Placed] = field(default_factory=list)
    lines: list[tuple[float, float, float, float]] = field(default_factory=list)


def page_objects(page: pdfium.PdfPage) -> PageObjects:
    """All text and pictures of a page."""
    found = PageObjects()
    left = _OBJECTS

    def visit(get: object, parent: int, count: int, matrix: Matrix, depth: int) -> None:
        nonlocal left
        for index in range(min(count, left)):
            address = get(parent, index)  # type: ignore[operator]
            kind = _kind(address)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                found.texts.append(address)
            elif kind == raw.FPDF_PAGEOBJ_IMAGE:
                found.pictures.append(Placed(address, _square(_times(_matrix_of(address), matrix))))
            elif kind == raw.FPDF_PAGEOBJ_PATH:
                x0, y0, x1, y1 = _moved(_bounds_of(address), matrix)
                if min(x1 - x0, y1 - y0) <= _THIN < max(x1 - x0, y1 - y0):
                    found.lines.append((x0, y0, x1, y1))
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEPTH:
                visit(_object_in, address, _count_in(address), _times(_matrix_of(address), matrix), depth + 1)
        left -= count

    handle = ctypes.cast(page.raw, c_void_p).value or 0
    visit(_object, handle, _count(handle), _UNTURNED, 0)
    return found


def _matrix_of(address: int) -> Matrix:
    values = (c_float * 6)()
    if not _matrix(address, ctypes.addressof(values)):
        return _UNTURNED
    a, b, c, d, e, f = values
    return a, b, c, d, e, f


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _bounds_of(address: int) -> tuple[float, float, float, float]:
    values = (c_float * 4)()
    start = ctypes.addressof(values)
    _bounds(address, start, start + 4, start + 8, start + 12)
    left, bottom, right, top = values
    return left, bottom, right, top


def _moved(rectangle: tuple[float, float, float, float], matrix: Matrix) -> tuple[float, float, float, float]:
    left, bottom, right, top = rectangle
    a, b, c, d, e, f = matrix
    x = [a * u + c * v + e for u in (left, right) for v in (bottom, top)]
    y = [b * u + d * v + f for u in (left, right) for v in (bottom, top)]
    return min(x), min(y), max(x), max(y)


def _square(matrix: Matrix) -> tuple[float, float, float, float]:
    a, b, c, d, e, f = matrix
    x, y = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    return min(x), min(y), max(x), max(y)
