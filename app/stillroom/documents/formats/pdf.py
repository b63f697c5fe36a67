"""PDF with a text layer, read with pdfium: every character with its box."""

from __future__ import annotations

from itertools import groupby

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from stillroom.documents.document import Box, Boxes, Page
from stillroom.documents.formats.pdf_words import Frame, read_words
from stillroom.documents.lines import arrange
from stillroom.documents.source import LOCATED_CHARACTERS, Content, Source
from stillroom.errors import DocumentError, PasswordNeeded

PAGES = 5000
"""Pages after this one are left unread, and said to be."""


def read(source: Source) -> Content:
    """All pages with text. Raises DocumentError; PasswordNeeded where the file is encrypted."""
    document = _open(source)
    try:
        if document.get_formtype() != raw.FORMTYPE_NONE:
            document.init_forms()
        count = len(document)
        pages: list[Page] = []
        pictures: list[int] = []
        broken: list[int] = []
        notes: list[str] = []
        characters = 0
        for number in range(1, min(count, PAGES) + 1):
            try:
                page = _page(document, number)
            except pdfium.PdfiumError:
                broken.append(number)
                continue
            if page is None:
                pictures.append(number)
                continue
            characters += len(page.text)
            if characters > LOCATED_CHARACTERS:
                notes.append(
                    f"The text is longer than {LOCATED_CHARACTERS:,} characters; page {number} and later were not read."
                )
                break
            pages.append(page)
    finally:
        document.close()
    if count > PAGES and not notes:
        notes.append(f"The file has {count:,} pages; only the first {PAGES:,} were read.")
    if not count:
        raise DocumentError("The PDF has no pages. It is damaged or incomplete; get it again.")
    if not pages:
        if broken:
            raise DocumentError("None of the PDF's pages can be opened: it is damaged or incomplete. Get it again.")
        raise DocumentError(
            "This PDF is a scan or a picture: it has no text to read. Run text recognition (OCR) on it and add the result."
        )
    if pictures:
        notes.append(
            _sentence(
                pictures, "has no text (a picture, or blank) and was", "have no text (pictures, or blank) and were"
            )
        )
    if broken:
        notes.append(_sentence(broken, "is damaged and was", "are damaged and were"))
    return Content(tuple(pages), count, tuple(notes))


def _open(source: Source) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(source.data, password=source.password)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == raw.FPDF_ERR_PASSWORD:
            if source.password:
                raise PasswordNeeded("The password does not open this PDF. Enter the right one.") from error
            raise PasswordNeeded("This PDF is protected with a password. Enter the password to read it.") from error
        if code == raw.FPDF_ERR_SECURITY:
            raise DocumentError(
                "This PDF is protected in a way that cannot be opened here. Save an unprotected copy and add that."
            ) from error
        raise DocumentError("The PDF is damaged or incomplete. Download or copy it again.") from error


def _sentence(numbers: list[int], one: str, many: str) -> str:
    if len(numbers) == 1:
        return f"Page {numbers[0]} {one} not read."
    runs = [[item for _, item in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    said = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return f"Pages {', '.join(said)} {many} not read."


def _page(document: pdfium.PdfDocument, number: int) -> Page | None:
    """One page, or None where it has no text, or none that means anything."""
    page = document[number - 1]
    # What was typed into a form stands in annotations, which the text layer leaves out; flattening draws it on the page.
    if (
        raw.FPDFPage_GetAnnotCount(page) > 0
        and raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS
    ):
        page.close()
        page = document[number - 1]
    try:
        frame = Frame(page.get_bbox(), page.get_rotation())
        blocks = read_words(page, frame)
    finally:
        page.close()
    text: list[str] = []
    boxes: list[Box | None] = []
    # Text that runs sideways or across (a margin note, a watermark) must not tear the lines of the rest.
    for words in sorted(blocks, key=lambda block: -sum(len(word.text) for word in block)):
        part, part_boxes = arrange(words)
        if text:
            text.append("\n\n")
            boxes.extend((None, None))
        text.append(part)
        boxes.extend(part_boxes)
    if not text:
        return None
    return Page(number, "".join(text), round(frame.width, 2), round(frame.height, 2), Boxes(boxes))
