"""What an empty conversation shows: what one can do here, and texts to begin with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from stillroom.remote.engines import RemoteEngine
from stillroom.ui.chat.prompt_menu import filled
from stillroom.ui.controls import Button, describe, label
from stillroom.ui.parts import Parts
from stillroom.ui.theme import GRID

if TYPE_CHECKING:
    from stillroom.workspace.conversations import Prompt

_WIDTH = 460


class Starting(QWidget):
    """What an empty conversation shows.

    Signals:
        chosen(str): a text to write on.
    """

    chosen = Signal(str)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.addStretch(2)
        self._title = label("", "title", wrap=True)
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        self._words = words = label("", "muted", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._buttons: list[Button] = []
        column.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
        self.show_who(None, "")  # shown where it stands: by itself it would be a window for a moment
        column.addSpacing(GRID)
        for prompt in parts.prompts.prompts():
            button = Button(prompt.title, "", "generated", partial(self._take, prompt))
            button.setMinimumWidth(260)
            describe(button, prompt.title, prompt.text)
            self._buttons.append(button)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def show_who(self, engine: RemoteEngine | None, small: str) -> None:
        """Say who answers, and what leaves this machine: nothing, where ``engine`` is None.

        ``small``: the name of the model here, where it is too small to be asked about documents; else empty.
        """
        title = self.tr("Talk with the model on this machine")
        words = self.tr(
            "Drop files here to talk about them. Nothing leaves this machine, nothing is cut in silence, and every "
            "conversation is kept and can be searched."
        )
        if small:
            words += " " + self.tr("%1 is small: good for trying out, too small for questions about documents.")
            words = words.replace("%1", small)
        if engine is not None:
            title = self.tr("Talk with %1").replace("%1", engine.name)
            words = self.tr(
                "%1 answers, at %2. Before a message or a file leaves this machine you see exactly what would be sent, and "
                "may send nothing. The conversation is kept here and can be searched."
            )
            words = words.replace("%1", engine.name).replace("%2", engine.host)
        self._title.setText(title)
        self._words.setText(words)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """What it makes do with: its words take the width they are given, or go."""
        buttons = [button.minimumSizeHint().expandedTo(button.minimumSize()) for button in self._buttons]
        height = sum(each.height() + GRID for each in buttons) + 4 * GRID
        return QSize(max((each.width() for each in buttons), default=0) + 4 * GRID, height)

    def _fit(self) -> None:
        """Lines as long as there is room for, and no longer than can be read well; where a window is low, the texts to begin with go
        before words about them."""
        room = max(160, self.width() - 4 * GRID)
        title = self._title.fontMetrics().horizontalAdvance(self._title.text()) + 2 * GRID
        for each, wanted in ((self._title, title), (self._words, _WIDTH)):
            width = min(wanted, room)
            each.setFixedWidth(width)
            each.setMinimumHeight(each.heightForWidth(width))
        left = self.height() - sum(button.sizeHint().height() + GRID for button in self._buttons) - 4 * GRID
        for each in (self._title, self._words):
            left -= each.minimumHeight()
            each.setVisible(left >= 0)

    def _take(self, prompt: Prompt) -> None:
        text = filled(self, prompt)
        if text is not None:
            self.chosen.emit(text)
