"""Where a turn is written: the text, the files that go with it, and how much room there is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QProgressBar, QVBoxLayout, QWidget

from stillroom.chat.context import Budget
from stillroom.chat.conversation import Attachment
from stillroom.paths import pasted_dir
from stillroom.ui.chat.thumbnail import Thumbnail
from stillroom.ui.controls import Button, ComboBox, ElidedLabel, IconButton, describe, label, restyle, take_away
from stillroom.ui.extract.dropping import TakesDrops, dropped_paths
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted

_LEAST_HEIGHT, _MOST_HEIGHT = 46, 190
_NEARLY_FULL = 0.85
_BYTES_A_TOKEN = 4  # about, until the model has counted
_THUMBNAIL = 44  # pixels


class _Editor(QPlainTextEdit):
    """The field one writes in.

    Signals:
        send: Enter without Shift. files(list): pasted, or a pasted picture kept as a file. up: the arrow in an empty text.
    """

    send = Signal()
    files = Signal(list)
    up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText(self.tr("Write a message. Enter sends it, Shift+Enter begins a new line."))
        describe(self, self.tr("Message"))
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        self._fit()

    def _fit(self) -> None:
        lines = max(1, self.document().size().height())
        height = round(lines * self.fontMetrics().lineSpacing()) + 2 * GRID + 2
        self.setFixedHeight(max(_LEAST_HEIGHT, min(_MOST_HEIGHT, height)))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier):
            self.send.emit()
        elif event.key() == Qt.Key.Key_Up and not self.toPlainText():
            self.up.emit()
        else:
            super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: N802
        return source.hasImage() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802
        paths = dropped_paths(source)
        if not paths and source.hasImage() and not source.hasText():
            paths = _kept(QImage(source.imageData()))
        if paths:
            self.files.emit(paths)
        else:
            self.insertPlainText(source.text())


def _kept(picture: QImage) -> list[Path]:
    """A pasted picture as a file, so that it is still there when the conversation is opened again; none where it cannot be written."""
    folder = pasted_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return []
    path = folder / f"{QDateTime.currentDateTime().toString('yyyy-MM-dd hh.mm.ss.zzz')}.png"
    return [path] if picture.save(str(path)) else []


class Composer(TakesDrops, QFrame):
    """The place where a message is written.

    Signals:
        send(str): the text, to be sent with the attachments.
        busy: the person wants to send while an answer is being written.
        stop: end the answer that is being written.
        files(list): paths to attach. attach_wanted: choose files. prompts_wanted: show the prompt library.
        edit_last: the person wants to change what was said last.
        changed: the text or the attachments. given: how much of the context the attachments take.
    """

    given = Signal()
    send = Signal(str)
    busy = Signal()
    stop = Signal()
    files = Signal(list)
    attach_wanted = Signal()
    prompts_wanted = Signal()
    edit_last = Signal()
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("composer")
        self.setAcceptDrops(True)
        self._writing = False
        self.attachments: list[Attachment] = []
        self._budget: Budget | None = None
        self._counted = ("", 0)  # a text as it was written, and its tokens
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID // 2)
        self._chips = QVBoxLayout()
        self._chips.setSpacing(GRID // 2)
        column.addLayout(self._chips)
        self.reading = label("", "muted", wrap=True)
        self.reading.setVisible(False)
        column.addWidget(self.reading)
        self.editor = _Editor()
        self.editor.send.connect(self._send)
        self.editor.files.connect(self.files)
        self.editor.up.connect(self.edit_last)
        self.editor.textChanged.connect(self._changed)
        column.addWidget(self.editor)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self.attach = IconButton("attach", self.tr("Attach files"))
        describe(
            self.attach, self.tr("Attach files"), self.tr("Talk about files; they can also be dropped or pasted here")
        )
        self.attach.clicked.connect(self.attach_wanted)
        row.addWidget(self.attach)
        self.prompts = IconButton("generated", self.tr("Prompts"))
        describe(self.prompts, self.tr("Prompts"), self.tr("Texts to begin with; what is written can be kept as one"))
        self.prompts.clicked.connect(self.prompts_wanted)
        row.addWidget(self.prompts)
        self.meter = QProgressBar()
        self.meter.setTextVisible(False)
        self.meter.setFixedWidth(110)
        self.meter.setRange(0, 1000)
        self.meter.setAccessibleName(self.tr("Context used"))
        row.addWidget(self.meter)
        self.used = ElidedLabel("", "small")
        row.addWidget(self.used, 1)
        self.stop_button = Button(self.tr("Stop"), "", "stop", self.stop.emit)
        describe(self.stop_button, self.tr("Stop the answer"), self.tr("Stop the answer (Esc); what is there is kept"))
        row.addWidget(self.stop_button)
        self.send_button = Button(self.tr("Send"), "primary", "send", self._send)
        row.addWidget(self.send_button)
        column.addLayout(row)
        self.show_budget(None)
        self.set_writing(False)

    def text(self) -> str:
        return self.editor.toPlainText()

    def set_text(self, text: str) -> None:
        self.editor.setPlainText(text)
        self.editor.moveCursor(self.editor.textCursor().MoveOperation.End)

    def clear(self) -> None:
        self.attachments = []
        self.editor.clear()
        self._show_chips()

    def set_writing(self, writing: bool) -> None:
        """Whether an answer is being written: then it can be stopped, and nothing be sent."""
        self._writing = writing
        self.stop_button.setVisible(writing)
        self._changed()

    def add_attachments(self, attachments: list[Attachment]) -> None:
        self.attachments += attachments
        self._show_chips()
        self._changed()

    def show_counted(self, text: str, tokens: int) -> None:
        """What the model counted of what is being written."""
        self._counted = (text, tokens)
        self._show_meter()

    def show_budget(self, budget: Budget | None) -> None:
        """How much of the context the conversation takes; what is being written comes to it."""
        self._budget = budget
        self._show_meter()

    def _written_tokens(self) -> int:
        """Of what is being written: as counted, with a guess at what came since."""
        text = self.text()
        counted, tokens = self._counted
        return max(0, tokens + (len(text.encode()) - len(counted.encode())) // _BYTES_A_TOKEN)

    def _show_meter(self) -> None:
        budget = self._budget
        known = budget is not None and budget.limit > 0
        self.meter.setVisible(known)
        if budget is None or not known:
            self.used.setText("")
            return
        written = self._written_tokens()
        share = (budget.used + written + sum(each.given_tokens for each in self.attachments)) / budget.limit
        self.meter.setValue(min(1000, round(1000 * share)))
        number = QLocale().toString
        words = (
            self.tr("%1 of %2 tokens")
            .replace("%1", number(round(share * budget.limit)))
            .replace("%2", number(budget.limit))
        )
        over = round(share * budget.limit) + budget.answer - budget.limit
        if over > budget.answer // 2:
            words += " · " + self.tr("full: you will be asked")
        elif over > 0 or share >= _NEARLY_FULL:
            words += " · " + self.tr("nearly full")
        self.used.setText(words)
        self.used.setProperty("role", "warn" if over > 0 or share >= _NEARLY_FULL else "small")
        restyle(self.used)
        self.meter.setToolTip(
            self.tr("Files %1, conversation %2, message %3 tokens")
            .replace("%1", number(budget.attachments))
            .replace("%2", number(budget.history + budget.system))
            .replace("%3", number(budget.question + written))
        )

    def on_drop(self, paths: list[Path]) -> None:
        self.files.emit(paths)

    def _show_chips(self) -> None:
        while self._chips.count():
            take_away(self._chips)
        for attachment in self.attachments:
            self._chips.addWidget(self._chip(attachment))

    def _chip(self, attachment: Attachment) -> QWidget:
        chip = QWidget()
        row = QHBoxLayout(chip)
        row.setContentsMargins(GRID // 2, 0, 0, 0)
        row.setSpacing(GRID)
        words = counted(attachment.given_tokens, self.tr("1 token"), self.tr("%1 tokens"))
        read = any(page.strip() for page in attachment.pages)
        if not read and not attachment.seen:
            words = self.tr("no text was found in it")
        mark = "▤ "
        if attachment.picture is not None:
            mark = ""
            row.addWidget(Thumbnail(attachment.picture, attachment.name, _THUMBNAIL))
        row.addWidget(ElidedLabel(f"{mark}{attachment.name} · {words}", "", Qt.TextElideMode.ElideMiddle), 1)
        if attachment.picture_tokens and read:
            row.addWidget(self._choice(attachment))
        remove = IconButton("close", self.tr("Remove %1").replace("%1", attachment.name))
        remove.setIconSize(QSize(12, 12))
        remove.clicked.connect(lambda: self._remove(attachment))
        row.addWidget(remove)
        return chip

    def _choice(self, attachment: Attachment) -> ComboBox:
        """Of a picture that the model could see: as what it is given."""
        choice = ComboBox()
        for words, seen in ((self.tr("as a picture"), True), (self.tr("its text (OCR)"), False)):
            choice.addItem(words, seen)
        choice.setCurrentIndex(0 if attachment.seen else 1)
        describe(choice, self.tr("How %1 is given to the model").replace("%1", attachment.name))

        def choose() -> None:
            changed = replace(attachment, seen=choice.currentData())
            self.attachments = [changed if each is attachment else each for each in self.attachments]
            self._show_chips()
            self._changed()
            self.given.emit()

        choice.activated.connect(choose)
        return choice

    def _remove(self, attachment: Attachment) -> None:
        self.attachments = [each for each in self.attachments if each is not attachment]
        self._show_chips()
        self._changed()

    def _changed(self) -> None:
        self._show_meter()
        self.send_button.setEnabled(not self._writing and bool(self.text().strip() or self.attachments))
        self.changed.emit()

    def _send(self) -> None:
        if self.send_button.isEnabled():
            self.send.emit(self.text().strip())
        elif self._writing and (self.text().strip() or self.attachments):
            self.busy.emit()
