"""A turn's words, to be said differently."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from stillroom.ui.controls import describe, label
from stillroom.ui.theme import GRID


class EditDialog(QDialog):
    """Wide enough for paragraphs, which are wrapped. Ctrl+Enter takes what is written.

    Attributes:
        editor: holds the words.
    """

    def __init__(self, parent: QWidget, text: str, *, answered: bool) -> None:
        """``answered``: the model answers what is written."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Edit"))
        self.resize(640, 340)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        then = self.tr("It is answered anew.") if answered else self.tr("Nothing is asked.")
        column.addWidget(label(self.tr("The earlier words stay as another branch.") + " " + then, "muted", wrap=True))
        self.editor = QPlainTextEdit(text)
        self.editor.setTabChangesFocus(True)
        self.editor.moveCursor(self.editor.textCursor().MoveOperation.End)
        describe(self.editor, self.tr("The words of this turn"))
        column.addWidget(self.editor, 1)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        take = QShortcut(QKeySequence("Ctrl+Return"), self)
        take.activated.connect(self.accept)

    def text(self) -> str:
        return self.editor.toPlainText().strip()
