"""Text that a PDF gives beside its letters (ActualText): taken away where the letters themselves say something."""

from __future__ import annotations

import ctypes
import unicodedata
from ctypes import c_char_p, c_int, c_ulong, c_void_p
from itertools import groupby

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from stillroom.documents.formats.pdf_characters import bound, drawn_texts
from stillroom.documents.formats.pdf_objects import PageObjects, page_objects

_KEY = b"ActualText"
_LONGEST = 4096

_LOST = 0.3

_count_marks = bound(raw.FPDFPageObj_CountMarks, c_int, c_void_p)
_mark = bound(raw.FPDFPageObj_GetMark, c_void_p, c_void_p, c_ulong)
_string = bound(raw.FPDFPageObjMark_GetParamStringValue, c_int, c_void_p, c_char_p, c_void_p, c_ulong, c_void_p)
_remove = bound(raw.FPDFPageObj_RemoveMark, c_int, c_void_p, c_void_p)


def without_labels(page: pdfium.PdfPage, number: int, objects: PageObjects) -> list[str]:
    """Let the letters that are drawn speak for themselves, except where they have no meaning of their own (a font of
    ornaments, a script whose letters change their form). Returns the labels that said something else.

    Args:
        page: number ``number`` of its document.
        objects: of the page.
    """
    labels = [_label(address) for address in objects.texts]
    if not any(label is not None for label in labels):
        return []
    drawn = _drawn(page.pdf, number)
    if len(drawn) != len(labels):
        return []
    other: list[str] = []
    # One label may stand for several objects that follow each other.
    for label, group in groupby(range(len(labels)), key=lambda index: labels[index]):
        members = list(group)
        if label is None or _stands(label, "".join(drawn[index] for index in members)):
            continue
        if _solid(label):
            other.append(label)
        for index in members:
            _take_away(objects.texts[index])
    return other


def _stands(label: str, drawn: str) -> bool:
    """Whether a label says what is drawn, or what only it can say."""
    if _solid(label) == _solid(drawn):
        return True
    lost = sum(unicodedata.category(letter) in ("Co", "Cn", "Cc", "So") or letter == "\ufffd" for letter in drawn)
    if not _solid(drawn) or lost > _LOST * len(drawn):
        return True
    return any(letter.isalpha() and not unicodedata.name(letter, "LATIN").startswith("LATIN") for letter in label)


def _solid(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).lower() if letter.isalnum())


def _drawn(document: pdfium.PdfDocument, number: int) -> list[str]:
    """What the text objects of a page say without labels, in a copy of the page that is given up at once."""
    page = document[number - 1]
    try:
        texts = page_objects(page).texts
        for address in texts:
            _take_away(address)
        said = drawn_texts(page)
        return [said.get(address, "") for address in texts]
    finally:
        page.close()


def _take_away(address: int) -> None:
    for index in reversed(range(_count_marks(address))):
        mark = _mark(address, index)
        if _has_label(mark):
            _remove(address, mark)


def _has_label(mark: int) -> bool:
    length = c_ulong()
    return bool(mark and _string(mark, _KEY, None, 0, ctypes.addressof(length)))


def _label(address: int) -> str | None:
    """The innermost label of an object."""
    for index in reversed(range(_count_marks(address))):
        mark = _mark(address, index)
        if _has_label(mark):
            return _decoded(mark)
    return None


def _decoded(mark: int) -> str:
    """pdfium fills a buffer with UTF-16 and tells its size in bytes."""
    length = c_ulong()
    _string(mark, _KEY, None, 0, ctypes.addressof(length))
    size = min(length.value, _LONGEST)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    _string(mark, _KEY, ctypes.addressof(buffer), size, ctypes.addressof(length))
    return buffer.raw.decode("utf-16-le", "replace").split("\0")[0]
