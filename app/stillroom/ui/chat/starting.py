"""What an empty conversation shows: what one can do here, and texts to begin with."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QPlainTextEdit, QVBoxLayout, QWidget

from stillroom.chat.prompts import Prompt, prompts
from stillroom.ui.controls import Button, describe, label
from stillroom.ui.parts import Parts
from stillroom.ui.theme import GRID


class Starting(QWidget):
    """Signals:
    chosen(str): a text to write on.
    """

    chosen = Signal(str)

    def __init__(self, parts: Parts) -> None:  # noqa: ARG002 - as every view is built
        super().__init__()
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.addStretch(2)
        column.addWidget(
            label(self.tr("Talk with the model on this machine"), "title"), 0, Qt.AlignmentFlag.AlignHCenter
        )
        words = label(
            self.tr(
                "Drop files here to talk about them. Nothing leaves this machine, nothing is cut in silence, and every "
                "conversation is kept and can be searched."
            ),
            "muted",
            wrap=True,
        )
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words.setFixedWidth(460)
        words.setMinimumHeight(words.heightForWidth(460))
        column.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(GRID)
        for prompt in prompts():
            button = Button(prompt.title, "", "generated", lambda prompt=prompt: self._take(prompt))
            button.setMinimumWidth(260)
            describe(button, prompt.title, prompt.text)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def _take(self, prompt: Prompt) -> None:
        if not prompt.variables:
            self.chosen.emit(prompt.text)
            return
        dialog = _Variables(self, prompt)
        if dialog.exec():
            self.chosen.emit(prompt.filled(dialog.values()))


class _Variables(QDialog):
    def __init__(self, parent: QWidget, prompt: Prompt) -> None:
        super().__init__(parent)
        self.setWindowTitle(prompt.title)
        self.resize(460, 260)
        column = QVBoxLayout(self)
        form = QFormLayout()
        self._editors: dict[str, QPlainTextEdit] = {}
        for name in prompt.variables:
            editor = QPlainTextEdit()
            editor.setTabChangesFocus(True)
            editor.setFixedHeight(96 if name == "text" else 44)
            describe(editor, name)
            form.addRow(name[:1].upper() + name[1:], editor)
            self._editors[name] = editor
        column.addLayout(form)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def values(self) -> dict[str, str]:
        """What was written, of those that were not left empty."""
        return {
            name: editor.toPlainText().strip() for name, editor in self._editors.items() if editor.toPlainText().strip()
        }
