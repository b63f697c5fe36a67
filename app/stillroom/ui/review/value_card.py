"""The current value: what stands there, what else could be meant, and a line to write another in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout

from stillroom.extraction.result import RunnerUp
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.marked_value import ReadValue
from stillroom.review.queue import Doubt
from stillroom.ui.controls import Button, describe, label, plain_tip, restyle, set_role
from stillroom.ui.extract.cell import one_line
from stillroom.ui.review import wording
from stillroom.ui.theme import GRID
from stillroom.ui.wording import percent_text

_LARGE = 28  # characters of a value that is shown in large letters


class ValueCard(QFrame):
    """The value that is decided now.

    Signals:
        accept, absent, edit: buttons.
        runner_up(int): one was chosen, from 1.
        suggest(str): places that say this are wanted.
        typed(str): this is the value, and stands nowhere on the page.
        value_chosen(ReadValue): this suggestion is the value.
        edit_ended: nothing is written any more.
    """

    accept = Signal()
    absent = Signal()
    edit = Signal()
    runner_up = Signal(int)
    suggest = Signal(str)
    typed = Signal(str)
    value_chosen = Signal(ReadValue)
    edit_ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "card")
        self.setAccessibleName(self.tr("The current value"))
        self._readings: list[ReadValue] = []
        self._others: Sequence[RunnerUp] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID + 4, GRID, GRID + 4, GRID)
        column.setSpacing(GRID // 2)
        self._name = label("", "section")
        self._value = label("", "value", wrap=True, selectable=True)
        self._value.setMinimumWidth(1)
        self._said = label("", "warn", wrap=True)
        self.line = QLineEdit()
        self.line.setAccessibleName(self.tr("Another value"))
        self.line.setPlaceholderText(self.tr("Type the value; places on the page that say it are offered"))
        self.line.hide()
        self.line.installEventFilter(self)
        self._waiting = QTimer(self)
        self.line.textEdited.connect(lambda _text: self._waiting.start())
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Other candidates"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # by digits, or with the arrows from the line
        self.list.itemClicked.connect(self._clicked)
        self._waiting.setSingleShot(True)
        self._waiting.setInterval(90)
        self._waiting.timeout.connect(lambda: self.suggest.emit(self.line.text()))
        self.buttons: list[Button] = []
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        for text, keys, role, signal in (
            (self.tr("Accept"), self.tr("Enter"), "primary", self.accept),
            (self.tr("Not there"), "N", "", self.absent),
            (self.tr("Edit"), "E", "", self.edit),
        ):
            button = Button(text, role)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            describe(button, text, f"{text} ({keys})")
            button.clicked.connect(signal)
            self.buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        for widget in (self._name, self._value, self._said, self.line, self.list):
            column.addWidget(widget)
        column.addLayout(row)
        self.list.setMaximumHeight(150)

    @property
    def editing(self) -> bool:
        return not self.line.isHidden()

    def show_value(
        self, document: ReviewedDocument | None, value: ReviewedValue | None, doubt: Doubt | None, hard: str = ""
    ) -> None:
        """Another value, or the same after a verdict. ``hard``: what of it was hard to recognise, in words."""
        self.end_edit(tell=False)
        self.setEnabled(value is not None)
        if document is None or value is None:
            self._name.setText("")
            self._value.setText("")
            text = self.tr("Nothing was read from it. Reject it (R), or go on to the next document (J).")
            if document is not None and not document.failed:  # an archive, whose files have rows of their own
                text = self.tr("It has no values of its own. Approve it (A), or go on to the next document (J).")
            self._said.setText(text)
            self._said.setVisible(document is not None)
            self._show_others(())
            return
        self._name.setText(wording.value_name(value, document).upper())
        text = wording.value_text(value)
        set_role(self._value, "value" if len(text) <= _LARGE else "figure")
        restyle(self._value)
        self._value.setText(text)
        lines = [wording.history_line(entry) for entry in document.entries if entry.subject == value.subject]
        self._value.setToolTip(plain_tip("\n".join(lines)))
        said = [wording.doubt_name(doubt)] if doubt and not value.failed else []
        said += list(value.failed)
        if value.moved and value.proposal is not None:
            text = self.tr("The model now reads: %1").replace("%1", one_line(value.proposal.value or "–"))
            said.append(text)
        if hard:
            said.append(hard)
        self._said.setText("\n".join(said))
        self._said.setVisible(bool(said))
        self._show_others(value.current.candidates)

    def _show_others(self, others: Sequence[RunnerUp]) -> None:
        self._others = others
        self.list.clear()
        for number, other in enumerate(others[:9], 1):
            text = one_line(other.value or other.text)
            shown = one_line(other.text)
            if shown and shown != text:
                text += f"   “{shown}”"
            item = QListWidgetItem(f"{number}   {text}   {percent_text(other.confidence)}")
            item.setToolTip(plain_tip(text))
            self.list.addItem(item)
        self._fit_list()

    # ---- writing another value

    def begin_edit(self, text: str, first: str) -> None:
        """Let a value be written; ``first``: what was typed already, in the place of the old value."""
        self.line.show()
        self.line.setText(first or text)
        self.line.setFocus()
        if first:
            self.line.setCursorPosition(len(first))
        else:
            self.line.selectAll()
        self._readings = []
        self.list.clear()
        self.list.hide()
        self.suggest.emit(self.line.text())

    def show_suggestions(self, readings: Sequence[ReadValue]) -> None:
        """Places that say what is being written."""
        if not self.editing:
            return
        self._readings = list(readings)
        self.list.clear()
        for reading in readings:
            given = reading.given
            text = one_line(given.value or "")
            quoted = one_line(given.text)
            if quoted and quoted != text:
                text += f"   “{quoted}”"
            if given.span is not None:
                text += "   " + self.tr("page %1").replace("%1", str(given.span.page))
            item = QListWidgetItem(text)
            item.setToolTip(plain_tip("\n".join([text, *reading.problems])))
            self.list.addItem(item)
        self._fit_list()

    def end_edit(self, *, tell: bool = True) -> None:
        if self.editing:
            self._waiting.stop()
            self.line.hide()
            self._readings = []
            if tell:
                self._show_others(self._others)
                self.edit_ended.emit()

    def _fit_list(self) -> None:
        count = self.list.count()
        self.list.setVisible(count > 0)
        if count:
            self.list.setFixedHeight(min(5, count) * self.list.sizeHintForRow(0) + 2 * self.list.frameWidth())

    def _take(self) -> None:
        """What is written, or the suggestion that is chosen, or one that says just what is written."""
        row = self.list.currentRow()
        text = self.line.text().strip()
        if 0 <= row < len(self._readings):
            chosen: ReadValue | None = self._readings[row]
        else:
            plain = text.casefold()
            chosen = next(
                (
                    each
                    for each in self._readings
                    if plain in ((each.given.value or "").casefold(), one_line(each.given.text).casefold())
                ),
                None,
            )
        if chosen is not None:
            self.value_chosen.emit(chosen)
        elif text:
            self.typed.emit(text)
        self.end_edit()

    def _clicked(self, item: QListWidgetItem) -> None:
        row = self.list.row(item)
        if self.editing:
            self.list.setCurrentRow(row)
            self._take()
        else:
            self.runner_up.emit(row + 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self.line and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            moves: dict[int, Callable[[], None]] = {
                Qt.Key.Key_Down: lambda: self._step(1),
                Qt.Key.Key_Up: lambda: self._step(-1),
                Qt.Key.Key_Return: self._take,
                Qt.Key.Key_Enter: self._take,
                Qt.Key.Key_Escape: self.end_edit,
            }
            if event.key() in moves:
                moves[event.key()]()
                return True
        return super().eventFilter(watched, event)

    def _step(self, by: int) -> None:
        if self.list.count():
            self.list.setCurrentRow(max(-1, min(self.list.count() - 1, self.list.currentRow() + by)))
