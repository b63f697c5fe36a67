"""PDF, read with pdfium: every character of the text layer with its box; pages without one are recognised as pictures."""

from __future__ import annotations

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from stillroom.documents.document import Box, Boxes, Page
from stillroom.documents.formats.pdf_scans import is_scan, read_scan
from stillroom.documents.formats.pdf_words import Frame, read_words
from stillroom.documents.lines import arrange
from stillroom.documents.ocr.models import HOW_TO_INSTALL, available, check_available
from stillroom.documents.source import LOCATED_CHARACTERS, RECOGNISED_PAGES, Content, Source, ranges, unread
from stillroom.errors import PASSWORD_MISSING, PASSWORD_WRONG, DocumentError, PasswordNeeded

PAGES = 5000
"""Pages after this one are left unread, and said to be."""


def read(source: Source) -> Content:
    """All pages with text; those without are recognised (OCR). Raises DocumentError; PasswordNeeded where it is encrypted."""
    document = open_document(source)
    try:
        if document.get_formtype() != raw.FORMTYPE_NONE:
            document.init_forms()
        count = len(document)
        if not count:
            raise DocumentError("The PDF has no pages. It is damaged or incomplete; get it again.")
        found = _Pages(source, can_recognise=available())
        for number in range(1, min(count, PAGES) + 1):
            if not found.add(document, number):
                break
    finally:
        document.close()
    if count > PAGES and not found.too_long:
        found.notes.append(f"The file has {count:,} pages; only the first {PAGES:,} were read.")
    if not any(page.text for page in found.pages):
        if found.pictures and not found.can_recognise:
            check_available("This PDF is a scan or a picture: it has no text layer.")
        if found.broken and not found.pages:
            raise DocumentError("None of the PDF's pages can be opened: it is damaged or incomplete. Get it again.")
        if found.pictures:
            raise DocumentError(
                f"The pages of this PDF are pictures and were not read: at most {RECOGNISED_PAGES} pages of a file are recognised."
            )
        raise DocumentError("No text was found on the pages of this PDF: they are blank, or pictures without any text.")
    return Content(tuple(found.pages), count, found.all_notes())


class _Pages:
    """The pages of one file as they are read.

    Attributes:
        pages: read ones. pictures: numbers of those that only recognition could read, and did not. recognised: of those
            that it did. broken: of those that cannot be opened.
        too_long: the text limit was reached.
        notes: for people.
    """

    def __init__(self, source: Source, *, can_recognise: bool) -> None:
        self.pages: list[Page] = []
        self.pictures: list[int] = []
        self.recognised: list[int] = []
        self.broken: list[int] = []
        self.notes: list[str] = []
        self.too_long = False
        self.can_recognise = can_recognise
        self._effort = source.effort
        self._characters = 0

    def add(self, document: pdfium.PdfDocument, number: int) -> bool:
        """Read one more; returns whether there may be further ones."""
        try:
            page = self._page(document, number)
        except pdfium.PdfiumError:
            self.broken.append(number)
            return True
        if page is None:
            self.pictures.append(number)
            return True
        self._characters += len(page.text)
        if self._characters > LOCATED_CHARACTERS:
            self.too_long = True
            self.notes.append(
                f"The text is longer than {LOCATED_CHARACTERS:,} characters; page {number} and later were not read."
            )
            return False
        self.pages.append(page)
        return True

    def all_notes(self) -> tuple[str, ...]:
        notes = list(self.notes)
        if self.recognised:
            several = len(self.recognised) > 1
            start = (
                f"Pages {ranges(self.recognised)} are pictures; their"
                if several
                else f"Page {self.recognised[0]} is a picture; its"
            )
            notes.append(f"{start} text was recognised (OCR).")
        if self.pictures and self.can_recognise:
            notes.append(
                unread(self.pictures, "has no text layer and was", "have no text layer and were")
                + f" At most {RECOGNISED_PAGES} pages of a file are recognised."
            )
        elif self.pictures:
            one, many = "has no text (a picture, or blank) and was", "have no text (pictures, or blank) and were"
            notes.append(f"{unread(self.pictures, one, many)} {HOW_TO_INSTALL}")
        if self.broken:
            notes.append(unread(self.broken, "is damaged and was", "are damaged and were"))
        return tuple(notes)

    def _page(self, document: pdfium.PdfDocument, number: int) -> Page | None:
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
            text = _text_page(page, number, frame)
            letters = 0 if text is None else sum(not character.isspace() for character in text.text)
            if text is not None and not is_scan(page, letters):
                return text
            if not self.can_recognise or not self._effort.take_page():
                return text
            scan = read_scan(page, number, frame, self._effort.progress)
            if text is not None and len(scan.text) < 1.5 * len(text.text):
                return text
            if scan.text:
                self.recognised.append(number)
            return scan
        finally:
            page.close()


def open_document(source: Source) -> pdfium.PdfDocument:
    """The file, not read yet. Raises DocumentError; PasswordNeeded where it is encrypted."""
    try:
        return pdfium.PdfDocument(source.data, password=source.password)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == raw.FPDF_ERR_PASSWORD:
            if source.password:
                raise PasswordNeeded(PASSWORD_WRONG) from error
            raise PasswordNeeded(PASSWORD_MISSING) from error
        if code == raw.FPDF_ERR_SECURITY:
            raise DocumentError(
                "This PDF is protected in a way that cannot be opened here. Save an unprotected copy and add that."
            ) from error
        raise DocumentError("The PDF is damaged or incomplete. Download or copy it again.") from error


def _text_page(page: pdfium.PdfPage, number: int, frame: Frame) -> Page | None:
    """What the text layer holds, or None where it holds nothing, or nothing that means anything."""
    blocks = read_words(page, frame)
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
