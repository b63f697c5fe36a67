"""PDF, read with pdfium: every character that a page shows with its box; what is a picture is recognised; what is attached are
further documents."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakSet

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from stillroom.documents.document import Page, Stated
from stillroom.documents.e_invoice import is_e_invoice, read_stated
from stillroom.documents.formats.inside import Attachments
from stillroom.documents.formats.pdf_attached import Attached, attached_files
from stillroom.documents.formats.pdf_boxes import Tick, boxes
from stillroom.documents.formats.pdf_comments import comments
from stillroom.documents.formats.pdf_notes import Notes
from stillroom.documents.formats.pdf_page import PageText
from stillroom.documents.formats.pdf_scans import Scanner
from stillroom.documents.formats.pdf_seen import Seeing
from stillroom.documents.formats.pdf_struck import strikes
from stillroom.documents.formats.picture import NOT_KNOWN
from stillroom.documents.lines import Word, arrange_blocks
from stillroom.documents.meaning import agree, doubtful
from stillroom.documents.ocr.models import available, check_available
from stillroom.documents.source import LOCATED_CHARACTERS, RECOGNISED_PAGES, Content, Source, ranges
from stillroom.errors import PASSWORD_MISSING, PASSWORD_WRONG, DocumentError, PasswordNeeded

PAGES = 5000
"""Pages after this one are left unread, and said to be."""
_SHELL_CHARACTERS = 1500
_XFA = (raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND)
_IS_XFA = (
    "This is an XFA form: its pages are made by Adobe's own reader when it is opened, none are in the file. "
    "Open it in Adobe Acrobat Reader, print it to PDF and add that."
)


def read(source: Source) -> Content:
    """All pages with text; those without are recognised (OCR). Raises DocumentError; PasswordNeeded where it is encrypted."""
    _begin_anew()
    document = open_document(source)
    try:
        if document.get_formtype() in (raw.FORMTYPE_ACRO_FORM, *_XFA):
            document.init_forms()
        count = len(document)
        files = attached_files(document)
        if not count and not files:
            raise DocumentError("The PDF has no pages. It is damaged or incomplete; get it again.")
        found = _Pages(source, count, files, can_recognise=available())
        for number in range(1, min(count, PAGES) + 1):
            if source.effort.wanted:  # one of the files only
                files.extend(_pinned(document, number))
            elif not found.add(document, number):
                break
        form = document.get_formtype()
        if form in _XFA and found.is_shell(drawn_when_opened=form == raw.FORMTYPE_XFA_FULL):
            raise DocumentError(_IS_XFA)
    finally:
        document.close()
    notes = found.notes
    if found.strange:
        several = "s" if len(found.strange) > 1 else ""
        notes.add(NOT_KNOWN.format(where=f" on page{several} {ranges(found.strange)}"))
    stated: tuple[Stated, ...] = ()
    attachments = Attachments(source)
    for file in files:
        if is_e_invoice(file.data):
            try:
                stated = stated or read_stated(file.data)
            except DocumentError as error:
                notes.add(error.message)
        elif attachments.full:
            break
        else:
            attachments.add(file.name, file.data)
    if count > PAGES and not notes.too_long:
        notes.add(f"The file has {count:,} pages; only the first {PAGES:,} were read.")
    if not any(page.text for page in found.pages) and not attachments.documents:
        found.raise_nothing()
    return Content(
        tuple(found.pages) or (Page(1, ""),),
        count,
        (*notes.sentences(can_recognise=found.can_recognise), *attachments.notes),
        tuple(attachments.documents),
        stated,
    )


def _pinned(document: pdfium.PdfDocument, number: int) -> list[Attached]:
    page = document[number - 1]
    try:
        return attached_files(page)
    finally:
        page.close()


class _Pages:
    """The pages of one file as they are read.

    Attributes:
        pages: read ones.
        notes: what there is to say of them.
        can_recognise: whether pictures can be read.
    """

    def __init__(self, source: Source, count: int, files: list[Attached], *, can_recognise: bool) -> None:
        self.pages: list[Page] = []
        self.notes = Notes()
        self.can_recognise = can_recognise
        self._files = files
        self._count = count
        self._effort = source.effort
        self._scanner = Scanner(source.effort)
        self._seeing = Seeing(self._scanner.read_words if can_recognise else None)
        self._characters = 0

    @property
    def strange(self) -> list[int]:
        """Pages with text that the recognition does not know."""
        return self._scanner.strange

    def is_shell(self, *, drawn_when_opened: bool) -> bool:
        """Whether all there is is the page that says that another program is needed. ``drawn_when_opened``: the file says that its
        pages are made by the program that opens it."""
        text = "".join(page.text for page in self.pages)
        return len(text) < _SHELL_CHARACTERS and (not text.strip() or "Adobe" in text or drawn_when_opened)

    def add(self, document: pdfium.PdfDocument, number: int) -> bool:
        """Read one more; returns whether there may be further ones."""
        self._effort.page(number, self._count)
        try:
            page = self._page(document, number)
        except pdfium.PdfiumError:
            self.notes.broken.append(number)
            return True
        if page is None:
            self.notes.pictures.append(number)
            return True
        self._characters += len(page.text)
        if self._characters > LOCATED_CHARACTERS:
            self.notes.too_long = True
            self.notes.add(
                f"The text is longer than {LOCATED_CHARACTERS:,} characters; page {number} and later were not read."
            )
            return False
        self.pages.append(page)
        return True

    def raise_nothing(self) -> None:
        """Raises DocumentError: why nothing was found."""
        if self.notes.pictures and not self.can_recognise:
            check_available("This PDF is a scan or a picture: it has no text layer.")
        if self.notes.broken and not self.pages:
            raise DocumentError("None of the PDF's pages can be opened: it is damaged or incomplete. Get it again.")
        if self.notes.pictures:
            raise DocumentError(
                f"The pages of this PDF are pictures and were not read: at most {RECOGNISED_PAGES} pages of a file are recognised."
            )
        if self.notes.hidden:
            raise DocumentError("The pages of this PDF show no text: all that is written on them is hidden.")
        if self.notes.blank and len(self.notes.blank) == len(self.pages):
            raise DocumentError("The pages of this PDF are blank. There is nothing to read in it.")
        raise DocumentError("No text was found on the pages of this PDF: they are blank, or pictures without any text.")

    def _page(self, document: pdfium.PdfDocument, number: int) -> Page | None:
        page = document[number - 1]
        ticks: Sequence[Tick] = ()
        struck: Sequence[tuple[float, float, float, float]] = ()
        if raw.FPDFPage_GetAnnotCount(page) > 0:
            self._files.extend(attached_files(page))
            self.notes.comments.extend((number, said) for said in comments(page))
            ticks = boxes(page)
            struck = strikes(page)
            # What was typed into a form stands in annotations, which the text layer leaves out; flattening draws it on the page.
            if raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS:
                page.close()
                page = document[number - 1]
        try:
            return self._read(PageText(page, number, struck), page, number, ticks)
        finally:
            page.close()

    def _read(self, text: PageText, page: pdfium.PdfPage, number: int, ticks: Sequence[Tick]) -> Page | None:
        text.tick(ticks)
        self.notes.take(number, text)
        blocks = text.blocks
        letters = sum(len(word.text) for words in blocks for word in words)
        if not letters and not text.lost and text.is_blank:
            self.notes.blank.append(number)
            return Page(number, "", round(text.frame.width, 2), round(text.frame.height, 2))
        if text.is_scan(letters):
            return self._scan(page, number, text, letters)
        written = _as_page(number, text, blocks)
        if doubtful(written.text) and (seen := self._decide(page, number, text, written)):
            return seen
        otherwise, uncompared = self._seeing.compare(page, text.frame, blocks)
        self.notes.take_seen(number, otherwise, uncompared)
        if otherwise:
            written = _as_page(number, text, blocks)
        return self._with_pictures(page, number, text, written)

    def _scan(self, page: pdfium.PdfPage, number: int, text: PageText, letters: int) -> Page | None:
        written = _as_page(number, text, text.blocks) if letters else None
        if not self.can_recognise or not self._effort.take_page():
            return written
        scan = self._scanner.read_page(page, number, text.frame)
        if written is not None and len(scan.text) < 1.5 * len(written.text):
            return written
        if scan.text:
            self.notes.recognised.append(number)
        return scan

    def _decide(self, page: pdfium.PdfPage, number: int, text: PageText, written: Page) -> Page | None:
        """Text that reads like none: what the page shows decides. None where the text stays."""
        if not self.can_recognise or not self._effort.take_page():
            self.notes.doubtful.append(number)
            return None
        seen = self._scanner.read_page(page, number, text.frame)
        if not seen.text or agree(seen.text, written.text):
            return None
        self.notes.replaced.append(number)
        return seen

    def _with_pictures(self, page: pdfium.PdfPage, number: int, text: PageText, written: Page) -> Page:
        """The page with what is written in its pictures."""
        places = text.unread_pictures()
        if not places:
            return written
        if not self.can_recognise:
            self.notes.unread_pictures.append(number)
            return written
        found, confidence = self._scanner.read_pictures(page, number, text.frame, places)
        if found is None:
            self.notes.unread_pictures.append(number)
            return written
        if not found:
            return written
        self.notes.with_pictures.append(number)
        blocks = [list(words) for words in text.blocks]
        if blocks:
            blocks[0].extend(found)
        else:
            blocks = [found]
        return _as_page(number, text, blocks, confidence)


def _as_page(number: int, text: PageText, blocks: Sequence[list[Word]], confidence: float | None = None) -> Page:
    written, boxes, certainty = arrange_blocks(blocks)
    frame = text.frame
    return Page(number, written, round(frame.width, 2), round(frame.height, 2), boxes, confidence, certainty)


_opened: WeakSet[pdfium.PdfDocument] = WeakSet()


def _begin_anew() -> None:
    """A fresh pdfium: the one library remembers fonts of the last file, whose letters then have other widths."""
    if any(document.raw for document in _opened):
        return
    raw.FPDF_DestroyLibrary()
    raw.FPDF_InitLibraryWithConfig(raw.FPDF_LIBRARY_CONFIG(version=2))


def open_document(source: Source) -> pdfium.PdfDocument:
    """The file, not read yet. Raises DocumentError; PasswordNeeded where it is encrypted."""
    try:
        document = pdfium.PdfDocument(source.data, password=source.password)
        _opened.add(document)
        return document
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
