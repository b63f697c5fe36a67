"""A document without pages to look at: its text, readable, with the values lit."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QMouseEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

from stillroom.documents.document import Document, Span
from stillroom.review.marked_value import trimmed, word_at
from stillroom.ui.theme import colours

_IN_COLUMNS = ("txt", "csv", "md", "xlsx", "json", "jsonl", "xml")
"""Columns are made of spaces or cells: letters of one width keep them."""


_LINED_UP = re.compile(r"\S {3,}\S[^\n]*\n[^\n]*\S {3,}\S")
"""Two lines whose words are set apart by spaces: whoever wrote a mail lined up a table."""


class TextView(QPlainTextEdit):
    """The text of a document with the places of its values.

    Signals:
        span_chosen(Span): words were clicked or dragged over.
        row_chosen(Span): the same with Shift: rows of a table are meant.
    """

    span_chosen = Signal(Span)
    row_chosen = Signal(Span)

    def __init__(self) -> None:
        super().__init__()
        self._document: Document | None = None
        self._starts: list[int] = []
        self._lit: list[tuple[Span, bool]] = []
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.setAccessibleName(self.tr("The text of the document"))
        self.document().setDocumentMargin(16)

    def show_document(self, document: Document) -> None:
        """The text of all pages, one after the other."""
        self._document = document
        parts: list[str] = []
        self._starts = []
        length = 0
        several = len(document.pages) > 1
        for page in document.pages:
            head = self.tr("— %1 —").replace("%1", str(page.number)) + "\n" if several else ""
            self._starts.append(length + _utf16(head))
            parts.append(head + page.text + "\n\n")
            length += _utf16(parts[-1])
        self._lit = []
        self.setExtraSelections([])
        in_columns = document.kind in _IN_COLUMNS or _LINED_UP.search("".join(parts)) is not None
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if in_columns else QFont()
        around = self.parentWidget()
        font.setPointSizeF(max(9.0, around.font().pointSizeF() if around is not None else 10.0))
        self.setFont(font)
        self.setPlainText("".join(parts))

    def light(self, spans: Sequence[tuple[Span, bool]]) -> None:
        """Light these places; the one that is True most, and bring it into sight."""
        self._lit = list(spans)
        self._show_lit()
        strong = next((span for span, is_strong in spans if is_strong), None)
        if strong is not None and (where := self._positions(strong)) is not None:
            cursor = self.textCursor()
            cursor.setPosition(where[0])
            self.setTextCursor(cursor)
            self.centerCursor()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_lit()

    def _show_lit(self) -> None:
        shown = colours()
        selections = []
        for span, strong in self._lit:
            where = self._positions(span)
            if where is None:
                continue
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(where[0])
            cursor.setPosition(where[1], QTextCursor.MoveMode.KeepAnchor)
            style = QTextCharFormat()
            style.setBackground(QColor(shown.mark if strong else shown.warn_soft))
            style.setForeground(QColor(shown.text))
            if strong:
                style.setFontWeight(700)
                style.setFontUnderline(True)
            selection.format = style
            selection.cursor = cursor
            selections.append(selection)
        self.setExtraSelections(selections)

    def _positions(self, span: Span) -> tuple[int, int] | None:
        """Where a span begins and ends in the widget, which counts in UTF-16."""
        if self._document is None:
            return None
        for page, start in zip(self._document.pages, self._starts, strict=True):
            if page.number == span.page:
                first = start + _utf16(page.text[: span.start])
                return first, first + _utf16(page.text[span.start : span.end])
        return None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseReleaseEvent(event)
        if event.button() != Qt.MouseButton.LeftButton or self._document is None:
            return
        cursor = self.textCursor()
        span = self._span(cursor.selectionStart(), cursor.selectionEnd())
        if span is not None:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.row_chosen if shift else self.span_chosen).emit(span)

    def _span(self, start: int, end: int) -> Span | None:
        """What was selected, to the ends of its words; the word at the place where nothing was."""
        if self._document is None or not self._starts:
            return None
        number = max(0, bisect.bisect_right(self._starts, start) - 1)
        page = self._document.pages[number]
        first = _from_utf16(page.text, start - self._starts[number])
        last = _from_utf16(page.text, end - self._starts[number])
        if last <= first:
            return word_at(page, first)
        span = trimmed(self._document, Span(page.number, first, last))
        if span.end <= span.start:
            return None
        before, behind = word_at(page, span.start), word_at(page, span.end - 1)
        return Span(page.number, before.start if before else span.start, behind.end if behind else span.end)


def _utf16(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _from_utf16(text: str, position: int) -> int:
    """The character at a position that was counted in UTF-16."""
    if position <= 0:
        return 0
    if text.isascii():
        return min(position, len(text))
    count = 0
    for index, character in enumerate(text):
        if count >= position:
            return index
        count += 2 if character > "\uffff" else 1
    return len(text)
