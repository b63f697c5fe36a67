"""The passages an answer was given, and those it was not, on the pages they stand on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QShowEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QListWidget, QPlainTextEdit, QVBoxLayout, QWidget

from stillroom.chat.context import left_out
from stillroom.chat.conversation import Attachment, Facts, Turn
from stillroom.ui.controls import describe
from stillroom.ui.theme import colours


class PassageDialog(QDialog):
    """The list of passages, and the page of the one that is chosen with the passage marked."""

    def __init__(self, parent: QWidget, turns: Sequence[Turn], answer: int, place: int, *, quote: bool = False) -> None:
        """``place``: of the source that is shown first, or, with ``quote``, of the quote."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Passages of the files"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(860, 560)
        self._files: dict[int, Attachment] = {each.id: each for turn in turns for each in turn.attachments}
        facts = next((turn.facts for turn in turns if turn.id == answer), Facts())
        given, quotes = facts.sources, facts.quotes
        self._sources = (*quotes, *given, *left_out(turns, answer))
        column = QVBoxLayout(self)
        row = QHBoxLayout()
        self.list = QListWidget()
        self.list.setFixedWidth(250)
        self.list.setUniformItemSizes(True)
        describe(self.list, self.tr("Passages"))
        for number, source in enumerate(self._sources, 1 - len(quotes)):
            page = self.tr("page %1").replace("%1", str(source.page))
            mark = f"{number}." if number <= len(given) else self.tr("Left out:")
            mark = self.tr("Quoted:") if number < 1 else mark
            self.list.addItem(f"{mark} {page}, {source.name}")
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        row.addWidget(self.list)
        self.page = QPlainTextEdit()
        self.page.setReadOnly(True)
        describe(self.page, self.tr("Page"))
        row.addWidget(self.page, 1)
        column.addLayout(row, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.list.currentRowChanged.connect(self._show)
        self.list.setCurrentRow(place if quote else len(quotes) + max(0, place))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.list.doItemsLayout()  # rows that were measured before the style was known are too low
        self.list.scrollToItem(self.list.currentItem())

    def _show(self, place: int) -> None:
        if not 0 <= place < len(self._sources):
            return
        source = self._sources[place]
        file = self._files.get(source.attachment)
        if file is None or not 0 < source.page <= len(file.pages):
            self.page.setPlainText(self.tr("The file is not part of this branch any more."))
            return
        self.page.setPlainText(file.pages[source.page - 1])
        cursor = QTextCursor(self.page.document())
        cursor.setPosition(source.start)
        cursor.setPosition(source.end, QTextCursor.MoveMode.KeepAnchor)
        marked = QTextCharFormat()
        marked.setBackground(QColor(colours().mark))
        cursor.mergeCharFormat(marked)
        cursor.setPosition(source.start)
        self.page.setTextCursor(cursor)
        self.page.centerCursor()
