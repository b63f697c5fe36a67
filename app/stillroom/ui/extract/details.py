"""The pane below the table: everything about the current cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontDatabase, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QStackedLayout,
    QTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.documents.document import Span
from stillroom.extraction.result import NOT_IN_DOCUMENT, FieldValue
from stillroom.templates.template import Field, FieldType, Template
from stillroom.ui import icons
from stillroom.ui.controls import Button, ElidedLabel, label, line, plain_tip, restyle, set_role
from stillroom.ui.extract import cell_wording
from stillroom.ui.extract.cell import Cell, Level, level_of, one_line, values_of
from stillroom.ui.extract.row import Remedy, Row, RowState
from stillroom.ui.extract.source import Quote, Sources
from stillroom.ui.theme import GRID, colours
from stillroom.ui.wording import percent_text

_PLAIN = (".txt", ".csv", ".md", ".log")  # columns are made of spaces
_LARGE = 60  # characters of a value that is shown in large letters
_LARGE_WORD = 16  # and of one word of it


class Details(QFrame):
    """What is known of one cell, or of a document as a whole.

    Signals:
        retry(Row): do this document again.
        password_given(Row, str): of an encrypted file.
    """

    retry = Signal(Row)
    password_given = Signal(Row, str)
    _values: Sequence[FieldValue] = ()

    def __init__(self, sources: Sources) -> None:
        super().__init__()
        set_role(self, "card")
        self.setAccessibleName(self.tr("Details of the selected cell"))
        self._sources = sources
        self._row: Row | None = None
        self._shown: tuple[object, ...] = ()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty_side())
        self._stack.addWidget(self._document_side())
        self._stack.addWidget(self._value_side())

    # ---- how it is built

    def _empty_side(self) -> QWidget:
        text = label(self.tr("Select a cell to see where its value comes from."), "muted")
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return text

    def _document_side(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        self._document_name = ElidedLabel("", "heading", Qt.TextElideMode.ElideMiddle)
        self._document_folder = ElidedLabel("", "small", Qt.TextElideMode.ElideMiddle)
        self._document_text = label("", wrap=True, selectable=True)
        self._retry = Button(self.tr("Retry this document"), "", "retry")
        self._retry.clicked.connect(lambda: self.retry.emit(self._row))
        column.addWidget(self._document_name)
        column.addWidget(self._document_folder)
        column.addWidget(self._document_text)
        self._no_remedy = label(
            self.tr(
                "Trying again would give the same, as the file is what it is. Add a mended or converted one in its place, "
                "or take this row out (Del)."
            ),
            "muted",
            wrap=True,
        )
        column.addWidget(self._no_remedy)
        self._password = Button(self.tr("Enter the password…"), "primary")
        self._password.clicked.connect(self._ask_password)
        column.addWidget(self._password, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._retry, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return side

    def _value_side(self) -> QWidget:
        side = QWidget()
        row = QHBoxLayout(side)
        row.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        row.setSpacing(3 * GRID)
        row.addWidget(self._about_value(), 4)
        row.addWidget(self._about_place(), 6)
        row.addWidget(self._about_others(), 4)
        return side

    def _about_value(self) -> QWidget:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(GRID // 2)
        self._field = label("", "section")
        self._value = label("", "value", wrap=True, selectable=True)
        self._value.setMinimumWidth(1)  # a long number has no place to break, and must not push the rest out of sight
        self._state_icon = QLabel()
        self._state = label("", "figure")
        self._meaning = label("", "muted", wrap=True)
        self._checks = label("", "bad", wrap=True, selectable=True)
        state = QHBoxLayout()
        state.setSpacing(GRID)
        state.addWidget(self._state_icon)
        state.addWidget(self._state, 1)
        column.addWidget(self._field)
        column.addWidget(self._value)
        column.addLayout(state)
        column.addWidget(self._meaning)
        column.addWidget(self._checks)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content.setAutoFillBackground(False)
        area.viewport().setAutoFillBackground(False)
        return area

    def _about_place(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        self._place = ElidedLabel("", "section", Qt.TextElideMode.ElideMiddle)
        self._quote = QTextEdit()
        self._quote.setReadOnly(True)
        self._quote.setAcceptRichText(False)
        self._quote.setTabChangesFocus(True)
        self._quote.setAccessibleName(self.tr("The value in its line of the document"))
        column.addWidget(self._place)
        column.addWidget(self._quote, 1)
        return side

    def _about_others(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        self._items_title = label("", "section")
        self._items = QListWidget()
        self._items.setAccessibleName(self.tr("Values of this field"))
        self._items.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._items.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._items.currentRowChanged.connect(self._show_item)
        self._items_line = line()
        column.addWidget(self._items_title)
        column.addWidget(self._items_line)
        column.addWidget(self._items, 2)
        self._others_title = label(self.tr("OTHER CANDIDATES"), "section")
        self._others = QTreeWidget()
        set_role(self._others, "bare")  # it stands in a card
        self._others.setColumnCount(2)
        self._others.setHeaderHidden(True)
        self._others.setRootIsDecorated(False)
        self._others.setAccessibleName(self.tr("Other candidates and how likely they are"))
        self._others.header().setStretchLastSection(False)
        self._others.header().setSectionResizeMode(0, self._others.header().ResizeMode.Stretch)
        self._others.header().setSectionResizeMode(1, self._others.header().ResizeMode.ResizeToContents)
        self._others.itemClicked.connect(lambda item, _column: self._show_candidate(item))
        self._others.currentItemChanged.connect(lambda item, _before: self._show_candidate(item))
        self._no_others = label(self.tr("No other candidate."), "muted", wrap=True)
        column.addWidget(self._others_title)
        column.addWidget(line())
        column.addWidget(self._others, 1)
        column.addWidget(self._no_others)
        column.addStretch(0)
        return side

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        # Another theme brings other colours and takes the fixed font away; it is still on its way through the widgets now.
        if event.type() == QEvent.Type.PaletteChange and self._values and self._stack.currentIndex() == 2:
            QTimer.singleShot(0, self, lambda: self._show_item(self._items.currentRow()))

    # ---- what it shows

    def show_cell(self, template: Template, row: Row | None, field_number: int) -> None:
        """Show a field of a row; the document where the number is negative or the document has no values."""
        key = (template.name, id(row), field_number, row.state if row else None, id(row.result) if row else None)
        if key == self._shown:
            return
        self._shown = key
        self._row = row
        if row is None:
            self._stack.setCurrentIndex(0)
            return
        result = row.result
        field = template.fields[field_number] if 0 <= field_number < len(template.fields) else None
        if field is None or result is None or row.state is not RowState.DONE:
            self._show_document(row)
            return
        self._template_field = field
        self._values = values_of(result.fields.get(field.name))
        self._stack.setCurrentIndex(2)
        self._items.blockSignals(True)
        self._items.clear()
        for value in self._values:
            self._items.addItem(one_line(value.value or value.text) or cell_wording.level_name(level_of(field, value)))
        for widget in (self._items_title, self._items_line, self._items):
            widget.setVisible(len(self._values) > 1)
        self._items_title.setText(self.tr("%1 VALUES").replace("%1", str(len(self._values))))
        self._items.setCurrentRow(0)
        self._items.blockSignals(False)
        self._show_item(0)

    def _show_document(self, row: Row) -> None:
        self._stack.setCurrentIndex(1)
        self._document_name.setText(row.path.name)
        self._document_folder.setText(str(row.path.parent))
        self._document_text.setText(cell_wording.row_details(row))
        set_role(self._document_text, "bad" if row.state is RowState.FAILED else "")
        restyle(self._document_text)
        self._retry.setVisible(row.remedy is Remedy.RETRY)
        self._password.setVisible(row.remedy is Remedy.PASSWORD)
        self._no_remedy.setVisible(row.remedy is Remedy.NONE and row.state is RowState.FAILED and row.run is not None)

    def unlock(self, row: Row) -> None:
        """Ask for the password of this document."""
        self._row = row
        self._ask_password()

    def _ask_password(self) -> None:
        row = self._row
        if row is None:
            return
        text = self.tr("The password of %1. It is kept until the program is closed.").replace("%1", row.path.name)
        password, given = QInputDialog.getText(self, self.tr("Password"), text, QLineEdit.EchoMode.Password)
        if given and password:
            self.password_given.emit(row, password)

    def _show_item(self, number: int) -> None:
        field = self._template_field
        self._field.setText(field.heading.upper())
        if not self._values:
            self._show_nothing(field)
            return
        value = self._values[max(0, number)]
        level, by = level_of(field, value), self._checked_by(field, max(0, number))
        if by:
            level = Level.CHECKED
        cell = Cell(one_line(value.value or value.text), level, value.confidence)
        text = value.value or value.text or cell_wording.level_name(level)
        longest = max(map(len, text.split()), default=0)
        set_role(self._value, "value" if len(text) <= _LARGE and longest <= _LARGE_WORD else "figure")
        restyle(self._value)
        self._value.setText(text)
        name = cell_wording.level_name(level)
        if by:
            name = f"{name} · {by}"
        self._state.setText(f"{name} · {percent_text(value.confidence)}" if cell_wording.shows_percent(cell) else name)
        self._meaning.setText(cell_wording.level_sentence(level, candidates=bool(value.candidates)))
        self._set_icon(level)
        # Of these two the state itself tells.
        told = [] if level is Level.MISSING else [check for check in value.failed_checks if check != NOT_IN_DOCUMENT]
        self._checks.setText("\n".join(told))
        self._checks.setVisible(bool(told))
        self._show_others(value)
        self._show_place(value)

    def _checked_by(self, field: Field, number: int) -> str:
        """Who answers for the value of this number in the field; empty where nobody does."""
        review = self._row.review if self._row is not None else None
        if review is None:
            return ""
        own = [value for value in review.values if value.subject.field == field.name]
        if number >= len(own) or not review.decided(own[number]):
            return ""
        verdict = own[number].verdict or review.approval
        return verdict.person if verdict is not None else ""

    def _show_nothing(self, field: Field) -> None:
        level = Level.MISSING if field.required else Level.ABSENT
        self._value.setText(cell_wording.level_name(level))
        self._state.setText(self.tr("No values"))
        self._meaning.setText(cell_wording.level_sentence(level))
        self._set_icon(level)
        self._checks.hide()
        self._others.hide()
        self._no_others.show()
        self._place.setText(self.tr("IN THE DOCUMENT"))
        self._quote.setPlainText("")

    def _set_icon(self, level: Level) -> None:
        shown = colours()
        name, colour, _soft = cell_wording.LEVEL_LOOK[level]
        picture = icons.pixmap(name, getattr(shown, colour), 18, self.devicePixelRatioF(), shown.surface)
        self._state_icon.setPixmap(picture)

    def _show_others(self, value: FieldValue) -> None:
        self._others.clear()
        for number, candidate in enumerate(value.candidates, 1):
            text = one_line(candidate.text)
            if candidate.value and one_line(candidate.value) != text:
                text = f"{candidate.value}  ({text})" if text else candidate.value
            item = QTreeWidgetItem([f"{number}  {text}", percent_text(candidate.confidence)])
            how = self.tr("Click to see where it stands; %1 in the table takes it").replace("%1", str(number))
            item.setToolTip(0, plain_tip(f"{text}\n{how}"))
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._others.addTopLevelItem(item)
        self._others.setVisible(bool(value.candidates))
        self._no_others.setVisible(not value.candidates)

    def _show_candidate(self, item: QTreeWidgetItem | None) -> None:
        """The line of another candidate."""
        place = self._others.indexOfTopLevelItem(item) if item is not None else -1
        value = self._values[max(0, self._items.currentRow())] if self._values else None
        if value is None or not 0 <= place < len(value.candidates):
            return
        candidate = value.candidates[place]
        if candidate.span is not None:
            self._show_span(candidate.text, candidate.span, lambda reason: self._say(f"{candidate.text}\n\n{reason}"))

    def _show_place(self, value: FieldValue) -> None:
        if value.span is None:
            self._place.setText(self.tr("IN THE DOCUMENT"))
            self._say(self._why_no_place(value))
            return
        self._show_span(value.text, value.span, self._no_quote(value))

    def _show_span(self, text: str, span: Span, complain: Callable[[str], None]) -> None:
        row = self._row
        if row is None or row.result is None:
            return
        place = self.tr("PAGE %1 OF %2").replace("%1", str(span.page))
        place = place.replace("%2", str(max(row.result.coverage.pages, span.page))) + f" · {row.path.name}"
        plain = row.path.suffix.lower() in _PLAIN
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(self.font().pointSizeF())
        self._quote.setFont(fixed if plain else self.font())
        self._show_quote(Quote("", text, ""))
        self._place.setText(place + self.tr(" · reading its lines…"))  # where the file has to be read again

        def show(found: Quote) -> None:
            self._place.setText(place)
            self._show_quote(found)

        def refuse(reason: str) -> None:
            self._place.setText(place)
            complain(reason)

        of_run = (row.run.batch.run_id, row.position) if row.run is not None and row.run.batch is not None else None
        self._sources.find(Path(row.path), row.result.sha256, span, show, refuse, of_run)

    def _why_no_place(self, value: FieldValue) -> str:
        if value.state == "generated":
            return self.tr("Written by the model from the whole document, so there is no single place to show.")
        if value.value is None and value.candidates:
            return self.tr("There is no place to show: no value was found. Click a candidate to see where it stands.")
        if value.value is None:
            return self.tr("There is no place to show: no value was found.")
        if NOT_IN_DOCUMENT in value.failed_checks:
            return self.tr("There is no place to show: these words were not found in the document.")
        field = self._template_field
        if (field.of or field.type) not in (FieldType.CHOICE, FieldType.YES_NO):
            return self.tr("It was typed; it does not stand in the document like this.")
        return self.tr("Chosen from the template's options; no words in the document name it.")

    def _no_quote(self, value: FieldValue) -> Callable[[str], None]:
        return lambda reason: self._say(f"{one_line(value.text)}\n\n{reason}")

    def _say(self, text: str) -> None:
        self._quote.setPlainText(text)
        cursor = QTextCursor(self._quote.document())
        cursor.select(QTextCursor.SelectionType.Document)
        plain = QTextCharFormat()
        plain.setForeground(QColor(colours().muted))
        cursor.setCharFormat(plain)

    def _show_quote(self, found: Quote) -> None:
        shown = colours()
        self._quote.clear()
        cursor = self._quote.textCursor()
        around = QTextCharFormat()
        around.setForeground(QColor(shown.muted))
        mark = QTextCharFormat()
        mark.setForeground(QColor(shown.text))
        mark.setBackground(QColor(shown.mark))
        mark.setFontWeight(700)
        mark.setFontUnderline(True)
        cursor.insertText(found.before, around)
        at = cursor.position()
        cursor.insertText(found.marked, mark)
        cursor.insertText(found.after, around)
        cursor.setPosition(at)
        self._quote.setTextCursor(cursor)
        self._quote.ensureCursorVisible()
        self._quote.setAccessibleDescription(found.before + found.marked + found.after)
