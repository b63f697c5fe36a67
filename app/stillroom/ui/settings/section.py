"""A section of the Settings page: a heading, and rows of a control with the words that explain it."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from stillroom.ui.controls import label, set_role
from stillroom.ui.theme import GRID

NUMBER_WIDTH = 130  # of every field with a number, so that they stand below each other


class Section(QFrame):
    """A card with a title."""

    def __init__(self, title: str, words: str = "") -> None:
        super().__init__()
        set_role(self, "card")
        self.setAccessibleName(title)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        self.column.setSpacing(GRID)
        self.column.addWidget(label(title, "heading"))
        if words:
            self.column.addWidget(label(words, "muted", wrap=True))

    def row(self, words: str, *controls: QWidget) -> None:
        """Words at the left, controls at the right."""
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        row.addWidget(label(words, "", wrap=True), 1)
        for control in controls:
            row.addWidget(control)
        self.column.addLayout(row)

    def told(self, words: str, answer: QLabel) -> None:
        """Words, and below them a sentence that may be long."""
        answer.setWordWrap(True)
        self.column.addWidget(label(words, "", wrap=True))
        self.column.addWidget(answer)

    def wide(self, widget: QWidget) -> QWidget:
        self.column.addWidget(widget)
        return widget
