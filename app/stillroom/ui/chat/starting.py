"""What an empty conversation shows: what one can do here, and texts to begin with."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from stillroom.chat.prompts import Prompt, prompts
from stillroom.ui.chat.prompt_menu import filled
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
        text = filled(self, prompt)
        if text is not None:
            self.chosen.emit(text)
